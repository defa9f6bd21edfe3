//! From a search result entry to a model entry, whatever the server sent.
//!
//! The entry is read in place, once: what nobody asked for is stepped over, and
//! nothing is copied but what is kept. Total: what is no entry is told in a
//! sentence, never a panic. An attribute sent twice is one; options are taken
//! off, and `;range=` (MS-ADTS 3.1.1.3.1.3.3) is noted so that the rest can be
//! fetched.

use memchr::memchr_iter;

use super::ber::{Elements, Malformed};
use crate::model::{AttributeName, AttributeTable, DistinguishedName, Entry, Value, Values};

/// How many different attributes an entry may have when all were asked for.
const MAX_ATTRIBUTES: usize = 1000;

/// How many attributes of those asked for an entry has at most, as a rule.
const USUAL: usize = 16;

/// Reads the entries of one search.
#[derive(Debug, Clone)]
pub(super) struct EntryReader {
    /// The names without options; of several with one name the first counts.
    names: AttributeTable,
    wanted: Vec<Wanted>,
    all: bool,
}

/// An attribute that was asked for.
#[derive(Debug, Clone)]
struct Wanted {
    name: AttributeName,
    /// The number of the first value, if only some were asked for.
    first: Option<u64>,
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
    pub(super) range: Range,
    pub(super) values: Values,
}

/// The numbers of the values in a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    first: u64,
    /// `None` if nothing follows.
    last: Option<u64>,
}

impl EntryReader {
    /// A reader that keeps `wanted` and nothing else; `*` keeps everything.
    pub(super) fn new(wanted: &[AttributeName]) -> Self {
        let mut reader = Self {
            names: AttributeTable::default(),
            wanted: Vec::new(),
            all: wanted.iter().any(|name| name.is("*")),
        };
        for name in wanted {
            let base = AttributeName::parse(name.without_options());
            if reader.names.add(&base.unwrap_or_else(|_odd| name.clone())) == reader.wanted.len() {
                reader.wanted.push(Wanted {
                    name: name.clone(),
                    first: Range::of(name.as_str().as_bytes()).map(|range| range.first),
                });
            }
        }
        reader
    }

    /// The entry that `sent`, the content of a `SearchResultEntry`, tells of,
    /// and what of it is still to be fetched.
    pub(super) fn read(&self, sent: &[u8]) -> Result<(Entry, Vec<Rest>), String> {
        let mut parts = Elements::of(sent);
        let name = parts.next_primitive().ok().flatten();
        let name = name.ok_or("an entry without a name was left out")?;
        let name = String::from_utf8_lossy(name);
        let dn = DistinguishedName::from_server(name);
        let mut entry = Entry::with_room(dn, self.wanted.len().min(USUAL));
        let rests = match parts.next_constructed() {
            Ok(Some(attributes)) => self.read_attributes(attributes, &mut entry),
            Ok(None) => Err(Malformed("no list of attributes")),
            Err(error) => Err(error),
        };
        match rests {
            Ok(rests) => Ok((entry, rests)),
            Err(Malformed(why)) => Err(format!(
                "the entry {} is malformed ({why}) and was left out",
                entry.dn
            )),
        }
    }

    fn read_attributes(&self, sent: &[u8], entry: &mut Entry) -> Result<Vec<Rest>, Malformed> {
        let mut rests = Vec::new();
        let mut seen = Seen::default();
        let mut attributes = Elements::of(sent);
        while let Some((described, values)) = next_attribute(&mut attributes)? {
            let number = self.names.find_text(described);
            match number.and_then(|number| self.wanted.get(number)) {
                Some(Wanted { name, first: None }) => {
                    let values = read_values(values)?;
                    if !values.is_empty() && seen.is_new(number) {
                        entry.add_new(name.clone(), values);
                    } else if !values.is_empty() {
                        entry.add(name.clone(), values);
                    }
                }
                // Who asks for a range by number gets that and no more: what
                // begins elsewhere comes from a server that knows no ranges.
                Some(_) => {}
                None => {
                    let before = entry.attributes().len();
                    rests.extend(self.read_odd(described, values, entry)?);
                    seen.odd |= entry.attributes().len() > before;
                }
            }
        }
        Ok(rests)
    }

    /// Reads an attribute that is not named as it was asked for; tells what of it
    /// is missing.
    fn read_odd(
        &self,
        described: &[u8],
        values: &[u8],
        entry: &mut Entry,
    ) -> Result<Option<Rest>, Malformed> {
        let base = base_of(described);
        let number = self.names.find_text(base);
        let range = Range::of(described);
        let name = match number.and_then(|number| self.wanted.get(number)) {
            Some(wanted) if wanted.first.is_none() => wanted.name.clone(),
            Some(wanted) if wanted.first == range.map(|range| range.first) => {
                entry.add(wanted.name.clone(), read_values(values)?);
                return Ok(None);
            }
            None if self.all && entry.attributes().len() < MAX_ATTRIBUTES => {
                let base = std::str::from_utf8(base).unwrap_or_default();
                let Ok(name) = AttributeName::parse(base) else {
                    return Ok(None);
                };
                name
            }
            _ => return Ok(None),
        };
        let values = read_values(values)?;
        let rest = match range {
            Some(range) if range.first != 0 => {
                return Err(Malformed("a range that was not asked for"));
            }
            Some(range) => range.rest(values.len())?,
            None => None,
        };
        if !values.is_empty() {
            entry.add(name.clone(), values);
        }
        Ok(rest.map(|from| Rest {
            attribute: name,
            from,
        }))
    }
}

