//! Works orders out on other threads; of two for the same thing the older one is
//! given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::grid::{Arranged, Arranging, Purpose};

/// The orders that are being worked out.
#[derive(Debug)]
pub(super) struct Arranger {
    rows: Arc<AtomicBool>,
    search: Arc<AtomicBool>,
    finished: mpsc::UnboundedSender<Arranged>,
    /// The orders that are done, in the order in which they were.
    pub(super) done: mpsc::UnboundedReceiver<Arranged>,
}

impl Default for Arranger {
    fn default() -> Self {
        let (finished, done) = mpsc::unbounded_channel();
        Self {
            rows: Arc::default(),
            search: Arc::default(),
            finished,
            done,
        }
    }
}

impl Arranger {
    /// Begins to work an order out. Must be called within a tokio runtime.
    pub(super) fn start(&mut self, request: Arranging) {
        let stop = match request.purpose {
            Purpose::Rows => &mut self.rows,
            Purpose::Search => &mut self.search,
        };
        stop.store(true, Ordering::Relaxed);
        *stop = Arc::default();
        let stop = Arc::clone(stop);
        let finished = self.finished.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(done) = request.carry_out(&stop) {
                // If nobody listens the interface is gone.
                drop(finished.send(done));
            }
        });
    }
}

impl Drop for Arranger {
    fn drop(&mut self) {
        self.rows.store(true, Ordering::Relaxed);
        self.search.store(true, Ordering::Relaxed);
    }
}
