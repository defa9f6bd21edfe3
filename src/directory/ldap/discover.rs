//! What a forest consists of, and which controller serves each domain.
//!
//! The domains are the crossRef objects of CN=Partitions (MS-ADTS 6.1.1.2.1.1)
//! whose systemFlags say that they are naming contexts of this forest (1) and
//! domains (2). A domain that cannot be reached stays listed, so that a scan
//! fails on it visibly.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use ldap3::asn1::StructureTag;
use ldap3::{Scope, ldap_escape};

use super::LdapDirectory;
use super::connection::{Connection, Question};
use super::entry::EntryReader;
use super::link::Link;
use super::schema;
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;
use crate::model::{
    AttributeName, DistinguishedName, Domain, Entry, Forest, Schema, SourceKind, Value,
};

/// crossRef objects of domains of this forest that are not merely planned.
const DOMAINS: &str = "(&(objectClass=crossRef)\
    (systemFlags:1.2.840.113556.1.4.803:=3)(!(enabled=FALSE)))";

/// Organizational units with UPN suffixes of their own.
const UNITS_WITH_SUFFIXES: &str = "(&(objectCategory=organizationalUnit)(uPNSuffixes=*))";

/// More domains or controllers than any forest has.
const MANY: usize = 5000;

/// How many controllers of a domain are tried when its DNS name does not lead
/// to one.
const TRIED: usize = 3;

/// See [`super::super::Directory::discover`].
pub(super) async fn discover(directory: &LdapDirectory) -> Result<Forest, DirectoryError> {
    let connection = directory.main.connection().await?;
    let identity = connection
        .who_am_i()
        .await
        .unwrap_or_else(|| directory.config.user.clone());
    let mut forest = if connection.root.is_active_directory {
        active_directory(directory, &connection).await?
    } else {
        other_server(directory, &connection)?
    };
    forest.identity = Some(identity);
    Ok(forest)
}

/// A server that is no Active Directory: one domain a base.
fn other_server(
    directory: &LdapDirectory,
    connection: &Connection,
) -> Result<Forest, DirectoryError> {
    let config = &directory.config;
    if config.bases.is_empty() {
        let contexts = &connection.root.naming_contexts;
        let known: Vec<&str> = contexts.iter().map(DistinguishedName::as_str).collect();
        return Err(DirectoryError::Unusable(format!(
            "{} is no Active Directory: say what to read with --base DN{}",
            connection.host(),
            match known.as_slice() {
                [] => String::new(),
                known => format!("; it holds {}", known.join(" and ")),
            }
        )));
    }
    let domain = |base: &DistinguishedName| {
        let dns_name = base.dns_name().unwrap_or_else(|| base.to_string());
        directory.remember(&dns_name, &directory.main);
        Domain {
            dns_name,
            naming_context: base.clone(),
            host: config.host.clone(),
        }
    };
    let mut notes = vec![
        "no Active Directory: an entry is found by its objectGUID just before it is written, \
         so a rename in that moment is not noticed"
            .to_owned(),
        "no Active Directory: the server does not keep userPrincipalName unique".to_owned(),
    ];
    if !connection.root.pages {
        notes.push("the server does not page: its size limit may end a search early".to_owned());
    }
    Ok(Forest {
        name: config.label.clone(),
        kind: SourceKind::OtherLdap,
        domains: config.bases.iter().map(domain).collect(),
        upn_suffixes: Vec::new(),
        identity: None,
        schema: Schema::default(),
        notes,
    })
}

