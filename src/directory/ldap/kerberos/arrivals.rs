//! What sealed messages say of themselves in the clear, and the order in which
//! they must arrive.
//!
//! A token of RFC 4121 (Kerberos with AES) says whether it is sealed and what
//! its number is; both are covered by its checksum, so they are true once the
//! system has opened the token. Tokens of older ciphers (RFC 4757, RC4) hide
//! their number.

/// The header of a wrapped token (RFC 4121, 4.2.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether it is sealed; else it is only signed.
    pub(super) sealed: bool,
    /// Its number.
    number: u64,
}

impl Header {
    /// The header of a token; `None` if it has none of this kind.
    pub(super) fn of(token: &[u8]) -> Option<Self> {
        let (head, rest) = token.split_first_chunk::<8>()?;
        let number = rest.first_chunk::<8>()?;
        let &[5, 4, flags, 0xff, ..] = head else {
            return None;
        };
        Some(Self {
            sealed: flags & 2 != 0,
            number: u64::from_be_bytes(*number),
        })
    }
}

/// The tokens that have been opened. The first may have any number, each
/// further one must have the next.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    next: Option<u64>,
}

impl Arrivals {
    /// Takes note of a token that the system has opened. Fails if one was left
    /// out, repeated or moved.
    pub(super) fn note(&mut self, header: Header) -> Result<(), String> {
        if let Some(next) = self.next
            && header.number != next
        {
            return Err(format!(
                "message {} has come where message {next} was due",
                header.number
            ));
        }
        self.next = Some(header.number.wrapping_add(1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token as a server makes it, for as much as is read here.
    fn token(flags: u8, number: u64) -> Vec<u8> {
        let mut token = vec![5, 4, flags, 0xff, 0, 28, 0, 28];
        token.extend(number.to_be_bytes());
        token.extend(b"what it holds");
        token
    }

    #[test]
    fn a_token_says_whether_it_is_sealed_and_which_it_is() {
        let of = |flags, number| Header::of(&token(flags, number));
        let header = |sealed, number| Some(Header { sealed, number });
        assert_eq!(of(0b111, 1), header(true, 1));
        assert_eq!(of(0b101, 0x0102_0304_0506_0708), {
            header(false, 0x0102_0304_0506_0708)
        });
    }

    #[test]
    fn what_is_no_such_token_has_no_header() {
        let whole = token(3, 7);
        for count in 0..16 {
            assert_eq!(Header::of(&whole[..count]), None, "{count}");
        }
        // A token of RC4 (RFC 4757), a signature without content, a wrong filler.
        for start in [&[0x60, 0x3f][..], &[4, 4, 3, 0xff], &[5, 4, 3, 0]] {
            let mut other = whole.clone();
            other[..start.len()].copy_from_slice(start);
            assert_eq!(Header::of(&other), None, "{start:?}");
        }
    }

    fn arrive(numbers: &[u64]) -> Result<(), String> {
        let mut arrivals = Arrivals::default();
        numbers
            .iter()
            .try_for_each(|number| arrivals.note(Header::of(&token(3, *number)).unwrap()))
    }

    #[test]
    fn messages_arrive_in_the_order_in_which_they_were_sent_or_not_at_all() {
        assert_eq!(arrive(&[7, 8, 9, 10]), Ok(()));
        assert_eq!(arrive(&[u64::MAX - 1, u64::MAX, 0, 1]), Ok(()));
        for (numbers, said) in [
            (&[7, 9][..], "message 9 has come where message 8 was due"),
            (&[7, 8, 8], "message 8 has come where message 9 was due"),
            (&[7, 7], "message 7 has come where message 8 was due"),
            (&[7, 8, 7], "message 7 has come where message 9 was due"),
        ] {
            assert_eq!(arrive(numbers), Err(said.to_owned()), "{numbers:?}");
        }
    }
}
