//! The built program against a server that misbehaves.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ldap3_proto::proto::{LdapOp, LdapResultCode, LdapSearchScope};

use crate::server::{Act, Asked, Server, done, entry, result, send_entry};

/// The password that the program is given; nobody may ever see it again.
pub(crate) const PASSWORD: &str = "Geheim-4711!";

/// What the program did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) talk: String,
    /// The CN of each row of the report.
    pub(crate) rows: Vec<String>,
}

impl Ran {
    /// It ended with this exit code and said this.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, sentences: &[&str]) {
        for sentence in sentences {
            assert!(
                self.talk.contains(sentence),
                "{sentence}\n---\n{}",
                self.talk
            );
        }
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.talk);
    }

    /// The same, and no row is doubled.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32, sentences: &[&str]) {
        self.says(code, sentences);
        let once: BTreeSet<&String> = self.rows.iter().collect();
        assert_eq!(
            once.len(),
            self.rows.len(),
            "rows are doubled: {:?}",
            self.rows
        );
    }
}

/// Runs `idmend scan` on the server.
pub(crate) async fn scan(server: &Server, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("rows.csv");
    let report = report.to_str().expect("a name");
    let arguments: Vec<&str> = ["scan", "--output", report]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    run(server, folder.path(), &arguments).await
}

/// Runs the program on the server, with its state in `folder`; the rows are
/// those of `rows.csv` in it.
pub(crate) async fn run(server: &Server, folder: &Path, arguments: &[&str]) -> Ran {
    ended(start(server, folder, arguments), folder).await
}

/// Starts the program as [`run`] does.
pub(crate) fn start(server: &Server, folder: &Path, arguments: &[&str]) -> Child {
    let url = format!("ldap://{}", server.address);
    let source = ["--server", &url, "--allow-cleartext"];
    start_by(folder, &[arguments, &source].concat())
}

/// Starts the program on the source that the arguments name.
pub(crate) fn start_by(folder: &Path, arguments: &[&str]) -> Child {
    command(folder, arguments).spawn().expect("the program")
}

/// The program, ready to start.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idmend"));
    command
        .args(arguments)
        .args(["--user", "admin@x"])
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env("IDMEND_STATE_DIR", folder.join("state"))
        .env("IDMEND_PASSWORD", PASSWORD)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end of what [`start`] started.
pub(crate) async fn ended(program: Child, folder: &Path) -> Ran {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        let output = program.wait_with_output().expect("an end");
        let rows = std::fs::read_to_string(folder.join("rows.csv")).unwrap_or_default();
        Ran {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            talk: String::from_utf8_lossy(&output.stderr).into_owned(),
            rows: rows
                .lines()
                .skip(1)
                .filter_map(|line| Some(line.split("CN=").nth(1)?.split(',').next()?.to_owned()))
                .collect(),
        }
    })
    .await
    .expect("the program")
}

/// Whether a request is for a page of a scan.
pub(crate) fn is_page(asked: &Asked) -> bool {
    matches!(&asked.message.op, LdapOp::SearchRequest(search)
        if search.scope == LdapSearchScope::Subtree
            && search.attrs.iter().any(|name| name == "proxyAddresses"))
}

/// What a domain controller answers beside pages.
pub(crate) fn controller(asked: &Asked, name: &str) -> Option<Vec<Act>> {
    match &asked.message.op {
        LdapOp::SearchRequest(search) if search.base.is_empty() => {
            let root = entry(
                "",
                &[
                    ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
                    ("supportedControl", &["1.2.840.113556.1.4.319"]),
                    ("defaultNamingContext", &["DC=x"]),
                    ("rootDomainNamingContext", &["DC=x"]),
                    ("configurationNamingContext", &["CN=Configuration,DC=x"]),
                    ("dsServiceName", &[name]),
                ],
            );
            Some(vec![
                Act::Send(root, Vec::new()),
                done(LdapResultCode::Success),
            ])
        }
        LdapOp::SearchRequest(search) if search.base.starts_with("CN=Sites") => Some(vec![
            send_entry(
                "CN=TWO,CN=Servers",
                &[
                    ("dNSHostName", &["127.0.0.2"]),
                    ("serverReference", &["CN=TWO,OU=Domain Controllers,DC=x"]),
                ],
            ),
            done(LdapResultCode::Success),
        ]),
        LdapOp::ExtendedRequest(_) => {
            let refusal = result(LdapResultCode::ProtocolError, "no such operation");
            let response = ldap3_proto::proto::LdapExtendedResponse {
                res: refusal,
                name: None,
                value: None,
            };
            Some(vec![Act::Send(
                LdapOp::ExtendedResponse(response),
                Vec::new(),
            )])
        }
        _ => None,
    }
}
