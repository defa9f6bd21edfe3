//! Rules: what Entra ID does not accept, as data, and the engine that judges
//! entries by it.
//!
//! Rule files ([`mod@file`]) are read once and compiled to [`Rule`]s with a closed
//! set of checks; a bad file fails at load with its line, never during a scan.
//! A [`Judge`] is a rule set with the settings of a run. It judges one entry at
//! a time ([`Judge::faults`]), names the keys under which its values must be
//! unique ([`Judge::keys`]), decides which rule a collision breaks
//! ([`Judge::collision`]) and mends values ([`Judge::mend`]).
//!
//! It is pure: no directory, no file but the rule files, no clock.

mod attribute_check;
mod case;
pub mod chain;
mod characters;
mod check;
mod domain;
pub mod file;
mod fix;
mod judge;
mod key;
mod location;
mod mend;
mod page;
mod parsed;
mod remembered;
mod screen;
mod settings;
mod slots;
mod tally;
mod transliterate;
mod unique;
mod words;

pub use case::{Case, CaseFailure, run_cases};
pub use check::{CharacterSetField, Check, DotPlace, Pattern};
pub use file::RuleOverride;
pub use fix::Fix;
pub use judge::{Judge, Subject};
pub use key::{KeyRef, KeySpace, OneAttribute, UniqueKey, spellings};
pub use location::Location;
pub use mend::Mended;
pub use page::page;
pub use parsed::{Form, Part};
pub use settings::{Settings, SourceAnchor, SyncEngine};
pub use transliterate::to_ascii;

use crate::model::{AddressType, AttributeName, ObjectClass};

/// The place of a rule in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u16);

/// What the cloud does with a faulty value; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The object does not synchronise, or its change is refused.
    Fails,
    /// The object synchronises without the value, which is held back.
    Quarantined,
    /// The value is silently left out.
    Dropped,
    /// The cloud stores another value.
    Changed,
    /// It works, but is untidy or a trap.
    Hygiene,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 5] = [
        Self::Fails,
        Self::Quarantined,
        Self::Dropped,
        Self::Changed,
        Self::Hygiene,
    ];

    /// As it is written in rule files and reports, and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Quarantined => "quarantined",
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Hygiene => "hygiene",
        }
    }
}

/// The ERROR words, as users of `IdFix` know them, and five more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(
    missing_docs,
    reason = "the words are the documentation: design of the CSV"
)]
pub enum ErrorWord {
    Format,
    Blank,
    Duplicate,
    Character,
    TopLevelDomain,
    DomainPart,
    LocalPart,
    Length,
    MailMatch,
    Unverified,
    Primary,
    Prefix,
    Count,
    Anchor,
}

/// How much care a proposal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Taken by "accept all safe".
    Safe,
    /// Right as far as the data tell; somebody should look.
    Review,
    /// A hint only: it does not hold by all rules, or needs knowledge that the
    /// directory does not have.
    Manual,
}

/// One compiled rule. What it says to people comes from its file.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, such as `upn-characters`; stable over releases.
    pub id: String,
    /// The attribute it judges.
    pub attribute: AttributeName,
    /// Others that it judges in the same way.
    pub also: Vec<AttributeName>,
    /// The classes it concerns.
    pub applies_to: Vec<ObjectClass>,
    /// The word in the ERROR column.
    pub error: ErrorWord,
    /// What the cloud does.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What will happen.
    pub happens: String,
    /// Why it is so.
    pub why: String,
    /// When it may be left as it is; honest.
    pub ignore: String,
    /// Where it is documented.
    pub sources: Vec<Source>,
    /// When the sources were last compared with the rule, `YYYY-MM-DD`.
    pub checked: String,
    /// Whether it is used at all.
    pub on: bool,
    /// How the values that it judges are written.
    pub form: Form,
    /// Whether it judges the name that users sign in with, whichever attribute
    /// the settings say holds it.
    pub login: bool,
    /// Whether it judges the attributes that the settings name as directory
    /// extensions.
    pub extensions: bool,
    /// The address types that it concerns; all if empty.
    pub types: Vec<AddressType>,
    /// The entries and settings that it concerns.
    pub when: When,
    /// What it checks.
    pub check: Check,
    /// What may mend a value that it faults, tried in this order.
    pub fixes: Vec<Fix>,
    /// Its test cases: where they stand, whether they are valid, and the case.
    pub cases: Vec<(Location, bool, Case)>,
    /// Where it stands.
    pub location: Location,
}

/// Which entries and settings a rule concerns; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct When {
    /// The entry has a value in each of these.
    pub has: Vec<AttributeName>,
    /// The entry has a value in none of these.
    pub lacks: Vec<AttributeName>,
    /// `true`: the entry is a user without a name to sign in with; `false`: it
    /// is not.
    pub login_name_blank: Option<bool>,
    /// Whether the tenant's verified domains are known.
    pub verified_domains: Option<bool>,
    /// What the settings say about Exchange Online.
    pub exchange_online: Option<bool>,
    /// What the settings say synchronises.
    pub sync_engine: Option<SyncEngine>,
    /// A group whose groupType says that it is a security group (`true`) or a
    /// distribution group (`false`); one without groupType is neither.
    pub security_group: Option<bool>,
    /// Whether it is a linked mailbox (msExchRecipientTypeDetails 2), which
    /// takes name and anchor from an account of another forest.
    pub linked_mailbox: Option<bool>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Source {
    /// The title of the page.
    pub title: String,
    /// Its address, or how to find it.
    pub address: String,
}

/// Which value of an entry a fault is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The attribute.
    pub attribute: AttributeName,
    /// The place of the value in the attribute; `None` when the attribute is
    /// blank.
    pub value: Option<u32>,
}

/// One rule broken at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: RuleId,
    /// Where.
    pub place: Place,
    /// What is wrong with this very value, as a sentence: the character with
    /// its code point and position, the length and the limit.
    pub detail: String,
}

/// A compiled rule set.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// `entra`, or the name of the directory it was read from.
    pub name: String,
    /// Its rules, in file order; [`RuleId`] is the index.
    pub rules: Vec<Rule>,
    /// What holds for the whole set if its rules form chains.
    pub chain: Option<chain::ChainSet>,
    /// How many of them, the first ones, a folder took from the set that it
    /// extends. Their cases are not run again.
    pub inherited: usize,
}

impl Rule {
    /// The attributes it judges, as its file names them.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &AttributeName> {
        std::iter::once(&self.attribute).chain(&self.also)
    }

    /// Whether it can fault values of `attribute`, under some settings.
    pub fn may_judge(&self, attribute: &AttributeName) -> bool {
        self.login || self.extensions || self.attributes().any(|name| name == attribute)
    }
}

impl RuleSet {
    /// The rule of that id number.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[usize::from(id.0)]
    }
}
