//! Changes to be made: the plan before it is a transaction.
//!
//! A [`ChangeSet`] is what the worksheet hands to the transaction, what the
//! review shows, and what the journal keeps. It holds one [`Modification`] an
//! entry, because one `ModifyRequest` is the server's unit of atomicity, and in
//! it one [`Change`] an attribute.

use super::{AttributeName, DistinguishedName, DomainId, Identity, ObjectClass, Value};

/// The change of one attribute of one entry.
///
/// The unit is the value for multi-valued attributes and the attribute for
/// single-valued ones: `delete` and `add` are exactly what is sent, and
/// exactly what a rollback undoes. `before` and `after` are the whole
/// attribute, for the record and for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The attribute.
    pub attribute: AttributeName,
    /// Whether the schema allows one value only.
    pub single_valued: bool,
    /// All values when the plan was made, in the order they were read.
    pub before: Vec<Value>,
    /// All values when the change is done.
    pub after: Vec<Value>,
    /// The values taken away, spelled exactly as they are stored.
    pub delete: Vec<Value>,
    /// The values put in.
    pub add: Vec<Value>,
    /// Values that another entry held as well when the plan was made. Taking
    /// the change back puts them in again although they are not unique.
    pub shared: Vec<Value>,
}

impl Change {
    /// The change that takes an attribute from `before` to `after`; `None` if
    /// the two hold the same values. Order is no difference: LDAP values are a
    /// set.
    pub fn between(
        attribute: AttributeName,
        single_valued: bool,
        before: Vec<Value>,
        after: Vec<Value>,
    ) -> Option<Self> {
        let missing_in = |from: &[Value], other: &[Value]| {
            from.iter()
                .filter(|value| !other.contains(value))
                .cloned()
                .collect::<Vec<_>>()
        };
        let delete = missing_in(&before, &after);
        let add = missing_in(&after, &before);
        (!delete.is_empty() || !add.is_empty()).then_some(Self {
            attribute,
            single_valued,
            before,
            after,
            delete,
            add,
            shared: Vec::new(),
        })
    }

    /// The change that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            attribute: self.attribute.clone(),
            single_valued: self.single_valued,
            before: self.after.clone(),
            after: self.before.clone(),
            delete: self.add.clone(),
            add: self.delete.clone(),
            shared: self.shared.clone(),
        }
    }
}

/// Everything that is done to one entry, in one guarded `ModifyRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modification {
    /// What names the entry.
    pub identity: Identity,
    /// Its name when the plan was made; for people, and for the undo LDIF.
    pub dn: DistinguishedName,
    /// Its kind.
    pub class: ObjectClass,
    /// The domain it lies in, by its place in the run.
    pub domain: DomainId,
    /// One change an attribute; never empty.
    pub changes: Vec<Change>,
}

/// The plan: one modification an entry, in the order they are sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSet {
    /// The modifications.
    pub modifications: Vec<Modification>,
    /// For each modification the earlier ones that give up a value it takes: it
    /// is sent only when those are verified done. A missing list is an empty one.
    pub depends_on: Vec<Vec<usize>>,
}

impl ChangeSet {
    /// How many entries it touches.
    pub fn len(&self) -> usize {
        self.modifications.len()
    }

    /// The earlier modifications that the one at `index` depends on.
    pub fn needs(&self, index: usize) -> &[usize] {
        self.depends_on.get(index).map_or(&[], Vec::as_slice)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.modifications.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Value> {
        texts.iter().copied().map(Value::from).collect()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let name = AttributeName::known("proxyAddresses");
        let change = Change::between(
            name.clone(),
            false,
            values(&["SMTP:a@x", "smtp:b@x", "x500:/o=1"]),
            values(&["x500:/o=1", "SMTP:a@x", "smtp:c@x"]),
        )
        .unwrap();
        assert_eq!(change.delete, values(&["smtp:b@x"]));
        assert_eq!(change.add, values(&["smtp:c@x"]));
        assert_eq!(change.inverse().inverse(), change);
        assert_eq!(
            Change::between(name, false, values(&["a", "b"]), values(&["b", "a"])),
            None
        );
    }
}
