//! A line of text that is being typed.
//!
//! Editing is [`tui_input`]'s; this adds the keys, pasting in one step, and
//! drawing a window of a line of any length with replaced characters shown.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Span;
use tui_input::{Input, InputRequest};

use super::cell;
use super::theme::Theme;
use crate::text::{self, Cut};

/// Longest paste that is taken, in characters. No attribute that is edited here is longer.
const PASTE: usize = 10_000;

/// The line and its cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct LineInput {
    input: Input,
    masked: bool,
}

impl LineInput {
    pub(super) fn new(text: &str) -> Self {
        Self {
            input: Input::new(text.to_owned()),
            masked: false,
        }
    }

    /// A line that shows only how long it is.
    pub(super) fn masked() -> Self {
        Self {
            input: Input::default(),
            masked: true,
        }
    }

    pub(super) fn text(&self) -> &str {
        self.input.value()
    }

    pub(super) fn clear(&mut self) {
        self.input.reset();
    }

    /// Takes a key; `false` if it is none that edits.
    pub(super) fn key(&mut self, event: KeyEvent) -> bool {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let request = match event.code {
            KeyCode::Char('a') if control => InputRequest::GoToStart,
            KeyCode::Char('e') if control => InputRequest::GoToEnd,
            KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
            KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
            KeyCode::Char('u') if control => InputRequest::DeleteLine,
            // AltGr arrives as Control and Alt on Windows consoles.
            KeyCode::Char(character) if !control || event.modifiers.contains(KeyModifiers::ALT) => {
                InputRequest::InsertChar(character)
            }
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if control => InputRequest::GoToPrevWord,
            KeyCode::Right if control => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return false,
        };
        // Whether anything changed does not matter: the key was for the line.
        let _changed = self.input.handle(request);
        true
    }

    /// Puts pasted text in at the cursor, without the line ends around it.
    pub(super) fn paste(&mut self, pasted: &str) {
        let pasted: String = pasted
            .trim_matches(['\r', '\n'])
            .chars()
            .take(PASTE)
            .collect();
        let (before, after) = self.halves();
        let cursor = self.input.cursor() + pasted.chars().count();
        let text = format!("{before}{pasted}{after}");
        self.input = Input::new(text).with_cursor(cursor);
    }

    fn halves(&self) -> (&str, &str) {
        let text = self.input.value();
        let at = text
            .char_indices()
            .nth(self.input.cursor())
            .map_or(text.len(), |(at, _)| at);
        text.split_at(at)
    }

    /// What to draw on `width` columns, and the column of the cursor.
    pub(super) fn draw(&self, width: usize, theme: Theme) -> (Vec<Span<'static>>, usize) {
        let (before, after) = self.halves();
        let (before, after) = if self.masked {
            let dots = |text: &str| "•".repeat(text.chars().count());
            (dots(before), dots(after))
        } else {
            (before.to_owned(), after.to_owned())
        };
        let room = width.saturating_sub(1);
        let mut spans = cell::fit(&before, room, Cut::Start, theme);
        let at = text::width_up_to(&before, room + 1).min(room);
        let drawn: usize = spans.iter().map(Span::width).sum();
        let at = at.min(drawn);
        spans.extend(cell::fit(&after, width.saturating_sub(at), Cut::End, theme));
        (spans, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(line: &mut LineInput, code: KeyCode) {
        line.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    fn shown(line: &LineInput, width: usize) -> (String, usize) {
        let (spans, at) = line.draw(width, Theme::new(crate::config::Colours::None));
        (spans.iter().map(|span| span.content.as_ref()).collect(), at)
    }

    #[test]
    fn a_paste_goes_in_at_the_cursor_without_its_line_end() {
        let mut line = LineInput::new("ad");
        press(&mut line, KeyCode::Left);
        line.paste("bc\r\n");
        press(&mut line, KeyCode::Char('!'));
        assert_eq!(line.text(), "abc!d");
    }

    #[test]
    fn a_long_line_shows_the_part_around_the_cursor() {
        let mut line = LineInput::new("0123456789");
        assert_eq!(shown(&line, 6), ("…6789".to_owned(), 5));
        press(&mut line, KeyCode::Home);
        assert_eq!(shown(&line, 6), ("01234…".to_owned(), 0));
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut line = LineInput::masked();
        line.paste("geheim");
        assert_eq!(shown(&line, 20), ("••••••".to_owned(), 6));
        assert_eq!(line.text(), "geheim");
    }

    #[test]
    fn what_is_typed_by_paste_is_escaped_too() {
        let mut line = LineInput::default();
        line.paste("a\u{1b}[2J\u{202e}");
        assert_eq!(shown(&line, 40).0, "a␛[2J<U+202E>");
    }
}
