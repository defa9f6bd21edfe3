//! What is done to many rows at once, with a count of how far it is and a way
//! to stop it.
//!
//! A task may take seconds on a million rows. It is carried out on a copy of
//! the sheet, on any thread, and the copy takes the place of the sheet when it
//! is done; stopped, it leaves nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::stage::{Choice, Decision, Wish};
use super::{Action, Bulk, Composer, RowId, RowState, Step, Worksheet};
use crate::exception::Why;

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Task {
    /// Stage the proposal of each row.
    Accept(Vec<RowId>),
    /// Stage the proposals that are safe, on rows that are undecided.
    AcceptSafe(Vec<RowId>),
    /// Stage an action on each row.
    Act(Vec<RowId>, Action),
    /// Stage an EDIT of each row with the value that is made for it.
    Compose(Vec<RowId>, Composer),
    /// Stage what was chosen for each row.
    Choose(Vec<(RowId, Choice)>),
    /// Take the last staging back.
    Undo,
    /// Stage again what was taken back last.
    Redo,
    /// Rows are accepted from now on, or no longer.
    Acceptance(Vec<RowId>, Option<Why>),
    /// What became of rows when they were written.
    Settle(Vec<(Vec<RowId>, RowState)>),
}

/// How far a task is, and whether it is to go on. Shared between who carries it
/// out and who waits for it.
#[derive(Debug, Default)]
pub struct Pace {
    stopped: AtomicBool,
    done: AtomicUsize,
}

impl Pace {
    /// Asks the task to stop.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How many rows it has been through.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// One row further; `false` if it is to stop.
    pub(super) fn step(&self) -> bool {
        self.done.fetch_add(1, Ordering::Relaxed);
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl Worksheet {
    /// Carries a task out; `None` when it was stopped, and then the sheet is
    /// half done and to be thrown away.
    pub fn perform(&mut self, task: &Task, pace: &Pace) -> Option<Bulk> {
        match task {
            Task::Accept(rows) => {
                let wish = |sheet: &Self, row| sheet.proposed_wish(row);
                self.stage(rows.iter().map(|row| (*row, &wish as &Wish<'_>)), pace)
            }
            Task::AcceptSafe(rows) => {
                let wish = |sheet: &Self, row| sheet.proposed_wish(row);
                let mut safe = Vec::new();
                for row in rows {
                    if !pace.step() {
                        return None;
                    }
                    if self.is_safe(*row) {
                        safe.push((*row, &wish as &Wish<'_>));
                    }
                }
                self.stage(safe, &Pace::default())
            }
            Task::Act(rows, action) => {
                let wish = |sheet: &Self, row| sheet.action_wish(row, *action);
                self.stage(rows.iter().map(|row| (*row, &wish as &Wish<'_>)), pace)
            }
            Task::Compose(rows, composer) => {
                let wish = |sheet: &Self, row| {
                    let value = composer.compose(sheet, row)?;
                    Ok(Decision::edit(&value))
                };
                self.stage(rows.iter().map(|row| (*row, &wish as &Wish<'_>)), pace)
            }
            Task::Choose(choices) => self.choose(choices, pace),
            Task::Undo => self.step_back(pace),
            Task::Redo => self.step_again(pace),
            Task::Acceptance(rows, why) => {
                self.mark_all_accepted(rows, why.clone());
                Some(Bulk {
                    staged: rows.len(),
                    refused: Vec::new(),
                })
            }
            Task::Settle(outcomes) => {
                let mut bulk = Bulk::default();
                for (rows, state) in outcomes {
                    if !pace.step() {
                        return None;
                    }
                    self.set_state(rows, state);
                    bulk.staged += rows.len();
                }
                Some(bulk)
            }
        }
    }

    /// How many rows a task goes through.
    pub fn size_of(&self, task: &Task) -> usize {
        let last = |steps: &[Arc<Step>]| steps.last().map_or(0, |step| step.rows.len());
        match task {
            Task::Accept(rows)
            | Task::AcceptSafe(rows)
            | Task::Act(rows, _)
            | Task::Compose(rows, _)
            | Task::Acceptance(rows, _) => rows.len(),
            Task::Choose(choices) => choices.len(),
            Task::Undo => last(&self.undo),
            Task::Redo => last(&self.redo),
            Task::Settle(outcomes) => outcomes.iter().map(|(rows, _)| rows.len()).sum(),
        }
    }

    /// Takes back the last staging (a bulk action is one); `false` if there is
    /// none.
    pub fn undo(&mut self) -> bool {
        let can = self.can_undo();
        // Nobody can stop it, so it is whole.
        let _done = self.step_back(&Pace::default());
        can
    }

    /// Stages again what was taken back.
    pub fn redo(&mut self) -> bool {
        let can = self.can_redo();
        let _done = self.step_again(&Pace::default());
        can
    }

    /// Whether there is a staging to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether something was taken back that can be staged again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }
}
