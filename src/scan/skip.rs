//! skeleton: entries that the sync engine skips

/// Why the sync engine skips an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// isCriticalSystemObject is TRUE.
    CriticalSystemObject,
}
