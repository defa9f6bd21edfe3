//! Distinguished names as text (RFC 4514), with the comparisons idmend needs.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr3;

/// A distinguished name, kept exactly as the server or the file wrote it.
///
/// Names typed by a person go through [`DistinguishedName::parse`], which
/// refuses what is none. Names that a server sent are taken as they are with
/// [`DistinguishedName::from_server`]; a malformed one then has fewer parts,
/// but is never lost and never fatal. Equality is that of the text; use
/// [`DistinguishedName::key`] to compare as a directory would.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DistinguishedName(Box<str>);

/// One relative name, unescaped. Of a multi-valued RDN (`a=1+b=2`) this is the
/// first pair; Active Directory has no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rdn<'a> {
    /// The attribute type, such as `CN`.
    pub attribute: &'a str,
    /// The value with its escapes undone. Escaped bytes that are not UTF-8
    /// become U+FFFD.
    pub value: Cow<'a, str>,
}

/// Why a text is no distinguished name, and where it stops being one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a distinguished name: {reason} at character {position}")]
pub struct DnError {
    /// The text, shortened.
    text: String,
    /// What is wrong.
    reason: &'static str,
    /// Where, counted from 1 in characters.
    position: usize,
}

impl DistinguishedName {
    /// Takes a name that a person wrote; the empty name (the root) is refused.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        let refuse = |reason, byte: usize| DnError {
            text: text.chars().take(120).collect(),
            reason,
            position: text.char_indices().take_while(|(at, _)| *at < byte).count() + 1,
        };
        if text.trim().is_empty() {
            return Err(refuse("it is empty", 0));
        }
        for part in parts(text, b',') {
            let offset = part.as_ptr() as usize - text.as_ptr() as usize;
            if parse_rdn(part).is_none() {
                return Err(refuse("an attribute=value pair is expected", offset));
            }
        }
        Ok(Self(text.trim().into()))
    }

    /// Takes a name as it came from a server or a file, whatever it is.
    pub fn from_server(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The relative names from the entry up to the root. Parts that are no
    /// attribute=value pair are left out.
    pub fn rdns(&self) -> impl Iterator<Item = Rdn<'_>> {
        parts(&self.0, b',').filter_map(parse_rdn)
    }

    /// The value of the first relative name: the entry's own name.
    pub fn name(&self) -> Cow<'_, str> {
        let first = self.rdns().next();
        first.map_or(Cow::Borrowed(self.as_str()), |rdn| rdn.value)
    }

    /// The name of the container, empty for a name of one part.
    pub fn parent(&self) -> &str {
        let first = parts(&self.0, b',').next().map_or(0, str::len);
        self.0.get(first + 1..).unwrap_or_default().trim_start()
    }

    /// A form in which equal names are equal texts: types and values in lower
    /// case, escapes undone, white space around the parts dropped. Parts are
    /// joined by U+0001, which no name in a directory holds.
    pub fn key(&self) -> String {
        let mut key = String::with_capacity(self.0.len());
        for rdn in self.rdns() {
            if !key.is_empty() {
                key.push('\u{1}');
            }
            push_lower(&mut key, rdn.attribute);
            key.push('=');
            push_lower(&mut key, &rdn.value);
        }
        key
    }

    /// Whether this is `base` or an entry below it.
    pub fn is_within(&self, base: &Self) -> bool {
        key_is_within(&self.key(), &base.key())
    }

    /// The DNS name that the trailing `DC=` parts spell, in lower case.
    pub fn dns_name(&self) -> Option<String> {
        let mut labels: Vec<String> = Vec::new();
        for rdn in self.rdns() {
            if rdn.attribute.eq_ignore_ascii_case("DC") {
                labels.push(rdn.value.to_lowercase());
            } else {
                labels.clear();
            }
        }
        (!labels.is_empty()).then(|| labels.join("."))
    }

    /// The trailing `DC=` parts as a name: the naming context of a domain.
    pub fn domain_part(&self) -> Option<Self> {
        let parts: Vec<&str> = parts(&self.0, b',').collect();
        let is_dc = |part: &&&str| {
            parse_rdn(part).is_some_and(|rdn| rdn.attribute.eq_ignore_ascii_case("DC"))
        };
        let count = parts.iter().rev().take_while(is_dc).count();
        let tail = &parts[parts.len() - count..];
        (count > 0).then(|| Self(tail.join(",").into()))
    }

    /// The path of the container from the top, as canonicalName writes it
    /// without the domain: `Sales/Berlin`. Empty for an entry directly below
    /// its domain.
    pub fn container_path(&self) -> String {
        let mut names: Vec<Cow<'_, str>> = self
            .rdns()
            .skip(1)
            .filter(|rdn| !rdn.attribute.eq_ignore_ascii_case("DC"))
            .map(|rdn| rdn.value)
            .collect();
        names.reverse();
        names.join("/")
    }
}

