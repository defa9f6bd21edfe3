//! The worker between the directories and the two faces of idmend.
//!
//! A [`Session`] owns the open directories, the judge and the state directory.
//! The commands call its functions; the terminal interface sends [`Command`]s
//! to a [`spawn`]ed worker and receives [`Event`]s. Only here and in `cli` is
//! the clock read.

mod accept;
mod doctor;
mod error;
mod event;
mod keep;
mod keeper;
mod live;
mod open;
mod refresh;
#[cfg(test)]
mod refresh_tests;
mod shown;
mod state;
mod transact;
mod worker;

pub use accept::{Remembered, exception_file, exception_folder};
pub use doctor::{Examined, can_read, examine};
pub use error::SessionError;
pub use event::{Acceptances, Command, Continued, Event, Resumption, ScanRequest};
pub use keep::{request_of, scan_record, session_folder};
pub use keeper::{Keeper, Keeping, Remains, Wish};
pub use open::{check_filter, export_demo};
pub use refresh::{Again, Refreshed};
pub use shown::shown;
pub use transact::Watched;
pub use worker::{Ending, SessionHandle, spawn};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::SourceSpec;
use crate::kept::{ForestRecord, ScanRecord};
use crate::model::{Forest, Identity, SourceKind};
use crate::rule::{Judge, file};
use crate::scan::{self, ProgressSink, ScanOptions, ScanSource};
use crate::worksheet::Worksheet;

/// The rule set that is used where none is named.
pub const EMBEDDED_RULES: &str = "entra";

/// Open sources and where their transactions are kept.
#[derive(Debug)]
pub struct Session {
    state: state::State,
    sources: Vec<ScanSource>,
    /// How each source was named.
    labels: Vec<String>,
    /// Sources that could not be opened beside others that could.
    missing: Vec<String>,
    judge: Option<Arc<Judge>>,
    /// What the last scan was asked to judge and to compare.
    options: ScanOptions,
    /// The one file of exceptions that the last scan was asked to use.
    exceptions: Option<PathBuf>,
    /// Entries that were written to since they were last read.
    written: BTreeSet<Identity>,
    /// What was scanned last, and how, as a kept session has it.
    scanned: Option<(Vec<ForestRecord>, ScanRecord)>,
}

impl Session {
    /// A session without sources that keeps its transactions in `state`.
    pub fn new(state: PathBuf) -> Self {
        Self {
            state: state::State::new(state),
            sources: Vec::new(),
            labels: Vec::new(),
            missing: Vec::new(),
            judge: None,
            options: ScanOptions::default(),
            exceptions: None,
            written: BTreeSet::new(),
            scanned: None,
        }
    }

    /// The directory that holds journals and logs.
    pub fn state_directory(&self) -> &Path {
        self.state.root()
    }

    /// The directory that holds the journals of the open sources: the demo's
    /// lie apart.
    pub fn journal_directory(&self) -> PathBuf {
        self.state.journals()
    }

    /// Whether the open sources are files, which are never written to.
    pub fn is_of_files(&self) -> bool {
        let is_file = |source: &ScanSource| source.forest.kind == SourceKind::Ldif;
        self.sources.iter().all(is_file)
    }

    /// Fails if a source could not be opened: a value may be held there, so
    /// nothing is written without it. A domain that cannot be reached in an
    /// open source makes the live check of each value fail.
    pub fn require_all(&self) -> Result<(), SessionError> {
        match self.missing.first() {
            Some(missing) => Err(SessionError::Missing(missing.clone())),
            None => Ok(()),
        }
    }

    /// Connects to all sources and finds out what they consist of. Fails if
    /// none can be opened; those that cannot beside others that can are named
    /// in the scan's result.
    pub async fn open(&mut self, specs: &[SourceSpec]) -> Result<Vec<Forest>, SessionError> {
        if !self.holds_demo(specs) {
            self.reopen(specs).await?;
        }
        Ok(self
            .sources
            .iter()
            .map(|source| source.forest.clone())
            .collect())
    }

    /// Whether the demo is asked for and open: a second scan must find what
    /// the first one changed.
    fn holds_demo(&self, specs: &[SourceSpec]) -> bool {
        let is_demo = |source: &ScanSource| source.forest.kind == SourceKind::Memory;
        matches!(specs, [SourceSpec::Demo])
            && !self.sources.is_empty()
            && self.sources.iter().all(is_demo)
    }

    async fn reopen(&mut self, specs: &[SourceSpec]) -> Result<(), SessionError> {
        let opened = open::open(specs).await?;
        self.state
            .set_demo(specs.iter().any(|spec| matches!(spec, SourceSpec::Demo)));
        self.sources = opened.sources;
        self.labels = opened.labels;
        self.missing = opened.missing;
        Ok(())
    }

    /// Scans the open sources and makes a worksheet of what is found.
    pub async fn scan(
        &mut self,
        request: &ScanRequest,
        progress: ProgressSink<'_>,
        cancel: &CancellationToken,
    ) -> Result<Worksheet, SessionError> {
        if self.sources.is_empty() {
            return Err(SessionError::NothingOpen);
        }
        let overrides = &request.settings.overrides;
        let rules = file::shared(&request.rules, overrides)?;
        let judge = Arc::new(Judge::new(rules, request.settings.clone()));
        self.judge = Some(Arc::clone(&judge));
        self.options.clone_from(&request.options);
        self.exceptions.clone_from(&request.exceptions);
        // A mistake in the file is found before a long read.
        self.known_exceptions()?;
        let result = scan::scan(&self.sources, &judge, &request.options, progress, cancel).await?;
        self.sheet_of(result, judge).await
    }
}
