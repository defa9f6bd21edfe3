//! Settling what an interrupted transaction left open.

use std::sync::Arc;

use super::check::{Checker, attributes_of, read_all};
use super::journal::JournalWriter;
use super::overwritten::Counting;
use super::rollback::{host_note, locate, same_host};
use super::run::{Needs, Run, Step};
use super::sender::Sender;
use super::settled::Look;
use super::{
    ApplyOptions, Environment, Header, JournalError, Outcome, Precondition, TransactionId,
    TransactionRecord, TransactionReport, read_journal, undo,
};

/// A transaction to be settled.
#[derive(Debug)]
pub struct RecoverRun<'a> {
    /// Where, who, when.
    pub environment: Environment<'a>,
    /// Which.
    pub id: &'a TransactionId,
    /// Send what was not done, too.
    pub finish: bool,
    /// How careful and how fast.
    pub options: ApplyOptions,
    /// The live check of new values, when finishing.
    pub precondition: &'a dyn Precondition,
}

/// Why a transaction could not be settled.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Its first line cannot be read.
    #[error("the journal of transaction {0} does not say which directories it wrote to")]
    NoHeader(TransactionId),
    /// A domain it wrote to is not among the sources.
    #[error("transaction {id} wrote to {domain}, which is not among the sources ({source_name})")]
    UnknownDomain {
        /// The transaction.
        id: TransactionId,
        /// The domain's DNS name.
        domain: String,
        /// How the source was named then.
        source_name: String,
    },
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Settles a transaction by reading every entry whose outcome is not known.
/// What stays in doubt is in the report; everything else gets its outcome in
/// the journal, and the transaction its end.
///
/// An entry that is as before is read a second time after the settling delay,
/// and only then counts as not done; through another host than was written to,
/// it stays in doubt, because the write may not have been replicated yet.
pub async fn recover(run: RecoverRun<'_>) -> Result<TransactionReport, RecoverError> {
    let RecoverRun { environment, .. } = run;
    let record = read_journal(environment.journals, run.id)?;
    let header = record
        .header
        .as_ref()
        .ok_or_else(|| RecoverError::NoHeader(run.id.clone()))?;
    let wanted = |index: usize| {
        let outcome = record.outcomes.get(index).and_then(Option::as_ref);
        let not_reached = matches!(outcome, Some(Outcome::NotReached));
        matches!(outcome, None | Some(Outcome::InDoubt(_))) || run.finish && not_reached
    };
    let mut located = Vec::new();
    for (index, planned) in record.plan.iter().enumerate() {
        if let Some(planned) = planned.as_ref().filter(|_| wanted(index)) {
            let (_, target) =
                locate(header, planned.domain, environment.targets).map_err(|domain| {
                    RecoverError::UnknownDomain {
                        id: run.id.clone(),
                        domain: domain.dns_name,
                        source_name: domain.source,
                    }
                })?;
            located.push((index, planned, target));
        }
    }
    let time = (environment.clock)().to_string();
    let counting = Counting::default();
    let mut work = Run {
        sender: Sender {
            environment,
            options: &run.options,
            check: Checker {
                precondition: run.precondition,
                reverting: header.reverts.is_some(),
            },
            counting: &counting,
        },
        journal: JournalWriter::resume(&record, time, environment.origin)?,
        steps: located.iter().map(|step| (step.0, *step)).collect(),
        outcomes: record.outcomes.clone(),
        needs: Arc::new(Needs::new(&record.depends_on, |index| {
            let planned = record.plan.get(index).and_then(Option::as_ref);
            planned.map_or_else(
                || "an entry unreadable in the journal".to_owned(),
                |planned| planned.dn.to_string(),
            )
        })),
        notes: Vec::new(),
    };
    note_hosts(&mut work, header, &located)?;
    let open: Vec<_> = located
        .iter()
        .copied()
        .filter(|(index, ..)| !is_not_reached(&work.outcomes, *index))
        .collect();
    settle(&mut work, header, open).await?;
    if run.finish {
        let rest: Vec<_> = located
            .into_iter()
            .filter(|(index, ..)| is_not_reached(&work.outcomes, *index))
            .collect();
        work.send_all(rest).await?;
    }
    finish(work, &record)
}

