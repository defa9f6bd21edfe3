//! skeleton

use std::fmt;

/// The name of a transaction: sortable by time, short enough to type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(pub String);

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can go wrong with a journal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// A journal as read back: header, plan, outcomes, damage.
#[derive(Debug)]
pub struct TransactionRecord;

/// Reads the journal of a transaction.
pub fn read_journal(
    _directory: &std::path::Path,
    _id: &TransactionId,
) -> Result<TransactionRecord, JournalError> {
    todo!()
}
