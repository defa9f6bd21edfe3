//! Rule files: their shape, the sets inside the binary, and loading.
//!
//! A set is a folder of TOML files, one an attribute, and perhaps `set.toml`. What is wrong in a file
//! is refused at load with file, line and column: an unknown key, a bad regular
//! expression, an id used twice, a source that is not listed. The cases of a
//! set that was read from a folder must hold, too ([`load`]); [`read`] leaves
//! them to [`super::run_cases`].

mod overrides;
mod texts;

pub use overrides::RuleOverride;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use serde::Deserialize;
use toml::Spanned;

use texts::Texts;

use super::case::Case;
use super::chain::{ChainSet, Step};
use super::check::Check;
use super::fix::Fix;
use super::key::OneAttribute;
use super::location::Lines;
use super::parsed::Form;
use super::{ErrorWord, Location, Rule, RuleSet, Severity, Source, When};
use crate::model::{AddressType, AttributeName, ObjectClass};

/// The files of an embedded set.
macro_rules! embedded {
    ($set:literal, $($name:literal),+ $(,)?) => {
        ($set, &[$((
            concat!("rules/", $set, "/", $name, ".toml"),
            include_str!(concat!("../../rules/", $set, "/", $name, ".toml")),
        )),+])
    };
}

/// The file of a set that says what holds for all its rules; it may be missing.
const SET_FILE: &str = "set.toml";

/// The sets that the binary carries: name, and files with their text.
const EMBEDDED: [(&str, &[(&str, &str)]); 3] = [
    embedded!(
        "entra",
        "userPrincipalName",
        "proxyAddresses",
        "mail",
        "mailNickname",
        "targetAddress",
        "sAMAccountName",
        "displayName",
        "givenName",
        "sn",
        "mS-DS-ConsistencyGuid",
        "msExchMasterAccountSid",
        "member",
        "userCertificate",
        "userSMIMECertificate",
        "thumbnailPhoto",
        "person",
        "directory-extensions",
    ),
    embedded!(
        "multi-tenant",
        "set",
        "displayName",
        "givenName",
        "mail",
        "mailNickname",
        "proxyAddresses",
        "sAMAccountName",
        "targetAddress",
        "userPrincipalName",
    ),
    embedded!(
        "dedicated",
        "set",
        "displayName",
        "mail",
        "mailNickname",
        "proxyAddresses",
        "targetAddress",
    ),
];

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no such set.
    #[error("'{name}' is no rule set (there is: {known}) and no folder of rule files")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A folder or a file cannot be read.
    #[error("reading rules from '{path}': {reason}")]
    Read {
        /// Which.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Something in a file is wrong.
    #[error("{location}: {message}")]
    At {
        /// Where.
        location: Location,
        /// What.
        message: String,
    },
}

/// One rule file: the rules of one attribute.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleFile {
    /// The attribute that the rules judge.
    attribute: AttributeName,
    /// How its values are written.
    form: Form,
    /// Whether this is the name that users sign in with: its rules judge the
    /// attribute that the admin names as the login attribute.
    #[serde(default)]
    login: bool,
    /// Whether its rules judge the attributes that the admin names as directory
    /// extensions; `attribute` is the one that the cases speak of.
    #[serde(default)]
    extensions: bool,
    /// The pages that the rules are taken from, by a short key.
    source: BTreeMap<String, Source>,
    /// The rules, in the order in which findings name them.
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

/// One rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleText {
    /// Lower-case words joined by hyphens; unique in the set, stable for ever.
    id: Spanned<String>,
    /// The attribute that it judges, if not that of the file.
    attribute: Option<AttributeName>,
    /// Attributes that it judges in the same way.
    #[serde(default)]
    also: Vec<AttributeName>,
    /// One line.
    title: String,
    /// The word in the ERROR column.
    error: ErrorWord,
    /// What the cloud does.
    severity: Severity,
    /// The classes that it concerns.
    applies_to: Vec<Class>,
    /// Whether it is used unless somebody says otherwise.
    #[serde(default = "on")]
    on: bool,
    /// The address types that it concerns; all if not given.
    #[serde(default)]
    types: Vec<TypeName>,
    /// The entries and settings that it concerns.
    #[serde(default)]
    when: When,
    /// What it checks.
    check: Check,
    /// What may mend it, tried in this order.
    #[serde(default)]
    fix: Vec<Fix>,
    /// What will happen.
    happens: String,
    /// Why it is so.
    why: String,
    /// When it may be left alone.
    ignore: String,
    /// Keys of the file's sources.
    sources: Vec<Spanned<String>>,
    /// When the sources were last compared with the rule, `YYYY-MM-DD`.
    checked: Spanned<String>,
    /// Values and entries that it accepts.
    #[serde(default)]
    valid: Vec<Spanned<Case>>,
    /// Values and entries that it faults.
    #[serde(default)]
    invalid: Vec<Spanned<Case>>,
}

