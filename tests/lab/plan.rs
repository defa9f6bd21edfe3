//! A large plan over both domains, and another client that writes beside it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::forest::variable;
use crate::program::{DOMAINS, Desk, Report};

/// As many entries as [`decide_many`] changes.
pub(crate) const CHANGES: usize = 300;

/// Writes `decided.csv`: a report that changes 300 entries of both domains,
/// by the proposals and, for some sign-in names, by hand.
pub(crate) fn decide_many(desk: &Desk) {
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    let mut names = BTreeSet::new();
    let mut domains = BTreeSet::new();
    // From the end, where the smaller domain is, so that both are in it.
    for row in (0..report.rows.len()).rev() {
        let value = report.get(row, "VALUE").to_owned();
        let update = match value.strip_suffix("@contoso.local") {
            Some(local) => format!("{local}@contoso.com"),
            None if report.get(row, "PROPOSEDACTION") == "EDIT" => {
                report.get(row, "UPDATE").to_owned()
            }
            None => continue,
        };
        if names.len() < CHANGES {
            names.insert(report.get(row, "DISTINGUISHEDNAME").to_owned());
            domains.insert(report.get(row, "DOMAIN").to_owned());
            report.set(row, "UPDATE", &update);
            report.set(row, "ACTION", "EDIT");
        }
    }
    assert_eq!((names.len(), domains.len()), (CHANGES, DOMAINS.len()));
    report.write(&desk.path("decided.csv"));
}

/// OpenLDAP's `ldapmodify`, signed in to a domain controller.
pub(crate) fn ldapmodify(host: &str, more: &[&str]) -> Command {
    let mut command = Command::new("ldapmodify");
    command
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-H", &format!("ldaps://{host}")])
        .args(["-D", &variable("IDMEND_LAB_USER")])
        .args(["-w", &variable("IDMEND_LAB_PASSWORD")])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// The host of the domain that an entry lies in.
fn host_of(dn: &str) -> &'static str {
    let home = DOMAINS.iter().find(|(.., base)| dn.ends_with(base));
    home.map(|(_, host, _)| *host).expect("an entry of the lab")
}

fn record(dn: &str, lines: &str) -> String {
    format!("dn: {dn}\nchangetype: modify\n{lines}\n-\n\n")
}

/// Somebody else who writes: an `ldapmodify` for each domain that takes its
/// records one by one.
pub(crate) struct Somebody {
    clients: Vec<(&'static str, Child, ChildStdin)>,
}

impl Somebody {
    pub(crate) fn new() -> Self {
        let clients = DOMAINS.map(|(_, host, _)| {
            let mut client = ldapmodify(host, &["-c"])
                .stdin(Stdio::piped())
                .spawn()
                .expect("ldapmodify is installed");
            let input = client.stdin.take().expect("an input");
            (host, client, input)
        });
        Self {
            clients: clients.into(),
        }
    }

    /// Sends one change of an entry: `lines` follow `changetype: modify`.
    pub(crate) fn modify(&mut self, dn: &str, lines: &str) {
        let home = host_of(dn);
        let mut clients = self.clients.iter_mut();
        let client = clients.find(|(host, ..)| *host == home);
        let (_, _, input) = client.expect("a client for each domain");
        input
            .write_all(record(dn, lines).as_bytes())
            .expect("a pipe");
        input.flush().expect("a pipe");
    }

    /// Makes one change of an entry before it returns; whether it was made.
    pub(crate) fn modify_at_once(dn: &str, lines: &str) -> bool {
        let mut client = ldapmodify(host_of(dn), &[])
            .stdin(Stdio::piped())
            .spawn()
            .expect("ldapmodify is installed");
        let mut input = client.stdin.take().expect("an input");
        input
            .write_all(record(dn, lines).as_bytes())
            .expect("a pipe");
        drop(input);
        client.wait().expect("an end").success()
    }

    /// Waits until everything that was sent is done; nothing may be refused.
    pub(crate) fn finish(self) {
        for (_, client, input) in self.clients {
            drop(input);
            let output = client.wait_with_output().expect("an end");
            assert!(output.status.success(), "{output:?}");
        }
    }
}
