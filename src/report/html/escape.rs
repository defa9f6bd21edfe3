//! Text from a directory made inert in a page: in HTML and in a JSON block.
//!
//! First everything that controls, reorders or hides becomes visible, as in a
//! terminal; then what HTML or the end of a script block would take for its
//! own is written in another way. A value of megabytes is cut: the page is for
//! reading, the CSV has it whole.

use std::io::{self, Write};

use serde::Serialize;

use crate::text::{Cut, escape, fit_text};

/// How many columns of a value are shown.
pub(super) const VALUE_WIDTH: usize = 500;

/// A value, visible and cut.
pub(super) fn shown(text: &str) -> String {
    fit_text(text, VALUE_WIDTH, Cut::Middle)
}

/// Text for an element or a quoted attribute.
pub(super) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escape(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A value as JSON that may stand in a script block: no `<`, so that no end tag
/// and no comment begins in it, and neither U+2028 nor U+2029, which end a line
/// for some readers.
pub(super) fn write_json(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    let mut rest = json.as_str();
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (before, found) = rest.split_at_checked(at).unwrap_or((rest, ""));
        output.write_all(before.as_bytes())?;
        let mut characters = found.chars();
        if let Some(character) = characters.next() {
            write!(output, "\\u{:04x}", u32::from(character))?;
        }
        rest = characters.as_str();
    }
    output.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script><!--<script>alert('1')\u{2028}\u{2029}\u{202e}\u{1b}[31m&\"\0";

    #[test]
    fn no_hostile_text_leaves_its_place_in_a_script_block() {
        let mut written = Vec::new();
        write_json(&mut written, &HOSTILE).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{text}"
        );
        let back: String = serde_json::from_str(&text).unwrap();
        assert_eq!(back, HOSTILE);
    }

    #[test]
    fn no_hostile_text_leaves_its_place_in_html() {
        let text = html(HOSTILE);
        assert!(!text.contains(['<', '>', '"', '\'', '\u{202e}', '\u{1b}', '\0', '\u{2028}']));
        assert!(text.starts_with("&lt;/script&gt;"), "{text}");
        assert!(text.contains("&lt;U+202E&gt;"), "{text}");
    }

    #[test]
    fn a_huge_value_is_cut() {
        assert!(shown(&"x".repeat(10 << 20)).len() < VALUE_WIDTH + 8);
    }
}
