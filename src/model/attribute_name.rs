//! Attribute names, compared as LDAP compares them: without regard to case.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The name of an attribute as the schema or the server spells it.
///
/// Equality, order and hash ignore ASCII case (RFC 4512, 2.5: attribute
/// descriptions are case-insensitive). Cloning is cheap.
#[derive(Clone)]
pub struct AttributeName(Arc<str>);

/// Why a text is no attribute name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not an attribute name (letters, digits and '-', beginning with a letter, or an OID)"
)]
pub struct AttributeNameError(String);

impl AttributeName {
    /// Takes `name` as an attribute name: a short name or an OID, with or
    /// without options (`;range=0-1499`), as RFC 4512, 2.5 writes them.
    pub fn parse(name: &str) -> Result<Self, AttributeNameError> {
        let mut parts = name.split(';');
        let base = parts.next().unwrap_or_default();
        let options_fit = parts.all(|option| {
            !option.is_empty()
                && option
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'=' | b'*'))
        });
        let starts_well = base
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        let body_fits = base
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_');
        if starts_well && body_fits && options_fit {
            Ok(Self(name.into()))
        } else {
            Err(AttributeNameError(name.chars().take(80).collect()))
        }
    }

    /// A name known at compile time.
    pub fn known(name: &'static str) -> Self {
        Self(name.into())
    }

    /// The name as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the attribute `name`, ignoring case.
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        // Most names differ in length already, and those that do not are
        // mostly spelled alike.
        self.0.len() == name.len() && (*self.0 == *name || self.0.eq_ignore_ascii_case(name))
    }

    /// The name without options such as `;range=0-1499` or `;binary`.
    pub fn without_options(&self) -> &str {
        self.0.split(';').next().unwrap_or_default()
    }
}

impl PartialEq for AttributeName {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.is(other.as_str())
    }
}

impl Eq for AttributeName {}

impl Hash for AttributeName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl Ord for AttributeName {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = |name: &Self| {
            name.0
                .bytes()
                .map(|b| b.to_ascii_lowercase())
                .collect::<Vec<_>>()
        };
        lower(self).cmp(&lower(other))
    }
}

impl PartialOrd for AttributeName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl serde::Serialize for AttributeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for AttributeName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter() {
        let a = AttributeName::known("proxyAddresses");
        let b = AttributeName::parse("PROXYADDRESSES").unwrap();
        assert_eq!(a, b);
        assert_eq!(a.cmp(&b), Ordering::Equal);
        let set: std::collections::HashSet<_> = [a, b].into_iter().collect();
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn names_that_are_none_are_refused() {
        for bad in ["", "-a", "a b", "mail;", "mail\n", "maïl", ";binary"] {
            assert!(AttributeName::parse(bad).is_err(), "{bad:?}");
        }
        for good in [
            "mail",
            "member;range=0-*",
            "2.5.4.3",
            "ms-DS-ConsistencyGuid",
        ] {
            assert!(AttributeName::parse(good).is_ok(), "{good:?}");
        }
    }
}
