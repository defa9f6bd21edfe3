//! Entries and modifications as LDIF text (RFC 2849).
//!
//! What is written is ASCII, folded at 76 characters and ends with a blank
//! line; `ldifde`, `ldapadd` and `ldapmodify` take it as it is. A value that
//! is not plain printable ASCII is written in Base64: besides what RFC 2849
//! demands, control characters too, so that a file can be shown in a terminal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{AttributeName, Entry, Identity, Modification, Value};

/// The most characters in a line (RFC 2849, note 2, leaves it open; 76 is what
/// everybody writes).
const WIDTH: usize = 76;

/// The line that an LDIF file begins with, and a blank one.
pub const LDIF_HEADER: &str = "version: 1\n\n";

/// Appends `entry` with all its attributes, in their order.
pub fn write_entry(out: &mut String, entry: &Entry) {
    write_value(out, "dn", entry.dn.as_str().as_bytes());
    for attribute in entry.attributes() {
        write_values(out, &attribute.name, &attribute.values);
    }
    out.push('\n');
}

/// Appends `modification` as one change record. Each attribute's old values
/// are deleted by value before the new ones are added, in the same request:
/// a directory where they have changed since refuses the record as a whole.
/// The objectGUID stands in a comment, for the entry may be renamed by then.
pub fn write_modification(out: &mut String, modification: &Modification) {
    if let Identity::Guid(guid) = &modification.identity {
        out.extend(["# objectGUID: ", &guid.to_string(), "\n"]);
    }
    write_value(out, "dn", modification.dn.as_str().as_bytes());
    out.push_str("changetype: modify\n");
    for change in &modification.changes {
        for (operation, values) in [("delete", &change.delete), ("add", &change.add)] {
            if !values.is_empty() {
                write_value(out, operation, change.attribute.as_str().as_bytes());
                write_values(out, &change.attribute, values);
                out.push_str("-\n");
            }
        }
    }
    out.push('\n');
}

fn write_values(out: &mut String, name: &AttributeName, values: &[Value]) {
    for value in values {
        write_value(out, name.as_str(), value.as_bytes());
    }
}

fn write_value(out: &mut String, name: &str, value: &[u8]) {
    match plain(value) {
        Some("") => write_folded(out, &[name, ":"]),
        Some(text) => write_folded(out, &[name, ": ", text]),
        None => write_folded(out, &[name, ":: ", &STANDARD.encode(value)]),
    }
}

/// The value as it may stand in a line: SAFE-STRING of RFC 2849, without
/// control characters and without a space at the end (note 8).
fn plain(value: &[u8]) -> Option<&str> {
    let begins_safely = !matches!(value.first(), Some(b' ' | b':' | b'<'));
    let is_safe = begins_safely
        && value.last() != Some(&b' ')
        && value.iter().all(|byte| (0x20..0x7f).contains(byte));
    is_safe.then(|| std::str::from_utf8(value).ok()).flatten()
}

/// Appends the pieces, which are ASCII, as one line with its continuations.
fn write_folded(out: &mut String, pieces: &[&str]) {
    let mut column = 0;
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            if column == WIDTH {
                out.push_str("\n ");
                column = 1;
            }
            let (now, later) = rest.split_at_checked(WIDTH - column).unwrap_or((rest, ""));
            out.push_str(now);
            column += now.len();
            rest = later;
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Change, DistinguishedName, DomainId, ObjectClass, ObjectGuid};

    #[test]
    fn a_modification_is_guarded_and_names_its_entry() {
        let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect();
        let change = |name, before, after| {
            Change::between(
                AttributeName::known(name),
                false,
                values(before),
                values(after),
            )
        };
        let modification = Modification {
            identity: Identity::Guid(ObjectGuid::from_bytes(&[7; 16]).unwrap()),
            dn: DistinguishedName::from_server("CN=Zoë,DC=x"),
            class: ObjectClass::User,
            domain: DomainId(0),
            changes: [
                change("mail", &[" a@x"], &["a@x"]),
                change("sn", &[], &["A"]),
                change("givenName", &["x\u{1b}[2J", "y"], &["y"]),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        let mut out = String::new();
        write_modification(&mut out, &modification);
        insta::assert_snapshot!(out, @r"
        # objectGUID: 07070707-0707-0707-0707-070707070707
        dn:: Q049Wm/DqyxEQz14
        changetype: modify
        delete: mail
        mail:: IGFAeA==
        -
        add: mail
        mail: a@x
        -
        add: sn
        sn: A
        -
        delete: givenName
        givenName:: eBtbMko=
        -
        ");
    }

    #[test]
    fn long_lines_are_folded() {
        let mut entry = Entry::new(DistinguishedName::from_server("CN=a"));
        entry.add(AttributeName::known("info"), [Value::from("x".repeat(200))]);
        entry.add(AttributeName::known("cn"), [Value::from("y".repeat(72))]);
        let mut out = String::new();
        write_entry(&mut out, &entry);
        let widths: Vec<_> = out.lines().map(str::len).collect();
        assert_eq!(widths, [8, 76, 76, 56, 76, 0]);
    }
}
