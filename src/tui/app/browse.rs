//! The rules, and what is accepted: lists beside the findings, and the ways
//! from them to the findings.

use super::App;
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::exceptions::{Current, Exceptions};
use crate::tui::screens::rules::{Rules, findings_of};

impl App {
    /// Opens what can be seen from every screen.
    pub(super) fn open_over(&mut self, intent: Intent) {
        match intent {
            Intent::Rules => self.open_rules(),
            Intent::Exceptions => self.open_exceptions(),
            _ => self.open_summary(),
        }
    }

    fn open_rules(&mut self) {
        if self.is_over_no_findings("the rules") {
            return;
        }
        if !matches!(self.screens.last(), Some(Screen::Rules(_))) {
            self.screens.push(Screen::Rules(Rules::default()));
        }
    }

    fn open_exceptions(&mut self) {
        if self.is_over_no_findings("what is accepted") {
            return;
        }
        if !matches!(self.screens.last(), Some(Screen::Exceptions(_))) {
            let screen = Screen::Exceptions(Exceptions::default());
            self.screens.push(screen);
        }
    }

    pub(super) fn rules_key(&mut self, intent: Intent) -> Vec<Effect> {
        let height = self.page();
        let (Some(Screen::Rules(screen)), Some(sheet)) = (self.screens.last_mut(), &self.sheet)
        else {
            return self.close(intent);
        };
        let rules = &sheet.worksheet.judge.rules;
        if screen.key(intent, height, rules) {
            return Vec::new();
        }
        if intent != Intent::Open {
            return self.close(intent);
        }
        let filter = screen.filter(rules);
        let current = screen.current(rules).map(|(id, _)| usize::from(id.0));
        let found = current.and_then(|number| Some(findings_of(number, self.overview()?)));
        if found == Some(0) {
            self.say("no finding breaks this rule");
        } else {
            self.show_findings(&filter);
        }
        Vec::new()
    }

    pub(super) fn exceptions_key(&mut self, intent: Intent) -> Vec<Effect> {
        let height = self.page();
        let (Some(Screen::Exceptions(screen)), Some(sheet)) =
            (self.screens.last_mut(), &self.sheet)
        else {
            return self.close(intent);
        };
        if screen.key(intent, height, &sheet.worksheet) {
            return Vec::new();
        }
        let current = screen.current(&sheet.worksheet);
        match (intent, current) {
            (Intent::Undecide, Some(Current::Accepted(row))) => {
                if self.is_held_up(intent) {
                    return Vec::new();
                }
                if self.worksheet().is_some_and(|sheet| sheet.is_accepted(row)) {
                    return self.forget(vec![row]);
                }
                self.say("something else is staged on it: x in the findings takes that back first");
            }
            (Intent::Undecide, Some(Current::Unmet(unmet))) => {
                let id = unmet.exception.id();
                self.say(format!(
                    "it is no finding here: idmend exceptions remove {id}"
                ));
            }
            (Intent::Open, Some(Current::Accepted(_))) => self.show_findings("state:accepted"),
            (Intent::Open, Some(Current::Unmet(_))) => {
                self.say("it is no finding of this scan, so there is none to show");
            }
            _ => return self.close(intent),
        }
        Vec::new()
    }
}
