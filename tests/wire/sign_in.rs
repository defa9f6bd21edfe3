//! Signing in: once, never anonymously, and to one controller.

use idmend::directory::ldap::{LdapConfig, LdapDirectory};
use idmend::directory::{Directory, DirectoryError};
use idmend::model::{Credentials, DistinguishedName, Identity};
use ldap3_proto::proto::{LdapOp, LdapResultCode};
use secrecy::SecretString;

use crate::server::{Act, Server, bound, done};
use crate::{config, directory, domain, names, read_all};

fn someone() -> Identity {
    Identity::Dn(DistinguishedName::from_server("CN=a,DC=x"))
}

#[tokio::test]
async fn a_refused_sign_in_is_not_tried_again_by_anything() {
    let server = Server::start(|asked| {
        matches!(asked.message.op, LdapOp::BindRequest(_)).then(|| {
            let text = "80090308: LdapErr: DSID-0C09041C, comment: \
                        AcceptSecurityContext error, data 775, v4563";
            vec![bound(LdapResultCode::InvalidCredentials, text)]
        })
    })
    .await;
    let directory = directory(&server);
    let said = format!(
        "{} refused the sign-in of admin@x: the account is locked out; \
         have it unlocked before trying again",
        server.address
    );
    // At once, so that they race for the connection.
    let (domain, someone, names) = (domain(), someone(), names(&["cn"]));
    let (a, b, c) = tokio::join!(
        read_all(&directory),
        directory.read(&domain, &someone, &names),
        directory.discover(),
    );
    assert_eq!(a.1.as_ref(), Some(&said));
    assert_eq!(b.expect_err("a refusal").to_string(), said);
    assert_eq!(c.expect_err("a refusal").to_string(), said);
    let again = directory.read(&domain, &someone, &names).await;
    assert_eq!(again.expect_err("a refusal").to_string(), said);
    assert_eq!(server.binds(), 1);
}

#[tokio::test]
async fn a_sign_in_without_an_answer_is_the_last() {
    let server = Server::start(|asked| {
        matches!(asked.message.op, LdapOp::BindRequest(_)).then(|| vec![Act::Close])
    })
    .await;
    let directory = directory(&server);
    for _ in 0..3 {
        assert!(
            directory
                .read(&domain(), &someone(), &names(&["cn"]))
                .await
                .is_err()
        );
    }
    assert_eq!(server.binds(), 1);
}

#[tokio::test]
async fn an_empty_name_or_password_is_not_sent() {
    let server = Server::start(|_| None).await;
    for (user, password) in [("admin@x", ""), ("  ", "secret")] {
        let config = LdapConfig {
            credentials: Credentials::Password {
                user: user.to_owned(),
                password: SecretString::from(password),
            },
            ..config(&server)
        };
        let error = LdapDirectory::new(config).expect_err("a refusal");
        assert!(matches!(error, DirectoryError::Unusable(_)), "{error}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn another_controller_behind_the_same_name_is_refused() {
    let server = Server::start(|asked| match &asked.message.op {
        LdapOp::SearchRequest(search) if search.base.is_empty() => {
            let service = format!("controller {}", asked.connection);
            let root = Act::Send(Server::root(&service), Vec::new());
            Some(vec![root, done(LdapResultCode::Success)])
        }
        LdapOp::SearchRequest(_) => Some(vec![Act::Close]),
        _ => None,
    })
    .await;
    let error = directory(&server)
        .read(&domain(), &someone(), &names(&["cn"]))
        .await
        .expect_err("another controller");
    assert_eq!(
        error.to_string(),
        format!(
            "{} is another domain controller now (controller 1, before controller 0); \
             name one controller instead of a name that several share",
            server.address
        )
    );
}

#[tokio::test]
async fn a_server_that_is_no_active_directory_asks_for_a_base() {
    let root = || {
        let contexts: &[&str] = &["dc=example,dc=org", "cn=other"];
        crate::server::entry("", &[("namingContexts", contexts)])
    };
    let server = Server::start(move |asked| match &asked.message.op {
        LdapOp::SearchRequest(search) if search.base.is_empty() => Some(vec![
            Act::Send(root(), Vec::new()),
            done(LdapResultCode::Success),
        ]),
        LdapOp::ExtendedRequest(_) => Some(vec![Act::Close]),
        _ => None,
    })
    .await;
    let error = directory(&server).discover().await.expect_err("no base");
    assert_eq!(
        error.to_string(),
        format!(
            "{} is no Active Directory: say what to read with --base DN; \
             it holds dc=example,dc=org and cn=other",
            server.address
        )
    );
    let with_base = LdapConfig {
        bases: vec![DistinguishedName::from_server("dc=example,dc=org")],
        ..config(&server)
    };
    let directory = Directory::Ldap(LdapDirectory::new(with_base).expect("usable"));
    let forest = directory.discover().await.expect("a forest");
    assert_eq!(forest.domains[0].dns_name, "example.org");
    assert_eq!(forest.identity.as_deref(), Some("admin@x"));
}
