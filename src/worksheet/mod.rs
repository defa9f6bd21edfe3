//! The worksheet: findings as rows that an admin decides on.
//!
//! A row is (entry, attribute, value). It carries the proposal, the action
//! word of IdFix and the new value; every proposal and every edit is checked
//! against all rules, all scanned values and all other staged edits. The
//! worksheet turns decisions into a [`ChangeSet`]; it never touches a directory
//! and knows nothing of screens.

mod proposal;
mod row;
mod sheet;
mod view;

pub use proposal::Proposal;
pub use row::{Action, RowId, RowState, RowText};
pub use sheet::{ConflictMember, EditCheck, Plan, Worksheet};
pub use view::{FilterError, RowFilter, SortColumn, SortKey};

#[expect(unused_imports, reason = "skeleton")]
use crate::model::ChangeSet;
