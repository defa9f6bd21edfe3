//! `idmend sessions`: what is kept, what is in it, and getting rid of it.

use idmend::kept::{
    ForestRecord, Head, LoginRecord, ScanRecord, ServerRecord, SessionId, SettingsRecord,
    SourceRecord, Writer, lock,
};
use idmend::model::{AttributeName, DistinguishedName, Identity, Value};
use idmend::store::{KindRecord, Origin};
use idmend::worksheet::{Action, Decision, Kept, KeptRow, RowKey, Standing};
use insta::assert_snapshot;

use crate::common::Home;

const SESSIONS: &str = "home/.local/state/idmend/sessions";
const TIME: &str = "2026-11-22T08:15:00Z";

fn origin() -> Origin {
    Origin {
        version: "0".into(),
        host: "jump1".into(),
        user: "anna".into(),
        pid: 7,
    }
}

fn row(value: &str, update: Option<&str>, standing: Standing) -> KeptRow {
    let dn = DistinguishedName::parse("CN=Anna,DC=contoso,DC=test").unwrap();
    KeptRow {
        key: RowKey {
            identity: Identity::Dn(dn.clone()),
            attribute: AttributeName::known("mail"),
            value: Some(Value::from(value)),
        },
        dn,
        decision: Decision {
            action: if update.is_some() {
                Action::Edit
            } else {
                Action::Remove
            },
            update: update.map(Into::into),
        },
        standing,
    }
}

/// Keeps a session with three decisions in this home.
fn session(home: &Home, id: &str) -> SessionId {
    let id = SessionId::parse(id).unwrap();
    let head = Head {
        id: id.clone(),
        time: TIME.into(),
        origin: origin(),
        forests: vec![ForestRecord {
            name: "contoso.test".into(),
            kind: KindRecord::ActiveDirectory,
            identity: Some("CONTOSO\\anna".into()),
        }],
        scan: ScanRecord {
            sources: vec![SourceRecord::Server(Box::new(ServerRecord {
                host: Some("dc1.contoso.test".into()),
                domain: None,
                port: 636,
                protection: "ldaps".into(),
                site: None,
                dns_server: None,
                ca_cert: None,
                pins: Vec::new(),
                insecure: false,
                login: LoginRecord::Password {
                    user: "anna@contoso.test".into(),
                },
                dc: Vec::new(),
                timeout_seconds: None,
                bases: Vec::new(),
            }))],
            rules: "entra".into(),
            bases: vec![DistinguishedName::parse("OU=Staff,DC=contoso,DC=test").unwrap()],
            excludes: Vec::new(),
            filter: Some("(sn=\u{1b}[2J)".into()),
            scope_only: false,
            forest_join: "once".into(),
            exceptions: None,
            settings: SettingsRecord {
                verified_domains: Vec::new(),
                upn_suffixes: Vec::new(),
                login_attribute: "userPrincipalName".into(),
                exchange_online: true,
                routable_domains: Vec::new(),
                directory_extensions: Vec::new(),
                cloud_sync: false,
                source_anchor: None,
            },
        },
    };
    let kept = Kept {
        rows: vec![
            row("an na\u{202e}@x", Some("anna@x"), Standing::Staged),
            row("b@x", None, Standing::Waiting),
            row("c@x", None, Standing::Doubtful),
        ],
        ..Kept::default()
    };
    Writer::write_anew(&home.path(SESSIONS), &head, None, &kept).unwrap();
    id
}

