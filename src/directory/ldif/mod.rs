//! LDIF files (RFC 2849) as a forest: what `ldifde -f` and `ldapsearch` write.
//!
//! The files of a run are one forest. Its domains are told from the `DC=` parts
//! of the names, its UPN suffixes from CN=Partitions if the export has it.
//! Files are streamed: a search holds a few pages, however large the file. It
//! is read-only, and follows neither change records nor values kept in other
//! files.

mod domains;
mod lines;
mod record;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::domains::{DomainOfName, discover};
use self::record::Records;
use self::wanted::Wanted;
use super::filter::LocalFilter;
use super::select::select;
use super::{DirectoryError, Page, SearchRequest};
use crate::model::{AttributeName, Domain, Entry, Forest, Identity};

/// How many pages may wait for the reader of a search.
const PAGES_AHEAD: usize = 2;

/// LDIF files that make up one forest.
#[derive(Debug)]
pub struct LdifDirectory {
    name: Option<String>,
    files: Arc<[PathBuf]>,
    /// Which files hold entries of which domain, as discovery told last.
    contents: Mutex<Vec<(Domain, Vec<PathBuf>)>>,
}

/// A search in LDIF files, read by a thread of its own a few pages ahead.
#[derive(Debug)]
pub struct LdifSearch {
    pages: mpsc::Receiver<Result<Page, DirectoryError>>,
    reader: Option<JoinHandle<()>>,
}

impl LdifDirectory {
    /// Takes the files as one forest, called `name` or, without one, by its
    /// root domain. They are opened by [`LdifDirectory::discover`].
    pub fn open(name: Option<String>, files: Vec<PathBuf>) -> Self {
        Self {
            name,
            files: files.into(),
            contents: Mutex::default(),
        }
    }

    /// See [`super::Directory::discover`]. Reads every file once, so that a
    /// mistake in one is known before anything is judged.
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        let (name, files) = (self.name.clone(), Arc::clone(&self.files));
        let (forest, contents) = blocking(move || discover(name, &files)).await?;
        *self.contents() = contents;
        Ok(forest)
    }

    /// See [`super::Directory::search`].
    #[expect(
        clippy::unused_async,
        reason = "one of three kinds behind one interface"
    )]
    pub async fn search(
        &self,
        domain: &Domain,
        request: SearchRequest,
    ) -> Result<LdifSearch, DirectoryError> {
        let filter = LocalFilter::parse(&request.filter)?;
        let (send, pages) = mpsc::channel(PAGES_AHEAD);
        let files = self.files_of(domain);
        let job = SearchJob {
            of_domain: DomainOfName::new(domain),
            request,
            filter,
            send,
        };
        let reader = tokio::task::spawn_blocking(move || job.run(&files));
        Ok(LdifSearch {
            pages,
            reader: Some(reader),
        })
    }

    /// See [`super::Directory::read`]. Reads the files up to the entry.
    pub async fn read(
        &self,
        domain: &Domain,
        identity: &Identity,
        attributes: &[AttributeName],
    ) -> Result<Option<Entry>, DirectoryError> {
        let files = self.files_of(domain);
        let mut of_domain = DomainOfName::new(domain);
        let identity = identity.clone();
        let attributes = attributes.to_vec();
        blocking(move || find(&files, &mut of_domain, &identity, &attributes)).await
    }

    fn contents(&self) -> MutexGuard<'_, Vec<(Domain, Vec<PathBuf>)>> {
        // It is only ever replaced as a whole.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files_of(&self, domain: &Domain) -> Vec<PathBuf> {
        let contents = self.contents();
        let known = contents
            .iter()
            .filter(|(known, _)| known == domain)
            .map(|(_, files)| files.clone())
            .next();
        known.unwrap_or_else(|| self.files.to_vec())
    }
}

