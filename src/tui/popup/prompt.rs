//! The line at the bottom that a search, a filter or a reason is typed into. What
//! cannot be read is named at once.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::exception::Why;
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
    Mark,
    Reason,
}

/// The line and what is wrong with it.
#[derive(Debug)]
pub(in crate::tui) struct Prompt {
    kind: PromptKind,
    line: LineInput,
    /// What was staged before a reason is asked for.
    staged: String,
    problem: Option<String>,
}

impl Prompt {
    pub(in crate::tui) fn new(kind: PromptKind, text: &str) -> Self {
        Self {
            kind,
            line: LineInput::new(text),
            staged: String::new(),
            problem: None,
        }
    }

    /// Asks why something that was just staged is right.
    pub(in crate::tui) fn reason(staged: &str) -> Self {
        Self {
            staged: staged.to_owned(),
            ..Self::new(PromptKind::Reason, "")
        }
    }

    fn example(&self) -> &'static str {
        match self.kind {
            PromptKind::Search | PromptKind::Filter | PromptKind::Mark => {
                "words  field:value  /regex/  !not    such as: attr:mail !error:length"
            }
            PromptKind::Reason => {
                "why? Enter remembers it for later scans, Esc not    such as: moves until 2027-05-31"
            }
        }
    }

    fn check(&mut self) {
        self.problem = match self.kind {
            PromptKind::Search | PromptKind::Filter | PromptKind::Mark => {
                RowFilter::parse(self.line.text())
                    .err()
                    .map(|error| error.to_string())
            }
            PromptKind::Reason => Why::parse(self.line.text()).err(),
        };
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        match keymap::intent(&[Context::Prompt], event) {
            Some(Intent::Close) if self.kind == PromptKind::Reason => {
                Answer::Say(self.staged.clone())
            }
            Some(Intent::Close) => Answer::Close,
            Some(Intent::Submit) if self.problem.is_none() => {
                let text = self.line.text().to_owned();
                match self.kind {
                    PromptKind::Search => Answer::Search(text),
                    PromptKind::Filter => Answer::Filter(text),
                    PromptKind::Mark => Answer::Mark(text),
                    PromptKind::Reason => Answer::Reason(text),
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
            PromptKind::Mark => "Mark: mark matching rows, hide none",
            PromptKind::Reason => &self.staged,
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
            None => Line::styled(self.example(), theme.style(Role::Muted)),
        };
        draw_lines(frame, inner, &[Line::from(spans), second]);
        frame.set_cursor_position((inner.x + 2 + u16::try_from(at).unwrap_or(0), inner.y));
    }
}
