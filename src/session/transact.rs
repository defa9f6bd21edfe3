//! Transactions of a session: apply, preflight, rollback, recover, history.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::live::{LiveCheck, Standards};
use super::{Session, SessionError};
use crate::model::{ChangeSet, SourceKind};
use crate::rule::file;
use crate::transaction::{
    self, ApplyOptions, ApplyRun, Environment, Origin, PreflightRun, Progress, RecoverRun,
    RollbackPlan, StateLock, Target, TransactionId, TransactionRecord, TransactionReport,
    TransactionSummary, Verdict,
};

/// How a transaction is run, and who watches it.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// How careful and how fast.
    pub options: &'a ApplyOptions,
    /// Hears of every step.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Stops the run: what is under way is finished, nothing more begun.
    pub cancel: &'a CancellationToken,
}

impl std::fmt::Debug for Watched<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

/// What apply and recover work with; nobody else writes as long as it lasts.
struct Desk {
    _lock: StateLock,
    journals: PathBuf,
    targets: Vec<Target>,
    origin: Origin,
    check: LiveCheck,
}

impl Desk {
    fn environment<'a>(&'a self, watched: Watched<'a>) -> Environment<'a> {
        Environment {
            journals: &self.journals,
            targets: &self.targets,
            origin: &self.origin,
            clock: &now,
            progress: watched.progress,
            cancel: watched.cancel,
        }
    }
}

impl Session {
    /// Carries out a plan as a transaction on the open sources.
    pub async fn apply(
        &self,
        plan: &ChangeSet,
        reverts: Option<TransactionId>,
        watched: Watched<'_>,
    ) -> Result<TransactionReport, SessionError> {
        let desk = self.desk(self.targets(plan)?, reverts.as_ref())?;
        let run = ApplyRun {
            environment: desk.environment(watched),
            plan,
            reverts,
            options: watched.options.clone(),
            precondition: &desk.check,
        };
        Ok(transaction::apply(run).await?)
    }

    /// Everything that an apply would check before it sends: what would become
    /// of each modification. Writes nothing.
    pub async fn preflight(
        &self,
        plan: &ChangeSet,
        reverts: Option<&TransactionId>,
    ) -> Result<Vec<Verdict>, SessionError> {
        let targets = self.targets(plan)?;
        let check = self.live_check(reverts)?;
        let run = PreflightRun {
            plan,
            targets: &targets,
            reverting: reverts.is_some(),
            precondition: &check,
        };
        Ok(transaction::preflight(run).await?)
    }

    /// The plan that takes a transaction back.
    pub fn plan_rollback(&self, id: &TransactionId) -> Result<RollbackPlan, SessionError> {
        let record = self.record(id)?;
        Ok(transaction::plan_rollback(&record, &self.all_targets())?)
    }

    /// Settles what an interrupted transaction left open; `finish` carries out
    /// the rest of its plan as well.
    pub async fn recover(
        &self,
        id: &TransactionId,
        finish: bool,
        watched: Watched<'_>,
    ) -> Result<TransactionReport, SessionError> {
        let desk = self.desk(self.all_targets(), Some(id))?;
        let run = RecoverRun {
            environment: desk.environment(watched),
            id,
            finish,
            options: watched.options.clone(),
            precondition: &desk.check,
        };
        Ok(transaction::recover(run).await?)
    }

    /// All transactions, newest first.
    pub fn history(&self) -> Result<Vec<TransactionSummary>, SessionError> {
        Ok(transaction::history(&self.state.journals())?)
    }

    /// The transactions that were interrupted, or of which something is in
    /// doubt, newest first.
    pub fn unsettled(&self) -> Result<Vec<TransactionSummary>, SessionError> {
        Ok(transaction::unsettled(&self.state.journals())?)
    }

    /// One transaction, whole.
    pub fn record(&self, id: &TransactionId) -> Result<TransactionRecord, SessionError> {
        Ok(transaction::read_journal(&self.state.journals(), id)?)
    }

    /// What a run needs, the right to write among it.
    fn desk(
        &self,
        targets: Vec<Target>,
        earlier: Option<&TransactionId>,
    ) -> Result<Desk, SessionError> {
        let origin = origin();
        self.state.create()?;
        let root = self.state.lock_root();
        Ok(Desk {
            _lock: StateLock::acquire(root, &origin, &now().to_string())?,
            journals: self.state.journals(),
            targets,
            origin,
            check: self.live_check(earlier)?,
        })
    }

    fn all_targets(&self) -> Vec<Target> {
        self.sources
            .iter()
            .zip(&self.labels)
            .flat_map(|(source, label)| Target::of_forest(&source.directory, &source.forest, label))
            .collect()
    }

    /// The targets of the run, all that `plan` touches writable.
    fn targets(&self, plan: &ChangeSet) -> Result<Vec<Target>, SessionError> {
        let targets = self.all_targets();
        for modification in &plan.modifications {
            let target = targets
                .get(usize::from(modification.domain.0))
                .ok_or(SessionError::NothingOpen)?;
            if target.kind == SourceKind::Ldif {
                return Err(SessionError::ReadOnly(target.source.clone()));
            }
        }
        Ok(targets)
    }

    /// The check of new values, by the standards of the last scan. Without
    /// one, by those of the transaction that is taken back or settled, which
    /// its journal remembers.
    pub(super) fn live_check(
        &self,
        earlier: Option<&TransactionId>,
    ) -> Result<LiveCheck, SessionError> {
        let standards = match (&self.judge, earlier) {
            (Some(judge), _) => Standards {
                judge: Arc::clone(judge),
                join: self.options.join.clone(),
                rules: true,
            },
            (None, earlier) => {
                let record = earlier.map(|id| self.record(id)).transpose()?;
                let header = record.and_then(|record| record.header);
                let checks = header.map(|header| header.checks).unwrap_or_default();
                Standards::of_journal(file::load(super::EMBEDDED_RULES)?, &checks)
            }
        };
        Ok(LiveCheck::new(&self.sources, standards))
    }
}

/// Who runs this, where.
pub(super) fn origin() -> Origin {
    Origin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: whoami::hostname().unwrap_or_else(|_unknown| "unknown".to_owned()),
        user: whoami::username().unwrap_or_else(|_unknown| "unknown".to_owned()),
        pid: std::process::id(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the session reads the clock for what it calls"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
