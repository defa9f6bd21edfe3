//! What is done to the sheet: here if it is little, else beside the interface,
//! one thing after the other, so that nothing is ever done to an old sheet.

use std::collections::VecDeque;
use std::sync::Arc;

use super::App;
use crate::session::Command;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::review::count;
use crate::tui::work::{Job, Made, Told, Worked, Working};
use crate::worksheet::{Pace, RowId};

/// Work on up to so many rows is done at once. A check of a row takes some
/// hundredths of a millisecond. Tests do not need as few to see the difference.
pub(super) const AT_ONCE: usize = if cfg!(test) { 502 } else { 200 };

/// What is said and done when work is over.
#[derive(Debug)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// Say what was done, to what.
    Tell {
        what: String,
        to: String,
        many: bool,
    },
    /// Say how many safe proposals were taken.
    TellSafe,
    /// Ask why the rows are right.
    AskReason {
        what: String,
        to: String,
        many: bool,
    },
    /// Say what was taken back, and forget why those of the rows are right that
    /// are accepted.
    Undecided {
        what: String,
        to: String,
        many: bool,
        rows: Vec<RowId>,
    },
    /// Say it was staged, or why not.
    TellEdit,
    /// Forget that these rows were accepted.
    Forget(Vec<RowId>),
    /// Say this.
    Say(String),
    /// Remember the exceptions, or forget them.
    Remember { forget: bool },
}

/// Work that is under way, and what waits for it.
#[derive(Debug, Default)]
pub(in crate::tui) struct Work {
    running: Option<Running>,
    waiting: VecDeque<(Job, Then)>,
    numbers: u64,
}

#[derive(Debug)]
struct Running {
    number: u64,
    pace: Arc<Pace>,
    total: usize,
    words: &'static str,
    then: Then,
}

impl Work {
    /// Whether something is done beside the interface.
    pub(in crate::tui) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// What is going on, in words.
    pub(in crate::tui) fn words(&self) -> Option<String> {
        let running = self.running.as_ref()?;
        let done = running.pace.done().min(running.total);
        Some(match done {
            0 => format!("{} {} rows", running.words, running.total),
            _ => format!("{} {} rows: {done} so far", running.words, running.total),
        })
    }
}

impl App {
    /// Has something done to the sheet, after everything that was asked for
    /// before.
    pub(super) fn work(&mut self, job: Job, then: Then) -> Vec<Effect> {
        self.work.waiting.push_back((job, then));
        self.go_on()
    }

    /// Does what waits, or begins it.
    fn go_on(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.work.running.is_none() {
            let Some((job, then)) = self.work.waiting.pop_front() else {
                break;
            };
            let Some(sheet) = &mut self.sheet else {
                self.work.waiting.clear();
                break;
            };
            let total = job.size(&sheet.worksheet);
            if total > AT_ONCE {
                self.work.numbers += 1;
                let words = job.words();
                let working = Working::new(self.work.numbers, &sheet.worksheet, job);
                self.work.running = Some(Running {
                    number: self.work.numbers,
                    pace: Arc::clone(working.pace()),
                    total,
                    words,
                    then,
                });
                effects.push(Effect::Work(working));
            } else if let Some(made) = job.perform(&mut sheet.worksheet, &Pace::default()) {
                effects.extend(self.made(made, then));
            }
        }
        effects
    }

    /// Something was done beside the interface, or was stopped.
    pub(super) fn worked(&mut self, worked: Worked) -> Vec<Effect> {
        let is_it = |running: &mut Running| running.number == worked.number;
        let Some(running) = self.work.running.take_if(is_it) else {
            let late = worked.made.map(|(sheet, _)| Effect::Discard(sheet));
            return late.into_iter().collect();
        };
        let mut effects = Vec::new();
        match (worked.made, &mut self.sheet) {
            (Some((mut worksheet, made)), Some(sheet)) => {
                std::mem::swap(&mut sheet.worksheet, &mut *worksheet);
                effects.push(Effect::Discard(worksheet));
                effects.extend(self.made(made, running.then));
            }
            _ => self.say("stopped: nothing was changed"),
        }
        effects.extend(self.go_on());
        effects
    }

    /// Stops what is under way and forgets what waits.
    pub(super) fn stop_work(&mut self) {
        if let Some(running) = &self.work.running {
            running.pace.stop();
        }
    }

    /// Forgets work on a sheet that is gone.
    pub(super) fn drop_work(&mut self) {
        self.stop_work();
        self.work.running = None;
        self.work.waiting.clear();
    }

    /// Whether a key has to wait for work that is under way; it is told.
    pub(super) fn is_held_up(&mut self, intent: Intent) -> bool {
        let held = self.work.is_running() && decides(intent);
        if held {
            self.say("wait until this is done, or stop it with Esc");
        }
        held
    }

    fn made(&mut self, made: Made, then: Then) -> Vec<Effect> {
        match made {
            Made::Change(told) => {
                self.counts.is_stale = true;
                if let Some(sheet) = &mut self.sheet {
                    sheet.grid.decided();
                }
                self.told(&told, then)
            }
            Made::Review(review) => {
                self.screens.push(Screen::Review(review));
                Vec::new()
            }
            Made::Acceptances(rows) => vec![Effect::Send(match then {
                Then::Remember { forget: true } => Command::Forget(rows),
                _ => Command::Remember(rows),
            })],
        }
    }

    fn told(&mut self, told: &Told, then: Then) -> Vec<Effect> {
        match then {
            Then::Tell { what, to, many } => self.tell(told, &what, &to, many),
            Then::AskReason { what, to, many } => {
                self.tell(told, &what, &to, many);
                self.ask_reason(told);
            }
            Then::Undecided {
                what,
                to,
                many,
                rows,
            } => {
                self.tell(told, &what, &to, many);
                return self.forget(rows);
            }
            Then::TellSafe => self.tell_safe(told.staged),
            Then::TellEdit => match &told.first {
                None => self.say("EDIT staged; R reviews what is staged, u takes it back"),
                Some(reason) => self.say(reason.clone()),
            },
            Then::Forget(rows) => {
                let taken = count(told.staged, "decision", "decisions");
                self.say(format!("{taken} taken back; Ctrl-r stages again"));
                return self.forget(rows);
            }
            Then::Say(words) => self.say(words),
            Then::Nothing | Then::Remember { .. } => {}
        }
        Vec::new()
    }
}

/// Whether a key decides something about rows, or looks at all decisions.
fn decides(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Edit
            | Intent::Accept
            | Intent::Remove
            | Intent::Complete
            | Intent::Undecide
            | Intent::AcceptSafe
            | Intent::Undo
            | Intent::Redo
            | Intent::EditMany
            | Intent::ReplaceMany
            | Intent::Suffix
            | Intent::UsePrimary
            | Intent::Resolve
            | Intent::Review
            | Intent::Rescan
            | Intent::RefreshRows
            | Intent::RefreshDomain
    )
}
