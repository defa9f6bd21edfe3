//! The whole job by the command line: scan, decide, rehearse, apply, look,
//! take back.

use std::collections::BTreeMap;
use std::fs;

use crate::program::{Desk, Report, differences, dump};

/// What the people of `tests/lab/forest/people.awk` come to, for each domain:
/// its users, and what the accounts of the lab itself add.
fn expected(domain: &str, users: usize) -> Vec<((&str, &str, &str), usize)> {
    let each = users / 10;
    let partners = users / 20;
    vec![
        // Every tenth user, and every second group.
        ((domain, "displayName", "Character"), each + partners / 2),
        ((domain, "mailNickname", "Character"), each),
        ((domain, "proxyAddresses", "Character"), each),
        // Two in ten share an address.
        ((domain, "proxyAddresses", "Duplicate"), 2 * each),
        ((domain, "sn", "Character"), each),
        // Every second contact.
        ((domain, "targetAddress", "Character"), partners / 2),
        // The lab's three accounts have the same name in both domains.
        (
            (domain, "userPrincipalName", "Duplicate, TopLevelDomain"),
            3,
        ),
        ((domain, "userPrincipalName", "TopLevelDomain"), each),
    ]
}

/// A decision, and how the entry differs afterwards, in LDIF.
struct Decision {
    name: &'static str,
    attribute: &'static str,
    value: &'static str,
    /// `None` removes the value.
    update: Option<&'static str>,
    lines: &'static [&'static str],
}

/// A decision of every kind, in both domains.
#[rustfmt::skip]
const DECISIONS: [Decision; 9] = [
    Decision {
        name: "User c0001", attribute: "sn", value: "Trailing c0001  ",
        update: Some("Renamed ü; \"c0001\", Jr."),
        lines: &["- sn:: VHJhaWxpbmcgYzAwMDEgIA==", "+ sn:: UmVuYW1lZCDDvDsgImMwMDAxIiwgSnIu"],
    },
    Decision {
        name: "User c0002", attribute: "displayName", value: " Leading c0002",
        update: Some("Leading c0002"),
        lines: &["- displayName:: IExlYWRpbmcgYzAwMDI=", "+ displayName: Leading c0002"],
    },
    Decision {
        name: "User c0003", attribute: "userPrincipalName", value: "c0003@contoso.local",
        update: Some("c0003@contoso.com"),
        lines: &["- userPrincipalName: c0003@contoso.local", "+ userPrincipalName: c0003@contoso.com"],
    },
    Decision {
        name: "User c0006", attribute: "proxyAddresses", value: "smtp:cshared000@contoso.com",
        update: None,
        lines: &["- proxyAddresses: smtp:cshared000@contoso.com"],
    },
    Decision {
        name: "User e0004", attribute: "mailNickname", value: "e0004 nick",
        update: Some("e0004nick"),
        lines: &["- mailNickname: e0004 nick", "+ mailNickname: e0004nick"],
    },
    Decision {
        name: "User e0005", attribute: "proxyAddresses", value: "smtp:e0005 alias@contoso.com",
        update: Some("smtp:e0005.other@contoso.com"),
        lines: &["- proxyAddresses: smtp:e0005 alias@contoso.com", "+ proxyAddresses: smtp:e0005.other@contoso.com"],
    },
    Decision {
        name: "User e0017", attribute: "proxyAddresses", value: "smtp:eshared001@contoso.com",
        update: Some("smtp:e0017.own@contoso.com"),
        lines: &["- proxyAddresses: smtp:eshared001@contoso.com", "+ proxyAddresses: smtp:e0017.own@contoso.com"],
    },
    Decision {
        name: "cteam002", attribute: "displayName", value: "Team cteam002 ",
        update: Some("Team cteam002"),
        lines: &["- displayName:: VGVhbSBjdGVhbTAwMiA=", "+ displayName: Team cteam002"],
    },
    Decision {
        name: "epartner002", attribute: "targetAddress", value: "SMTP:epartner002 @partner.example",
        update: Some("SMTP:epartner002@partner.example"),
        lines: &["- targetAddress: SMTP:epartner002 @partner.example", "+ targetAddress: SMTP:epartner002@partner.example"],
    },
];

