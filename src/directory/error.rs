//! What can go wrong between idmend and a directory, in words an admin can
//! act on.

use std::path::PathBuf;

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The host could not be reached, or the connection broke.
    #[error("no connection to {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the system or the TLS library said.
        reason: String,
    },
    /// DNS does not answer, or names no domain controller.
    #[error("{0}")]
    NotFound(String),
    /// The server's certificate was not accepted.
    #[error("the certificate of {host} was not accepted: {reason}")]
    Certificate {
        /// Host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// The sign-in was refused. It is never tried again in a run, so that a
    /// mistyped password cannot lock an account.
    #[error("{host} refused the sign-in of {user}: {reason}")]
    SignIn {
        /// Host and port.
        host: String,
        /// The name that was given.
        user: String,
        /// In plain words.
        reason: String,
    },
    /// There is no Kerberos ticket for the host, the host did not accept it,
    /// or the host did not prove who it is. No password was tried.
    #[error("no Kerberos sign-in at {host}: {reason}")]
    Kerberos {
        /// Host and port.
        host: String,
        /// In plain words, with what to do.
        reason: String,
    },
    /// The server answered with an LDAP error.
    #[error("{operation} failed: {reason}")]
    Refused {
        /// What was being done, such as `the search below OU=x`.
        operation: String,
        /// The LDAP result code.
        code: u32,
        /// In plain words, with the server's own text.
        reason: String,
    },
    /// A file could not be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}, line {line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The filter cannot be parsed, or not be evaluated on this source.
    #[error(transparent)]
    Filter(#[from] super::filter::FilterError),
    /// The source has nothing that can be scanned, or what was asked for does
    /// not fit it.
    #[error("{0}")]
    Unusable(String),
}

impl DirectoryError {
    /// What to try, where the sentence itself does not say it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::SignIn { .. } => Some(
                "check the name (UPN, DOMAIN\\name or DN) and the password; it was tried once and \
                 is not tried again",
            ),
            Self::Certificate { .. } => Some(
                "give the issuing CA with --ca-cert FILE, and the host name as the certificate has \
                 it",
            ),
            Self::Unreachable { .. } => Some(
                "check the host, the port and the firewall: LDAPS is 636, LDAP with --starttls 389",
            ),
            _ => None,
        }
    }

    /// Whether asking again may help: a connection that broke, a server that
    /// is busy (51) or not available (52; RFC 4511, appendix A.2).
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Refused { code: 51 | 52, .. }
        )
    }

    /// Whether a limit of the server ended it, which a smaller page may stay
    /// below: time (3), size (4), administrative (11).
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: 3 | 4 | 11,
                ..
            }
        )
    }
}

/// Why a modification was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ModifyError {
    /// The server refused it; nothing has changed.
    #[error("refused by the directory: {reason} (LDAP {code}: {text})")]
    Refused {
        /// The LDAP result code.
        code: u32,
        /// The server's diagnostic text, as it came.
        text: String,
        /// In plain words: what it means.
        reason: String,
    },
    /// It was never sent; nothing has changed.
    #[error("not sent: {0}")]
    NotSent(#[source] DirectoryError),
    /// It was sent, or may have been, and no answer came: the entry must be
    /// read to know.
    #[error("no answer: {0}")]
    NoAnswer(#[source] DirectoryError),
    /// The source cannot be written to.
    #[error("this source is read-only")]
    ReadOnly,
}
