//! How far a scan is, domain by domain.

use std::collections::BTreeMap;

use super::SkipReason;
use crate::model::DomainId;

/// Where one domain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainState {
    /// Not begun.
    Waiting,
    /// Being read.
    Reading,
    /// Read to the end.
    Done,
    /// Given up, with the reason; what was read before counts.
    Failed(String),
    /// Stopped by the user.
    Cancelled,
}

/// How far one domain is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainProgress {
    /// The domain.
    pub domain: DomainId,
    /// Its DNS name.
    pub name: String,
    /// Where it stands.
    pub state: DomainState,
    /// Pages read.
    pub pages: u64,
    /// Users, groups and contacts read.
    pub entries: u64,
    /// Entries judged: in scope and not skipped.
    pub judged: u64,
    /// Entries that the sync engine skips.
    pub skipped: u64,
    /// Those by reason.
    pub skipped_by: BTreeMap<SkipReason, u64>,
    /// Searches that broke and entries that could not be read.
    pub errors: u64,
    /// Rows so far, without duplicates, which are known at the end.
    pub findings: u64,
}

impl DomainProgress {
    /// A domain of which nothing has been read.
    pub fn waiting(domain: DomainId, name: String) -> Self {
        Self {
            domain,
            name,
            state: DomainState::Waiting,
            pages: 0,
            entries: 0,
            judged: 0,
            skipped: 0,
            skipped_by: BTreeMap::new(),
            errors: 0,
            findings: 0,
        }
    }
}

/// Called from time to time with the state of all domains.
pub type ProgressSink<'a> = &'a (dyn Fn(&[DomainProgress]) + Send + Sync);
