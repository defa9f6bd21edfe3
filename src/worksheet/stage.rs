//! Deciding on rows: edits that are checked, bulk actions that are one step,
//! and undo without end. How long they may take and how they are stopped is
//! said in `task`.
//!
//! Whatever is staged was checked against the rules, the scanned values and
//! everything else that is staged at that moment. What a later decision spoils
//! is found again when the plan is made.

use std::collections::HashMap;
use std::sync::Arc;

use super::draft::{Deed, Draft, KeyChanges, key_changes};
use super::{Action, Happened, Pace, Restored, RowId, RowState, Step, StepId, Task, Worksheet};
use crate::model::Entry;
use crate::rule::{Confidence, Place};
use crate::scan::EntryRef;

/// Values times staged rows of one entry that a bulk action goes through. Above
/// it rows are refused: the work would grow with the square.
const WORK: usize = 1 << 22;

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
    pub update: Option<Arc<str>>,
}

impl Bulk {
    /// So many rows, and nothing refused.
    fn of(staged: usize) -> Self {
        Self {
            staged,
            refused: Vec::new(),
        }
    }
}

impl Decision {
    pub(super) fn edit(value: &str) -> Self {
        Self {
            action: Action::Edit,
            update: Some(value.into()),
        }
    }

    fn plain(action: Action) -> Self {
        Self {
            action,
            update: None,
        }
    }

    /// The value that it writes; `None` if it takes the value away or leaves it
    /// alone.
    pub(super) fn deed(&self) -> Option<&str> {
        self.update
            .as_deref()
            .filter(|_| self.action == Action::Edit)
    }

    /// Whether it changes a value at all.
    pub(super) fn is_deed(&self) -> bool {
        match self.action {
            Action::Edit => self.update.is_some(),
            Action::Remove => true,
            Action::None | Action::Complete => false,
        }
    }
}

/// What is chosen for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// EDIT with this value.
    Edit(String),
    /// REMOVE.
    Remove,
    /// COMPLETE.
    Complete,
}

impl Choice {
    fn decision(&self) -> Decision {
        match self {
            Self::Edit(value) => Decision::edit(value),
            Self::Remove => Decision::plain(Action::Remove),
            Self::Complete => Decision::plain(Action::Complete),
        }
    }
}

/// What is to be decided on a row, or why nothing is.
pub(super) type Wish<'a> = dyn Fn(&Worksheet, RowId) -> Result<Decision, String> + 'a;

/// A step that is being made.
#[derive(Default)]
pub(super) struct Staging {
    staged: usize,
    rows: Vec<(RowId, Decision, Decision)>,
    work: HashMap<EntryRef, usize>,
}

impl Staging {
    /// Decides on a row if the decision passes its check; else says why not.
    pub(super) fn add(
        &mut self,
        sheet: &mut Worksheet,
        row: RowId,
        wish: Result<Decision, String>,
    ) -> Result<(), String> {
        let decision = wish?;
        let changes = sheet.admit_in_bulk(row, &decision, &mut self.work)?;
        self.staged += 1;
        let before = sheet.decision(row);
        if before != decision || *sheet.states.get(row.0 as usize) != RowState::Open {
            sheet.put(row, decision.clone());
            let entry = sheet.finding(row).entry;
            match changes {
                Some(changes) => sheet.staged.put(entry, changes),
                None => sheet.claim(entry, row),
            }
            self.rows.push((row, before, decision));
        }
        Ok(())
    }

    /// Makes it a step of undo; `refused` are the rows that were left alone.
    fn end(self, sheet: &mut Worksheet, refused: Vec<(RowId, String)>) -> Bulk {
        if !self.rows.is_empty() {
            sheet.last_step = StepId(sheet.last_step.0 + 1);
            let step = Arc::new(Step {
                id: sheet.last_step,
                rows: self.rows,
            });
            sheet.note(Happened::Staged(Arc::clone(&step)));
            sheet.undo.push(step);
            sheet.redo.clear();
        }
        Bulk {
            staged: self.staged,
            refused,
        }
    }
}

