//! LDAP result codes and Active Directory's error numbers in plain words.
//!
//! Codes are RFC 4511, 4.1.9 and appendix A. Active Directory begins its
//! diagnostic text with the Windows error code in eight hexadecimal digits
//! (MS-ADTS 3.1.1.3.1.9); those numbers say more than the LDAP code and win.
//! Their meanings are those of "System Error Codes (8200-8999)".

/// What a refusal means and what to try. `text` is the server's own.
pub(crate) fn explain(code: u32, text: &str) -> String {
    windows_error(text)
        .and_then(windows_meaning)
        .or_else(|| meaning(code))
        .map_or_else(
            || format!("the server answered with LDAP result code {code}"),
            str::to_owned,
        )
}

/// The explanation with the server's code and text, for errors that have no
/// room of their own for them.
pub(crate) fn explain_in_full(code: u32, text: &str) -> String {
    let reason = explain(code, text);
    // Windows ends its texts with a NUL.
    match text.trim_matches(|c: char| c.is_whitespace() || c == '\0') {
        "" => format!("{reason} (LDAP {code})"),
        text => format!("{reason} (LDAP {code}: {text})"),
    }
}

/// The Windows error code at the start of a diagnostic text.
fn windows_error(text: &str) -> Option<u32> {
    let digits = text.get(..8)?;
    let ends = !text
        .get(8..)?
        .starts_with(|c: char| c.is_ascii_alphanumeric());
    (ends && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| u32::from_str_radix(digits, 16).ok())?
}

fn windows_meaning(error: u32) -> Option<&'static str> {
    Some(match error {
        0x0005 | 0x2098 => {
            "this account may not write here; sign in with one that may, or delegate the right"
        }
        0x0523 => "the account name is not allowed",
        0x0524 | 0x2071 => "the name is in use already",
        0x200d | 0x2083 => {
            "the value is there already; Active Directory ignores case, accents and width here"
        }
        0x2022 => "the server's time limit was reached",
        0x2028 => "the server asks for a protected connection; use ldaps:// or --starttls",
        0x202b => "the entry lies on another server, or this one is read-only",
        0x202f => "a rule of the directory forbids the value; it may be in use by another entry",
        0x2035 => "the server is not willing to do this",
        0x2081 => "the attribute holds one value only",
        0x2082 | 0x20bf => "the value is shorter or longer than the schema allows",
        0x2084 | 0x2085 => {
            "the value to replace is no longer there; somebody changed it meanwhile, so scan again"
        }
        0x208d => "there is no such entry; it may have been deleted",
        0x209a => "the attribute belongs to the system and cannot be written this way",
        0x20e7 => "the change is not permitted for security reasons",
        0x21c7 => "the service principal name is in use elsewhere in the forest",
        0x21c8 => "the userPrincipalName is in use elsewhere in the forest",
        _ => return None,
    })
}

fn meaning(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "the server had an internal error, or the connection is not signed in",
        2 => "the server did not understand the request",
        3 => "the server's time limit was reached; choose a smaller base or filter",
        4 => "the server's size limit was reached; choose a smaller base or filter",
        7 => "the server does not know this way of signing in",
        8 | 13 => "the server asks for a protected connection; use ldaps:// or --starttls",
        10 => "the entry lies on another server, or this one is read-only",
        11 => "an administrative limit of the server was reached",
        12 => "the server does not know a control that is needed",
        16 => {
            "the value to replace is no longer there; somebody changed it meanwhile, so scan again"
        }
        17 => "the schema does not know the attribute",
        18 => "the attribute cannot be compared in this way",
        19 => "a rule of the directory forbids the value; it may be in use, or too long",
        20 => "the value is there already, or the attribute holds one value only",
        21 => "the value does not fit the attribute: wrong characters, or too long",
        32 => "there is no such entry; it may have been deleted",
        34 => "the name is not a distinguished name",
        48 => "the server does not let this account sign in with a password",
        49 => "the name or the password is wrong",
        50 => "this account may not do this; sign in with one that may, or delegate the right",
        51 => "the server is busy; try again later",
        52 => "the server is not available; try again later",
        53 => "the server is not willing to do this",
        65 => "the schema does not allow the attribute on this kind of entry",
        67 => "the attribute names the entry and cannot be changed this way",
        68 => "the name is in use already",
        69 => "the kind of an entry cannot be changed",
        80 => "the server had an error that it does not name",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_directory_s_own_number_says_more_than_the_code() {
        let text = "000021C8: AtrErr: DSID-03200BBA, #1: 0: 000021C8: DSID-03200BBA, \
                    problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)";
        assert_eq!(
            explain(19, text),
            "the userPrincipalName is in use elsewhere in the forest"
        );
        assert!(explain(19, "").starts_with("a rule of the directory forbids"));
        assert_eq!(explain(19, "0000FFFF: unknown number"), explain(19, ""));
    }

    #[test]
    fn a_text_that_only_looks_like_a_number_is_none() {
        for text in [
            "deadbeefs in stock",
            "0000202",
            "äöüäöüäö",
            "0000 2BC: x",
            "",
        ] {
            assert_eq!(windows_error(text), None, "{text:?}");
        }
        assert_eq!(windows_error("0000202F"), Some(0x202f));
    }

    #[test]
    fn an_unknown_code_is_still_a_sentence() {
        assert_eq!(
            explain_in_full(9999, "odd\u{0}"),
            "the server answered with LDAP result code 9999 (LDAP 9999: odd)"
        );
    }
}
