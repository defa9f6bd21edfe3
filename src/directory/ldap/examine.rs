//! `idmend doctor`: the way to a directory, step by step, each told by itself.
//!
//! It goes the way that a scan goes and stops where that would stop. It reads
//! a few entries a domain and writes nothing. The account signs in once, as
//! ever.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::LdapDirectory;
use super::connection::Connection;
use super::dns::{Dns, own_domains};
use super::link::Link;
use super::transport::Way;
use crate::directory::{DirectoryError, SearchRequest};
use crate::model::{
    AttributeName, Credentials, Diagnosis, Domain, Entrance, Entry, Fingerprint, Forest,
    Protection, SourceKind,
};

/// How many entries make a page of the sample, and how many pages it has.
const SAMPLE: (u32, usize) = (50, 2);

/// By how much clocks may differ for Kerberos ("Maximum tolerance for computer
/// clock synchronization").
const TOLERANCE: i64 = 300;

/// Attributes that tell whether an account may read what is judged.
const TELLING: [&str; 4] = [
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
];

impl LdapDirectory {
    /// Examines the way to the directory; `now` is this computer's clock.
    pub async fn examine(&self, now: Timestamp) -> Vec<Diagnosis> {
        let mut found = Vec::new();
        // The first thing that is wrong ends the way.
        if let Err(stopped) = self.examine_into(now, &mut found).await {
            found.push(stopped);
        }
        found
    }

    async fn examine_into(
        &self,
        now: Timestamp,
        found: &mut Vec<Diagnosis>,
    ) -> Result<(), Diagnosis> {
        self.examine_dns(found).await?;
        let link = match &self.config.entrance {
            Entrance::Host(_) => {
                let main = self.main_link().await;
                let link = main.map_err(|error| wrong("sign-in", &error))?;
                self.examine_network(&link, found).await?;
                link
            }
            Entrance::Domain(_) | Entrance::OwnDomain => {
                let main = self.main_link().await;
                let link = main.map_err(|error| wrong("controller", &error))?;
                self.examine_network(&link, found).await?;
                link
            }
        };
        let connection = link.connection().await;
        let connection = connection.map_err(|error| wrong("sign-in", &error))?;
        let forest = self.discover().await;
        let forest = forest.map_err(|error| wrong("forest", &error))?;
        found.push(Diagnosis::good(
            "sign-in",
            format!(
                "accepted as {}",
                forest.identity.as_deref().unwrap_or_default()
            ),
        ));
        found.push(self.signing());
        found.extend(root_dse(&connection));
        found.extend(clock(&connection, now));
        found.extend(domains(&forest));
        found.extend(schema(&forest));
        for domain in &forest.domains {
            if !domain.host.is_empty() && self.is_reached(domain) {
                found.extend(self.rights(domain, &forest).await);
            }
        }
        Ok(())
    }

    async fn examine_dns(&self, found: &mut Vec<Diagnosis>) -> Result<(), Diagnosis> {
        const REMEDY: &str = "name the domain's name server with --dns-server, or a controller \
                              with --server";
        let domains = match &self.config.entrance {
            Entrance::Host(host) => {
                let addresses = self.dns().addresses(host, self.config.port).await;
                let addresses = addresses.map_err(|error| {
                    let finding = format!("{host} cannot be resolved: {error}");
                    Diagnosis::wrong("DNS", finding, REMEDY)
                })?;
                let shown: Vec<String> = addresses
                    .iter()
                    .map(|address| address.ip().to_string())
                    .collect();
                found.push(Diagnosis::good(
                    "DNS",
                    format!("{host} is {}", shown.join(", ")),
                ));
                return Ok(());
            }
            Entrance::Domain(domain) => vec![domain.clone()],
            Entrance::OwnDomain => own_domains(),
        };
        let mut failure = "this computer names no domain of its own".to_owned();
        for domain in domains {
            let mut notes = Vec::new();
            match self.hosts_by_dns(&domain, &mut notes).await {
                Ok(hosts) if !hosts.is_empty() => {
                    let finding = format!("{domain} has the controllers {}", hosts.join(", "));
                    found.push(Diagnosis::good("DNS", finding));
                    let remedy = "look at the site's name in Active Directory Sites and Services";
                    let notes = notes.into_iter();
                    found.extend(notes.map(|note| Diagnosis::notable("DNS", note, remedy)));
                    return Ok(());
                }
                Ok(_) => {
                    failure = format!("no SRV record {}", Dns::service_name(&domain, None));
                }
                Err(error) => failure = error,
            }
        }
        Err(Diagnosis::wrong("DNS", failure, REMEDY))
    }

