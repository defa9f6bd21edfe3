//! What a scan asks of a domain controller beside its pages: alternate UPN
//! suffixes, and how large groups are.

use std::sync::Arc;

use idmend::model::Forest;
use idmend::rule::{Judge, Settings, SyncEngine, file};
use idmend::scan::{ScanOptions, ScanResult, ScanSource, scan};
use ldap3_proto::proto::{LdapFilter, LdapOp, LdapSearchRequest, LdapSearchScope};
use tokio_util::sync::CancellationToken;

use crate::directory;
use crate::server::{Act, Asked, Server, done, page_end, send_entry};

fn question(asked: &Asked) -> Option<&LdapSearchRequest> {
    match &asked.message.op {
        LdapOp::SearchRequest(search) => Some(search),
        _ => None,
    }
}

fn success() -> Act {
    done(ldap3_proto::proto::LdapResultCode::Success)
}

/// The rootDSE of a forest of one domain, with a configuration.
fn root() -> Vec<Act> {
    let root = send_entry(
        "",
        &[
            ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
            (
                "supportedControl",
                &["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.1339"],
            ),
            ("defaultNamingContext", &["DC=x"]),
            ("rootDomainNamingContext", &["DC=x"]),
            ("configurationNamingContext", &["CN=Configuration,DC=x"]),
            ("dsServiceName", &["one"]),
        ],
    );
    vec![root, success()]
}

fn asks_for_suffixes(filter: &LdapFilter) -> bool {
    match filter {
        LdapFilter::And(parts) => parts.iter().any(asks_for_suffixes),
        LdapFilter::Present(name) => name.eq_ignore_ascii_case("uPNSuffixes"),
        _ => false,
    }
}

/// A forest whose suffixes stand in both places, and groups of all sizes.
fn answer(asked: &Asked) -> Option<Vec<Act>> {
    let search = question(asked)?;
    match (search.base.as_str(), &search.scope) {
        ("", _) => Some(root()),
        ("CN=Partitions,CN=Configuration,DC=x", LdapSearchScope::Base) => Some(vec![
            send_entry(
                "CN=Partitions,CN=Configuration,DC=x",
                &[("uPNSuffixes", &["Contoso.com", "fabrikam.com"])],
            ),
            success(),
        ]),
        ("DC=x", LdapSearchScope::Subtree) if asks_for_suffixes(&search.filter) => Some(vec![
            send_entry("OU=Sales,DC=x", &[("uPNSuffixes", &["sales.contoso.com"])]),
            send_entry("OU=Labs,DC=x", &[("uPNSuffixes", &["FABRIKAM.com"])]),
            page_end(b""),
        ]),
        ("DC=x", LdapSearchScope::Subtree) => Some(groups(&search.attrs)),
        _ => None,
    }
}

/// Groups as a server sends them that is asked for one member by its number:
/// the value with the range as it is, or as the last one; none at all; and, from
/// a server that knows no ranges, all members.
fn groups(asked: &[String]) -> Vec<Act> {
    let ranged = asked.iter().find(|name| name.starts_with("member;range="));
    let Some(first) = ranged.and_then(|name| name.split(['=', '-']).nth(1)) else {
        return vec![page_end(b"")];
    };
    let group = |name: &str, member: Option<String>| {
        let dn = format!("CN={name},DC=x");
        let guid = format!("{name:0>16}");
        let mut attributes: Vec<(&str, &[&str])> = Vec::new();
        let values = [guid.as_str()];
        attributes.push(("objectGUID", &values));
        attributes.push(("objectClass", &["top", "group"]));
        attributes.push(("groupType", &["-2147483646"]));
        if let Some(described) = &member {
            attributes.push((described, &["CN=one more,DC=x"]));
        }
        send_entry(&dn, &attributes)
    };
    vec![
        group("huge", Some(format!("member;range={first}-{first}"))),
        group("one-over", Some(format!("member;range={first}-*"))),
        group("small", None),
        group("odd", Some("member".to_owned())),
        page_end(b""),
    ]
}

async fn scanned(server: &Server, settings: Settings) -> ScanResult {
    let rules = file::read("entra").expect("the rules of the program");
    let judge = Arc::new(Judge::new(Arc::new(rules), settings));
    let directory = directory(server);
    let forest: Forest = directory.discover().await.expect("a forest");
    let source = ScanSource {
        forest,
        directory: Arc::new(directory),
    };
    let options = ScanOptions::default();
    let cancel = CancellationToken::new();
    scan(&[source], &judge, &options, &|_| (), &cancel)
        .await
        .expect("a scan")
}

/// The names under which anything was asked for that begins with `member`.
fn members_asked_for(server: &Server) -> Vec<String> {
    let asked = server.asked();
    let names = asked.iter().filter_map(question).flat_map(|search| {
        let all = search.attrs.iter().any(|name| name == "*");
        assert!(!all && !search.attrs.is_empty(), "everything was asked for");
        search.attrs.iter()
    });
    let mut names: Vec<String> = names
        .filter(|name| name.to_lowercase().starts_with("member"))
        .cloned()
        .collect();
    names.dedup();
    names
}

#[tokio::test]
async fn suffixes_of_the_forest_and_of_units_are_read() {
    let server = Server::start(answer).await;
    let forest = directory(&server).discover().await.expect("a forest");
    assert_eq!(
        forest.upn_suffixes,
        ["contoso.com", "fabrikam.com", "sales.contoso.com"]
    );
}

#[tokio::test]
async fn a_server_that_gives_no_suffixes_is_no_fault() {
    let server = Server::start(|asked| {
        let search = question(asked)?;
        let refused = search.base == "DC=x" && search.scope == LdapSearchScope::Subtree;
        if refused {
            let code = ldap3_proto::proto::LdapResultCode::InsufficentAccessRights;
            return Some(vec![done(code)]);
        }
        (search.base.is_empty()).then(root)
    })
    .await;
    let forest = directory(&server).discover().await.expect("a forest");
    assert!(forest.upn_suffixes.is_empty());
}

#[tokio::test]
async fn the_size_of_a_group_is_asked_for_and_its_members_are_never_read() {
    let server = Server::start(answer).await;
    let result = scanned(&server, Settings::default()).await;
    let over: Vec<String> = result
        .findings
        .iter()
        .filter(|finding| finding.place.attribute.is("member"))
        .map(|finding| result.snapshot.dn(finding.entry).to_string())
        .collect();
    assert_eq!(over, ["CN=huge,DC=x", "CN=one-over,DC=x"]);
    assert_eq!(members_asked_for(&server), ["member;range=250000-250000"]);
}

#[tokio::test]
async fn cloud_sync_takes_smaller_groups() {
    let server = Server::start(answer).await;
    let settings = Settings {
        sync_engine: SyncEngine::CloudSync,
        ..Settings::default()
    };
    let result = scanned(&server, settings).await;
    assert_eq!(result.findings.len(), 2);
    assert_eq!(members_asked_for(&server), ["member;range=50000-50000"]);
}