fn is_not_reached(outcomes: &[Option<Outcome>], index: usize) -> bool {
    matches!(outcomes.get(index), Some(Some(Outcome::NotReached)))
}

fn note_hosts(run: &mut Run<'_>, header: &Header, steps: &[Step<'_>]) -> Result<(), JournalError> {
    for (_, planned, target) in steps {
        if let Some(note) = host_note(header, planned.domain, target)
            && !run.notes.contains(&note)
        {
            run.note(&note)?;
        }
    }
    Ok(())
}

/// Looks at every open entry, and after the delay again at those that are as
/// before.
async fn settle(
    run: &mut Run<'_>,
    header: &Header,
    open: Vec<Step<'_>>,
) -> Result<(), JournalError> {
    let unchanged = look_at(run, header, open, Pass::First).await?;
    if let Some((index, ..)) = unchanged.first() {
        if run.sender.wait(*index).await {
            look_at(run, header, unchanged, Pass::Second).await?;
        } else {
            for (index, ..) in unchanged {
                in_doubt(run, index, "stopped before a second look")?;
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    Second,
}

/// How many entries are read at a time.
const TOGETHER: usize = 50;

/// One look at each entry; returns those to be looked at again.
async fn look_at<'a>(
    run: &mut Run<'_>,
    header: &Header,
    steps: Vec<Step<'a>>,
    pass: Pass,
) -> Result<Vec<Step<'a>>, JournalError> {
    let mut unchanged = Vec::new();
    for steps in steps.chunks(TOGETHER) {
        if run.sender.environment.cancel.is_cancelled() {
            for (index, ..) in steps {
                in_doubt(run, *index, "stopped before it was read")?;
            }
            continue;
        }
        let readings = read_all(steps, attributes_of(steps)).await;
        for (step, reading) in steps.iter().zip(readings) {
            let (index, planned, target) = *step;
            let there = header
                .domains
                .get(usize::from(planned.domain.0))
                .is_some_and(|record| same_host(record, target));
            match Look::at(planned, reading) {
                Look::Settled(settled) => run.settled(index, settled)?,
                Look::Unreadable(reason) => in_doubt(run, index, &reason)?,
                Look::AsBefore if !there => in_doubt(
                    run,
                    index,
                    "it is as before, but seen through another host than was written to",
                )?,
                Look::AsBefore if pass == Pass::First => unchanged.push(*step),
                Look::AsBefore => run.settled(index, Outcome::NotReached.into())?,
            }
        }
    }
    Ok(unchanged)
}

fn in_doubt(run: &mut Run<'_>, index: usize, reason: &str) -> Result<(), JournalError> {
    run.settled(index, Outcome::InDoubt(reason.to_owned()).into())
}

/// Ends the recovered run and rewrites its undo.
fn finish(mut run: Run<'_>, record: &TransactionRecord) -> Result<TransactionReport, RecoverError> {
    for (planned, outcome) in record.plan.iter().zip(&mut run.outcomes) {
        if planned.is_none() && outcome.is_none() {
            let reason = "its line in the journal is not readable";
            *outcome = Some(Outcome::InDoubt(reason.to_owned()));
        }
    }
    // What was not reached before is not known to a reader any more once a
    // later process goes on, because that one might have sent it: say it again.
    for (before, now) in record.outcomes.iter().zip(&mut run.outcomes) {
        if matches!(
            (&before, &now),
            (Some(Outcome::NotReached), Some(Outcome::NotReached))
        ) {
            *now = None;
        }
    }
    run.end()?;
    let undo = undo::path_beside(&record.path);
    let planned = record.plan.iter().map(Option::as_ref);
    let rewritten = undo::write(&undo, &record.id, planned.zip(&run.outcomes));
    Ok(run.report(record.id.clone(), undo, rewritten))
}
