//! Finding rows again: by entry, attribute and value as a report names them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

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
    /// By the number of the entry; none beyond the end.
    first_rows: Vec<Option<RowId>>,
}

impl Directory {
    fn of(scan: &ScanResult) -> Self {
        let mut directory = Self {
            by_guid: HashMap::new(),
            first_rows: vec![None; scan.snapshot.len()],
        };
        for at in scan.snapshot.refs() {
            if let Some(guid) = scan.snapshot.guid(at) {
                directory.by_guid.entry(guid).or_insert(at);
            }
        }
        for (finding, row) in scan.findings.iter().zip(0..) {
            if let Some(first) = directory.first_rows.get_mut(finding.entry.0 as usize) {
                first.get_or_insert(RowId(row));
            }
        }
        directory
    }

    fn first_row(&self, entry: EntryRef) -> Option<RowId> {
        *self.first_rows.get(entry.0 as usize)?
    }
}

/// Entries by name, built at the first look-up of one: most are looked up by
/// objectGUID. The names themselves, which are long, stay in the snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    hasher: RandomState,
    entries: HashTable<EntryRef>,
}

impl Names {
    /// Of entries with the same name the first is found.
    fn of(scan: &ScanResult) -> Self {
        let mut names = Self {
            hasher: RandomState::new(),
            entries: HashTable::with_capacity(scan.snapshot.len()),
        };
        let key_of = |at: &EntryRef| scan.snapshot.dn(*at).key();
        for at in scan.snapshot.refs() {
            let key = key_of(&at);
            let hash = names.hasher.hash_one(&key);
            let is_it = |held: &EntryRef| key_of(held) == key;
            let again = |held: &EntryRef| names.hasher.hash_one(key_of(held));
            names.entries.entry(hash, is_it, again).or_insert(at);
        }
        names
    }

    fn find(&self, scan: &ScanResult, key: &str) -> Option<EntryRef> {
        let is_it = |at: &EntryRef| scan.snapshot.dn(*at).key() == key;
        self.entries.find(self.hasher.hash_one(key), is_it).copied()
    }
}

impl Worksheet {
    /// Finds the row of a value. `value` is compared as reports write it: what
    /// is not UTF-8 as U+FFFD, a blank attribute as the empty text.
    pub fn find(&self, identity: &Identity, attribute: &str, value: &str) -> Lookup {
        let Some(entry) = self.find_entry(identity) else {
            return Lookup::Unknown;
        };
        let Some(first) = self.first_row(entry) else {
            return Lookup::NoFinding(entry);
        };
        self.siblings(first)
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
                let names = self.names.get_or_init(|| Names::of(&self.scan));
                names.find(&self.scan, &DistinguishedName::key(dn))
            }
        }
    }

    /// The first row of an entry, if it has any.
    pub(super) fn first_row(&self, entry: EntryRef) -> Option<RowId> {
        self.directory().first_row(entry)
    }

    fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| Directory::of(&self.scan))
    }
}
