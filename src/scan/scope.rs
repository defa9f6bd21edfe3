//! What is judged: bases, excludes, filter.
//!
//! They bound what is judged, not what is compared: unless the scope is all
//! that is to be looked at, every domain is read whole, so that an address
//! outside the scope is still known to be taken. The user's filter is evaluated
//! by the source, never here.

use super::ForestJoin;
use crate::directory::SearchRequest;
use crate::model::{AttributeName, DistinguishedName, Domain, Identity, SourceKind};

/// The largest page that Active Directory gives by default (`MaxPageSize`, "View
/// and set LDAP policy in Active Directory by using Ntdsutil.exe").
pub(super) const PAGE_SIZE: u32 = 1000;

/// Users, contacts and groups of an Active Directory. objectCategory is indexed
/// and single-valued, and is `person` for users, inetOrgPersons and contacts
/// alike ("Creating more efficient queries").
const ACTIVE_DIRECTORY_FILTER: &str = "(|(objectCategory=person)(objectCategory=group))";

/// The same by objectClass, for servers that need not know objectCategory.
const OTHER_FILTER: &str =
    "(|(objectClass=user)(objectClass=inetOrgPerson)(objectClass=contact)(objectClass=group))";

/// Everything, for sources at hand: entries without any objectClass are to be
/// reported, and the class is looked at here in any case.
const LOCAL_FILTER: &str = "(|(objectClass=*)(!(objectClass=*)))";

/// What a scan judges, and how it reads.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Judge only entries below these; all if empty.
    pub bases: Vec<DistinguishedName>,
    /// Do not judge entries below these.
    pub excludes: Vec<DistinguishedName>,
    /// Judge only entries that match.
    pub filter: Option<String>,
    /// Compare with nothing outside the scope.
    pub scope_only: bool,
    /// Which entries of different forests are one.
    pub join: ForestJoin,
}

/// Why a scope does not fit the sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScopeError(pub String);

/// The filter that gives all candidates of a source of `kind`.
pub(super) fn candidate_filter(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::ActiveDirectory => ACTIVE_DIRECTORY_FILTER,
        SourceKind::OtherLdap => OTHER_FILTER,
        SourceKind::Ldif | SourceKind::Memory => LOCAL_FILTER,
    }
}

/// One search of a domain, and what its entries are for.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) request: SearchRequest,
    /// Whether entries in scope are judged; else all are compared only.
    pub(super) judges: bool,
    /// Whether its base is an entry that somebody may have deleted.
    pub(super) may_be_gone: bool,
}

/// How many entries one search asks for: a filter of some 6 KiB, far below what
/// servers take.
const ASKED_AT_ONCE: usize = 100;

/// What of one domain is judged.
#[derive(Debug, Clone, Default)]
pub(super) struct DomainScope {
    /// Bases in this domain, outermost only, as names and keys.
    bases: Vec<(DistinguishedName, String)>,
    /// Whether bases were given at all: then a domain without one has nothing
    /// to judge.
    bounded: bool,
    excludes: Vec<String>,
    filter: Option<String>,
    scope_only: bool,
}

impl DomainScope {
    /// The scope of each of `domains`. A base or an exclude belongs to the
    /// domain whose naming context is the closest above it.
    pub(super) fn of(options: &ScanOptions, domains: &[&Domain]) -> Result<Vec<Self>, ScopeError> {
        let contexts: Vec<String> = domains
            .iter()
            .map(|domain| domain.naming_context.key())
            .collect();
        let mut scopes = vec![
            Self {
                bounded: !options.bases.is_empty(),
                filter: options.filter.clone(),
                scope_only: options.scope_only,
                ..Self::default()
            };
            domains.len()
        ];
        for base in &options.bases {
            for place in homes("base", base, &contexts, domains)? {
                scopes[place].bases.push((base.clone(), base.key()));
            }
        }
        for exclude in &options.excludes {
            for place in homes("exclude", exclude, &contexts, domains)? {
                scopes[place].excludes.push(exclude.key());
            }
        }
        for scope in &mut scopes {
            scope.drop_nested_bases();
        }
        Ok(scopes)
    }

    fn drop_nested_bases(&mut self) {
        self.bases
            .sort_by(|a, b| (a.1.len(), &a.1).cmp(&(b.1.len(), &b.1)));
        let mut kept: Vec<(DistinguishedName, String)> = Vec::new();
        for base in std::mem::take(&mut self.bases) {
            if !kept.iter().any(|outer| is_within(&base.1, &outer.1)) {
                kept.push(base);
            }
        }
        self.bases = kept;
    }

    /// Whether an entry of that name lies in the bases and in no exclude.
    pub(super) fn covers(&self, dn: &DistinguishedName) -> bool {
        if !self.bounded && self.excludes.is_empty() {
            return true;
        }
        let key = dn.key();
        let inside = !self.bounded || self.bases.iter().any(|(_, base)| is_within(&key, base));
        inside && !self.excludes.iter().any(|exclude| is_within(&key, exclude))
    }