/// Whether the entry with the first [`DistinguishedName::key`] is, or lies
/// below, the one with the second.
pub(crate) fn key_is_within(key: &str, base: &str) -> bool {
    key.strip_suffix(base)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('\u{1}') || base.is_empty())
}

/// Appends `text` in lower case.
fn push_lower(key: &mut String, text: &str) {
    let from = key.len();
    key.push_str(text);
    match key.get_mut(from..) {
        Some(own) if own.is_ascii() => own.make_ascii_lowercase(),
        _ => {
            key.truncate(from);
            key.extend(text.chars().flat_map(char::to_lowercase));
        }
    }
}

/// The parts of `text` between the separators, which are ASCII, that no
/// backslash and no quote protects.
fn parts(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_part(text.as_bytes(), separator);
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// Where the first of such separators stands.
fn end_of_part(text: &[u8], separator: u8) -> Option<usize> {
    let (mut at, mut quoted) = (0, false);
    loop {
        at += memchr3(separator, b'\\', b'"', text.get(at..)?)?;
        match text.get(at)? {
            // It protects what follows.
            b'\\' => at += 2,
            b'"' => {
                quoted = !quoted;
                at += 1;
            }
            _ if quoted => at += 1,
            _ => return Some(at),
        }
    }
}

fn parse_rdn(part: &str) -> Option<Rdn<'_>> {
    let (attribute, value) = parts(part, b'+').next()?.split_once('=')?;
    let attribute = attribute.trim();
    let is_type = !attribute.is_empty()
        && attribute
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if !is_type {
        return None;
    }
    Some(Rdn {
        attribute,
        value: unescape(value)?,
    })
}

/// Undoes `\,`-style and `\2C`-style escapes and surrounding quotes; `None`
/// for a backslash at the end. A `#`-hex value is left as it is written.
fn unescape(value: &str) -> Option<Cow<'_, str>> {
    let value = trim_unescaped(value);
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    let inner = if quoted {
        value.get(1..value.len() - 1)?
    } else {
        value
    };
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        match tail {
            [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |b: u8| char::from(b).to_digit(16).unwrap_or_default();
                bytes.push(u8::try_from(digit(*high) * 16 + digit(*low)).unwrap_or_default());
                rest = after;
            }
            [literal, after @ ..] => {
                bytes.push(*literal);
                rest = after;
            }
            [] => return None,
        }
    }
    Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Drops white space around a value, but not a trailing escaped space.
fn trim_unescaped(value: &str) -> &str {
    let start = value.trim_start();
    let end = start.trim_end();
    let backslashes = end.bytes().rev().take_while(|b| *b == b'\\').count();
    if backslashes % 2 == 1 && end.len() < start.len() {
        start.get(..=end.len()).unwrap_or(start)
    } else {
        end
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap()
    }

    #[test]
    fn parts_are_unescaped() {
        let name = dn(r"CN=Meyer\, Anna \2B x,OU=Sales\20,OU=a\=b,DC=contoso,DC=test");
        let values: Vec<_> = name.rdns().map(|rdn| rdn.value).collect();
        assert_eq!(
            values,
            ["Meyer, Anna + x", "Sales ", "a=b", "contoso", "test"]
        );
        assert_eq!(name.parent(), r"OU=Sales\20,OU=a\=b,DC=contoso,DC=test");
        assert_eq!(name.dns_name().as_deref(), Some("contoso.test"));
        assert_eq!(name.domain_part().unwrap().as_str(), "DC=contoso,DC=test");
        assert_eq!(name.container_path(), "a=b/Sales ");
    }

    #[test]
    fn keys_compare_as_a_directory_does() {
        assert_eq!(
            dn("cn=A\\2cb, OU=x,DC=y").key(),
            dn("CN=a\\,B,ou=X,dc=Y").key()
        );
        assert_ne!(dn("CN=a,OU=x").key(), dn("CN=a,CN=x").key());
        assert!(dn("CN=a,OU=Sales,DC=y").is_within(&dn("ou=sales,dc=Y")));
        assert!(dn("OU=Sales,DC=y").is_within(&dn("OU=Sales,DC=y")));
        assert!(!dn("CN=a,OU=PreSales,DC=y").is_within(&dn("Sales=x,DC=y")));
        assert!(!dn("CN=a,XOU=Sales,DC=y").is_within(&dn("OU=Sales,DC=y")));
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_place() {
        let error = DistinguishedName::parse("OU=Sales,berlin,DC=x").unwrap_err();
        assert_eq!(
            error.to_string(),
            "'OU=Sales,berlin,DC=x' is not a distinguished name: \
             an attribute=value pair is expected at character 10"
        );
        for bad in ["", " ", "x", "=y", "CN=a\\", "CN=a,,DC=b"] {
            assert!(DistinguishedName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_malformed_name_from_a_server_is_kept() {
        let name = DistinguishedName::from_server("garbage\u{0},DC=x");
        assert_eq!(name.as_str(), "garbage\u{0},DC=x");
        assert_eq!(name.name(), "x");
        assert_eq!(name.parent(), "DC=x");
    }
}
