//! What the account may write, by what its domain grants it.
//!
//! `tests/lab/run` lets the account `mistyped` write proxyAddresses of the
//! people of contoso.test, but for one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::forest::{ldapsearch_ldif, variable};
use crate::program::{DOMAINS, Desk, Report, records};
use crate::ways::source_with;

/// What the account may write of each entry, by what each says of itself.
fn writable() -> BTreeMap<String, BTreeSet<String>> {
    let (_, host, base) = DOMAINS[0];
    let asked = ["(objectClass=*)", "allowedAttributesEffective"];
    let entries = records(&ldapsearch_ldif("IDMEND_LAB_MISTYPED", (host, base), asked));
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
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let source = source_with(&desk, "--user", &variable("IDMEND_LAB_MISTYPED_USER"));
    let password = variable("IDMEND_LAB_MISTYPED_PASSWORD");
    std::fs::write(desk.path("password"), password).expect("a file");
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
