//! How often each attribute of an entry was written, as Active Directory notes
//! it for replication.
//!
//! Total: what is no such note says nothing.

use std::collections::BTreeMap;

/// The bytes before the first stamp, and those of a stamp.
const HEAD: usize = 16;
const STAMP: usize = 48;

/// The version of each attribute of an entry, by the number that replication
/// has for the attribute ([`super::AttributeSchema::replication_id`]).
///
/// "Each originating modification of the attribute increases this value by one"
/// (dwVersion of `DS_REPL_ATTR_META_DATA`), whatever is written: also a value
/// that the directory takes for the same as before. The layout of the stored
/// value is internal (MS-ADA3 2.192), and the same in Active Directory and
/// Samba: a layout number, which is 1, padding, count, padding, then for each
/// attribute its number, its version, and 40 bytes that say when and where, all
/// little-endian. Any other layout says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamps(BTreeMap<u32, u32>);

impl Stamps {
    /// The attribute that holds them.
    pub const ATTRIBUTE: &'static str = "replPropertyMetaData";

    /// Reads the value of [`Stamps::ATTRIBUTE`]; `None` if it is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (head, stamps) = value.split_at_checked(HEAD)?;
        let count = usize::try_from(number(head, 8)?).ok()?;
        let is_whole = number(head, 0)? == 1 && count.checked_mul(STAMP)? == stamps.len();
        let stamp = |stamp: &[u8]| Some((number(stamp, 0)?, number(stamp, 4)?));
        is_whole
            .then(|| stamps.chunks_exact(STAMP).map(stamp).collect())
            .flatten()
            .map(Self)
    }

    /// The version of an attribute, 0 if it was never written.
    pub fn version(&self, replication_id: u32) -> u32 {
        self.0.get(&replication_id).copied().unwrap_or_default()
    }

    /// Notes one more write of an attribute.
    pub(crate) fn count(&mut self, replication_id: u32, writes: u32) {
        let version = self.0.entry(replication_id).or_default();
        *version = version.saturating_add(writes);
    }

    /// The value of [`Stamps::ATTRIBUTE`] that says this.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEAD];
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        bytes.splice(0..4, 1_u32.to_le_bytes());
        bytes.splice(8..12, count.to_le_bytes());
        for (id, version) in &self.0 {
            bytes.extend(id.to_le_bytes());
            bytes.extend(version.to_le_bytes());
            bytes.extend([0; STAMP - 8]);
        }
        bytes
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamps() -> Stamps {
        Stamps([(0x0002_000d, 4), (0xa54f_fba9, 1)].into())
    }

    #[test]
    fn versions_are_told_by_the_number_of_the_attribute() {
        let bytes = stamps().to_bytes();
        assert_eq!(bytes.len(), 16 + 2 * 48);
        let read = Stamps::parse(&bytes).unwrap();
        assert_eq!(read, stamps());
        assert_eq!(read.version(0x0002_000d), 4);
        assert_eq!(read.version(3), 0, "never written");
    }

    #[test]
    fn a_value_of_another_shape_says_nothing() {
        let good = stamps().to_bytes();
        for (at, byte) in [(0, 2), (8, 3), (8, 1), (11, 0xff)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(Stamps::parse(&bad), None, "{at}");
        }
        for length in 0..good.len() {
            assert_eq!(Stamps::parse(&good[..length]), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Stamps::parse(&bytes));
        }
    }
}
