//! `idmend exceptions`, and what a scan does with them.

use insta::assert_snapshot;

use crate::common::{Home, SMALL, lines_with};

const ANNA: &str = "CN=Anna Meyer,OU=Sales,DC=contoso,DC=test";
const SCAN: [&str; 5] = [
    "scan",
    "--ldif",
    "forest.ldif",
    "--exceptions",
    "shared.toml",
];

/// Accepts the white space in Anna's name, with what else is said of it.
fn accept(home: &Home, more: &[&str]) -> String {
    let add = [
        "exceptions",
        "add",
        "--dn",
        ANNA,
        "--attribute",
        "userPrincipalName",
        "--value",
        "anna meyer@contoso.com",
        "--rule",
        "upn-white-space",
    ];
    home.run(&[&add[..], more].concat())
}

fn accepted(home: &Home, scan: &[&str]) -> String {
    let shown = home.run(scan);
    lines_with(
        &shown,
        &[
            "            accepted",
            "            userPrincipalName",
            "exception that",
            "4 findings",
        ],
    )
}

#[test]
fn a_shared_file_is_added_to_listed_used_and_taken_from() {
    let home = Home::new();
    home.write("forest.ldif", SMALL);
    let shared = ["--exceptions", "shared.toml"];
    let why = [
        "--reason",
        "her wish",
        "--author",
        "ops",
        "--expires",
        "2999-12-31",
    ];
    assert_snapshot!(accept(&home, &[&shared[..], &why].concat()), @"
-- stdout
c5d84250
-- stderr
1 exception added to shared.toml
-- exit 0
");
    assert_snapshot!(home.read("shared.toml"), @r#"
# Exceptions of idmend: findings that are right as they are. Each holds for one
# entry, attribute, value and rule. This file may be edited, shared and merged;
# `idmend exceptions list` shows it.

[[exception]]
dn = "CN=Anna Meyer,OU=Sales,DC=contoso,DC=test"
attribute = "userPrincipalName"
rule = "upn-white-space"
value = "anna meyer@contoso.com"
reason = "her wish"
author = "ops"
expires = 2999-12-31
"#);
    // The same once more: what is said last holds.
    let shown = accept(&home, &[&shared[..], &["--author", "anna"]].concat());
    assert!(
        shown.ends_with("1 exception added to shared.toml\n-- exit 0"),
        "{shown}"
    );
    assert_snapshot!(home.run(&["exceptions", "list", "--exceptions", "shared.toml"]), @"
-- stdout
c5d84250  CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
          userPrincipalName: anna meyer@contoso.com
          upn-white-space: no reason given (anna)
-- stderr
shared.toml: 1 exception
-- exit 0
");
    assert_snapshot!(accepted(&home, &SCAN), @"
            userPrincipalName: anna meyer@contoso.com
            accepted: no reason given (anna)
4 findings in 3 objects, 1 of them accepted
");

    let id = home.data(&["exceptions", "list", "--exceptions", "shared.toml"]);
    let id = id.split_whitespace().next().unwrap();
    let removed = home.run(&["exceptions", "remove", "--exceptions", "shared.toml", id]);
    assert_snapshot!(removed, @"
-- stderr
1 exception removed from shared.toml
-- exit 0
");
    assert_snapshot!(accepted(&home, &SCAN), @"
            userPrincipalName: anna meyer@contoso.com
4 findings in 3 objects
");
}

#[test]
fn an_exception_ends_with_its_last_day() {
    let home = Home::new();
    home.write("forest.ldif", SMALL);
    let shared = ["--exceptions", "shared.toml", "--author", "ops"];
    accept(&home, &[&shared[..], &["--expires", "2020-01-31"]].concat());
    let listed = home.data(&["exceptions", "list", "--exceptions", "shared.toml"]);
    assert!(
        listed.contains("(ops, until 2020-01-31), EXPIRED"),
        "{listed}"
    );
    assert_snapshot!(accepted(&home, &SCAN), @"
            userPrincipalName: anna meyer@contoso.com
exception that does not apply: c5d84250 userPrincipalName 'anna meyer@contoso.com' of CN=Anna Meyer,OU=Sales,DC=contoso,DC=test, rule upn-white-space: it expired after 2020-01-31
4 findings in 3 objects
");
}

#[test]
fn an_exception_is_for_one_value() {
    let home = Home::new();
    home.write("forest.ldif", SMALL.replace("anna meyer@", "an na@"));
    accept(&home, &["--exceptions", "shared.toml", "--author", "ops"]);
    assert_snapshot!(accepted(&home, &SCAN), @"
            userPrincipalName: an na@contoso.com
exception that does not apply: c5d84250 userPrincipalName 'anna meyer@contoso.com' of CN=Anna Meyer,OU=Sales,DC=contoso,DC=test, rule upn-white-space: the value was changed since
4 findings in 3 objects
");
}

#[test]
fn each_forest_has_a_file_of_its_own() {
    let home = Home::new();
    home.write("forest.ldif", SMALL);
    assert_snapshot!(home.run(&["exceptions", "list"]), @"
-- stderr
no exceptions in $FOLDER/home/.local/state/idmend/exceptions
-- exit 0
");
    accept(&home, &["--forest", "contoso.test", "--author", "ops"]);
    assert_snapshot!(home.run(&["exceptions", "list"]), @"
-- stdout
c5d84250  CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
          userPrincipalName: anna meyer@contoso.com
          upn-white-space: no reason given (ops)
-- stderr
$FOLDER/home/.local/state/idmend/exceptions/contoso.test.toml: 1 exception
-- exit 0
");
    assert_snapshot!(accepted(&home, &SCAN[..3]), @"
            userPrincipalName: anna meyer@contoso.com
            accepted: no reason given (ops)
4 findings in 3 objects, 1 of them accepted
");
    assert_snapshot!(home.run(&["exceptions", "list", "--forest", "fabrikam.test"]), @"
-- stderr
error: there is no $FOLDER/home/.local/state/idmend/exceptions/fabrikam.test.toml
-- exit 2
");
}

#[test]
fn what_cannot_be_an_exception_is_refused() {
    let home = Home::new();
    let mut shown = String::new();
    for wrong in [
        &["--attribute", "mail", "--rule", "no-such-rule"][..],
        &[
            "--attribute",
            "mail",
            "--rule",
            "upn-white-space",
            "--rule",
            "proxy-dots",
        ],
        &["--attribute", "ma il", "--rule", "mail-dots"],
        &[
            "--attribute",
            "mail",
            "--rule",
            "mail-dots",
            "--expires",
            "31.1.2027",
        ],
        &["--attribute", "mail", "--rule", "mail-dots", "--guid", "12"],
        &[
            "--attribute",
            "mail",
            "--rule",
            "mail-dots",
            "--rules",
            "dedicated",
        ],
    ] {
        let add = [
            "exceptions",
            "add",
            "--exceptions",
            "shared.toml",
            "--dn",
            ANNA,
        ];
        shown.push_str(&home.run(&[&add[..], wrong].concat()));
        shown.push('\n');
    }
    for wrong in [
        &[
            "add",
            "--dn",
            ANNA,
            "--attribute",
            "mail",
            "--rule",
            "mail-dots",
        ][..],
        &["remove", "0badc0de"],
        &["remove", "--exceptions", "absent.toml", "0badc0de"],
    ] {
        shown.push_str(&home.run(&[&["exceptions"], wrong].concat()));
        shown.push('\n');
    }
    assert_snapshot!(shown, @"
-- stderr
error: there is no rule 'no-such-rule'
hint: idmend rules list names them
-- exit 2
-- stderr
error: --attribute: the rule proxy-dots judges proxyAddresses, not mail
-- exit 2
-- stderr
error: --attribute: 'ma il' is not an attribute name (letters, digits and '-', beginning with a letter, or an OID)
-- exit 2
-- stderr
error: --expires: '31.1.2027' is no day such as 2027-01-31
-- exit 2
-- stderr
error: --guid: '12' is not a GUID such as 6f9619ff-8b86-d011-b42d-00c04fc964ff
-- exit 2
-- stderr
error: there is no rule 'mail-dots'
hint: idmend rules list names them
-- exit 2
-- stderr
error: it is not said where to add the exception
hint: give --forest NAME, as scans call it, or --exceptions FILE
-- exit 2
-- stderr
error: there is no exception '0badc0de'
hint: idmend exceptions list shows the ids
-- exit 2
-- stderr
error: there is no absent.toml
-- exit 2
");
    assert!(!home.path("shared.toml").exists());
}
