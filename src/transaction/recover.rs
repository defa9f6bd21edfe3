//! skeleton

/// skeleton
#[derive(Debug)]
pub struct RecoverReport;

/// skeleton
pub async fn recover() {
    todo!()
}
