//! `idmend hard-match`.

use insta::assert_snapshot;

use crate::common::Home;

/// Anna has an anchor of her own that is her objectGUID; Bert's is another.
const PEOPLE: &str = "\
dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Anna,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: anna
displayName:: IEFubmEg
userPrincipalName: anna.o'neil@contoso.com
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
mS-DS-ConsistencyGuid:: AAAAAAAAAAAAAAAAAAAAAQ==

dn: CN=Bert,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: bert
displayName:: IEJlcnQg
userPrincipalName: bert@contoso.com
objectGUID:: AAAAAAAAAAAAAAAAAAAAAg==
mS-DS-ConsistencyGuid:: AAAAAAAAAAAAAAAAAAAACQ==

dn: CN=Sales,OU=Sales,DC=contoso,DC=test
objectClass: group
sAMAccountName: sales
displayName:: IFNhbGVzIA==
objectGUID:: AAAAAAAAAAAAAAAAAAAAAw==
";

fn scanned() -> Home {
    let home = Home::new();
    home.write("people.ldif", PEOPLE);
    home.output(&[
        "scan",
        "--ldif",
        "people.ldif",
        "-o",
        "r.csv",
        "-o",
        "r.jsonl",
    ]);
    home
}

#[test]
fn pairs_are_printed_and_two_anchors_refused() {
    let home = scanned();
    assert_snapshot!(home.run(&["hard-match", "r.csv"]), @r#"
-- stdout
"USERPRINCIPALNAME","IMMUTABLEID","ANCHORSOURCE","DISTINGUISHEDNAME"
"anna.o'neil@contoso.com","AAAAAAAAAAAAAAAAAAAAAQ==","mS-DS-ConsistencyGuid","CN=Anna,OU=Sales,DC=contoso,DC=test"
-- stderr
r.csv, line 3: CN=Bert,OU=Sales,DC=contoso,DC=test has two anchors: AAAAAAAAAAAAAAAAAAAACQ== by mS-DS-ConsistencyGuid, AAAAAAAAAAAAAAAAAAAAAg== by objectGUID
1 user; 1 refused, 1 not paired for being no user
users of the cloud that hold an Entra role are refused since 2026: take the role away first
then, on a domain controller: repadmin /syncall /AdeP
and on the server of Entra Connect: Start-ADSyncSyncCycle -PolicyType Delta
hint: of two anchors, --source-anchor says which one Entra Connect uses
-- exit 1
"#);
    assert_eq!(
        home.data(&["hard-match", "r.csv"]),
        home.data(&["hard-match", "r.jsonl"])
    );
}

#[test]
fn the_source_of_the_anchor_can_be_said() {
    let home = scanned();
    let pairs = |anchor: &str| {
        home.data(&[
            "hard-match",
            "r.csv",
            "--only",
            "bert@contoso.com",
            "--source-anchor",
            anchor,
        ])
    };
    for (name, anchor) in [
        ("objectGUID", "\"AAAAAAAAAAAAAAAAAAAAAg==\",\"objectGUID\""),
        (
            "ms-ds-consistencyguid",
            "\"AAAAAAAAAAAAAAAAAAAACQ==\",\"mS-DS-",
        ),
    ] {
        let row = format!("\"bert@contoso.com\",{anchor}");
        assert!(pairs(name).contains(&row), "{name}");
    }
    assert_snapshot!(home.run(&["hard-match", "r.csv", "--source-anchor", "mail"]), @"
-- stderr
error: --source-anchor 'mail' is neither mS-DS-ConsistencyGuid nor objectGUID
-- exit 2
");
    home.write("profile.toml", "source-anchor = \"objectGUID\"\n");
    let scan = home.data(&[
        "scan",
        "--ldif",
        "people.ldif",
        "--profile",
        "profile.toml",
        "--format",
        "csv",
    ]);
    assert!(!scan.contains("mS-DS-ConsistencyGuid"), "{scan}");
}

#[test]
fn the_script_holds_every_name_as_a_text() {
    let home = scanned();
    let script = home.data(&["hard-match", "r.csv", "--format", "powershell"]);
    assert!(script.contains("UserPrincipalName = 'anna.o''neil@contoso.com'; ImmutableId = 'AAAAAAAAAAAAAAAAAAAAAQ=='"), "{script}");
    assert!(script.is_ascii());
}
