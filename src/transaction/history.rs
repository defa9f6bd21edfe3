//! What transactions there are, and how they relate.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::check::GONE;
use super::{JournalError, Outcome, TransactionId, TransactionRecord, read_journal};

/// How much of an id tells the time: `20261122-081500`.
const SECOND: usize = 15;

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionState {
    /// It has an end line and nothing is in doubt.
    Finished,
    /// It stopped in the middle, or something is in doubt: recover settles it.
    Unfinished,
    /// Its journal is damaged.
    Damaged,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSummary {
    /// Its name.
    pub id: TransactionId,
    /// When it began, RFC 3339, UTC; empty if its journal does not say.
    pub started: String,
    /// Who, as the server named the bound identity; the local user where it
    /// did not.
    pub identity: String,
    /// The forests it wrote to.
    pub forests: Vec<String>,
    /// Modifications planned.
    pub planned: usize,
    /// Modifications done, partly done and done but altered.
    pub done: usize,
    /// Modifications that failed, were refused or in conflict as a whole.
    pub failed: usize,
    /// Of those, the ones that failed or were refused, but for entries that are
    /// gone: a rollback has these still to take back.
    pub unsent: usize,
    /// Modifications in doubt, or with no outcome in the journal.
    pub in_doubt: usize,
    /// Modifications that it stopped before.
    pub not_reached: usize,
    /// The transaction it takes back, if it is a rollback.
    pub reverts: Option<TransactionId>,
    /// The rollback that took it back, if any, and that was not taken back
    /// itself.
    pub reverted_by: Option<TransactionId>,
    /// Where it stands.
    pub state: TransactionState,
    /// Whether recover has something to settle. Can be so for a damaged one.
    pub needs_recovery: bool,
}

/// All transactions of a folder of journals, newest first; none if there is no
/// such folder. One whose journal cannot be read counts as damaged. A plan that was never sealed (`ID.part`) sent nothing and is no
/// transaction.
pub fn history(journals: &Path) -> Result<Vec<TransactionSummary>, JournalError> {
    let ids = ids(journals).map_err(|source| JournalError::Read {
        path: journals.to_owned(),
        source,
    })?;
    let mut summaries: Vec<_> = ids
        .into_iter()
        .map(|id| match read_journal(journals, &id) {
            Ok(record) => TransactionSummary::of(&record),
            Err(error) => {
                tracing::warn!(%error, "a journal cannot be read");
                TransactionSummary::unreadable(id)
            }
        })
        .collect();
    newest_first(&mut summaries);
    link(&mut summaries);
    Ok(summaries)
}

/// The transactions that recover has something to settle of, newest first.
///
/// Most journals are passed over by their last line alone, so that this can be
/// asked at every start.
pub fn unsettled(journals: &Path) -> Result<Vec<TransactionSummary>, JournalError> {
    let cannot = |source| JournalError::Read {
        path: journals.to_owned(),
        source,
    };
    let mut summaries = Vec::new();
    for id in ids(journals).map_err(cannot)? {
        let path = journals.join(format!("{id}.jsonl"));
        if is_settled(&std::fs::read(path).unwrap_or_default()) {
            continue;
        }
        // One that cannot be read is for the history to show.
        let summary = read_journal(journals, &id).map(|record| TransactionSummary::of(&record));
        summaries.extend(summary.ok().filter(|summary| summary.needs_recovery));
    }
    newest_first(&mut summaries);
    Ok(summaries)
}

/// Whether a journal has come to its end and nothing in it is in doubt.
fn is_settled(journal: &[u8]) -> bool {
    let has = |text: &[u8], wanted: &[u8]| memchr::memmem::find(text, wanted).is_some();
    let mut lines = journal.rsplit(|byte| *byte == b'\n');
    let last = lines.find(|line| !line.is_empty()).unwrap_or_default();
    has(last, br#""kind":"end""#) && !has(journal, br#""what":"in-doubt""#)
}

fn ids(journals: &Path) -> io::Result<Vec<TransactionId>> {
    let entries = match std::fs::read_dir(journals) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        ids.extend(id.and_then(|id| TransactionId::parse(id).ok()));
    }
    Ok(ids)
}

/// An id tells the second, the journal the instant: a rollback may begin in the
/// second of what it takes back.
fn newest_first(summaries: &mut [TransactionSummary]) {
    summaries.sort_by_cached_key(|summary| {
        let id = summary.id.to_string();
        let second: String = id.chars().take(SECOND).collect();
        let instant = summary.started.parse::<jiff::Timestamp>().ok();
        std::cmp::Reverse((second, instant, id))
    });
}

/// Tells each transaction by which rollback it was taken back. Newest first, so
/// that a rollback which was taken back itself is known before it counts.
fn link(summaries: &mut [TransactionSummary]) {
    let mut reverted: BTreeMap<TransactionId, TransactionId> = BTreeMap::new();
    for summary in summaries {
        summary.reverted_by = reverted.get(&summary.id).cloned();
        if let Some(reverts) = &summary.reverts
            && summary.reverted_by.is_none()
            && summary.ran_through()
        {
            reverted.insert(reverts.clone(), summary.id.clone());
        }
    }
}

impl TransactionSummary {
    /// What a journal says in short. Who took the transaction back is not in
    /// its own journal and stays empty; [`history`] knows.
    pub fn of(record: &TransactionRecord) -> Self {
        let count = |test: fn(&Outcome) -> bool| {
            record
                .outcomes
                .iter()
                .flatten()
                .filter(|outcome| test(outcome))
                .count()
        };
        let unknown = record
            .outcomes
            .iter()
            .filter(|outcome| outcome.is_none())
            .count();
        let header = record.header.as_ref();
        let mut forests: Vec<String> = Vec::new();
        let mut identities: Vec<String> = Vec::new();
        for domain in header.iter().flat_map(|header| &header.domains) {
            if !forests.contains(&domain.forest) {
                forests.push(domain.forest.clone());
            }
            identities.extend(
                domain
                    .identity
                    .clone()
                    .filter(|name| !identities.contains(name)),
            );
        }
        if identities.is_empty() {
            identities.extend(header.map(|header| header.origin.user.clone()));
        }
        let needs_recovery = record.needs_recovery();
        Self {
            id: record.id.clone(),
            started: header.map(|header| header.time.clone()).unwrap_or_default(),
            identity: identities.join(", "),
            forests,
            planned: header.map_or(record.plan.len(), |header| header.count),
            done: count(Outcome::wrote),
            failed: count(|outcome| outcome.is_failure() && !outcome.wrote()),
            unsent: count(|outcome| match outcome {
                Outcome::Failed { reason, .. } => reason != GONE,
                other => matches!(other, Outcome::Refused(_)),
            }),
            in_doubt: unknown + count(|outcome| matches!(outcome, Outcome::InDoubt(_))),
            not_reached: count(|outcome| matches!(outcome, Outcome::NotReached)),
            reverts: header.and_then(|header| header.reverts.clone()),
            reverted_by: None,
            state: if !record.damage.is_empty() {
                TransactionState::Damaged
            } else if needs_recovery {
                TransactionState::Unfinished
            } else {
                TransactionState::Finished
            },
            needs_recovery,
        }
    }

    /// One whose file cannot be read: it must not hide the others.
    fn unreadable(id: TransactionId) -> Self {
        Self {
            id,
            started: String::new(),
            identity: "its journal cannot be read".to_owned(),
            forests: Vec::new(),
            planned: 0,
            done: 0,
            failed: 0,
            unsent: 0,
            in_doubt: 0,
            not_reached: 0,
            reverts: None,
            reverted_by: None,
            state: TransactionState::Damaged,
            needs_recovery: false,
        }
    }

    /// Whether it came to every entry of its plan, and none of them failed or
    /// was refused. A conflict is a result: it was left alone on purpose.
    fn ran_through(&self) -> bool {
        !self.needs_recovery && self.not_reached + self.in_doubt + self.unsent == 0
    }
}
