//! A paged search (RFC 2696) as a stream of pages, ahead of whoever takes them:
//! the next page is asked for before the one that came is handed on.
//!
//! A page is read again on a fresh connection only if it is the first: a
//! cookie is bound to its connection, so a search that breaks later is a part,
//! and says so. A server that does not page is read a page's worth at a time,
//! and one that goes round in a circle is left.

use std::collections::BTreeSet;
use std::sync::Arc;

use ldap3::Scope;
use ldap3::controls::{PagedResults, RawControl};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::answers::{Answers, too_long};
use super::connection::{Connection, Question, lost};
use super::entry::{EntryReader, Rest, may_hold_ranges, name_of};
use super::guard::Answer;
use super::link::Link;
use super::page::SentPage;
use super::range;
use super::relay::{Entries, Item};
use crate::directory::result_code::explain_in_full;
use crate::directory::{DirectoryError, Page, SearchRequest};
use crate::model::{AttributeName, Entry};

/// `LDAP_SERVER_RANGE_RETRIEVAL_NOERR_OID` (MS-ADTS 3.1.1.3.4.1.22): asking for
/// the values from number 50,000 on of a group that has fewer is no error.
const RANGE_WITHOUT_ERROR: &str = "1.2.840.113556.1.4.1948";

/// How many empty pages a server may send in a row. Active Directory sends
/// some while it looks for entries; a server that sends only such never ends.
const EMPTY_PAGES: u32 = 1000;

/// What a domain controller gives at most by default (`MaxPageSize`, "LDAP
/// policies in Active Directory").
const PAGE_SIZE: u32 = 1000;

/// From how many bytes on what has come of a page is handed on by itself: a page
/// is that much memory and one entry at most, however long its entries are.
const PART: usize = 8 << 20;

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
            reader: Arc::new(EntryReader::new(&request.attributes)),
            request,
            sender,
            connection,
            begun: BTreeSet::new(),
            empty: 0,
            paged: false,
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
    reader: Arc<EntryReader>,
    request: SearchRequest,
    sender: mpsc::Sender<Result<Option<Page>, DirectoryError>>,
    connection: Arc<Connection>,
    /// The names of the entries that pages began with.
    begun: BTreeSet<Vec<u8>>,
    /// How many pages in a row had no entries.
    empty: u32,
    /// Whether the server has shown that it pages.
    paged: bool,
    /// Whether anything has been handed on.
    sent: bool,
}

/// A page while it comes in.
struct Coming {
    page: SentPage,
    /// How many entries there are in it, and their bytes.
    count: usize,
    bytes: usize,
    /// Entries of which the server sent a part only.
    in_part: Vec<(Entry, Vec<Rest>)>,
}

/// A page, and where the next begins; `None` after the last.
type Turn = (Coming, Option<Vec<u8>>);

impl Reading {
    async fn run(&mut self, link: &Link) -> Result<(), DirectoryError> {
        let first = self.turn(self.ask(Vec::new())?).await;
        let (mut coming, mut cookie) = match first {
            Err(DirectoryError::Unreachable { .. }) if !self.sent => {
                link.discard(&self.connection).await;
                self.connection = link.connection().await?;
                self.begin_again().await?
            }
            Err(error) if error.may_pass() && !self.sent => {
                tokio::time::sleep(link.timeouts().pause).await;
                self.begin_again().await?
            }
            first => first?,
        };
        loop {
            // What is missing of the page is asked for alone: nobody takes the
            // next one meanwhile, so that answers would wait behind it.
            self.complete(&mut coming).await?;
            let Some(next) = cookie else {
                self.hand_on(coming.page).await;
                return Ok(());
            };
            let answers = self.ask(next)?;
            self.hand_on(coming.page).await;
            (coming, cookie) = self.turn(answers).await?;
        }
    }

    /// Asks for the first page once more; nothing of it has been handed on.
    async fn begin_again(&mut self) -> Result<Turn, DirectoryError> {
        self.begun.clear();
        self.empty = 0;
        self.turn(self.ask(Vec::new())?).await
    }

    /// Waits for a page to come; gives it, and where the next begins. What is
    /// more than a page, or too much to keep, is handed on at once.
    async fn turn(&mut self, mut answers: Answers) -> Result<Turn, DirectoryError> {
        let mut coming = self.nothing();
        let mut is_empty = true;
        loop {
            let entries = match answers.next().await? {
                Item::Entries(entries) => entries,
                Item::TooLong(name) => {
                    coming.page.add_read(Err(too_long(&name)));
                    continue;
                }
                Item::Done(answer) => {
                    self.empty = if is_empty { self.empty + 1 } else { 0 };
                    return self.end(coming, answer).await;
                }
            };
            if coming.count == 0 {
                self.note_beginning(&entries)?;
            }
            is_empty = false;
            self.take(entries, &mut coming);
            // A server that does not page sends everything at once.
            if coming.count >= self.page_size() as usize || coming.bytes >= PART {
                let in_part = std::mem::take(&mut coming.in_part);
                self.hand_on(coming.page).await;
                coming = self.nothing();
                coming.in_part = in_part;
            }
        }
    }

