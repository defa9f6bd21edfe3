//! The session as a task of its own: commands in, events out.
//!
//! One command runs at a time. While it runs, `Cancel` stops it between two
//! entries or pages and anything else is answered by `Busy`. The channel of
//! events is bounded: a face that does not listen slows the session, it does
//! not fill the memory. The task ends when its handle is dropped.

mod keep;
mod write;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::doctor::examine_all;
use super::keep::{forest_records, scan_record, session_folder};
use super::keeper::{Keeper, Line};
use super::transact::now;
use super::{
    Acceptances, Again, Command, Event, Refreshed, ScanRequest, Session, SessionError, shown,
};
use crate::scan::DomainProgress;
use crate::transaction::TransactionId;
use crate::worksheet::Worksheet;

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
    /// What is decided goes here; it must end after the session has.
    pub keeper: Keeper,
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
            keeper,
            ending,
        } = self;
        drop(commands);
        drop(events);
        ending.wait().await;
        // What is left is for a later run.
        drop(keeper.end());
    }
}

/// Starts the worker on the current runtime.
pub fn spawn(session: Session) -> SessionHandle {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (outbox, events) = mpsc::channel(EVENTS);
    let keeper = Keeper::start(session_folder(session.state_directory()), &outbox);
    let ending = Ending(tokio::spawn(work(session, inbox, outbox, keeper.line())));
    SessionHandle {
        commands,
        events,
        keeper,
        ending,
    }
}

async fn work(
    mut session: Session,
    mut inbox: mpsc::Receiver<Command>,
    outbox: mpsc::Sender<Event>,
    line: Line,
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
            line: &line,
            cancel: &cancel,
        };
        let mut running = std::pin::pin!(worker.carry_out(command));
        loop {
            tokio::select! {
                // What has just been answered is over before the next is looked at.
                biased;
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
    line: &'a Line,
    cancel: &'a CancellationToken,
}

impl Worker<'_> {
    async fn carry_out(&mut self, command: Command) {
        let outcome = match command {
            Command::Examine(number, specs) => {
                let examined = Box::pin(examine_all(&specs, now()));
                tokio::select! {
                    found = examined => Ok(Event::Examined(number, found)),
                    () = self.cancel.cancelled() => return,
                }
            }
            Command::Scan(request) => self.scan(&request).await,
            Command::Rescan(request, sheet) => self.rescan(&request, *sheet).await,
            Command::Refresh(sheet, again) => self.refresh(*sheet, &again).await,
            Command::Apply(plan) => self.apply(&plan, None).await,
            Command::History => self.session.history().map(Event::History),
            Command::Unsettled => {
                let unsettled = self.session.unsettled();
                Ok(Event::Unsettled(
                    unsettled.map_err(|error| error.to_string()),
                ))
            }
            Command::Show(id) => self.show(&id),
            Command::Rollback(id) => self.rollback(id).await,
            Command::Recover(id) => self.recover(&id).await,
            Command::Remember(rows) => self.remember(rows),
            Command::Forget(rows) => self.forget(rows),
            Command::Continue(id, worksheet) => self.go_on(id, *worksheet).await,
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
        self.open(request).await?;
        let sink = self.sink();
        let worksheet = self.session.scan(request, &sink, self.cancel).await?;
        // Here it keeps nobody waiting; the grid would do it at the first sort.
        let laid_out = tokio::task::spawn_blocking(move || {
            worksheet.lay_out();
            Box::new(worksheet)
        });
        let mut worksheet = laid_out.await?;
        worksheet.record();
        self.begin_to_keep(request, &worksheet).await;
        Ok(Event::Scanned(worksheet))
    }

    /// Scans anew; the sheet stays if that fails, and so does what it was made of.
    async fn rescan(
        &mut self,
        request: &ScanRequest,
        sheet: Worksheet,
    ) -> Result<Event, SessionError> {
        let held = self.session.held();
        let before = sheet.clone();
        let outcome = self.rescan_from(request, sheet).await;
        Ok(match outcome {
            Ok(Ok(refreshed)) => {
                let forests = forest_records(&refreshed.worksheet.scan.forests);
                self.session.scanned = Some((forests, scan_record(request)));
                self.keep_on(before, &refreshed).await?;
                Event::Refreshed(Box::new(refreshed))
            }
            Ok(Err(reasons)) => {
                self.session.put_back(held);
                Event::Stays(reasons)
            }
            Err(error) => {
                self.session.put_back(held);
                return Err(error);
            }
        })
    }

    async fn rescan_from(
        &mut self,
        request: &ScanRequest,
        sheet: Worksheet,
    ) -> Result<Result<Refreshed, Vec<String>>, SessionError> {
        self.open(request).await?;
        let sink = self.sink();
        let session = &mut *self.session;
        session.rescan(request, sheet, &sink, self.cancel).await
    }

    async fn refresh(&mut self, sheet: Worksheet, again: &Again) -> Result<Event, SessionError> {
        let sink = self.sink();
        let before = sheet.clone();
        let session = &mut *self.session;
        let refreshed = session.refresh(sheet, again, &sink, self.cancel).await?;
        let Some(refreshed) = refreshed else {
            return Ok(Event::Stays(Vec::new()));
        };
        self.keep_on(before, &refreshed).await?;
        Ok(Event::Refreshed(Box::new(refreshed)))
    }

    async fn open(&mut self, request: &ScanRequest) -> Result<(), SessionError> {
        let forests = self.session.open(&request.sources).await?;
        tell(self.outbox, Event::Discovered(forests)).await;
        Ok(())
    }

    /// Tells the face how far a scan is.
    fn sink(&self) -> impl Fn(&[DomainProgress]) + Send + Sync + use<> {
        let outbox = self.outbox.clone();
        move |progress| {
            // Progress that finds no room is out of date already.
            drop(outbox.try_send(Event::ScanProgress(progress.to_vec())));
        }
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

#[cfg(test)]
mod tests;
