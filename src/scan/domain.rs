//! One domain: its pages are judged while the next one is on its way.

use std::collections::{BTreeMap, HashSet};
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::contact::{ContactCounter, ContactData};
use super::container::{Container, Containers};
use super::scope::{DomainScope, Step};
use super::snapshot::SnapshotBuilder;
use super::{
    Account, DomainProgress, DomainState, EntryRef, Part, SkipReason, Snapshot, UniqueIndex,
};
use crate::directory::{Directory, DirectoryError, Page};
use crate::model::{AttributeName, Domain, DomainId, Entry, Identity, SourceKind};
use crate::rule::{Fault, Judge};

/// The smallest page that is worth trying below a server's limit.
const LEAST_PAGE: u32 = 50;

/// From how many judged entries on a missing attribute is remarkable.
const MANY: u64 = 50;

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
#[derive(Debug, Clone)]
pub(super) struct DomainTask {
    pub(super) id: DomainId,
    pub(super) directory: Arc<Directory>,
    pub(super) domain: Domain,
    pub(super) kind: SourceKind,
    pub(super) scope: DomainScope,
    /// Keys of the naming contexts of other domains below this one.
    pub(super) nested: Vec<String>,
    /// How many entries a page should have.
    pub(super) page_size: u32,
    /// Attributes of which a domain of some size has values somewhere, unless
    /// they may not be read.
    pub(super) expected: Vec<&'static str>,
    /// How often reading it broke.
    pub(super) failures: u64,
    /// Read these entries only, which the scan knows already.
    pub(super) only: Option<Arc<[Identity]>>,
    pub(super) shared: Arc<Shared>,
}

/// What was read of a domain.
#[derive(Debug)]
pub(super) struct DomainPart {
    /// How reading it ended.
    pub(super) end: DomainState,
    /// Entries that came and could not be understood.
    pub(super) unreadable: u64,
    pub(super) snapshot: Snapshot,
    pub(super) index: UniqueIndex,
    pub(super) faults: Vec<(EntryRef, Fault)>,
    pub(super) skipped_entries: Vec<EntryRef>,
    pub(super) contacts: ContactData,
    /// What was left out, one sentence each.
    pub(super) incomplete: Vec<String>,
    /// What should be known of how it was read, one sentence each.
    pub(super) notes: Vec<String>,
    /// The host that it was read from.
    pub(super) host: String,
    /// Set when the source cannot evaluate the filter, or has no such base: the
    /// fault of the caller.
    pub(super) bad_scope: Option<String>,
}

impl DomainPart {
    /// What is to be told of it; told once.
    pub(super) fn account(&mut self) -> Account {
        Account {
            notes: std::mem::take(&mut self.notes),
            incomplete: std::mem::take(&mut self.incomplete),
        }
    }
}

/// A domain while it is being read.
#[derive(Debug)]
struct Reading {
    task: Arc<DomainTask>,
    builder: SnapshotBuilder,
    index: UniqueIndex,
    faults: Vec<(EntryRef, Fault)>,
    skipped_entries: Vec<EntryRef>,
    contacts: ContactCounter,
    containers: Containers,
    /// Entries that an earlier search of this domain gave.
    seen: HashSet<Identity>,
    unreadable: Vec<String>,
    /// Expected attributes of which no value has been seen yet.
    unseen: Vec<&'static str>,
    counts: Counts,
    bad_filter: Option<String>,
}

/// What has been read so far.
#[derive(Debug, Clone, Default)]
struct Counts {
    pages: u64,
    entries: u64,
    judged: u64,
    skipped: BTreeMap<SkipReason, u64>,
    findings: u64,
    /// Entries that could not be understood.
    unreadable: u64,
    /// Readings that broke.
    failures: u64,
}

impl Counts {
    fn show(&self, progress: &mut DomainProgress) {
        progress.pages = self.pages;
        progress.entries = self.entries;
        progress.judged = self.judged;
        progress.skipped = self.skipped.values().sum();
        progress.skipped_by.clone_from(&self.skipped);
        progress.findings = self.findings;
        progress.errors = self.unreadable + self.failures;
    }
}

/// One reading of a domain from its beginning.
struct Attempt {
    reading: Reading,
    end: DomainState,
    /// Why it did not come to its end.
    error: Option<DirectoryError>,
}

