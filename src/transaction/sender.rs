//! Modifications: check, send, read back; and settling by reading when no
//! answer came.
//!
//! Nothing here writes the journal or decides whether a run goes on.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use tokio::sync::mpsc::UnboundedSender;

use super::check::{Checker, FOREIGN, Passed, Reading, attributes_of, failed, not_read, read_all};
use super::compare::{Standing, conflict};
use super::overwritten::{Counting, Written};
use super::run::Step;
use super::settled::{Look, Settled, merge, settled_or_in_doubt, verify};
use super::{ApplyOptions, Environment, Outcome, Progress, Target};
use crate::directory::{DirectoryError, ModifyError};
use crate::model::{AttributeName, Entry, Stamps};

/// The result codes by which a server says that a guard of the request did not
/// hold: noSuchAttribute, constraintViolation where a single-valued attribute
/// got a value meanwhile, and attributeOrValueExists (RFC 4511, appendix A).
const GUARD_FAILED: [u32; 3] = [16, 19, 20];

/// Where the outcomes of modifications go as they become known, by index.
pub(super) type Told = UnboundedSender<(usize, Settled)>;

/// Carries out modifications.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) environment: Environment<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) check: Checker<'a>,
    pub(super) counting: &'a Counting,
}

/// What a look at a modification found, by its index.
pub(super) type Checked<'s> = (usize, Result<Ready<'s>, Outcome>);

/// A modification that passed and is to be sent.
pub(super) struct Ready<'s> {
    index: usize,
    target: &'s Target,
    passed: Passed,
    /// Whether nothing of it is left out.
    is_whole: bool,
}

impl Ready<'_> {
    /// The outcome of the whole entry, from that of what was sent of it.
    fn settled(&self, mut settled: Settled) -> (usize, Settled) {
        let Passed {
            request,
            left_alone,
            ..
        } = &self.passed;
        if !self.is_whole {
            settled.outcome = merge(settled.outcome, request, left_alone.clone());
        }
        if !settled.over.is_empty() {
            settled = settled.over_an_edit(request);
        }
        (self.index, settled)
    }

    fn step(&self) -> Step<'_> {
        (self.index, &self.passed.request, self.target)
    }

    fn written<'w>(&'w self, after: &'w Entry) -> Written<'w> {
        Written {
            target: self.target,
            request: &self.passed.request,
            before: &self.passed.entry,
            after,
        }
    }
}

