//! `idmend apply`.

use std::path::PathBuf;

use clap::Args;

use super::scope::ScopeArgs;
use super::source::SourceArgs;

/// Carry out the decisions of a report: rows whose ACTION is EDIT or REMOVE.
///
/// Scans the sources first, shows the plan, and writes it as a transaction
/// that can be rolled back.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A CSV or JSON Lines report with ACTION and UPDATE filled in
    pub file: PathBuf,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub scope: ScopeArgs,

    #[command(flatten)]
    pub write: WriteArgs,

    /// Change at most this many entries
    #[arg(
        long,
        value_name = "N",
        default_value_t = 500,
        help_heading = "Writing"
    )]
    pub max_changes: usize,

    /// Apply the good rows of a file that has bad ones
    #[arg(long, help_heading = "Writing")]
    pub partial: bool,

    /// For LDIF sources: write the changes to this .ldif file
    #[arg(short, long, value_name = "FILE", help_heading = "Writing")]
    pub output: Option<PathBuf>,
}

/// How to write.
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// Check everything and write nothing
    #[arg(long, help_heading = "Writing")]
    pub dry_run: bool,

    /// Do not ask
    #[arg(long, help_heading = "Writing")]
    pub yes: bool,

    /// Stop after this many refused or failed entries
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Writing")]
    pub stop_after: usize,

    /// Change at most this many entries a second
    #[arg(long, value_name = "N", help_heading = "Writing")]
    pub throttle: Option<u32>,
}
