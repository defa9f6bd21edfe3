//! Searches as messages (RFC 4511, 4.5.1), written with ldap3's BER.
//!
//! The filter is ldap3's to take apart: it must be one (RFC 4515), or nothing
//! is sent.

use bytes::{Bytes, BytesMut};
use ldap3::asn1::{
    ASNTag as _, Boolean, Enumerated, Integer, OctetString, Sequence, Tag, TagClass, write,
};
use ldap3::controls::RawControl;
use ldap3::parse_filter;

use super::connection::Question;

/// `neverDerefAliases`; Active Directory has no aliases.
const NEVER_DEREFERENCE: i64 = 0;

/// The message of this number that asks `question`; `None` if its filter is no
/// filter.
pub(super) fn search(number: i32, question: Question<'_>) -> Option<Bytes> {
    let attributes = question.attributes.into_iter().map(text).collect();
    let operation = Tag::Sequence(Sequence {
        id: 3,
        class: TagClass::Application,
        inner: vec![
            text(question.base.to_owned()),
            enumerated(question.scope as i64),
            enumerated(NEVER_DEREFERENCE),
            integer(0),
            integer(0),
            boolean(false),
            parse_filter(question.filter).ok()?,
            sequence(attributes),
        ],
    });
    let mut parts = vec![integer(i64::from(number)), operation];
    if !question.controls.is_empty() {
        parts.push(Tag::Sequence(Sequence {
            id: 0,
            class: TagClass::Context,
            inner: question.controls.into_iter().map(control).collect(),
        }));
    }
    let mut message = BytesMut::new();
    write::encode_into(&mut message, sequence(parts).into_structure()).ok()?;
    Some(message.freeze())
}

/// The message that gives up the search of that number (RFC 4511, 4.11). Its own
/// number can be any, since it is never answered.
pub(super) fn abandon(search: i32) -> Bytes {
    let [a, b, c, d] = search.to_be_bytes();
    let message = [
        0x30, 12, 0x02, 4, 0x7f, 0xff, 0xff, 0xff, 0x50, 4, a, b, c, d,
    ];
    Bytes::copy_from_slice(&message)
}

fn control(control: RawControl) -> Tag {
    let mut parts = vec![text(control.ctype)];
    if control.crit {
        parts.push(boolean(true));
    }
    parts.extend(control.val.map(octets));
    sequence(parts)
}

fn sequence(inner: Vec<Tag>) -> Tag {
    Tag::Sequence(Sequence {
        inner,
        ..Default::default()
    })
}

fn text(text: String) -> Tag {
    octets(text.into_bytes())
}

fn octets(inner: Vec<u8>) -> Tag {
    Tag::OctetString(OctetString {
        inner,
        ..Default::default()
    })
}

fn integer(inner: i64) -> Tag {
    Tag::Integer(Integer {
        inner,
        ..Default::default()
    })
}

fn enumerated(inner: i64) -> Tag {
    Tag::Enumerated(Enumerated {
        inner,
        ..Default::default()
    })
}

fn boolean(inner: bool) -> Tag {
    Tag::Boolean(Boolean {
        inner,
        ..Default::default()
    })
}
