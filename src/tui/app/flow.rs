//! From review over writing to the result, and back by rollback.

use super::App;
use crate::session::{Command, Wish};
use crate::transaction::{TransactionId, TransactionState, TransactionSummary};
use crate::tui::keymap::Intent;
use crate::tui::line::LineInput;
use crate::tui::message::Effect;
use crate::tui::popup::{Confirm, Confirmed, Need};
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;
use crate::tui::screens::write::{Kind, Write};

/// From this many entries on, yes is said by typing their number.
const TYPED_FROM: usize = 501;

impl App {
    pub(super) fn review_key(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Arm => {
                self.armed ^= true;
                let words = if self.armed {
                    "ARMED: w begins writing, after a last question; a disarms"
                } else {
                    "disarmed: nothing can be written"
                };
                self.say(words);
                Vec::new()
            }
            Intent::Write => {
                self.ask_write();
                Vec::new()
            }
            _ => self.close(intent),
        }
    }

    fn ask_write(&mut self) {
        let Some(Screen::Review(review)) = self.screens.last() else {
            return;
        };
        let (entries, names) = (review.entries(), review.sign_in_names());
        if entries == 0 {
            return self.say("there is nothing to write");
        }
        if !self.armed {
            return self.say("read-only: a arms writing first");
        }
        let mut lines = vec![
            format!("Write {} in {}?", count(entries, "entry", "entries"), self.places()),
            "Each entry is read and compared first; what somebody else changed is left alone. It can be rolled back.".to_owned(),
        ];
        if names > 0 {
            lines.push(format!(
                "{} will change.",
                count(names, "sign-in name", "sign-in names")
            ));
        }
        let unread = self
            .sheet
            .as_ref()
            .is_some_and(|sheet| !sheet.worksheet.scan.incomplete.is_empty());
        if unread {
            lines.push(
                "The scan is incomplete: a value may be held where it could not look.".to_owned(),
            );
        }
        let need = if entries >= TYPED_FROM {
            Need::Typed(entries, LineInput::default())
        } else {
            Need::Key
        };
        self.ask(Confirm {
            title: "Write?",
            lines,
            need,
            then: Confirmed::Write,
            no: "no",
            other: None,
        });
    }

    /// Where it is written, in words; names come from servers.
    pub(super) fn places(&self) -> String {
        let names: Vec<&str> = self
            .forests
            .iter()
            .map(|forest| forest.name.as_str())
            .collect();
        if names.is_empty() {
            "the directory".to_owned()
        } else {
            names.join(", ")
        }
    }

    pub(super) fn confirmed(&mut self, what: Confirmed) -> Vec<Effect> {
        match what {
            Confirmed::Quit => vec![Effect::Quit],
            Confirmed::Continue(id) => self.continue_with(id),
            Confirmed::Discard(id) => vec![Effect::Keep(Wish::Discard(id))],
            Confirmed::AskDrop => {
                self.ask_drop();
                Vec::new()
            }
            Confirmed::Drop => vec![Effect::Keep(Wish::DropAll), Effect::Quit],
            Confirmed::Write => self.write(),
            Confirmed::RollbackAll(ids) => self.roll_back_all(ids),
            Confirmed::Rollback(id) => {
                self.begin(Kind::Rollback(id.clone()));
                vec![Effect::Send(Command::Rollback(id))]
            }
            Confirmed::Recover(id) => {
                self.begin(Kind::Recover(id.clone()));
                vec![Effect::Send(Command::Recover(id))]
            }
        }
    }

    fn write(&mut self) -> Vec<Effect> {
        let Some(Screen::Review(review)) = self.screens.pop() else {
            return Vec::new();
        };
        let plan = review.plan;
        self.pending = plan.rows;
        self.begin(Kind::Apply);
        vec![Effect::Send(Command::Apply(plan.changes))]
    }

    pub(super) fn begin(&mut self, kind: Kind) {
        if matches!(
            self.screens.last(),
            Some(Screen::Outcome(_) | Screen::Transaction(_))
        ) {
            self.screens.pop();
        }
        self.screens.push(Screen::Write(Write::new(kind, self.now)));
    }

    pub(super) fn write_key(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Cancel => self.stop(),
            Intent::Close | Intent::Back => {
                self.say("this goes on; c stops it after the entry that is being written");
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn outcome_key(&mut self, intent: Intent) -> Vec<Effect> {
        if intent != Intent::Rollback {
            return self.close(intent);
        }
        let Some(Screen::Outcome(outcome)) = self.screens.last() else {
            return Vec::new();
        };
        if outcome.wrote() {
            let id = outcome.report.id.clone();
            self.ask_rollback(id);
        } else {
            self.say("nothing was written, so there is nothing to roll back");
        }
        Vec::new()
    }

    pub(super) fn history_key(&mut self, intent: Intent) -> Vec<Effect> {
        let current = match self.screens.last() {
            Some(Screen::History(history)) => history.current().cloned(),
            _ => None,
        };
        match (intent, current) {
            (Intent::Open, Some(summary)) => vec![Effect::Send(Command::Show(summary.id))],
            (Intent::Rollback, Some(summary)) => {
                self.rollback_of(&summary);
                Vec::new()
            }
            (Intent::Recover, Some(summary)) => {
                self.ask_recover(&summary);
                Vec::new()
            }
            _ => self.close(intent),
        }
    }

    pub(super) fn transaction_key(&mut self, intent: Intent) -> Vec<Effect> {
        match self.screens.last() {
            Some(Screen::Transaction(shown)) if intent == Intent::Rollback => {
                let summary = shown.summary.clone();
                self.rollback_of(&summary);
                Vec::new()
            }
            _ => self.close(intent),
        }
    }

    fn rollback_of(&mut self, summary: &TransactionSummary) {
        if let Some(by) = &summary.reverted_by {
            self.say(format!(
                "it was rolled back already, by {by}; that one can be rolled back in turn"
            ));
        } else if summary.needs_recovery {
            self.say("it is unfinished: f settles it first");
        } else if summary.done == 0 {
            self.say("it wrote nothing, so there is nothing to roll back");
        } else {
            self.ask_rollback(summary.id.clone());
        }
    }

    fn ask_rollback(&mut self, id: TransactionId) {
        if self.forests.is_empty() {
            return self.say("connect and scan first: a rollback writes to the directory");
        }
        self.ask(Confirm {
            title: "Roll back?",
            lines: vec![
                format!("Take back transaction {id} in {}?", self.places()),
                "This writes to the directory, as a new transaction. What somebody else changed since is a conflict, and left alone.".to_owned(),
            ],
            need: Need::Key,
            then: Confirmed::Rollback(id),
            no: "no",
            other: None,
        });
    }

    /// Says at the start which transaction was interrupted, and offers to settle
    /// it where that can be done.
    pub(super) fn name_unsettled(&mut self, unsettled: &[TransactionSummary]) {
        let Some(open) = unsettled.first() else {
            return;
        };
        if !self.forests.is_empty() {
            return self.ask_recover(open);
        }
        self.notice(
            "A transaction was interrupted",
            vec![
                format!(
                    "{} by {}: {} planned, {} done, {} in doubt.",
                    open.id, open.identity, open.planned, open.done, open.in_doubt
                ),
                "Scan the directory that it was written to; then H lists it and f settles it by reading.".to_owned(),
            ],
        );
    }

    fn ask_recover(&mut self, summary: &TransactionSummary) {
        if !summary.needs_recovery && summary.state != TransactionState::Unfinished {
            return self.say("it is finished: there is nothing to settle");
        }
        if self.forests.is_empty() {
            return self.say("connect and scan first: settling reads the directory");
        }
        let id = summary.id.clone();
        self.ask(Confirm {
            title: "Settle?",
            lines: vec![format!(
                "Read the entries of {id} that are in doubt and record what became of them? Nothing is written to the directory."
            )],
            need: Need::Key,
            then: Confirmed::Recover(id),
            no: "no",
            other: None,
        });
    }
}
