//! What a server may answer: only well-formed answers to what was asked pass.
//!
//! ldap3 panics on answers that are no proper LDAP, and recurses as deep as an
//! answer is nested. The guard reads the same bytes first, without trust: each
//! message must be shaped as RFC 4511 says, and must answer a request that is
//! under way. The first that is not ends the connection, with the reason kept
//! for people to read. Searches do not go through ldap3; the ends of theirs are
//! read here, their entries elsewhere, as totally.

use std::collections::HashMap;
use std::ops::Range;

use super::ber::{self, Element, Malformed};

/// The paged results control, RFC 2696.
pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// What ldap3 asked, by message number.
pub(super) type Pending = HashMap<i32, Asked>;

/// What an answer must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Bind,
    Modify,
    Extended,
}

/// Remembers what a request of ours asks for.
pub(super) fn note_request(message: &[u8], pending: &mut Pending) {
    let Ok((id, operation, _)) = split(message) else {
        return;
    };
    let asked = match operation.tag {
        0x60 => Asked::Bind,
        0x66 => Asked::Modify,
        0x77 => Asked::Extended,
        0x50 => {
            if let Ok(abandoned) = ber::integer(message, &operation.content) {
                pending.remove(&abandoned);
            }
            return;
        }
        _ => return,
    };
    pending.insert(id, asked);
}

/// Judges an answer to ldap3: whether to pass it on, or why the connection must
/// end.
pub(super) fn inspect(message: &mut [u8], pending: &mut Pending) -> Result<bool, String> {
    let words = |error: Malformed| error.to_string();
    let (id, operation, controls) = split(message).map_err(words)?;
    if id == 0 {
        return Err(disconnection(message, &operation));
    }
    ber::check(message, &(0..message.len())).map_err(words)?;
    if controls
        .as_ref()
        .is_some_and(|controls| controls.tag != 0xa0)
    {
        return Err(Malformed("controls of the wrong shape").to_string());
    }
    let Some(asked) = pending.get(&id) else {
        return Ok(false);
    };
    match (asked, operation.tag) {
        (Asked::Bind, BIND_RESPONSE)
        | (Asked::Modify, 0x67)
        | (Asked::Extended, EXTENDED_RESPONSE) => {}
        // An intermediate response: idmend asks for nothing that has any.
        (_, INTERMEDIATE_RESPONSE) => return Ok(false),
        _ => return Err(Malformed("an answer to something else").to_string()),
    }
    pending.remove(&id);
    check_result(message, &operation.content).map_err(words)?;
    if let Some(controls) = controls {
        check_controls(message, &controls).map_err(words)?;
    }
    Ok(true)
}

/// Message number, operation, and controls.
pub(super) fn split(message: &[u8]) -> Result<(i32, Element, Option<Element>), Malformed> {
    let whole = ber::element(message, &(0..message.len()))?;
    if whole.tag != 0x30 {
        return Err(Malformed("it is no LDAP message"));
    }
    let mut parts = ber::elements(message, &whole.content, 3)?.into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(id), Some(operation), controls) if id.tag == 0x02 => {
            Ok((ber::integer(message, &id.content)?, operation, controls))
        }
        _ => Err(Malformed("it is no LDAP message")),
    }
}

/// The tags of answers (RFC 4511, 4.2 to 4.13).
pub(super) const BIND_RESPONSE: u8 = 0x61;
pub(super) const SEARCH_ENTRY: u8 = 0x64;
pub(super) const SEARCH_DONE: u8 = 0x65;
pub(super) const SEARCH_REFERENCE: u8 = 0x73;
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;
pub(super) const INTERMEDIATE_RESPONSE: u8 = 0x79;

/// The answer to a request that was not ldap3's: a search, a bind with SASL,
/// `StartTLS`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u32,
    pub(super) text: String,
    /// serverSaslCreds of a bind (RFC 4511, 4.2.2).
    pub(super) sasl: Option<Vec<u8>>,
    /// Where the next page of a search begins, empty after the last; `None` if
    /// the server did not page.
    pub(super) cookie: Option<Vec<u8>>,
}

