//! Draws the grid: the columns that fit and the lines that are on the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::columns::{self, COLUMNS};
use super::layout::{Placed, Placement};
use super::{Grid, Line as GridLine};
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::screens::review::count;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Action, Grouping, RowId, RowState, SortColumn, Worksheet};

/// Columns of the screen before the first column of the grid: cursor, mark, space.
const GUTTER: u16 = 3;
/// How wide a cell wants to be at most: more than any screen has.
const WIDEST: usize = 400;

/// A line that is on the screen.
enum Shown {
    Row(ShownRow),
    Group(usize),
}

/// A row that is on the screen, with the text of each column in the order of
/// [`COLUMNS`].
struct ShownRow {
    row: RowId,
    cells: Vec<String>,
    /// What stands in place of a new value where there is none.
    instead: &'static str,
}

impl ShownRow {
    fn of(sheet: &Worksheet, row: RowId) -> Self {
        let cells = COLUMNS.iter();
        let cells: Vec<String> = cells
            .map(|column| columns::drawn(sheet, row, column.key))
            .collect();
        Self {
            row,
            cells,
            instead: columns::in_place_of_update(sheet, row),
        }
    }

    fn cell(&self, column: SortColumn) -> &str {
        let at = COLUMNS.iter().position(|known| known.key == column);
        at.and_then(|at| self.cells.get(at))
            .map_or("", String::as_str)
    }

    /// What is drawn of a column.
    fn drawn(&self, column: SortColumn) -> &str {
        match self.cell(column) {
            "" if column == SortColumn::Update => self.instead,
            text => text,
        }
    }
}

/// What is at a place on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Hit {
    /// The title of a column.
    Title(SortColumn),
    /// A line, and the column if one is there.
    Line(usize, Option<SortColumn>),
}

/// How many rows fit below the line of titles.
pub(in crate::tui) fn rows_in(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// The width that the columns share.
pub(in crate::tui) fn inner_width(area: Rect) -> usize {
    // The last column is the scrollbar's.
    usize::from(area.width.saturating_sub(GUTTER + 1))
}

fn shown(grid: &Grid, sheet: &Worksheet, height: usize) -> Vec<Shown> {
    let lines = (grid.top()..grid.top() + height).map_while(|line| grid.lines().at(line));
    lines
        .map(|line| match line {
            GridLine::Row(row) => Shown::Row(ShownRow::of(sheet, row)),
            GridLine::Group(group) => Shown::Group(group),
        })
        .collect()
}

fn place(grid: &Grid, area: Rect, shown: &[Shown]) -> Placement {
    let natural = |column: SortColumn| {
        let widths = shown.iter().map(|line| match line {
            Shown::Row(row) => columns::natural_width(row.drawn(column), WIDEST),
            Shown::Group(_) => 0,
        });
        widths.max().unwrap_or(0)
    };
    grid.look
        .layout
        .place(inner_width(area), grid.column(), natural)
}

/// Where the columns stand on `area`.
pub(in crate::tui) fn placement(grid: &Grid, sheet: &Worksheet, area: Rect) -> Placement {
    place(grid, area, &shown(grid, sheet, rows_in(area)))
}

/// What is at a place of `area`, given from its corner.
pub(in crate::tui) fn hit(
    grid: &Grid,
    sheet: &Worksheet,
    area: Rect,
    (x, y): (u16, u16),
) -> Option<Hit> {
    let placement = placement(grid, sheet, area);
    let x = usize::from(x.saturating_sub(GUTTER));
    let mut placed = placement.placed.iter();
    let column = placed.find(|placed| (placed.x..=placed.x + placed.width).contains(&x));
    let column = column.map(|placed| placed.column.key);
    match usize::from(y).checked_sub(1) {
        None => column.map(Hit::Title),
        Some(line) => Some(Hit::Line(grid.top() + line, column)),
    }
}

pub(in crate::tui) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    grid: &Grid,
    sheet: &Worksheet,
    theme: Theme,
) {
    let height = rows_in(area);
    let shown = shown(grid, sheet, height);
    let placement = place(grid, area, &shown);
    draw_titles(frame, area, grid, &placement, theme);
    let range = grid.open_range();
    for (line, at) in shown.iter().zip(grid.top()..) {
        let y = area.y + 1 + u16::try_from(at - grid.top()).unwrap_or(u16::MAX);
        let place = Rect::new(area.x, y, area.width, 1);
        let canvas = Canvas {
            place,
            grid,
            sheet,
            theme,
            cursor: at == grid.cursor(),
        };
        match line {
            Shown::Row(row) => {
                let in_range = range.as_ref().is_some_and(|range| {
                    let place = grid.lines().place(row.row);
                    place.is_some_and(|place| range.contains(&place))
                });
                draw_row(frame, &canvas, row, &placement.placed, in_range);
            }
            Shown::Group(group) => draw_group(frame, &canvas, *group),
        }
    }
    draw_scrollbar(frame, area, grid, height);
}

