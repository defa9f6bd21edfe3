//! How a connection to a directory is protected, and who signs in on it.

use secrecy::SecretString;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// `ldaps://`: TLS from the first byte, usually on port 636.
    Ldaps,
    /// `ldap://`: plain to begin with, TLS by `StartTLS` (RFC 4511, 4.14)
    /// before anything else is sent, usually on port 389.
    StartTls,
    /// `ldap://`: none before the sign-in, which is with Kerberos and seals
    /// everything that follows; usually on port 389.
    Sealed,
    /// None: the password crosses the network readable. Only by explicit wish.
    Cleartext,
}

/// Who signs in, and with what.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A simple bind.
    Password {
        /// A UPN, `DOMAIN\name` or a DN.
        user: String,
        /// An empty one is refused: servers take a simple bind with an empty
        /// password for an anonymous one (RFC 4513, 5.1.2).
        password: SecretString,
    },
    /// The current Kerberos ticket.
    Kerberos {
        /// Whose ticket, such as `anna@CONTOSO.COM`; the system's default one
        /// if not said.
        principal: Option<String>,
    },
}
