//! Keeping what is decided: every step is handed over as it is made, and what is
//! wrong with the keeping is on the screen as long as it is so.

use std::time::Duration;

use super::App;
use crate::kept::{SessionId, Summary, minute};
use crate::session::{Keeping, Wish};
use crate::tui::message::Effect;
use crate::tui::screens::review::count;

/// From when on it is said that something is not on the disk yet.
const LATE: Duration = Duration::from_secs(3);

/// What the interface knows of the keeping.
#[derive(Debug, Default)]
pub(in crate::tui) struct Kept {
    /// As the session said it last.
    pub(super) keeping: Keeping,
    /// The number of the last order, and when the first one was given that is
    /// not on the disk yet.
    sent: u64,
    since: Duration,
    /// Sessions about what is being scanned.
    pub(super) offered: Vec<Summary>,
    /// The session to go on with after the scan: this one.
    pub(super) going_on: Option<SessionId>,
    /// All kept sessions but the present one, as far as is known.
    pub(in crate::tui) list: Vec<Summary>,
}

impl Kept {
    /// Whether the last steps are still on their way to the disk.
    pub(in crate::tui) fn is_behind(&self) -> bool {
        self.keeping.done < self.sent
    }

    /// The kept sessions in a sentence, if there are any.
    pub(in crate::tui) fn in_short(&self) -> Option<String> {
        let newest = self.list.first()?;
        let what = format!(
            "{} of {} from {} UTC",
            count(newest.decisions(), "decision", "decisions"),
            newest.forests(),
            minute(&newest.changed)
        );
        Some(match self.list.len() {
            1 => format!("Kept and not written: {what}. F3 continues or discards."),
            more => format!(
                "{more} sessions are kept and not written, the newest: {what}. F3 lists them."
            ),
        })
    }

    /// What is wrong with the keeping, if anything is.
    pub(in crate::tui) fn trouble(&self, now: Duration) -> Option<String> {
        match &self.keeping.failing {
            Some(reason) => Some(reason.clone()),
            None if self.is_behind() && now.saturating_sub(self.since) > LATE => {
                Some("the disk has not taken the last steps yet".to_owned())
            }
            None => None,
        }
    }
}

impl App {
    /// Hands over what happened to decisions since this was last called.
    pub(super) fn keep(&mut self) -> Option<Effect> {
        let notes = self.sheet.as_mut()?.worksheet.take_notes();
        if notes.is_empty() {
            return None;
        }
        if !self.kept.is_behind() {
            self.kept.since = self.now;
        }
        self.kept.sent += 1;
        Some(Effect::Keep(Wish::Note(self.kept.sent, notes)))
    }

    pub(super) fn keeping(&mut self, keeping: Keeping) {
        if keeping.done > self.kept.keeping.done {
            self.kept.since = self.now;
        }
        let is_mended = self.kept.keeping.failing.is_some() && keeping.failing.is_none();
        self.kept.keeping = keeping;
        if is_mended {
            self.say("what is staged is kept again, up to the last step");
        }
    }
}