#[test]
fn sessions_are_listed_shown_and_discarded() {
    let home = Home::new();
    assert_snapshot!(home.run(&["sessions"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
no session is kept
-- exit 0
");
    session(&home, "20261122-081500-7f3a");
    assert_snapshot!(home.run(&["sessions"]), @"
-- stdout
TRANSACTION  1 staged, 2 waiting  contoso.test  changed 2026-11-22 08:15 UTC by anna on jump1, rules entra, base OU=Staff,DC=contoso,DC=test, filter (sn=␛[2J)
-- stderr
state: $FOLDER/home/.local/state/idmend
-- exit 0
");
    assert_snapshot!(home.run(&["sessions", "--json", "-q"]), @r#"
-- stdout
{"session":"TRANSACTION","staged":1,"waiting":2,"changed":"2026-11-22T08:15:00Z","forests":["contoso.test"],"begun":"2026-11-22T08:15:00Z","user":"anna","host":"jump1"}
-- exit 0
"#);
    assert_snapshot!(home.run(&["sessions", "show", "20261122"]), @"
-- stdout
EDIT mail 'an na<U+202E>@x' of CN=Anna,DC=contoso,DC=test to 'anna@x'
REMOVE mail 'b@x' of CN=Anna,DC=contoso,DC=test (waits: it could not be staged)
REMOVE mail 'c@x' of CN=Anna,DC=contoso,DC=test (doubtful: a damaged line may have changed it)
-- stderr
session: $FOLDER/home/.local/state/idmend/sessions/TRANSACTION.jsonl
-- exit 0
");
    assert_snapshot!(home.run(&["sessions", "discard", "20261122"]), @"
-- stderr
error: there is no terminal to ask for confirmation
hint: give --yes
-- exit 2
");
    assert_snapshot!(home.run(&["sessions", "discard", "20261122", "--yes"]), @"
-- stderr
session TRANSACTION is gone
-- exit 0
");
    assert_snapshot!(home.run(&["sessions", "show", "20261122"]), @"
-- stderr
error: there is no session '20261122'
hint: idmend sessions lists them
-- exit 2
");
}

#[test]
fn a_damaged_session_says_where() {
    let home = Home::new();
    session(&home, "20261122-081500-7f3a");
    let name = format!("{SESSIONS}/20261122-081500-7f3a.jsonl");
    let whole = home.read(&name);
    home.write(&name, whole.replace("anna@x", "evil@x"));
    assert_snapshot!(home.run(&["sessions", "show", "2026"]), @"
-- stdout
REMOVE mail 'b@x' of CN=Anna,DC=contoso,DC=test (waits: it could not be staged)
REMOVE mail 'c@x' of CN=Anna,DC=contoso,DC=test (doubtful: a damaged line may have changed it)
-- stderr
$FOLDER/home/.local/state/idmend/sessions/TRANSACTION.jsonl: line 2 is damaged: its checksum does not fit its content
session: $FOLDER/home/.local/state/idmend/sessions/TRANSACTION.jsonl
-- exit 4
");
    // One of which nothing can be read is listed, and not taken for empty.
    home.write(&name, whole.replace("\"v\":1", "\"v\":2"));
    assert_snapshot!(home.run(&["sessions"]), @"
-- stdout
TRANSACTION  0 staged  its beginning is damaged  changed an unknown time UTC
-- stderr
state: $FOLDER/home/.local/state/idmend
-- exit 0
");
}

#[test]
fn a_session_that_is_worked_on_is_left_alone() {
    let home = Home::new();
    let id = session(&home, "20261122-081500-7f3a");
    let held = lock(&home.path(SESSIONS), &id, &origin(), TIME).unwrap();
    assert_snapshot!(home.run(&["sessions", "-q"]), @"
-- stdout
TRANSACTION  1 staged, 2 waiting  contoso.test  changed 2026-11-22 08:15 UTC by anna on jump1, rules entra, base OU=Staff,DC=contoso,DC=test, filter (sn=␛[2J)  IN USE: process 7 of anna on jump1, since 2026-11-22T08:15:00Z
-- exit 0
");
    assert_snapshot!(home.run(&["sessions", "discard", "2026", "--yes"]), @"
-- stderr
error: another idmend works on this session: process 7 of anna on jump1, since 2026-11-22T08:15:00Z
hint: wait until it has ended; a process that is dead holds nothing
-- exit 2
");
    drop(held);
}
