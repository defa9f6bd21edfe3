//! One plan over two forests, each with its own sign-in: applied, looked at
//! with another client, taken back.

use std::collections::BTreeMap;

use crate::program::{Desk, Dump, Report, differences, dump, dump_of};
use crate::ways::save_profiles;

/// The second forest: where it is served and what is tested in it.
const WOODGROVE: (&str, &str) = ("127.0.0.3", "OU=Lab,DC=woodgrove,DC=test");

/// Both forests in one run.
const BOTH: [&str; 4] = ["--profile", "contoso", "--profile", "woodgrove"];

/// The entry, its attribute, what is faulty, what it becomes, and how the entry
/// differs then.
type Decision = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [&'static str],
);

/// A decision for each domain of both forests, of each kind of value.
#[rustfmt::skip]
const DECISIONS: [Decision; 6] = [
    ("User c0001", "sn", "Trailing c0001  ", Some("Trailing c0001"),
        &["- sn:: VHJhaWxpbmcgYzAwMDEgIA==", "+ sn: Trailing c0001"]),
    ("User e0004", "mailNickname", "e0004 nick", Some("e0004nick"),
        &["- mailNickname: e0004 nick", "+ mailNickname: e0004nick"]),
    ("User k0002", "displayName", " Leading k0002", Some("Leading k0002"),
        &["- displayName:: IExlYWRpbmcgazAwMDI=", "+ displayName: Leading k0002"]),
    ("User k0003", "userPrincipalName", "k0003@contoso.local", Some("k0003@contoso.com"),
        &["- userPrincipalName: k0003@contoso.local", "+ userPrincipalName: k0003@contoso.com"]),
    ("User k0005", "proxyAddresses", "smtp:k0005 alias@contoso.com", Some("smtp:k0005.other@contoso.com"),
        &["- proxyAddresses: smtp:k0005 alias@contoso.com", "+ proxyAddresses: smtp:k0005.other@contoso.com"]),
    ("User k0006", "proxyAddresses", "smtp:kshared000@contoso.com", None,
        &["- proxyAddresses: smtp:kshared000@contoso.com"]),
];

/// Everything that is tested in all three domains.
fn everything() -> Dump {
    let mut all = dump();
    all.extend(dump_of(WOODGROVE.0, WOODGROVE.1));
    all
}

fn run(desk: &Desk, arguments: &[&str]) -> crate::program::Ran {
    desk.run(&[arguments, &BOTH].concat())
}

/// Writes `decided.csv`; gives what is to differ once it is applied.
fn decide(desk: &Desk) -> BTreeMap<String, Vec<String>> {
    run(desk, &["scan", "-o", &desk.name("findings.csv")]).ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    for (name, attribute, value, update, _) in &DECISIONS {
        let row = report.row(name, attribute, value);
        report.set(
            row,
            "ACTION",
            if update.is_some() { "EDIT" } else { "REMOVE" },
        );
        report.set(row, "UPDATE", update.unwrap_or_default());
    }
    report.write(&desk.path("decided.csv"));
    let differs = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
    DECISIONS
        .iter()
        .map(|(name, .., lines)| ((*name).to_owned(), differs(lines)))
        .collect()
}

#[test]
fn a_plan_over_two_forests_is_taken_back_in_both() {
    let desk = Desk::new();
    save_profiles(&desk);
    let start = everything();
    let expected = decide(&desk);
    let decided = desk.name("decided.csv");
    run(&desk, &["apply", &decided, "--yes"])
        .ends_with(0)
        .says(&[
            "plan: 6 entries to change; 0 rows refused",
            "as idmend@contoso.test",
            "as idmend@WOODGROVE.TEST",
            ": 6 done",
        ]);
    let id = desk.transaction("6 planned, 6 done");
    assert_eq!(differences(&start, &everything()), expected);

    run(&desk, &["rollback", "--dry-run"])
        .ends_with(0)
        .says(&["6 entries would be changed, 0 refused"]);
    assert_eq!(differences(&start, &everything()), expected);
    run(&desk, &["rollback", "--yes"])
        .ends_with(0)
        .says(&[&format!("taking back transaction {id}"), ": 6 done"]);
    assert!(everything() == start, "all is as it was");

    // The rollback is taken back in both, and that again.
    let back = desk.transaction(&format!("takes back {id}"));
    run(&desk, &["rollback", &back, "--yes"])
        .ends_with(0)
        .says(&[": 6 done"]);
    assert_eq!(differences(&start, &everything()), expected);
    let again = desk.transaction(&format!("takes back {back}"));
    run(&desk, &["rollback", &again, "--yes"]).ends_with(0);
    assert!(everything() == start, "all is as it was");
}

#[test]
fn one_forest_alone_takes_nothing_back_of_a_plan_over_two() {
    let desk = Desk::new();
    save_profiles(&desk);
    let start = everything();
    let expected = decide(&desk);
    run(&desk, &["apply", &desk.name("decided.csv"), "--yes"]).ends_with(0);
    for (alone, domain) in [("contoso", "woodgrove.test"), ("woodgrove", "contoso.test")] {
        desk.run(&["rollback", "--yes", "--profile", alone])
            .ends_with(2)
            .says(&[
                &format!("{domain}, which is not among the sources"),
                "hint: name every directory that it was written to, with --server, or with \
                 --profile for each forest",
            ]);
        assert_eq!(differences(&start, &everything()), expected);
    }
    run(&desk, &["rollback", "--yes"]).ends_with(0);
    assert!(everything() == start, "all is as it was");
}
