//! The last look before a write: is the entry still ruled from here, does the
//! value fit the schema, does the entry as it is now still pass the rules with
//! it, and is it free in the live forests. Whether this account may write the
//! attribute is asked in the look at the whole plan.
//!
//! A server compares more loosely than the cloud does (case, accents, width),
//! so what its search returns is compared again by the judge's own keys and
//! rules, and an entry of another forest that the sync engine joins with this
//! one may hold the value, too. Whether a change ends a join is judged in the
//! plan, not here. A check that cannot be made refuses. Files are left out: they
//! do not change, and were compared in the scan.

mod filter;
mod holders;
mod rights;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use holders::Holders;
use rights::Account;

use crate::model::{
    AddressType, AttributeName, Change, Entry, Identity, Modification, ProxyAddress, Value,
};
use crate::rule::{Judge, KeySpace, RuleId, RuleSet, Settings};
use crate::scan::{ForestJoin, ScanSource};
use crate::transaction::{Objection, Objections, Pending, Precondition, RightsOfAll};

/// Where Active Directory notes that an object is managed in the cloud.
const AUTHORITY: &str = "msDS-ObjectSoa";

/// The check of new values against the open sources.
#[derive(Debug)]
pub(super) struct LiveCheck {
    sources: Vec<ScanSource>,
    attributes: Vec<AttributeName>,
    holders: Holders,
    account: Account,
    standards: Standards,
}

/// By what the live check judges.
#[derive(Debug)]
pub(super) struct Standards {
    /// The judge of the scan, or one that only makes keys.
    pub(super) judge: Arc<Judge>,
    /// What joins entries of different forests.
    pub(super) join: ForestJoin,
    /// Whether the rules are asked once more; they are not where the judge is
    /// not that of the scan.
    pub(super) rules: bool,
}

/// What a journal calls the standards.
const FOREST_JOIN: &str = "forest_join";
const LOGIN_ATTRIBUTE: &str = "login_attribute";

impl Standards {
    /// Those of a transaction, for its rollback without a scan: what the
    /// journal does not say, or says in words unknown here, is as usual.
    pub(super) fn of_journal(rules: RuleSet, checks: &BTreeMap<String, String>) -> Self {
        let login = checks.get(LOGIN_ATTRIBUTE);
        let login = login.and_then(|name| AttributeName::parse(name).ok());
        let mut settings = Settings::default();
        if let Some(login) = login {
            settings.login_attribute = login;
        }
        let join = checks.get(FOREST_JOIN);
        Self {
            judge: Arc::new(Judge::new(Arc::new(rules), settings)),
            join: join.and_then(|join| join.parse().ok()).unwrap_or_default(),
            rules: false,
        }
    }

    fn described(&self) -> BTreeMap<String, String> {
        let login = self.judge.settings.login_attribute.to_string();
        BTreeMap::from([
            (FOREST_JOIN.to_owned(), self.join.to_string()),
            (LOGIN_ATTRIBUTE.to_owned(), login),
        ])
    }
}

/// A value that is to be put in, and as what it counts.
struct Wanted<'a> {
    /// The entry with all changes.
    after: &'a Entry,
    attribute: &'a AttributeName,
    text: &'a str,
    space: KeySpace,
    key: String,
}

impl LiveCheck {
    /// A check against `sources`, which are those of the run, all of them: the
    /// place of a domain among theirs is its [`crate::model::DomainId`].
    pub(super) fn new(sources: &[ScanSource], standards: Standards) -> Self {
        let mut attributes: Vec<_> = ["objectClass", "objectGUID", AUTHORITY]
            .map(AttributeName::known)
            .to_vec();
        attributes.extend(standards.judge.attributes());
        attributes.extend(standards.join.compared());
        attributes.sort();
        attributes.dedup();
        Self {
            sources: sources.to_vec(),
            holders: Holders::new(
                sources,
                Arc::clone(&standards.judge),
                standards.join.compared(),
            ),
            account: Account::new(sources),
            attributes,
            standards,
        }
    }

    async fn objections(&self, pending: Pending<'_>) -> Vec<Objection> {
        let after = with_changes(pending.entry, &pending.modification.changes);
        let mut objections = if pending.reverting || !self.standards.rules {
            Vec::new()
        } else {
            self.broken_rules(&pending, &after)
        };
        for change in &pending.modification.changes {
            if let Some(reason) = self.objection(&pending, &after, change).await {
                objections.push(Objection {
                    attribute: change.attribute.clone(),
                    reason,
                });
            }
        }
        objections
    }