impl Worksheet {
    /// Checks `value` for a row: the rules, the scanned values, the other
    /// staged edits. Stages nothing.
    pub fn check(&self, row: RowId, value: &str) -> EditCheck {
        EditCheck {
            problems: match self.is_settled(row) {
                Some(reason) => vec![reason],
                None => self.problems(row, Some(value)),
            },
        }
    }

    /// Stages EDIT with `value`. A value with problems is refused.
    pub fn edit(&mut self, row: RowId, value: &str) -> Result<(), EditCheck> {
        let bulk = self.choose_all(&[(row, Choice::Edit(value.to_owned()))]);
        match bulk.refused.into_iter().next() {
            None => Ok(()),
            Some(_) => Err(self.check(row, value)),
        }
    }

    /// Stages an action; EDIT takes the value that was edited before, else the
    /// proposed one; None takes the decision back (UNDO). Refused with the
    /// reason if it does not fit the row.
    pub fn act(&mut self, row: RowId, action: Action) -> Result<(), String> {
        let bulk = self.act_all(&[row], action);
        match bulk.refused.into_iter().next() {
            None => Ok(()),
            Some((_, reason)) => Err(reason),
        }
    }

    /// Stages an action on each row, as one step of undo.
    pub fn act_all(&mut self, rows: &[RowId], action: Action) -> Bulk {
        self.perform_whole(&Task::Act(rows.to_vec(), action))
    }

    /// Stages the proposal of every row of `rows`, as one step of undo. Rows
    /// without a proposal, and those with a mere hint, are refused.
    pub fn accept(&mut self, rows: &[RowId]) -> Bulk {
        self.perform_whole(&Task::Accept(rows.to_vec()))
    }

    /// Stages the proposal of every row of `rows` whose proposal is safe and
    /// that is undecided; returns how many. One step of undo.
    pub fn accept_safe(&mut self, rows: &[RowId]) -> usize {
        self.perform_whole(&Task::AcceptSafe(rows.to_vec())).staged
    }

    /// Carries a task out that nobody can stop.
    fn perform_whole(&mut self, task: &Task) -> Bulk {
        self.perform(task, &Pace::default()).unwrap_or_default()
    }

    /// Whether "accept all safe" takes the proposal of a row.
    pub(super) fn is_safe(&self, row: RowId) -> bool {
        self.action(row) == Action::None
            && *self.state(row) == RowState::Open
            && self
                .proposal(row)
                .is_some_and(|proposal| proposal.confidence == Confidence::Safe)
    }

    /// Takes the last step back; nothing if there is none.
    pub(super) fn step_back(&mut self, pace: &Pace) -> Option<Bulk> {
        let Some(step) = self.undo.pop() else {
            return Some(Bulk::default());
        };
        let back = step.rows.iter().rev();
        let back = back.map(|(row, before, _)| (*row, before.clone()));
        let restored = self.restore(&step, back, pace)?;
        let bulk = Bulk::of(restored.rows.len());
        self.note(Happened::Undone(restored));
        self.redo.push(step);
        Some(bulk)
    }

    /// Does again what was taken back last; nothing if there is nothing.
    pub(super) fn step_again(&mut self, pace: &Pace) -> Option<Bulk> {
        let Some(step) = self.redo.pop() else {
            return Some(Bulk::default());
        };
        let again = step.rows.iter();
        let again = again.map(|(row, _, after)| (*row, after.clone()));
        let restored = self.restore(&step, again, pace)?;
        let bulk = Bulk::of(restored.rows.len());
        self.note(Happened::Redone(restored));
        self.undo.push(step);
        Some(bulk)
    }

    /// Puts decisions of a step on those of its rows that are open for them.
    fn restore(
        &mut self,
        step: &Step,
        decisions: impl Iterator<Item = (RowId, Decision)>,
        pace: &Pace,
    ) -> Option<Restored> {
        let mut rows = Vec::with_capacity(step.rows.len());
        for (row, decision) in decisions {
            if !pace.step() {
                return None;
            }
            if self.put(row, decision.clone()) {
                rows.push((row, decision));
            }
        }
        let all: Vec<RowId> = step.rows.iter().map(|(row, ..)| *row).collect();
        for (first, entry) in self.entries_of(&all) {
            self.claim(entry, RowId(first));
        }
        Some(Restored { id: step.id, rows })
    }

