//! `idmend doctor` where something on the way is wrong: the step, what was
//! found, what to do about it, and the exit code.

use std::net::{SocketAddr, TcpListener};

use ldap3_proto::proto::{LdapOp, LdapResultCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::faults::user;
use crate::names::Names;
use crate::program::{Ran, command, controller, ended, run, start_by};
use crate::server::{Act, Server, done, page_end, send_entry};

/// The doctor's words on a source that the arguments name.
async fn doctor(source: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [&["doctor"][..], source].concat();
    ended(start_by(folder.path(), &arguments), folder.path()).await
}

impl Ran {
    /// It ended with this exit code and found this, line by line.
    #[track_caller]
    fn found(&self, code: i32, lines: &[&str]) {
        let mut rest = self.out.as_str();
        for line in lines {
            let after = rest.split_once(line).map(|(_, after)| after);
            assert!(after.is_some(), "{line}\n---\n{}{}", self.out, self.talk);
            rest = after.unwrap_or_default();
        }
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.talk);
    }
}

/// A port of an address where nobody listens.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_refuses_is_said_with_what_to_look_at() {
    let url = format!("ldaps://{}", closed_port());
    doctor(&["--server", &url]).await.found(
        3,
        &[
            "ok    DNS          127.0.0.1 is 127.0.0.1\n",
            "WRONG port         no connection to 127.0.0.1:",
            "refused",
            "\n                   -> check the host, the port and the firewall: LDAPS is 636, LDAP \
             with --starttls 389\n",
        ],
    );
}

/// A server that answers the first message of TLS with the alert
/// `handshake_failure` (RFC 5246, 7.2), as one does that shares no cipher.
async fn old_server() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let alert = [0x15, 3, 3, 0, 2, 2, 40];
            stream.write_all(&alert).await.ok();
            // A connection that is closed on what it has not read is reset,
            // and what it sent may be lost.
            let mut hello = Vec::new();
            stream.read_to_end(&mut hello).await.ok();
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_old_for_tls_is_named_with_the_ways_out() {
    let url = format!("ldaps://{}", old_server().await);
    let sentence = "no shared TLS version or cipher: idmend needs TLS 1.2 or 1.3 with ECDHE and \
                    AES-GCM, which Windows Server offers from 2016 on";
    let ways = "Kerberos on port 389 (--auth kerberos), or an export with ldifde (--ldif)";
    doctor(&["--server", &url])
        .await
        .found(3, &["WRONG port  ", sentence, ways]);
    let folder = tempfile::tempdir().expect("a folder");
    let scan = start_by(folder.path(), &["scan", "--server", &url]);
    ended(scan, folder.path()).await.says(3, &[sentence, ways]);
}