    async fn objection(
        &self,
        pending: &Pending<'_>,
        after: &Entry,
        change: &Change,
    ) -> Option<String> {
        if let Some(reason) = not_permitted(pending, change) {
            return Some(reason);
        }
        if let Some(reason) = second_primary(pending.entry, after, change) {
            return Some(reason);
        }
        for value in &change.add {
            // A value that is no text has neither a length in characters nor a
            // key; a rollback may have to put one back.
            let Some(text) = value.as_text() else {
                continue;
            };
            // What was there before may come back, whatever its length.
            if !pending.reverting
                && let Some(reason) = self.too_long(pending.modification, change, text)
            {
                return Some(reason);
            }
            if change.shared.contains(value) {
                // Taken back: it was not unique before either.
                continue;
            }
            let Some((space, key)) = self.standards.judge.key_of(after, &change.attribute, text)
            else {
                continue;
            };
            let wanted = Wanted {
                after,
                attribute: &change.attribute,
                text,
                space,
                key,
            };
            match self.holder(pending, &wanted).await {
                Ok(None) => {}
                Ok(Some(dn)) => return Some(format!("the value '{text}' is held by {dn}")),
                Err(error) => {
                    return Some(format!(
                        "whether '{text}' is free could not be read: {error}"
                    ));
                }
            }
        }
        None
    }

    /// Rules that the entry as it is now does not break and would break after:
    /// other attributes than those of the plan may have changed meanwhile.
    fn broken_rules(&self, pending: &Pending<'_>, after: &Entry) -> Vec<Objection> {
        let mut known: HashMap<(RuleId, AttributeName), usize> = HashMap::new();
        for fault in self.standards.judge.faults(pending.entry) {
            *known
                .entry((fault.rule, fault.place.attribute))
                .or_default() += 1;
        }
        let changes = &pending.modification.changes;
        let mut objections = Vec::new();
        for fault in self.standards.judge.faults(after) {
            if self.standards.judge.is_light(fault.rule) {
                continue;
            }
            let left = known
                .entry((fault.rule, fault.place.attribute.clone()))
                .or_default();
            if *left > 0 {
                *left -= 1;
                continue;
            }
            let touched = changes
                .iter()
                .find(|change| change.attribute == fault.place.attribute)
                .or(changes.first());
            objections.extend(touched.map(|change| Objection {
                attribute: change.attribute.clone(),
                reason: format!(
                    "{}: {}",
                    self.standards.judge.rules.rule(fault.rule).title,
                    fault.detail
                ),
            }));
        }
        objections
    }

    fn too_long(&self, modification: &Modification, change: &Change, text: &str) -> Option<String> {
        let length = text.encode_utf16().count();
        let source = self.sources.get(self.source_of(modification)?)?;
        let limit = source
            .forest
            .schema
            .attribute(&change.attribute)
            .range_upper?;
        (length > usize::try_from(limit).unwrap_or(usize::MAX)).then(|| {
            format!(
                "the value has {length} characters, the schema allows {limit} for {}",
                change.attribute
            )
        })
    }

    /// The place of the source that an entry lies in.
    fn source_of(&self, modification: &Modification) -> Option<usize> {
        let domains = self.sources.iter().enumerate();
        domains
            .flat_map(|(place, source)| source.forest.domains.iter().map(move |_| place))
            .nth(usize::from(modification.domain.0))
    }

