//! Editing the new value of one row, checked at every key.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::line::LineInput;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{RowId, RowText, Worksheet};

/// The line being edited, and what the rules say to it.
#[derive(Debug)]
pub(in crate::tui) struct Edit {
    row: RowId,
    what: String,
    old: String,
    line: LineInput,
    problems: Vec<String>,
    note: Option<String>,
}

impl Edit {
    /// Edits `row`. With `others` marked rows, says that they stay as they are.
    pub(in crate::tui) fn new(sheet: &Worksheet, row: RowId, others: usize) -> Self {
        let text: RowText = sheet.text(row);
        let start = if text.update.is_empty() {
            &text.value
        } else {
            &text.update
        };
        let mut edit = Self {
            row,
            what: format!("{} of {}", text.attribute, text.common_name),
            line: LineInput::new(start),
            old: text.value,
            problems: Vec::new(),
            note: (others > 0).then(|| {
                format!("only the row under the cursor is edited, not the {others} marked")
            }),
        };
        edit.check(Some(sheet));
        edit
    }

    fn check(&mut self, sheet: Option<&Worksheet>) {
        if self.line.text().is_empty() {
            let words = "an empty value cannot be written: Esc, then r takes the value away";
            self.problems = vec![words.to_owned()];
            return;
        }
        self.problems = match sheet {
            Some(sheet) => sheet.check(self.row, self.line.text()).problems,
            None => Vec::new(),
        };
    }

    pub(super) fn key(&mut self, event: KeyEvent, sheet: Option<&Worksheet>) -> Answer {
        match keymap::intent(&[Context::Editing], event) {
            Some(Intent::Close) => Answer::Close,
            Some(Intent::Submit) if self.problems.is_empty() => {
                Answer::Stage(self.row, self.line.text().to_owned())
            }
            Some(Intent::ClearLine) => {
                self.line.clear();
                self.check(sheet);
                Answer::Stay
            }
            Some(_) => Answer::Stay,
            None => {
                if self.line.key(event) {
                    self.check(sheet);
                }
                Answer::Stay
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str, sheet: Option<&Worksheet>) {
        self.line.paste(pasted);
        self.check(sheet);
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = area.width.min(100);
        let inner_width = usize::from(width.saturating_sub(4));
        let mut lines = vec![Line::from(cell::with_style(
            cell::fit(&self.what, inner_width, Cut::End, theme),
            theme.style(Role::Heading),
        ))];
        let label = |text| Span::styled(text, theme.style(Role::Muted));
        let mut old = vec![label("now ")];
        old.extend(cell::fit_value(
            &self.old,
            inner_width.saturating_sub(4),
            theme,
        ));
        lines.push(Line::from(old));
        let (typed, at) = self.line.draw(inner_width.saturating_sub(4), theme);
        let mut new = vec![label("new ")];
        new.extend(typed);
        lines.push(Line::from(new));
        lines.push(Line::default());
        if self.problems.is_empty() {
            let fine = "✓ breaks no rule, and nobody else holds it";
            lines.push(Line::styled(fine, theme.style(Role::Added)));
        }
        for problem in &self.problems {
            for line in cell::wrap(&format!("✗ {problem}"), inner_width, 4, theme) {
                lines.push(line.patch_style(theme.style(Role::Removed)));
            }
        }
        if let Some(note) = &self.note {
            lines.extend(cell::wrap(note, inner_width, 2, theme));
        }
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).max(7);
        let inner = open(frame, area, (width, height), "Edit");
        draw_lines(frame, inner, &lines);
        let column = inner.x + 4 + u16::try_from(at).unwrap_or(0);
        frame.set_cursor_position((column, inner.y + 2));
    }
}
