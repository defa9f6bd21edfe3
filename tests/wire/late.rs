//! A modification that the server carries out only after the connection is
//! gone: nobody may say too early that it was not carried out.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use idmend::directory::Directory;
use idmend::directory::ldap::LdapDirectory;
use idmend::model::{
    AttributeName, Change, ChangeSet, DistinguishedName, DomainId, Identity, Modification,
    ObjectClass, ObjectGuid, Schema, SourceKind, Value,
};
use idmend::transaction::{
    ApplyOptions, ApplyRun, Environment, NoPrecondition, Origin, Outcome, Progress, RecoverRun,
    Target, TransactionId, TransactionReport, apply, history, recover,
};
use jiff::Timestamp;
use ldap3_proto::proto::{LdapOp, LdapResultCode};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::server::{Act, Server, done, send_entry};
use crate::{config, domain};

const DN: &str = "CN=a,DC=x";
const GUID: &str = "0123456789abcdef";
const BEFORE: &str = "smtp:a@x";
const AFTER: &str = "SMTP:a@x";

/// How long the server holds a request that it has received.
const HELD: Duration = Duration::from_secs(2);

/// What the server does with a modification.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// It closes the connection, and carries it out later.
    Later,
    /// It says nothing, and carries it out later.
    InSilence,
    /// It closes the connection, and never carries it out.
    Never,
}

/// A server with one entry, of which one address is to be changed.
struct Slow {
    server: Server,
    received: Arc<Notify>,
}

impl Slow {
    async fn start(holds: Holds) -> Self {
        let value = Arc::new(Mutex::new(BEFORE));
        let received = Arc::new(Notify::new());
        let arrived = Arc::clone(&received);
        let server = Server::start(move |asked| match &asked.message.op {
            LdapOp::ModifyRequest(_) => {
                arrived.notify_one();
                if holds != Holds::Never {
                    let value = Arc::clone(&value);
                    tokio::spawn(async move {
                        tokio::time::sleep(HELD).await;
                        *value.lock().expect("the value") = AFTER;
                    });
                }
                let closes = holds != Holds::InSilence;
                Some(closes.then_some(Act::Close).into_iter().collect())
            }
            LdapOp::SearchRequest(search) if search.base.starts_with("<GUID") => {
                let value = *value.lock().expect("the value");
                let attributes = [("objectGUID", &[GUID][..]), ("proxyAddresses", &[value])];
                let entry = send_entry(DN, &attributes);
                Some(vec![entry, done(LdapResultCode::Success)])
            }
            _ => None,
        })
        .await;
        Self { server, received }
    }
}

/// A process with its own connection, and the folder that it shares with the
/// next one.
struct Process<'a> {
    targets: Vec<Target>,
    journals: &'a Path,
    origin: Origin,
    cancel: CancellationToken,
}

impl<'a> Process<'a> {
    fn new(slow: &Slow, journals: &'a Path) -> Self {
        let mut config = config(&slow.server);
        config.timeouts.operation = Duration::from_secs(10);
        let directory = LdapDirectory::new(config).expect("a usable configuration");
        let target = Target {
            directory: Arc::new(Directory::Ldap(directory)),
            domain: domain(),
            forest: "x".to_owned(),
            kind: SourceKind::ActiveDirectory,
            identity: None,
            source: "the test".to_owned(),
            schema: Schema::default(),
        };
        Self {
            targets: vec![target],
            journals,
            origin: Origin {
                version: "1".to_owned(),
                host: "admin1".to_owned(),
                user: "anna".to_owned(),
                pid: 1,
            },
            cancel: CancellationToken::new(),
        }
    }

    fn environment(&self) -> Environment<'_> {
        static SECONDS: AtomicI64 = AtomicI64::new(1_795_318_000);
        Environment {
            journals: self.journals,
            targets: &self.targets,
            origin: &self.origin,
            clock: &|| {
                let second = SECONDS.fetch_add(1, Ordering::Relaxed);
                Timestamp::from_second(second).expect("a time")
            },
            progress: &|_step: Progress| {},
            cancel: &self.cancel,
        }
    }

    async fn apply(&self) -> TransactionReport {
        let values = |text: &str| vec![Value::from(text)];
        let name = AttributeName::known("proxyAddresses");
        let change = Change::between(name, false, values(BEFORE), values(AFTER));
        let guid = ObjectGuid::from_bytes(GUID.as_bytes()).expect("16 bytes");
        let plan = ChangeSet {
            modifications: vec![Modification {
                identity: Identity::Guid(guid),
                dn: DistinguishedName::from_server(DN),
                class: ObjectClass::User,
                domain: DomainId(0),
                changes: change.into_iter().collect(),
            }],
            depends_on: Vec::new(),
        };
        let run = ApplyRun {
            environment: self.environment(),
            plan: &plan,
            reverts: None,
            options: ApplyOptions::default(),
            precondition: &NoPrecondition,
        };
        apply(run).await.expect("a transaction")
    }

    async fn recover(&self, id: &TransactionId) -> TransactionReport {
        let run = RecoverRun {
            environment: self.environment(),
            id,
            finish: false,
            options: ApplyOptions::default(),
            precondition: &NoPrecondition,
        };
        recover(run).await.expect("settled")
    }
}

#[tokio::test]
async fn an_apply_whose_connection_is_cut_waits_for_a_request_that_is_held() {
    let slow = Slow::start(Holds::Later).await;
    let folder = tempfile::tempdir().expect("a folder");
    let report = Process::new(&slow, folder.path()).apply().await;
    assert_eq!(report.outcomes, [Outcome::Done]);
    assert_eq!(slow.server.modifies(), 1, "it is not sent twice");
}

#[tokio::test]
async fn a_recover_waits_for_a_request_that_is_held() {
    let slow = Slow::start(Holds::InSilence).await;
    let folder = tempfile::tempdir().expect("a folder");
    let killed = Process::new(&slow, folder.path());
    // Dropped where a killed process would stop: its connection is cut.
    tokio::select! {
        report = killed.apply() => panic!("it was to be killed: {report:?}"),
        () = slow.received.notified() => {}
    }
    drop(killed);
    let unfinished = &history(folder.path()).expect("a history")[0];
    assert!(unfinished.needs_recovery);
    let report = Process::new(&slow, folder.path())
        .recover(&unfinished.id)
        .await;
    assert_eq!(report.outcomes, [Outcome::Done]);
    assert_eq!(slow.server.modifies(), 1, "a recover only reads");
}

#[tokio::test]
async fn what_is_never_carried_out_is_called_so_after_a_second_look_only() {
    let slow = Slow::start(Holds::Never).await;
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    let report = Process::new(&slow, folder.path()).apply().await;
    let settle = ApplyOptions::default().settle_delay;
    assert!(begun.elapsed() >= settle && settle > HELD);
    let [
        Outcome::Failed {
            code: None, reason, ..
        },
    ] = &report.outcomes[..]
    else {
        panic!("{:?}", report.outcomes);
    };
    assert!(reason.contains("so it was not carried out"), "{reason}");
    assert_eq!(slow.server.modifies(), 1, "it is not sent twice");
}
