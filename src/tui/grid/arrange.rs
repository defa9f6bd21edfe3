//! Orders that are worked out beside the interface.
//!
//! The grid says what it wants; a small sheet is put in order at once, a large
//! one by the loop on another thread, while the old order stays on the screen.
//! Of several requests for the same thing only the latest counts.

use std::sync::atomic::AtomicBool;

use super::{Grid, index};
use crate::worksheet::{Arrangement, RowFilter, RowId, SortKey, Worksheet};

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
}

/// An order to be worked out on another thread.
#[derive(Debug)]
pub struct Arranging {
    number: u64,
    pub(in crate::tui) purpose: Purpose,
    arrangement: Arrangement,
}

impl Arranging {
    /// Works the order out; nothing comes of it when `stop` is set meanwhile.
    pub fn carry_out(self, stop: &AtomicBool) -> Option<Arranged> {
        Some(Arranged {
            number: self.number,
            purpose: self.purpose,
            rows: self.arrangement.carry_out(stop)?,
        })
    }
}

/// An order that was worked out.
#[derive(Debug)]
pub struct Arranged {
    number: u64,
    pub(in crate::tui) purpose: Purpose,
    rows: Vec<RowId>,
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

impl Grid {
    /// Whether what is on the screen is not yet what was asked for.
    pub(in crate::tui) fn is_waiting(&self) -> bool {
        self.rows_wanted.is_open() || self.search_wanted.is_open()
    }

    /// What has to be worked out now; `numbers` counts the requests.
    pub(in crate::tui) fn requests(
        &mut self,
        sheet: &Worksheet,
        numbers: &mut u64,
    ) -> Vec<Arranging> {
        let all = RowFilter::default();
        let filter = self.filter.as_ref().map_or(&all, |filter| &filter.rows);
        let searched = self.search.as_ref().map_or(&all, |search| &search.rows);
        let mut requests = Vec::new();
        let mut request = |wanted: &mut Wanted, purpose, filter: &RowFilter, sort: &[SortKey]| {
            if std::mem::take(&mut wanted.stale) {
                *numbers += 1;
                wanted.number = Some(*numbers);
                requests.push(Arranging {
                    number: *numbers,
                    purpose,
                    arrangement: sheet.arrangement(filter, sort),
                });
            }
        };
        request(&mut self.rows_wanted, Purpose::Rows, filter, &self.sort);
        request(&mut self.search_wanted, Purpose::Search, searched, &[]);
        requests
    }

    /// Takes an order over; `false` if another one was asked for since. The
    /// cursor stays on its row if it is still there.
    pub(in crate::tui) fn take_over(&mut self, done: Arranged) -> bool {
        let wanted = match done.purpose {
            Purpose::Rows => &mut self.rows_wanted,
            Purpose::Search => &mut self.search_wanted,
        };
        if wanted.number != Some(done.number) {
            return false;
        }
        wanted.number = None;
        match done.purpose {
            Purpose::Rows => {
                let held = self.current();
                self.order = done.rows;
                self.cursor = held
                    .and_then(|row| self.order.iter().position(|other| *other == row))
                    .unwrap_or(self.cursor)
                    .min(self.order.len().saturating_sub(1));
            }
            Purpose::Search => {
                if let Some(search) = &mut self.search {
                    search.found.fill(false);
                    for row in done.rows {
                        if let Some(hit) = search.found.get_mut(index(row)) {
                            *hit = true;
                        }
                    }
                }
            }
        }
        true
    }

    /// Whether a sheet is put in order without another thread.
    pub(in crate::tui) fn is_quick(sheet: &Worksheet) -> bool {
        sheet.len() <= AT_ONCE
    }
}
