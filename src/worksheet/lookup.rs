//! Finding rows again: by entry, attribute and value as a report names them.

use sha2::{Digest, Sha256};

use super::{RowId, Worksheet};
use crate::model::Identity;
use crate::scan::EntryRef;

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
pub(super) struct Directory;

/// The ROWID of a report: a name for (entry, attribute, value) that does not
/// change from scan to scan. The first 8 bytes of SHA-256 over the identity,
/// the attribute in lower case and the value, each ended by a zero byte, in
/// hexadecimal.
pub fn row_id_hash(identity: &Identity, attribute: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(identity.to_string().to_lowercase());
    hash.update([0]);
    hash.update(attribute.to_ascii_lowercase());
    hash.update([0]);
    hash.update(value);
    hash.update([0]);
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Worksheet {
    /// Finds the row of a value. `value` is compared as reports write it: what
    /// is not UTF-8 as U+FFFD, a blank attribute as the empty text.
    pub fn find(&self, _identity: &Identity, _attribute: &str, _value: &str) -> Lookup {
        todo!()
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
}
