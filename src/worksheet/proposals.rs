//! The proposals of all rows, packed: a million of them are held, and most say
//! one of a few sentences.
//!
//! They are made once, with the sheet, and never change.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Action;
use super::proposal::NewProposal;
use crate::rule::Confidence;

/// A suggestion that was checked: it differs from the present value, breaks no
/// rule and takes no value that is held or proposed elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// Edit, Remove or Complete.
    pub action: Action,
    /// The new value of an Edit.
    pub update: Option<&'a str>,
    /// How much care it asks for.
    pub confidence: Confidence,
    /// Why, in one sentence.
    pub reason: &'a str,
}

/// What is proposed for each row.
#[derive(Debug, Default)]
pub(super) struct Proposals {
    /// For each row, in order.
    rows: Vec<Packed>,
    /// The new values, one behind the other.
    updates: String,
    reasons: Vec<Cow<'static, str>>,
}

/// What is proposed for one row.
#[derive(Debug)]
struct Packed {
    /// Where its new value ends; it begins where that of the row before ends.
    end: usize,
    /// The number of its reason.
    reason: u32,
    kind: Option<(Action, Confidence)>,
    has_update: bool,
}

/// Packs proposals, row by row.
#[derive(Debug, Default)]
pub(super) struct Packer {
    packed: Proposals,
    numbers: HashMap<Cow<'static, str>, u32>,
}

impl Packer {
    /// Room for so many rows.
    pub(super) fn new(rows: usize) -> Self {
        let mut packer = Self::default();
        packer.packed.rows.reserve_exact(rows);
        packer
    }

    /// The number of the next row.
    pub(super) fn next(&self) -> usize {
        self.packed.rows.len()
    }

    /// Adds what is proposed for the next row.
    pub(super) fn add(&mut self, proposal: Option<NewProposal>) {
        let packed = &mut self.packed;
        let Some(proposal) = proposal else {
            packed.rows.push(Packed {
                end: packed.updates.len(),
                reason: 0,
                kind: None,
                has_update: false,
            });
            return;
        };
        let next = u32::try_from(packed.reasons.len()).unwrap_or(u32::MAX);
        let number = self.numbers.entry(proposal.reason);
        let reason = *number.or_insert_with_key(|reason| {
            packed.reasons.push(reason.clone());
            next
        });
        let update = proposal.update.as_deref();
        packed.updates.push_str(update.unwrap_or_default());
        packed.rows.push(Packed {
            end: packed.updates.len(),
            reason,
            kind: Some((proposal.action, proposal.confidence)),
            has_update: update.is_some(),
        });
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Proposals {
        self.packed.updates.shrink_to_fit();
        self.packed
    }
}

impl Proposals {
    /// Takes the proposal of a row away.
    pub(super) fn remove(&mut self, row: usize) {
        if let Some(packed) = self.rows.get_mut(row) {
            packed.kind = None;
        }
    }

    /// What is proposed for the row of that number.
    pub(super) fn get(&self, row: usize) -> Option<Proposal<'_>> {
        let packed = self.rows.get(row)?;
        let (action, confidence) = packed.kind?;
        let before = row.checked_sub(1).and_then(|before| self.rows.get(before));
        let start = before.map_or(0, |before| before.end);
        let update = self.updates.get(start..packed.end).unwrap_or_default();
        let reason = self.reasons.get(packed.reason as usize);
        Some(Proposal {
            action,
            update: packed.has_update.then_some(update),
            confidence,
            reason: reason.map_or("", |reason| reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(action: Action, update: Option<&str>, reason: &str) -> NewProposal {
        NewProposal {
            action,
            update: update.map(str::to_owned),
            confidence: Confidence::Review,
            reason: reason.to_owned().into(),
        }
    }

    #[test]
    fn what_is_packed_comes_back_row_by_row() {
        let all = [
            None,
            Some(new(Action::Edit, Some("jürgen"), "a")),
            Some(new(Action::Remove, None, "b")),
            None,
            Some(new(Action::Edit, Some("x"), "a")),
            Some(new(Action::Edit, Some(""), "b")),
        ];
        let mut packer = Packer::new(all.len());
        for new in &all {
            packer.add(new.clone());
        }
        let mut proposals = packer.finish();
        for (row, new) in all.iter().enumerate() {
            let new = new.as_ref().map(|new| Proposal {
                action: new.action,
                update: new.update.as_deref(),
                confidence: new.confidence,
                reason: &new.reason,
            });
            assert_eq!(proposals.get(row), new, "row {row}");
        }
        assert_eq!(proposals.get(all.len()), None);
        assert_eq!(proposals.reasons.len(), 2);
        proposals.remove(1);
        assert_eq!(proposals.get(1), None);
        assert_eq!(
            proposals.get(4).and_then(|proposal| proposal.update),
            Some("x")
        );
    }
}
