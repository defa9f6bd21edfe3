//! Which line of a file a record begins on, as an editor counts: LF, CR LF and
//! a lone CR each end a line, also where a file mixes them, and lines within a
//! quoted field count.
//!
//! The bytes pass through unchanged; only the beginnings of the lines that the
//! parser has taken but not yet asked about are kept.

use std::collections::VecDeque;
use std::io::{self, Read};

/// A reader that remembers where lines begin.
#[derive(Debug)]
pub(super) struct LineCounter<R> {
    inner: R,
    offset: u64,
    line: u64,
    at_start: bool,
    after_return: bool,
    /// Offset and number of each line that is not blank.
    starts: VecDeque<(u64, u64)>,
}

impl<R> LineCounter<R> {
    /// A counter of what follows, which begins on `line`.
    pub(super) fn new(inner: R, line: u64) -> Self {
        Self {
            inner,
            offset: 0,
            line,
            at_start: true,
            after_return: false,
            starts: VecDeque::new(),
        }
    }

    /// The line of the record whose parsing began at the byte `offset`. A
    /// parser begins behind the record before, at what is left of its line
    /// end or at blank lines; the record is on the next line that holds
    /// something. Offsets must be asked for in ascending order.
    pub(super) fn line_of(&mut self, offset: u64) -> u64 {
        while self
            .starts
            .front()
            .is_some_and(|(start, _)| *start < offset)
        {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }

    fn see(&mut self, byte: u8) {
        match byte {
            b'\n' if self.after_return => {}
            b'\n' | b'\r' => {
                self.line += 1;
                self.at_start = true;
            }
            _ if self.at_start => {
                self.starts.push_back((self.offset, self.line));
                self.at_start = false;
            }
            _ => {}
        }
        self.after_return = byte == b'\r';
        self.offset += 1;
    }
}

impl<R: Read> Read for LineCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for byte in buffer.iter().take(read) {
            self.see(*byte);
        }
        Ok(read)
    }
}
