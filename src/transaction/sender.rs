//! One modification: check, send, read back; and settling by reading when no
//! answer came.
//!
//! Nothing here writes the journal or decides whether a run goes on.

use super::check::{Checker, FOREIGN, GONE, failed};
use super::compare::{Standing, conflict, names, stored};
use super::{ApplyOptions, AttributeConflict, Environment, Outcome, Progress, Target};
use crate::directory::{DirectoryError, ModifyError};
use crate::model::{AttributeName, Entry, Modification, Value};

/// The result codes by which a server says that a guard of the request did not
/// hold: noSuchAttribute, constraintViolation where a single-valued attribute
/// got a value meanwhile, and attributeOrValueExists (RFC 4511, appendix A).
const GUARD_FAILED: [u32; 3] = [16, 19, 20];

/// What became of a modification, and what is stored as far as it was read.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) outcome: Outcome,
    pub(super) stored: Vec<(AttributeName, Vec<Value>)>,
    /// A remark that the outcome has no place for.
    pub(super) note: Option<String>,
}

impl From<Outcome> for Settled {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            stored: Vec::new(),
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

/// Carries out single modifications.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) environment: Environment<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) check: Checker<'a>,
}

impl Sender<'_> {
    /// Reads, compares, checks, sends, reads back.
    pub(super) async fn carry_out(
        &self,
        index: usize,
        modification: &Modification,
        target: &Target,
    ) -> Settled {
        let (request, conflicts) = match self.check.carry_out(modification, target, &[]).await {
            Ok(prepared) => prepared,
            Err(outcome) => return outcome.into(),
        };
        let sent = target
            .directory
            .modify(&target.domain, &request.identity, &request.changes)
            .await;
        let mut settled = match sent {
            Ok(()) => self.verify(&request, target).await,
            Err(ModifyError::Refused { code, text, reason }) => {
                let refused = Outcome::Failed {
                    code: Some(code),
                    text,
                    reason,
                };
                self.refused(&request, target, refused).await
            }
            Err(ModifyError::NotSent(error)) => failed(format!("nothing was sent: {error}")).into(),
            Err(ModifyError::ReadOnly) => failed(ModifyError::ReadOnly.to_string()).into(),
            Err(ModifyError::NoAnswer(error)) => {
                self.settle(index, &request, (target, &error)).await
            }
        };
        let sent_all = request.changes.len() == modification.changes.len();
        settled.outcome = merge(settled.outcome, &request, conflicts, sent_all);
        settled
    }

    /// The attributes of a request as they are now.
    async fn reread(
        &self,
        request: &Modification,
        target: &Target,
    ) -> Result<Option<Entry>, DirectoryError> {
        target
            .directory
            .read(&target.domain, &request.identity, &names(&request.changes))
            .await
    }

    /// After a success: what is stored must be what was sent.
    async fn verify(&self, request: &Modification, target: &Target) -> Settled {
        let entry = match self.reread(request, target).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return unverified(request, GONE),
            Err(error) => return unverified(request, &error.to_string()),
        };
        let standing = Standing::of(&request.changes, &entry);
        let conflicts: Vec<_> = standing
            .before
            .iter()
            .chain(&standing.other)
            .map(|change| AttributeConflict {
                expected: change.after.clone(),
                ..conflict(change, &entry, "it was written, but is stored otherwise")
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
            outcome,
            stored: stored(request, &entry),
            note: None,
        }
    }

    /// After a refusal: if a guard did not hold, somebody else was faster, and
    /// a look at the entry says how.
    async fn refused(&self, request: &Modification, target: &Target, refused: Outcome) -> Settled {
        let guard = matches!(&refused, Outcome::Failed { code: Some(code), .. } if GUARD_FAILED.contains(code));
        if guard && let Ok(Some(entry)) = self.reread(request, target).await {
            let standing = Standing::of(&request.changes, &entry);
            if standing.all_after() {
                return Outcome::NotNeeded.into();
            }
            if !standing.other.is_empty() {
                let conflicts = standing
                    .other
                    .iter()
                    .map(|change| conflict(change, &entry, FOREIGN))
                    .collect();
                return Outcome::Conflict(conflicts).into();
            }
        }
        refused.into()
    }

    /// After no answer: reads, and if the entry is as before, reads once more
    /// after the delay, because the request may still be on its way.
    async fn settle(
        &self,
        index: usize,
        request: &Modification,
        (target, error): (&Target, &DirectoryError),
    ) -> Settled {
        let first = self.look(request, target).await;
        let Look::AsBefore = first else {
            return settled_or_in_doubt(first, error);
        };
        if !self.wait(index).await {
            let reason = format!("{error}; stopped before a second look");
            return Outcome::InDoubt(reason).into();
        }
        match self.look(request, target).await {
            Look::AsBefore => failed(format!(
                "{error}; the entry is unchanged after {} s, so it was not carried out",
                self.options.settle_delay.as_secs_f32()
            ))
            .into(),
            second => settled_or_in_doubt(second, error),
        }
    }

    /// Waits for the settling delay; `false` if the run was stopped meanwhile.
    pub(super) async fn wait(&self, index: usize) -> bool {
        let delay = self.options.settle_delay;
        (self.environment.progress)(Progress::Waiting { index, delay });
        tokio::select! {
            () = tokio::time::sleep(delay) => true,
            () = self.environment.cancel.cancelled() => false,
        }
    }

    /// Reads an entry to learn what became of a request.
    ///
    /// One request is carried out whole or not at all. So an attribute that is
    /// as planned beside one that is not means that it was, or that somebody
    /// else did the same; either way that attribute is as planned. And an
    /// attribute that is neither means that the request, if it should still be
    /// on its way, will be refused by its own guard.
    pub(super) async fn look(&self, request: &Modification, target: &Target) -> Look {
        let entry = match self.reread(request, target).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return Look::Settled(failed(GONE).into()),
            Err(error) => return Look::Unreadable(error.to_string()),
        };
        let standing = Standing::of(&request.changes, &entry);
        if standing.all_before() {
            return Look::AsBefore;
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
        Look::Settled(Settled {
            outcome,
            stored: stored(request, &entry),
            note: None,
        })
    }
}

fn unverified(request: &Modification, reason: &str) -> Settled {
    Settled {
        outcome: Outcome::Done,
        stored: Vec::new(),
        note: Some(format!(
            "{}: the server confirmed the change, but it could not be read back: {reason}",
            request.dn
        )),
    }
}

fn settled_or_in_doubt(look: Look, error: &DirectoryError) -> Settled {
    match look {
        Look::Settled(settled) => settled,
        Look::AsBefore => Outcome::InDoubt(error.to_string()).into(),
        Look::Unreadable(reason) => Outcome::InDoubt(format!("{error}; then {reason}")).into(),
    }
}

/// The outcome of the whole entry from that of the request, when some
/// attributes were left out of it.
fn merge(
    outcome: Outcome,
    request: &Modification,
    mut left_alone: Vec<AttributeConflict>,
    sent_all: bool,
) -> Outcome {
    if sent_all {
        return outcome;
    }
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
