//! From a search result entry to a model entry, whatever the server sent.
//!
//! Total: what is no entry is told in a sentence, never a panic. An attribute
//! sent twice is one; options are taken off, and `;range=` (MS-ADTS
//! 3.1.1.3.1.3.3) is noted so that the rest can be fetched.

use ldap3::asn1::{PL, StructureTag};

use crate::model::{AttributeName, DistinguishedName, Entry, Value};

/// How many different attributes an entry may have when all were asked for.
const MAX_ATTRIBUTES: usize = 1000;

/// Reads the entries of one search.
#[derive(Debug, Clone)]
pub(super) struct EntryReader {
    wanted: Vec<AttributeName>,
    all: bool,
}

/// An attribute of which the server sent a part only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) attribute: AttributeName,
    /// The number of the first value that is missing.
    pub(super) from: u64,
}

/// A part of an attribute's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of its first value.
    pub(super) first: u64,
    /// The number of its last value; `None` if nothing follows.
    pub(super) last: Option<u64>,
    pub(super) values: Vec<Value>,
}

impl EntryReader {
    /// A reader that keeps `wanted` and nothing else; `*` keeps everything.
    pub(super) fn new(wanted: &[AttributeName]) -> Self {
        Self {
            wanted: wanted.to_vec(),
            all: wanted.iter().any(|name| name.is("*")),
        }
    }

    /// The entry, and what of it is still to be fetched.
    pub(super) fn read(&self, tag: StructureTag) -> Result<(Entry, Vec<Rest>), String> {
        let mut parts = constructed(tag).into_iter();
        let name = parts
            .next()
            .and_then(primitive)
            .ok_or("an entry without a name was left out")?;
        let name = String::from_utf8(name)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let Some(PL::C(attributes)) = parts.next().map(|tag| tag.payload) else {
            return Err(format!(
                "the entry {name} has no list of attributes and was left out"
            ));
        };
        let mut entry = Entry::new(DistinguishedName::from_server(name));
        let mut rests = Vec::new();
        for attribute in attributes {
            let mut parts = constructed(attribute).into_iter();
            let described = parts.next().and_then(primitive);
            let values = parts.next().map(constructed).unwrap_or_default();
            let (Some(described), false) = (described, values.is_empty()) else {
                continue;
            };
            let Some((name, rest)) = std::str::from_utf8(&described)
                .ok()
                .and_then(|described| self.name(described, entry.attributes().len()))
            else {
                continue;
            };
            rests.extend(rest.map(|from| Rest {
                attribute: name.clone(),
                from,
            }));
            let values = values.into_iter().filter_map(primitive).map(Value::from);
            entry.add(name, values);
        }
        Ok((entry, rests))
    }

    /// The name that values described so are kept under, and the number of the
    /// first value that is missing; `None` if nobody asked for them.
    fn name(&self, described: &str, known: usize) -> Option<(AttributeName, Option<u64>)> {
        let base = described.split(';').next().unwrap_or_default();
        let wanted = self
            .wanted
            .iter()
            .find(|name| name.without_options().eq_ignore_ascii_case(base));
        match wanted {
            // Who asks for a range by number gets that and no more: what begins
            // elsewhere comes from a server that knows no ranges.
            Some(name) if name.as_str().contains(';') => {
                let first = |text| range(text).map(|(first, _)| first);
                (first(described) == first(name.as_str())).then(|| (name.clone(), None))
            }
            Some(name) => Some((name.clone(), missing_from(described))),
            None if self.all && known < MAX_ATTRIBUTES => {
                let name = AttributeName::parse(base).ok()?;
                Some((name, missing_from(described)))
            }
            None => None,
        }
    }
}

/// The number after the last value of a range; `None` if it is the last range
/// or no range.
fn missing_from(described: &str) -> Option<u64> {
    let (_, last) = range(described)?;
    last?.checked_add(1)
}

/// First and last value number of a `;range=` option; `*` has no last.
fn range(described: &str) -> Option<(u64, Option<u64>)> {
    let option = described.split(';').skip(1).find_map(|option| {
        option
            .to_ascii_lowercase()
            .strip_prefix("range=")
            .map(str::to_owned)
    })?;
    let (first, last) = option.split_once('-')?;
    let last = match last {
        "*" => None,
        number => Some(number.parse().ok()?),
    };
    Some((first.parse().ok()?, last))
}

