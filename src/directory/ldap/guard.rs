//! Stands between a server and ldap3, and lets only well-formed answers pass.
//!
//! ldap3 panics on answers that are no proper LDAP, and recurses as deep as an
//! answer is nested. The guard reads the same bytes first, without trust: each
//! message must be bounded, must be shaped as RFC 4511 says, and must answer a
//! request that is under way. The first that is not ends the connection, with
//! the reason kept for people to read. Entries are only checked for their BER;
//! what they hold is read elsewhere, as totally.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::ber::{self, Element, Malformed};

/// Why a connection ended; empty while it is open.
pub(super) type Ending = Arc<OnceLock<String>>;

/// What was asked, by message number.
type Pending = HashMap<i32, Asked>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Bind,
    Search,
    Modify,
    Extended,
}

/// Carries messages both ways until either side ends.
pub(super) async fn relay<S, C>(server: S, client: C, ending: Ending)
where
    S: AsyncRead + AsyncWrite,
    C: AsyncRead + AsyncWrite,
{
    let pending = Mutex::new(Pending::new());
    let (mut server_read, mut server_write) = tokio::io::split(server);
    let (mut client_read, mut client_write) = tokio::io::split(client);
    let end = tokio::select! {
        end = carry(&mut client_read, &mut server_write, |message| {
            note_request(message, &mut pending.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(true)
        }) => end,
        end = carry(&mut server_read, &mut client_write, |message| {
            inspect(message, &mut pending.lock().unwrap_or_else(PoisonError::into_inner))
        }) => end,
    };
    // The first reason is the one that counts; a second is its consequence.
    ending.get_or_init(|| end);
    let goodbye = server_write.shutdown();
    // A server that does not take the goodbye is left without one.
    drop(tokio::time::timeout(Duration::from_secs(1), goodbye).await);
}

/// Passes on the messages that `accept` accepts; returns why it ended.
async fn carry<R, W>(
    from: &mut R,
    to: &mut W,
    accept: impl Fn(&mut [u8]) -> Result<bool, String>,
) -> String
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = Vec::with_capacity(64 << 10);
    let mut accepted = Vec::new();
    loop {
        match from.read_buf(&mut buffer).await {
            Ok(0) => return "the server closed it".to_owned(),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return "the server closed it".to_owned();
            }
            Err(error) => return error.to_string(),
        }
        let verdict = take_messages(&mut buffer, &mut accepted, &accept);
        // What was accepted before a bad message is still good.
        if let Err(error) = to.write_all(&accepted).await {
            return error.to_string();
        }
        if let Err(error) = to.flush().await {
            return error.to_string();
        }
        accepted.clear();
        if let Err(reason) = verdict {
            return reason;
        }
    }
}

/// Moves all whole messages at the start of `buffer` that are accepted.
fn take_messages(
    buffer: &mut Vec<u8>,
    accepted: &mut Vec<u8>,
    accept: impl Fn(&mut [u8]) -> Result<bool, String>,
) -> Result<(), String> {
    let mut start = 0;
    loop {
        let rest = buffer.get_mut(start..).unwrap_or_default();
        let length = ber::message_length(rest).map_err(|error| error.to_string())?;
        let Some(message) = length.and_then(|length| rest.get_mut(..length)) else {
            break;
        };
        if accept(message)? {
            accepted.extend_from_slice(message);
        }
        start += message.len();
    }
    buffer.drain(..start);
    Ok(())
}

/// Remembers what a request of ours asks for.
fn note_request(message: &[u8], pending: &mut Pending) {
    let Ok((id, operation, _)) = split(message) else {
        return;
    };
    let asked = match operation.tag {
        0x60 => Asked::Bind,
        0x63 => Asked::Search,
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

/// Judges an answer: whether to pass it on, or why the connection must end.
fn inspect(message: &mut [u8], pending: &mut Pending) -> Result<bool, String> {
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
    let is_last = match (asked, operation.tag) {
        // An entry or a reference of a search.
        (Asked::Search, 0x64 | 0x73) => false,
        (Asked::Bind, 0x61)
        | (Asked::Search, 0x65)
        | (Asked::Modify, 0x67)
        | (Asked::Extended, 0x78) => true,
        // An intermediate response: idmend asks for nothing that has any.
        (_, 0x79) => return Ok(false),
        _ => return Err(Malformed("an answer to something else").to_string()),
    };
    if is_last {
        pending.remove(&id);
        check_result(message, &operation.content).map_err(words)?;
    }
    if let Some(controls) = controls {
        check_controls(message, &controls).map_err(words)?;
    }
    Ok(true)
}

/// Message number, operation, and controls.
fn split(message: &[u8]) -> Result<(i32, Element, Option<Element>), Malformed> {
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

/// The tags of answers to requests that are sent past the guard: a bind with
/// SASL, and `StartTLS`.
pub(super) const BIND_RESPONSE: u8 = 0x61;
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;

/// The answer to a request that was sent past the guard.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) text: String,
    /// serverSaslCreds of a bind (RFC 4511, 4.2.2).
    pub(super) sasl: Option<Vec<u8>>,
}

/// Reads the answer to the request of this number, which has this tag. The
/// error is a reason for people.
pub(super) fn result(message: &mut [u8], number: i32, tag: u8) -> Result<Answer, String> {
    let words = |error: Malformed| error.to_string();
    let (id, operation, _) = split(message).map_err(words)?;
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
    Ok(Answer {
        code: ber::integer(message, &code.content).map_err(words)?,
        text: String::from_utf8_lossy(content(text)).into_owned(),
        sasl: parts
            .iter()
            .find(|part| part.tag == 0x87)
            .map(|part| content(part).to_vec()),
    })
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
            judge(&mut result(0x67, b""), Asked::Search).unwrap_err(),
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
            judge(&mut message, Asked::Search).unwrap_err(),
            "the server ended it: going down"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_bytes_make_it_panic_and_what_passes_ldap3_can_take(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..80),
            mutate in proptest::collection::vec((0..200_usize, any::<u8>()), 0..4),
        ) {
            let mut good = result(0x65, b"text");
            good.extend([0xa0, 13, 0x30, 11, 4, 1, b'1', 1, 1, 0xff, 4, 3, 1, 2, 3]);
            good[1] += 15;
            for (at, byte) in mutate {
                let at = at % good.len();
                good[at] = byte;
            }
            drop(judge(&mut bytes, Asked::Search));
            if judge(&mut good, Asked::Search) == Ok(true) {
                let (rest, tag) = ldap3::asn1::parse_tag(&good).unwrap();
                prop_assert!(rest.is_empty());
                let parts = tag.expect_constructed().unwrap();
                let operation = ldap3::asn1::Tag::StructureTag(parts[1].clone());
                if parts[1].id == 5 {
                    let _converted: ldap3::LdapResult = operation.into();
                }
            }
        }
    }
}
