//! `idmend history` and `show`, and what rollback and recover say of journals
//! that do not fit their sources.

use std::sync::Arc;

use idmend::directory::Directory;
use idmend::directory::memory::MemoryDirectory;
use idmend::model::{
    AttributeName, Change, ChangeSet, DistinguishedName, DomainId, Entry, Modification, Value,
};
use idmend::transaction::{
    ApplyOptions, ApplyRun, Environment, NoPrecondition, Origin, Target, TransactionReport, apply,
};
use insta::assert_snapshot;
use tokio_util::sync::CancellationToken;

use crate::common::Home;

const STATE: &str = "home/.local/state/idmend";

fn user(name: &str, mail: &str) -> Entry {
    let dn = format!("CN={name},DC=contoso,DC=test");
    let mut entry = Entry::new(DistinguishedName::parse(&dn).unwrap());
    entry.add(AttributeName::known("objectClass"), [Value::from("user")]);
    entry.add(AttributeName::known("mail"), [Value::from(mail)]);
    entry
}

fn change(entry: &Entry, from: &str, to: &str) -> Modification {
    let change = Change::between(
        AttributeName::known("mail"),
        true,
        vec![Value::from(from)],
        vec![Value::from(to)],
    );
    Modification {
        identity: entry.identity(),
        dn: entry.dn.clone(),
        class: entry.class(),
        domain: DomainId(0),
        changes: vec![change.unwrap()],
    }
}

/// A transaction in this home's history: Anna's address is changed, Bert's is
/// not as the plan expects it.
pub(crate) async fn transaction(home: &Home) -> TransactionReport {
    let (anna, bert) = (user("Anna", "anna\u{202e}@x"), user("Bert", "bert@x"));
    let plan = ChangeSet {
        modifications: vec![
            change(&anna, "anna\u{202e}@x", "anna@x"),
            change(&bert, "b@x", "c@x"),
        ],
        ..ChangeSet::default()
    };
    let memory = MemoryDirectory::new("contoso.test", &["contoso.test"], vec![anna, bert]);
    let forest = memory.discover().await.unwrap();
    let directory = Arc::new(Directory::Memory(memory));
    let run = ApplyRun {
        environment: Environment {
            journals: &home.path(STATE).join("journal"),
            targets: &Target::of_forest(&directory, &forest, "ldaps://dc1.contoso.test:636"),
            origin: &Origin {
                version: "0".into(),
                host: "admin1".into(),
                user: "anna".into(),
                pid: 7,
            },
            clock: &|| "2026-11-22T03:45:12Z".parse().unwrap(),
            progress: &|_| {},
            cancel: &CancellationToken::new(),
        },
        plan: &plan,
        reverts: None,
        options: ApplyOptions::default(),
        precondition: &NoPrecondition,
    };
    apply(run).await.unwrap()
}

