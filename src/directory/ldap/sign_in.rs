//! The sign-in: once, and with care for the account.
//!
//! A mistyped password must not lock an account. So an identity binds once, on
//! one connection, before any other connects; and once a server has refused
//! it, it is not tried again in the run, neither there nor elsewhere.

use crate::directory::DirectoryError;
use crate::directory::result_code::{explain, explain_in_full};

/// What is known of the sign-in.
#[derive(Debug, Default)]
pub(super) enum SignIn {
    /// No server has been asked.
    #[default]
    Untried,
    /// A server has accepted it.
    Accepted,
    /// A server has refused it, or did not answer: it stays at that.
    Refused(Refusal),
}

/// Who refused, and why.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) host: String,
    /// Whose password it was; none was tried if a ticket was shown.
    pub(super) user: Option<String>,
    pub(super) reason: String,
}

impl From<Refusal> for DirectoryError {
    fn from(refusal: Refusal) -> Self {
        let (host, reason) = (refusal.host, refusal.reason);
        match refusal.user {
            Some(user) => Self::SignIn { host, user, reason },
            None => Self::Kerberos { host, reason },
        }
    }
}

/// Whether a refusal says nothing about the account, so that asking another
/// server, or in another way, costs no attempt.
pub(super) fn concerns_the_server(code: u32) -> bool {
    matches!(code, 8 | 13 | 51 | 52)
}

/// Why a bind was refused, in plain words. The data codes are those that
/// `AcceptSecurityContext` puts into the text ("LDAP: error code 49" in
/// "Active Directory bind error data codes"; they are Win32 logon errors).
pub(super) fn refusal(code: u32, text: &str) -> String {
    let known = match (code, data_code(text)) {
        (49, Some("525")) => "there is no such account",
        (49, Some("52e")) => "the name or the password is wrong",
        (49, Some("530")) => "the account may not sign in at this time of day",
        (49, Some("531")) => "the account may not sign in from this computer",
        (49, Some("532")) => "the password has expired; change it and try again",
        (49, Some("533")) => "the account is disabled",
        (49, Some("701")) => "the account has expired",
        (49, Some("773")) => "the password must be changed before the first sign-in",
        (49, Some("775")) => "the account is locked out; have it unlocked before trying again",
        (8 | 13, _) => {
            "it takes a password only over a protected connection; use ldaps:// or --starttls"
        }
        (32 | 34, _) => {
            "the name is not one that this server knows; other servers than Active Directory want a DN"
        }
        (49, _) => return explain(code, text),
        _ => return explain_in_full(code, text),
    };
    known.to_owned()
}

/// The number behind `data` in `AcceptSecurityContext`'s text.
fn data_code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("AcceptSecurityContext error, data ")?;
    rest.split(|c: char| !c.is_ascii_hexdigit()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_code_has_its_own_sentence() {
        let codes = [
            "52e", "525", "530", "531", "532", "533", "701", "773", "775",
        ];
        let mut sentences: Vec<String> = codes
            .iter()
            .map(|code| {
                let text = format!(
                    "80090308: LdapErr: DSID-0C09041C, comment: \
                     AcceptSecurityContext error, data {code}, v4563"
                );
                refusal(49, &text)
            })
            .collect();
        assert_eq!(sentences[0], "the name or the password is wrong");
        assert_eq!(
            sentences[8],
            "the account is locked out; have it unlocked before trying again"
        );
        sentences.sort();
        sentences.dedup();
        assert_eq!(sentences.len(), codes.len());
    }

    #[test]
    fn other_refusals_are_explained_too() {
        assert_eq!(refusal(49, ""), "the name or the password is wrong");
        assert_eq!(
            refusal(8, "BindSimple: Transport encryption required."),
            "it takes a password only over a protected connection; use ldaps:// or --starttls"
        );
        assert_eq!(
            refusal(53, "no"),
            "the server is not willing to do this (LDAP 53: no)"
        );
    }
}
