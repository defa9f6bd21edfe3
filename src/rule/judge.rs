//! The judge: a rule set with the settings of a run, resolved to attributes and
//! classes once, and run over entries one by one.
//!
//! It promises to accept any bytes without panic, to take time linear in the
//! size of the entry, and to allocate next to nothing for a clean one. What
//! needs other entries is named ([`Judge::keys`], [`Judge::collision`]) and left
//! to whoever holds them.

use std::sync::Arc;

use super::attribute_check::{
    count, count_by_range, differs_from_primary, entry_domain, has_address, masked_by_proxies,
    no_primary, repeats, two_primaries,
};
use super::chain::Chain;
use super::domain::Domains;
use super::key::{address_key, bytes_key, proxy_key, target_key, text_key};
use super::parsed::{Form, Parsed};
use super::screen::{Screen, Seen};
use super::{
    Check, ErrorWord, Fault, KeySpace, Place, Rule, RuleId, RuleSet, Settings, UniqueKey, domain,
};
use crate::model::{AttributeName, Entry, ObjectClass, Value};

/// A rule set with the settings of a run.
#[derive(Debug, Clone)]
pub struct Judge {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The settings.
    pub settings: Settings,
    /// One for each rule.
    screens: Vec<Screen>,
    groups: Vec<Group>,
    unique: Vec<RuleId>,
    /// The attributes whose values have keys.
    keyed: Vec<AttributeName>,
    domains: Domains,
    /// The rules as chains, if they form such.
    pub(super) chain: Option<Chain>,
}

/// The rules of one attribute.
#[derive(Debug, Clone)]
struct Group {
    attribute: AttributeName,
    /// The name that it is asked for by: with a range for one that is counted.
    read: AttributeName,
    form: Form,
    classes: Vec<ObjectClass>,
    of_value: Vec<RuleId>,
    of_attribute: Vec<RuleId>,
}

/// An entry, and what rules ask of it more than once.
struct Subject<'a> {
    entry: &'a Entry,
    class: ObjectClass,
}

impl Judge {
    /// A judge that judges by `rules` with `settings`.
    pub fn new(rules: Arc<RuleSet>, settings: Settings) -> Self {
        let domains = Domains::of(&settings);
        let keyed = keyed(&settings.login_attribute);
        let mut judge = Self {
            screens: rules.rules.iter().map(Screen::of).collect(),
            rules,
            settings,
            groups: Vec::new(),
            unique: Vec::new(),
            keyed,
            domains,
            chain: None,
        };
        judge.chain = Chain::of(&judge.rules, &judge.settings);
        if judge.chain.is_none() {
            judge.resolve();
        }
        judge
    }

    fn resolve(&mut self) {
        let rules = Arc::clone(&self.rules);
        for (number, rule) in rules.rules.iter().enumerate() {
            let Ok(number) = u16::try_from(number) else {
                return;
            };
            if !rule.on || !self.settings_fit(rule) {
                continue;
            }
            if matches!(rule.check, Check::Unique { .. }) {
                self.unique.push(RuleId(number));
                continue;
            }
            for attribute in self.attributes_of(rule) {
                let group = self.group(attribute, rule);
                group.classes.extend(&rule.applies_to);
                if rule.check.is_of_attribute() {
                    group.of_attribute.push(RuleId(number));
                } else {
                    group.of_value.push(RuleId(number));
                }
            }
        }
        for group in &mut self.groups {
            group.classes.sort_unstable();
            group.classes.dedup();
        }
    }

    /// The group of the rules that look at `attribute` as `rule` does.
    fn group(&mut self, attribute: AttributeName, rule: &Rule) -> &mut Group {
        let read = rule.check.read_name(&attribute);
        let at = self
            .groups
            .iter()
            .position(|group| group.read == read && group.form == rule.form)
            .unwrap_or_else(|| {
                self.groups.push(Group {
                    attribute,
                    read,
                    form: rule.form,
                    classes: Vec::new(),
                    of_value: Vec::new(),
                    of_attribute: Vec::new(),
                });
                self.groups.len() - 1
            });
        &mut self.groups[at]
    }

