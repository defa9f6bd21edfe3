//! A journal as read back: who, what, what became of it, and what is damaged.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::{DistinguishedName, Modification};
use crate::store::{Damage, KindRecord, Origin};
use crate::transaction::{Outcome, TransactionId};

/// A domain as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DomainRecord {
    /// The name of its forest.
    pub forest: String,
    /// What kind of source it is.
    pub kind: KindRecord,
    /// Its DNS name.
    pub dns_name: String,
    /// Its naming context.
    pub naming_context: DistinguishedName,
    /// The host that was read and written.
    pub host: String,
    /// Who was bound to it, as the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// How the source was named.
    pub source: String,
}

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Header {
    /// The transaction.
    pub id: TransactionId,
    /// When it began, RFC 3339, UTC.
    pub time: String,
    /// Who ran it, where.
    pub origin: Origin,
    /// The domains of the run; a modification names one by its place here.
    pub domains: Vec<DomainRecord>,
    /// The transaction it takes back, if it is a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<TransactionId>,
    /// By what the caller compared new values, in its own words
    /// ([`crate::transaction::Precondition::described`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, String>,
    /// How many modifications the plan has.
    pub count: usize,
    /// SHA-256 of the plan, hex.
    pub digest: String,
}

/// How the file of a journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tail {
    /// With a whole line.
    #[default]
    Whole,
    /// With a line that lacks nothing but its line feed.
    Unterminated,
    /// With a line that was cut off in the middle: a run was interrupted there.
    Torn,
}

/// A journal as read back.
#[derive(Debug, Clone)]
pub struct TransactionRecord {
    /// The transaction, by the name of the file.
    pub id: TransactionId,
    /// The file.
    pub path: PathBuf,
    /// The first line, if it is readable.
    pub header: Option<Header>,
    /// The plan by index; `None` where its line cannot be read. The domains are
    /// places in [`Header::domains`].
    pub plan: Vec<Option<Modification>>,
    /// By index, the earlier modifications that each one depends on.
    pub depends_on: Vec<Vec<usize>>,
    /// What is known of each modification; `None` is unknown: it must be read.
    pub outcomes: Vec<Option<Outcome>>,
    /// Remarks of the run, in order.
    pub notes: Vec<String>,
    /// Whether the whole plan is there as it was sealed.
    pub sealed: bool,
    /// Whether the run came to its end.
    pub ended: bool,
    /// How the file ends.
    pub tail: Tail,
    /// What is damaged.
    pub damage: Vec<Damage>,
    /// How many lines the file has, a torn one included.
    pub lines: usize,
    /// The number that the next line bears.
    pub(super) next_number: usize,
}

impl TransactionRecord {
    /// Whether something of it is unknown or in doubt, or it has no end.
    pub fn needs_recovery(&self) -> bool {
        !self.ended || self.open().next().is_some()
    }

    /// The readable modifications whose outcome is unknown or in doubt.
    pub fn open(&self) -> impl Iterator<Item = (usize, &Modification)> {
        self.plan.iter().zip(&self.outcomes).enumerate().filter_map(
            |(index, (planned, outcome))| match (planned, outcome) {
                (Some(planned), None | Some(Outcome::InDoubt(_))) => Some((index, planned)),
                _ => None,
            },
        )
    }
}
