//! skeleton: packed store of entries

use crate::model::{DomainId, Entry};

/// The place of an entry in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryRef(pub u32);

/// All entries of a scan, packed. Entries are unpacked on demand.
#[derive(Debug, Default)]
pub struct Snapshot;

impl Snapshot {
    /// How many entries it holds.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        todo!()
    }

    /// Unpacks an entry.
    pub fn entry(&self, _at: EntryRef) -> Entry {
        todo!()
    }

    /// The domain of an entry.
    pub fn domain(&self, _at: EntryRef) -> DomainId {
        todo!()
    }

    /// Whether the entry is judged: in scope and not skipped by the sync engine.
    pub fn is_judged(&self, _at: EntryRef) -> bool {
        todo!()
    }
}
