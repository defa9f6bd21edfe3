//! LDAP result codes and Active Directory's error numbers in plain words: what
//! each means, and what to try.
//!
//! Codes are RFC 4511, 4.1.9 and appendix A. Active Directory begins its
//! diagnostic text with the Windows error code in eight hexadecimal digits
//! (MS-ADTS 3.1.1.3.1.9); those numbers say more than the LDAP code and win.
//! Their meanings are those of "System Error Codes (8200-8999)".

/// What a code means, and what to try; empty if there is nothing to try.
type Words = (&'static str, &'static str);

const SCAN_AGAIN: &str = "scan again, and decide on the values that are there now";
const DELEGATE: &str = "sign in with an account that may write it, or delegate the right to this \
    one; entries with adminCount 1 get their rights back from AdminSDHolder every hour";
const UNIQUE: &str = "search the forest for the entry that has the value, and decide which of the \
    two keeps it";
const LATER: &str = "wait, then apply what is left; --throttle N asks less of the server";
const PROTECT: &str = "use ldaps:// or --starttls";
const WRITABLE: &str =
    "name a writable domain controller of the entry's domain with --dc DOMAIN=HOST";

/// What a refusal means. `text` is the server's own.
pub(crate) fn explain(code: u32, text: &str) -> String {
    words(code, text).map_or_else(
        || format!("the server answered with LDAP result code {code}"),
        |(means, _)| means.to_owned(),
    )
}

/// What to do about a refusal, if something is known.
pub(crate) fn advice(code: u32, text: &str) -> Option<&'static str> {
    words(code, text)
        .map(|(_, advice)| advice)
        .filter(|advice| !advice.is_empty())
}

fn words(code: u32, text: &str) -> Option<Words> {
    windows_error(text)
        .and_then(windows_meaning)
        .or_else(|| meaning(code))
}

/// What to do when reading was refused.
fn advice_on_reading(code: u32) -> Option<&'static str> {
    Some(match code {
        3 | 4 => "choose a smaller base or filter",
        8 | 13 => PROTECT,
        50 => "sign in with one that may, or delegate the right",
        51 | 52 => "try again later",
        _ => return None,
    })
}

