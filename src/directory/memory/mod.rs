//! A forest in memory: the demo, and the directory that tests provoke.
//!
//! It keeps the rules of Active Directory's schema that a writer runs into,
//! answers with its result codes and the beginning of its texts, and makes a
//! modification wholly or not at all. Tests can have any operation fail in a
//! chosen way ([`MemoryDirectory::inject`]), edit entries behind idmend's back
//! ([`MemoryDirectory::edit`]) and compare everything it holds
//! ([`MemoryDirectory::dump`]). Changes last as long as the value.

mod demo;
mod fault;
mod store;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::watch;

pub use demo::{DemoForest, demo};
pub use fault::{Fault, Operation, Unanswered};

use self::fault::Faults;
use self::store::{Refusal, Store};
use super::filter::LocalFilter;
use super::select::{belongs_to, select, upn_suffixes};
use super::{DirectoryError, ModifyError, Page, SearchRequest};
use crate::model::{
    AttributeName, AttributeSchema, Change, DistinguishedName, Domain, Entry, Forest, Identity,
    Schema, SourceKind, Stamps, Structure, Value,
};

/// The name that stands where a host would.
const HOST: &str = "memory";

/// A forest in memory. Clones are handles on the same forest.
#[derive(Debug, Clone)]
pub struct MemoryDirectory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    forest: Forest,
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    killed: watch::Sender<bool>,
}

/// A search in a [`MemoryDirectory`]. It sees the entries as they are when
/// their page is read.
#[derive(Debug)]
pub struct MemorySearch {
    directory: MemoryDirectory,
    request: SearchRequest,
    filter: LocalFilter,
    domain: Domain,
    /// Where the next page begins, `None` after the last one.
    next: Option<usize>,
}

