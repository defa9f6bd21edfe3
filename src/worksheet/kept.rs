//! Decisions apart from any scan, with the history of undo: what is kept of a
//! worksheet when the program ends.
//!
//! [`Replay`] plays what was noted ([`Happened`](super::Happened)) again, row
//! keys in the place of rows, and comes to the decisions and the steps that the
//! worksheet had. Every effect is absolute, so that a note that is lost makes
//! doubtful only the rows that were decided on before it.

use std::collections::HashMap;

use super::{Decision, RowKey, StepId};
use crate::model::DistinguishedName;

/// A row that was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// What it is.
    pub key: RowKey,
    /// The name of its entry when it was decided on, for people.
    pub dn: DistinguishedName,
    /// The decision; none when it was taken back and can be redone.
    pub decision: Decision,
    /// Whether it is staged.
    pub standing: Standing,
}

/// How a kept decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    /// It is staged.
    #[default]
    Staged,
    /// It could not be staged when the session was continued; the next time may
    /// be another.
    Waiting,
    /// A note that is lost may have changed it, so it is never staged by itself.
    Doubtful,
}

impl KeptRow {
    /// Whether anything is decided on it now.
    pub fn is_decided(&self) -> bool {
        self.decision != Decision::default()
    }
}

/// One step of undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStep {
    /// Its number.
    pub id: StepId,
    /// Places in [`Kept::rows`], with the decisions before and after.
    pub rows: Vec<(usize, Decision, Decision)>,
}

/// Decisions with their history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Every row that is decided on or part of a step, in the order in which it
    /// was first decided on.
    pub rows: Vec<KeptRow>,
    /// Steps that can be taken back, oldest first.
    pub undo: Vec<KeptStep>,
    /// Steps that can be staged again, the next one last.
    pub redo: Vec<KeptStep>,
}

impl Kept {
    /// How many decisions are staged.
    pub fn staged(&self) -> usize {
        self.count(|standing| standing == Standing::Staged)
    }

    /// How many decisions are kept beside what is staged.
    pub fn aside(&self) -> usize {
        self.count(|standing| standing != Standing::Staged)
    }

    fn count(&self, which: impl Fn(Standing) -> bool) -> usize {
        let decided = self.rows.iter().filter(|row| row.is_decided());
        decided.filter(|row| which(row.standing)).count()
    }

    /// The number of the latest step.
    pub fn last_step(&self) -> StepId {
        let steps = self.undo.iter().chain(&self.redo);
        steps.map(|step| step.id).max().unwrap_or(StepId(0))
    }

    /// Drops the rows that `keep` does not want, from the history too.
    pub(super) fn retain(&mut self, keep: impl Fn(usize, &KeptRow) -> bool) {
        let mut places = Vec::with_capacity(self.rows.len());
        let mut kept = 0;
        for (place, row) in self.rows.iter().enumerate() {
            let stays = keep(place, row);
            places.push(stays.then_some(kept));
            kept += usize::from(stays);
        }
        let mut place = 0..;
        self.rows
            .retain(|_| place.next().is_some_and(|at| places[at].is_some()));
        for steps in [&mut self.undo, &mut self.redo] {
            for step in steps.iter_mut() {
                step.rows.retain_mut(|(row, ..)| {
                    let new = places.get(*row).copied().flatten();
                    *row = new.unwrap_or(*row);
                    new.is_some()
                });
            }
            steps.retain(|step| !step.rows.is_empty());
        }
    }
}

/// A decision as it was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The row.
    pub key: RowKey,
    /// The name of its entry, where the note has it.
    pub dn: Option<DistinguishedName>,
    /// The decision.
    pub decision: Decision,
}

/// Plays notes.
#[derive(Debug, Default)]
pub struct Replay {
    rows: Vec<Row>,
    places: HashMap<RowKey, usize>,
    undo: Vec<Past>,
    redo: Vec<Past>,
    /// How many notes were lost.
    losses: u32,
    staged: usize,
    aside: usize,
}

#[derive(Debug)]
struct Row {
    kept: KeptRow,
    /// Rises when the row leaves: what older steps say of it does not count.
    life: u32,
    /// How many notes had been lost when it was last decided on.
    losses: u32,
}

/// A row with its life, and the decisions before and after.
type Change = (usize, u32, Decision, Decision);

#[derive(Debug)]
struct Past {
    id: StepId,
    rows: Vec<Change>,
}

impl Replay {
    /// How many decisions are staged now.
    pub fn staged(&self) -> usize {
        self.staged
    }

    /// How many decisions are aside now.
    pub fn aside(&self) -> usize {
        self.aside
    }

    /// A step was staged.
    pub fn step(&mut self, id: StepId, rows: Vec<Noted>) {
        self.redo.clear();
        self.redone(id, rows);
    }

    /// A step was taken back.
    pub fn undone(&mut self, id: StepId, rows: Vec<Noted>) {
        remove(&mut self.undo, id);
        // As a step has it: before it was staged, and after.
        let mut changes = self.decide(rows, Standing::Staged);
        changes.reverse();
        for (.., before, after) in &mut changes {
            std::mem::swap(before, after);
        }
        self.redo.push(Past { id, rows: changes });
    }

