//! The answers to one search.
//!
//! A search that ends leaves one line in the log, without values. One that is
//! not answered ends the connection.

use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use super::LOG;
use super::connection::{Connection, lost, silent};
use super::guard::Answer;
use super::relay::{Ending, Item, Missing, Search};
use crate::directory::DirectoryError;

/// The answers to a search, as they come.
#[derive(Debug)]
pub(super) struct Answers {
    search: Search,
    ending: Ending,
    abort: AbortHandle,
    host: String,
    timeout: Duration,
    described: String,
    begun: Instant,
    count: usize,
}

impl Answers {
    pub(super) fn new(
        connection: &Connection,
        search: Search,
        described: String,
        timeout: Duration,
    ) -> Self {
        Self {
            search,
            ending: connection.opened.ending.clone(),
            abort: connection.opened.abort.clone(),
            host: connection.host().to_owned(),
            timeout,
            described,
            begun: Instant::now(),
            count: 0,
        }
    }

    /// What comes next; nothing does after [`Item::Done`]. References to other
    /// servers are left out: each domain is read by itself.
    pub(super) async fn next(&mut self) -> Result<Item, DirectoryError> {
        match self.search.next(self.timeout).await {
            Ok(item) => {
                match &item {
                    Item::Entries(entries) => self.count += entries.len(),
                    Item::TooLong(_) => self.count += 1,
                    Item::Done(answer) => self.tell(answer),
                }
                Ok(item)
            }
            Err(Missing::Silent) => {
                self.ending.get_or_init(|| "it was given up".to_owned());
                self.abort.abort();
                Err(silent(&self.host, self.timeout))
            }
            Err(Missing::Ended) => {
                let why = self.ending.get().map_or("it has ended", String::as_str);
                Err(lost(&self.host, why))
            }
        }
    }

    fn tell(&self, answer: &Answer) {
        tracing::info!(
            target: LOG,
            host = self.host,
            code = answer.code,
            entries = self.count,
            milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "{}", self.described
        );
    }
}

/// What to say of an entry that is too long to be kept.
pub(super) fn too_long(name: &str) -> String {
    format!("the entry {name} is longer than 64 MiB and was left out")
}
