//! Which keys the decisions of entries take and free, so that an edit knows of
//! all other edits.
//!
//! Kept in parts that are shared until they are changed, like everything of a
//! sheet that decisions change: a copy costs next to nothing.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::draft::{Key, KeyChanges};
use super::pages::Pages;
use crate::scan::EntryRef;

/// Parts of the takers.
const SHARDS: usize = 1 << 10;

/// Takers by the hash of the key. The keys themselves stand with the entries,
/// where a taker is looked up: two keys may have one hash.
type Shard = FxHashMap<u64, Takers>;

/// Entries that take keys of one hash: nearly always one.
#[derive(Debug, Clone)]
enum Takers {
    One(EntryRef),
    Many(BTreeSet<EntryRef>),
}

impl Takers {
    fn add(&mut self, entry: EntryRef) {
        match self {
            Self::One(one) if *one == entry => {}
            Self::One(one) => *self = Self::Many([*one, entry].into()),
            Self::Many(many) => {
                many.insert(entry);
            }
        }
    }

    /// Whether none is left.
    fn remove(&mut self, entry: EntryRef) -> bool {
        match self {
            Self::One(one) => *one == entry,
            Self::Many(many) => {
                many.remove(&entry);
                many.is_empty()
            }
        }
    }

    /// In order.
    fn all(&self) -> impl Iterator<Item = EntryRef> {
        let (one, many) = match self {
            Self::One(one) => (Some(*one), None),
            Self::Many(many) => (None, Some(many)),
        };
        one.into_iter()
            .chain(many.into_iter().flat_map(|many| many.iter().copied()))
    }
}

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
            let hash = self.hasher.hash_one(key);
            let shard = Arc::make_mut(self.takers[shard(hash)].get_or_insert_default());
            shard
                .entry(hash)
                .and_modify(|takers| takers.add(entry))
                .or_insert(Takers::One(entry));
        }
        let changes = (!changes.is_empty()).then(|| Arc::new(changes));
        self.entries.set(at, changes);
    }

    pub(super) fn frees(&self, entry: EntryRef, key: &Key) -> bool {
        let changes = self.entries.get(entry.0 as usize);
        changes.as_ref().is_some_and(|changes| changes.frees(key))
    }

    pub(super) fn takers(&self, key: &Key) -> impl Iterator<Item = EntryRef> {
        let hash = self.hasher.hash_one(key);
        let shard = self.takers[shard(hash)].as_ref();
        let takers = shard.and_then(|shard| shard.get(&hash));
        takers
            .into_iter()
            .flat_map(Takers::all)
            .filter(|taker| self.takes(*taker, key))
    }

    fn takes(&self, entry: EntryRef, key: &Key) -> bool {
        let changes = self.entries.get(entry.0 as usize);
        changes.as_ref().is_some_and(|changes| changes.takes(key))
    }

    fn forget(&mut self, key: &Key, entry: EntryRef) {
        let hash = self.hasher.hash_one(key);
        let Some(shard) = &mut self.takers[shard(hash)] else {
            return;
        };
        let shard = Arc::make_mut(shard);
        if shard
            .get_mut(&hash)
            .is_some_and(|takers| takers.remove(entry))
        {
            shard.remove(&hash);
        }
    }
}

fn shard(hash: u64) -> usize {
    usize::try_from(hash % SHARDS as u64).unwrap_or_default()
}
