//! Cases: examples in the rule files that prove each rule.
//!
//! A case is a value of the rule's attribute, or an entry. What it does not say
//! is filled in with a plain, clean entry, so that a case shows only what
//! matters: `CN=case,OU=Cases,DC=contoso,DC=com` of the rule's first class; a
//! user has the name `case@contoso.com` to sign in with; and a value of
//! proxyAddresses stands beside the primary address `SMTP:case@contoso.com`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};

use super::characters::is_blank_in_address;
use super::{
    Check, Confidence, Fault, Judge, Location, Mended, Place, Rule, RuleId, RuleSet, Settings,
    SyncEngine,
};
use crate::model::{
    AddressType, AttributeName, DistinguishedName, Entry, ObjectClass, ProxyAddress, Value,
};

/// One example.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    body: CaseText,
}

/// A case as it is written; a text stands for `{ value = … }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct CaseText {
    /// The value of the rule's attribute.
    value: Option<String>,
    /// The value is this text so many times.
    times: Option<usize>,
    /// So many values, each with its number for `{}`.
    copies: Option<usize>,
    /// The domain that the entry lies in, if not contoso.com.
    domain: Option<String>,
    /// Attributes of the entry.
    entry: BTreeMap<String, OneOrMany>,
    /// Attributes of another entry, for rules on uniqueness.
    other: BTreeMap<String, OneOrMany>,
    /// `user`, `group` or `contact`.
    class: Option<String>,
    /// The tenant's verified domains.
    verified: Vec<String>,
    /// The UPN suffix map.
    suffix_map: BTreeMap<String, String>,
    /// Whether users are Exchange Online recipients.
    exchange_online: Option<bool>,
    /// The value that the proposal must be.
    becomes: Option<String>,
    /// The proposal must be to remove the value.
    removed: bool,
    /// There must be no proposal.
    unmended: bool,
    /// The confidence that the proposal must have: `safe`, `review`, `manual`.
    confidence: Option<Confidence>,
    /// Domains that are routable whatever the public suffix list says.
    routable: Vec<String>,
    /// What synchronises.
    sync_engine: Option<SyncEngine>,
    /// What the finding must say, in part.
    says: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn values(&self) -> Vec<Value> {
        match self {
            Self::One(value) => vec![Value::from(value.as_str())],
            Self::Many(values) => values.iter().map(|v| Value::from(v.as_str())).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Case {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = CaseText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table with value or entry")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CaseText, E> {
                Ok(CaseText {
                    value: Some(text.to_owned()),
                    ..CaseText::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CaseText, A::Error> {
                CaseText::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Body).map(|body| Self { body })
    }
}

/// A case that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFailure {
    /// The rule.
    pub rule: String,
    /// Where the case stands.
    pub location: Location,
    /// What was found instead.
    pub problem: String,
}

impl CaseFailure {
    /// The failure without its place, as a sentence.
    pub fn message(&self) -> String {
        format!("a case of the rule '{}' fails: {}", self.rule, self.problem)
    }
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message())
    }
}

/// Runs all cases of a set but those that it inherits; returns those that do not hold. Rules that are off
/// are switched on for their own cases.
pub fn run_cases(rules: &RuleSet) -> Vec<CaseFailure> {
    let shared = Arc::new(rules.clone());
    let mut failures = Vec::new();
    for (number, rule) in rules.rules.iter().enumerate().skip(rules.inherited) {
        let set = if rule.on {
            Arc::clone(&shared)
        } else {
            let mut with_it = rules.clone();
            with_it.rules[number].on = true;
            Arc::new(with_it)
        };
        let Ok(number) = u16::try_from(number) else {
            break;
        };
        for (location, valid, case) in &rule.cases {
            let trial = Trial {
                rule,
                id: RuleId(number),
                judge: Judge::new(Arc::clone(&set), case.body.settings(rule)),
                case: &case.body,
            };
            if let Err(problem) = trial.run(*valid) {
                failures.push(CaseFailure {
                    rule: rule.id.clone(),
                    location: location.clone(),
                    problem,
                });
            }
        }
    }
    failures
}

/// The most characters of a value that are shown.
const SHOWN: usize = 64;

/// A text as it is shown: what cannot be seen escaped, in quotation marks if
/// white space stands at an edge, and cut if it is long.
fn shown(text: &str) -> String {
    let escaped = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                _ if c != ' ' && is_blank_in_address(c) => c.escape_debug().to_string(),
                _ => c.to_string(),
            })
            .collect()
    };
    let length = text.chars().count();
    if length > SHOWN {
        let head: String = text.chars().take(SHOWN / 2).collect();
        return format!("{}… ({length} characters)", escaped(&head));
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", escaped(text));
    }
    escaped(text)
}

