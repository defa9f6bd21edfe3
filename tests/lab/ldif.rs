//! The changes and their undo as LDIF, carried out by OpenLDAP's own client.

use std::path::Path;
use std::process::Command;

use crate::forest::variable;
use crate::program::{DOMAINS, Desk, Dump, Report, differences, dump};

/// The one domain that a plain client writes to here.
const DOMAIN: (&str, &str, &str) = DOMAINS[0];

/// Takes a file to the domain controller as `ldapmodify -f` does.
fn ldapmodify(file: &Path) {
    let output = Command::new("ldapmodify")
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-H", &format!("ldaps://{}", DOMAIN.1)])
        .args(["-D", &variable("IDMEND_LAB_USER")])
        .args(["-w", &variable("IDMEND_LAB_PASSWORD")])
        .arg("-f")
        .arg(file)
        .output()
        .expect("ldapmodify is installed");
    assert!(output.status.success(), "{output:?}");
}

/// What OpenLDAP's client exports of the people.
fn export(to: &Path) {
    let output = Command::new("ldapsearch")
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-LLL", "-E", "pr=500/noprompt"])
        .args(["-H", &format!("ldaps://{}", DOMAIN.1)])
        .args(["-D", &variable("IDMEND_LAB_USER")])
        .args(["-w", &variable("IDMEND_LAB_PASSWORD")])
        .args(["-b", DOMAIN.2, "(objectClass=*)", "*"])
        .output()
        .expect("ldapsearch is installed");
    assert!(output.status.success(), "{output:?}");
    std::fs::write(to, output.stdout).expect("a file");
}

/// Takes every proposal for a name and edits one value that is hard on LDIF:
/// not ASCII, a colon first, a space last, and longer than a line.
fn decide(report: &mut Report) {
    for row in 0..report.rows.len() {
        if report.get(row, "ATTRIBUTE") == "displayName"
            && report.get(row, "PROPOSEDACTION") == "EDIT"
        {
            report.set(row, "ACTION", "EDIT");
        }
    }
    let row = report.row("User c0001", "sn", "Trailing c0001  ");
    report.set(row, "ACTION", "EDIT");
    let hard = "\u{fc}: <a> \"b\", c; a name that is longer than one line of LDIF is";
    report.set(row, "UPDATE", hard);
}

fn changed(start: &Dump) -> usize {
    differences(start, &dump()).len()
}

#[test]
fn the_changes_and_their_undo_pass_through_ldapmodify() {
    let desk = Desk::new();
    let start = dump();
    export(&desk.path("export.ldif"));
    let source = ["--ldif".to_owned(), desk.name("export.ldif")];
    desk.on(&source, &["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    decide(&mut report);
    report.write(&desk.path("decided.csv"));
    desk.on(
        &source,
        &[
            "apply",
            &desk.name("decided.csv"),
            "-o",
            &desk.name("do.ldif"),
        ],
    )
    .ends_with(0);
    ldapmodify(&desk.path("do.ldif"));
    let number = changed(&start);
    assert!(number > 40, "only {number} entries were changed");
    ldapmodify(&desk.path("do.undo.ldif"));
    assert_eq!(changed(&start), 0, "all is as it was");
}

#[test]
fn the_plan_for_a_directory_and_its_undo_pass_through_ldapmodify() {
    let desk = Desk::new();
    let start = dump();
    let (findings, decided) = (desk.name("findings.csv"), desk.name("decided.csv"));
    desk.on_forest(&["scan", "-o", &findings, "--base", DOMAIN.2])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    decide(&mut report);
    report.write(&desk.path("decided.csv"));
    desk.on_forest(&["apply", &decided, "-o", &desk.name("do.ldif")])
        .ends_with(0);
    assert_eq!(changed(&start), 0, "nothing was written to the directory");
    ldapmodify(&desk.path("do.ldif"));
    let number = changed(&start);
    assert!(number > 40, "only {number} entries were changed");
    // The same report asks for nothing any more.
    desk.on_forest(&["apply", &decided, "--dry-run"])
        .ends_with(0)
        .says(&["plan: 0 entries to change; 0 rows refused"]);
    ldapmodify(&desk.path("do.undo.ldif"));
    assert_eq!(changed(&start), 0, "all is as it was");
}

#[test]
fn the_undo_of_a_transaction_passes_through_ldapmodify() {
    let desk = Desk::new();
    let start = dump();
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv"), "--base", DOMAIN.2])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    decide(&mut report);
    report.write(&desk.path("decided.csv"));
    desk.on_forest(&["apply", &desk.name("decided.csv"), "--yes", "--quiet"])
        .ends_with(0);
    assert!(changed(&start) > 40);
    let id = desk.transaction("finished");
    ldapmodify(&desk.path(&format!("state/journal/{id}.undo.ldif")));
    assert_eq!(changed(&start), 0, "all is as it was");
}
