//! Reading again: rows, a domain or everything, with what is staged kept.
//!
//! While it runs its screen lies over the grid and takes the keys, so that
//! nothing is decided on rows that are about to be others. What was written is
//! read again by itself as soon as the grid is seen again.

use super::decide::in_words;
use super::{App, Sheet, Written};
use crate::model::DomainId;
use crate::session::{Again, Command, Refreshed};
use crate::tui::grid::state::Tally;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;
use crate::tui::screens::scan::Scan;
use crate::worksheet::{Carried, RowId};

/// Most sentences of each kind that a notice shows; the operation log has all.
const SENTENCES: usize = 5;

impl App {
    /// Scans again from the beginning; what is staged on rows that are still the
    /// same stays.
    pub(super) fn scan_again(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return self.start_scan();
        };
        let sheet = Box::new(sheet.worksheet.clone());
        let request = Box::new(self.request.clone());
        self.read_again("everything".to_owned(), Command::Rescan(request, sheet))
    }

    /// Reads the entries of the marked rows again, else of all rows shown.
    pub(super) fn refresh_rows(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let marked = sheet.grid.marks();
        let (rows, words) = if marked > 0 {
            (sheet.grid.target_rows(), in_words(sheet.grid.targets()))
        } else {
            let rows = sheet.grid.order().to_vec();
            let words = count(rows.len(), "row shown", "rows shown");
            (rows, words)
        };
        if rows.is_empty() {
            self.say("no row is shown; F5 scans everything again");
            return Vec::new();
        }
        self.refresh(format!("the entries of {words}"), Again::Rows(rows))
    }

    /// Reads the domain of the row under the cursor again.
    pub(super) fn refresh_domain(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let Some(row) = sheet.grid.current() else {
            self.say("no row is shown, so no domain is meant; F5 scans everything again");
            return Vec::new();
        };
        let scan = &sheet.worksheet.scan;
        let domain: DomainId = scan.snapshot.domain(sheet.worksheet.finding(row).entry);
        let words = format!("all of {}", scan.domain(domain).dns_name);
        self.refresh(words, Again::Domain(domain))
    }

    /// Reads what was written again, once the grid is on the screen: it is to show
    /// what the directory holds.
    pub(super) fn read_written(&mut self) -> Vec<Effect> {
        let is_seen = matches!(self.screens.last(), Some(Screen::Grid | Screen::Summary(_)))
            && self.popups.is_empty();
        if !self.unread || !is_seen || self.work.is_running() {
            return Vec::new();
        }
        self.unread = false;
        self.refresh("what was written".to_owned(), Again::Written)
    }

    fn refresh(&mut self, words: String, again: Again) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let sheet = Box::new(sheet.worksheet.clone());
        self.read_again(words, Command::Refresh(sheet, again))
    }

    fn read_again(&mut self, words: String, command: Command) -> Vec<Effect> {
        self.waiting.clear();
        let scan = Scan::again(self.now, words);
        self.screens.push(Screen::Scan(scan));
        vec![Effect::Send(command)]
    }

    /// What was read again takes the place of what was shown.
    pub(super) fn refreshed(&mut self, refreshed: Refreshed) {
        self.leave_scan();
        let Refreshed {
            worksheet,
            carried,
            entries,
            stale,
        } = refreshed;
        let Some(before) = self.sheet.take() else {
            return self.lay_out(worksheet);
        };
        self.drop_work();
        let said = what_changed(entries, &carried);
        let mut lines = told(&carried, &stale);
        for lost in &carried.lost {
            self.log.push(format!("staged decision lost: {lost}"));
        }
        let partial = super::session::partial(&worksheet.scan);
        let mut grid = before.grid;
        grid.carry_over(&worksheet, &carried.rows);
        let moved = |row: &RowId| carried.rows.get(row.0 as usize).copied().flatten();
        let written = before.written.map(|written| Written {
            id: written.id,
            rows: written
                .rows
                .into_iter()
                .map(|(dn, rows)| (dn, rows.iter().filter_map(moved).collect()))
                .collect(),
        });
        self.sheet = Some(Sheet {
            tally: Tally::of(&worksheet),
            worksheet,
            grid,
            written,
            remembered: before.remembered.iter().filter_map(moved).collect(),
        });
        if !partial.is_empty() {
            lines.extend(partial);
        }
        if lines.is_empty() {
            return self.say(said);
        }
        lines.insert(0, said);
        self.notice("Read again", lines);
    }

    /// Nothing came of reading again.
    pub(super) fn stays(&mut self, reasons: &[String]) {
        self.leave_scan();
        if reasons.is_empty() {
            return self.say("stopped: the findings stay as they were");
        }
        let mut lines = vec![
            "Only a part could be read, and staged decisions would have been lost by that. The findings stay as they were.".to_owned(),
        ];
        lines.extend(shortened(reasons));
        self.notice("Not read again", lines);
    }

    /// Takes the screen of a reading away that lies over findings; they and the
    /// forests they are of are shown as they were. `false` if there is none.
    pub(super) fn leave_scan(&mut self) -> bool {
        let Some(sheet) = &self.sheet else {
            return false;
        };
        self.forests.clone_from(&sheet.worksheet.scan.forests);
        let before = self.screens.len();
        self.screens
            .retain(|screen| !matches!(screen, Screen::Scan(_)));
        self.screens.len() < before
    }
}

/// What reading again brought, in one sentence.
fn what_changed(entries: usize, carried: &Carried) -> String {
    let read = count(entries, "entry", "entries");
    if (carried.gone, carried.new, carried.changed) == (0, 0, 0) {
        return format!("read again: {read}; the findings are as they were");
    }
    format!(
        "read again: {read}; {} gone, {} new, {} changed",
        count(carried.gone, "row", "rows"),
        carried.new,
        carried.changed
    )
}

/// What has to be seen.
fn told(carried: &Carried, stale: &[String]) -> Vec<String> {
    let mut lines = shortened(stale);
    if !carried.lost.is_empty() {
        lines.push(format!(
            "{} no row any more and could not stay:",
            match carried.lost.len() {
                1 => "1 staged decision has".to_owned(),
                more => format!("{more} staged decisions have"),
            }
        ));
        let lost: Vec<String> = carried.lost.iter().map(ToString::to_string).collect();
        lines.extend(shortened(&lost));
    }
    lines
}

fn shortened(sentences: &[String]) -> Vec<String> {
    let mut lines = sentences[..sentences.len().min(SENTENCES)].to_vec();
    if sentences.len() > SENTENCES {
        let more = sentences.len() - SENTENCES;
        lines.push(format!("and {more} more, in the operation log (L)"));
    }
    lines
}
