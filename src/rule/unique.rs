//! What must be unique: the keys of an entry, and the rule that a shared one
//! breaks.
//!
//! Keys are made for every entry of a forest, so [`Judge::each_key`] makes them
//! one after the other in one buffer; who has to keep them takes
//! [`Judge::keys`].

use super::judge::{ANCHOR, Subject, place_of};
use super::key::{put_address, put_bytes, put_proxy, put_target, put_text};
use super::slots::{Slot, Slots};
use super::{Check, Judge, KeyRef, KeySpace, Place, RuleId, Settings, UniqueKey};
use crate::model::{AttributeName, Entry, ObjectClass};

/// An attribute whose values have keys.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    attribute: AttributeName,
    slot: Slot,
    of_user: Option<Kind>,
    of_others: Option<Kind>,
}

/// How the values of an attribute are made keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Proxy,
    Address,
    Nickname,
    Anchor,
    Target,
    /// sAMAccountName, in the place of a name to sign in with.
    StandIn,
}

/// The attributes whose values have keys, the name to sign in with first if it
/// is none of the others.
pub(super) fn keyed(settings: &Settings, slots: &mut Slots) -> Vec<Keyed> {
    let login = &settings.login_attribute;
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
    let keyed = |attribute: AttributeName| Keyed {
        slot: slots.of(&attribute),
        of_user: kind(&attribute, ObjectClass::User, login),
        of_others: kind(&attribute, ObjectClass::Group, login),
        attribute,
    };
    names.into_iter().map(keyed).collect()
}

/// How values of `attribute` are made keys in an entry of that class.
fn kind(attribute: &AttributeName, class: ObjectClass, login: &AttributeName) -> Option<Kind> {
    let is_user = class == ObjectClass::User;
    if attribute.is("proxyAddresses") {
        Some(Kind::Proxy)
    } else if attribute.is("mail") || is_user && attribute == login {
        Some(Kind::Address)
    } else if attribute.is("mailNickname") {
        Some(Kind::Nickname)
    } else if attribute.is("targetAddress") {
        Some(Kind::Target)
    } else if is_user && attribute.is(ANCHOR) {
        Some(Kind::Anchor)
    } else if is_user && attribute.is("sAMAccountName") {
        Some(Kind::StandIn)
    } else {
        None
    }
}

impl Judge {
    /// The keys under which values of `entry` must be unique.
    pub fn keys(&self, entry: &Entry) -> Vec<UniqueKey> {
        let mut keys = Vec::new();
        self.each_key(entry, |key| {
            keys.push(UniqueKey {
                space: key.space,
                place: place_of(key.attribute, key.value),
                key: key.key.to_owned(),
            });
        });
        keys
    }

    /// Shows `visit` the keys under which values of `entry` must be unique, in
    /// the order of [`Judge::keys`].
    pub fn each_key(&self, entry: &Entry, visit: impl FnMut(KeyRef<'_>)) {
        self.each_key_of(&self.subject(entry), visit);
    }

    /// [`Judge::each_key`] of an entry that more than that is asked of.
    pub fn each_key_of(&self, subject: &Subject<'_>, mut visit: impl FnMut(KeyRef<'_>)) {
        let Subject { entry, class, .. } = *subject;
        if !class.holds_addresses() {
            return;
        }
        if let Some(chain) = &self.chain {
            return chain.each_key(&self.rules, entry, visit);
        }
        let mut buffer = String::new();
        for keyed in &self.keyed {
            let kind = match class {
                ObjectClass::User => keyed.of_user,
                _ => keyed.of_others,
            };
            let Some(kind) = kind else {
                continue;
            };
            let values = subject.values.of(keyed.slot);
            for (value, text) in values.iter().map(|value| value.as_text()).enumerate() {
                buffer.clear();
                let space =
                    text.and_then(|text| self.put_key(entry, (kind, class), text, &mut buffer));
                if let Some(space) = space {
                    visit(KeyRef {
                        space,
                        attribute: &keyed.attribute,
                        value,
                        key: &buffer,
                    });
                }
            }
        }
        if class == ObjectClass::User && self.compares(KeySpace::Anchor) {
            for (value, bytes) in entry.values(ANCHOR).iter().enumerate() {
                buffer.clear();
                if put_bytes(bytes.as_bytes(), &mut buffer) {
                    visit(KeyRef {
                        space: KeySpace::Anchor,
                        attribute: &self.anchor,
                        value,
                        key: &buffer,
                    });
                }
            }
        }
    }

    /// The key of one value at `attribute` of `entry`, if it must be unique; for
    /// a value that is being edited.
    pub fn key_of(
        &self,
        entry: &Entry,
        attribute: &AttributeName,
        value: &str,
    ) -> Option<(KeySpace, String)> {
        if let Some(chain) = &self.chain {
            return chain.key_of(&self.rules, entry, attribute, value);
        }
        let class = entry.class();
        if !class.holds_addresses() {
            return None;
        }
        let kind = kind(attribute, class, &self.settings.login_attribute)?;
        let mut key = String::new();
        let space = self.put_key(entry, (kind, class), value, &mut key)?;
        Some((space, key))
    }

    /// The key of the value at `place` of `entry`, text or not, if it must be
    /// unique.
    pub fn key_at(&self, entry: &Entry, place: &Place) -> Option<(KeySpace, String)> {
        let at = usize::try_from(place.value?).ok()?;
        let value = entry.values(place.attribute.as_str()).get(at)?;
        match value.as_text() {
            Some(text) => self.key_of(entry, &place.attribute, text),
            None if place.attribute.is(ANCHOR) && self.compares(KeySpace::Anchor) => {
                let mut key = String::new();
                put_bytes(value.as_bytes(), &mut key).then_some((KeySpace::Anchor, key))
            }
            None => None,
        }
    }

    /// Appends the key of a value to `key`, which is empty, if it must be unique.
    fn put_key(
        &self,
        entry: &Entry,
        (kind, class): (Kind, ObjectClass),
        value: &str,
        key: &mut String,
    ) -> Option<KeySpace> {
        let (space, is_put) = match kind {
            Kind::Proxy => {
                let space = put_proxy(value, key)?;
                (space, true)
            }
            Kind::Address => (KeySpace::Address, put_address(value, key)),
            Kind::Nickname => (KeySpace::Nickname, put_text(value, key)),
            Kind::Target => (KeySpace::Target, put_target(value, key)),
            Kind::Anchor => (KeySpace::Anchor, put_bytes(value.as_bytes(), key)),
            Kind::StandIn => {
                if !self.login_name_is_blank(entry, class) || !put_text(value, key) {
                    return None;
                }
                key.push('@');
                key.push_str(&entry.dn.dns_name()?);
                (KeySpace::Address, true)
            }
        };
        (is_put && self.compares(space)).then_some(space)
    }

    /// Whether any rule asks for uniqueness in `space`.
    fn compares(&self, space: KeySpace) -> bool {
        self.compared.contains(&space)
    }

    /// Whether a rule is about what several entries hold: the faults of
    /// [`Judge::collision`], and no others, are of such rules.
    pub fn compares_entries(&self, rule: RuleId) -> bool {
        self.rules.rule(rule).check.is_of_others()
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
        let subject = self.subject(entry);
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
