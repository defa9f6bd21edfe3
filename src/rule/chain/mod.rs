//! Chains: rule sets that judge as `IdFix` does.
//!
//! In such a set (`mode = "chain"` in its `set.toml`) the rules of an attribute
//! run in file order, each on the value as repaired by those before it. All
//! that fail make one row; the last of them gives the proposed action and the
//! update. Values are compared within one attribute only, as repaired up to
//! that step, in Unicode composition and lower case.
//!
//! A chain promises the rows of `IdFix`, not that a proposal holds: whoever
//! shows one has to check it.

mod address;
mod judge;
mod repair;
mod set;
mod step;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

pub use set::{ChainSet, Skips};
pub use step::{Filling, Forbidden, Kind, Place as CharacterPlace, Step, Verdict};

use self::address::AddressFaults;
use self::step::contains_smtp;
use super::domain::Domains;
use super::key::OneAttribute;
use super::{Check, ErrorWord, Fault, KeyRef, KeySpace, Place, Rule, RuleId, RuleSet, Settings};
use crate::model::{AttributeName, Entry, ObjectClass, Value};

/// The attributes that a chain asks of an entry beside those that it judges:
/// for a proposal, or for leaving the entry out.
const ASKED: [&str; 12] = [
    "cn",
    "displayName",
    "givenName",
    "groupType",
    "homeMDB",
    "mail",
    "mailNickname",
    "msExchHideFromAddressLists",
    "msExchRecipientTypeDetails",
    "sAMAccountName",
    "sn",
    "isCriticalSystemObject",
];

/// What the last failing step of a chain proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// PROPOSEDACTION.
    pub action: SuggestedAction,
    /// UPDATE; `None` when there is no value to write.
    pub update: Option<String>,
}

/// The actions that `IdFix` proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestedAction {
    /// Write the update.
    Edit,
    /// Take the value away.
    Remove,
    /// Leave the value as it is.
    Complete,
}

/// A set of chains, resolved for a run.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    attributes: Vec<AttributeChain>,
}

/// The rules of one attribute, in the order in which they run.
#[derive(Debug, Clone)]
struct AttributeChain {
    attribute: AttributeName,
    links: Vec<RuleId>,
    /// The place in `links` after the last step that compares with others.
    compared: usize,
    /// The domains that the admin names, with what the address check found out
    /// about others.
    domains: Domains,
}

/// An entry under judgement.
#[derive(Clone, Copy)]
struct Subject<'a> {
    rules: &'a RuleSet,
    entry: &'a Entry,
    class: ObjectClass,
}

/// A value after its chain.
struct Walk<'v> {
    failures: Vec<(RuleId, String)>,
    value: Cow<'v, str>,
    /// The step that compares with other entries, with the value it compares.
    duplicate: Option<(RuleId, Cow<'v, str>)>,
}

impl Chain {
    /// The chains of `rules`; `None` if that is no such set.
    pub(super) fn of(rules: &RuleSet, settings: &Settings) -> Option<Self> {
        rules.chain.as_ref()?;
        let mut attributes: Vec<AttributeChain> = Vec::new();
        let domains = Domains::of(settings);
        for (number, rule) in (0..).zip(&rules.rules) {
            let foreign = rule.login && settings.login_attribute != rule.attribute;
            if !rule.on || foreign {
                continue;
            }
            for name in rule.attributes() {
                match attributes.iter_mut().find(|chain| chain.attribute == *name) {
                    Some(chain) => chain.links.push(RuleId(number)),
                    None => attributes.push(AttributeChain {
                        attribute: name.clone(),
                        links: vec![RuleId(number)],
                        compared: 0,
                        domains: domains.clone(),
                    }),
                }
            }
        }
        for chain in &mut attributes {
            let compares =
                |id: &RuleId| matches!(rules.rule(*id).check, Check::Step(Step::Duplicate { .. }));
            let last = chain.links.iter().rposition(compares);
            chain.compared = last.map_or(0, |at| at + 1);
        }
        Some(Self { attributes })
    }

    /// What is asked of an entry.
    pub(super) fn asked(rules: &RuleSet) -> impl Iterator<Item = AttributeName> {
        let required = rules.chain.iter().flat_map(|set| set.requires.clone());
        let judged = rules.rules.iter().flat_map(Rule::attributes).cloned();
        let asked = ASKED.map(AttributeName::known).into_iter();
        asked.chain(judged).chain(required)
    }

