//! CSV: IdFix's nine columns in its order and spelling, then idmend's.
//!
//! RFC 4180, UTF-8. A field that a spreadsheet would take for a formula is
//! written with a leading `'`, and so is one that it would take for a number or a
//! date. The `'` is taken off again on reading, but only in files that have our
//! RULE column: in anybody else's it is part of the value.
//! A value that is not UTF-8 is written as `base64:` and its Base64.

mod idfix;
mod lines;
mod read;
mod write;

pub use read::{read, read_rows};
pub use write::{CsvStyle, CsvWriter, PlainCsv};

/// The columns that IdFix 2.6 writes.
pub const IDFIX_COLUMNS: [&str; 9] = [
    "DISTINGUISHEDNAME",
    "COMMONNAME",
    "OBJECTCLASS",
    "ATTRIBUTE",
    "ERROR",
    "VALUE",
    "UPDATE",
    "PROPOSEDACTION",
    "ACTION",
];

/// The columns that follow.
pub const OUR_COLUMNS: [&str; 12] = [
    "SEVERITY",
    "RULE",
    "MESSAGE",
    "OBJECTGUID",
    "USERPRINCIPALNAME",
    "IMMUTABLEID",
    "ANCHORSOURCE",
    "DOMAIN",
    "CONFLICTS",
    "REASON",
    "EXPIRES",
    "ROWID",
];

/// What spreadsheets take for the beginning of a formula (OWASP, "CSV
/// Injection"), and the guard itself.
const GUARDED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', GUARD];
const GUARD: char = '\'';

/// No number and no date of a spreadsheet is longer.
const LONGEST_NUMBER: usize = 32;

/// Whether a spreadsheet would not leave a field as the text that it is: it
/// takes it for a formula, or for a number, a date or a truth, and writes
/// `0017` back as `17` and `1E5` as `100000`.
fn needs_guard(field: &str) -> bool {
    if field.starts_with(GUARDED) {
        return true;
    }
    let text = field.trim();
    let is_number = text.len() <= LONGEST_NUMBER
        && text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !text.contains(['@', '=', '_', '\\']);
    let is_truth = ["true", "false"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    is_number || is_truth
}
