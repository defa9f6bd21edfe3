//! A forest over LDAP: LDAPS, `StartTLS` or sealed by Kerberos; paged search,
//! base read, modify.
//!
//! One connection a domain controller, opened when it is needed. An account
//! signs in once before any other connection does, and a refusal is final for
//! the run. Reads are repeated once on a fresh connection, writes never. What
//! a server sends is checked before ldap3 sees it; entries do not go through
//! ldap3 at all. Nothing here judges values or decides what to write.

mod answers;
mod ber;
mod config;
mod connection;
mod discover;
mod dns;
mod entry;
mod examine;
mod guard;
mod kerberos;
mod link;
mod locate;
mod many;
mod message;
mod modify;
mod page;
mod pair;
mod range;
mod read;
mod relay;
mod request;
mod rhythm;
mod root_dse;
mod schema;
mod search;
mod sign_in;
mod tls;
mod transport;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::future::join_all;
use secrecy::ExposeSecret as _;

pub use config::{LdapConfig, Timeouts};
pub use page::SentPage;
pub use search::LdapSearch;

use self::dns::Dns;
use self::link::{Account, Link};
use self::locate::Found;
use self::transport::Target;
use super::{DirectoryError, ModifyError, SearchRequest};
use crate::model::{
    AttributeName, Change, Credentials, DistinguishedName, Domain, Entrance, Entry, Forest,
    Identity, Protection,
};

/// Where one line for each LDAP operation is logged.
const LOG: &str = "idmend::ldap";

/// A forest over LDAP.
#[derive(Debug)]
pub struct LdapDirectory {
    config: Box<LdapConfig>,
    account: Arc<Account>,
    /// The server that is asked first; found by DNS if none was named.
    main: tokio::sync::OnceCell<Arc<Link>>,
    /// The controllers that CN=Sites lists, by the key of their domain's naming
    /// context.
    listed: Mutex<BTreeMap<String, Vec<String>>>,
    /// The servers of the domains, by DNS name.
    links: Mutex<BTreeMap<String, Arc<Link>>>,
}

impl LdapDirectory {
    /// Prepares a directory; connects to nothing yet. Fails if the name or the
    /// password is empty, if the sign-in and the protection do not go
    /// together, or if the certificate file cannot be used.
    pub fn new(config: LdapConfig) -> Result<Self, DirectoryError> {
        if let Some(reason) = fault(&config) {
            return Err(DirectoryError::Unusable(format!(
                "no sign-in at {}: {reason}",
                config.label
            )));
        }
        let tls = match config.protection {
            Protection::Cleartext | Protection::Sealed => None,
            _ => Some(tls::configure(tls::Trust {
                ca_cert: config.ca_cert.as_deref(),
                pins: &config.pins,
                insecure: config.insecure,
            })?),
        };
        let account = Arc::new(Account {
            credentials: config.credentials.clone(),
            tls,
            timeouts: config.timeouts,
            state: tokio::sync::Mutex::default(),
            dns: Dns::new(config.dns_server),
            principal: OnceLock::new(),
        });
        Ok(Self {
            main: tokio::sync::OnceCell::new(),
            account,
            config: Box::new(config),
            listed: Mutex::default(),
            links: Mutex::default(),
        })
    }

    /// See [`super::Directory::discover`].
    pub async fn discover(&self) -> Result<Forest, DirectoryError> {
        discover::discover(self).await
    }

    /// See [`super::Directory::start_over`].
    pub async fn start_over(&self, domain: &Domain, tries: u32) -> Option<Domain> {
        locate::start_over(self, domain, tries).await
    }