fn on() -> bool {
    true
}

/// The classes that rules may concern.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Class {
    User,
    Group,
    Contact,
}

/// Address types as rule files call them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeName {
    Smtp,
    Sip,
    X500,
    X400,
    Other,
    None,
}

/// The names of the embedded sets, the usual one first.
pub fn embedded_names() -> [&'static str; 3] {
    EMBEDDED.map(|(name, _)| name)
}

/// Loads an embedded set by its name, or a folder of rule files, whose cases
/// must hold.
///
/// # Errors
///
/// The first thing that is wrong, with file, line and column.
pub fn load(name_or_directory: &str) -> Result<RuleSet, RuleError> {
    load_with(name_or_directory, &[])
}

/// As [`load`], with single rules changed. The cases of a folder must hold by
/// its rules as they are written.
///
/// # Errors
///
/// The first thing that is wrong, with file, line and column.
pub fn load_with(
    name_or_directory: &str,
    overrides: &[RuleOverride],
) -> Result<RuleSet, RuleError> {
    let texts = Texts::of(name_or_directory)?;
    let mut rules = set_of(name_or_directory, &texts)?;
    if !texts.own.is_empty()
        && let Some(failure) = super::run_cases(&rules).into_iter().next()
    {
        return Err(RuleError::At {
            message: failure.message(),
            location: failure.location,
        });
    }
    if !overrides.is_empty() {
        let checks = texts
            .all()
            .flat_map(|(_, text)| overrides::written_checks(text));
        let checks = checks.collect();
        overrides::apply(&mut rules, &checks, overrides)?;
    }
    Ok(rules)
}

/// As [`load_with`]. A set that the binary carries is taken apart once and then
/// shared: it is asked for where a mistake is to be found early, and again where
/// it is needed.
///
/// # Errors
///
/// The first thing that is wrong, with file, line and column.
pub fn shared(
    name_or_directory: &str,
    overrides: &[RuleOverride],
) -> Result<Arc<RuleSet>, RuleError> {
    static SHARED: Mutex<Vec<Arc<RuleSet>>> = Mutex::new(Vec::new());
    if !overrides.is_empty() || texts::embedded_set(name_or_directory).is_none() {
        return load_with(name_or_directory, overrides).map(Arc::new);
    }
    // A list is whole between any two steps on it.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(set) = shared.iter().find(|set| set.name == name_or_directory) {
        return Ok(Arc::clone(set));
    }
    let set = Arc::new(load_with(name_or_directory, overrides)?);
    shared.push(Arc::clone(&set));
    Ok(set)
}

/// As [`load`], but leaves the cases alone.
///
/// # Errors
///
/// The first thing that is wrong, with file, line and column.
pub fn read(name_or_directory: &str) -> Result<RuleSet, RuleError> {
    let texts = Texts::of(name_or_directory)?;
    set_of(name_or_directory, &texts)
}

fn set_of(name: &str, texts: &Texts) -> Result<RuleSet, RuleError> {
    let mut set = compile(name, texts.all().collect())?;
    if !texts.own.is_empty() {
        let own = |rule: &Rule| {
            texts
                .own
                .iter()
                .any(|(path, _)| *path == rule.location.file)
        };
        set.inherited = set.rules.iter().position(own).unwrap_or(set.rules.len());
    }
    Ok(set)
}

/// What a file of a set holds.
enum Content {
    /// What all rules of a chain share.
    Chain(ChainSet),
    Rules(RuleFile),
}

/// Reads a file, without compiling its rules.
fn read_file<'a>(path: &'a str, text: &'a str) -> Result<(Lines<'a>, Content), RuleError> {
    let lines = Lines::of(path, text);
    let content = if texts::is_set_file(path) {
        toml::from_str(text).map(Content::Chain)
    } else {
        toml::from_str(text).map(Content::Rules)
    };
    match content {
        Ok(content) => Ok((lines, content)),
        Err(error) => Err(RuleError::At {
            location: lines.place(error.span().map_or(0, |span| span.start)),
            message: one_line(error.message()),
        }),
    }
}

