//! skeleton: order and filter as lists of row ids

/// Columns that can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after the columns")]
pub enum SortColumn {
    State,
    Severity,
    Name,
    Container,
    Class,
    Attribute,
    Error,
    Value,
    Update,
    Action,
    Rule,
    Domain,
}

/// One key of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// By which column.
    pub column: SortColumn,
    /// Z to A.
    pub descending: bool,
}

/// A parsed filter: words, `field:value`, `/regex/`, each may be negated by `!`.
#[derive(Debug, Clone)]
pub struct RowFilter;

/// Why a filter cannot be parsed, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(pub String);

impl RowFilter {
    /// Parses a filter; the empty text matches every row.
    pub fn parse(_text: &str) -> Result<Self, FilterError> {
        todo!()
    }
}
