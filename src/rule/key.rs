//! Keys: the form in which values that must be unique are compared.
//!
//! Addresses are compared without their prefix, without white space around
//! them and without regard to case; their domain in ASCII (UTS 46), so that
//! `münchen.de` and `xn--mnchen-3ya.de` are one. Types are never compared with
//! each other. A value that is not UTF-8 has no key.

use std::fmt::Write as _;

use serde::Deserialize;

use super::characters::is_blank_in_address;
use super::{Place, domain};
use crate::model::{AddressType, AttributeName, ProxyAddress};

/// Values are compared within a space only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySpace {
    /// userPrincipalName, mail and SMTP proxy addresses together; for a user
    /// without userPrincipalName, sAMAccountName@domain in its place.
    Address,
    /// SIP addresses.
    Sip,
    /// X500 addresses.
    X500,
    /// mailNickname.
    Nickname,
    /// targetAddress.
    Target,
    /// mS-DS-ConsistencyGuid, in hexadecimal.
    Anchor,
    /// One attribute by itself, as sets of chains compare.
    #[serde(skip)]
    Of(OneAttribute),
}

/// The attributes whose values chains compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the attribute of that name")]
pub enum OneAttribute {
    Mail,
    MailNickname,
    ProxyAddresses,
    SamAccountName,
    TargetAddress,
    UserPrincipalName,
}

impl OneAttribute {
    const ALL: [Self; 6] = [
        Self::Mail,
        Self::MailNickname,
        Self::ProxyAddresses,
        Self::SamAccountName,
        Self::TargetAddress,
        Self::UserPrincipalName,
    ];

    /// The attribute of that name, if chains compare its values.
    pub(super) fn named(name: &AttributeName) -> Option<Self> {
        Self::ALL.into_iter().find(|one| name.is(one.name()))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::MailNickname => "mailNickname",
            Self::ProxyAddresses => "proxyAddresses",
            Self::SamAccountName => "sAMAccountName",
            Self::TargetAddress => "targetAddress",
            Self::UserPrincipalName => "userPrincipalName",
        }
    }
}

/// A value that must be unique, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// What it is compared with.
    pub space: KeySpace,
    /// Where it stands.
    pub place: Place,
    /// The normalised value.
    pub key: String,
}

/// A key of an entry while it is being looked at: see [`UniqueKey`].
#[derive(Debug, Clone, Copy)]
pub struct KeyRef<'a> {
    /// What it is compared with.
    pub space: KeySpace,
    /// The attribute at which it stands.
    pub attribute: &'a AttributeName,
    /// The place of the value in it.
    pub value: usize,
    /// The normalised value.
    pub key: &'a str,
}

/// The key of a bare address; `None` if nothing is left of it.
pub(super) fn address_key(address: &str) -> Option<String> {
    let mut key = String::with_capacity(address.len());
    put_address(address, &mut key).then_some(key)
}

/// Appends the key of a bare address; `false` if nothing is left of it.
pub(super) fn put_address(address: &str, key: &mut String) -> bool {
    // Nearly all addresses: nothing to take off and nothing to translate.
    if address.bytes().all(|byte| byte.is_ascii_graphic()) {
        put_lower(address, key);
        return !address.is_empty();
    }
    let address = address.trim_matches(is_blank_in_address);
    match address.rsplit_once('@') {
        Some((local, domain)) if !address.is_ascii() => {
            put_lower(local, key);
            key.push('@');
            match domain::to_ascii(domain) {
                Some(domain) => key.push_str(&domain),
                None => put_lower(domain, key),
            }
        }
        _ => put_lower(address, key),
    }
    !address.is_empty()
}

/// Appends `text` in lower case.
fn put_lower(text: &str, key: &mut String) {
    if !text.is_ascii() {
        key.push_str(&text.to_lowercase());
        return;
    }
    let from = key.len();
    key.push_str(text);
    if let Some(own) = key.get_mut(from..) {
        own.make_ascii_lowercase();
    }
}

/// The ways in which the domain of an address may be written whose key this is:
/// in ASCII and in Unicode (UTS 46).
pub fn spellings(key: &str) -> Vec<String> {
    let unicode = key.rsplit_once('@').and_then(|(local, domain)| {
        let unicode = domain::to_unicode(domain)?;
        Some(format!("{local}@{unicode}"))
    });
    let mut spellings = vec![key.to_owned()];
    spellings.extend(unicode.filter(|other| other != key));
    spellings
}

/// The key of a value of proxyAddresses.
pub(super) fn proxy_key(value: &str) -> Option<(KeySpace, String)> {
    let mut key = String::with_capacity(value.len());
    put_proxy(value, &mut key).map(|space| (space, key))
}

/// Appends the key of a value of proxyAddresses, and says where it is compared.
pub(super) fn put_proxy(value: &str, key: &mut String) -> Option<KeySpace> {
    let split = ProxyAddress::split(value);
    let (space, is_put) = match split.kind {
        AddressType::PrimarySmtp | AddressType::SecondarySmtp => {
            (KeySpace::Address, put_address(split.address, key))
        }
        AddressType::Sip => (KeySpace::Sip, put_address(split.address, key)),
        AddressType::X500 => {
            let name = split.address.trim();
            put_lower(name, key);
            (KeySpace::X500, !name.is_empty())
        }
        AddressType::X400 | AddressType::Other | AddressType::None => return None,
    };
    is_put.then_some(space)
}

/// Appends the key of targetAddress, with its type or without.
pub(super) fn put_target(value: &str, key: &mut String) -> bool {
    let split = ProxyAddress::split(value);
    match split.kind {
        AddressType::PrimarySmtp | AddressType::SecondarySmtp | AddressType::None => {
            put_address(split.address, key)
        }
        _ => put_text(value, key),
    }
}

/// Appends the key of bytes that are no text: all of them, in hexadecimal.
pub(super) fn put_bytes(bytes: &[u8], key: &mut String) -> bool {
    key.reserve(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _written = write!(key, "{byte:02x}");
    }
    !bytes.is_empty()
}

/// Appends the key of a text that is no address.
pub(super) fn put_text(text: &str, key: &mut String) -> bool {
    let text = text.trim_matches(is_blank_in_address);
    put_lower(text, key);
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_prefix_spaces_and_the_form_of_the_domain_do_not_matter() {
        let key = |value| proxy_key(value).unwrap();
        assert_eq!(key("SMTP:Jane@Contoso.com"), key("smtp: jane@contoso.com "));
        assert_eq!(key("smtp:a@münchen.de"), key("smtp:A@XN--MNCHEN-3YA.de"));
        assert_eq!(key("smtp:ÄÖ@contoso.com"), key("smtp:äö@contoso.com"));
        assert_ne!(key("sip:jane@contoso.com"), key("smtp:jane@contoso.com"));
        assert_ne!(key("smtp:jäne@contoso.com"), key("smtp:jane@contoso.com"));
        assert_eq!(proxy_key("smtp: "), None);
        assert_eq!(proxy_key("jane@contoso.com"), None);
        assert_eq!(proxy_key("x400:C=US;A= ;P=Org"), None);
    }
}
