//! Rules in words: what a rule checks, when, and what its cases are, for
//! `idmend rules show` and for the page of all rules.

use std::fmt;

use super::check::{CharacterSetField, Check, DotPlace};
use super::{Case, Fix, Part, Rule, Severity, SyncEngine, When};
use crate::model::AttributeName;

/// The severity as it is written in rule files and reports.
pub(super) fn severity(severity: Severity) -> &'static str {
    severity.as_str()
}

fn part(part: Part) -> &'static str {
    match part {
        Part::Value => "the value",
        Part::Address => "the address",
        Part::Local => "the part before the @",
        Part::Domain => "the part after the @",
    }
}

fn list(names: &[AttributeName], joint: &str) -> String {
    let names: Vec<&str> = names.iter().map(AttributeName::as_str).collect();
    names.join(joint)
}

impl Rule {
    /// What it finds fault with, as one sentence.
    pub fn check_in_words(&self) -> String {
        let mut text = self.check.in_words();
        text.push('.');
        text
    }

    /// Which entries, values and settings it concerns, one sentence each.
    pub fn concerns_in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.login && matches!(self.check, Check::Step(_)) {
            words.push("Not if --login-attribute names another attribute.".to_owned());
        } else if self.login {
            words.push("Judges the attribute that --login-attribute names.".to_owned());
        }
        if !self.also.is_empty() {
            words.push(format!("Judges {} as well.", list(&self.also, ", ")));
        }
        if self.extensions {
            words.push(
                "Judges the attributes that --directory-extension names; none if none is named."
                    .to_owned(),
            );
        }
        if !self.types.is_empty() {
            let mut types: Vec<String> = self
                .types
                .iter()
                .map(|kind| format!("{kind:?}").to_lowercase())
                .map(|kind| match kind.as_str() {
                    "primarysmtp" | "secondarysmtp" => "smtp".to_owned(),
                    "none" => "none at all".to_owned(),
                    _ => kind,
                })
                .collect();
            types.dedup();
            words.push(format!("Addresses of type {} only.", types.join(", ")));
        }
        words.extend(self.when.in_words());
        words
    }

    /// Its cases, the valid ones first: `true` and the case in words.
    pub fn cases_in_words(&self) -> impl Iterator<Item = (bool, String)> {
        self.cases
            .iter()
            .map(|(_, valid, case)| (*valid, case.to_string()))
    }
}

impl When {
    fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.has.is_empty() {
            words.push(format!("Only with {}.", list(&self.has, " and ")));
        }
        if !self.lacks.is_empty() {
            words.push(format!("Only without {}.", list(&self.lacks, " and ")));
        }
        let mut say = |wish: Option<bool>, yes: &str, no: &str| {
            if let Some(wish) = wish {
                words.push(if wish { yes } else { no }.to_owned());
            }
        };
        say(
            self.login_name_blank,
            "Only users without a name to sign in with.",
            "Only users with a name to sign in with.",
        );
        say(
            self.verified_domains,
            "Only if --verified-domain is given.",
            "Only if no --verified-domain is given.",
        );
        say(
            self.exchange_online,
            "Only if the profile does not say exchange-online = false.",
            "Only if the profile says exchange-online = false.",
        );
        say(
            self.security_group,
            "Only security groups.",
            "Only distribution groups.",
        );
        say(
            self.linked_mailbox,
            "Only linked mailboxes.",
            "No linked mailboxes.",
        );
        if let Some(engine) = self.sync_engine {
            words.push(format!(
                "Only with --sync-engine {}.",
                match engine {
                    SyncEngine::Connect => "connect, the default",
                    SyncEngine::CloudSync => "cloud-sync",
                }
            ));
        }
        words
    }
}

impl CharacterSetField {
    /// The characters one after the other, ranges as such.
    fn in_words(self) -> String {
        let mut text = String::new();
        let has =
            |range: std::ops::RangeInclusive<char>| range.into_iter().all(|c| self.contains(c));
        let (mut upper, mut lower, mut digits) = (has('A'..='Z'), has('a'..='z'), has('0'..='9'));
        for c in (' '..='~').filter(|c| self.contains(*c)) {
            let (whole, name) = match c {
                'A'..='Z' if has('A'..='Z') => (&mut upper, "A-Z"),
                'a'..='z' if has('a'..='z') => (&mut lower, "a-z"),
                '0'..='9' if has('0'..='9') => (&mut digits, "0-9"),
                _ => {
                    text.push(c);
                    text.push(' ');
                    continue;
                }
            };
            if std::mem::take(whole) {
                text.push_str(name);
                text.push(' ');
            }
        }
        text.trim_end().to_owned()
    }
}

