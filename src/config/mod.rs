//! What a run is asked to do: sources, sign-in, judging, state.
//!
//! Values only; the command line and the profile file fill them. Secrets are
//! kept in types that do not print.

mod profile;
mod server_url;

pub use profile::{Profile, ProfileError};
pub use server_url::{ServerUrl, ServerUrlError};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::model::{Credentials, DistinguishedName, Entrance, Fingerprint, Protection};

/// Where to read from.
#[derive(Debug, Clone)]
pub enum SourceSpec {
    /// An LDAP server.
    Server(ServerSpec),
    /// LDIF files that make up one forest.
    Ldif {
        /// The forest's name; from the DC= parts if not given.
        name: Option<String>,
        /// The files.
        files: Vec<PathBuf>,
    },
    /// The embedded sample: two forests in memory.
    Demo,
}

/// The colours of the terminal interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colours {
    /// Those of the terminal that can be read on light and dark backgrounds.
    #[default]
    Standard,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// None.
    None,
}

impl FromStr for Colours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "standard" => Ok(Self::Standard),
            "dark" => Ok(Self::Dark),
            "light" => Ok(Self::Light),
            "none" => Ok(Self::None),
            _ => Err("it is standard, dark, light or none"),
        }
    }
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A name and a password.
    Simple,
    /// The current Kerberos ticket.
    Kerberos,
}

impl FromStr for Auth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "simple" => Ok(Self::Simple),
            "kerberos" => Ok(Self::Kerberos),
            _ => Err("it is simple or kerberos"),
        }
    }
}

/// An LDAP server and how to sign in to it.
#[derive(Debug, Clone)]
pub struct ServerSpec {
    /// The server that is asked first, or the domain it is found for.
    pub entrance: Entrance,
    /// The site whose controllers are taken before others.
    pub site: Option<String>,
    /// The name server to ask instead of the computer's own.
    pub dns_server: Option<SocketAddr>,
    /// Port.
    pub port: u16,
    /// TLS or not.
    pub protection: Protection,
    /// Extra root certificates, PEM.
    pub ca_cert: Option<PathBuf>,
    /// Server certificates to accept as they are, and no others.
    pub pins: Vec<Fingerprint>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Who signs in, and with what.
    pub credentials: Credentials,
    /// The host to use for a domain, by its DNS name in lower case, instead of
    /// the one that discovery finds.
    pub domain_hosts: Vec<(String, String)>,
    /// How long to wait for an answer; the usual times if not given.
    pub timeout: Option<Duration>,
    /// For servers that are no Active Directory: what to read.
    pub bases: Vec<DistinguishedName>,
}
