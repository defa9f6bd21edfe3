//! The summary: what was found, counted beside the interface whenever something
//! was decided, and the way from a bar to its rows.

use std::sync::{Arc, Weak};

use super::work::{AT_ONCE, Then};
use super::{App, Sheet};
use crate::scan::ScanResult;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::document::Place;
use crate::tui::screens::summary::Summary;
use crate::tui::screens::{Screen, contacts};
use crate::tui::work::{Counting, Job};
use crate::worksheet::{Overview, Task};

/// What was counted last.
#[derive(Debug, Default)]
pub(in crate::tui) struct Counts {
    number: u64,
    /// The scan that is counted.
    scan: Weak<ScanResult>,
    /// Whether something was decided since, or nothing is counted yet.
    pub(super) is_stale: bool,
    is_running: bool,
    made: Option<Box<Overview>>,
}

impl App {
    /// What was counted of the findings on the screen, unless it is the first
    /// time.
    pub(in crate::tui) fn overview(&self) -> Option<&Overview> {
        self.counts.made.as_deref()
    }

    /// Has everything counted if it is looked at and may have changed: here if
    /// it is little, else by the loop.
    pub(super) fn count(&mut self) -> Vec<Effect> {
        let Some(Sheet { worksheet, .. }) = &self.sheet else {
            return Vec::new();
        };
        let counts = &mut self.counts;
        if !std::ptr::eq(counts.scan.as_ptr(), Arc::as_ptr(&worksheet.scan)) {
            *counts = Counts {
                number: counts.number + 1,
                scan: Arc::downgrade(&worksheet.scan),
                is_stale: true,
                ..Counts::default()
            };
        }
        let is_seen = self.screens.last().is_some_and(Screen::shows_counts);
        if !is_seen || !counts.is_stale || counts.is_running {
            return Vec::new();
        }
        counts.is_stale = false;
        if worksheet.len() + worksheet.scan.snapshot.len() <= AT_ONCE {
            counts.made = Some(Box::new(worksheet.overview()));
            return Vec::new();
        }
        counts.number += 1;
        counts.is_running = true;
        vec![Effect::Count(Counting::new(counts.number, worksheet))]
    }

    /// Everything was counted.
    pub(super) fn counted(&mut self, number: u64, overview: Box<Overview>) {
        if number == self.counts.number {
            self.counts.is_running = false;
            self.counts.made = Some(overview);
        }
    }

    /// Shows the summary, over everything or where it lies beneath.
    pub(super) fn open_summary(&mut self) {
        if self.is_over_no_findings("the summary") {
            return;
        }
        let is_summary = |screen: &Screen| matches!(screen, Screen::Summary(_));
        match self.screens.iter().position(is_summary) {
            Some(at) => self.screens.truncate(at + 1),
            None => self.screens.push(Screen::Summary(Summary::default())),
        }
    }

    /// Whether there is nothing yet that a screen could be about; it is told.
    pub(super) fn is_over_no_findings(&mut self, what: &str) -> bool {
        if self.is_moving() {
            self.say(format!("{what} can be seen when this is over"));
        } else if self.sheet.is_none() {
            self.say(format!("connect and scan first: {what} is about findings"));
        } else {
            return false;
        }
        true
    }

    /// Shows the findings that a filter matches; all of them if it is empty.
    pub(super) fn show_findings(&mut self, filter: &str) {
        let is_grid = |screen: &Screen| matches!(screen, Screen::Grid);
        match self.screens.iter().position(is_grid) {
            Some(at) => self.screens.truncate(at + 1),
            None => self.screens.push(Screen::Grid),
        }
        self.filter(filter);
    }

    pub(super) fn summary_key(&mut self, intent: Intent) -> Vec<Effect> {
        let overview = self.counts.made.as_deref();
        let (Some(Screen::Summary(summary)), Some(sheet)) = (self.screens.last_mut(), &self.sheet)
        else {
            return self.close(intent);
        };
        if summary.key(intent, overview) {
            return Vec::new();
        }
        let filter = overview.map_or_else(String::new, |overview| {
            summary.filter(overview, &sheet.worksheet.judge.rules)
        });
        if self.is_held_up(intent) {
            return Vec::new();
        }
        match intent {
            Intent::Open => self.show_findings(&filter),
            Intent::Contacts => self.screens.push(Screen::Contacts(Place::default())),
            Intent::Suffix | Intent::UsePrimary => return self.bulk_of_unit(intent),
            Intent::AcceptSafe => return self.accept_all_safe(),
            Intent::Undo | Intent::Redo => return self.decide(intent).unwrap_or_default(),
            Intent::Review => return self.work(Job::Review, Then::Nothing),
            Intent::Rescan => return self.scan_again(),
            Intent::Back if self.work.is_running() => self.stop_work(),
            _ => return self.close(intent),
        }
        Vec::new()
    }

    /// Another suffix, or the primary address, for the sign-in names of the OU
    /// under the cursor and below, whatever is marked in the grid.
    fn bulk_of_unit(&mut self, intent: Intent) -> Vec<Effect> {
        let overview = self.counts.made.as_deref();
        let (Some(Screen::Summary(summary)), Some(overview)) = (self.screens.last(), overview)
        else {
            return Vec::new();
        };
        let Some(unit) = summary.unit(overview) else {
            self.say("this is for an OU: 5 goes to the OUs");
            return Vec::new();
        };
        let (row, name) = (unit.example, unit.name.whole());
        self.open_bulk_below(intent, row, &name)
    }

    /// Stages every safe proposal of all rows.
    fn accept_all_safe(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let rows = sheet.worksheet.rows().collect();
        self.work(Job::Perform(Task::AcceptSafe(rows)), Then::TellSafe)
    }

    pub(super) fn contacts_key(&mut self, intent: Intent) -> Vec<Effect> {
        let height = contacts::room(self.page());
        let rows = self.overview().map_or(0, contacts::rows);
        if let Some(Screen::Contacts(place)) = self.screens.last_mut()
            && place.key(intent, height, rows)
        {
            return Vec::new();
        }
        self.close(intent)
    }
}