    /// All rules that `entry` breaks on its own.
    pub(super) fn faults(&self, rules: &RuleSet, entry: &Entry) -> Vec<Fault> {
        let subject = Subject::of(rules, entry);
        let mut faults = Vec::new();
        for chain in &self.attributes {
            let values = chain.values(entry);
            if values.is_empty() {
                let blank = chain.blank(subject).map(|(rule, detail, _)| (rule, detail));
                faults.extend(blank.map(|found| fault(&chain.attribute, None, found)));
            }
            for (at, value) in (0..).zip(values) {
                let failures = match value.as_text() {
                    Some(text) => chain.walk(subject, text).failures,
                    None => chain.not_text(subject, value),
                };
                let found = failures.into_iter();
                faults.extend(found.map(|found| fault(&chain.attribute, Some(at), found)));
            }
        }
        faults
    }

    /// Shows `visit` the keys under which values of `entry` must be unique.
    pub(super) fn each_key(
        &self,
        rules: &RuleSet,
        entry: &Entry,
        mut visit: impl FnMut(KeyRef<'_>),
    ) {
        let subject = Subject::of(rules, entry);
        for chain in &self.attributes {
            for (value, text) in chain.values(entry).iter().map(Value::as_text).enumerate() {
                if let Some((space, key)) = text.and_then(|text| chain.key(subject, text)) {
                    visit(KeyRef {
                        space,
                        attribute: &chain.attribute,
                        value,
                        key: &key,
                    });
                }
            }
        }
    }

    /// The key of one value at `attribute` of `entry`.
    pub(super) fn key_of(
        &self,
        rules: &RuleSet,
        entry: &Entry,
        attribute: &AttributeName,
        value: &str,
    ) -> Option<(KeySpace, String)> {
        self.chain(attribute)?.key(Subject::of(rules, entry), value)
    }

    /// The rule that it breaks that others hold a value of `entry`, too.
    pub(super) fn collision(
        &self,
        rules: &RuleSet,
        entry: &Entry,
        attribute: &AttributeName,
    ) -> Option<RuleId> {
        let subject = Subject::of(rules, entry);
        let links = &self.chain(attribute)?.links;
        links.iter().copied().find(|id| {
            matches!(subject.step(*id), Some(Step::Duplicate { .. })) && subject.is_meant(*id)
        })
    }

    /// What the last of `broken`, the rules broken at `place`, proposes.
    pub(super) fn suggest(
        &self,
        rules: &RuleSet,
        entry: &Entry,
        place: &Place,
        broken: &[RuleId],
    ) -> Option<Suggestion> {
        let subject = Subject::of(rules, entry);
        let chain = self.chain(&place.attribute)?;
        let edit = |update| Suggestion {
            action: SuggestedAction::Edit,
            update,
        };
        let Some(at) = place.value else {
            return chain.blank(subject).map(|(_, _, update)| edit(update));
        };
        let value = chain.values(entry).get(at as usize)?.as_text()?;
        let walk = chain.walk(subject, value);
        let last = broken.iter().max()?;
        let Some((_, compared)) = walk.duplicate.filter(|(id, _)| id == last) else {
            return Some(edit(Some(walk.value.into_owned())));
        };
        let changed = compared != value;
        Some(Suggestion {
            action: subject.action(*last, chain, (value, changed)),
            update: changed.then(|| compared.into_owned()),
        })
    }

    fn chain(&self, attribute: &AttributeName) -> Option<&AttributeChain> {
        self.attributes
            .iter()
            .find(|chain| chain.attribute == *attribute)
    }
}

/// The words of the ERROR column for faults of one row: in the order in which
/// the steps ran, one for each.
pub(super) fn error_words(rules: &RuleSet, faults: &[Fault]) -> Vec<ErrorWord> {
    let mut ids: Vec<RuleId> = faults.iter().map(|fault| fault.rule).collect();
    ids.sort_unstable();
    ids.iter().map(|id| rules.rule(*id).error).collect()
}

impl AttributeChain {
    /// The values that are judged: all of proxyAddresses, else the first.
    fn values<'e>(&self, entry: &'e Entry) -> &'e [Value] {
        let values = entry.values(self.attribute.as_str());
        if self.attribute.is("proxyAddresses") {
            values
        } else {
            values.get(..1).unwrap_or(values)
        }
    }

    /// The failure of an attribute without a value, with what to write.
    fn blank(&self, subject: Subject<'_>) -> Option<(RuleId, String, Option<String>)> {
        self.links.iter().find_map(|id| {
            let step = subject.step(*id)?;
            if !matches!(step, Step::Blank { .. }) || !subject.is_meant(*id) {
                return None;
            }
            let failure = step.blank(subject.entry)?;
            Some((*id, failure.detail, failure.repaired.map(Cow::into_owned)))
        })
    }

    /// The first rule about characters speaks for bytes that are none.
    fn not_text(&self, subject: Subject<'_>, value: &Value) -> Vec<(RuleId, String)> {
        let valid =
            std::str::from_utf8(value.as_bytes()).map_or_else(|e| e.valid_up_to(), str::len);
        let rule = self.links.iter().copied().find(|id| {
            matches!(subject.step(*id), Some(Step::Characters { .. })) && subject.is_meant(*id)
        });
        let detail = format!("it stops being UTF-8 text at byte {}", valid + 1);
        rule.map(|id| (id, detail)).into_iter().collect()
    }

    /// Takes a value through all steps.
    fn walk<'v>(&self, subject: Subject<'_>, original: &'v str) -> Walk<'v> {
        self.walk_along(&self.links, subject, original)
    }

    /// Takes a value through the steps of `links`.
    fn walk_along<'v>(
        &self,
        links: &[RuleId],
        subject: Subject<'_>,
        original: &'v str,
    ) -> Walk<'v> {
        let mut walk = Walk {
            failures: Vec::new(),
            value: Cow::Borrowed(original),
            duplicate: None,
        };
        let mut checked = None;
        let kind = Kind::of(original);
        for id in links {
            let Some(step) = subject.step(*id) else {
                continue;
            };
            if !step.concerns(kind) || !subject.is_meant(*id) {
                continue;
            }
            match step {
                Step::Duplicate { .. } => walk.duplicate = Some((*id, walk.value.clone())),
                Step::Address { verdict, .. } => {
                    let found = checked.get_or_insert_with(|| walk.check_address(&self.domains));
                    let detail = found.as_ref().and_then(|found| found.of(*verdict));
                    walk.failures
                        .extend(detail.map(|detail| (*id, detail.to_owned())));
                }
                _ => {
                    if let Some(failure) = step.judge(subject.entry, &walk.value) {
                        walk.failures.push((*id, failure.detail));
                        walk.value = failure.repaired.unwrap_or(walk.value);
                    }
                }
            }
        }
        walk
    }

    fn key(&self, subject: Subject<'_>, value: &str) -> Option<(KeySpace, String)> {
        let links = self
            .links
            .get(..self.compared)
            .filter(|links| !links.is_empty())?;
        let space = KeySpace::Of(OneAttribute::named(&self.attribute)?);
        let (_, compared) = self.walk_along(links, subject, value).duplicate?;
        (!compared.is_empty()).then(|| (space, folded(compared)))
    }
}

