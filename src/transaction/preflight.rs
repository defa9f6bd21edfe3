//! Everything that an apply checks, over a whole plan, without writing
//! anything: the dry run, and the look that every run takes before its first
//! write.
//!
//! Entries are read and looked at in groups. One that takes a value which
//! another gives up is looked at after that one.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use super::apply::{ApplyError, steps};
use super::check::Checker;
use super::run::{Needs, Step};
use super::schedule::Schedule;
use super::{AttributeConflict, Outcome, Precondition, Target};
use crate::model::{ChangeSet, Modification};

/// How many entries are looked at together: their reads are one, and so are the
/// searches for their values.
const TOGETHER: usize = 50;

/// How many groups are looked at at a time: one is judged here while the other
/// is read there.
const GROUPS: usize = 2;

/// What an apply would do with a modification, as things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It would be sent; in a rollback, without these attributes.
    Send(Vec<AttributeConflict>),
    /// It would not be sent, and have this outcome.
    Hold(Outcome),
}

/// A plan to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct PreflightRun<'a> {
    /// What is to be done.
    pub plan: &'a ChangeSet,
    /// The domains by [`crate::model::DomainId`].
    pub targets: &'a [Target],
    /// Whether it takes back an earlier transaction.
    pub reverting: bool,
    /// The live check of new values.
    pub precondition: &'a dyn Precondition,
}

/// Makes every check of an apply and says of each modification what would
/// become of it. A value that an earlier modification gives up, which would be
/// sent itself, counts as free.
pub async fn preflight(run: PreflightRun<'_>) -> Result<Vec<Verdict>, ApplyError> {
    let plan = run.plan;
    let steps = steps(plan, run.targets)?;
    let checker = Checker {
        precondition: run.precondition,
        reverting: run.reverting,
    };
    let needs = Arc::new(Needs::of_plan(plan));
    let mut survey = Survey::new(checker, &steps, needs, vec![None; plan.len()]);
    let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
    while let Some((index, verdict)) = survey.next().await {
        verdicts.insert(index, verdict);
    }
    Ok(verdicts.into_values().collect())
}

type Look<'m> = Pin<Box<dyn Future<Output = Vec<(usize, Verdict)>> + Send + 'm>>;

/// The looks at the steps of a run, as they come in.
pub(super) struct Survey<'m> {
    checker: Checker<'m>,
    steps: &'m [Step<'m>],
    needs: Arc<Needs>,
    schedule: Schedule,
    /// By index: what is known, or would become of it.
    outcomes: Vec<Option<Outcome>>,
    /// By index, those that would be sent.
    sent: BTreeMap<usize, &'m Modification>,
    under_way: FuturesUnordered<Look<'m>>,
    /// Verdicts that nobody has taken yet.
    come_in: VecDeque<(usize, Verdict)>,
    stopped: bool,
}

impl<'m> Survey<'m> {
    /// Of `steps`; `outcomes` are known already, by index.
    pub(super) fn new(
        checker: Checker<'m>,
        steps: &'m [Step<'m>],
        needs: Arc<Needs>,
        outcomes: Vec<Option<Outcome>>,
    ) -> Self {
        Self {
            schedule: Schedule::new(steps, &needs),
            checker,
            steps,
            needs,
            outcomes,
            sent: BTreeMap::new(),
            under_way: FuturesUnordered::new(),
            come_in: VecDeque::new(),
            stopped: false,
        }
    }

    /// Begins no further look; those under way still come in.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The next verdict, in the order in which they come in; `None` after the
    /// last.
    pub(super) async fn next(&mut self) -> Option<(usize, Verdict)> {
        loop {
            if let Some((index, verdict)) = self.come_in.pop_front() {
                self.note(index, &verdict);
                return Some((index, verdict));
            }
            while !self.stopped && self.come_in.is_empty() && self.under_way.len() < GROUPS {
                let Some(group) = self.next_group() else {
                    break;
                };
                self.under_way.push(group);
            }
            if self.come_in.is_empty() {
                self.come_in.extend(self.under_way.next().await?);
            }
        }
    }

    fn note(&mut self, index: usize, verdict: &Verdict) {
        if let Some(slot) = self.outcomes.get_mut(index) {
            *slot = Some(match verdict {
                Verdict::Send(_) => Outcome::Done,
                Verdict::Hold(outcome) => outcome.clone(),
            });
        }
        if matches!(verdict, Verdict::Hold(_)) {
            self.sent.remove(&index);
        }
        self.schedule.settled(index);
    }

    /// The steps that are looked at together next; what must wait for one that
    /// is held back has its verdict at once.
    fn next_group(&mut self) -> Option<Look<'m>> {
        let mut group: Vec<(Step<'m>, Vec<&'m Modification>)> = Vec::new();
        while group.len() < TOGETHER {
            let Some(place) = self.schedule.next() else {
                break;
            };
            let step = *self.steps.get(place)?;
            let (index, modification, _) = step;
            let unmet = self
                .needs
                .unmet(index, &self.outcomes, self.checker.reverting);
            if let Some(reason) = unmet {
                let held = Verdict::Hold(Outcome::Refused(reason));
                self.come_in.push_back((index, held));
                continue;
            }
            // What gives up values for this one and would be sent.
            let freed = self
                .needs
                .of(index)
                .filter_map(|need| self.sent.get(&need).copied());
            group.push((step, freed.collect()));
            self.sent.insert(index, modification);
        }
        let checker = self.checker;
        (!group.is_empty()).then(|| -> Look<'m> { Box::pin(look(checker, group)) })
    }
}

/// One look at each of these entries, each with what gives up values for it.
async fn look<'m>(
    checker: Checker<'m>,
    group: Vec<(Step<'m>, Vec<&'m Modification>)>,
) -> Vec<(usize, Verdict)> {
    let (steps, freed): (Vec<Step<'m>>, Vec<_>) = group.into_iter().unzip();
    let seen = checker.read_with_rights(&steps, &[]).await;
    let looks = steps.iter().zip(seen).zip(&freed);
    let looks = looks.map(|((step, seen), freed)| async move {
        let (index, modification, _) = *step;
        let verdict = match checker.judge(modification, seen, freed).await {
            Ok(passed) => Verdict::Send(passed.left_alone),
            Err(outcome) => Verdict::Hold(outcome),
        };
        (index, verdict)
    });
    join_all(looks).await
}