    fn settings_fit(&self, rule: &Rule) -> bool {
        let fits = |wish: Option<bool>, is: bool| wish.is_none_or(|wish| wish == is);
        let engine = rule.when.sync_engine;
        fits(rule.when.verified_domains, self.domains.know_verified())
            && fits(rule.when.exchange_online, self.settings.exchange_online)
            && engine.is_none_or(|engine| engine == self.settings.sync_engine)
    }

    /// The attributes that `rule` judges in this run.
    fn attributes_of(&self, rule: &Rule) -> Vec<AttributeName> {
        if rule.login {
            vec![self.settings.login_attribute.clone()]
        } else if rule.extensions {
            self.settings.directory_extensions.clone()
        } else {
            rule.attributes().cloned().collect()
        }
    }

    /// Whether `rule` judges `attribute` in this run.
    fn judges(&self, rule: &Rule, attribute: &AttributeName) -> bool {
        if rule.login {
            self.settings.login_attribute == *attribute
        } else if rule.extensions {
            self.settings.directory_extensions.contains(attribute)
        } else {
            rule.attributes().any(|name| name == attribute)
        }
    }

    /// The attributes that must be read for judging (not for showing).
    pub fn attributes(&self) -> Vec<AttributeName> {
        let mut names: Vec<AttributeName> = [
            "objectClass",
            "adminCount",
            "mail",
            "mailNickname",
            "msExchPoliciesExcluded",
            "msExchRecipientTypeDetails",
            "proxyAddresses",
            "sAMAccountName",
        ]
        .map(AttributeName::known)
        .to_vec();
        names.push(self.settings.login_attribute.clone());
        names.extend(self.groups.iter().map(|group| group.read.clone()));
        for rule in self.rules.rules.iter().filter(|rule| rule.on) {
            if rule.when.security_group.is_some() {
                names.push(AttributeName::known("groupType"));
            }
            names.extend(rule.when.has.iter().chain(&rule.when.lacks).cloned());
            if let Check::Unique { with, .. } = &rule.check {
                names.extend(self.attributes_of(rule));
                names.extend(with.iter().cloned());
            }
        }
        if self.chain.is_some() {
            names.extend(Chain::asked(&self.rules));
        }
        names.sort();
        names.dedup();
        names
    }

    /// The attributes among [`Judge::attributes`] of which only the size counts,
    /// so that their values need not be kept.
    pub fn measured(&self) -> impl Iterator<Item = &AttributeName> {
        self.groups
            .iter()
            .filter(|group| group.form == Form::Binary && !group.attribute.is(ANCHOR))
            .map(|group| &group.read)
    }

