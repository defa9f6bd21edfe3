use std::io::Write as _;

use super::*;
use crate::model::{DistinguishedName, Value};

const TWO_DOMAINS: &str = "\
dn: DC=corp,DC=contoso,DC=com
objectClass: domainDNS

dn: CN=Anna,OU=Staff,DC=corp,DC=contoso,DC=com
objectClass: user
mail: anna@contoso.com
sn: A

dn: CN=Bert,OU=Staff,DC=emea,DC=corp,DC=contoso,DC=com
objectClass: user
mail: bert@contoso.com

dn: CN=www\\,DC=x,OU=Odd,dc=Corp,dc=contoso,dc=com
objectClass: user
mail: odd@contoso.com

dn: CN=Partitions,CN=Configuration,DC=corp,DC=contoso,DC=com
uPNSuffixes: contoso.com
uPNSuffixes: Contoso.net

dn: DC=www,DC=corp.contoso.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=corp,DC=contoso,DC=com
objectClass: dnsNode
";

fn file(text: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    file
}

fn open(files: &[&tempfile::NamedTempFile]) -> LdifDirectory {
    LdifDirectory::open(
        None,
        files.iter().map(|file| file.path().to_owned()).collect(),
    )
}

fn request(domain: &Domain, filter: &str) -> SearchRequest {
    SearchRequest {
        base: domain.naming_context.clone(),
        filter: filter.to_owned(),
        attributes: vec![AttributeName::known("mail")],
        page_size: 2,
    }
}

async fn search(directory: &LdifDirectory, domain: &Domain, filter: &str) -> Vec<Entry> {
    let mut search = directory
        .search(domain, request(domain, filter))
        .await
        .unwrap();
    let mut entries = Vec::new();
    while let Some(page) = search.next_page().await.unwrap() {
        let (page, _) = page.take_all();
        assert!(page.len() <= 2);
        entries.extend(page);
    }
    entries
}

fn mails(entries: &[Entry]) -> Vec<&str> {
    entries
        .iter()
        .filter_map(|entry| entry.text("mail"))
        .collect()
}

#[tokio::test]
async fn one_file_may_hold_several_domains() {
    let file = file(TWO_DOMAINS.as_bytes());
    let directory = open(&[&file]);
    let forest = directory.discover().await.unwrap();
    let names: Vec<_> = forest
        .domains
        .iter()
        .map(|domain| domain.dns_name.as_str())
        .collect();
    assert_eq!(names, ["corp.contoso.com", "emea.corp.contoso.com"]);
    assert_eq!(forest.name, "corp.contoso.com");
    assert_eq!(forest.upn_suffixes, ["contoso.com", "contoso.net"]);

    let root = search(&directory, &forest.domains[0], "(objectClass=*)").await;
    assert_eq!(root.len(), 3);
    assert_eq!(mails(&root), ["anna@contoso.com", "odd@contoso.com"]);
    let child = search(&directory, &forest.domains[1], "(objectClass=user)").await;
    assert_eq!(mails(&child), ["bert@contoso.com"]);
}

#[tokio::test]
async fn a_search_gives_what_was_asked_for_and_filters_by_more() {
    let file = file(TWO_DOMAINS.as_bytes());
    let directory = open(&[&file]);
    let forest = directory.discover().await.unwrap();
    let found = search(&directory, &forest.domains[0], "(sn=a)").await;
    assert_eq!(mails(&found), ["anna@contoso.com"]);
    assert_eq!(found[0].attributes().len(), 1);

    let mut below = request(&forest.domains[0], "(mail=*)");
    below.base = DistinguishedName::from_server("ou=odd,DC=corp,DC=contoso,DC=com");
    let mut search = directory.search(&forest.domains[0], below).await.unwrap();
    let page = search.next_page().await.unwrap().unwrap();
    assert_eq!(mails(&page.take_all().0), ["odd@contoso.com"]);
    assert!(search.next_page().await.unwrap().is_none());

    let server_only = request(&forest.domains[0], "(mail>=a)");
    let refused = directory.search(&forest.domains[0], server_only).await;
    assert!(matches!(refused, Err(DirectoryError::Filter(_))));
}

#[tokio::test]
async fn several_files_are_one_forest() {
    let staff = file(b"dn: CN=A,DC=x,DC=test\nmail: a@x.test\n");
    let more = file(b"dn: CN=B,DC=x,DC=test\nmail: b@x.test\n");
    let directory = open(&[&staff, &more]);
    let forest = directory.discover().await.unwrap();
    assert_eq!(forest.domains.len(), 1);
    let found = search(&directory, &forest.domains[0], "(mail=*)").await;
    assert_eq!(mails(&found), ["a@x.test", "b@x.test"]);
}

