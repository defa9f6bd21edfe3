//! Domain controllers by DNS: the SRV records that every controller registers
//! (MS-ADTS 6.3.2.3), and the addresses of hosts.
//!
//! It asks the computer's own name servers, or the one that was named. It
//! knows names only; whether a host is a controller that can be written to is
//! found out by connecting to it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};
use hickory_resolver::system_conf::read_system_conf;

/// Asks name servers.
#[derive(Debug)]
pub(super) struct Dns {
    server: Option<SocketAddr>,
    resolver: OnceLock<Result<TokioResolver, String>>,
}

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Service {
    priority: u16,
    weight: u16,
    host: String,
}

impl Dns {
    /// By the name server given, or else by those of the computer.
    pub(super) fn new(server: Option<SocketAddr>) -> Self {
        Self {
            server,
            resolver: OnceLock::new(),
        }
    }

    /// The name of the SRV records of a domain's controllers, or of those of
    /// one site.
    pub(super) fn service_name(domain: &str, site: Option<&str>) -> String {
        match site {
            Some(site) => format!("_ldap._tcp.{site}._sites.dc._msdcs.{domain}"),
            None => format!("_ldap._tcp.dc._msdcs.{domain}"),
        }
    }

    /// The controllers of a domain, in the order in which to try them; none if
    /// no record has that name. An error says why nothing is known.
    pub(super) async fn controllers(
        &self,
        domain: &str,
        site: Option<&str>,
    ) -> Result<Vec<String>, String> {
        let name = Self::service_name(domain, site);
        let answer = self.resolver()?.srv_lookup(format!("{name}.")).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => {
                return Err(format!(
                    "DNS does not answer for {name}: {error}; name the domain's name server with \
                     --dns-server, or a controller with --server"
                ));
            }
        };
        let services = answer.answers().iter().filter_map(|record| {
            let RData::SRV(service) = &record.data else {
                return None;
            };
            Some(Service {
                priority: service.priority,
                weight: service.weight,
                host: plain(&service.target)?,
            })
        });
        Ok(in_order(services.collect(), random_below))
    }

    /// The addresses of a host. The computer resolves them in its own way
    /// unless a name server was named.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if self.server.is_none() || host.parse::<std::net::IpAddr>().is_ok() {
            return Ok(tokio::net::lookup_host((host, port)).await?.collect());
        }
        let resolver = self.resolver().map_err(io::Error::other)?;
        let found = resolver
            .lookup_ip(host)
            .await
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(found.iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn resolver(&self) -> Result<&TokioResolver, String> {
        let made = self.resolver.get_or_init(|| {
            let builder = match self.server {
                Some(server) => {
                    let config = ResolverConfig::from_parts(None, Vec::new(), vec![named(server)]);
                    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                }
                None => TokioResolver::builder_tokio().map_err(|error| {
                    format!("this computer's DNS settings cannot be used: {error}")
                })?,
            };
            builder
                .build()
                .map_err(|error| format!("DNS cannot be used: {error}"))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

/// What this computer says of the domain it belongs to, best first: the
/// environment (Windows sets USERDNSDOMAIN at logon), the DNS search list, its
/// own full name. Whether any is an Active Directory is for DNS to tell.
pub(super) fn own_domains() -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim().trim_matches('.').to_lowercase();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    };
    if let Ok(name) = std::env::var("USERDNSDOMAIN") {
        add(&name);
    }
    if let Ok((config, _)) = read_system_conf() {
        config.search().iter().for_each(|name| add(&name.to_utf8()));
        if let Some(name) = config.domain() {
            add(&name.to_utf8());
        }
    }
    if let Ok(host) = whoami::hostname()
        && let Some((_, domain)) = host.split_once('.')
    {
        add(domain);
    }
    found
}

fn named(server: SocketAddr) -> NameServerConfig {
    let with_port = |mut connection: ConnectionConfig| {
        connection.port = server.port();
        connection
    };
    NameServerConfig::new(
        server.ip(),
        true,
        vec![
            with_port(ConnectionConfig::udp()),
            with_port(ConnectionConfig::tcp()),
        ],
    )
}

/// A host name without its last dot, in lower case; `None` for the root, which
/// says that there is no such service (RFC 2782).
fn plain(name: &Name) -> Option<String> {
    let name = name.to_utf8().trim_end_matches('.').to_lowercase();
    (!name.is_empty()).then_some(name)
}

/// The hosts in the order of RFC 2782: by priority, then at random, a heavier
/// one more often first. `below(n)` gives a number from 0 to n.
fn in_order(services: Vec<Service>, below: impl Fn(u64) -> u64) -> Vec<String> {
    let mut by_priority: BTreeMap<u16, Vec<Service>> = BTreeMap::new();
    for service in services {
        by_priority
            .entry(service.priority)
            .or_default()
            .push(service);
    }
    let mut hosts = Vec::new();
    for mut services in by_priority.into_values() {
        services.sort_by(|a, b| (a.weight, &a.host).cmp(&(b.weight, &b.host)));
        while !services.is_empty() {
            let total = services.iter().map(|s| u64::from(s.weight)).sum();
            let wanted = below(total);
            let mut running = 0;
            let at = services.iter().position(|service| {
                running += u64::from(service.weight);
                running >= wanted
            });
            let host = services.remove(at.unwrap_or(0)).host;
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    hosts
}

/// A number from 0 to `most`. The standard library's hasher is seeded anew each
/// time, and that is random enough to spread load.
fn random_below(most: u64) -> u64 {
    RandomState::new().build_hasher().finish() % (most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(priority: u16, weight: u16, host: &str) -> Service {
        Service {
            priority,
            weight,
            host: host.to_owned(),
        }
    }

    #[test]
    fn the_lowest_priority_comes_first_and_the_weight_decides_among_equals() {
        let services = || {
            vec![
                service(10, 100, "far"),
                service(0, 0, "light"),
                service(0, 90, "heavy"),
                service(0, 10, "middle"),
                service(0, 10, "middle"),
            ]
        };
        let most = in_order(services(), |most| most);
        assert_eq!(most, ["heavy", "middle", "light", "far"]);
        let least = in_order(services(), |_| 0);
        assert_eq!(least, ["light", "middle", "heavy", "far"]);
        let mut any = in_order(services(), random_below);
        assert_eq!(any.pop().as_deref(), Some("far"));
    }

    #[test]
    fn a_site_has_records_of_its_own() {
        assert_eq!(
            Dns::service_name("contoso.com", Some("Graz")),
            "_ldap._tcp.Graz._sites.dc._msdcs.contoso.com"
        );
    }
}
