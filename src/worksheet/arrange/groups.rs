//! Rows put together by what they have in common.
//!
//! Within a group rows keep the order in which they were sorted. Groups come
//! in an order of their own: rules by severity and then by how many rows break
//! them, everything else by name.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::columns::{Codes, Columns, Container};
use super::ranks::rank_shared;
use crate::model::DistinguishedName;
use crate::rule::RuleId;
use crate::worksheet::sets::{ALONE, entries_of};
use crate::worksheet::{RowId, Worksheet};

/// What rows of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The worst rule that they break.
    Rule,
    /// The container.
    Container,
    /// The conflict set of their value; the rows in none are one group.
    Conflict,
    /// The entry.
    Entry,
    /// The attribute.
    Attribute,
    /// The worst severity.
    Severity,
    /// The domain.
    Domain,
}

/// Rows that stand together in an [`Order`](super::Order).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Which group of its kind; the same in every order of a sheet.
    pub key: u32,
    /// Where its rows begin. They go on to where the next group begins.
    pub start: u32,
}

/// Puts sorted rows in groups.
pub(super) fn put_together(rows: &mut Vec<u32>, by: Grouping, columns: &Columns) -> Vec<Group> {
    let keys = Keys::of(by, columns);
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    let mut found: Vec<Found> = Vec::new();
    let mut of_rows = Vec::with_capacity(rows.len());
    let mut last = None;
    for row in rows.iter() {
        let key = keys.of_row(*row);
        // Rows that follow each other are often of one group.
        let number = match last {
            Some((known, number)) if known == key => number,
            _ => *numbers.entry(key).or_insert_with(|| {
                found.push(Found::new(key));
                u32::try_from(found.len() - 1).unwrap_or(u32::MAX)
            }),
        };
        last = Some((key, number));
        let group = &mut found[number as usize];
        group.rows += 1;
        group.first = group.first.min(*row);
        of_rows.push(number);
    }
    let mut order: Vec<u32> = numbers.into_values().collect();
    order.sort_unstable_by_key(|number| keys.rank(&found[*number as usize]));
    let mut groups = Vec::with_capacity(order.len());
    let mut start = 0;
    for number in order {
        let group = &mut found[number as usize];
        groups.push(Group {
            key: group.key,
            start,
        });
        group.next = start;
        start += group.rows;
    }
    let mut grouped = vec![0; rows.len()];
    for (row, number) in rows.iter().zip(of_rows) {
        let group = &mut found[number as usize];
        grouped[group.next as usize] = *row;
        group.next += 1;
    }
    *rows = grouped;
    groups
}

/// A group while it is put together.
struct Found {
    key: u32,
    rows: u32,
    /// Its first row in the order of the scan.
    first: u32,
    /// Where its next row goes.
    next: u32,
}

impl Found {
    fn new(key: u32) -> Self {
        Self {
            key,
            rows: 0,
            first: u32::MAX,
            next: 0,
        }
    }
}

/// The key of each row, and the rank of each key.
struct Keys<'a> {
    by: Grouping,
    columns: &'a Columns,
    codes: Vec<&'a [Codes]>,
    rows_in_chunk: Vec<usize>,
    /// By key, where keys are few.
    ranks: Vec<u32>,
}

impl<'a> Keys<'a> {
    fn of(by: Grouping, columns: &'a Columns) -> Self {
        let lowered = |texts: Vec<&str>| rank_shared(&texts);
        let ranks = match by {
            Grouping::Container => {
                let places = columns.containers.iter().map(Container::place);
                let places: Vec<String> = places.collect();
                lowered(places.iter().map(String::as_str).collect())
            }
            Grouping::Attribute => lowered(columns.attributes.iter().map(String::as_str).collect()),
            Grouping::Domain => {
                let domains = columns.scan.domains.iter();
                lowered(
                    domains
                        .map(|(_, domain)| domain.dns_name.as_str())
                        .collect(),
                )
            }
            Grouping::Rule | Grouping::Conflict | Grouping::Entry | Grouping::Severity => {
                Vec::new()
            }
        };
        Self {
            by,
            columns,
            codes: columns
                .chunks
                .iter()
                .map(|chunk| chunk.codes.as_slice())
                .collect(),
            rows_in_chunk: columns.chunks.iter().map(|chunk| chunk.first).collect(),
            ranks,
        }
    }

