//! The worker between the directories and the two faces of idmend.
//!
//! A [`Session`] owns the open directories, the judge and the state directory.
//! The commands call its functions; the terminal interface sends [`Command`]s
//! to a [`spawn`]ed worker and receives [`Event`]s. Only here and in `cli` is
//! the clock read.

mod error;
mod event;
mod open;
mod worker;

pub use error::SessionError;
pub use event::{Command, Event, ScanRequest};
pub use worker::{SessionHandle, spawn};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::SourceSpec;
use crate::model::Forest;
use crate::rule::{Judge, file};
use crate::scan::{self, ProgressSink, ScanSource};
use crate::worksheet::Worksheet;

/// Open sources and where their transactions are kept.
#[derive(Debug)]
pub struct Session {
    state: PathBuf,
    sources: Vec<ScanSource>,
    judge: Option<Arc<Judge>>,
}

impl Session {
    /// A session without sources that keeps its transactions in `state`.
    pub fn new(state: PathBuf) -> Self {
        Self {
            state,
            sources: Vec::new(),
            judge: None,
        }
    }

    /// The directory that holds journals and logs.
    pub fn state_directory(&self) -> &Path {
        &self.state
    }

    /// Connects to all sources and finds out what they consist of.
    pub async fn open(&mut self, specs: &[SourceSpec]) -> Result<Vec<Forest>, SessionError> {
        self.sources = open::open(specs).await?;
        Ok(self
            .sources
            .iter()
            .map(|source| source.forest.clone())
            .collect())
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
        let judge = Arc::new(Judge::new(
            Arc::new(file::load(&request.rules)?),
            request.settings.clone(),
        ));
        self.judge = Some(Arc::clone(&judge));
        let result = scan::scan(&self.sources, &judge, &request.options, progress, cancel).await?;
        Ok(Worksheet::new(result, judge))
    }
}
