//! Transactions over the in-memory directory, with every fault it knows.

mod ahead;
mod apply;
mod atomic;
mod crash_matrix;
mod dependent;
mod journal;
mod overwritten;
mod rights;
mod rollback;
mod state_machine;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::compare::{Stage, stage};
use super::*;
use crate::directory::Directory;
use crate::directory::memory::{MemoryDirectory, Unanswered};
use crate::model::{
    AttributeName, Change, ChangeSet, DistinguishedName, DomainId, Entry, Identity, Modification,
    ObjectGuid, Value,
};
use crate::store::files::fault::Disk;

/// A forest of two domains, a folder for journals, and a clock.
struct World {
    memory: MemoryDirectory,
    targets: Vec<Target>,
    folder: tempfile::TempDir,
    disk: Disk,
    /// Requests of an earlier process that the directory has not received yet.
    on_their_way: Vec<Unanswered>,
    /// Whether lost requests are carried out while somebody waits for the
    /// second look.
    is_late: bool,
    origin: Origin,
    cancel: CancellationToken,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    steps: Mutex<Vec<Progress>>,
    options: ApplyOptions,
}

fn values(texts: &[&str]) -> Vec<Value> {
    texts.iter().copied().map(Value::from).collect()
}

fn name(text: &'static str) -> AttributeName {
    AttributeName::known(text)
}

fn guid(number: u8) -> Identity {
    Identity::Guid(ObjectGuid::from_bytes(&[number; 16]).unwrap())
}