impl Sender<'_> {
    /// Reads, compares and checks modifications that do not depend on each
    /// other: what is to be sent of each, or its outcome if nothing is.
    pub(super) async fn check_all<'s>(&self, steps: Vec<Step<'s>>) -> Vec<Checked<'s>> {
        let stamps = [AttributeName::known(Stamps::ATTRIBUTE)];
        let seen = if self.check.reverting {
            self.check.read_with_rights(&steps, &stamps).await
        } else {
            self.check.read(&steps, &stamps).await
        };
        let judged = steps.into_iter().zip(seen).map(|(step, seen)| async move {
            let (index, modification, target) = step;
            let judged = self.check.judge(modification, seen, &[]).await;
            let ready = judged.map(|passed| Ready {
                index,
                target,
                is_whole: passed.request.changes.len() == modification.changes.len(),
                passed,
            });
            (index, ready)
        });
        join_all(judged).await
    }

    /// Sends modifications one after the other without waiting, reads them back
    /// together, and tells what became of each.
    pub(super) async fn send(&self, group: Vec<Ready<'_>>, told: Told) {
        let sent = group.into_iter().map(|ready| async move {
            let Passed { request, .. } = &ready.passed;
            let Target {
                directory, domain, ..
            } = ready.target;
            let entry = (&request.identity, &request.dn);
            let answer = directory.modify(domain, entry, &request.changes).await;
            (ready, answer)
        });
        let (mut confirmed, mut others) = (Vec::new(), Vec::new());
        for (ready, answer) in join_all(sent).await {
            match answer {
                Ok(()) => confirmed.push(ready),
                Err(error) => others.push((ready, error)),
            }
        }
        let others = others.iter().map(|(ready, error)| async {
            let settled = self.not_confirmed(ready, error).await;
            tell(&told, ready.settled(settled));
        });
        join(self.verify_all(confirmed, &told), join_all(others)).await;
    }

    /// What became of a request that the server did not confirm.
    async fn not_confirmed(&self, ready: &Ready<'_>, error: &ModifyError) -> Settled {
        match error {
            ModifyError::Refused { code, text, reason } => {
                let refused = Outcome::Failed {
                    code: Some(*code),
                    text: text.clone(),
                    reason: reason.clone(),
                };
                self.refused(ready, refused).await
            }
            ModifyError::NotSent(error) => failed(format!("nothing was sent: {error}")).into(),
            ModifyError::ReadOnly => failed(ModifyError::ReadOnly.to_string()).into(),
            ModifyError::NoAnswer(error) => self.settle(ready, error).await,
        }
    }

    /// After a success: what is stored must be what was sent.
    async fn verify_all(&self, confirmed: Vec<Ready<'_>>, told: &Told) {
        let steps: Vec<Step<'_>> = confirmed.iter().map(Ready::step).collect();
        let readings = read_back(&steps).await;
        let pairs = confirmed.iter().zip(&readings);
        let entries = pairs.filter_map(|(ready, reading)| {
            let after = reading.as_ref().ok()?.as_ref()?;
            Some((ready.index, ready.written(after)))
        });
        let (indexes, written): (Vec<_>, Vec<_>) = entries.unzip();
        let foreign = self.counting.foreign(&written);
        let mut foreign: BTreeMap<usize, _> = indexes.into_iter().zip(foreign).collect();
        for (ready, reading) in confirmed.iter().zip(&readings) {
            let mut settled = verify(&ready.passed.request, reading);
            settled.over = foreign.remove(&ready.index).unwrap_or_default();
            tell(told, ready.settled(settled));
        }
    }

    /// After a refusal: if a guard did not hold, somebody else was faster, and
    /// a look at the entry says how.
    async fn refused(&self, ready: &Ready<'_>, refused: Outcome) -> Settled {
        let guard = matches!(&refused, Outcome::Failed { code: Some(code), .. } if GUARD_FAILED.contains(code));
        if guard && let Ok(Some(entry)) = read_one(ready.step()).await {
            let standing = Standing::of(&ready.passed.request.changes, &entry);
            if standing.all_after() {
                return Outcome::NotNeeded.into();
            }
            if !standing.other.is_empty() {
                let conflicts = standing
                    .other
                    .iter()
                    .map(|change| conflict(change, &entry, FOREIGN))
                    .collect();
                return Outcome::Conflict(conflicts).into();
            }
        }
        refused.into()
    }

    /// After no answer: reads, and if the entry is as before, reads once more
    /// after the delay, because the request may still be on its way.
    async fn settle(&self, ready: &Ready<'_>, error: &DirectoryError) -> Settled {
        let first = self.look(ready).await;
        let Look::AsBefore = first else {
            return settled_or_in_doubt(first, error);
        };
        if !self.wait(ready.index).await {
            let reason = format!("{error}; stopped before a second look");
            return Outcome::InDoubt(reason).into();
        }
        match self.look(ready).await {
            Look::AsBefore => failed(format!(
                "{error}; the entry is unchanged after {} s, so it was not carried out",
                self.options.settle_delay.as_secs_f32()
            ))
            .into(),
            second => settled_or_in_doubt(second, error),
        }
    }

    async fn look(&self, ready: &Ready<'_>) -> Look {
        let reading = read_one(ready.step()).await;
        let foreign = match &reading {
            Ok(Some(after)) => self.counting.foreign(&[ready.written(after)]).pop(),
            _ => None,
        };
        let mut look = Look::at(&ready.passed.request, reading);
        if let Look::Settled(settled) = &mut look {
            settled.over = foreign.unwrap_or_default();
        }
        look
    }

    /// Waits for the settling delay; `false` if the run was stopped meanwhile.
    pub(super) async fn wait(&self, index: usize) -> bool {
        let delay = self.options.settle_delay;
        (self.environment.progress)(Progress::Waiting { index, delay });
        tokio::select! {
            () = tokio::time::sleep(delay) => true,
            () = self.environment.cancel.cancelled() => false,
        }
    }
}

/// Reads the attributes of requests, and how often they were written.
async fn read_back(steps: &[Step<'_>]) -> Vec<Reading> {
    let mut attributes = attributes_of(steps);
    attributes.push(AttributeName::known(Stamps::ATTRIBUTE));
    read_all(steps, attributes).await
}

async fn read_one(step: Step<'_>) -> Reading {
    read_back(&[step]).await.pop().unwrap_or_else(not_read)
}

/// Tells an outcome. Whoever broke the run off does not listen any more.
fn tell(told: &Told, settled: (usize, Settled)) {
    drop(told.send(settled));
}
