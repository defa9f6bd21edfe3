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

impl Proposals {
    /// Packs what is proposed for so many rows, in their order.
    pub(super) fn pack(
        rows: usize,
        proposals: impl Iterator<Item = Option<Box<NewProposal>>>,
    ) -> Self {
        let mut packed = Self {
            rows: Vec::with_capacity(rows),
            ..Self::default()
        };
        let mut numbers = HashMap::new();
        for proposal in proposals {
            let row = packed.add(proposal, &mut numbers);
            packed.rows.push(row);
        }
        packed.updates.shrink_to_fit();
        packed
    }

    fn add(
        &mut self,
        proposal: Option<Box<NewProposal>>,
        numbers: &mut HashMap<Cow<'static, str>, u32>,
    ) -> Packed {
        let Some(proposal) = proposal else {
            return Packed {
                end: self.updates.len(),
                reason: 0,
                kind: None,
                has_update: false,
            };
        };
        let next = u32::try_from(self.reasons.len()).unwrap_or(u32::MAX);
        let reason = *numbers.entry(proposal.reason).or_insert_with_key(|reason| {
            self.reasons.push(reason.clone());
            next
        });
        self.updates
            .push_str(proposal.update.as_deref().unwrap_or_default());
        Packed {
            end: self.updates.len(),
            reason,
            kind: Some((proposal.action, proposal.confidence)),
            has_update: proposal.update.is_some(),
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
        let boxed = all.iter().map(|new| new.clone().map(Box::new));
        let packed = Proposals::pack(all.len(), boxed);
        for (row, new) in all.iter().enumerate() {
            let new = new.as_ref().map(|new| Proposal {
                action: new.action,
                update: new.update.as_deref(),
                confidence: new.confidence,
                reason: &new.reason,
            });
            assert_eq!(packed.get(row), new, "row {row}");
        }
        assert_eq!(packed.get(all.len()), None);
        assert_eq!(packed.reasons.len(), 2);
    }
}
