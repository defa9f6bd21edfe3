//! skeleton

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{ProgressSink, ScanOptions, ScanResult, ScopeError};
use crate::directory::Directory;
use crate::model::Forest;
use crate::rule::Judge;

/// A discovered source.
#[derive(Debug, Clone)]
pub struct ScanSource {
    /// Where to read.
    pub directory: Arc<Directory>,
    /// What discovery found.
    pub forest: Forest,
}

/// Reads and judges all domains of all sources.
pub async fn scan(
    _sources: &[ScanSource],
    _judge: &Judge,
    _options: &ScanOptions,
    _progress: ProgressSink<'_>,
    _cancel: &CancellationToken,
) -> Result<ScanResult, ScopeError> {
    todo!()
}
