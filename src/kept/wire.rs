//! What the lines of a session say: format 1.
//!
//! These shapes are the format; docs/sessions.md describes them for people.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Head, SessionId};
use crate::model::{AttributeName, DistinguishedName, Identity, ObjectGuid, Value};
use crate::store::frame::Numbered;
use crate::store::{Origin, ValueWire};
use crate::worksheet::{Action, Decision, Noted, RowKey};

/// The format that is written.
pub(super) const VERSION: u32 = 1;

/// A line as it is framed.
pub(super) type Framed<L> = Numbered<SessionId, L>;

/// What a line says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Line {
    /// What, where, by whom.
    Begin(Box<Head>),
    /// A later process went on.
    Continued {
        /// When.
        time: String,
        /// Who.
        origin: Origin,
    },
    /// Rows of the effect that comes; without it they count for nothing.
    Rows {
        /// What that effect is.
        what: What,
        /// The step it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u64>,
        /// The rows.
        rows: Vec<RowWire>,
    },
    /// Something happened to rows.
    Effect(EffectWire),
}

/// What happens to rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A step was staged.
    Stage,
    /// A step was taken back.
    Undo,
    /// A step that was taken back was staged again.
    Redo,
    /// Decisions need not be kept any more.
    Leave,
    /// Decisions are to be kept again, without being a step.
    Return,
    /// Decisions are kept, but could not be staged when the session was
    /// continued.
    Aside,
    /// The same of decisions that a damaged line may have changed.
    Doubt,
}

/// Something that happened to rows, with the last of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EffectWire {
    pub(super) what: What,
    /// When.
    pub(super) time: String,
    /// The step it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<u64>,
    /// How many rows it has, those of the `rows` lines before it included.
    pub(super) count: usize,
    /// The last of them.
    pub(super) rows: Vec<RowWire>,
    /// How many decisions are staged after it.
    pub(super) staged: usize,
    /// How many are aside after it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) aside: usize,
}

/// A row and the decision on it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RowWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guid: Option<ObjectGuid>,
    /// The name when it was decided; identifies the entry if there is no guid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dn: Option<DistinguishedName>,
    attribute: AttributeName,
    /// None for a blank attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<ValueWire>,
    /// None if nothing is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<ActionWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    update: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ActionWire {
    Edit,
    Remove,
    Complete,
}

impl RowWire {
    /// `dn` is told where a person who reads the file has not met the row yet.
    pub(super) fn new(key: &RowKey, dn: Option<DistinguishedName>, decision: &Decision) -> Self {
        let (guid, dn) = match &key.identity {
            Identity::Guid(guid) => (Some(*guid), dn),
            Identity::Dn(dn) => (None, Some(dn.clone())),
        };
        Self {
            guid,
            dn,
            attribute: key.attribute.clone(),
            value: key.value.as_ref().map(ValueWire::from),
            action: match decision.action {
                Action::None => None,
                Action::Edit => Some(ActionWire::Edit),
                Action::Remove => Some(ActionWire::Remove),
                Action::Complete => Some(ActionWire::Complete),
            },
            update: decision.update.as_deref().map(Box::from),
        }
    }

    pub(super) fn noted(self) -> Result<Noted, String> {
        let identity = match (self.guid, &self.dn) {
            (Some(guid), _) => Identity::Guid(guid),
            (None, Some(dn)) => Identity::Dn(dn.clone()),
            (None, None) => return Err("a row names no entry".to_owned()),
        };
        Ok(Noted {
            key: RowKey {
                identity,
                attribute: self.attribute,
                value: self.value.map(Value::try_from).transpose()?,
            },
            dn: self.dn,
            decision: Decision {
                action: match self.action {
                    None => Action::None,
                    Some(ActionWire::Edit) => Action::Edit,
                    Some(ActionWire::Remove) => Action::Remove,
                    Some(ActionWire::Complete) => Action::Complete,
                },
                update: self.update.map(Arc::from),
            },
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}
