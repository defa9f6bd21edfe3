//! A paged search (RFC 2696) as a stream of pages, one page ahead of whoever
//! takes them.
//!
//! A page is read again on a fresh connection only if it is the first: a
//! cookie is bound to its connection, so a search that breaks later is a part,
//! and says so.

use std::sync::Arc;

use ldap3::Scope;
use ldap3::asn1::StructureTag;
use ldap3::controls::{PagedResults, RawControl};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::connection::{Answers, Connection, Question};
use super::entry::{EntryReader, Rest};
use super::link::Link;
use super::range;
use crate::directory::result_code::explain_in_full;
use crate::directory::{DirectoryError, Page, SearchRequest};
use crate::model::{AttributeName, Entry};

/// `LDAP_SERVER_DOMAIN_SCOPE_OID` (MS-ADTS 3.1.1.3.4.1.4): no references to
/// other domains.
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// `LDAP_SERVER_RANGE_RETRIEVAL_NOERR_OID` (MS-ADTS 3.1.1.3.4.1.22): asking for
/// the values from number 50,000 on of a group that has fewer is no error.
const RANGE_WITHOUT_ERROR: &str = "1.2.840.113556.1.4.1948";

/// How many empty pages a server may send in a row. Active Directory sends
/// some while it looks for entries; a server that sends only such never ends.
const EMPTY_PAGES: u32 = 1000;

/// What a domain controller gives at most by default (`MaxPageSize`, "LDAP
/// policies in Active Directory").
const PAGE_SIZE: u32 = 1000;

/// A search under way; dropping it ends it.
#[derive(Debug)]
pub struct LdapSearch {
    pages: mpsc::Receiver<Result<Option<Page>, DirectoryError>>,
    reading: AbortHandle,
    host: String,
    ended: bool,
}

impl LdapSearch {
    /// See [`crate::directory::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        if self.ended {
            return Ok(None);
        }
        let page = self.pages.recv().await.unwrap_or_else(|| {
            Err(DirectoryError::Unreachable {
                host: self.host.clone(),
                reason: "connection lost: the search was ended from within".to_owned(),
            })
        });
        self.ended = !matches!(page, Ok(Some(_)));
        page
    }
}

impl Drop for LdapSearch {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Starts the search.
pub(super) async fn start(
    link: Arc<Link>,
    request: SearchRequest,
) -> Result<LdapSearch, DirectoryError> {
    let connection = link.connection().await?;
    let host = connection.host().to_owned();
    // One page waits while the next is read; more would be memory for nothing.
    let (sender, pages) = mpsc::channel(1);
    let reading = tokio::spawn(async move {
        let mut reading = Reading {
            reader: EntryReader::new(&request.attributes),
            request,
            sender,
            connection,
            sent: false,
        };
        let end = reading.run(&link).await.map(|()| None);
        // Whoever does not wait for the end does not miss it.
        reading.sender.send(end).await.ok();
    });
    Ok(LdapSearch {
        pages,
        reading: reading.abort_handle(),
        host,
        ended: false,
    })
}

struct Reading {
    reader: EntryReader,
    request: SearchRequest,
    sender: mpsc::Sender<Result<Option<Page>, DirectoryError>>,
    connection: Arc<Connection>,
    /// Whether anything has been handed on.
    sent: bool,
}

/// How one page of the server's ended.
struct Turn {
    cookie: Option<Vec<u8>>,
    /// The name of its first entry.
    first: Option<String>,
}

impl Reading {
    async fn run(&mut self, link: &Link) -> Result<(), DirectoryError> {
        let first = self.turn(Vec::new()).await;
        let mut turn = match first {
            Err(DirectoryError::Unreachable { .. }) if !self.sent => {
                link.discard(&self.connection).await;
                self.connection = link.connection().await?;
                self.turn(Vec::new()).await?
            }
            Err(error) if error.may_pass() && !self.sent => {
                tokio::time::sleep(link.timeouts().pause).await;
                self.turn(Vec::new()).await?
            }
            first => first?,
        };
        let mut empty = 0;
        while let Some(cookie) = turn.cookie {
            let next = self.turn(cookie.clone()).await?;
            empty = if next.first.is_none() { empty + 1 } else { 0 };
            let repeats = next.first.is_some()
                && next.first == turn.first
                && next.cookie.as_ref() == Some(&cookie);
            if repeats || empty > EMPTY_PAGES {
                self.connection.close();
                return Err(DirectoryError::Unreachable {
                    host: self.connection.host().to_owned(),
                    reason: "connection lost: malformed answer: pages without end".to_owned(),
                });
            }
            turn = next;
        }
        Ok(())
    }