impl Check {
    fn in_words(&self) -> String {
        match self {
            Self::AllowedCharacters { part: at, allowed } => format!(
                "Any other character than {} in {}",
                allowed.in_words(),
                part(*at)
            ),
            Self::ForbiddenCharacters {
                part: at,
                forbidden,
            } => {
                format!("Any of {} in {}", forbidden.in_words(), part(*at))
            }
            Self::ForeignLetters { part: at } => {
                format!("A letter, digit or mark outside ASCII in {}", part(*at))
            }
            Self::WhiteSpace => "White space or hidden characters anywhere".into(),
            Self::OuterWhiteSpace => {
                "White space at the edges, or hidden characters anywhere".into()
            }
            Self::HiddenCharacters => "Control and other hidden characters".into(),
            Self::OnlyWhiteSpace => "Nothing but white space".into(),
            Self::Length { part: at, max } => {
                format!("More than {max} UTF-16 code units in {}", part(*at))
            }
            Self::ForbiddenPattern { part: at, pattern } => {
                format!("A match of {} in {}", pattern.as_str(), part(*at))
            }
            Self::AddressShape => "No @, more than one, or nothing on one side of it".into(),
            Self::Dots {
                part: at,
                at: places,
            } => format!(
                "A dot {} of {}",
                places
                    .iter()
                    .map(|place| match place {
                        DotPlace::First => "at the beginning",
                        DotPlace::Last => "at the end",
                        DotPlace::Doubled => "beside another one",
                    })
                    .collect::<Vec<_>>()
                    .join(", or "),
                part(*at)
            ),
            Self::DomainLabels { underscore } => format!(
                "A domain that is no DNS name{}",
                if *underscore {
                    " (_ may stand in it)"
                } else {
                    ""
                }
            ),
            Self::PublicDomain => {
                "A domain below no public suffix, unless --routable-domains names it".into()
            }
            Self::VerifiedDomain => "A domain that --verified-domain does not name".into(),
            Self::ProviderDomain => {
                "A domain of Microsoft's online services, but for hybrid routing".into()
            }
            Self::PrefixMissing => "An address without its type".into(),
            Self::PrefixSpelling => "A type spelled neither SMTP nor smtp".into(),
            Self::SecondColon => "A second colon".into(),
            Self::AnyValue => "Any value".into(),
            whole => whole.of_attribute_in_words(),
        }
    }

    fn of_attribute_in_words(&self) -> String {
        match self {
            Self::TwoPrimaries => "Two or more SMTP: values".into(),
            Self::NoPrimary => "SMTP addresses, none of which is marked by SMTP:".into(),
            Self::Repeat => "The same address twice in one entry".into(),
            Self::DiffersFromPrimary => "Another address than the primary one".into(),
            Self::ByteLength { min, max } if min == max => format!("Not exactly {max} bytes"),
            Self::ByteLength { min: 0, max } => format!("More than {max} bytes"),
            Self::ByteLength { min, max } => format!("Fewer than {min} or more than {max} bytes"),
            Self::Count { max } | Self::CountByRange { max } => format!("More than {max} values"),
            Self::Missing => "No value".into(),
            Self::NoAddress => "No SMTP address, neither in mail nor in proxyAddresses".into(),
            Self::MaskedByProxies => {
                "A value beside proxyAddresses without any SMTP address".into()
            }
            Self::EntryDomainPublic => {
                "An entry in a domain below no public suffix, unless --routable-domains names it"
                    .into()
            }
            Self::EntryDomainVerified => {
                "An entry in a domain that --verified-domain does not name".into()
            }
            Self::Unique { with, .. } => {
                format!("A value that another entry holds in {}", list(with, " or "))
            }
            Self::Step(step) => step.in_words(),
            // Checks of a value are told above.
            _ => String::new(),
        }
    }
}

impl Fix {
    /// What it does, as words in a list.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Trim => "trim",
            Self::RemoveHidden => "remove hidden characters",
            Self::RemoveWhiteSpace => "remove white space",
            Self::RemoveCharacters => "remove the characters",
            Self::Transliterate => "write in ASCII",
            Self::TidyDots => "remove the dots",
            Self::MapSuffix => "replace the domain",
            Self::AddPrefix => "add the type",
            Self::DropPrefix => "remove the type",
            Self::SpellPrefix => "spell the type",
            Self::DropSecondColon => "remove the colon",
            Self::Cut => "cut",
            Self::RemoveRepeat => "remove the repeat",
            Self::Demote => "make it secondary",
            Self::Promote => "make it primary",
            Self::UsePrimary => "take the primary address",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join(", ").replace(", → ", " → "))
    }
}
