//! Order and filter as lists of row ids.

use super::{RowFilter, RowId, Worksheet};

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

/// The order of rows by columns that never change, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Ranks;

impl Worksheet {
    /// The rows that match `filter`, ordered by `sort` (then by scan order).
    pub fn view(&self, _filter: &RowFilter, _sort: &[SortKey]) -> Vec<RowId> {
        todo!()
    }
}
