//! The journal of a transaction: a file of JSON lines that is written before
//! the first change and only ever appended to.
//!
//! Its first lines are the whole plan, on the disk before anything is sent;
//! then come the outcomes. What is read back claims only what a line with a
//! fitting checksum says. Format 1 is described in docs/journal.md; every format
//! ever released stays readable.

mod reader;
mod record;
mod wire;
mod writer;

use std::path::{Path, PathBuf};

#[cfg(test)]
pub(super) use reader::parse;
pub use reader::read_journal;
pub use record::{DomainRecord, Header, Tail, TransactionRecord};

pub(super) use wire::{Line, OutcomeLine};
pub(super) use writer::JournalWriter;
pub use writer::plan_digest;

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
    /// It was deleted while it was being written.
    #[error("the journal {} was deleted while it was written", path.display())]
    Deleted {
        /// The file.
        path: PathBuf,
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

/// Where the journal of a transaction lies.
pub(super) fn journal_path(folder: &Path, id: &TransactionId) -> PathBuf {
    folder.join(format!("{id}.jsonl"))
}
