//! The flags that say what is judged, and by which rules.

use std::path::PathBuf;

use clap::Args;

/// What to judge.
#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// An embedded rule set, or a directory of rule files
    #[arg(
        long,
        value_name = "SET|DIR",
        default_value = "entra",
        help_heading = "Judging"
    )]
    pub rules: String,

    /// Judge only entries below this DN; a server that is no Active Directory
    /// is read below it [repeatable]
    #[arg(long, value_name = "DN", help_heading = "Judging")]
    pub base: Vec<String>,

    /// Judge only entries below the DNs in this file, one a line
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub base_file: Option<PathBuf>,

    /// Do not judge entries below this DN [repeatable]
    #[arg(long, value_name = "DN", help_heading = "Judging")]
    pub exclude: Vec<String>,

    /// Do not judge entries below the DNs in this file, one a line
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub exclude_file: Option<PathBuf>,

    /// Judge only entries that match this LDAP filter
    #[arg(long, value_name = "FILTER", help_heading = "Judging")]
    pub filter: Option<String>,

    /// Compare addresses only with entries that are judged
    #[arg(long, help_heading = "Judging")]
    pub scope_only: bool,

    /// A domain that is verified in the tenant [repeatable]
    #[arg(long, value_name = "NAME", help_heading = "Judging")]
    pub verified_domain: Vec<String>,

    /// Propose to replace a UPN suffix [repeatable]
    #[arg(long, value_name = "OLD=NEW", help_heading = "Judging")]
    pub upn_suffix: Vec<String>,

    /// The attribute that becomes the cloud's user name
    #[arg(
        long,
        value_name = "NAME",
        default_value = "userPrincipalName",
        help_heading = "Judging"
    )]
    pub login_attribute: String,
}
