//! Files and folders for their owner only, and names that survive a power cut.
//!
//! On Unix that is the mode. Windows has none: there a file has the access list
//! of its folder, and nothing here changes one.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Has files that are made with these options be for their owner only: 0600 on
/// Unix.
pub(crate) fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes a folder, and those above it, for its owner only: 0700 on Unix. One
/// that is there stays as it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Brings the names in a folder to the disk.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Brings the names in a folder to the disk, where the file system can.
///
/// Windows flushes a folder that is opened for writing and as a backup program
/// opens it (`FlushFileBuffers`, `CreateFile`). It is promised for NTFS and ReFS
/// (`NtFlushBuffersFileEx`); elsewhere, as on a network share, it may be refused,
/// and then the file system's own care for its names must do.
#[cfg(windows)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let opened = OpenOptions::new()
        .write(true)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(folder)?;
    if let Err(error) = opened.sync_all() {
        tracing::warn!(folder = %folder.display(), %error, "this file system syncs no folders");
    }
    Ok(())
}
