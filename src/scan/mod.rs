//! The scan: every domain of every source read at once, every entry judged,
//! every address indexed.
//!
//! [`scan`] reads all domains concurrently, judges entries as they arrive and
//! keeps them, packed, in a [`Snapshot`]; when all are read it resolves the
//! uniqueness index and returns findings in an order that does not depend on
//! the order of arrival. It never writes. A domain that fails leaves a partial
//! result that says so.

mod conflict;
mod contact;
mod container;
mod domain;
#[cfg(test)]
pub(crate) mod fixture;
mod idfix_skip;
mod index;
mod join;
mod packed;
mod pipeline;
mod progress;
mod refresh;
mod resolve;
mod scope;
mod skip;
mod snapshot;
#[cfg(test)]
mod tests;

pub use conflict::{ConflictSet, Conflicts};
pub use contact::{ADDRESS, CONTACT_FIELDS, ContactCounts, ContactData};
pub use index::{Holder, UniqueIndex};
pub use join::{ForestJoin, MOST_JOINED};
pub use pipeline::{ScanSource, scan};
pub use progress::{DomainProgress, DomainState, ProgressSink};
pub use refresh::{Extent, Means, Refreshed, refresh};
pub use scope::{ScanOptions, ScopeError};
pub use skip::SkipReason;
pub use snapshot::{EntryRef, Part, Snapshot};

use std::collections::BTreeMap;

use crate::model::{Domain, DomainId, Forest};
use crate::rule::{Fault, Judge, KeySpace, Place};

/// One row to be: all faults of one value of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry, in the snapshot.
    pub entry: EntryRef,
    /// The value.
    pub place: Place,
    /// The rules it breaks, worst first. Never empty.
    pub faults: Vec<Fault>,
}

/// What a scan found, and how much of the directory it saw.
#[derive(Debug)]
pub struct ScanResult {
    /// The forests of the run, one a source.
    pub forests: Vec<Forest>,
    /// All domains of the run; [`DomainId`] is the index. With the place of
    /// the forest each belongs to.
    pub domains: Vec<(usize, Domain)>,
    /// All entries that take part in judging or comparing.
    pub snapshot: Snapshot,
    /// Who holds which address.
    pub index: UniqueIndex,
    /// Addresses that several entries hold.
    pub conflicts: Conflicts,
    /// Which entries of different forests are one object.
    pub join: ForestJoin,
    /// The findings, ordered by domain, then DN, then attribute, then value.
    pub findings: Vec<Finding>,
    /// How far each domain was read; index is the [`DomainId`].
    pub progress: Vec<DomainProgress>,
    /// Entries that the sync engine skips, counted by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Those entries.
    pub skipped_entries: Vec<EntryRef>,
    /// How much contact data the people that are judged have, by container.
    pub contacts: ContactData,
    /// What an admin should know of how it was read, one sentence each: a
    /// server that was left for another, a filter that can match nothing.
    pub notes: Vec<String>,
    /// What was left out or failed, one sentence each; empty for a complete
    /// scan.
    pub incomplete: Vec<String>,
    /// The two by domain; index is the [`DomainId`].
    accounts: Vec<Account>,
}

/// What is to be told of how a domain was read: see [`ScanResult::notes`] and
/// [`ScanResult::incomplete`].
#[derive(Debug, Clone, Default)]
struct Account {
    notes: Vec<String>,
    incomplete: Vec<String>,
}

impl ScanResult {
    /// The domain of that number.
    pub fn domain(&self, id: DomainId) -> &Domain {
        &self.domains[usize::from(id.0)].1
    }

    /// The forest that a domain belongs to.
    pub fn forest(&self, id: DomainId) -> &Forest {
        &self.forests[self.domains[usize::from(id.0)].0]
    }

    /// All holders of a key, in the order of the snapshot.
    pub fn holders(&self, judge: &Judge, space: KeySpace, key: &str) -> Vec<Holder> {
        self.index.holders(&self.snapshot, judge, space, key)
    }

    /// Whether every domain was read to its end.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_empty()
    }

    /// Whether no domain could be read at all.
    pub fn read_nothing(&self) -> bool {
        self.progress
            .iter()
            .all(|domain| domain.entries == 0 && matches!(domain.state, DomainState::Failed(_)))
    }
}
