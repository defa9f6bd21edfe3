//! Works on other threads, and says what came of it. Of two orders for the same
//! thing the older one is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::grid::{Arranging, Purpose};
use super::message::Message;
use super::work::{Counting, Rehearsing, Working};
use crate::worksheet::{Pace, Worksheet};

/// What is being worked on.
#[derive(Debug)]
pub(super) struct Background {
    rows: Arc<AtomicBool>,
    search: Arc<AtomicBool>,
    mark: Arc<AtomicBool>,
    work: Arc<Pace>,
    rehearsal: Arc<Pace>,
    finished: mpsc::UnboundedSender<Message>,
    /// What is done, in the order in which it was.
    pub(super) done: mpsc::UnboundedReceiver<Message>,
}

impl Default for Background {
    fn default() -> Self {
        let (finished, done) = mpsc::unbounded_channel();
        Self {
            rows: Arc::default(),
            search: Arc::default(),
            mark: Arc::default(),
            work: Arc::default(),
            rehearsal: Arc::default(),
            finished,
            done,
        }
    }
}

impl Background {
    /// Begins to work an order out. Must be called within a tokio runtime.
    pub(super) fn arrange(&mut self, request: Arranging) {
        let stop = match request.purpose {
            Purpose::Rows => &mut self.rows,
            Purpose::Search => &mut self.search,
            Purpose::Mark => &mut self.mark,
        };
        stop.store(true, Ordering::Relaxed);
        *stop = Arc::default();
        let stop = Arc::clone(stop);
        self.spawn(move || request.carry_out(&stop).map(Message::Arranged));
    }

    /// Begins to work on a copy of the sheet. Must be called within a tokio
    /// runtime.
    pub(super) fn work(&mut self, working: Working) {
        self.work = Arc::clone(working.pace());
        self.spawn(move || Some(Message::Worked(working.carry_out())));
    }

    /// Begins to try a bulk edit out. Must be called within a tokio runtime.
    pub(super) fn rehearse(&mut self, rehearsing: Rehearsing) {
        self.rehearsal.stop();
        self.rehearsal = Arc::clone(rehearsing.pace());
        self.spawn(move || {
            let (number, rehearsal) = rehearsing.carry_out()?;
            Some(Message::Rehearsed(number, rehearsal))
        });
    }

    /// Begins to count all rows. Must be called within a tokio runtime.
    pub(super) fn count(&self, counting: Counting) {
        self.spawn(move || {
            let (number, overview) = counting.carry_out();
            Some(Message::Counted(number, overview))
        });
    }

    /// Throws a sheet away that nobody needs, which takes time by the decisions
    /// on it. Must be called within a tokio runtime.
    pub(super) fn discard(sheet: Box<Worksheet>) {
        tokio::task::spawn_blocking(move || drop(sheet));
    }

    fn spawn(&self, work: impl FnOnce() -> Option<Message> + Send + 'static) {
        let finished = self.finished.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(done) = work() {
                // If nobody listens the interface is gone.
                drop(finished.send(done));
            }
        });
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        for stop in [&self.rows, &self.search, &self.mark] {
            stop.store(true, Ordering::Relaxed);
        }
        self.work.stop();
        self.rehearsal.stop();
    }
}
