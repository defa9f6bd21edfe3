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

use bytes::Bytes;
use ldap3::Scope;

use super::LdapDirectory;
use super::connection::{Connection, Question};
use super::entry::EntryReader;
use super::locate::{self, Found};
use super::schema;
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;
use crate::model::{
    AttributeName, DistinguishedName, Domain, Entry, Forest, Schema, SourceKind, Structure, Trust,
    Value,
};

/// crossRef objects of domains of this forest that are not merely planned.
const DOMAINS: &str = "(&(objectClass=crossRef)\
    (systemFlags:1.2.840.113556.1.4.803:=3)(!(enabled=FALSE)))";

/// Organizational units with UPN suffixes of their own.
const UNITS_WITH_SUFFIXES: &str = "(&(objectCategory=organizationalUnit)(uPNSuffixes=*))";

/// More domains or controllers than any forest has.
const MANY: usize = 5000;

/// Attributes that Exchange adds to the schema ("Active Directory schema
/// changes in Exchange Server").
const EXCHANGE: [&str; 4] = [
    "mailNickname",
    "targetAddress",
    "homeMDB",
    "msExchHideFromAddressLists",
];

/// trustAttributes of a trust within the forest (`TRUST_ATTRIBUTE_WITHIN_FOREST`,
/// MS-ADTS 6.1.6.7.9).
const WITHIN_FOREST: i64 = 0x20;

/// See [`super::super::Directory::discover`].
pub(super) async fn discover(directory: &LdapDirectory) -> Result<Forest, DirectoryError> {
    let main = directory.entrance().await?;
    let connection = main.link.connection().await?;
    let identity = connection
        .who_am_i()
        .await
        .unwrap_or_else(|| directory.account.name());
    let mut forest = if connection.root.is_active_directory {
        active_directory(directory, main, &connection).await?
    } else {
        other_server(directory, &main, &connection)?
    };
    forest.identity = Some(identity);
    Ok(forest)
}

/// A server that is no Active Directory: one domain a base.
fn other_server(
    directory: &LdapDirectory,
    main: &Found,
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
        directory.remember(&dns_name, &main.link);
        Domain {
            dns_name,
            naming_context: base.clone(),
            host: main.link.target.host.clone(),
        }
    };
    let mut notes = vec![
        "no Active Directory: the server does not tell how often an attribute was written, \
         so an edit of case alone just before a write is not noticed"
            .to_owned(),
        "no Active Directory: the server does not keep userPrincipalName unique".to_owned(),
    ];
    if !connection.root.asserts {
        let note = "no Active Directory: an entry is found by its objectGUID just before it is \
                    written, so a rename in that moment is not noticed";
        notes.push(note.to_owned());
    }
    if !connection.root.pages {
        notes.push("the server does not page: its size limit may end a search early".to_owned());
    }
    Ok(Forest {
        name: config.label.clone(),
        kind: SourceKind::OtherLdap,
        domains: config.bases.iter().map(domain).collect(),
        upn_suffixes: Vec::new(),
        structure: Structure::default(),
        identity: None,
        schema: Schema::default(),
        notes,
    })
}

