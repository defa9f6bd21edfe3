//! Leaving a layer, leaving the program, and stopping what runs.

use super::App;
use crate::session::Command;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::worksheet::Worksheet;

impl App {
    /// `q` and Esc where nothing more particular holds.
    pub(super) fn close(&mut self, intent: Intent) -> Vec<Effect> {
        if !matches!(intent, Intent::Close | Intent::Back) {
            return Vec::new();
        }
        if self.screens.len() > 1 {
            self.screens.pop();
            return Vec::new();
        }
        if intent == Intent::Back {
            self.say("this is the last layer: q leaves");
            return Vec::new();
        }
        self.leave()
    }

    /// Leaves, after a question if work is staged.
    pub(super) fn leave(&mut self) -> Vec<Effect> {
        let staged = self.worksheet().map_or(0, Worksheet::staged);
        if staged == 0 {
            return vec![Effect::Quit];
        }
        self.ask_leave(staged);
        Vec::new()
    }

    /// Ctrl-C: stops what is running, else leaves; never loses work unasked.
    pub(super) fn interrupt(&mut self) -> Vec<Effect> {
        if self.is_moving() {
            return self.stop();
        }
        if self.popups.pop().is_some() {
            return Vec::new();
        }
        if self.work.is_running() {
            self.stop_work();
            return Vec::new();
        }
        self.leave()
    }

    pub(super) fn terminate(&mut self) -> Vec<Effect> {
        if self.is_writing() && !self.leaving {
            self.leaving = true;
            return self.stop();
        }
        vec![Effect::Quit]
    }

    fn is_writing(&self) -> bool {
        self.screens
            .iter()
            .any(|screen| matches!(screen, Screen::Write(_)))
    }

    /// Asks what is running to stop; asked again, a scan is left behind.
    pub(super) fn stop(&mut self) -> Vec<Effect> {
        if self.is_examining() {
            return self.leave_examination();
        }
        for screen in &mut self.screens {
            match screen {
                Screen::Scan(scan) if scan.stopping && scan.again.is_some() => {
                    return self.leave();
                }
                Screen::Scan(scan) if scan.stopping => return vec![Effect::Quit],
                Screen::Scan(scan) => scan.stopping = true,
                Screen::Write(write) => write.stopping = true,
                _ => continue,
            }
            return vec![Effect::Send(Command::Cancel)];
        }
        Vec::new()
    }
}
