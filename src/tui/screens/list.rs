//! Lists with a cursor and a pane that tells all about what it is on.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::screens::review::count;
use crate::tui::theme::{Role, Theme};

/// From this width on the pane stands beside the list, not below it.
const BESIDE_FROM: u16 = 150;
/// Columns of what a paragraph is about.
const ABOUT: usize = 10;
/// Lines of a paragraph at most.
const PARAGRAPH: usize = 12;

/// Which line of a list the cursor is on.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tui) struct Cursor {
    at: usize,
}

impl Cursor {
    /// Moves by a key; `false` if the key does not move.
    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize, total: usize) -> bool {
        // The list may have become shorter since.
        let at = self.place(total);
        let last = total.saturating_sub(1);
        let page = height.max(2) - 1;
        self.at = match intent {
            Intent::Up => at.saturating_sub(1),
            Intent::Down => at + 1,
            Intent::PageUp => at.saturating_sub(page),
            Intent::PageDown => at + page,
            Intent::HalfUp => at.saturating_sub(page / 2),
            Intent::HalfDown => at + page / 2,
            Intent::First => 0,
            Intent::Last => last,
            _ => return false,
        }
        .min(last);
        true
    }

    /// The line of a list of `total`.
    pub(in crate::tui) fn place(self, total: usize) -> usize {
        self.at.min(total.saturating_sub(1))
    }

    /// The first line that is shown where there is room for `room`.
    pub(in crate::tui) fn top(self, room: usize, total: usize) -> usize {
        (self.place(total) + 1).saturating_sub(room.max(1))
    }
}

/// Where the list is, and where the pane.
pub(in crate::tui) fn split(area: Rect) -> (Rect, Rect) {
    if area.width >= BESIDE_FROM {
        let list = Rect {
            width: area.width / 2,
            ..area
        };
        let detail = Rect {
            x: list.right(),
            width: area.width - list.width,
            ..area
        };
        return (list, detail);
    }
    let lower = area.height / 2;
    let list = Rect {
        height: area.height - lower,
        ..area
    };
    let detail = Rect {
        y: list.bottom(),
        height: lower,
        ..area
    };
    (list, detail)
}

/// Draws paragraphs, each with what it is about before it; raw.
pub(in crate::tui) fn draw_detail(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    (texts, top): (&[(String, String)], usize),
) {
    let inner = pane(frame, area, theme);
    let width = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (about, text) in texts {
        let wrapped = cell::wrap(text, width.saturating_sub(ABOUT), PARAGRAPH, theme);
        for (mut line, number) in wrapped.into_iter().zip(0..) {
            let about = match number {
                0 => cell::fit(about, ABOUT - 1, crate::text::Cut::End, theme),
                _ => Vec::new(),
            };
            let about = cell::with_style(cell::padded(about, ABOUT), theme.style(Role::Key));
            line.spans.splice(0..0, about);
            lines.push(line);
        }
    }
    fill(frame, (area, inner), theme, (&lines, top));
}

/// Draws the frame of the pane; gives the room within it.
pub(in crate::tui) fn pane(frame: &mut Frame<'_>, area: Rect, theme: Theme) -> Rect {
    let borders = if area.x > 0 {
        Borders::LEFT
    } else {
        Borders::TOP
    };
    let block = Block::new()
        .borders(borders)
        .border_style(theme.style(Role::Muted));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Fills the room of a pane with lines, the first of which is `top` at most,
/// and says how many are below.
pub(in crate::tui) fn fill(
    frame: &mut Frame<'_>,
    (area, inner): (Rect, Rect),
    theme: Theme,
    (lines, top): (&[Line<'static>], usize),
) {
    let height = usize::from(inner.height);
    let top = top.min(lines.len().saturating_sub(height));
    draw_lines(frame, inner, lines.get(top..).unwrap_or_default());
    let below = lines.len().saturating_sub(top + height);
    if below > 0 && area.width > 30 {
        more(frame, area, below, theme);
    }
}

/// Says in the border how much is below.
fn more(frame: &mut Frame<'_>, area: Rect, below: usize, theme: Theme) {
    let text = format!(" {}, ] scrolls ", count(below, "more line", "more lines"));
    let more = Line::from(Span::styled(text, theme.style(Role::Muted)));
    let width = u16::try_from(more.width()).unwrap_or(0);
    let y = if area.x > 0 {
        area.bottom().saturating_sub(1)
    } else {
        area.y
    };
    let x = area.right().saturating_sub(width + 1);
    frame.buffer_mut().set_line(x, y, &more, width);
}
