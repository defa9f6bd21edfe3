//! `idmend scan`.

use insta::assert_snapshot;

use crate::common::{ABOUT_RULES, Home, SMALL, lines_with};

#[test]
fn findings_are_printed_for_people() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    assert_snapshot!(home.run(&["scan", "--ldif", "small.ldif"]), @"
-- stdout
quarantined CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            mail: anna@contoso.com
            Another entry has the same mail address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses) (mail-duplicate)
            proposed (review): COMPLETE
quarantined CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            proxyAddresses: SMTP:anna@contoso.com
            Another entry has the same address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses) (proxy-duplicate)
            proposed (review): COMPLETE
fails       CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            userPrincipalName: anna meyer@contoso.com
            White space or invisible characters in the user principal name: space (U+0020) at character 5 (upn-white-space)
            proposed (review): EDIT to annameyer@contoso.com
quarantined CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
            proxyAddresses: smtp:anna@contoso.com
            Another entry has the same address: also held by CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (mail) (proxy-duplicate)
            proposed (review): REMOVE

What these rules are about
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
contoso.test: 3 entries, 3 judged, 0 skipped, 4 findings
4 findings in 3 objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
");
}

#[test]
fn a_report_for_people_ends_with_what_is_known_of_its_rules() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    let text = home.data(&["scan", "--ldif", "small.ldif"]);
    let (_, about) = text.split_once(ABOUT_RULES).unwrap();
    let heads: Vec<&str> = about
        .lines()
        .filter(|line| !line.starts_with(' ') && !line.is_empty())
        .collect();
    assert_eq!(
        heads,
        [
            "fails       upn-white-space: White space or invisible characters in the user",
            "quarantined proxy-duplicate: Another entry has the same address",
            "quarantined mail-duplicate: Another entry has the same mail address",
        ]
    );
    for label in ["happens: ", "why: ", "ignore? ", "source: "] {
        let line = format!("\n            {label}");
        assert!(about.matches(&line).count() >= heads.len(), "{label}");
    }
    let is_short = |line: &str| line.len() <= 80 || line.contains("https://");
    assert!(about.lines().all(is_short), "{about}");
}

