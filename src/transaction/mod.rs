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
mod history;
mod journal;
mod lock;
mod recover;
mod rollback;

pub use apply::{ApplyOptions, Outcome, Precondition, TransactionReport, apply};
pub use history::{TransactionState, TransactionSummary, history};
pub use journal::{JournalError, TransactionId, TransactionRecord, read_journal};
pub use recover::{RecoverReport, recover};
pub use rollback::{RollbackError, plan_rollback};
