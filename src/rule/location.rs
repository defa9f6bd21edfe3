//! Places in files that people write, for messages about them.

use std::fmt;

/// A place in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// Where the lines of a text begin: for asking after many places in it.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl Location {
    /// The place of the byte `at` in `text`, the content of `file`.
    pub fn of(file: &str, text: &str, at: usize) -> Self {
        Lines::of(file, text).place(at)
    }
}

impl<'a> Lines<'a> {
    pub(super) fn of(file: &'a str, text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1));
        Self {
            file,
            text,
            starts: starts.collect(),
        }
    }

    /// The place of the byte `at`; the end of the text if it has no such byte.
    pub(super) fn place(&self, at: usize) -> Location {
        let at = if self.text.is_char_boundary(at) {
            at
        } else {
            self.text.len()
        };
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1));
        let before = start.and_then(|start| self.text.get(*start..at));
        Location {
            file: self.file.to_owned(),
            line,
            column: before.map_or(0, |before| before.chars().count()) + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters_from_one() {
        let place = |at| Location::of("f", "äb\n\nc", at).to_string();
        assert_eq!(place(0), "f:1:1");
        assert_eq!(place(2), "f:1:2");
        assert_eq!(place(3), "f:1:3", "the line break ends its line");
        assert_eq!(place(4), "f:2:1");
        assert_eq!(place(5), "f:3:1");
        for beyond in [1, 6, 7, 99] {
            assert_eq!(place(beyond), "f:3:2");
        }
    }
}
