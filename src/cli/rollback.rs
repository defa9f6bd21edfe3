//! `idmend rollback`.

use clap::Args;

use super::apply::WriteArgs;
use super::source::SourceArgs;

/// Take a transaction back by a new one: what it added goes, what it took away
/// returns. What somebody else has changed since is left alone and named.
#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    /// The transaction [default: the newest that is no rollback and not yet
    /// taken back]
    #[arg(conflicts_with = "last")]
    pub id: Option<String>,

    /// Take back the last N transactions, newest first
    #[arg(long, value_name = "N", help_heading = "Writing")]
    pub last: Option<usize>,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub write: WriteArgs,
}
