//! The flags that name sources and how to sign in to them.

use std::path::PathBuf;

use clap::Args;

/// Where to read from, and as whom.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// A domain controller or another LDAP server; every domain of its forest
    /// is read [repeatable]
    #[arg(long, value_name = "ldap[s]://HOST[:PORT]", help_heading = "Source")]
    pub server: Vec<String>,

    /// An LDIF file; files without a name are one forest [repeatable]
    #[arg(long, value_name = "[NAME=]FILE", help_heading = "Source")]
    pub ldif: Vec<String>,

    /// The built-in sample: two forests in memory, changed for the run only
    #[arg(long, help_heading = "Source")]
    pub demo: bool,

    /// Read and write this host for a domain, instead of the one found by DNS
    /// name [repeatable]
    #[arg(long, value_name = "DOMAIN=HOST", help_heading = "Source")]
    pub dc: Vec<String>,

    /// Sign in as this UPN, DOMAIN\name or DN
    #[arg(long, value_name = "NAME", help_heading = "Sign-in")]
    pub user: Option<String>,

    /// Read the password from the first line of a file
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Sign-in",
        group = "password"
    )]
    pub password_file: Option<PathBuf>,

    /// Read the password from the first line of standard input
    #[arg(long, help_heading = "Sign-in", group = "password")]
    pub password_stdin: bool,

    /// Begin with ldap:// and switch to TLS before the sign-in
    #[arg(long, help_heading = "Sign-in")]
    pub starttls: bool,

    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Sign-in")]
    pub ca_cert: Option<PathBuf>,

    /// DANGER: accept any certificate, that of an attacker too
    #[arg(long, help_heading = "Sign-in", conflicts_with = "ca_cert")]
    pub insecure: bool,

    /// DANGER: send the password and all data unprotected
    #[arg(long, help_heading = "Sign-in", conflicts_with = "starttls")]
    pub allow_cleartext: bool,
}