impl LdifSearch {
    /// See [`super::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        if let Some(page) = self.pages.recv().await {
            return page.map(Some);
        }
        // No more pages: either all was read, or the thread came to grief,
        // which must not look like the end of the file.
        let Some(reader) = self.reader.as_mut() else {
            return Ok(None);
        };
        let ended = reader.await;
        self.reader = None;
        ended.map(|()| None).map_err(stopped)
    }
}

/// What the thread of a search needs.
struct SearchJob {
    of_domain: DomainOfName,
    request: SearchRequest,
    filter: LocalFilter,
    send: mpsc::Sender<Result<Page, DirectoryError>>,
}

impl SearchJob {
    fn run(mut self, files: &[PathBuf]) {
        let mut page = Vec::new();
        for path in files {
            match self.file(path, &mut page) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // What was read before the mistake is still given.
                    if !page.is_empty() && self.send.blocking_send(Ok(Page::read(page))).is_err() {
                        return;
                    }
                    drop(self.send.blocking_send(Err(error)));
                    return;
                }
            }
        }
        drop(self.send.blocking_send(Ok(Page::read(page))));
    }

    /// Sends the pages of one file; `false` if nobody waits for them any more.
    fn file(&mut self, path: &Path, page: &mut Vec<Entry>) -> Result<bool, DirectoryError> {
        let asked = &self.request.attributes;
        let for_filter = self.filter.attributes().iter();
        let extra: Vec<_> = for_filter.filter(|name| !asked.contains(name)).collect();
        // What the filter looks at comes first: of an attribute that is asked
        // for by range too, it must see every value.
        let mut wanted = if asked.is_empty() {
            Wanted::new(&[])
        } else {
            let names: Vec<_> = extra.iter().copied().chain(asked).cloned().collect();
            Wanted::new(&names)
        };
        let size = usize::try_from(self.request.page_size)
            .unwrap_or(usize::MAX)
            .max(1);
        let mut records = Records::open(path)?;
        let of_domain = &mut self.of_domain;
        while let Some(mut entry) = records.next(&mut wanted, |name| of_domain.has(name))? {
            let is_whole_domain = self.request.base == *of_domain.naming_context();
            let is_below = is_whole_domain || entry.dn.is_within(&self.request.base);
            if !is_below || !self.filter.matches(&entry) {
                continue;
            }
            if !extra.is_empty() {
                entry = select(&entry, asked);
            }
            page.push(entry);
            if page.len() >= size {
                let full = Page::read(std::mem::take(page));
                if self.send.blocking_send(Ok(full)).is_err() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn find(
    files: &[PathBuf],
    of_domain: &mut DomainOfName,
    identity: &Identity,
    attributes: &[AttributeName],
) -> Result<Option<Entry>, DirectoryError> {
    let key = match identity {
        Identity::Guid(_) => String::new(),
        Identity::Dn(dn) => dn.key(),
    };
    let mut everything = Wanted::new(&[]);
    for path in files {
        let mut records = Records::open(path)?;
        while let Some(entry) = records.next(&mut everything, |name| of_domain.has(name))? {
            let is_it = match identity {
                Identity::Guid(guid) => entry.guid() == Some(*guid),
                Identity::Dn(_) => entry.dn.key() == key,
            };
            if is_it {
                return Ok(Some(select(&entry, attributes)));
            }
        }
    }
    Ok(None)
}

/// Reads LDIF that is part of the program; `name` stands for the file in
/// messages.
pub(super) fn read_embedded(text: &'static [u8], name: &str) -> Result<Vec<Entry>, DirectoryError> {
    let mut records = Records::embedded(text, Path::new(name))?;
    let mut everything = Wanted::new(&[]);
    std::iter::from_fn(|| records.next(&mut everything, |_name| true).transpose()).collect()
}

/// Runs what blocks on a file away from the runtime's workers.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DirectoryError> + Send + 'static,
) -> Result<T, DirectoryError> {
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err asks for")]
fn stopped(error: tokio::task::JoinError) -> DirectoryError {
    DirectoryError::Unusable(format!("reading the file stopped unexpectedly: {error}"))
}

#[cfg(test)]
mod tests;
