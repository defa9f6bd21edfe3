//! What can mend a value: a closed set of small steps.
//!
//! A step changes one thing and says how much care it asks for; [`super::mend`]
//! chains steps until the value passes every rule. An address or a sign-in name
//! is never cut short.

use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation as _;

use super::attribute_check::{primary_address, smtp_values};
use super::characters::{
    is_blank, is_blank_in_address, is_hidden, is_hidden_in_address, utf16_len,
};
use super::check::{Check, DotPlace};
use super::judge::Judge;
use super::key::{address_key, proxy_key};
use super::parsed::{Form, Parsed};
use super::{Confidence, Rule, domain, transliterate};
use crate::model::{AddressType, Entry};

/// One way to mend a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// Takes white space and hidden characters from the beginning and the end,
    /// and around the colon of a typed address.
    Trim,
    /// Removes hidden characters.
    RemoveHidden,
    /// Removes white space inside.
    RemoveWhiteSpace,
    /// Removes the characters that the check faults.
    RemoveCharacters,
    /// Writes letters outside ASCII in ASCII, a domain in its DNS form.
    Transliterate,
    /// Removes the dots that the check faults.
    TidyDots,
    /// Replaces the domain: as the settings map it, else by the domain of the
    /// primary address, else by the only verified domain.
    MapSuffix,
    /// Puts `smtp:` (for targetAddress `SMTP:`) before an address without type.
    AddPrefix,
    /// Removes what stands before the first colon of a bare address.
    DropPrefix,
    /// Spells the type as it should be.
    SpellPrefix,
    /// Removes a doubled type, or else the further colons.
    DropSecondColon,
    /// Cuts a name to the length that the check allows.
    Cut,
    /// Removes a value that stands there twice.
    RemoveRepeat,
    /// Makes a second primary address a secondary one, when mail says which one
    /// stays.
    Demote,
    /// Makes the address the primary one.
    Promote,
    /// Takes the primary address of the entry.
    UsePrimary,
}

/// What a step makes of a value.
pub(super) struct Step {
    /// `None` removes it.
    pub(super) value: Option<String>,
    pub(super) confidence: Confidence,
    pub(super) reason: &'static str,
}

/// What a step may look at.
pub(super) struct Patient<'a> {
    pub(super) judge: &'a Judge,
    pub(super) entry: &'a Entry,
    /// The rule that is broken.
    pub(super) rule: &'a Rule,
    /// The attribute, as the entry holds it.
    pub(super) attribute: &'a str,
    /// Which value of it.
    pub(super) at: usize,
    pub(super) value: &'a str,
}

impl Fix {
    /// What it makes of the patient's value; `None` if it cannot help.
    pub(super) fn apply(self, patient: &Patient<'_>) -> Option<Step> {
        use Confidence::{Review, Safe};
        let value = Parsed::new(patient.value, patient.rule.form);
        let step = |text: Option<String>, confidence, reason| {
            text.filter(|text| text != patient.value).map(|text| Step {
                value: Some(text),
                confidence,
                reason,
            })
        };
        match self {
            Self::Trim => step(Some(trim(&value)), Safe, "white space at the edges removed"),
            Self::RemoveHidden => step(
                Some(remove_hidden(&value)),
                Safe,
                "invisible characters removed",
            ),
            Self::RemoveWhiteSpace => step(
                Some(value.whole.split_whitespace().collect()),
                Review,
                "white space inside removed",
            ),
            Self::RemoveCharacters => step(
                remove_characters(&value, &patient.rule.check),
                Review,
                "characters that are not allowed removed",
            ),
            Self::Transliterate => step(
                transliterated(&value),
                Review,
                "letters outside ASCII written in ASCII",
            ),
            Self::TidyDots => step(
                tidy_dots(&value, &patient.rule.check),
                Review,
                "misplaced dots removed",
            ),
            Self::MapSuffix => map_suffix(patient, &value),
            Self::AddPrefix => add_prefix(patient, &value),
            Self::SpellPrefix => step(
                spell_prefix(&value),
                Safe,
                "type of the address spelled as it should be",
            ),
            Self::DropPrefix => step(
                value
                    .whole
                    .split_once(':')
                    .map(|(_, address)| address.trim().to_owned()),
                Review,
                "address type removed",
            ),
            Self::DropSecondColon => step(
                Some(drop_second_colon(&value)),
                Review,
                "second colon removed",
            ),
            Self::Cut => step(
                cut(&value, &patient.rule.check),
                Safe,
                "cut to the longest length allowed",
            ),
            Self::RemoveRepeat => Some(Step {
                value: None,
                confidence: Safe,
                reason: "the same address stands in this attribute once more",
            }),
            Self::Demote => step(
                demote(patient, &value),
                Review,
                "made a secondary address, because mail names another one as the primary",
            ),
            Self::Promote => step(
                Some(format!("SMTP:{}", value.address)),
                Review,
                promote_reason(patient),
            ),
            Self::UsePrimary => step(
                primary_address(patient.entry).map(str::to_owned),
                Review,
                "set to the primary address",
            ),
        }
    }
}

fn trim(value: &Parsed<'_>) -> String {
    if value.form == Form::Text {
        return value.whole.trim_matches(is_blank).to_owned();
    }
    let address = value.address.trim_matches(is_blank_in_address);
    if value.prefix.is_empty() {
        return address.to_owned();
    }
    format!("{}:{address}", value.prefix.trim())
}

fn remove_hidden(value: &Parsed<'_>) -> String {
    let hidden = if value.form == Form::Text {
        is_hidden
    } else {
        is_hidden_in_address
    };
    value.whole.chars().filter(|c| !hidden(*c)).collect()
}