/// The explanation with what to try and the server's code and text, for errors
/// of reading, which have no room of their own for them.
pub(crate) fn explain_in_full(code: u32, text: &str) -> String {
    let means = explain(code, text);
    let reason = match advice_on_reading(code) {
        Some(advice) => format!("{means}; {advice}"),
        None => means,
    };
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

fn windows_meaning(error: u32) -> Option<Words> {
    Some(match error {
        0x0005 | 0x2098 => ("this account may not write here", DELEGATE),
        0x0523 => (
            "the account name is not allowed",
            "choose a sAMAccountName of at most 20 characters without \"/\\[]:;|=,+*?<>",
        ),
        0x0524 | 0x2071 => ("the name is in use already", UNIQUE),
        0x200d | 0x2083 => (
            "the value is there already; Active Directory ignores case, accents and width here",
            SCAN_AGAIN,
        ),
        0x2022 => ("the server's time limit was reached", LATER),
        0x2028 | 0x202d => ("the server asks for a protected connection", PROTECT),
        0x202b => (
            "the entry lies on another server, or this one is read-only",
            WRITABLE,
        ),
        0x202f => (
            "a rule of the directory forbids the value; it may be in use by another entry",
            UNIQUE,
        ),
        0x2035 => (
            "the server is not willing to do this",
            "read its text; an attribute that the system keeps cannot be written",
        ),
        0x2081 => ("the attribute holds one value only", SCAN_AGAIN),
        0x2070 | 0x2082 | 0x20bf => (
            "the value is shorter or longer than the schema allows",
            "choose another value",
        ),
        0x2084 | 0x2085 => (
            "the value to replace is no longer there; somebody changed it meanwhile",
            SCAN_AGAIN,
        ),
        0x208d => (
            "there is no such entry; it may have been deleted",
            "scan again; a deleted entry may be in the recycle bin",
        ),
        0x209a => (
            "the attribute belongs to the system and cannot be written this way",
            "change it with the tools of the directory",
        ),
        0x20e7 => ("the change is not permitted for security reasons", DELEGATE),
        0x21c7 => (
            "the service principal name is in use elsewhere in the forest",
            UNIQUE,
        ),
        0x21c8 => (
            "the userPrincipalName is in use elsewhere in the forest",
            UNIQUE,
        ),
        _ => return None,
    })
}

fn meaning(code: u32) -> Option<Words> {
    Some(match code {
        1 => (
            "the server had an internal error, or the connection is not signed in",
            "try again; if it stays, look into the server's log",
        ),
        2 => ("the server did not understand the request", ""),
        3 => (
            "the server's time limit was reached",
            "choose a smaller base or filter",
        ),
        4 => (
            "the server's size limit was reached",
            "choose a smaller base or filter",
        ),
        7 => ("the server does not know this way of signing in", ""),
        8 | 13 => ("the server asks for a protected connection", PROTECT),
        10 => (
            "the entry lies on another server, or this one is read-only",
            WRITABLE,
        ),
        11 => ("an administrative limit of the server was reached", LATER),
        12 => ("the server does not know a control that is needed", ""),
        16 => (
            "the value to replace is no longer there; somebody changed it meanwhile",
            SCAN_AGAIN,
        ),
        17 => (
            "the schema does not know the attribute",
            "leave the row out; the Exchange attributes come with Exchange's schema",
        ),
        18 => ("the attribute cannot be compared in this way", ""),
        19 => (
            "a rule of the directory forbids the value; it may be in use, or too long",
            UNIQUE,
        ),
        20 => (
            "the value is there already, or the attribute holds one value only",
            SCAN_AGAIN,
        ),
        21 => (
            "the value does not fit the attribute: wrong characters, or too long",
            "choose another value",
        ),
        32 => (
            "there is no such entry; it may have been deleted",
            "scan again; a deleted entry may be in the recycle bin",
        ),
        34 => ("the name is not a distinguished name", ""),
        48 => (
            "the server does not let this account sign in with a password",
            "sign in with another account",
        ),
        49 => ("the name or the password is wrong", ""),
        50 => ("this account may not do this", DELEGATE),
        51 => ("the server is busy", LATER),
        52 => ("the server is not available", LATER),
        53 => (
            "the server is not willing to do this",
            "read its text; an attribute that the system keeps cannot be written",
        ),
        65 => (
            "the schema does not allow the attribute on this kind of entry",
            "leave the row out",
        ),
        67 => (
            "the attribute names the entry and cannot be changed this way",
            "rename the entry with the tools of the directory",
        ),
        68 => ("the name is in use already", UNIQUE),
        69 => ("the kind of an entry cannot be changed", ""),
        80 => (
            "the server had an error that it does not name",
            "try again; if it stays, look into the server's log",
        ),
        122 => (
            "the name belongs to another entry by now: the entry was renamed or moved",
            SCAN_AGAIN,
        ),
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
        assert!(advice(50, "00002098: SecErr").is_some_and(|text| text.contains("delegate")));
        assert_eq!(advice(9999, ""), None);
    }

    #[test]
    fn every_refusal_of_a_modify_comes_with_something_to_try() {
        for code in [
            8, 10, 11, 16, 17, 19, 20, 21, 32, 50, 51, 52, 53, 65, 67, 68,
        ] {
            let means = explain(code, "");
            let advice = advice(code, "").unwrap();
            assert!(
                !means.contains("result code") && !advice.is_empty(),
                "{code}"
            );
        }
        assert_eq!(
            explain_in_full(50, ""),
            "this account may not do this; sign in with one that may, or delegate the right \
             (LDAP 50)"
        );
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
