//! What the account may write, by what its domain grants it.
//!
//! `tests/lab/run` lets the account `mistyped` write proxyAddresses of the
//! people of contoso.test, but for one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::forest::variable;
use crate::program::{DOMAINS, Desk, Report, records};

/// What the account may write of each entry, by what each says of itself.
fn writable() -> BTreeMap<String, BTreeSet<String>> {
    let (_, host, base) = DOMAINS[0];
    let output = Command::new("ldapsearch")
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-LLL", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt"])
        .args(["-H", &format!("ldaps://{host}"), "-b", base])
        .args(["-D", &variable("IDMEND_LAB_MISTYPED_USER")])
        .args(["-w", &variable("IDMEND_LAB_MISTYPED_PASSWORD")])
        .args(["(objectClass=*)", "allowedAttributesEffective"])
        .output()
        .expect("ldapsearch is installed");
    assert!(output.status.success(), "{output:?}");
    let entries = records(&String::from_utf8_lossy(&output.stdout));
    let names = |lines: &Vec<String>| {
        let values = lines.iter().filter_map(|line| line.split_once(": "));
        values.map(|(_, value)| value.to_owned()).collect()
    };
    let plain = entries.iter().filter_map(|(dn, lines)| {
        let dn = dn.strip_prefix("dn: ")?;
        Some((dn.to_owned(), names(lines)))
    });
    plain.collect()
}

/// How many entries a run read by their objectGUID, by its log.
fn entries_read(talk: &str) -> usize {
    let log = talk.lines().find_map(|line| line.strip_prefix("log: "));
    let log = std::fs::read_to_string(log.expect("a log")).expect("a log");
    log.lines()
        .filter(|line| line.contains("(objectGUID=") || line.contains("<GUID="))
        .filter_map(|line| line.split_once("entries=")?.1.split(' ').next())
        .map(|number| number.parse::<usize>().expect("a number"))
        .sum()
}

#[test]
fn a_dry_run_refuses_what_an_entry_says_may_not_be_written_and_nothing_else() {
    let desk = Desk::new();
    let password = desk.name("other password");
    std::fs::write(&password, variable("IDMEND_LAB_MISTYPED_PASSWORD")).expect("a file");
    let source = desk.source().into_iter().map(|word| match word {
        word if word == variable("IDMEND_LAB_USER") => variable("IDMEND_LAB_MISTYPED_USER"),
        word if word == desk.name("password") => password.clone(),
        word => word,
    });
    let source: Vec<String> = source.collect();
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let writable = writable();
    for (attribute, refused_of) in [("proxyAddresses", 1), ("displayName", usize::MAX)] {
        let mut report = Report::read(&desk.path("findings.csv"));
        let mut planned = BTreeSet::new();
        for row in 0..report.rows.len() {
            if report.get(row, "DOMAIN") == DOMAINS[0].0
                && report.get(row, "ATTRIBUTE") == attribute
                && report.get(row, "PROPOSEDACTION") == "EDIT"
            {
                report.set(row, "ACTION", "EDIT");
                planned.insert(report.get(row, "DISTINGUISHEDNAME").to_owned());
            }
        }
        assert!(planned.len() > 20, "{planned:?}");
        report.write(&desk.path("decided.csv"));
        let decided = desk.name("decided.csv");
        let ran = desk.on(&source, &["apply", &decided, "--dry-run"]);
        let refused: BTreeSet<&str> = ran
            .talk
            .lines()
            .filter(|line| line.contains("this account may not write"))
            .filter_map(|line| line.split_once("would not be written: "))
            .filter_map(|(_, line)| line.split_once(" (line "))
            .map(|(dn, _)| dn)
            .collect();
        let expected: BTreeSet<&str> = planned
            .iter()
            .filter(|dn| !writable[*dn].contains(attribute))
            .map(String::as_str)
            .collect();
        assert_eq!(refused, expected, "{}", ran.talk);
        assert_eq!(expected.len(), refused_of.min(planned.len()));
        // Each for its values, and a few for the rights of all.
        let more = entries_read(&ran.talk) - planned.len();
        assert!((1..=4).contains(&more), "{more} entries asked");
    }
}
