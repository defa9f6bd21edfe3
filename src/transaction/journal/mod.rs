//! The journal of a transaction: a file of JSON lines that is written before
//! the first change and never rewritten.

mod record;

use std::path::{Path, PathBuf};

pub use record::{Damage, DomainRecord, Header, KindRecord, Origin, TransactionRecord};

use super::TransactionId;

/// What can go wrong with the file of a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It could not be read.
    #[error("cannot read the journal {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It could not be written.
    #[error("cannot write the journal {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no such transaction.
    #[error("there is no transaction {id} in {}", folder.display())]
    Missing {
        /// The transaction.
        id: TransactionId,
        /// The folder of the journals.
        folder: PathBuf,
    },
}

/// Reads the journal of a transaction. Whatever the file holds, this never
/// fails for it: what cannot be read is in [`TransactionRecord::damage`].
pub fn read_journal(
    _journals: &Path,
    _id: &TransactionId,
) -> Result<TransactionRecord, JournalError> {
    todo!()
}
