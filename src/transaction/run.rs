//! The part that apply and recover share: a look at everything, then the
//! modifications ([`super::write`]), each outcome in the journal as soon as it
//! is known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::audit;
use super::brakes::Brakes;
use super::journal::{JournalWriter, Line, OutcomeLine};
use super::preflight::{Survey, Verdict};
use super::sender::Sender;
use super::settled::Settled;
use super::{
    Environment, JournalError, Outcome, Progress, Target, TransactionId, TransactionReport,
};
use crate::model::{ChangeSet, Modification};

/// How often the number of entries looked at is told.
const TELL_EVERY: usize = 100;

/// A modification by its place in the plan, with the target it is for.
pub(super) type Step<'m> = (usize, &'m Modification, &'m Target);

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

    /// What the modification at `index` waits for.
    pub(super) fn of(&self, index: usize) -> impl Iterator<Item = usize> {
        self.0
            .get(&index)
            .into_iter()
            .flatten()
            .map(|(need, _)| *need)
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
    /// Which modification is at an index, of those that the run may settle.
    pub(super) steps: BTreeMap<usize, Step<'a>>,
    /// By index; `None` is not known yet.
    pub(super) outcomes: Vec<Option<Outcome>>,
    pub(super) needs: Arc<Needs>,
    pub(super) notes: Vec<String>,
}

impl<'a> Run<'a> {
    fn environment(&self) -> Environment<'a> {
        self.sender.environment
    }

    pub(super) fn now(&self) -> String {
        (self.environment().clock)().to_string()
    }

    /// Looks at all modifications, then sends those that nothing speaks
    /// against, until the end, a cancel, or too many failures.
    pub(super) async fn send_all(&mut self, steps: Vec<Step<'_>>) -> Result<(), JournalError> {
        let mut brakes = Brakes::new(self.sender.options);
        if self.look_first(&steps, &mut brakes).await? {
            let passed = |(index, ..): &Step<'_>| !self.is_settled(*index);
            let steps: Vec<Step<'_>> = steps.into_iter().filter(passed).collect();
            self.write(&steps, &mut brakes).await?;
        }
        Ok(())
    }

    fn is_settled(&self, index: usize) -> bool {
        let outcome = self.outcomes.get(index).and_then(Option::as_ref);
        outcome.is_some_and(|outcome| *outcome != Outcome::NotReached)
    }

    /// Looks at everything before anything is written. What is held back gets
    /// its outcome. Whether to go on.
    async fn look_first(
        &mut self,
        steps: &[Step<'_>],
        brakes: &mut Brakes,
    ) -> Result<bool, JournalError> {
        let environment = self.environment();
        let needs = Arc::clone(&self.needs);
        let mut survey = Survey::new(self.sender.check, steps, needs, self.outcomes.clone());
        let (mut looked_at, mut stopped) = (0, false);
        loop {
            if !stopped && self.must_stop(brakes, " before the first write")? {
                stopped = true;
                survey.stop();
            }
            let Some((index, verdict)) = survey.next().await else {
                return Ok(!stopped);
            };
            looked_at += 1;
            if looked_at % TELL_EVERY == 0 || looked_at == steps.len() {
                (environment.progress)(Progress::LookedAt {
                    number: looked_at,
                    total: steps.len(),
                });
            }
            if let Verdict::Hold(outcome) = verdict {
                brakes.count(&outcome);
                self.settled(index, outcome.into())?;
            }
        }
    }

    /// Records an outcome that the brakes mind.
    pub(super) fn take(
        &mut self,
        index: usize,
        settled: Settled,
        brakes: &mut Brakes,
    ) -> Result<(), JournalError> {
        brakes.count(&settled.outcome);
        self.settled(index, settled)
    }

    /// Whether nothing further may begin, and if so, notes why.
    pub(super) fn must_stop(&mut self, brakes: &Brakes, when: &str) -> Result<bool, JournalError> {
        if self.environment().cancel.is_cancelled() {
            self.note(&format!("stopped on request{when}"))?;
        } else if brakes.room() == 0 {
            let entries = match brakes.failures() {
                1 => "1 entry that failed, was".to_owned(),
                several => format!("{several} entries that failed, were"),
            };
            self.note(&format!(
                "stopped after {entries} refused, in conflict or in doubt{when}"
            ))?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Records an outcome: journal first, then everybody else.
    pub(super) fn settled(&mut self, index: usize, settled: Settled) -> Result<(), JournalError> {
        let line = OutcomeLine::new(index, self.now(), &settled.outcome, &settled.stored);
        self.journal.append(&Line::Outcome(line))?;
        if let Some(note) = settled.note {
            self.note(&note)?;
        }
        if let Some(step) = self.steps.get(&index) {
            let origin = self.environment().origin;
            audit::note(self.journal.id(), origin, (*step, &settled.outcome));
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
            taken_back: None,
        }
    }
}
