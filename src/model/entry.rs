//! An entry as it was read: a name and attributes with raw values.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::{AttributeName, DistinguishedName, ObjectClass, ObjectGuid};

/// One attribute value: bytes that are usually, but not always, UTF-8.
///
/// Entries come by the hundred thousand and most values are short, so that
/// those lie where the value lies, without an allocation of their own.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(SmallVec<[u8; 32]>);

/// The values of an attribute; most have one.
pub type Values = SmallVec<[Value; 1]>;

impl Value {
    /// The value as it came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value as text, if it is UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The value as text; what is not UTF-8 becomes U+FFFD. For showing only.
    pub fn to_text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(SmallVec::from_slice(text.as_bytes()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text_lossy(), f)
    }
}

/// An attribute with its values in the order the source gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, without options.
    pub name: AttributeName,
    /// Its values; an attribute without values is one that is not there.
    pub values: Values,
}

/// What names an entry when it is written to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// By objectGUID: survives renames and moves.
    Guid(ObjectGuid),
    /// By name: only for sources that know no objectGUID.
    Dn(DistinguishedName),
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(guid) => guid.fmt(f),
            Self::Dn(dn) => dn.fmt(f),
        }
    }
}

/// An entry: its name and those of its attributes that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The distinguished name as the source wrote it.
    pub dn: DistinguishedName,
    attributes: Vec<Attribute>,
}

impl Entry {
    /// An entry without attributes.
    pub fn new(dn: DistinguishedName) -> Self {
        Self {
            dn,
            attributes: Vec::new(),
        }
    }

    /// An entry without attributes that has room for `count` of them.
    pub fn with_room(dn: DistinguishedName, count: usize) -> Self {
        Self {
            dn,
            attributes: Vec::with_capacity(count),
        }
    }

    /// Adds an attribute that is not there yet.
    pub fn add_new(&mut self, name: AttributeName, values: Values) {
        self.attributes.push(Attribute { name, values });
    }

    /// Adds `values` to the attribute `name`, which may be there already: a
    /// source that sends an attribute twice gives one attribute.
    pub fn add(&mut self, name: AttributeName, values: impl IntoIterator<Item = Value>) {
        match self
            .attributes
            .iter_mut()
            .find(|attribute| attribute.name == name)
        {
            Some(attribute) => attribute.values.extend(values),
            None => self.attributes.push(Attribute {
                name,
                values: values.into_iter().collect(),
            }),
        }
    }

    /// Replaces the values of `name`; none removes the attribute.
    pub fn set(&mut self, name: &AttributeName, values: Vec<Value>) {
        self.attributes.retain(|attribute| attribute.name != *name);
        if !values.is_empty() {
            self.attributes.push(Attribute {
                name: name.clone(),
                values: values.into(),
            });
        }
    }

    /// All attributes, in the order the source gave them.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The values of `name`, none if it is absent.
    pub fn values(&self, name: &str) -> &[Value] {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(name))
            .map_or(&[], |attribute| &attribute.values)
    }

    /// The first value of `name` as text, if it is there and UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values(name).first().and_then(Value::as_text)
    }

    /// Whether `name` has at least one value.
    pub fn has(&self, name: &str) -> bool {
        !self.values(name).is_empty()
    }

    /// The first value of `name` as an integer, if it is one. 64 bits wide:
    /// msExchRecipientTypeDetails needs more than 32.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// The kind of entry, by objectClass.
    pub fn class(&self) -> ObjectClass {
        ObjectClass::of(self.values("objectClass").iter().map(Value::as_bytes))
    }

    /// The objectGUID, if the source gave a well-formed one.
    pub fn guid(&self) -> Option<ObjectGuid> {
        ObjectGuid::from_bytes(self.values("objectGUID").first()?.as_bytes()).ok()
    }

    /// What to name the entry by when it is written to.
    pub fn identity(&self) -> Identity {
        self.guid()
            .map_or_else(|| Identity::Dn(self.dn.clone()), Identity::Guid)
    }

    /// The cn, or the name in the DN when the source gave none.
    pub fn common_name(&self) -> Cow<'_, str> {
        self.text("cn")
            .map_or_else(|| self.dn.name(), Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut entry = Entry::new(DistinguishedName::from_server("CN=a,DC=x"));
        entry.add(AttributeName::known("mail"), [Value::from("a@x")]);
        entry
    }

    #[test]
    fn an_attribute_sent_twice_is_one() {
        let mut entry = entry();
        entry.add(AttributeName::known("MAIL"), [Value::from("b@x")]);
        assert_eq!(entry.attributes().len(), 1);
        assert_eq!(entry.values("mail").len(), 2);
    }

    #[test]
    fn what_is_missing_or_malformed_is_none() {
        let mut entry = entry();
        assert_eq!(entry.guid(), None);
        entry.add(AttributeName::known("objectGUID"), [Value::from("short")]);
        assert_eq!(entry.guid(), None);
        assert_eq!(entry.identity(), Identity::Dn(entry.dn.clone()));
        assert_eq!(entry.class(), ObjectClass::Other);
        assert_eq!(entry.common_name(), "a");
        entry.set(&AttributeName::known("mail"), vec![Value::from(vec![0xff])]);
        assert_eq!(entry.text("mail"), None);
        assert!(entry.has("mail"));
    }
}