    /// The port, and TLS if there is any: on a connection of its own, which
    /// signs nobody in.
    async fn examine_network(
        &self,
        link: &Link,
        found: &mut Vec<Diagnosis>,
    ) -> Result<(), Diagnosis> {
        let target = &link.target;
        let connected = target
            .connect(Way {
                tls: self.account.tls.as_ref(),
                dns: self.dns(),
                pinned: None,
                timeout: self.config.timeouts.connect,
            })
            .await
            .map_err(|error| match error {
                DirectoryError::Certificate { .. } => wrong("TLS", &error),
                _ => wrong("port", &error),
            })?;
        found.push(Diagnosis::good(
            "port",
            format!("{target} answers at {}", connected.address),
        ));
        found.push(match (&connected.certificate, target.protection) {
            (Some(der), _) if self.config.insecure => Diagnosis::notable(
                "TLS",
                format!(
                    "any certificate is accepted (--insecure); this one's SHA-256 is {}",
                    Fingerprint::of(der)
                ),
                "give --ca-cert FILE, or --pin with that fingerprint",
            ),
            (Some(der), _) => Diagnosis::good(
                "TLS",
                format!(
                    "the certificate is accepted; its SHA-256 is {}",
                    Fingerprint::of(der)
                ),
            ),
            (None, Protection::Sealed) => {
                Diagnosis::good("TLS", "none is needed: Kerberos seals the connection")
            }
            (None, _) => Diagnosis::notable(
                "TLS",
                "none: the password and all data cross the network readable",
                "use ldaps://, --starttls or --auth kerberos",
            ),
        });
        Ok(())
    }

    /// What the two policies of a domain controller ("LDAP signing" and "LDAP
    /// channel binding") mean for this way of signing in.
    fn signing(&self) -> Diagnosis {
        const SUBJECT: &str = "signing";
        match (&self.config.credentials, self.config.protection) {
            (Credentials::Kerberos { .. }, Protection::Sealed) => Diagnosis::good(
                SUBJECT,
                "signed and sealed by Kerberos: a controller that requires signing takes it; \
                 channel binding concerns TLS only",
            ),
            (Credentials::Kerberos { .. }, _) => Diagnosis::good(
                SUBJECT,
                "bound to the server's certificate: a controller that requires channel binding \
                 takes it; signing is TLS's",
            ),
            (Credentials::Password { .. }, Protection::Cleartext) => Diagnosis::notable(
                SUBJECT,
                "neither: a controller that requires signing refuses this sign-in, as new ones of \
                 Windows Server 2025 do",
                "use ldaps:// or --starttls",
            ),
            (Credentials::Password { .. }, _) => Diagnosis::good(
                SUBJECT,
                "a password within TLS: neither signing nor channel binding applies to it, so a \
                 controller that requires them takes it",
            ),
        }
    }

    /// What the account sees of a domain, and whether pages follow each other.
    async fn rights(&self, domain: &Domain, forest: &Forest) -> Vec<Diagnosis> {
        let (size, pages) = SAMPLE;
        let request = SearchRequest {
            base: domain.naming_context.clone(),
            filter: match forest.kind {
                SourceKind::ActiveDirectory => "(&(objectCategory=person)(objectClass=user))",
                _ => "(|(objectClass=user)(objectClass=inetOrgPerson))",
            }
            .to_owned(),
            attributes: TELLING.map(AttributeName::known).to_vec(),
            page_size: size,
        };
        match self.sample(domain, request, pages).await {
            Ok((read, entries)) => {
                let mut found = vec![Diagnosis::good(
                    "paging",
                    format!(
                        "{}: {} users in {read} pages of {size} at most",
                        domain.dns_name,
                        entries.len()
                    ),
                )];
                found.push(what_is_seen(domain, forest, &entries));
                found
            }
            Err(error) => vec![wrong("paging", &error)],
        }
    }

    async fn sample(
        &self,
        domain: &Domain,
        request: SearchRequest,
        pages: usize,
    ) -> Result<(usize, Vec<Entry>), DirectoryError> {
        let mut search = self.search(domain, request).await?;
        let mut entries = Vec::new();
        let mut read = 0;
        while read < pages
            && let Some(page) = search.next_page().await?
        {
            entries.extend(page.take_all().0);
            read += 1;
        }
        Ok((read, entries))
    }
}

fn wrong(subject: &'static str, error: &DirectoryError) -> Diagnosis {
    Diagnosis::wrong(
        subject,
        error.to_string(),
        error.remedy().unwrap_or_default(),
    )
}

fn root_dse(connection: &Connection) -> Vec<Diagnosis> {
    const SUBJECT: &str = "server";
    let root = &connection.root;
    let name = root.dns_host_name.as_deref().unwrap_or(connection.host());
    let kind = if !root.is_active_directory {
        Diagnosis::notable(
            SUBJECT,
            format!("{name} is no Active Directory"),
            "say what to read with --base DN; an entry is then found by its objectGUID value",
        )
    } else if root.is_read_only {
        Diagnosis::notable(
            SUBJECT,
            format!("{name} is a read-only domain controller: it refuses every write"),
            "name another with --server or --dc DOMAIN=HOST before you apply",
        )
    } else {
        Diagnosis::good(
            SUBJECT,
            format!("{name} is a domain controller that can be written to"),
        )
    };
    let paging = (!root.pages).then(|| {
        Diagnosis::notable(
            "paging",
            "the server does not page: its size limit may end a search early",
            "have the limit lifted for this account, or read with several --base DN",
        )
    });
    std::iter::once(kind).chain(paging).collect()
}

