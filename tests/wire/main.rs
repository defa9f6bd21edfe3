//! The LDAP directory against a server that misbehaves on demand.

#![expect(
    clippy::expect_used,
    reason = "a test's helper fails the test by panicking"
)]

mod cut;
mod discovery;
mod doctor;
// It reads what Linux says of a process.
#[cfg(target_os = "linux")]
mod endless;
mod faults;
mod hostile;
mod late;
mod many;
mod names;
mod odd;
mod paging;
mod program;
mod refusals;
mod scanning;
mod server;
mod sign_in;
mod way;
mod writing;

use std::time::Duration;

use idmend::directory::ldap::{LdapConfig, LdapDirectory, Timeouts};
use idmend::directory::{Directory, DirectoryError, Search, SearchRequest};
use idmend::model::{
    AttributeName, Credentials, DistinguishedName, Domain, Entrance, Entry, Protection,
};
use secrecy::SecretString;

use crate::server::Server;

/// What reaches a server, with time limits that a test can wait for.
fn config(server: &Server) -> LdapConfig {
    LdapConfig {
        label: "the test".to_owned(),
        entrance: Entrance::Host(server.address.ip().to_string()),
        site: None,
        dns_server: None,
        port: server.address.port(),
        protection: Protection::Cleartext,
        ca_cert: None,
        pins: Vec::new(),
        insecure: false,
        credentials: Credentials::Password {
            user: "admin@x".to_owned(),
            password: SecretString::from("secret"),
        },
        bases: Vec::new(),
        dc: vec![("x".to_owned(), server.address.to_string())],
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            operation: Duration::from_millis(400),
            search: Duration::from_millis(400),
            pause: Duration::from_millis(10),
        },
    }
}

fn directory(server: &Server) -> Directory {
    Directory::Ldap(LdapDirectory::new(config(server)).expect("a usable configuration"))
}

fn domain() -> Domain {
    Domain {
        dns_name: "x".to_owned(),
        naming_context: DistinguishedName::from_server("DC=x"),
        host: "127.0.0.1".to_owned(),
    }
}

fn names(names: &[&'static str]) -> Vec<AttributeName> {
    names.iter().copied().map(AttributeName::known).collect()
}

async fn search(directory: &Directory) -> Result<Search, DirectoryError> {
    search_by(directory, 3).await
}

/// The same by pages of another size.
async fn search_by(directory: &Directory, page_size: u32) -> Result<Search, DirectoryError> {
    let request = SearchRequest {
        base: domain().naming_context,
        filter: "(objectClass=user)".to_owned(),
        attributes: names(&["cn", "mail", "proxyAddresses"]),
        page_size,
    };
    directory.search(&domain(), request).await
}

/// Everything a search gives until it ends, and the error it ends with.
async fn read_all(directory: &Directory) -> (Vec<Entry>, Option<String>) {
    let mut entries = Vec::new();
    let mut search = match search(directory).await {
        Ok(search) => search,
        Err(error) => return (entries, Some(error.to_string())),
    };
    loop {
        match search.next_page().await {
            Ok(Some(page)) => entries.extend(page.take_all().0),
            Ok(None) => return (entries, None),
            Err(error) => {
                // An error is the end: nothing comes after it.
                assert!(matches!(search.next_page().await, Ok(None)));
                return (entries, Some(error.to_string()));
            }
        }
    }
}

/// The error of a connection that broke, without the port.
fn lost(server: &Server, reason: &str) -> String {
    format!(
        "no connection to {}: connection lost: {reason}",
        server.address
    )
}
