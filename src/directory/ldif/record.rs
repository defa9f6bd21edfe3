//! The records of an LDIF file (RFC 2849), read as entries.

use std::fs::File;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::lines::Lines;
use super::wanted::Wanted;
use crate::directory::DirectoryError;
use crate::model::{DistinguishedName, Entry, Value};

/// The entries of one file, in order.
pub(super) struct Records {
    path: PathBuf,
    lines: Lines,
}

/// A line of a record, taken apart.
struct Pair<'a> {
    /// The attribute, with options.
    name: &'a str,
    kind: ValueKind,
    value: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Plain,
    Base64,
    Address,
}

impl Records {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, DirectoryError> {
        let open = || {
            let file = File::open(path)?;
            if file.metadata()?.is_dir() {
                return Err(std::io::ErrorKind::IsADirectory.into());
            }
            Lines::new(file)
        };
        Self::of(open(), path)
    }

    /// Takes a text in memory; `path` is for messages.
    pub(super) fn embedded(text: &'static [u8], path: &Path) -> Result<Self, DirectoryError> {
        Self::of(Lines::new(text), path)
    }

    fn of(lines: std::io::Result<Lines>, path: &Path) -> Result<Self, DirectoryError> {
        match lines {
            Ok(lines) => Ok(Self {
                path: path.to_owned(),
                lines,
            }),
            Err(source) => Err(DirectoryError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// The next entry whose name `accept` takes, with the attributes that are
    /// `wanted`; `None` after the last one.
    pub(super) fn next(
        &mut self,
        wanted: &mut Wanted,
        mut accept: impl FnMut(&str) -> bool,
    ) -> Result<Option<Entry>, DirectoryError> {
        while let Some(name) = self.begin()? {
            if accept(name.as_str()) {
                return self.body(name, wanted).map(Some);
            }
            while self.advance()? && !self.lines.line().is_empty() {}
        }
        Ok(None)
    }

    /// Skips to the next record and reads its name.
    fn begin(&mut self) -> Result<Option<DistinguishedName>, DirectoryError> {
        while self.advance()? {
            let line = self.lines.line();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let pair = split(line).map_err(|reason| self.malformed(reason))?;
            if pair.name.eq_ignore_ascii_case("dn") {
                let value = self.decode(&pair)?;
                return Ok(Some(DistinguishedName::from_server(value.to_text_lossy())));
            }
            if pair.name.eq_ignore_ascii_case("version") {
                if pair.value != b"1" {
                    return Err(self.malformed("only LDIF version 1 is known"));
                }
            } else if pair.name == "search" || pair.name == "result" {
                // The last lines of ldapsearch without -L: about the search.
                while self.advance()? && !self.lines.line().is_empty() {}
            } else {
                return Err(self.malformed("a record must begin with 'dn:'"));
            }
        }
        Ok(None)
    }

    /// Reads the attributes of a record up to the blank line behind it.
    fn body(
        &mut self,
        name: DistinguishedName,
        wanted: &mut Wanted,
    ) -> Result<Entry, DirectoryError> {
        let mut entry = Entry::new(name);
        wanted.begin();
        while self.advance()? {
            let line = self.lines.line();
            if line.is_empty() {
                break;
            }
            if line.starts_with(b"#") {
                continue;
            }
            let pair = split(line).map_err(|reason| self.malformed(reason))?;
            if pair.name.eq_ignore_ascii_case("dn") {
                return Err(self.malformed("a blank line must stand before the next 'dn:'"));
            }
            if pair.name.eq_ignore_ascii_case("changetype") {
                self.check_change_type(&pair)?;
            } else if let Some(name) = wanted.attribute(pair.name) {
                let name = name.map_err(|error| self.malformed(&error.to_string()))?;
                entry.add(name, [self.decode(&pair)?]);
            }
        }
        Ok(entry)
    }

    fn check_change_type(&self, pair: &Pair<'_>) -> Result<(), DirectoryError> {
        let value = self.decode(pair)?;
        let kind = value.to_text_lossy();
        if kind.trim().eq_ignore_ascii_case("add") {
            return Ok(());
        }
        let kind: String = kind.chars().take(40).collect();
        Err(self.malformed(&format!(
            "'changetype: {}' is a change, not an entry; an export of entries is needed",
            kind.escape_default()
        )))
    }

    fn decode(&self, pair: &Pair<'_>) -> Result<Value, DirectoryError> {
        match pair.kind {
            ValueKind::Plain => Ok(Value::from(pair.value)),
            ValueKind::Base64 => STANDARD
                .decode(pair.value.trim_ascii_end())
                .map(Value::from)
                .map_err(|_detail| self.malformed("the Base64 is damaged")),
            ValueKind::Address => {
                Err(self
                    .malformed("a value kept elsewhere (':<') is not fetched; export it inline"))
            }
        }
    }

    fn advance(&mut self) -> Result<bool, DirectoryError> {
        self.lines.advance().map_err(|source| {
            if source.kind() == std::io::ErrorKind::InvalidData {
                self.malformed(&source.to_string())
            } else {
                DirectoryError::File {
                    path: self.path.clone(),
                    source,
                }
            }
        })
    }

    fn malformed(&self, reason: &str) -> DirectoryError {
        DirectoryError::Malformed {
            path: self.path.clone(),
            line: self.lines.number(),
            reason: reason.to_owned(),
        }
    }
}

fn split(line: &[u8]) -> Result<Pair<'_>, &'static str> {
    if line.first() == Some(&b' ') {
        return Err("a continuation line stands without a line before it");
    }
    if line == b"-" {
        return Err("this is a change, not an entry; an export of entries is needed");
    }
    let colon = line.iter().position(|b| *b == b':');
    let (name, rest) = colon
        .and_then(|at| line.split_at_checked(at))
        .ok_or("an attribute and ':' are expected")?;
    if name.contains(&0) {
        return Err("this is no text; a file in UTF-16 needs its byte-order mark");
    }
    let name = std::str::from_utf8(name).map_err(|_not_text| "the attribute name is not text")?;
    let (kind, value) = match rest {
        [_, b':', value @ ..] => (ValueKind::Base64, value),
        [_, b'<', value @ ..] => (ValueKind::Address, value),
        [_, value @ ..] => (ValueKind::Plain, value),
        [] => (ValueKind::Plain, rest),
    };
    let spaces = value.iter().take_while(|b| **b == b' ').count();
    Ok(Pair {
        name,
        kind,
        value: value.get(spaces..).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Entry>, DirectoryError> {
        let mut records = Records {
            path: PathBuf::from("test.ldif"),
            lines: Lines::new(Cursor::new(bytes.to_vec())).unwrap(),
        };
        let mut wanted = Wanted::new(&[]);
        let mut entries = Vec::new();
        while let Some(entry) = records.next(&mut wanted, |_name| true)? {
            entries.push(entry);
        }
        Ok(entries)
    }

    #[test]
    fn entries_are_read_as_rfc_2849_writes_them() {
        let entries = read(
            b"version: 1\r\n# a comment\r\n  that goes on\r\ndn: cn=A,dc=x\r\n\
              objectClass: top\r\nobjectClass:person\r\ncn:: QQ==\r\ndescription: long\r\n \
              er\r\nuserCertificate;binary:: /w==\r\nmail:\r\n\r\n\r\n\
              dn:: Y249w7YsZGM9eA==\nchangetype: add\ncn: \xc3\xb6\n\nsearch: 2\nresult: 0 Success\n",
        )
        .unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].values("objectclass").len(), 2);
        assert_eq!(entries[0].text("cn"), Some("A"));
        assert_eq!(entries[0].text("description"), Some("longer"));
        assert_eq!(entries[0].values("userCertificate")[0].as_bytes(), [0xff]);
        assert_eq!(entries[0].text("mail"), Some(""));
        assert_eq!(entries[1].dn.as_str(), "cn=ö,dc=x");
        assert_eq!(entries[1].text("cn"), Some("ö"));
    }

    #[test]
    fn what_is_no_export_of_entries_is_refused_with_its_line() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        insta::assert_snapshot!(
            ["cn: a\n", "dn: a\nmail\n", "dn: a\nmail:: ?\n", "dn: a\njpegPhoto:< file:///etc/passwd\n",
             "dn: a\nchangetype: modify\n", "dn: a\n\ndn: b\ncn: x\n-\n", "version: 2\n", "dn: a\ncn: a\ndn: b\n",
             "\n cn: x\n", "dn: a\nm ail: x\n", "\u{1}",
                "d\0n\0:\0 \0a\0"]
            .map(said)
            .join("\n"),
            @r"
        test.ldif, line 1: a record must begin with 'dn:'
        test.ldif, line 2: an attribute and ':' are expected
        test.ldif, line 2: the Base64 is damaged
        test.ldif, line 2: a value kept elsewhere (':<') is not fetched; export it inline
        test.ldif, line 2: 'changetype: modify' is a change, not an entry; an export of entries is needed
        test.ldif, line 5: this is a change, not an entry; an export of entries is needed
        test.ldif, line 1: only LDIF version 1 is known
        test.ldif, line 3: a blank line must stand before the next 'dn:'
        test.ldif, line 2: a continuation line stands without a line before it
        test.ldif, line 2: 'm ail' is not an attribute name (letters, digits and '-', beginning with a letter, or an OID)
        test.ldif, line 1: an attribute and ':' are expected
        test.ldif, line 1: this is no text; a file in UTF-16 needs its byte-order mark
        "
        );
    }

    #[test]
    fn a_value_of_ten_megabytes_is_read() {
        let mut text = b"dn: cn=a\ndescription:".to_vec();
        for _ in 0..10 * 1024 * 1024 / 64 {
            text.extend_from_slice(b"\n ");
            text.extend_from_slice(&[b'x'; 64]);
        }
        let entries = read(&text).unwrap();
        assert_eq!(
            entries[0].values("description")[0].as_bytes().len(),
            10 << 20
        );
    }

    proptest::proptest! {
        #[test]
        fn what_the_writer_writes_is_read_back_byte_for_byte(
            values in proptest::collection::vec(
                proptest::collection::vec(
                    proptest::prop_oneof![
                        proptest::prelude::any::<u8>(),
                        proptest::sample::select(b" :<#ab\n\r\0".to_vec()),
                    ],
                    0..200,
                ),
                1..5,
            ),
            name in "[ -~é\u{1}]{1,100}",
        ) {
            let mut entry = Entry::new(DistinguishedName::from_server(name));
            let attribute = crate::model::AttributeName::known("proxyAddresses");
            entry.add(attribute, values.into_iter().map(Value::from));
            let mut text = String::from(crate::model::ldif::LDIF_HEADER);
            crate::model::ldif::write_entry(&mut text, &entry);
            proptest::prop_assert!(text.is_ascii());
            proptest::prop_assert!(text.lines().all(|line| line.len() <= 76));
            proptest::prop_assert_eq!(read(text.as_bytes()).unwrap(), vec![entry]);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(
            bytes in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::prelude::any::<u8>(),
                    proptest::sample::select(b"dn: \r\n:<=#-a".to_vec()),
                ],
                0..200,
            )
        ) {
            drop(read(&bytes));
        }
    }
}
