use super::*;
use crate::model::{ObjectClass, Value};

const ANNA: &str = "CN=Anna,OU=Sales,DC=x,DC=test";
const BERT: &str = "CN=Bert,DC=child,DC=x,DC=test";

fn entry(dn: &str, attributes: &[(&'static str, &[&str])]) -> Entry {
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    for (name, values) in attributes {
        entry.add(
            AttributeName::known(name),
            values.iter().copied().map(Value::from),
        );
    }
    entry
}

fn directory() -> MemoryDirectory {
    let addresses: &[&str] = &["SMTP:anna@x.test", "smtp:a@x.test"];
    MemoryDirectory::new(
        "x.test",
        &["x.test", "child.x.test"],
        vec![
            entry(
                ANNA,
                &[
                    ("objectClass", &["top", "person", "user"]),
                    ("objectGUID", &["aaaaaaaaaaaaaaaa"]),
                    ("userPrincipalName", &["anna@x.test"]),
                    ("sAMAccountName", &["anna"]),
                    ("mail", &["anna@x.test"]),
                    ("proxyAddresses", addresses),
                ],
            ),
            entry(
                BERT,
                &[
                    ("objectClass", &["top", "person", "user"]),
                    ("userPrincipalName", &["bert@x.test"]),
                    ("sAMAccountName", &["bert"]),
                ],
            ),
            entry(
                "CN=Partitions,CN=Configuration,DC=x,DC=test",
                &[("uPNSuffixes", &["Contoso.com"])],
            ),
        ],
    )
}

fn by_name(dn: &str) -> Identity {
    Identity::Dn(DistinguishedName::from_server(dn))
}

fn change(attribute: &'static str, delete: &[&str], add: &[&str]) -> Change {
    let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
    Change {
        attribute: AttributeName::known(attribute),
        single_valued: false,
        before: Vec::new(),
        after: Vec::new(),
        delete: values(delete),
        add: values(add),
        shared: Vec::new(),
    }
}

async fn modify(
    directory: &MemoryDirectory,
    dn: &str,
    changes: &[Change],
) -> Result<(), ModifyError> {
    let forest = directory.discover().await.unwrap();
    let name = DistinguishedName::from_server(dn);
    let domain = forest
        .domains
        .iter()
        .find(|domain| belongs_to(&name, domain))
        .unwrap();
    directory.modify(domain, &by_name(dn), changes).await
}

/// The code and the Windows error with which a change of Anna is refused.
async fn refusal(changes: &[Change]) -> (u32, String) {
    let directory = directory();
    let before = directory.dump();
    match modify(&directory, ANNA, changes).await {
        Err(ModifyError::Refused { code, text, .. }) => {
            assert_eq!(
                directory.dump(),
                before,
                "a refused request changes nothing"
            );
            (code, text.chars().take(8).collect())
        }
        other => panic!("{other:?}"),
    }
}

async fn search(directory: &MemoryDirectory, domain: usize, filter: &str) -> Vec<String> {
    let forest = directory.discover().await.unwrap();
    let domain = &forest.domains[domain];
    let request = SearchRequest {
        base: domain.naming_context.clone(),
        filter: filter.to_owned(),
        attributes: vec![AttributeName::known("mail")],
        page_size: 1,
    };
    let mut search = directory.search(domain, request).await.unwrap();
    let mut names = Vec::new();
    while let Some(page) = search.next_page().await.unwrap() {
        let (page, _) = page.take_all();
        assert!(page.len() <= 1);
        names.extend(page.iter().map(|entry| entry.common_name().into_owned()));
    }
    names
}

#[tokio::test]
async fn each_domain_gives_its_own_entries_only() {
    let directory = directory();
    assert_eq!(search(&directory, 0, "(objectClass=*)").await, ["Anna"]);
    assert_eq!(search(&directory, 1, "(objectClass=*)").await, ["Bert"]);
    assert!(search(&directory, 1, "(mail=*)").await.is_empty());
    let forest = directory.discover().await.unwrap();
    assert_eq!(forest.upn_suffixes, ["contoso.com"]);
}

#[tokio::test]
async fn a_read_returns_what_was_asked_for() {
    let directory = directory();
    let forest = directory.discover().await.unwrap();
    let guid = entry(ANNA, &[("objectGUID", &["aaaaaaaaaaaaaaaa"])]).identity();
    let asked = [
        AttributeName::known("MAIL"),
        AttributeName::known("proxyAddresses;range=1-*"),
    ];
    let read = directory.read(&forest.domains[0], &guid, &asked).await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.attributes().len(), 2);
    assert_eq!(read.text("mail"), Some("anna@x.test"));
    assert_eq!(read.text("proxyAddresses;range=1-*"), Some("smtp:a@x.test"));
    assert_eq!(read.class(), ObjectClass::Other);
    let elsewhere = directory.read(&forest.domains[1], &guid, &asked).await;
    assert_eq!(elsewhere.unwrap(), None);
}

#[tokio::test]
async fn deleting_and_adding_the_same_value_in_another_case_is_one_request() {
    let directory = directory();
    let promote = change("proxyAddresses", &["smtp:A@x.test"], &["SMTP:a@x.test"]);
    modify(&directory, ANNA, &[promote]).await.unwrap();
    let anna = &directory.entries()[0];
    let texts: Vec<_> = anna
        .values("proxyAddresses")
        .iter()
        .map(Value::as_text)
        .collect();
    assert_eq!(texts, [Some("SMTP:anna@x.test"), Some("SMTP:a@x.test")]);
}

#[tokio::test]
async fn the_schema_is_kept_as_active_directory_keeps_it() {
    let long = "x".repeat(257);
    for (changes, code, error) in [
        (change("mail", &["b@x.test"], &["c@x.test"]), 16, "00002085"),
        (change("mail", &[], &["c@x.test"]), 20, "00002083"),
        (change("sn", &[], &["A", "B"]), 19, "00002081"),
        (
            change("proxyAddresses", &[], &["SMTP:A@x.test"]),
            20,
            "00002083",
        ),
        (
            change("mail", &["anna@x.test"], &[long.as_str()]),
            19,
            "00002082",
        ),
        (
            change("userPrincipalName", &["anna@x.test"], &["Bert@x.test"]),
            19,
            "000021C8",
        ),
    ] {
        assert_eq!(refusal(&[changes]).await, (code, error.to_owned()));
    }
}

#[tokio::test]
async fn a_request_is_carried_out_wholly_or_not_at_all() {
    let good = change("mail", &["anna@x.test"], &["new@x.test"]);
    let bad = change("proxyAddresses", &["smtp:absent@x.test"], &[]);
    assert_eq!(refusal(&[good, bad]).await.0, 16);
}

#[tokio::test]
async fn account_names_are_unique_within_their_domain_only() {
    let directory = directory();
    let rename = change("sAMAccountName", &["anna"], &["BERT"]);
    modify(&directory, ANNA, std::slice::from_ref(&rename))
        .await
        .unwrap();
    assert!(directory.edit(&by_name(BERT), |bert| {
        bert.dn = DistinguishedName::from_server("CN=Bert,DC=x,DC=test");
    }));
    let again = change("sAMAccountName", &["BERT"], &["bert"]);
    let refused = modify(&directory, ANNA, &[again]).await;
    assert!(
        matches!(&refused, Err(ModifyError::Refused { code: 68, text, .. }) if text.starts_with("00002071")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_entry_that_is_gone_is_no_such_object() {
    let directory = directory();
    assert!(directory.remove(&by_name(ANNA)));
    let refused = modify(&directory, ANNA, &[change("mail", &[], &["a@x.test"])]).await;
    assert!(matches!(
        refused,
        Err(ModifyError::Refused { code: 32, .. })
    ));
}

#[tokio::test]
async fn faults_strike_at_the_operation_they_are_set_for() {
    let write = || change("mail", &["anna@x.test"], &["new@x.test"]);
    let directory = directory();
    let before = directory.dump();
    let modify = async || modify(&directory, ANNA, &[write()]).await;

    directory.inject(Operation::Modify, 1, Fault::NotSent);
    directory.inject(Operation::Modify, 2, Fault::AnswerLost { applied: false });
    directory.inject(
        Operation::Modify,
        3,
        Fault::Refused {
            code: 51,
            text: "busy".into(),
        },
    );
    directory.inject(Operation::Modify, 4, Fault::AnswerLost { applied: true });
    assert!(matches!(modify().await, Err(ModifyError::NotSent(_))));
    assert!(matches!(modify().await, Err(ModifyError::NoAnswer(_))));
    assert!(matches!(
        modify().await,
        Err(ModifyError::Refused { code: 51, .. })
    ));
    assert_eq!(directory.dump(), before);
    assert!(matches!(modify().await, Err(ModifyError::NoAnswer(_))));
    assert_ne!(directory.dump(), before);
    assert_eq!(directory.count(Operation::Modify), 4);
}

#[tokio::test]
async fn a_foreign_edit_makes_the_guard_refuse() {
    let directory = directory();
    let edit = |directory: &MemoryDirectory| {
        directory.edit(&by_name(ANNA), |anna| {
            anna.set(
                &AttributeName::known("mail"),
                vec![Value::from("else@x.test")],
            );
        });
    };
    directory.inject(Operation::Modify, 1, Fault::foreign_edit(edit));
    let write = change("mail", &["anna@x.test"], &["new@x.test"]);
    let refused = modify(&directory, ANNA, &[write]).await;
    assert!(matches!(
        refused,
        Err(ModifyError::Refused { code: 16, .. })
    ));
}

#[tokio::test]
async fn a_kill_stops_the_caller_before_or_after_the_write() {
    for applied in [false, true] {
        let directory = directory();
        let before = directory.dump();
        directory.inject(Operation::Modify, 1, Fault::Killed { applied });
        let write = [change("mail", &["anna@x.test"], &["new@x.test"])];
        tokio::select! {
            () = directory.killed() => {}
            returned = modify(&directory, ANNA, &write) => panic!("{returned:?}"),
        }
        assert_eq!(directory.dump() != before, applied);
    }
}

#[tokio::test]
async fn reads_and_pages_can_be_slow_or_fail() {
    let directory = directory();
    let pause = std::time::Duration::from_millis(20);
    directory.inject(Operation::Page, 1, Fault::Slow(pause));
    let started = std::time::Instant::now();
    assert_eq!(search(&directory, 0, "(mail=*)").await, ["Anna"]);
    assert!(started.elapsed() >= pause);

    let forest = directory.discover().await.unwrap();
    directory.inject(Operation::Read, 1, Fault::NotSent);
    let read = directory
        .read(&forest.domains[0], &by_name(ANNA), &[])
        .await;
    assert!(matches!(read, Err(DirectoryError::Unreachable { .. })));
}
