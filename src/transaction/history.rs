//! skeleton

use super::TransactionId;

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionState {
    /// It has an end line and nothing is in doubt.
    Finished,
    /// It stopped in the middle, or something is in doubt.
    Unfinished,
    /// Its journal is damaged.
    Damaged,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSummary {
    /// Its name.
    pub id: TransactionId,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Who, as the server named the bound identity.
    pub identity: String,
    /// The forests it wrote to.
    pub forests: Vec<String>,
    /// Modifications planned.
    pub planned: usize,
    /// Modifications done.
    pub done: usize,
    /// Modifications that failed, were refused or in conflict.
    pub failed: usize,
    /// Modifications in doubt.
    pub in_doubt: usize,
    /// The transaction it takes back, if it is a rollback.
    pub reverts: Option<TransactionId>,
    /// The rollback that took it back, if any.
    pub reverted_by: Option<TransactionId>,
    /// Where it stands.
    pub state: TransactionState,
}

/// All transactions of a state directory, newest first.
pub fn history(
    _directory: &std::path::Path,
) -> Result<Vec<TransactionSummary>, super::JournalError> {
    todo!()
}
