//! What keeps an apply from doing more than was meant, and what it says when
//! the place for its journal fails.

use std::fs;

use idmend::transaction::{Origin, StateLock};

use crate::common::{Home, accept, decide, lines_with};

/// A home with decisions on some rows of the demo.
pub(crate) fn decided() -> Home {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| {
        let mut decision = accept(row);
        if row.get("ATTRIBUTE") != "displayName" {
            decision.action = "";
        }
        decision
    });
    home
}

fn digest(home: &Home) -> String {
    let output = home.output(&["apply", "d.csv", "--demo", "--dry-run"]);
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("plan digest: "));
    line.unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_plan_is_applied_only_with_the_digest_that_was_approved() {
    let home = decided();
    let approved = digest(&home);
    assert_eq!(approved, digest(&home), "the same plan has the same digest");
    let apply = |digest: &str| {
        let arguments = ["apply", "d.csv", "--demo", "--yes", "--plan-digest", digest];
        home.run(&arguments)
    };
    let wrong = apply("00");
    let said = lines_with(&wrong, &["error", "transaction", "-- exit"]);
    assert_eq!(
        said.trim_end(),
        format!(
            "error: this is not the plan with the digest 00: its digest is {approved}\n-- exit 2"
        )
    );
    let right = apply(&approved.to_uppercase());
    assert!(right.ends_with("-- exit 0"), "{right}");
    assert!(
        lines_with(&right, &["transaction"]).contains(" done"),
        "{right}"
    );
}

#[test]
fn all_or_nothing_that_can_be_done_is_done() {
    let home = decided();
    let shown = home.run(&["apply", "d.csv", "--demo", "--yes", "--atomic"]);
    assert!(shown.ends_with("-- exit 0"), "{shown}");
    assert!(!shown.contains("taken back"), "{shown}");
}

#[test]
fn a_place_that_cannot_hold_a_journal_stops_before_anything_is_written() {
    let home = decided();
    let state = home.path("home/.local/state/idmend");
    fs::remove_dir_all(&state).unwrap();
    fs::write(&state, "a file").unwrap();
    let shown = home.run(&["apply", "d.csv", "--demo", "--yes"]);
    assert!(
        lines_with(&shown, &["error"]).contains("cannot use the state directory"),
        "{shown}"
    );
    assert!(
        shown.contains("hint: name another with --state-dir DIR"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_second_writer_is_told_who_writes_and_a_dead_one_holds_nothing_up() {
    let home = Home::new();
    let report = super::history::transaction(&home).await;
    let whole = fs::read_to_string(&report.journal).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    fs::write(&report.journal, lines[..lines.len() - 1].join("\n")).unwrap();
    home.write(
        "same.ldif",
        "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n",
    );
    let recover = ["recover", "--ldif", "same.ldif"];
    let state = home.path("home/.local/state/idmend");
    let origin = Origin {
        version: "0".into(),
        host: "admin2".into(),
        user: "bert".into(),
        pid: 4711,
    };
    let held = StateLock::acquire(&state, &origin, "2026-11-22T03:45:12Z").unwrap();
    let shown = home.run(&recover);
    insta::assert_snapshot!(lines_with(&shown, &["error", "hint"]), @"
error: another idmend is writing with this state directory: process 4711 of bert on admin2, since 2026-11-22T03:45:12Z
hint: wait until it has ended; a process that is dead holds nothing
");
    drop(held);
    // What a killed process leaves behind.
    fs::write(state.join("write.lock"), "").unwrap();
    fs::write(
        state.join("write.lock.holder"),
        "process 1 of anna on admin1\n",
    )
    .unwrap();
    let shown = home.run(&recover);
    assert!(!shown.contains("another idmend"), "{shown}");
    assert!(shown.contains("settling transaction"), "{shown}");
}
