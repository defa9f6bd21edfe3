//! A question before something that cannot be unsaid. The answer is `y`, or for
//! big things a typed number; never Enter alone, and never the key that asked.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::kept::SessionId;
use crate::transaction::TransactionId;
use crate::tui::cell;
use crate::tui::line::LineInput;
use crate::tui::theme::{Role, Theme};

/// What is done after a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Confirmed {
    Quit,
    Write,
    Rollback(TransactionId),
    /// In this order.
    RollbackAll(Vec<TransactionId>),
    Recover(TransactionId),
    /// Go on with a kept session.
    Continue(SessionId),
    /// Remove a kept session for ever.
    Discard(SessionId),
    /// Ask whether what is staged is to be dropped.
    AskDrop,
    /// Drop what is staged for ever, and leave.
    Drop,
}

/// A third answer.
#[derive(Debug, Clone)]
pub(in crate::tui) struct Third {
    pub(in crate::tui) key: char,
    pub(in crate::tui) words: &'static str,
    pub(in crate::tui) then: Confirmed,
}

/// How yes is said.
#[derive(Debug, Clone)]
pub(in crate::tui) enum Need {
    /// By `y`.
    Key,
    /// By typing this number, then Enter.
    Typed(usize, LineInput),
}

/// The question.
#[derive(Debug)]
pub(in crate::tui) struct Confirm {
    pub(in crate::tui) title: &'static str,
    pub(in crate::tui) lines: Vec<String>,
    pub(in crate::tui) need: Need,
    pub(in crate::tui) then: Confirmed,
    /// What no means.
    pub(in crate::tui) no: &'static str,
    pub(in crate::tui) other: Option<Third>,
}

impl Confirm {
    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        if event.code == KeyCode::Esc {
            return Answer::Close;
        }
        match &mut self.need {
            Need::Key => match event.code {
                KeyCode::Char('y' | 'Y')
                    if event.modifiers - KeyModifiers::SHIFT == KeyModifiers::NONE =>
                {
                    Answer::Confirmed(self.then.clone())
                }
                KeyCode::Char('n' | 'N' | 'q') => Answer::Close,
                KeyCode::Char(key) => match &self.other {
                    Some(other) if other.key == key && event.modifiers.is_empty() => {
                        Answer::Confirmed(other.then.clone())
                    }
                    _ => Answer::Stay,
                },
                _ => Answer::Stay,
            },
            Need::Typed(count, line) => {
                if event.code == KeyCode::Enter && line.text().trim() == count.to_string() {
                    return Answer::Confirmed(self.then.clone());
                }
                line.key(event);
                Answer::Stay
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = area.width.min(72);
        let text_width = usize::from(width.saturating_sub(4));
        let mut lines: Vec<Line<'static>> = Vec::new();
        for text in &self.lines {
            if text.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(cell::wrap(text, text_width, 6, theme));
        }
        lines.push(Line::default());
        let key = |text: String| Span::styled(text, theme.style(Role::Key));
        let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
        match &self.need {
            Need::Key => {
                let mut spans = vec![key("y".to_owned()), Span::raw(" yes   ")];
                if let Some(other) = &self.other {
                    spans.push(key(other.key.to_string()));
                    spans.push(Span::raw(format!(" {}   ", other.words)));
                }
                spans.push(key("n".to_owned()));
                spans.push(Span::raw(" or "));
                spans.push(key("Esc".to_owned()));
                spans.push(Span::raw(format!(" {}", self.no)));
                lines.push(Line::from(spans));
                let inner = open(frame, area, (width, height), self.title);
                draw_lines(frame, inner, &lines);
            }
            Need::Typed(count, line) => {
                let ask = format!("type {count} and Enter, or Esc for no: ");
                let (typed, at) = line.draw(12, theme);
                let column = u16::try_from(ask.len() + at).unwrap_or(u16::MAX);
                let mut spans = vec![Span::raw(ask)];
                spans.extend(typed);
                lines.push(Line::from(spans));
                let inner = open(frame, area, (width, height), self.title);
                draw_lines(frame, inner, &lines);
                frame.set_cursor_position((inner.x + column, inner.bottom().saturating_sub(1)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(confirm: &mut Confirm, code: KeyCode) -> Answer {
        confirm.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn only_y_says_yes() {
        let mut confirm = Confirm {
            title: "t",
            lines: Vec::new(),
            need: Need::Key,
            then: Confirmed::Write,
            no: "no",
            other: None,
        };
        for code in [
            KeyCode::Enter,
            KeyCode::Char('w'),
            KeyCode::Char(' '),
            KeyCode::Char('a'),
        ] {
            assert!(
                matches!(press(&mut confirm, code), Answer::Stay),
                "{code:?}"
            );
        }
        assert!(matches!(press(&mut confirm, KeyCode::Esc), Answer::Close));
        let yes = press(&mut confirm, KeyCode::Char('y'));
        assert!(matches!(yes, Answer::Confirmed(Confirmed::Write)));
    }

    #[test]
    fn a_big_thing_takes_its_number() {
        let mut confirm = Confirm {
            title: "t",
            lines: Vec::new(),
            need: Need::Typed(501, LineInput::default()),
            then: Confirmed::Write,
            no: "no",
            other: None,
        };
        for wrong in ["y", "50", "5011"] {
            confirm.need = Need::Typed(501, LineInput::new(wrong));
            assert!(
                matches!(press(&mut confirm, KeyCode::Enter), Answer::Stay),
                "{wrong}"
            );
        }
        confirm.need = Need::Typed(501, LineInput::new("50"));
        press(&mut confirm, KeyCode::Char('1'));
        assert!(matches!(
            press(&mut confirm, KeyCode::Enter),
            Answer::Confirmed(_)
        ));
    }
}
