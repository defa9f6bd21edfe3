//! The worksheet: findings as rows that an admin decides on.
//!
//! A row is (entry, attribute, value). It carries the proposal, the action
//! word of `IdFix` and the new value; every proposal and every edit is checked
//! against all rules, all scanned values and all other staged edits. The
//! worksheet turns decisions into a [`ChangeSet`](crate::model::ChangeSet); it never touches a directory
//! and knows nothing of screens.

mod accepted;
mod arrange;
mod carry;
mod chain;
mod check;
mod compose;
mod contest;
mod draft;
mod duplicates;
mod filter;
mod joined;
mod keeper;
mod kept;
mod live;
#[cfg(test)]
pub(crate) mod looks;
mod lookup;
mod pages;
mod plan;
mod plan_keys;
mod proposal;
mod proposals;
mod readiness;
mod record;
mod rehearse;
mod resume;
mod row;
mod row_key;
mod sets;
mod sheet;
mod stage;
mod staged;
mod summary;
mod task;
mod view;

pub use accepted::{Acceptance, Unmet};
pub use arrange::{Arrangement, Group, Grouping, Order, Overview, Share, Unit, UnitName};
pub use carry::Carried;
pub use compose::{ComposeError, Composer, Replacement, TRANSFORMS, Template};
pub use duplicates::{Duplicates, Holding};
pub use filter::{FilterError, RowFilter};
pub use kept::{Kept, KeptRow, KeptStep, Noted, Replay, Standing};
pub use lookup::Lookup;
pub use plan::Plan;
pub use proposals::Proposal;
pub use readiness::{Cause, Effort, Readiness, verdict};
pub use record::{Happened, Restored, Step, StepId};
pub use rehearse::Rehearsal;
pub use resume::{Resumed, Unfit};
pub use row::{Action, RowId, RowState, RowText};
pub use row_key::{Located, RowKey};
pub use sheet::{ConflictMember, Worksheet};
pub use stage::{Bulk, Choice, Decision, EditCheck};
pub use summary::Summary;
pub use task::{Pace, Task};
pub use view::{SortColumn, SortKey};

#[cfg(test)]
mod carry_tests;
#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod joined_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod tests;
