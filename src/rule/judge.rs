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
use super::parsed::{Form, Parsed};
use super::screen::Screen;
use super::slots::{Slot, Slots, Values};
use super::tally::Tally;
use super::unique::{Keyed, keyed};
use super::{Check, ErrorWord, Fault, KeySpace, Place, Rule, RuleId, RuleSet, Settings, domain};
use crate::model::{AttributeName, Entry, ObjectClass, Value};

/// A rule set with the settings of a run.
#[derive(Debug, Clone)]
pub struct Judge {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The settings.
    pub settings: Settings,
    groups: Vec<Group>,
    /// The attributes of the groups, and those that have keys.
    pub(super) slots: Slots,
    pub(super) unique: Vec<RuleId>,
    /// The spaces in which any rule asks for uniqueness.
    pub(super) compared: Vec<KeySpace>,
    /// The attributes whose values have keys.
    pub(super) keyed: Vec<Keyed>,
    pub(super) anchor: AttributeName,
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
    slot: Slot,
    form: Form,
    classes: Vec<ObjectClass>,
    of_value: Vec<RuleId>,
    /// Which of `of_value` have to look closer.
    screen: Screen,
    of_attribute: Vec<RuleId>,
}

/// An entry, and what rules ask of it more than once.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) entry: &'a Entry,
    pub(super) class: ObjectClass,
    pub(super) values: Values<'a>,
}

impl Subject<'_> {
    /// The kind of the entry.
    pub fn class(&self) -> ObjectClass {
        self.class
    }
}

