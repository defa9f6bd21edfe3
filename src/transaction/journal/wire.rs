//! What the lines of a journal say: format 1.
//!
//! These shapes are the format, so they mirror the model's types instead of
//! deriving from them: a change of the model must not change the file.
//! docs/journal.md describes them for people.

use serde::{Deserialize, Serialize};

use super::Header;
use crate::model::{
    AttributeName, Change, DistinguishedName, DomainId, Identity, Modification, ObjectClass,
    ObjectGuid, Value,
};
use crate::store::{Origin, ValueWire};
use crate::transaction::{AttributeConflict, Outcome};

/// The format that is written.
pub(super) const VERSION: u32 = 1;

/// What a line says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(in crate::transaction) enum Line {
    /// Who, where, how much.
    Begin(Header),
    /// One modification of the plan.
    Modification(ModificationLine),
    /// The plan is whole. Nothing is sent before this line is on the disk.
    Sealed {
        /// How many modifications it has.
        modifications: usize,
    },
    /// A later process goes on. Nothing is sent before this line is on the disk.
    Resumed {
        /// When.
        time: String,
        /// Who.
        origin: Origin,
    },
    /// The line of that number was cut off by an interruption.
    Torn {
        /// Counted from 1.
        line: usize,
    },
    /// What became of one modification; a later one for the same index holds.
    Outcome(OutcomeLine),
    /// A remark for people.
    Note {
        /// When.
        time: String,
        /// What.
        text: String,
    },
    /// The run came to its end.
    End {
        /// When.
        time: String,
    },
}

fn to_wire(values: &[Value]) -> Vec<ValueWire> {
    values.iter().map(ValueWire::from).collect()
}

fn from_wire(values: Vec<ValueWire>) -> Result<Vec<Value>, String> {
    values.into_iter().map(Value::try_from).collect()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IdentityWire {
    Guid(ObjectGuid),
    Dn(DistinguishedName),
}

/// One modification of the plan.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::transaction) struct ModificationLine {
    pub(super) index: usize,
    identity: IdentityWire,
    dn: DistinguishedName,
    class: ClassWire,
    /// The place of the domain in the header's list.
    domain: u16,
    changes: Vec<ChangeWire>,
    /// Earlier modifications that must be done first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ChangeWire {
    attribute: AttributeName,
    single_valued: bool,
    before: Vec<ValueWire>,
    after: Vec<ValueWire>,
    delete: Vec<ValueWire>,
    add: Vec<ValueWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<ValueWire>,
}

/// [`ObjectClass`] as the journal spells it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClassWire {
    User,
    Computer,
    Contact,
    Group,
    Other,
}

impl ModificationLine {
    pub(in crate::transaction) fn new(
        index: usize,
        modification: &Modification,
        depends_on: &[usize],
    ) -> Self {
        Self {
            index,
            depends_on: depends_on.to_vec(),
            identity: match &modification.identity {
                Identity::Guid(guid) => IdentityWire::Guid(*guid),
                Identity::Dn(dn) => IdentityWire::Dn(dn.clone()),
            },
            dn: modification.dn.clone(),
            class: modification.class.into(),
            domain: modification.domain.0,
            changes: modification.changes.iter().map(ChangeWire::from).collect(),
        }
    }

