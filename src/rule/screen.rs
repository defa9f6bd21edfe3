//! The quick look that clears most values of most rules.
//!
//! Nearly all values are clean, and the rules of an attribute are many. So each
//! byte of a value is looked up once, for all rules together, in a table of the
//! rules that have to look closer where it stands; and domains, of which a
//! forest has few, are remembered with what is wrong with them. A screen never
//! finds a fault, it only says which rules cannot find one.

use std::collections::BTreeSet;
use std::ops::{BitAnd, BitOr, BitOrAssign};

use regex_syntax::hir::literal::{ExtractKind, Extractor};

use super::domain::Domains;
use super::parsed::{Form, Parsed, Part};
use super::{Check, Rule};
use crate::model::AddressType;

/// Some of the rules of a group, by their place in it: one bit each, and the
/// last bit for all from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asked(u32);

impl Asked {
    /// The rule at the place `at`.
    fn rule(at: usize) -> Self {
        Self(1 << at.min(31))
    }

    /// Whether the rule at the place `at` is among them.
    pub(super) fn has(self, at: usize) -> bool {
        !(self & Self::rule(at)).is_empty()
    }

    /// Whether there are none.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Asked {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Asked {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl BitAnd for Asked {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What the rules of a group need to see in a value before they have to look
/// closer.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    /// For each byte those that it makes look, if it stands where they judge.
    suspected: Box<[Asked; 256]>,
    /// Those whose characters may stand before the `@`, after it, at the `@`
    /// and before the address.
    in_local: Asked,
    in_domain: Asked,
    at_sign: Asked,
    in_type: Asked,
    /// Those that concern an address type, by its number.
    of_type: [Asked; AddressType::ALL.len()],
    /// Those that count, and the smallest of their limits in bytes.
    counting: (Asked, usize),
    /// Those that look for blank values, for white space at the edges, and for
    /// a missing part.
    of_blank: Asked,
    of_edges: Asked,
    of_shape: Asked,
    /// Those that look at nothing but the domain, by what they look for.
    of_domain: [Asked; OF_DOMAIN.len()],
    /// Those that have to look always.
    always: Asked,
}

/// The checks that look at nothing but the domain.
const OF_DOMAIN: [Check; 5] = [
    Check::DomainLabels { underscore: false },
    Check::DomainLabels { underscore: true },
    Check::PublicDomain,
    Check::VerifiedDomain,
    Check::ProviderDomain,
];

/// The bytes that begin, in UTF-8, a character outside ASCII that is white
/// space or draws nothing.
const LEADS_OF_BLANKS: [u8; 8] = [0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef, 0xf3];

impl Screen {
    /// The screen of a group without rules.
    pub(super) fn new() -> Self {
        Self {
            suspected: Box::new([Asked::default(); 256]),
            in_local: Asked::default(),
            in_domain: Asked::default(),
            at_sign: Asked::default(),
            in_type: Asked::default(),
            of_type: [Asked::default(); AddressType::ALL.len()],
            counting: (Asked::default(), usize::MAX),
            of_blank: Asked::default(),
            of_edges: Asked::default(),
            of_shape: Asked::default(),
            of_domain: [Asked::default(); OF_DOMAIN.len()],
            always: Asked::default(),
        }
    }

    /// Takes `rule` into account, which stands at the place `at` of its group.
    pub(super) fn add(&mut self, at: usize, rule: &Rule) {
        let own = Asked::rule(at);
        for kind in AddressType::ALL {
            if rule.types.is_empty() || rule.types.contains(&kind) {
                self.of_type[kind as usize] |= own;
            }
        }
        if let Some((part, suspects)) = rule.check.suspects(rule.form) {
            for (suspected, suspect) in self.suspected.iter_mut().zip(suspects) {
                if suspect {
                    *suspected |= own;
                }
            }
            self.look_in(part, own);
        }
        match &rule.check {
            Check::Length { max, .. } => {
                self.counting.0 |= own;
                self.counting.1 = self.counting.1.min(*max as usize);
            }
            Check::OnlyWhiteSpace => self.of_blank |= own,
            Check::OuterWhiteSpace => self.of_edges |= own,
            Check::AddressShape => self.of_shape |= own,
            check => {
                if let Some(kind) = of_domain(check) {
                    self.of_domain[kind] |= own;
                } else if check.suspects(rule.form).is_none() {
                    self.always |= own;
                }
            }
        }
    }

    fn look_in(&mut self, part: Part, own: Asked) {
        if part != Part::Domain {
            self.in_local |= own;
        }
        if part != Part::Local {
            self.in_domain |= own;
        }
        if matches!(part, Part::Value | Part::Address) {
            self.at_sign |= own;
        }
        if part == Part::Value {
            self.in_type |= own;
        }
    }

