//! In which order the modifications of a run go out: that of the plan, but for
//! those that take a value which another one has still to give up.
//!
//! Knows places in the run only; whether one that is due may really be sent is
//! for [`super::run::Needs`] to say.

use std::collections::{BTreeMap, BTreeSet};

use super::run::{Needs, Step};

/// The modifications of a run that are still to come.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Waits for nothing that is still to come.
    due: BTreeSet<usize>,
    /// How many earlier ones each of the others still waits for.
    waiting: BTreeMap<usize, usize>,
    /// Who waits for a modification, by its index.
    waited_for: BTreeMap<usize, Vec<usize>>,
}

impl Schedule {
    /// Of all steps of a run.
    pub(super) fn new(steps: &[Step<'_>], needs: &Needs) -> Self {
        let indexes: BTreeSet<usize> = steps.iter().map(|(index, ..)| *index).collect();
        let mut schedule = Self::default();
        for (place, (index, ..)) in steps.iter().enumerate() {
            // What is not part of the run is settled, one way or the other. One
            // that comes later is never waited for, whatever a journal says: two
            // that wait for each other would wait for ever.
            let to_come: Vec<usize> = needs
                .of(*index)
                .filter(|need| need < index && indexes.contains(need))
                .collect();
            if to_come.is_empty() {
                schedule.due.insert(place);
            } else {
                schedule.waiting.insert(place, to_come.len());
            }
            for need in to_come {
                schedule.waited_for.entry(need).or_default().push(place);
            }
        }
        schedule
    }

    /// The place of the next modification, the first of those that are due.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.due.pop_first()
    }

    /// Whether nothing can begin before something else is settled.
    pub(super) fn is_due_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// Whether anything is still to come.
    pub(super) fn is_empty(&self) -> bool {
        self.due.is_empty() && self.waiting.is_empty()
    }

    /// One is settled: those that waited for nothing else are due.
    pub(super) fn settled(&mut self, index: usize) {
        for place in self.waited_for.remove(&index).unwrap_or_default() {
            if let Some(left) = self.waiting.get_mut(&place) {
                *left -= 1;
                if *left == 0 {
                    self.waiting.remove(&place);
                    self.due.insert(place);
                }
            }
        }
    }
}