#[tokio::test]
async fn an_export_without_domain_components_is_read_by_its_top() {
    let file = file(b"dn: o=Acme\n\ndn: cn=A,o=acme\nmail: a@x.test\n");
    let directory = open(&[&file]);
    let forest = directory.discover().await.unwrap();
    assert_eq!(forest.domains[0].dns_name, "o=Acme");
    assert_eq!(
        search(&directory, &forest.domains[0], "(mail=*)")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn an_entry_is_read_by_guid_or_by_name() {
    let file =
        file(b"dn: CN=A,DC=x,DC=test\nobjectGUID:: MTIzNDU2Nzg5MGFiY2RlZg==\nmail: a@x.test\n");
    let directory = open(&[&file]);
    let forest = directory.discover().await.unwrap();
    let domain = &forest.domains[0];
    let name = DistinguishedName::from_server("cn=a, dc=X,dc=test");
    let guid = crate::model::ObjectGuid::from_bytes(b"1234567890abcdef").unwrap();
    for identity in [Identity::Dn(name), Identity::Guid(guid)] {
        let mail = AttributeName::known("mail");
        let entry = directory
            .read(domain, &identity, &[mail])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(entry.attributes().len(), 1);
        assert_eq!(entry.values("mail"), [Value::from("a@x.test")]);
    }
    let absent = Identity::Dn(DistinguishedName::from_server("CN=B,DC=x,DC=test"));
    assert_eq!(directory.read(domain, &absent, &[]).await.unwrap(), None);
}

#[tokio::test]
async fn of_a_large_group_only_the_range_is_kept() {
    let mut text = b"dn: CN=G,DC=x,DC=test\nobjectClass: group\n".to_vec();
    for member in 0..50 {
        writeln!(text, "member: CN=u{member},DC=x,DC=test").unwrap();
    }
    let file = file(&text);
    let directory = open(&[&file]);
    let forest = directory.discover().await.unwrap();
    let by_class = "(objectClass=group)";
    let by_member = "(member=cn=U7,dc=x,dc=test)";
    for (asked, filter, expected) in [
        ("member;range=49-49", by_class, 1),
        ("member;range=50-50", by_class, 0),
        ("member;range=48-*", by_member, 2),
    ] {
        let asked = AttributeName::known(asked);
        let request = SearchRequest {
            attributes: vec![asked.clone()],
            ..request(&forest.domains[0], filter)
        };
        let mut search = directory.search(&forest.domains[0], request).await.unwrap();
        let page = search.next_page().await.unwrap().unwrap();
        let (entries, _) = page.take_all();
        assert_eq!(entries[0].values(asked.as_str()).len(), expected);
        assert!(!entries[0].has("member"));
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_at_once() {
    let missing = LdifDirectory::open(None, vec![PathBuf::from("no such file.ldif")]);
    assert!(matches!(
        missing.discover().await,
        Err(DirectoryError::File { .. })
    ));
    let empty = file(b"version: 1\n\n");
    assert!(matches!(
        open(&[&empty]).discover().await,
        Err(DirectoryError::Unusable(_))
    ));
    let broken = file(b"dn: CN=a,DC=x\ncn: a\n\ncn: b\n");
    assert!(matches!(
        open(&[&broken]).discover().await,
        Err(DirectoryError::Malformed { line: 4, .. })
    ));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    fn a_glance_at_a_name_sees_what_a_closer_look_sees(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "CN=a", "cn=Configuration", "OU=b\\,DC=x", "OU=Configuration", "DC=emea",
                "CN=DC=x", "OU=c, CN=d", "x",
            ]),
            0..4,
        ),
        top in proptest::sample::select(vec!["DC=x,DC=test", "dc=X,dc=Test", "DC=x, DC=test", "o=y"]),
    ) {
        let domain = Domain {
            dns_name: "x.test".into(),
            naming_context: DistinguishedName::from_server("DC=x,DC=test"),
            host: String::new(),
        };
        let name = parts.into_iter().chain([top]).collect::<Vec<_>>().join(",");
        let closer = crate::directory::select::belongs_to(
            &DistinguishedName::from_server(name.as_str()),
            &domain,
        );
        proptest::prop_assert_eq!(DomainOfName::new(&domain).has(&name), closer, "{}", name);
    }
}
