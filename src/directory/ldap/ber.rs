//! Reading BER (ITU-T X.690) as LDAP uses it, without trust: definite lengths,
//! low tag numbers, bounded nesting and size (RFC 4511, 5.1).
//!
//! Nothing here can panic or recurse without bound, whatever the bytes are.
//! Requests are written with ldap3.

use std::ops::Range;

/// The longest message that is kept, in bytes. An entry that is longer is
/// passed over.
pub(super) const MAX_MESSAGE: usize = 64 << 20;

/// The longest message that is passed over, in bytes: a longer one is no
/// message.
const MAX_PASSED_OVER: usize = 1 << 30;

/// The deepest nesting that is taken. The deepest that LDAP itself has in an
/// answer is 6 (message, entry, attributes, attribute, set, value).
const MAX_DEPTH: u8 = 12;

/// The bit of a tag that says that elements are inside.
const CONSTRUCTED: u8 = 0x20;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed answer: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// One element: its tag byte, and where its content lies.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) tag: u8,
    pub(super) content: Range<usize>,
}

impl Element {
    /// Whether it holds elements rather than bytes.
    pub(super) fn is_constructed(&self) -> bool {
        self.tag & CONSTRUCTED != 0
    }

    /// The tag's number, without its class.
    pub(super) fn number(&self) -> u8 {
        self.tag & 0x1f
    }
}

/// How long the message at the start of `bytes` is, header included; `None` if
/// that cannot be told yet.
pub(super) fn message_length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some((tag, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    if *tag != 0x30 {
        return Err(Malformed("it is no LDAP message"));
    }
    let Some((header, length)) = read_length(rest)? else {
        return Ok(None);
    };
    if length > MAX_PASSED_OVER {
        return Err(Malformed("a message of more than 1 GiB"));
    }
    Ok(Some(1 + header + length))
}

/// The tag of the element at the start of `bytes`, and what there is of its
/// content, which may go on; `None` if not even that can be told.
pub(super) fn beginning(bytes: &[u8]) -> Result<Option<(u8, &[u8])>, Malformed> {
    let Some((tag, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let Some((header, length)) = read_length(rest)? else {
        return Ok(None);
    };
    let content = rest.get(header..).unwrap_or_default();
    Ok(Some((*tag, content.get(..length).unwrap_or(content))))
}

/// Elements that follow each other, read in place one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The elements that make up `bytes`.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The tag and the content of the next one; `None` after the last.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, Malformed> {
        let cut = Malformed("an element is cut off");
        let (tag, length, rest) = match self.0 {
            [] => return Ok(None),
            // Nearly all elements are this short.
            [tag, length, rest @ ..] if *length < 0x80 => (*tag, usize::from(*length), rest),
            [tag, rest @ ..] => {
                let (header, length) = read_length(rest)?.ok_or(cut)?;
                (*tag, length, rest.get(header..).unwrap_or_default())
            }
        };
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag that LDAP does not have"));
        }
        let (content, after) = rest.split_at_checked(length).ok_or(cut)?;
        self.0 = after;
        Ok(Some((tag, content)))
    }

    /// The content of the next one, which must hold elements; `None` after the
    /// last.
    #[inline]
    pub(super) fn next_constructed(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        self.next_of_kind(CONSTRUCTED)
    }

    /// The content of the next one, which must hold bytes; `None` after the
    /// last.
    #[inline]
    pub(super) fn next_primitive(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        self.next_of_kind(0)
    }

    #[inline]
    fn next_of_kind(&mut self, kind: u8) -> Result<Option<&'a [u8]>, Malformed> {
        match self.next()? {
            Some((tag, content)) if tag & CONSTRUCTED == kind => Ok(Some(content)),
            Some(_) => Err(Malformed("an element of the wrong kind")),
            None => Ok(None),
        }
    }
}

