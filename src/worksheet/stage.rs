//! Deciding on rows: edits that are checked, bulk actions that are one step,
//! and undo without end.

use std::collections::BTreeMap;

use super::{Action, RowId, Worksheet};
use crate::rule::KeySpace;
use crate::scan::EntryRef;

/// What is wrong with an edited value; empty when it may be staged as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EditCheck {
    /// One sentence each.
    pub problems: Vec<String>,
}

impl EditCheck {
    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }
}

impl std::fmt::Display for EditCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

/// What a bulk action did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bulk {
    /// How many rows were staged.
    pub staged: usize,
    /// Rows that were left alone, with the reason.
    pub refused: Vec<(RowId, String)>,
}

/// What was decided on a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The action.
    pub action: Action,
    /// The new value of an EDIT.
    pub update: Option<Box<str>>,
}

/// One step of undo: the rows it changed, with the decisions before and after.
#[derive(Debug, Default)]
pub(super) struct Step(Vec<(RowId, Decision, Decision)>);

/// Which values staged edits take and free, by entry and by key.
#[derive(Debug, Default)]
pub(super) struct Staged {
    entries: BTreeMap<EntryRef, Vec<(KeySpace, String)>>,
}

impl Worksheet {
    /// Checks `value` for a row: the rules, the scanned values, the other
    /// staged edits. Stages nothing.
    pub fn check(&self, _row: RowId, _value: &str) -> EditCheck {
        todo!()
    }

    /// Stages EDIT with `value`. A value with problems is refused.
    pub fn edit(&mut self, _row: RowId, _value: &str) -> Result<(), EditCheck> {
        todo!()
    }

    /// Stages an EDIT for each row, as one step of undo.
    pub fn edit_all(&mut self, _edits: &[(RowId, String)]) -> Bulk {
        todo!()
    }

    /// Stages an action; EDIT takes the proposed value, None takes the decision
    /// back (UNDO). Refused with the reason if it does not fit the row.
    pub fn act(&mut self, _row: RowId, _action: Action) -> Result<(), String> {
        todo!()
    }

    /// Stages an action on each row, as one step of undo.
    pub fn act_all(&mut self, _rows: &[RowId], _action: Action) -> Bulk {
        todo!()
    }

    /// Stages the proposal of every row of `rows`, whatever its confidence, as
    /// one step of undo. Rows without a proposal are refused.
    pub fn accept(&mut self, _rows: &[RowId]) -> Bulk {
        todo!()
    }

    /// Stages the proposal of every row of `rows` whose proposal is safe and
    /// that is undecided; returns how many. One step of undo.
    pub fn accept_safe(&mut self, _rows: &[RowId]) -> usize {
        todo!()
    }

    /// Takes back the last staging (a bulk action is one); `false` if there is none.
    pub fn undo(&mut self) -> bool {
        todo!()
    }

    /// Stages again what was taken back.
    pub fn redo(&mut self) -> bool {
        todo!()
    }
}
