//! An entry as it would be: decisions applied to what was scanned.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{AttributeName, Entry, Value};
use crate::rule::{Fault, Judge, KeySpace, Place, RuleId};

/// A value that must be unique, in the form in which it is compared.
pub(super) type Key = (KeySpace, String);

/// What is to be done at a place: write this value, or take the value away.
pub(super) type Deed<'a> = (&'a Place, Option<&'a str>);

/// An entry with deeds done.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) entry: Entry,
    /// For each deed the place of the value it wrote.
    pub(super) written: Vec<Option<Place>>,
}

impl Draft {
    /// Does `deeds` to `entry`. Places are those of the entry as it is; values
    /// that are equal byte by byte are one value. Of two deeds at one place the
    /// first is done.
    pub(super) fn of(entry: &Entry, deeds: &[Deed<'_>]) -> Self {
        let mut draft = Self {
            entry: entry.clone(),
            written: vec![None; deeds.len()],
        };
        let mut by_attribute: BTreeMap<&AttributeName, Vec<usize>> = BTreeMap::new();
        for (number, (place, _)) in deeds.iter().enumerate() {
            by_attribute
                .entry(&place.attribute)
                .or_default()
                .push(number);
        }
        for (attribute, numbers) in by_attribute {
            let before = entry.values(attribute.as_str());
            let after = draft.values(attribute, before, deeds, &numbers);
            draft.entry.set(attribute, after);
        }
        draft
    }

    fn values(
        &mut self,
        attribute: &AttributeName,
        before: &[Value],
        deeds: &[Deed<'_>],
        numbers: &[usize],
    ) -> Vec<Value> {
        let mut after: Vec<Value> = Vec::with_capacity(before.len());
        let mut targets: HashMap<&Value, usize> = HashMap::new();
        for number in numbers.iter().rev() {
            let index = deeds[*number].0.value.map(|index| index as usize);
            if let Some(value) = index.and_then(|index| before.get(index)) {
                targets.insert(value, *number);
            }
        }
        let mut done = HashSet::new();
        let mut write = |number: usize, after: &mut Vec<Value>| {
            if let (Some(text), true) = (deeds[number].1, done.insert(number)) {
                self.written[number] = Some(Place {
                    attribute: attribute.clone(),
                    value: u32::try_from(after.len()).ok(),
                });
                after.push(Value::from(text));
            }
        };
        for value in before {
            match targets.get(value) {
                Some(number) => write(*number, &mut after),
                None => after.push(value.clone()),
            }
        }
        for number in numbers {
            if deeds[*number].0.value.is_none() {
                write(*number, &mut after);
            }
        }
        after
    }
}

/// The keys of `after` that `before` does not have, and the other way round.
pub(super) fn key_changes(judge: &Judge, before: &Entry, after: &Entry) -> KeyChanges {
    let keys = |entry| {
        let keys = judge.keys(entry).into_iter();
        let mut keys: Vec<Key> = keys.map(|key| (key.space, key.key)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    let (before, mut after) = (keys(before), keys(after));
    let mut freed = before.clone();
    freed.retain(|key| after.binary_search(key).is_err());
    after.retain(|key| before.binary_search(key).is_err());
    // These are kept, and are a few of all keys.
    freed.shrink_to_fit();
    after.shrink_to_fit();
    KeyChanges {
        taken: after,
        freed,
    }
}

/// Which keys a change of an entry takes and frees; both sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct KeyChanges {
    pub(super) taken: Vec<Key>,
    pub(super) freed: Vec<Key>,
}

impl KeyChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.freed.is_empty()
    }

    pub(super) fn takes(&self, key: &Key) -> bool {
        self.taken.binary_search(key).is_ok()
    }

    pub(super) fn frees(&self, key: &Key) -> bool {
        self.freed.binary_search(key).is_ok()
    }
}

/// Faults of an entry in a form in which those of another state of the same
/// entry can be recognised.
#[derive(Debug, Default)]
pub(super) struct KnownFaults {
    signatures: HashSet<Signature>,
    counts: HashMap<(RuleId, AttributeName), usize>,
}

/// Rule, attribute and value.
type Signature = (RuleId, AttributeName, Option<Value>);

impl KnownFaults {
    /// `faults` are all of `entry`.
    pub(super) fn of(entry: &Entry, faults: &[Fault]) -> Self {
        let mut known = Self::default();
        for fault in faults {
            *known.counts.entry(kind(fault)).or_default() += 1;
            known.signatures.insert(signature(entry, fault));
        }
        known
    }

