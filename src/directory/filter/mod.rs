//! LDAP filters (RFC 4515): checked for every source, evaluated for those that
//! have no server to do it.
//!
//! An LDAP server gets the text as it was given; [`check`] only finds mistakes
//! early and says where they are. A file and the in-memory directory evaluate
//! a [`LocalFilter`], which knows the tests that admins scope with and refuses
//! the others, rather than answer them differently from a server.

mod local;
mod parse;

pub use local::LocalFilter;

/// How deep filters may be nested. Active Directory's own limit is of this
/// order; the bound keeps a hostile filter from exhausting the stack.
const MAX_DEPTH: usize = 100;

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It is not a filter.
    #[error("'{filter}' is not an LDAP filter: {reason} at character {position}")]
    Syntax {
        /// The filter, shortened.
        filter: String,
        /// Where, counted from 1 in characters.
        position: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// It is a filter, but only a server can evaluate it.
    #[error("'{part}' in the filter can be evaluated by an LDAP server only: {reason}")]
    NotLocal {
        /// The part in question, shortened.
        part: String,
        /// Why, and what could be used instead.
        reason: &'static str,
    },
}

/// Whether `text` is a filter, without regard to who evaluates it.
pub fn check(text: &str) -> Result<(), FilterError> {
    parse::parse(text).map(drop)
}

/// The attributes that a filter tests, without options, each once; none if it
/// is no filter.
pub fn attributes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(filter) = parse::parse(text) {
        collect(&filter, &mut found);
    }
    found
}

fn collect(filter: &Filter, found: &mut Vec<String>) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            for part in parts {
                collect(part, found);
            }
        }
        Filter::Not(part) => collect(part, found),
        Filter::Item(item) => {
            let name = item.attribute.split(';').next().unwrap_or_default();
            if !name.is_empty() && !found.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                found.push(name.to_owned());
            }
        }
    }
}

/// A filter taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Item(Item),
}

/// One test of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// The attribute as written, with options; empty in `(:rule:=value)`.
    attribute: String,
    test: Test,
    /// The text of the item, for messages.
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Present,
    Equal(Vec<u8>),
    /// The pieces between the asterisks; the first and the last are anchored
    /// and may be empty.
    Substring(Vec<Vec<u8>>),
    AtLeast,
    AtMost,
    Approximately,
    /// `:rule:=value`, or `:dn:=value` without a rule.
    Rule {
        rule: String,
        value: Vec<u8>,
    },
}
