//! Files that only their owner may read, and that survive a power cut.

use std::fs::{File, OpenOptions};
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
/// one, whole: written beside, synced, renamed, folder synced.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let mut file = private().create(true).truncate(true).open(part)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(part, path)?;
    sync_folder_of(path)
}

/// Makes the names in the folder of `path` survive a power cut. Windows has no
/// such call; its rename is journalled by NTFS.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _unused: Option<&File> = None;
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