    /// What the end of a page means.
    async fn end(&mut self, mut coming: Coming, answer: Answer) -> Result<Turn, DirectoryError> {
        if answer.code != 0 {
            self.complete(&mut coming).await?;
            self.hand_on(coming.page).await;
            return Err(DirectoryError::Refused {
                operation: format!("the search below {}", self.request.base),
                code: answer.code,
                reason: match answer.code {
                    32 => "this server has no entry of that name; check the spelling".to_owned(),
                    code => explain_in_full(code, &answer.text),
                },
            });
        }
        if self.empty > EMPTY_PAGES {
            return Err(self.malformed("pages without end"));
        }
        if self.paged && answer.cookie.is_none() {
            return Err(self.malformed("a page that does not say whether it is the last"));
        }
        self.paged = answer.cookie.is_some();
        let cookie = answer.cookie.filter(|cookie| !cookie.is_empty());
        Ok((coming, cookie))
    }

    /// Notes with which entry a page begins: none begins with the same twice.
    fn note_beginning(&mut self, entries: &Entries) -> Result<(), DirectoryError> {
        let first = entries.clone().next();
        let name = first.as_deref().and_then(name_of).unwrap_or_default();
        if self.begun.insert(name.to_vec()) {
            Ok(())
        } else {
            Err(self.malformed("pages without end"))
        }
    }

    /// Gives the connection up, with the reason.
    fn malformed(&self, why: &str) -> DirectoryError {
        self.connection.close();
        let host = self.connection.host();
        lost(host, &format!("malformed answer: {why}"))
    }

    fn nothing(&self) -> Coming {
        Coming {
            page: SentPage::new(Arc::clone(&self.reader)),
            count: 0,
            bytes: 0,
            in_part: Vec::new(),
        }
    }

    fn page_size(&self) -> u32 {
        match self.request.page_size {
            0 => PAGE_SIZE,
            size => size,
        }
    }

    fn ask(&self, cookie: Vec<u8>) -> Result<Answers, DirectoryError> {
        let root = &self.connection.root;
        let mut controls: Vec<RawControl> = Vec::new();
        if root.pages {
            let size = i32::try_from(self.page_size()).unwrap_or(i32::MAX);
            controls.push(PagedResults { size, cookie }.into());
        }
        controls.extend(root.domain_scope());
        let ranged = |name: &AttributeName| name.as_str().contains(";range=");
        if root.is_active_directory && self.request.attributes.iter().any(ranged) {
            controls.push(RawControl {
                ctype: RANGE_WITHOUT_ERROR.to_owned(),
                crit: false,
                val: None,
            });
        }
        let attributes = self.request.attributes.iter();
        self.connection.search(Question {
            base: self.request.base.as_str(),
            scope: Scope::Subtree,
            filter: &self.request.filter,
            attributes: attributes.map(ToString::to_string).collect(),
            controls,
            timeout: self.connection.timeouts().search,
        })
    }

    /// Takes in what came; sets entries aside of which the server sent a part.
    fn take(&self, entries: Entries, coming: &mut Coming) {
        coming.count += entries.len();
        coming.bytes += entries.as_bytes().len();
        if !may_hold_ranges(entries.as_bytes()) {
            return coming.page.add(entries);
        }
        for sent in entries {
            match self.reader.read(&sent) {
                Ok((entry, rests)) if rests.is_empty() => coming.page.add_read(Ok(entry)),
                Ok(in_part) => coming.in_part.push(in_part),
                Err(reason) => coming.page.add_read(Err(reason)),
            }
        }
    }

    /// Fetches what is missing of the page's entries.
    async fn complete(&self, coming: &mut Coming) -> Result<(), DirectoryError> {
        for (mut entry, missing) in std::mem::take(&mut coming.in_part) {
            let read = match range::complete(&self.connection, &mut entry, &missing).await {
                Ok(()) => Ok(entry),
                Err(error @ DirectoryError::Unreachable { .. }) => return Err(error),
                Err(error) => Err(format!("{} was left out: {error}", entry.dn)),
            };
            coming.page.add_read(read);
        }
        Ok(())
    }

    /// Hands a page on, if there is anything in it.
    async fn hand_on(&mut self, page: SentPage) {
        if !page.is_empty() {
            self.sent = true;
            // Nobody waits any more: the search has been dropped.
            self.sender.send(Ok(Some(Page::sent(page)))).await.ok();
        }
    }
}
