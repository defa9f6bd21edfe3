//! The directory interface against a real Active Directory.

use std::path::PathBuf;

use idmend::directory::ldap::{LdapConfig, LdapDirectory};
use idmend::directory::{Directory, DirectoryError, ModifyError};
use idmend::model::{
    AttributeName, Change, Credentials, DistinguishedName, Domain, Entrance, Entry, Fingerprint,
    Forest, Identity, ObjectGuid, Protection, SourceKind, Value,
};
use secrecy::SecretString;

use crate::forest::{config, connect, ldapsearch, search, variable};

fn names(names: &[&'static str]) -> Vec<AttributeName> {
    names.iter().copied().map(AttributeName::known).collect()
}

fn values(texts: &[&str]) -> Vec<Value> {
    texts.iter().copied().map(Value::from).collect()
}

fn change(attribute: &'static str, before: &[Value], after: &[Value]) -> Change {
    let single_valued = attribute == "displayName";
    let name = AttributeName::known(attribute);
    Change::between(name, single_valued, before.to_vec(), after.to_vec()).expect("a difference")
}

/// One entry of the root domain by its sAMAccountName.
async fn entry(directory: &Directory, forest: &Forest, account: &str) -> (Domain, Entry) {
    let domain = forest.domains[0].clone();
    let filter = format!("(sAMAccountName={account})");
    let mut found = search(
        directory,
        &domain,
        &filter,
        &["objectGUID", "proxyAddresses", "displayName"],
        10,
    )
    .await;
    assert_eq!(found.len(), 1, "{account}");
    (domain, found.remove(0))
}

#[tokio::test]
async fn discovery_finds_both_domains_the_suffixes_and_the_schema() {
    let (_, forest) = connect(config()).await;
    assert_eq!(forest.kind, SourceKind::ActiveDirectory);
    assert_eq!(forest.name, "contoso.test");
    let found: Vec<_> = forest
        .domains
        .iter()
        .map(|domain| {
            (
                domain.dns_name.as_str(),
                domain.naming_context.as_str(),
                domain.host.as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("contoso.test", "DC=contoso,DC=test", "dc1.contoso.test"),
            (
                "emea.contoso.test",
                "DC=emea,DC=contoso,DC=test",
                "dc1.emea.contoso.test"
            ),
        ]
    );
    assert_eq!(forest.notes, Vec::<String>::new());
    let mut suffixes = forest.upn_suffixes.clone();
    suffixes.sort();
    assert_eq!(suffixes, ["contoso.com", "fabrikam.example"]);
    assert_eq!(forest.identity, Some(variable("IDMEND_LAB_USER")));
    let schema = |name| forest.schema.attribute(&AttributeName::known(name));
    assert!(schema("mailNickname").single_valued);
    assert_eq!(schema("mailNickname").range_upper, Some(64));
    assert!(!schema("proxyAddresses").single_valued);
    assert_eq!(schema("proxyAddresses").range_upper, Some(1123));
    assert_eq!(schema("homeMDB").range_upper, None);
}

#[tokio::test]
async fn a_domain_that_cannot_be_reached_stays_listed_with_a_note() {
    let mut config = config();
    config.dc = vec![("emea.contoso.test".to_owned(), "127.0.0.9".to_owned())];
    let (directory, forest) = connect(config).await;
    assert_eq!(forest.domains.len(), 2);
    assert_eq!(forest.notes.len(), 1, "{:?}", forest.notes);
    assert!(
        forest.notes[0].starts_with(
            "the domain emea.contoso.test could not be reached: no connection to 127.0.0.9:636"
        ),
        "{}",
        forest.notes[0]
    );
    let identity = Identity::Guid(ObjectGuid::from_bytes(&[7; 16]).expect("16 bytes"));
    let read = directory.read(&forest.domains[1], &identity, &[]).await;
    assert!(
        matches!(read, Err(DirectoryError::Unreachable { .. })),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_controller_of_another_domain_is_not_taken_for_the_one_that_is_wanted() {
    let mut config = config();
    config.dc = vec![("emea.contoso.test".to_owned(), "127.0.0.1".to_owned())];
    let (_, forest) = connect(config).await;
    assert_eq!(
        forest.notes,
        [
            "the domain emea.contoso.test could not be reached: 127.0.0.1:636 is a controller of \
          DC=contoso,DC=test, not of DC=emea,DC=contoso,DC=test; choose one with --dc DOMAIN=HOST"
        ]
    );
}

#[tokio::test]
async fn both_domains_hold_what_ldapsearch_finds_there() {
    let (directory, forest) = connect(config()).await;
    for (domain, host) in forest.domains.iter().zip(["127.0.0.1", "127.0.0.2"]) {
        for filter in [
            "(objectClass=*)",
            "(&(objectCategory=person)(objectClass=user)(proxyAddresses=*))",
            "(|(objectClass=group)(objectClass=contact))",
        ] {
            let expected = ldapsearch(host, domain.naming_context.as_str(), filter);
            assert!(expected.len() > 10, "{filter}");
            // A size that does not divide the number of entries.
            let found = search(&directory, domain, filter, &["objectGUID", "cn"], 77).await;
            assert!(found.iter().all(|entry| entry.guid().is_some()));
            let mut found: Vec<_> = found.iter().map(|entry| entry.dn.to_string()).collect();
            found.sort();
            assert_eq!(found, expected, "{filter} in {}", domain.dns_name);
        }
    }
}

#[tokio::test]
async fn start_tls_protects_port_389() {
    let config = LdapConfig {
        port: 389,
        protection: Protection::StartTls,
        ..config()
    };
    let (directory, forest) = connect(config).await;
    assert_eq!(forest.notes, Vec::<String>::new());
    let (_, entry) = entry(&directory, &forest, "c0001").await;
    assert!(entry.has("displayName"));
}

async fn refusal(config: LdapConfig) -> String {
    let directory = LdapDirectory::new(config).expect("a usable configuration");
    let error = directory.discover().await.expect_err("a refusal");
    error.to_string()
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    for (port, protection) in [(636, Protection::Ldaps), (389, Protection::StartTls)] {
        let config = LdapConfig {
            port,
            protection,
            ca_cert: Some(PathBuf::from(variable("IDMEND_LAB_OTHER_CA"))),
            ..config()
        };
        let said = refusal(config.clone()).await;
        let (reason, fingerprint) = said.split_once("--pin ").expect("a fingerprint");
        assert_eq!(
            reason,
            format!(
                "the certificate of 127.0.0.1:{port} was not accepted: it was issued by an \
                 authority that this computer does not trust; give that authority's certificate \
                 with --ca-cert FILE; or, once you have compared the fingerprint at the server, "
            )
        );
        let pinned = |pin| LdapConfig {
            ca_cert: None,
            pins: vec![pin],
            ..config.clone()
        };
        let pin = Fingerprint::parse(fingerprint).expect("what was shown");
        let (_, forest) = connect(pinned(pin)).await;
        assert_eq!(
            forest.notes.len(),
            1,
            "the other controller has another certificate"
        );
        assert_eq!(
            refusal(pinned(Fingerprint::of(b"another"))).await,
            format!(
                "the certificate of 127.0.0.1:{port} was not accepted: it is not one that --pin \
                 names; its SHA-256 is {fingerprint}"
            )
        );
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let config = LdapConfig {
        entrance: Entrance::Host("localhost".to_owned()),
        ..config()
    };
    let said = refusal(config).await;
    assert!(
        said.starts_with(
            "the certificate of localhost:636 was not accepted: it is not for the name \
             localhost; use the name that the certificate carries; or, "
        ),
        "{said}"
    );
}

#[tokio::test]
async fn any_certificate_will_do_only_if_asked_for() {
    let config = LdapConfig {
        insecure: true,
        ca_cert: None,
        ..config()
    };
    let (_, forest) = connect(config).await;
    assert_eq!(forest.domains.len(), 2);
}

#[tokio::test]
async fn a_password_in_the_clear_is_refused_with_what_to_do() {
    let config = LdapConfig {
        port: 389,
        protection: Protection::Cleartext,
        ..config()
    };
    assert_eq!(
        refusal(config).await,
        "127.0.0.1:389 refused the sign-in of idmend@contoso.test: it takes a password only over \
         a protected connection; use ldaps:// or --starttls"
    );
}

#[tokio::test]
async fn tls_on_the_port_for_start_tls_says_so() {
    let config = LdapConfig {
        port: 389,
        ..config()
    };
    let said = refusal(config).await;
    assert!(
        said.starts_with("no connection to 127.0.0.1:389: "),
        "{said}"
    );
}

/// How many wrong passwords the controllers count for the account that the
/// test below mistypes.
async fn wrong_passwords() -> i64 {
    let (directory, forest) = connect(config()).await;
    let mut count = 0;
    for domain in &forest.domains {
        let filter = "(sAMAccountName=mistyped)";
        let found = search(&directory, domain, filter, &["badPwdCount"], 10).await;
        count += found[0].integer("badPwdCount").unwrap_or_default();
    }
    count
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_nowhere_else() {
    let before = wrong_passwords().await;
    let config = LdapConfig {
        credentials: Credentials::Password {
            user: variable("IDMEND_LAB_MISTYPED_USER"),
            password: SecretString::from("wrong"),
        },
        ..config()
    };
    let directory = LdapDirectory::new(config).expect("a usable configuration");
    let said = "127.0.0.1:636 refused the sign-in of mistyped@contoso.test: \
                the name or the password is wrong";
    for _ in 0..3 {
        let error = directory.discover().await.expect_err("a refusal");
        assert_eq!(error.to_string(), said);
    }
    let domain = Domain {
        dns_name: "emea.contoso.test".to_owned(),
        naming_context: idmend::model::DistinguishedName::from_server("DC=emea,DC=contoso,DC=test"),
        host: "127.0.0.2".to_owned(),
    };
    let identity = Identity::Guid(ObjectGuid::from_bytes(&[7; 16]).expect("16 bytes"));
    let error = directory
        .read(&domain, &identity, &[])
        .await
        .expect_err("a refusal");
    assert_eq!(error.to_string(), said);
    assert_eq!(wrong_passwords().await, before + 1);
}

#[tokio::test]
async fn an_entry_is_read_and_written_by_its_guid() {
    let (directory, forest) = connect(config()).await;
    let (domain, before) = entry(&directory, &forest, "c0008").await;
    let old = before.values("displayName").to_vec();
    let forth = change("displayName", &old, &values(&["Renamed ü"]));
    directory
        .modify(
            &domain,
            (&before.identity(), &before.dn),
            std::slice::from_ref(&forth),
        )
        .await
        .expect("a modification");
    let read = directory
        .read(&domain, &before.identity(), &names(&["displayName"]))
        .await
        .expect("an answer")
        .expect("the entry");
    assert_eq!(read.dn, before.dn);
    assert_eq!(read.values("displayName"), values(&["Renamed ü"]));
    directory
        .modify(
            &domain,
            (&before.identity(), &before.dn),
            &[forth.inverse()],
        )
        .await
        .expect("the way back");
    let (_, after) = entry(&directory, &forest, "c0008").await;
    assert_eq!(after.values("displayName"), old);
}

#[tokio::test]
async fn a_value_that_has_changed_meanwhile_makes_the_server_refuse_all_of_it() {
    let (directory, forest) = connect(config()).await;
    let (domain, before) = entry(&directory, &forest, "c0009").await;
    let changes = [
        change("proxyAddresses", &[], &values(&["smtp:new@contoso.com"])),
        change("displayName", &values(&["Not there"]), &values(&["New"])),
    ];
    match directory
        .modify(&domain, (&before.identity(), &before.dn), &changes)
        .await
    {
        Err(ModifyError::Refused { code, reason, .. }) => {
            assert_eq!(code, 16);
            assert!(
                reason.starts_with("the value to replace is no longer there"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    let (_, after) = entry(&directory, &forest, "c0009").await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_case_of_a_prefix_can_be_changed_in_one_request() {
    let (directory, forest) = connect(config()).await;
    let (domain, before) = entry(&directory, &forest, "c0010").await;
    let old = before.values("proxyAddresses").to_vec();
    let swapped: Vec<Value> = old
        .iter()
        .map(|value| match value.as_text() {
            Some("SMTP:c0010@contoso.com") => Value::from("smtp:c0010@contoso.com"),
            Some("smtp:c0010.alias@contoso.com") => Value::from("SMTP:c0010.alias@contoso.com"),
            _ => value.clone(),
        })
        .collect();
    let forth = change("proxyAddresses", &old, &swapped);
    assert_eq!((forth.delete.len(), forth.add.len()), (2, 2));
    let sorted = |values: &[Value]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    for (step, expected) in [(&forth, &swapped), (&forth.inverse(), &old)] {
        directory
            .modify(
                &domain,
                (&before.identity(), &before.dn),
                std::slice::from_ref(step),
            )
            .await
            .expect("a modification");
        let (_, now) = entry(&directory, &forest, "c0010").await;
        assert_eq!(sorted(now.values("proxyAddresses")), sorted(expected));
    }
}

#[tokio::test]
async fn a_user_principal_name_in_use_is_refused_in_plain_words() {
    let (directory, forest) = connect(config()).await;
    let domain = &forest.domains[0];
    let attributes = ["objectGUID", "userPrincipalName"];
    let found = search(
        &directory,
        domain,
        "(sAMAccountName=c0020)",
        &attributes,
        10,
    )
    .await;
    let name = AttributeName::known("userPrincipalName");
    let taken = values(&["c0018@contoso.com"]);
    let change = Change::between(
        name,
        true,
        found[0].values("userPrincipalName").to_vec(),
        taken,
    )
    .expect("a difference");
    match directory
        .modify(domain, (&found[0].identity(), &found[0].dn), &[change])
        .await
    {
        Err(ModifyError::Refused {
            code: 19,
            reason,
            text,
        }) => {
            assert!(reason.contains("in use"), "{reason} / {text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_entry_that_is_not_there_is_none_to_read_and_refused_to_write() {
    let (directory, forest) = connect(config()).await;
    let nobody = Identity::Guid(ObjectGuid::from_bytes(&[7; 16]).expect("16 bytes"));
    let domain = &forest.domains[0];
    assert_eq!(
        directory
            .read(domain, &nobody, &names(&["cn"]))
            .await
            .expect("an answer"),
        None
    );
    let changes = [change("displayName", &[], &values(&["x"]))];
    let name = DistinguishedName::from_server("CN=nobody,DC=contoso,DC=test");
    match directory.modify(domain, (&nobody, &name), &changes).await {
        Err(ModifyError::Refused {
            code: 32, reason, ..
        }) => {
            assert!(reason.starts_with("there is no such entry"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}
