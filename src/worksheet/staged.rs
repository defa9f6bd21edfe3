//! Which keys the decisions of entries take and free, so that an edit knows of
//! all other edits.
//!
//! Kept in parts that are shared until they are changed, like everything of a
//! sheet that decisions change: a copy costs next to nothing.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use super::draft::{Key, KeyChanges};
use super::pages::Pages;
use crate::scan::EntryRef;

/// Parts of the takers.
const SHARDS: usize = 1 << 10;

type Shard = HashMap<Key, BTreeSet<EntryRef>>;

/// Which keys staged and applied decisions take and free.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    entries: Pages<Option<Arc<KeyChanges>>>,
    takers: Vec<Option<Arc<Shard>>>,
    hasher: RandomState,
}

impl Staged {
    /// Nothing staged on any of so many entries.
    pub(super) fn new(entries: usize) -> Self {
        Self {
            entries: Pages::new(entries),
            takers: vec![None; SHARDS],
            hasher: RandomState::new(),
        }
    }

    /// What the decisions of an entry change now.
    pub(super) fn put(&mut self, entry: EntryRef, changes: KeyChanges) {
        let at = entry.0 as usize;
        if let Some(old) = self.entries.get(at).clone() {
            for key in &old.taken {
                self.forget(key, entry);
            }
        }
        for key in &changes.taken {
            let shard = self.shard(key);
            let takers = Arc::make_mut(self.takers[shard].get_or_insert_default());
            takers.entry(key.clone()).or_default().insert(entry);
        }
        let changes = (!changes.is_empty()).then(|| Arc::new(changes));
        self.entries.set(at, changes);
    }

    pub(super) fn frees(&self, entry: EntryRef, key: &Key) -> bool {
        let changes = self.entries.get(entry.0 as usize);
        changes.as_ref().is_some_and(|changes| changes.frees(key))
    }

    pub(super) fn takers(&self, key: &Key) -> impl Iterator<Item = EntryRef> {
        let shard = self.takers[self.shard(key)].as_ref();
        let takers = shard.and_then(|shard| shard.get(key));
        takers.into_iter().flatten().copied()
    }

    fn forget(&mut self, key: &Key, entry: EntryRef) {
        let shard = self.shard(key);
        let Some(shard) = &mut self.takers[shard] else {
            return;
        };
        let shard = Arc::make_mut(shard);
        if let Some(takers) = shard.get_mut(key) {
            takers.remove(&entry);
            if takers.is_empty() {
                shard.remove(key);
            }
        }
    }

    fn shard(&self, key: &Key) -> usize {
        let hash = self.hasher.hash_one(key) % SHARDS as u64;
        usize::try_from(hash).unwrap_or_default()
    }
}
