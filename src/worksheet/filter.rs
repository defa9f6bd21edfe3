//! The filter line of the grid: how it is read, and whether a row matches.
//!
//! Terms are separated by white space and must all match. A term is a word, a
//! `"phrase"` or a `/regular expression/`, looked for in every column but the
//! message; with a `field:` before it, in that column; with a `!` before that, it must not
//! match. Case never matters. What looks like a field but is none, such as
//! `smtp:a@b`, is a word.

use regex::{Regex, RegexBuilder};

/// The columns that a filter can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Dn,
    Container,
    Class,
    Attribute,
    Error,
    Value,
    Update,
    Action,
    Severity,
    Rule,
    State,
    Domain,
    Proposed,
    Message,
    Result,
}

impl Field {
    /// Every field, with its name in a filter.
    pub(super) const ALL: [(&'static str, Self); 16] = [
        ("name", Self::Name),
        ("dn", Self::Dn),
        ("ou", Self::Container),
        ("class", Self::Class),
        ("attr", Self::Attribute),
        ("error", Self::Error),
        ("value", Self::Value),
        ("update", Self::Update),
        ("action", Self::Action),
        ("severity", Self::Severity),
        ("rule", Self::Rule),
        ("state", Self::State),
        ("domain", Self::Domain),
        ("proposed", Self::Proposed),
        ("message", Self::Message),
        ("result", Self::Result),
    ];

    /// The columns in which a word without a field is looked for.
    pub(super) fn searched() -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter().map(|(_, field)| field);
        all.filter(|field| *field != Self::Message)
    }

    fn named(name: &str) -> Option<Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        if is("attribute") {
            return Some(Self::Attribute);
        }
        Self::ALL
            .iter()
            .find(|(known, _)| is(known))
            .map(|(_, field)| *field)
    }
}

/// A parsed filter: words, `field:value`, `/regex/`, each may be negated by `!`.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    pub(super) terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// The column; all that are searched if none is named.
    pub(super) field: Option<Field>,
    pub(super) negated: bool,
    /// The text that is looked for, unless it is an expression or empty.
    pub(super) word: Option<Box<str>>,
    pub(super) pattern: Regex,
}

/// Why a filter cannot be parsed, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(pub String);

impl RowFilter {
    /// Parses a filter; the empty text matches every row.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (term, tail) = Term::parse(rest)?;
            terms.push(term);
            rest = tail.trim_start();
        }
        Ok(Self { terms })
    }

    /// What matches both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let terms = self.terms.iter().chain(&other.terms);
        Self {
            terms: terms.cloned().collect(),
        }
    }

    /// Whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl Term {
    /// Parses the first term of `text`; returns it with the text after it.
    fn parse(text: &str) -> Result<(Self, &str), FilterError> {
        let bare = text.trim_start_matches('!');
        let negated = (text.len() - bare.len()) % 2 == 1;
        let (field, wanted) = match bare.split_once(':') {
            Some((name, tail)) => match Field::named(name) {
                Some(field) => (Some(field), tail),
                None => (None, bare),
            },
            None => (None, bare),
        };
        let (word, source, rest) = if let Some(phrase) = wanted.strip_prefix('"') {
            let (phrase, rest) = phrase.split_once('"').ok_or_else(|| {
                FilterError(format!("the phrase \"{phrase} is not closed by a quote"))
            })?;
            (Some(phrase), literal(phrase), rest)
        } else if let Some(expression) = wanted.strip_prefix('/') {
            let (expression, rest) = closed(expression).ok_or_else(|| {
                FilterError(format!(
                    "the expression /{expression} is not closed by a slash; \
                     put it in quotes to look for it as it is"
                ))
            })?;
            (None, expression.to_owned(), rest)
        } else {
            let end = wanted.find(char::is_whitespace).unwrap_or(wanted.len());
            let (word, rest) = wanted.split_at_checked(end).unwrap_or((wanted, ""));
            if word.is_empty() {
                return Err(FilterError(format!(
                    "a word is missing after '{}'",
                    text.trim_end()
                )));
            }
            (Some(word), literal(word), rest)
        };
        let pattern = RegexBuilder::new(&source)
            .case_insensitive(true)
            .build()
            .map_err(|error| bad_expression(&source, &error))?;
        let term = Self {
            field,
            negated,
            word: word.filter(|word| !word.is_empty()).map(Into::into),
            pattern,
        };
        Ok((term, rest))
    }
}

/// The expression for a text as it is; an empty one matches an empty column.
fn literal(text: &str) -> String {
    if text.is_empty() {
        "^$".to_owned()
    } else {
        regex::escape(text)
    }
}

/// The text up to the first slash that no backslash protects, and the rest.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn bad_expression(source: &str, error: &regex::Error) -> FilterError {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    let reason = last.trim().trim_start_matches("error: ");
    FilterError(format!(
        "the expression /{source}/ cannot be read: {reason}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<(Option<Field>, bool, String)> {
        let filter = RowFilter::parse(text).unwrap();
        let terms = filter.terms.iter();
        terms
            .map(|term| (term.field, term.negated, term.pattern.as_str().to_owned()))
            .collect()
    }

    #[test]
    fn terms_are_read_as_documented() {
        assert_eq!(shape("  "), []);
        assert_eq!(
            shape("anna !attr:mail value:\"a b\" /^x\\/y$/ !!z"),
            [
                (None, false, "anna".to_owned()),
                (Some(Field::Attribute), true, "mail".to_owned()),
                (Some(Field::Value), false, "a b".to_owned()),
                (None, false, "^x\\/y$".to_owned()),
                (None, false, "z".to_owned()),
            ]
        );
        assert_eq!(shape("smtp:a@b"), [(None, false, "smtp:a@b".to_owned())]);
        assert_eq!(shape("a.b"), [(None, false, "a\\.b".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_line() {
        for bad in ["\"a", "/a", "name:", "!", "/(/", "name:/[/"] {
            let message = RowFilter::parse(bad).unwrap_err().to_string();
            assert!(!message.contains('\n'), "{bad}: {message}");
        }
    }
}