impl MemoryDirectory {
    /// A forest called `name` with the domains of the given DNS names, root
    /// first, and these entries. UPN suffixes are taken from uPNSuffixes of
    /// CN=Partitions and of organizational units.
    pub fn new(name: &str, domains: &[&str], entries: Vec<Entry>) -> Self {
        let domains = domains
            .iter()
            .map(|dns_name| Domain {
                dns_name: dns_name.to_lowercase(),
                naming_context: naming_context(dns_name),
                host: HOST.to_owned(),
            })
            .collect();
        let forest = Forest {
            name: name.to_owned(),
            kind: SourceKind::Memory,
            domains,
            upn_suffixes: entries
                .iter()
                .flat_map(upn_suffixes)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            structure: Structure::default(),
            identity: Some("demo".to_owned()),
            schema: schema_of(&entries),
            notes: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                forest,
                store: Mutex::new(Store::new(entries)),
                faults: Mutex::new(Faults::default()),
                killed: watch::Sender::new(false),
            }),
        }
    }

    /// See [`super::Directory::discover`].
    #[expect(
        clippy::unused_async,
        reason = "one of three kinds behind one interface"
    )]
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        Ok(self.shared.forest.clone())
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
    ) -> Result<MemorySearch, DirectoryError> {
        Ok(MemorySearch {
            directory: self.clone(),
            filter: LocalFilter::parse(&request.filter)?,
            domain: domain.clone(),
            next: Some(0),
            request,
        })
    }

    /// See [`super::Directory::read`].
    pub async fn read(
        &self,
        domain: &Domain,
        identity: &Identity,
        attributes: &[AttributeName],
    ) -> Result<Option<Entry>, DirectoryError> {
        let operation = || format!("reading {identity}");
        self.before(Operation::Read)
            .await
            .map_err(|strike| strike.while_reading(operation()))?;
        let store = self.store();
        let entry = store
            .find(identity)
            // Whoever gives it a rootDSE has it in every domain.
            .filter(|entry| entry.dn.as_str().is_empty() || belongs_to(&entry.dn, domain));
        let mut read = entry.map(|entry| select(entry, attributes));
        let asked = attributes.iter().find(|name| name.is(Stamps::ATTRIBUTE));
        if let (Some(read), Some(name)) = (&mut read, asked) {
            let stamps = store.stamps(identity, &self.shared.forest.schema);
            let value = stamps.map(|stamps| Value::from(stamps.to_bytes()));
            read.add(name.clone(), value);
        }
        Ok(read)
    }

    /// See [`super::Directory::modify`].
    pub async fn modify(
        &self,
        domain: &Domain,
        identity: &Identity,
        changes: &[Change],
    ) -> Result<(), ModifyError> {
        let mut lose_answer = false;
        let mut kill_after = false;
        // Taken out first: a guard in the loop's head would live through it.
        let due = self.due(Operation::Modify).await;
        for fault in due {
            match fault {
                Fault::AnswerLost { applied: true } => lose_answer = true,
                Fault::Killed { applied: true } => kill_after = true,
                Fault::Killed { applied: false } => {
                    self.faults().lose(domain, identity, changes);
                    match self.die().await {}
                }
                Fault::AnswerLost { applied: false } => {
                    self.faults().lose(domain, identity, changes);
                    return Err(ModifyError::NoAnswer(lost_connection()));
                }
                fault => {
                    let struck = self.strike(fault).await;
                    struck.map_err(Strike::while_modifying)?;
                }
            }
        }
        let done = self
            .store()
            .modify(domain, identity, changes, &self.shared.forest.schema);
        if kill_after {
            match self.die().await {}
        }
        if lose_answer {
            return Err(ModifyError::NoAnswer(lost_connection()));
        }
        done.map_err(Refusal::into_modify_error)
    }

    /// Makes the `nth` operation of a kind from now on, counted from 1, meet
    /// `fault`. Several may be set, also on the same operation: they strike in
    /// the order in which they were set.
    pub fn inject(&self, operation: Operation, nth: usize, fault: Fault) {
        self.faults().inject(operation, nth, fault);
    }

    /// How many operations of a kind have begun.
    pub fn count(&self, operation: Operation) -> usize {
        self.faults().count(operation)
    }

    /// Waits until a [`Fault::Killed`] has struck. The operation it struck
    /// never returns: race this against the code under test, which is thereby
    /// dropped where a killed process would have stopped.
    pub async fn killed(&self) {
        let mut killed = self.shared.killed.subscribe();
        // The sender lives in `self`, so waiting cannot fail; if it did, the
        // answer "killed" would end the race, which is what a test would see.
        if killed.wait_for(|killed| *killed).await.is_err() {
            tracing::error!("the in-memory directory is gone");
        }
    }

    /// Ends the process, so to say: no operation that begins from now on ever
    /// returns or does anything, and [`Self::killed`] does.
    pub fn kill(&self) {
        self.shared.killed.send_replace(true);
    }

    /// The requests that were sent and lost, in their order: those that met an
    /// [`Fault::AnswerLost`] or [`Fault::Killed`] without being applied.
    pub fn unanswered(&self) -> Vec<Unanswered> {
        self.faults().unanswered.clone()
    }

    /// Carries out a request that was lost, as a server does that receives it
    /// late: by its own guards, and with nobody to answer.
    pub fn arrive(&self, late: &Unanswered) {
        let schema = &self.shared.forest.schema;
        let done = self
            .store()
            .modify(&late.domain, &late.identity, &late.changes, schema);
        if let Err(refusal) = done {
            tracing::debug!(?refusal, "a late request is refused");
        }
    }

    /// From now on counts each part of a request as a write of its attribute,
    /// as Samba does; Active Directory counts the request.
    #[cfg(test)]
    pub(crate) fn count_parts(&self) {
        self.store().counts_parts = true;
    }

    /// Edits an entry as somebody else would, without any rule. `false` if
    /// there is no such entry.
    pub fn edit(&self, identity: &Identity, edit: impl FnOnce(&mut Entry)) -> bool {
        self.store().edit(identity, edit)
    }

    /// Removes an entry as somebody else would. `false` if there is none.
    pub fn remove(&self, identity: &Identity) -> bool {
        self.store().remove(identity)
    }

    /// All entries with all attributes, in the order they were given.
    pub fn entries(&self) -> Vec<Entry> {
        self.store().entries().to_vec()
    }

    /// All entries with all attributes in a canonical order: two forests hold
    /// the same, byte for byte, exactly if their dumps are equal.
    pub fn dump(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.store().entries().iter().map(canonical).collect();
        entries.sort_by(|a, b| a.dn.cmp(&b.dn));
        entries
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A poisoned store is still whole: a modification replaces the entry
        // in one step, after all that could panic.
        self.shared
            .store
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the faults strike that are due for a read or a page.
    async fn before(&self, operation: Operation) -> Result<(), Strike> {
        for fault in self.due(operation).await {
            self.strike(fault).await?;
        }
        Ok(())
    }

    /// The faults due for an operation that begins. Whoever has several under
    /// way sees them take turns, as they do on a server; after the process was
    /// killed none goes on.
    async fn due(&self, operation: Operation) -> Vec<Fault> {
        let mut had_to_wait = false;
        // Not tokio's yield_now, which lets the last one go first.
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut had_to_wait, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if *self.shared.killed.borrow() {
            match self.die().await {}
        }
        self.faults().due(operation)
    }

    async fn strike(&self, fault: Fault) -> Result<(), Strike> {
        match fault {
            Fault::Refused { code, text } => Err(Strike::Refused(Refusal { code, text })),
            Fault::NotSent | Fault::AnswerLost { .. } => Err(Strike::Unreachable),
            Fault::Slow(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            Fault::ForeignEdit(edit) => {
                edit(self);
                Ok(())
            }
            Fault::Killed { .. } => match self.die().await {},
        }
    }

    /// Never returns.
    async fn die(&self) -> Infallible {
        self.kill();
        std::future::pending().await
    }
}

/// A schema in which the given values fit: a forest that holds longer ones
/// than the published schema allows has another, and they can be put back.
fn schema_of(entries: &[Entry]) -> Schema {
    let mut schema = Schema::default();
    for attribute in entries.iter().flat_map(Entry::attributes) {
        let known = schema.attribute(&attribute.name);
        let longest = attribute
            .values
            .iter()
            .map(|value| value.to_text_lossy().encode_utf16().count())
            .max()
            .and_then(|length| u32::try_from(length).ok());
        if known.range_upper.is_some() && longest > known.range_upper {
            let wider = AttributeSchema {
                range_upper: longest,
                ..known
            };
            schema.insert(attribute.name.clone(), wider);
        }
    }
    schema
}

impl MemorySearch {
    /// See [`super::Search::next_page`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, DirectoryError> {
        let Some(start) = self.next else {
            return Ok(None);
        };
        let operation = || format!("the search below {}", self.request.base);
        self.directory
            .before(Operation::Page)
            .await
            .map_err(|strike| strike.while_reading(operation()))?;
        let size = usize::try_from(self.request.page_size)
            .unwrap_or(usize::MAX)
            .max(1);
        let store = self.directory.store();
        let mut page = Vec::new();
        self.next = None;
        for (at, entry) in store.entries().iter().enumerate().skip(start) {
            let is_wanted = belongs_to(&entry.dn, &self.domain)
                && entry.dn.is_within(&self.request.base)
                && self.filter.matches(entry);
            if is_wanted {
                if page.len() == size {
                    self.next = Some(at);
                    break;
                }
                page.push(select(entry, &self.request.attributes));
            }
        }
        Ok(Some(Page::read(page)))
    }
}

