//! What a row is, whatever the scan: entry, attribute, value.
//!
//! A [`RowId`] holds for one worksheet. Decisions and exceptions that outlive it
//! are found again by [`RowKey`], exactly, or not at all: never at another value.

use super::{RowId, Worksheet};
use crate::model::{AttributeName, Identity, Value};
use crate::scan::{EntryRef, Part, ScanResult};

/// A row apart from any scan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// The entry.
    pub identity: Identity,
    /// The attribute.
    pub attribute: AttributeName,
    /// The value, exactly; `None` for a blank attribute.
    pub value: Option<Value>,
}

/// Where a row of an earlier scan is in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Located {
    /// It is this row.
    Row(RowId),
    /// The value stands, but it is no finding.
    NoFinding(EntryRef),
    /// The entry has other values there.
    Changed(EntryRef),
    /// This scan did not judge the entry.
    NotJudged,
    /// This scan did not come to every entry, and not to this one.
    NotRead,
    /// There is no such entry.
    Gone,
}

impl RowKey {
    /// The key of a row of a scan; `None` if it has no such row.
    pub fn of(scan: &ScanResult, row: RowId) -> Option<Self> {
        let finding = scan.findings.get(row.0 as usize)?;
        let (snapshot, place) = (&scan.snapshot, &finding.place);
        let value = place
            .value
            .and_then(|index| snapshot.value(finding.entry, &place.attribute, index));
        Some(Self {
            identity: match snapshot.guid(finding.entry) {
                Some(guid) => Identity::Guid(guid),
                None => Identity::Dn(snapshot.dn(finding.entry)),
            },
            attribute: place.attribute.clone(),
            value: value.map(Value::from),
        })
    }
}

impl Worksheet {
    /// Finds a row of an earlier scan again.
    pub fn locate(&self, key: &RowKey) -> Located {
        match self.find_entry(&key.identity) {
            Some(entry) => self.locate_at(entry, &key.attribute, key.value.as_ref()),
            None if self.scan.is_complete() => Located::Gone,
            None => Located::NotRead,
        }
    }

    /// The same where the entry is known.
    pub(super) fn locate_at(
        &self,
        entry: EntryRef,
        attribute: &AttributeName,
        value: Option<&Value>,
    ) -> Located {
        if self.scan.snapshot.part(entry) != Part::Judged {
            return Located::NotJudged;
        }
        let wanted = value.map(Value::as_bytes);
        let row = self.first_row(entry).and_then(|first| {
            self.siblings(first).find(|row| {
                self.finding(*row).place.attribute == *attribute && self.value(*row) == wanted
            })
        });
        if let Some(row) = row {
            return Located::Row(row);
        }
        let scanned = self.scan.snapshot.entry(entry);
        let values = scanned.values(attribute.as_str());
        let stands = match value {
            Some(value) => values.contains(value),
            None => values.is_empty(),
        };
        if stands {
            Located::NoFinding(entry)
        } else {
            Located::Changed(entry)
        }
    }
}
