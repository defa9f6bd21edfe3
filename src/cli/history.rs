//! `idmend history`.

use clap::Args;

/// List the transactions of the state directory, newest first.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {}
