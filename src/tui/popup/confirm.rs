//! A question before something that cannot be unsaid. The answer is `y`, or for
//! big things a typed number; never Enter alone, and never the key that asked.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
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
    Recover(TransactionId),
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
            lines.extend(cell::wrap(text, text_width, 6, theme));
        }
        lines.push(Line::default());
        let key = |text| Span::styled(text, theme.style(Role::Key));
        let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
        match &self.need {
            Need::Key => {
                lines.push(Line::from(vec![
                    key("y"),
                    Span::raw(" yes   "),
                    key("n"),
                    Span::raw(" or "),
                    key("Esc"),
                    Span::raw(" no"),
                ]));
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
