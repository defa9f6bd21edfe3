//! One page of a search, whatever it is read from.

use super::ldap::SentPage;
use crate::model::Entry;

/// One page of a search: its entries, each taken once, in the order of the
/// source but for those that a server sent in parts, which come last. In the
/// place of one that could not be understood, and was left out, stands a
/// sentence that says so.
///
/// The entries of a server are read only when they are taken, on the thread
/// that takes them.
#[derive(Debug)]
pub struct Page(Source);

#[derive(Debug)]
enum Source {
    Sent(SentPage),
    Read(std::vec::IntoIter<Entry>),
}

impl Page {
    /// A page as a server sent it.
    pub(super) fn sent(page: SentPage) -> Self {
        Self(Source::Sent(page))
    }

    /// A page of entries that are read already.
    pub(super) fn read(entries: Vec<Entry>) -> Self {
        Self(Source::Read(entries.into_iter()))
    }

    /// All entries, and what is said in the places of others.
    pub fn take_all(self) -> (Vec<Entry>, Vec<String>) {
        let (mut entries, mut left_out) = (Vec::new(), Vec::new());
        for read in self {
            match read {
                Ok(entry) => entries.push(entry),
                Err(reason) => left_out.push(reason),
            }
        }
        (entries, left_out)
    }
}

impl Iterator for Page {
    type Item = Result<Entry, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Sent(page) => page.next(),
            Source::Read(entries) => entries.next().map(Ok),
        }
    }
}
