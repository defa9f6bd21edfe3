//! Orders that the grid asked for, and keys that wait for them.
//!
//! A key that acts on rows is meant for the rows that were asked for last, so
//! it waits until they are on the screen; everything else is answered at once.
//! Keys that wait are forgotten when something else is on top by then, or the
//! sheet is another one: they were not meant for that.

use std::sync::atomic::AtomicBool;

use super::App;
use crate::text::{self, Cut};
use crate::tui::grid::{Arranged, Arranging, Grid, Purpose};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;

/// Most keys that wait; who types more is not looking at the screen.
const WAITING: usize = 64;
/// Longest quote of a search in the status line.
const QUOTE: usize = 120;

impl App {
    /// Keeps a key that has to wait; `false` if it need not.
    pub(super) fn keep_waiting(&mut self, intent: Intent) -> bool {
        let waiting = self
            .sheet
            .as_ref()
            .is_some_and(|sheet| sheet.grid.is_waiting());
        if !waiting || !acts_on_rows(intent) {
            return false;
        }
        if self.waiting.len() < WAITING {
            self.waiting.push_back(intent);
        }
        true
    }

    /// An order has come.
    pub(super) fn arranged(&mut self, done: Arranged) -> Vec<Effect> {
        if !self.take_over(done) {
            return Vec::new();
        }
        if !self.popups.is_empty() || !matches!(self.screens.last(), Some(Screen::Grid)) {
            self.waiting.clear();
        }
        let mut effects = self.arrange();
        while !self.is_arranging() {
            let Some(intent) = self.waiting.pop_front() else {
                break;
            };
            effects.extend(self.run(intent));
            effects.extend(self.arrange());
        }
        effects
    }

    /// Has what the grid wants worked out: here if it is little, else by the loop.
    pub(super) fn arrange(&mut self) -> Vec<Effect> {
        let Some(sheet) = &mut self.sheet else {
            return Vec::new();
        };
        let requests = sheet.grid.requests(&sheet.worksheet, &mut self.requests);
        if !Grid::is_quick(&sheet.worksheet) {
            return requests.into_iter().map(Effect::Arrange).collect();
        }
        let here = |request: Arranging| request.carry_out(&AtomicBool::new(false));
        for done in requests.into_iter().filter_map(here) {
            self.take_over(done);
        }
        Vec::new()
    }

    fn is_arranging(&self) -> bool {
        self.sheet
            .as_ref()
            .is_some_and(|sheet| sheet.grid.is_waiting())
    }

    fn take_over(&mut self, done: Arranged) -> bool {
        let Some(sheet) = &mut self.sheet else {
            return false;
        };
        let purpose = done.purpose;
        let Some(rows) = sheet.grid.take_over(done) else {
            return false;
        };
        match purpose {
            Purpose::Rows => {
                let asked = std::mem::take(&mut sheet.grid.filter_asked);
                if asked && rows == 0 && !sheet.worksheet.is_empty() {
                    self.say("no row matches the filter; F shows all rows again");
                }
            }
            Purpose::Search => {
                sheet.grid.go_to_match();
                let found = count(rows, "match", "matches");
                let sought = sheet.grid.search.as_ref().map(|search| search.text.clone());
                let sought = text::fit_text(&sought.unwrap_or_default(), QUOTE, Cut::End);
                self.say(format!("{found} for {sought}; n and N step"));
            }
            Purpose::Mark => self.say(match rows {
                0 => "no row shown here matches; nothing was marked".to_owned(),
                _ => format!(
                    "{} by this",
                    count(rows, "row is marked", "rows are marked")
                ),
            }),
        }
        true
    }
}

/// Whether a key means rows that are shown, marked or under the cursor.
fn acts_on_rows(intent: Intent) -> bool {
    !matches!(
        intent,
        Intent::Close
            | Intent::Back
            | Intent::Filter
            | Intent::ClearFilter
            | Intent::Search
            | Intent::Sort
            | Intent::SortAdd
            | Intent::GroupBy
            | Intent::MarkMatching
            | Intent::Wider
            | Intent::Narrower
            | Intent::Whole
            | Intent::HideColumn
            | Intent::ShowColumns
            | Intent::Columns
            | Intent::Freeze
            | Intent::Left
            | Intent::Right
            | Intent::FirstColumn
            | Intent::LastColumn
            | Intent::Detail
            | Intent::DetailPage
            | Intent::DetailUp
            | Intent::DetailDown
            | Intent::Review
            | Intent::Rescan
    )
}
