//! A row of a report as it was read: texts, before they mean anything.
//!
//! Both readers, CSV and JSON Lines, hand over [`ReportRow`]s. What a row is
//! about, and whether its value is still the one that was written, is found out
//! here; what to do with it is for `import`, `diff` and `hard_match`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::import::Fault;
use super::record::row_digest;
use crate::model::{DistinguishedName, Identity, ObjectGuid, Value};

/// How a value that is not UTF-8 begins where only text can stand. ROWID tells
/// it from a text that begins like this.
const BASE64_PREFIX: &str = "base64:";

/// A value where only text can stand: as it is, or `base64:` and its Base64.
pub(super) fn written(value: &Value) -> Cow<'_, str> {
    let encoded = || format!("{BASE64_PREFIX}{}", STANDARD.encode(value.as_bytes()));
    value
        .as_text()
        .map_or_else(|| Cow::Owned(encoded()), Cow::Borrowed)
}

/// A longer text does not survive a spreadsheet for certain: a cell of Excel
/// holds 32,767 characters ("Excel specifications and limits").
pub(super) const LONGEST_CELL: usize = 32_000;

/// A value for people: text with U+FFFD where it is none, unless little of it is
/// text, as of a GUID.
pub(super) fn readable(value: &Value) -> Cow<'_, str> {
    let text = value.to_text_lossy();
    let is_lost = |c: &char| *c == char::REPLACEMENT_CHARACTER || c.is_control();
    let lost = text.chars().filter(is_lost).count();
    if value.as_text().is_none() && lost * 4 > text.chars().count() {
        return written(value);
    }
    text
}

/// Which columns a reader fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that say what to do: the rest stays empty.
    Decisions,
    /// All of them.
    Everything,
}

/// Where a reader puts what it finds.
pub trait RowSink {
    /// Takes a row.
    fn take(&mut self, row: ReportRow);

    /// Takes the place of a row that cannot be read.
    fn refuse(&mut self, fault: Fault);
}

/// The texts of a row, by the headings of the CSV. A column that the file does
/// not have is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the columns")]
pub struct ReportRow {
    /// The line of the file, from 1.
    pub line: u64,
    pub dn: String,
    pub common_name: String,
    pub class: String,
    pub attribute: String,
    pub error: String,
    /// Exact, where the format can say so.
    pub bytes: Option<Vec<u8>>,
    pub value: String,
    pub update: String,
    pub proposed: String,
    pub action: String,
    pub severity: String,
    /// Ids joined by `; `.
    pub rules: String,
    pub message: String,
    pub guid: String,
    pub user_principal_name: String,
    pub immutable_id: String,
    pub anchor_source: String,
    pub domain: String,
    /// DNs joined by ` | `.
    pub conflicts: String,
    pub reason: String,
    pub expires: String,
    /// `None` in files that have none.
    pub row_id: Option<String>,
}

impl ReportRow {
    /// The entry: by objectGUID where the row has one, else by name.
    pub fn identity(&self) -> Result<Identity, String> {
        if !self.guid.trim().is_empty() {
            return ObjectGuid::parse(&self.guid)
                .map(Identity::Guid)
                .map_err(|error| format!("OBJECTGUID: {error}"));
        }
        if self.dn.trim().is_empty() {
            return Err("neither OBJECTGUID nor DISTINGUISHEDNAME says which entry".to_owned());
        }
        Ok(self.identity_by_name())
    }

    /// The entry by its name alone.
    pub fn identity_by_name(&self) -> Identity {
        // A name that its server wrote is compared, not judged.
        Identity::Dn(DistinguishedName::from_server(self.dn.as_str()))
    }

    /// The value as it was written, `None` for a blank attribute; an error if
    /// ROWID says that it was altered.
    pub fn exact_value(&self, identity: &Identity) -> Result<Option<Value>, String> {
        let text = (!self.value.is_empty()).then(|| Value::from(self.value.as_str()));
        let value = match &self.bytes {
            Some(bytes) => Some(Value::from(bytes.as_slice())),
            None => text,
        };
        let Some(row_id) = &self.row_id else {
            return Ok(value);
        };
        let fits = |value: Option<&Value>| {
            row_digest(identity, self.attribute.trim(), value.map(Value::as_bytes))
                .eq_ignore_ascii_case(row_id.trim())
        };
        if fits(value.as_ref()) {
            return Ok(value);
        }
        let decoded = self
            .value
            .strip_prefix(BASE64_PREFIX)
            .and_then(|text| STANDARD.decode(text).ok())
            .map(Value::from)
            .or_else(|| self.value.is_empty().then(|| Value::from("")));
        if decoded.is_some() && fits(decoded.as_ref()) {
            return Ok(decoded);
        }
        Err(self.altered(row_id.trim()))
    }

    /// What may have happened to a row whose ROWID does not fit.
    fn altered(&self, row_id: &str) -> String {
        if row_id.is_empty() {
            return "has no ROWID: it is no row of this report, or a spreadsheet lost it"
                .to_owned();
        }
        if self.value.chars().count() >= LONGEST_CELL {
            return "VALUE was cut: a cell of a spreadsheet holds 32,767 characters; decide this row in \
                 a report that no spreadsheet has saved"
                .to_owned();
        }
        "ROWID does not fit: VALUE, ATTRIBUTE or OBJECTGUID was altered, or a spreadsheet lost \
         control characters; take the row from a new scan"
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_another_encoding_is_shown_and_a_guid_is_encoded() {
        let shown = |bytes: &[u8]| readable(&Value::from(bytes)).into_owned();
        assert_eq!(shown(b"J\xfcrgen"), "J\u{fffd}rgen");
        assert_eq!(shown(b"plain"), "plain");
        assert_eq!(shown(&[0xfe, 0xff, 0x01]), "base64:/v8B");
    }
}
