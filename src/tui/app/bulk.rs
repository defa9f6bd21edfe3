//! New values for many rows, and duplicates: what is asked for in a popup and
//! staged as one step.

use std::sync::Arc;

use super::App;
use super::decide::in_words;
use super::work::Then;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{BulkEdit, BulkKind, Popup, Resolve};
use crate::tui::screens::review::count;
use crate::tui::work::{Job, Rehearsing};
use crate::worksheet::{Choice, Composer, Pace, Rehearsal, RowId, Task, Worksheet};

/// A rehearsal that is under way.
#[derive(Debug, Default)]
pub(super) struct Rehearsals {
    number: u64,
    pace: Arc<Pace>,
}

impl App {
    /// Keys that open such a popup; `None` if it is none.
    pub(super) fn open_bulk(&mut self, intent: Intent) -> Option<Vec<Effect>> {
        let kind = match intent {
            Intent::EditMany => BulkKind::Template,
            Intent::ReplaceMany => BulkKind::Replace,
            Intent::Suffix => BulkKind::Suffix,
            Intent::UsePrimary => BulkKind::Primary,
            Intent::Resolve => {
                self.open_duplicates();
                return Some(Vec::new());
            }
            _ => return None,
        };
        let Some((rows, to)) = self.bulk_rows(kind) else {
            return Some(Vec::new());
        };
        let sheet = self.sheet.as_ref()?;
        let bulk = BulkEdit::new(&sheet.worksheet, kind, rows, to);
        self.popups.push(Popup::Bulk(Box::new(bulk)));
        Some(self.rehearse())
    }

    /// Opens one for the sign-in names of the container of `row` and below.
    pub(super) fn open_bulk_below(
        &mut self,
        intent: Intent,
        row: RowId,
        name: &str,
    ) -> Vec<Effect> {
        let kind = match intent {
            Intent::UsePrimary => BulkKind::Primary,
            _ => BulkKind::Suffix,
        };
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let (rows, to) = names_below(&sheet.worksheet, row);
        if rows.is_empty() {
            self.say(format!("no row about a sign-in name in {name} or below"));
            return Vec::new();
        }
        let bulk = BulkEdit::new(&sheet.worksheet, kind, rows, to);
        self.popups.push(Popup::Bulk(Box::new(bulk)));
        self.rehearse()
    }

    /// The rows that are edited, and what they are in words. A new suffix and
    /// the primary address go to sign-in names alone; without marks and not on a
    /// group, to all of the container of the row.
    fn bulk_rows(&mut self, kind: BulkKind) -> Option<(Vec<RowId>, String)> {
        let sheet = self.sheet.as_ref()?;
        let (grid, worksheet) = (&sheet.grid, &sheet.worksheet);
        let targets = grid.targets();
        let mut rows = grid.target_rows();
        let mut to = in_words(targets);
        if matches!(kind, BulkKind::Suffix | BulkKind::Primary) {
            if let Some(row) = grid.current().filter(|_| grid.marks() == 0) {
                (rows, to) = names_below(worksheet, row);
            } else {
                rows.retain(|row| worksheet.is_login_name(*row));
                let names = count(rows.len(), "sign-in name", "sign-in names");
                to = format!("{names} among {to}");
            }
        }
        if rows.is_empty() {
            self.say(match targets.rows() {
                0 => "there is no row to edit".to_owned(),
                _ => format!("no row about a sign-in name: {to}"),
            });
            return None;
        }
        Some((rows, to))
    }

    fn open_duplicates(&mut self) {
        let Some(sheet) = &self.sheet else {
            return;
        };
        let Some(row) = sheet.grid.current() else {
            return self.say("go to one of the rows: o opens the group");
        };
        match sheet.worksheet.duplicates(row) {
            Ok(set) => {
                let resolve = Resolve::new(set, &sheet.worksheet);
                self.popups.push(Popup::Resolve(Box::new(resolve)));
            }
            Err(reason) => self.say(reason),
        }
    }

    /// Tries beside the interface what a popup did not try at once; what was
    /// under way is given up.
    pub(super) fn rehearse(&mut self) -> Vec<Effect> {
        self.rehearsals.pace.stop();
        let Some(Popup::Bulk(bulk)) = self.popups.last() else {
            return Vec::new();
        };
        let (Some((rows, composer)), Some(sheet)) = (bulk.untried(), &self.sheet) else {
            return Vec::new();
        };
        self.rehearsals = Rehearsals {
            number: self.rehearsals.number + 1,
            pace: Arc::default(),
        };
        vec![Effect::Rehearse(Rehearsing::new(
            self.rehearsals.number,
            &sheet.worksheet,
            (rows, composer),
            Arc::clone(&self.rehearsals.pace),
        ))]
    }

    /// All rows were tried.
    pub(super) fn rehearsed(&mut self, number: u64, rehearsal: Rehearsal) {
        if number == self.rehearsals.number
            && let Some(Popup::Bulk(bulk)) = self.popups.last_mut()
        {
            bulk.rehearsed(rehearsal);
        }
    }

    pub(super) fn stage_composed(
        &mut self,
        rows: Vec<RowId>,
        composer: Composer,
        to: String,
    ) -> Vec<Effect> {
        self.rehearsals.pace.stop();
        let then = Then::Tell {
            what: "EDIT staged".to_owned(),
            to,
            many: true,
        };
        self.work(Job::Perform(Task::Compose(rows, composer)), then)
    }

    pub(super) fn stage_chosen(&mut self, choices: Vec<(RowId, Choice)>) -> Vec<Effect> {
        let to = count(choices.len(), "row of this set", "rows of this set");
        let then = Then::Tell {
            what: "staged".to_owned(),
            to,
            many: true,
        };
        self.work(Job::Perform(Task::Choose(choices)), then)
    }
}

/// The rows about sign-in names of the container of `row` and below, and what
/// they are in words.
fn names_below(sheet: &Worksheet, row: RowId) -> (Vec<RowId>, String) {
    let (container, below) = sheet.login_names_below(row);
    let names = count(below.len(), "sign-in name", "sign-in names");
    (below, format!("{names} in {container} and below"))
}
