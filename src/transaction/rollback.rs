//! Taking a transaction back: the inverse plan, of what was done only.

use super::{Target, TransactionId, TransactionRecord, TransactionSummary};
use crate::model::ChangeSet;

/// Why a transaction cannot be taken back (yet).
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// Something of it is in doubt.
    #[error("transaction {0} is not settled: run recover first")]
    Unsettled(TransactionId),
    /// It did nothing.
    #[error("transaction {0} changed nothing, so there is nothing to take back")]
    Nothing(TransactionId),
    /// A domain it wrote to is not among the sources.
    #[error("transaction {id} wrote to {domain}, which is not among the sources ({source_name})")]
    UnknownDomain {
        /// The transaction.
        id: TransactionId,
        /// The domain's DNS name.
        domain: String,
        /// How the source was named then.
        source_name: String,
    },
    /// Its first line cannot be read.
    #[error("the journal of transaction {0} does not say which directories it wrote to")]
    NoHeader(TransactionId),
}

/// The plan that takes a transaction back, to be given to [`super::apply`] with
/// `reverts`.
#[derive(Debug, Clone)]
pub struct RollbackPlan {
    /// The inverse modifications, in reverse order.
    pub plan: ChangeSet,
    /// What cannot be taken back, and why; hosts that differ.
    pub notes: Vec<String>,
}

/// Plans the rollback of `record` on `targets`: the inverse of what it did, in
/// reverse order. Exactly the values that it added and deleted are concerned.
pub fn plan_rollback(
    _record: &TransactionRecord,
    _targets: &[Target],
) -> Result<RollbackPlan, RollbackError> {
    todo!()
}

/// The transactions that `rollback` without a name takes back, newest first:
/// those that are no rollback, did something, and are not taken back yet.
/// `history` is in the order of [`super::history`].
pub fn revertible(history: &[TransactionSummary]) -> impl Iterator<Item = &TransactionSummary> {
    history.iter().filter(|summary| {
        summary.reverts.is_none() && summary.reverted_by.is_none() && summary.done > 0
    })
}
