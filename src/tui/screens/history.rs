//! All transactions, newest first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::list::Cursor;
use crate::text::{self, Cut};
use crate::transaction::{TransactionState, TransactionSummary};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// The list; `None` until the session has sent it.
#[derive(Debug, Default)]
pub(in crate::tui) struct History {
    pub(in crate::tui) list: Option<Vec<TransactionSummary>>,
    cursor: Cursor,
}

impl History {
    pub(in crate::tui) fn set(&mut self, list: Vec<TransactionSummary>) {
        self.list = Some(list);
    }

    /// The transaction under the cursor.
    pub(in crate::tui) fn current(&self) -> Option<&TransactionSummary> {
        let list = self.list.as_ref()?;
        list.get(self.cursor.place(list.len()))
    }

    /// The transactions from the newest to the one under the cursor.
    pub(in crate::tui) fn down_to_cursor(&self) -> &[TransactionSummary] {
        let list = self.list.as_deref().unwrap_or_default();
        list.get(..=self.cursor.place(list.len())).unwrap_or(list)
    }

    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize) -> bool {
        let count = self.list.as_ref().map_or(0, Vec::len);
        self.cursor.key(intent, height, count)
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = usize::from(area.width);
        let list = match &self.list {
            None => return draw_lines(frame, area, &[Line::raw("reading the journals …")]),
            Some(list) if list.is_empty() => {
                let text =
                    "No transactions yet: nothing was ever written from this state directory.";
                return draw_lines(frame, area, &cell::wrap(text, width, 3, theme));
            }
            Some(list) => list,
        };
        let title = format!(
            "  {:<17} {:<21} {:>6} {:>6}  Transaction",
            "Begun (UTC)", "State", "Done", "Failed"
        );
        let mut lines = vec![Line::styled(
            text::fit_text(&title, width, Cut::End),
            theme.style(Role::Heading),
        )];
        let room = usize::from(area.height).saturating_sub(1).max(1);
        let (cursor, top) = (
            self.cursor.place(list.len()),
            self.cursor.top(room, list.len()),
        );
        for (summary, at) in list.iter().zip(0..).skip(top).take(room) {
            let line = line(summary, width, theme, at == cursor);
            lines.push(line);
        }
        draw_lines(frame, area, &lines);
    }
}

fn line(summary: &TransactionSummary, width: usize, theme: Theme, cursor: bool) -> Line<'static> {
    let (words, role) = state(summary);
    let begun: String = summary.started.chars().take(16).collect();
    let begun = format!("{:<17} ", begun.replace('T', " "));
    let sign = if cursor { "> " } else { "  " };
    let mut spans = vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::raw(text::fit_text(&begun, 18, Cut::End)),
        Span::styled(format!("{words:<21} "), theme.style(role)),
        Span::raw(format!("{:>6} {:>6}  ", summary.done, summary.failed)),
    ];
    let reverts = summary
        .reverts
        .as_ref()
        .map_or(String::new(), |id| format!(" takes back {id}"));
    let what = format!(
        "{}{reverts}  {}  {}",
        summary.id,
        summary.identity,
        summary.forests.join(", ")
    );
    spans.extend(cell::fit(&what, width.saturating_sub(57), Cut::End, theme));
    let line = Line::from(spans);
    if cursor {
        line.patch_style(theme.style(Role::Heading))
    } else {
        line
    }
}

/// Where it stands, in words.
pub(in crate::tui) fn state(summary: &TransactionSummary) -> (&'static str, Role) {
    match summary.state {
        TransactionState::Damaged => ("! journal damaged", Role::Removed),
        TransactionState::Unfinished => ("? unfinished: press f", Role::Warning),
        TransactionState::Finished if summary.reverted_by.is_some() => {
            ("< rolled back", Role::Muted)
        }
        TransactionState::Finished if summary.reverts.is_some() => ("✓ rollback done", Role::Added),
        TransactionState::Finished if summary.failed > 0 => ("! done, some failed", Role::Warning),
        TransactionState::Finished => ("✓ done", Role::Added),
    }
}
