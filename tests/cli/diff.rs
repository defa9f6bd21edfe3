//! `idmend diff`.

use insta::assert_snapshot;

use crate::common::{Home, SMALL};

/// A home with a report of the small forest, and one of a later day: Anna's
/// name is mended, Bert's address gone, and somebody new has a fault.
fn two_days() -> Home {
    let home = Home::new();
    home.write("monday.ldif", SMALL);
    home.write(
        "friday.ldif",
        SMALL
            .replace("anna meyer@", "anna@")
            .replace("userPrincipalName: clean@", "userPrincipalName: cl ean@")
            .replace("smtp:anna@", "smtp:other@")
            + "\ndn: CN=New,OU=Office,DC=contoso,DC=test\nobjectClass: user\ncn: New\n\
               sAMAccountName: new\nuserPrincipalName: new@contoso.com\n\
               proxyAddresses: smtp:anna@contoso.com\n",
    );
    for day in ["monday", "friday"] {
        let files = [
            format!("{day}.ldif"),
            format!("{day}.csv"),
            format!("{day}.jsonl"),
        ];
        home.output(&[
            "scan", "--ldif", &files[0], "-o", &files[1], "-o", &files[2],
        ]);
    }
    home
}

#[test]
fn new_gone_and_changed_findings_are_told_and_new_ones_are_exit_1() {
    let home = two_days();
    assert_snapshot!(home.run(&["diff", "monday.csv", "friday.csv"]), @"
-- stdout
new         CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            userPrincipalName: anna@contoso.com
            quarantined: The user principal name is an address of another entry: also held by CN=New,OU=Office,DC=contoso,DC=test (proxyAddresses) (upn-equals-address)
new         CN=Clean,OU=Office,DC=contoso,DC=test
            userPrincipalName: cl ean@contoso.com
            fails: White space or invisible characters in the user principal name: space (U+0020) at character 3 (upn-white-space)
new         CN=New,OU=Office,DC=contoso,DC=test
            proxyAddresses: smtp:anna@contoso.com
            quarantined: Another entry has the same address: also held by CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (mail); SMTP addresses, but no primary one: none of the smtp: addresses is the primary one (SMTP:) (proxy-duplicate; proxy-no-primary)
gone        CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            userPrincipalName: anna meyer@contoso.com
            fails: White space or invisible characters in the user principal name: space (U+0020) at character 5 (upn-white-space)
gone        CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
            proxyAddresses: smtp:anna@contoso.com
            quarantined: Another entry has the same address: also held by CN=Anna Meyer,OU=Sales,DC=contoso,DC=test (mail) (proxy-duplicate)
changed     CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            mail: anna@contoso.com
            quarantined: Another entry has the same mail address: also held by CN=New,OU=Office,DC=contoso,DC=test (proxyAddresses) (mail-duplicate)
            CONFLICTS: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test → CN=New,OU=Office,DC=contoso,DC=test
changed     CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
            proxyAddresses: SMTP:anna@contoso.com
            quarantined: Another entry has the same address: also held by CN=New,OU=Office,DC=contoso,DC=test (proxyAddresses) (proxy-duplicate)
            CONFLICTS: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test → CN=New,OU=Office,DC=contoso,DC=test
-- stderr
3 new findings (1 fails, 2 quarantined), 2 gone, 2 changed, 0 the same
-- exit 1
");
    assert_snapshot!(home.run(&["diff", "friday.csv", "friday.jsonl"]), @"
-- stderr
0 new findings, 0 gone, 0 changed, 5 the same
-- exit 0
");
    let csv = home.data(&["diff", "--json", "monday.csv", "friday.csv"]);
    assert_eq!(
        csv,
        home.data(&["diff", "--json", "monday.jsonl", "friday.jsonl"])
    );
    let json: serde_json::Value = serde_json::from_str(&csv).unwrap();
    assert_eq!(json["new"].as_array().unwrap().len(), 3);
    assert_eq!(json["changed"][0]["changes"][0]["column"], "CONFLICTS");
}

#[test]
fn a_file_that_cannot_be_compared_is_named_with_its_line() {
    let home = two_days();
    home.write(
        "bad.csv",
        home.read("friday.csv").replace("\"cl ean@", "\"clean@"),
    );
    assert_snapshot!(home.run(&["diff", "monday.csv", "bad.csv"]), @"
-- stderr
bad.csv, line 5: ROWID does not fit: VALUE, ATTRIBUTE or OBJECTGUID was altered, or a spreadsheet lost control characters; take the row from a new scan
error: 1 row of bad.csv cannot be compared
hint: compare reports as `idmend scan -o` wrote them
-- exit 2
");
    assert_snapshot!(home.run(&["diff", "monday.csv", "nowhere.csv"]), @"
-- stderr
error: cannot read the report nowhere.csv: No such file or directory (os error 2)
-- exit 2
");
}
