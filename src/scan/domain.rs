//! One domain: its pages are judged while the next one is on its way.

use std::collections::{BTreeMap, HashSet};
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::contact::{ContactCounter, ContactData};
use super::scope::{DomainScope, Step};
use super::snapshot::SnapshotBuilder;
use super::{DomainProgress, DomainState, EntryRef, Part, SkipReason, Snapshot, UniqueIndex};
use crate::directory::{Directory, DirectoryError, Page};
use crate::model::{AttributeName, Domain, DomainId, Entry, Identity, SourceKind};
use crate::rule::{Fault, Judge};

/// How many sentences about unreadable entries a domain may add to the result.
const UNREADABLE_SHOWN: usize = 20;

/// What is known of all domains at this moment; shared with the reporter.
#[derive(Debug)]
pub(super) struct Board(Mutex<Vec<DomainProgress>>);

impl Board {
    pub(super) fn new(domains: Vec<DomainProgress>) -> Self {
        Self(Mutex::new(domains))
    }

    pub(super) fn show(&self) -> Vec<DomainProgress> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn update(&self, domain: DomainId, change: impl FnOnce(&mut DomainProgress)) {
        let mut domains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = domains.get_mut(usize::from(domain.0)) {
            change(progress);
        }
    }
}

/// What all domains of a scan share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) judge: Judge,
    pub(super) attributes: Arc<[AttributeName]>,
    /// Those that are kept after judging.
    pub(super) kept: Arc<[AttributeName]>,
    pub(super) board: Board,
    pub(super) cancel: CancellationToken,
    pub(super) seed: RandomState,
}

/// A domain to be read.
#[derive(Debug)]
pub(super) struct DomainTask {
    pub(super) id: DomainId,
    pub(super) directory: Arc<Directory>,
    pub(super) domain: Domain,
    pub(super) kind: SourceKind,
    pub(super) scope: DomainScope,
    /// Keys of the naming contexts of other domains below this one.
    pub(super) nested: Vec<String>,
    pub(super) shared: Arc<Shared>,
}

/// What was read of a domain.
#[derive(Debug)]
pub(super) struct DomainPart {
    pub(super) snapshot: Snapshot,
    pub(super) index: UniqueIndex,
    pub(super) faults: Vec<(EntryRef, Fault)>,
    pub(super) skipped: BTreeMap<SkipReason, u64>,
    pub(super) skipped_entries: Vec<EntryRef>,
    pub(super) contacts: ContactData,
    /// What was left out, one sentence each.
    pub(super) incomplete: Vec<String>,
    /// Set when the source cannot evaluate the filter: the fault of the caller.
    pub(super) bad_filter: Option<String>,
}

/// A domain while it is being read.
#[derive(Debug)]
struct Reading {
    task: Arc<DomainTask>,
    builder: SnapshotBuilder,
    index: UniqueIndex,
    faults: Vec<(EntryRef, Fault)>,
    skipped: BTreeMap<SkipReason, u64>,
    skipped_entries: Vec<EntryRef>,
    contacts: ContactCounter,
    /// Entries that an earlier search of this domain gave.
    seen: HashSet<Identity>,
    unreadable: Vec<String>,
    unreadable_count: u64,
}

impl DomainTask {
    /// Reads the domain. It never fails as a whole: what was read before an
    /// error or a cancel is returned, with a sentence that says so.
    pub(super) async fn run(self) -> DomainPart {
        let task = Arc::new(self);
        let board = &task.shared.board;
        board.update(task.id, |progress| progress.state = DomainState::Reading);
        let steps = task
            .scope
            .steps(&task.domain, task.kind, &task.shared.attributes);
        let mut reading = Some(Reading::new(&task));
        let mut end = DomainState::Done;
        let mut bad_filter = None;
        for (number, step) in steps.iter().enumerate() {
            let ended = task
                .read(step, number + 1 < steps.len(), &mut reading)
                .await;
            match ended {
                Ok(true) => {}
                Ok(false) => {
                    end = DomainState::Cancelled;
                    break;
                }
                Err(error) => {
                    if let DirectoryError::Filter(_) = error {
                        bad_filter = Some(error.to_string());
                    }
                    end = DomainState::Failed(error.to_string());
                    break;
                }
            }
        }
        board.update(task.id, |progress| progress.state = end.clone());
        let mut part = reading.unwrap_or_else(|| Reading::new(&task)).finish(&end);
        part.bad_filter = bad_filter;
        part
    }

    /// Reads one search to its end; `false` if it was cancelled. `remember`:
    /// another search of the same domain follows.
    async fn read(
        self: &Arc<Self>,
        step: &Step,
        remember: bool,
        reading: &mut Option<Reading>,
    ) -> Result<bool, DirectoryError> {
        let cancel = &self.shared.cancel;
        let opening = self.directory.search(&self.domain, step.request.clone());
        let mut search = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(false),
            search = opening => search?,
        };
        let mut page = None;
        loop {
            let judging = judge_beside(reading.take(), page.take(), step.judges, remember);
            let next = async {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => None,
                    next = search.next_page() => Some(next),
                }
            };
            let (judged, next) = tokio::join!(judging, next);
            *reading = judged;
            match next {
                None => return Ok(false),
                Some(Err(error)) => return Err(error),
                Some(Ok(None)) => return Ok(true),
                Some(Ok(Some(read))) => page = Some(read),
            }
        }
    }
}

