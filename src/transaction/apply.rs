//! skeleton

use super::TransactionId;
use crate::model::{AttributeName, Value};

/// What became of one modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written, read back, and as planned.
    Done,
    /// The entry already was as planned; nothing was sent.
    NotNeeded,
    /// Refused by the directory.
    Failed {
        /// LDAP result code.
        code: u32,
        /// The server's text.
        text: String,
        /// In plain words.
        reason: String,
    },
    /// Held back by a check before sending.
    Refused(String),
    /// Somebody else changed the value since it was scanned.
    Conflict {
        /// The attribute.
        attribute: AttributeName,
        /// What the plan expected.
        expected: Vec<Value>,
        /// What was found.
        found: Vec<Value>,
    },
    /// Sent, no answer, not settled yet.
    InDoubt(String),
    /// The run stopped before it.
    NotReached,
}

/// What became of a transaction.
#[derive(Debug, Clone)]
pub struct TransactionReport {
    /// Its name.
    pub id: TransactionId,
    /// One outcome a modification, in the order of the plan.
    pub outcomes: Vec<Outcome>,
    /// What a person should know: guards that could not be given, a cancel.
    pub notes: Vec<String>,
}

/// skeleton
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions;

/// skeleton
pub trait Precondition: Send + Sync {}

/// skeleton
pub async fn apply() {
    todo!()
}
