//! What only the whole can tell: from the parts that were read to a result.
//!
//! Everything here is ordered by names and identities, so that a result does
//! not depend on what was read first.

use std::collections::{BTreeMap, HashSet};
use std::hash::RandomState;

use super::contact::ContactData;
use super::domain::DomainPart;
use super::join::Joiner;
use super::{
    Account, ConflictSet, Conflicts, DomainProgress, EntryRef, Finding, ForestJoin, Part,
    ScanResult, ScanSource, SkipReason, Snapshot, UniqueIndex,
};
use crate::model::{AttributeName, Domain, Forest};
use crate::rule::{Fault, Judge, Place};

/// Entries with the faults that each has by itself, before they are compared.
#[derive(Debug)]
pub(super) struct Stock {
    pub(super) forests: Vec<Forest>,
    /// The domains with the forest of each.
    pub(super) domains: Vec<(usize, Domain)>,
    pub(super) snapshot: Snapshot,
    pub(super) index: UniqueIndex,
    pub(super) faults: Vec<(EntryRef, Fault)>,
    pub(super) skipped_entries: Vec<EntryRef>,
    pub(super) contacts: ContactData,
    /// What is to be told of each domain.
    pub(super) accounts: Vec<Account>,
}

/// What stays of an earlier result where entries were read again.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Conflict sets of values that no such entry holds or held.
    pub(super) sets: Vec<ConflictSet>,
    /// The findings of all other entries, in their order.
    pub(super) findings: Vec<Finding>,
    /// The hashes of the values that such entries hold or held.
    pub(super) stale: HashSet<u64>,
    /// Entries whose findings must be put together anew; index is the
    /// [`EntryRef`]. Those beyond its end are new.
    pub(super) concerned: Vec<bool>,
}

impl Stock {
    /// No entries, for a scan.
    pub(super) fn empty(
        sources: &[ScanSource],
        domains: Vec<(usize, Domain)>,
        seed: RandomState,
    ) -> Self {
        let forests = sources.iter().map(|source| source.forest.clone());
        Self {
            forests: forests.collect(),
            accounts: vec![Account::default(); domains.len()],
            domains,
            snapshot: Snapshot::default(),
            index: UniqueIndex::with_seed(seed),
            faults: Vec::new(),
            skipped_entries: Vec::new(),
            contacts: ContactData::default(),
        }
    }

    /// Adds what was read of the domain at `place`.
    pub(super) fn add(&mut self, place: usize, part: DomainPart) {
        let first = self.snapshot.append(part.snapshot);
        self.index.append(part.index, first);
        let moved = |at: EntryRef| EntryRef(at.0 + first);
        let faults = part.faults.into_iter();
        self.faults
            .extend(faults.map(|(at, fault)| (moved(at), fault)));
        let skipped = part.skipped_entries.into_iter();
        self.skipped_entries.extend(skipped.map(moved));
        self.is_read_from(place, part.host);
    }

    /// Notes the host that a domain was read from in the end: what is written
    /// goes there.
    fn is_read_from(&mut self, place: usize, host: String) {
        let (source, domain) = &mut self.domains[place];
        let domains = &mut self.forests[*source].domains;
        let same = |other: &&mut Domain| other.naming_context == domain.naming_context;
        if let Some(of_forest) = domains.iter_mut().find(same) {
            of_forest.host.clone_from(&host);
        }
        domain.host = host;
    }

