//! `idmend apply`.

use std::fs;

use insta::assert_snapshot;

use crate::common::{Decision, Home, Row, SMALL, accept, decide, lines_with, without_numbers};

/// A home with the small forest, its report, and the decisions on it.
fn decided(choose: impl Fn(&Row<'_>) -> Decision) -> Home {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.output(&[
        "scan",
        "--ldif",
        "small.ldif",
        "-o",
        "r.csv",
        "-o",
        "r.jsonl",
    ]);
    decide(&home.path("r.csv"), &home.path("d.csv"), choose);
    home
}

/// Edits Anna's name and removes Bert's copy of her address.
fn sensible(row: &Row<'_>) -> Decision {
    let action = match (row.get("COMMONNAME"), row.get("ATTRIBUTE")) {
        ("Anna Meyer", "userPrincipalName") => "EDIT",
        ("Bert Kunz", "proxyAddresses") => "REMOVE",
        _ => "",
    };
    Decision {
        action,
        update: (action == "EDIT").then(|| "anna@contoso.com".to_owned()),
    }
}

const LDIF: [&str; 4] = ["--ldif", "small.ldif", "-o", "out.ldif"];

#[test]
fn changes_to_an_ldif_source_are_written_as_ldif() {
    let home = decided(sensible);
    let shown = home.run(&[&["apply", "d.csv"][..], &LDIF].concat());
    assert_snapshot!(shown, @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
report: 4 findings are as they were, and there are no others
plan: 2 entries to change; 0 rows refused, 0 already as wished, 0 left as they are
CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (line 5)
  proxyAddresses
  - smtp:anna@contoso.com
CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (line 4)
  userPrincipalName
  - anna meyer@contoso.com
  + anna@contoso.com
changes: out.ldif
undo: out.undo.ldif
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 0
");
    assert_snapshot!(home.read("out.ldif"), @"
version: 1

dn: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
changetype: modify
delete: proxyAddresses
proxyAddresses: smtp:anna@contoso.com
-

dn: CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
changetype: modify
delete: userPrincipalName
userPrincipalName: anna meyer@contoso.com
-
add: userPrincipalName
userPrincipalName: anna@contoso.com
-
");
    // The last change is taken back first.
    assert_snapshot!(home.read("out.undo.ldif"), @"
version: 1

dn: CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
changetype: modify
delete: userPrincipalName
userPrincipalName: anna@contoso.com
-
add: userPrincipalName
userPrincipalName: anna meyer@contoso.com
-

dn: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
changetype: modify
add: proxyAddresses
proxyAddresses: smtp:anna@contoso.com
-
");
    assert_snapshot!(home.run(&["history"]), @"
-- stderr
state: $FOLDER/home/.local/state/idmend
no transaction yet
-- exit 0
");
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let home = decided(sensible);
    assert_snapshot!(home.run(&["apply", "d.csv", "--ldif", "small.ldif", "--dry-run"]), @"
-- stdout
CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (line 5)
  proxyAddresses
  - smtp:anna@contoso.com
CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (line 4)
  userPrincipalName
  - anna meyer@contoso.com
  + anna@contoso.com
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
report: 4 findings are as they were, and there are no others
plan: 2 entries to change; 0 rows refused, 0 already as wished, 0 left as they are
plan digest: 292edd2ab6eae7d379d412631b4d7a2e9d653fed7f8772cbaa7233609592361e (with --plan-digest apply takes no other plan)
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 0
");
    home.output(&[&["apply", "d.csv", "--dry-run"][..], &LDIF].concat());
    assert!(!home.path("out.ldif").exists());
}

#[test]
fn a_dry_run_on_a_directory_checks_what_an_apply_would_check() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| {
        let mut decision = accept(row);
        if row.get("ATTRIBUTE") != "userPrincipalName" {
            decision.action = "";
        }
        decision
    });
    let shown = home.run(&["apply", "d.csv", "--demo", "--dry-run"]);
    assert_snapshot!(without_numbers(&lines_with(&shown, &["CN=Admin", "  - adm", "  + adm", "plan", "would", "dry run", "-- exit"])), @"
CN=Admin Kerstin Wolff,OU=Administrators,OU=Contoso,DC=corp,DC=contoso,DC=com (line N)
  - adm kerstin.wolff@contoso.com
  + admkerstin.wolff@contoso.com
plan: N entries to change; N rows refused, N already as wished, N left as they are
dry run: N entries would be changed, N refused; nothing was written
plan digest: NdNffNcacNaNdaNcbdddNbNccNcNdfNbbN (with --plan-digest apply takes no other plan)
-- exit N
");
}

#[test]
fn json_lines_are_applied_as_csv_is() {
    let home = decided(sensible);
    home.output(&[&["apply", "d.csv"][..], &LDIF].concat());
    let from_csv = home.read("out.ldif");
    let lines = home.read("r.jsonl");
    let decided: Vec<String> = lines
        .lines()
        .map(|line| {
            let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
            match (row["commonname"].as_str(), row["attribute"].as_str()) {
                (Some("Anna Meyer"), Some("userPrincipalName")) => {
                    row["action"] = "EDIT".into();
                    row["update"] = "anna@contoso.com".into();
                }
                (Some("Bert Kunz"), Some("proxyAddresses")) => row["action"] = "REMOVE".into(),
                _ => {}
            }
            row.to_string()
        })
        .collect();
    home.write("d.jsonl", decided.join("\n"));
    home.output(&[
        "apply",
        "d.jsonl",
        "--ldif",
        "small.ldif",
        "-o",
        "lines.ldif",
    ]);
    assert_eq!(home.read("lines.ldif"), from_csv);
}

#[test]
fn a_file_with_the_nine_columns_of_idfix_is_taken_by_name() {
    let home = decided(sensible);
    home.write(
        "idfix.csv",
        "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION\r\n\
         \"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test\",Anna Meyer,user,userPrincipalName,Character,\
         anna meyer@contoso.com,anna@contoso.com,EDIT,EDIT\r\n\
         \"CN=Gone,OU=Sales,DC=contoso,DC=test\",Gone,user,mail,Character,a,b,EDIT,EDIT\r\n",
    );
    let shown = home.run(&[&["apply", "idfix.csv"][..], &LDIF].concat());
    assert_snapshot!(lines_with(&shown, &["plan", "refused", "  - ", "  + ", "-- exit"]), @"
refused, line 2: this value is held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test in proxyAddresses
refused, line 3: CN=Gone,OU=Sales,DC=contoso,DC=test is not among the scanned entries
plan: 0 entries to change; 2 rows refused, 0 already as wished, 0 left as they are
-- exit 1
");
}

#[test]
fn rows_that_cannot_be_meant_are_named_by_line_and_stop_the_file() {
    let home = decided(|row| Decision {
        action: match (row.get("COMMONNAME"), row.get("ATTRIBUTE")) {
            ("Anna Meyer", "userPrincipalName") => "REMOVE",
            ("Anna Meyer", _) => "FIX",
            ("Bert Kunz", _) => "EDIT",
            _ => "",
        },
        update: Some(String::new()),
    });
    let arguments = [&["apply", "d.csv"][..], &LDIF].concat();
    assert_snapshot!(home.run(&arguments), @"
-- stderr
d.csv, line 2: ACTION 'FIX' is none of EDIT, REMOVE, COMPLETE
d.csv, line 3: ACTION 'FIX' is none of EDIT, REMOVE, COMPLETE
d.csv, line 4: REMOVE of userPrincipalName: a user cannot be without it; EDIT it
d.csv, line 5: EDIT with an empty UPDATE: fill it in, or use REMOVE
error: 4 rows of d.csv cannot be taken: nothing was applied
hint: mend them, or give --partial to apply the others
-- exit 2
");
    assert!(!home.path("out.ldif").exists());
}

#[test]
fn partial_applies_the_good_rows_of_a_file_with_bad_ones() {
    let home = decided(sensible);
    let text = home.read("d.csv");
    let doubled = text.lines().find(|line| line.contains(",REMOVE,")).unwrap();
    home.write("d.csv", format!("{text}{doubled}\n"));
    let arguments = [&["apply", "d.csv"][..], &LDIF].concat();
    assert_snapshot!(lines_with(&home.run(&arguments), &["d.csv", "error", "hint", "-- exit"]), @"
d.csv, line 6: repeats line 5: the same entry, attribute and value
error: 1 row of d.csv cannot be taken: nothing was applied
hint: mend them, or give --partial to apply the others
-- exit 2
");
    let shown = home.run(&[&arguments[..], &["--partial"]].concat());
    assert_snapshot!(lines_with(&shown, &["d.csv", "plan", "  - ", "  + ", "-- exit"]), @"
d.csv, line 6: repeats line 5: the same entry, attribute and value
plan: 2 entries to change; 0 rows refused, 0 already as wished, 0 left as they are
  - smtp:anna@contoso.com
  - anna meyer@contoso.com
  + anna@contoso.com
-- exit 1
");
}

#[test]
fn an_altered_value_is_refused_and_a_stale_one_is_a_conflict() {
    let home = decided(sensible);
    home.write(
        "altered.csv",
        home.read("d.csv")
            .replace("anna meyer@contoso.com", "anna.meyer@contoso.com"),
    );
    let shown = home.run(&[&["apply", "altered.csv"][..], &LDIF].concat());
    assert_snapshot!(lines_with(&shown, &["altered", "error", "hint", "-- exit"]), @"
altered.csv, line 4: ROWID does not fit: VALUE, ATTRIBUTE or OBJECTGUID was altered, or a spreadsheet lost control characters; take the row from a new scan
error: 1 row of altered.csv cannot be taken: nothing was applied
hint: mend them, or give --partial to apply the others
-- exit 2
");
    home.write("small.ldif", SMALL.replace("anna meyer@", "anna  meyer@"));
    let shown = home.run(&[&["apply", "d.csv"][..], &LDIF].concat());
    assert_snapshot!(lines_with(&shown, &["plan", "refused", "  - ", "  + ", "-- exit"]), @"
refused, line 4: conflict: userPrincipalName of CN=Anna Meyer,OU=Sales,DC=contoso,DC=test no longer has the value of the report: it is 'anna  meyer@contoso.com' now
plan: 1 entry to change; 1 row refused, 0 already as wished, 0 left as they are
  - smtp:anna@contoso.com
-- exit 1
");
}

#[test]
fn what_is_already_as_wished_is_no_conflict() {
    let home = decided(sensible);
    home.write(
        "small.ldif",
        SMALL
            .replace("anna meyer@", "anna@")
            .replace("proxyAddresses: smtp:anna@contoso.com\n", ""),
    );
    let shown = home.run(&[&["apply", "d.csv"][..], &LDIF].concat());
    assert_snapshot!(lines_with(&shown, &["plan", "refused", "-- exit"]), @"
plan: 0 entries to change; 0 rows refused, 2 already as wished, 0 left as they are
-- exit 0
");
}

#[test]
fn an_edit_that_would_break_a_rule_or_take_a_held_value_is_refused() {
    for (update, reason) in [
        ("still bad@contoso.com", "White space"),
        ("bert@contoso.com", "Bert"),
    ] {
        let home = decided(|row| {
            let mut decision = sensible(row);
            decision.update = decision.update.map(|_| update.to_owned());
            decision
        });
        let shown = home.run(&[&["apply", "d.csv"][..], &LDIF].concat());
        let refused = lines_with(&shown, &["refused"]);
        assert!(refused.contains(reason) && !refused.is_empty(), "{shown}");
        assert!(shown.ends_with("-- exit 1"), "{shown}");
        assert!(!home.read("out.ldif").contains(update), "{shown}");
    }
}

#[test]
fn the_cap_and_a_missing_terminal_stop_before_anything_is_written() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    let capped = home.run(&["apply", "d.csv", "--demo", "--yes", "--max-changes", "3"]);
    assert_snapshot!(without_numbers(&lines_with(&capped, &["plan", "error", "hint", "-- exit"])), @"
plan: N entries to change; N rows refused, N already as wished, N left as they are
error: the plan changes N entries, more than the N that are allowed
hint: if that is meant: --max-changes N
-- exit N
");
    let unasked = home.run(&["apply", "d.csv", "--demo"]);
    assert_snapshot!(lines_with(&unasked, &["transaction", "error", "hint", "-- exit"]), @"
error: there is no terminal to ask for confirmation
hint: look at the plan with --dry-run, then give --yes
-- exit 2
");
}

#[test]
fn every_value_of_the_demo_survives_the_way_through_csv() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    // Through another CSV writer and back, every row decided.
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| Decision {
        action: "COMPLETE",
        update: Some(row.get("UPDATE").to_owned()),
    });
    let shown = home.run(&["apply", "d.csv", "--demo", "--yes"]);
    assert_snapshot!(without_numbers(&lines_with(&shown, &["plan", "exceptions", "-- exit"])), @"
plan: N entries to change; N rows refused, N already as wished, N left as they are
exceptions: N added, N known before: $FOLDER/home/.local/state/idmend/demo/RUN/exceptions/contoso.toml
exceptions: N added, N known before: $FOLDER/home/.local/state/idmend/demo/RUN/exceptions/fabrikam.toml
-- exit N
");
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    let shown = home.run(&["apply", "d.csv", "--demo", "--dry-run"]);
    assert!(!shown.contains("ROWID"), "{shown}");
    assert!(fs::metadata(home.path("d.csv")).unwrap().len() > 10_000);
}

#[test]
fn a_plan_for_a_directory_is_written_as_ldif_instead_if_that_is_asked_for() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| Decision {
        action: match (row.get("ATTRIBUTE"), row.get("PROPOSEDACTION")) {
            ("displayName", "EDIT") => "EDIT",
            _ => "",
        },
        update: None,
    });
    let arguments = ["apply", "d.csv", "--demo", "-o", "plan.ldif"];
    let shown = home.run(&arguments);
    assert_snapshot!(without_numbers(&lines_with(&shown, &["plan", "dry run", "changes", "undo", "transaction", "-- exit"])), @"
    plan: N entries to change; N rows refused, N already as wished, N left as they are
    dry run: N entries would be changed, N refused; nothing was written
    changes: plan.ldif
    undo: plan.undo.ldif
    -- exit N
    ");
    assert!(shown.ends_with("-- exit 0"), "{shown}");
    let records = |file: &str| home.read(file).matches("changetype: modify").count();
    assert!(records("plan.ldif") > 2);
    assert_eq!(records("plan.ldif"), records("plan.undo.ldif"));
    // What takes earlier changes back is not written over.
    let again = home.run(&arguments);
    assert_snapshot!(lines_with(&again, &["changes", "error", "hint", "-- exit"]), @"
    error: plan.ldif is there already
    hint: it may be needed to take changes back: name another file
    -- exit 2
    ");
}
