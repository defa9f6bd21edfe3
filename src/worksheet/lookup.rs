//! Finding rows again: by entry, attribute and value as a report names them.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

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
#[derive(Debug, Default)]
pub(super) struct Directory {
    by_guid: HashMap<ObjectGuid, EntryRef>,
    by_dn: HashMap<String, EntryRef>,
    first_rows: HashMap<EntryRef, RowId>,
}

impl Directory {
    fn of(scan: &ScanResult) -> Self {
        let mut directory = Self::default();
        for at in scan.snapshot.refs() {
            if let Some(guid) = scan.snapshot.guid(at) {
                directory.by_guid.entry(guid).or_insert(at);
            }
            let key = scan.snapshot.dn(at).key();
            directory.by_dn.entry(key).or_insert(at);
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

/// The ROWID of a report: a name for (entry, attribute, value) that does not
/// change from scan to scan. The first 8 bytes of SHA-256 over the identity,
/// the attribute in lower case and the value, each ended by a zero byte, in
/// hexadecimal. The identity is the objectGUID as text, or the DN in the form
/// in which names are compared.
pub fn row_id_hash(identity: &Identity, attribute: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(match identity {
        Identity::Guid(guid) => guid.to_string(),
        Identity::Dn(dn) => dn.key(),
    });
    hash.update([0]);
    hash.update(attribute.to_ascii_lowercase());
    hash.update([0]);
    hash.update(value);
    hash.update([0]);
    let digest = hash.finalize();
    let head = digest.iter().take(8);
    let number = head.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
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
        let directory = self.directory();
        match identity {
            Identity::Guid(guid) => directory.by_guid.get(guid).copied(),
            Identity::Dn(dn) => directory.by_dn.get(&DistinguishedName::key(dn)).copied(),
        }
    }

    /// The ROWID of a row.
    pub fn row_id(&self, row: RowId) -> String {
        let finding = self.finding(row);
        let value = self.value(row).unwrap_or_default();
        row_id_hash(
            &self.scan.snapshot.identity(finding.entry),
            finding.place.attribute.as_str(),
            &String::from_utf8_lossy(value),
        )
    }

    fn directory(&self) -> &Directory {
        self.directory.get_or_init(|| Directory::of(&self.scan))
    }
}
