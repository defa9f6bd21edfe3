//! The demo, on the command line.

use insta::assert_snapshot;

use crate::common::{Home, accept, decide, lines_with, without_numbers};

#[test]
fn the_demo_is_scanned() {
    let home = Home::new();
    assert_snapshot!(without_numbers(&home.talk(&["scan", "--demo"])), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
in-memory forest contoso: corp.contoso.com (memory), emea.corp.contoso.com (memory), signed in as demo
alternate UPN suffixes: contoso.com
in-memory forest fabrikam: fabrikam.local (memory), signed in as demo
alternate UPN suffixes: fabrikam.com
corp.contoso.com: N entries, N judged, N skipped, N findings
emea.corp.contoso.com: N entries, N judged, N skipped, N findings
fabrikam.local: N entries, N judged, N skipped, N findings
skipped: N built-in (isCriticalSystemObject), N without sAMAccountName, N accounts of the sync engine (AAD_, MSOL_), N system mailboxes (mailNickname SystemMailbox{), N system recipients (msExchRecipientTypeDetails), N replication conflicts (CNF:), N excluded by adminDescription, N Exchange's own mailboxes, N without objectClass, so that they cannot be judged
N findings in N objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit N
");
}

#[test]
fn the_exported_demo_has_exactly_the_findings_of_the_demo() {
    let home = Home::new();
    let sources = home.exported_demo();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    for format in ["csv", "jsonl", "text"] {
        let direct = home.data(&["scan", "--demo", "--format", format]);
        let exported = home.data(&[&["scan", "--format", format][..], &sources].concat());
        assert!(direct.lines().count() > 50);
        assert_eq!(direct, exported);
    }
}

#[test]
fn the_terminal_interface_needs_a_terminal() {
    let home = Home::new();
    assert_snapshot!(home.run(&["demo"]), @"
-- stderr
error: the terminal interface needs a terminal
hint: idmend scan SOURCE works without one
-- exit 2
");
    assert_snapshot!(home.run(&[]), @"
-- stderr
error: the terminal interface needs a terminal
hint: idmend scan SOURCE works without one
-- exit 2
");
}

#[test]
fn a_change_to_the_demo_leaves_nothing_behind() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    let shown = home.run(&["apply", "d.csv", "--demo", "--yes"]);
    assert_snapshot!(without_numbers(&lines_with(&shown, &["plan", "transaction", "journal", "undo", "log", "state", "refused", "-- exit"])), @"
state: $FOLDER/home/.local/state/idmend
plan: N entries to change; N rows refused, N already as wished, N left as they are
transaction TRANSACTION: journal $FOLDER/home/.local/state/idmend/demo/RUN/journal/TRANSACTION.jsonl
log: $FOLDER/home/.local/state/idmend/log/RUN.log
transaction TRANSACTION: N done
journal: $FOLDER/home/.local/state/idmend/demo/RUN/journal/TRANSACTION.jsonl
undo as LDIF: $FOLDER/home/.local/state/idmend/demo/RUN/journal/TRANSACTION.undo.ldif
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit N
");
    assert_snapshot!(home.run(&["history"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
no transaction yet
-- exit 0
");
    let left: Vec<_> = walk(&home.path("home"));
    assert!(left.iter().all(|file| file.contains("/log/")), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}