fn user(number: u8, dns: &str, attributes: &[(&'static str, &[&str])]) -> Entry {
    let mut entry = Entry::new(DistinguishedName::from_server(format!(
        "CN=user{number},{dns}"
    )));
    entry.add(name("objectClass"), values(&["top", "person", "user"]));
    entry.add(name("objectGUID"), [Value::from(vec![number; 16])]);
    for (attribute, texts) in attributes {
        entry.add(name(attribute), values(texts));
    }
    entry
}

/// Three users in two domains, with single- and multi-valued attributes.
fn entries() -> Vec<Entry> {
    vec![
        user(
            1,
            "DC=contoso,DC=test",
            &[
                ("mail", &[" a@contoso.test"]),
                (
                    "proxyAddresses",
                    &["SMTP:a@contoso.test", "smtp:x@y", "x500:/o=1"],
                ),
            ],
        ),
        user(
            2,
            "DC=contoso,DC=test",
            &[("proxyAddresses", &["smtp:B@contoso.test"])],
        ),
        user(
            3,
            "DC=emea,DC=contoso,DC=test",
            &[("displayName", &[" Zoë "])],
        ),
    ]
}

/// The disk of a process that dies together with its directory.
fn watch(folder: &tempfile::TempDir, memory: &MemoryDirectory) -> Disk {
    let memory = memory.clone();
    Disk::watch(folder.path(), move || memory.kill())
}

impl World {
    async fn new(entries: Vec<Entry>) -> Self {
        let memory = MemoryDirectory::new(
            "contoso.test",
            &["contoso.test", "emea.contoso.test"],
            entries,
        );
        let directory = Arc::new(Directory::Memory(memory.clone()));
        let forest = directory.discover().await.unwrap();
        let seconds = AtomicI64::new(1_795_318_000);
        let folder = tempfile::tempdir().unwrap();
        Self {
            disk: watch(&folder, &memory),
            on_their_way: Vec::new(),
            is_late: false,
            targets: Target::of_forest(&directory, &forest, "--demo"),
            memory,
            folder,
            origin: Origin {
                version: "0.1.0".into(),
                host: "admin1".into(),
                user: "anna".into(),
                pid: 4711,
            },
            cancel: CancellationToken::new(),
            clock: Box::new(move || {
                Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap()
            }),
            steps: Mutex::new(Vec::new()),
            options: ApplyOptions {
                stop_after: None,
                settle_delay: Duration::from_millis(1),
                ..ApplyOptions::default()
            },
        }
    }

    fn journals(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The plan that takes the attributes of entries to the values given.
    fn plan(&self, edits: &[(u8, &'static str, &[&str])]) -> ChangeSet {
        let mut plan = ChangeSet::default();
        for (number, attribute, after) in edits {
            let entry = self.entry(*number);
            let single_valued = *attribute != "proxyAddresses";
            let before = entry.values(attribute).to_vec();
            let change = Change::between(name(attribute), single_valued, before, values(after));
            let identity = guid(*number);
            let known = plan
                .modifications
                .iter_mut()
                .find(|modification| modification.identity == identity);
            match known {
                Some(modification) => modification.changes.extend(change),
                None => plan.modifications.push(Modification {
                    identity,
                    dn: entry.dn.clone(),
                    class: entry.class(),
                    domain: DomainId(u16::from(entry.dn.as_str().contains("emea"))),
                    changes: change.into_iter().collect(),
                }),
            }
        }
        plan
    }

    /// A plan over all three users: two attributes of the first.
    fn usual_plan(&self) -> ChangeSet {
        self.plan(&[
            (1, "mail", &["a@contoso.test"]),
            (
                1,
                "proxyAddresses",
                &["SMTP:a@contoso.test", "smtp:x@contoso.test", "x500:/o=1"],
            ),
            (2, "proxyAddresses", &["SMTP:B@contoso.test"]),
            (3, "displayName", &["Zoë"]),
        ])
    }

    fn entry(&self, number: u8) -> Entry {
        self.memory
            .entries()
            .into_iter()
            .find(|entry| entry.identity() == guid(number))
            .unwrap()
    }

    fn texts(&self, number: u8, attribute: &str) -> Vec<String> {
        let entry = self.entry(number);
        let mut texts: Vec<String> = entry
            .values(attribute)
            .iter()
            .map(|value| value.to_text_lossy().into_owned())
            .collect();
        texts.sort();
        texts
    }

    async fn apply(&self, plan: &ChangeSet) -> Result<TransactionReport, ApplyError> {
        self.run(plan, None, &NoPrecondition).await
    }

    async fn run(
        &self,
        plan: &ChangeSet,
        reverts: Option<TransactionId>,
        precondition: &dyn Precondition,
    ) -> Result<TransactionReport, ApplyError> {
        let journals = self.journals();
        let progress = |step| self.hear(step);
        apply(ApplyRun {
            environment: self.environment(&journals, &progress),
            plan,
            reverts,
            options: self.options.clone(),
            precondition,
        })
        .await
    }

    /// Remembers a step; while somebody waits for a second look at an entry,
    /// late requests arrive.
    fn hear(&self, step: Progress) {
        if self.is_late && matches!(step, Progress::Waiting { .. }) {
            let lost = self.memory.unanswered();
            for request in self.on_their_way.iter().chain(&lost) {
                self.memory.arrive(request);
            }
        }
        self.steps.lock().unwrap().push(step);
    }

    fn environment<'a>(
        &'a self,
        journals: &'a std::path::Path,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Environment<'a> {
        Environment {
            journals,
            targets: &self.targets,
            origin: &self.origin,
            clock: &*self.clock,
            progress,
            cancel: &self.cancel,
        }
    }

    async fn recover(&self, id: &TransactionId, finish: bool) -> TransactionReport {
        self.try_recover(id, finish).await.unwrap()
    }

    async fn try_recover(
        &self,
        id: &TransactionId,
        finish: bool,
    ) -> Result<TransactionReport, RecoverError> {
        let journals = self.journals();
        let progress = |step| self.hear(step);
        recover(RecoverRun {
            environment: self.environment(&journals, &progress),
            id,
            finish,
            options: self.options.clone(),
            precondition: &NoPrecondition,
        })
        .await
    }

    /// Plans and applies the rollback of a transaction.
    async fn rollback(&self, id: &TransactionId) -> TransactionReport {
        self.try_rollback(id).await.unwrap()
    }

    async fn try_rollback(&self, id: &TransactionId) -> Result<TransactionReport, ApplyError> {
        let planned = plan_rollback(&self.record(id), &self.targets).unwrap();
        self.run(&planned.plan, Some(id.clone()), &NoPrecondition)
            .await
    }

    fn record(&self, id: &TransactionId) -> TransactionRecord {
        read_journal(&self.journals(), id).unwrap()
    }

    /// The newest transaction: the clock never says the same second twice, so
    /// the name tells, without a look into every journal.
    fn newest(&self) -> Option<TransactionId> {
        let files = std::fs::read_dir(self.journals()).ok()?;
        let names = files.map(|file| file.unwrap().file_name());
        names
            .filter_map(|name| {
                let name = name.to_str()?.strip_suffix(".jsonl")?.to_owned();
                TransactionId::parse(&name).ok()
            })
            .max()
    }

    /// A new handle as the next process has it: no memory of having been
    /// killed, which a race against it would trip over.
    async fn next_process(self) -> Self {
        let mut next = Self::new(self.memory.entries()).await;
        drop(self.disk);
        next.disk = watch(&self.folder, &next.memory);
        next.folder = self.folder;
        next.clock = self.clock;
        next.options = self.options;
        next.is_late = self.is_late;
        next.on_their_way = self.on_their_way;
        next.on_their_way.extend(self.memory.unanswered());
        next
    }

    /// Every claim that a journal makes must hold in the directory.
    fn assert_journal_agrees(&self, id: &TransactionId, context: &str) {
        let record = self.record(id);
        for (index, planned) in record.plan.iter().enumerate() {
            let planned = planned.as_ref().unwrap();
            let entry = self
                .memory
                .entries()
                .into_iter()
                .find(|entry| entry.identity() == planned.identity)
                .unwrap();
            let is = |wanted| {
                planned
                    .changes
                    .iter()
                    .all(|change| stage(change, entry.values(change.attribute.as_str())) == wanted)
            };
            let holds = match record.outcomes[index].as_ref() {
                Some(Outcome::Done | Outcome::NotNeeded) => is(Stage::After),
                Some(
                    Outcome::Failed { .. }
                    | Outcome::Refused(_)
                    | Outcome::Conflict(_)
                    | Outcome::NotReached,
                ) => is(Stage::Before),
                Some(Outcome::InDoubt(_)) | None => true,
                Some(other) => panic!("{context}: {other} has no place here"),
            };
            assert!(
                holds,
                "{context}: modification {index} is claimed {:?}, but the entry is {entry:?}",
                record.outcomes[index]
            );
        }
    }
}
