//! A server that is no Active Directory: the same job under `--base`, with the
//! guards that such a server cannot give named.

use idmend::directory::ldap::{LdapConfig, LdapDirectory};
use idmend::directory::{Directory, ModifyError};
use idmend::model::{
    AttributeName, Change, Credentials, DistinguishedName, Entrance, Identity, ObjectGuid,
    Protection, Value,
};
use secrecy::SecretString;

use crate::forest::config;
use crate::program::{Desk, Report, differences};
use crate::slapd::{ADMIN, ROOT, Slapd, USERS, run};
use crate::undo::newest_undo;

#[test]
fn a_server_that_is_no_active_directory_is_mended_and_taken_back_under_a_base() {
    let desk = Desk::new();
    let server = Slapd::start(&desk);
    let start = server.dump();
    assert_eq!(start.len(), usize::from(USERS) + 3);
    let mut source = server.source(&desk, ADMIN);
    let base = source.split_off(source.len() - 2);
    desk.on(&source, &["scan"]).ends_with(2).says(&[
        "is no Active Directory: say what to read with --base DN; it holds dc=open,dc=test",
    ]);
    source.extend(base);

    let guards = [
        "WARNING: --allow-cleartext",
        "note: no Active Directory: the server does not tell how often an attribute was \
         written, so an edit of case alone just before a write is not noticed",
        "note: no Active Directory: the server does not keep userPrincipalName unique",
    ];
    desk.on(&source, &["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1)
        .says(&guards)
        .says(&["open.test: 60 entries, 60 judged, 0 skipped, 24 findings"]);
    let mut report = Report::read(&desk.path("findings.csv"));
    for row in 0..report.rows.len() {
        if report.get(row, "PROPOSEDACTION") == "EDIT" {
            report.set(row, "ACTION", "EDIT");
        }
    }
    let shared = report.row("User o0003", "proxyAddresses", "smtp:shared0@contoso.com");
    report.set(shared, "ACTION", "REMOVE");
    report.write(&desk.path("decided.csv"));
    desk.on(&source, &["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&guards)
        .says(&[": 13 done"]);
    let written = differences(&start, &server.dump());
    assert_eq!(written.len(), 13);
    assert_eq!(written["User o0001"], ["- sn:: U3BhY2Ug", "+ sn: Space"]);
    assert_eq!(
        written["User o0003"],
        ["- proxyAddresses: smtp:shared0@contoso.com"]
    );
    desk.on(&source, &["rollback", "--yes"])
        .ends_with(0)
        .says(&guards)
        .says(&[": 13 done"]);
    assert_eq!(server.dump(), start, "all is as it was");

    // Once more, and taken back without this program.
    desk.on(&source, &["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&[": 13 done"]);
    let undo = newest_undo(&desk);
    run(
        "ldapmodify",
        &[
            "-x",
            "-H",
            &server.url,
            "-D",
            ADMIN,
            "-w",
            "secret",
            "-f",
            &undo,
        ],
    );
    assert_eq!(server.dump(), start, "all is as it was");
}

#[tokio::test]
async fn a_name_that_another_entry_bears_by_now_is_not_written_to() {
    let desk = Desk::new();
    let server = Slapd::start(&desk);
    let start = server.dump();
    let (host, port) = server
        .url
        .rsplit_once('/')
        .and_then(|(_, address)| address.split_once(':'))
        .expect("an address");
    let directory = LdapDirectory::new(LdapConfig {
        label: "open".to_owned(),
        entrance: Entrance::Host(host.to_owned()),
        port: port.parse().expect("a number"),
        protection: Protection::Cleartext,
        ca_cert: None,
        credentials: Credentials::Password {
            user: ADMIN.to_owned(),
            password: SecretString::from("secret"),
        },
        bases: vec![DistinguishedName::from_server(ROOT)],
        dc: Vec::new(),
        ..config()
    });
    let directory = Directory::Ldap(directory.expect("a usable configuration"));
    let forest = directory.discover().await.expect("a forest");
    let wanted = Identity::Guid(ObjectGuid::from_bytes(&[5; 16]).expect("16 bytes"));
    let change = Change::between(
        AttributeName::known("displayName"),
        true,
        Vec::new(),
        vec![Value::from("Five")],
    );
    let change = change.expect("a difference");
    let write = async |name: &str| {
        let dn = DistinguishedName::from_server(format!("cn=User {name},{ROOT}"));
        let changes = std::slice::from_ref(&change);
        let written = directory.modify(&forest.domains[0], (&wanted, &dn), changes);
        written.await
    };
    match write("o0006").await {
        Err(ModifyError::Refused {
            code: 122, reason, ..
        }) => assert!(reason.contains("belongs to another entry"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(server.dump(), start);
    write("o0005").await.expect("done");
    let written = differences(&start, &server.dump());
    assert_eq!(
        written.into_iter().collect::<Vec<_>>(),
        [(
            "User o0005".to_owned(),
            vec!["+ displayName: Five".to_owned()]
        )]
    );
}
