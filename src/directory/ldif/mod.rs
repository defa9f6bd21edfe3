//! skeleton

use super::{DirectoryError, Page, SearchRequest};
use crate::model::{AttributeName, Domain, Entry, Forest, Identity};

/// skeleton
#[derive(Debug)]
pub struct LdifDirectory;

/// skeleton
#[derive(Debug)]
pub struct LdifSearch;

impl LdifDirectory {
    /// See [`super::Directory::discover`].
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::search`].
    pub async fn search(
        &self,
        _domain: &Domain,
        _request: SearchRequest,
    ) -> Result<LdifSearch, DirectoryError> {
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
}

impl LdifSearch {
    /// See [`super::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        todo!()
    }
}
