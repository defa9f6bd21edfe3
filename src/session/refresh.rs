//! Reading again what a sheet shows, with the decisions on it kept.
//!
//! The sheet that is given is never changed: what comes of it is another one,
//! or the reason why the old one stays.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::accept::today;
use super::{ScanRequest, Session, SessionError};
use crate::kept::{ForestRecord, ScanRecord};
use crate::model::{Domain, DomainId, Identity, SourceKind};
use crate::rule::Judge;
use crate::scan::{
    self, EntryRef, Extent, Means, ProgressSink, ScanOptions, ScanResult, ScanSource,
};
use crate::worksheet::{Carried, RowId, Worksheet};

/// What is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// The entries of these rows, and those they share values with.
    Rows(Vec<RowId>),
    /// A domain, new entries, too.
    Domain(DomainId),
    /// The entries that were written to since they were last read.
    Written,
}

/// A sheet of what was read again.
#[derive(Debug)]
pub struct Refreshed {
    /// The sheet, with what was decided on the one before.
    pub worksheet: Worksheet,
    /// What changed, and what could not be kept.
    pub carried: Carried,
    /// How many entries were read.
    pub entries: usize,
    /// What could not be read again and is shown as it was, one sentence each.
    pub stale: Vec<String>,
}

/// What a sheet was made of.
#[derive(Debug)]
pub(super) struct Held {
    sources: Vec<ScanSource>,
    labels: Vec<String>,
    missing: Vec<String>,
    judge: Option<Arc<Judge>>,
    options: ScanOptions,
    exceptions: Option<PathBuf>,
    scanned: Option<(Vec<ForestRecord>, ScanRecord)>,
}

impl Session {
    /// What the present sheet was made of, to be put back with it.
    pub(super) fn held(&self) -> Held {
        Held {
            sources: self.sources.clone(),
            labels: self.labels.clone(),
            missing: self.missing.clone(),
            judge: self.judge.clone(),
            options: self.options.clone(),
            exceptions: self.exceptions.clone(),
            scanned: self.scanned.clone(),
        }
    }

    /// Puts back what a sheet was made of: it stays, and what is decided on it
    /// must go where it was read.
    pub(super) fn put_back(&mut self, held: Held) {
        self.sources = held.sources;
        self.labels = held.labels;
        self.missing = held.missing;
        self.judge = held.judge;
        self.options = held.options;
        self.exceptions = held.exceptions;
        self.scanned = held.scanned;
    }

