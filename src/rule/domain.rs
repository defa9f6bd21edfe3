//! Mail domains: whether one is well-formed, public, verified, or one of
//! Microsoft's own.
//!
//! Public means: no special-use name (IANA "Special-Use Domain Names"), and in
//! the ICANN section of the public suffix list (publicsuffix.org) by a rule of
//! its own. What the admin names as routable or verified goes before both.
//! Nothing here asks the network.

use std::borrow::Cow;
use std::sync::Arc;

use psl::{Psl as _, Type};
use rustc_hash::FxHashSet;

use super::Settings;
use super::remembered::Remembered;

/// Names that nobody can register, nor anything below them: RFC 6761 (test,
/// localhost, invalid, example and its domains), RFC 6762 (local), RFC 7686
/// (onion), RFC 8375 (home.arpa), RFC 3172 (arpa), RFC 9476 (alt), and
/// internal, which ICANN keeps for private use (board resolution 2024.07.29.06).
const SPECIAL_USE: [&str; 12] = [
    "alt",
    "arpa",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "internal",
    "invalid",
    "local",
    "localhost",
    "onion",
    "test",
];

/// The longest domain in a mail address (RFC 1035, 2.3.4, without the final dot).
const LONGEST: usize = 253;

/// The domains that the settings speak of, in the form in which they are
/// compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains {
    verified: FxHashSet<String>,
    routable: Vec<String>,
    seen: Arc<Remembered>,
}

impl Domains {
    pub(super) fn of(settings: &Settings) -> Self {
        let ascii = |name: &String| {
            let name = name.trim().trim_start_matches('.').to_lowercase();
            to_ascii(&name).map(Cow::into_owned)
        };
        Self {
            verified: settings.verified_domains.iter().filter_map(ascii).collect(),
            routable: settings.routable_domains.iter().filter_map(ascii).collect(),
            seen: Arc::default(),
        }
    }

    /// What `find_out` says of `domain`, remembered from the first time; always
    /// the same function.
    pub(super) fn remembered(&self, domain: &str, find_out: impl Fn(&str, &Self) -> u8) -> u8 {
        self.seen.of(domain, |domain| find_out(domain, self))
    }

    /// Whether any verified domain is known.
    pub(super) fn know_verified(&self) -> bool {
        !self.verified.is_empty()
    }

    /// Whether `domain` is one of the tenant's verified ones.
    pub(super) fn is_verified(&self, domain: &str) -> bool {
        to_ascii(domain).is_some_and(|name| self.verified.contains(name.as_ref()))
    }

    /// Whether `domain` can be a verified domain: it is one, the admin says so,
    /// or it lies below a public suffix.
    pub(super) fn is_routable(&self, domain: &str) -> bool {
        is_public(domain) || self.is_named(domain)
    }

    /// Whether the admin names `domain`: as verified, or as routable with all
    /// below it.
    pub(super) fn is_named(&self, domain: &str) -> bool {
        to_ascii(domain).is_some_and(|domain| {
            let below = |name: &String| ends_with_label(&domain, name);
            self.routable.iter().any(below) || self.verified.contains(domain.as_ref())
        })
    }
}

/// `domain` in lower case and in ASCII (UTS 46), without allocation for what
/// is so already; `None` if it is no domain that DNS could hold.
pub(super) fn to_ascii(domain: &str) -> Option<Cow<'_, str>> {
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

/// `domain` in Unicode (UTS 46); `None` if it cannot be written so.
pub(super) fn to_unicode(domain: &str) -> Option<String> {
    let (unicode, valid) = idna::domain_to_unicode(domain);
    valid.ok().map(|()| unicode)
}

/// What is wrong with the labels of `domain`, as the end of a sentence, if
/// anything: empty labels, hyphens at an edge, more than 63 characters, or a
/// character other than letters, digits, hyphen and, where `underscore`, `_`.
/// Letters outside ASCII are left to other checks.
pub(super) fn label_fault(domain: &str, underscore: bool) -> Option<String> {
    if is_plain(domain) {
        return None;
    }
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

/// Whether `domain` is nothing but labels of ASCII letters and digits, as most
/// are: the quick answer.
fn is_plain(domain: &str) -> bool {
    let mut label = 0;
    for byte in domain.bytes() {
        label = match byte {
            b'.' if label > 0 => 0,
            _ if byte.is_ascii_alphanumeric() && label < 63 => label + 1,
            _ => return false,
        };
    }
    label > 0
}

/// Whether `domain` can be judged at all: something stands in it, and DNS could
/// hold it. What cannot is another check's finding.
pub(super) fn is_well_formed(domain: &str) -> bool {
    is_plain(domain) && domain.len() <= LONGEST
        || !domain.is_empty()
            && domain.len() <= LONGEST * 4
            && !domain.chars().any(super::characters::is_blank_in_address)
            && label_fault(domain, true).is_none()
}

/// Whether `label` is a top-level domain that anybody's mail could be in.
pub(super) fn is_top_level(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    if SPECIAL_USE.contains(&label.as_str()) {
        return false;
    }
    let is_known = |name: &str| {
        psl::List
            .suffix(name.as_bytes())
            .is_some_and(|suffix| suffix.typ().is_some())
    };
    // Some top-level domains (ck, kh) have rules for what is below them only.
    is_known(&label) || is_known(&format!("a.b.{label}"))
}

/// Whether `domain` lies below a public suffix.
pub(super) fn is_public(domain: &str) -> bool {
    let Some(ascii) = to_ascii(domain) else {
        return false;
    };
    if ascii.len() > LONGEST {
        return false;
    }
    if SPECIAL_USE.iter().any(|name| ends_with_label(&ascii, name)) {
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
            "contoso.invalid",
            "contoso.example",
            "mail.example.com",
            "contoso.localhost",
            "contoso.alt",
            "contoso.home.arpa",
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
    fn what_the_admin_names_is_routable_with_all_below_it() {
        let domains = Domains::of(&Settings {
            routable_domains: vec![
                "Corp".into(),
                ".lab.contoso.test".into(),
                "größe.lan".into(),
            ],
            ..Settings::default()
        });
        for routable in [
            "corp",
            "ad.CORP",
            "lab.contoso.test",
            "a.lab.contoso.test",
            "xn--gre-6ka8i.lan",
            "a.größe.lan",
            "contoso.com",
        ] {
            assert!(domains.is_routable(routable), "{routable}");
        }
        for private in ["mycorp", "contoso.test", "lan", "contoso.local"] {
            assert!(!domains.is_routable(private), "{private}");
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
