//! All rows counted by everything that a summary shows, in one pass.
//!
//! What few rows differ in is counted by its number in the columns, so that a
//! million rows take some ten milliseconds; readiness looks at every judged
//! entry besides. It is made from a copy of the sheet, away from whoever draws.

use std::collections::{BTreeMap, HashMap};

use super::columns::Columns;
use crate::rule::{RuleId, Severity};
use crate::scan::{ContactCounts, ScanResult};
use crate::worksheet::live::Short;
use crate::worksheet::{Effort, Readiness, RowId, Worksheet};

/// How many rows there are of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// All of them.
    pub rows: usize,
    /// Of these, those on which nothing is decided yet, that are not accepted,
    /// and that nothing was tried to write.
    pub open: usize,
}

impl Share {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.open += other.open;
    }
}

/// Which container it is; raw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitName {
    /// The DNS name of its domain.
    pub domain: String,
    /// Its path below the domain; empty for the domain itself.
    pub path: String,
    /// Whether another domain of the list has a container of that path.
    pub is_shared: bool,
}

impl UnitName {
    /// Its domain and path.
    pub fn whole(&self) -> String {
        match self.path.as_str() {
            "" => self.domain.clone(),
            path => format!("{}/{path}", self.domain),
        }
    }

    /// Its path, with the first label of the domain behind it where the path
    /// alone does not say which it is.
    pub fn short(&self) -> String {
        let label = self.domain.split('.').next().unwrap_or_default();
        match self.path.as_str() {
            "" => self.domain.clone(),
            path if self.is_shared => format!("{path}, {label}"),
            path => path.to_owned(),
        }
    }
}

/// A container with findings directly in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Which it is.
    pub name: UnitName,
    /// Its rows.
    pub share: Share,
    /// One of them.
    pub example: RowId,
}

/// What a summary shows of a sheet at one moment. Lists have the largest first,
/// and what is as large in the order of names; severities the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// All rows.
    pub all: Share,
    /// By the worst severity of a row; those that occur.
    pub severities: Vec<(Severity, Share)>,
    /// By attribute.
    pub attributes: Vec<(String, Share)>,
    /// By each rule that a row breaks.
    pub rules: Vec<(RuleId, Share)>,
    /// By the DNS name of the domain.
    pub domains: Vec<(String, Share)>,
    /// By container.
    pub units: Vec<Unit>,
    /// All judged entries.
    pub readiness: Readiness,
    /// What the rows that are not accepted ask for.
    pub effort: Effort,
    /// How much contact data people have, by container, those with most people
    /// first.
    pub contacts: Vec<(UnitName, ContactCounts)>,
}

impl Worksheet {
    /// Counts all rows, all judged entries and their containers.
    pub fn overview(&self) -> Overview {
        let columns = self.columns();
        let counts = Counts::of(columns, self.live.rows.range(0, columns.rows()));
        let mut readiness = Readiness::default();
        for one in self.readiness().values() {
            readiness.add(one);
        }
        Overview {
            all: counts.all,
            severities: counts.severities(columns),
            attributes: largest_first(columns.attributes.iter().cloned().zip(counts.attributes)),
            rules: counts.rules,
            domains: largest_first(domain_names(&self.scan).zip(counts.domains)),
            units: units(columns, counts.containers),
            readiness,
            effort: self.effort(),
            contacts: contacts(&self.scan),
        }
    }
}

/// Shares by the numbers that rows hold.
struct Counts {
    all: Share,
    sets: Vec<Share>,
    attributes: Vec<Share>,
    domains: Vec<Share>,
    rules: Vec<(RuleId, Share)>,
    /// Each with its first row.
    containers: Vec<(Share, RowId)>,
}

