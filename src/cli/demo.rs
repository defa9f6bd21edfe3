//! `idmend demo`.

use std::path::PathBuf;

use clap::Args;

/// Open the terminal interface on the built-in sample forests.
///
/// They live in memory: whatever is changed lasts for the run.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Write the sample forests as LDIF files into this directory instead
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
}
