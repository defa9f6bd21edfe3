//! `idmend rules`.

use std::path::PathBuf;

use clap::Subcommand;

/// The rules: what they say, and whether a directory of them is sound.
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List all rules of the embedded sets
    List,
    /// Show all that is known of one rule
    Show {
        /// The rule, such as upn-characters
        id: String,
    },
    /// Load a directory of rule files and run the cases in them
    Check {
        /// The directory
        directory: PathBuf,
    },
}
