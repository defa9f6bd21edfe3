//! Taking several transactions back, one after the other, newest first; it ends
//! at the first of which something could not be taken back.

use super::App;
use crate::session::Command;
use crate::transaction::{Outcome, TransactionId, TransactionReport, revertible};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{Confirm, Confirmed, Need};
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;
use crate::tui::screens::write::Kind;

/// Most transactions that a question names.
const NAMED: usize = 6;

impl App {
    /// Asks whether everything from the newest transaction down to the one under
    /// the cursor is to be taken back, whatever of it can be.
    pub(super) fn ask_rollback_to(&mut self) {
        let Some(Screen::History(history)) = self.screens.last() else {
            return;
        };
        let newest = history.down_to_cursor();
        if let Some(open) = newest.iter().find(|summary| summary.needs_recovery) {
            let words = format!("{} is unfinished: f on it settles it first", open.id);
            return self.say(words);
        }
        let ids: Vec<TransactionId> = revertible(newest)
            .map(|summary| summary.id.clone())
            .collect();
        if ids.is_empty() {
            return self.say(
                "nothing from here up is still to be rolled back; r takes a rollback itself back",
            );
        }
        if self.forests.is_empty() {
            return self.say("connect and scan first: a rollback writes to the directory");
        }
        let many = count(ids.len(), "transaction", "transactions");
        let mut lines = vec![format!(
            "Take back {many} in {}, newest first?",
            self.places()
        )];
        lines.extend(ids.iter().take(NAMED).map(ToString::to_string));
        if ids.len() > NAMED {
            lines.push(format!("and {} more", ids.len() - NAMED));
        }
        lines.push("Each is taken back as a new transaction. What somebody else changed since is a conflict, and left alone; the rest is not begun then.".to_owned());
        self.ask(Confirm {
            title: "Roll back?",
            lines,
            need: Need::Key,
            no: "no",
            other: None,
            then: Confirmed::RollbackAll(ids),
        });
    }

    /// Begins with the first, and keeps the others for later.
    pub(super) fn roll_back_all(&mut self, ids: Vec<TransactionId>) -> Vec<Effect> {
        self.rollbacks = ids.into();
        self.roll_back_next()
    }

    fn roll_back_next(&mut self) -> Vec<Effect> {
        let Some(id) = self.rollbacks.pop_front() else {
            return Vec::new();
        };
        self.begin(Kind::Rollback(id.clone()));
        vec![Effect::Send(Command::Rollback(id))]
    }

    /// Goes on after one was taken back; `None` if that was the last. What could
    /// not be taken back whole ends it, and so does leaving.
    pub(super) fn go_on_rolling_back(&mut self, report: &TransactionReport) -> Option<Vec<Effect>> {
        if self.rollbacks.is_empty() {
            return None;
        }
        let is_whole = report.outcomes.iter().all(Outcome::is_as_planned);
        if is_whole && !self.leaving {
            let done = format!("rolled back by {}", report.id);
            self.log.push(done);
            return Some(self.roll_back_next());
        }
        let left = count(self.rollbacks.len(), "transaction was", "transactions were");
        self.rollbacks.clear();
        self.say(format!(
            "{left} not begun, because not all of this one was taken back"
        ));
        None
    }

    /// Keys of the history that are about several transactions.
    pub(super) fn history_range_key(&mut self, intent: Intent) -> bool {
        if intent == Intent::RollbackTo {
            self.ask_rollback_to();
        }
        intent == Intent::RollbackTo
    }
}
