//! The session as a task of its own: commands in, events out.
//!
//! One command runs at a time. While it runs, `Cancel` stops it between two
//! entries or pages and anything else is answered by `Busy`. The channel of
//! events is bounded: a face that does not listen slows the session, it does
//! not fill the memory. The task ends when its handle is dropped.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Acceptances, Command, Event, ScanRequest, Session, SessionError, Watched};
use crate::model::ChangeSet;
use crate::scan::DomainProgress;
use crate::transaction::{ApplyOptions, Progress, TransactionId, TransactionRecord};

/// How many commands may wait for the session.
const COMMANDS: usize = 8;
/// How many events may wait for the face.
const EVENTS: usize = 256;

/// The two ends that a face holds. Dropping it stops the session; a process
/// that ends waits for [`SessionHandle::end`], or a write may be cut off.
#[derive(Debug)]
pub struct SessionHandle {
    /// What the face asks for.
    pub commands: mpsc::Sender<Command>,
    /// What the session says.
    pub events: mpsc::Receiver<Event>,
    /// Ends when the session has.
    pub ending: Ending,
}

/// The end of a session, to be awaited after its commands and events are
/// dropped.
#[derive(Debug)]
pub struct Ending(tokio::task::JoinHandle<()>);

impl Ending {
    /// Waits until an entry that is being written is written, read back and in
    /// the journal, and the transaction has its end.
    pub async fn wait(self) {
        // A panic in there was reported where it happened.
        drop(self.0.await);
    }
}

impl SessionHandle {
    /// Stops the session cleanly, between two entries, and waits for that.
    pub async fn end(self) {
        let Self {
            commands,
            events,
            ending,
        } = self;
        drop(commands);
        drop(events);
        ending.wait().await;
    }
}

/// Starts the worker on the current runtime.
pub fn spawn(session: Session) -> SessionHandle {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (outbox, events) = mpsc::channel(EVENTS);
    let ending = Ending(tokio::spawn(work(session, inbox, outbox)));
    SessionHandle {
        commands,
        events,
        ending,
    }
}

async fn work(
    mut session: Session,
    mut inbox: mpsc::Receiver<Command>,
    outbox: mpsc::Sender<Event>,
) {
    while let Some(command) = inbox.recv().await {
        if matches!(command, Command::Cancel) {
            continue;
        }
        let writes = matches!(
            command,
            Command::Apply(_) | Command::Rollback(_) | Command::Recover(_)
        );
        let cancel = CancellationToken::new();
        let mut worker = Worker {
            session: &mut session,
            outbox: &outbox,
            cancel: &cancel,
        };
        let mut running = std::pin::pin!(worker.carry_out(command));
        loop {
            tokio::select! {
                () = &mut running => break,
                next = inbox.recv() => match next {
                    Some(Command::Cancel) => cancel.cancel(),
                    Some(_) => tell(&outbox, Event::Busy).await,
                    None => {
                        // The face is gone: what writes stops cleanly, between
                        // two entries; what only reads is dropped.
                        cancel.cancel();
                        if writes {
                            running.await;
                        }
                        return;
                    }
                },
            }
        }
    }
}

/// Sends an event. A face that is gone does not listen, and that is no fault.
async fn tell(outbox: &mpsc::Sender<Event>, event: Event) {
    drop(outbox.send(event).await);
}

/// One command being carried out.
struct Worker<'a> {
    session: &'a mut Session,
    outbox: &'a mpsc::Sender<Event>,
    cancel: &'a CancellationToken,
}