/// Fills the decisions in; gives what is to differ then.
fn decide(report: &mut Report) -> BTreeMap<String, Vec<String>> {
    for decision in &DECISIONS {
        let row = report.row(decision.name, decision.attribute, decision.value);
        match decision.update {
            Some(update) => {
                report.set(row, "ACTION", "EDIT");
                report.set(row, "UPDATE", update);
            }
            None => report.set(row, "ACTION", "REMOVE"),
        }
    }
    let row = report.row("User c0012", "displayName", " Leading c0012");
    report.set(row, "ACTION", "COMPLETE");
    DECISIONS
        .iter()
        .map(|decision| {
            let lines = decision.lines.iter().copied().map(str::to_owned);
            (decision.name.to_owned(), lines.collect())
        })
        .collect()
}

#[test]
fn scan_decide_rehearse_apply_look_and_take_back() {
    let desk = Desk::new();
    let start = dump();
    assert_eq!(start.len(), 664, "660 people, and two folders a domain");

    let findings = desk.path("findings.csv");
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1)
        .says(&[
            "Active Directory forest contoso.test: contoso.test (dc1.contoso.test), \
             emea.contoso.test (dc1.emea.contoso.test), signed in as idmend@contoso.test",
            "contoso.test: 484 entries, 445 judged, 39 skipped, 303 findings",
            "emea.contoso.test: 264 entries, 225 judged, 39 skipped, 153 findings",
            "456 findings in 670 objects\n",
        ]);
    let mut report = Report::read(&findings);
    let counts: Vec<_> = report.counts().into_iter().collect();
    let mut wanted = expected("contoso.test", 400);
    wanted.extend(expected("emea.contoso.test", 200));
    assert_eq!(counts, wanted);

    let expected = decide(&mut report);
    let decided = desk.name("decided.csv");
    report.write(&desk.path("decided.csv"));
    desk.on_forest(&["apply", &decided, "--dry-run"])
        .ends_with(0)
        .says(&["dry run: 9 entries would be changed, 0 refused; nothing was written"]);
    assert_eq!(dump(), start, "a dry run writes nothing");
    desk.on_forest(&["apply", &decided])
        .ends_with(2)
        .says(&["error: there is no terminal to ask for confirmation"]);
    desk.run(&["history"])
        .ends_with(0)
        .says(&["no transaction yet"]);

    let applied = desk.on_forest(&["apply", &decided, "--yes"]).ends_with(0);
    let id = desk.transaction("9 planned, 9 done");
    let applied = applied.says(&[
        "plan: 9 entries to change; 0 rows refused, 0 already as wished, 1 left as they are",
        &format!("transaction {id}: 9 done"),
        &format!(
            "journal: {}",
            desk.name(&format!("state/journal/{id}.jsonl"))
        ),
    ]);
    assert_eq!(
        applied
            .out
            .lines()
            .filter(|line| line.contains(": done (line "))
            .count(),
        9
    );
    assert_eq!(differences(&start, &dump()), expected);

    // Again: all is as the file wants it, so nothing is sent.
    desk.on_forest(&["apply", &decided, "--yes"])
        .ends_with(0)
        .says(&["plan: 0 entries to change; 0 rows refused, 9 already as wished"]);

    let show = desk.run(&["show", &id]).ends_with(0).out;
    for line in [
        "CN=User c0003,OU=People,OU=Lab,DC=contoso,DC=test: done",
        "  - c0003@contoso.local",
        "  + c0003@contoso.com",
        "signed in as idmend@contoso.test",
    ] {
        assert!(show.contains(line), "{show}");
    }

    desk.on_forest(&["rollback", "--dry-run"])
        .ends_with(0)
        .says(&[
            &format!("taking back transaction {id}"),
            "9 entries would be changed, 0 refused",
        ]);
    assert_eq!(differences(&start, &dump()), expected);
    desk.on_forest(&["rollback", "--yes"])
        .ends_with(0)
        .says(&[": 9 done"]);
    assert_eq!(dump(), start, "all is as it was");
    desk.transaction(&format!("takes back {id}"));
    desk.transaction("taken back by");
    desk.on_forest(&["rollback", "--yes"])
        .ends_with(2)
        .says(&["error: there is no transaction that could be taken back"]);
}

