//! The logical lines of an LDIF file: decoded, unfolded, numbered.
//!
//! A file is UTF-8 (or whatever bytes it holds) unless it begins with the
//! byte-order mark of UTF-16, which `ldifde -u` writes. It is never read as a
//! whole: one line is in memory at a time.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line, unfolded, in bytes. Values of directories end far below
/// it; a file without line feeds must not fill the memory.
const MAX_LINE: u64 = 64 << 20;

/// The lines of one file.
pub(super) struct Lines {
    input: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    /// Physical lines read so far.
    read: u64,
    /// The number of the first physical line of `line`.
    number: u64,
}

impl Lines {
    /// Looks at the byte-order mark of `input`.
    pub(super) fn new(input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(128 << 10, input);
        let mut mark = Vec::with_capacity(3);
        input.by_ref().take(3).read_to_end(&mut mark)?;
        let (skip, utf16) = match mark.as_slice() {
            [0xff, 0xfe, ..] => (2, Some(false)),
            [0xfe, 0xff, ..] => (2, Some(true)),
            [0xef, 0xbb, 0xbf] => (3, None),
            _ => (0, None),
        };
        mark.drain(..skip);
        let input = io::Cursor::new(mark).chain(input);
        Ok(Self {
            input: match utf16 {
                Some(big_endian) => Box::new(Utf16::new(input, big_endian)),
                None => Box::new(input),
            },
            line: Vec::new(),
            read: 0,
            number: 0,
        })
    }

    /// Reads the next line, with its continuations, into [`Lines::line`].
    /// `false` at the end of the file.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        if !self.append()? {
            return Ok(false);
        }
        self.number = self.read;
        while !self.line.is_empty() && self.input.fill_buf()?.first() == Some(&b' ') {
            self.input.consume(1);
            self.append()?;
        }
        Ok(true)
    }

    /// The line that was read last, without its end.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Where it began, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Appends one physical line, without its end.
    fn append(&mut self) -> io::Result<bool> {
        let room = MAX_LINE.saturating_sub(self.line.len() as u64);
        let count = (&mut self.input)
            .take(room)
            .read_until(b'\n', &mut self.line)?;
        let is_whole = self.line.last() == Some(&b'\n');
        if !is_whole && count as u64 == room {
            self.number = self.read + 1;
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the line is longer than 64 MiB",
            ));
        }
        if is_whole {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        self.read += 1;
        Ok(count > 0)
    }
}

/// UTF-16 turned into UTF-8 as it is read. A surrogate without its partner
/// becomes the three bytes that UTF-8 would give it, which is no UTF-8: the
/// value is then reported like any other that is none.
struct Utf16<R> {
    input: R,
    big_endian: bool,
    /// The first byte of a code unit whose second has not come yet.
    half: Option<u8>,
    /// A high surrogate whose partner has not come yet.
    high: Option<u16>,
    decoded: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Utf16<R> {
    fn new(input: R, big_endian: bool) -> Self {
        Self {
            input,
            big_endian,
            half: None,
            high: None,
            decoded: Vec::new(),
            at: 0,
        }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.at = 0;
        while self.decoded.is_empty() {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                if let Some(high) = self.high.take() {
                    push_code_point(&mut self.decoded, u32::from(high));
                }
                return Ok(());
            }
            let length = chunk.len();
            for byte in chunk {
                let Some(first) = self.half.take() else {
                    self.half = Some(*byte);
                    continue;
                };
                let unit = if self.big_endian {
                    u16::from_be_bytes([first, *byte])
                } else {
                    u16::from_le_bytes([first, *byte])
                };
                push_unit(&mut self.decoded, &mut self.high, unit);
            }
            self.input.consume(length);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Utf16<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.decoded.len() {
            self.decode_more()?;
        }
        Ok(self.decoded.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

fn push_unit(decoded: &mut Vec<u8>, pending: &mut Option<u16>, unit: u16) {
    let is_low = (0xdc00..0xe000).contains(&unit);
    if let Some(high) = pending.take() {
        if is_low {
            let pair = (u32::from(high) - 0xd800) << 10 | (u32::from(unit) - 0xdc00);
            push_code_point(decoded, 0x1_0000 + pair);
            return;
        }
        push_code_point(decoded, u32::from(high));
    }
    if (0xd800..0xdc00).contains(&unit) {
        *pending = Some(unit);
    } else {
        push_code_point(decoded, u32::from(unit));
    }
}

fn push_code_point(decoded: &mut Vec<u8>, code_point: u32) {
    if let Some(c) = char::from_u32(code_point) {
        let mut buffer = [0; 4];
        decoded.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        return;
    }
    for (lead, shift) in [(0xe0, 12), (0x80, 6), (0x80, 0)] {
        let bits = u8::try_from(code_point >> shift & 0x3f).unwrap_or_default();
        decoded.push(lead | bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(io::Cursor::new(bytes.to_vec())).unwrap();
        let mut found = Vec::new();
        while lines.advance().unwrap() {
            let text = String::from_utf8_lossy(lines.line()).into_owned();
            found.push((lines.number(), text));
        }
        found
    }

    #[test]
    fn folded_lines_are_joined_and_numbered_by_their_beginning() {
        let text = "a: 1\r\n 2\r\n\r\nb: 3\n  4\nc: 5";
        let expected = [(1, "a: 12"), (3, ""), (4, "b: 3 4"), (6, "c: 5")];
        assert_eq!(
            lines(text.as_bytes()),
            expected.map(|(n, t)| (n, t.to_owned()))
        );
    }

    #[test]
    fn utf_16_is_known_by_its_mark() {
        let text = "cn: Zoë 😀\r\n x\r\n";
        for big_endian in [false, true] {
            let mut bytes = Vec::new();
            for unit in std::iter::once(0xfeff).chain(text.encode_utf16()) {
                bytes.extend(if big_endian {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                });
            }
            assert_eq!(lines(&bytes), [(1, "cn: Zoë 😀x".to_owned())]);
        }
        assert_eq!(lines(b"\xef\xbb\xbfa: b"), [(1, "a: b".to_owned())]);
        assert_eq!(lines(b"\xef"), [(1, "\u{fffd}".to_owned())]);
    }

    #[test]
    fn a_surrogate_without_its_partner_is_no_utf_8() {
        let mut lines = Lines::new(io::Cursor::new(b"\xff\xfea\0\x00\xd8b\0".to_vec())).unwrap();
        assert!(lines.advance().unwrap());
        assert_eq!(lines.line(), b"a\xed\xa0\x80b");
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut lines = Lines::new(io::repeat(b'x')).unwrap();
        assert!(lines.advance().is_err());
        assert!(lines.line().len() as u64 <= MAX_LINE);
    }
}
