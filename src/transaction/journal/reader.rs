//! Reading a journal: total, and never claiming more than the file says.
//!
//! A line whose checksum fits is believed; every other one is damage, but for
//! the last line of the file if it has no line feed: that one is torn, the mark
//! of an interrupted run. A damaged line may have been an outcome that
//! overrides an earlier one, so what such a line could override is forgotten
//! and has to be read from the directory again.

use std::collections::BTreeMap;
use std::path::Path;

use super::wire::{Line, VERSION};
use super::writer::digest_of_bodies;
use super::{Header, JournalError, Tail, TransactionRecord, journal_path};
use crate::model::Modification;
use crate::store::Damage;
use crate::store::frame::{self, Numbered};
use crate::transaction::{Outcome, TransactionId};

/// Reads the journal of a transaction. Whatever the file holds, this never
/// fails for it: what cannot be read is in [`TransactionRecord::damage`].
pub fn read_journal(
    journals: &Path,
    id: &TransactionId,
) -> Result<TransactionRecord, JournalError> {
    let path = journal_path(journals, id);
    let bytes = std::fs::read(&path).map_err(|source| {
        if source.kind() == std::io::ErrorKind::NotFound {
            JournalError::Missing {
                id: id.clone(),
                folder: journals.to_owned(),
            }
        } else {
            JournalError::Read {
                path: path.clone(),
                source,
            }
        }
    })?;
    Ok(parse(id, &path, &bytes))
}

/// What a journal of these bytes says.
pub(in crate::transaction) fn parse(
    id: &TransactionId,
    path: &Path,
    bytes: &[u8],
) -> TransactionRecord {
    let mut reader = Reader {
        id: Some(id),
        ..Reader::default()
    };
    for raw in bytes.split_inclusive(|byte| *byte == b'\n') {
        reader.line(raw);
    }
    reader.finish(id, path)
}