    /// Compares the entries, and puts the findings together: all of them, or
    /// those that are not `before`.
    pub(super) fn conclude(
        mut self,
        judge: &Judge,
        join: &ForestJoin,
        before: Option<Before>,
    ) -> ScanResult {
        self.index.seal();
        let ranks = domain_ranks(&self.domains);
        let joiner = Joiner {
            snapshot: &self.snapshot,
            domains: &self.domains,
            join,
        };
        let mut faults = std::mem::take(&mut self.faults);
        let (conflicts, findings) = match before {
            None => {
                let conflicts = Conflicts::of(&self.index, joiner, (judge, &ranks), |_| true);
                faults.extend(conflicts.faults(joiner, judge, |_| true));
                let findings = findings(faults, &self.snapshot, judge, &ranks);
                (conflicts, findings)
            }
            Some(before) => before.renew(&self.index, joiner, (judge, &ranks), faults),
        };
        let (snapshot, skipped_entries) = (self.snapshot, self.skipped_entries);
        let told = |sentences: fn(&Account) -> &Vec<String>| {
            let sentences = self.accounts.iter().flat_map(sentences);
            sentences.cloned().collect()
        };
        ScanResult {
            incomplete: told(|account| &account.incomplete),
            notes: told(|account| &account.notes),
            skipped: skipped(&snapshot, &skipped_entries),
            progress: Vec::new(),
            forests: self.forests,
            domains: self.domains,
            snapshot,
            index: self.index,
            conflicts,
            findings,
            join: join.clone(),
            skipped_entries,
            contacts: self.contacts,
            accounts: self.accounts,
        }
    }
}

impl Before {
    /// What stays, and beside it what is new or must be put together anew, of
    /// which `faults` are known.
    fn renew(
        self,
        index: &UniqueIndex,
        joiner: Joiner<'_>,
        (judge, ranks): (&Judge, &[u32]),
        mut faults: Vec<(EntryRef, Fault)>,
    ) -> (Conflicts, Vec<Finding>) {
        let snapshot = joiner.snapshot;
        let is_stale = |hash| self.stale.contains(&hash);
        let renewed = Conflicts::of(index, joiner, (judge, ranks), is_stale);
        let mut concerned = self.concerned;
        concerned.resize(snapshot.len(), true);
        for holder in renewed.sets().iter().flat_map(|set| &set.holders) {
            if let Some(concerned) = concerned.get_mut(holder.entry.0 as usize) {
                *concerned = true;
            }
        }
        let is_concerned = |at: EntryRef| concerned.get(at.0 as usize).copied().unwrap_or(true);
        let conflicts = renewed.beside(self.sets);
        let (old, kept): (Vec<Finding>, Vec<Finding>) = self
            .findings
            .into_iter()
            .partition(|finding| is_concerned(finding.entry));
        for finding in old {
            let at = finding.entry;
            let own = own_faults(finding, snapshot, judge);
            faults.extend(own.into_iter().map(|fault| (at, fault)));
        }
        faults.extend(conflicts.faults(joiner, judge, is_concerned));
        let renewed = findings(faults, snapshot, judge, ranks);
        (conflicts, merged(kept, &renewed, snapshot, ranks))
    }
}

/// The faults of a finding that its entry has by itself.
fn own_faults(finding: Finding, snapshot: &Snapshot, judge: &Judge) -> Vec<Fault> {
    let mut own = finding.faults;
    let all = own.len();
    own.retain(|fault| !judge.compares_entries(fault.rule));
    if own.is_empty() || own.len() == all {
        return own;
    }
    // Faults of equal values were put together, so that it is not known any
    // more at which of them each stood.
    let entry = snapshot.entry(finding.entry);
    let values = entry.values(finding.place.attribute.as_str());
    let value = finding.place.value.and_then(|at| values.get(at as usize));
    if values.iter().filter(|other| Some(*other) == value).count() > 1 {
        let same = |fault: &Fault| {
            let at = fault.place.value.and_then(|at| values.get(at as usize));
            fault.place.attribute == finding.place.attribute && at == value
        };
        own = judge.faults(&entry).into_iter().filter(same).collect();
    }
    own
}

/// Two lists of findings in one order. Each finding of `few` is looked for in
/// `many`, of which the names are not needed otherwise.
fn merged(many: Vec<Finding>, few: &[Finding], snapshot: &Snapshot, ranks: &[u32]) -> Vec<Finding> {
    let order = |at: EntryRef| {
        let rank = ranks.get(usize::from(snapshot.domain(at).0)).copied();
        (rank, snapshot.dn(at).key(), at)
    };
    let mut all = Vec::with_capacity(many.len() + few.len());
    let mut many = many.into_iter();
    for group in few.chunk_by(|a, b| a.entry == b.entry) {
        let Some(first) = group.first() else {
            continue;
        };
        let own = order(first.entry);
        let before = many
            .as_slice()
            .partition_point(|finding| order(finding.entry) < own);
        all.extend(many.by_ref().take(before));
        all.extend_from_slice(group);
    }
    all.extend(many);
    all
}

