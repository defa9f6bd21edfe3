//! What a rule can check: a closed set, so that every rule can be explained,
//! bounded and reviewed.
//!
//! A [`Check`] is read from a rule file and ready to run. Checks of a value see
//! that value alone; checks of an attribute see all its values and the entry;
//! [`Check::Unique`] sees all entries and is decided by whoever holds the index.
//! No check allocates for a value that it accepts.

use serde::Deserialize;

use super::chain::Step;
use super::characters::{
    CharacterSet, first_wrong, is_blank, is_blank_in_address, is_foreign_letter, is_hidden,
    is_hidden_in_address, utf16_len,
};
use super::domain::Domains;
use super::parsed::{Form, Parsed, Part};
use super::{KeySpace, domain};
use crate::model::{AddressType, AttributeName};

/// What a rule checks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// Characters other than `allowed` in a part. White space, hidden
    /// characters and letters outside ASCII are left to the checks below.
    AllowedCharacters {
        /// Where.
        part: Part,
        /// The only ones that may stand there.
        allowed: CharacterSetField,
    },
    /// Characters out of `forbidden` in a part.
    ForbiddenCharacters {
        /// Where.
        #[serde(default)]
        part: Part,
        /// The ones that may not stand there.
        forbidden: CharacterSetField,
    },
    /// Letters, digits and marks outside ASCII in a part.
    ForeignLetters {
        /// Where.
        #[serde(default)]
        part: Part,
    },
    /// White space or hidden characters anywhere.
    WhiteSpace,
    /// White space at the beginning or the end, or hidden characters anywhere.
    OuterWhiteSpace,
    /// Control and other hidden characters anywhere; white space may stand.
    HiddenCharacters,
    /// Nothing but white space and hidden characters, or nothing at all.
    OnlyWhiteSpace,
    /// More UTF-16 code units than `max` in a part.
    Length {
        /// Of what.
        #[serde(default)]
        part: Part,
        /// The limit.
        max: u32,
    },
    /// A match of `pattern` (a regular expression) in a part.
    ForbiddenPattern {
        /// Where.
        #[serde(default)]
        part: Part,
        /// What may not be found.
        pattern: Pattern,
    },
    /// No `@`, more than one, or nothing on one side of it.
    AddressShape,
    /// Dots where none may stand.
    Dots {
        /// In what.
        part: Part,
        /// Where in it.
        at: Vec<DotPlace>,
    },
    /// Labels of the domain that DNS does not know.
    DomainLabels {
        /// Whether `_` may stand in a label.
        #[serde(default)]
        underscore: bool,
    },
    /// A domain below no public suffix.
    PublicDomain,
    /// A domain that is none of the tenant's verified ones.
    VerifiedDomain,
    /// A domain of Microsoft's online services, but for hybrid routing ones.
    ProviderDomain,
    /// An address without its type.
    PrefixMissing,
    /// A type that is not spelled as it should be: `smtp`, or `SMTP` for the
    /// primary address, without white space.
    PrefixSpelling,
    /// A second colon in an address.
    SecondColon,
    /// Any value of these address types (the rule's `types`).
    AnyValue,
    /// Two or more `SMTP:` values.
    TwoPrimaries,
    /// SMTP values, none of which is the primary one.
    NoPrimary,
    /// The same address twice in one attribute.
    Repeat,
    /// Another address than the primary one of the entry.
    DiffersFromPrimary,
    /// Fewer bytes than `min`, or more than `max`, in a binary value.
    ByteLength {
        /// The fewest.
        #[serde(default)]
        min: u32,
        /// The most.
        max: u32,
    },
    /// More than `max` values.
    Count {
        /// The most.
        max: u32,
    },
    /// More than `max` values of an attribute that is too long to be read
    /// whole: only the value after the last one allowed is asked for.
    CountByRange {
        /// The most.
        max: u32,
    },
    /// No value at all.
    Missing,
    /// No SMTP address with an `@`, neither in proxyAddresses nor in mail.
    NoAddress,
    /// A value, but proxyAddresses holds values of which none is an SMTP
    /// address.
    MaskedByProxies,
    /// The entry lies in a domain below no public suffix.
    EntryDomainPublic,
    /// The entry lies in a domain that is none of the tenant's verified ones.
    EntryDomainVerified,
    /// A value that other entries hold too.
    Unique {
        /// What it is compared with.
        space: KeySpace,
        /// At which attributes of the others.
        with: Vec<AttributeName>,
    },
    /// A step of a chain; only in sets whose mode that is.
    Step(Step),
}

/// A place in a text where a dot may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DotPlace {
    /// At the beginning.
    First,
    /// At the end.
    Last,
    /// Beside another dot.
    Doubled,
}

/// A set of characters in a rule file.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub struct CharacterSetField(CharacterSet);

