//! A page as the server sent it, read entry by entry when whoever judges it
//! takes them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::EntryReader;
use super::relay::Entries;
use crate::model::Entry;

/// The entries of a page.
#[derive(Debug)]
pub struct SentPage {
    reader: Arc<EntryReader>,
    parts: VecDeque<Part>,
}

#[derive(Debug)]
enum Part {
    /// Entries as they came.
    Sent(Entries),
    /// An entry that is read already, or why it was left out.
    Read(Box<Result<Entry, String>>),
}

impl SentPage {
    /// A page without entries.
    pub(super) fn new(reader: Arc<EntryReader>) -> Self {
        Self {
            reader,
            parts: VecDeque::new(),
        }
    }

    /// Whether it has none.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds entries as they came, of which the server sent all.
    pub(super) fn add(&mut self, entries: Entries) {
        self.parts.push_back(Part::Sent(entries));
    }

    /// Adds an entry that is read already, or why it was left out.
    pub(super) fn add_read(&mut self, read: Result<Entry, String>) {
        self.parts.push_back(Part::Read(Box::new(read)));
    }
}

impl Iterator for SentPage {
    type Item = Result<Entry, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.parts.front_mut()? {
                Part::Sent(entries) => {
                    if let Some(sent) = entries.next() {
                        let read = self.reader.read(&sent);
                        return Some(read.map(|(entry, _no_rest)| entry));
                    }
                    self.parts.pop_front();
                }
                Part::Read(_) => match self.parts.pop_front()? {
                    Part::Read(read) => return Some(*read),
                    Part::Sent(_) => {}
                },
            }
        }
    }
}
