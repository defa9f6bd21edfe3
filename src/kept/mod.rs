//! Kept sessions: what was decided on findings and is not written yet, in a
//! file that outlives the program.
//!
//! A session is a file of JSON lines. Every step (staging, undo, redo, what an
//! apply wrote) is appended as it is made; reading plays them again and comes to
//! the decisions up to the last whole line, with the history of undo. What is
//! read claims only what a line with a fitting checksum says. Format 1 is
//! described in docs/sessions.md.

mod head;
mod list;
mod reader;
mod wire;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use head::{
    ForestRecord, Head, LoginRecord, ScanRecord, ServerRecord, SettingsRecord, SourceRecord,
};
pub use list::{Summary, discard, list, put_by, read_session, remove};
pub use reader::Record;
pub use wire::What;
pub use writer::{Effect, Writer};

use crate::store::stamp::Stamp;
use crate::store::{Lock, LockError, Origin};

/// The name of a session, such as `20261122-034512-7f3a`: when it began (UTC)
/// and four random hex digits.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct SessionId(Stamp);

/// Why a text is no session's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the name of a session, which looks like 20261122-034512-7f3a")]
pub struct SessionIdError(String);

impl SessionId {
    /// A new name for a session that begins at `time`.
    pub fn new(time: Timestamp) -> Self {
        Self(Stamp::new(time))
    }

    /// Takes a name that somebody typed or a file bears.
    pub fn parse(text: &str) -> Result<Self, SessionIdError> {
        Stamp::parse(text).map(Self).map_err(SessionIdError)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What can go wrong with a kept session.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It could not be read.
    #[error("cannot read the session {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It could not be written.
    #[error("cannot keep the session in {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its file was deleted while it was being written.
    #[error("the session {} was deleted while it was in use", path.display())]
    Deleted {
        /// The file.
        path: PathBuf,
    },
    /// There is no such session.
    #[error("there is no session {id} in {}", folder.display())]
    Missing {
        /// The session.
        id: SessionId,
        /// The folder of the sessions.
        folder: PathBuf,
    },
    /// Another process works on it.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// A time of a session to the minute, for people.
pub fn minute(time: &str) -> String {
    let minute: String = time.chars().take(16).collect();
    if minute.is_empty() {
        "an unknown time".to_owned()
    } else {
        minute.replace('T', " ")
    }
}

/// Where the file of a session lies.
pub fn session_path(folder: &Path, id: &SessionId) -> PathBuf {
    folder.join(format!("{id}.jsonl"))
}

fn lock_path(folder: &Path, id: &SessionId) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// Takes the sole right to a session, or says who has it. `time` is the present
/// time as text.
pub fn lock(folder: &Path, id: &SessionId, origin: &Origin, time: &str) -> Result<Lock, LockError> {
    Lock::acquire(&lock_path(folder, id), origin, time)
        .map_err(|error| error.doing("works on this session"))
}