impl Judge {
    /// A judge that judges by `rules` with `settings`.
    pub fn new(rules: Arc<RuleSet>, settings: Settings) -> Self {
        let domains = Domains::of(&settings);
        let mut slots = Slots::default();
        let mut judge = Self {
            keyed: keyed(&settings, &mut slots),
            rules,
            settings,
            groups: Vec::new(),
            slots,
            unique: Vec::new(),
            compared: Vec::new(),
            anchor: AttributeName::known(ANCHOR),
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
            if let Check::Unique { space, .. } = &rule.check {
                self.unique.push(RuleId(number));
                self.compared.push(*space);
                continue;
            }
            for attribute in self.attributes_of(rule) {
                let group = self.group(attribute, rule);
                group.classes.extend(&rule.applies_to);
                if rule.check.is_of_attribute() {
                    group.of_attribute.push(RuleId(number));
                } else {
                    group.screen.add(group.of_value.len(), rule);
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
                    slot: self.slots.of(&read),
                    read,
                    form: rule.form,
                    classes: Vec::new(),
                    of_value: Vec::new(),
                    screen: Screen::new(),
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
    pub(super) fn judges(&self, rule: &Rule, attribute: &AttributeName) -> bool {
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

    /// What is to be judged of `entry`.
    pub fn subject<'e>(&self, entry: &'e Entry) -> Subject<'e> {
        Subject {
            class: entry.class(),
            values: self.slots.values(entry),
            entry,
        }
    }

    /// All rules that `entry` breaks on its own, in the order of the rules.
    pub fn faults(&self, entry: &Entry) -> Vec<Fault> {
        self.faults_of(&self.subject(entry))
    }

    /// [`Judge::faults`] of an entry that more than that is asked of.
    pub fn faults_of(&self, subject: &Subject<'_>) -> Vec<Fault> {
        if let Some(chain) = &self.chain {
            return chain.faults(&self.rules, subject.entry);
        }
        let mut faults = Vec::new();
        for group in &self.groups {
            if group.classes.contains(&subject.class) {
                self.judge_group(subject, group, &mut faults);
            }
        }
        faults.sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.place.cmp(&b.place)));
        faults
    }

    fn judge_group(&self, subject: &Subject<'_>, group: &Group, faults: &mut Vec<Fault>) {
        let values = subject.values.of(group.slot);
        let is_typed = group.form == Form::TypedAddress;
        let mut tally = Tally::default();
        for (at, value) in values.iter().enumerate() {
            let found = if group.form == Form::Binary {
                self.judge_bytes(subject, group, value.as_bytes())
            } else {
                match std::str::from_utf8(value.as_bytes()) {
                    Ok(text) => {
                        let parsed = Parsed::new(text, group.form);
                        if is_typed {
                            tally.count(&parsed);
                        }
                        self.judge_text(subject, group, &parsed)
                    }
                    Err(error) => self.judge_torn(subject, group, value.as_bytes(), error),
                }
            };
            faults.extend(found.into_iter().map(|(rule, detail)| Fault {
                rule,
                place: place_of(&group.attribute, at),
                detail,
            }));
        }
        for id in &group.of_attribute {
            let check = &self.rules.rule(*id).check;
            let is_clear = clears(values, check) || is_typed && tally.clears(check);
            if !is_clear && self.concerns(*id, subject) {
                self.judge_attribute(subject, group, *id, faults);
            }
        }
    }

    /// Whether `rule` concerns the class of the entry and what it has.
    pub(super) fn concerns(&self, id: RuleId, subject: &Subject<'_>) -> bool {
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
    pub(super) fn login_name_is_blank(&self, entry: &Entry, class: ObjectClass) -> bool {
        class == ObjectClass::User
            && !is_linked_mailbox(entry)
            && entry
                .values(self.settings.login_attribute.as_str())
                .iter()
                .all(|value| value.as_bytes().iter().all(u8::is_ascii_whitespace))
    }

    fn judge_bytes(
        &self,
        subject: &Subject<'_>,
        group: &Group,
        value: &[u8],
    ) -> Vec<(RuleId, String)> {
        let found = group.of_value.iter().filter_map(|id| {
            let detail = self.rules.rule(*id).check.of_bytes(value)?;
            self.concerns(*id, subject).then_some((*id, detail))
        });
        found.collect()
    }

    fn judge_text(
        &self,
        subject: &Subject<'_>,
        group: &Group,
        value: &Parsed<'_>,
    ) -> Vec<(RuleId, String)> {
        let asked = group.screen.asked(value, &self.domains);
        if asked.is_empty() {
            return Vec::new();
        }
        let rules = group.of_value.iter().enumerate();
        let asked = rules.filter(|(at, _)| asked.has(*at));
        let found = asked.filter_map(|(_, id)| {
            let rule = self.rules.rule(*id);
            if !rule.types.is_empty() && !rule.types.contains(&value.kind) {
                return None;
            }
            let detail = rule.check.of_value(value, &self.domains)?;
            self.concerns(*id, subject).then_some((*id, detail))
        });
        found.collect()
    }

    /// The first rule about characters speaks for bytes that are none.
    fn judge_torn(
        &self,
        subject: &Subject<'_>,
        group: &Group,
        value: &[u8],
        error: std::str::Utf8Error,
    ) -> Vec<(RuleId, String)> {
        let rule = group.of_value.iter().find(|id| {
            self.rules.rule(**id).error == ErrorWord::Character && self.concerns(**id, subject)
        });
        let at = error.valid_up_to();
        let byte = value.get(at).copied();
        let found = rule.map(|rule| (*rule, not_text(at, byte)));
        found.into_iter().collect()
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
}

/// Whether `check`, of all values, finds no fault with so many, whatever they
/// are: for most entries that is all there is to ask.
fn clears(values: &[Value], check: &Check) -> bool {
    match check {
        Check::Count { max } => values.len() <= *max as usize,
        Check::Missing => !values.is_empty(),
        Check::CountByRange { .. }
        | Check::TwoPrimaries
        | Check::NoPrimary
        | Check::Repeat
        | Check::DiffersFromPrimary
        | Check::MaskedByProxies => values.is_empty(),
        _ => false,
    }
}

/// The attribute that Entra Connect makes the source anchor of a user from
/// ("Microsoft Entra Connect: Design concepts").
pub(super) const ANCHOR: &str = "mS-DS-ConsistencyGuid";

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

/// The place of the value number `at` of `attribute`.
pub(super) fn place_of(attribute: &AttributeName, at: usize) -> Place {
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

#[cfg(test)]
#[path = "plain_tests.rs"]
mod plain_tests;
