//! All or nothing: what an apply wrote is taken back when it cannot be done
//! whole.
//!
//! A directory has no transactions over several entries, so for a while others
//! see a part of the plan. What is in doubt is settled first; what stays in
//! doubt is left as it is and named.

use tokio_util::sync::CancellationToken;

use super::apply::carry_out;
use super::rollback::plan_rollback_of_settled;
use super::{
    ApplyOptions, ApplyRun, Environment, Outcome, Progress, RecoverRun, TransactionReport,
    read_journal, recover,
};

/// Takes back what `report` says was written, by a transaction of its own, and
/// puts that one's report into it. Does nothing if all was done, or nothing
/// was written.
pub(super) async fn all_or_nothing(
    run: &ApplyRun<'_>,
    mut report: TransactionReport,
) -> TransactionReport {
    if report.outcomes.iter().all(Outcome::is_as_planned) {
        return report;
    }
    let in_doubt = |outcome: &Outcome| matches!(outcome, Outcome::InDoubt(_));
    if report.count(Outcome::wrote) + report.count(in_doubt) == 0 {
        report.notes.push("nothing was written".to_owned());
        return report;
    }
    // What stopped the apply must not stop the way back.
    let go_on = CancellationToken::new();
    let environment = Environment {
        cancel: &go_on,
        ..run.environment
    };
    (environment.progress)(Progress::TakingBack);
    if report.count(in_doubt) > 0 {
        let settled = recover(RecoverRun {
            environment,
            id: &report.id,
            finish: false,
            options: run.options.clone(),
            precondition: run.precondition,
        });
        match settled.await {
            Ok(settled) => {
                report.outcomes = settled.outcomes;
                report.notes.extend(settled.notes);
            }
            Err(error) => report
                .notes
                .push(format!("what is in doubt could not be settled: {error}")),
        }
    }
    match take_back(run, environment, &report).await {
        Ok(back) => report.taken_back = back.map(Box::new),
        Err(reason) => report.notes.push(format!(
            "what was written could not be taken back: {reason}; idmend rollback {} does it",
            report.id
        )),
    }
    report
}

/// The rollback; nothing if there is nothing to take back after all.
async fn take_back(
    run: &ApplyRun<'_>,
    environment: Environment<'_>,
    report: &TransactionReport,
) -> Result<Option<TransactionReport>, String> {
    if report.count(Outcome::wrote) == 0 {
        return Ok(None);
    }
    let record = read_journal(environment.journals, &report.id).map_err(|e| e.to_string())?;
    let planned = plan_rollback_of_settled(&record, environment.targets);
    let planned = planned.map_err(|error| error.to_string())?;
    let back = ApplyRun {
        environment,
        plan: &planned.plan,
        reverts: Some(report.id.clone()),
        options: ApplyOptions {
            stop_after: None,
            atomic: false,
            ..run.options.clone()
        },
        precondition: run.precondition,
    };
    let back = carry_out(&back).await;
    let mut back = back.map_err(|error| error.to_string())?;
    back.notes.extend(planned.notes);
    Ok(Some(back))
}