async fn active_directory(
    directory: &LdapDirectory,
    main: Found,
    connection: &Arc<Connection>,
) -> Result<Forest, DirectoryError> {
    let root = &connection.root;
    if matches!(main.link.target.port, 3268 | 3269) {
        return Err(DirectoryError::Unusable(format!(
            "port {} is the global catalog, which holds a part of each entry and takes no write; \
             use port 636, or 389 with --starttls",
            main.link.target.port
        )));
    }
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
    let mut notes = main.notes.clone();
    let mut domains = domains(connection, &partitions).await?;
    if !domains
        .iter()
        .any(|(_, context)| context.key() == own.key())
    {
        domains.push((own.dns_name().unwrap_or_default(), own.clone()));
    }
    let first = root.root_domain.as_ref().unwrap_or(own);
    domains.sort_by_key(|(name, context)| (context.key() != first.key(), name.clone()));

    directory.set_listed(locate::list_controllers(connection, configuration).await);
    let way = Way {
        directory,
        main: &main,
        own,
    };
    let reached = domains
        .into_iter()
        .map(|(dns_name, context)| way.reach(dns_name, context));
    let mut found = Vec::new();
    let mut suffixes = BTreeSet::new();
    let mut structure = Structure {
        level: root.forest_level,
        ..Structure::default()
    };
    for reached in all(reached).await {
        let name = reached.domain.dns_name.clone();
        structure
            .domain_levels
            .extend(reached.level.map(|level| (name, level)));
        structure.trusts.extend(reached.trusts);
        suffixes.extend(reached.suffixes);
        notes.extend(reached.notes);
        found.push(reached.domain);
    }
    suffixes.extend(upn_suffixes(connection, &partitions).await?);
    let schema = match &root.schema {
        Some(base) => schema::read(connection, base).await?,
        None => Schema::default(),
    };
    notes.extend(without_exchange(&schema));
    Ok(Forest {
        name: first.dns_name().unwrap_or_else(|| first.to_string()),
        kind: SourceKind::ActiveDirectory,
        domains: found,
        upn_suffixes: suffixes.into_iter().collect(),
        structure,
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
    let sent = connection
        .base_read(partitions, vec![asked.to_string()])
        .await?;
    let reader = EntryReader::new(std::slice::from_ref(&asked));
    let entry = sent.and_then(|sent| reader.read(&sent).ok());
    Ok(entry
        .iter()
        .flat_map(|(entry, _)| entry.values(asked.as_str()))
        .filter_map(Value::as_text)
        .map(str::to_lowercase)
        .collect())
}

/// What is to be said of a schema that Exchange never extended.
fn without_exchange(schema: &Schema) -> Option<String> {
    let absent = |name: &&'static str| schema.is_absent(&AttributeName::known(name));
    let absent: Vec<&str> = EXCHANGE.iter().copied().filter(absent).collect();
    (!absent.is_empty()).then(|| {
        format!(
            "the schema has no {}: Exchange has not extended it, so no entry has them and their \
             rules find nothing",
            absent.join(", ")
        )
    })
}

/// How the domains of a forest are reached from its entrance.
struct Way<'a> {
    directory: &'a LdapDirectory,
    main: &'a Found,
    /// The naming context of the entrance's own domain.
    own: &'a DistinguishedName,
}

/// A domain, and what it says of itself if a controller could be reached.
struct Reached {
    domain: Domain,
    notes: Vec<String>,
    suffixes: Vec<String>,
    level: Option<i64>,
    trusts: Vec<Trust>,
}

impl Way<'_> {
    async fn reach(&self, dns_name: String, context: DistinguishedName) -> Reached {
        let found = if context.key() == self.own.key() {
            Ok(Found {
                link: Arc::clone(&self.main.link),
                host: self.main.host.clone(),
                // Those of the entrance are told already.
                notes: Vec::new(),
            })
        } else {
            locate::of_domain(self.directory, &dns_name, &context).await
        };
        let mut reached = Reached {
            domain: Domain {
                dns_name: dns_name.clone(),
                naming_context: context,
                host: String::new(),
            },
            notes: Vec::new(),
            suffixes: Vec::new(),
            level: None,
            trusts: Vec::new(),
        };
        match found {
            Ok(found) => {
                self.directory.remember(&dns_name, &found.link);
                reached.domain.host = found.host;
                reached.notes = found.notes;
                if let Ok(connection) = found.link.connection().await {
                    reached.level = connection.root.domain_level;
                    reached.suffixes = unit_suffixes(&connection, &reached.domain).await;
                    reached.trusts = trusts(&connection, &reached.domain).await;
                }
            }
            Err((host, error)) => {
                reached.domain.host = host;
                reached.notes.push(format!(
                    "the domain {dns_name} could not be reached: {error}"
                ));
            }
        }
        reached
    }
}

/// The UPN suffixes that organizational units of a domain offer. They are told
/// to people only, so a server that does not give them is no fault.
async fn unit_suffixes(connection: &Connection, domain: &Domain) -> Vec<String> {
    let base = domain.naming_context.as_str();
    let units = list(connection, base, UNITS_WITH_SUFFIXES, &["uPNSuffixes"]).await;
    let units = units.unwrap_or_default();
    units
        .iter()
        .flat_map(crate::directory::select::upn_suffixes)
        .collect()
}

/// The trusts of a domain with others outside its forest; told to people only.
async fn trusts(connection: &Connection, domain: &Domain) -> Vec<Trust> {
    let base = format!("CN=System,{}", domain.naming_context);
    let asked = ["trustPartner", "trustDirection", "trustAttributes"];
    let found = list(connection, &base, "(objectClass=trustedDomain)", &asked).await;
    let found = found.unwrap_or_default();
    let outside = found.iter().filter(|entry| {
        let attributes = entry.integer("trustAttributes").unwrap_or_default();
        attributes & WITHIN_FOREST == 0
    });
    outside
        .filter_map(|entry| {
            Some(Trust {
                domain: domain.dns_name.clone(),
                partner: entry.text("trustPartner")?.to_lowercase(),
                direction: entry.integer("trustDirection").unwrap_or_default(),
            })
        })
        .collect()
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

/// All entries below `base` that fit; for small results.
pub(super) async fn list(
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
    let (sent, done) = connection.ask(question, MANY).await?;
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
    let read = |sent: &Bytes| reader.read(sent).ok().map(|(entry, _)| entry);
    Ok(sent.iter().filter_map(read).collect())
}