    /// See [`super::Directory::doubts_about_filter`].
    pub async fn doubts_about_filter(&self, domain: &Domain, filter: &str) -> Vec<String> {
        let names = super::filter::attributes(filter);
        let Ok(link) = self.link_by_name(&domain.dns_name) else {
            return Vec::new();
        };
        // A server that does not answer will say so to the search.
        let Ok(connection) = link.connection().await else {
            return Vec::new();
        };
        match &connection.root.schema {
            Some(base) if connection.root.is_active_directory && !names.is_empty() => {
                let doubts = schema::doubts(&connection, base, &names).await;
                doubts.unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// See [`super::Directory::search`].
    pub async fn search(
        &self,
        domain: &Domain,
        request: SearchRequest,
    ) -> Result<LdapSearch, DirectoryError> {
        search::start(self.link_by_name(&domain.dns_name)?, request).await
    }

    /// See [`super::Directory::read`].
    pub async fn read(
        &self,
        domain: &Domain,
        identity: &Identity,
        attributes: &[AttributeName],
    ) -> Result<Option<Entry>, DirectoryError> {
        let link = self.link_by_name(&domain.dns_name)?;
        read::read(&link, domain, identity, attributes).await
    }

    /// See [`super::Directory::read_many`].
    pub async fn read_many(
        &self,
        domain: &Domain,
        identities: &[Identity],
        attributes: &[AttributeName],
    ) -> Vec<Result<Option<Entry>, DirectoryError>> {
        let Ok(link) = self.link_by_name(&domain.dns_name) else {
            let each = identities.iter();
            return join_all(each.map(|one| self.read(domain, one, attributes))).await;
        };
        let wanted = many::Wanted {
            domain,
            identities,
            attributes,
        };
        many::read_many(&link, wanted).await
    }

    /// See [`super::Directory::modify`].
    pub async fn modify(
        &self,
        domain: &Domain,
        entry: (&Identity, &DistinguishedName),
        changes: &[Change],
    ) -> Result<(), ModifyError> {
        let link = self
            .link_by_name(&domain.dns_name)
            .map_err(ModifyError::NotSent)?;
        modify::modify(&link, entry, changes).await
    }

    /// The server that is asked first, which may not have been asked yet.
    async fn main_link(&self) -> Result<Arc<Link>, DirectoryError> {
        match &self.config.entrance {
            Entrance::Host(host) if self.main.get().is_none() => self.link_to(host),
            _ => self.entrance().await.map(|found| found.link),
        }
    }

    /// Whether discovery reached a controller of the domain.
    fn is_reached(&self, domain: &Domain) -> bool {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links
            .get(&domain.dns_name)
            .is_some_and(|link| link.was_reached())
    }

    /// The server that is asked first, with what is to be said of it.
    async fn entrance(&self) -> Result<Found, DirectoryError> {
        let mut notes = Vec::new();
        let finding = async {
            let found = match &self.config.entrance {
                Entrance::Host(host) => return self.link_to(host),
                Entrance::Domain(domain) => locate::by_dns(self, domain).await?,
                Entrance::OwnDomain => locate::own(self).await?,
            };
            notes = found.notes;
            Ok(found.link)
        };
        let link = Arc::clone(self.main.get_or_try_init(|| finding).await?);
        let connection = link.connection().await?;
        let mut found = locate::found(&connection, link);
        notes.retain(|note| !found.notes.contains(note));
        found.notes.append(&mut notes);
        Ok(found)
    }

    /// The server of a domain: the one that discovery found, else the one
    /// chosen for it, else the one that its DNS name leads to.
    fn link_by_name(&self, dns_name: &str) -> Result<Arc<Link>, DirectoryError> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(dns_name) {
            return Ok(Arc::clone(link));
        }
        let link = self.link_to(self.chosen_host(dns_name).unwrap_or(dns_name))?;
        links.insert(dns_name.to_owned(), Arc::clone(&link));
        Ok(link)
    }

    fn chosen_host(&self, dns_name: &str) -> Option<&str> {
        let mut chosen = self.config.dc.iter();
        chosen
            .find(|(domain, _)| domain.eq_ignore_ascii_case(dns_name))
            .map(|(_, host)| host.as_str())
    }

    /// A server of this name, by the port of the first unless it has its own.
    fn link_to(&self, host: &str) -> Result<Arc<Link>, DirectoryError> {
        let (host, port) = split_port(host, self.config.port)?;
        let target = Target {
            host,
            port,
            protection: self.config.protection,
        };
        Ok(Arc::new(Link::new(target, Arc::clone(&self.account))))
    }

    fn dns(&self) -> &Dns {
        &self.account.dns
    }

    /// Notes which server serves a domain.
    fn remember(&self, dns_name: &str, link: &Arc<Link>) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.insert(dns_name.to_owned(), Arc::clone(link));
    }
}

/// Why nobody can sign in with this.
fn fault(config: &LdapConfig) -> Option<&'static str> {
    match (&config.credentials, config.protection) {
        (Credentials::Kerberos { .. }, _) if cfg!(not(feature = "kerberos")) => {
            Some(kerberos::ABSENT)
        }
        (Credentials::Password { user, .. }, _) if user.trim().is_empty() => {
            Some("the name is empty")
        }
        (Credentials::Password { password, .. }, _) if password.expose_secret().is_empty() => {
            Some("the password is empty, and a server would take that for an anonymous sign-in")
        }
        (Credentials::Password { .. }, Protection::Sealed) => {
            Some("only Kerberos seals a connection without TLS")
        }
        (Credentials::Kerberos { .. }, Protection::Cleartext) => {
            Some("Kerberos seals the connection; it is not used on one that stays readable")
        }
        _ => None,
    }
}

/// `HOST`, `HOST:PORT`, `ADDRESS` or `[ADDRESS]:PORT` as host and port.
fn split_port(host: &str, default: u16) -> Result<(String, u16), DirectoryError> {
    let wrong = || DirectoryError::Unusable(format!("'{host}' is not HOST or HOST:PORT"));
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or_else(wrong)?;
        (address, rest.strip_prefix(':'))
    } else {
        match host.split_once(':') {
            // More than one colon: an IPv6 address without a port.
            Some((_, rest)) if rest.contains(':') => (host, None),
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        }
    };
    let port = match port {
        Some(port) => port.parse().map_err(|_not_a_port| wrong())?,
        None => default,
    };
    if name.is_empty() {
        return Err(wrong());
    }
    Ok((name.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_carry_a_port() {
        let split = |host| split_port(host, 636).ok();
        assert_eq!(split("dc1"), Some(("dc1".to_owned(), 636)));
        assert_eq!(split("dc1:1636"), Some(("dc1".to_owned(), 1636)));
        assert_eq!(split("::1"), Some(("::1".to_owned(), 636)));
        assert_eq!(split("[::1]:389"), Some(("::1".to_owned(), 389)));
        for wrong in ["", ":636", "dc1:x", "dc1:70000", "[::1"] {
            assert_eq!(split(wrong), None, "{wrong:?}");
        }
    }
}