    /// Asks for one page and hands on what comes.
    async fn turn(&mut self, cookie: Vec<u8>) -> Result<Turn, DirectoryError> {
        let size = match self.request.page_size {
            0 => PAGE_SIZE,
            size => size,
        };
        let mut answers = self.ask(size, cookie).await?;
        let mut page = Page::default();
        let mut rests = Vec::new();
        let mut first = None;
        while let Some(tag) = answers.next().await? {
            self.take(tag, &mut page, &mut rests);
            if first.is_none() {
                first = page.entries.first().map(|entry| entry.dn.to_string());
            }
            // A server that does not page sends everything at once.
            if page.entries.len() >= usize::try_from(size).unwrap_or(usize::MAX) {
                self.hand_on(&mut page, &mut rests).await?;
            }
        }
        let done = answers.finish().await;
        if !page.entries.is_empty() || !page.unreadable.is_empty() {
            self.hand_on(&mut page, &mut rests).await?;
        }
        if done.code != 0 {
            return Err(DirectoryError::Refused {
                operation: format!("the search below {}", self.request.base),
                code: done.code,
                reason: match done.code {
                    32 => "this server has no entry of that name; check the spelling".to_owned(),
                    code => explain_in_full(code, &done.text),
                },
            });
        }
        Ok(Turn {
            cookie: done.cookie,
            first,
        })
    }

    async fn ask(&self, size: u32, cookie: Vec<u8>) -> Result<Answers, DirectoryError> {
        let root = &self.connection.root;
        let mut controls: Vec<RawControl> = Vec::new();
        if root.pages {
            let size = i32::try_from(size).unwrap_or(i32::MAX);
            controls.push(PagedResults { size, cookie }.into());
        }
        if root.is_active_directory {
            controls.push(RawControl {
                ctype: DOMAIN_SCOPE.to_owned(),
                crit: false,
                val: None,
            });
        }
        let ranged = |name: &AttributeName| name.as_str().contains(";range=");
        if root.is_active_directory && self.request.attributes.iter().any(ranged) {
            controls.push(RawControl {
                ctype: RANGE_WITHOUT_ERROR.to_owned(),
                crit: false,
                val: None,
            });
        }
        let attributes = self.request.attributes.iter();
        let question = Question {
            base: self.request.base.as_str(),
            scope: Scope::Subtree,
            filter: &self.request.filter,
            attributes: attributes.map(ToString::to_string).collect(),
            controls,
            timeout: self.connection.timeouts().search,
        };
        self.connection.search(question).await
    }

    fn take(&self, tag: StructureTag, page: &mut Page, rests: &mut Vec<(usize, Vec<Rest>)>) {
        match self.reader.read(tag) {
            Ok((entry, missing)) => {
                if !missing.is_empty() {
                    rests.push((page.entries.len(), missing));
                }
                page.entries.push(entry);
            }
            Err(reason) => page.unreadable.push(reason),
        }
    }

    /// Fetches what is missing of the page's entries and hands the page on.
    async fn hand_on(
        &mut self,
        page: &mut Page,
        rests: &mut Vec<(usize, Vec<Rest>)>,
    ) -> Result<(), DirectoryError> {
        let mut page = std::mem::take(page);
        // From the end, so that leaving one out does not move those to come.
        for (at, missing) in std::mem::take(rests).into_iter().rev() {
            let Some(entry) = page.entries.get_mut(at) else {
                continue;
            };
            match range::complete(&self.connection, entry, &missing).await {
                Ok(()) => {}
                Err(error @ DirectoryError::Unreachable { .. }) => return Err(error),
                Err(error) => {
                    let entry: Entry = page.entries.remove(at);
                    page.unreadable
                        .push(format!("{} was left out: {error}", entry.dn));
                }
            }
        }
        self.sent = true;
        // Nobody waits any more: the search has been dropped.
        self.sender.send(Ok(Some(page))).await.ok();
        Ok(())
    }
}
