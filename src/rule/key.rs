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

/// The key of a bare address; `None` if nothing is left of it.
pub(super) fn address_key(address: &str) -> Option<String> {
    let address = address.trim_matches(is_blank_in_address);
    if address.is_ascii() {
        return (!address.is_empty()).then(|| address.to_ascii_lowercase());
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Some(address.to_lowercase());
    };
    let domain = domain::to_ascii(domain)
        .map_or_else(|| domain.to_lowercase(), std::borrow::Cow::into_owned);
    Some(format!("{}@{domain}", local.to_lowercase()))
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
    let split = ProxyAddress::split(value);
    let space = match split.kind {
        AddressType::PrimarySmtp | AddressType::SecondarySmtp => KeySpace::Address,
        AddressType::Sip => KeySpace::Sip,
        AddressType::X500 => {
            let key = split.address.trim().to_lowercase();
            return (!key.is_empty()).then_some((KeySpace::X500, key));
        }
        AddressType::X400 | AddressType::Other | AddressType::None => return None,
    };
    address_key(split.address).map(|key| (space, key))
}

/// The key of targetAddress, with its type or without.
pub(super) fn target_key(value: &str) -> Option<String> {
    let split = ProxyAddress::split(value);
    match split.kind {
        AddressType::PrimarySmtp | AddressType::SecondarySmtp | AddressType::None => {
            address_key(split.address)
        }
        _ => text_key(value),
    }
}

/// The key of bytes that are no text: all of them, in hexadecimal.
pub(super) fn bytes_key(bytes: &[u8]) -> Option<String> {
    let mut key = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _written = write!(key, "{byte:02x}");
    }
    (!key.is_empty()).then_some(key)
}

/// The key of a text that is no address.
pub(super) fn text_key(text: &str) -> Option<String> {
    let text = text.trim_matches(is_blank_in_address);
    (!text.is_empty()).then(|| text.to_lowercase())
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
