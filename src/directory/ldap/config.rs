//! What it takes to reach one forest over LDAP.
//!
//! Values only. The session fills them from the run's configuration; nothing
//! here reads a file or opens a connection.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Credentials, DistinguishedName, Entrance, Fingerprint, Protection};

/// One forest, or one other LDAP server, and how to sign in to it.
#[derive(Debug, Clone)]
pub struct LdapConfig {
    /// What people call this source, such as the URL they gave. A server that
    /// is no Active Directory has no name of its own, so the forest gets this.
    pub label: String,
    /// The server that is asked first, or how to find it. The host's name is
    /// also the one that its certificate must carry.
    pub entrance: Entrance,
    /// The site whose controllers are taken before others, where controllers
    /// are found by DNS.
    pub site: Option<String>,
    /// The name server to ask instead of the computer's own.
    pub dns_server: Option<SocketAddr>,
    /// Port.
    pub port: u16,
    /// TLS or not.
    pub protection: Protection,
    /// Root certificates to trust besides the system's, PEM.
    pub ca_cert: Option<PathBuf>,
    /// Server certificates to accept as they are, and no others.
    pub pins: Vec<Fingerprint>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Who signs in, and with what.
    pub credentials: Credentials,
    /// What to read on a server that is no Active Directory.
    pub bases: Vec<DistinguishedName>,
    /// Which domain controller to use for a domain, by the domain's DNS name:
    /// `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`. Domains not named here are
    /// found by their DNS name.
    pub dc: Vec<(String, String)>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for a server before it counts as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For the answer to a bind, a read or a modification.
    pub operation: Duration,
    /// For the next entry of a search. Longer than the 120 seconds that a
    /// domain controller allows itself for one (`MaxQueryDuration`, "LDAP
    /// policies in Active Directory").
    pub search: Duration,
    /// Before something is asked again; the next time four times as long.
    pub pause: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            operation: Duration::from_secs(60),
            search: Duration::from_secs(150),
            pause: Duration::from_secs(1),
        }
    }
}
