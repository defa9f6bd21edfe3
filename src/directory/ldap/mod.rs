//! skeleton

use super::{DirectoryError, ModifyError, Page, SearchRequest};
use crate::model::{AttributeName, Change, Domain, Entry, Forest, Identity};

/// skeleton
#[derive(Debug)]
pub struct LdapDirectory;

/// skeleton
#[derive(Debug)]
pub struct LdapSearch;

impl LdapDirectory {
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
