//! Draws the grid: the columns that fit and the rows that are on the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::Grid;
use super::columns::{self, Placed};
use crate::tui::cell;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Action, RowId, RowState, RowText, SortColumn, Worksheet};

/// Columns of the screen before the first column of the grid: cursor, mark, space.
const GUTTER: u16 = 3;

/// A row that is on the screen.
struct Shown<'a> {
    row: RowId,
    text: RowText,
    state: &'a RowState,
}

/// How many rows fit below the line of titles.
pub(in crate::tui) fn rows_in(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// The columns in the order in which they are shown on `area`.
pub(in crate::tui) fn column_order(area: Rect) -> Vec<SortColumn> {
    columns::order(usize::from(inner_width(area)))
}

fn inner_width(area: Rect) -> u16 {
    // The last column is the scrollbar's.
    area.width.saturating_sub(GUTTER + 1)
}

pub(in crate::tui) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    grid: &Grid,
    sheet: &Worksheet,
    theme: Theme,
) {
    let height = rows_in(area);
    let rows: Vec<Shown<'_>> = grid
        .order()
        .iter()
        .skip(grid.top())
        .take(height)
        .map(|row| Shown {
            row: *row,
            text: sheet.text(*row),
            state: sheet.state(*row),
        })
        .collect();
    let placed = columns::place(usize::from(inner_width(area)), grid.column, |column| {
        rows.iter()
            .map(|shown| columns::natural_width(column, &shown.text, shown.state))
            .max()
            .unwrap_or(0)
    });
    draw_titles(frame, area, grid, &placed, theme);
    let range = grid.open_range();
    for (shown, at) in rows.iter().zip(grid.top()..) {
        let y = area.y + 1 + u16::try_from(at - grid.top()).unwrap_or(u16::MAX);
        let in_range = range.as_ref().is_some_and(|range| range.contains(&at));
        let look = RowLook {
            cursor: at == grid.cursor(),
            mark: match in_range {
                _ if grid.is_marked(shown.row) => RowMark::Marked,
                true => RowMark::InRange,
                false => RowMark::None,
            },
            found: grid.is_match(shown.row),
        };
        draw_row(
            frame,
            Rect::new(area.x, y, area.width, 1),
            shown,
            (&placed, grid.column),
            look,
            theme,
        );
    }
    draw_scrollbar(frame, area, grid, height);
}

fn draw_titles(frame: &mut Frame<'_>, area: Rect, grid: &Grid, placed: &[Placed], theme: Theme) {
    for place in placed {
        let order = grid
            .sort
            .iter()
            .position(|key| key.column == place.column.key);
        let arrow = order.map_or(String::new(), |at| {
            let direction = if grid.sort[at].descending {
                '▼'
            } else {
                '▲'
            };
            if grid.sort.len() > 1 {
                format!("{direction}{}", at + 1)
            } else {
                direction.to_string()
            }
        });
        let mut style = theme.style(Role::Heading);
        if place.column.key == grid.column {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        let title = Line::from(vec![
            Span::styled(place.column.title, style),
            Span::raw(arrow),
        ]);
        put(frame, area, place, area.y, &title);
    }
}

/// What makes a row look different from others.
#[derive(Debug, Clone, Copy)]
struct RowLook {
    cursor: bool,
    mark: RowMark,
    found: bool,
}

/// Whether a row is marked, or would be by the range that is being drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowMark {
    None,
    InRange,
    Marked,
}

fn draw_row(
    frame: &mut Frame<'_>,
    line: Rect,
    shown: &Shown<'_>,
    (placed, cursor_column): (&[Placed], SortColumn),
    look: RowLook,
    theme: Theme,
) {
    let mut base = Style::new();
    if look.mark != RowMark::None {
        base = base.patch(theme.style(Role::Marked));
    }
    if look.found {
        base = base.add_modifier(Modifier::UNDERLINED);
    }
    if look.cursor {
        base = base.add_modifier(Modifier::BOLD);
    }
    let sign = match look.mark {
        RowMark::Marked => "●",
        RowMark::InRange => "○",
        RowMark::None => " ",
    };
    let gutter = Line::from(vec![
        Span::styled(if look.cursor { ">" } else { " " }, theme.style(Role::Key)),
        Span::styled(sign, theme.style(Role::Marked)),
    ]);
    frame.buffer_mut().set_line(line.x, line.y, &gutter, GUTTER);
    for place in placed {
        let mut style = base.patch(cell_style(place.column.key, shown, theme));
        if look.cursor && place.column.key == cursor_column {
            style = style.patch(theme.style(Role::CursorCell));
        }
        let raw = columns::content(place.column.key, &shown.text, shown.state);
        let mut spans = match place.column.key {
            SortColumn::Value => cell::fit_change(&raw, &shown.text.update, place.width, theme),
            SortColumn::Update => cell::fit_value(&raw, place.width, theme),
            _ => cell::fit(&raw, place.width, place.column.cut, theme),
        };
        let used: usize = spans.iter().map(Span::width).sum();
        if look.cursor && place.column.key == cursor_column {
            spans.push(Span::raw(" ".repeat(place.width.saturating_sub(used))));
        }
        let spans = cell::with_style(spans, style);
        put(frame, line, place, line.y, &Line::from(spans));
    }
}

fn cell_style(column: SortColumn, shown: &Shown<'_>, theme: Theme) -> Style {
    match column {
        SortColumn::Severity => theme.severity(shown.text.severity),
        SortColumn::State => match (shown.state, shown.text.action) {
            (RowState::Open, Action::None) | (RowState::RolledBack | RowState::Accepted(_), _) => {
                theme.style(Role::Muted)
            }
            (RowState::Open, _) => theme.style(Role::Staged),
            (RowState::Done | RowState::NotNeeded, _) => theme.style(Role::Added),
            (RowState::Failed(_), _) => theme.style(Role::Removed),
            (RowState::Conflict(_) | RowState::InDoubt(_), _) => theme.style(Role::Warning),
        },
        // A proposal that nobody has taken yet is fainter than a decision.
        SortColumn::Update | SortColumn::Action if shown.text.action == Action::None => {
            theme.style(Role::Muted)
        }
        SortColumn::Update => theme.style(Role::Added),
        SortColumn::Container | SortColumn::Rule | SortColumn::Domain => theme.style(Role::Muted),
        _ => Style::new(),
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, place: &Placed, y: u16, line: &Line<'_>) {
    let x = area.x + GUTTER + u16::try_from(place.x).unwrap_or(u16::MAX);
    let width = u16::try_from(place.width).unwrap_or(u16::MAX);
    if x < area.right() && y < area.bottom() {
        frame
            .buffer_mut()
            .set_line(x, y, line, width.min(area.right() - x));
    }
}

fn draw_scrollbar(frame: &mut Frame<'_>, area: Rect, grid: &Grid, height: usize) {
    if grid.order().len() <= height {
        return;
    }
    let mut state = ScrollbarState::new(grid.order().len().saturating_sub(height))
        .position(grid.top())
        .viewport_content_length(height);
    let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
        .begin_symbol(None)
        .end_symbol(None);
    let below_titles = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    frame.render_stateful_widget(bar, below_titles, &mut state);
}