impl DomainTask {
    /// Reads the domain. It never fails as a whole: what was read before an
    /// error or a cancel is returned, with a sentence that says so. A search
    /// that breaks is begun anew, so that no entry is lost or counted twice;
    /// if it never ends, the reading that came furthest is returned.
    pub(super) async fn run(mut self) -> DomainPart {
        let shared = Arc::clone(&self.shared);
        let (board, id) = (&shared.board, self.id);
        board.update(id, |progress| progress.state = DomainState::Reading);
        let cancelled = shared.cancel.clone();
        let mut notes = tokio::select! {
            biased;
            () = cancelled.cancelled() => Vec::new(),
            looked = self.look() => match looked {
                Ok(notes) => notes,
                Err(reason) => return self.refused(reason),
            },
        };
        let mut furthest: Option<Attempt> = None;
        let mut tries = 0;
        let end = loop {
            tries += 1;
            let attempt = Arc::new(self.clone()).attempt().await;
            let end = attempt.end.clone();
            let again = match &attempt.error {
                None => None,
                Some(error) => tokio::select! {
                    biased;
                    () = cancelled.cancelled() => None,
                    again = self.again(error, tries) => again,
                },
            };
            if furthest
                .as_ref()
                .is_none_or(|far| far.reading.len() <= attempt.reading.len())
            {
                furthest = Some(attempt);
            }
            let Some(note) = again else {
                break end;
            };
            notes.push(note);
            self.failures += 1;
        };
        self.failures += u64::from(matches!(end, DomainState::Failed(_)));
        let nothing = || Reading::new(&Arc::new(self.clone()));
        let mut reading = furthest.map_or_else(nothing, |far| far.reading);
        reading.counts.failures = self.failures;
        board.update(id, |progress| {
            reading.counts.show(progress);
            progress.state = end.clone();
        });
        let mut part = reading.finish(&end);
        part.notes.splice(0..0, notes);
        part.host = self.domain.host;
        part
    }

    /// Looks at the scope before anything is read: a base that does not exist
    /// would look like a directory without faults.
    async fn look(&self) -> Result<Vec<String>, String> {
        if self.only.is_some() {
            // The scan has looked.
            return Ok(Vec::new());
        }
        // An export of one OU may hold its people without the OU itself.
        let is_server = matches!(
            self.kind,
            SourceKind::ActiveDirectory | SourceKind::OtherLdap
        );
        for base in self.scope.bases().filter(|_| is_server) {
            let identity = Identity::Dn(base.clone());
            let class = [AttributeName::known("objectClass")];
            // Whether it may be read is for the search to find out.
            if let Ok(None) = self.directory.read(&self.domain, &identity, &class).await {
                return Err(format!(
                    "the base '{base}' does not exist in {} on {}; check its spelling",
                    self.domain.dns_name, self.domain.host
                ));
            }
        }
        let Some(filter) = self.scope.filter() else {
            return Ok(Vec::new());
        };
        let name = &self.domain.dns_name;
        let doubts = self
            .directory
            .doubts_about_filter(&self.domain, filter)
            .await;
        Ok(doubts
            .into_iter()
            .map(|doubt| format!("{name}: {doubt}"))
            .collect())
    }

    fn refused(self, reason: String) -> DomainPart {
        let end = DomainState::Failed(reason.clone());
        self.shared
            .board
            .update(self.id, |progress| progress.state = end.clone());
        let mut part = Reading::new(&Arc::new(self)).finish(&end);
        part.bad_scope = Some(reason);
        part
    }

    /// Prepares to begin anew after `error` and says so; `None` if that would
    /// not help.
    async fn again(&mut self, error: &DirectoryError, tries: u32) -> Option<String> {
        let name = self.domain.dns_name.clone();
        if error.is_limit() {
            self.page_size = self
                .page_size
                .checked_div(4)
                .filter(|size| *size >= LEAST_PAGE)?;
            return Some(format!(
                "{name} is read again from its beginning, by {} entries a page: {error}",
                self.page_size
            ));
        }
        if !error.may_pass() {
            return None;
        }
        let domain = self.directory.start_over(&self.domain, tries).await?;
        let from = if domain.host == self.domain.host {
            String::new()
        } else {
            format!(" on {}, which it stays with,", domain.host)
        };
        self.domain = domain;
        Some(format!(
            "{name} is read again from its beginning{from} after an error: {error}"
        ))
    }

    fn steps(&self) -> Vec<Step> {
        let (domain, attributes) = (&self.domain, &self.shared.attributes);
        match &self.only {
            None => self.scope.steps(domain, self.kind, attributes),
            Some(entries) => self
                .scope
                .steps_to(entries, (domain, self.kind), attributes),
        }
    }

