//! Transactions: carrying out a plan so that nobody has to fear it.
//!
//! The plan is written to the journal and synced before the first write; each
//! entry is read, compared, modified by one guarded request and read back; each
//! outcome is appended. A crash at any point is settled by reading; a rollback
//! is a new transaction. See docs/safety.md for what is promised.
//!
//! It knows no rules: the live check of new values is a [`Precondition`] that
//! the caller brings.

mod apply;
mod atomic;
mod audit;
mod brakes;
mod check;
mod compare;
mod history;
mod id;
mod journal;
mod outcome;
mod overwritten;
mod precondition;
mod preflight;
mod recover;
mod rollback;
mod run;
mod schedule;
mod sender;
mod settled;
mod target;
mod undo;
mod write;

#[cfg(test)]
mod tests;

pub use crate::store::{Damage, KindRecord, LockError, Origin, StateLock};
pub use apply::{ApplyError, ApplyOptions, ApplyRun, Environment, Progress, apply};
pub use history::{TransactionState, TransactionSummary, history, unsettled};
pub use id::{TransactionId, TransactionIdError};
pub use journal::{
    DomainRecord, Header, JournalError, Tail, TransactionRecord, plan_digest, read_journal,
};
pub use outcome::{AttributeConflict, Outcome, TransactionReport};
pub use precondition::{
    NoPrecondition, Objection, Objections, Pending, Precondition, Rights, RightsOfAll,
};
pub use preflight::{PreflightRun, Verdict, preflight};
pub use recover::{RecoverError, RecoverRun, recover};
pub use rollback::{RollbackError, RollbackPlan, plan_rollback, revertible};
pub use target::Target;