impl Worker<'_> {
    async fn carry_out(&mut self, command: Command) {
        let outcome = match command {
            Command::Scan(request) => self.scan(&request).await,
            Command::Apply(plan) => self.apply(&plan, None).await,
            Command::History => self.session.history().map(Event::History),
            Command::Show(id) => self.show(&id),
            Command::Rollback(id) => self.rollback(id).await,
            Command::Recover(id) => self.recover(&id).await,
            Command::Remember(rows) => self.remember(rows),
            Command::Forget(rows) => self.forget(rows),
            Command::Cancel => return,
        };
        let event = outcome.unwrap_or_else(|error| {
            tracing::error!(%error, "a command failed");
            Event::Failed {
                hint: error.hint(),
                message: error.to_string(),
            }
        });
        tell(self.outbox, event).await;
    }

    async fn scan(&mut self, request: &ScanRequest) -> Result<Event, SessionError> {
        let forests = self.session.open(&request.sources).await?;
        tell(self.outbox, Event::Discovered(forests)).await;
        let outbox = self.outbox;
        let sink = |progress: &[DomainProgress]| {
            // Progress that finds no room is out of date already.
            drop(outbox.try_send(Event::ScanProgress(progress.to_vec())));
        };
        let worksheet = self.session.scan(request, &sink, self.cancel).await?;
        // Here it keeps nobody waiting; the grid would do it at the first sort.
        let laid_out = tokio::task::spawn_blocking(move || {
            worksheet.lay_out();
            Box::new(worksheet)
        });
        laid_out
            .await
            .map(Event::Scanned)
            .map_err(|error| SessionError::Internal(error.to_string()))
    }

    fn remember(&mut self, accepted: Acceptances) -> Result<Event, SessionError> {
        let why = accepted.exceptions.first().map(|(_, e)| e.why.clone());
        let files = self.session.remember(accepted.exceptions)?;
        let paths: Vec<String> = files
            .iter()
            .map(|file| file.path.display().to_string())
            .collect();
        Ok(Event::Remembered {
            why,
            sentence: format!(
                "{} accepted, kept in {}",
                rows_in_words(accepted.rows.len()),
                paths.join(" and ")
            ),
            rows: accepted.rows,
        })
    }

    fn forget(&mut self, accepted: Acceptances) -> Result<Event, SessionError> {
        self.session.forget(&accepted.exceptions)?;
        Ok(Event::Remembered {
            why: None,
            sentence: format!("{} no longer accepted", rows_in_words(accepted.rows.len())),
            rows: accepted.rows,
        })
    }

    async fn apply(
        &mut self,
        plan: &ChangeSet,
        reverts: Option<TransactionId>,
    ) -> Result<Event, SessionError> {
        let entries: Vec<String> = plan
            .modifications
            .iter()
            .map(|modification| modification.dn.as_str().to_owned())
            .collect();
        let (steps, forward) = self.forward(entries);
        let options = ApplyOptions::default();
        let report = {
            let progress = move |step| drop(steps.send(step));
            let watched = Watched {
                options: &options,
                progress: &progress,
                cancel: self.cancel,
            };
            self.session.apply(plan, reverts, watched).await
        };
        // The sender is gone now, so the forwarder ends after the last step.
        drop(forward.await);
        Ok(Event::Applied(report?))
    }

    async fn rollback(&mut self, id: TransactionId) -> Result<Event, SessionError> {
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

    async fn recover(&mut self, id: &TransactionId) -> Result<Event, SessionError> {
        let record = self.session.record(id)?;
        let entries = record.plan.iter().map(|modification| {
            let dn = modification
                .as_ref()
                .map(|modification| modification.dn.as_str());
            dn.unwrap_or("(unreadable in the journal)").to_owned()
        });
        let (steps, forward) = self.forward(entries.collect());
        let options = ApplyOptions::default();
        let report = {
            let progress = move |step| drop(steps.send(step));
            let watched = Watched {
                options: &options,
                progress: &progress,
                cancel: self.cancel,
            };
            self.session.recover(id, false, watched).await
        };
        drop(forward.await);
        Ok(Event::Applied(report?))
    }

    /// A way for a transaction to say where it is: its steps are told to the
    /// face in order, none lost, without the transaction waiting for the face.
    fn forward(
        &self,
        entries: Vec<String>,
    ) -> (mpsc::UnboundedSender<Progress>, tokio::task::JoinHandle<()>) {
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

    fn show(&mut self, id: &TransactionId) -> Result<Event, SessionError> {
        let record = self.session.record(id)?;
        let summary = self
            .session
            .history()?
            .into_iter()
            .find(|summary| summary.id == *id)
            .ok_or_else(|| SessionError::Internal(format!("{id} has no summary")))?;
        Ok(Event::Shown {
            summary,
            modifications: shown(&record),
        })
    }
}

fn rows_in_words(rows: usize) -> String {
    format!("{rows} {}", if rows == 1 { "row is" } else { "rows are" })
}

/// A transaction as text to read: a heading and the lines of its diff for each
/// modification. Raw: a face makes it safe.
pub fn shown(record: &TransactionRecord) -> Vec<(String, Vec<String>)> {
    let outcomes = record
        .outcomes
        .iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    record
        .plan
        .iter()
        .zip(outcomes)
        .map(|(modification, outcome)| {
            let outcome = outcome
                .and_then(Option::as_ref)
                .map_or_else(|| "unknown".to_owned(), ToString::to_string);
            let Some(modification) = modification else {
                let heading = format!("(unreadable in the journal): {outcome}");
                return (heading, Vec::new());
            };
            let mut lines = Vec::new();
            for change in &modification.changes {
                lines.push(change.attribute.as_str().to_owned());
                let side = |sign: char, values: &[crate::model::Value]| {
                    let line =
                        |value: &crate::model::Value| format!("{sign} {}", value.to_text_lossy());
                    values.iter().map(line).collect::<Vec<_>>()
                };
                lines.extend(side('-', &change.delete));
                lines.extend(side('+', &change.add));
            }
            (format!("{}: {outcome}", modification.dn), lines)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::config::SourceSpec;
    use crate::directory::Directory;
    use crate::directory::memory::{Fault, MemoryDirectory, Operation};
    use crate::model::{
        AttributeName, Change, DistinguishedName, DomainId, Entry, Modification, Value,
    };
    use crate::rule::Settings;
    use crate::scan::ScanOptions;
    use crate::scan::ScanSource;
    use crate::session::EMBEDDED_RULES;
    use crate::transaction::TransactionState;
    use crate::worksheet::{RowId, Worksheet};

    async fn answer<T>(handle: &mut SessionHandle, wanted: impl Fn(Event) -> Option<T>) -> T {
        while let Some(event) = handle.events.recv().await {
            if let Event::Failed { message, .. } = &event {
                panic!("{message}");
            }
            if let Some(found) = wanted(event) {
                return found;
            }
        }
        panic!("the session ended");
    }

    async fn scan(handle: &mut SessionHandle) -> Worksheet {
        let request = ScanRequest {
            sources: vec![SourceSpec::Demo],
            rules: EMBEDDED_RULES.to_owned(),
            settings: Settings::default(),
            options: ScanOptions::default(),
            exceptions: None,
        };
        let command = Command::Scan(Box::new(request));
        handle.commands.send(command).await.unwrap();
        answer(handle, |event| match event {
            Event::Scanned(worksheet) => Some(*worksheet),
            _ => None,
        })
        .await
    }

    fn values(worksheet: &Worksheet) -> Vec<(String, String, String)> {
        let text = |row| {
            let text = worksheet.text(row);
            (text.dn, text.attribute, text.value)
        };
        worksheet.rows().map(text).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_applied_is_gone_from_the_next_scan_and_comes_back_by_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let mut handle = spawn(Session::new(folder.path().join("state")));
        let mut worksheet = scan(&mut handle).await;
        let before = values(&worksheet);
        let rows: Vec<RowId> = worksheet.rows().collect();
        let staged = worksheet.accept_safe(&rows);
        assert!(staged > 3, "{staged}");
        let plan = worksheet.plan().changes;
        let entries = plan.len();
        handle.commands.send(Command::Apply(plan)).await.unwrap();
        let mut settled = 0;
        let report = loop {
            match handle.events.recv().await.unwrap() {
                Event::ApplyStarted { entries: named, .. } => assert_eq!(named.len(), entries),
                Event::ApplyProgress { .. } => settled += 1,
                Event::Applied(report) => break report,
                Event::Failed { message, .. } => panic!("{message}"),
                _ => {}
            }
        };
        assert_eq!(settled, entries, "every step is told before the end");
        assert_eq!(
            report.count(crate::transaction::Outcome::wrote),
            entries,
            "{:?}",
            report.outcomes
        );
        let after = values(&scan(&mut handle).await);
        assert_eq!(after.len(), before.len() - staged);

        let rollback = Command::Rollback(report.id.clone());
        handle.commands.send(rollback).await.unwrap();
        let back = answer(&mut handle, |event| match event {
            Event::Applied(report) => Some(report),
            _ => None,
        })
        .await;
        assert_eq!(
            back.count(crate::transaction::Outcome::wrote),
            entries,
            "{:?}",
            back.outcomes
        );
        assert_eq!(values(&scan(&mut handle).await), before);

        handle.commands.send(Command::History).await.unwrap();
        let history = answer(&mut handle, |event| match event {
            Event::History(history) => Some(history),
            _ => None,
        })
        .await;
        assert_eq!(history.len(), 2);
        assert_eq!(history[0].reverts.as_ref(), Some(&report.id));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_face_that_leaves_while_it_writes_leaves_a_finished_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::new(folder.path().join("state"));
        let user = |number: u8| {
            let dn = format!("CN=u{number},DC=contoso,DC=com");
            let mut entry = Entry::new(DistinguishedName::from_server(dn));
            let class = ["top", "user"].map(Value::from);
            entry.add(AttributeName::known("objectClass"), class);
            let guid = Value::from(vec![number; 16]);
            entry.add(AttributeName::known("objectGUID"), [guid]);
            entry
        };
        // More than are under way at a time.
        let users: Vec<Entry> = (1..=40).map(user).collect();
        let memory = MemoryDirectory::new("contoso.com", &["contoso.com"], users.clone());
        let directory = Arc::new(Directory::Memory(memory.clone()));
        let forest = directory.discover().await.unwrap();
        session.sources.push(ScanSource { directory, forest });
        session.labels.push("memory".to_owned());
        let name = AttributeName::known("displayName");
        let added = || vec![Value::from("x")];
        let modifications = users.iter().map(|user| Modification {
            identity: user.identity(),
            dn: user.dn.clone(),
            class: user.class(),
            domain: DomainId(0),
            changes: Change::between(name.clone(), true, Vec::new(), added())
                .into_iter()
                .collect(),
        });
        let plan = ChangeSet {
            modifications: modifications.collect(),
            ..ChangeSet::default()
        };
        for request in 1..=users.len() {
            let slow = Fault::Slow(Duration::from_millis(200));
            memory.inject(Operation::Modify, request, slow);
        }
        let journals = session.journal_directory();
        let mut handle = spawn(session);
        handle.commands.send(Command::Apply(plan)).await.unwrap();
        let started = |event| matches!(event, Event::ApplyStarted { .. }).then_some(());
        answer(&mut handle, started).await;
        while memory.count(Operation::Modify) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        handle.end().await;
        let history = crate::transaction::history(&journals).unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].state, TransactionState::Finished);
        assert!(history[0].done > 0 && history[0].not_reached > 0);
        assert_eq!(history[0].done + history[0].not_reached, 40);
        let written = memory.entries();
        let written = written
            .iter()
            .filter(|e| !e.values("displayName").is_empty());
        assert_eq!(written.count(), history[0].done);
    }
}