/// Which attributes an entry has already, so that each need not be looked for
/// among the others.
#[derive(Debug, Default)]
struct Seen {
    /// A bit for each of the first attributes that were asked for.
    numbers: u128,
    /// Whether it has others, too.
    odd: bool,
}

impl Seen {
    /// Whether the entry does not have the attribute of that number; from now
    /// on it does.
    fn is_new(&mut self, number: Option<usize>) -> bool {
        let bit = number
            .and_then(|number| u32::try_from(number).ok())
            .and_then(|number| 1_u128.checked_shl(number));
        let is_new = bit.is_some_and(|bit| self.numbers & bit == 0) && !self.odd;
        self.numbers |= bit.unwrap_or_default();
        is_new
    }
}

impl Range {
    /// What a `;range=` option in an attribute description says; `*` has no
    /// last.
    fn of(described: &[u8]) -> Option<Self> {
        let options = described.get(base_of(described).len()..)?;
        let option = options.split(|byte| *byte == b';').find_map(|option| {
            let (key, value) = option.split_at_checked(RANGE.len())?;
            key.eq_ignore_ascii_case(RANGE).then_some(value)
        })?;
        let (first, last) = std::str::from_utf8(option).ok()?.split_once('-')?;
        Some(Self {
            first: first.parse().ok()?,
            last: match last {
                "*" => None,
                number => Some(number.parse().ok()?),
            },
        })
    }

    /// The number of the first value that is missing behind a part of `count`
    /// values; `None` if none is. A part that does not hold as many as it says
    /// would lose some.
    pub(super) fn rest(&self, count: usize) -> Result<Option<u64>, Malformed> {
        let Some(last) = self.last else {
            return Ok(None);
        };
        let told = last
            .checked_sub(self.first)
            .and_then(|more| more.checked_add(1));
        match last.checked_add(1) {
            Some(next) if told == u64::try_from(count).ok() => Ok(Some(next)),
            _ => Err(Malformed(
                "a range with another number of values than it says",
            )),
        }
    }

    /// The number of the first value.
    pub(super) fn first(&self) -> u64 {
        self.first
    }
}

/// How the option begins that makes a description one of a part.
const RANGE: &[u8] = b"range=";

/// An attribute description without its options.
fn base_of(described: &[u8]) -> &[u8] {
    let end = described.iter().position(|byte| *byte == b';');
    described
        .get(..end.unwrap_or(described.len()))
        .unwrap_or_default()
}

/// Whether anything in these messages may be a part of an attribute. Most of
/// them hold no semicolon at all.
pub(super) fn may_hold_ranges(messages: &[u8]) -> bool {
    memchr_iter(b';', messages).any(|at| {
        let option = messages.get(at + 1..at + 1 + RANGE.len());
        option.is_some_and(|option| option.eq_ignore_ascii_case(RANGE))
    })
}

/// The name of an entry, as it was sent.
pub(super) fn name_of(sent: &[u8]) -> Option<&[u8]> {
    Elements::of(sent).next_primitive().ok()?
}

/// A part of one attribute of an entry: for fetching the rest of a long one.
pub(super) fn part(sent: &[u8], attribute: &AttributeName) -> Result<Option<Part>, Malformed> {
    let mut parts = Elements::of(sent);
    parts.next()?;
    let mut attributes = Elements::of(parts.next_constructed()?.unwrap_or_default());
    while let Some((described, values)) = next_attribute(&mut attributes)? {
        let is_it = base_of(described).eq_ignore_ascii_case(attribute.as_str().as_bytes());
        if let Some(range) = Range::of(described).filter(|_| is_it) {
            let values = read_values(values)?;
            return Ok(Some(Part { range, values }));
        }
    }
    Ok(None)
}

/// The description of an attribute, and its values as they were sent.
type Described<'a> = (&'a [u8], &'a [u8]);

/// The next attribute of a list.
#[inline]
fn next_attribute<'a>(attributes: &mut Elements<'a>) -> Result<Option<Described<'a>>, Malformed> {
    let Some(attribute) = attributes.next_constructed()? else {
        return Ok(None);
    };
    let mut parts = Elements::of(attribute);
    match (parts.next_primitive()?, parts.next_constructed()?) {
        (Some(described), Some(values)) => Ok(Some((described, values))),
        _ => Err(Malformed("an attribute without values")),
    }
}

