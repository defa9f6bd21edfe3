//! Values that several entries hold: from the index to conflict sets, and from
//! those to faults.
//!
//! One pass over the index finds the hashes that at least two entries share;
//! each of these entries is unpacked once and its keys are grouped by their
//! text. The work is linear in the entries involved, however many values they
//! share. Entries that the sync engine skips are shown in a set but do not
//! make one: the cloud never sees them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::index::Holder;
use super::join::Joiner;
use super::{EntryRef, Part, Snapshot, UniqueIndex};
use crate::model::{AttributeName, Identity};
use crate::rule::{Fault, Judge, KeySpace};

/// All entries that hold one value that must be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictSet {
    /// What is compared.
    pub space: KeySpace,
    /// The value in the form in which it is compared.
    pub key: Box<str>,
    /// Who holds it, ordered by domain and name; at least two entries, of
    /// which at least one is judged.
    pub holders: Vec<Holder>,
}

/// The conflict sets of a scan, ordered by space and key.
#[derive(Debug, Default)]
pub struct Conflicts {
    sets: Vec<ConflictSet>,
}

impl Conflicts {
    /// All sets.
    pub fn sets(&self) -> &[ConflictSet] {
        &self.sets
    }

    /// The place among [`Conflicts::sets`] of the set of a key.
    pub fn find(&self, space: KeySpace, key: &str) -> Option<usize> {
        self.sets
            .binary_search_by(|set| (set.space, &*set.key).cmp(&(space, key)))
            .ok()
    }

    /// Finds all sets of values whose hash is one of `which`.
    pub(super) fn of(
        index: &UniqueIndex,
        joiner: Joiner<'_>,
        (judge, domain_rank): (&Judge, &[u32]),
        which: impl Fn(u64) -> bool,
    ) -> Self {
        let snapshot = joiner.snapshot;
        let mut hashes = HashSet::new();
        let mut entries = BTreeSet::new();
        for run in index.shared() {
            let Some((hash, _)) = run.first().filter(|(hash, _)| which(*hash)) else {
                continue;
            };
            hashes.insert(*hash);
            entries.extend(run.iter().map(|posting| posting.1));
        }
        let mut groups: BTreeMap<(KeySpace, String), Vec<Holder>> = BTreeMap::new();
        for entry in entries {
            for key in judge.keys(&snapshot.entry(entry)) {
                if hashes.contains(&index.hash(key.space, &key.key)) {
                    groups
                        .entry((key.space, key.key))
                        .or_default()
                        .push(Holder {
                            entry,
                            place: key.place,
                        });
                }
            }
        }
        let sets = groups
            .into_iter()
            .filter(|((space, _), holders)| {
                is_conflict(holders, snapshot) && !joiner.explains(*space, holders)
            })
            .map(|((space, key), mut holders)| {
                holders.sort_by_cached_key(|holder| {
                    let domain = domain_rank
                        .get(usize::from(snapshot.domain(holder.entry).0))
                        .copied();
                    (domain, snapshot.dn(holder.entry).key(), holder.clone())
                });
                ConflictSet {
                    space,
                    key: key.into(),
                    holders,
                }
            })
            .collect();
        Self { sets }
    }

    /// These sets and others, which are of other values.
    pub(super) fn beside(self, others: Vec<ConflictSet>) -> Self {
        let mut sets = self.sets;
        sets.extend(others);
        sets.sort_by(|a, b| (a.space, &a.key).cmp(&(b.space, &b.key)));
        Self { sets }
    }

