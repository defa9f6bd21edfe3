//! What is judged: bases, excludes, filter.

use crate::model::DistinguishedName;

/// What a scan judges, and how it reads.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Judge only entries below these; all if empty.
    pub bases: Vec<DistinguishedName>,
    /// Do not judge entries below these.
    pub excludes: Vec<DistinguishedName>,
    /// Judge only entries that match.
    pub filter: Option<String>,
    /// Compare with nothing outside the scope.
    pub scope_only: bool,
}

/// Why a scope does not fit the sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScopeError(pub String);
