//! What became of a modification, and of a whole transaction.
//!
//! Values only. Values of attributes and texts of servers in here are raw: a
//! face makes them safe before it shows them.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use super::TransactionId;
use super::check::GONE;
use crate::directory::advice;
use crate::model::{AttributeName, Value};

/// An attribute that is not as the plan expected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeConflict {
    /// The attribute.
    pub attribute: AttributeName,
    /// All its values as the plan expected them.
    pub expected: Vec<Value>,
    /// All its values as they were found.
    pub found: Vec<Value>,
    /// What that means, one sentence.
    pub reason: String,
}

impl fmt::Display for AttributeConflict {
    /// The attribute, why, and both values where they differ; of attributes with
    /// many values those that differ.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attribute, self.reason)?;
        let expected = differing(&self.expected, &self.found);
        let found = differing(&self.found, &self.expected);
        if expected.is_empty() && found.is_empty() {
            return Ok(());
        }
        write!(
            f,
            ", expected {}, found {}",
            quoted(&expected),
            quoted(&found)
        )
    }
}

/// The values that `others` has not.
fn differing<'a>(values: &'a [Value], others: &[Value]) -> Vec<&'a Value> {
    let others: HashSet<&Value> = others.iter().collect();
    let is_missing = |value: &&Value| !others.contains(value);
    values.iter().filter(is_missing).collect()
}

/// Some values as a sentence can bear them.
fn quoted(values: &[&Value]) -> String {
    const NUMBER: usize = 3;
    const LENGTH: usize = 120;
    let mut texts: Vec<String> = values
        .iter()
        .take(NUMBER)
        .map(|value| {
            let text = value.to_text_lossy();
            let cut: String = text.chars().take(LENGTH).collect();
            let more = if cut.len() < text.len() { "…" } else { "" };
            format!("'{cut}{more}'")
        })
        .collect();
    match values.len().saturating_sub(NUMBER) {
        0 if texts.is_empty() => texts.push("nothing".to_owned()),
        0 => {}
        more => texts.push(format!("{more} more")),
    }
    texts.join(", ")
}

/// What became of one modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written, confirmed by the server and, unless a note says otherwise, read
    /// back as planned.
    Done,
    /// Written and read back as planned, over an edit by somebody else at the
    /// same moment that the directory takes for the same as what was there, as
    /// of case or accents: that edit is lost.
    DoneOver(
        /// The attributes that somebody else wrote.
        Vec<AttributeName>,
    ),
    /// Written, but what is stored is not what was sent: somebody else wrote at
    /// the same moment, or the server changed the value.
    Altered {
        /// The attributes that were written.
        done: Vec<AttributeName>,
        /// Those that are stored otherwise than they were sent.
        conflicts: Vec<AttributeConflict>,
    },
    /// The entry already was as planned; nothing was sent.
    NotNeeded,
    /// Some attributes of the entry were written; the others were as planned
    /// already, or, in a rollback, are in conflict and were left alone.
    Partly {
        /// The attributes that were written and are as planned.
        done: Vec<AttributeName>,
        /// The attributes in conflict, and why; may be none.
        conflicts: Vec<AttributeConflict>,
    },
    /// Refused by the directory, or never sent; nothing has changed.
    Failed {
        /// LDAP result code, if a server gave one.
        code: Option<u32>,
        /// The server's text, as it came.
        text: String,
        /// In plain words.
        reason: String,
    },
    /// Held back by a check before sending; nothing has changed.
    Refused(String),
    /// Somebody else changed the values since they were scanned; nothing was
    /// sent.
    Conflict(Vec<AttributeConflict>),
    /// Sent, no answer, and not settled yet: it may or may not be done.
    InDoubt(String),
    /// The run stopped before it; nothing was sent.
    NotReached,
}

impl Outcome {
    /// Whether at least one value of the entry was written.
    pub fn wrote(&self) -> bool {
        matches!(
            self,
            Self::Done | Self::DoneOver(_) | Self::Altered { .. } | Self::Partly { .. }
        )
    }

    /// Whether the entry is as planned now.
    pub fn is_as_planned(&self) -> bool {
        match self {
            Self::Done | Self::DoneOver(_) | Self::NotNeeded => true,
            Self::Partly { conflicts, .. } => conflicts.is_empty(),
            _ => false,
        }
    }

