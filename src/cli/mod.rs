//! The command line: one file a command, each its arguments and one function.
//!
//! Data goes to standard output, talk and progress to standard error. Every
//! command ends with an [`exit::Exit`] or a [`failure::Failure`]; nothing here
//! ends the process by itself.

mod apply;
mod demo;
pub mod exit;
pub mod failure;
mod history;
mod recover;
mod rollback;
mod rules;
mod scan;
mod scope;
mod show;
mod source;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Find and mend what would break Active Directory synchronisation to
/// Microsoft Entra ID.
///
/// Without a command: the terminal interface.
#[derive(Debug, Parser)]
#[command(name = "idmend", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    source: source::SourceArgs,

    #[command(flatten)]
    scope: scope::ScopeArgs,

    /// Keep journals and logs here
    #[arg(long, value_name = "DIR", env = "IDMEND_STATE_DIR", global = true)]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Scan(scan::ScanArgs),
    Apply(apply::ApplyArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Rollback(rollback::RollbackArgs),
    Recover(recover::RecoverArgs),
    #[command(subcommand)]
    Rules(rules::RulesCommand),
}

/// Runs the program and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Cli::try_parse_from(arguments) {
        Ok(_cli) => exit::Exit::Clean.into(),
        Err(error) => {
            let code = if error.use_stderr() {
                exit::Exit::Usage
            } else {
                exit::Exit::Clean
            };
            // Nobody is left to tell when this fails.
            drop(error.print());
            code.into()
        }
    }
}
