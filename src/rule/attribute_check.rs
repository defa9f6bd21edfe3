//! Checks of an attribute as a whole: its values against each other and against
//! the primary address of the entry.
//!
//! Each returns the places of the faulty values with a sentence. All take time
//! linear in the number of values, but for sorting.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use super::characters::is_blank_in_address;
use super::key::address_key;
use crate::model::{AddressType, Entry, ProxyAddress, Value};

/// The primary SMTP address of an entry, without its type.
pub(super) fn primary_address(entry: &Entry) -> Option<&str> {
    entry
        .values("proxyAddresses")
        .iter()
        .filter_map(Value::as_text)
        .map(ProxyAddress::split)
        .find(|split| split.kind == AddressType::PrimarySmtp)
        .map(|split| split.address.trim_matches(is_blank_in_address))
}

/// The places of the values of one address type, with the addresses.
pub(super) fn smtp_values(
    values: &[Value],
    wanted: impl Fn(AddressType) -> bool,
) -> impl Iterator<Item = (usize, &str)> {
    values.iter().enumerate().filter_map(move |(at, value)| {
        let split = ProxyAddress::split(value.as_text()?);
        wanted(split.kind).then_some((at, split.address))
    })
}

pub(super) fn two_primaries(values: &[Value]) -> Vec<(usize, String)> {
    let count = smtp_values(values, |kind| kind == AddressType::PrimarySmtp).count();
    if count < 2 {
        return Vec::new();
    }
    smtp_values(values, |kind| kind == AddressType::PrimarySmtp)
        .map(|(at, _)| {
            (
                at,
                format!("it is one of {count} primary addresses (SMTP:)"),
            )
        })
        .collect()
}

/// The finding stands at the value that should be the primary one: the one that
/// mail names, else the first.
pub(super) fn no_primary(entry: &Entry, values: &[Value]) -> Vec<(usize, String)> {
    let mut smtp = smtp_values(values, AddressType::is_smtp).peekable();
    let Some((first, _)) = smtp.peek().copied() else {
        return Vec::new();
    };
    if smtp_values(values, |kind| kind == AddressType::PrimarySmtp)
        .next()
        .is_some()
    {
        return Vec::new();
    }
    let mail = entry.text("mail").and_then(address_key);
    let at = mail
        .and_then(|mail| {
            smtp.find(|(_, address)| address_key(address).as_ref() == Some(&mail))
                .map(|(at, _)| at)
        })
        .unwrap_or(first);
    vec![(
        at,
        "none of the smtp: addresses is the primary one (SMTP:)".to_owned(),
    )]
}

/// The values whose address stands in another value of the same type already.
/// The primary one is the one to keep, then one without white space, then the
/// first.
pub(super) fn repeats(values: &[Value]) -> Vec<(usize, String)> {
    if values.len() < 2 {
        return Vec::new();
    }
    let mut hashes: Vec<(u64, bool, bool, usize)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| {
            let split = ProxyAddress::split(value.as_text()?);
            let hash = repeat_hash(&split);
            let untidy = split.address.len() != split.address.trim().len();
            Some((hash, split.kind != AddressType::PrimarySmtp, untidy, at))
        })
        .collect();
    hashes.sort_unstable();
    let same = |a: usize, b: usize| {
        let text = |at: usize| {
            values
                .get(at)
                .and_then(Value::as_text)
                .map(ProxyAddress::split)
        };
        match (text(a), text(b)) {
            (Some(a), Some(b)) => {
                a.prefix.trim().eq_ignore_ascii_case(b.prefix.trim())
                    && a.address.trim().eq_ignore_ascii_case(b.address.trim())
            }
            _ => false,
        }
    };
    let mut found: Vec<_> = hashes
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|chunk| chunk.split_first())
        .flat_map(|(keep, rest)| rest.iter().map(|(.., at)| (keep.3, *at)))
        .filter(|(keep, at)| same(*keep, *at))
        .map(|(_, at)| {
            (
                at,
                "the same address stands in this attribute twice".to_owned(),
            )
        })
        .collect();
    found.sort_unstable();
    found
}

/// Equal for addresses that differ in ASCII case and outer white space only.
fn repeat_hash(split: &ProxyAddress<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    for byte in split.prefix.trim().bytes() {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.write_u8(b':');
    for byte in split.address.trim().bytes() {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.finish()
}

/// Whether the first address is `SMTP:` and the value, byte by byte, as it
/// mostly is: told without taking addresses apart.
fn is_spelled_primary(entry: &Entry, value: &Value) -> bool {
    let first = entry.values("proxyAddresses").first();
    let primary = first.and_then(|first| first.as_bytes().strip_prefix(b"SMTP:"));
    primary.is_some_and(|primary| primary == value.as_bytes() && primary.is_ascii())
}

pub(super) fn differs_from_primary(entry: &Entry, values: &[Value]) -> Vec<(usize, String)> {
    if let [value] = values
        && is_spelled_primary(entry, value)
    {
        return Vec::new();
    }
    let Some(primary) = primary_address(entry).filter(|address| !address.is_empty()) else {
        return Vec::new();
    };
    values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| {
            let text = value.as_text()?;
            let same =
                text.eq_ignore_ascii_case(primary) || address_key(text) == address_key(primary);
            (!same).then(|| {
                (
                    at,
                    format!("the primary address is '{}'", primary.escape_debug()),
                )
            })
        })
        .collect()
}

/// The finding stands at the attribute as a whole: no value is more at fault
/// than another.
pub(super) fn count(values: &[Value], max: u32) -> Option<String> {
    let count = values.len();
    (count > max as usize).then(|| format!("it has {count} values, the limit is {max}"))
}

/// `values` are those after the last one allowed.
pub(super) fn count_by_range(values: &[Value], max: u32) -> Option<String> {
    (!values.is_empty()).then(|| format!("it has more than {max} values"))
}

/// Whether the entry has what makes it mail-enabled in the cloud: an SMTP
/// address with an `@`.
pub(super) fn has_address(entry: &Entry) -> bool {
    let is_address = |text: &str| {
        let text = text.trim_matches(is_blank_in_address);
        text.contains('@')
    };
    entry.text("mail").is_some_and(is_address)
        || smtp_values(entry.values("proxyAddresses"), AddressType::is_smtp)
            .any(|(_, address)| is_address(address))
}

/// The first of `values` if proxyAddresses has values, but no SMTP address.
pub(super) fn masked_by_proxies(entry: &Entry, values: &[Value]) -> Option<(usize, String)> {
    let proxies = entry.values("proxyAddresses");
    let masked = !proxies.is_empty() && smtp_values(proxies, AddressType::is_smtp).next().is_none();
    (masked && !values.is_empty()).then(|| {
        let detail = "proxyAddresses holds no SMTP address, so that this one does not count";
        (0, detail.to_owned())
    })
}

/// What is wrong with the domain that the entry lies in.
pub(super) fn entry_domain(entry: &Entry, fits: impl Fn(&str) -> bool) -> Option<String> {
    let domain = entry.dn.dns_name()?;
    let name = entry.text("sAMAccountName").unwrap_or_default();
    (!fits(&domain)).then(|| {
        format!(
            "there is none, and '{}@{}' takes its place",
            name.escape_debug(),
            domain.escape_debug()
        )
    })
}
