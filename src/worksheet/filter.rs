//! The filter line of the grid: how it is read, and whether a row matches.
//!
//! Terms are separated by white space and must all match. A term is a word, a
//! `"phrase"` or a `/regular expression/`, looked for in every column but the
//! message; with a `field:` before it, in that column; with a `field:=` before it, it is all
//! that the column says; with a `!` before that, it must not match. Case never matters. What looks like a field but is none, such as
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

impl Field {
    /// The expression for a column that says just this. Of rules, error words
    /// and severities a row has several, and one of them is enough.
    fn exactly(self, text: &str) -> String {
        if text.is_empty() {
            return literal(text);
        }
        let text = regex::escape(text);
        match self {
            Self::Rule | Self::Severity => format!("(?:^| ){text}(?: |$)"),
            Self::Error => format!("(?:^|, ){text}(?:,|$)"),
            _ => format!("^{text}$"),
        }
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

    /// The text of a filter for the rows whose column, named as in a filter, says
    /// just this.
    pub fn exactly(field: &str, text: &str) -> String {
        let plain = |c: char| c.is_alphanumeric() || "@._-/'".contains(c);
        if text.contains('"') {
            let expression = regex::escape(text).replace('/', "\\/");
            format!("{field}:/^{expression}$/")
        } else if !text.is_empty() && text.chars().all(plain) {
            format!("{field}:={text}")
        } else {
            format!("{field}:=\"{text}\"")
        }
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
        // A sign that stands alone is looked for itself.
        let whole = wanted
            .strip_prefix('=')
            .filter(|wanted| wanted.starts_with(|c: char| !c.is_whitespace()));
        let whole = field.zip(whole);
        let (word, source, rest) = if let Some((field, wanted)) = whole {
            let (wanted, rest) = match wanted.strip_prefix('"') {
                Some(phrase) => closed_phrase(phrase)?,
                None => one_word(wanted, text)?,
            };
            (None, field.exactly(wanted), rest)
        } else if let Some(phrase) = wanted.strip_prefix('"') {
            let (phrase, rest) = closed_phrase(phrase)?;
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
            let (word, rest) = one_word(wanted, text)?;
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

/// The phrase up to its closing quote, and the rest.
fn closed_phrase(phrase: &str) -> Result<(&str, &str), FilterError> {
    let closed = phrase.split_once('"');
    closed.ok_or_else(|| FilterError(format!("the phrase \"{phrase} is not closed by a quote")))
}

/// The word that `wanted` begins with, and the rest; `text` is the whole term.
fn one_word<'a>(wanted: &'a str, text: &str) -> Result<(&'a str, &'a str), FilterError> {
    let end = wanted.find(char::is_whitespace).unwrap_or(wanted.len());
    let (word, rest) = wanted.split_at_checked(end).unwrap_or((wanted, ""));
    if word.is_empty() {
        let text = text.trim_end();
        return Err(FilterError(format!("a word is missing after '{text}'")));
    }
    Ok((word, rest))
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
    fn a_column_that_says_just_this_is_told_from_one_that_holds_it() {
        let matches = |text: &str, told: &str| {
            let filter = RowFilter::parse(text).unwrap();
            filter.terms.iter().all(|term| term.pattern.is_match(told))
        };
        for (field, text, others) in [
            ("attr", "mail", &["mailNickname", "a mail"][..]),
            ("ou", "Staff", &["Staff/Berlin"]),
            ("ou", "R&D \\ (\"a/b\")", &["x"]),
            ("ou", "Zürich, Süd", &["Zürich"]),
            ("ou", "", &["Staff"]),
        ] {
            let filter = RowFilter::exactly(field, text);
            assert_eq!(RowFilter::parse(&filter).unwrap().terms.len(), 1);
            assert!(matches(&filter, text), "{filter}");
            for other in others {
                assert!(!matches(&filter, other), "{filter} and {other}");
            }
        }
        assert!(matches("rule:=upn-space", "mail-a upn-space x"));
        assert!(!matches("rule:=upn-space", "upn-space-2 no-upn-space"));
        assert!(matches("severity:=fails", "fails error"));
        assert!(matches("error:=Format", "Character, Format"));
        assert!(!matches("error:=Format", "Character, Formats"));
        assert_eq!(
            shape("value:= x"),
            [
                (Some(Field::Value), false, "=".to_owned()),
                (None, false, "x".to_owned())
            ]
        );
        assert_eq!(shape("=x"), [(None, false, "=x".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_line() {
        for bad in ["\"a", "/a", "name:", "name:=\"a", "!", "/(/", "name:/[/"] {
            let message = RowFilter::parse(bad).unwrap_err().to_string();
            assert!(!message.contains('\n'), "{bad}: {message}");
        }
    }
}