#[test]
fn json_lines_over_start_tls_do_the_same() {
    let desk = Desk::new();
    let mut source = desk.source_at("ldap://127.0.0.1");
    source.push("--starttls".to_owned());
    let start = dump();
    desk.on(&source, &["scan", "-o", &desk.name("findings.jsonl")])
        .ends_with(1)
        .says(&["456 findings in 670 objects\n"]);
    let report = fs::read_to_string(desk.path("findings.jsonl")).expect("a report");
    let mut chosen = 0;
    let decided: Vec<String> = report
        .lines()
        .map(|line| {
            let mut row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            if row["attribute"] == "sn"
                && row["update"].as_str().is_some_and(|text| !text.is_empty())
            {
                row["action"] = "EDIT".into();
                chosen += 1;
            }
            row.to_string()
        })
        .collect();
    assert_eq!((decided.len(), chosen), (456, 60));
    fs::write(desk.path("decided.jsonl"), decided.join("\n")).expect("a file");
    desk.on(&source, &["apply", &desk.name("decided.jsonl"), "--yes"])
        .ends_with(0)
        .says(&[": 60 done"]);
    let changed = differences(&start, &dump());
    assert_eq!(changed.len(), 60);
    assert!(
        changed
            .values()
            .all(|lines| lines.len() == 2 && lines[1].starts_with("+ sn: Trailing "))
    );
    desk.on(&source, &["rollback", "--yes"])
        .ends_with(0)
        .says(&[": 60 done"]);
    assert_eq!(dump(), start, "all is as it was");
}

#[test]
fn what_changed_since_the_scan_is_a_conflict_and_the_rest_is_done() {
    let desk = Desk::new();
    let start = dump();
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    for (name, value) in [
        ("User c0021", "Trailing c0021  "),
        ("User c0031", "Trailing c0031  "),
    ] {
        let row = report.row(name, "sn", value);
        report.set(row, "ACTION", "EDIT");
    }
    report.write(&desk.path("both.csv"));
    // Somebody else mends one of them otherwise; idmend itself, for once.
    let row = report.row("User c0031", "sn", "Trailing c0031  ");
    report.set(row, "UPDATE", "Foreign");
    let other = report.row("User c0021", "sn", "Trailing c0021  ");
    report.set(other, "ACTION", "");
    report.write(&desk.path("foreign.csv"));
    let somebody = Desk::new();
    somebody
        .on_forest(&["apply", &desk.name("foreign.csv"), "--yes"])
        .ends_with(0);

    desk.on_forest(&["apply", &desk.name("both.csv"), "--yes"])
        .ends_with(1)
        .says(&[
            "conflict: sn of CN=User c0031,OU=People,OU=Lab,DC=contoso,DC=test no longer has \
             the value of the report",
            ": 1 done",
        ]);
    let names: Vec<_> = differences(&start, &dump()).into_keys().collect();
    assert_eq!(names, ["User c0021", "User c0031"]);
    desk.on_forest(&["rollback", "--yes"]).ends_with(0);
    somebody.on_forest(&["rollback", "--yes"]).ends_with(0);
    assert_eq!(dump(), start, "all is as it was");
}

#[test]
fn no_file_of_a_run_holds_the_password() {
    let desk = Desk::new();
    let password = crate::forest::variable("IDMEND_LAB_PASSWORD");
    let arguments = ["--log-level", "debug", "--log-format", "json"];
    let findings = desk.name("findings.csv");
    let scan = [&["scan", "-o", &findings][..], &arguments].concat();
    let scanned = desk.on_forest(&scan).ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    let row = report.row("User c0002", "displayName", " Leading c0002");
    report.set(row, "ACTION", "EDIT");
    report.write(&desk.path("decided.csv"));
    let decided = desk.name("decided.csv");
    let apply = [&["apply", &decided, "--yes"][..], &arguments].concat();
    let applied = desk.on_forest(&apply).ends_with(0);
    let back = [&["rollback", "--yes"][..], &arguments].concat();
    let back = desk.on_forest(&back).ends_with(0);
    for ran in [scanned, applied, back] {
        assert!(!ran.out.contains(&password) && !ran.talk.contains(&password));
    }
    let mut folders = vec![desk.path("state")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).expect("a folder") {
            let path = item.expect("an item").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let content = fs::read(&path).expect("a file");
            let text = String::from_utf8_lossy(&content);
            assert!(!text.contains(&password), "{}", path.display());
        }
    }
    assert!(files > 4, "logs and journals");
}
