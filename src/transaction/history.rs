//! What transactions there are, and how they relate.

use std::path::Path;

use super::{JournalError, TransactionId};

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
    /// Modifications that failed, were refused or in conflict.
    pub failed: usize,
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
/// such folder.
pub fn history(_journals: &Path) -> Result<Vec<TransactionSummary>, JournalError> {
    todo!()
}
