//! skeleton: serde shape of the rule files, embedded sets, loading, errors with file and line

use super::RuleSet;

/// skeleton
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuleError(String);

/// Loads an embedded set by name or a directory of rule files.
pub fn load(_name_or_directory: &str) -> Result<RuleSet, RuleError> {
    todo!()
}
