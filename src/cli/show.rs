//! `idmend show`.

use clap::Args;

/// Show one transaction: every change and what became of it.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The transaction, or the beginning of its name
    pub id: String,
}
