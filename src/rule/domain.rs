//! Mail domains: whether one is well-formed, public, verified, or one of
//! Microsoft's own.
//!
//! Public means: in the ICANN section of the public suffix list
//! (publicsuffix.org) by a rule of its own, and no special-use name (IANA
//! "Special-Use Domain Names", RFC 6761, RFC 7686, RFC 9476). Nothing here asks
//! the network.

use psl::{Psl as _, Type};

/// Names that stand in the public suffix list but that nobody can register.
const SPECIAL_USE: [&str; 2] = ["onion", "arpa"];

/// The longest domain in a mail address (RFC 1035, 2.3.4, without the final dot).
const LONGEST: usize = 253;

/// `domain` in lower case and in ASCII (UTS 46), without allocation for what
/// is so already; `None` if it is no domain that DNS could hold.
pub(super) fn to_ascii(domain: &str) -> Option<std::borrow::Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(if domain.bytes().any(|b| b.is_ascii_uppercase()) {
            domain.to_ascii_lowercase().into()
        } else {
            domain.into()
        });
    }
    let ascii = idna::domain_to_ascii(domain).ok()?;
    (!ascii.is_empty()).then(|| ascii.into())
}

/// What is wrong with the labels of `domain`, as the end of a sentence, if
/// anything: empty labels, hyphens at an edge, more than 63 characters, or a
/// character other than letters, digits, hyphen and, where `underscore`, `_`.
/// Letters outside ASCII are left to other checks.
pub(super) fn label_fault(domain: &str, underscore: bool) -> Option<String> {
    for (number, label) in domain.split('.').enumerate() {
        let number = number + 1;
        if label.is_empty() {
            return Some(format!("part {number} of the domain is empty"));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some(format!(
                "part {number} of the domain begins or ends with a hyphen"
            ));
        }
        if label.len() > 63 && super::characters::utf16_len(label) > 63 {
            return Some(format!("part {number} of the domain is longer than 63"));
        }
        let wrong = label.chars().find(|c| {
            c.is_ascii()
                && !c.is_ascii_alphanumeric()
                && *c != '-'
                && !(underscore && *c == '_')
                && !super::characters::is_blank(*c)
        });
        if let Some(c) = wrong {
            return Some(format!(
                "{} cannot stand in a domain",
                super::characters::named(c)
            ));
        }
    }
    None
}

/// Whether `domain` can be judged at all: something stands in it, and DNS could
/// hold it. What cannot is another check's finding.
pub(super) fn is_well_formed(domain: &str) -> bool {
    !domain.is_empty()
        && domain.len() <= LONGEST * 4
        && !domain.chars().any(super::characters::is_blank_in_address)
        && label_fault(domain, true).is_none()
}

/// Whether `domain` lies below a public suffix.
pub(super) fn is_public(domain: &str) -> bool {
    let Some(ascii) = to_ascii(domain) else {
        return false;
    };
    if ascii.len() > LONGEST {
        return false;
    }
    let top = ascii.rsplit('.').next().unwrap_or_default();
    if SPECIAL_USE.contains(&top) {
        return false;
    }
    let mut name = ascii.as_ref();
    while let Some(suffix) = psl::List.suffix(name.as_bytes()) {
        match suffix.typ() {
            Some(Type::Icann) => return suffix.as_bytes().len() < ascii.len(),
            None => return false,
            // A provider's own suffix (github.io): what counts is the registry
            // above it.
            Some(Type::Private) => {
                let length = suffix.as_bytes().len();
                let tail = name.len().checked_sub(length).and_then(|at| name.get(at..));
                match tail.and_then(|tail| tail.split_once('.')) {
                    Some((_, parent)) => name = parent,
                    None => return false,
                }
            }
        }
    }
    false
}

/// Whether `domain` is the hybrid routing domain of a tenant
/// (`contoso.mail.onmicrosoft.com`), which Exchange hybrid needs.
pub(super) fn is_hybrid_routing(domain: &str) -> bool {
    ends_with_label(domain, "mail.onmicrosoft.com")
}

/// Whether `domain` belongs to Microsoft's online services.
pub(super) fn is_provider(domain: &str) -> bool {
    ends_with_label(domain, "onmicrosoft.com") || ends_with_label(domain, "microsoftonline.com")
}

fn ends_with_label(domain: &str, suffix: &str) -> bool {
    let Some(at) = domain.len().checked_sub(suffix.len()) else {
        return false;
    };
    let (before, tail) = domain.as_bytes().split_at(at);
    tail.eq_ignore_ascii_case(suffix.as_bytes()) && (before.is_empty() || before.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_is_what_a_registry_gives_out() {
        for public in [
            "contoso.com",
            "contoso.co.uk",
            "school.edu.au",
            "shop.gmbh",
            "a.b.c.swiss",
            "contoso.app",
            "CONTOSO.Cloud",
            "xn--80ak6aa92e.xn--p1ai",
            "пример.рф",
            "münchen.de",
            "someone.github.io",
            "contoso.onmicrosoft.com",
        ] {
            assert!(is_public(public), "{public}");
        }
        for private in [
            "contoso.local",
            "contoso.lan",
            "contoso.internal",
            "contoso.corp",
            "contoso.test",
            "abc.onion",
            "1.0.10.in-addr.arpa",
            "contoso",
            "com",
            "co.uk",
            "192.168.1.10",
            "",
        ] {
            assert!(!is_public(private), "{private}");
        }
    }

    #[test]
    fn labels_are_judged_one_by_one() {
        assert_eq!(label_fault("mail.contoso.com", false), None);
        assert_eq!(label_fault("münchen.de", false), None);
        assert_eq!(label_fault("a_b.com", true), None);
        for bad in ["a_b.com", "a..b", ".a", "a.", "-a.b", "a-.b", "a,b.c"] {
            assert!(label_fault(bad, false).is_some(), "{bad}");
        }
        assert!(label_fault(&format!("{}.com", "a".repeat(64)), false).is_some());
    }

    #[test]
    fn microsofts_own_domains_are_known_by_label() {
        assert!(is_hybrid_routing("contoso.mail.onmicrosoft.com"));
        assert!(is_hybrid_routing("Contoso.Mail.OnMicrosoft.com"));
        assert!(!is_hybrid_routing("contoso.onmicrosoft.com"));
        assert!(!is_hybrid_routing("evilmail.onmicrosoft.com"));
        assert!(is_provider("contoso.onmicrosoft.com"));
        assert!(!is_provider("notonmicrosoft.com"));
    }
}
