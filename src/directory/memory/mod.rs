//! skeleton

use super::{DirectoryError, ModifyError, Page, SearchRequest};
use crate::model::{AttributeName, Change, Domain, Entry, Forest, Identity};

/// skeleton
#[derive(Debug)]
pub struct MemoryDirectory;

/// skeleton
#[derive(Debug)]
pub struct MemorySearch;

impl MemoryDirectory {
    /// See [`super::Directory::discover`].
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        todo!()
    }

    /// See [`super::Directory::search`].
    pub async fn search(
        &self,
        _domain: &Domain,
        _request: SearchRequest,
    ) -> Result<MemorySearch, DirectoryError> {
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

impl MemorySearch {
    /// See [`super::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        todo!()
    }
}
