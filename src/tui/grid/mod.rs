//! The grid of findings: which rows are shown in which order, where the cursor
//! is, and what is marked.
//!
//! The order is a list of row ids; only rows on the screen are ever turned into
//! text. Cursor and marks hold on to rows, not to places, so they survive
//! filter and sort. It changes no decision: that is the worksheet's.

mod arrange;
pub(super) mod columns;
pub(super) mod detail;
pub(super) mod state;
pub(super) mod view;

pub(super) use arrange::Purpose;
use arrange::Wanted;
pub use arrange::{Arranged, Arranging};
use columns::COLUMNS;

use crate::worksheet::{FilterError, RowFilter, RowId, SortColumn, SortKey, Worksheet};

/// How the detail pane is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Beside,
    Alone,
    Hidden,
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
    /// By row id.
    found: Vec<bool>,
}

/// Where to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    By(isize),
    First,
    Last,
}

/// The state of the grid.
#[derive(Debug)]
pub(super) struct Grid {
    order: Vec<RowId>,
    cursor: usize,
    top: usize,
    pub(super) column: SortColumn,
    marked: Vec<bool>,
    marks: usize,
    anchor: Option<RowId>,
    pub(super) filter: Option<Filter>,
    pub(super) sort: Vec<SortKey>,
    pub(super) search: Option<Search>,
    pub(super) detail: Detail,
    pub(super) detail_top: usize,
    rows_wanted: Wanted,
    search_wanted: Wanted,
    /// Whether somebody waits to hear what came of the filter.
    pub(super) filter_asked: bool,
}

impl Grid {
    pub(super) fn new(sheet: &Worksheet) -> Self {
        let mut grid = Self {
            order: Vec::new(),
            cursor: 0,
            top: 0,
            column: SortColumn::Name,
            marked: vec![false; sheet.len()],
            marks: 0,
            anchor: None,
            filter: None,
            sort: vec![SortKey {
                column: SortColumn::Severity,
                descending: false,
            }],
            search: None,
            detail: Detail::Beside,
            detail_top: 0,
            rows_wanted: Wanted::default(),
            search_wanted: Wanted::default(),
            filter_asked: false,
        };
        grid.refresh();
        grid
    }

    /// Goes on with another sheet, on which each row is where `rows` says. Cursor,
    /// marks, filter and sort stay; the cursor of a row that is gone goes to the
    /// next one that is left.
    pub(super) fn carry_over(&mut self, sheet: &Worksheet, rows: &[Option<RowId>]) {
        let moved = |row: &RowId| rows.get(index(*row)).copied().flatten();
        let mut marked = vec![false; sheet.len()];
        for row in self.marked_rows().iter().filter_map(moved) {
            marked[index(row)] = true;
        }
        self.marks = marked.iter().filter(|marked| **marked).count();
        self.marked = marked;
        self.anchor = None;
        let before = self.order.get(..self.cursor).unwrap_or_default();
        self.cursor = before.iter().filter_map(moved).count();
        self.order = self.order.iter().filter_map(moved).collect();
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        if let Some(search) = &mut self.search {
            search.found = vec![false; sheet.len()];
            self.search_wanted.ask();
        }
        self.refresh();
    }

