//! Rules: what Entra ID does not accept, as data, and the engine that judges
//! entries by it.
//!
//! Rule files ([`file`]) are read once and compiled to [`Rule`]s with a closed
//! set of checks; a bad file fails at load with its line, never during a scan.
//! A [`Judge`] is a rule set with the settings of a run. It judges one entry at
//! a time ([`Judge::faults`]), names the keys under which its values must be
//! unique ([`Judge::keys`]), decides which rule a collision breaks
//! ([`Judge::collision`]) and mends values ([`Judge::mend`]).
//!
//! It is pure: no directory, no file but the rule files, no clock.

pub mod file;
mod judge;
mod settings;

pub use judge::{Judge, KeySpace, Mended, UniqueKey};
pub use settings::Settings;

use crate::model::{AttributeName, ObjectClass};

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

/// The ERROR words, as IdFix's users know them, and five more.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

impl RuleSet {
    /// The rule of that id number.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[usize::from(id.0)]
    }
}
