//! Signing in with a Kerberos ticket, against a domain controller of its own
//! (`woodgrove.test`): what is read and written through a sealed connection,
//! what is said when there is no ticket, and whether a ticket is bound to the
//! certificate.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use idmend::directory::ldap::LdapConfig;
use idmend::model::{Credentials, Entrance, Protection};

use crate::acceptor;
use crate::forest::{config, connect, search, variable};
use crate::program::{Desk, Report};
use crate::proxy::{self, Random};

/// The controller's own name, which tests/lab/run makes known.
const HOST: &str = "dc1.woodgrove.test";
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3)), 389);
const BASE: &str = "DC=woodgrove,DC=test";

/// Sign-in with the ticket on a port that Kerberos seals.
fn sealed(port: u16) -> LdapConfig {
    LdapConfig {
        label: format!("ldap://{HOST}:{port}"),
        entrance: Entrance::Host(HOST.to_owned()),
        port,
        protection: Protection::Sealed,
        credentials: Credentials::Kerberos { principal: None },
        dc: Vec::new(),
        ..config()
    }
}

/// The flags for the same.
fn source(url: &str) -> Vec<String> {
    ["--server", url, "--auth", "kerberos"]
        .map(str::to_owned)
        .to_vec()
}

/// What OpenLDAP's client reads with the same ticket.
fn ldapsearch(filter: &str, attributes: &[&str]) -> String {
    let output = Command::new("ldapsearch")
        .args(["-N", "-Q", "-Y", "GSSAPI", "-LLL", "-o", "ldif-wrap=no"])
        .args(["-E", "pr=500/noprompt", "-H", &format!("ldap://{HOST}")])
        .args(["-b", BASE, filter])
        .args(attributes)
        .output()
        .expect("ldapsearch is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("LDIF")
}

/// Who is read.
const PEOPLE: &str = "(|(objectClass=user)(objectClass=contact))";

/// The names of all people, sorted, as OpenLDAP's client finds them.
fn people() -> Vec<String> {
    let ldif = ldapsearch(PEOPLE, &["1.1"]);
    let names = ldif.lines().filter_map(|line| line.strip_prefix("dn: "));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    assert!(names.len() > 5_000, "{}", names.len());
    names
}

/// All people through a connection, page by page; an error ends it.
async fn read(config: LdapConfig, page_size: u32) -> Vec<String> {
    let (directory, forest) = connect(config).await;
    let attributes = ["objectGUID", "cn", "proxyAddresses", "userPrincipalName"];
    let domain = &forest.domains[0];
    let found = search(&directory, domain, PEOPLE, &attributes, page_size).await;
    let mut names: Vec<String> = found.iter().map(|entry| entry.dn.to_string()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_sealed_connection_reads_what_ldapsearch_reads() {
    let (_, forest) = connect(sealed(389)).await;
    assert_eq!(forest.name, "woodgrove.test");
    assert_eq!(forest.identity.as_deref(), Some("idmend@WOODGROVE.TEST"));
    let expected = people();
    assert_eq!(read(sealed(389), 1000).await, expected);
}

#[tokio::test]
async fn a_ticket_opens_a_connection_within_tls_too() {
    let expected = people();
    for (port, protection) in [(636, Protection::Ldaps), (389, Protection::StartTls)] {
        let config = LdapConfig {
            protection,
            ..sealed(port)
        };
        assert_eq!(read(config, 1000).await, expected, "{protection:?}");
    }
}

/// Reads everything through the proxy, again and again; none may be missing
/// and none may be doubled. `tests/lab/run --sealed-runs 50` is the long form.
#[tokio::test]
async fn a_stream_that_is_cut_anywhere_loses_nothing() {
    let runs: u64 = variable("IDMEND_LAB_SEALED_RUNS")
        .parse()
        .expect("a number");
    let seed: u64 = variable("IDMEND_LAB_SEED").parse().expect("a number");
    let expected = people();
    let mut random = Random::new(seed);
    for run in 1..=runs {
        let cuts = random.below(u64::MAX);
        let page_size = u32::try_from(random.below(990) + 10).expect("a small number");
        let port = proxy::start(ADDRESS, cuts, None).await;
        let found = read(sealed(port), page_size).await;
        assert_eq!(found.len(), expected.len(), "seed {seed}, run {run}");
        assert_eq!(found, expected, "seed {seed}, run {run}");
    }
    println!(
        "{runs} sealed runs of {} entries, each found once in every run; seed {seed}",
        expected.len()
    );
}

/// Reads through a proxy that ends every connection in the middle: the scan is
/// partial and says so, or it failed before anything was read.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_in_the_middle_is_never_a_whole_scan() {
    let long: u64 = variable("IDMEND_LAB_SEALED_RUNS")
        .parse()
        .expect("a number");
    // Each is a run of the whole program.
    let runs = long.div_ceil(2);
    let seed: u64 = variable("IDMEND_LAB_SEED").parse().expect("a number");
    let mut random = Random::new(seed.wrapping_add(1));
    let mut partial = 0;
    for run in 1..=runs {
        // Every other run gets beyond discovery for certain.
        let least = if run % 2 == 1 { 600_000 } else { 0 };
        let limit = least + random.below(1_200_000 - least);
        let limit = usize::try_from(limit).expect("a small number");
        let port = proxy::start(ADDRESS, random.below(u64::MAX), Some(limit)).await;
        let ran = tokio::task::spawn_blocking(move || {
            Desk::new().on(&source(&format!("ldap://{HOST}:{port}")), &["scan"])
        });
        let ran = ran.await.expect("the program");
        let about = format!("seed {seed}, run {run}, {limit} bytes:\n{}", ran.talk);
        match ran.code {
            Some(4) => {
                partial += 1;
                assert!(ran.talk.contains("partial"), "{about}");
            }
            // Before discovery was over, or before the first page was.
            Some(3) => assert!(
                ran.talk.contains("error: ") || ran.talk.contains("nothing could be read"),
                "{about}"
            ),
            other => panic!("exit {other:?}, {about}"),
        }
    }
    assert!(partial > 0, "no run came far enough, seed {seed}");
    println!(
        "{runs} runs that ended in the middle: {partial} partial, the others failed; seed {seed}"
    );
}

#[test]
fn a_change_is_written_and_taken_back_through_a_sealed_connection() {
    let desk = Desk::new();
    let source = source(&format!("ldap://{HOST}"));
    let name = || ldapsearch("(sAMAccountName=k0002)", &["displayName"]);
    let before = name();
    assert!(
        before.contains("displayName:: IExlYWRpbmcgazAwMDI="),
        "{before}"
    );
    desk.on(&source, &["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1)
        .says(&["signed in as idmend@WOODGROVE.TEST"]);
    let mut report = Report::read(&desk.path("findings.csv"));
    let row = report.row("User k0002", "displayName", " Leading k0002");
    report.set(row, "ACTION", "EDIT");
    report.set(row, "UPDATE", "Leading k0002");
    report.write(&desk.path("decided.csv"));
    let decided = desk.name("decided.csv");
    desk.on(&source, &["apply", &decided, "--yes"]).ends_with(0);
    assert!(name().contains("displayName: Leading k0002"), "{}", name());
    desk.on(&source, &["rollback", "--yes"]).ends_with(0);
    assert_eq!(name(), before);
}

#[test]
fn each_fault_of_a_ticket_is_said_with_its_way_out() {
    let desk = Desk::new();
    let url = format!("ldap://{HOST}");
    let nowhere = desk.name("no-tickets");
    for (url, variables, said) in [
        (
            url.as_str(),
            &[("KRB5CCNAME", nowhere.as_str())][..],
            "no Kerberos sign-in at dc1.woodgrove.test:389: there is no Kerberos ticket; \
             get one with kinit NAME@REALM, or sign in with a password (--auth simple) (",
        ),
        (
            "ldap://127.0.0.3",
            &[],
            "no Kerberos sign-in at 127.0.0.3:389: Kerberos knows servers by name, not by \
             address; use the domain controller's DNS name instead of 127.0.0.3",
        ),
        (
            "ldap://alias.woodgrove.test",
            &[],
            "no Kerberos sign-in at alias.woodgrove.test:389: the domain knows no service of \
             that name; use the domain controller's own DNS name, not an address, an alias or \
             the domain's name (",
        ),
    ] {
        let mut command = desk.command(&["scan"]);
        command.args(source(url)).envs(variables.iter().copied());
        let output = command.output().expect("the program");
        let talk = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(3), "{talk}");
        assert!(talk.contains(said), "{talk}");
    }
    let other = [
        source(&url),
        ["--user", "nobody@WOODGROVE.TEST"]
            .map(str::to_owned)
            .to_vec(),
    ];
    desk.on(&other.concat(), &["scan"])
        .ends_with(3)
        .says(&["there is no ticket of that name; klist shows those there are"]);
}

/// A controller that enforces channel binding: it has the controller's own key
/// and certificate, and takes a ticket only with the token that it expects.
#[tokio::test]
async fn within_tls_the_ticket_is_bound_to_the_certificate() {
    for is_right in [true, false] {
        let certificate = fs::read(variable("IDMEND_LAB_KERBEROS_CERT")).expect("a file");
        let key = fs::read(variable("IDMEND_LAB_KERBEROS_KEY")).expect("a file");
        let acceptor = acceptor::start(ADDRESS.ip(), &certificate, &key, is_right).await;
        let config = LdapConfig {
            protection: Protection::Ldaps,
            ca_cert: Some(PathBuf::from(variable("IDMEND_LAB_CA"))),
            ..sealed(acceptor.port)
        };
        let directory = idmend::directory::ldap::LdapDirectory::new(config).expect("a directory");
        let said = directory
            .discover()
            .await
            .expect_err("no directory")
            .to_string();
        let judged = acceptor.judged.await.expect("a verdict");
        assert_eq!(judged.is_ok(), is_right, "{judged:?}, {said}");
        assert_eq!(
            said.contains("the ticket is bound to another certificate than the controller's"),
            !is_right,
            "{said}"
        );
    }
}
