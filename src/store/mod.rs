//! Files that must outlive the process: for their owner only, synced, with
//! checksummed lines, and one writer at a time.
//!
//! Journals and kept sessions are made of these. What they say is their own
//! business.

pub(crate) mod files;
pub(crate) mod frame;
mod lock;
mod spelling;
pub(crate) mod stamp;

pub use lock::{Lock, LockError, StateLock};
pub(crate) use spelling::ValueWire;
pub use spelling::{Damage, KindRecord};

/// Who works with a file of the state directory, and with what. Given by the
/// caller.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// The version of idmend.
    pub version: String,
    /// The host it runs on.
    pub host: String,
    /// The local user.
    pub user: String,
    /// The process.
    pub pid: u32,
}