/// A regular expression in a rule file. The regex crate's: linear time, no
/// look-around.
#[derive(Debug, Clone)]
pub struct Pattern(regex::Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        regex::RegexBuilder::new(&text)
            .size_limit(1 << 20)
            .build()
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl CharacterSetField {
    /// Whether `c` is in the set.
    pub(super) fn contains(self, c: char) -> bool {
        self.0.contains(c)
    }
}

impl Pattern {
    /// The expression as it was written.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Check {
    /// Whether it is decided from all values of the attribute and the entry.
    pub(super) fn is_of_attribute(&self) -> bool {
        matches!(
            self,
            Self::TwoPrimaries
                | Self::NoPrimary
                | Self::Repeat
                | Self::DiffersFromPrimary
                | Self::Count { .. }
                | Self::CountByRange { .. }
                | Self::Missing
                | Self::NoAddress
                | Self::MaskedByProxies
                | Self::EntryDomainPublic
                | Self::EntryDomainVerified
        )
    }

    /// The name under which `attribute` is asked for: of one that is counted by
    /// range, the value after the last one allowed (MS-ADTS 3.1.1.3.1.3.3).
    pub(super) fn read_name(&self, attribute: &AttributeName) -> AttributeName {
        match self {
            Self::CountByRange { max } => {
                AttributeName::parse(&format!("{attribute};range={max}-{max}"))
                    .unwrap_or_else(|_odd| attribute.clone())
            }
            _ => attribute.clone(),
        }
    }

    /// What is wrong with one value as bytes, as a sentence.
    pub(super) fn of_bytes(&self, value: &[u8]) -> Option<String> {
        let Self::ByteLength { min, max } = self else {
            return None;
        };
        let (min, max) = (*min as usize, *max as usize);
        let length = value.len();
        match length {
            _ if length < min && min == max => {
                Some(format!("it has {length} bytes, it should have {min}"))
            }
            _ if length < min => Some(format!("it has {length} bytes, the least is {min}")),
            _ if length > max && min == max => {
                Some(format!("it has {length} bytes, it should have {max}"))
            }
            _ if length > max => Some(format!("it has {length} bytes, the limit is {max}")),
            _ => None,
        }
    }

    /// Whether it compares with other entries.
    pub(super) fn is_of_others(&self) -> bool {
        matches!(
            self,
            Self::Unique { .. } | Self::Step(Step::Duplicate { .. })
        )
    }

    /// Whether `c` is a character that this check finds fault with.
    pub(super) fn faults_character(&self, form: Form, c: char) -> bool {
        match self {
            Self::AllowedCharacters { allowed, .. } => {
                !allowed.0.contains(c) && !is_blank_in_address(c) && !is_foreign_letter(c)
            }
            Self::ForbiddenCharacters { forbidden, .. } => forbidden.0.contains(c),
            Self::ForeignLetters { .. } => is_foreign_letter(c),
            Self::WhiteSpace if form == Form::Text => is_blank(c),
            Self::WhiteSpace => is_blank_in_address(c),
            Self::OuterWhiteSpace | Self::HiddenCharacters if form == Form::Text => is_hidden(c),
            Self::OuterWhiteSpace | Self::HiddenCharacters => is_hidden_in_address(c),
            _ => false,
        }
    }

    /// The part of a value whose characters it judges.
    pub(super) fn part(&self) -> Part {
        match self {
            Self::AllowedCharacters { part, .. }
            | Self::ForbiddenCharacters { part, .. }
            | Self::ForeignLetters { part }
            | Self::Length { part, .. }
            | Self::ForbiddenPattern { part, .. }
            | Self::Dots { part, .. } => *part,
            _ => Part::Value,
        }
    }

    /// What is wrong with one value, as a sentence.
    pub(super) fn of_value(&self, value: &Parsed<'_>, domains: &Domains) -> Option<String> {
        let part = value.part(self.part());
        match self {
            Self::AllowedCharacters { .. }
            | Self::ForbiddenCharacters { .. }
            | Self::ForeignLetters { .. }
            | Self::WhiteSpace
            | Self::HiddenCharacters => self.character_fault(value, part),
            Self::OuterWhiteSpace => self
                .character_fault(value, part)
                .or_else(|| outer_white_space(value.whole)),
            Self::OnlyWhiteSpace => value
                .whole
                .chars()
                .all(is_blank_in_address)
                .then(|| "there is nothing but white space in it".to_owned()),
            Self::Length { max, .. } => length_fault(part.0, *max, self.part()),
            Self::ForbiddenPattern { pattern, .. } => {
                let found = pattern.0.find(part.0)?;
                let before = value.whole.get(..part.1 + found.start())?;
                Some(format!(
                    "'{}' at character {}",
                    found.as_str().escape_debug(),
                    before.chars().count() + 1
                ))
            }
            Self::AddressShape => address_shape(value),
            Self::Dots { at, .. } => dots(part.0, at),
            Self::DomainLabels { underscore } if !value.domain.is_empty() => {
                domain::label_fault(value.domain, *underscore)
            }
            Self::PublicDomain => judgeable_domain(value)
                .filter(|domain| !domains.is_routable(domain))
                .map(|domain| format!("'{domain}' lies below no public suffix")),
            Self::VerifiedDomain => judgeable_domain(value)
                .filter(|domain| !domain::is_provider(domain) && !domains.is_verified(domain))
                .map(|domain| format!("'{domain}' is not among the verified domains")),
            Self::ProviderDomain => judgeable_domain(value)
                .filter(|domain| domain::is_provider(domain))
                .map(|domain| format!("'{domain}' belongs to Microsoft's online services")),
            Self::PrefixMissing => (value.kind == AddressType::None)
                .then(|| "no address type such as smtp: stands before it".to_owned()),
            Self::PrefixSpelling => prefix_spelling(value),
            Self::SecondColon => second_colon(value),
            Self::AnyValue => Some(format!("its type is {}", value.prefix.escape_debug())),
            _ => None,
        }
    }

    fn character_fault(&self, value: &Parsed<'_>, part: (&str, usize)) -> Option<String> {
        first_wrong(value.whole, part, |c| self.faults_character(value.form, c))
    }
}

/// The domain of a value if it is one whose registration can be asked about.
fn judgeable_domain<'a>(value: &Parsed<'a>) -> Option<&'a str> {
    let domain = value.domain;
    (domain::is_well_formed(domain) && !domain::is_hybrid_routing(domain)).then_some(domain)
}

