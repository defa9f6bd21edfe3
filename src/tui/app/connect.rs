//! Connecting: the form, the test of the way, and the scan that follows.

use super::App;
use crate::config::SourceSpec;
use crate::session::{Command, Examined, ScanRequest, scan_record};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::connect::Connect;
use crate::tui::screens::examine::Examination;
use crate::tui::screens::scan::Scan;

impl App {
    pub(super) fn connect(&mut self, intent: Intent) -> Vec<Effect> {
        let Some(Screen::Connect(form)) = self.screens.last_mut() else {
            return Vec::new();
        };
        match intent {
            Intent::NextField => form.step(true),
            Intent::PreviousField => form.step(false),
            Intent::Toggle => {
                form.choose(true);
            }
            Intent::Left => {
                form.choose(false);
            }
            Intent::Submit => {
                if let Some(request) = form.submit() {
                    return self.examine(request);
                }
            }
            Intent::Demo => {
                self.forget_session();
                self.request.sources = vec![SourceSpec::Demo];
                self.put_form_by();
                return self.start_scan();
            }
            Intent::Close => return self.leave(),
            _ => {}
        }
        Vec::new()
    }

    /// The form as it is, to come back to.
    fn put_form_by(&mut self) {
        if let Some(Screen::Connect(form)) = self.screens.pop() {
            self.form = Some(form);
        }
    }

    /// Shows the form as it was left.
    pub(super) fn back_to_form(&mut self) {
        let form = self.form.take();
        let form =
            form.unwrap_or_else(|| Box::new(Connect::new(&self.request, self.saved.clone())));
        self.screens = vec![Screen::Connect(form)];
    }

    /// Tests the way to what is to be scanned.
    fn examine(&mut self, request: ScanRequest) -> Vec<Effect> {
        self.put_form_by();
        self.request = request;
        self.examinations += 1;
        let number = self.examinations;
        let of = scan_record(&self.request).sources_in_words();
        let examination = Examination::new(number, of, self.now);
        self.screens = vec![Screen::Examination(Box::new(examination))];
        let sources = self.request.sources.clone();
        vec![Effect::Send(Command::Examine(number, sources))]
    }

    pub(super) fn examined(&mut self, number: u64, found: Vec<Examined>) {
        for screen in &mut self.screens {
            if let Screen::Examination(examination) = screen
                && examination.number == number
            {
                examination.set(found);
                if let (true, Some(form)) = (examination.is_refused(), &mut self.form) {
                    form.note_refusal();
                }
                return;
            }
        }
    }

    pub(super) fn examination_key(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Submit => self.start_scan(),
            Intent::Close | Intent::Back => self.leave_examination(),
            _ => Vec::new(),
        }
    }

    /// Goes back to the form; a test under way is stopped.
    pub(super) fn leave_examination(&mut self) -> Vec<Effect> {
        let is_running = self.is_examining();
        self.back_to_form();
        if is_running {
            vec![Effect::Send(Command::Cancel)]
        } else {
            Vec::new()
        }
    }

    /// Whether a test is under way.
    pub(super) fn is_examining(&self) -> bool {
        self.screens.iter().any(
            |screen| matches!(screen, Screen::Examination(examination) if examination.is_running()),
        )
    }

    pub(super) fn start_scan(&mut self) -> Vec<Effect> {
        self.screens = vec![Screen::Scan(Scan::new(self.now))];
        self.popups.clear();
        self.forests.clear();
        vec![Effect::Send(Command::Scan(Box::new(self.request.clone())))]
    }

    pub(super) fn scan_key(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Cancel | Intent::Close | Intent::Back => self.stop(),
            _ => Vec::new(),
        }
    }
}