    /// Whether what [`Worksheet::redo`] would stage begins with a COMPLETE: a
    /// bulk action has one action for all its rows.
    pub fn completes_next(&self) -> bool {
        let step = self.redo.last().and_then(|step| step.rows.first());
        step.is_some_and(|(_, _, after)| after.action == Action::Complete)
    }

    /// The rows that the last staging put on COMPLETE, which [`Worksheet::undo`]
    /// would take back.
    pub fn completed_last(&self) -> Vec<RowId> {
        let step = self.undo.last().map(|step| step.rows.as_slice());
        let completed = step
            .unwrap_or_default()
            .iter()
            .filter(|(_, _, after)| after.action == Action::Complete);
        completed.map(|(row, ..)| *row).collect()
    }

    /// What taking the proposal of a row comes to.
    pub(super) fn proposed_wish(&self, row: RowId) -> Result<Decision, String> {
        let Some(proposal) = self.proposal(row) else {
            return Err("nothing is proposed for this row".to_owned());
        };
        match (proposal.update, proposal.confidence) {
            (_, Confidence::Manual) => Err("the proposal is a hint only: enter a value".to_owned()),
            (Some(value), _) => Ok(Decision::edit(value)),
            (None, _) => Ok(Decision::plain(proposal.action)),
        }
    }

    /// What an action on a row comes to.
    pub(super) fn action_wish(&self, row: RowId, action: Action) -> Result<Decision, String> {
        match (action, self.update(row)) {
            (Action::Edit, Some(value)) => Ok(Decision::edit(value)),
            (Action::Edit, None) => {
                Err("nothing is proposed for this row: enter a value".to_owned())
            }
            (action, _) => Ok(Decision::plain(action)),
        }
    }

    /// Stages what was chosen for each row, one after the other, as one step of
    /// undo.
    pub(super) fn choose(&mut self, choices: &[(RowId, Choice)], pace: &Pace) -> Option<Bulk> {
        let mut staging = Staging::default();
        let mut refused = Vec::new();
        for (row, choice) in choices {
            if !pace.step() {
                return None;
            }
            if let Err(reason) = staging.add(self, *row, Ok(choice.decision())) {
                refused.push((*row, reason));
            }
        }
        Some(staging.end(self, refused))
    }

    /// The same, when nobody can stop it.
    pub fn choose_all(&mut self, choices: &[(RowId, Choice)]) -> Bulk {
        self.choose(choices, &Pace::default()).unwrap_or_default()
    }

