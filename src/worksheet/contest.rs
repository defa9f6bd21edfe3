//! What the proposals of different entries mean for each other.
//!
//! No two proposals take the same value, unless their entries are joined and
//! stay so; of two that want one the smaller identity gets it. No proposal ends
//! a join that lets its entry share a value. What each entry may take of the
//! scanned values was settled before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Action;
use super::draft::{Deed, Draft, Key};
use super::proposals::Proposals;
use crate::model::{AttributeName, Entry, Identity};
use crate::rule::{Judge, KeySpace, UniqueKey};
use crate::scan::{EntryRef, Finding, MOST_JOINED, ScanResult};

/// The proposals of one entry.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) entry: EntryRef,
    pub(super) findings: &'a [Finding],
    /// The row of the first of its findings; the others follow.
    pub(super) first: usize,
    /// Keys that the entry takes when all its proposals are done.
    pub(super) taken: Vec<Key>,
}

impl<'a> Candidate<'a> {
    /// What the proposals do, place by place.
    fn deeds<'p>(&self, proposals: &'p Proposals) -> Vec<Deed<'p>>
    where
        'a: 'p,
    {
        let rows = self.findings.iter().zip(self.first..);
        rows.filter_map(|(finding, row)| {
            let proposal = proposals.get(row)?;
            (proposal.action != Action::Complete).then_some((&finding.place, proposal.update))
        })
        .collect()
    }

    /// Whether a proposal changes one of these attributes.
    fn moves(&self, proposals: &Proposals, compared: &[AttributeName]) -> bool {
        let mut deeds = self.deeds(proposals).into_iter();
        deeds.any(|(place, _)| compared.contains(&place.attribute))
    }

    /// Takes away the proposals whose action `which` chooses, and what they
    /// take.
    fn drop(&mut self, proposals: &mut Proposals, which: impl Fn(Action) -> bool) {
        for row in self.first..self.first + self.findings.len() {
            if proposals.get(row).is_some_and(|one| which(one.action)) {
                proposals.remove(row);
            }
        }
        self.taken.clear();
    }
}

/// Takes away what cannot be done beside the proposals of others.
pub(super) fn settle(
    candidates: &mut [Candidate<'_>],
    proposals: &mut Proposals,
    scan: &ScanResult,
    judge: &Judge,
) {
    give_out(candidates, proposals, scan);
    if scan.forests.len() > 1 {
        Joins::of(candidates, proposals, scan, judge).keep();
    }
}

/// Takes proposals away that want what another proposal gets. Which one gets
/// it is decided by identity, so that order does not matter.
fn give_out(candidates: &mut [Candidate<'_>], proposals: &mut Proposals, scan: &ScanResult) {
    let mut wanted: HashMap<&Key, usize> = HashMap::new();
    for candidate in candidates.iter() {
        for key in &candidate.taken {
            *wanted.entry(key).or_default() += 1;
        }
    }
    let mut given: HashMap<Key, Vec<EntryRef>> = wanted
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(key, _)| (key.clone(), Vec::new()))
        .collect();
    if given.is_empty() {
        return;
    }
    let mut rivals: Vec<&mut Candidate<'_>> = candidates
        .iter_mut()
        .filter(|candidate| candidate.taken.iter().any(|key| given.contains_key(key)))
        .collect();
    rivals.sort_by_cached_key(|rival| (scan.snapshot.identity(rival.entry), rival.entry));
    for rival in rivals {
        let is_free = |key: &Key| {
            given.get(key).is_none_or(|owners| {
                owners.len() < MOST_JOINED
                    && owners
                        .iter()
                        .all(|owner| scan.is_one_object(*owner, rival.entry))
            })
        };
        if rival.taken.iter().all(is_free) {
            for key in &rival.taken {
                if let Some(owners) = given.get_mut(key) {
                    owners.push(rival.entry);
                }
            }
        } else {
            rival.drop(proposals, |action| action == Action::Edit);
        }
    }
}

/// Proposals that change what joins look at, beside all others.
struct Joins<'a, 'b> {
    candidates: &'a mut [Candidate<'b>],
    proposals: &'a mut Proposals,
    scan: &'a ScanResult,
    judge: &'a Judge,
    compared: Vec<AttributeName>,
    place_of: HashMap<EntryRef, usize>,
    takers: HashMap<Key, Vec<usize>>,
}

