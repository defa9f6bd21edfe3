//! Why a ticket did not do, in words that say what to do.
//!
//! The system's own text follows in brackets: the sentence is chosen by it
//! (MIT Kerberos, "error messages of libkrb5"; SSPI, "Authentication Return
//! Codes"), and an unknown one is shown as it is.

use crate::directory::result_code::explain_in_full;

/// What a build without Kerberos says.
pub(in crate::directory::ldap) const ABSENT: &str = "this build of idmend has no Kerberos; build it with \
    --features kerberos, or sign in with a password (--auth simple)";

/// What is said of a ticket whose time is over.
pub(super) const EXPIRED: &str = "the ticket has expired";

/// Parts of the system's texts, and what they mean.
const KNOWN: [(&[&str], &str); 7] = [
    (
        &["has expired", "expired", "0x80090317"],
        if cfg!(windows) {
            "the Kerberos ticket has expired; lock the screen and unlock it for a new one"
        } else {
            "the Kerberos ticket has expired; get a new one with kinit"
        },
    ),
    (
        &[
            "clock skew",
            "clocks on the client and server",
            "0x80090324",
        ],
        "this computer's clock and the domain's are further apart than Kerberos allows \
         (5 minutes if nothing else is set); synchronise the time",
    ),
    (
        &[
            "server not found in kerberos database",
            "target is unknown",
            "target principal name is incorrect",
            "0x80090303",
            "0x80090322",
        ],
        "the domain knows no service of that name; use the domain controller's own DNS name, \
         not an address, an alias or the domain's name",
    ),
    (
        &[
            "cannot contact any kdc",
            "cannot find kdc",
            "unable to reach any kdc",
            "cannot resolve network address for kdc",
            "no authority could be contacted",
            "0x80090311",
        ],
        if cfg!(windows) {
            "no Kerberos server of the domain can be reached; check DNS and port 88"
        } else {
            "no Kerberos server of the domain can be reached; check DNS, port 88 and krb5.conf"
        },
    ),
    (
        &[
            "cannot find a matching",
            "can't find client principal",
            "matching credential not found",
        ],
        "there is no ticket of that name; klist shows those there are, and without --user the \
         default one is used",
    ),
    (
        &[
            "no kerberos credentials available",
            "no credentials cache found",
            "no credentials were supplied",
            "no credentials are available",
            "0x8009030e",
        ],
        if cfg!(windows) {
            "there is no Kerberos ticket; sign in to Windows with an account of the domain, start \
             idmend with runas /netonly, or sign in with a password (--auth simple)"
        } else {
            "there is no Kerberos ticket; get one with kinit NAME@REALM, or sign in with a \
             password (--auth simple)"
        },
    ),
    (
        &["encryption type"],
        if cfg!(windows) {
            "the domain and this computer have no Kerberos cipher in common; see the policy \
             'Configure encryption types allowed for Kerberos'"
        } else {
            "the domain and this computer have no Kerberos cipher in common; see \
             permitted_enctypes in krb5.conf"
        },
    ),
];

/// The sentence for the system's text when there is no ticket for a host.
pub(super) fn explain(text: &str, host: &str) -> String {
    sentence(text, &format!("no Kerberos ticket for ldap/{host}"))
}

/// The sentence for the system's text when a server's proof does not hold.
pub(super) fn unproved(text: &str) -> String {
    sentence(text, "it could not prove that it is the one asked for")
}

fn sentence(text: &str, otherwise: &str) -> String {
    // MIT Kerberos says in general what failed, and in brackets why.
    let why = text
        .split_once(" (")
        .and_then(|(_, why)| why.strip_suffix(')'));
    let shown = why.unwrap_or(text);
    match known(text) {
        Some(meaning) if shown == EXPIRED => meaning.to_owned(),
        Some(meaning) => format!("{meaning} ({shown})"),
        None => format!("{otherwise}: {shown}"),
    }
}