fn clock(connection: &Connection, now: Timestamp) -> Option<Diagnosis> {
    const SUBJECT: &str = "clock";
    let theirs = generalized_time(connection.root.current_time.as_deref()?)?;
    let ahead = theirs.as_second() - now.as_second();
    let finding = match ahead {
        0 => "the server's clock is the same as this computer's".to_owned(),
        1.. => format!("the server's clock is {ahead} s ahead of this computer's"),
        _ => format!("the server's clock is {} s behind this computer's", -ahead),
    };
    Some(if ahead.abs() > TOLERANCE {
        Diagnosis::wrong(
            SUBJECT,
            finding,
            "Kerberos takes 5 minutes at most: set this computer's clock by the domain's",
        )
    } else {
        Diagnosis::good(SUBJECT, finding)
    })
}

/// A time such as `20261122081500.0Z` (RFC 4517, 3.3.13), as domain controllers
/// write it: to the second, in UTC.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    let civil = DateTime::new(
        text.get(..4)?.parse().ok()?,
        number(4..6)?,
        number(6..8)?,
        number(8..10)?,
        number(10..12)?,
        number(12..14)?,
        0,
    );
    let is_utc = text.ends_with('Z');
    let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    is_utc.then(|| zoned.timestamp())
}

fn domains(forest: &Forest) -> Vec<Diagnosis> {
    let mut found: Vec<Diagnosis> = forest
        .domains
        .iter()
        .filter(|domain| !unreached(forest, domain))
        .map(|domain| {
            Diagnosis::good(
                "domain",
                format!("{} is read on {}", domain.dns_name, domain.host),
            )
        })
        .collect();
    found.extend(forest.notes.iter().map(|note| {
        if note.contains("could not be reached") {
            let remedy = "name a controller of it with --dc DOMAIN=HOST";
            Diagnosis::wrong("domain", note.clone(), remedy)
        } else {
            Diagnosis::notable("note", note.clone(), "")
        }
    }));
    found
}

fn unreached(forest: &Forest, domain: &Domain) -> bool {
    let begin = format!("the domain {} could not be reached", domain.dns_name);
    forest.notes.iter().any(|note| note.starts_with(&begin))
}

fn schema(forest: &Forest) -> Option<Diagnosis> {
    const SUBJECT: &str = "schema";
    if forest.kind != SourceKind::ActiveDirectory {
        return None;
    }
    let has = |name| !forest.schema.is_absent(&AttributeName::known(name));
    Some(if forest.schema.is_empty() {
        Diagnosis::notable(
            SUBJECT,
            "it cannot be read with this account: the published lengths are used",
            "let the account read CN=Schema, which every user may by default",
        )
    } else if has("mailNickname") && has("targetAddress") {
        Diagnosis::good(SUBJECT, "extended by Exchange")
    } else {
        Diagnosis::notable(
            SUBJECT,
            "without Exchange's attributes (mailNickname, targetAddress): no entry has them",
            "",
        )
    })
}

fn what_is_seen(domain: &Domain, forest: &Forest, entries: &[Entry]) -> Diagnosis {
    const SUBJECT: &str = "read rights";
    let name = &domain.dns_name;
    if entries.is_empty() {
        return Diagnosis::wrong(
            SUBJECT,
            format!("{name}: no user is visible to this account"),
            "sign in with an account that may list and read the domain, or check --base",
        );
    }
    let counts: Vec<String> = TELLING
        .iter()
        .map(|attribute| {
            let some = entries.iter().filter(|entry| entry.has(attribute)).count();
            format!("{attribute} of {some}")
        })
        .collect();
    let finding = format!("{name}: of {} users, {}", entries.len(), counts.join(", "));
    let nameless = entries.iter().any(|entry| !entry.has("sAMAccountName"));
    if forest.kind == SourceKind::ActiveDirectory && nameless {
        // Every account has one (MS-ADA3 2.222), so what is not seen is hidden.
        return Diagnosis::wrong(
            SUBJECT,
            format!("{finding}: every account has a sAMAccountName, so some are hidden"),
            "sign in with an account that may read all properties of users",
        );
    }
    Diagnosis::good(SUBJECT, finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controllers_clock_is_read_to_the_second() {
        let read = |text| generalized_time(text).map(|time| time.to_string());
        assert_eq!(
            read("20261122081507.0Z").as_deref(),
            Some("2026-11-22T08:15:07Z")
        );
        for odd in [
            "",
            "2026",
            "20261322081507.0Z",
            "20261122081507+0100",
            "äöü",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
