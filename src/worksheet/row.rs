//! Rows: what was decided on them, what became of them, and their texts.

use crate::model::ObjectClass;
use crate::rule::Severity;

/// The place of a row in the worksheet; stable while the worksheet lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub u32);

/// What the admin decided, in the words of `IdFix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Action {
    /// Nothing decided: the row is left alone.
    #[default]
    None,
    /// EDIT: write the update value.
    Edit,
    /// REMOVE: take the value away.
    Remove,
    /// COMPLETE: it is right as it is.
    Complete,
}

impl Action {
    /// The word; empty if nothing is decided.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Edit => "EDIT",
            Self::Remove => "REMOVE",
            Self::Complete => "COMPLETE",
        }
    }
}

/// What became of a row when it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RowState {
    /// Not applied.
    #[default]
    Open,
    /// Written and read back.
    Done,
    /// The directory already held the new value.
    NotNeeded,
    /// Refused by the directory or by a check, with the reason.
    Failed(String),
    /// The value was changed by somebody else, with both values.
    Conflict(String),
    /// Sent without an answer.
    InDoubt(String),
    /// Written, and taken back since.
    RolledBack,
    /// Right as it is, with the reason that somebody gave.
    Accepted(String),
}

impl RowState {
    /// Why it is so, in the words of the server or of who accepted the row.
    pub fn reason(&self) -> &str {
        match self {
            Self::Failed(reason)
            | Self::Conflict(reason)
            | Self::InDoubt(reason)
            | Self::Accepted(reason) => reason,
            Self::Open | Self::Done | Self::NotNeeded | Self::RolledBack => "",
        }
    }
}

/// The texts of a row, raw: whoever shows them escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowText {
    /// DISTINGUISHEDNAME.
    pub dn: String,
    /// COMMONNAME.
    pub common_name: String,
    /// The container's path below the domain.
    pub container: String,
    /// OBJECTCLASS.
    pub class: ObjectClass,
    /// ATTRIBUTE.
    pub attribute: String,
    /// ERROR: the words, joined by `, `.
    pub error: String,
    /// VALUE: lossy where it is not UTF-8; empty for a blank attribute.
    pub value: String,
    /// UPDATE: the edited value, else the proposed one.
    pub update: String,
    /// PROPOSEDACTION.
    pub proposed: Action,
    /// ACTION.
    pub action: Action,
    /// SEVERITY: the worst.
    pub severity: Severity,
    /// RULE: ids, worst first.
    pub rules: Vec<String>,
    /// MESSAGE: one sentence a rule.
    pub message: String,
    /// DOMAIN: the DNS name.
    pub domain: String,
}
