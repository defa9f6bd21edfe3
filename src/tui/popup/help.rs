//! The keys that are valid where the help was called, from the table that
//! dispatches them.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::text;
use crate::tui::keymap::{self, Binding, Context, Intent};
use crate::tui::theme::{Role, Theme};

/// The help of some contexts.
#[derive(Debug)]
pub(in crate::tui) struct Help {
    contexts: &'static [Context],
    top: usize,
}

impl Help {
    pub(in crate::tui) fn new(contexts: &'static [Context]) -> Self {
        Self { contexts, top: 0 }
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        let last = self
            .lines(0, Theme::new(crate::config::Colours::None))
            .len();
        match keymap::intent(&[Context::Moving, Context::Everywhere], event) {
            Some(Intent::Close | Intent::Back | Intent::Help | Intent::Interrupt) => {
                return Answer::Close;
            }
            Some(Intent::Up) => self.top = self.top.saturating_sub(1),
            Some(Intent::Down) => self.top = (self.top + 1).min(last),
            Some(Intent::PageUp | Intent::HalfUp) => self.top = self.top.saturating_sub(10),
            Some(Intent::PageDown | Intent::HalfDown) => self.top = (self.top + 10).min(last),
            Some(Intent::First) => self.top = 0,
            Some(Intent::Last) => self.top = last,
            _ => {}
        }
        Answer::Stay
    }

    fn lines(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for context in self.contexts {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(context.title(), theme.style(Role::Heading)));
            for binding in keymap::bindings(&[*context]) {
                let keys = format!("{:<18}", keys(binding));
                let room = width.saturating_sub(19);
                lines.push(Line::from(vec![
                    Span::styled(keys, theme.style(Role::Key)),
                    Span::raw(" "),
                    Span::raw(text::fit_text(binding.text, room, text::Cut::End)),
                ]));
            }
        }
        lines
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = area.width.saturating_sub(2).min(104);
        let lines = self.lines(usize::from(width.saturating_sub(4)), theme);
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let inner = open(
            frame,
            area,
            (width, height.min(area.height)),
            "Help · ↑ ↓ scroll · q closes",
        );
        let top = self
            .top
            .min(lines.len().saturating_sub(usize::from(inner.height)));
        draw_lines(frame, inner, lines.get(top..).unwrap_or_default());
    }
}

/// All keys of a binding: `Enter or e`.
pub(super) fn keys(binding: &Binding) -> String {
    let labels: Vec<String> = binding.keys.iter().map(|key| key.label()).collect();
    labels.join(" or ")
}
