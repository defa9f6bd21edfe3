//! From what was read again and what was known before to a new result.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::super::domain::Shared;
use super::super::resolve::{Before, Stock, count_rows};
use super::super::{
    Account, ConflictSet, DomainProgress, EntryRef, Finding, Holder, Part, ScanResult, Snapshot,
};
use super::order::Order;
use super::{Found, Refreshed};
use crate::model::DomainId;

/// What was known and what was read again.
pub(super) struct Merge {
    pub(super) old: Arc<ScanResult>,
    /// What was asked for, by the place of the domain.
    pub(super) orders: BTreeMap<usize, Order>,
    pub(super) found: Found,
    pub(super) shared: Arc<Shared>,
}

impl Merge {
    pub(super) fn carry_out(mut self) -> Refreshed {
        let places = self.places();
        let mut stock = self.stock(&places);
        let fresh = EntryRef(u32::try_from(stock.snapshot.len()).unwrap_or(u32::MAX));
        let before = self.before(&places);
        let mut whole = BTreeSet::new();
        for came in std::mem::take(&mut self.found.parts) {
            let (place, mut part) = (came.place, came.part);
            let account = part.account();
            if came.is_whole {
                whole.insert(place);
                stock.accounts[place] = account;
                let id = domain_id(place);
                stock.contacts.0.retain(|(domain, _), _| *domain != id);
                stock.contacts.0.append(&mut part.contacts.0);
            } else {
                note(&mut stock.accounts[place], account);
            }
            stock.add(place, part);
        }
        let (judge, join) = (&self.shared.judge, &self.old.join);
        let mut result = stock.conclude(judge, join, Some(before));
        result.progress = self.progress(&result, &whole);
        Refreshed {
            result,
            fresh,
            stale: self.found.stale,
        }
    }

    /// Where each entry goes: nowhere, if it was read again or is gone.
    fn places(&self) -> Vec<Option<EntryRef>> {
        let mut next = 0;
        let refs = self.old.snapshot.refs();
        let place = |at| {
            let stays = !self.found.known.has(&self.old, at) && !self.is_gone(at);
            stays.then(|| {
                next += 1;
                EntryRef(next - 1)
            })
        };
        refs.map(place).collect()
    }

    /// Whether an entry that did not come is known not to be there any more.
    fn is_gone(&self, at: EntryRef) -> bool {
        let place = usize::from(self.old.snapshot.domain(at).0);
        let asked = match self.orders.get(&place) {
            None => false,
            Some(Order::Whole) => true,
            Some(Order::Entries(entries)) => entries.contains(&at),
        };
        asked && !self.found.unsure.contains(&place)
    }

    /// What stays of the entries.
    fn stock(&self, places: &[Option<EntryRef>]) -> Stock {
        let old = &self.old;
        let kept: Vec<bool> = places.iter().map(Option::is_some).collect();
        let skipped = old.skipped_entries.iter();
        Stock {
            forests: old.forests.clone(),
            domains: old.domains.clone(),
            snapshot: old.snapshot.keeping(&kept),
            index: old.index.keeping(places),
            faults: Vec::new(),
            skipped_entries: skipped.filter_map(|at| moved(places, *at)).collect(),
            contacts: old.contacts.clone(),
            accounts: old.accounts.clone(),
        }
    }

    /// What stays of the findings, and which of them must be looked at again:
    /// those of entries that shared a value which one that was read again held
    /// or holds.
    fn before(&self, places: &[Option<EntryRef>]) -> Before {
        let held = self.old.index.hashes_without(places);
        let parts = self.found.parts.iter();
        let holds = parts.flat_map(|came| came.part.index.hashes());
        let stale: HashSet<u64> = held.chain(holds).collect();
        let mut concerned = vec![false; places.iter().flatten().count()];
        let mut sets = Vec::new();
        for set in self.old.conflicts.sets() {
            if stale.contains(&self.old.index.hash(set.space, &set.key)) {
                for at in set.holders.iter().filter_map(|h| moved(places, h.entry)) {
                    concerned[at.0 as usize] = true;
                }
            } else {
                sets.push(moved_set(set, places));
            }
        }
        let findings = self.old.findings.iter();
        Before {
            findings: findings.filter_map(|f| moved_finding(f, places)).collect(),
            sets,
            stale,
            concerned,
        }
    }

    /// How far each domain is read now.
    fn progress(&self, result: &ScanResult, whole: &BTreeSet<usize>) -> Vec<DomainProgress> {
        let mut progress = self.old.progress.clone();
        for (place, read) in self.shared.board.show().into_iter().enumerate() {
            if let Some(progress) = progress.get_mut(place).filter(|_| whole.contains(&place)) {
                *progress = read;
            }
        }
        count_entries(&mut progress, &result.snapshot, &result.skipped_entries);
        count_rows(&mut progress, &result.findings, &result.snapshot);
        progress
    }
}

/// Adds what is to be told of a reading of single entries; those that could not
/// be understood are told by the refresh, since what was known of them stays.
fn note(account: &mut Account, new: Account) {
    for note in new.notes {
        if !account.notes.contains(&note) {
            account.notes.push(note);
        }
    }
}

fn domain_id(place: usize) -> DomainId {
    DomainId(u16::try_from(place).unwrap_or(u16::MAX))
}

fn moved(places: &[Option<EntryRef>], at: EntryRef) -> Option<EntryRef> {
    places.get(at.0 as usize).copied().flatten()
}

fn moved_finding(finding: &Finding, places: &[Option<EntryRef>]) -> Option<Finding> {
    let entry = moved(places, finding.entry)?;
    Some(Finding {
        entry,
        ..finding.clone()
    })
}

/// A set of a value that no entry holds or held that was read again: all its
/// holders stay.
fn moved_set(set: &ConflictSet, places: &[Option<EntryRef>]) -> ConflictSet {
    let holders = set.holders.iter().filter_map(|holder| {
        let entry = moved(places, holder.entry)?;
        Some(Holder {
            entry,
            place: holder.place.clone(),
        })
    });
    ConflictSet {
        holders: holders.collect(),
        ..set.clone()
    }
}

/// Counts the entries of each domain.
fn count_entries(progress: &mut [DomainProgress], snapshot: &Snapshot, skipped: &[EntryRef]) {
    for domain in progress.iter_mut() {
        (domain.entries, domain.judged, domain.skipped) = (0, 0, 0);
        domain.skipped_by.clear();
    }
    let place = |at| usize::from(snapshot.domain(at).0);
    for at in snapshot.refs() {
        if let Some(domain) = progress.get_mut(place(at)) {
            domain.entries += 1;
            domain.judged += u64::from(snapshot.is_judged(at));
        }
    }
    for at in skipped {
        if let (Some(domain), Part::Skipped(reason)) =
            (progress.get_mut(place(*at)), snapshot.part(*at))
        {
            domain.skipped += 1;
            *domain.skipped_by.entry(reason).or_default() += 1;
        }
    }
}
