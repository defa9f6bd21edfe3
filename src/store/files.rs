//! Files that only their owner may read, and that survive a power cut.
//!
//! Everything that must outlive the process goes to the disk through here, step
//! by step, so that a test can have any step fail, or the process die at it
//! (`fault`). It knows nothing of what the files say.

#[cfg(test)]
pub(crate) mod fault;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::system::disk;

/// An effect on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A folder is made.
    Folder,
    /// A file is made or opened for writing.
    Open,
    /// Bytes are handed to the system.
    Write,
    /// The end of a file is taken away.
    Cut,
    /// What was written is brought to the disk.
    Sync,
    /// A file gets another name.
    Rename,
    /// The names in a folder are brought to the disk.
    SyncFolder,
}

/// Takes a step at a file, or at the folder it lies in.
#[cfg(not(test))]
fn take<T>(_step: Step, _path: &Path, effect: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    effect()
}

#[cfg(not(test))]
use self::take as sync;

// In a test a step may fail, or be the last one.
#[cfg(test)]
use self::fault::{sync, take};

/// A file for its owner only, open for writing.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    file: File,
    path: PathBuf,
}

impl PrivateFile {
    /// Makes a file that must not be there yet.
    pub(crate) fn create_new(path: &Path) -> io::Result<Self> {
        Self::open(path, private().create_new(true))
    }

    /// Makes a file, or empties the one that is there.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::open(path, private().create(true).truncate(true))
    }

    /// Opens a file that is there, to add to its end.
    pub(crate) fn append(path: &Path) -> io::Result<Self> {
        Self::open(path, OpenOptions::new().append(true))
    }

    fn open(path: &Path, options: &OpenOptions) -> io::Result<Self> {
        let file = take(Step::Open, path, || options.open(path))?;
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    /// Takes the end of the file away, beyond so many bytes.
    pub(crate) fn cut_to(&self, length: u64) -> io::Result<()> {
        take(Step::Cut, &self.path, || self.file.set_len(length))
    }

    /// Brings what was written, and the length of the file, to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync(Step::Sync, &self.path, || self.file.sync_data())
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        take(Step::Write, &self.path, || self.file.write(bytes))
    }

    /// A file has no buffer of its own.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Options that make a file for its owner only: 0600 on Unix, the folder's
/// access list on Windows.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    disk::owner_only(options.write(true));
    options
}

/// Writes a file anew, for its owner only. Not synced.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    PrivateFile::create(path)?.write_all(content)
}

/// Writes a file so that after a power cut there is the old one or the new
/// one, whole: written beside, synced, renamed. Which of the two, only a sync of
/// the folder would settle, and either is right for an undo.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let mut file = PrivateFile::create(part)?;
    file.write_all(content)?;
    file.sync()?;
    drop(file);
    rename(part, path)
}

/// Gives a file another name, in place of a file that has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    take(Step::Rename, to, || std::fs::rename(from, to))
}

/// Makes the names in the folder of `path` survive a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => sync(Step::SyncFolder, folder, || disk::sync_folder(folder)),
        None => Ok(()),
    }
}

/// Makes a folder, and those above it, for its owner only.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    take(Step::Folder, path, || disk::make_folder(path))
}
