//! From decisions to changes: one modification an entry, judged as a whole.

use super::{RowId, Worksheet};
use crate::model::ChangeSet;

/// The decisions, as changes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One modification an entry, in an order in which a value is freed before
    /// it is taken.
    pub changes: ChangeSet,
    /// For each modification the rows it carries out.
    pub rows: Vec<Vec<RowId>>,
    /// For each modification the earlier ones that free a value it takes: it
    /// must not be sent unless these are done.
    pub depends_on: Vec<Vec<usize>>,
    /// Rows with an action that cannot be planned, with the reason.
    pub refused: Vec<(RowId, String)>,
}

impl Worksheet {
    /// The staged edits and removals as one modification an entry. Judges
    /// the state after the plan; rows that would break a rule or take a held
    /// value are refused.
    pub fn plan(&self) -> Plan {
        todo!()
    }
}