fn known(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    KNOWN
        .iter()
        .find(|(parts, _)| parts.iter().any(|part| text.contains(part)))
        .map(|(_, meaning)| *meaning)
}

/// Why a server refused a ticket. The numbers are SSPI's, as Active Directory
/// puts them into its text.
pub(in crate::directory::ldap) fn refusal(code: u32, text: &str) -> String {
    let lower = text.to_lowercase();
    let says = |part: &str| lower.contains(part);
    let reason = match code {
        49 if says("80090346") => {
            "the ticket is bound to another certificate than the controller's, so something \
             in between ends TLS; connect to the controller itself, or use ldap://, which \
             Kerberos seals"
        }
        49 if says("80090324") || says("clock skew") => {
            "this computer's clock and the controller's are further apart than Kerberos allows; \
             synchronise the time"
        }
        49 if cfg!(windows) => {
            "it does not accept the Kerberos ticket; lock the screen and unlock it for a new \
             one, and check that the clocks agree"
        }
        49 => {
            "it does not accept the Kerberos ticket; get a new one with kinit, and check that \
             the clocks agree"
        }
        8 => {
            "it takes no Kerberos within TLS; use ldap:// without --starttls, which Kerberos seals"
        }
        7 => "it does not offer Kerberos (SASL GSSAPI); sign in with a password (--auth simple)",
        _ => return explain_in_full(code, text),
    };
    match text.trim_matches(|c: char| c.is_whitespace() || c == '\0') {
        "" => reason.to_owned(),
        text => format!("{reason} (LDAP {code}: {text})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERAL: &str = "Unspecified GSS failure.  Minor code may provide more information";

    #[test]
    fn each_fault_of_a_ticket_has_its_own_way_out() {
        for (text, way_out) in [
            (
                "No Kerberos credentials available (default cache: FILE:/tmp/x)",
                "--auth simple",
            ),
            (
                "Ticket expired",
                if cfg!(windows) { "unlock" } else { "kinit" },
            ),
            ("Server not found in Kerberos database", "own DNS name"),
            ("Clock skew too great", "synchronise the time"),
            ("Cannot contact any KDC for realm 'X.TEST'", "port 88"),
            // SSPI's.
            ("0x8009030E", "--auth simple"),
            (
                "The specified target is unknown or unreachable",
                "own DNS name",
            ),
            ("The target principal name is incorrect.", "own DNS name"),
            (
                "The clocks on the client and server machines are skewed.",
                "synchronise the time",
            ),
            (
                "Can't find client principal a@X.TEST in cache collection",
                "klist",
            ),
            ("KDC has no support for encryption type", "cipher in common"),
        ] {
            let said = explain(&format!("{GENERAL} ({text})"), "dc1.x.test");
            assert!(said.contains(way_out), "{text}: {said}");
            assert!(said.ends_with(&format!("({text})")), "{said}");
        }
        assert_eq!(
            explain(&format!("{GENERAL} (Odd)"), "dc1.x.test"),
            "no Kerberos ticket for ldap/dc1.x.test: Odd"
        );
        assert!(unproved(&format!("{GENERAL} (Clock skew too great)")).contains("synchronise"));
        assert_eq!(
            unproved("odd"),
            "it could not prove that it is the one asked for: odd"
        );
    }

    #[test]
    fn a_controllers_refusal_says_what_to_change() {
        let text = "80090346: LdapErr: DSID-0C0907B9, comment: AcceptSecurityContext error, \
                    data 80090346, v4563\0";
        assert!(refusal(49, text).starts_with("the ticket is bound to another certificate"));
        assert!(refusal(49, "").starts_with("it does not accept the Kerberos ticket"));
        assert!(refusal(8, "").starts_with("it takes no Kerberos within TLS"));
        assert!(refusal(7, "").starts_with("it does not offer Kerberos"));
        assert_eq!(
            refusal(51, "later"),
            "the server is busy; try again later (LDAP 51: later)"
        );
    }
}
