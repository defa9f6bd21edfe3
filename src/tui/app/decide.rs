//! Keys that decide on rows, and what is said of it before and after.

use super::work::Then;
use super::{App, Sheet};
use crate::exception::Why;
use crate::text::{self, Cut};
use crate::tui::grid::Targets;
use crate::tui::grid::state::action_word;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{Edit, Popup, Prompt};
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;
use crate::tui::work::{Job, Told};
use crate::worksheet::{Action, Choice, RowId, Task};

/// Longest quote of a reason in the status line.
const QUOTE: usize = 120;

impl App {
    /// Keys that decide; `None` if it is none.
    pub(super) fn decide(&mut self, intent: Intent) -> Option<Vec<Effect>> {
        Some(match intent {
            Intent::Edit => {
                self.open_edit();
                Vec::new()
            }
            Intent::Accept => self.bulk("proposals taken", Task::Accept),
            Intent::Remove => self.act(Action::Remove),
            Intent::Complete => self.complete(),
            Intent::Undecide => self.undecide(),
            Intent::AcceptSafe => self.accept_safe(),
            Intent::Undo => self.undo(),
            Intent::Redo => self.redo(),
            _ => return None,
        })
    }

    fn open_edit(&mut self) {
        let Some(sheet) = &self.sheet else {
            return;
        };
        match sheet.grid.current() {
            Some(row) => {
                let others = sheet.grid.marks();
                let edit = Edit::new(&sheet.worksheet, row, others);
                self.popups.push(Popup::Edit(edit));
            }
            None => self.say("o opens and closes a group; a row is edited"),
        }
    }

    pub(super) fn stage_edit(&mut self, row: RowId, value: &str) -> Vec<Effect> {
        let choice = Choice::Edit(value.to_owned());
        let task = Task::Choose(vec![(row, choice)]);
        self.work(Job::Perform(task), Then::TellEdit)
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        let words = format!("{} staged", action_word(action));
        self.bulk(&words, |rows| Task::Act(rows, action))
    }

    /// Does something to what actions go to, and says to what.
    fn bulk(&mut self, what: &str, task: impl FnOnce(Vec<RowId>) -> Task) -> Vec<Effect> {
        let Some((rows, to, many)) = self.targets() else {
            return Vec::new();
        };
        let what = what.to_owned();
        self.work(Job::Perform(task(rows)), Then::Tell { what, to, many })
    }

    /// The rows that an action goes to, what they are called, and whether they
    /// are counted.
    fn targets(&self) -> Option<(Vec<RowId>, String, bool)> {
        let grid = &self.sheet.as_ref()?.grid;
        let targets = grid.targets();
        let many = !matches!(targets, Targets::Row);
        (targets.rows() > 0).then(|| (grid.target_rows(), in_words(targets), many))
    }

    pub(super) fn tell(&mut self, told: &Told, what: &str, to: &str, many: bool) {
        if many {
            if told.refused > 0 {
                let rows = |number| count(number, "row", "rows");
                let mut lines = vec![format!(
                    "{} staged; {} left alone:",
                    rows(told.staged),
                    rows(told.refused)
                )];
                lines.extend(told.reasons.iter().cloned());
                self.notice("Not all could be staged", lines);
            }
            self.say(format!("{what}: {} of {to}", told.staged));
            return;
        }
        match &told.first {
            Some(reason) => self.say(format!("refused: {}", quote(reason))),
            None => self.say(format!("{what} for {to}")),
        }
    }

    fn complete(&mut self) -> Vec<Effect> {
        let Some((rows, to, many)) = self.targets() else {
            return Vec::new();
        };
        let what = "COMPLETE staged".to_owned();
        let task = Task::Act(rows, Action::Complete);
        self.work(Job::Perform(task), Then::AskReason { what, to, many })
    }

    /// Asks why rows that were just put on COMPLETE are right.
    pub(super) fn ask_reason(&mut self, told: &Told) {
        if told.staged > 0 && self.popups.is_empty() {
            let staged = self.status.clone().unwrap_or_default();
            self.popups.push(Popup::Prompt(Prompt::reason(&staged)));
        }
    }