/// Compiles files, given with their paths, to a set.
fn compile(name: &str, files: Vec<(&str, &str)>) -> Result<RuleSet, RuleError> {
    let files = files
        .into_par_iter()
        .map(|(path, text)| read_file(path, text));
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    let mut chain = None;
    for file in files.collect::<Vec<_>>() {
        let (lines, content) = file?;
        let file = match content {
            Content::Chain(set) => {
                chain = Some(set);
                continue;
            }
            Content::Rules(file) => file,
        };
        let at = |span: Range<usize>, message: String| RuleError::At {
            location: lines.place(span.start),
            message,
        };
        for rule in &file.rule {
            let id = &rule.get_ref().id;
            if !is_id(id.get_ref()) {
                let message = format!("'{}' is no rule id (lower-case words and -)", id.get_ref());
                return Err(at(id.span(), message));
            }
            if !ids.insert(id.get_ref().clone()) {
                return Err(at(
                    id.span(),
                    format!("the id '{}' is used twice", id.get_ref()),
                ));
            }
        }
        let header = Header {
            lines: &lines,
            attribute: file.attribute,
            form: file.form,
            login: file.login,
            extensions: file.extensions,
            sources: file.source,
        };
        for rule in file.rule {
            rules.push(
                header
                    .rule(rule.into_inner())
                    .map_err(|(span, message)| at(span, message))?,
            );
        }
    }
    if u16::try_from(rules.len()).is_err() {
        return Err(RuleError::Read {
            path: name.to_owned(),
            reason: format!("{} rules are more than {}", rules.len(), u16::MAX),
        });
    }
    if let Some(rule) = rules.iter().find(|rule| !rule.fits(chain.is_some())) {
        return Err(RuleError::At {
            location: rule.location.clone(),
            message: format!(
                "the check of '{}' does not fit: steps are for chains (mode = \"chain\" in \
                 {SET_FILE}) and nothing else is, and duplicates are known for addresses only",
                rule.id
            ),
        });
    }
    Ok(RuleSet {
        name: name.to_owned(),
        rules,
        chain,
        inherited: 0,
    })
}

impl Rule {
    /// Whether the check is one for a set that is one of chains, or not.
    fn fits(&self, is_chain: bool) -> bool {
        match &self.check {
            Check::Step(Step::Duplicate { .. }) => {
                is_chain && OneAttribute::named(&self.attribute).is_some()
            }
            Check::Step(_) => is_chain,
            _ => !is_chain,
        }
    }
}

/// What the rules of one file share.
struct Header<'a> {
    lines: &'a Lines<'a>,
    attribute: AttributeName,
    form: Form,
    login: bool,
    extensions: bool,
    sources: BTreeMap<String, Source>,
}

impl Header<'_> {
    fn rule(&self, rule: RuleText) -> Result<Rule, (Range<usize>, String)> {
        let mut sources = Vec::new();
        for key in &rule.sources {
            let Some(source) = self.sources.get(key.get_ref()) else {
                let message = format!("the file lists no source '{}'", key.get_ref());
                return Err((key.span(), message));
            };
            sources.push(source.clone());
        }
        if sources.is_empty() || rule.applies_to.is_empty() {
            let message = "a rule needs a class in applies-to and a source".to_owned();
            return Err((rule.id.span(), message));
        }
        if !is_date(rule.checked.get_ref()) {
            let message = format!("'{}' is no date such as 2026-01-31", rule.checked.get_ref());
            return Err((rule.checked.span(), message));
        }
        let place = |case: Spanned<Case>, valid| {
            let location = self.lines.place(case.span().start);
            (location, valid, case.into_inner())
        };
        let cases = (rule.valid.into_iter().map(|case| place(case, true)))
            .chain(rule.invalid.into_iter().map(|case| place(case, false)))
            .collect();
        Ok(Rule {
            location: self.lines.place(rule.id.span().start),
            id: rule.id.into_inner(),
            attribute: rule.attribute.unwrap_or_else(|| self.attribute.clone()),
            also: rule.also,
            applies_to: rule.applies_to.into_iter().map(Class::model).collect(),
            error: rule.error,
            severity: rule.severity,
            title: rule.title,
            happens: rule.happens,
            why: rule.why,
            ignore: rule.ignore,
            sources,
            checked: rule.checked.into_inner(),
            on: rule.on,
            form: self.form,
            login: self.login,
            extensions: self.extensions,
            types: rule.types.into_iter().flat_map(TypeName::model).collect(),
            when: rule.when,
            check: rule.check,
            fixes: rule.fix,
            cases,
        })
    }
}

impl Class {
    fn model(self) -> ObjectClass {
        match self {
            Self::User => ObjectClass::User,
            Self::Group => ObjectClass::Group,
            Self::Contact => ObjectClass::Contact,
        }
    }
}

impl TypeName {
    fn model(self) -> Vec<AddressType> {
        match self {
            Self::Smtp => vec![AddressType::PrimarySmtp, AddressType::SecondarySmtp],
            Self::Sip => vec![AddressType::Sip],
            Self::X500 => vec![AddressType::X500],
            Self::X400 => vec![AddressType::X400],
            Self::Other => vec![AddressType::Other],
            Self::None => vec![AddressType::None],
        }
    }
}

fn is_id(id: &str) -> bool {
    id.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
