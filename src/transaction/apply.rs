//! Carrying out a plan: a look at the whole of it, then for each entry read,
//! compare, one guarded request, read back.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::atomic::all_or_nothing;
use super::check::Checker;
use super::journal::{Header, JournalWriter, journal_path};
use super::overwritten::Counting;
use super::run::{Needs, Run, Step};
use super::sender::Sender;
use super::target::target_of;
use super::{
    JournalError, Origin, Outcome, Precondition, Target, TransactionId, TransactionReport,
    plan_digest, undo,
};
use crate::model::ChangeSet;

/// How careful and how fast to be.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// Stop after this many entries that failed, were refused, in conflict or
    /// in doubt; `None` goes on to the end.
    pub stop_after: Option<usize>,
    /// All or nothing: at the first failure, or if it is stopped, everything
    /// that was written is taken back. A rollback ignores it.
    pub atomic: bool,
    /// At most this many modifications a second; `None` is as fast as it goes.
    pub throttle: Option<u32>,
    /// How long to wait before a second read may say that a request without an
    /// answer was not carried out.
    pub settle_delay: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            stop_after: Some(10),
            atomic: false,
            throttle: None,
            settle_delay: Duration::from_secs(5),
        }
    }
}

/// The surroundings of a run: what is the same for apply, recover and rollback.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The folder of the journals; it is made if it is missing.
    pub journals: &'a Path,
    /// The domains by [`crate::model::DomainId`].
    pub targets: &'a [Target],
    /// Who runs this, where.
    pub origin: &'a Origin,
    /// The present time.
    pub clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Hears of every step.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Stops the run: what is under way is finished, nothing more begun.
    pub cancel: &'a CancellationToken,
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("journals", &self.journals)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

/// A step of a run.
#[derive(Debug, Clone)]
pub enum Progress {
    /// The plan is sealed in the journal; writing begins.
    Sealed {
        /// The transaction.
        id: TransactionId,
        /// Its journal.
        journal: PathBuf,
        /// How many modifications it has.
        total: usize,
    },
    /// So many entries were looked at before the first write.
    LookedAt {
        /// How many.
        number: usize,
        /// Of how many.
        total: usize,
    },
    /// A modification is settled, or in doubt.
    Settled {
        /// Its place in the plan.
        index: usize,
        /// What became of it.
        outcome: Outcome,
    },
    /// Not all could be done: what was written is taken back, by a transaction
    /// of its own.
    TakingBack,
    /// An answer is missing; the entry is read again after the delay.
    Waiting {
        /// Its place in the plan.
        index: usize,
        /// How long.
        delay: Duration,
    },
}

/// A plan to be carried out.
#[derive(Debug)]
pub struct ApplyRun<'a> {
    /// Where, who, when.
    pub environment: Environment<'a>,
    /// What to do.
    pub plan: &'a ChangeSet,
    /// The transaction that this one takes back, if it is a rollback. The
    /// attributes of an entry are then judged one by one.
    pub reverts: Option<TransactionId>,
    /// How careful and how fast.
    pub options: ApplyOptions,
    /// The live check of new values.
    pub precondition: &'a dyn Precondition,
}

/// Why a transaction did not begin, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan has nothing to do.
    #[error("the plan is empty")]
    Empty,
    /// The plan names a domain that the run does not have.
    #[error("the plan changes {dn} in a domain that is not among the sources")]
    UnknownDomain {
        /// The entry.
        dn: String,
    },
    /// The plan changes an entry twice: its own first half would look like
    /// somebody else's edit to the second.
    #[error("the plan changes {dn} twice")]
    Doubled {
        /// The entry.
        dn: String,
    },
    /// The plan takes a value before it is given up.
    #[error("the plan changes {dn} before an entry whose value it takes")]
    OutOfOrder {
        /// The entry that takes the value.
        dn: String,
    },
    /// The journal could not be written before anything was sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal could not be written any more: nothing further was sent.
    #[error("transaction {id} was broken off: {source}")]
    BrokenOff {
        /// The transaction, which recover settles.
        id: TransactionId,
        /// What the journal said.
        source: JournalError,
    },
}

