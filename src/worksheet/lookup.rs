//! Finding rows again: by entry, attribute and value as a report names them.

use std::collections::HashMap;

use super::{RowId, Worksheet};
use crate::model::{DistinguishedName, Identity, ObjectGuid};
use crate::scan::{EntryRef, ScanResult};

/// What a report's row stands for in this scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// This row.
    Row(RowId),
    /// The entry is there, but that value of it is no finding (any more).
    NoFinding(EntryRef),
    /// No entry of that identity was scanned.
    Unknown,
}

/// Entries by identity, built at the first look-up.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    by_guid: HashMap<ObjectGuid, EntryRef>,
    first_rows: HashMap<EntryRef, RowId>,
}

impl Directory {
    fn of(scan: &ScanResult) -> Self {
        let mut directory = Self::default();
        for at in scan.snapshot.refs() {
            if let Some(guid) = scan.snapshot.guid(at) {
                directory.by_guid.entry(guid).or_insert(at);
            }
        }
        for (finding, row) in scan.findings.iter().zip(0..) {
            directory
                .first_rows
                .entry(finding.entry)
                .or_insert(RowId(row));
        }
        directory
    }
}

/// Entries by name, built at the first look-up of one: most are looked up by
/// objectGUID, and the names of a million entries are long.
pub(super) type Names = HashMap<String, EntryRef>;

fn names_of(scan: &ScanResult) -> Names {
    let mut names = Names::new();
    for at in scan.snapshot.refs() {
        names.entry(scan.snapshot.dn(at).key()).or_insert(at);
    }
    names
}

impl Worksheet {
    /// Finds the row of a value. `value` is compared as reports write it: what
    /// is not UTF-8 as U+FFFD, a blank attribute as the empty text.
    pub fn find(&self, identity: &Identity, attribute: &str, value: &str) -> Lookup {
        let Some(entry) = self.find_entry(identity) else {
            return Lookup::Unknown;
        };
        let Some(first) = self.directory().first_rows.get(&entry) else {
            return Lookup::NoFinding(entry);
        };
        self.siblings(*first)
            .find(|row| {
                let place = &self.finding(*row).place;
                let present = self.value(*row).unwrap_or_default();
                place.attribute.is(attribute) && String::from_utf8_lossy(present) == value
            })
            .map_or(Lookup::NoFinding(entry), Lookup::Row)
    }

    /// Finds a scanned entry.
    pub fn find_entry(&self, identity: &Identity) -> Option<EntryRef> {
        match identity {
            Identity::Guid(guid) => self.directory().by_guid.get(guid).copied(),
            Identity::Dn(dn) => {
                let names = self.names.get_or_init(|| names_of(&self.scan));
                names.get(&DistinguishedName::key(dn)).copied()
            }
        }
    }

    /// The first row of an entry, if it has any.
    pub(super) fn first_row(&self, entry: EntryRef) -> Option<RowId> {
        self.directory().first_rows.get(&entry).copied()
    }

    fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| Directory::of(&self.scan))
    }
}
