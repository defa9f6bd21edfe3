//! Who holds which value that must be unique.
//!
//! The index keeps a 64-bit hash and an entry for each value, sorted, and no
//! text: a hit is verified by making the keys of the entry again. The hash is
//! seeded for each run, so that nobody can prepare values that fall together.
//! Results never depend on hashes or on the order of reading.

use std::hash::RandomState;

use rayon::prelude::*;

use super::{EntryRef, Snapshot};
use crate::rule::{Judge, KeySpace, Place, Subject};

/// An entry that holds a key, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The entry.
    pub entry: EntryRef,
    /// Where it holds it.
    pub place: Place,
}

/// Who holds which value that must be unique, over all forests of the run.
#[derive(Debug, Default)]
pub struct UniqueIndex {
    seed: RandomState,
    /// Sorted by hash, then entry; one for each key of an entry.
    postings: Vec<(u64, EntryRef)>,
    /// Where the postings begin whose hashes begin with each number: a look-up
    /// goes through a few of them and not through all.
    starts: Vec<u32>,
}

/// Postings of each number that hashes begin with, on average.
const NEAR: usize = 16;

impl UniqueIndex {
    /// All holders of `key`, in the order of the snapshot, which must be the
    /// one that was indexed.
    pub fn holders(
        &self,
        snapshot: &Snapshot,
        judge: &Judge,
        space: KeySpace,
        key: &str,
    ) -> Vec<Holder> {
        let hash = self.hash(space, key);
        let near = self.near(hash);
        let first = near.partition_point(|posting| posting.0 < hash);
        let hits = near.get(first..).unwrap_or_default();
        hits.iter()
            .take_while(|posting| posting.0 == hash)
            .flat_map(|&(_, entry)| {
                judge
                    .keys(&snapshot.entry(entry))
                    .into_iter()
                    .filter(|found| found.space == space && found.key == key)
                    .map(move |found| Holder {
                        entry,
                        place: found.place,
                    })
            })
            .collect()
    }

    /// The postings among which those of a hash are: of an index that is not
    /// sealed, all.
    fn near(&self, hash: u64) -> &[(u64, EntryRef)] {
        let number = number_of(hash, self.starts.len());
        let start = |number: usize| Some(*self.starts.get(number)? as usize);
        let first = start(number).unwrap_or_default();
        let end = start(number + 1).unwrap_or(self.postings.len());
        self.postings.get(first..end).unwrap_or_default()
    }

    /// Bytes that are held.
    pub fn bytes_held(&self) -> usize {
        self.postings.capacity() * size_of::<(u64, EntryRef)>()
            + self.starts.capacity() * size_of::<u32>()
    }