    /// Whether this counts as failed: refused, failed, in conflict even in
    /// part, or stored otherwise than planned.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::Refused(_) | Self::Conflict(_) | Self::Altered { .. } => {
                true
            }
            Self::Partly { conflicts, .. } => !conflicts.is_empty(),
            Self::Done
            | Self::DoneOver(_)
            | Self::NotNeeded
            | Self::InDoubt(_)
            | Self::NotReached => false,
        }
    }

    /// What a person can do about it, if something is known.
    pub fn what_to_try(&self) -> Option<&'static str> {
        match self {
            Self::Failed {
                code: Some(code),
                text,
                ..
            } => advice(*code, text),
            Self::Failed { reason, .. } if reason == GONE => {
                Some("scan again; a deleted entry may be in the recycle bin")
            }
            Self::Failed { .. } => {
                Some("nothing was changed there: look at the connection, then apply it again")
            }
            Self::Refused(_) => {
                Some("nothing was changed there: scan again, and decide anew with what is said")
            }
            Self::Conflict(_) | Self::Altered { .. } => {
                Some("scan again, and decide on the values that are there now")
            }
            Self::Partly { conflicts, .. } if !conflicts.is_empty() => {
                Some("scan again, and decide on the values that are there now")
            }
            Self::DoneOver(_) => Some(
                "ask who else works on these entries: what they wrote differed in case or accents \
                 only, and is not there any more; repadmin /showobjmeta tells when and where",
            ),
            Self::InDoubt(_) => Some("idmend recover SOURCE reads it again and settles it"),
            Self::Partly { .. } | Self::Done | Self::NotNeeded | Self::NotReached => None,
        }
    }

    /// One or two words for a column.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::DoneOver(_) => "done over a foreign edit",
            Self::Altered { .. } => "done, altered",
            Self::Partly { conflicts, .. } if conflicts.is_empty() => "done",
            Self::NotNeeded => "not needed",
            Self::Partly { .. } => "partly done",
            Self::Failed { .. } => "failed",
            Self::Refused(_) => "refused",
            Self::Conflict(_) => "conflict",
            Self::InDoubt(_) => "in doubt",
            Self::NotReached => "not reached",
        }
    }
}

impl fmt::Display for Outcome {
    /// The label, and why. Raw: it may hold a server's text and an entry's
    /// values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())?;
        match self {
            Self::Failed { code, text, reason } => {
                write!(f, ": {reason}")?;
                match code {
                    Some(code) if text.is_empty() => write!(f, " (LDAP {code})"),
                    Some(code) => write!(f, " (LDAP {code}: {text})"),
                    None => Ok(()),
                }
            }
            Self::Refused(reason) | Self::InDoubt(reason) => write!(f, ": {reason}"),
            Self::Conflict(conflicts)
            | Self::Altered { conflicts, .. }
            | Self::Partly { conflicts, .. } => {
                for (at, conflict) in conflicts.iter().enumerate() {
                    f.write_str(if at == 0 { ": " } else { "; " })?;
                    write!(f, "{conflict}")?;
                }
                Ok(())
            }
            Self::DoneOver(attributes) => {
                let names: Vec<&str> = attributes.iter().map(AttributeName::as_str).collect();
                write!(f, " of {}", names.join(", "))
            }
            Self::Done | Self::NotNeeded | Self::NotReached => Ok(()),
        }
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionReport {
    /// Its name.
    pub id: TransactionId,
    /// Its journal.
    pub journal: PathBuf,
    /// Its undo as LDIF.
    pub undo: PathBuf,
    /// One outcome a modification, in the order of the plan.
    pub outcomes: Vec<Outcome>,
    /// What a person should know: a cancel, an entry moved, a guard not given.
    pub notes: Vec<String>,
    /// The rollback of what was written, if it was to be all or nothing and
    /// could not be all.
    pub taken_back: Option<Box<TransactionReport>>,
}

impl TransactionReport {
    /// How many outcomes satisfy `test`.
    pub fn count(&self, test: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| test(outcome)).count()
    }

    /// How many entries were not reached or are in doubt: the transaction is
    /// incomplete if there is one.
    pub fn incomplete(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotReached | Outcome::InDoubt(_)))
    }
}