impl Walk<'_> {
    /// Makes the address check and takes over its repairs.
    fn check_address(&mut self, domains: &Domains) -> Option<AddressFaults> {
        let found = address::check(&self.value, domains)?;
        self.value = Cow::Owned(found.repaired.clone());
        Some(found)
    }
}

impl<'a> Subject<'a> {
    fn of(rules: &'a RuleSet, entry: &'a Entry) -> Self {
        Self {
            rules,
            entry,
            class: entry.class(),
        }
    }

    fn step(self, id: RuleId) -> Option<&'a Step> {
        match &self.rules.rule(id).check {
            Check::Step(step) => Some(step),
            _ => None,
        }
    }

    /// Whether a rule concerns the entry.
    fn is_meant(self, id: RuleId) -> bool {
        let rule = self.rules.rule(id);
        let has = |name: &AttributeName| self.entry.has(name.as_str());
        rule.applies_to.contains(&self.class)
            && rule.when.has.iter().all(has)
            && !rule.when.lacks.iter().any(has)
    }

    /// What is proposed for a value that is a duplicate and nothing else after
    /// that; `changed`: a step before has repaired it.
    fn action(
        self,
        id: RuleId,
        chain: &AttributeChain,
        (value, changed): (&str, bool),
    ) -> SuggestedAction {
        let Some(Step::Duplicate {
            complete_with: Some(attribute),
            as_proxy,
        }) = self.step(id)
        else {
            return SuggestedAction::Edit;
        };
        let has = self.entry.has(attribute.as_str());
        if changed {
            return SuggestedAction::Edit;
        }
        if !*as_proxy {
            return if has {
                SuggestedAction::Complete
            } else {
                SuggestedAction::Edit
            };
        }
        let first = self.entry.text(chain.attribute.as_str()) == Some(value);
        let begins = value
            .get(..5)
            .is_some_and(|head| head.eq_ignore_ascii_case("smtp:"));
        match (first && contains_smtp(value), has) {
            (true, true) if begins => SuggestedAction::Complete,
            (true, false) => SuggestedAction::Remove,
            _ => SuggestedAction::Edit,
        }
    }
}

/// The form in which values are compared: without regard to case, composed and
/// decomposed letters alike.
fn folded(text: Cow<'_, str>) -> String {
    if text.is_ascii() {
        let mut text = text.into_owned();
        text.make_ascii_lowercase();
        text
    } else {
        text.to_lowercase().nfc().collect()
    }
}

fn place(attribute: &AttributeName, value: Option<u32>) -> Place {
    Place {
        attribute: attribute.clone(),
        value,
    }
}

fn fault(attribute: &AttributeName, at: Option<u32>, (rule, detail): (RuleId, String)) -> Fault {
    Fault {
        rule,
        place: place(attribute, at),
        detail,
    }
}