    /// Whether all entries directly in the container of that key are covered
    /// (`Some(true)`), or none; `None` if one of them may be a base or an
    /// exclude itself, so that each must be asked about.
    pub(super) fn covers_all_in(&self, key: &str) -> Option<bool> {
        let is_around = |within: &str| is_within(key, within);
        let bases = || self.bases.iter().map(|(_, base)| &**base);
        let mut excludes = self.excludes.iter().map(|exclude| &**exclude);
        let covered = (!self.bounded || bases().any(is_around)) && !excludes.clone().any(is_around);
        let mut may_differ = false;
        if covered {
            may_differ |= excludes.any(|exclude| parent_of(exclude) == key);
        } else if self.bounded {
            may_differ |= bases().any(|base| parent_of(base) == key);
        }
        (!may_differ).then_some(covered)
    }

    /// The bases in this domain.
    pub(super) fn bases(&self) -> impl Iterator<Item = &DistinguishedName> {
        self.bases.iter().map(|(base, _)| base)
    }

    /// The filter that says what is judged, if one does.
    pub(super) fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }

    /// Whether the user says by a filter what is judged.
    pub(super) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether entries that are not judged are left out altogether.
    pub(super) fn scope_only(&self) -> bool {
        self.scope_only
    }

    /// The searches that read the domain.
    pub(super) fn steps(
        &self,
        domain: &Domain,
        kind: SourceKind,
        attributes: &[AttributeName],
    ) -> Vec<Step> {
        let step = |base: &DistinguishedName, filter: &str, judges| Step {
            request: SearchRequest {
                base: base.clone(),
                filter: filter.to_owned(),
                attributes: attributes.to_vec(),
                page_size: PAGE_SIZE,
            },
            judges,
            may_be_gone: false,
        };
        let whole = &domain.naming_context;
        let candidates = candidate_filter(kind);
        let filter = self.filter.as_deref().unwrap_or(candidates);
        let scoped: Vec<Step> = if self.bounded {
            self.bases
                .iter()
                .map(|(base, _)| step(base, filter, true))
                .collect()
        } else {
            vec![step(whole, filter, true)]
        };
        match (self.scope_only, &self.filter) {
            (true, _) => scoped,
            (false, None) => vec![step(whole, candidates, true)],
            (false, Some(_)) => scoped
                .into_iter()
                .chain([step(whole, candidates, false)])
                .collect(),
        }
    }

    /// The searches that read single entries of the domain again, wherever in it
    /// they lie by now. An entry that is known by its name alone brings those
    /// below it along.
    pub(super) fn steps_to(
        &self,
        entries: &[Identity],
        (domain, kind): (&Domain, SourceKind),
        attributes: &[AttributeName],
    ) -> Vec<Step> {
        let candidates = candidate_filter(kind);
        let mut asked = vec![(self.filter.as_deref().unwrap_or(candidates), true)];
        if self.filter.is_some() && !self.scope_only {
            asked.push((candidates, false));
        }
        let steps = |base: &DistinguishedName, ids: Option<&str>| {
            let step = |(filter, judges): &(&str, bool)| Step {
                request: SearchRequest {
                    base: base.clone(),
                    filter: match ids {
                        Some(ids) => format!("(&{filter}(|{ids}))"),
                        None => (*filter).to_owned(),
                    },
                    attributes: attributes.to_vec(),
                    page_size: PAGE_SIZE,
                },
                judges: *judges,
                may_be_gone: ids.is_none(),
            };
            asked.iter().map(step).collect::<Vec<_>>()
        };
        let guids = entries.iter().filter_map(|identity| match identity {
            Identity::Guid(guid) => Some(guid.filter()),
            Identity::Dn(_) => None,
        });
        let guids: Vec<String> = guids.collect();
        let by_guid = guids
            .chunks(ASKED_AT_ONCE)
            .flat_map(|guids| steps(&domain.naming_context, Some(&guids.concat())));
        let by_name = entries.iter().filter_map(|identity| match identity {
            Identity::Dn(dn) => Some(steps(dn, None)),
            Identity::Guid(_) => None,
        });
        by_guid.chain(by_name.flatten()).collect()
    }
}

/// The places of the domains that `dn` lies in: one, unless several sources
/// have the same naming context.
fn homes(
    what: &str,
    dn: &DistinguishedName,
    contexts: &[String],
    domains: &[&Domain],
) -> Result<Vec<usize>, ScopeError> {
    let key = dn.key();
    let around = |context: &&String| is_within(&key, context);
    let Some(closest) = contexts.iter().filter(around).map(String::len).max() else {
        let names: Vec<&str> = domains
            .iter()
            .map(|domain| domain.naming_context.as_str())
            .collect();
        return Err(ScopeError(format!(
            "the {what} '{dn}' lies in no scanned domain; those are {}",
            names.join(" and ")
        )));
    };
    Ok(contexts
        .iter()
        .enumerate()
        .filter(|(_, context)| context.len() == closest && around(context))
        .map(|(place, _)| place)
        .collect())
}

