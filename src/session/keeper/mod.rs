//! Keeps what is decided: a thread that appends every step to the session's
//! file, in order, while the face goes on.
//!
//! An effect is handed to the system before the next one is looked at, and
//! synced as soon as no other waits; so a killed program loses nothing that had
//! reached this thread, and a power cut what was not synced yet. What cannot be
//! written waits, is tried again, and is told to the face. The session is locked
//! as long as it is open.

mod decided;
mod thread;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::Event;
use crate::kept::{ForestRecord, Record, ScanRecord, SessionId, Summary};
use crate::scan::ScanResult;
use crate::worksheet::{Happened, Noted, RowId};
use thread::Thread;

/// How the keeping stands, for the face.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keeping {
    /// The number of the last order that is on the disk.
    pub done: u64,
    /// The session, once something was decided.
    pub session: Option<SessionId>,
    /// Why nothing can be kept at present, if so.
    pub failing: Option<String>,
}

/// What is left when the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// The session; none if it could never be written.
    pub id: Option<SessionId>,
    /// Its file, or the folder where it should be.
    pub path: PathBuf,
    /// How many decisions are staged in it.
    pub staged: usize,
    /// How many are kept beside those.
    pub aside: usize,
    /// Why the latest ones could not be kept, if so.
    pub failing: Option<String>,
}

/// What a face wants kept, or to know.
#[derive(Debug)]
pub enum Wish {
    /// Keep what happened. The number comes back in [`Keeping::done`] when it
    /// is on the disk.
    Note(u64, Vec<Happened>),
    /// Say which sessions there are.
    List,
    /// Remove a session for ever, and say which others there are.
    Discard(SessionId),
    /// Drop what is staged, for ever.
    DropAll,
}

/// The end that a face holds.
#[derive(Debug)]
pub struct Keeper {
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<Option<Remains>>>,
}

/// The end that the session holds.
#[derive(Debug, Clone)]
pub(super) struct Line(mpsc::Sender<Order>);

/// A worksheet that decisions are made on.
#[derive(Debug)]
pub(super) struct Subject {
    /// The forests, as a new session has them.
    pub(super) forests: Vec<ForestRecord>,
    /// How they were scanned.
    pub(super) request: ScanRecord,
    pub(super) scan: Arc<ScanResult>,
}

/// A session that is gone on with on the present worksheet.
#[derive(Debug)]
pub(super) struct Adopted {
    pub(super) record: Record,
    /// The rows whose decisions are staged.
    pub(super) rows: Vec<RowId>,
}

/// The worksheet of a later reading in the place of the present one, and what
/// that means for what is kept.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) subject: Subject,
    /// The rows whose decisions are staged now.
    pub(super) rows: Vec<RowId>,
    /// Decisions that need not be kept any more: their values are gone.
    pub(super) left: Vec<Noted>,
    /// Decisions that have no row at present, and wait.
    pub(super) aside: Vec<Noted>,
    /// Decisions that are to be kept again.
    pub(super) returned: Vec<Noted>,
}

#[derive(Debug)]
enum Order {
    Subject(Box<Subject>),
    Moved(Box<Moved>),
    Wish(Wish),
    Open(SessionId, oneshot::Sender<Result<Record, String>>),
    List(oneshot::Sender<Result<Vec<Summary>, String>>),
    Adopt(Box<Adopted>),
}

impl Keeper {
    /// Starts the thread; what it has to say goes to `outbox`, as long as
    /// somebody else has an end of it, too.
    pub(super) fn start(folder: PathBuf, outbox: &tokio::sync::mpsc::Sender<Event>) -> Self {
        let (orders, inbox) = mpsc::channel();
        let weak = outbox.downgrade();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || Thread::new(folder, weak).run(&inbox));
        if let Err(error) = &thread {
            let failing = Some(format!("no thread to keep sessions can be had: {error}"));
            drop(outbox.try_send(Event::Keeping(Keeping {
                failing,
                ..Keeping::default()
            })));
        }
        Self {
            orders,
            thread: thread.ok(),
        }
    }

    pub(super) fn line(&self) -> Line {
        Line(self.orders.clone())
    }

    /// Hands a wish over; never waits.
    pub fn ask(&self, wish: Wish) {
        // The thread ends after this end; if it failed, the face was told.
        drop(self.orders.send(Order::Wish(wish)));
    }

    /// Waits until everything is on the disk, or cannot be; says what is left.
    /// The session must have ended before.
    ///
    /// # Errors
    ///
    /// If the thread failed, which must not be.
    pub fn end(self) -> Result<Option<Remains>, String> {
        drop(self.orders);
        let failed = || "the thread that keeps sessions failed".to_owned();
        let thread = self.thread.ok_or_else(failed)?;
        thread.join().map_err(|_panic| failed())
    }
}

impl Line {
    /// From now on decisions are made on this worksheet.
    pub(super) fn subject(&self, subject: Subject) {
        drop(self.0.send(Order::Subject(Box::new(subject))));
    }

    /// From now on decisions are made on the worksheet of a later reading.
    pub(super) fn moved(&self, moved: Moved) {
        drop(self.0.send(Order::Moved(Box::new(moved))));
    }

    /// Locks and reads a session.
    pub(super) async fn open(&self, id: SessionId) -> Result<Record, String> {
        self.ask(|reply| Order::Open(id, reply)).await
    }

    /// The sessions beside the one that is open.
    pub(super) async fn list(&self) -> Result<Vec<Summary>, String> {
        self.ask(Order::List).await
    }

    async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Order,
    ) -> Result<T, String> {
        let (reply, answer) = oneshot::channel();
        let gone = || Err("the thread that keeps sessions has ended".to_owned());
        if self.0.send(order(reply)).is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_ended| gone())
    }

    /// Goes on with the session that was opened.
    pub(super) fn adopt(&self, adopted: Adopted) {
        drop(self.0.send(Order::Adopt(Box::new(adopted))));
    }
}
