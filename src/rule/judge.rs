//! skeleton

use std::sync::Arc;

use super::{Confidence, Fault, Place, RuleId, RuleSet, Settings};
use crate::model::{AttributeName, Entry};

/// A rule set with the settings of a run.
#[derive(Debug, Clone)]
pub struct Judge {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The settings.
    pub settings: Settings,
}

/// Values are compared within a space only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySpace {
    /// userPrincipalName, mail and SMTP proxy addresses together; for a user
    /// without userPrincipalName, sAMAccountName@domain in its place.
    Address,
    /// SIP addresses.
    Sip,
    /// X500 addresses.
    X500,
    /// mailNickname.
    Nickname,
}

/// A value that must be unique, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// What it is compared with.
    pub space: KeySpace,
    /// Where it stands.
    pub place: Place,
    /// The normalised value.
    pub key: String,
}

/// A value that a fix made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The new value; `None` proposes to remove the value.
    pub value: Option<String>,
    /// How much care it asks for.
    pub confidence: Confidence,
    /// Why, in one sentence.
    pub reason: String,
}

impl Judge {
    /// A judge that judges by `rules` with `settings`.
    pub fn new(rules: Arc<RuleSet>, settings: Settings) -> Self {
        Self { rules, settings }
    }

    /// The attributes that must be read for judging (not for showing).
    pub fn attributes(&self) -> Vec<AttributeName> {
        todo!()
    }

    /// All rules that `entry` breaks on its own, in the order of the rules.
    pub fn faults(&self, _entry: &Entry) -> Vec<Fault> {
        todo!()
    }

    /// The keys under which values of `entry` must be unique.
    pub fn keys(&self, _entry: &Entry) -> Vec<UniqueKey> {
        todo!()
    }

    /// The key of one value at `place` of `entry`, if it must be unique; for
    /// a value that is being edited.
    pub fn key_of(
        &self,
        _entry: &Entry,
        _attribute: &AttributeName,
        _value: &str,
    ) -> Option<(KeySpace, String)> {
        todo!()
    }

    /// Which rule it breaks that a value at `attribute` of `entry` is also held,
    /// in the same `space`, by other entries at `others`' attributes; the worst
    /// one if it breaks several.
    pub fn collision(
        &self,
        _entry: &Entry,
        _space: KeySpace,
        _attribute: &AttributeName,
        _others: &[AttributeName],
    ) -> Option<RuleId> {
        todo!()
    }

    /// Mends the value at `place`, which `faults` are about, so that `faults`
    /// of the mended entry no longer name the place; `None` if no fix is known.
    /// Uniqueness is for the caller to see to.
    pub fn mend(&self, _entry: &Entry, _place: &Place, _faults: &[Fault]) -> Option<Mended> {
        todo!()
    }
}
