//! Which domain controller serves a domain: chosen once, and kept for reading,
//! checking and writing.
//!
//! A controller that was named is taken and no other. Else those that DNS
//! names are tried in their order, then those that CN=Sites lists, then what
//! the domain's own name leads to. A read-only controller is passed over as
//! long as there is another.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::LdapDirectory;
use super::connection::Connection;
use super::discover::list;
use super::dns::{Dns, own_domains};
use super::link::Link;
use crate::directory::DirectoryError;
use crate::model::{DistinguishedName, Domain};

/// How many controllers of a domain are tried.
const TRIED: usize = 5;

/// How often a search that broke is begun anew.
const MOST_TRIES: u32 = 2;

/// A controller that answers, and what is to be said of the choice.
pub(super) struct Found {
    pub(super) link: Arc<Link>,
    pub(super) host: String,
    pub(super) notes: Vec<String>,
}

/// Finds a controller of `domain` by DNS alone: the way into a forest of which
/// only a name is known.
pub(super) async fn by_dns(
    directory: &LdapDirectory,
    domain: &str,
) -> Result<Found, DirectoryError> {
    let mut notes = Vec::new();
    let hosts = directory
        .hosts_by_dns(domain, &mut notes)
        .await
        .map_err(DirectoryError::NotFound)?;
    if hosts.is_empty() {
        return Err(DirectoryError::NotFound(format!(
            "DNS knows no domain controller of {domain} (no SRV record {}); check the name, \
             name the domain's name server with --dns-server, or a controller with --server",
            Dns::service_name(domain, None)
        )));
    }
    let mut found = first_of(directory, &hosts, |_| Ok(())).await?;
    notes.append(&mut found.notes);
    Ok(Found { notes, ..found })
}

/// Finds a controller of the domain that this computer belongs to.
pub(super) async fn own(directory: &LdapDirectory) -> Result<Found, DirectoryError> {
    let names = own_domains();
    for name in &names {
        let mut notes = Vec::new();
        let hosts = directory.hosts_by_dns(name, &mut notes).await;
        if hosts.is_ok_and(|hosts| !hosts.is_empty()) {
            return by_dns(directory, name).await;
        }
    }
    let tried = match names.as_slice() {
        [] => {
            "USERDNSDOMAIN is not set, and neither its DNS search list nor its host name names one"
                .to_owned()
        }
        names => format!("DNS knows no domain controller of {}", names.join(" or ")),
    };
    Err(DirectoryError::Unusable(format!(
        "no source is named, and this computer belongs to no Active Directory domain: {tried}; \
         name a source with --server ldaps://HOST, --domain NAME, --ldif FILE or --demo"
    )))
}

/// Finds a controller of another domain of the forest; at the second place
/// the host to show if none could be reached, with the reason.
pub(super) async fn of_domain(
    directory: &LdapDirectory,
    dns_name: &str,
    context: &DistinguishedName,
) -> Result<Found, (String, DirectoryError)> {
    let check = |found: &Connection| serves(found, context);
    if let Some(host) = directory.chosen_host(dns_name) {
        let host = host.to_owned();
        return first_of(directory, std::slice::from_ref(&host), check)
            .await
            .map_err(|error| (host, error));
    }
    let mut notes = Vec::new();
    let mut hosts = directory
        .hosts_by_dns(dns_name, &mut notes)
        .await
        .unwrap_or_default();
    let listed = directory.listed(context);
    for host in listed.into_iter().chain([dns_name.to_owned()]) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    match first_of(directory, &hosts, check).await {
        Ok(mut found) => {
            notes.append(&mut found.notes);
            Ok(Found { notes, ..found })
        }
        Err(error) => Err((hosts.swap_remove(0), error)),
    }
}