async fn active_directory(
    directory: &LdapDirectory,
    connection: &Arc<Connection>,
) -> Result<Forest, DirectoryError> {
    let root = &connection.root;
    let missing = |what: &str| {
        DirectoryError::Unusable(format!(
            "the rootDSE of {} does not name {what}",
            connection.host()
        ))
    };
    let configuration = root
        .configuration
        .as_ref()
        .ok_or_else(|| missing("configurationNamingContext"))?;
    let own = root
        .default_context
        .as_ref()
        .ok_or_else(|| missing("defaultNamingContext"))?;
    let partitions = format!("CN=Partitions,{configuration}");
    let mut notes = Vec::new();
    let mut domains = domains(connection, &partitions).await?;
    if !domains
        .iter()
        .any(|(_, context)| context.key() == own.key())
    {
        domains.push((own.dns_name().unwrap_or_default(), own.clone()));
    }
    let first = root.root_domain.as_ref().unwrap_or(own);
    domains.sort_by_key(|(name, context)| (context.key() != first.key(), name.clone()));

    let reached = domains.into_iter().map(|(dns_name, context)| async {
        let is_own = context.key() == own.key();
        let (host, note) = if is_own {
            directory.remember(&dns_name, &directory.main);
            (host_of(connection, &directory.main), None)
        } else {
            reach(directory, connection, &dns_name, &context).await
        };
        let domain = Domain {
            dns_name,
            naming_context: context,
            host,
        };
        let suffixes = match &note {
            None => unit_suffixes(directory, &domain).await,
            Some(_) => Vec::new(),
        };
        (domain, note, suffixes)
    });
    let mut found = Vec::new();
    let mut suffixes = BTreeSet::new();
    for (domain, note, of_units) in all(reached).await {
        found.push(domain);
        notes.extend(note);
        suffixes.extend(of_units);
    }
    suffixes.extend(upn_suffixes(connection, &partitions).await?);
    let schema = match &root.schema {
        Some(base) => schema::read(connection, base).await?,
        None => Schema::default(),
    };
    Ok(Forest {
        name: first.dns_name().unwrap_or_else(|| first.to_string()),
        kind: SourceKind::ActiveDirectory,
        domains: found,
        upn_suffixes: suffixes.into_iter().collect(),
        identity: None,
        schema,
        notes,
    })
}

/// DNS name and naming context of every domain.
async fn domains(
    connection: &Connection,
    partitions: &str,
) -> Result<Vec<(String, DistinguishedName)>, DirectoryError> {
    let names = ["nCName", "dnsRoot"];
    let entries = list(connection, partitions, DOMAINS, &names).await?;
    Ok(entries
        .iter()
        .filter_map(|entry| {
            let context = DistinguishedName::from_server(entry.text("nCName")?);
            let dns_name = entry.text("dnsRoot").map(str::to_lowercase);
            Some((dns_name.or_else(|| context.dns_name())?, context))
        })
        .collect())
}

async fn upn_suffixes(
    connection: &Connection,
    partitions: &str,
) -> Result<Vec<String>, DirectoryError> {
    let asked = AttributeName::known("uPNSuffixes");
    let tag = connection
        .base_read(partitions, vec![asked.to_string()])
        .await?;
    let reader = EntryReader::new(std::slice::from_ref(&asked));
    let entry = tag.and_then(|tag| reader.read(tag).ok());
    Ok(entry
        .iter()
        .flat_map(|(entry, _)| entry.values(asked.as_str()))
        .filter_map(Value::as_text)
        .map(str::to_lowercase)
        .collect())
}

/// The UPN suffixes that organizational units of a reached domain offer. They
/// are told to people only, so a server that does not give them is no fault.
async fn unit_suffixes(directory: &LdapDirectory, domain: &Domain) -> Vec<String> {
    let Ok(link) = directory.link_by_name(&domain.dns_name) else {
        return Vec::new();
    };
    let Ok(connection) = link.connection().await else {
        return Vec::new();
    };
    let base = domain.naming_context.as_str();
    let units = list(&connection, base, UNITS_WITH_SUFFIXES, &["uPNSuffixes"]).await;
    let units = units.unwrap_or_default();
    units
        .iter()
        .flat_map(crate::directory::select::upn_suffixes)
        .collect()
}