/// The element that begins at `range.start` and ends within `range`.
pub(super) fn element(bytes: &[u8], range: &Range<usize>) -> Result<Element, Malformed> {
    let cut = Malformed("an element is cut off");
    let (tag, rest) = bytes
        .get(range.clone())
        .and_then(<[u8]>::split_first)
        .ok_or(cut)?;
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag that LDAP does not have"));
    }
    let (header, length) = read_length(rest)?.ok_or(cut)?;
    if length > rest.len() - header {
        return Err(cut);
    }
    let start = range.start + 1 + header;
    Ok(Element {
        tag: *tag,
        content: start..start + length,
    })
}

/// The elements that make up `range`, `limit` at most.
pub(super) fn elements(
    bytes: &[u8],
    range: &Range<usize>,
    limit: usize,
) -> Result<Vec<Element>, Malformed> {
    let mut found = Vec::new();
    let mut rest = range.clone();
    while !rest.is_empty() {
        if found.len() == limit {
            return Err(Malformed("more elements than LDAP has there"));
        }
        let next = element(bytes, &rest)?;
        rest.start = next.content.end;
        found.push(next);
    }
    Ok(found)
}

/// Checks that every element within `range` ends where it should and that
/// nothing is nested deeper than LDAP nests.
pub(super) fn check(bytes: &[u8], range: &Range<usize>) -> Result<(), Malformed> {
    check_below(bytes, range, MAX_DEPTH)
}

fn check_below(bytes: &[u8], range: &Range<usize>, depth: u8) -> Result<(), Malformed> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Malformed("elements nested too deeply"));
    };
    let mut rest = range.clone();
    while !rest.is_empty() {
        let next = element(bytes, &rest)?;
        rest.start = next.content.end;
        if next.is_constructed() {
            check_below(bytes, &next.content, depth)?;
        }
    }
    Ok(())
}

/// The integer in `range`, which must have 1 to 4 bytes and not be negative.
pub(super) fn integer(bytes: &[u8], range: &Range<usize>) -> Result<i32, Malformed> {
    number(bytes.get(range.clone()).unwrap_or_default())
}

/// The integer that `digits` write, as [`integer`] reads it.
pub(super) fn number(digits: &[u8]) -> Result<i32, Malformed> {
    let wrong = Malformed("a number out of range");
    if !(1..=4).contains(&digits.len()) {
        return Err(wrong);
    }
    let value = digits
        .iter()
        .fold(0_u32, |value, digit| (value << 8) | u32::from(*digit));
    i32::try_from(value).map_err(|_negative| wrong)
}

/// The length of the length field, and the length; `None` if it is cut off.
fn read_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    if *first < 0x80 {
        return Ok(Some((1, usize::from(*first))));
    }
    let count = usize::from(*first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(Malformed("a length that LDAP does not allow"));
    }
    Ok(rest.get(..count).map(|digits| {
        let length = digits
            .iter()
            .fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
        (1 + count, length)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_short_and_long_form() {
        assert_eq!(message_length(&[]), Ok(None));
        assert_eq!(message_length(&[0x30]), Ok(None));
        assert_eq!(message_length(&[0x30, 5]), Ok(Some(7)));
        assert_eq!(message_length(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(message_length(&[0x30, 0x82, 1, 0]), Ok(Some(4 + 256)));
        assert!(message_length(b"HTTP/1.1 400").is_err());
        assert!(message_length(&[0x30, 0x80]).is_err());
        assert!(message_length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    #[test]
    fn deep_nesting_and_overlong_elements_are_refused() {
        let mut deep = Vec::new();
        for _ in 0..60 {
            deep.splice(0..0, [0x30, u8::try_from(deep.len()).unwrap()]);
        }
        assert_eq!(
            check(&deep, &(0..deep.len())),
            Err(Malformed("elements nested too deeply"))
        );
        let over = [0x30, 3, 0x04, 5, b'a'];
        assert!(check(&over, &(0..over.len())).is_err());
        assert!(check(&over, &(0..99)).is_err());
    }
}
