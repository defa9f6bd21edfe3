//! Remembered exceptions: findings of which somebody said that they are right
//! as they are.
//!
//! An exception holds for one entry, attribute, value and rule, and no longer
//! than it says. [`ExceptionFile`] keeps them as TOML that can be shared,
//! compared and edited by hand. Which rows of a scan they fit is for the
//! worksheet to tell; what day it is, for the caller.

mod file;

pub use file::{ExceptionError, ExceptionFile};

use std::fmt;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::model::{AttributeName, DistinguishedName, Identity, ObjectGuid, Value};

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The entry, where its directory has objectGUIDs.
    pub guid: Option<ObjectGuid>,
    /// Its name when the exception was made; identifies it where there is no
    /// objectGUID.
    pub dn: DistinguishedName,
    /// The attribute.
    pub attribute: AttributeName,
    /// The value, exactly; `None` for a blank attribute.
    pub value: Option<Value>,
    /// The id of the rule that it may break.
    pub rule: String,
    /// Why it is right.
    pub why: Why,
}

/// Why, by whom and until when something is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// The reason in somebody's words; may be empty.
    pub reason: String,
    /// Who said so.
    pub author: String,
    /// The last day on which it holds; for ever if none.
    pub expires: Option<Date>,
}

impl Why {
    /// Reads a reason as it is typed: words, and `until 2027-01-31` behind them
    /// for the last day.
    ///
    /// # Errors
    ///
    /// A sentence, if something stands in the place of the day that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (reason, day) = match text.rsplit_once("until ") {
            Some((reason, day)) if day.starts_with(|c: char| c.is_ascii_digit()) => (reason, day),
            _ => (text, ""),
        };
        Ok(Self {
            reason: reason.trim().to_owned(),
            author: String::new(),
            expires: parse_day(day)?,
        })
    }

    /// Whether it no longer holds on `today`.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }
}

/// `moves in May (anna, until 2027-05-31)`.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason.as_str() {
            "" => "no reason given",
            reason => reason,
        };
        f.write_str(reason)?;
        let until = self.expires.map(|last| format!("until {last}"));
        let author = (!self.author.is_empty()).then(|| self.author.clone());
        let remarks: Vec<String> = author.into_iter().chain(until).collect();
        if remarks.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", remarks.join(", "))
        }
    }
}

/// Reads a day such as 2027-01-31; none from an empty text.
///
/// # Errors
///
/// A sentence, if it is no day.
pub fn parse_day(text: &str) -> Result<Option<Date>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Exactly this form: others are read differently from place to place.
    text.parse()
        .ok()
        .filter(|day: &Date| day.to_string() == text)
        .map(Some)
        .ok_or_else(|| format!("'{text}' is no day such as 2027-01-31"))
}

impl Exception {
    /// How the entry is identified: by objectGUID, else by name.
    pub fn identity(&self) -> Identity {
        match self.guid {
            Some(guid) => Identity::Guid(guid),
            None => Identity::Dn(self.dn.clone()),
        }
    }

    /// A short name that does not change: the first 8 hexadecimal digits of
    /// SHA-256 over identity, attribute, rule and value.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        match self.identity() {
            Identity::Guid(guid) => part(guid.as_bytes()),
            Identity::Dn(dn) => part(dn.key().as_bytes()),
        }
        part(self.attribute.as_str().to_ascii_lowercase().as_bytes());
        part(self.rule.as_bytes());
        if let Some(value) = &self.value {
            part(value.as_bytes());
        }
        let digest = hash.finalize();
        let head = digest.iter().take(4);
        head.fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
    }
}

/// `3f2a90c1 mail 'a@b' of CN=…, rule mail-domain`; raw.
impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.attribute)?;
        match &self.value {
            Some(value) => write!(f, " '{}'", value.to_text_lossy())?,
            None => f.write_str(" (blank)")?,
        }
        write!(f, " of {}, rule {}", self.dn, self.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_reason_may_end_with_its_last_day() {
        let read = |text: &str| Why::parse(text).map(|why| (why.reason, why.expires));
        let day = Some(Date::constant(2027, 1, 31));
        assert_eq!(read(""), Ok((String::new(), None)));
        assert_eq!(read(" a relay "), Ok(("a relay".into(), None)));
        assert_eq!(
            read("left until spring"),
            Ok(("left until spring".into(), None))
        );
        assert_eq!(read("moves, until 2027-01-31"), Ok(("moves,".into(), day)));
        assert_eq!(read("until 2027-01-31"), Ok((String::new(), day)));
        assert_eq!(
            read("moves until 31.1.2027"),
            Err("'31.1.2027' is no day such as 2027-01-31".into())
        );
        assert!(read("moves until 2027-02-30").is_err());
        assert!(read("moves until 20270131").is_err());
    }

    #[test]
    fn an_exception_holds_to_the_end_of_its_last_day() {
        let why = Why::parse("until 2027-01-31").unwrap();
        assert!(!why.is_expired(Date::constant(2027, 1, 31)));
        assert!(why.is_expired(Date::constant(2027, 2, 1)));
    }
}
