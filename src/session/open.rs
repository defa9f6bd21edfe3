//! From a source as it was asked for to an open directory.

use std::sync::Arc;

use super::SessionError;
use crate::config::SourceSpec;
use crate::directory::{Directory, DirectoryError};
use crate::scan::ScanSource;

/// Opens and discovers all sources, in the order they were given.
pub(super) async fn open(specs: &[SourceSpec]) -> Result<Vec<ScanSource>, SessionError> {
    let mut sources = Vec::new();
    for spec in specs {
        for directory in directories(spec)? {
            let forest = directory.discover().await?;
            sources.push(ScanSource {
                directory: Arc::new(directory),
                forest,
            });
        }
    }
    Ok(sources)
}

fn directories(spec: &SourceSpec) -> Result<Vec<Directory>, DirectoryError> {
    let what = match spec {
        SourceSpec::Server(_) => "servers",
        SourceSpec::Ldif { .. } => "LDIF files",
        SourceSpec::Demo => "the demo",
    };
    Err(DirectoryError::Unusable(format!(
        "{what} cannot be opened yet"
    )))
}