/// The first of `hosts` that answers, passes `check` and can be written to; a
/// read-only one if there is no other. The error is that of the first host.
async fn first_of(
    directory: &LdapDirectory,
    hosts: &[String],
    check: impl Fn(&Connection) -> Result<(), DirectoryError>,
) -> Result<Found, DirectoryError> {
    let mut failure = None;
    let mut read_only = None;
    for host in hosts.iter().take(TRIED) {
        let link = directory.link_to(host)?;
        let answer = match link.connection().await {
            Ok(connection) => check(&connection).map(|()| connection),
            Err(error) => Err(error),
        };
        match answer {
            Ok(connection) if connection.root.is_read_only => {
                read_only.get_or_insert(found(&connection, link));
            }
            Ok(connection) => return Ok(found(&connection, link)),
            // A refused sign-in is final; anything else may be this host's.
            Err(error @ DirectoryError::SignIn { .. }) => return Err(error),
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    match (read_only, failure) {
        (Some(found), _) => Ok(found),
        (None, Some(error)) => Err(error),
        (None, None) => Err(DirectoryError::Unusable("no host is known".to_owned())),
    }
}

/// A controller that was reached, with what must be said of it.
pub(super) fn found(connection: &Connection, link: Arc<Link>) -> Found {
    let named = connection.root.dns_host_name.clone();
    let host = named.unwrap_or_else(|| link.target.host.clone());
    let notes = connection.root.is_read_only.then(|| {
        format!(
            "{host} is a read-only domain controller: it may lack attributes, and it refuses \
             every write; name another with --dc DOMAIN=HOST before you apply"
        )
    });
    Found {
        link,
        host,
        notes: notes.into_iter().collect(),
    }
}

/// Whether a controller serves the domain.
fn serves(connection: &Connection, context: &DistinguishedName) -> Result<(), DirectoryError> {
    let own = connection.root.default_context.as_ref();
    if own.is_some_and(|own| own.key() == context.key()) {
        return Ok(());
    }
    Err(DirectoryError::Unusable(format!(
        "{} is a controller of {}, not of {context}; choose one with --dc DOMAIN=HOST",
        connection.host(),
        own.map_or("no domain", DistinguishedName::as_str)
    )))
}

/// Where to begin anew a search that broke: the same controller first, then
/// another that serves the domain. A controller that was named is not left,
/// and one that never answered is not waited for.
pub(super) async fn start_over(
    directory: &LdapDirectory,
    domain: &Domain,
    tries: u32,
) -> Option<Domain> {
    let link = directory.link_by_name(&domain.dns_name).ok()?;
    if tries > MOST_TRIES || !link.was_reached() {
        return None;
    }
    let pause = link.timeouts().pause * 4_u32.pow(tries.saturating_sub(1));
    tokio::time::sleep(pause).await;
    if tries == 1 || directory.chosen_host(&domain.dns_name).is_some() {
        return Some(domain.clone());
    }
    let mut unused = Vec::new();
    let by_dns = directory.hosts_by_dns(&domain.dns_name, &mut unused).await;
    let mut hosts = by_dns.unwrap_or_default();
    hosts.extend(directory.listed(&domain.naming_context));
    hosts.retain(|host| *host != domain.host && *host != link.target.host);
    let check = |found: &Connection| serves(found, &domain.naming_context);
    Some(match first_of(directory, &hosts, check).await {
        Ok(found) => {
            directory.remember(&domain.dns_name, &found.link);
            Domain {
                host: found.host,
                ..domain.clone()
            }
        }
        Err(_) => domain.clone(),
    })
}

/// The domain controllers that CN=Sites lists (MS-ADTS 6.1.1.2.2.1.2.1), by
/// the key of their domain's naming context.
pub(super) async fn list_controllers(
    connection: &Connection,
    configuration: &DistinguishedName,
) -> BTreeMap<String, Vec<String>> {
    let sites = format!("CN=Sites,{configuration}");
    let asked = ["dNSHostName", "serverReference"];
    let filter = "(&(objectClass=server)(dNSHostName=*))";
    // They are a second way only, so a server that does not give them is none.
    let servers = list(connection, &sites, filter, &asked).await;
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for server in servers.unwrap_or_default() {
        let computer = server.text("serverReference");
        let domain = computer.and_then(|dn| DistinguishedName::from_server(dn).domain_part());
        if let (Some(domain), Some(host)) = (domain, server.text("dNSHostName")) {
            hosts
                .entry(domain.key())
                .or_default()
                .push(host.to_lowercase());
        }
    }
    hosts
}

impl LdapDirectory {
    /// The controllers of a domain that CN=Sites lists, as discovery read it.
    fn listed(&self, context: &DistinguishedName) -> Vec<String> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.get(&context.key()).cloned().unwrap_or_default()
    }

    /// Notes what CN=Sites lists.
    pub(super) fn set_listed(&self, hosts: BTreeMap<String, Vec<String>>) {
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    /// The controllers of a domain that DNS names: those of the site that was
    /// asked for first.
    pub(super) async fn hosts_by_dns(
        &self,
        domain: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, String> {
        let dns = self.dns();
        let mut hosts = Vec::new();
        if let Some(site) = &self.config.site {
            hosts = dns.controllers(domain, Some(site)).await?;
            if hosts.is_empty() {
                notes.push(format!(
                    "DNS knows no domain controller of {domain} in the site {site} (no SRV \
                     record {}): one of any site is taken",
                    Dns::service_name(domain, Some(site))
                ));
            }
        }
        for host in dns.controllers(domain, None).await? {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        Ok(hosts)
    }
}
