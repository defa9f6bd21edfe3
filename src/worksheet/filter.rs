//! The filter line of the grid.

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
