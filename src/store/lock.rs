//! One writer a file.
//!
//! The lock is the operating system's lock on an empty file beside it, so it
//! ends with the process, however that ends. Who holds it is written in a second
//! file, because Windows lets nobody read a locked one.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{Origin, files};

const STATE_LOCK: &str = "write.lock";

/// The sole right to something, until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    holder: PathBuf,
}

/// The right to write with a state directory, until dropped.
#[derive(Debug)]
pub struct StateLock(#[expect(dead_code, reason = "held, not read")] Lock);

/// Why a right was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another idmend {does}: {holder}")]
    Held {
        /// What that one does.
        does: &'static str,
        /// Host, process, user and time of the holder.
        holder: String,
    },
    /// The lock file could not be made.
    #[error("cannot lock the state directory with {}: {source}", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StateLock {
    /// Takes the lock of a state directory, or says who holds it. `time` is the
    /// present time as text.
    pub fn acquire(state: &Path, origin: &Origin, time: &str) -> Result<Self, LockError> {
        Lock::acquire(&state.join(STATE_LOCK), origin, time)
            .map_err(|error| error.doing("is writing with this state directory"))
            .map(Self)
    }
}

impl Lock {
    /// Takes the lock that the file `path` is for, or says who holds it. `time`
    /// is the present time as text.
    pub fn acquire(path: &Path, origin: &Origin, time: &str) -> Result<Self, LockError> {
        let fail = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        path.parent()
            .map_or(Ok(()), files::make_folder)
            .map_err(fail)?;
        let file = files::private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fail)?;
        let holder = holder_file(path);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    does: "holds it",
                    holder: describe(&holder),
                });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let line = format!(
            "process {} of {} on {}, since {time}\n",
            origin.pid, origin.user, origin.host
        );
        files::write_private(&holder, line.as_bytes()).map_err(fail)?;
        Ok(Self {
            _file: file,
            holder,
        })
    }
}

impl Lock {
    /// Who holds the lock that the file `path` is for, if anybody does, in the
    /// words of [`LockError::Held`].
    pub fn holder(path: &Path) -> Option<String> {
        let holder = holder_file(path);
        // Without it nobody holds the lock, unless at this very moment; a killed
        // process leaves it behind.
        if !holder.exists() {
            return None;
        }
        match File::open(path).ok()?.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(describe(&holder)),
            _ => None,
        }
    }
}

impl LockError {
    /// The same, with what the holder does.
    #[must_use]
    pub fn doing(self, what: &'static str) -> Self {
        match self {
            Self::Held { holder, .. } => Self::Held { does: what, holder },
            other @ Self::File { .. } => other,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock itself is what counts; a holder file that stays is only
        // read while somebody holds the lock, and then it is that one's.
        drop(std::fs::remove_file(&self.holder));
    }
}

fn holder_file(lock: &Path) -> PathBuf {
    let mut name = lock.as_os_str().to_owned();
    name.push(".holder");
    name.into()
}

/// The holder as it wrote itself down, fit for one line.
fn describe(holder: &Path) -> String {
    let text = std::fs::read_to_string(holder).unwrap_or_default();
    let line: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    if line.is_empty() {
        "who that is, is not written down".to_owned()
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_holds_the_lock_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let origin = Origin {
            version: "1".into(),
            host: "admin1".into(),
            user: "anna".into(),
            pid: 4711,
        };
        let first = StateLock::acquire(&state, &origin, "2026-11-22T03:45:12Z").unwrap();
        let refused = StateLock::acquire(&state, &origin, "later").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "another idmend is writing with this state directory: \
             process 4711 of anna on admin1, since 2026-11-22T03:45:12Z"
        );
        drop(first);
        StateLock::acquire(&state, &origin, "later").unwrap();
    }
}
