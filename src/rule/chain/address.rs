//! The address check of `IdFix`, which calls it its RFC 2822 rule.
//!
//! It is stricter than the RFC (no quoted local part, no address literal) and
//! repairs by dropping characters, never by writing others. It differs from
//! the original in what a top-level domain is, and does not let a line feed at
//! the end pass; docs/idfix-differences.md says why.

use super::step::{Verdict, contains_smtp};
use crate::rule::domain::{self, Domains};

/// What the check found.
#[derive(Debug)]
pub(super) struct AddressFaults {
    found: [Option<String>; 4],
    /// The value with the repairs.
    pub(super) repaired: String,
}

impl AddressFaults {
    /// The sentence of a verdict, if it was found.
    pub(super) fn of(&self, verdict: Verdict) -> Option<&str> {
        self.found[verdict as usize].as_deref()
    }
}

/// Checks `value`, in which what stands up to the first colon is a type if
/// `smtp:` stands anywhere; `None` if nothing is wrong. `domains` are those that
/// the admin names; they remember which domains are all right.
pub(super) fn check(value: &str, domains: &Domains) -> Option<AddressFaults> {
    let (prefix, address) = match value.find(':') {
        Some(colon) if contains_smtp(value) => value.split_at(colon + 1),
        _ => ("", value),
    };
    if is_clean(address, domains) {
        return None;
    }
    find(prefix, address, domains)
}

/// Whether [`find`] finds nothing, for nearly all addresses.
fn is_clean(address: &str, domains: &Domains) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_right = |domain: &str, domains: &Domains| {
        let address = format!("a@{domain}");
        u8::from(has_domain(&address) && wrong_top_level(&address, domains).is_none())
    };
    // No atom holds an @: this one is the only one.
    local.split('.').all(is_atom) && domains.remembered(domain, is_right) == 1
}

fn find(prefix: &str, address: &str, domains: &Domains) -> Option<AddressFaults> {
    let mut found = [const { None }; 4];
    if let Some(top) = wrong_top_level(address, domains) {
        found[Verdict::TopLevelDomain as usize] =
            Some(format!("'{}' is no top-level domain", top.escape_debug()));
    }
    let mut repaired = address.to_owned();
    if !has_domain(address) {
        found[Verdict::DomainPart as usize] = Some(domain_sentence(address));
        repaired = with_clean_domain(&repaired);
    }
    if !has_local_part(&repaired) || at_signs(&repaired) > 1 {
        found[Verdict::LocalPart as usize] = Some(local_sentence(&repaired));
        repaired = with_clean_local_part(&repaired);
    }
    if !is_address(&repaired) {
        found[Verdict::Format as usize] = Some("it is no address such as a@contoso.com".to_owned());
    }
    found.iter().any(Option::is_some).then(|| AddressFaults {
        found,
        repaired: format!("{}{repaired}", prefix.trim()),
    })
}

fn at_signs(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'@').count()
}

/// What follows the last dot, if that is no top-level domain and the admin does
/// not name the domain.
fn wrong_top_level<'a>(address: &'a str, domains: &Domains) -> Option<&'a str> {
    let (_, top) = address.rsplit_once('.')?;
    let is_named = || {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| domains.is_named(domain))
    };
    (!top.is_empty() && !domain::is_top_level(top) && !is_named()).then_some(top)
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_atom_byte)
}

/// The characters of an atom (RFC 2822, 3.2.4).
fn is_atom_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b)
}

/// Atoms joined by dots stand before the first `@`.
fn has_local_part(address: &str) -> bool {
    address
        .split_once('@')
        .is_some_and(|(local, _)| local.split('.').all(is_atom))
}

/// Labels stand after the last `@`, and a top-level domain.
fn has_domain(address: &str) -> bool {
    let Some((_, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let Some((labels, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let plain = (2..=17).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_alphabetic());
    labels.split('.').all(is_label) && (plain || is_label(top) && domain::is_top_level(top))
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_address(address: &str) -> bool {
    at_signs(address) == 1 && has_local_part(address) && has_domain(address)
}

fn with_clean_domain(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let keep = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let domain: String = domain.chars().filter(keep).collect();
    format!("{local}@{domain}")
}

fn with_clean_local_part(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let keep = |c: &char| *c == '.' || u8::try_from(*c).is_ok_and(is_atom_byte);
    let local: String = local.chars().filter(keep).collect();
    format!("{local}@{domain}").replace(".@", "@")
}

fn domain_sentence(address: &str) -> String {
    match address.rsplit_once('@') {
        None => "there is no @ in it".to_owned(),
        Some((_, domain)) => format!("'{}' is no domain", domain.escape_debug()),
    }
}

fn local_sentence(address: &str) -> String {
    match (at_signs(address), address.split_once('@')) {
        (0, _) | (_, None) => "there is no @ in it".to_owned(),
        (1, Some((local, _))) => format!("'{}' cannot stand before the @", local.escape_debug()),
        (count, _) => format!("there are {count} @ in it"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const PIECES: [&str; 24] = [
        "a",
        "b.c",
        ".",
        "..",
        "@",
        "@",
        "contoso.com",
        "contoso.local",
        "x.museum",
        "com",
        "-",
        "münchen.de",
        "xn--mnchen-3ya.de",
        "xn--p1ai",
        ":",
        " ",
        "'",
        "(",
        "é",
        "_",
        "smtp:",
        "ß",
        "\u{a0}",
        "1.2.3.4",
    ];

    proptest! {
        #[test]
        fn what_is_clean_has_no_fault(pieces in vec(select(PIECES.to_vec()), 0..7)) {
            let (address, domains) = (pieces.concat(), Domains::default());
            for _ in 0..2 {
                let is_clean = is_clean(&address, &domains);
                prop_assert_eq!(is_clean, find("", &address, &domains).is_none(), "{}", address);
            }
        }
    }
}
