//! The name of a transaction: sortable by time, short enough to type.

use std::fmt;

use jiff::Timestamp;

use crate::store::stamp::Stamp;

/// The name of a transaction, such as `20261122-034512-7f3a`: date and time
/// (UTC) and four random hex digits. It is also the name of its files, so a
/// text that is not of this form is refused.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct TransactionId(Stamp);

/// Why a text is no transaction's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the name of a transaction, which looks like 20261122-034512-7f3a")]
pub struct TransactionIdError(String);

impl TransactionId {
    /// A new name for a transaction that begins at `time`.
    pub fn new(time: Timestamp) -> Self {
        Self(Stamp::new(time))
    }

    /// Takes a name that somebody typed or a file bears.
    pub fn parse(text: &str) -> Result<Self, TransactionIdError> {
        Stamp::parse(text).map(Self).map_err(TransactionIdError)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