fn outer_white_space(whole: &str) -> Option<String> {
    let place = if whole.starts_with(char::is_whitespace) {
        "beginning"
    } else if whole.ends_with(char::is_whitespace) {
        "end"
    } else {
        return None;
    };
    Some(format!("white space at the {place}"))
}

fn length_fault(text: &str, max: u32, part: Part) -> Option<String> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    // A UTF-16 code unit takes at least one byte of UTF-8.
    if text.len() <= max {
        return None;
    }
    let length = utf16_len(text);
    let subject = match part {
        Part::Value => "it",
        Part::Address => "the address",
        Part::Local => "the part before @",
        Part::Domain => "the part after @",
    };
    (length > max).then(|| format!("{subject} has {length} characters, the limit is {max}"))
}

fn address_shape(value: &Parsed<'_>) -> Option<String> {
    let sentence = match value.address.bytes().filter(|b| *b == b'@').count() {
        0 => "there is no @ in it".to_owned(),
        1 if value.local.is_empty() => "nothing stands before the @".to_owned(),
        1 if value.domain.is_empty() => "nothing stands after the @".to_owned(),
        1 => return None,
        count => format!("there are {count} @ in it"),
    };
    Some(sentence)
}

fn dots(text: &str, at: &[DotPlace]) -> Option<String> {
    let wrong = at.iter().find(|place| match place {
        DotPlace::First => text.starts_with('.'),
        DotPlace::Last => text.ends_with('.'),
        DotPlace::Doubled => text.contains(".."),
    })?;
    let place = match wrong {
        DotPlace::First => "a dot at the beginning",
        DotPlace::Last => "a dot at the end",
        DotPlace::Doubled => "two dots in a row",
    };
    Some(format!("{place} of '{}'", text.escape_debug()))
}

fn prefix_spelling(value: &Parsed<'_>) -> Option<String> {
    let wanted = match value.kind {
        AddressType::PrimarySmtp => "SMTP",
        AddressType::SecondarySmtp => "smtp",
        _ => return None,
    };
    (value.prefix != wanted).then(|| {
        format!(
            "the type is spelled '{}', not '{wanted}'",
            value.prefix.escape_debug()
        )
    })
}

fn second_colon(value: &Parsed<'_>) -> Option<String> {
    let at = value.address.find(':')?;
    let before = value.whole.len() - value.address.len() + at;
    let position = value.whole.get(..before)?.chars().count() + 1;
    Some(format!("a second colon at character {position}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_utf16_and_name_the_limit() {
        let check = Check::Length {
            part: Part::Local,
            max: 3,
        };
        let fault = |text| check.of_value(&Parsed::new(text, Form::Address), &Domains::default());
        assert_eq!(fault("abc@contoso.com"), None);
        assert_eq!(fault("äöü@contoso.com"), None);
        assert_eq!(
            fault("a😀b@contoso.com").as_deref(),
            Some("the part before @ has 4 characters, the limit is 3")
        );
    }

    #[test]
    fn the_hybrid_routing_domain_is_no_finding() {
        let value = Parsed::new("smtp:a@contoso.mail.onmicrosoft.com", Form::TypedAddress);
        for check in [
            Check::PublicDomain,
            Check::VerifiedDomain,
            Check::ProviderDomain,
        ] {
            assert_eq!(
                check.of_value(&value, &Domains::default()),
                None,
                "{check:?}"
            );
        }
        let value = Parsed::new("smtp:a@contoso.onmicrosoft.com", Form::TypedAddress);
        assert!(
            Check::ProviderDomain
                .of_value(&value, &Domains::default())
                .is_some()
        );
        assert_eq!(
            Check::VerifiedDomain.of_value(&value, &Domains::default()),
            None
        );
    }
}
