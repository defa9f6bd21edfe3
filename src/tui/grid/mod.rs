//! The grid of findings: which rows are shown in which order, where the cursor
//! is, and what is marked.
//!
//! The order is a list of row ids; only rows on the screen are ever turned into
//! text. Cursor and marks hold on to rows, not to places, so they survive
//! filter, sort and groups. It changes no decision: that is the worksheet's.

mod arrange;
pub(super) mod columns;
pub(super) mod detail;
pub(super) mod layout;
mod lines;
mod marks;
mod rows;
pub(super) mod state;
pub(super) mod view;

pub(super) use arrange::Purpose;
use arrange::Wanted;
pub use arrange::{Arranged, Arranging};
use layout::Layout;
pub(super) use lines::Line;
use lines::{Folding, Lines};
use marks::Anchor;
pub(super) use marks::Targets;
use rows::RowSet;

use crate::worksheet::{FilterError, Grouping, RowFilter, RowId, SortColumn, SortKey, Worksheet};

/// How the detail pane is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Beside,
    Alone,
    Hidden,
}

/// What the detail pane shows of the row under the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// What is wrong, what is proposed, where the rules come from.
    Finding,
    /// Who holds the value.
    Holders,
    /// All attributes of the entry.
    Entry,
}

/// A filter in force.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) text: String,
    rows: RowFilter,
}

/// A search: like a filter, but it hides nothing.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) text: String,
    rows: RowFilter,
    found: RowSet,
}

/// Where to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    By(isize),
    First,
    Last,
}

/// How somebody wants to see the rows: kept when the directory is read again.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) layout: Layout,
    pub(super) filter: Option<Filter>,
    pub(super) sort: Vec<SortKey>,
    pub(super) grouping: Option<Grouping>,
    pub(super) folding: Folding,
    pub(super) detail: Detail,
    pub(super) page: Page,
    pub(super) column: SortColumn,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            filter: None,
            sort: vec![SortKey {
                column: SortColumn::Severity,
                descending: false,
            }],
            grouping: None,
            folding: Folding::default(),
            detail: Detail::Beside,
            page: Page::Finding,
            column: SortColumn::Name,
        }
    }
}

/// The state of the grid.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) look: Look,
    lines: Lines,
    /// How many rows the sheet has.
    all: usize,
    cursor: usize,
    top: usize,
    /// The row that the cursor goes to when the lines come.
    held: Option<RowId>,
    marked: RowSet,
    anchor: Option<Anchor>,
    pub(super) search: Option<Search>,
    /// What is to be marked when it is found.
    mark: Option<RowFilter>,
    pub(super) detail_top: usize,
    rows_wanted: Wanted,
    search_wanted: Wanted,
    mark_wanted: Wanted,
    /// Whether somebody waits to hear what came of the filter.
    pub(super) filter_asked: bool,
}

impl Grid {
    pub(super) fn new(sheet: &Worksheet) -> Self {
        let mut grid = Self {
            look: Look::default(),
            lines: Lines::default(),
            all: sheet.len(),
            cursor: 0,
            top: 0,
            held: None,
            marked: RowSet::new(sheet.len()),
            anchor: None,
            search: None,
            mark: None,
            detail_top: 0,
            rows_wanted: Wanted::default(),
            search_wanted: Wanted::default(),
            mark_wanted: Wanted::default(),
            filter_asked: false,
        };
        grid.refresh();
        grid
    }

    /// Goes on with another sheet, on which each row is where `rows` says. Cursor,
    /// marks, filter, groups and sort stay; the cursor of a row that is gone goes
    /// to the next one that is left, else to the last one before it.
    pub(super) fn carry_over(&mut self, sheet: &Worksheet, rows: &[Option<RowId>]) {
        let moved = |row: &RowId| rows.get(row.0 as usize).copied().flatten();
        let marked: Vec<RowId> = self.marked.rows().iter().filter_map(moved).collect();
        let shown = self.lines.rows();
        let (before, behind) = shown.split_at(self.place().min(shown.len()));
        let held = behind.iter().find_map(moved);
        self.held = held.or_else(|| before.iter().rev().find_map(moved));
        self.all = sheet.len();
        self.marked = RowSet::of(&marked, sheet.len());
        self.anchor = None;
        self.lines = Lines::default();
        if let Some(search) = &mut self.search {
            search.found = RowSet::new(sheet.len());
            self.search_wanted.ask();
        }
        self.refresh();
    }

