//! Rules in words: what a rule checks, when, and what its cases are, for
//! `idmend rules show` and for the page of all rules.

use std::fmt::{self, Write as _};

use super::check::{CharacterSetField, Check, DotPlace};
use super::{Case, Fix, Part, Rule, RuleSet, Severity, SyncEngine, When};
use crate::model::AttributeName;

/// The severity as it is written in rule files and reports.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails => "fails",
        Severity::Quarantined => "quarantined",
        Severity::Dropped => "dropped",
        Severity::Changed => "changed",
        Severity::Hygiene => "hygiene",
    }
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
        if self.login {
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

/// `text` in code marks for Markdown, escaped.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// The page of all rules of a set, in Markdown.
pub fn page(set: &RuleSet) -> String {
    let mut page = format!(
        "# The rules of the set {}\n\n\
         Written by `UPDATE_DOCS=1 cargo test --test docs` from the files in\n\
         [rules/{0}](../rules/{0}); edit those instead.\n\n\
         Severity is what the cloud does: *fails* (the object does not synchronise, or its\n\
         change is refused), *quarantined* (the value is held back), *dropped* (the value is\n\
         left out silently), *changed* (the cloud stores another value), *hygiene* (it works,\n\
         but is untidy or a trap).\n\n\
         {} rules, {} cases.\n",
        set.name,
        set.rules.len(),
        set.rules.iter().map(|rule| rule.cases.len()).sum::<usize>(),
    );
    let mut attribute = None;
    for rule in &set.rules {
        if attribute != Some(&rule.attribute) {
            // Writing to a String cannot fail.
            let _written = write!(page, "\n## {}\n", rule.attribute);
            attribute = Some(&rule.attribute);
        }
        page.push('\n');
        page.push_str(&section(rule));
    }
    page
}

fn section(rule: &Rule) -> String {
    let classes: Vec<&str> = rule.applies_to.iter().map(|class| class.as_str()).collect();
    let off = if rule.on { "" } else { " · off by default" };
    let mut lines = vec![
        format!("### {}\n", rule.id),
        format!(
            "**{}** · {} · {:?} · {}{off}\n",
            rule.title,
            severity(rule.severity),
            rule.error,
            classes.join(", "),
        ),
        format!("{} {}\n", rule.happens, rule.why),
        format!("*When it may be left:* {}\n", rule.ignore),
        format!("- Finds: {}", code(&rule.check_in_words())),
    ];
    let concerns = rule.concerns_in_words();
    if !concerns.is_empty() {
        lines.push(format!("- {}", concerns.join(" ")));
    }
    if !rule.fixes.is_empty() {
        let fixes: Vec<&str> = rule.fixes.iter().map(|fix| fix.in_words()).collect();
        lines.push(format!("- Proposals: {}", fixes.join(", ")));
    }
    for (heading, wanted) in [("Accepts", true), ("Faults", false)] {
        let cases: Vec<String> = rule
            .cases_in_words()
            .filter(|(valid, _)| *valid == wanted)
            .map(|(_, case)| code(&case))
            .collect();
        lines.push(format!("- {heading}: {}", cases.join("; ")));
    }
    let sources: Vec<String> = rule
        .sources
        .iter()
        .map(|source| format!("[{}]({})", source.title, source.address))
        .collect();
    lines.push(format!(
        "- Sources, checked {}: {}\n",
        rule.checked,
        sources.join("; ")
    ));
    lines.join("\n")
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join(", ").replace(", → ", " → "))
    }
}