    fn codes(&self, row: u32) -> Option<&Codes> {
        let row = row as usize;
        let chunk = self.rows_in_chunk.partition_point(|first| *first <= row);
        let chunk = chunk.checked_sub(1)?;
        self.codes[chunk].get(row - self.rows_in_chunk[chunk])
    }

    fn of_row(&self, row: u32) -> u32 {
        let finding = || self.columns.scan.findings.get(row as usize);
        match self.by {
            Grouping::Entry => finding().map_or(ALONE, |finding| finding.entry.0),
            Grouping::Conflict => {
                let sets = self.columns.sets_of_rows();
                sets.get(row as usize).copied().unwrap_or(ALONE)
            }
            _ => self.codes(row).map_or(ALONE, |codes| self.of_codes(codes)),
        }
    }

    fn of_codes(&self, codes: &Codes) -> u32 {
        let set = || self.columns.sets.get(codes.set as usize);
        match self.by {
            Grouping::Rule => {
                let worst = set().and_then(|set| set.broken.first());
                worst.map_or(ALONE, |rule| u32::from(rule.0))
            }
            Grouping::Severity => set().map_or(ALONE, |set| set.severity as u32),
            // Containers that are called the same are one group.
            Grouping::Container => {
                let rank = self.ranks.get(codes.container as usize).copied();
                rank.unwrap_or(ALONE)
            }
            Grouping::Attribute => codes.attribute,
            Grouping::Domain => u32::from(codes.domain),
            Grouping::Conflict | Grouping::Entry => ALONE,
        }
    }

    /// What a group is ordered by.
    fn rank(&self, group: &Found) -> (u32, Reverse<u32>, u32) {
        let key = group.key;
        match self.by {
            Grouping::Rule => {
                let rule = u16::try_from(key).map(RuleId);
                let severity = rule.map(|rule| self.columns.judge.rules.rule(rule).severity);
                let severity = severity.map_or(u32::MAX, |severity| severity as u32);
                (severity, Reverse(group.rows), key)
            }
            Grouping::Entry => (0, Reverse(0), group.first),
            Grouping::Conflict | Grouping::Severity | Grouping::Container => (key, Reverse(0), key),
            Grouping::Attribute | Grouping::Domain => {
                let rank = self.ranks.get(key as usize).copied();
                (rank.unwrap_or(u32::MAX), Reverse(0), key)
            }
        }
    }
}

impl Container {
    /// Its domain and path.
    pub(super) fn place(&self) -> String {
        let domain = DistinguishedName::from_server(self.dn.as_str()).dns_name();
        format!("{}/{}", domain.unwrap_or_default(), self.path)
    }
}

impl Worksheet {
    /// What the rows of a group have in common, in words; raw. `row` is any of
    /// them.
    pub fn group_label(&self, by: Grouping, key: u32, row: RowId) -> String {
        let finding = self.finding(row);
        match by {
            Grouping::Rule => finding.faults.first().map_or_else(String::new, |fault| {
                let rule = self.judge.rules.rule(fault.rule);
                format!("{}: {}", rule.id, rule.title)
            }),
            Grouping::Container => {
                let path = self.scan.snapshot.dn(finding.entry).container_path();
                let domain = self.domain(row);
                if path.is_empty() {
                    domain.to_owned()
                } else {
                    format!("{domain}/{path}")
                }
            }
            Grouping::Conflict => match self.scan.conflicts.sets().get(key as usize) {
                Some(set) => format!("{}, held by {} entries", set.key, entries_of(set)),
                None => "held by one entry only".to_owned(),
            },
            Grouping::Entry => self.scan.snapshot.dn(finding.entry).to_string(),
            Grouping::Attribute => finding.place.attribute.to_string(),
            Grouping::Severity => self.severity(row).as_str().to_owned(),
            Grouping::Domain => self.domain(row).to_owned(),
        }
    }
}
