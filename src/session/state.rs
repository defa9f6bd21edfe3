//! The state directory: journals, logs, the lock, and the demo's own corner.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::SessionError;
use crate::system::disk;

const JOURNALS: &str = "journal";
const DEMO: &str = "demo";

/// Where a session keeps what must outlive it. The demo's journals lie apart
/// from the real history and go with the session: so do its changes.
#[derive(Debug)]
pub(super) struct State {
    root: PathBuf,
    demo: Option<PathBuf>,
}

impl State {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, demo: None }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// From now on transactions are the demo's, or the real ones again.
    pub(super) fn set_demo(&mut self, is_demo: bool) {
        if is_demo && self.demo.is_none() {
            let run = format!("{}-{}", std::process::id(), uuid::Uuid::now_v7().simple());
            self.demo = Some(self.root.join(DEMO).join(run));
        } else if !is_demo {
            self.forget_demo();
        }
    }

    /// The folder of the journals.
    pub(super) fn journals(&self) -> PathBuf {
        self.lock_root().join(JOURNALS)
    }

    /// The folder that the one writer locks: demos do not keep each other
    /// from writing, nor real work.
    pub(super) fn lock_root(&self) -> &Path {
        self.demo.as_deref().unwrap_or(&self.root)
    }

    /// Makes the directory, for this user only.
    pub(super) fn create(&self) -> Result<(), SessionError> {
        disk::make_folder(&self.root).map_err(|source| SessionError::State {
            path: self.root.clone(),
            source,
        })
    }

    fn forget_demo(&mut self) {
        if let Some(folder) = self.demo.take()
            && let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), %error, "the demo's journals stay");
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.forget_demo();
    }
}