fn draw_titles(
    frame: &mut Frame<'_>,
    area: Rect,
    grid: &Grid,
    placement: &Placement,
    theme: Theme,
) {
    let sort = &grid.look.sort;
    for place in &placement.placed {
        let order = sort.iter().position(|key| key.column == place.column.key);
        let arrow = order.map_or(String::new(), |at| {
            let direction = if sort[at].descending { '▼' } else { '▲' };
            if sort.len() > 1 {
                format!("{direction}{}", at + 1)
            } else {
                direction.to_string()
            }
        });
        let mut style = theme.style(Role::Heading);
        if place.column.key == grid.column() {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        let title = Line::from(vec![
            Span::styled(place.column.title, style),
            Span::raw(arrow),
        ]);
        put(frame, area, place, area.y, &title);
    }
    // That there is more to the sides is seen without trying.
    let sign = |sign: &'static str| Line::styled(sign, theme.style(Role::Key));
    let buffer = frame.buffer_mut();
    if placement.left > 0 {
        buffer.set_line(area.x + GUTTER - 1, area.y, &sign("‹"), 1);
    }
    if placement.right > 0 && area.width > GUTTER {
        buffer.set_line(area.right() - 1, area.y, &sign("›"), 1);
    }
}

/// Whether a row is marked, or would be by the range that is being drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowMark {
    None,
    InRange,
    Marked,
}

/// Where a line is drawn, and from what.
struct Canvas<'a> {
    place: Rect,
    grid: &'a Grid,
    sheet: &'a Worksheet,
    theme: Theme,
    cursor: bool,
}

impl Canvas<'_> {
    fn gutter(&self, frame: &mut Frame<'_>, mark: &'static str) {
        let cursor = if self.cursor { ">" } else { " " };
        let gutter = Line::from(vec![
            Span::styled(cursor, self.theme.style(Role::Key)),
            Span::styled(mark, self.theme.style(Role::Marked)),
        ]);
        let place = self.place;
        frame
            .buffer_mut()
            .set_line(place.x, place.y, &gutter, GUTTER);
    }
}

fn draw_row(
    frame: &mut Frame<'_>,
    canvas: &Canvas<'_>,
    shown: &ShownRow,
    placed: &[Placed],
    in_range: bool,
) {
    let Canvas { grid, theme, .. } = *canvas;
    let mark = match in_range {
        _ if grid.is_marked(shown.row) => RowMark::Marked,
        true => RowMark::InRange,
        false => RowMark::None,
    };
    let mut base = Style::new();
    if mark != RowMark::None {
        base = base.patch(theme.style(Role::Marked));
    }
    if grid.is_match(shown.row) {
        base = base.add_modifier(Modifier::UNDERLINED);
    }
    if canvas.cursor {
        base = base.add_modifier(Modifier::BOLD);
    }
    canvas.gutter(
        frame,
        match mark {
            RowMark::Marked => "●",
            RowMark::InRange => "○",
            RowMark::None => " ",
        },
    );
    for place in placed {
        let key = place.column.key;
        let at_cursor = canvas.cursor && key == grid.column();
        let mut style = base.patch(cell_style(key, canvas, shown.row));
        if at_cursor {
            style = style.patch(theme.style(Role::CursorCell));
        }
        let mut spans = cell_spans(canvas, shown, place);
        let used: usize = spans.iter().map(Span::width).sum();
        if at_cursor {
            spans.push(Span::raw(" ".repeat(place.width.saturating_sub(used))));
        }
        let spans = cell::with_style(spans, style);
        put(
            frame,
            canvas.place,
            place,
            canvas.place.y,
            &Line::from(spans),
        );
    }
}