    /// Who else holds the value by now, if a rule minds.
    async fn holder(
        &self,
        pending: &Pending<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Option<String>, String> {
        let held = self
            .holders
            .of(wanted.space, &wanted.key, wanted.text)
            .await?;
        let own = self.source_of(pending.modification);
        let minds = |(place, hit): &&(usize, Entry)| {
            !is_own(hit, pending) && self.minds(pending, wanted, (hit, own != Some(*place)))
        };
        Ok(match held.by.iter().find(minds) {
            Some((_, other)) => Some(other.dn.as_str().to_owned()),
            None => held.more.then(|| "very many entries".to_owned()),
        })
    }

    /// Whether a rule minds that `hit`, which may lie in another forest, holds
    /// the value too. What an earlier part of the plan is about to take away
    /// from it does not count.
    fn minds(
        &self,
        pending: &Pending<'_>,
        wanted: &Wanted<'_>,
        (hit, is_elsewhere): (&Entry, bool),
    ) -> bool {
        let identity = hit.identity();
        let freeing = pending
            .freed
            .iter()
            .find(|earlier| earlier.identity == identity);
        let freed;
        let hit = match freeing {
            Some(earlier) => {
                freed = with_changes(hit, &earlier.changes);
                &freed
            }
            None => hit,
        };
        let joined = is_elsewhere
            && wanted.space != KeySpace::Anchor
            && self.standards.join.joins(wanted.after, hit);
        if joined {
            return false;
        }
        let at: Vec<AttributeName> = self.places(hit, wanted);
        let rule =
            self.standards
                .judge
                .collision(wanted.after, wanted.space, wanted.attribute, &at);
        // A light fault may stay where it was: the worksheet lets it, too.
        rule.is_some_and(|rule| {
            !self.standards.judge.is_light(rule) || self.places(pending.entry, wanted).is_empty()
        })
    }

    /// Where an entry holds the value.
    fn places(&self, entry: &Entry, wanted: &Wanted<'_>) -> Vec<AttributeName> {
        self.standards
            .judge
            .keys(entry)
            .into_iter()
            .filter(|held| held.space == wanted.space && held.key == wanted.key)
            .map(|held| held.place.attribute)
            .collect()
    }
}

impl Precondition for LiveCheck {
    fn attributes(&self) -> &[AttributeName] {
        &self.attributes
    }

    fn rights_attributes(&self) -> &[AttributeName] {
        self.account.attributes()
    }

    fn rights<'a>(&'a self, entries: Vec<(&'a Modification, &'a Entry)>) -> RightsOfAll<'a> {
        Box::pin(self.account.rights(entries))
    }

    fn described(&self) -> BTreeMap<String, String> {
        self.standards.described()
    }

    fn check<'a>(&'a self, pending: Pending<'a>) -> Objections<'a> {
        Box::pin(self.objections(pending))
    }
}

/// Whether a hit is the entry itself. A name alone only counts where there is
/// no objectGUID: after a deletion another entry may bear it.
fn is_own(hit: &Entry, pending: &Pending<'_>) -> bool {
    match &pending.modification.identity {
        Identity::Dn(_) => hit.dn.key() == pending.entry.dn.key(),
        guid @ Identity::Guid(_) => hit.identity() == *guid,
    }
}

/// The entry as it will be.
fn with_changes(entry: &Entry, changes: &[Change]) -> Entry {
    let mut after = entry.clone();
    for change in changes {
        let mut values: Vec<Value> = entry
            .values(change.attribute.as_str())
            .iter()
            .filter(|value| !change.delete.contains(value))
            .cloned()
            .collect();
        values.extend_from_slice(&change.add);
        after.set(&change.attribute, values);
    }
    after
}

/// What the directory itself says against writing here.
fn not_permitted(pending: &Pending<'_>, change: &Change) -> Option<String> {
    if !pending.reverting
        && let Some(authority) = pending.entry.values(AUTHORITY).first()
    {
        return Some(format!(
            "the entry is managed in the cloud ({AUTHORITY} is '{}'): change it there",
            authority.to_text_lossy()
        ));
    }
    (!pending.rights.permit(&change.attribute)).then(|| {
        format!(
            "this account may not write {} of this entry",
            change.attribute
        )
    })
}

/// Whether the entry would get a primary address beside one that it has by
/// now, in a rollback too.
fn second_primary(entry: &Entry, after: &Entry, change: &Change) -> Option<String> {
    if !change.attribute.is("proxyAddresses") {
        return None;
    }
    let count = |entry: &Entry| {
        let values = entry.values("proxyAddresses").iter();
        let kinds = values
            .filter_map(Value::as_text)
            .map(|text| ProxyAddress::split(text).kind);
        kinds
            .filter(|kind| *kind == AddressType::PrimarySmtp)
            .count()
    };
    // Those that were there when the plan was made may come back.
    let planned = change
        .after
        .iter()
        .filter_map(Value::as_text)
        .filter(|text| ProxyAddress::split(text).kind == AddressType::PrimarySmtp)
        .count();
    let primaries = count(after);
    (primaries > 1 && primaries > count(entry) && primaries > planned)
        .then(|| format!("the entry would have {primaries} primary addresses (SMTP:)"))
}

#[cfg(test)]
mod tests;