/// A part of one attribute of an entry: for fetching the rest of a long one.
pub(super) fn part(tag: StructureTag, attribute: &AttributeName) -> Option<Part> {
    let attributes = constructed(tag).into_iter().nth(1).map(constructed)?;
    attributes.into_iter().find_map(|sent| {
        let mut parts = constructed(sent).into_iter();
        let described = String::from_utf8(primitive(parts.next()?)?).ok()?;
        let base = described.split(';').next().unwrap_or_default();
        let (first, last) = range(&described).filter(|_| attribute.is(base))?;
        let values = constructed(parts.next()?).into_iter();
        Some(Part {
            first,
            last,
            values: values.filter_map(primitive).map(Value::from).collect(),
        })
    })
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

/// The elements of a constructed element; none of one that is not.
fn constructed(tag: StructureTag) -> Vec<StructureTag> {
    match tag.payload {
        PL::C(parts) => parts,
        PL::P(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use ldap3::asn1::TagClass;
    use proptest::prelude::*;

    use super::*;

    fn tag(payload: PL) -> StructureTag {
        StructureTag {
            class: TagClass::Universal,
            id: 4,
            payload,
        }
    }

    fn text(text: &str) -> StructureTag {
        tag(PL::P(text.as_bytes().to_vec()))
    }

    fn list(parts: Vec<StructureTag>) -> StructureTag {
        tag(PL::C(parts))
    }

    fn entry(attributes: &[(&str, &[&str])]) -> StructureTag {
        let attributes = attributes
            .iter()
            .map(|(name, values)| {
                let values = values.iter().map(|value| text(value)).collect();
                list(vec![text(name), list(values)])
            })
            .collect();
        list(vec![text("CN=a,DC=x"), list(attributes)])
    }

    fn names(names: &[&'static str]) -> Vec<AttributeName> {
        names.iter().copied().map(AttributeName::known).collect()
    }

    #[test]
    fn a_range_tells_what_is_missing_and_options_go() {
        let reader = EntryReader::new(&names(&["proxyAddresses", "mail"]));
        let sent = entry(&[
            ("proxyAddresses", &[]),
            ("proxyAddresses;range=0-1", &["a", "b"]),
            ("MAIL;lang-de", &["m"]),
            ("mail", &["n"]),
            ("unasked", &["x"]),
        ]);
        let (entry, rests) = reader.read(sent).unwrap();
        assert_eq!(entry.values("proxyAddresses").len(), 2);
        assert_eq!(entry.values("mail").len(), 2);
        assert!(!entry.has("unasked"));
        assert_eq!(rests.len(), 1);
        assert_eq!(rests[0].from, 2);
        assert!(rests[0].attribute.is("proxyAddresses"));
    }

    #[test]
    fn a_range_that_begins_elsewhere_is_not_the_one_asked_for() {
        let reader = EntryReader::new(&names(&["member;range=5000-5000"]));
        for odd in ["member", "member;range=0-1499", "member;range=0-*"] {
            let (entry, rests) = reader.read(entry(&[(odd, &["x"])])).unwrap();
            assert!(!entry.has("member;range=5000-5000"), "{odd}");
            assert!(rests.is_empty(), "{odd}");
        }
        let (entry, _) = reader
            .read(entry(&[("member;range=5000-*", &["x"])]))
            .unwrap();
        assert!(entry.has("member;range=5000-5000"));
    }

    #[test]
    fn the_last_range_and_a_range_asked_for_leave_nothing_missing() {
        let reader = EntryReader::new(&names(&["member;range=5000-5000", "description"]));
        let sent = entry(&[
            ("member;range=5000-5000", &["x"]),
            ("description;range=0-*", &["d"]),
        ]);
        let (entry, rests) = reader.read(sent).unwrap();
        assert!(entry.has("member;range=5000-5000"));
        assert!(entry.has("description"));
        assert_eq!(rests, []);
    }

    #[test]
    fn names_that_are_no_utf_8_and_values_of_the_wrong_kind_do_no_harm() {
        let reader = EntryReader::new(&names(&["mail"]));
        let odd = list(vec![
            tag(PL::P(vec![0xff])),
            list(vec![
                text("not a list"),
                list(vec![tag(PL::P(vec![0xff])), list(vec![text("v")])]),
                list(vec![
                    text("mail"),
                    list(vec![list(vec![]), tag(PL::P(vec![0xfe]))]),
                ]),
            ]),
        ]);
        let (entry, _) = reader.read(odd).unwrap();
        assert_eq!(entry.dn.as_str(), "\u{fffd}");
        assert_eq!(entry.values("mail"), [Value::from(vec![0xfe])]);
        assert!(reader.read(text("x")).is_err());
        assert!(reader.read(list(vec![text("CN=a")])).is_err());
    }

    fn any_tag() -> impl Strategy<Value = StructureTag> {
        let leaf =
            proptest::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| tag(PL::P(bytes)));
        leaf.prop_recursive(5, 40, 5, |inner| {
            proptest::collection::vec(inner, 0..5).prop_map(|parts| tag(PL::C(parts)))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_answer_makes_it_panic(sent in any_tag()) {
            let reader = EntryReader::new(&names(&["*"]));
            drop(reader.read(sent.clone()));
            drop(part(sent, &AttributeName::known("mail")));
        }

        #[test]
        fn any_range_option_is_read_or_ignored(option in "[0-9*-]{0,24}") {
            // A range that can be read names its first value.
            let described = format!("mail;range={option}");
            if missing_from(&described).is_some() {
                prop_assert!(option.starts_with(|c: char| c.is_ascii_digit()));
            }
        }
    }
}