fn read_values(sent: &[u8]) -> Result<Values, Malformed> {
    let mut elements = Elements::of(sent);
    let mut values = Values::new();
    while let Some(value) = elements.next_primitive()? {
        values.push(Value::from(value));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84], &length[..], content].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        element(0x04, text.as_bytes())
    }

    fn list(parts: &[Vec<u8>]) -> Vec<u8> {
        element(0x30, &parts.concat())
    }

    fn attribute(name: &str, values: &[&str]) -> Vec<u8> {
        let values: Vec<_> = values.iter().map(|value| text(value)).collect();
        list(&[text(name), list(&values)])
    }

    fn entry(attributes: &[(&str, &[&str])]) -> Vec<u8> {
        let attributes = attributes.iter();
        let attributes: Vec<_> = attributes
            .map(|(name, values)| attribute(name, values))
            .collect();
        [text("CN=a,DC=x"), list(&attributes)].concat()
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
        assert!(may_hold_ranges(&sent));
        let (entry, rests) = reader.read(&sent).unwrap();
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
            let (entry, rests) = reader.read(&entry(&[(odd, &["x"])])).unwrap();
            assert!(!entry.has("member;range=5000-5000"), "{odd}");
            assert!(rests.is_empty(), "{odd}");
        }
        let (entry, _) = reader
            .read(&entry(&[("member;Range=5000-*", &["x"])]))
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
        let (entry, rests) = reader.read(&sent).unwrap();
        assert!(entry.has("member;range=5000-5000"));
        assert!(entry.has("description"));
        assert_eq!(rests, []);
    }

    #[test]
    fn a_range_must_hold_as_many_values_as_it_says() {
        let reader = EntryReader::new(&names(&["mail"]));
        let odd = |range: &str, values: &[&str]| {
            let described = format!("mail;range={range}");
            reader.read(&entry(&[(&described, values)])).unwrap_err()
        };
        let another = "the entry CN=a,DC=x is malformed (a range with another number of values \
                       than it says) and was left out";
        assert_eq!(odd("0-1", &["a"]), another);
        assert_eq!(odd("0-1", &[]), another);
        assert_eq!(odd("0-18446744073709551615", &["a"]), another);
        assert!(odd("1-1", &["a"]).contains("a range that was not asked for"));
    }

    #[test]
    fn what_is_no_entry_is_told_by_its_name() {
        let reader = EntryReader::new(&names(&["mail"]));
        let fails = |sent: &[u8]| reader.read(sent).unwrap_err();
        assert_eq!(fails(&list(&[])), "an entry without a name was left out");
        let named = |why: &str| format!("the entry CN=a is malformed ({why}) and was left out");
        let with = |list: Vec<u8>| [text("CN=a"), list].concat();
        assert_eq!(fails(&text("CN=a")), named("no list of attributes"));
        let wrong_kind = named("an element of the wrong kind");
        assert_eq!(fails(&with(text("no list"))), wrong_kind);
        assert_eq!(fails(&with(list(&[text("no list")]))), wrong_kind);
        let nested = list(&[text("mail"), list(&[list(&[])])]);
        assert_eq!(fails(&with(list(&[nested]))), wrong_kind);
        let without = with(list(&[list(&[text("mail")])]));
        assert_eq!(fails(&without), named("an attribute without values"));
        let cut = with(vec![0x30, 5, 0x30]);
        assert_eq!(fails(&cut), named("an element is cut off"));
    }

    #[test]
    fn names_and_values_that_are_no_utf_8_do_no_harm() {
        let reader = EntryReader::new(&names(&["mail"]));
        let bytes = |byte| element(0x04, &[byte]);
        let attributes = [
            list(&[bytes(0xff), list(&[text("v")])]),
            list(&[text("mail"), list(&[bytes(0xfe)])]),
        ];
        let sent = [bytes(0xff), list(&attributes)].concat();
        let (entry, _) = reader.read(&sent).unwrap();
        assert_eq!(entry.dn.as_str(), "\u{fffd}");
        assert_eq!(entry.values("mail"), [Value::from(vec![0xfe])]);
    }

    /// Elements in each other, with lengths that may be wrong.
    fn any_elements() -> impl Strategy<Value = Vec<u8>> {
        let bytes = proptest::collection::vec(any::<u8>(), 0..12);
        let leaf = (any::<u8>(), bytes).prop_map(|(tag, bytes)| element(tag & 0xdf, &bytes));
        leaf.prop_recursive(5, 40, 5, |inner| {
            let parts = proptest::collection::vec(inner, 0..5);
            (parts, any::<bool>()).prop_map(|(parts, cut)| {
                let mut sent = list(&parts);
                if cut {
                    sent.pop();
                }
                sent
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_answer_makes_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            elements in any_elements(),
            named in any_elements(),
        ) {
            let reader = EntryReader::new(&names(&["*"]));
            for sent in [bytes, elements, [text("CN=a"), named].concat()] {
                drop(reader.read(&sent));
                drop(part(&sent, &AttributeName::known("mail")));
            }
        }

        #[test]
        fn any_range_option_is_read_or_ignored(option in "[0-9*-]{0,24}") {
            // A range that can be read names its first value.
            let described = format!("mail;range={option}");
            if Range::of(described.as_bytes()).is_some() {
                prop_assert!(option.starts_with(|c: char| c.is_ascii_digit()));
            }
        }
    }
}
