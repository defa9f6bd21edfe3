//! The byte form of entries in the snapshot: numbers as LEB128, texts and
//! values with their length before them.
//!
//! It is written and read by this program only and never leaves memory, so it
//! has no version. Reading is total all the same: what does not fit reads as
//! nothing.

/// Appends `number` in groups of seven bits, lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(low_bits(number) | 0x80);
        number >>= 7;
    }
    out.push(low_bits(number));
}

/// Appends `bytes` with their length before them.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn low_bits(number: usize) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}

/// Reads what [`put_number`] and [`put_bytes`] wrote.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0_usize, 0);
        while let [byte, tail @ ..] = self.rest {
            self.rest = tail;
            number |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        number
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let length = self.number().min(self.rest.len());
        let (bytes, tail) = self.rest.split_at(length);
        self.rest = tail;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_put_is_read_back(
            number: usize,
            texts in proptest::collection::vec(proptest::collection::vec(0_u8..=255, 0..300), 0..5),
        ) {
            let mut out = Vec::new();
            put_number(&mut out, number);
            for text in &texts {
                put_bytes(&mut out, text);
            }
            let mut reader = Reader::new(&out);
            proptest::prop_assert_eq!(reader.number(), number);
            for text in &texts {
                proptest::prop_assert_eq!(reader.bytes(), text.as_slice());
            }
            proptest::prop_assert!(reader.rest.is_empty());
        }

        #[test]
        fn torn_bytes_read_as_nothing_more(
            bytes in proptest::collection::vec(0_u8..=255, 0..40),
        ) {
            let mut reader = Reader::new(&bytes);
            for _ in 0..50 {
                reader.bytes();
                reader.number();
            }
            proptest::prop_assert!(reader.rest.is_empty());
        }
    }
}