impl Counts {
    fn of<'a>(columns: &Columns, live: impl Iterator<Item = &'a Short>) -> Self {
        let mut counts = Self {
            all: Share::default(),
            sets: vec![Share::default(); columns.sets.len()],
            attributes: vec![Share::default(); columns.attributes.len()],
            domains: vec![Share::default(); columns.scan.domains.len()],
            rules: Vec::new(),
            containers: vec![(Share::default(), RowId(0)); columns.containers.len()],
        };
        let codes = columns.chunks.iter().flat_map(|chunk| &chunk.codes);
        for ((row, codes), short) in (0..).zip(codes).zip(live) {
            let one = Share {
                rows: 1,
                open: usize::from(*short == Short::default()),
            };
            counts.all.add(one);
            add_at(&mut counts.sets, codes.set, one);
            add_at(&mut counts.attributes, codes.attribute, one);
            add_at(&mut counts.domains, u32::from(codes.domain), one);
            if let Some((share, first)) = counts.containers.get_mut(codes.container as usize) {
                if share.rows == 0 {
                    *first = RowId(row);
                }
                share.add(one);
            }
        }
        let mut rules: BTreeMap<RuleId, Share> = BTreeMap::new();
        for (set, share) in columns.sets.iter().zip(&counts.sets) {
            let mut broken = set.broken.to_vec();
            broken.sort_unstable();
            broken.dedup();
            for rule in broken {
                rules.entry(rule).or_default().add(*share);
            }
        }
        counts.rules = largest_first(rules);
        counts
    }

    fn severities(&self, columns: &Columns) -> Vec<(Severity, Share)> {
        let mut severities: BTreeMap<Severity, Share> = BTreeMap::new();
        for (set, share) in columns.sets.iter().zip(&self.sets) {
            severities.entry(set.severity).or_default().add(*share);
        }
        severities.into_iter().collect()
    }
}

fn add_at(shares: &mut [Share], number: u32, one: Share) {
    if let Some(share) = shares.get_mut(number as usize) {
        share.add(one);
    }
}

/// What occurs, the largest first, and what is as large in the order of names.
fn largest_first<T: Ord>(counted: impl IntoIterator<Item = (T, Share)>) -> Vec<(T, Share)> {
    let occurs = |(_, share): &(T, Share)| share.rows > 0;
    let mut counted: Vec<_> = counted.into_iter().filter(occurs).collect();
    counted.sort_by(|(name, share), (other, others)| {
        others.rows.cmp(&share.rows).then_with(|| name.cmp(other))
    });
    counted
}

fn domain_names(scan: &ScanResult) -> impl Iterator<Item = String> {
    let domains = scan.domains.iter();
    domains.map(|(_, domain)| domain.dns_name.clone())
}

/// The containers by name: those that differ in spelling alone are one, as a
/// filter takes them for.
fn units(columns: &Columns, counted: Vec<(Share, RowId)>) -> Vec<Unit> {
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut units: Vec<Unit> = Vec::new();
    for (container, (share, example)) in columns.containers.iter().zip(counted) {
        let finding = columns.scan.findings.get(example.0 as usize);
        let Some(finding) = finding.filter(|_| share.rows > 0) else {
            continue;
        };
        let domain = columns.scan.snapshot.domain(finding.entry);
        let domain = columns.scan.domain(domain).dns_name.clone();
        let path = container.path.clone();
        let place = places.entry((domain.to_lowercase(), path.to_lowercase()));
        let at = *place.or_insert(units.len());
        match units.get_mut(at) {
            Some(unit) => unit.share.add(share),
            None => units.push(Unit {
                name: UnitName {
                    domain,
                    path,
                    is_shared: false,
                },
                share,
                example,
            }),
        }
    }
    units.sort_by(|unit, other| {
        let by_rows = other.share.rows.cmp(&unit.share.rows);
        by_rows.then_with(|| unit.name.cmp(&other.name))
    });
    tell_apart(units.iter_mut().map(|unit| &mut unit.name));
    units
}

fn contacts(scan: &ScanResult) -> Vec<(UnitName, ContactCounts)> {
    let containers = scan.contacts.largest_first().into_iter();
    let named = containers.map(|((domain, path), counts)| {
        let name = UnitName {
            domain: scan.domain(*domain).dns_name.clone(),
            path: path.clone(),
            is_shared: false,
        };
        (name, *counts)
    });
    let mut contacts: Vec<_> = named.collect();
    tell_apart(contacts.iter_mut().map(|(name, _)| name));
    contacts
}

/// Notes which paths are in several domains.
fn tell_apart<'a>(names: impl Iterator<Item = &'a mut UnitName>) {
    let mut first: HashMap<String, &mut UnitName> = HashMap::new();
    for name in names {
        match first.get_mut(&name.path) {
            Some(known) => {
                known.is_shared = true;
                name.is_shared = true;
            }
            None => {
                first.insert(name.path.clone(), name);
            }
        }
    }
}
