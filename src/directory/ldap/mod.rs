//! A forest over LDAP: LDAPS or StartTLS, simple bind, paged search, base read,
//! modify.

mod config;

pub use config::{LdapConfig, Protection, Timeouts};

use super::{DirectoryError, ModifyError, Page, SearchRequest};
use crate::model::{AttributeName, Change, Domain, Entry, Forest, Identity};

/// A forest over LDAP.
#[derive(Debug)]
pub struct LdapDirectory;

/// A search under way.
#[derive(Debug)]
pub struct LdapSearch;

impl LdapDirectory {
    /// Prepares a directory; connects to nothing yet. Fails if the certificate
    /// file cannot be read or the password is empty.
    pub fn new(_config: LdapConfig) -> Result<Self, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::discover`].
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::search`].
    pub async fn search(
        &self,
        _domain: &Domain,
        _request: SearchRequest,
    ) -> Result<LdapSearch, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::read`].
    pub async fn read(
        &self,
        _domain: &Domain,
        _identity: &Identity,
        _attributes: &[AttributeName],
    ) -> Result<Option<Entry>, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::modify`].
    pub async fn modify(
        &self,
        _domain: &Domain,
        _identity: &Identity,
        _changes: &[Change],
    ) -> Result<(), ModifyError> {
        todo!()
    }
}

impl LdapSearch {
    /// See [`super::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        todo!()
    }
}