/// What an injected fault does to an operation.
enum Strike {
    Refused(Refusal),
    Unreachable,
}

impl Strike {
    fn while_reading(self, operation: String) -> DirectoryError {
        match self {
            Self::Refused(refusal) => DirectoryError::Refused {
                operation,
                code: refusal.code,
                reason: refusal.text,
            },
            Self::Unreachable => lost_connection(),
        }
    }

    fn while_modifying(self) -> ModifyError {
        match self {
            Self::Refused(refusal) => refusal.into_modify_error(),
            Self::Unreachable => ModifyError::NotSent(lost_connection()),
        }
    }
}

fn lost_connection() -> DirectoryError {
    DirectoryError::Unreachable {
        host: HOST.to_owned(),
        reason: "the connection was lost".to_owned(),
    }
}

fn naming_context(dns_name: &str) -> DistinguishedName {
    let parts: Vec<String> = dns_name
        .split('.')
        .map(|label| format!("DC={label}"))
        .collect();
    DistinguishedName::from_server(parts.join(","))
}

fn canonical(entry: &Entry) -> Entry {
    let mut attributes = entry.attributes().to_vec();
    attributes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sorted = Entry::new(entry.dn.clone());
    for mut attribute in attributes {
        attribute.values.sort();
        sorted.add(attribute.name, attribute.values);
    }
    sorted
}

#[cfg(test)]
mod tests;