    pub(super) fn with_seed(seed: RandomState) -> Self {
        Self {
            seed,
            postings: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// The seed, for an index that is to be appended to this one.
    pub(super) fn seed(&self) -> RandomState {
        self.seed.clone()
    }

    /// The postings of the entries that have a place in a snapshot that keeps
    /// some of those indexed: `places` by the place they have now.
    pub(super) fn keeping(&self, places: &[Option<EntryRef>]) -> Self {
        let place = |at: EntryRef| places.get(at.0 as usize).copied().flatten();
        let kept = self.postings.iter();
        let kept = kept.filter_map(|(hash, at)| Some((*hash, place(*at)?)));
        Self {
            seed: self.seed.clone(),
            postings: kept.collect(),
            starts: Vec::new(),
        }
    }

    /// The hashes of all postings.
    pub(super) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.postings.iter().map(|posting| posting.0)
    }

    /// The hashes of what the entries hold that [`UniqueIndex::keeping`] leaves
    /// out.
    pub(super) fn hashes_without(&self, places: &[Option<EntryRef>]) -> impl Iterator<Item = u64> {
        let is_left_out = |at: EntryRef| places.get(at.0 as usize).copied().flatten().is_none();
        let postings = self.postings.iter();
        postings
            .filter(move |posting| is_left_out(posting.1))
            .map(|posting| posting.0)
    }

    pub(super) fn hash(&self, space: KeySpace, key: &str) -> u64 {
        hash(&self.seed, space, key)
    }

    /// Notes the keys of `subject`, which is the entry at `at`.
    pub fn add(&mut self, at: EntryRef, subject: &Subject<'_>, judge: &Judge) {
        self.starts.clear();
        let from = self.postings.len();
        judge.each_key_of(subject, |key| {
            self.postings
                .push((hash(&self.seed, key.space, key.key), at));
        });
        if let Some(own) = self.postings.get_mut(from..) {
            own.sort_unstable();
        }
        let mut kept = from;
        for next in from..self.postings.len() {
            if next == from || self.postings[next] != self.postings[kept - 1] {
                self.postings[kept] = self.postings[next];
                kept += 1;
            }
        }
        self.postings.truncate(kept);
    }

    /// Appends an index of the same seed whose entries begin at `first`.
    pub(super) fn append(&mut self, other: Self, first: u32) {
        self.starts.clear();
        if first == 0 && self.postings.is_empty() {
            self.postings = other.postings;
            return;
        }
        self.postings.extend(
            other
                .postings
                .into_iter()
                .map(|(hash, entry)| (hash, EntryRef(entry.0 + first))),
        );
    }

    /// Makes the index ready for look-ups, until something is added.
    pub fn seal(&mut self) {
        self.postings.par_sort_unstable();
        self.postings.shrink_to_fit();
        let Ok(end) = u32::try_from(self.postings.len()) else {
            return;
        };
        let numbers = (self.postings.len() / NEAR).next_power_of_two();
        let mut starts = Vec::with_capacity(numbers);
        for ((hash, _), at) in self.postings.iter().zip(0..) {
            while starts.len() <= number_of(*hash, numbers) {
                starts.push(at);
            }
        }
        starts.resize(numbers, end);
        self.starts = starts;
    }

    /// The runs of postings that share a hash and name at least two entries.
    pub fn shared(&self) -> impl Iterator<Item = &[(u64, EntryRef)]> {
        self.postings
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|run| run.len() > 1)
    }
}

/// The number that `hash` begins with, of so many: a power of two.
fn number_of(hash: u64, numbers: usize) -> usize {
    let bits = numbers.checked_ilog2().unwrap_or_default();
    let number = hash.checked_shr(u64::BITS - bits).unwrap_or_default();
    usize::try_from(number).unwrap_or_default()
}

fn hash(seed: &RandomState, space: KeySpace, key: &str) -> u64 {
    use std::hash::BuildHasher;
    seed.hash_one((space, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, judge, user};

    #[test]
    fn every_holder_of_every_value_is_found_among_many() {
        let address = |n: usize| format!("person{}@contoso.com", n % 700);
        let users = (0..1_000).map(|n| user(&format!("u{n}"), &[("mail", &[&address(n)])]));
        let scan = contoso(users.collect());
        let judge = judge();
        assert!(scan.index.starts.len() > 100, "{}", scan.index.starts.len());
        for n in 0..1_000 {
            let entry = &scan.snapshot.entry(EntryRef(u32::try_from(n).unwrap()));
            for key in judge.keys(entry) {
                let holders = scan.holders(&judge, key.space, &key.key);
                let shared = key.place.attribute.is("mail") && !(300..700).contains(&n);
                assert_eq!(holders.len(), 1 + usize::from(shared), "{key:?}");
            }
        }
        assert!(scan.holders(&judge, KeySpace::Address, "nobody").is_empty());
    }

    #[test]
    fn the_least_index_finds_what_it_has() {
        for numbers in [0, 1] {
            assert_eq!(number_of(u64::MAX, numbers), 0);
        }
        assert_eq!(number_of(u64::MAX, 8), 7);
        let index = UniqueIndex::default();
        assert!(index.near(7).is_empty());
    }
}
