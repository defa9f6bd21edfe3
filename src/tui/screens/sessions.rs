//! Kept sessions, the one that was changed last first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::list::Cursor;
use crate::kept::{Summary, minute};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// Where the cursor is; the list itself is the interface's.
#[derive(Debug, Default)]
pub(in crate::tui) struct Sessions {
    cursor: Cursor,
    /// Whether the list has come.
    is_read: bool,
}

impl Sessions {
    /// The list has come.
    pub(in crate::tui) fn came(&mut self) {
        self.is_read = true;
    }

    /// The session under the cursor.
    pub(in crate::tui) fn current<'a>(&self, list: &'a [Summary]) -> Option<&'a Summary> {
        list.get(self.cursor.place(list.len()))
    }

    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize, count: usize) -> bool {
        self.cursor.key(intent, height, count)
    }

    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        list: &[Summary],
        theme: Theme,
    ) {
        let width = usize::from(area.width);
        if list.is_empty() {
            let text = if self.is_read {
                "No earlier work is kept. What you stage is kept as you stage it."
            } else {
                "reading the sessions …"
            };
            return draw_lines(frame, area, &cell::wrap(text, width, 3, theme));
        }
        let title = format!(
            "  {:<17} {:>6} {:>6}  Of",
            "Changed (UTC)", "Staged", "Waits"
        );
        let mut lines = vec![Line::styled(
            text::fit_text(&title, width, Cut::End),
            theme.style(Role::Heading),
        )];
        // Below the list: what the one under the cursor is about.
        let detail = self
            .current(list)
            .map(|session| detail(session, width, theme))
            .unwrap_or_default();
        let room = usize::from(area.height)
            .saturating_sub(2 + detail.len())
            .max(1);
        let (cursor, top) = (
            self.cursor.place(list.len()),
            self.cursor.top(room, list.len()),
        );
        for (session, at) in list.iter().zip(0..).skip(top).take(room) {
            lines.push(line(session, width, theme, at == cursor));
        }
        lines.push(Line::default());
        lines.extend(detail);
        draw_lines(frame, area, &lines);
    }
}

fn line(session: &Summary, width: usize, theme: Theme, cursor: bool) -> Line<'static> {
    let sign = if cursor { "> " } else { "  " };
    let mut spans = vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::raw(format!(
            "{:<17} {:>6} {:>6}  ",
            text::fit_text(&minute(&session.changed), 17, Cut::End),
            session.staged,
            session.aside
        )),
    ];
    let mut what = session.forests();
    if session.held_by.is_some() {
        what.push_str("  (in use)");
    }
    spans.extend(cell::fit(&what, width.saturating_sub(35), Cut::End, theme));
    let line = Line::from(spans);
    if cursor {
        line.patch_style(theme.style(Role::Heading))
    } else {
        line
    }
}

/// Who, with what, from where.
fn detail(session: &Summary, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut texts = vec![format!("session {}", session.id)];
    if let Some(by) = &session.held_by {
        texts.push(format!("in use by {by}"));
    }
    if let Some(head) = &session.head {
        texts.push(format!(
            "begun {} UTC by {} on {}",
            minute(&head.time),
            head.origin.user,
            head.origin.host
        ));
        texts.push(format!("from {}", head.scan.sources_in_words()));
        texts.push(head.scan.scope_in_words());
    }
    let lines = texts
        .iter()
        .flat_map(|text| cell::wrap(text, width.saturating_sub(2), 2, theme));
    lines
        .map(|mut line| {
            line.spans.insert(0, Span::raw("  "));
            line
        })
        .collect()
}