impl<'a, 'b> Joins<'a, 'b> {
    fn of(
        candidates: &'a mut [Candidate<'b>],
        proposals: &'a mut Proposals,
        scan: &'a ScanResult,
        judge: &'a Judge,
    ) -> Self {
        let mut takers: HashMap<Key, Vec<usize>> = HashMap::new();
        let mut place_of = HashMap::new();
        for (place, candidate) in candidates.iter().enumerate() {
            place_of.insert(candidate.entry, place);
            for key in &candidate.taken {
                takers.entry(key.clone()).or_default().push(place);
            }
        }
        Self {
            candidates,
            proposals,
            scan,
            judge,
            compared: scan.join.compared(),
            place_of,
            takers,
        }
    }

    /// Takes all proposals of an entry away that would end a join and leave a
    /// shared value behind. Entries that leaned on them are looked at again.
    fn keep(self) {
        let rank = |joins: &Self, place: usize| {
            let at = joins.candidates[place].entry;
            (joins.scan.snapshot.identity(at), at, place)
        };
        let mut open: BTreeSet<(Identity, EntryRef, usize)> = (0..self.candidates.len())
            .filter(|place| self.candidates[*place].moves(self.proposals, &self.compared))
            .map(|place| rank(&self, place))
            .collect();
        while let Some((_, at, place)) = open.pop_first() {
            if !self.candidates[place].moves(self.proposals, &self.compared)
                || !self.ends_a_join(place)
            {
                continue;
            }
            let mut keys: BTreeSet<Key> = self.candidates[place].taken.iter().cloned().collect();
            let scanned = self.judge.keys(&self.scan.snapshot.entry(at));
            keys.extend(scanned.into_iter().map(|key| (key.space, key.key)));
            self.candidates[place].drop(self.proposals, |action| action != Action::Complete);
            for key in keys {
                for other in self.partners(at, &key) {
                    let other = self.place_of.get(&other).copied();
                    open.extend(other.map(|other| rank(&self, other)));
                }
            }
        }
    }

    /// Whether the proposals of an entry leave it with a value that an entry
    /// holds with which it is joined now and would not be then.
    fn ends_a_join(&self, place: usize) -> bool {
        let at = self.candidates[place].entry;
        let after = self.after(at);
        let mut others: BTreeMap<EntryRef, (Entry, Vec<UniqueKey>)> = BTreeMap::new();
        self.judge.keys(&after).into_iter().any(|own| {
            let key: Key = (own.space, own.key);
            self.partners(at, &key).into_iter().any(|partner| {
                let (other, keys) = others.entry(partner).or_insert_with(|| {
                    let other = self.after(partner);
                    let keys = self.judge.keys(&other);
                    (other, keys)
                });
                let minds = |held: &UniqueKey| {
                    let minds = |entry, own: &AttributeName, other: &AttributeName| {
                        let other = std::slice::from_ref(other);
                        self.judge.collision(entry, key.0, own, other).is_some()
                    };
                    let (own, held) = (&own.place.attribute, &held.place.attribute);
                    minds(&after, own, held) || minds(other, held, own)
                };
                let held = keys
                    .iter()
                    .filter(|held| held.space == key.0 && held.key == key.1);
                let joined = (at, &after);
                !self.scan.would_be_one_object(joined, (partner, other)) && held.clone().any(minds)
            })
        })
    }

    /// Entries that hold a key, or take it, and are joined with `at` as they
    /// were scanned.
    fn partners(&self, at: EntryRef, key: &Key) -> BTreeSet<EntryRef> {
        if key.0 == KeySpace::Anchor {
            return BTreeSet::new();
        }
        let holders = self.scan.holders(self.judge, key.0, &key.1);
        if holders.len() > MOST_JOINED {
            return BTreeSet::new();
        }
        let takers = self.takers.get(key).into_iter().flatten();
        let takers = takers.map(|place| self.candidates[*place].entry);
        let all = holders.into_iter().map(|holder| holder.entry).chain(takers);
        all.filter(|other| {
            !self.scan.is_same_entry(*other, at)
                && !self.scan.snapshot.is_skipped(*other)
                && self.scan.is_one_object(*other, at)
        })
        .collect()
    }

    /// An entry with its proposals done.
    fn after(&self, at: EntryRef) -> Entry {
        let scanned = self.scan.snapshot.entry(at);
        let own = self.place_of.get(&at);
        let deeds = own.map(|place| self.candidates[*place].deeds(self.proposals));
        match deeds {
            Some(deeds) if !deeds.is_empty() => Draft::of(&scanned, &deeds).entry,
            _ => scanned,
        }
    }
}
