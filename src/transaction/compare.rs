//! Where an entry stands between what a plan found and what it wants.
//!
//! Everything is compared byte for byte, case too: a directory's own matching
//! is looser, so its guard alone would not see a change of case.

use std::collections::HashSet;

use super::AttributeConflict;
use crate::model::{AttributeName, Change, Entry, Modification, Value};

/// Where one attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Everything to be deleted is there, nothing to be added is.
    Before,
    /// Everything to be added is there, nothing to be deleted is.
    After,
    /// Neither: somebody else changed it.
    Other,
}

/// The unit is the attribute if it is single-valued, else the values that the
/// change deletes and adds; other values are not looked at.
pub(super) fn stage(change: &Change, current: &[Value]) -> Stage {
    let present: HashSet<&Value> = current.iter().collect();
    let all = |values: &[Value]| values.iter().all(|value| present.contains(value));
    let none = |values: &[Value]| !values.iter().any(|value| present.contains(value));
    let alone = |values: &[Value]| !change.single_valued || present.len() == values.len();
    if all(&change.add) && none(&change.delete) && alone(&change.add) {
        Stage::After
    } else if all(&change.delete) && none(&change.add) && alone(&change.delete) {
        Stage::Before
    } else {
        Stage::Other
    }
}

/// Where the attributes of an entry stand, each kind in the order of the plan.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    pub(super) before: Vec<&'a Change>,
    pub(super) after: Vec<&'a Change>,
    pub(super) other: Vec<&'a Change>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(changes: &'a [Change], entry: &Entry) -> Self {
        let mut standing = Self::default();
        for change in changes {
            match stage(change, entry.values(change.attribute.as_str())) {
                Stage::Before => standing.before.push(change),
                Stage::After => standing.after.push(change),
                Stage::Other => standing.other.push(change),
            }
        }
        standing
    }

    pub(super) fn all_before(&self) -> bool {
        self.after.is_empty() && self.other.is_empty()
    }

    pub(super) fn all_after(&self) -> bool {
        self.before.is_empty() && self.other.is_empty()
    }
}

/// A change that found its attribute otherwise than expected.
pub(super) fn conflict(
    change: &Change,
    entry: &Entry,
    reason: impl Into<String>,
) -> AttributeConflict {
    AttributeConflict {
        attribute: change.attribute.clone(),
        expected: change.before.clone(),
        found: entry.values(change.attribute.as_str()).to_vec(),
        reason: reason.into(),
    }
}

pub(super) fn names<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<AttributeName> {
    changes
        .into_iter()
        .map(|change| change.attribute.clone())
        .collect()
}

/// The attributes of a modification as an entry has them.
pub(super) fn stored(
    modification: &Modification,
    entry: &Entry,
) -> Vec<(AttributeName, Vec<Value>)> {
    modification
        .changes
        .iter()
        .map(|change| {
            let values = entry.values(change.attribute.as_str()).to_vec();
            (change.attribute.clone(), values)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Value> {
        texts.iter().copied().map(Value::from).collect()
    }

    fn change(single_valued: bool, before: &[&str], after: &[&str]) -> Change {
        Change::between(
            AttributeName::known("x"),
            single_valued,
            values(before),
            values(after),
        )
        .unwrap()
    }

    #[test]
    fn a_multi_valued_attribute_is_judged_by_the_values_touched_only() {
        let change = change(false, &["a", "b"], &["a", "c"]);
        for (current, expected) in [
            (&["b"][..], Stage::Before),
            (&["z", "b", "y"], Stage::Before),
            (&["c", "z"], Stage::After),
            (&["b", "c"], Stage::Other),
            (&["B"], Stage::Other),
            (&["a"], Stage::Other),
            (&[], Stage::Other),
        ] {
            assert_eq!(stage(&change, &values(current)), expected, "{current:?}");
        }
    }

    #[test]
    fn a_single_valued_attribute_is_judged_as_a_whole() {
        let fill = change(true, &[], &["a"]);
        assert_eq!(stage(&fill, &[]), Stage::Before);
        assert_eq!(stage(&fill, &values(&["a"])), Stage::After);
        assert_eq!(stage(&fill, &values(&["b"])), Stage::Other);
        let clear = fill.inverse();
        assert_eq!(stage(&clear, &values(&["a"])), Stage::Before);
        assert_eq!(stage(&clear, &[]), Stage::After);
        assert_eq!(stage(&clear, &values(&["b"])), Stage::Other);
        let case = change(true, &["a"], &["A"]);
        assert_eq!(stage(&case, &values(&["a"])), Stage::Before);
        assert_eq!(stage(&case, &values(&["A"])), Stage::After);
    }
}