    /// Reads the domain once.
    async fn attempt(self: Arc<Self>) -> Attempt {
        let mut steps = self.steps();
        for step in &mut steps {
            step.request.page_size = self.page_size;
        }
        let mut reading = Some(Reading::new(&self));
        let mut end = DomainState::Done;
        let mut failure = None;
        for (number, step) in steps.iter().enumerate() {
            let ended = self
                .read(step, number + 1 < steps.len(), &mut reading)
                .await;
            match ended {
                Ok(true) => {}
                Err(DirectoryError::Refused { code: 32, .. }) if step.may_be_gone => {}
                Ok(false) => {
                    end = DomainState::Cancelled;
                    break;
                }
                Err(error) => {
                    end = DomainState::Failed(error.to_string());
                    failure = Some(error);
                    break;
                }
            }
        }
        let mut reading = reading.unwrap_or_else(|| Reading::new(&self));
        if let Some(error @ DirectoryError::Filter(_)) = &failure {
            reading.bad_filter = Some(error.to_string());
        }
        Attempt {
            reading,
            end,
            error: failure,
        }
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
            skipped_entries: Vec::new(),
            contacts: ContactCounter::new(),
            containers: Containers::new(&task.scope, &task.nested),
            seen: HashSet::new(),
            unreadable: Vec::new(),
            unseen: task.expected.clone(),
            counts: Counts {
                failures: task.failures,
                ..Counts::default()
            },
            bad_filter: None,
        }
    }

    fn take_page(&mut self, page: Page, judges: bool, remember: bool) {
        let before = self.faults.len();
        for read in page {
            let entry = match read {
                Ok(entry) => entry,
                Err(reason) => {
                    self.leave_out(reason);
                    continue;
                }
            };
            let container = self.containers.around(&entry.dn);
            if self.is_another_domains(&entry, container) || !self.is_new(&entry, remember) {
                continue;
            }
            let part = self.take(&entry, container, judges);
            self.counts.entries += u64::from(part.is_some());
            self.counts.judged += u64::from(part == Some(Part::Judged));
        }
        let new = self.faults.get(before..).unwrap_or_default();
        self.counts.findings += new
            .chunk_by(|a, b| (a.0, &a.1.place) == (b.0, &b.1.place))
            .count() as u64;
        self.counts.pages += 1;
        let counts = &self.counts;
        let board = &self.task.shared.board;
        board.update(self.task.id, |progress| counts.show(progress));
    }

    /// Notes an entry that could not be understood.
    fn leave_out(&mut self, reason: String) {
        self.counts.unreadable += 1;
        if self.unreadable.len() < UNREADABLE_SHOWN {
            self.unreadable.push(reason);
        }
    }

    /// How many entries were read.
    fn len(&self) -> u64 {
        self.counts.entries
    }

    /// Judges and keeps an entry; `None` if it takes no part at all.
    fn take(&mut self, entry: &Entry, container: Container, judges: bool) -> Option<Part> {
        let task = Arc::clone(&self.task);
        let is_covered = || match container.covered {
            Some(is_covered) => is_covered,
            None => task.scope.covers(&entry.dn),
        };
        let judge = &task.shared.judge;
        let subject = judge.subject(entry);
        if !subject.class().holds_addresses() {
            return self.count_without_class(entry, judges && is_covered());
        }
        let asked = task.scope.has_filter() || judge.asks_for(entry);
        let in_scope = judges && asked && is_covered();
        if !in_scope && task.scope.scope_only() {
            return None;
        }
        let in_exchanges = container.exchanges;
        let part = match SkipReason::of(entry, in_exchanges, task.kind, judge.skips()) {
            Some(reason) => Part::Skipped(reason),
            None if in_scope => Part::Judged,
            None => Part::OutOfScope,
        };
        if let (Part::Skipped(reason), true) = (part, in_scope) {
            *self.counts.skipped.entry(reason).or_default() += 1;
        }
        self.unseen.retain(|attribute| !entry.has(attribute));
        let at = self.builder.push(entry, part);
        if in_scope && matches!(part, Part::Skipped(_)) {
            self.skipped_entries.push(at);
        }
        self.index.add(at, &subject, judge);
        if part == Part::Judged {
            self.contacts.count(entry);
            let mut faults = judge.faults_of(&subject);
            faults.sort_by(|a, b| a.place.cmp(&b.place));
            self.faults
                .extend(faults.into_iter().map(|fault| (at, fault)));
        }
        Some(part)
    }

    /// An entry that does not say what it is can be neither judged nor compared,
    /// but is not lost silently.
    fn count_without_class(&mut self, entry: &Entry, in_scope: bool) -> Option<Part> {
        (in_scope && !entry.has("objectClass")).then(|| {
            let part = Part::Skipped(SkipReason::NoClass);
            *self.counts.skipped.entry(SkipReason::NoClass).or_default() += 1;
            self.skipped_entries.push(self.builder.push(entry, part));
            part
        })
    }

    fn is_another_domains(&self, entry: &Entry, container: Container) -> bool {
        container.elsewhere.unwrap_or_else(|| {
            let key = entry.dn.key();
            let mut nested = self.task.nested.iter();
            nested.any(|context| super::scope::is_within(&key, context))
        })
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
        let mut notes = Vec::new();
        if self.counts.judged >= MANY && *end == DomainState::Done {
            notes.extend(self.unseen.iter().map(|attribute| {
                format!(
                    "{name}: no entry shows a value of {attribute}: either none has one, or this \
                     account may not read it, and its rules find nothing"
                )
            }));
        }
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
        let more = self.counts.unreadable - self.unreadable.len() as u64;
        incomplete.extend(self.unreadable);
        if more > 0 {
            incomplete.push(format!("{name}: {more} more entries could not be read"));
        }
        DomainPart {
            end: end.clone(),
            unreadable: self.counts.unreadable,
            snapshot,
            index: self.index,
            faults: self.faults,
            skipped_entries: self.skipped_entries,
            contacts: self.contacts.finish(self.task.id),
            incomplete,
            notes,
            host: self.task.domain.host.clone(),
            bad_scope: self.bad_filter,
        }
    }
}