#[tokio::test(flavor = "multi_thread")]
async fn controllers_come_from_the_name_server_that_is_named_and_the_site_is_looked_for() {
    let names = Names::default()
        .service("_ldap._tcp.dc._msdcs.x.example", 0, "far.x.example")
        .service(
            "_ldap._tcp.Graz._sites.dc._msdcs.x.example",
            0,
            "near.x.example",
        )
        // Addresses of this computer where no directory listens.
        .host("far.x.example", [127, 0, 0, 77])
        .host("near.x.example", [127, 0, 0, 78]);
    let server = names.serve().await.to_string();
    let source = ["--domain", "x.example", "--dns-server", &server];
    let in_graz = [&source[..], &["--site", "Graz"]].concat();
    doctor(&in_graz).await.found(
        3,
        &[
            "ok    DNS          x.example has the controllers near.x.example, far.x.example\n",
            "WRONG controller   no connection to near.x.example:636: ",
            "-> check the host, the port and the firewall",
        ],
    );
    let in_linz = [&source[..], &["--site", "Linz"]].concat();
    doctor(&in_linz).await.found(
        3,
        &[
            "ok    DNS          x.example has the controllers far.x.example\n",
            "note  DNS          DNS knows no domain controller of x.example in the site Linz",
            "-> look at the site's name in Active Directory Sites and Services\n",
            "WRONG controller   no connection to far.x.example:636: ",
        ],
    );
    let unknown = ["--domain", "y.example", "--dns-server", &server];
    doctor(&unknown).await.found(
        3,
        &[
            "WRONG DNS          no SRV record _ldap._tcp.dc._msdcs.y.example\n",
            "-> name the domain's name server with --dns-server, or a controller with --server",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_source_the_domain_of_this_computer_is_looked_for() {
    let names = Names::default()
        .service("_ldap._tcp.dc._msdcs.own.example", 0, "dc.own.example")
        .host("dc.own.example", [127, 0, 0, 77]);
    let server = names.serve().await.to_string();
    for (own, code, lines) in [
        (
            "own.example",
            3,
            [
                "ok    DNS          own.example has the controllers dc.own.example\n",
                "WRONG controller   no connection to dc.own.example:636: ",
            ],
        ),
        (
            "unknown.example",
            3,
            [
                "WRONG DNS          ",
                "-> name the domain's name server with --dns-server",
            ],
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = command(folder.path(), &["doctor", "--dns-server", &server]);
        let program = command.env("USERDNSDOMAIN", own).spawn();
        let ran = ended(program.expect("the program"), folder.path()).await;
        ran.found(code, &lines);
    }
}

/// A controller with this on its clock and these in its schema, of which the
/// account sees so many users.
async fn odd(clock: &'static str, schema: &'static [&'static str], users: usize) -> Server {
    Server::start(move |asked| {
        let LdapOp::SearchRequest(search) = &asked.message.op else {
            return controller(asked, "one");
        };
        let success = || done(LdapResultCode::Success);
        if search.base.is_empty() {
            let root = send_entry(
                "",
                &[
                    (
                        "supportedCapabilities",
                        &["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1920"],
                    ),
                    ("defaultNamingContext", &["DC=x"]),
                    ("rootDomainNamingContext", &["DC=x"]),
                    ("configurationNamingContext", &["CN=Configuration,DC=x"]),
                    ("schemaNamingContext", &["CN=Schema,CN=Configuration,DC=x"]),
                    ("dnsHostName", &["branch.x"]),
                    ("dsServiceName", &["one"]),
                    ("currentTime", &[clock]),
                ],
            );
            return Some(vec![root, success()]);
        }
        if search.base.starts_with("CN=Schema") {
            let known = |name: &&str| {
                let dn = format!("CN={name},CN=Schema,CN=Configuration,DC=x");
                let flags: &[&str] = if *name == "canonicalName" {
                    &["4"]
                } else {
                    &[]
                };
                send_entry(
                    &dn,
                    &[
                        ("lDAPDisplayName", &[*name]),
                        ("isSingleValued", &["TRUE"]),
                        ("systemFlags", flags),
                    ],
                )
            };
            return Some(schema.iter().map(known).chain([success()]).collect());
        }
        if search.base == "DC=x" && search.attrs.iter().any(|name| name == "mail") {
            let all = (0..users).map(user).chain([page_end(b"")]);
            return Some(all.collect::<Vec<Act>>());
        }
        controller(asked, "one")
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_schema_and_a_controller_that_only_reads_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = &["mail", "userPrincipalName", "sAMAccountName"];
    let late = odd("20010101000000.0Z", schema, 2).await;
    run(&late, folder.path(), &["doctor"]).await.found(
        1,
        &[
            "note  TLS          none: the password and all data cross the network readable\n",
            "-> use ldaps://, --starttls or --auth kerberos\n",
            "ok    sign-in      accepted as admin@x\n",
            "note  signing      neither: a controller that requires signing refuses this sign-in",
            "note  server       branch.x is a read-only domain controller: it refuses every write\n",
            "-> name another with --server or --dc DOMAIN=HOST before you apply\n",
            "note  paging       the server does not page",
            "WRONG clock        the server's clock is ",
            " s behind this computer's\n",
            "-> Kerberos takes 5 minutes at most: set this computer's clock by the domain's\n",
            "ok    domain       x is read on branch.x\n",
            "note  schema       without Exchange's attributes (mailNickname, targetAddress)",
            "ok    paging       x: 2 users in 1 pages of 50 at most\n",
            "ok    read rights  x: of 2 users, sAMAccountName of 2, userPrincipalName of 2, mail \
             of 2, proxyAddresses of 0\n",
        ],
    );
    let empty = odd("20010101000000.0Z", schema, 0).await;
    run(&empty, folder.path(), &["doctor"]).await.found(
        3,
        &[
            "WRONG read rights  x: no user is visible to this account\n",
            "-> sign in with an account that may list and read the domain, or check --base\n",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_filter_tests_in_vain_and_what_the_schema_lacks_is_said_by_a_scan() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = &[
        "mail",
        "userPrincipalName",
        "sAMAccountName",
        "proxyAddresses",
        "canonicalName",
    ];
    let server = odd("20010101000000.0Z", schema, 60).await;
    let filter = "(|(mail=*)(mial=*)(canonicalName=x/*))";
    let ran = run(&server, folder.path(), &["scan", "--filter", filter]).await;
    ran.says(
        1,
        &[
            "x: the filter tests mial, which the schema does not have: that part matches nothing",
            "x: the filter tests canonicalName, which the server computes for each entry and as a \
             rule does not search by: that part may match nothing",
            "the schema has no mailNickname, targetAddress",
            "x: no entry shows a value of proxyAddresses: either none has one, or this account \
             may not read it",
        ],
    );
    assert!(!ran.talk.contains("the filter tests mail,"), "{}", ran.talk);
    let sent = server.count(|op| match op {
        LdapOp::SearchRequest(search) => format!("{:?}", search.filter).contains("mial"),
        _ => false,
    });
    assert!(sent > 0, "it is asked as it was given");
}
