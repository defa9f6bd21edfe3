//! `idmend scan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::scope::ScopeArgs;
use super::source::SourceArgs;

/// Judge every entry of the sources and report what would break
/// synchronisation. Writes nothing to a directory.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Write the report to a file, by its ending .csv or .jsonl [repeatable]
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub output: Vec<PathBuf>,

    /// What to print to standard output [default: text, nothing with -o]
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    pub format: Option<Format>,

    /// Exit with 1 if a finding is at least this bad
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warning",
        help_heading = "Report"
    )]
    pub fail_on: FailOn,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// IdFix's nine columns, then idmend's
    Csv,
    /// One finding a line, every value exact
    Jsonl,
}

/// How bad a finding must be to matter for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// The object or the value does not arrive in the cloud
    Error,
    /// The value is dropped or changed, or worse
    Warning,
    /// Everything
    Hygiene,
}