    /// Rows that the filter shows, those of closed groups too.
    pub(super) fn order(&self) -> &[RowId] {
        self.lines.rows()
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The line of the cursor.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn top(&self) -> usize {
        self.top
    }

    pub(super) fn column(&self) -> SortColumn {
        self.look.column
    }

    /// What stands under the cursor, if there is any row.
    pub(super) fn line(&self) -> Option<Line> {
        self.lines.at(self.cursor)
    }

    /// The row under the cursor; none where that is the heading of a group.
    pub(super) fn current(&self) -> Option<RowId> {
        match self.line()? {
            Line::Row(row) => Some(row),
            Line::Group(_) => None,
        }
    }

    /// The place of the cursor among the rows: of a group its first row.
    pub(super) fn place(&self) -> usize {
        match self.line() {
            Some(Line::Row(row)) => self.lines.place(row).unwrap_or_default(),
            Some(Line::Group(group)) => self.lines.span(group).start,
            None => 0,
        }
    }

    /// Asks for filter and sort again.
    pub(super) fn refresh(&mut self) {
        self.rows_wanted.ask();
    }

    /// Asks again for what decisions can change.
    pub(super) fn decided(&mut self) {
        let all = RowFilter::default();
        let filter = self
            .look
            .filter
            .as_ref()
            .map_or(&all, |filter| &filter.rows);
        if Worksheet::depends_on_decisions(filter, &self.look.sort) {
            self.rows_wanted.ask();
        }
        if let Some(search) = &self.search
            && Worksheet::depends_on_decisions(&search.rows, &[])
        {
            self.search_wanted.ask();
        }
    }

    pub(super) fn set_filter(&mut self, text: &str) -> Result<(), FilterError> {
        self.look.filter = if text.trim().is_empty() {
            None
        } else {
            Some(Filter {
                text: text.to_owned(),
                rows: RowFilter::parse(text)?,
            })
        };
        self.filter_asked = true;
        self.refresh();
        Ok(())
    }

    /// Sets what is searched for; an empty text ends the search.
    pub(super) fn set_search(&mut self, text: &str) -> Result<(), FilterError> {
        self.drop_search();
        if !text.trim().is_empty() {
            self.search = Some(Search {
                text: text.to_owned(),
                rows: RowFilter::parse(text)?,
                found: RowSet::new(self.all),
            });
            self.search_wanted.ask();
        }
        Ok(())
    }

    /// Ends the search; `false` if there is none.
    pub(super) fn drop_search(&mut self) -> bool {
        self.search_wanted.drop();
        self.search.take().is_some()
    }

    /// Goes to the first match at or below the cursor.
    pub(super) fn go_to_match(&mut self) {
        if !self.current().is_some_and(|row| self.is_match(row)) {
            self.find(true);
        }
    }

    pub(super) fn is_match(&self, row: RowId) -> bool {
        let search = self.search.as_ref();
        search.is_some_and(|search| search.found.contains(row))
    }

    /// How many of the shown rows match the search.
    pub(super) fn matches(&self) -> usize {
        let search = self.search.as_ref();
        search.map_or(0, |search| search.found.shared_with(self.lines.shown()))
    }

    /// Goes to the next match, or the one before, around the end; `false` if
    /// there is none. Opens the group that it is in.
    pub(super) fn find(&mut self, forward: bool) -> bool {
        if self.matches() == 0 {
            return false;
        }
        let rows = self.lines.rows();
        let is_match = |place: &usize| rows.get(*place).is_some_and(|row| self.is_match(*row));
        let here = self.place();
        // On a heading the first row of the group has not been passed yet.
        let on = here + usize::from(self.current().is_some());
        let hit = if forward {
            (on..rows.len()).chain(0..on).find(is_match)
        } else {
            let after = (here..rows.len()).rev();
            (0..here).rev().chain(after).find(is_match)
        };
        if let Some(place) = hit {
            self.go_to_place(place);
        }
        hit.is_some()
    }

    /// Goes to the row at a place and opens the group that it is in.
    fn go_to_place(&mut self, place: usize) {
        if let Some(group) = self.lines.group_of(place)
            && !self.lines.is_open(group)
        {
            self.fold(group);
        }
        self.go_to(self.lines.line_of(place));
    }

    /// Sorts by the column under the cursor, or turns its direction. With `add` the
    /// other keys stay and come first.
    pub(super) fn sort_by_column(&mut self, add: bool) {
        let column = self.look.column;
        let sort = &mut self.look.sort;
        let place = sort.iter().position(|key| key.column == column);
        let key = |descending| SortKey { column, descending };
        match (place, add) {
            (Some(at), true) => sort[at].descending ^= true,
            (None, true) => sort.push(key(false)),
            (Some(at), false) => *sort = vec![key(!sort[at].descending)],
            (None, false) => *sort = vec![key(false)],
        }
        self.refresh();
    }

    /// Puts the rows in groups, which are closed at first, or in none.
    pub(super) fn group_by(&mut self, grouping: Option<Grouping>) {
        if self.look.grouping != grouping {
            self.look.grouping = grouping;
            self.look.folding = Folding::default();
            self.refresh();
        }
    }

    /// Opens or closes the group that the cursor is in; `false` if it is in none.
    pub(super) fn toggle_group(&mut self) -> bool {
        let group = match self.line() {
            Some(Line::Group(group)) => Some(group),
            Some(Line::Row(_)) => self.lines.group_of(self.place()),
            None => None,
        };
        if let Some(group) = group {
            self.fold(group);
            self.go_to(self.lines.heading(group));
        }
        group.is_some()
    }

    fn fold(&mut self, group: usize) {
        if let Some(key) = self.lines.key(group) {
            let others = &mut self.look.folding.others;
            if !others.remove(&key) {
                others.insert(key);
            }
            self.lines.fold(&self.look.folding);
        }
    }

    /// Opens all groups, or closes all of them if they are open.
    pub(super) fn toggle_groups(&mut self) -> bool {
        if !self.lines.is_grouped() {
            return false;
        }
        let (line, place) = (self.line(), self.place());
        self.look.folding = Folding {
            open: !self.look.folding.open,
            ..Folding::default()
        };
        self.lines.fold(&self.look.folding);
        self.go_to(match line {
            Some(Line::Group(group)) => self.lines.heading(group),
            _ => self.lines.line_of(place),
        });
        true
    }

    /// Goes to the heading of the next group, or of this one or the one before.
    pub(super) fn step_group(&mut self, forward: bool) -> bool {
        let Some(group) = self.lines.group_of(self.place()) else {
            return false;
        };
        let on_heading = matches!(self.line(), Some(Line::Group(_)));
        let to = match (forward, on_heading) {
            (true, _) => (group + 1).min(self.lines.groups() - 1),
            (false, true) => group.saturating_sub(1),
            (false, false) => group,
        };
        self.go_to(self.lines.heading(to));
        true
    }

    /// Moves the cursor; the mark of a range follows when it is applied.
    pub(super) fn step(&mut self, step: Step) {
        let last = self.lines.len().saturating_sub(1);
        self.go_to(match step {
            Step::By(rows) => self.cursor.saturating_add_signed(rows).min(last),
            Step::First => 0,
            Step::Last => last,
        });
    }

    /// Moves the cursor to a line of the screen, if something stands there.
    pub(super) fn go_to_line(&mut self, line: usize) -> bool {
        let there = line < self.lines.len();
        if there {
            self.go_to(line);
        }
        there
    }

    fn go_to(&mut self, at: usize) {
        if at != self.cursor {
            self.cursor = at;
            self.detail_top = 0;
        }
    }

    /// Moves the window so that the cursor is in it.
    pub(super) fn keep_in_view(&mut self, height: usize) {
        let height = height.max(1);
        let lowest = self.lines.len().saturating_sub(height);
        self.top = self
            .top
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min(lowest);
    }

    /// Goes a column to the left or right in the order in which they are shown.
    pub(super) fn step_column(&mut self, shown: &[SortColumn], step: Step) {
        let last = shown.len().saturating_sub(1);
        let at = shown.iter().position(|column| *column == self.look.column);
        let to = match step {
            Step::By(columns) => at.unwrap_or(0).saturating_add_signed(columns).min(last),
            Step::First => 0,
            Step::Last => last,
        };
        if let Some(column) = shown.get(to) {
            self.look.column = *column;
        }
    }
}