    /// Whether all `faults` of `entry` stood at the same values before.
    pub(super) fn has_all<'a>(
        &self,
        entry: &Entry,
        mut faults: impl Iterator<Item = &'a Fault>,
    ) -> bool {
        faults.all(|fault| self.signatures.contains(&signature(entry, fault)))
    }

    /// Those of `faults`, all faults of `entry`, that were not there before. A
    /// fault of the whole attribute, such as a missing primary address, is none
    /// when it merely stands at another value now.
    pub(super) fn new_among<'a>(&self, entry: &Entry, faults: &'a [Fault]) -> Vec<&'a Fault> {
        let mut counts: HashMap<(RuleId, AttributeName), usize> = HashMap::new();
        for fault in faults {
            *counts.entry(kind(fault)).or_default() += 1;
        }
        faults
            .iter()
            .filter(|fault| {
                let kind = kind(fault);
                let before = self.counts.get(&kind).copied().unwrap_or_default();
                counts.get(&kind).is_some_and(|now| *now > before)
                    && !self.signatures.contains(&signature(entry, fault))
            })
            .collect()
    }
}

fn kind(fault: &Fault) -> (RuleId, AttributeName) {
    (fault.rule, fault.place.attribute.clone())
}

fn signature(entry: &Entry, fault: &Fault) -> Signature {
    let values = entry.values(fault.place.attribute.as_str());
    let value = fault
        .place
        .value
        .and_then(|index| values.get(index as usize))
        .cloned();
    (fault.rule, fault.place.attribute.clone(), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DistinguishedName;

    fn entry(values: &[&str]) -> Entry {
        let mut entry = Entry::new(DistinguishedName::from_server("CN=a"));
        entry.add(
            AttributeName::known("proxyAddresses"),
            values.iter().copied().map(Value::from),
        );
        entry
    }

    fn place(value: Option<u32>) -> Place {
        Place {
            attribute: AttributeName::known("proxyAddresses"),
            value,
        }
    }

    fn values(draft: &Draft) -> Vec<&str> {
        let values = draft.entry.values("proxyAddresses");
        values.iter().filter_map(Value::as_text).collect()
    }

    #[test]
    fn places_stay_those_of_the_entry_as_it_was() {
        let places = [place(Some(0)), place(Some(2)), place(None)];
        let draft = Draft::of(
            &entry(&["a", "b", "c"]),
            &[
                (&places[0], None),
                (&places[1], Some("C")),
                (&places[2], Some("d")),
            ],
        );
        assert_eq!(values(&draft), ["b", "C", "d"]);
        assert_eq!(
            draft.written,
            [None, Some(place(Some(1))), Some(place(Some(2)))]
        );
    }

    #[test]
    fn equal_values_are_one() {
        let places = [place(Some(0)), place(Some(1))];
        let repeated = entry(&["a", "a", "b"]);
        assert_eq!(values(&Draft::of(&repeated, &[(&places[1], None)])), ["b"]);
        assert_eq!(
            values(&Draft::of(&repeated, &[(&places[0], Some("c"))])),
            ["c", "b"]
        );
    }

    #[test]
    fn an_attribute_without_values_is_gone() {
        let place = place(Some(0));
        let draft = Draft::of(&entry(&["a"]), &[(&place, None)]);
        assert!(draft.entry.attributes().is_empty());
    }
}