    /// The rules that these sets break, at the places of those judged entries
    /// that `which` chooses.
    pub(super) fn faults(
        &self,
        joiner: Joiner<'_>,
        judge: &Judge,
        which: impl Fn(EntryRef) -> bool,
    ) -> Vec<(EntryRef, Fault)> {
        let snapshot = joiner.snapshot;
        let mut faults = Vec::new();
        for set in &self.sets {
            if !set.holders.iter().any(|holder| which(holder.entry)) {
                continue;
            }
            let others = OtherHolders::of(set, snapshot);
            let joins = joiner.matters(set.space, &set.holders);
            let mut last = None;
            for holder in &set.holders {
                if !snapshot.is_judged(holder.entry) || !which(holder.entry) {
                    continue;
                }
                let entry = match last.take() {
                    Some((at, entry)) if at == holder.entry => entry,
                    _ => snapshot.entry(holder.entry),
                };
                let apart;
                let others = if joins {
                    apart = OtherHolders::of(&joiner.apart_from(set, holder.entry), snapshot);
                    &apart
                } else {
                    &others
                };
                let attributes = others.attributes(&entry.identity());
                let rule = (!attributes.is_empty())
                    .then(|| {
                        judge.collision(&entry, set.space, &holder.place.attribute, &attributes)
                    })
                    .flatten();
                if let Some(rule) = rule {
                    let detail = others.sentence(&entry.identity());
                    let place = holder.place.clone();
                    faults.push((
                        holder.entry,
                        Fault {
                            rule,
                            place,
                            detail,
                        },
                    ));
                }
                last = Some((holder.entry, entry));
            }
        }
        faults
    }
}

/// Whether at least two different entries that synchronise hold the key, and
/// one of them is judged.
fn is_conflict(holders: &[Holder], snapshot: &Snapshot) -> bool {
    let synchronised = || {
        holders
            .iter()
            .filter(|holder| !matches!(snapshot.part(holder.entry), Part::Skipped(_)))
    };
    let Some(first) = synchronised().next() else {
        return false;
    };
    let identity = snapshot.identity(first.entry);
    synchronised().any(|holder| snapshot.is_judged(holder.entry))
        && synchronised().any(|holder| {
            holder.entry != first.entry && snapshot.identity(holder.entry) != identity
        })
}

/// The holders of a set that synchronise, as one holder sees the others.
struct OtherHolders {
    /// For each attribute up to two holders: enough to know whether there is
    /// one beside any given entry.
    attributes: BTreeMap<AttributeName, Vec<Identity>>,
    /// The first few, by name.
    named: Vec<(Identity, String)>,
    count: usize,
}

/// How many others a sentence names.
const NAMED: usize = 3;

impl OtherHolders {
    fn of(set: &ConflictSet, snapshot: &Snapshot) -> Self {
        let mut others = Self {
            attributes: BTreeMap::new(),
            named: Vec::new(),
            count: 0,
        };
        let mut last = None;
        for holder in &set.holders {
            if matches!(snapshot.part(holder.entry), Part::Skipped(_)) {
                continue;
            }
            let identity = snapshot.identity(holder.entry);
            let seen = others
                .attributes
                .entry(holder.place.attribute.clone())
                .or_default();
            if seen.len() < 2 && !seen.contains(&identity) {
                seen.push(identity.clone());
            }
            if last.as_ref() != Some(&identity) {
                others.count += 1;
                if others.named.len() <= NAMED {
                    let text =
                        format!("{} ({})", snapshot.dn(holder.entry), holder.place.attribute);
                    others.named.push((identity.clone(), text));
                }
            }
            last = Some(identity);
        }
        others
    }

    fn attributes(&self, own: &Identity) -> Vec<AttributeName> {
        self.attributes
            .iter()
            .filter(|(_, holders)| holders.iter().any(|holder| holder != own))
            .map(|(attribute, _)| attribute.clone())
            .collect()
    }

    fn sentence(&self, own: &Identity) -> String {
        let names: Vec<&str> = self
            .named
            .iter()
            .filter(|(identity, _)| identity != own)
            .map(|(_, text)| text.as_str())
            .take(NAMED)
            .collect();
        let more = self.count.saturating_sub(1 + names.len());
        match more {
            0 => format!("also held by {}", names.join(" and by ")),
            more => format!("also held by {} and {more} more", names.join(", ")),
        }
    }
}
