//! What the session says, and what becomes of it.

use std::collections::HashMap;

use super::work::Then;
use super::{App, Written};
use crate::exception::Why;
use crate::scan::ScanResult;
use crate::session::{Command, Event};
use crate::transaction::{Outcome, TransactionReport};
use crate::tui::message::Effect;
use crate::tui::screens::Screen;
use crate::tui::screens::outcome::OutcomeScreen;
use crate::tui::screens::summary::Summary;
use crate::tui::screens::transaction::Shown;
use crate::tui::screens::write::{Kind, Write};
use crate::tui::work::Job;
use crate::worksheet::{RowId, RowState, Task, Worksheet};

/// Most sentences of an incomplete scan that a notice shows.
const SENTENCES: usize = 5;

impl App {
    pub(super) fn session(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Examined(number, found) => self.examined(number, found),
            Event::Busy => {
                self.leave_scan();
                if self.is_examining() {
                    self.back_to_form();
                }
                self.say("still busy with the last request");
            }
            Event::Discovered(forests) => {
                for domain in forests.iter().flat_map(|forest| &forest.domains) {
                    let (base, host) = (&domain.naming_context, &domain.host);
                    self.log.push(format!("search below {base} on {host}"));
                }
                self.forests = forests;
            }
            Event::ScanProgress(progress) => {
                for screen in &mut self.screens {
                    if let Screen::Scan(scan) = screen {
                        scan.domains = progress;
                        break;
                    }
                }
            }
            Event::Refreshed(refreshed) => self.refreshed(*refreshed),
            Event::Stays(reasons) => self.stays(&reasons),
            Event::Scanned(worksheet) => return self.scanned(*worksheet),
            Event::Offered(sessions) => self.offered(sessions),
            Event::Sessions(sessions) => self.listed(sessions),
            Event::Continued(continued) => self.continued(*continued),
            Event::NotContinued(reason) => self.not_continued(reason),
            Event::Keeping(keeping) => self.keeping(keeping),
            Event::ApplyStarted {
                id,
                journal,
                entries,
            } => {
                if let Some(write) = self.writing() {
                    write.id = Some(id);
                    write.journal = journal;
                    write.entries = entries;
                }
            }
            Event::ApplyProgress { index, outcome } => {
                if let Some(write) = self.writing() {
                    let dn = write.entries.get(index).map_or("", String::as_str);
                    let operation = format!("modify {dn}: {outcome}");
                    write.progress(index, outcome);
                    self.log.push(operation);
                }
            }
            Event::Applied(report) => return self.applied(report),
            Event::History(list) => {
                for screen in &mut self.screens {
                    if let Screen::History(history) = screen {
                        history.set(list);
                        break;
                    }
                }
            }
            Event::Unsettled(Ok(list)) => self.name_unsettled(&list),
            Event::Unsettled(Err(reason)) => self.say(format!(
                "whether a transaction was interrupted is not known: {reason}"
            )),
            Event::Shown {
                summary,
                modifications,
            } => {
                let shown = Shown::new(summary, modifications);
                self.screens.push(Screen::Transaction(Box::new(shown)));
            }
            Event::Remembered {
                rows,
                why,
                sentence,
            } => return self.remembered(rows, why, sentence),
            Event::Operation(operation) => self.log.push(operation),
            Event::Failed { message, hint } => return self.failed(message, hint),
        }
        Vec::new()
    }

    /// Rows that were accepted, or are no longer.
    fn remembered(&mut self, rows: Vec<RowId>, why: Option<Why>, sentence: String) -> Vec<Effect> {
        if let Some(sheet) = &mut self.sheet {
            for row in &rows {
                if why.is_some() {
                    sheet.remembered.insert(*row);
                } else {
                    sheet.remembered.remove(row);
                }
            }
        }
        self.say(sentence);
        self.work(Job::Perform(Task::Acceptance(rows, why)), Then::Nothing)
    }

    fn writing(&mut self) -> Option<&mut Write> {
        self.screens.iter_mut().find_map(|screen| match screen {
            Screen::Write(write) => Some(write),
            _ => None,
        })
    }

    fn scanned(&mut self, worksheet: Worksheet) -> Vec<Effect> {
        let lines = partial(&worksheet.scan);
        for unmet in &worksheet.unmet {
            self.log
                .push(format!("exception that does not apply: {unmet}"));
        }
        if !worksheet.unmet.is_empty() {
            self.say(format!(
                "{} not apply any more; the operation log names them",
                match worksheet.unmet.len() {
                    1 => "1 exception does".to_owned(),
                    more => format!("{more} exceptions do"),
                }
            ));
        }
        self.lay_out(worksheet);
        // The scan was the lowest screen; the operation log may lie over it. That
        // nothing was found is said where the findings would be.
        let first = match &self.sheet {
            Some(sheet) if !sheet.worksheet.is_empty() => Screen::Summary(Summary::default()),
            _ => Screen::Grid,
        };
        match self.screens.first_mut() {
            Some(lowest) => *lowest = first,
            None => self.screens.push(first),
        }
        let mut effects = self.offer();
        // What was interrupted can be settled now.
        effects.push(Effect::Send(Command::Unsettled));
        if !lines.is_empty() {
            self.notice("The scan is partial", lines);
        }
        effects
    }

    fn applied(&mut self, report: TransactionReport) -> Vec<Effect> {
        self.armed = false;
        self.unread = true;
        let width = usize::from(self.size.0);
        let place = self
            .screens
            .iter()
            .position(|screen| matches!(screen, Screen::Write(_)));
        let write = place.map(|at| self.screens.remove(at));
        let (kind, entries) = match write {
            Some(Screen::Write(write)) => (write.kind, write.entries),
            _ => (Kind::Apply, Vec::new()),
        };
        let mut effects = self.settle_rows(&kind, &report, &entries);
        if let Some(next) = self.go_on_rolling_back(&report) {
            effects.extend(next);
            return effects;
        }
        let screen = OutcomeScreen::new(kind, report, entries, width);
        let at = place.unwrap_or(self.screens.len());
        self.screens.insert(at, Screen::Outcome(Box::new(screen)));
        if self.leaving {
            return vec![Effect::Quit];
        }
        if self
            .screens
            .iter()
            .any(|screen| matches!(screen, Screen::History(_)))
        {
            effects.push(Effect::Send(Command::History));
        }
        effects
    }

    /// Carries the outcomes over to the rows.
    fn settle_rows(
        &mut self,
        kind: &Kind,
        report: &TransactionReport,
        entries: &[String],
    ) -> Vec<Effect> {
        let pending = std::mem::take(&mut self.pending);
        let Some(sheet) = &mut self.sheet else {
            return Vec::new();
        };
        let mut settled: Vec<(Vec<RowId>, RowState)> = Vec::new();
        match kind {
            Kind::Apply => {
                for (outcome, rows) in report.outcomes.iter().zip(&pending) {
                    if let Some(state) = row_state(outcome) {
                        settled.push((rows.clone(), state));
                    }
                }
                let rows = entries.iter().cloned().zip(pending).collect();
                sheet.written = Some(Written {
                    id: report.id.clone(),
                    rows,
                });
            }
            Kind::Rollback(id) | Kind::Recover(id) => {
                let Some(written) = sheet.written.as_ref().filter(|written| written.id == *id)
                else {
                    return Vec::new();
                };
                let by_name = written
                    .rows
                    .iter()
                    .map(|(name, rows)| (name.as_str(), rows));
                let by_name: HashMap<&str, &Vec<RowId>> = by_name.collect();
                for (outcome, dn) in report.outcomes.iter().zip(entries) {
                    let state = match kind {
                        Kind::Rollback(_) => {
                            outcome.is_as_planned().then_some(RowState::RolledBack)
                        }
                        _ => row_state(outcome),
                    };
                    if let (Some(state), Some(rows)) = (state, by_name.get(dn.as_str())) {
                        settled.push(((*rows).clone(), state));
                    }
                }
            }
        }
        self.work(Job::Perform(Task::Settle(settled)), Then::Nothing)
    }

    fn failed(&mut self, message: String, hint: Option<String>) -> Vec<Effect> {
        self.pending.clear();
        self.rollbacks.clear();
        self.armed = false;
        let is_over_findings = self.leave_scan();
        if matches!(self.screens.first(), Some(Screen::Scan(_))) {
            self.back_to_form();
        }
        self.screens
            .retain(|screen| !matches!(screen, Screen::Write(_)));
        if self.screens.is_empty() {
            self.screens.push(Screen::Grid);
        }
        if self.leaving {
            return vec![Effect::Quit];
        }
        let stays = is_over_findings.then(|| "The findings stay as they were.".to_owned());
        self.notice(
            "That did not work",
            std::iter::once(message).chain(hint).chain(stays).collect(),
        );
        Vec::new()
    }
}

/// What a partial scan has to tell; nothing of a whole one.
pub(super) fn partial(scan: &ScanResult) -> Vec<String> {
    let mut lines = Vec::new();
    if !scan.incomplete.is_empty() {
        lines.push("Only a part was read. What was not read is not judged, and addresses in it are not compared:".to_owned());
        lines.extend(scan.incomplete.iter().take(SENTENCES).cloned());
        if scan.incomplete.len() > SENTENCES {
            lines.push(format!("and {} more", scan.incomplete.len() - SENTENCES));
        }
    }
    lines
}

/// What an outcome makes of the rows behind it; `None` leaves them as they are.
fn row_state(outcome: &Outcome) -> Option<RowState> {
    let words = outcome.to_string();
    Some(match outcome {
        Outcome::Done | Outcome::DoneOver(_) => RowState::Done,
        Outcome::NotNeeded => RowState::NotNeeded,
        Outcome::Failed { .. } | Outcome::Refused(_) => RowState::Failed(words),
        Outcome::Conflict(_) | Outcome::Altered { .. } | Outcome::Partly { .. } => {
            RowState::Conflict(words)
        }
        Outcome::InDoubt(_) => RowState::InDoubt(words),
        Outcome::NotReached => return None,
    })
}