    /// Rows that the filter shows.
    pub(super) fn order(&self) -> &[RowId] {
        &self.order
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn top(&self) -> usize {
        self.top
    }

    /// The row under the cursor, if there is any row.
    pub(super) fn current(&self) -> Option<RowId> {
        self.order.get(self.cursor).copied()
    }

    pub(super) fn is_marked(&self, row: RowId) -> bool {
        self.marked.get(index(row)).copied().unwrap_or(false)
    }

    pub(super) fn marks(&self) -> usize {
        self.marks
    }

    /// Rows that are marked, hidden ones too, in row order.
    pub(super) fn marked_rows(&self) -> Vec<RowId> {
        self.marked
            .iter()
            .zip(0..)
            .filter(|(marked, _)| **marked)
            .map(|(_, row)| RowId(row))
            .collect()
    }

    /// How many marked rows the filter hides.
    pub(super) fn hidden_marks(&self) -> usize {
        self.marks
            - self
                .order
                .iter()
                .filter(|row| self.is_marked(**row))
                .count()
    }

    /// What an action goes to: the marked rows, else the row under the cursor.
    pub(super) fn targets(&self) -> Vec<RowId> {
        if self.marks > 0 {
            self.marked_rows()
        } else {
            self.current().into_iter().collect()
        }
    }

    /// Asks for filter and sort again.
    pub(super) fn refresh(&mut self) {
        self.rows_wanted.ask();
    }

    /// Asks again for what decisions can change.
    pub(super) fn decided(&mut self) {
        let all = RowFilter::default();
        let filter = self.filter.as_ref().map_or(&all, |filter| &filter.rows);
        if Worksheet::depends_on_decisions(filter, &self.sort) {
            self.rows_wanted.ask();
        }
        if let Some(search) = &self.search
            && Worksheet::depends_on_decisions(&search.rows, &[])
        {
            self.search_wanted.ask();
        }
    }

    pub(super) fn set_filter(&mut self, text: &str) -> Result<(), FilterError> {
        self.filter = if text.trim().is_empty() {
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
    pub(super) fn set_search(&mut self, rows: usize, text: &str) -> Result<(), FilterError> {
        self.drop_search();
        if !text.trim().is_empty() {
            self.search = Some(Search {
                text: text.to_owned(),
                rows: RowFilter::parse(text)?,
                found: vec![false; rows],
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
        self.search
            .as_ref()
            .and_then(|search| search.found.get(index(row)))
            .copied()
            .unwrap_or(false)
    }

    /// How many of the shown rows match the search.
    pub(super) fn matches(&self) -> usize {
        self.order.iter().filter(|row| self.is_match(**row)).count()
    }

    /// Goes to the next match, or the one before, around the end; `false` if there is none.
    pub(super) fn find(&mut self, forward: bool) -> bool {
        let len = self.order.len();
        let hit = (1..=len)
            .map(|step| {
                if forward {
                    (self.cursor + step) % len
                } else {
                    (self.cursor + len - step) % len
                }
            })
            .find(|at| self.order.get(*at).is_some_and(|row| self.is_match(*row)));
        if let Some(at) = hit {
            self.go_to(at);
        }
        hit.is_some()
    }

    /// Sorts by the column under the cursor, or turns its direction. With `add` the
    /// other keys stay and come first.
    pub(super) fn sort_by_column(&mut self, add: bool) {
        let place = self.sort.iter().position(|key| key.column == self.column);
        let key = |descending| SortKey {
            column: self.column,
            descending,
        };
        match (place, add) {
            (Some(at), true) => self.sort[at].descending ^= true,
            (None, true) => self.sort.push(key(false)),
            (Some(at), false) => self.sort = vec![key(!self.sort[at].descending)],
            (None, false) => self.sort = vec![key(false)],
        }
        self.refresh();
    }

    /// Moves the cursor; the mark of a range follows when it is applied.
    pub(super) fn step(&mut self, step: Step) {
        let last = self.order.len().saturating_sub(1);
        self.go_to(match step {
            Step::By(rows) => self.cursor.saturating_add_signed(rows).min(last),
            Step::First => 0,
            Step::Last => last,
        });
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
        let lowest = self.order.len().saturating_sub(height);
        self.top = self
            .top
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min(lowest);
    }

    /// Goes a column to the left or right in the order in which they are shown.
    pub(super) fn step_column(&mut self, shown: &[SortColumn], step: Step) {
        let last = shown.len().saturating_sub(1);
        let at = shown
            .iter()
            .position(|column| *column == self.column)
            .unwrap_or(0);
        let to = match step {
            Step::By(columns) => at.saturating_add_signed(columns).min(last),
            Step::First => 0,
            Step::Last => last,
        };
        self.column = shown.get(to).copied().unwrap_or(COLUMNS[0].key);
    }

    pub(super) fn set_mark(&mut self, row: RowId, marked: bool) {
        if let Some(mark) = self.marked.get_mut(index(row))
            && *mark != marked
        {
            *mark = marked;
            self.marks = if marked {
                self.marks + 1
            } else {
                self.marks - 1
            };
        }
    }

    pub(super) fn mark_all(&mut self, rows: std::ops::Range<usize>) {
        for at in rows {
            if let Some(row) = self.order.get(at).copied() {
                self.set_mark(row, true);
            }
        }
    }

    pub(super) fn clear_marks(&mut self) {
        self.marked.fill(false);
        self.marks = 0;
        self.anchor = None;
    }

    /// Begins a range at the cursor, or marks from where it began to here.
    pub(super) fn range(&mut self) {
        match self.anchor_place() {
            Some(from) => {
                self.mark_all(from.min(self.cursor)..from.max(self.cursor) + 1);
                self.anchor = None;
            }
            None => self.anchor = self.current(),
        }
    }

    /// Gives a begun range up; `false` if there is none.
    pub(super) fn drop_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    fn anchor_place(&self) -> Option<usize> {
        let anchor = self.anchor?;
        self.order.iter().position(|row| *row == anchor)
    }

    /// The places of a range that is being drawn.
    pub(super) fn open_range(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let from = self.anchor_place()?;
        Some(from.min(self.cursor)..=from.max(self.cursor))
    }
}

fn index(row: RowId) -> usize {
    usize::try_from(row.0).unwrap_or(usize::MAX)
}