    /// A step that was taken back was staged again.
    pub fn redone(&mut self, id: StepId, rows: Vec<Noted>) {
        remove(&mut self.redo, id);
        let rows = self.decide(rows, Standing::Staged);
        self.undo.push(Past { id, rows });
    }

    /// Decisions are kept that are no step: staged again after they had left, or
    /// beside what is staged.
    pub fn keep(&mut self, rows: Vec<Noted>, standing: Standing) {
        self.decide(rows, standing);
    }

    /// Decisions need not be kept any more.
    pub fn leave(&mut self, rows: &[Noted]) {
        for noted in rows {
            if let Some(place) = self.places.get(&noted.key).copied() {
                self.begin_anew(place);
            }
        }
    }

    /// A note is lost.
    pub fn lose(&mut self) {
        self.losses += 1;
    }

    fn decide(&mut self, rows: Vec<Noted>, standing: Standing) -> Vec<Change> {
        let mut changes = Vec::with_capacity(rows.len());
        for noted in rows {
            let place = self.place(noted.key, noted.dn);
            if standing != self.rows[place].kept.standing {
                self.begin_anew(place);
            }
            let row = &self.rows[place];
            let before = row.kept.decision.clone();
            changes.push((place, row.life, before, noted.decision.clone()));
            self.put(place, noted.decision, standing);
        }
        changes
    }

    fn place(&mut self, key: RowKey, dn: Option<DistinguishedName>) -> usize {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let dn = dn.unwrap_or_else(|| DistinguishedName::from_server(key.identity.to_string()));
        self.places.insert(key.clone(), self.rows.len());
        self.rows.push(Row {
            kept: KeptRow {
                key,
                dn,
                decision: Decision::default(),
                standing: Standing::Staged,
            },
            life: 0,
            losses: 0,
        });
        self.rows.len() - 1
    }

    /// Nothing is decided on a row, and no step knows it.
    fn begin_anew(&mut self, place: usize) {
        self.rows[place].life += 1;
        self.put(place, Decision::default(), Standing::Staged);
    }

    fn put(&mut self, place: usize, decision: Decision, standing: Standing) {
        let row = &mut self.rows[place];
        let counts = |standing| usize::from(standing != Standing::Staged);
        let mut tally = [self.staged, self.aside];
        tally[counts(row.kept.standing)] -= usize::from(row.kept.is_decided());
        row.kept.decision = decision;
        row.kept.standing = standing;
        row.losses = self.losses;
        tally[counts(standing)] += usize::from(row.kept.is_decided());
        [self.staged, self.aside] = tally;
    }

    /// The decisions as they are now. Where notes were lost, what is sure is one
    /// step, since the ways back may lead through what is not; and what is not
    /// sure is doubtful.
    pub fn finish(self) -> Kept {
        let Self {
            rows,
            undo,
            redo,
            losses,
            ..
        } = self;
        let lives: Vec<u32> = rows.iter().map(|row| row.life).collect();
        let is_lost = |row: &Row| row.losses < losses && row.kept.standing == Standing::Staged;
        let mut kept = Kept::default();
        for mut row in rows {
            if is_lost(&row) {
                row.kept.standing = Standing::Doubtful;
            }
            kept.rows.push(row.kept);
        }
        if losses == 0 {
            let steps = |past: Vec<Past>| past.into_iter().map(|step| step.of(&lives)).collect();
            kept.undo = steps(undo);
            kept.redo = steps(redo);
        } else {
            kept.undo = vec![kept.as_one_step()];
        }
        kept.drop_idle();
        kept
    }
}

impl Past {
    /// What it says of rows that have not left since.
    fn of(self, lives: &[u32]) -> KeptStep {
        let rows = self.rows.into_iter();
        KeptStep {
            id: self.id,
            rows: rows
                .filter(|(place, life, ..)| lives[*place] == *life)
                .map(|(place, _, before, after)| (place, before, after))
                .collect(),
        }
    }
}

impl Kept {
    fn as_one_step(&self) -> KeptStep {
        let rows = self.rows.iter().enumerate();
        let staged = rows.filter(|(_, row)| row.standing == Standing::Staged && row.is_decided());
        KeptStep {
            id: StepId(1),
            rows: staged
                .map(|(place, row)| (place, Decision::default(), row.decision.clone()))
                .collect(),
        }
    }

    /// Drops rows that are neither decided on nor part of a step, and steps
    /// without rows.
    fn drop_idle(&mut self) {
        let mut used = vec![false; self.rows.len()];
        for (place, ..) in self.undo.iter().chain(&self.redo).flat_map(|s| &s.rows) {
            used[*place] = true;
        }
        self.retain(|place, row| used[place] || row.is_decided());
    }
}

fn remove(steps: &mut Vec<Past>, id: StepId) {
    if let Some(at) = steps.iter().rposition(|step| step.id == id) {
        steps.remove(at);
    }
}
