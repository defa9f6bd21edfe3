//! Everything that an apply would check, without writing anything.

use super::apply::{ApplyError, steps};
use super::check::Checker;
use super::run::Needs;
use super::{AttributeConflict, Outcome, Precondition, Target};
use crate::model::{ChangeSet, Modification};

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
    let needs = Needs::of_plan(plan);
    let checker = Checker {
        precondition: run.precondition,
        reverting: run.reverting,
    };
    let mut outcomes: Vec<Option<Outcome>> = vec![None; plan.len()];
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(plan.len());
    for (index, modification, target) in steps(plan, run.targets)? {
        let verdict = if let Some(reason) = needs.unmet(index, &outcomes, run.reverting) {
            Verdict::Hold(Outcome::Refused(reason))
        } else {
            let freed = freed(plan, index, &verdicts);
            match checker.carry_out(modification, target, &freed).await {
                Ok((_, left_alone)) => Verdict::Send(left_alone),
                Err(outcome) => Verdict::Hold(outcome),
            }
        };
        if let Some(slot) = outcomes.get_mut(index) {
            *slot = Some(match &verdict {
                Verdict::Send(_) => Outcome::Done,
                Verdict::Hold(outcome) => outcome.clone(),
            });
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// What gives up values for the modification at `index` and would be sent.
fn freed<'a>(plan: &'a ChangeSet, index: usize, verdicts: &[Verdict]) -> Vec<&'a Modification> {
    plan.needs(index)
        .iter()
        .filter(|need| matches!(verdicts.get(**need), Some(Verdict::Send(_))))
        .filter_map(|need| plan.modifications.get(*need))
        .collect()
}
