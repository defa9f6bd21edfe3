//! Deciding on rows: edits that are checked, bulk actions that are one step,
//! and undo without end.
//!
//! Whatever is staged was checked against the rules, the scanned values and
//! everything else that is staged at that moment. What a later decision spoils
//! is found again when the plan is made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::draft::{Deed, Draft, Key, KeyChanges, key_changes};
use super::{Action, Happened, Restored, RowId, RowState, Step, StepId, Worksheet};
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
    pub update: Option<Box<str>>,
}

impl Decision {
    fn edit(value: &str) -> Self {
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

/// Which keys staged and applied decisions take and free.
#[derive(Debug, Clone, Default)]
pub(super) struct Staged {
    entries: BTreeMap<EntryRef, KeyChanges>,
    takers: HashMap<Key, BTreeSet<EntryRef>>,
}

impl Staged {
    fn put(&mut self, entry: EntryRef, changes: KeyChanges) {
        for key in self
            .entries
            .remove(&entry)
            .into_iter()
            .flat_map(|old| old.taken)
        {
            if let Some(takers) = self.takers.get_mut(&key) {
                takers.remove(&entry);
                if takers.is_empty() {
                    self.takers.remove(&key);
                }
            }
        }
        for key in &changes.taken {
            self.takers.entry(key.clone()).or_default().insert(entry);
        }
        if !changes.is_empty() {
            self.entries.insert(entry, changes);
        }
    }

    pub(super) fn frees(&self, entry: EntryRef, key: &Key) -> bool {
        self.entries
            .get(&entry)
            .is_some_and(|changes| changes.frees(key))
    }

    pub(super) fn takers(&self, key: &Key) -> impl Iterator<Item = EntryRef> {
        self.takers.get(key).into_iter().flatten().copied()
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
        let bulk = self.stage(vec![(row, Ok(Decision::edit(value)))]);
        match bulk.refused.into_iter().next() {
            None => Ok(()),
            Some(_) => Err(self.check(row, value)),
        }
    }

    /// Stages an EDIT for each row, as one step of undo.
    pub fn edit_all(&mut self, edits: &[(RowId, String)]) -> Bulk {
        let wishes = edits
            .iter()
            .map(|(row, value)| (*row, Ok(Decision::edit(value))))
            .collect();
        self.stage(wishes)
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
        let wishes = rows
            .iter()
            .map(|row| {
                let wish = match (action, self.update(*row)) {
                    (Action::Edit, Some(value)) => Ok(Decision::edit(value)),
                    (Action::Edit, None) => {
                        Err("nothing is proposed for this row: enter a value".to_owned())
                    }
                    (action, _) => Ok(Decision::plain(action)),
                };
                (*row, wish)
            })
            .collect();
        self.stage(wishes)
    }

    /// Stages the proposal of every row of `rows`, as one step of undo. Rows
    /// without a proposal, and those with a mere hint, are refused.
    pub fn accept(&mut self, rows: &[RowId]) -> Bulk {
        let wishes = rows.iter().map(|row| (*row, self.accepted(*row)));
        let wishes = wishes.collect();
        self.stage(wishes)
    }

    /// Stages the proposal of every row of `rows` whose proposal is safe and
    /// that is undecided; returns how many. One step of undo.
    pub fn accept_safe(&mut self, rows: &[RowId]) -> usize {
        let safe: Vec<RowId> = rows
            .iter()
            .copied()
            .filter(|row| {
                self.action(*row) == Action::None
                    && *self.state(*row) == RowState::Open
                    && self
                        .proposal(*row)
                        .is_some_and(|proposal| proposal.confidence == Confidence::Safe)
            })
            .collect();
        self.accept(&safe).staged
    }

    /// Takes back the last staging (a bulk action is one); `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.undo.pop() else {
            return false;
        };
        let back = step.rows.iter().rev();
        let back = back.map(|(row, before, _)| (*row, before.clone()));
        let restored = self.restore(&step, back);
        self.note(Happened::Undone(restored));
        self.redo.push(step);
        true
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

    /// Stages again what was taken back.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.redo.pop() else {
            return false;
        };
        let again = step.rows.iter();
        let again = again.map(|(row, _, after)| (*row, after.clone()));
        let restored = self.restore(&step, again);
        self.note(Happened::Redone(restored));
        self.undo.push(step);
        true
    }

    /// Puts decisions of a step on those of its rows that are open for them.
    fn restore(
        &mut self,
        step: &Step,
        decisions: impl Iterator<Item = (RowId, Decision)>,
    ) -> Restored {
        let mut rows = Vec::with_capacity(step.rows.len());
        for (row, decision) in decisions {
            if self.put(row, decision.clone()) {
                rows.push((row, decision));
            }
        }
        let all: Vec<RowId> = step.rows.iter().map(|(row, ..)| *row).collect();
        for (first, entry) in self.entries_of(&all) {
            self.claim(entry, RowId(first));
        }
        Restored { id: step.id, rows }
    }

    fn accepted(&self, row: RowId) -> Result<Decision, String> {
        let Some(proposal) = self.proposal(row) else {
            return Err("nothing is proposed for this row".to_owned());
        };
        match (&proposal.update, proposal.confidence) {
            (_, Confidence::Manual) => Err("the proposal is a hint only: enter a value".to_owned()),
            (Some(value), _) => Ok(Decision::edit(value)),
            (None, _) => Ok(Decision::plain(proposal.action)),
        }
    }

    /// Stages what passes its check, as one step.
    fn stage(&mut self, wishes: Vec<(RowId, Result<Decision, String>)>) -> Bulk {
        let mut bulk = Bulk::default();
        let mut rows = Vec::new();
        let mut work: HashMap<EntryRef, usize> = HashMap::new();
        for (row, wish) in wishes {
            let staged = wish.and_then(|decision| {
                self.admit_in_bulk(row, &decision, &mut work)?;
                Ok(decision)
            });
            match staged {
                Err(reason) => bulk.refused.push((row, reason)),
                Ok(decision) => {
                    bulk.staged += 1;
                    let before = self.decisions[row.0 as usize].clone();
                    if before != decision || self.states[row.0 as usize] != RowState::Open {
                        self.put(row, decision.clone());
                        self.claim(self.finding(row).entry, row);
                        rows.push((row, before, decision));
                    }
                }
            }
        }
        if !rows.is_empty() {
            self.last_step = StepId(self.last_step.0 + 1);
            let step = Arc::new(Step {
                id: self.last_step,
                rows,
            });
            self.note(Happened::Staged(Arc::clone(&step)));
            self.undo.push(step);
            self.redo.clear();
        }
        bulk
    }

    fn admit_in_bulk(
        &self,
        row: RowId,
        decision: &Decision,
        work: &mut HashMap<EntryRef, usize>,
    ) -> Result<(), String> {
        if decision.is_deed() && (row.0 as usize) < self.len() {
            let entry = self.entry(row);
            let values: usize = entry.attributes().iter().map(|a| a.values.len()).sum();
            let spent = work.entry(self.finding(row).entry).or_default();
            *spent += values;
            if *spent > WORK {
                return Err("this entry has too many values to be changed in bulk".to_owned());
            }
        }
        self.admit(row, decision)
    }

    /// Whether a decision may be staged now; else why not.
    pub(super) fn admit(&self, row: RowId, decision: &Decision) -> Result<(), String> {
        if row.0 as usize >= self.len() {
            return Err("there is no such row".to_owned());
        }
        if let Some(reason) = self.is_settled(row) {
            return Err(reason);
        }
        if !decision.is_deed() {
            return Ok(());
        }
        let problems = self.problems(row, decision.deed());
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.join("; "))
        }
    }

    /// Why a row is no longer open for decisions, if so.
    fn is_settled(&self, row: RowId) -> Option<String> {
        match self.states.get(row.0 as usize)? {
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
        if self.is_settled(row).is_some() {
            return false;
        }
        let (decisions, states) = (&mut self.decisions, &mut self.states);
        let at = row.0 as usize;
        let (Some(place), Some(state)) = (decisions.get_mut(at), states.get_mut(at)) else {
            return false;
        };
        *place = decision;
        *state = RowState::Open;
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
        let state = &self.states[row.0 as usize];
        let open = matches!(
            state,
            RowState::Open | RowState::Failed(_) | RowState::Conflict(_)
        );
        open && self.decisions[row.0 as usize].is_deed()
    }

    /// Whether a row's decision is in the directory by now.
    pub(super) fn is_done(&self, row: RowId) -> bool {
        let state = &self.states[row.0 as usize];
        let done = matches!(state, RowState::Done | RowState::NotNeeded);
        done && self.decisions[row.0 as usize].is_deed()
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
                let deed = self.decisions[sibling.0 as usize].deed();
                (sibling, &self.finding(sibling).place, deed)
            })
            .collect()
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
