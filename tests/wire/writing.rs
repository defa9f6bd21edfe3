//! Modifications: refused, not sent and not answered are different things.

use idmend::directory::ModifyError;
use idmend::model::{AttributeName, Change, DistinguishedName, Identity, ObjectGuid, Value};
use ldap3_proto::proto::{LdapModifyType, LdapOp, LdapResultCode};

use crate::server::{Act, Server, done, modified, send_entry};
use crate::{config, directory, domain, lost, names};

fn change() -> Change {
    let name = AttributeName::known("proxyAddresses");
    let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect();
    Change::between(
        name,
        false,
        values(&["smtp:a@x", "smtp:b@x"]),
        values(&["smtp:b@x", "SMTP:A@x"]),
    )
    .expect("a difference")
}

fn dn() -> DistinguishedName {
    DistinguishedName::from_server("CN=a,DC=x")
}

fn guid() -> Identity {
    Identity::Guid(ObjectGuid::parse("6f9619ff-8b86-d011-b42d-00c04fc964ff").expect("a GUID"))
}

#[tokio::test]
async fn one_request_deletes_and_then_adds() {
    let server = Server::start(|_| None).await;
    directory(&server)
        .modify(&domain(), (&guid(), &dn()), &[change()])
        .await
        .expect("done");
    let asked = server.asked();
    let Some(LdapOp::ModifyRequest(request)) = asked.last().map(|asked| &asked.message.op) else {
        panic!("{asked:?}");
    };
    assert_eq!(request.dn, "<GUID=6f9619ff-8b86-d011-b42d-00c04fc964ff>");
    let changes: Vec<_> = request
        .changes
        .iter()
        .map(|change| {
            let values = &change.modification.vals;
            (
                change.operation.clone(),
                change.modification.atype.as_str(),
                values.clone(),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            (
                LdapModifyType::Delete,
                "proxyAddresses",
                vec![b"smtp:a@x".to_vec()]
            ),
            (
                LdapModifyType::Add,
                "proxyAddresses",
                vec![b"SMTP:A@x".to_vec()]
            ),
        ]
    );
    assert_eq!(server.modifies(), 1);
}

#[tokio::test]
async fn a_refusal_keeps_the_server_s_words() {
    let text = "00002085: AtrErr: DSID-03190F80, #1:";
    let server = Server::start(move |asked| {
        matches!(asked.message.op, LdapOp::ModifyRequest(_))
            .then(|| vec![modified(LdapResultCode::NoSuchAttribute, text)])
    })
    .await;
    match directory(&server)
        .modify(&domain(), (&guid(), &dn()), &[change()])
        .await
    {
        Err(ModifyError::Refused {
            code: 16,
            text: said,
            reason,
        }) => {
            assert_eq!(said, text);
            assert!(
                reason.starts_with("the value to replace is no longer there"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_answer_is_no_failure_and_the_write_is_not_repeated() {
    for acts in [
        vec![Act::Close],
        vec![],
        vec![Act::Raw(b"garbage".to_vec())],
    ] {
        let server = Server::start(move |asked| match &asked.message.op {
            LdapOp::ModifyRequest(_) => Some(acts.clone()),
            LdapOp::SearchRequest(search) if search.base.starts_with("<GUID") => {
                let guid: &[&str] = &[];
                let found = send_entry("CN=a,DC=x", &[("cn", &["a"]), ("mail", guid)]);
                Some(vec![found, done(LdapResultCode::Success)])
            }
            _ => None,
        })
        .await;
        let directory = directory(&server);
        let result = directory
            .modify(&domain(), (&guid(), &dn()), &[change()])
            .await;
        assert!(
            matches!(result, Err(ModifyError::NoAnswer(_))),
            "{result:?}"
        );
        assert_eq!((server.modifies(), server.binds()), (1, 1));
        // What settles it is read on a connection of its own.
        let read = directory.read(&domain(), &guid(), &names(&["cn"])).await;
        assert!(read.is_err(), "the entry has no objectGUID: {read:?}");
        assert_eq!((server.modifies(), server.binds()), (1, 2));
    }
}

#[tokio::test]
async fn without_a_connection_nothing_is_sent() {
    let server = Server::start(|_| None).await;
    let mut config = config(&server);
    // The discard port: nothing listens there.
    config.dc = vec![("x".to_owned(), "127.0.0.1:9".to_owned())];
    let directory = idmend::directory::ldap::LdapDirectory::new(config).expect("usable");
    let result = directory
        .modify(&domain(), (&guid(), &dn()), &[change()])
        .await;
    assert!(matches!(result, Err(ModifyError::NotSent(_))), "{result:?}");
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced_before_sending() {
    let server = Server::start(|asked| {
        // The first connection ends after its first read.
        let ends = asked.connection == 0
            && matches!(&asked.message.op, LdapOp::SearchRequest(search) if !search.base.is_empty());
        ends.then(|| vec![done(LdapResultCode::NoSuchObject), Act::Close])
    })
    .await;
    let directory = directory(&server);
    let read = directory.read(&domain(), &guid(), &names(&["cn"])).await;
    assert_eq!(read.expect("an answer"), None);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    directory
        .modify(&domain(), (&guid(), &dn()), &[change()])
        .await
        .expect("done");
    assert_eq!((server.modifies(), server.binds()), (1, 2));
}

#[tokio::test]
async fn a_read_is_repeated_on_fresh_connections_and_then_given_up() {
    let server = Server::start(|asked| {
        matches!(&asked.message.op, LdapOp::SearchRequest(search) if !search.base.is_empty())
            .then(|| vec![Act::Close])
    })
    .await;
    let read = directory(&server)
        .read(&domain(), &guid(), &names(&["cn"]))
        .await;
    assert_eq!(
        read.err().map(|error| error.to_string()),
        Some(lost(&server, "the server closed it"))
    );
    assert_eq!(server.binds(), 3);
}

#[tokio::test]
async fn an_answer_about_another_entry_is_not_taken() {
    let server = Server::start(|asked| {
        matches!(&asked.message.op, LdapOp::SearchRequest(search) if !search.base.is_empty()).then(
            || {
                let other: &[&str] = &["0123456789abcdef"];
                vec![
                    send_entry("CN=b,DC=x", &[("objectGUID", other)]),
                    done(LdapResultCode::Success),
                ]
            },
        )
    })
    .await;
    let read = directory(&server)
        .read(&domain(), &guid(), &names(&["cn"]))
        .await;
    assert_eq!(
        read.expect_err("another entry").to_string(),
        "CN=b,DC=x is not the entry with the objectGUID \
         6f9619ff-8b86-d011-b42d-00c04fc964ff"
    );
}
