//! What a bulk edit would do, before it is done: it is done on a copy.

use std::sync::Arc;

use super::stage::{Decision, Staging};
use super::{Composer, Pace, RowId, Worksheet};

/// What would become of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// How many of the rows were tried, from the first on.
    pub tried: usize,
    /// Of these, how many would get a new value.
    pub good: usize,
    /// The places of those that would not, in order, with the reason.
    pub problems: Vec<(usize, Arc<str>)>,
}

impl Rehearsal {
    /// Why the row at a place would get no new value.
    pub fn problem(&self, place: usize) -> Option<&str> {
        let at = self.problems.binary_search_by_key(&place, |(at, _)| *at);
        at.ok().map(|at| &*self.problems[at].1)
    }
}

impl Worksheet {
    /// A copy to try something out on; nobody hears of what happens to it.
    pub(super) fn for_a_try(&self) -> Self {
        let mut copy = self.clone();
        copy.notes = None;
        copy
    }

    /// Tries to give each row a new value, one after the other as
    /// [`Task::Compose`](super::Task) does, on a copy of the sheet. `None` when
    /// it is stopped.
    pub fn rehearse(&self, rows: &[RowId], composer: &Composer, pace: &Pace) -> Option<Rehearsal> {
        let mut copy = self.for_a_try();
        let mut staging = Staging::default();
        let mut rehearsal = Rehearsal::default();
        for (place, row) in rows.iter().enumerate() {
            if !pace.step() {
                return None;
            }
            let wish = composer.compose(&copy, *row);
            let wish = wish.map(|value| Decision::edit(&value));
            match staging.add(&mut copy, *row, wish) {
                Ok(()) => rehearsal.good += 1,
                Err(reason) => rehearsal.problems.push((place, reason.into())),
            }
            rehearsal.tried += 1;
        }
        Some(rehearsal)
    }
}
