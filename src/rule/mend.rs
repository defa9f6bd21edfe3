//! Mending a value: steps of the broken rules, until it breaks none.
//!
//! A proposal differs from the present value, leaves no fault at its place and
//! makes none anywhere else in the entry; otherwise there is no proposal. It
//! knows one entry only: whether the new value is free is for the caller to see
//! to.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::chain::SuggestedAction;
use super::fix::{Patient, Step};
use super::judge::Judge;
use super::key::proxy_key;
use super::{Confidence, ErrorWord, Fault, Place, RuleId, Severity};
use crate::model::{AddressType, AttributeName, Entry, ProxyAddress, Value};

/// A value that a fix made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The new value; `None` proposes to remove the value.
    pub value: Option<String>,
    /// How much care it asks for.
    pub confidence: Confidence,
    /// Why, in one sentence.
    pub reason: Cow<'static, str>,
}

/// The most steps that one value can take.
const STEPS: usize = 12;

/// An attribute with more values gets no proposals: checking each of them
/// against all others would take quadratic time, and Active Directory holds no
/// more than some 1,300 values of such an attribute.
const MOST_VALUES: usize = 1_500;

impl Judge {
    /// Mends the value at `place` so that no fault of the mended entry names the
    /// place; `None` if no fix is known. `faults` are all that [`Judge::faults`]
    /// finds in `entry`. Uniqueness is for the caller to see to.
    pub fn mend(&self, entry: &Entry, place: &Place, faults: &[Fault]) -> Option<Mended> {
        if self.is_chain() {
            return self.suggested(entry, place, faults);
        }
        let Some(at) = place.value else {
            return self.fill(entry, place, faults);
        };
        let at = usize::try_from(at).ok()?;
        let values = entry.values(place.attribute.as_str());
        let original = values.get(at)?.as_text()?;
        if values.len() > MOST_VALUES {
            return None;
        }
        let mut trial = Trial {
            entry: entry.clone(),
            place,
            at,
            value: original.to_owned(),
        };
        let mut open: Vec<RuleId> = rules_at(faults, place);
        let mut steps: Vec<Step> = Vec::new();
        let mut after = Vec::new();
        while !open.is_empty() {
            if steps.len() == STEPS {
                return None;
            }
            let step = open.iter().find_map(|id| self.step(*id, &trial))?;
            let removed = step.value.is_none();
            trial.take(step.value.clone());
            steps.push(step);
            after = self.faults(&trial.entry);
            if removed {
                break;
            }
            open = rules_at(&after, place);
        }
        let last = steps.last()?;
        if let Some(text) = &last.value
            && stands_elsewhere(entry, place, at, text)
        {
            if ProxyAddress::split(text).kind == AddressType::PrimarySmtp {
                return None;
            }
            steps.push(Step {
                value: None,
                confidence: last.confidence,
                reason: "then it stands in this attribute twice",
            });
            trial.take(None);
            after = self.faults(&trial.entry);
        }
        let value = steps.last()?.value.clone();
        let differs = value.as_deref() != Some(original) && value.as_deref() != Some("");
        let better = differs && self.makes_no_new_fault((entry, faults), (&trial.entry, &after));
        better.then(|| Mended {
            confidence: confidence(self, entry, place, original, &steps),
            reason: reason(&steps),
            value,
        })
    }

    /// A name to sign in with for a user that has none: what a fix makes of
    /// sAMAccountName@domain, which stands in for it.
    fn fill(&self, entry: &Entry, place: &Place, faults: &[Fault]) -> Option<Mended> {
        let attribute = place.attribute.as_str();
        if place.attribute != self.settings.login_attribute || entry.has(attribute) {
            return None;
        }
        let name = entry.text("sAMAccountName").unwrap_or_default();
        let stand_in = format!("{name}@{}", entry.dn.dns_name()?);
        let step = |rule: RuleId| {
            let patient = Patient {
                judge: self,
                entry,
                rule: self.rules.rule(rule),
                attribute,
                at: 0,
                value: &stand_in,
            };
            let steps = patient
                .rule
                .fixes
                .iter()
                .map(move |fix| fix.apply(&patient));
            steps.flatten().collect::<Vec<_>>()
        };
        let filled = Place {
            attribute: place.attribute.clone(),
            value: Some(0),
        };
        let steps = rules_at(faults, place).into_iter().flat_map(step);
        steps.into_iter().find_map(|step| {
            let text = step.value?;
            let mut after = entry.clone();
            after.set(&place.attribute, vec![Value::from(text.as_str())]);
            let left = self.faults(&after);
            let clean = left.iter().all(|fault| fault.place != filled);
            let better = clean && self.makes_no_new_fault((entry, faults), (&after, &left));
            better.then(|| Mended {
                value: Some(text),
                confidence: step.confidence.max(Confidence::Review),
                reason: step.reason.into(),
            })
        })
    }

    /// What a chain proposes, which need not hold.
    fn suggested(&self, entry: &Entry, place: &Place, faults: &[Fault]) -> Option<Mended> {
        let suggestion = self.suggest(entry, place, faults)?;
        let is_removal = suggestion.action == SuggestedAction::Remove;
        (is_removal || suggestion.update.is_some()).then(|| Mended {
            value: suggestion.update,
            confidence: Confidence::Manual,
            reason: "as IdFix proposes it".into(),
        })
    }

