//! Which domains files hold, and which of their entries belongs to which.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::record::Records;
use super::wanted::Wanted;
use crate::directory::DirectoryError;
use crate::directory::select::{belongs_to, is_configuration, upn_suffixes};
use crate::model::{
    AttributeName, DistinguishedName, Domain, Forest, Schema, SourceKind, Structure,
};

/// More domains than this in one export are no forest, and one pass each would
/// take for ever.
const MAX_DOMAINS: usize = 1000;

/// The domains of a forest, each with the files that hold entries of it.
type Contents = Vec<(Domain, Vec<PathBuf>)>;

/// Reads all files for the names of their entries.
pub(super) fn discover(
    name: Option<String>,
    files: &[PathBuf],
) -> Result<(Forest, Contents), DirectoryError> {
    let mut found: BTreeMap<String, (Domain, Vec<PathBuf>)> = BTreeMap::new();
    let mut suffixes = Vec::new();
    for path in files {
        let mut wanted = Wanted::new(&[AttributeName::known("uPNSuffixes")]);
        let mut records = Records::open(path)?;
        // Neighbours in a file mostly are of one domain: ask it first.
        let mut last: Option<DomainOfName> = None;
        while let Some(entry) = records.next(&mut wanted, |_name| true)? {
            suffixes.extend(upn_suffixes(&entry));
            let is_known = last
                .as_mut()
                .is_some_and(|domain| domain.has(entry.dn.as_str()));
            if is_known || is_configuration(&entry.dn) {
                continue;
            }
            let Some(domain) = domain_of(&entry.dn, path) else {
                continue;
            };
            last = Some(DomainOfName::new(&domain));
            let (_, paths) = found
                .entry(domain.naming_context.key())
                .or_insert_with(|| (domain, Vec::new()));
            if paths.last() != Some(path) && !paths.contains(path) {
                paths.push(path.clone());
            }
            if found.len() > MAX_DOMAINS {
                return Err(DirectoryError::Unusable(format!(
                    "{} holds entries of more than {MAX_DOMAINS} domains",
                    path.display()
                )));
            }
        }
    }
    let mut contents: Contents = found.into_values().collect();
    contents.sort_by_key(|(domain, _)| {
        let labels = domain.dns_name.split('.').count();
        (labels, domain.dns_name.clone())
    });
    let Some((root, _)) = contents.first() else {
        let names: Vec<_> = files
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(DirectoryError::Unusable(format!(
            "no entry of a domain in {}",
            names.join(", ")
        )));
    };
    suffixes.sort();
    suffixes.dedup();
    let forest = Forest {
        name: name.unwrap_or_else(|| root.dns_name.clone()),
        kind: SourceKind::Ldif,
        domains: contents.iter().map(|(domain, _)| domain.clone()).collect(),
        upn_suffixes: suffixes,
        structure: Structure::default(),
        identity: None,
        schema: Schema::default(),
        notes: Vec::new(),
    };
    Ok((forest, contents))
}

/// The domain that a name lies in: its `DC=` parts, or its last part where it
/// has none. `None` for the empty name and for the application partitions in
/// which Active Directory keeps DNS zones.
fn domain_of(name: &DistinguishedName, path: &std::path::Path) -> Option<Domain> {
    let host = path.display().to_string();
    if let (Some(naming_context), Some(dns_name)) = (name.domain_part(), name.dns_name()) {
        let is_dns_zone = ["domaindnszones.", "forestdnszones."]
            .iter()
            .any(|zone| dns_name.starts_with(zone) || dns_name.contains(&format!(".{zone}")));
        return (!is_dns_zone).then_some(Domain {
            dns_name,
            naming_context,
            host,
        });
    }
    let last = name.rdns().last()?;
    let top = format!("{}={}", last.attribute, last.value);
    Some(Domain {
        dns_name: top.clone(),
        naming_context: DistinguishedName::from_server(top),
        host,
    })
}

/// Tells the names of one domain from others, without taking most of them
/// apart.
#[derive(Debug)]
pub(super) struct DomainOfName {
    domain: Domain,
}

impl DomainOfName {
    pub(super) fn new(domain: &Domain) -> Self {
        Self {
            domain: domain.clone(),
        }
    }

    pub(super) fn naming_context(&self) -> &DistinguishedName {
        &self.domain.naming_context
    }

    /// Whether `name` lies in the domain: [`belongs_to`], but fast for names
    /// that end with the naming context as it is spelled.
    pub(super) fn has(&mut self, name: &str) -> bool {
        self.has_at_a_glance(name).unwrap_or_else(|| {
            let name = DistinguishedName::from_server(name);
            belongs_to(&name, &self.domain)
        })
    }

    /// `None` if a closer look is needed.
    fn has_at_a_glance(&self, name: &str) -> Option<bool> {
        let context = self.domain.naming_context.as_str();
        let split = name.len().checked_sub(context.len())?;
        let (head, tail) = name.split_at_checked(split)?;
        if !tail.eq_ignore_ascii_case(context) {
            return None;
        }
        let parts = head.strip_suffix(',')?;
        let last = parts.rsplit(',').next().unwrap_or_default();
        // An escaped comma makes this the end of a value only; it then either
        // looks like none of the two, or asks for the closer look.
        let mut pair = last.splitn(2, '=');
        let kind = pair.next().unwrap_or_default();
        let is_plain = ["CN", "OU"]
            .iter()
            .any(|plain| kind.eq_ignore_ascii_case(plain))
            && !pair.next()?.eq_ignore_ascii_case("Configuration");
        is_plain.then_some(true)
    }
}