fn shown_attributes(attributes: &BTreeMap<String, OneOrMany>) -> String {
    let one = |(name, values): (&String, &OneOrMany)| {
        let values = match values {
            OneOrMany::One(value) => shown(value),
            OneOrMany::Many(values) => {
                let values: Vec<String> = values.iter().map(|value| shown(value)).collect();
                values.join(" and ")
            }
        };
        if values.is_empty() {
            format!("no {name}")
        } else {
            format!("{name} {values}")
        }
    };
    attributes.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Case {
    /// What it says, part by part, for people.
    pub(super) fn parts(&self) -> Vec<String> {
        let case = &self.body;
        let mut parts = Vec::new();
        if let Some(value) = &case.value {
            parts.push(match (case.times, case.copies) {
                (Some(times), _) => format!("{} {times} times", shown(value)),
                (None, Some(copies)) => format!("{copies} times {}", shown(value)),
                (None, None) if value.is_empty() => "an empty value".to_owned(),
                (None, None) => shown(value),
            });
        }
        parts.extend(case.class.iter().map(|class| format!("of a {class}")));
        if !case.entry.is_empty() {
            parts.push(format!("with {}", shown_attributes(&case.entry)));
        }
        parts.extend(
            case.domain
                .iter()
                .map(|domain| format!("in the domain {domain}")),
        );
        if !case.other.is_empty() {
            parts.push(format!("beside {}", shown_attributes(&case.other)));
        }
        if !case.verified.is_empty() {
            parts.push(format!("{} verified", case.verified.join(" and ")));
        }
        if !case.routable.is_empty() {
            parts.push(format!("{} routable", case.routable.join(" and ")));
        }
        let mapped = case.suffix_map.iter();
        parts.extend(mapped.map(|(old, new)| format!("{old} mapped to {new}")));
        if case.exchange_online == Some(false) {
            parts.push("no Exchange Online".to_owned());
        }
        if case.removed {
            parts.push("→ removed".to_owned());
        }
        parts.extend(
            case.becomes
                .iter()
                .map(|value| format!("→ {}", shown(value))),
        );
        parts
    }
}

impl CaseText {
    fn settings(&self, rule: &Rule) -> Settings {
        let defaults = Settings::default();
        Settings {
            verified_domains: self.verified.clone(),
            upn_suffix_map: self.suffix_map.clone().into_iter().collect(),
            exchange_online: self.exchange_online.unwrap_or(defaults.exchange_online),
            routable_domains: self.routable.clone(),
            sync_engine: self.sync_engine.unwrap_or_default(),
            directory_extensions: rule
                .extensions
                .then(|| rule.attribute.clone())
                .into_iter()
                .collect(),
            ..defaults
        }
    }
}

struct Trial<'a> {
    rule: &'a Rule,
    id: RuleId,
    judge: Judge,
    case: &'a CaseText,
}