    /// The rules that have to look closer at `value`; the others find no fault
    /// with it.
    pub(super) fn asked(&self, value: &Parsed<'_>, domains: &Domains) -> Asked {
        let mut asked = self.always
            | self.seen(value.local) & self.in_local
            | self.seen(value.domain) & self.in_domain;
        if value.local.len() < value.address.len() {
            asked |= self.suspected[usize::from(b'@')] & self.at_sign;
        }
        if value.address.len() < value.whole.len() {
            let colon = self.suspected[usize::from(b':')];
            asked |= (self.seen(value.prefix) | colon) & self.in_type;
        }
        if value.whole.len() > self.counting.1 {
            asked |= self.counting.0;
        }
        if value.local.is_empty() || value.domain.is_empty() {
            asked |= self.of_shape;
        }
        if !value.whole.starts_with(|c: char| c.is_ascii_graphic()) {
            asked |= self.of_blank;
        }
        if !self.of_edges.is_empty()
            && (value.whole.starts_with(char::is_whitespace)
                || value.whole.ends_with(char::is_whitespace))
        {
            asked |= self.of_edges;
        }
        if !value.domain.is_empty() {
            let faults = domains.remembered(value.domain, faults_of_domain);
            for (kind, own) in self.of_domain.iter().enumerate() {
                if faults >> kind & 1 == 1 {
                    asked |= *own;
                }
            }
        }
        asked & self.of_type[value.kind as usize]
    }

    /// The rules that the bytes of `text` make look.
    fn seen(&self, text: &str) -> Asked {
        let of_byte = |byte: u8| self.suspected[usize::from(byte)];
        text.bytes()
            .fold(Asked::default(), |seen, byte| seen | of_byte(byte))
    }
}

/// What the check looks for, if it looks at nothing but the domain.
fn of_domain(check: &Check) -> Option<usize> {
    OF_DOMAIN.iter().position(|of_domain| match of_domain {
        Check::DomainLabels { underscore } => {
            matches!(check, Check::DomainLabels { underscore: own } if own == underscore)
        }
        _ => std::mem::discriminant(check) == std::mem::discriminant(of_domain),
    })
}

/// Which of [`OF_DOMAIN`] find fault with `domain`: one bit each.
fn faults_of_domain(domain: &str, domains: &Domains) -> u8 {
    let value = Parsed {
        domain,
        local: "",
        ..Parsed::new(domain, Form::Address)
    };
    (0..).zip(&OF_DOMAIN).fold(0, |faults, (kind, check)| {
        faults | u8::from(check.of_value(&value, domains).is_some()) << kind
    })
}

impl Check {
    /// The bytes, one of which stands in the part wherever it finds fault, if
    /// that can be said.
    fn suspects(&self, form: Form) -> Option<(Part, [bool; 256])> {
        let bytes = |ascii: &dyn Fn(char) -> bool, others: &dyn Fn(u8) -> bool| {
            std::array::from_fn(|byte| {
                let byte = u8::try_from(byte).unwrap_or(u8::MAX);
                if byte.is_ascii() {
                    ascii(char::from(byte))
                } else {
                    others(byte)
                }
            })
        };
        let wrong = |c| self.faults_character(form, c);
        let is_lead = |byte: u8| LEADS_OF_BLANKS.contains(&byte);
        let suspects = match self {
            Self::AllowedCharacters { .. } | Self::ForeignLetters { .. } => {
                bytes(&wrong, &|_| true)
            }
            // Sets of forbidden characters are ASCII.
            Self::ForbiddenCharacters { .. } => bytes(&wrong, &|_| false),
            Self::WhiteSpace | Self::HiddenCharacters | Self::OuterWhiteSpace => {
                bytes(&wrong, &is_lead)
            }
            Self::Dots { .. } => bytes(&|c| c == '.', &|_| false),
            // A second one: the address is taken apart at its last.
            Self::AddressShape => return Some((Part::Local, bytes(&|c| c == '@', &|_| false))),
            Self::SecondColon => return Some((Part::Address, bytes(&|c| c == ':', &|_| false))),
            Self::ForbiddenPattern { pattern, .. } => {
                let ends = last_bytes(pattern.as_str())?;
                std::array::from_fn(|byte| ends.contains(&u8::try_from(byte).unwrap_or(u8::MAX)))
            }
            _ => return None,
        };
        Some((self.part(), suspects))
    }
}

/// The bytes, one of which every match of `pattern` ends with; `None` if there
/// are too many, or it matches nothing at all.
fn last_bytes(pattern: &str) -> Option<BTreeSet<u8>> {
    let pattern = regex_syntax::parse(pattern).ok()?;
    let mut extractor = Extractor::new();
    let ends = extractor.kind(ExtractKind::Suffix).extract(&pattern);
    let last = |end: &regex_syntax::hir::literal::Literal| end.as_bytes().last().copied();
    ends.literals()?.iter().map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::characters::{is_blank, is_blank_in_address};

    #[test]
    fn every_blank_character_outside_ascii_begins_with_a_known_byte() {
        let mut leads = BTreeSet::new();
        for c in ('\u{80}'..=char::MAX).filter(|c| is_blank_in_address(*c) || is_blank(*c)) {
            leads.insert(c.to_string().as_bytes()[0]);
        }
        assert_eq!(leads.into_iter().collect::<Vec<_>>(), LEADS_OF_BLANKS);
    }

    #[test]
    fn a_pattern_is_known_by_the_bytes_that_its_matches_end_with() {
        let ends = |pattern| last_bytes(pattern).map(Vec::from_iter);
        assert_eq!(ends("(?i)#EXT#"), Some(vec![b'#']));
        assert_eq!(ends("^#"), Some(vec![b'#']));
        assert_eq!(ends(r"(?i)^\s*smtp\s*:"), Some(vec![b':']));
        assert_eq!(ends("a|b$"), Some(vec![b'a', b'b']));
        assert_eq!(ends("é"), Some(vec![0xa9]));
        for open in ["", "a*", "^$"] {
            assert_eq!(ends(open), None, "{open}");
        }
    }
}
