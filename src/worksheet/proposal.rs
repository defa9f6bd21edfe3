//! skeleton: what idmend suggests for a row

use super::Action;
use crate::rule::{Confidence, Judge};
use crate::scan::ScanResult;

/// A suggestion that was checked: it differs from the present value, breaks no
/// rule and takes no value that is held or proposed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Edit, Remove or Complete.
    pub action: Action,
    /// The new value of an Edit.
    pub update: Option<String>,
    /// How much care it asks for.
    pub confidence: Confidence,
    /// Why, in one sentence.
    pub reason: String,
}

/// The proposal of each finding.
pub(super) fn propose(scan: &ScanResult, _judge: &Judge) -> Vec<Option<Box<Proposal>>> {
    vec![None; scan.findings.len()]
}
