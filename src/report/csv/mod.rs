//! CSV: IdFix's nine columns in its order and spelling, then idmend's.
//!
//! RFC 4180, UTF-8, every field between quotes. A field that a spreadsheet would
//! not leave as the text that it is (see `guard`) is written with a leading `'`.
//! The `'` is taken off again on reading, but only in files that have our
//! RULE column: in anybody else's it is part of the value.
//! A value that is not UTF-8 is written as `base64:` and its Base64.

mod guard;
mod idfix;
mod lines;
mod read;
mod write;

pub use read::{read, read_rows};
pub(super) use write::plain;
pub use write::{CsvStyle, CsvWriter};

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
pub const OUR_COLUMNS: [&str; 13] = [
    "SEVERITY",
    "CONFIDENCE",
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
