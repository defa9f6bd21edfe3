//! The part that apply and recover share: one modification after the other,
//! each outcome in the journal before the next request.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::journal::{JournalWriter, Line, OutcomeLine};
use super::sender::{Sender, Settled};
use super::{
    Environment, JournalError, Outcome, Progress, Target, TransactionId, TransactionReport,
};
use crate::model::{ChangeSet, Modification};

/// Which modifications wait for which, and how those are called.
#[derive(Debug, Default)]
pub(super) struct Needs(BTreeMap<usize, Vec<(usize, String)>>);

impl Needs {
    /// From the lists of a plan; `name` is the name of the entry at an index.
    pub(super) fn new(depends_on: &[Vec<usize>], name: impl Fn(usize) -> String) -> Self {
        let named = |needs: &Vec<usize>| needs.iter().map(|need| (*need, name(*need))).collect();
        let lists = depends_on.iter().enumerate();
        Self(
            lists
                .filter(|(_, needs)| !needs.is_empty())
                .map(|(index, needs)| (index, named(needs)))
                .collect(),
        )
    }

    /// Those of a plan.
    pub(super) fn of_plan(plan: &ChangeSet) -> Self {
        Self::new(&plan.depends_on, |index| {
            let modification = plan.modifications.get(index);
            modification.map_or_else(String::new, |named| named.dn.to_string())
        })
    }

    /// Why a modification must not be sent yet, if so.
    ///
    /// In an apply, because an entry that gives up a value is not verified to
    /// be as planned. A rollback only minds what is in doubt: that an entry
    /// failed or is in conflict need not mean that it holds the value (it may
    /// be deleted), so there the look at the live values decides, attribute by
    /// attribute.
    pub(super) fn unmet(
        &self,
        index: usize,
        outcomes: &[Option<Outcome>],
        reverting: bool,
    ) -> Option<String> {
        let (need, name) = self.0.get(&index)?.iter().find(|(need, _)| {
            match outcomes.get(*need).and_then(Option::as_ref) {
                None | Some(Outcome::InDoubt(_) | Outcome::NotReached) => true,
                Some(outcome) => !reverting && !outcome.is_as_planned(),
            }
        })?;
        let outcome = outcomes.get(*need).and_then(Option::as_ref);
        Some(format!(
            "it takes a value that {name} should give up first, and that one is {}",
            outcome.map_or("not settled", Outcome::label)
        ))
    }
}

/// A run over the modifications of one transaction.
pub(super) struct Run<'a> {
    pub(super) sender: Sender<'a>,
    pub(super) journal: JournalWriter,
    /// By index; `None` is not known yet.
    pub(super) outcomes: Vec<Option<Outcome>>,
    pub(super) needs: Needs,
    pub(super) notes: Vec<String>,
}

impl Run<'_> {
    fn environment(&self) -> Environment<'_> {
        self.sender.environment
    }

    pub(super) fn now(&self) -> String {
        (self.environment().clock)().to_string()
    }

    /// Sends modifications until the end, a cancel, or too many failures.
    pub(super) async fn send_all<'m>(
        &mut self,
        modifications: impl IntoIterator<Item = (usize, &'m Modification, &'m Target)>,
    ) -> Result<(), JournalError> {
        let mut failures = 0_usize;
        let mut pace = self.sender.options.throttle.map(pace);
        for (index, modification, target) in modifications {
            if let Some(pace) = &mut pace {
                tokio::select! {
                    _tick = pace.tick() => {}
                    () = self.sender.environment.cancel.cancelled() => {}
                }
            }
            if self.environment().cancel.is_cancelled() {
                return self.note("stopped on request");
            }
            let settled = match self
                .needs
                .unmet(index, &self.outcomes, self.sender.check.reverting)
            {
                Some(reason) => Outcome::Refused(reason).into(),
                None => self.sender.carry_out(index, modification, target).await,
            };
            let fault =
                settled.outcome.is_failure() || matches!(settled.outcome, Outcome::InDoubt(_));
            failures += usize::from(fault);
            self.settled(index, settled)?;
            if let Some(limit) = self.sender.options.stop_after
                && failures >= limit.max(1)
            {
                return self.note(&format!(
                    "stopped after {failures} entries that failed, were refused, in conflict \
                     or in doubt"
                ));
            }
        }
        Ok(())
    }

    /// Records an outcome: journal first, then everybody else.
    pub(super) fn settled(&mut self, index: usize, settled: Settled) -> Result<(), JournalError> {
        let line = OutcomeLine::new(index, self.now(), &settled.outcome, &settled.stored);
        self.journal.append(&Line::Outcome(line))?;
        if let Some(note) = settled.note {
            self.note(&note)?;
        }
        (self.environment().progress)(Progress::Settled {
            index,
            outcome: settled.outcome.clone(),
        });
        if let Some(slot) = self.outcomes.get_mut(index) {
            *slot = Some(settled.outcome);
        }
        Ok(())
    }

    pub(super) fn note(&mut self, text: &str) -> Result<(), JournalError> {
        let time = self.now();
        let text = text.to_owned();
        self.notes.push(text.clone());
        self.journal.append(&Line::Note { time, text })
    }

    /// Ends the run: whatever has no outcome was not reached.
    pub(super) fn end(&mut self) -> Result<(), JournalError> {
        for index in 0..self.outcomes.len() {
            if self.outcomes.get(index).is_some_and(Option::is_none) {
                self.settled(index, Outcome::NotReached.into())?;
            }
        }
        let time = self.now();
        self.journal.append(&Line::End { time })?;
        self.journal.sync()
    }

    /// The report of a run that has ended. An undo that could not be rewritten
    /// still holds the whole plan, guarded, so this is worth a remark only.
    pub(super) fn report(
        mut self,
        id: TransactionId,
        undo: PathBuf,
        rewritten: Result<(), JournalError>,
    ) -> TransactionReport {
        if let Err(error) = rewritten {
            self.notes
                .push(format!("the undo still holds the whole plan: {error}"));
        }
        TransactionReport {
            id,
            journal: self.journal.path().to_owned(),
            undo,
            outcomes: self.outcomes.into_iter().flatten().collect(),
            notes: self.notes,
        }
    }
}

/// Ticks `per_second` times a second, the first at once, and never catches up.
fn pace(per_second: u32) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}