    /// All rules that `entry` breaks on its own, in the order of the rules.
    pub fn faults(&self, entry: &Entry) -> Vec<Fault> {
        if let Some(chain) = &self.chain {
            return chain.faults(&self.rules, entry);
        }
        let class = entry.class();
        let subject = Subject { entry, class };
        let mut faults = Vec::new();
        for group in &self.groups {
            if !group.classes.contains(&class) {
                continue;
            }
            let values = entry.values(group.read.as_str());
            for (at, value) in values.iter().enumerate() {
                self.judge_value(&subject, group, (at, value), &mut faults);
            }
            for id in &group.of_attribute {
                if self.concerns(*id, &subject) {
                    self.judge_attribute(&subject, group, *id, &mut faults);
                }
            }
        }
        faults.sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.place.cmp(&b.place)));
        faults
    }

    /// Whether `rule` concerns the class of the entry and what it has.
    fn concerns(&self, id: RuleId, subject: &Subject<'_>) -> bool {
        let rule = self.rules.rule(id);
        let has = |name: &AttributeName| subject.entry.has(name.as_str());
        rule.applies_to.contains(&subject.class)
            && rule.when.has.iter().all(has)
            && !rule.when.lacks.iter().any(has)
            && rule
                .when
                .login_name_blank
                .is_none_or(|wish| wish == self.login_name_is_blank(subject.entry, subject.class))
            && rule
                .when
                .security_group
                .is_none_or(|wish| is_security_group(subject.entry) == Some(wish))
            && rule
                .when
                .linked_mailbox
                .is_none_or(|wish| wish == is_linked_mailbox(subject.entry))
            // The account in the other forest gives a linked mailbox its name.
            && !(rule.login && is_linked_mailbox(subject.entry))
    }

    /// Whether the entry is a user without a name to sign in with, so that its
    /// sAMAccountName takes that place.
    fn login_name_is_blank(&self, entry: &Entry, class: ObjectClass) -> bool {
        class == ObjectClass::User
            && !is_linked_mailbox(entry)
            && entry
                .values(self.settings.login_attribute.as_str())
                .iter()
                .all(|value| value.as_bytes().iter().all(u8::is_ascii_whitespace))
    }

    fn judge_value(
        &self,
        subject: &Subject<'_>,
        group: &Group,
        (at, value): (usize, &Value),
        faults: &mut Vec<Fault>,
    ) {
        let mut push = |rule: RuleId, detail: String| {
            faults.push(Fault {
                rule,
                place: place_of(&group.attribute, at),
                detail,
            });
        };
        if group.form == Form::Binary {
            for id in &group.of_value {
                if let Some(detail) = self.rules.rule(*id).check.of_bytes(value.as_bytes())
                    && self.concerns(*id, subject)
                {
                    push(*id, detail);
                }
            }
            return;
        }
        let text = match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text,
            Err(error) => {
                // The first rule about characters speaks for bytes that are none.
                let rule = group.of_value.iter().find(|id| {
                    self.rules.rule(**id).error == ErrorWord::Character
                        && self.concerns(**id, subject)
                });
                if let Some(rule) = rule {
                    let byte = value.as_bytes().get(error.valid_up_to()).copied();
                    push(*rule, not_text(error.valid_up_to(), byte));
                }
                return;
            }
        };
        let parsed = Parsed::new(text, group.form);
        let seen = Seen::of(&parsed);
        for id in &group.of_value {
            if self.screens[usize::from(id.0)].clears(&parsed, &seen) {
                continue;
            }
            let rule = self.rules.rule(*id);
            let verdict = rule.check.of_value(&parsed, &self.domains);
            if let Some(detail) = verdict
                && self.concerns(*id, subject)
            {
                push(*id, detail);
            }
        }
    }

    /// The domains that the settings speak of.
    pub(super) fn domains(&self) -> &Domains {
        &self.domains
    }

    /// The verified domains that are no default ones of Microsoft's.
    pub(super) fn own_domains(&self) -> impl Iterator<Item = &str> {
        self.settings
            .verified_domains
            .iter()
            .map(String::as_str)
            .filter(|name| !domain::is_provider(name))
    }

    fn judge_attribute(
        &self,
        subject: &Subject<'_>,
        group: &Group,
        id: RuleId,
        faults: &mut Vec<Fault>,
    ) {
        let entry = subject.entry;
        let values = entry.values(group.read.as_str());
        let domains = &self.domains;
        let whole = match self.rules.rule(id).check {
            Check::Count { max } => count(values, max),
            Check::CountByRange { max } => count_by_range(values, max),
            Check::Missing if values.is_empty() => Some("there is no value".to_owned()),
            Check::NoAddress if !has_address(entry) => {
                Some("there is no SMTP address, neither here nor in proxyAddresses".to_owned())
            }
            Check::EntryDomainPublic => entry_domain(entry, |name| domains.is_routable(name)),
            Check::EntryDomainVerified => entry_domain(entry, |name| domains.is_verified(name)),
            _ => None,
        };
        let found = match self.rules.rule(id).check {
            Check::TwoPrimaries => two_primaries(values),
            Check::NoPrimary => no_primary(entry, values),
            Check::Repeat => repeats(values),
            Check::DiffersFromPrimary => differs_from_primary(entry, values),
            Check::MaskedByProxies => masked_by_proxies(entry, values).into_iter().collect(),
            _ => Vec::new(),
        };
        faults.extend(whole.map(|detail| Fault {
            rule: id,
            place: Place {
                attribute: group.attribute.clone(),
                value: None,
            },
            detail,
        }));
        faults.extend(found.into_iter().map(|(at, detail)| Fault {
            rule: id,
            place: place_of(&group.attribute, at),
            detail,
        }));
    }

    /// The keys under which values of `entry` must be unique.
    pub fn keys(&self, entry: &Entry) -> Vec<UniqueKey> {
        let class = entry.class();
        let mut keys = Vec::new();
        if !class.holds_addresses() {
            return keys;
        }
        if let Some(chain) = &self.chain {
            return chain.keys(&self.rules, entry);
        }
        for name in &self.keyed {
            for (at, value) in entry.values(name.as_str()).iter().enumerate() {
                let key = value
                    .as_text()
                    .and_then(|text| self.key_for(entry, class, name, text));
                if let Some((space, key)) = key {
                    keys.push(UniqueKey {
                        space,
                        place: place_of(name, at),
                        key,
                    });
                }
            }
        }
        let anchor = AttributeName::known(ANCHOR);
        if class == ObjectClass::User && self.compares(KeySpace::Anchor) {
            for (at, value) in entry.values(ANCHOR).iter().enumerate() {
                keys.extend(bytes_key(value.as_bytes()).map(|key| UniqueKey {
                    space: KeySpace::Anchor,
                    place: place_of(&anchor, at),
                    key,
                }));
            }
        }
        keys
    }

    /// The key of one value at `attribute` of `entry`, if it must be unique; for
    /// a value that is being edited.
    pub fn key_of(
        &self,
        entry: &Entry,
        attribute: &AttributeName,
        value: &str,
    ) -> Option<(KeySpace, String)> {
        let class = entry.class();
        if let Some(chain) = &self.chain {
            return chain.key_of(&self.rules, entry, attribute, value);
        }
        if class.holds_addresses() {
            self.key_for(entry, class, attribute, value)
        } else {
            None
        }
    }

    /// The key of the value at `place` of `entry`, text or not, if it must be
    /// unique.
    pub fn key_at(&self, entry: &Entry, place: &Place) -> Option<(KeySpace, String)> {
        let at = usize::try_from(place.value?).ok()?;
        let value = entry.values(place.attribute.as_str()).get(at)?;
        match value.as_text() {
            Some(text) => self.key_of(entry, &place.attribute, text),
            None if place.attribute.is(ANCHOR) && self.compares(KeySpace::Anchor) => {
                Some((KeySpace::Anchor, bytes_key(value.as_bytes())?))
            }
            None => None,
        }
    }

    fn key_for(
        &self,
        entry: &Entry,
        class: ObjectClass,
        attribute: &AttributeName,
        value: &str,
    ) -> Option<(KeySpace, String)> {
        let is_login = *attribute == self.settings.login_attribute && class == ObjectClass::User;
        let (space, key) = if attribute.is("proxyAddresses") {
            proxy_key(value)?
        } else if attribute.is("mail") || is_login {
            (KeySpace::Address, address_key(value)?)
        } else if attribute.is("mailNickname") {
            (KeySpace::Nickname, text_key(value)?)
        } else if attribute.is(ANCHOR) && class == ObjectClass::User {
            (KeySpace::Anchor, bytes_key(value.as_bytes())?)
        } else if attribute.is("targetAddress") {
            (KeySpace::Target, target_key(value)?)
        } else if attribute.is("sAMAccountName") && self.login_name_is_blank(entry, class) {
            let name = text_key(value)?;
            (
                KeySpace::Address,
                format!("{name}@{}", entry.dn.dns_name()?),
            )
        } else {
            return None;
        };
        self.compares(space).then_some((space, key))
    }

    /// Whether any rule asks for uniqueness in `space`.
    fn compares(&self, space: KeySpace) -> bool {
        self.unique.iter().any(|id| {
            matches!(self.rules.rule(*id).check, Check::Unique { space: asked, .. } if asked == space)
        })
    }

    /// Which rule it breaks that a value at `attribute` of `entry` is also held,
    /// in the same `space`, by other entries at `others`' attributes; the worst
    /// one if it breaks several.
    pub fn collision(
        &self,
        entry: &Entry,
        space: KeySpace,
        attribute: &AttributeName,
        others: &[AttributeName],
    ) -> Option<RuleId> {
        if let Some(chain) = &self.chain {
            let shared = others.contains(attribute);
            let rule = shared.then(|| chain.collision(&self.rules, entry, attribute));
            return rule.flatten();
        }
        let subject = Subject {
            entry,
            class: entry.class(),
        };
        self.unique
            .iter()
            .copied()
            .filter(|id| {
                let rule = self.rules.rule(*id);
                let Check::Unique { space: asked, with } = &rule.check else {
                    return false;
                };
                // A user without a login name is known by its sAMAccountName, to
                // the rules of others, too.
                let held_by = |other: &AttributeName| {
                    with.contains(other)
                        || other.is("sAMAccountName")
                            && with.iter().any(|w| w.is("userPrincipalName"))
                        || *other == self.settings.login_attribute
                            && with.iter().any(|w| w.is("userPrincipalName"))
                };
                *asked == space
                    && self.judges(rule, attribute)
                    && others.iter().any(held_by)
                    && self.concerns(*id, &subject)
            })
            .min_by_key(|id| (self.rules.rule(*id).severity, *id))
    }
}

