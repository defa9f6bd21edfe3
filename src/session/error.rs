//! Why a session could not do what it was asked, and what to try.

use std::path::PathBuf;

use crate::directory::DirectoryError;
use crate::exception::ExceptionError;
use crate::kept::KeptError;
use crate::rule::file::RuleError;
use crate::scan::ScopeError;
use crate::transaction::{ApplyError, JournalError, LockError, RecoverError, RollbackError};

/// Why a session could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A source could not be opened or discovered.
    #[error(transparent)]
    Source(#[from] DirectoryError),
    /// The file of exceptions cannot be used.
    #[error(transparent)]
    Exceptions(#[from] ExceptionError),
    /// The rules could not be loaded.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The bases, excludes or the filter do not fit the sources.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The state directory cannot be used.
    #[error("cannot use the state directory {}: {source}", path.display())]
    State {
        /// The directory or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command needs sources, and none are open.
    #[error("no source is open: scan first")]
    NothingOpen,
    /// A plan could not be carried out, or not to its end.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A transaction cannot be taken back.
    #[error(transparent)]
    Rollback(#[from] RollbackError),
    /// A transaction could not be settled.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// A journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A kept session cannot be used.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// Somebody else is writing.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A write needs all sources, and one is missing.
    #[error("not all sources could be opened, so nothing was written: {0}")]
    Missing(String),
    /// A part of idmend failed that must not.
    #[error("a fault in idmend itself: {0}")]
    Internal(String),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another export lies where the one was that was scanned.
    #[error("the files of {0} hold other domains than when they were scanned")]
    OtherDomains(String),
    /// A write was asked for on a source that cannot be written.
    #[error("{0} is a file: it is never written to")]
    ReadOnly(String),
}

/// A part that ran beside the session failed, which it must not.
impl From<tokio::task::JoinError> for SessionError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl SessionError {
    /// Whether it was asked wrongly, as opposed to a source that does not
    /// answer or lets nobody in.
    pub fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::Source(
                DirectoryError::Unreachable { .. }
                    | DirectoryError::NotFound(_)
                    | DirectoryError::Certificate { .. }
                    | DirectoryError::SignIn { .. }
                    | DirectoryError::Kerberos { .. }
                    | DirectoryError::Refused { .. }
            )
        )
    }

    /// What to try, where something is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Source(error) => error.remedy()?,
            Self::Lock(LockError::Held { .. })
            | Self::Kept(KeptError::Lock(LockError::Held { .. })) => {
                "wait until it has ended; a process that is dead holds nothing"
            }
            Self::State { .. } | Self::Lock(LockError::File { .. }) => {
                "name another with --state-dir DIR or IDMEND_STATE_DIR"
            }
            Self::Rollback(RollbackError::UnknownDomain { .. })
            | Self::Recover(RecoverError::UnknownDomain { .. }) => {
                "name every directory that it was written to, with --server, or with --profile for each \
                 forest"
            }
            Self::Rollback(RollbackError::Unsettled(_)) => "idmend recover SOURCE",
            Self::Apply(ApplyError::BrokenOff {
                source: JournalError::Deleted { .. },
                ..
            }) => {
                "what was written so far is not recorded any more: compare with the plan that was \
                 shown, or restore the file from a backup and run idmend recover"
            }
            Self::Apply(ApplyError::BrokenOff { .. }) => {
                "make room for the journal, then: idmend recover SOURCE; it settles what was begun"
            }
            Self::Apply(ApplyError::Journal(_)) => {
                "nothing was sent; make room for the journal, or name another state directory \
                 with --state-dir DIR"
            }
            Self::OtherDomains(_) => "scan again, as a whole: F5",
            Self::Journal(JournalError::Missing { .. }) => "idmend history lists them",
            Self::Kept(KeptError::Missing { .. }) => "idmend sessions lists them",
            Self::ReadOnly(_) => {
                "name the directory itself with --server; for a file, apply has -o FILE.ldif"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
