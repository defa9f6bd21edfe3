//! Files that only their owner may read, and that survive a power cut.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Options that make a file for its owner only: 0600 on Unix, the folder's
/// access list on Windows.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Writes a file anew, for its owner only. Not synced.
pub(super) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    private()
        .create(true)
        .truncate(true)
        .open(path)?
        .write_all(content)
}

/// Writes a file so that after a power cut there is the old one or the new
/// one, whole: written beside, synced, renamed. Which of the two, only a sync of
/// the folder would settle, and either is right for an undo.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let mut file = private().create(true).truncate(true).open(part)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(part, path)
}

/// Makes the names in the folder of `path` survive a power cut.
#[cfg(unix)]
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Windows has no call for this; its file system keeps a log of renames.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
pub(super) fn sync_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder, and those above it, for its owner only.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}