    fn step(&self, id: RuleId, trial: &Trial<'_>) -> Option<Step> {
        let rule = self.rules.rule(id);
        let patient = Patient {
            judge: self,
            entry: &trial.entry,
            rule,
            attribute: trial.place.attribute.as_str(),
            at: trial.at,
            value: &trial.value,
        };
        rule.fixes.iter().find_map(|fix| fix.apply(&patient))
    }

    /// Whether a broken rule neither stops nor loses anything in the cloud.
    pub fn is_light(&self, rule: RuleId) -> bool {
        matches!(
            self.rules.rule(rule).severity,
            Severity::Changed | Severity::Hygiene
        )
    }

    /// Whether a rule is a light one about how an attribute compares with the
    /// primary address. The two are changed one after the other, so that it may
    /// be broken in between.
    pub fn follows_primary(&self, rule: RuleId) -> bool {
        self.is_light(rule) && self.rules.rule(rule).error == ErrorWord::MailMatch
    }

    /// Whether the entry after, with its faults, has none that it did not have
    /// before.
    fn makes_no_new_fault(
        &self,
        before: (&Entry, &[Fault]),
        (after, found): (&Entry, &[Fault]),
    ) -> bool {
        let known = before.1.iter();
        let known: BTreeSet<_> = known.map(|fault| self.signature(before.0, fault)).collect();
        found
            .iter()
            .filter(|fault| !self.follows_primary(fault.rule))
            .all(|fault| known.contains(&self.signature(after, fault)))
    }

    /// What stays the same of a fault when other values come and go.
    fn signature(&self, entry: &Entry, fault: &Fault) -> (RuleId, String, Option<Value>) {
        let value = fault
            .place
            .value
            .filter(|_| !self.rules.rule(fault.rule).check.is_of_attribute())
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| {
                entry
                    .values(fault.place.attribute.as_str())
                    .get(at)
                    .cloned()
            });
        let attribute = fault.place.attribute.as_str().to_ascii_lowercase();
        (fault.rule, attribute, value)
    }
}

/// The entry as it would be.
struct Trial<'a> {
    entry: Entry,
    place: &'a Place,
    at: usize,
    value: String,
}

impl Trial<'_> {
    fn take(&mut self, value: Option<String>) {
        let mut values = self.entry.values(self.place.attribute.as_str()).to_vec();
        match value {
            Some(text) => {
                if let Some(slot) = values.get_mut(self.at) {
                    *slot = Value::from(text.as_str());
                }
                self.value = text;
            }
            None if self.at < values.len() => {
                values.remove(self.at);
            }
            None => {}
        }
        self.entry.set(&self.place.attribute, values);
    }
}

/// Whether another value of the attribute is the same as `text` to the
/// directory or to the cloud, so that writing it would fail or repeat it.
fn stands_elsewhere(entry: &Entry, place: &Place, at: usize, text: &str) -> bool {
    let key = proxy_key(text);
    entry
        .values(place.attribute.as_str())
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at)
        .filter_map(|(_, value)| value.as_text())
        .any(|other| other.eq_ignore_ascii_case(text) || key.is_some() && proxy_key(other) == key)
}

fn rules_at(faults: &[Fault], place: &Place) -> Vec<RuleId> {
    faults
        .iter()
        .filter(|fault| fault.place == *place)
        .map(|fault| fault.rule)
        .collect()
}

/// The least safe of the steps; and never safe for what people sign in with or
/// are written to by, nor for an account that `AdminSDHolder` watches.
fn confidence(
    judge: &Judge,
    entry: &Entry,
    place: &Place,
    original: &str,
    steps: &[Step],
) -> Confidence {
    let worst = steps
        .iter()
        .map(|step| step.confidence)
        .max()
        .unwrap_or(Confidence::Review);
    let name = &place.attribute;
    let delicate = [
        "userPrincipalName",
        "sAMAccountName",
        "mail",
        "targetAddress",
    ]
    .iter()
    .any(|attribute| name.is(attribute))
        || *name == judge.settings.login_attribute
        || ProxyAddress::split(original).kind == AddressType::PrimarySmtp
            && name.is("proxyAddresses")
        || !is_name(name) && steps.iter().any(|step| step.reason.starts_with("cut"))
        || entry.integer("adminCount") == Some(1);
    if delicate {
        worst.max(Confidence::Review)
    } else {
        worst
    }
}

/// Whether the attribute is a name that people read: cutting it hurts nobody.
fn is_name(attribute: &AttributeName) -> bool {
    ["displayName", "givenName", "sn"]
        .iter()
        .any(|name| attribute.is(name))
}

fn reason(steps: &[Step]) -> Cow<'static, str> {
    let mut parts: Vec<&'static str> = Vec::new();
    for step in steps {
        if !parts.contains(&step.reason) {
            parts.push(step.reason);
        }
    }
    match parts.as_slice() {
        [only] => Cow::Borrowed(*only),
        _ => parts.join("; ").into(),
    }
}