    pub(super) fn modification(self) -> Result<Modification, String> {
        Ok(Modification {
            identity: match self.identity {
                IdentityWire::Guid(guid) => Identity::Guid(guid),
                IdentityWire::Dn(dn) => Identity::Dn(dn),
            },
            dn: self.dn,
            class: self.class.into(),
            domain: DomainId(self.domain),
            changes: self
                .changes
                .into_iter()
                .map(Change::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Change> for ChangeWire {
    fn from(change: &Change) -> Self {
        Self {
            attribute: change.attribute.clone(),
            single_valued: change.single_valued,
            before: to_wire(&change.before),
            after: to_wire(&change.after),
            delete: to_wire(&change.delete),
            add: to_wire(&change.add),
            shared: to_wire(&change.shared),
        }
    }
}

impl TryFrom<ChangeWire> for Change {
    type Error = String;

    fn try_from(wire: ChangeWire) -> Result<Self, String> {
        Ok(Self {
            attribute: wire.attribute,
            single_valued: wire.single_valued,
            before: from_wire(wire.before)?,
            after: from_wire(wire.after)?,
            delete: from_wire(wire.delete)?,
            add: from_wire(wire.add)?,
            shared: from_wire(wire.shared)?,
        })
    }
}

/// What became of one modification.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::transaction) struct OutcomeLine {
    pub(super) index: usize,
    time: String,
    #[serde(flatten)]
    outcome: OutcomeWire,
    /// The attributes as they were read back, for the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stored: Vec<StoredWire>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredWire {
    attribute: AttributeName,
    values: Vec<ValueWire>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum OutcomeWire {
    Done {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over: Vec<AttributeName>,
    },
    Altered {
        done: Vec<AttributeName>,
        conflicts: Vec<ConflictWire>,
    },
    NotNeeded,
    Partly {
        done: Vec<AttributeName>,
        conflicts: Vec<ConflictWire>,
    },
    Failed {
        code: Option<u32>,
        text: String,
        reason: String,
    },
    Refused {
        reason: String,
    },
    Conflict {
        conflicts: Vec<ConflictWire>,
    },
    InDoubt {
        reason: String,
    },
    NotReached,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConflictWire {
    attribute: AttributeName,
    expected: Vec<ValueWire>,
    found: Vec<ValueWire>,
    reason: String,
}

impl OutcomeLine {
    /// `stored` is what was read back, attribute by attribute.
    pub(in crate::transaction) fn new(
        index: usize,
        time: String,
        outcome: &Outcome,
        stored: &[(AttributeName, Vec<Value>)],
    ) -> Self {
        Self {
            index,
            time,
            outcome: outcome.into(),
            stored: stored
                .iter()
                .map(|(attribute, values)| StoredWire {
                    attribute: attribute.clone(),
                    values: to_wire(values),
                })
                .collect(),
        }
    }

    pub(super) fn outcome(self) -> Result<Outcome, String> {
        self.outcome.try_into()
    }
}

fn conflicts_to_wire(conflicts: &[AttributeConflict]) -> Vec<ConflictWire> {
    conflicts
        .iter()
        .map(|conflict| ConflictWire {
            attribute: conflict.attribute.clone(),
            expected: to_wire(&conflict.expected),
            found: to_wire(&conflict.found),
            reason: conflict.reason.clone(),
        })
        .collect()
}

fn conflicts_from_wire(wire: Vec<ConflictWire>) -> Result<Vec<AttributeConflict>, String> {
    wire.into_iter()
        .map(|conflict| {
            Ok(AttributeConflict {
                attribute: conflict.attribute,
                expected: from_wire(conflict.expected)?,
                found: from_wire(conflict.found)?,
                reason: conflict.reason,
            })
        })
        .collect()
}

impl From<&Outcome> for OutcomeWire {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done { over: Vec::new() },
            Outcome::DoneOver(over) => Self::Done { over: over.clone() },
            Outcome::Altered { done, conflicts } => Self::Altered {
                done: done.clone(),
                conflicts: conflicts_to_wire(conflicts),
            },
            Outcome::NotNeeded => Self::NotNeeded,
            Outcome::Partly { done, conflicts } => Self::Partly {
                done: done.clone(),
                conflicts: conflicts_to_wire(conflicts),
            },
            Outcome::Failed { code, text, reason } => Self::Failed {
                code: *code,
                text: text.clone(),
                reason: reason.clone(),
            },
            Outcome::Refused(reason) => Self::Refused {
                reason: reason.clone(),
            },
            Outcome::Conflict(conflicts) => Self::Conflict {
                conflicts: conflicts_to_wire(conflicts),
            },
            Outcome::InDoubt(reason) => Self::InDoubt {
                reason: reason.clone(),
            },
            Outcome::NotReached => Self::NotReached,
        }
    }
}

impl TryFrom<OutcomeWire> for Outcome {
    type Error = String;

    fn try_from(wire: OutcomeWire) -> Result<Self, String> {
        Ok(match wire {
            OutcomeWire::Done { over } if over.is_empty() => Self::Done,
            OutcomeWire::Done { over } => Self::DoneOver(over),
            OutcomeWire::Altered { done, conflicts } => Self::Altered {
                done,
                conflicts: conflicts_from_wire(conflicts)?,
            },
            OutcomeWire::NotNeeded => Self::NotNeeded,
            OutcomeWire::Partly { done, conflicts } => Self::Partly {
                done,
                conflicts: conflicts_from_wire(conflicts)?,
            },
            OutcomeWire::Failed { code, text, reason } => Self::Failed { code, text, reason },
            OutcomeWire::Refused { reason } => Self::Refused(reason),
            OutcomeWire::Conflict { conflicts } => Self::Conflict(conflicts_from_wire(conflicts)?),
            OutcomeWire::InDoubt { reason } => Self::InDoubt(reason),
            OutcomeWire::NotReached => Self::NotReached,
        })
    }
}

impl From<ObjectClass> for ClassWire {
    fn from(class: ObjectClass) -> Self {
        match class {
            ObjectClass::User => Self::User,
            ObjectClass::Computer => Self::Computer,
            ObjectClass::Contact => Self::Contact,
            ObjectClass::Group => Self::Group,
            ObjectClass::Other => Self::Other,
        }
    }
}

impl From<ClassWire> for ObjectClass {
    fn from(class: ClassWire) -> Self {
        match class {
            ClassWire::User => Self::User,
            ClassWire::Computer => Self::Computer,
            ClassWire::Contact => Self::Contact,
            ClassWire::Group => Self::Group,
            ClassWire::Other => Self::Other,
        }
    }
}
