//! Which conflict set the value of a row is in.

use std::collections::HashMap;

use super::{RowId, Worksheet};
use crate::rule::Place;
use crate::scan::{ConflictSet, EntryRef, Finding, ScanResult};

/// The number of the rows that are in no conflict set.
pub(super) const ALONE: u32 = u32::MAX;

/// Sets with more places than this are not counted entry by entry.
const COUNTED: usize = 10_000;

/// The number of the conflict set of each row's value.
pub(super) fn sets_of_rows(scan: &ScanResult) -> Vec<u32> {
    let mut places: HashMap<EntryRef, Vec<(&Place, u32)>> = HashMap::new();
    for (number, set) in (0..).zip(scan.conflicts.sets()) {
        for holder in &set.holders {
            let of_entry = places.entry(holder.entry).or_default();
            of_entry.push((&holder.place, number));
        }
    }
    let set = |finding: &Finding| {
        let of_entry = places.get(&finding.entry)?.iter();
        let own = of_entry.filter(|(place, _)| **place == finding.place);
        own.map(|(_, number)| *number).min()
    };
    let findings = scan.findings.iter();
    findings
        .map(|finding| set(finding).unwrap_or(ALONE))
        .collect()
}

/// How many entries hold the value of a set; of a very large one how many
/// values there are.
pub(super) fn entries_of(set: &ConflictSet) -> usize {
    if set.holders.len() > COUNTED {
        return set.holders.len();
    }
    set.holders.chunk_by(|a, b| a.entry == b.entry).count()
}

impl Worksheet {
    /// The conflict set of a row's value, if it must be unique and is not.
    pub(super) fn conflict_set(&self, row: RowId) -> Option<&ConflictSet> {
        let number = self.set_number(row)?;
        self.scan.conflicts.sets().get(number as usize)
    }

    /// The number of the conflict set of a row's value.
    pub(super) fn set_number(&self, row: RowId) -> Option<u32> {
        let number = *self.sets().get(row.0 as usize)?;
        (number != ALONE).then_some(number)
    }

    /// The rows whose value is in a conflict set.
    pub(super) fn rows_of_set(&self, number: u32) -> Vec<RowId> {
        let rows = self.rows().zip(self.sets());
        rows.filter(|(_, set)| **set == number)
            .map(|(row, _)| row)
            .collect()
    }

    /// How many entries hold the value of a row, if it must be unique; 0 if it
    /// is.
    pub fn holders(&self, row: RowId) -> usize {
        self.conflict_set(row).map_or(0, entries_of)
    }

    fn sets(&self) -> &[u32] {
        self.sets.get_or_init(|| sets_of_rows(&self.scan))
    }
}
