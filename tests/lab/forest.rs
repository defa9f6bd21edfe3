//! How to reach the lab's forest, and what only its own tools can tell.

use std::path::PathBuf;
use std::process::Command;

use idmend::directory::ldap::{LdapConfig, LdapDirectory, Timeouts};
use idmend::directory::{Directory, SearchRequest};
use idmend::model::{AttributeName, Credentials, Domain, Entrance, Entry, Forest, Protection};
use secrecy::SecretString;

/// A variable that `tests/lab/run` sets.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: start these tests with tests/lab/run"))
}

/// Sign-in over LDAPS with everything right.
pub(crate) fn config() -> LdapConfig {
    let dc = variable("IDMEND_LAB_DC");
    let (domain, host) = dc.split_once('=').expect("DOMAIN=HOST");
    LdapConfig {
        label: variable("IDMEND_LAB_URL"),
        entrance: Entrance::Host(variable("IDMEND_LAB_HOST")),
        site: None,
        dns_server: None,
        port: 636,
        protection: Protection::Ldaps,
        ca_cert: Some(PathBuf::from(variable("IDMEND_LAB_CA"))),
        pins: Vec::new(),
        insecure: false,
        credentials: Credentials::Password {
            user: variable("IDMEND_LAB_USER"),
            password: SecretString::from(variable("IDMEND_LAB_PASSWORD")),
        },
        bases: Vec::new(),
        dc: vec![(domain.to_owned(), host.to_owned())],
        timeouts: Timeouts::default(),
    }
}

/// The forest, discovered.
pub(crate) async fn connect(config: LdapConfig) -> (Directory, Forest) {
    let directory = Directory::Ldap(LdapDirectory::new(config).expect("a usable configuration"));
    let forest = directory.discover().await.expect("the lab answers");
    (directory, forest)
}

/// All entries of a domain that fit a filter.
pub(crate) async fn search(
    directory: &Directory,
    domain: &Domain,
    filter: &str,
    attributes: &[&'static str],
    page_size: u32,
) -> Vec<Entry> {
    let request = SearchRequest {
        base: domain.naming_context.clone(),
        filter: filter.to_owned(),
        attributes: attributes
            .iter()
            .copied()
            .map(AttributeName::known)
            .collect(),
        page_size,
    };
    let mut search = directory.search(domain, request).await.expect("a search");
    let mut entries = Vec::new();
    while let Some(page) = search.next_page().await.expect("a page") {
        let (page, left_out) = page.take_all();
        assert_eq!(left_out, Vec::<String>::new());
        assert!(page.len() <= usize::try_from(page_size).expect("a small number"));
        entries.extend(page);
    }
    entries
}

/// What OpenLDAP's own client finds below `base` on the host of a domain, as
/// unfolded LDIF. `account` begins the names of the variables with who signs in;
/// `asked` is a filter and the attributes.
pub(crate) fn ldapsearch_ldif(
    account: &str,
    (host, base): (&str, &str),
    asked: [&str; 2],
) -> String {
    let output = Command::new("ldapsearch")
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-LLL", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt"])
        .args(["-H", &format!("ldaps://{host}")])
        .args(["-D", &variable(&format!("{account}_USER"))])
        .args(["-w", &variable(&format!("{account}_PASSWORD"))])
        .args(["-b", base])
        .args(asked)
        .output()
        .expect("ldapsearch is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("LDIF")
}

/// The names that it finds.
pub(crate) fn ldapsearch(host: &str, base: &str, filter: &str) -> Vec<String> {
    let mut names: Vec<String> = ldapsearch_ldif("IDMEND_LAB", (host, base), [filter, "1.1"])
        .lines()
        .filter_map(|line| line.strip_prefix("dn: ").map(str::to_owned))
        .collect();
    names.sort();
    names
}