    /// Remembers why the rows that COMPLETE was just staged on are right.
    pub(super) fn remember(&mut self, text: &str) -> Vec<Effect> {
        let (Some(sheet), Ok(why)) = (&self.sheet, Why::parse(text)) else {
            return Vec::new();
        };
        let is_complete = |row: &RowId| sheet.worksheet.action(*row) == Action::Complete;
        let mut rows = sheet.grid.target_rows();
        rows.retain(is_complete);
        if rows.is_empty() {
            return Vec::new();
        }
        self.work(Job::Exceptions(rows, why), Then::Remember { forget: false })
    }

    fn undecide(&mut self) -> Vec<Effect> {
        let Some((rows, to, many)) = self.targets() else {
            return Vec::new();
        };
        let what = "decisions taken back".to_owned();
        let task = Task::Act(rows.clone(), Action::None);
        let then = Then::Undecided {
            what,
            to,
            many,
            rows,
        };
        self.work(Job::Perform(task), then)
    }

    /// Forgets why those of `rows` are right that are accepted.
    pub(super) fn forget(&mut self, mut rows: Vec<RowId>) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        rows.retain(|row| sheet.worksheet.is_accepted(*row));
        if rows.is_empty() {
            return Vec::new();
        }
        let job = Job::Exceptions(rows, Why::default());
        self.work(job, Then::Remember { forget: true })
    }

    fn accept_safe(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let rows = sheet.grid.order().to_vec();
        self.work(Job::Perform(Task::AcceptSafe(rows)), Then::TellSafe)
    }

    pub(super) fn tell_safe(&mut self, staged: usize) {
        // The summary has all rows, the grid those that the filter shows.
        let is_filtered = matches!(self.screens.last(), Some(Screen::Grid));
        let of = if is_filtered {
            " of the rows shown"
        } else {
            ""
        };
        self.say(match staged {
            0 if !is_filtered => "no row has a safe proposal that is not decided yet".to_owned(),
            0 => "no row shown here has a safe proposal that is not decided yet".to_owned(),
            _ => format!(
                "{} taken{of}; R reviews, u takes that back",
                count(staged, "safe proposal", "safe proposals")
            ),
        });
    }

    /// Takes the last staging back, and with it what was remembered about the
    /// rows that it put on COMPLETE.
    fn undo(&mut self) -> Vec<Effect> {
        let Some(Sheet {
            worksheet,
            remembered,
            ..
        }) = &self.sheet
        else {
            return Vec::new();
        };
        if !worksheet.can_undo() {
            self.say("nothing to undo");
            return Vec::new();
        }
        let mut completed = worksheet.completed_last();
        completed.retain(|row| remembered.contains(row));
        self.work(Job::Perform(Task::Undo), Then::Forget(completed))
    }

    fn redo(&mut self) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        if !sheet.worksheet.can_redo() {
            self.say("nothing to redo");
            return Vec::new();
        }
        let then = if sheet.worksheet.completes_next() {
            Then::Say("COMPLETE staged again; c remembers it with a reason".to_owned())
        } else {
            Then::Say("staged again".to_owned())
        };
        self.work(Job::Perform(Task::Redo), then)
    }
}

/// What an action goes to, in words: before it is done and after.
pub(in crate::tui) fn in_words(targets: Targets) -> String {
    match targets {
        Targets::Marked { rows, hidden: 0 } => count(rows, "marked row", "marked rows"),
        Targets::Marked { rows, hidden } => format!(
            "{} ({hidden} of them hidden by the filter)",
            count(rows, "marked row", "marked rows")
        ),
        Targets::Group { rows } => format!("{} of this group", count(rows, "row", "rows")),
        Targets::Row => "the row under the cursor".to_owned(),
        Targets::None => "nothing".to_owned(),
    }
}

/// A short quote that is safe to show; the status line cuts it to the screen.
pub(super) fn quote(text: &str) -> String {
    text::fit_text(text, QUOTE, Cut::End)
}