/// Judges a page on a thread of its own, so that the next one can be read
/// meanwhile.
async fn judge_beside(
    reading: Option<Reading>,
    page: Option<Page>,
    judges: bool,
    remember: bool,
) -> Option<Reading> {
    match (reading, page) {
        (Some(mut reading), Some(page)) => tokio::task::spawn_blocking(move || {
            reading.take_page(page, judges, remember);
            reading
        })
        .await
        .ok(),
        (reading, _) => reading,
    }
}

impl Reading {
    fn new(task: &Arc<DomainTask>) -> Self {
        Self {
            builder: SnapshotBuilder::new(Arc::clone(&task.shared.kept), task.id),
            index: UniqueIndex::with_seed(task.shared.seed.clone()),
            task: Arc::clone(task),
            faults: Vec::new(),
            skipped: BTreeMap::new(),
            skipped_entries: Vec::new(),
            contacts: ContactCounter::new(),
            seen: HashSet::new(),
            unreadable: Vec::new(),
            unreadable_count: 0,
        }
    }

    fn take_page(&mut self, page: Page, judges: bool, remember: bool) {
        let before = (self.faults.len(), self.skipped.values().sum::<u64>());
        let (mut taken, mut entries) = (0, 0);
        for entry in page.entries {
            if self.is_another_domains(&entry) || !self.is_new(&entry, remember) {
                continue;
            }
            let part = self.take(&entry, judges);
            entries += u64::from(part.is_some());
            taken += u64::from(part == Some(Part::Judged));
        }
        self.unreadable_count += page.unreadable.len() as u64;
        let room = UNREADABLE_SHOWN.saturating_sub(self.unreadable.len());
        self.unreadable
            .extend(page.unreadable.into_iter().take(room));
        let new = self.faults.get(before.0..).unwrap_or_default();
        let rows = new
            .chunk_by(|a, b| (a.0, &a.1.place) == (b.0, &b.1.place))
            .count() as u64;
        let skipped = self.skipped.values().sum::<u64>() - before.1;
        self.task.shared.board.update(self.task.id, |progress| {
            progress.pages += 1;
            progress.entries += entries;
            progress.judged += taken;
            progress.skipped += skipped;
            progress.findings += rows;
        });
    }

    /// Judges and keeps an entry; `None` if it takes no part at all.
    fn take(&mut self, entry: &Entry, judges: bool) -> Option<Part> {
        let class = entry.class();
        if !class.holds_addresses() {
            return self.count_without_class(entry, judges);
        }
        let task = Arc::clone(&self.task);
        let judge = &task.shared.judge;
        let asked = task.scope.has_filter() || judge.asks_for(entry);
        let in_scope = judges && asked && task.scope.covers(&entry.dn);
        if !in_scope && task.scope.scope_only() {
            return None;
        }
        let part = match SkipReason::of(entry, task.kind, judge.skips()) {
            Some(reason) => Part::Skipped(reason),
            None if in_scope => Part::Judged,
            None => Part::OutOfScope,
        };
        if let (Part::Skipped(reason), true) = (part, in_scope) {
            *self.skipped.entry(reason).or_default() += 1;
        }
        let at = self.builder.push(entry, part);
        if in_scope && matches!(part, Part::Skipped(_)) {
            self.skipped_entries.push(at);
        }
        self.index.add(at, entry, judge);
        if part == Part::Judged {
            self.contacts.count(entry);
            let mut faults = judge.faults(entry);
            faults.sort_by(|a, b| a.place.cmp(&b.place));
            self.faults
                .extend(faults.into_iter().map(|fault| (at, fault)));
        }
        Some(part)
    }

    /// An entry that does not say what it is can be neither judged nor compared,
    /// but is not lost silently.
    fn count_without_class(&mut self, entry: &Entry, judges: bool) -> Option<Part> {
        let counts = !entry.has("objectClass") && judges && self.task.scope.covers(&entry.dn);
        counts.then(|| {
            let part = Part::Skipped(SkipReason::NoClass);
            *self.skipped.entry(SkipReason::NoClass).or_default() += 1;
            self.skipped_entries.push(self.builder.push(entry, part));
            part
        })
    }

    fn is_another_domains(&self, entry: &Entry) -> bool {
        let nested = &self.task.nested;
        if nested.is_empty() {
            return false;
        }
        let key = entry.dn.key();
        nested
            .iter()
            .any(|context| super::scope::is_within(&key, context))
    }

    fn is_new(&mut self, entry: &Entry, remember: bool) -> bool {
        if remember {
            return self.seen.insert(entry.identity());
        }
        self.seen.is_empty() || !self.seen.contains(&entry.identity())
    }

    fn finish(self, end: &DomainState) -> DomainPart {
        let name = &self.task.domain.dns_name;
        let snapshot = self.builder.finish();
        let mut incomplete = Vec::new();
        match end {
            DomainState::Failed(reason) => incomplete.push(format!(
                "{name} was not read to its end: {reason}; {} entries were read before",
                snapshot.len()
            )),
            DomainState::Cancelled => incomplete.push(format!(
                "{name} was not read to its end: the scan was stopped after {} entries",
                snapshot.len()
            )),
            DomainState::Waiting | DomainState::Reading | DomainState::Done => {}
        }
        let more = self.unreadable_count - self.unreadable.len() as u64;
        incomplete.extend(self.unreadable);
        if more > 0 {
            incomplete.push(format!("{name}: {more} more entries could not be read"));
        }
        DomainPart {
            snapshot,
            index: self.index,
            faults: self.faults,
            skipped: self.skipped,
            skipped_entries: self.skipped_entries,
            contacts: self.contacts.finish(self.task.id),
            incomplete,
            bad_filter: None,
        }
    }
}
