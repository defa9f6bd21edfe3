//! Orders that are worked out beside the interface.
//!
//! The grid says what it wants; a small sheet is put in order at once, a large
//! one by the loop on another thread, while the old order stays on the screen.
//! Of several requests for the same thing only the latest counts. Whatever
//! takes time by the rows is done there, so that to take an order over does not.

use std::sync::atomic::AtomicBool;

use super::lines::Lines;
use super::rows::RowSet;
use super::{Grid, Line};
use crate::worksheet::{Arrangement, Grouping, RowFilter, RowId, SortKey, Worksheet};

/// Sheets of up to so many rows are put in order at once: it takes no longer
/// than a frame. Tests do not need as many to see the difference.
const AT_ONCE: usize = if cfg!(test) { 502 } else { 20_000 };

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Purpose {
    /// The rows that are shown.
    Rows,
    /// The rows that a search finds.
    Search,
    /// Rows that are to be marked.
    Mark,
}

/// An order to be worked out on another thread.
#[derive(Debug)]
pub struct Arranging {
    number: u64,
    pub(in crate::tui) purpose: Purpose,
    arrangement: Arrangement,
    grouping: Option<Grouping>,
}

impl Arranging {
    /// Works the order out; nothing comes of it when `stop` is set meanwhile.
    pub fn carry_out(self, stop: &AtomicBool) -> Option<Arranged> {
        let all = self.arrangement.rows();
        let order = self.arrangement.carry_out(stop)?;
        Some(Arranged {
            number: self.number,
            purpose: self.purpose,
            found: match self.purpose {
                Purpose::Rows => Found::Lines(Lines::new(order, all, self.grouping)),
                Purpose::Search | Purpose::Mark => Found::Rows(RowSet::of(&order.rows, all)),
            },
        })
    }
}

/// An order that was worked out.
#[derive(Debug)]
pub struct Arranged {
    number: u64,
    pub(in crate::tui) purpose: Purpose,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Lines(Lines),
    Rows(RowSet),
}

/// What the grid wants to know.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// It is out of date.
    stale: bool,
    /// The request that is being worked on.
    number: Option<u64>,
}

impl Wanted {
    pub(super) fn ask(&mut self) {
        self.stale = true;
    }

    pub(super) fn drop(&mut self) {
        *self = Self::default();
    }

    fn is_open(&self) -> bool {
        self.stale || self.number.is_some()
    }
}

/// What the cursor holds on to.
enum Held {
    Row(RowId),
    /// A group, and its first row for when there is no such group any more.
    Group(u32, Option<RowId>),
}

impl Grid {
    /// Whether what is on the screen is not yet what was asked for.
    pub(in crate::tui) fn is_waiting(&self) -> bool {
        self.rows_wanted.is_open() || self.search_wanted.is_open() || self.mark_wanted.is_open()
    }

    /// What has to be worked out now; `numbers` counts the requests.
    pub(in crate::tui) fn requests(
        &mut self,
        sheet: &Worksheet,
        numbers: &mut u64,
    ) -> Vec<Arranging> {
        let all = RowFilter::default();
        let look = &self.look;
        let filter = look.filter.as_ref().map_or(&all, |filter| &filter.rows);
        let searched = self.search.as_ref().map_or(&all, |search| &search.rows);
        let mut requests = Vec::new();
        let mut request = |wanted: &mut Wanted, purpose, filter: &RowFilter, sort: &[SortKey]| {
            if std::mem::take(&mut wanted.stale) {
                *numbers += 1;
                wanted.number = Some(*numbers);
                let grouping = match purpose {
                    Purpose::Rows => look.grouping,
                    Purpose::Search | Purpose::Mark => None,
                };
                let arrangement = sheet.arrangement(filter, sort).grouped(grouping);
                requests.push(Arranging {
                    number: *numbers,
                    purpose,
                    arrangement,
                    grouping,
                });
            }
        };
        request(&mut self.rows_wanted, Purpose::Rows, filter, &look.sort);
        request(&mut self.search_wanted, Purpose::Search, searched, &[]);
        let marked = self
            .mark
            .as_ref()
            .map_or(all.clone(), |mark| filter.and(mark));
        request(&mut self.mark_wanted, Purpose::Mark, &marked, &[]);
        requests
    }

    /// Takes an order over; `None` if another one was asked for since, else how
    /// many rows were found. The cursor stays on its row if it is still there.
    pub(in crate::tui) fn take_over(&mut self, done: Arranged) -> Option<usize> {
        let wanted = match done.purpose {
            Purpose::Rows => &mut self.rows_wanted,
            Purpose::Search => &mut self.search_wanted,
            Purpose::Mark => &mut self.mark_wanted,
        };
        if wanted.number != Some(done.number) {
            return None;
        }
        wanted.number = None;
        Some(match (done.purpose, done.found) {
            (_, Found::Lines(lines)) => {
                self.take_lines(lines);
                self.order().len()
            }
            (Purpose::Mark, Found::Rows(found)) => {
                self.mark = None;
                self.mark_found(&found)
            }
            (_, Found::Rows(found)) => {
                if let Some(search) = &mut self.search {
                    search.found = found;
                }
                self.matches()
            }
        })
    }

    fn take_lines(&mut self, mut lines: Lines) {
        let held = match self.line() {
            Some(Line::Row(row)) => Some(Held::Row(row)),
            Some(Line::Group(group)) => {
                let first = self.order().get(self.lines.span(group).start);
                let key = self.lines.key(group);
                key.map(|key| Held::Group(key, first.copied()))
            }
            None => self.held.map(Held::Row),
        };
        self.held = None;
        lines.fold(&self.look.folding);
        let line_of = |row: RowId| lines.place(row).map(|place| lines.line_of(place));
        let line = match held {
            Some(Held::Row(row)) => line_of(row),
            Some(Held::Group(key, _)) if lines.grouping() == self.lines.grouping() => {
                lines.group(key).map(|group| lines.heading(group))
            }
            Some(Held::Group(_, first)) => first.and_then(line_of),
            None => None,
        };
        let last = lines.len().saturating_sub(1);
        self.cursor = line.unwrap_or(self.cursor).min(last);
        self.lines = lines;
    }

    /// Whether a sheet is put in order without another thread.
    pub(in crate::tui) fn is_quick(sheet: &Worksheet) -> bool {
        sheet.len() <= AT_ONCE
    }
}
