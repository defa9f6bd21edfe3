//! The name of a transaction: sortable by time, short enough to type.

use std::fmt;

use jiff::Timestamp;

/// The name of a transaction, such as `20261122-034512-7f3a`: date and time
/// (UTC) and four random hex digits. It is also the name of its files, so a
/// text that is not of this form is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(Box<str>);

/// Why a text is no transaction's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the name of a transaction, which looks like 20261122-034512-7f3a")]
pub struct TransactionIdError(String);

impl TransactionId {
    /// A new name for a transaction that begins at `time`.
    pub fn new(time: Timestamp) -> Self {
        let stamp = time.strftime("%Y%m%d-%H%M%S");
        let random = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 0, 0));
        let [.., high, low] = random.into_bytes();
        Self(format!("{stamp}-{high:02x}{low:02x}").into())
    }

    /// Takes a name that somebody typed or a file bears.
    pub fn parse(text: &str) -> Result<Self, TransactionIdError> {
        let fits = text.len() == 20
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 15 => byte == b'-',
                16.. => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                _ => byte.is_ascii_digit(),
            });
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(TransactionIdError(text.chars().take(80).collect()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TransactionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for TransactionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_sorts_by_its_time_and_reads_back() {
        let early = TransactionId::new("2026-11-22T03:45:12Z".parse().unwrap());
        let late = TransactionId::new("2026-11-22T03:45:13Z".parse().unwrap());
        assert!(early < late);
        assert!(early.as_str().starts_with("20261122-034512-"));
        assert_eq!(TransactionId::parse(early.as_str()), Ok(early));
    }

    #[test]
    fn what_could_be_a_path_or_a_typing_error_is_refused() {
        for bad in [
            "",
            "../../etc/passwd-xx",
            "20261122-034512-7F3A",
            "20261122-034512-7f3",
            "20261122_034512_7f3a",
        ] {
            assert!(TransactionId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