fn remove_characters(value: &Parsed<'_>, check: &Check) -> Option<String> {
    let (part, offset) = value.part(check.part());
    let kept: String = part
        .chars()
        .filter(|c| !check.faults_character(value.form, *c))
        .collect();
    if kept.is_empty() {
        return None;
    }
    let before = value.whole.get(..offset)?;
    let after = value.whole.get(offset + part.len()..)?;
    Some(format!("{before}{kept}{after}"))
}

fn transliterated(value: &Parsed<'_>) -> Option<String> {
    let local = transliterate::to_ascii(value.local)?;
    let domain = domain::to_ascii(value.domain)?;
    Some(value.with(value.prefix, &local, &domain))
}

fn tidy_dots(value: &Parsed<'_>, check: &Check) -> Option<String> {
    let Check::Dots { part, at } = check else {
        return None;
    };
    let (text, offset) = value.part(*part);
    let mut kept = text;
    if at.contains(&DotPlace::First) {
        kept = kept.trim_start_matches('.');
    }
    if at.contains(&DotPlace::Last) {
        kept = kept.trim_end_matches('.');
    }
    let mut tidy = String::with_capacity(kept.len());
    for c in kept.chars() {
        let doubled = c == '.' && tidy.ends_with('.') && at.contains(&DotPlace::Doubled);
        if !doubled {
            tidy.push(c);
        }
    }
    if tidy.is_empty() {
        return None;
    }
    let before = value.whole.get(..offset)?;
    let after = value.whole.get(offset + text.len()..)?;
    Some(format!("{before}{tidy}{after}"))
}

fn map_suffix(patient: &Patient<'_>, value: &Parsed<'_>) -> Option<Step> {
    let judge = patient.judge;
    let domain = domain::to_ascii(value.domain)?;
    let fits = |name: &str| {
        if judge.settings.verified_domains.is_empty() {
            judge.domains().is_routable(name)
        } else {
            judge.domains().is_verified(name)
        }
    };
    let mapped = judge
        .settings
        .upn_suffix_map
        .iter()
        .find(|(old, _)| old.eq_ignore_ascii_case(&domain))
        .map(|(_, new)| (new.as_str(), "suffix replaced as the settings map it"));
    let primary = || {
        let (_, name) = primary_address(patient.entry)?.rsplit_once('@')?;
        let usable = fits(name) && !domain::is_provider(name);
        usable.then_some((name, "suffix replaced by the domain of the primary address"))
    };
    let only = || {
        let mut own = judge.own_domains();
        let name = own.next()?;
        let alone = own.next().is_none();
        alone.then_some((name, "suffix replaced by the only verified domain"))
    };
    let (suffix, reason) = mapped.or_else(primary).or_else(only)?;
    let text = value.with(value.prefix, value.local, suffix);
    (text != patient.value).then_some(Step {
        value: Some(text),
        confidence: Confidence::Review,
        reason,
    })
}

fn add_prefix(patient: &Patient<'_>, value: &Parsed<'_>) -> Option<Step> {
    let address = value.address.trim_matches(is_blank_in_address);
    if address.contains(':') || !address.contains('@') {
        return None;
    }
    if patient.attribute.eq_ignore_ascii_case("targetAddress") {
        return Some(Step {
            value: Some(format!("SMTP:{address}")),
            confidence: Confidence::Review,
            reason: "type SMTP: added",
        });
    }
    let text = format!("smtp:{address}");
    let key = proxy_key(&text);
    let held = patient
        .entry
        .values(patient.attribute)
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != patient.at)
        .any(|(_, other)| other.as_text().and_then(proxy_key) == key);
    Some(Step {
        value: (!held).then_some(text),
        confidence: Confidence::Review,
        reason: if held {
            "the same address stands there with its type already"
        } else {
            "type smtp: added"
        },
    })
}

fn spell_prefix(value: &Parsed<'_>) -> Option<String> {
    let prefix = match value.kind {
        AddressType::PrimarySmtp => "SMTP",
        AddressType::SecondarySmtp => "smtp",
        _ => return None,
    };
    Some(format!("{prefix}:{}", value.address))
}

fn drop_second_colon(value: &Parsed<'_>) -> String {
    let mut address = value.address;
    while let Some((doubled, rest)) = address.split_once(':') {
        if !doubled.trim().eq_ignore_ascii_case(value.prefix.trim()) {
            break;
        }
        address = rest;
    }
    format!("{}:{}", value.prefix, address.replace(':', ""))
}

/// Cuts at a grapheme boundary; lengths are UTF-16 code units.
fn cut(value: &Parsed<'_>, check: &Check) -> Option<String> {
    let Check::Length { max, .. } = check else {
        return None;
    };
    if value.form != Form::Text {
        return None;
    }
    let max = usize::try_from(*max).ok()?;
    let mut length = 0;
    let mut end = 0;
    for (at, grapheme) in value.whole.grapheme_indices(true) {
        length += utf16_len(grapheme);
        if length > max {
            break;
        }
        end = at + grapheme.len();
    }
    let kept = value.whole.get(..end)?.trim_end_matches(is_blank);
    (!kept.is_empty()).then(|| kept.to_owned())
}

fn demote(patient: &Patient<'_>, value: &Parsed<'_>) -> Option<String> {
    let mail = patient.entry.text("mail").and_then(address_key)?;
    let values = patient.entry.values(patient.attribute);
    let (keeper, _) = smtp_values(values, |kind| kind == AddressType::PrimarySmtp)
        .find(|(_, address)| address_key(address).as_ref() == Some(&mail))?;
    (keeper != patient.at).then(|| format!("smtp:{}", value.address))
}

fn promote_reason(patient: &Patient<'_>) -> &'static str {
    if patient.entry.has("mail") {
        "made the primary address"
    } else {
        "made the primary address, as the first of them"
    }
}
