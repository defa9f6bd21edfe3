//! One writer a state directory.
//!
//! The lock is the operating system's lock on an empty file, so it ends with
//! the process, however that ends. Who holds it is written in a second file,
//! because Windows lets nobody read a locked one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::Origin;

const LOCK: &str = "write.lock";
const HOLDER: &str = "write.lock.holder";

/// The right to write, until dropped.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
    holder: PathBuf,
}

/// Why the right to write was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another idmend is writing with this state directory: {holder}")]
    Held {
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
        let path = state.join(LOCK);
        let fail = |source| LockError::File {
            path: path.clone(),
            source,
        };
        super::files::make_folder(state).map_err(fail)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(fail)?;
        let holder = state.join(HOLDER);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    holder: describe(&holder),
                });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let line = format!(
            "process {} of {} on {}, since {time}\n",
            origin.pid, origin.user, origin.host
        );
        super::files::write_private(&holder, line.as_bytes()).map_err(fail)?;
        Ok(Self {
            _file: file,
            holder,
        })
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        // The lock itself is what counts; a holder file that stays is only
        // read while somebody holds the lock, and then it is that one's.
        drop(std::fs::remove_file(&self.holder));
    }
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
