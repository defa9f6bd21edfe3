//! Sealed messages on the wire (RFC 4422, 3.7): four bytes of length, most
//! significant first, then one wrapped token.
//!
//! Opened bytes are collected apart from those that have arrived, so that a
//! frame may hold a part of an LDAP message, one, or many, and may arrive in
//! any pieces. Memory grows with what has arrived, never with what a length
//! announces. A frame that cannot be opened ends the connection.

use super::Context;

/// The longest token that is taken, in bytes: the largest length that the
/// negotiation can express (RFC 4752, 3.1). The server is told the same.
pub(super) const MAX_TOKEN: usize = 0xff_ffff;

/// How many bytes the length takes.
const HEADER: usize = 4;

/// Why a stream is no sequence of sealed messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    /// The length is zero, or more than the server was told.
    #[error("malformed answer: a sealed message of {0} bytes, where 1 to {MAX_TOKEN} are allowed")]
    Length(u32),
    /// The session key does not open it.
    #[error(
        "a sealed message cannot be opened, so it was altered, lost or repeated on the way: {0}"
    )]
    Unopened(String),
}

/// What has arrived and is not opened yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    arrived: Vec<u8>,
}

impl Frames {
    /// Takes what the network gave, in whatever pieces.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.arrived.extend_from_slice(bytes);
    }

    /// Whether nothing is left over, as it must be when the stream ends.
    pub(super) fn is_empty(&self) -> bool {
        self.arrived.is_empty()
    }

    /// Opens all frames that have arrived whole and adds what they hold to
    /// `plain`. What a frame before a bad one held is still added.
    pub(super) fn open(
        &mut self,
        context: &mut dyn Context,
        plain: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let mut start = 0;
        let outcome = loop {
            let rest = self.arrived.get(start..).unwrap_or_default();
            let token = match token(rest) {
                Ok(Some(token)) => token,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            match context.unwrap(token) {
                Ok(bytes) => plain.extend_from_slice(&bytes),
                Err(reason) => break Err(FrameError::Unopened(reason)),
            }
            start += HEADER + token.len();
        };
        // Once for all of them, so that many small frames cost no more than
        // one large one.
        self.arrived.drain(..start);
        outcome
    }
}

/// The token of the frame at the start of `bytes`; `None` if it is not whole.
fn token(bytes: &[u8]) -> Result<Option<&[u8]>, FrameError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let announced = u32::from_be_bytes(*header);
    match usize::try_from(announced) {
        Ok(length) if (1..=MAX_TOKEN).contains(&length) => Ok(rest.get(..length)),
        _ => Err(FrameError::Length(announced)),
    }
}