/// Reads the answer to the request of this number, which has this tag. The
/// error is a reason for people.
pub(super) fn result(message: &mut [u8], number: i32, tag: u8) -> Result<Answer, String> {
    let words = |error: Malformed| error.to_string();
    let (id, operation, controls) = split(message).map_err(words)?;
    if id == 0 {
        return Err(disconnection(message, &operation));
    }
    ber::check(message, &operation.content).map_err(words)?;
    if id != number || operation.tag != tag {
        return Err(words(Malformed("an answer to something else")));
    }
    check_result(message, &operation.content).map_err(words)?;
    let parts = ber::elements(message, &operation.content, 8).map_err(words)?;
    let content = |part: &Element| message.get(part.content.clone()).unwrap_or_default();
    let (Some(code), Some(text)) = (parts.first(), parts.get(2)) else {
        return Err(words(Malformed("an incomplete result")));
    };
    let cookie = match &controls {
        Some(controls) => cookie(message, controls).map_err(words)?,
        None => None,
    };
    Ok(Answer {
        code: ber::integer(message, &code.content)
            .map_err(words)?
            .unsigned_abs(),
        text: String::from_utf8_lossy(content(text)).into_owned(),
        cookie,
        sasl: parts
            .iter()
            .find(|part| part.tag == 0x87)
            .map(|part| content(part).to_vec()),
    })
}

/// The cookie of the paged results control among `controls`, if there is one.
fn cookie(message: &[u8], controls: &Element) -> Result<Option<Vec<u8>>, Malformed> {
    for control in ber::elements(message, &controls.content, 64)? {
        let parts = ber::elements(message, &control.content, 3)?;
        let content = |part: &Element| message.get(part.content.clone()).unwrap_or_default();
        let [name, .., value] = parts.as_slice() else {
            continue;
        };
        if content(name) == PAGED_RESULTS.as_bytes() {
            return read_cookie(content(value)).map(Some);
        }
    }
    Ok(None)
}

/// The cookie in the value of a paged results control.
fn read_cookie(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    let whole = ber::element(value, &(0..value.len()))?;
    let parts = ber::elements(value, &whole.content, 2)?;
    let cookie = parts
        .get(1)
        .and_then(|part| value.get(part.content.clone()))
        .ok_or(Malformed("a paging control of the wrong shape"))?;
    Ok(cookie.to_vec())
}

/// What a Notice of Disconnection (RFC 4511, 4.4.1) says. Active Directory
/// puts the notice's name where controls belong; that is no fault here.
fn disconnection(message: &[u8], operation: &Element) -> String {
    let text = ber::elements(message, &operation.content, 8)
        .ok()
        .and_then(|parts| parts.get(2).map(|part| part.content.clone()))
        .and_then(|range| message.get(range))
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .unwrap_or_default();
    if text.trim().is_empty() {
        "the server ended it".to_owned()
    } else {
        format!("the server ended it: {}", text.trim())
    }
}

