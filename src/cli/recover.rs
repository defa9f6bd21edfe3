//! `idmend recover`.

use clap::Args;

use super::source::SourceArgs;

/// Settle transactions that were interrupted, by reading what is there.
///
/// Writes nothing to the directory unless told to go on.
#[derive(Debug, Args)]
pub(super) struct RecoverArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    /// Then carry out what is left of the plan
    #[arg(long, help_heading = "Writing", conflicts_with = "rollback")]
    pub finish: bool,

    /// Then take back what was done
    #[arg(long, help_heading = "Writing")]
    pub rollback: bool,
}
