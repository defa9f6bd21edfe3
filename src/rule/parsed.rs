//! One value taken apart once, for all the checks that look at it.

use serde::Deserialize;

use crate::model::{AddressType, ProxyAddress};

/// How the values of an attribute are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Plain text, such as displayName.
    Text,
    /// A bare address, such as mail or userPrincipalName.
    Address,
    /// An address with its type before a colon, such as proxyAddresses.
    TypedAddress,
    /// Bytes that are no text, such as a GUID or a photo.
    Binary,
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of it.
    #[default]
    Value,
    /// What follows the type's colon; all of it without a type.
    Address,
    /// What stands before the last `@` of the address; all of it without one.
    Local,
    /// What stands after the last `@` of the address.
    Domain,
}

/// A value and its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parsed<'a> {
    pub(super) whole: &'a str,
    /// [`AddressType::None`] for values that carry no type.
    pub(super) kind: AddressType,
    pub(super) prefix: &'a str,
    pub(super) address: &'a str,
    pub(super) local: &'a str,
    pub(super) domain: &'a str,
    pub(super) form: Form,
}

impl<'a> Parsed<'a> {
    pub(super) fn new(whole: &'a str, form: Form) -> Self {
        let (prefix, address, kind) = match form {
            Form::TypedAddress => {
                let split = ProxyAddress::split(whole);
                (split.prefix, split.address, split.kind)
            }
            Form::Text | Form::Address | Form::Binary => ("", whole, AddressType::None),
        };
        let (local, domain) = match form {
            Form::Text | Form::Binary => (address, ""),
            Form::Address | Form::TypedAddress => address.rsplit_once('@').unwrap_or((address, "")),
        };
        Self {
            whole,
            kind,
            prefix,
            address,
            local,
            domain,
            form,
        }
    }

    /// The part, and the byte at which it begins in the whole.
    pub(super) fn part(&self, part: Part) -> (&'a str, usize) {
        let address_at = self.whole.len() - self.address.len();
        match part {
            Part::Value => (self.whole, 0),
            Part::Address => (self.address, address_at),
            Part::Local => (self.local, address_at),
            Part::Domain => (self.domain, self.whole.len() - self.domain.len()),
        }
    }

    /// The whole value with the parts put in the places of its own.
    pub(super) fn with(&self, prefix: &str, local: &str, domain: &str) -> String {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let at = if self.address.contains('@') && self.form != Form::Text {
            "@"
        } else {
            ""
        };
        format!("{prefix}{colon}{local}{at}{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_where_they_begin() {
        let value = Parsed::new("smtp:a.b@c.de", Form::TypedAddress);
        assert_eq!(value.part(Part::Value), ("smtp:a.b@c.de", 0));
        assert_eq!(value.part(Part::Address), ("a.b@c.de", 5));
        assert_eq!(value.part(Part::Local), ("a.b", 5));
        assert_eq!(value.part(Part::Domain), ("c.de", 9));
        assert_eq!(value.with("SMTP", "x", "y.z"), "SMTP:x@y.z");
    }

    #[test]
    fn putting_the_own_parts_back_gives_the_value() {
        for form in [Form::Text, Form::Address, Form::TypedAddress] {
            for whole in [
                "",
                "@",
                "a",
                "a@b",
                "a@b@c",
                "smtp:a@b",
                "x:",
                ":",
                "x500:/o=@",
            ] {
                let value = Parsed::new(whole, form);
                assert_eq!(value.with(value.prefix, value.local, value.domain), whole);
            }
        }
    }
}
