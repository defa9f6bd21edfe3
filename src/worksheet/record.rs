//! What happened to decisions, in order, for whoever keeps them.
//!
//! A worksheet that is asked to ([`Worksheet::record`]) notes every step. The
//! notes share the steps with the history of undo, so that taking them costs
//! nothing however many rows a step has.

use std::sync::Arc;

use super::{Decision, RowId, RowState, Worksheet};

/// The number of a step; it rises, and is never used twice in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub u64);

/// One step of undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// The rows it changed, with the decisions before and after.
    pub rows: Vec<(RowId, Decision, Decision)>,
}

impl Step {
    /// The step on a sheet on which each row is where `rows` says; `None` if
    /// none of its rows is left.
    pub(super) fn at(&self, rows: &[Option<RowId>]) -> Option<Self> {
        let moved = |(row, before, after): &(RowId, Decision, Decision)| {
            let row = rows.get(row.0 as usize).copied().flatten()?;
            Some((row, before.clone(), after.clone()))
        };
        let rows: Vec<_> = self.rows.iter().filter_map(moved).collect();
        (!rows.is_empty()).then_some(Self { id: self.id, rows })
    }
}

/// Something that happened to decisions.
#[derive(Debug, Clone)]
pub enum Happened {
    /// A step was staged.
    Staged(Arc<Step>),
    /// A step was taken back.
    Undone(Restored),
    /// A step that was taken back was staged again.
    Redone(Restored),
    /// Decisions need not be kept any more: they are in the directory, or
    /// remembered as exceptions.
    Left(Vec<RowId>),
    /// Decisions that had left are to be kept again.
    Returned(Vec<(RowId, Decision)>),
}

/// What undo or redo put back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The step.
    pub id: StepId,
    /// Those of its rows that could still be decided on, with their decisions
    /// now.
    pub rows: Vec<(RowId, Decision)>,
}

impl Worksheet {
    /// From now on notes what happens.
    pub fn record(&mut self) {
        self.notes.get_or_insert_default();
    }

    /// What happened since this was last asked.
    pub fn take_notes(&mut self) -> Vec<Happened> {
        self.notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn note(&mut self, happened: Happened) {
        if let Some(notes) = &mut self.notes {
            notes.push(happened);
        }
    }

    /// Does something to the states of `rows`, and notes which decisions leave
    /// or return by it.
    pub(super) fn noting(&mut self, rows: &[RowId], act: impl FnOnce(&mut Self)) {
        if self.notes.is_none() {
            return act(self);
        }
        let before: Vec<bool> = rows.iter().map(|row| self.is_kept(*row)).collect();
        act(self);
        let mut left = Vec::new();
        let mut returned = Vec::new();
        for (row, before) in rows.iter().zip(before) {
            match (before, self.is_kept(*row)) {
                (true, false) => left.push(*row),
                (false, true) => returned.push((*row, self.decision(*row))),
                _ => {}
            }
        }
        if !left.is_empty() {
            self.note(Happened::Left(left));
        }
        if !returned.is_empty() {
            self.note(Happened::Returned(returned));
        }
    }

    /// Whether the decision on a row has to be kept: it is not known to be in
    /// the directory or among the exceptions.
    pub fn is_kept(&self, row: RowId) -> bool {
        *self.decided(row) != Decision::default()
            && matches!(
                self.state(row),
                RowState::Open | RowState::Failed(_) | RowState::Conflict(_) | RowState::InDoubt(_)
            )
    }
}
