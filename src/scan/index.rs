//! skeleton: who holds which value

use super::EntryRef;
use crate::rule::{KeySpace, Place};

/// An entry that holds a key, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The entry.
    pub entry: EntryRef,
    /// Where it holds it.
    pub place: Place,
}

/// Who holds which value that must be unique, over all forests of the run.
#[derive(Debug, Default)]
pub struct UniqueIndex;

impl UniqueIndex {
    /// All holders of `key`, in the order of the snapshot.
    pub fn holders(&self, _space: KeySpace, _key: &str) -> Vec<Holder> {
        todo!()
    }
}
