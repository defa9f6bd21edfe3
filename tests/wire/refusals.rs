//! What the program says when a domain controller refuses the sign-in, and that
//! it asks no second time; and that the password is seen nowhere.

use std::path::Path;

use base64::Engine as _;
use ldap3_proto::proto::{LdapBindCred, LdapOp, LdapResultCode};

use crate::program::{PASSWORD, controller, is_page, run, scan};
use crate::server::{Act, Asked, Server, bound, done, page_end, send_entry};

/// What `AcceptSecurityContext` says, and what it means.
const CODES: [(&str, &str); 9] = [
    ("525", "there is no such account"),
    ("52e", "the name or the password is wrong"),
    ("530", "the account may not sign in at this time of day"),
    ("531", "the account may not sign in from this computer"),
    ("532", "the password has expired; change it and try again"),
    ("533", "the account is disabled"),
    ("701", "the account has expired"),
    (
        "773",
        "the password must be changed before the first sign-in",
    ),
    (
        "775",
        "the account is locked out; have it unlocked before trying again",
    ),
];

async fn refusing(code: LdapResultCode, text: String) -> Server {
    Server::start(move |asked| {
        matches!(asked.message.op, LdapOp::BindRequest(_)).then(|| vec![bound(code.clone(), &text)])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_an_account_has_its_own_sentence_and_is_final() {
    for (data, sentence) in CODES {
        let text = format!(
            "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data {data}, \
             v4563"
        );
        let server = refusing(LdapResultCode::InvalidCredentials, text).await;
        let ran = scan(&server, &[]).await;
        let said = format!("refused the sign-in of admin@x: {sentence}\n");
        ran.says(3, &[&said, "it was tried once and is not tried again"]);
        assert_eq!(server.binds(), 1, "{data}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_controller_is_no_refusal_of_the_account() {
    let server = refusing(LdapResultCode::Busy, String::new()).await;
    let ran = scan(&server, &[]).await;
    ran.says(3, &["the server is busy; try again later (LDAP 51)"]);
}

/// A server with one user whose mail has a fault.
fn one_user(asked: &Asked) -> Option<Vec<Act>> {
    let user = || {
        send_entry(
            "CN=u,DC=x",
            &[
                ("objectClass", &["top", "user"]),
                ("objectGUID", &["0123456789abcdef"]),
                ("cn", &["u"]),
                ("sAMAccountName", &["u"]),
                ("userPrincipalName", &["u@x.com"]),
                ("displayName", &["U "]),
            ],
        )
    };
    match &asked.message.op {
        _ if is_page(asked) => Some(vec![user(), page_end(b"")]),
        LdapOp::SearchRequest(search) if search.base.starts_with("<GUID") => {
            Some(vec![user(), done(LdapResultCode::Success)])
        }
        _ => controller(asked, "one"),
    }
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).expect("a folder") {
        let path = item.expect("a file").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = std::fs::read(&path).expect("a file");
            found.push((path.display().to_string(), content));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_in_no_output_no_log_and_no_journal() {
    let server = Server::start(one_user).await;
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("rows.csv");
    let report = report.to_str().expect("a name");
    let scanned = run(&server, folder.path(), &["scan", "-o", report]).await;
    scanned.says(0, &["1 finding in 1 object"]);
    let decided = std::fs::read_to_string(report).expect("the report");
    crate::cut::decide(Path::new(report), "U");
    assert_ne!(std::fs::read_to_string(report).expect("it"), decided);
    let applied = run(&server, folder.path(), &["apply", report, "--yes"]).await;
    // The server's entry stays as it was, which the program finds out.
    applied.says(1, &[]);
    let doctor = run(&server, folder.path(), &["doctor"]).await;
    let text = "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 52e";
    let closed = refusing(LdapResultCode::InvalidCredentials, text.to_owned()).await;
    let refused = run(&closed, folder.path(), &["scan", "-o", report]).await;
    refused.says(3, &[]);

    let sent = server.asked().iter().any(|asked| match &asked.message.op {
        LdapOp::BindRequest(bind) => {
            matches!(&bind.cred, LdapBindCred::Simple(password) if password == PASSWORD)
        }
        _ => false,
    });
    assert!(sent, "it is the password that is looked for");
    for ran in [&scanned, &applied, &doctor, &refused] {
        assert!(!ran.out.contains(PASSWORD) && !ran.talk.contains(PASSWORD));
    }
    let found = files(folder.path());
    let names: Vec<&String> = found.iter().map(|(name, _)| name).collect();
    for kind in [".log", ".jsonl", ".csv"] {
        assert!(names.iter().any(|name| name.contains(kind)), "{names:?}");
    }
    // In Base64, too, as a journal writes what is no plain text.
    let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(PASSWORD);
    for (name, content) in &found {
        for secret in [PASSWORD.as_bytes(), encoded.as_bytes()] {
            let has = content.windows(secret.len()).any(|part| part == secret);
            assert!(!has, "{name}");
        }
    }
}
