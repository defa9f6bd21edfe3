//! The attributes that a judge looks at, numbered.
//!
//! An entry is gone through once and each of its attributes put into its slot;
//! the groups of rules then find their values without a search.

use crate::model::{AttributeName, AttributeTable, Entry, Value};

/// The number of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// Numbered attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots(AttributeTable);

/// The values of an entry by slot.
#[derive(Debug)]
pub(super) struct Values<'e>(Vec<&'e [Value]>);

impl Slots {
    /// The slot of `name`, which gets one if it has none yet.
    pub(super) fn of(&mut self, name: &AttributeName) -> Slot {
        Slot(self.0.add(name))
    }

    /// The values of `entry`; those of attributes without a slot are left out.
    pub(super) fn values<'e>(&self, entry: &'e Entry) -> Values<'e> {
        let mut values: Vec<&[Value]> = vec![&[]; self.0.len()];
        for attribute in entry.attributes() {
            if let Some(slot) = self.0.find(&attribute.name) {
                values[slot] = &attribute.values;
            }
        }
        Values(values)
    }
}

impl<'e> Values<'e> {
    /// The values of the attribute with that slot; none if it is absent.
    pub(super) fn of(&self, slot: Slot) -> &'e [Value] {
        self.0[slot.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DistinguishedName;

    #[test]
    fn a_slot_holds_what_a_search_finds() {
        let mut entry = Entry::new(DistinguishedName::from_server("CN=a,DC=x"));
        for name in ["mail", "cn", "MEMBER;range=1-1", "sn"] {
            entry.add(AttributeName::known(name), [Value::from(name)]);
        }
        let names = ["MAIL", "member;range=1-1", "member", "sn", "c", "info"];
        let names = names.map(AttributeName::known);
        let mut slots = Slots::default();
        let numbered = names.each_ref().map(|name| slots.of(name));
        assert_eq!(numbered, names.each_ref().map(|name| slots.of(name)));
        let values = slots.values(&entry);
        for (name, slot) in names.iter().zip(numbered) {
            assert_eq!(values.of(slot), entry.values(name.as_str()), "{name}");
        }
    }
}
