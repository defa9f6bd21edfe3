//! The only place that speaks to a directory.
//!
//! A [`Directory`] is one forest behind one of three kinds: LDAP, an LDIF file,
//! or memory. It can be discovered, searched page by page, read entry by entry
//! and modified entry by entry; nothing else. Reads may be retried, writes
//! never are: a write whose answer is lost is reported as
//! [`ModifyError::NoAnswer`] and settled by reading.
//!
//! It does not judge values, keep state about a scan, or decide what to write.

mod error;
mod page;
mod result_code;

pub mod filter;
pub mod ldap;
pub mod ldif;
pub mod memory;
mod select;

pub use error::{DirectoryError, ModifyError};
pub use page::Page;
pub(crate) use result_code::advice;

use crate::model::{AttributeName, Change, DistinguishedName, Domain, Entry, Forest, Identity};

/// One forest, whatever it is read from.
#[derive(Debug)]
pub enum Directory {
    /// An Active Directory forest or another LDAP server.
    Ldap(ldap::LdapDirectory),
    /// One or several LDIF files that make up one forest. Read-only.
    Ldif(ldif::LdifDirectory),
    /// The demo, and the tests' directory with faults on demand.
    Memory(memory::MemoryDirectory),
}

/// What to search for in one domain.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Where to begin; the whole subtree below it is searched.
    pub base: DistinguishedName,
    /// An LDAP filter (RFC 4515). LDAP servers get it as it is.
    pub filter: String,
    /// The attributes to return.
    pub attributes: Vec<AttributeName>,
    /// How many entries a page should have.
    pub page_size: u32,
}

/// A search under way. Dropping it abandons the search.
#[derive(Debug)]
pub enum Search {
    /// Pages from an LDAP server.
    Ldap(ldap::LdapSearch),
    /// Pages from a file.
    Ldif(ldif::LdifSearch),
    /// Pages from memory.
    Memory(memory::MemorySearch),
}

impl Directory {
    /// Connects if need be and finds out what the forest consists of.
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        match self {
            Self::Ldap(directory) => directory.discover().await,
            Self::Ldif(directory) => directory.discover().await,
            Self::Memory(directory) => directory.discover().await,
        }
    }

    /// Waits a little and says where to begin anew a search that broke, which
    /// may be another domain controller; `None` once that helps no more.
    /// `tries` is how often it was begun.
    pub async fn start_over(&self, domain: &Domain, tries: u32) -> Option<Domain> {
        match self {
            Self::Ldap(directory) => directory.start_over(domain, tries).await,
            Self::Ldif(_) | Self::Memory(_) => None,
        }
    }

    /// What in a filter can match nothing in `domain`, one sentence each: a
    /// server takes such a filter and gives no answer to it.
    pub async fn doubts_about_filter(&self, domain: &Domain, filter: &str) -> Vec<String> {
        match self {
            Self::Ldap(directory) => directory.doubts_about_filter(domain, filter).await,
            Self::Ldif(_) | Self::Memory(_) => Vec::new(),
        }
    }

    /// Starts a search below `request.base` in `domain`.
    pub async fn search(
        &self,
        domain: &Domain,
        request: SearchRequest,
    ) -> Result<Search, DirectoryError> {
        match self {
            Self::Ldap(directory) => directory.search(domain, request).await.map(Search::Ldap),
            Self::Ldif(directory) => directory.search(domain, request).await.map(Search::Ldif),
            Self::Memory(directory) => directory.search(domain, request).await.map(Search::Memory),
        }
    }

    /// Reads one entry; `None` if there is none of that identity.
    pub async fn read(
        &self,
        domain: &Domain,
        identity: &Identity,
        attributes: &[AttributeName],
    ) -> Result<Option<Entry>, DirectoryError> {
        match self {
            Self::Ldap(directory) => directory.read(domain, identity, attributes).await,
            Self::Ldif(directory) => directory.read(domain, identity, attributes).await,
            Self::Memory(directory) => directory.read(domain, identity, attributes).await,
        }
    }

    /// Reads several entries, where it can in one operation. One result for
    /// each identity, in their order; each is that of [`Directory::read`].
    pub async fn read_many(
        &self,
        domain: &Domain,
        identities: &[Identity],
        attributes: &[AttributeName],
    ) -> Vec<Result<Option<Entry>, DirectoryError>> {
        if let Self::Ldap(directory) = self {
            return directory.read_many(domain, identities, attributes).await;
        }
        let mut results = Vec::with_capacity(identities.len());
        for identity in identities {
            results.push(self.read(domain, identity, attributes).await);
        }
        results
    }

    /// Sends one guarded `ModifyRequest`: for each change the values to delete,
    /// then the values to add. The server does all of it or nothing. The entry
    /// is given by its identity and the name it had when it was read just now,
    /// for servers that know entries by name only.
    pub async fn modify(
        &self,
        domain: &Domain,
        entry: (&Identity, &DistinguishedName),
        changes: &[Change],
    ) -> Result<(), ModifyError> {
        match self {
            Self::Ldap(directory) => directory.modify(domain, entry, changes).await,
            Self::Ldif(_) => Err(ModifyError::ReadOnly),
            Self::Memory(directory) => directory.modify(domain, entry.0, changes).await,
        }
    }
}

impl Search {
    /// The next page, `None` after the last one. An error ends the search:
    /// what came before it is a part only.
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        match self {
            Self::Ldap(search) => search.next_page().await,
            Self::Ldif(search) => search.next_page().await,
            Self::Memory(search) => search.next_page().await,
        }
    }
}
