//! The line at the bottom that a search or a filter is typed into. A filter that
//! cannot be read is named at once.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::tui::cell;
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::line::LineInput;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::RowFilter;

/// What the line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum PromptKind {
    Search,
    Filter,
}

/// The line and what is wrong with it.
#[derive(Debug)]
pub(in crate::tui) struct Prompt {
    kind: PromptKind,
    line: LineInput,
    problem: Option<String>,
}

impl Prompt {
    pub(in crate::tui) fn new(kind: PromptKind, text: &str) -> Self {
        Self {
            kind,
            line: LineInput::new(text),
            problem: None,
        }
    }

    fn check(&mut self) {
        self.problem = RowFilter::parse(self.line.text())
            .err()
            .map(|error| error.to_string());
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        match keymap::intent(&[Context::Prompt], event) {
            Some(Intent::Close) => Answer::Close,
            Some(Intent::Submit) if self.problem.is_none() => {
                let text = self.line.text().to_owned();
                match self.kind {
                    PromptKind::Search => Answer::Search(text),
                    PromptKind::Filter => Answer::Filter(text),
                }
            }
            Some(Intent::ClearLine) => {
                self.line.clear();
                self.check();
                Answer::Stay
            }
            Some(_) => Answer::Stay,
            None => {
                self.line.key(event);
                self.check();
                Answer::Stay
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.line.paste(pasted);
        self.check();
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let bottom = Rect {
            y: area.bottom().saturating_sub(4),
            height: area.height.min(4),
            ..area
        };
        let title = match self.kind {
            PromptKind::Search => "Search: jump to rows, hide none",
            PromptKind::Filter => "Filter: show only matching rows",
        };
        let inner = open(frame, bottom, (bottom.width, bottom.height), title);
        let width = usize::from(inner.width.saturating_sub(2));
        let (typed, at) = self.line.draw(width, theme);
        let mut spans = vec![Span::styled("> ", theme.style(Role::Key))];
        spans.extend(typed);
        let second = match &self.problem {
            Some(problem) => {
                Line::from(cell::fit(problem, width + 2, crate::text::Cut::End, theme))
                    .patch_style(theme.style(Role::Removed))
            }
            None => Line::styled(
                "words  field:value  /regex/  !not    such as: attr:mail !error:length",
                theme.style(Role::Muted),
            ),
        };
        draw_lines(frame, inner, &[Line::from(spans), second]);
        frame.set_cursor_position((inner.x + 2 + u16::try_from(at).unwrap_or(0), inner.y));
    }
}