    /// Reads again a part of what `sheet`, made of the open sources, shows;
    /// `None` if it was stopped.
    pub async fn refresh(
        &mut self,
        sheet: Worksheet,
        again: &Again,
        progress: ProgressSink<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Refreshed>, SessionError> {
        if self.sources.is_empty() {
            return Err(SessionError::NothingOpen);
        }
        let extent = self.extent(&sheet, again);
        self.look_into_files(&sheet.scan, &extent).await?;
        let means = Means {
            sources: &self.sources,
            judge: &sheet.judge,
            options: &self.options,
            progress,
            cancel,
        };
        let Some(refreshed) = scan::refresh(&sheet.scan, &extent, means).await? else {
            return Ok(None);
        };
        let fresh = refreshed.fresh;
        let judge = Arc::clone(&sheet.judge);
        let entries = refreshed.result.snapshot.len() - fresh.0 as usize;
        let stale = refreshed.stale;
        let worksheet = self.sheet_of(refreshed.result, judge).await?;
        let (worksheet, carried) = carried_over(worksheet, sheet, fresh).await?;
        if *again == Again::Written && stale.is_empty() {
            self.written.clear();
        }
        Ok(Some(Refreshed {
            worksheet,
            carried,
            entries,
            stale,
        }))
    }

    /// Scans the open sources, and keeps what was decided on `sheet`; the reasons
    /// why nothing came of it, if only a part could be read and decisions would be
    /// lost by that.
    pub(super) async fn rescan(
        &mut self,
        request: &ScanRequest,
        sheet: Worksheet,
        progress: ProgressSink<'_>,
        cancel: &CancellationToken,
    ) -> Result<Result<Refreshed, Vec<String>>, SessionError> {
        let worksheet = self.scan(request, progress, cancel).await?;
        let entries = worksheet.scan.snapshot.len();
        let (worksheet, carried) = carried_over(worksheet, sheet, EntryRef(0)).await?;
        if !worksheet.scan.is_complete() && !carried.lost.is_empty() {
            return Ok(Err(worksheet.scan.incomplete.clone()));
        }
        self.written.clear();
        Ok(Ok(Refreshed {
            worksheet,
            carried,
            entries,
            stale: Vec::new(),
        }))
    }

    /// A sheet of a result, with what is known of exceptions.
    pub(super) async fn sheet_of(
        &mut self,
        mut result: ScanResult,
        judge: Arc<Judge>,
    ) -> Result<Worksheet, SessionError> {
        // A domain may have been read from another host in the end; what is
        // checked and written goes there, too.
        for (source, forest) in self.sources.iter_mut().zip(&result.forests) {
            source.forest.clone_from(forest);
        }
        result.incomplete.extend(self.missing.iter().cloned());
        let known = self.known_exceptions()?;
        let sheet = tokio::task::spawn_blocking(move || {
            let mut sheet = Worksheet::new(result, judge);
            // The day is not asked for in vain: the system's time zone is looked
            // for in hundreds of files.
            if !known.is_empty() {
                sheet.unmet = sheet.recall(&known, today());
            }
            sheet
        });
        sheet
            .await
            .map_err(|error| SessionError::Internal(error.to_string()))
    }

    /// Notes entries that are about to be written to.
    pub(super) fn note_written<'a>(&mut self, entries: impl Iterator<Item = &'a Identity>) {
        self.written.extend(entries.cloned());
    }

    fn extent(&self, sheet: &Worksheet, again: &Again) -> Extent {
        let entries: BTreeSet<EntryRef> = match again {
            Again::Domain(domain) => return Extent::Domain(*domain),
            Again::Rows(rows) => rows.iter().map(|row| sheet.finding(*row).entry).collect(),
            Again::Written => {
                let snapshot = &sheet.scan.snapshot;
                let is_written = |at: &EntryRef| self.written.contains(&snapshot.identity(*at));
                snapshot.refs().filter(is_written).collect()
            }
        };
        Extent::Entries(entries)
    }

    /// Looks which files hold what by now: another export may lie where the first
    /// one did.
    async fn look_into_files(
        &self,
        scan: &ScanResult,
        extent: &Extent,
    ) -> Result<(), SessionError> {
        let domains: BTreeSet<DomainId> = match extent {
            Extent::Domain(domain) => BTreeSet::from([*domain]),
            Extent::Entries(entries) => {
                entries.iter().map(|at| scan.snapshot.domain(*at)).collect()
            }
        };
        let places = domains.iter().map(|domain| usize::from(domain.0));
        let forests: BTreeSet<usize> = places
            .filter_map(|place| Some(scan.domains.get(place)?.0))
            .collect();
        for source in forests.iter().filter_map(|place| self.sources.get(*place)) {
            if source.forest.kind != SourceKind::Ldif {
                continue;
            }
            let found = source.directory.discover().await?;
            let name = |domain: &Domain| domain.naming_context.key();
            let (now, before) = (&found.domains, &source.forest.domains);
            if !now.iter().map(name).eq(before.iter().map(name)) {
                return Err(SessionError::OtherDomains(source.forest.name.clone()));
            }
        }
        Ok(())
    }
}

/// `worksheet` with what was decided on `old`; entries from `fresh` on were read
/// since.
async fn carried_over(
    mut worksheet: Worksheet,
    old: Worksheet,
    fresh: EntryRef,
) -> Result<(Worksheet, Carried), SessionError> {
    let carried = tokio::task::spawn_blocking(move || {
        let carried = worksheet.carry_over(&old, |at| at >= fresh);
        // Here it keeps nobody waiting; the grid would do it at the first sort.
        worksheet.lay_out();
        (worksheet, carried)
    });
    carried
        .await
        .map_err(|error| SessionError::Internal(error.to_string()))
}
