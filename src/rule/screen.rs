//! The quick look that clears most values of most rules.
//!
//! Nearly all values are ASCII and clean. What characters such a value holds is
//! noted once; a rule that finds fault with characters alone is then answered
//! by one comparison of sets. A screen never finds a fault, it only says that
//! there can be none.

use super::Rule;
use super::characters::CharacterSet;
use super::parsed::{Parsed, Part};
use crate::model::AddressType;

/// What a rule needs to see in a value before it has to look closer.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    /// The address types that the rule concerns; all if empty.
    types: Vec<AddressType>,
    part: Part,
    suspects: Option<CharacterSet>,
}

impl Screen {
    pub(super) fn of(rule: &Rule) -> Self {
        Self {
            types: rule.types.clone(),
            part: rule.check.part(),
            suspects: rule.check.suspects(rule.form),
        }
    }

    /// Whether the rule cannot find fault with `value`.
    pub(super) fn clears(&self, value: &Parsed<'_>, seen: &Seen) -> bool {
        let concerns = self.types.is_empty() || self.types.contains(&value.kind);
        let suspicious = match (self.suspects, seen) {
            (Some(suspects), Seen::Ascii(parts)) => parts.part(self.part).meets(suspects),
            _ => true,
        };
        !concerns || !suspicious
    }
}

/// The characters that a value holds.
#[derive(Debug)]
pub(super) enum Seen {
    /// ASCII only, part by part.
    Ascii(Parts),
    /// Others, too.
    More,
}

#[derive(Debug)]
pub(super) struct Parts {
    value: CharacterSet,
    address: CharacterSet,
    local: CharacterSet,
    domain: CharacterSet,
}

impl Seen {
    pub(super) fn of(value: &Parsed<'_>) -> Self {
        if !value.whole.is_ascii() {
            return Self::More;
        }
        let local = CharacterSet::of(value.local);
        let domain = CharacterSet::of(value.domain);
        let sign = |held, text| CharacterSet::of(if held { text } else { "" });
        let has_at = value.local.len() < value.address.len();
        let address = local.and(domain).and(sign(has_at, "@"));
        let has_colon = value.address.len() < value.whole.len();
        let typed = CharacterSet::of(value.prefix).and(sign(has_colon, ":"));
        Self::Ascii(Parts {
            value: address.and(typed),
            address,
            local,
            domain,
        })
    }
}

impl Parts {
    fn part(&self, part: Part) -> CharacterSet {
        match part {
            Part::Value => self.value,
            Part::Address => self.address,
            Part::Local => self.local,
            Part::Domain => self.domain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::domain::Domains;
    use crate::rule::file;

    /// Every ASCII character in every part, and alone.
    fn values() -> impl Iterator<Item = String> {
        (0..0x80_u8).map(char::from).flat_map(|c| {
            [
                format!("{c}"),
                format!("{c}a@b.de"),
                format!("a{c}{c}b@c.de"),
                format!("ab{c}@c.de"),
                format!("ab@{c}{c}c.de"),
                format!("smtp:a@c.de{c}"),
                format!("SMTP{c}:{c}a{c}{c}b@c.de"),
                format!("x500:/o=a{c}"),
            ]
        })
    }

    #[test]
    fn what_a_screen_clears_has_no_fault() {
        let rules = file::read("entra").unwrap().rules;
        let domains = Domains::default();
        let mut cleared = 0;
        for rule in rules.iter().filter(|rule| !rule.check.is_of_attribute()) {
            let screen = Screen::of(rule);
            for text in values() {
                let value = Parsed::new(&text, rule.form);
                let fits = rule.types.is_empty() || rule.types.contains(&value.kind);
                if fits && screen.clears(&value, &Seen::of(&value)) {
                    cleared += 1;
                    let fault = rule.check.of_value(&value, &domains);
                    assert_eq!(fault, None, "{}: {text:?}", rule.id);
                }
            }
        }
        assert!(cleared > 1_000, "{cleared}");
    }
}