/// Checks an `LDAPResult` (RFC 4511, 4.1.9) and what may follow it, and makes
/// its texts UTF-8.
fn check_result(message: &mut [u8], range: &Range<usize>) -> Result<(), Malformed> {
    let parts = ber::elements(message, range, 8)?;
    let [code, matched, text, more @ ..] = parts.as_slice() else {
        return Err(Malformed("an incomplete result"));
    };
    if code.tag != 0x0a || matched.tag != 0x04 || text.tag != 0x04 {
        return Err(Malformed("a result of the wrong shape"));
    }
    ber::integer(message, &code.content)?;
    make_utf8(message, &matched.content);
    make_utf8(message, &text.content);
    for part in more {
        match (part.number(), part.is_constructed()) {
            (3, true) => {
                for referral in ber::elements(message, &part.content, 1000)? {
                    if referral.is_constructed() {
                        return Err(Malformed("a referral of the wrong shape"));
                    }
                    make_utf8(message, &referral.content);
                }
            }
            (10, false) => make_utf8(message, &part.content),
            (3, false) | (7 | 10 | 11, true) => {
                return Err(Malformed("a result of the wrong shape"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks the controls of an answer (RFC 4511, 4.1.11).
fn check_controls(message: &mut [u8], controls: &Element) -> Result<(), Malformed> {
    let wrong = Malformed("a control of the wrong shape");
    for control in ber::elements(message, &controls.content, 64)? {
        let parts = ber::elements(message, &control.content, 3)?;
        let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
        let name = match (control.tag, tags.as_slice(), parts.as_slice()) {
            (0x30, [0x04] | [0x04, 0x04], [name, ..]) => name,
            (0x30, [0x04, 0x01] | [0x04, 0x01, 0x04], [name, critical, ..])
                if !critical.content.is_empty() =>
            {
                name
            }
            _ => return Err(wrong),
        };
        make_utf8(message, &name.content);
    }
    Ok(())
}

/// Overwrites every byte that is no UTF-8 with a question mark: a server's
/// text in another encoding must not cost the answer.
fn make_utf8(message: &mut [u8], range: &Range<usize>) {
    let Some(mut text) = message.get_mut(range.clone()) else {
        return;
    };
    while let Err(error) = std::str::from_utf8(text) {
        let (good, bad) = (error.valid_up_to(), error.error_len());
        text = text.get_mut(good..).unwrap_or_default();
        let bad = bad.unwrap_or(text.len());
        text.iter_mut().take(bad).for_each(|byte| *byte = b'?');
        text = text.get_mut(bad..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Message 1: a result of `tag` with code 0 and the given text.
    fn result(tag: u8, text: &[u8]) -> Vec<u8> {
        let length = u8::try_from(text.len()).unwrap();
        let mut bytes = vec![0x30, 12 + length, 2, 1, 1, tag, 7 + length];
        bytes.extend([0x0a, 1, 0, 0x04, 0, 0x04, length]);
        bytes.extend(text);
        bytes
    }

    fn judge(message: &mut [u8], asked: Asked) -> Result<bool, String> {
        inspect(message, &mut Pending::from([(1, asked)]))
    }

    #[test]
    fn an_answer_must_fit_its_question() {
        assert_eq!(judge(&mut result(0x67, b""), Asked::Modify), Ok(true));
        assert_eq!(
            judge(&mut result(0x67, b""), Asked::Bind).unwrap_err(),
            "malformed answer: an answer to something else"
        );
        let mut nobody_asked = result(0x67, b"");
        assert_eq!(inspect(&mut nobody_asked, &mut Pending::new()), Ok(false));
    }

    #[test]
    fn a_text_that_is_no_utf_8_is_mended_in_its_place() {
        let mut message = result(0x67, b"Zugriff f\xfcr \xe4\xff");
        assert_eq!(judge(&mut message, Asked::Modify), Ok(true));
        assert!(message.ends_with(b"Zugriff f?r ??"));
    }

    #[test]
    fn a_notice_of_disconnection_gives_its_reason() {
        let mut message = result(0x78, b"going down");
        message[4] = 0;
        assert_eq!(
            judge(&mut message, Asked::Bind).unwrap_err(),
            "the server ended it: going down"
        );
    }

    #[test]
    fn a_cookie_is_read_from_any_bytes() {
        let last = b"\x30\x05\x02\x01\x00\x04\x00";
        assert_eq!(read_cookie(last), Ok(Vec::new()));
        let more = b"\x30\x06\x02\x01\x00\x04\x01a";
        assert_eq!(read_cookie(more), Ok(b"a".to_vec()));
        for odd in [&b""[..], b"\x30", b"\x30\x03\x02\x01\x00", b"\x30\x7f\x02"] {
            assert!(read_cookie(odd).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_bytes_make_it_panic_and_what_passes_ldap3_can_take(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..80),
            mutate in proptest::collection::vec((0..200_usize, any::<u8>()), 0..4),
        ) {
            let mut good = result(0x61, b"text");
            good.extend([0xa0, 13, 0x30, 11, 4, 1, b'1', 1, 1, 0xff, 4, 3, 1, 2, 3]);
            good[1] += 15;
            for (at, byte) in mutate {
                let at = at % good.len();
                good[at] = byte;
            }
            drop(judge(&mut bytes, Asked::Bind));
            // What comes here was cut at the length that the message tells.
            let is_cut = matches!(ber::message_length(&good), Ok(Some(end)) if end == good.len());
            if judge(&mut good, Asked::Bind) == Ok(true) && is_cut {
                let (rest, tag) = ldap3::asn1::parse_tag(&good).unwrap();
                prop_assert!(rest.is_empty());
                let parts = tag.expect_constructed().unwrap();
                let operation = ldap3::asn1::Tag::StructureTag(parts[1].clone());
                if parts[1].id == 1 {
                    let _converted: ldap3::LdapResult = operation.into();
                }
            }
        }
    }
}
