//! The undo of a transaction as LDIF, without this program.

use crate::plan::{CHANGES, decide_many, ldapmodify};
use crate::program::{DOMAINS, Desk, Report, differences, dump};

/// The undo of the newest transaction of a desk.
pub(crate) fn newest_undo(desk: &Desk) -> String {
    let history = desk.run(&["history"]).ends_with(0).out;
    let id = history.split_whitespace().next().expect("a transaction");
    desk.name(&format!("state/journal/{id}.undo.ldif"))
}

#[test]
fn the_undo_of_one_domain_is_taken_as_it_is_and_restores_everything() {
    let desk = Desk::new();
    let start = dump();
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    // What LDIF cannot carry as it is, and what must be folded.
    let long = format!("Ünïcödé {}; <\"quoted\">, 漢字", "long ".repeat(30));
    for (name, attribute, value, update) in [
        (
            "User c0001",
            "sn",
            "Trailing c0001  ",
            ":begins with a colon",
        ),
        ("User c0002", "displayName", " Leading c0002", long.as_str()),
        ("User c0004", "mailNickname", "c0004 nick", "c0004nick"),
        ("User c0011", "sn", "Trailing c0011  ", "<looks like a URL"),
    ] {
        let row = report.row(name, attribute, value);
        report.set(row, "ACTION", "EDIT");
        report.set(row, "UPDATE", update);
    }
    let shared = report.row(
        "User c0006",
        "proxyAddresses",
        "smtp:cshared000@contoso.com",
    );
    report.set(shared, "ACTION", "REMOVE");
    report.write(&desk.path("decided.csv"));
    desk.on_forest(&["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&[": 5 done"]);
    assert_eq!(differences(&start, &dump()).len(), 5);

    let (_, host, _) = DOMAINS[0];
    let undo = newest_undo(&desk);
    let output = ldapmodify(host, &["-f", &undo]).output();
    let output = output.expect("ldapmodify is installed");
    assert!(output.status.success(), "{output:?}");
    assert!(dump() == start, "all is as it was");

    // A second time it is refused by its guards, and the program knows that
    // there is nothing left to take back.
    let output = ldapmodify(host, &["-f", &undo]).output();
    let output = output.expect("ldapmodify is installed");
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    desk.on_forest(&["rollback", "--yes"])
        .ends_with(0)
        .says(&["5 not needed"]);
    assert!(dump() == start, "all is as it was");
}

#[test]
fn the_undo_of_two_domains_is_given_to_each_and_restores_everything() {
    let desk = Desk::new();
    let start = dump();
    decide_many(&desk);
    desk.on_forest(&["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&[&format!(": {CHANGES} done")]);
    assert_eq!(differences(&start, &dump()).len(), CHANGES);
    let undo = newest_undo(&desk);
    for (_, host, _) in DOMAINS {
        // Of the other domain's entries each says that they are elsewhere.
        let output = ldapmodify(host, &["-c", "-f", &undo]).output();
        let output = output.expect("ldapmodify is installed");
        assert!(output.status.code().is_some(), "{output:?}");
    }
    assert!(dump() == start, "all is as it was");
}