/// A token with its length before it; `None` if it is longer than a length
/// can say.
pub(super) fn frame(token: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(token.len()).ok()?;
    let mut bytes = Vec::with_capacity(HEADER + token.len());
    bytes.extend(length.to_be_bytes());
    bytes.extend_from_slice(token);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fake::Fake;
    use super::*;

    /// The frames that a server sends for these messages.
    fn sent(messages: &[&[u8]]) -> Vec<u8> {
        let mut server = Fake::established();
        messages
            .iter()
            .flat_map(|message| frame(&server.wrap(true, message).unwrap()).unwrap())
            .collect()
    }

    /// What comes out when the bytes arrive in these pieces.
    fn opened<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, FrameError> {
        let (mut frames, mut client) = (Frames::default(), Fake::established());
        let mut plain = Vec::new();
        for piece in pieces {
            frames.push(piece);
            frames.open(&mut client, &mut plain)?;
        }
        assert!(frames.is_empty(), "bytes are left over");
        Ok(plain)
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same_bytes() {
        let messages: [&[u8]; 4] = [b"first", b"", b"a longer second one", b"x"];
        let stream = sent(&messages);
        let whole = messages.concat();
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(opened(pieces).as_ref(), Ok(&whole), "{first} {second}");
            }
        }
        assert_eq!(opened(stream.chunks(1)), Ok(whole));
    }

    #[test]
    fn the_beginning_of_a_length_is_no_fault() {
        for count in 1..=3 {
            let mut stream = sent(&[b"one"]);
            let next = sent(&[b"one", b"two"]).split_off(stream.len());
            stream.extend(&next[..count]);
            let (mut frames, mut client) = (Frames::default(), Fake::established());
            let mut plain = Vec::new();
            frames.push(&stream);
            assert_eq!(frames.open(&mut client, &mut plain), Ok(()));
            assert_eq!(plain, b"one");
            assert!(!frames.is_empty());
            frames.push(&next[count..]);
            assert_eq!(frames.open(&mut client, &mut plain), Ok(()));
            assert_eq!(plain, b"onetwo");
            assert!(frames.is_empty());
        }
    }

    #[test]
    fn a_length_of_nothing_or_too_much_is_refused_before_anything_is_kept_for_it() {
        for length in [0, 0x0100_0000, u32::MAX] {
            let mut stream = sent(&[b"good"]);
            stream.extend(length.to_be_bytes());
            let (mut frames, mut client) = (Frames::default(), Fake::established());
            let mut plain = Vec::new();
            frames.push(&stream);
            let error = frames.open(&mut client, &mut plain);
            assert_eq!(error, Err(FrameError::Length(length)));
            assert_eq!(plain, b"good", "what came before it is still good");
            assert!(frames.arrived.capacity() < 1000);
        }
        let mut largest = Frames::default();
        largest.push(&[0, 0xff, 0xff, 0xff, 1]);
        let open = largest.open(&mut Fake::established(), &mut Vec::new());
        assert_eq!(open, Ok(()), "it may still come");
    }

    #[test]
    fn a_length_that_lies_is_found_by_the_seal() {
        for wrong in [-1_i32, 1, 5] {
            let mut stream = sent(&[b"first message", b"second message"]);
            let honest = u32::from_be_bytes(stream[..4].try_into().unwrap());
            let lie = honest.checked_add_signed(wrong).unwrap();
            stream[..4].copy_from_slice(&lie.to_be_bytes());
            let mut frames = Frames::default();
            frames.push(&stream);
            let error = frames.open(&mut Fake::established(), &mut Vec::new());
            assert!(matches!(error, Err(FrameError::Unopened(_))), "{error:?}");
        }
    }

    #[test]
    fn a_message_that_was_left_out_altered_repeated_or_swapped_is_found() {
        let one = sent(&[b"one"]);
        let both = sent(&[b"one", b"two"]);
        let two = &both[one.len()..];
        let mut altered = one.clone();
        *altered.last_mut().unwrap() ^= 1;
        for stream in [
            two.to_vec(),
            altered,
            [one.as_slice(), &one].concat(),
            [two, &one].concat(),
        ] {
            let error = opened([stream.as_slice()]);
            assert!(matches!(error, Err(FrameError::Unopened(_))), "{error:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_was_sealed_comes_out_however_it_was_framed_and_cut(
            data in proptest::collection::vec(any::<u8>(), 0..4000),
            frame_ends in proptest::collection::vec(0..4000_usize, 0..12),
            cuts in proptest::collection::vec(0..6000_usize, 0..30),
        ) {
            let messages = pieces(&data, frame_ends);
            let stream = sent(&messages);
            prop_assert_eq!(opened(pieces(&stream, cuts)), Ok(data));
        }

        #[test]
        fn no_bytes_make_it_panic(
            stream in proptest::collection::vec(any::<u8>(), 0..300),
            cut in 0..300_usize,
        ) {
            let (mut frames, mut client) = (Frames::default(), Fake::established());
            let mut plain = Vec::new();
            for piece in pieces(&stream, vec![cut]) {
                frames.push(piece);
                if frames.open(&mut client, &mut plain).is_err() {
                    break;
                }
            }
        }
    }

    /// The bytes, cut at these places.
    fn pieces(bytes: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
        for cut in &mut cuts {
            *cut = (*cut).min(bytes.len());
        }
        cuts.sort_unstable();
        let mut found = Vec::new();
        let mut rest = bytes;
        let mut taken = 0;
        for cut in cuts {
            let (piece, after) = rest.split_at(cut - taken);
            found.push(piece);
            (rest, taken) = (after, cut);
        }
        found.push(rest);
        found
    }
}
