//! The session as a task of its own: commands in, events out.
//!
//! One command runs at a time. While it runs, `Cancel` stops it between two
//! entries or pages and anything else is answered by `Busy`. The channel of
//! events is bounded: a face that does not listen slows the session, it does
//! not fill the memory. The task ends when its handle is dropped.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Command, Event, Session};

/// How many events may wait for the face.
const EVENTS: usize = 256;
/// How many commands may wait for the session.
const COMMANDS: usize = 8;

/// The two ends that a face holds. Dropping it stops the session.
#[derive(Debug)]
pub struct SessionHandle {
    /// What the face asks for.
    pub commands: mpsc::Sender<Command>,
    /// What the session says.
    pub events: mpsc::Receiver<Event>,
}

/// Starts the worker on the current runtime.
pub fn spawn(session: Session) -> SessionHandle {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (outbox, events) = mpsc::channel(EVENTS);
    tokio::spawn(work(session, inbox, outbox));
    SessionHandle { commands, events }
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
        let cancel = CancellationToken::new();
        let mut running = std::pin::pin!(carry_out(&mut session, command, &outbox, &cancel));
        loop {
            tokio::select! {
                () = &mut running => break,
                next = inbox.recv() => match next {
                    Some(Command::Cancel) => cancel.cancel(),
                    Some(_) => tell(&outbox, Event::Busy).await,
                    None => {
                        // The face is gone: stop cleanly, between two entries.
                        cancel.cancel();
                        running.await;
                        return;
                    }
                },
            }
        }
    }
}

async fn carry_out(
    session: &mut Session,
    command: Command,
    outbox: &mpsc::Sender<Event>,
    cancel: &CancellationToken,
) {
    let outcome = match command {
        Command::Scan(request) => {
            let sink = |progress: &[crate::scan::DomainProgress]| {
                // Progress that finds no room is out of date already.
                drop(outbox.try_send(Event::ScanProgress(progress.to_vec())));
            };
            match session.open(&request.sources).await {
                Ok(forests) => {
                    tell(outbox, Event::Discovered(forests)).await;
                    session
                        .scan(&request, &sink, cancel)
                        .await
                        .map(|worksheet| Event::Scanned(Box::new(worksheet)))
                }
                Err(error) => Err(error),
            }
        }
        _ => return,
    };
    let event = outcome.unwrap_or_else(|error| Event::Failed {
        hint: error.hint(),
        message: error.to_string(),
    });
    tell(outbox, event).await;
}

/// Sends an event. A face that is gone does not listen, and that is no fault.
async fn tell(outbox: &mpsc::Sender<Event>, event: Event) {
    drop(outbox.send(event).await);
}
