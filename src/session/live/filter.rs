//! The search for those that hold a value already.
//!
//! It asks by equality, so that an index answers, and it may find too many: what
//! it finds is compared again. It does not find a value that is stored with
//! blanks before its address, `smtp: a@b`; only a scan does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::ProxyAddress;
use crate::rule::{Judge, KeySpace, spellings};

/// Where the holders of a value of this key have which value. `text` is the
/// value as it is to be written.
pub(super) fn tests(
    judge: &Judge,
    (space, key): (KeySpace, &str),
    text: &str,
) -> BTreeSet<(String, String)> {
    let mut tests: BTreeSet<(String, String)> = BTreeSet::new();
    let mut equals = |attribute: &str, value: String| {
        tests.insert((attribute.to_owned(), value));
    };
    match space {
        KeySpace::Address => {
            for address in spellings(key) {
                equals("userPrincipalName", address.clone());
                equals(judge.settings.login_attribute.as_str(), address.clone());
                equals("mail", address.clone());
                equals("proxyAddresses", format!("smtp:{address}"));
            }
            // A user without a sign-in name is known by this one.
            if let Some((name, _)) = key.rsplit_once('@') {
                equals("sAMAccountName", name.to_owned());
            }
        }
        KeySpace::Sip => {
            for address in spellings(key) {
                equals("proxyAddresses", format!("sip:{address}"));
            }
        }
        KeySpace::X500 => {
            equals("proxyAddresses", format!("x500:{key}"));
            equals(
                "proxyAddresses",
                format!("x500:{}", ProxyAddress::split(text).address),
            );
        }
        KeySpace::Target => {
            equals("targetAddress", text.to_owned());
            for address in spellings(key) {
                equals("targetAddress", format!("smtp:{address}"));
                equals("targetAddress", address);
            }
        }
        KeySpace::Of(attribute) => equals(attribute.name(), text.to_owned()),
        // Anchors are never written, so that nobody asks.
        KeySpace::Anchor => equals("mS-DS-ConsistencyGuid", text.to_owned()),
        KeySpace::Nickname => {
            equals("mailNickname", key.to_owned());
            equals("mailNickname", text.to_owned());
        }
    }
    tests
}

/// A filter that finds the entries for which at least one of the tests holds.
pub(super) fn any_of<'a>(tests: impl IntoIterator<Item = &'a (String, String)>) -> String {
    let mut filter = String::from("(|");
    for (attribute, value) in tests {
        // Writing to a String cannot fail.
        let _written = write!(filter, "({attribute}={})", escaped(value));
    }
    filter.push(')');
    filter
}

/// A value as a filter wants it (RFC 4515, 3).
fn escaped(value: &str) -> String {
    value.chars().fold(String::new(), |mut text, c| {
        if matches!(c, '*' | '(' | ')' | '\\' | '\0') {
            let _written = write!(text, "\\{:02x}", u32::from(c));
        } else {
            text.push(c);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rule::{Settings, file};
    use crate::session::EMBEDDED_RULES;

    fn filter(key: (KeySpace, &str)) -> String {
        any_of(&tests(&judge(), key, ""))
    }

    fn judge() -> Judge {
        let rules = file::load(EMBEDDED_RULES).unwrap();
        Judge::new(Arc::new(rules), Settings::default())
    }

    #[test]
    fn a_value_cannot_change_the_filter_it_stands_in() {
        assert_eq!(
            filter((KeySpace::Address, "a*)(cn=\\\0@x")),
            "(|(mail=a\\2a\\29\\28cn=\\5c\\00@x)\
             (proxyAddresses=smtp:a\\2a\\29\\28cn=\\5c\\00@x)\
             (sAMAccountName=a\\2a\\29\\28cn=\\5c\\00)\
             (userPrincipalName=a\\2a\\29\\28cn=\\5c\\00@x))"
        );
    }

    #[test]
    fn both_spellings_of_an_international_domain_are_searched() {
        let filter = filter((KeySpace::Sip, "a@xn--mnchen-3ya.de"));
        assert_eq!(
            filter,
            "(|(proxyAddresses=sip:a@münchen.de)(proxyAddresses=sip:a@xn--mnchen-3ya.de))"
        );
    }
}