fn cell_spans(canvas: &Canvas<'_>, shown: &ShownRow, place: &Placed) -> Vec<Span<'static>> {
    let (width, theme) = (place.width, canvas.theme);
    let raw = shown.cell(place.column.key);
    match place.column.key {
        SortColumn::Value => cell::fit_change(raw, shown.cell(SortColumn::Update), width, theme),
        SortColumn::Update if raw.is_empty() => cell::fit(shown.instead, width, Cut::End, theme),
        SortColumn::Update => cell::fit_value(raw, width, theme),
        _ => cell::fit(raw, width, place.column.cut, theme),
    }
}

/// A heading: whether the group is open, what its rows have in common, how many
/// there are and how many of them are marked.
fn draw_group(frame: &mut Frame<'_>, canvas: &Canvas<'_>, group: usize) {
    let Canvas { grid, theme, .. } = *canvas;
    let lines = grid.lines();
    let span = lines.span(group);
    let marks = grid.marks_in(group);
    canvas.gutter(
        frame,
        match marks {
            0 => " ",
            _ if marks == span.len() => "●",
            _ => "○",
        },
    );
    let sign = if lines.is_open(group) { "▾ " } else { "▸ " };
    let mut rows = format!("  {}", count(span.len(), "row", "rows"));
    if marks > 0 {
        rows = format!("{rows}, {marks} marked");
    }
    let mut style = theme.style(Role::Heading);
    if canvas.cursor {
        style = style.patch(theme.style(Role::CursorCell));
    }
    let label = match (
        lines.grouping(),
        lines.key(group),
        grid.order().get(span.start),
    ) {
        (Some(by), Some(key), Some(row)) => canvas.sheet.group_label(by, key, *row),
        _ => String::new(),
    };
    let room = inner_width(canvas.place);
    let room = room.saturating_sub(rows.len() + 2);
    let mut spans = vec![Span::raw(sign)];
    let cut = match lines.grouping() {
        Some(Grouping::Container | Grouping::Entry) => Cut::Middle,
        _ => Cut::End,
    };
    spans.extend(cell::fit(&label, room, cut, theme));
    let mut spans = cell::with_style(spans, style);
    spans.push(Span::styled(rows, theme.style(Role::Muted)));
    let (x, y) = (canvas.place.x + GUTTER, canvas.place.y);
    let width = canvas.place.width.saturating_sub(GUTTER + 1);
    frame.buffer_mut().set_line(x, y, &Line::from(spans), width);
}

fn cell_style(column: SortColumn, canvas: &Canvas<'_>, row: RowId) -> Style {
    let (sheet, theme) = (canvas.sheet, canvas.theme);
    let action = sheet.action(row);
    match column {
        SortColumn::Severity => theme.severity(sheet.severity(row)),
        SortColumn::State => match (sheet.state(row), action) {
            (RowState::Open, Action::None) | (RowState::RolledBack | RowState::Accepted(_), _) => {
                theme.style(Role::Muted)
            }
            (RowState::Open, _) => theme.style(Role::Staged),
            (RowState::Done | RowState::NotNeeded, _) => theme.style(Role::Added),
            (RowState::Failed(_), _) => theme.style(Role::Removed),
            (RowState::Conflict(_) | RowState::InDoubt(_), _) => theme.style(Role::Warning),
        },
        // A proposal that nobody has taken yet is fainter than a decision.
        SortColumn::Update | SortColumn::Action if action == Action::None => {
            theme.style(Role::Muted)
        }
        SortColumn::Update => theme.style(Role::Added),
        SortColumn::Container
        | SortColumn::Rule
        | SortColumn::Domain
        | SortColumn::Proposed
        | SortColumn::Dn => theme.style(Role::Muted),
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
    if grid.lines().len() <= height {
        return;
    }
    let mut state = ScrollbarState::new(grid.lines().len().saturating_sub(height))
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
