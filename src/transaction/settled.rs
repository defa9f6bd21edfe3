//! What a read of an entry says of a request that was sent to it.
//!
//! Nothing here reads, sends or waits.

use super::check::{FOREIGN, GONE, Reading, failed};
use super::compare::{Standing, conflict, names, stored};
use super::{AttributeConflict, Outcome};
use crate::directory::DirectoryError;
use crate::model::{AttributeName, Modification, Value};

/// What became of a modification, and what is stored as far as it was read.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) outcome: Outcome,
    pub(super) stored: Vec<(AttributeName, Vec<Value>)>,
    /// The attributes that somebody else wrote at the same moment, unseen.
    pub(super) over: Vec<AttributeName>,
    /// A remark that the outcome has no place for.
    pub(super) note: Option<String>,
}

impl Settled {
    /// The same, over an edit by somebody else.
    pub(super) fn over_an_edit(mut self, request: &Modification) -> Self {
        let over = std::mem::take(&mut self.over);
        if self.outcome == Outcome::Done {
            self.outcome = Outcome::DoneOver(over);
        } else if self.outcome.wrote() {
            let names: Vec<&str> = over.iter().map(AttributeName::as_str).collect();
            self.note = Some(format!(
                "{}: {} written over an edit by somebody else",
                request.dn,
                names.join(", ")
            ));
        }
        self
    }
}

impl From<Outcome> for Settled {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            stored: Vec::new(),
            over: Vec::new(),
            note: None,
        }
    }
}

/// What a look at an entry says of a request whose answer is not known.
#[derive(Debug)]
pub(super) enum Look {
    /// It says what became of it.
    Settled(Settled),
    /// The entry is as it was before; the request may still be on its way.
    AsBefore,
    /// The entry could not be read.
    Unreadable(String),
}

impl Look {
    /// What an entry as it was read says of what became of a request.
    ///
    /// One request is carried out whole or not at all. So an attribute that is
    /// as planned beside one that is not means that it was, or that somebody
    /// else did the same; either way that attribute is as planned. And an
    /// attribute that is neither means that the request, if it should still be
    /// on its way, will be refused by its own guard.
    pub(super) fn at(request: &Modification, reading: Reading) -> Self {
        let entry = match reading {
            Ok(Some(entry)) => entry,
            Ok(None) => return Self::Settled(failed(GONE).into()),
            Err(error) => return Self::Unreadable(error.to_string()),
        };
        let standing = Standing::of(&request.changes, &entry);
        if standing.all_before() {
            return Self::AsBefore;
        }
        let conflicts: Vec<_> = standing
            .before
            .iter()
            .chain(&standing.other)
            .map(|change| conflict(change, &entry, FOREIGN))
            .collect();
        let outcome = if standing.all_after() {
            Outcome::Done
        } else if standing.after.is_empty() {
            Outcome::Conflict(conflicts)
        } else {
            Outcome::Partly {
                done: names(standing.after),
                conflicts,
            }
        };
        Self::Settled(Settled {
            stored: stored(request, &entry),
            ..outcome.into()
        })
    }
}

/// What a read-back says of a request that the server confirmed.
pub(super) fn verify(request: &Modification, reading: &Reading) -> Settled {
    let entry = match reading {
        Ok(Some(entry)) => entry,
        Ok(None) => return unverified(request, GONE),
        Err(error) => return unverified(request, &error.to_string()),
    };
    let standing = Standing::of(&request.changes, entry);
    let conflicts: Vec<_> = standing
        .before
        .iter()
        .chain(&standing.other)
        .map(|change| AttributeConflict {
            expected: change.after.clone(),
            ..conflict(change, entry, "it was written, but is stored otherwise")
        })
        .collect();
    let outcome = if conflicts.is_empty() {
        Outcome::Done
    } else {
        Outcome::Altered {
            done: names(&request.changes),
            conflicts,
        }
    };
    Settled {
        stored: stored(request, entry),
        ..outcome.into()
    }
}

fn unverified(request: &Modification, reason: &str) -> Settled {
    Settled {
        note: Some(format!(
            "{}: the server confirmed the change, but it could not be read back: {reason}",
            request.dn
        )),
        ..Outcome::Done.into()
    }
}

pub(super) fn settled_or_in_doubt(look: Look, error: &DirectoryError) -> Settled {
    match look {
        Look::Settled(settled) => settled,
        Look::AsBefore => Outcome::InDoubt(error.to_string()).into(),
        Look::Unreadable(reason) => Outcome::InDoubt(format!("{error}; then {reason}")).into(),
    }
}

/// The outcome of the whole entry from that of the request, when some
/// attributes were left out of it.
pub(super) fn merge(
    outcome: Outcome,
    request: &Modification,
    mut left_alone: Vec<AttributeConflict>,
) -> Outcome {
    match outcome {
        Outcome::Done => Outcome::Partly {
            done: names(&request.changes),
            conflicts: left_alone,
        },
        Outcome::Partly { done, conflicts } => {
            left_alone.extend(conflicts);
            Outcome::Partly {
                done,
                conflicts: left_alone,
            }
        }
        Outcome::Altered { done, conflicts } => {
            left_alone.extend(conflicts);
            Outcome::Altered {
                done,
                conflicts: left_alone,
            }
        }
        Outcome::Conflict(conflicts) => {
            left_alone.extend(conflicts);
            Outcome::Conflict(left_alone)
        }
        Outcome::NotNeeded if !left_alone.is_empty() => Outcome::Conflict(left_alone),
        other => other,
    }
}