#[tokio::test]
async fn a_transaction_is_listed_and_shown() {
    let home = Home::new();
    let report = transaction(&home).await;
    assert_snapshot!(home.run(&["history"]), @"
-- stdout
TRANSACTION  finished    2 planned, 1 done, 1 failed  contoso.test by demo
-- stderr
state: $FOLDER/home/.local/state/idmend
-- exit 0
");
    let beginning: String = report.id.as_str().chars().take(11).collect();
    assert_snapshot!(home.run(&["show", &beginning]), @"
-- stdout
TRANSACTION  finished    2 planned, 1 done, 1 failed  contoso.test by demo
begun 2026-11-22T03:45:12Z by anna on admin1, process 7, idmend 0
domain contoso.test at memory (ldaps://dc1.contoso.test:636), signed in as demo

CN=Anna,DC=contoso,DC=test: done
  mail
  - anna<U+202E>@x
  + anna@x

CN=Bert,DC=contoso,DC=test: conflict: mail: somebody else changed it, expected 'b@x', found 'bert@x'
  mail
  - b@x
  + c@x
-- stderr
journal: $FOLDER/home/.local/state/idmend/journal/TRANSACTION.jsonl
-- exit 0
");
}

#[tokio::test]
async fn a_rollback_needs_the_directory_that_was_written_to() {
    let home = Home::new();
    transaction(&home).await;
    home.write(
        "other.ldif",
        "dn: DC=other,DC=test\nobjectClass: domainDNS\n",
    );
    home.write(
        "same.ldif",
        "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n",
    );
    assert_snapshot!(home.run(&["rollback"]), @"
-- stderr
error: no source is named
hint: give --server ldaps://HOST, --domain NAME, --ldif FILE or --demo; --user NAME alone reads the domain of this computer
-- exit 2
");
    assert_snapshot!(home.run(&["rollback", "--demo"]), @"
-- stderr
error: the demo's changes end with the run that made them
hint: idmend demo takes back within the run
-- exit 2
");
    assert_snapshot!(home.run(&["rollback", "--ldif", "other.ldif", "--yes"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF other.test: other.test (other.ldif)
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: transaction TRANSACTION wrote to contoso.test, which is not among the sources (ldaps://dc1.contoso.test:636)
hint: name every directory that it was written to, with --server, or with --profile for each forest
-- exit 2
");
    assert_snapshot!(home.run(&["rollback", "--ldif", "same.ldif", "--yes"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (same.ldif)
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: transaction TRANSACTION wrote to contoso.test, which is not among the sources (ldaps://dc1.contoso.test:636)
hint: name every directory that it was written to, with --server, or with --profile for each forest
-- exit 2
");
}

#[test]
fn a_scan_goes_on_where_the_journals_cannot_be_listed() {
    let home = Home::new();
    let state = home.path(STATE);
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("journal"), "a file").unwrap();
    assert_snapshot!(home.run(&["scan", "--ldif", "missing.ldif"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
warning: whether a transaction was interrupted is not known: cannot read the journal $FOLDER/home/.local/state/idmend/journal: Not a directory (os error 20)
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: cannot read missing.ldif: No such file or directory (os error 2)
-- exit 2
");
}

#[tokio::test]
async fn a_cut_journal_is_unfinished_and_a_changed_one_damaged() {
    let home = Home::new();
    let report = transaction(&home).await;
    let whole = std::fs::read_to_string(&report.journal).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    std::fs::write(&report.journal, lines[..lines.len() - 2].join("\n")).unwrap();
    assert_snapshot!(home.run(&["history"]), @"
-- stdout
TRANSACTION  UNFINISHED  2 planned, 0 done, 1 failed, 1 in doubt  contoso.test by demo
-- stderr
state: $FOLDER/home/.local/state/idmend
hint: idmend recover SOURCE settles what is unfinished
-- exit 0
");
    assert_snapshot!(home.run(&["recover", "--ldif", "missing.ldif"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: cannot read missing.ldif: No such file or directory (os error 2)
-- exit 2
");
    // Whoever starts anything else is told.
    let scan = ["scan", "--ldif", "missing.ldif"];
    assert_snapshot!(home.run(&scan), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
note: transaction TRANSACTION was interrupted: 2 planned, 0 done, 1 in doubt; idmend recover SOURCE settles it by reading, with --finish or --rollback it goes on
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: cannot read missing.ldif: No such file or directory (os error 2)
-- exit 2
");
    std::fs::write(&report.journal, &whole).unwrap();
    assert_snapshot!(home.run(&scan), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
log: $FOLDER/home/.local/state/idmend/log/RUN.log
error: cannot read missing.ldif: No such file or directory (os error 2)
-- exit 2
");
    std::fs::write(&report.journal, whole.replace("anna@x", "evil@x")).unwrap();
    assert_snapshot!(home.run(&["show", report.id.as_str()]), @"
-- stdout
TRANSACTION  DAMAGED     2 planned, 0 done, 1 failed, 1 in doubt  contoso.test by demo
begun 2026-11-22T03:45:12Z by anna on admin1, process 7, idmend 0
domain contoso.test at memory (ldaps://dc1.contoso.test:636), signed in as demo

(unreadable in the journal): unknown

CN=Bert,DC=contoso,DC=test: conflict: mail: somebody else changed it, expected 'b@x', found 'bert@x'
  mail
  - b@x
  + c@x
-- stderr
damaged: $FOLDER/home/.local/state/idmend/journal/TRANSACTION.jsonl, line 2: its checksum does not fit its content
damaged: $FOLDER/home/.local/state/idmend/journal/TRANSACTION.jsonl, line 6: its checksum does not fit its content
damaged: $FOLDER/home/.local/state/idmend/journal/TRANSACTION.jsonl, line 7: of 2 modifications of the plan 1 are readable; what the others may have written is not known
journal: $FOLDER/home/.local/state/idmend/journal/TRANSACTION.jsonl
-- exit 4
");
}