/// The key of the container of the entry with the given key.
pub(super) fn parent_of(key: &str) -> &str {
    key.split_once('\u{1}').map_or("", |(_, parent)| parent)
}

pub(super) fn is_within(key: &str, base: &str) -> bool {
    key.strip_suffix(base)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('\u{1}') || base.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap()
    }

    fn domain(context: &str) -> Domain {
        Domain {
            dns_name: dn(context).dns_name().unwrap(),
            naming_context: dn(context),
            host: "memory".into(),
        }
    }

    fn scopes(options: &ScanOptions) -> Result<Vec<DomainScope>, ScopeError> {
        let (root, child) = (domain("DC=a,DC=test"), domain("DC=b,DC=a,DC=test"));
        DomainScope::of(options, &[&root, &child])
    }

    #[test]
    fn a_base_belongs_to_the_closest_domain() {
        let options = ScanOptions {
            bases: vec![
                dn("OU=x,DC=b,DC=a,DC=test"),
                dn("ou=Y,OU=x,dc=b,DC=a,DC=test"),
            ],
            excludes: vec![dn("OU=z,OU=x,DC=b,DC=a,DC=test")],
            ..ScanOptions::default()
        };
        let scopes = scopes(&options).unwrap();
        assert!(!scopes[0].covers(&dn("CN=1,OU=x,DC=a,DC=test")));
        assert!(scopes[1].covers(&dn("CN=1,ou=X,DC=b,DC=a,DC=test")));
        assert!(!scopes[1].covers(&dn("CN=1,OU=z,OU=x,DC=b,DC=a,DC=test")));
        assert!(!scopes[1].covers(&dn("CN=1,OU=w,DC=b,DC=a,DC=test")));
        assert_eq!(
            scopes[1].bases.len(),
            1,
            "the inner base is in the outer one"
        );
    }

    #[test]
    fn what_holds_for_a_container_holds_for_its_entries() {
        let names = |names: &[&str]| names.iter().copied().map(dn).collect::<Vec<_>>();
        let options = |bases: &[&str], excludes: &[&str]| ScanOptions {
            bases: names(bases),
            excludes: names(excludes),
            ..ScanOptions::default()
        };
        let containers = names(&[
            "DC=a,DC=test",
            "OU=x,DC=a,DC=test",
            "ou=Y,OU=x,DC=a,DC=test",
        ]);
        let entries = ["CN=1", "OU=x", "OU=y", "OU=z"];
        for options in [
            options(&[], &[]),
            options(&["OU=x,DC=a,DC=test"], &[]),
            options(&[], &["OU=x,DC=a,DC=test"]),
            options(&["OU=x,DC=a,DC=test"], &["OU=z,OU=y,OU=x,DC=a,DC=test"]),
            options(&["DC=a,DC=test"], &["OU=y,OU=x,DC=a,DC=test"]),
        ] {
            let scope = &scopes(&options).unwrap()[0];
            for container in &containers {
                let of_all = scope.covers_all_in(&container.key());
                for entry in entries {
                    let covers = scope.covers(&dn(&format!("{entry},{container}")));
                    assert_eq!(of_all.unwrap_or(covers), covers, "{entry} in {container}");
                }
            }
        }
    }

    #[test]
    fn a_base_in_no_domain_is_named() {
        let options = ScanOptions {
            bases: vec![dn("OU=x,DC=c,DC=test")],
            ..ScanOptions::default()
        };
        assert_eq!(
            scopes(&options).unwrap_err().to_string(),
            "the base 'OU=x,DC=c,DC=test' lies in no scanned domain; \
             those are DC=a,DC=test and DC=b,DC=a,DC=test"
        );
    }

    #[test]
    fn a_filter_is_asked_first_and_everything_else_is_read_to_compare() {
        let mut options = ScanOptions {
            filter: Some("(sn=x)".into()),
            ..ScanOptions::default()
        };
        let steps = |options: &ScanOptions| {
            scopes(options).unwrap()[0]
                .steps(&domain("DC=a,DC=test"), SourceKind::ActiveDirectory, &[])
                .into_iter()
                .map(|step| (step.request.filter, step.judges))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            steps(&options),
            [
                ("(sn=x)".to_owned(), true),
                (ACTIVE_DIRECTORY_FILTER.to_owned(), false)
            ]
        );
        options.scope_only = true;
        assert_eq!(steps(&options), [("(sn=x)".to_owned(), true)]);
    }
}