#[test]
fn csv_and_json_lines_go_to_standard_output() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    assert_snapshot!(home.run(&["scan", "--ldif", "small.ldif", "--format", "csv"]), @r#"
-- stdout
"DISTINGUISHEDNAME","COMMONNAME","OBJECTCLASS","ATTRIBUTE","ERROR","VALUE","UPDATE","PROPOSEDACTION","ACTION","SEVERITY","CONFIDENCE","RULE","MESSAGE","OBJECTGUID","USERPRINCIPALNAME","IMMUTABLEID","ANCHORSOURCE","DOMAIN","CONFLICTS","REASON","EXPIRES","ROWID"
"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","Anna Meyer","user","mail","Duplicate","anna@contoso.com","","COMPLETE","","quarantined","review","mail-duplicate","Another entry has the same mail address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses)","","anna meyer@contoso.com","","","contoso.test","CN=Bert Kunz,OU=Sales,DC=contoso,DC=test","","","r116dbf888806b0d7"
"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","Anna Meyer","user","proxyAddresses","Duplicate","SMTP:anna@contoso.com","","COMPLETE","","quarantined","review","proxy-duplicate","Another entry has the same address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses)","","anna meyer@contoso.com","","","contoso.test","CN=Bert Kunz,OU=Sales,DC=contoso,DC=test","","","r10e82f2e3b2016a0"
"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","Anna Meyer","user","userPrincipalName","Character","anna meyer@contoso.com","annameyer@contoso.com","EDIT","","fails","review","upn-white-space","White space or invisible characters in the user principal name: space (U+0020) at character 5","","anna meyer@contoso.com","","","contoso.test","","","","rfd2b1a7822d6ef4e"
"CN=Bert Kunz,OU=Sales,DC=contoso,DC=test","Bert Kunz","user","proxyAddresses","Duplicate","smtp:anna@contoso.com","","REMOVE","","quarantined","review","proxy-duplicate","Another entry has the same address: also held by CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (mail)","","bert@contoso.com","","","contoso.test","CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","","","raa9f302fc87ea63a"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
contoso.test: 3 entries, 3 judged, 0 skipped, 4 findings
4 findings in 3 objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
"#);
    assert_snapshot!(home.data(&["scan", "--ldif", "small.ldif", "--format", "jsonl"]), @r#"
{"distinguishedname":"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","commonname":"Anna Meyer","objectclass":"user","attribute":"mail","error":"Duplicate","value":"anna@contoso.com","update":"","proposedaction":"COMPLETE","confidence":"review","action":"","severity":"quarantined","rule":["mail-duplicate"],"message":"Another entry has the same mail address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses)","userprincipalname":"anna meyer@contoso.com","domain":"contoso.test","conflicts":["CN=Bert Kunz,OU=Sales,DC=contoso,DC=test"],"rowid":"r116dbf888806b0d7"}
{"distinguishedname":"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","commonname":"Anna Meyer","objectclass":"user","attribute":"proxyAddresses","error":"Duplicate","value":"SMTP:anna@contoso.com","update":"","proposedaction":"COMPLETE","confidence":"review","action":"","severity":"quarantined","rule":["proxy-duplicate"],"message":"Another entry has the same address: also held by CN=Bert Kunz,OU=Sales,DC=contoso,DC=test (proxyAddresses)","userprincipalname":"anna meyer@contoso.com","domain":"contoso.test","conflicts":["CN=Bert Kunz,OU=Sales,DC=contoso,DC=test"],"rowid":"r10e82f2e3b2016a0"}
{"distinguishedname":"CN=Anna Meyer,OU=Sales,DC=contoso,DC=test","commonname":"Anna Meyer","objectclass":"user","attribute":"userPrincipalName","error":"Character","value":"anna meyer@contoso.com","update":"annameyer@contoso.com","proposedaction":"EDIT","confidence":"review","action":"","severity":"fails","rule":["upn-white-space"],"message":"White space or invisible characters in the user principal name: space (U+0020) at character 5","userprincipalname":"anna meyer@contoso.com","domain":"contoso.test","conflicts":[],"rowid":"rfd2b1a7822d6ef4e"}
{"distinguishedname":"CN=Bert Kunz,OU=Sales,DC=contoso,DC=test","commonname":"Bert Kunz","objectclass":"user","attribute":"proxyAddresses","error":"Duplicate","value":"smtp:anna@contoso.com","update":"","proposedaction":"REMOVE","confidence":"review","action":"","severity":"quarantined","rule":["proxy-duplicate"],"message":"Another entry has the same address: also held by CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (mail)","userprincipalname":"bert@contoso.com","domain":"contoso.test","conflicts":["CN=Anna Meyer,OU=Sales,DC=contoso,DC=test"],"rowid":"raa9f302fc87ea63a"}
"#);
}

#[test]
fn reports_go_to_files_by_their_ending() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    let shown = home.run(&[
        "scan",
        "--ldif",
        "small.ldif",
        "-o",
        "r.csv",
        "-o",
        "r.jsonl",
        "-o",
        "r.txt",
    ]);
    assert_snapshot!(shown, @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
report: r.csv
report: r.jsonl
report: r.txt
contoso.test: 3 entries, 3 judged, 0 skipped, 4 findings
4 findings in 3 objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
");
    for (file, format) in [("r.csv", "csv"), ("r.jsonl", "jsonl"), ("r.txt", "text")] {
        let printed = home.data(&["scan", "--ldif", "small.ldif", "--format", format]);
        assert_eq!(home.read(file), printed);
        assert!(!home.path(&format!("{file}.part")).exists());
    }
}

#[test]
fn what_is_judged_is_said_at_the_end() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write(
        "bases.txt",
        "# the sales people\n\nOU=Sales,DC=contoso,DC=test\n",
    );
    let shown = home.talk(&[
        "scan",
        "--ldif",
        "small.ldif",
        "--base-file",
        "bases.txt",
        "--exclude",
        "CN=Bert Kunz,OU=Sales,DC=contoso,DC=test",
        "--filter",
        "(objectClass=user)",
        "--scope-only",
    ]);
    assert_snapshot!(shown, @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
contoso.test: 1 entry, 1 judged, 0 skipped, 1 finding
judged below: OU=Sales,DC=contoso,DC=test
not judged below: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
judged what matches: (objectClass=user)
scope only: addresses outside the scope were not compared
1 finding in 1 object
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
");
}

#[test]
fn nothing_found_is_exit_0_and_the_level_decides() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    let base = ["scan", "--ldif", "small.ldif"];
    let clean = home.talk(&[&base[..], &["--base", "OU=Office,DC=contoso,DC=test"]].concat());
    assert_snapshot!(clean, @"
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
contoso.test: 3 entries, 1 judged, 0 skipped, 0 findings
judged below: OU=Office,DC=contoso,DC=test
0 findings in 1 object
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 0
");
    home.write(
        "hygiene.ldif",
        SMALL
            .replace("anna meyer@", "annameyer@")
            .replace("smtp:anna@", "smtp:else@")
            .replace("cn: Clean\n", "cn: Clean\ndisplayName:: Q2xlYW4g\n"),
    );
    let code = |level: &str| {
        let arguments = ["scan", "--ldif", "hygiene.ldif", "--fail-on", level];
        home.output(&arguments).status.code()
    };
    assert_eq!(
        (code("error"), code("warning"), code("hygiene")),
        (Some(0), Some(0), Some(1))
    );
}

#[test]
fn a_source_that_does_not_answer_beside_one_that_does_is_partial() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    let shown = home.run_with_input(
        &[
            "scan",
            "--format",
            "csv",
            "-o",
            "r.csv",
            "--ldif",
            "small.ldif",
            "--server",
            "ldaps://127.0.0.1:1",
            "--user",
            "anna@contoso.test",
            "--password-stdin",
        ],
        "secret\n",
    );
    assert_snapshot!(lines_with(&shown, &["LDIF", "incomplete", "3 findings", "4 findings", "-- exit"]), @"
LDIF contoso.test: contoso.test (small.ldif)
incomplete: no connection to 127.0.0.1:1: Connection refused (os error 111)
4 findings in 3 objects (partial: not everything was read)
-- exit 4
");
    assert!(home.read("r.csv").starts_with("\"DISTINGUISHEDNAME\","));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = Home::new();
    let mut child = home
        .command(&["scan", "--demo", "--format", "csv"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(!talk.contains("error"), "{talk}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_directory_without_names_classes_or_utf8_is_scanned_all_the_same() {
    let home = Home::new();
    home.write(
        "odd.ldif",
        "dn: CN=a,DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: a\n\
         userPrincipalName:: /v8=\nmail: x@contoso.com\nmail: y@contoso.com\n\n\
         dn: CN=b,DC=contoso,DC=test\nproxyAddresses: smtp:b c@contoso.com\n\n\
         dn: CN=c,DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: c\n\
         displayName: \u{202e}evil\u{1b}[31m\nuserPrincipalName: c c@contoso.com\n",
    );
    assert_snapshot!(home.run(&["scan", "--ldif", "odd.ldif"]), @"
-- stdout
fails       CN=a,DC=contoso,DC=test
            userPrincipalName: base64:/v8=
            White space or invisible characters in the user principal name: the byte 0xFE at byte 1 is not UTF-8 text (upn-white-space)
hygiene     CN=c,DC=contoso,DC=test
            displayName: <U+202E>evil␛[31m
            White space at the edges of the display name, or invisible characters in it: invisible character (U+202E) at character 1, and 1 more (displayname-white-space)
            proposed (safe): EDIT to evil[31m
fails       CN=c,DC=contoso,DC=test
            userPrincipalName: c c@contoso.com
            White space or invisible characters in the user principal name: space (U+0020) at character 2 (upn-white-space)
            proposed (review): EDIT to cc@contoso.com

What these rules are about
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (odd.ldif)
contoso.test: 3 entries, 2 judged, 1 skipped, 3 findings
skipped: 1 without objectClass, so that they cannot be judged
3 findings in 2 objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
");
}

#[test]
fn alternate_suffixes_of_the_forest_and_of_units_are_shown() {
    let home = Home::new();
    home.write(
        "forest.ldif",
        "dn: CN=Partitions,CN=Configuration,DC=contoso,DC=test\n\
         objectClass: crossRefContainer\nuPNSuffixes: contoso.com\n\n\
         dn: OU=Sales,DC=contoso,DC=test\nobjectClass: organizationalUnit\n\
         uPNSuffixes: sales.contoso.com\nuPNSuffixes: CONTOSO.com\n\n\
         dn: CN=Anna,OU=Sales,DC=contoso,DC=test\nobjectClass: user\n\
         userPrincipalName: anna@sales.contoso.com\n",
    );
    let shown = home.run(&["scan", "--ldif", "forest.ldif"]);
    assert!(
        shown.contains("\nalternate UPN suffixes: contoso.com, sales.contoso.com\n"),
        "{shown}"
    );
    assert!(shown.ends_with("-- exit 0"), "{shown}");
}
