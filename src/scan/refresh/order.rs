//! What has to be asked of which domain, and which entries came.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::{EntryRef, ScanResult, Snapshot};
use super::Extent;
use crate::model::{Identity, ObjectGuid, SourceKind};

/// From how many entries on a domain is read whole, if they are most of it: one
/// search of everything costs less than many for a few each.
const MANY: usize = 2_000;

/// A value that more entries hold than this is not compared anew through all of
/// them: as long as two are left, it is shared all the same.
const PARTNERS: usize = 100;

/// What is read of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    Whole,
    Entries(BTreeSet<EntryRef>),
}

/// What is read of each domain.
pub(super) fn orders(old: &ScanResult, extent: &Extent) -> BTreeMap<usize, Order> {
    let mut orders = BTreeMap::new();
    let entries = match extent {
        Extent::Domain(domain) => {
            orders.insert(usize::from(domain.0), Order::Whole);
            return orders;
        }
        Extent::Entries(entries) => with_partners(old, entries),
    };
    let mut by_domain: BTreeMap<usize, BTreeSet<EntryRef>> = BTreeMap::new();
    for at in entries {
        let domain = usize::from(old.snapshot.domain(at).0);
        by_domain.entry(domain).or_default().insert(at);
    }
    for (place, entries) in by_domain {
        let Some((forest, _)) = old.domains.get(place) else {
            continue;
        };
        if old.forests[*forest].kind == SourceKind::Ldif {
            let all = old.domains.iter().enumerate();
            let own = all.filter(|(_, (of, _))| of == forest);
            orders.extend(own.map(|(place, _)| (place, Order::Whole)));
        } else if entries.len() >= MANY && entries.len() * 2 > size(old, place) {
            orders.insert(place, Order::Whole);
        } else {
            orders.entry(place).or_insert(Order::Entries(entries));
        }
    }
    orders
}

/// How many entries of a domain are known.
fn size(old: &ScanResult, place: usize) -> usize {
    let domains = old.snapshot.refs().map(|at| old.snapshot.domain(at));
    domains.filter(|id| usize::from(id.0) == place).count()
}

/// Entries and those that share values with them: what one of them gave up, the
/// other has for itself by now.
fn with_partners(old: &ScanResult, entries: &BTreeSet<EntryRef>) -> BTreeSet<EntryRef> {
    let mut all = entries.clone();
    for set in old.conflicts.sets() {
        let holders = || set.holders.iter().map(|holder| holder.entry);
        if set.holders.len() <= PARTNERS && holders().any(|at| entries.contains(&at)) {
            all.extend(holders());
        }
    }
    all
}

/// Entries by what tells them apart within a forest.
#[derive(Debug, Default)]
pub(super) struct Known {
    guids: HashSet<(usize, ObjectGuid)>,
    names: HashSet<(usize, String)>,
}

impl Known {
    /// Adds all entries of a snapshot.
    pub(super) fn add(&mut self, forest: usize, snapshot: &Snapshot) {
        for at in snapshot.refs() {
            match snapshot.identity(at) {
                Identity::Guid(guid) => self.guids.insert((forest, guid)),
                Identity::Dn(dn) => self.names.insert((forest, dn.key())),
            };
        }
    }

    /// Whether an entry of a scan is among them.
    pub(super) fn has(&self, scan: &ScanResult, at: EntryRef) -> bool {
        let domain = usize::from(scan.snapshot.domain(at).0);
        let Some((forest, _)) = scan.domains.get(domain) else {
            return false;
        };
        match scan.snapshot.guid(at) {
            Some(guid) => self.guids.contains(&(*forest, guid)),
            None if self.names.is_empty() => false,
            None => self.names.contains(&(*forest, scan.snapshot.dn(at).key())),
        }
    }
}