/// The attribute that Entra Connect makes the source anchor of a user from
/// ("Microsoft Entra Connect: Design concepts").
const ANCHOR: &str = "mS-DS-ConsistencyGuid";

/// The bit of groupType of a security group (`GROUP_TYPE_SECURITY_ENABLED`,
/// MS-ADTS 2.2.12).
const SECURITY_ENABLED: i64 = 0x8000_0000;

/// Whether a group is a security group; `None` without groupType.
fn is_security_group(entry: &Entry) -> Option<bool> {
    let kind = entry.integer("groupType")?;
    Some(kind & SECURITY_ENABLED != 0)
}

/// msExchRecipientTypeDetails of a linked mailbox: Entra Connect joins it to
/// the account of another forest, which gives name and anchor.
fn is_linked_mailbox(entry: &Entry) -> bool {
    entry.integer("msExchRecipientTypeDetails") == Some(2)
}

/// The attributes whose values have keys, the name to sign in with first if it
/// is none of the others.
fn keyed(login: &AttributeName) -> Vec<AttributeName> {
    let mut names: Vec<AttributeName> = [
        "mail",
        "mailNickname",
        "proxyAddresses",
        "sAMAccountName",
        "targetAddress",
    ]
    .map(AttributeName::known)
    .to_vec();
    if !names.contains(login) {
        names.insert(0, login.clone());
    }
    names
}

/// The place of the value number `at` of `attribute`.
fn place_of(attribute: &AttributeName, at: usize) -> Place {
    Place {
        attribute: attribute.clone(),
        value: u32::try_from(at).ok(),
    }
}

fn not_text(at: usize, byte: Option<u8>) -> String {
    let position = at + 1;
    match byte {
        Some(byte) => format!("the byte 0x{byte:02X} at byte {position} is not UTF-8 text"),
        None => format!("it stops being UTF-8 text at byte {position}"),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
