//! The commands that write: apply, rollback, recover, each told step by step.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Worker, tell};
use crate::model::{ChangeSet, Modification};
use crate::session::{Event, SessionError, Watched};
use crate::transaction::{ApplyOptions, Progress, TransactionId};

/// What is carried out.
enum Task<'a> {
    Apply(&'a ChangeSet, Option<TransactionId>),
    Settle(&'a TransactionId),
}

impl Worker<'_> {
    pub(super) async fn apply(
        &mut self,
        plan: &ChangeSet,
        reverts: Option<TransactionId>,
    ) -> Result<Event, SessionError> {
        let identities = plan.modifications.iter();
        let identities = identities.map(|modification| &modification.identity);
        self.session.note_written(identities);
        let entries = plan.modifications.iter().map(name_of);
        let entries = entries.collect();
        self.told(entries, Task::Apply(plan, reverts)).await
    }

    pub(super) async fn rollback(&mut self, id: TransactionId) -> Result<Event, SessionError> {
        let plan = self.session.plan_rollback(&id)?;
        let event = self.apply(&plan.plan, Some(id)).await?;
        Ok(match event {
            Event::Applied(mut report) => {
                report.notes.extend(plan.notes);
                Event::Applied(report)
            }
            other => other,
        })
    }

    pub(super) async fn recover(&mut self, id: &TransactionId) -> Result<Event, SessionError> {
        let record = self.session.record(id)?;
        let planned = record.plan.iter().flatten();
        let identities = planned.map(|modification| &modification.identity);
        self.session.note_written(identities);
        let unreadable = || "(unreadable in the journal)".to_owned();
        let entries = record
            .plan
            .iter()
            .map(|planned| planned.as_ref().map_or_else(unreadable, name_of));
        let entries = entries.collect();
        self.told(entries, Task::Settle(id)).await
    }

    /// Carries out a task on `entries`; its steps are told to the face in order,
    /// none lost, without the transaction waiting for the face.
    async fn told(&self, entries: Vec<String>, task: Task<'_>) -> Result<Event, SessionError> {
        let (steps, forward) = self.forward(entries);
        let options = ApplyOptions::default();
        let report = {
            let progress = move |step| drop(steps.send(step));
            let watched = Watched {
                options: &options,
                progress: &progress,
                cancel: self.cancel,
            };
            match task {
                Task::Apply(plan, reverts) => self.session.apply(plan, reverts, watched).await,
                Task::Settle(id) => self.session.recover(id, false, watched).await,
            }
        };
        // The sender is gone now, so the forwarder ends after the last step.
        drop(forward.await);
        Ok(Event::Applied(report?))
    }

    fn forward(&self, entries: Vec<String>) -> (mpsc::UnboundedSender<Progress>, JoinHandle<()>) {
        let (steps, mut received) = mpsc::unbounded_channel();
        let outbox = self.outbox.clone();
        let forward = tokio::spawn(async move {
            let mut entries = Some(entries);
            while let Some(step) = received.recv().await {
                let event = match step {
                    Progress::Sealed { id, journal, .. } => Event::ApplyStarted {
                        id,
                        journal,
                        entries: entries.take().unwrap_or_default(),
                    },
                    Progress::LookedAt { number, total } => Event::Operation(format!(
                        "looked at {number} of {total} entries before the first write"
                    )),
                    Progress::Settled { index, outcome } => Event::ApplyProgress { index, outcome },
                    Progress::TakingBack => {
                        Event::Operation("taking back what was written".to_owned())
                    }
                    Progress::Waiting { index, delay } => Event::Operation(format!(
                        "no answer is known for entry {}; reading it again in {} s",
                        index + 1,
                        delay.as_secs()
                    )),
                };
                tell(&outbox, event).await;
            }
        });
        (steps, forward)
    }
}

fn name_of(modification: &Modification) -> String {
    modification.dn.as_str().to_owned()
}