/// How many entries the sync engine skips, by reason.
pub(super) fn skipped(snapshot: &Snapshot, entries: &[EntryRef]) -> BTreeMap<SkipReason, u64> {
    let mut skipped = BTreeMap::new();
    for at in entries {
        if let Part::Skipped(reason) = snapshot.part(*at) {
            *skipped.entry(reason).or_default() += 1;
        }
    }
    skipped
}

/// The place of each domain in the order of names, so that results do not
/// depend on the order of discovery.
fn domain_ranks(domains: &[(usize, Domain)]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..domains.len()).collect();
    order.sort_by_key(|place| (&domains[*place].1.dns_name, *place));
    let mut ranks = vec![0; domains.len()];
    for (rank, place) in (0..).zip(order) {
        ranks[place] = rank;
    }
    ranks
}

/// One finding for each value that breaks rules, ordered by domain, name,
/// attribute and value.
fn findings(
    mut faults: Vec<(EntryRef, Fault)>,
    snapshot: &Snapshot,
    judge: &Judge,
    ranks: &[u32],
) -> Vec<Finding> {
    faults.sort_by_key(|(at, _)| *at);
    let mut entries: Vec<(EntryRef, Vec<Fault>)> = Vec::new();
    for (at, fault) in faults {
        match entries.last_mut() {
            Some((last, own)) if *last == at => own.push(fault),
            _ => entries.push((at, vec![fault])),
        }
    }
    entries.sort_by_cached_key(|(at, _)| {
        let rank = ranks.get(usize::from(snapshot.domain(*at).0)).copied();
        (rank, snapshot.dn(*at).key(), *at)
    });
    entries
        .into_iter()
        .flat_map(|(at, faults)| of_entry(at, faults, snapshot, judge))
        .collect()
}

/// The findings of one entry. Values that are equal byte by byte are one.
fn of_entry(at: EntryRef, faults: Vec<Fault>, snapshot: &Snapshot, judge: &Judge) -> Vec<Finding> {
    let entry = snapshot.entry(at);
    let mut rows: BTreeMap<(AttributeName, Option<Vec<u8>>), Vec<Fault>> = BTreeMap::new();
    for fault in faults {
        let values = entry.values(fault.place.attribute.as_str());
        let value = fault.place.value.map(|index| {
            values
                .get(index as usize)
                .map(|value| value.as_bytes().to_vec())
                .unwrap_or_default()
        });
        rows.entry((fault.place.attribute.clone(), value))
            .or_default()
            .push(fault);
    }
    rows.into_values()
        .filter_map(|mut faults| {
            faults.sort_by_key(|fault| {
                (
                    judge.rules.rule(fault.rule).severity,
                    fault.rule,
                    fault.place.value,
                )
            });
            faults.dedup_by_key(|fault| fault.rule);
            // Most have one, and a list begins with room for four.
            faults.shrink_to_fit();
            let value = faults.iter().map(|fault| fault.place.value).min()?;
            let attribute = faults.first()?.place.attribute.clone();
            let place = Place { attribute, value };
            for fault in &mut faults {
                fault.place = place.clone();
            }
            Some(Finding {
                entry: at,
                place,
                faults,
            })
        })
        .collect()
}

/// Counts the rows of each domain.
pub(super) fn count_rows(
    progress: &mut [DomainProgress],
    findings: &[Finding],
    snapshot: &Snapshot,
) {
    for domain in progress.iter_mut() {
        domain.findings = 0;
    }
    for finding in findings {
        let domain = usize::from(snapshot.domain(finding.entry).0);
        if let Some(domain) = progress.get_mut(domain) {
            domain.findings += 1;
        }
    }
}
