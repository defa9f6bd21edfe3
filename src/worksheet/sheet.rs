//! skeleton

use std::sync::Arc;

use super::{Action, Proposal, RowFilter, RowId, RowState, RowText, SortKey};
use crate::model::{ChangeSet, Entry};
use crate::rule::{Judge, Severity};
use crate::scan::{Finding, ScanResult};

/// What is wrong with an edited value; empty when it may be staged as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EditCheck {
    /// One sentence each.
    pub problems: Vec<String>,
}

/// Another holder of a row's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictMember {
    /// Its name.
    pub dn: String,
    /// Where it holds the value.
    pub attribute: String,
    /// As spelled there.
    pub value: String,
    /// Why it is not editable here (out of scope, skipped), if so.
    pub remark: Option<String>,
}

/// The decisions, as changes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One modification an entry.
    pub changes: ChangeSet,
    /// For each modification the rows it carries out.
    pub rows: Vec<Vec<RowId>>,
    /// Rows with an action that cannot be planned, with the reason.
    pub refused: Vec<(RowId, String)>,
}

/// Findings as rows, with decisions.
#[derive(Debug)]
pub struct Worksheet {
    /// What was scanned.
    pub scan: ScanResult,
    /// By what it was judged, and edits are checked.
    pub judge: Arc<Judge>,
}

impl Worksheet {
    /// Makes a row of every finding, with its proposal.
    pub fn new(_scan: ScanResult, _judge: Arc<Judge>) -> Self {
        todo!()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        todo!()
    }

    /// The finding of a row.
    pub fn finding(&self, _row: RowId) -> &Finding {
        todo!()
    }

    /// The entry of a row as it was scanned.
    pub fn entry(&self, _row: RowId) -> Entry {
        todo!()
    }

    /// The worst severity of a row.
    pub fn severity(&self, _row: RowId) -> Severity {
        todo!()
    }

    /// All texts of a row.
    pub fn text(&self, _row: RowId) -> RowText {
        todo!()
    }

    /// The proposal of a row.
    pub fn proposal(&self, _row: RowId) -> Option<&Proposal> {
        todo!()
    }

    /// The decision on a row.
    pub fn action(&self, _row: RowId) -> Action {
        todo!()
    }

    /// What became of a row.
    pub fn state(&self, _row: RowId) -> &RowState {
        todo!()
    }

    /// All entries that hold the value of a row, if it must be unique; empty if it is.
    pub fn conflicts(&self, _row: RowId) -> Vec<ConflictMember> {
        todo!()
    }

    /// Checks `value` for a row: the rules, the scanned values, the other
    /// staged edits. Stages nothing.
    pub fn check(&self, _row: RowId, _value: &str) -> EditCheck {
        todo!()
    }

    /// Stages EDIT with `value`. A value with problems is refused.
    pub fn edit(&mut self, _row: RowId, _value: &str) -> Result<(), EditCheck> {
        todo!()
    }

    /// Stages an action; EDIT takes the proposed value. Refused with the reason if it
    /// does not fit the row.
    pub fn act(&mut self, _row: RowId, _action: Action) -> Result<(), String> {
        todo!()
    }

    /// Stages the proposal of every row of `rows` whose proposal is safe and that is undecided;
    /// returns how many.
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

    /// The staged edits and removals as one modification an entry. Judges
    /// the state after the plan; rows that would break a rule or take a held value are refused.
    pub fn plan(&self) -> Plan {
        todo!()
    }

    /// Records what became of rows.
    pub fn set_state(&mut self, _rows: &[RowId], _state: &RowState) {
        todo!()
    }

    /// The rows that match `filter`, ordered by `sort` (then by scan order).
    pub fn view(&self, _filter: &RowFilter, _sort: &[SortKey]) -> Vec<RowId> {
        todo!()
    }
}