    /// Stages what passes its check, as one step. A wish is asked for when its
    /// row's turn comes; `None` when it is stopped.
    pub(super) fn stage<'a>(
        &mut self,
        rows: impl IntoIterator<Item = (RowId, &'a Wish<'a>)>,
        pace: &Pace,
    ) -> Option<Bulk> {
        let mut staging = Staging::default();
        let mut refused = Vec::new();
        for (row, wish) in rows {
            if !pace.step() {
                return None;
            }
            let wish = wish(self, row);
            if let Err(reason) = staging.add(self, row, wish) {
                refused.push((row, reason));
            }
        }
        Some(staging.end(self, refused))
    }

    fn admit_in_bulk(
        &self,
        row: RowId,
        decision: &Decision,
        work: &mut HashMap<EntryRef, usize>,
    ) -> Result<Option<KeyChanges>, String> {
        if decision.is_deed() && (row.0 as usize) < self.len() {
            let entry = self.entry(row);
            let values: usize = entry.attributes().iter().map(|a| a.values.len()).sum();
            let most = self.siblings(row).len().saturating_mul(values);
            if most > WORK {
                let spent = work.entry(self.finding(row).entry).or_default();
                *spent += values;
                if *spent > WORK {
                    return Err("this entry has too many values to be changed in bulk".to_owned());
                }
            }
        }
        self.admit(row, decision)
    }

    /// Whether a decision may be staged now; else why not. What its entry takes
    /// and frees then comes with it, if that had to be worked out.
    pub(super) fn admit(
        &self,
        row: RowId,
        decision: &Decision,
    ) -> Result<Option<KeyChanges>, String> {
        if row.0 as usize >= self.len() {
            return Err("there is no such row".to_owned());
        }
        if let Some(reason) = self.is_settled(row) {
            return Err(reason);
        }
        if !decision.is_deed() {
            return Ok(None);
        }
        let (problems, changes) = self.try_out(row, decision.deed());
        if problems.is_empty() {
            Ok(changes)
        } else {
            Err(problems.join("; "))
        }
    }

    /// Why a row is no longer open for decisions, if so.
    fn is_settled(&self, row: RowId) -> Option<String> {
        match self.states.get(row.0 as usize) {
            RowState::Done | RowState::NotNeeded => {
                Some("this row is applied already: scan again to go on from there".to_owned())
            }
            RowState::InDoubt(_) => Some(
                "it is not known whether this row was written: settle the transaction first"
                    .to_owned(),
            ),
            RowState::Open
            | RowState::Accepted(_)
            | RowState::Failed(_)
            | RowState::Conflict(_)
            | RowState::RolledBack => None,
        }
    }

    /// Puts a decision on a row; `false` if the row is not open for any.
    pub(super) fn put(&mut self, row: RowId, decision: Decision) -> bool {
        let at = row.0 as usize;
        if at >= self.len() || self.is_settled(row).is_some() {
            return false;
        }
        self.decisions.set(at, decision);
        self.states.set(at, RowState::Open);
        self.touch(row);
        true
    }

    /// Works out again which keys an entry takes and frees; `row` is any of its
    /// rows.
    pub(super) fn claim(&mut self, entry: EntryRef, row: RowId) {
        let deeds = self.deeds(row, |worksheet, row| {
            worksheet.is_open(row) || worksheet.is_done(row)
        });
        let changes = if deeds.is_empty() {
            KeyChanges::default()
        } else {
            let before = self.scan.snapshot.entry(entry);
            let draft = Draft::of(&before, &borrow(&deeds));
            key_changes(&self.judge, &before, &draft.entry)
        };
        self.staged.put(entry, changes);
    }

    /// Whether a row carries a decision that is still to be written.
    pub(super) fn is_open(&self, row: RowId) -> bool {
        let state = self.states.get(row.0 as usize);
        let open = matches!(
            state,
            RowState::Open | RowState::Failed(_) | RowState::Conflict(_)
        );
        open && self.decided(row).is_deed()
    }

    /// Whether a row's decision is in the directory by now.
    pub(super) fn is_done(&self, row: RowId) -> bool {
        let state = self.states.get(row.0 as usize);
        let done = matches!(state, RowState::Done | RowState::NotNeeded);
        done && self.decided(row).is_deed()
    }

    /// The deeds of those rows of an entry that `which` chooses.
    pub(super) fn deeds(
        &self,
        row: RowId,
        which: impl Fn(&Self, RowId) -> bool,
    ) -> Vec<(RowId, &Place, Option<&str>)> {
        self.siblings(row)
            .filter(|sibling| which(self, *sibling))
            .map(|sibling| {
                let deed = self.decided(sibling).deed();
                (sibling, &self.finding(sibling).place, deed)
            })
            .collect()
    }

    /// The entry of a row as it will be with everything staged on its other
    /// rows.
    pub(super) fn entry_beside(&self, row: RowId) -> Entry {
        let entry = self.entry(row);
        let others = self.deeds(row, |worksheet, other| {
            other != row && (worksheet.is_open(other) || worksheet.is_done(other))
        });
        Draft::of(&entry, &borrow(&others)).entry
    }

    /// The entry of a row with everything staged on its other rows.
    pub(super) fn draft_with(&self, entry: &Entry, row: RowId, deed: Option<&str>) -> Draft {
        let others = self.deeds(row, |worksheet, other| {
            other != row && (worksheet.is_open(other) || worksheet.is_done(other))
        });
        let mut deeds: Vec<Deed<'_>> = vec![(&self.finding(row).place, deed)];
        deeds.extend(borrow(&others));
        Draft::of(entry, &deeds)
    }
}

pub(super) fn borrow<'a>(deeds: &[(RowId, &'a Place, Option<&'a str>)]) -> Vec<Deed<'a>> {
    deeds
        .iter()
        .map(|(_, place, deed)| (*place, *deed))
        .collect()
}