impl Trial<'_> {
    fn run(&self, valid: bool) -> Result<(), String> {
        let entry = self.entry()?;
        if self.rule.check.is_of_others() {
            return self.run_unique(&entry, valid);
        }
        let faults = self.judge.faults(&entry);
        let own = faults.iter().find(|fault| fault.rule == self.id);
        match (own, valid) {
            (None, true) => Ok(()),
            (Some(fault), true) => Err(format!("it is valid, but: {}", fault.detail)),
            (None, false) => Err("it is invalid, but the rule finds nothing".to_owned()),
            (Some(fault), false) => self.check_fault(&entry, fault, &faults),
        }
    }

    fn check_fault(&self, entry: &Entry, fault: &Fault, all: &[Fault]) -> Result<(), String> {
        if let Some(says) = &self.case.says
            && !fault.detail.contains(says)
        {
            return Err(format!("it says '{}', not '{says}'", fault.detail));
        }
        let mended = self.judge.mend(entry, &fault.place, all);
        self.check_mended(mended.as_ref())
    }

    fn check_mended(&self, mended: Option<&Mended>) -> Result<(), String> {
        let case = self.case;
        let value = mended.map(|mended| mended.value.as_deref());
        let shown = match value {
            None => "nothing".to_owned(),
            Some(None) => "to remove it".to_owned(),
            Some(Some(text)) => format!("'{text}'"),
        };
        if let Some(wanted) = &case.becomes
            && value != Some(Some(wanted.as_str()))
        {
            return Err(format!("the proposal is {shown}, not '{wanted}'"));
        }
        if case.removed && value != Some(None) {
            return Err(format!("the proposal is {shown}, not to remove it"));
        }
        if case.unmended && value.is_some() {
            return Err(format!("the proposal is {shown}, there should be none"));
        }
        match (case.confidence, mended) {
            (Some(wanted), Some(mended)) if wanted != mended.confidence => Err(format!(
                "the confidence is {:?}, not {wanted:?}",
                mended.confidence
            )),
            (Some(_), None) => Err("there is no proposal".to_owned()),
            _ => Ok(()),
        }
    }

    fn run_unique(&self, entry: &Entry, valid: bool) -> Result<(), String> {
        let other = self.other()?;
        let theirs = self.judge.keys(&other);
        let mut broken = Vec::new();
        for key in self.judge.keys(entry) {
            let held: Vec<AttributeName> = theirs
                .iter()
                .filter(|their| their.space == key.space && their.key == key.key)
                .map(|their| their.place.attribute.clone())
                .collect();
            let place: &Place = &key.place;
            broken.extend(
                self.judge
                    .collision(entry, key.space, &place.attribute, &held),
            );
        }
        match (broken.contains(&self.id), valid) {
            (true, true) => Err("it is valid, but the rule finds a collision".to_owned()),
            (false, false) => Err("it is invalid, but the rule finds no collision".to_owned()),
            _ => Ok(()),
        }
    }

    fn entry(&self) -> Result<Entry, String> {
        let mut entry = self.skeleton("case", &self.case.entry, self.class()?)?;
        if let Some(value) = &self.value() {
            let attribute = &self.rule.attribute;
            let mut values = entry.values(attribute.as_str()).to_vec();
            let alone = self.case.entry.keys().all(|name| !attribute.is(name));
            let primary = ProxyAddress::split(value).kind == AddressType::PrimarySmtp;
            if attribute.is("proxyAddresses") && alone && !primary {
                values.push(Value::from("SMTP:case@contoso.com"));
            } else if !attribute.is("proxyAddresses") {
                values.clear();
            }
            let copies = (1..=self.case.copies.unwrap_or(1))
                .map(|number| Value::from(value.replace("{}", &number.to_string())));
            values.extend(copies);
            entry.set(attribute, values);
        }
        self.ask_by_range(&mut entry);
        Ok(entry)
    }

    fn value(&self) -> Option<String> {
        let value = self.case.value.as_deref()?;
        Some(value.repeat(self.case.times.unwrap_or(1)))
    }

    /// Does as a directory would with an attribute that is asked for by range.
    fn ask_by_range(&self, entry: &mut Entry) {
        if let Check::CountByRange { max } = self.rule.check {
            let attribute = &self.rule.attribute;
            let values = entry.values(attribute.as_str());
            let beyond = values.iter().skip(max as usize).take(1).cloned().collect();
            entry.set(&self.rule.check.read_name(attribute), beyond);
        }
    }

    fn other(&self) -> Result<Entry, String> {
        let class = match self.case.other.get("objectClass") {
            Some(OneOrMany::One(class)) => class_named(class)?,
            _ => ObjectClass::User,
        };
        self.skeleton("other", &self.case.other, class)
    }

    fn class(&self) -> Result<ObjectClass, String> {
        match &self.case.class {
            Some(name) => class_named(name),
            None => Ok(self
                .rule
                .applies_to
                .first()
                .copied()
                .unwrap_or(ObjectClass::User)),
        }
    }

    fn skeleton(
        &self,
        name: &str,
        attributes: &BTreeMap<String, OneOrMany>,
        class: ObjectClass,
    ) -> Result<Entry, String> {
        let domain = self.case.domain.as_deref().unwrap_or("contoso.com");
        let domain = domain.replace('.', ",DC=");
        let dn = format!("CN={name},OU=Cases,DC={domain}");
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        let object_class = AttributeName::known("objectClass");
        entry.add(object_class.clone(), [Value::from(class.as_str())]);
        let login = AttributeName::known("userPrincipalName");
        if class == ObjectClass::User && self.rule.when.login_name_blank != Some(true) {
            entry.add(login, [Value::from(format!("{name}@contoso.com"))]);
        }
        for (attribute, values) in attributes {
            let attribute = AttributeName::parse(attribute).map_err(|error| error.to_string())?;
            if attribute != object_class {
                let values = values.values();
                entry.set(
                    &attribute,
                    values
                        .into_iter()
                        .filter(|v| !v.as_bytes().is_empty())
                        .collect(),
                );
            }
        }
        Ok(entry)
    }
}

fn class_named(name: &str) -> Result<ObjectClass, String> {
    match ObjectClass::of([name]) {
        ObjectClass::Other => Err(format!("'{name}' is no class (user, group, contact)")),
        class => Ok(class),
    }
}
