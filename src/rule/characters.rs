//! Characters as rules see them: sets of allowed ones, what is white space or
//! hidden, what is a letter outside ASCII, and how to name one to a person.
//!
//! Three kinds never overlap, so that one character gives one finding:
//! [`is_blank`] (white space and hidden characters), [`is_foreign_letter`]
//! (letters, digits and marks outside ASCII) and the rest.

use serde::Deserialize;
use unicode_normalization::char::is_combining_mark;

/// A set of ASCII characters.
///
/// Written as the characters one after the other; `a-z`, `A-Z` and `0-9` stand
/// for the ranges, any other `-` for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CharacterSet(u128);

impl CharacterSet {
    /// Reads a set; the error is a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut bits = 0_u128;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let range = ["a-z", "A-Z", "0-9"]
                .into_iter()
                .find_map(|range| Some((range, rest.strip_prefix(range)?)));
            if let Some((range, after)) = range {
                let bytes = range.as_bytes();
                for byte in bytes[0]..=bytes[2] {
                    bits |= 1 << byte;
                }
                rest = after;
            } else if first.is_ascii() {
                bits |= 1 << u32::from(first);
                rest = rest.get(1..).unwrap_or_default();
            } else {
                return Err(format!(
                    "a set of characters holds ASCII characters only, not {}",
                    named(first)
                ));
            }
        }
        if bits == 0 {
            return Err("a set of characters cannot be empty".to_owned());
        }
        Ok(Self(bits))
    }

    /// Whether `c` is in the set.
    pub(super) fn contains(self, c: char) -> bool {
        c.is_ascii() && self.0 >> u32::from(c) & 1 == 1
    }
}

impl<'de> Deserialize<'de> for CharacterSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Whether `c` is a control character or one that draws nothing and has no
/// business even in a name: soft hyphen, zero-width space, word joiner, byte
/// order mark, bidirectional overrides. The joiners and marks that Persian,
/// Indic, Arabic and Hebrew names need are not among them.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

/// Whether `c` is white space or hidden.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_hidden(c)
}

/// Whether `c` draws nothing in an address: [`is_hidden`], and the joiners,
/// direction marks and variation selectors that only names may hold.
pub(super) fn is_hidden_in_address(c: char) -> bool {
    is_hidden(c)
        || matches!(c, '\u{34f}' | '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Whether `c` is white space, or draws nothing in an address.
#[inline]
pub(super) fn is_blank_in_address(c: char) -> bool {
    !c.is_ascii_graphic() && (c.is_whitespace() || is_hidden_in_address(c))
}

/// Whether `c` is a letter, a digit or a combining mark outside ASCII.
pub(super) fn is_foreign_letter(c: char) -> bool {
    !c.is_ascii() && !is_blank_in_address(c) && (c.is_alphanumeric() || is_combining_mark(c))
}

/// The length of `text` in UTF-16 code units.
pub(super) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().map(char::len_utf16).sum()
    }
}

/// Names `c` so that it can be read in a terminal and found on a keyboard.
pub(super) fn named(c: char) -> String {
    let code = u32::from(c);
    let known = match c {
        ' ' => "space",
        '\t' => "tab",
        '\n' => "line feed",
        '\r' => "carriage return",
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202f}' => "narrow no-break space",
        '\u{2060}' => "word joiner",
        '\u{3000}' => "ideographic space",
        '\u{feff}' => "byte order mark",
        c if is_hidden(c) && (u32::from(c) < 0xa0) => "control character",
        c if is_combining_mark(c) => "combining mark",
        c if is_blank_in_address(c) => "invisible character",
        c => return format!("'{c}' (U+{code:04X})"),
    };
    format!("{known} (U+{code:04X})")
}

/// The sentence about the first character of `part` that `wrong` names, with
/// its position from 1 in the whole value, of which `part` begins at the byte
/// `offset`.
pub(super) fn first_wrong(
    whole: &str,
    (part, offset): (&str, usize),
    wrong: impl Fn(char) -> bool,
) -> Option<String> {
    let (at, c) = part.char_indices().find(|(_, c)| wrong(*c))?;
    let before = whole
        .get(..offset + at)
        .map_or(0, |text| text.chars().count());
    let more = part.chars().filter(|c| wrong(*c)).count() - 1;
    let position = before + 1;
    let tail = match more {
        0 => String::new(),
        1 => ", and 1 more".to_owned(),
        more => format!(", and {more} more"),
    };
    Some(format!("{} at character {position}{tail}", named(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_ranges_and_single_characters() {
        let set = CharacterSet::parse("A-Za-z0-9'._-").unwrap();
        for c in "AZaz09'._-".chars() {
            assert!(set.contains(c), "{c}");
        }
        for c in "@ [`{é\u{0}".chars() {
            assert!(!set.contains(c), "{c}");
        }
        assert!(CharacterSet::parse("aé").unwrap_err().contains("U+00E9"));
        assert!(CharacterSet::parse("").is_err());
    }

    #[test]
    fn the_kinds_of_characters_never_overlap() {
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            assert!(!(is_foreign_letter(c) && is_blank_in_address(c)), "{c:?}");
            assert!(!is_hidden(c) || !c.is_whitespace(), "{c:?}");
        }
    }

    #[test]
    fn a_character_is_named_with_code_point_and_position() {
        let sentence = |text| first_wrong(text, (text, 0), |c| !c.is_ascii_alphabetic());
        assert_eq!(sentence("abc"), None);
        assert_eq!(
            sentence("äb\u{200b}").as_deref(),
            Some("'ä' (U+00E4) at character 1, and 1 more")
        );
        assert_eq!(
            sentence("ab\u{a0}").as_deref(),
            Some("no-break space (U+00A0) at character 3")
        );
        assert_eq!(
            sentence("\u{1b}[").as_deref(),
            Some("control character (U+001B) at character 1, and 1 more")
        );
    }

    #[test]
    fn lengths_count_utf16_code_units() {
        assert_eq!(utf16_len("abc"), 3);
        assert_eq!(utf16_len("äöü"), 3);
        assert_eq!(utf16_len("a😀"), 3);
    }
}