/// Finds a controller of another domain, and connects to it once. Gives its
/// host, and a note if none could be reached.
async fn reach(
    directory: &LdapDirectory,
    connection: &Arc<Connection>,
    dns_name: &str,
    context: &DistinguishedName,
) -> (String, Option<String>) {
    let first = match directory.link_by_name(dns_name) {
        Ok(link) => link,
        Err(error) => return (dns_name.to_owned(), Some(error.to_string())),
    };
    let mut failure = match first.connection().await {
        Ok(found) => match serves(&found, context, &first) {
            Ok(host) => return (host, None),
            Err(error) => error,
        },
        Err(error) => error,
    };
    let may_go_on =
        !directory.has_chosen_host(dns_name) && !matches!(failure, DirectoryError::SignIn { .. });
    if may_go_on {
        for host in controllers(connection, context).await.unwrap_or_default() {
            let link = directory.new_link(&host);
            match link.connection().await {
                Ok(found) => match serves(&found, context, &link) {
                    Ok(host) => {
                        directory.remember(dns_name, &link);
                        return (host, None);
                    }
                    Err(error) => failure = error,
                },
                // A refused sign-in is final; anything else may be this host's.
                Err(error @ DirectoryError::SignIn { .. }) => {
                    failure = error;
                    break;
                }
                Err(_) => {}
            }
        }
    }
    let note = format!("the domain {dns_name} could not be reached: {failure}");
    (first.target.host.clone(), Some(note))
}

/// The host name of the controller, if it serves the domain.
fn serves(
    connection: &Connection,
    context: &DistinguishedName,
    link: &Link,
) -> Result<String, DirectoryError> {
    let own = connection.root.default_context.as_ref();
    if own.is_some_and(|own| own.key() == context.key()) {
        return Ok(host_of(connection, link));
    }
    Err(DirectoryError::Unusable(format!(
        "{} is a controller of {}, not of {context}; choose one with --dc DOMAIN=HOST",
        connection.host(),
        own.map_or("no domain", DistinguishedName::as_str)
    )))
}

/// The controllers of a domain as CN=Sites lists them.
async fn controllers(
    connection: &Connection,
    context: &DistinguishedName,
) -> Result<Vec<String>, DirectoryError> {
    let Some(configuration) = &connection.root.configuration else {
        return Ok(Vec::new());
    };
    let context = ldap_escape(context.as_str());
    let filter =
        format!("(&(objectClass=nTDSDSA)(|(msDS-hasMasterNCs={context})(hasMasterNCs={context})))");
    let sites = format!("CN=Sites,{configuration}");
    let settings = list(connection, &sites, &filter, &["cn"]).await?;
    let mut hosts = Vec::new();
    for entry in settings.iter().take(TRIED) {
        let server = entry.dn.parent();
        let tag = connection
            .base_read(server, vec!["dNSHostName".to_owned()])
            .await?;
        let reader = EntryReader::new(&[AttributeName::known("dNSHostName")]);
        let entry = tag.and_then(|tag| reader.read(tag).ok());
        hosts.extend(entry.and_then(|(entry, _)| entry.text("dNSHostName").map(str::to_lowercase)));
    }
    Ok(hosts)
}

/// Waits for all of `futures` at once; the results are in their order.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, result) in &mut waiting {
            if result.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *result = Some(output);
            }
        }
        if waiting.iter().all(|(_, result)| result.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    waiting
        .into_iter()
        .filter_map(|(_, result)| result)
        .collect()
}

/// What a controller calls itself, else what it was called.
fn host_of(connection: &Connection, link: &Link) -> String {
    let named = connection.root.dns_host_name.clone();
    named.unwrap_or_else(|| link.target.host.clone())
}

/// All entries below `base` that fit; for small results.
async fn list(
    connection: &Connection,
    base: &str,
    filter: &str,
    attributes: &[&'static str],
) -> Result<Vec<Entry>, DirectoryError> {
    let question = Question {
        base,
        scope: Scope::Subtree,
        filter,
        attributes: attributes.iter().copied().map(str::to_owned).collect(),
        controls: Vec::new(),
        timeout: connection.timeouts().operation,
    };
    let (tags, done) = connection.ask(question, MANY).await?;
    if done.code != 0 {
        return Err(DirectoryError::Refused {
            operation: format!("the search below {base}"),
            code: done.code,
            reason: explain_in_full(done.code, &done.text),
        });
    }
    let names: Vec<_> = attributes
        .iter()
        .copied()
        .map(AttributeName::known)
        .collect();
    let reader = EntryReader::new(&names);
    let read = |tag: StructureTag| reader.read(tag).ok().map(|(entry, _)| entry);
    Ok(tags.into_iter().filter_map(read).collect())
}
