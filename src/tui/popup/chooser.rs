//! Which columns are shown, in which order.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::tui::grid::columns::get;
use crate::tui::grid::layout::Layout;
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::theme::{Role, Theme};
use crate::worksheet::SortColumn;

/// The columns, on a screen of some width.
#[derive(Debug)]
pub(in crate::tui) struct Chooser {
    layout: Layout,
    width: usize,
    chosen: SortColumn,
}

impl Chooser {
    pub(in crate::tui) fn new(layout: Layout, width: usize, chosen: SortColumn) -> Self {
        Self {
            layout,
            width,
            chosen,
        }
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        let all = self.layout.all(self.width);
        let at = all
            .iter()
            .position(|column| *column == self.chosen)
            .unwrap_or(0);
        let to = match keymap::intent(&[Context::Columns], event) {
            Some(Intent::Close) => return Answer::Close,
            Some(Intent::Submit) => return Answer::Layout(self.layout.clone(), self.chosen),
            Some(Intent::Down) => (at + 1).min(all.len() - 1),
            Some(Intent::Up) => at.saturating_sub(1),
            Some(Intent::Toggle) => {
                self.layout.toggle(self.chosen);
                at
            }
            Some(intent @ (Intent::MarkDown | Intent::MarkUp)) => {
                let on = intent == Intent::MarkDown;
                self.layout.shift(self.chosen, on, self.width);
                at
            }
            Some(Intent::Reset) => {
                self.layout.reset();
                at
            }
            _ => at,
        };
        if let Some(column) = all.get(to) {
            self.chosen = *column;
        }
        Answer::Stay
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let all = self.layout.all(self.width);
        let lines = all.iter().map(|key| {
            let chosen = *key == self.chosen;
            let shown = if self.layout.is_hidden(*key) {
                "[ ] "
            } else {
                "[x] "
            };
            let column = get(*key);
            let line = Line::from(vec![
                Span::raw(if chosen { "> " } else { "  " }),
                Span::styled(shown, theme.style(Role::Key)),
                Span::raw(format!("{:<12}", column.title)),
                Span::styled(format!("{}:", column.field), theme.style(Role::Muted)),
            ]);
            if chosen {
                line.patch_style(theme.style(Role::CursorCell))
            } else {
                line
            }
        });
        let lines: Vec<Line<'static>> = lines.collect();
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let inner = open(
            frame,
            area,
            (44, height),
            "Columns, and their names in a filter",
        );
        let at = all.iter().position(|column| *column == self.chosen);
        let room = usize::from(inner.height).max(1);
        let top = (at.unwrap_or(0) + 1).saturating_sub(room);
        draw_lines(frame, inner, lines.get(top..).unwrap_or_default());
    }
}