/// Carries out a plan as a transaction.
///
/// The plan is written and synced before anything is sent, then looked at
/// whole, then sent. Cancelling, or too many failures, lets no further entry
/// begin; what was not reached says so. An error after the plan was sealed
/// leaves an unfinished transaction that [`super::recover()`] settles.
pub async fn apply(run: ApplyRun<'_>) -> Result<TransactionReport, ApplyError> {
    let report = carry_out(&run).await?;
    if run.options.atomic && run.reverts.is_none() {
        return Ok(all_or_nothing(&run, report).await);
    }
    Ok(report)
}

/// Carries out a plan, whole or in part.
pub(super) async fn carry_out(run: &ApplyRun<'_>) -> Result<TransactionReport, ApplyError> {
    let ApplyRun {
        environment, plan, ..
    } = *run;
    let steps = steps(plan, environment.targets)?;
    let began = (environment.clock)();
    let id = TransactionId::new(began);
    let header = Header {
        id: id.clone(),
        time: began.to_string(),
        origin: environment.origin.clone(),
        domains: environment.targets.iter().map(Target::record).collect(),
        reverts: run.reverts.clone(),
        checks: run.precondition.described(),
        count: plan.len(),
        digest: plan_digest(plan).map_err(|source| JournalError::Write {
            path: environment.journals.to_owned(),
            source,
        })?,
    };
    // The undo comes first: if it cannot be written, no transaction began.
    let path = journal_path(environment.journals, &id);
    let undo = undo::path_beside(&path);
    let whole = vec![Some(Outcome::Done); plan.len()];
    undo::write(&undo, &id, plan.modifications.iter().map(Some).zip(&whole))?;
    let journal = JournalWriter::seal(&path, header, plan)?;
    (environment.progress)(Progress::Sealed {
        id: id.clone(),
        journal: path.clone(),
        total: plan.len(),
    });
    let counting = Counting::default();
    let mut work = Run {
        sender: Sender {
            environment,
            options: &run.options,
            check: Checker {
                precondition: run.precondition,
                reverting: run.reverts.is_some(),
            },
            counting: &counting,
        },
        journal,
        steps: steps.iter().map(|step| (step.0, *step)).collect(),
        outcomes: vec![None; plan.len()],
        needs: Arc::new(Needs::of_plan(plan)),
        notes: Vec::new(),
    };
    let broken_off = |source| ApplyError::BrokenOff {
        id: id.clone(),
        source,
    };
    work.send_all(steps).await.map_err(broken_off)?;
    work.end().map_err(broken_off)?;
    let planned = plan.modifications.iter().map(Some);
    let rewritten = undo::write(&undo, &id, planned.zip(&work.outcomes));
    Ok(work.report(id, undo, rewritten))
}

/// The modifications of a plan, each with the target it is for.
pub(super) fn steps<'a>(
    plan: &'a ChangeSet,
    targets: &'a [Target],
) -> Result<Vec<Step<'a>>, ApplyError> {
    if plan.is_empty() {
        return Err(ApplyError::Empty);
    }
    let mut seen = HashSet::with_capacity(plan.len());
    for (index, modification) in plan.modifications.iter().enumerate() {
        let dn = || modification.dn.to_string();
        if !seen.insert(&modification.identity) {
            return Err(ApplyError::Doubled { dn: dn() });
        }
        if plan.needs(index).iter().any(|need| *need >= index) {
            return Err(ApplyError::OutOfOrder { dn: dn() });
        }
    }
    plan.modifications
        .iter()
        .enumerate()
        .map(|(index, modification)| {
            let target = target_of(targets, modification.domain).ok_or_else(|| {
                ApplyError::UnknownDomain {
                    dn: modification.dn.to_string(),
                }
            })?;
            Ok((index, modification, target))
        })
        .collect()
}