#[derive(Default)]
struct Reader<'a> {
    id: Option<&'a TransactionId>,
    lines: usize,
    /// The number of the last line that was understood.
    last: usize,
    /// Lines since then that were not.
    unread: usize,
    tail: Tail,
    header: Option<Header>,
    plan: BTreeMap<usize, (Modification, &'a [u8])>,
    depends_on: BTreeMap<usize, Vec<usize>>,
    outcomes: BTreeMap<usize, Outcome>,
    notes: Vec<String>,
    sealed: Option<usize>,
    ended: bool,
    damage: Vec<Damage>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, raw: &'a [u8]) {
        self.lines += 1;
        let content = raw.strip_suffix(b"\n");
        self.tail = if content.is_some() {
            Tail::Whole
        } else {
            Tail::Unterminated
        };
        let content = content.unwrap_or(raw);
        match frame::decode(content, VERSION) {
            Ok(Numbered { of: Some(of), .. }) if self.id.is_some_and(|id| *id != of) => {
                self.unread += 1;
                self.damaged(format!("it belongs to transaction {of}"));
            }
            Ok(Numbered { n, line, .. }) => {
                self.check_number(n);
                if let Err(reason) = self.take(line, frame::body(content)) {
                    self.damaged(reason);
                }
            }
            Err(reason) => {
                self.unread += 1;
                if self.tail == Tail::Unterminated {
                    self.tail = Tail::Torn;
                    self.forget();
                } else {
                    self.damaged(reason);
                }
            }
        }
    }

    /// Lines that are missing, doubled or out of order betray themselves by
    /// their numbers; lines that could not be read may account for a gap.
    fn check_number(&mut self, number: usize) {
        let follows = number > self.last && number - self.last <= self.unread + 1;
        if !follows {
            self.damaged(format!(
                "it bears the number {number} after number {}: lines are missing or doubled",
                self.last
            ));
        }
        self.last = number;
        self.unread = 0;
    }

    fn damaged(&mut self, reason: impl Into<String>) {
        self.damage.push(Damage {
            line: self.lines,
            reason: reason.into(),
        });
        self.forget();
    }

    /// Drops what a line that is lost could have overridden.
    fn forget(&mut self) {
        self.ended = false;
        self.outcomes
            .retain(|_, outcome| !matches!(outcome, Outcome::NotReached | Outcome::InDoubt(_)));
    }

    fn take(&mut self, line: Line, body: &'a [u8]) -> Result<(), String> {
        match line {
            Line::Begin(header) if self.header.is_none() => self.header = Some(header),
            Line::Begin(_) => return Err("it begins the transaction a second time".to_owned()),
            Line::Modification(modification) => {
                let index = modification.index;
                if modification.depends_on.iter().any(|need| *need >= index) {
                    return Err("it depends on a modification that comes after it".to_owned());
                }
                let needs = modification.depends_on.clone();
                if !needs.is_empty() {
                    self.depends_on.insert(index, needs);
                }
                let modification = modification.modification()?;
                self.plan.insert(index, (modification, body));
            }
            Line::Sealed { modifications } => self.sealed = Some(modifications),
            Line::Resumed { .. } => self.forget(),
            Line::Torn { line } => {
                self.damage.retain(|damage| damage.line != line);
                self.notes.push(format!(
                    "line {line} was cut off when the run was interrupted"
                ));
            }
            Line::Outcome(outcome) => {
                let index = outcome.index;
                self.outcomes.insert(index, outcome.outcome()?);
            }
            Line::Note { text, .. } => self.notes.push(text),
            Line::End { .. } => self.ended = true,
        }
        Ok(())
    }

    fn finish(mut self, id: &TransactionId, path: &Path) -> TransactionRecord {
        if !self.ended {
            // "Not reached" is only sure once the run has come to its end: a
            // finishing recover sends exactly those.
            self.forget();
        }
        let count = self.count();
        let sealed = self.check_plan(id, count);
        let mut plan = Vec::with_capacity(count);
        let mut depends_on = Vec::with_capacity(count);
        let mut outcomes = Vec::with_capacity(count);
        for index in 0..count {
            plan.push(
                self.plan
                    .remove(&index)
                    .map(|(modification, _)| modification),
            );
            depends_on.push(self.depends_on.remove(&index).unwrap_or_default());
            outcomes.push(self.outcomes.remove(&index));
        }
        TransactionRecord {
            id: id.clone(),
            path: path.to_owned(),
            header: self.header,
            plan,
            depends_on,
            outcomes,
            notes: self.notes,
            sealed,
            ended: self.ended,
            tail: self.tail,
            damage: self.damage,
            lines: self.lines,
            next_number: self.last + self.unread + 1,
        }
    }

    /// How many modifications there are, as far as anything says so. No file
    /// can name more than it has lines, so that a wrong number costs no memory.
    fn count(&self) -> usize {
        let named = self.header.as_ref().map_or(0, |header| header.count);
        let known = |last: Option<usize>| last.map_or(0, |index| index.saturating_add(1));
        named
            .max(self.sealed.unwrap_or(0))
            .max(known(self.plan.keys().next_back().copied()))
            .max(known(self.outcomes.keys().next_back().copied()))
            .min(self.lines)
    }

    /// Compares the plan with what the first line and the seal say of it.
    fn check_plan(&mut self, id: &TransactionId, count: usize) -> bool {
        let mut faults: Vec<(usize, String)> = Vec::new();
        match &self.header {
            None => faults.push((1, "the transaction's beginning is not readable".to_owned())),
            Some(header) => {
                if header.id != *id {
                    faults.push((1, format!("it belongs to transaction {}", header.id)));
                }
                let domains = header.domains.len();
                let strayed =
                    |modification: &Modification| usize::from(modification.domain.0) >= domains;
                if self.plan.values().any(|(planned, _)| strayed(planned)) {
                    faults.push((
                        1,
                        "a modification names a domain that is not listed".to_owned(),
                    ));
                    self.plan.retain(|_, (planned, _)| !strayed(planned));
                }
                let whole = self.plan.len() == header.count && count == header.count;
                let bodies = self.plan.values().map(|(_, body)| *body);
                if !whole {
                    faults.push((
                        self.lines,
                        format!(
                            "of {} modifications of the plan {} are readable; what the others \
                             may have written is not known",
                            header.count,
                            self.plan.len()
                        ),
                    ));
                } else if digest_of_bodies(bodies) != header.digest {
                    faults.push((1, "the plan does not fit its digest".to_owned()));
                }
            }
        }
        if self.sealed.is_none() {
            faults.push((self.lines, "the plan is not sealed".to_owned()));
        }
        let sealed = faults.is_empty();
        self.damage.extend(
            faults
                .into_iter()
                .map(|(line, reason)| Damage { line, reason }),
        );
        sealed
    }
}
