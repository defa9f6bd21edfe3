//! skeleton

/// skeleton
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RollbackError(pub String);

/// skeleton
pub fn plan_rollback() {
    todo!()
}
