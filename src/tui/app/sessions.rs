//! Kept sessions: earlier work is offered, listed, continued or discarded.

use super::{App, Sheet};
use crate::config::SourceSpec;
use crate::kept::{SessionId, Summary, minute};
use crate::model::Credentials;
use crate::session::{Command, Continued, Resumption, ScanRequest, Wish, request_of, scan_record};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{Confirm, Confirmed, Need, Third};
use crate::tui::screens::Screen;
use crate::tui::screens::connect::Connect;
use crate::tui::screens::review::count;
use crate::tui::screens::scan::Scan;
use crate::tui::screens::sessions::Sessions;

impl App {
    pub(super) fn offered(&mut self, sessions: Vec<Summary>) {
        self.kept.offered = sessions;
    }

    pub(super) fn listed(&mut self, sessions: Result<Vec<Summary>, String>) {
        match sessions {
            Ok(list) => {
                for screen in &mut self.screens {
                    if let Screen::Sessions(sessions) = screen {
                        sessions.came();
                    }
                }
                self.kept.list = list;
            }
            Err(reason) if matches!(self.screens.last(), Some(Screen::Sessions(_))) => {
                self.notice("That did not work", vec![reason]);
            }
            // Nobody asked; it must not come between a person and the keys.
            Err(reason) => self.log.push(reason),
        }
    }

    /// After a scan: goes on with the session that was meant, or offers those
    /// that are about what was scanned.
    pub(super) fn offer(&mut self) -> Vec<Effect> {
        let offered = std::mem::take(&mut self.kept.offered);
        if let Some(id) = self.kept.going_on.take() {
            return self.continue_with(id);
        }
        let (held, free): (Vec<_>, Vec<_>) = offered
            .into_iter()
            .partition(|session| session.held_by.is_some());
        if let Some(newest) = free.first() {
            self.ask_continue(newest, free.len() - 1);
        } else if let Some(by) = held.first().and_then(|session| session.held_by.as_ref()) {
            self.say(format!(
                "another idmend works on a kept session of these forests: {by}"
            ));
        }
        Vec::new()
    }

    fn ask_continue(&mut self, session: &Summary, others: usize) {
        let were = if session.decisions() == 1 {
            "was"
        } else {
            "were"
        };
        let mut lines = vec![format!(
            "{} of {} UTC {were} kept and not written ({}).",
            count(session.decisions(), "decision", "decisions"),
            minute(&session.changed),
            by(session),
        )];
        let differs = |session: &Summary| {
            let (Some(head), now) = (&session.head, scan_record(&self.request)) else {
                return false;
            };
            let scope = |scan: &crate::kept::ScanRecord| {
                (
                    scan.rules.clone(),
                    (scan.bases.clone(), scan.excludes.clone()),
                    (scan.filter.clone(), scan.scope_only),
                    scan.settings.clone(),
                )
            };
            scope(&head.scan) != scope(&now)
        };
        if differs(session) {
            lines.push(
                "They were made with another scope, rules or settings; what is no finding now waits."
                    .to_owned(),
            );
        }
        lines.push(String::new());
        lines.push(
            "Continue with them? Each is checked against what was just read; one whose value has \
             changed is named and left alone."
                .to_owned(),
        );
        if others > 0 {
            lines.push(format!(
                "{} kept, too; F3 lists all.",
                count(
                    others,
                    "older session of these forests is",
                    "older sessions of these forests are"
                )
            ));
        }
        self.ask(Confirm {
            title: "Continue?",
            lines,
            need: Need::Key,
            then: Confirmed::Continue(session.id.clone()),
            no: "not now, they stay kept",
            other: None,
        });
    }

    /// Has a session laid over the findings.
    pub(super) fn continue_with(&mut self, id: SessionId) -> Vec<Effect> {
        let Some(sheet) = &self.sheet else {
            return Vec::new();
        };
        let worksheet = Box::new(sheet.worksheet.clone());
        self.waiting.clear();
        self.screens
            .retain(|screen| !matches!(screen, Screen::Sessions(_)));
        let scan = Scan::laying_over(self.now);
        self.screens.push(Screen::Scan(scan));
        vec![Effect::Send(Command::Continue(id, worksheet))]
    }

    pub(super) fn continued(&mut self, continued: Continued) {
        self.leave_scan();
        self.lay_out(continued.worksheet);
        self.show_findings("");
        self.resumed(&continued.resumption);
    }

    pub(super) fn not_continued(&mut self, reason: String) {
        self.leave_scan();
        self.notice(
            "The session cannot be continued",
            vec![reason, "It stays kept.".to_owned()],
        );
    }

    fn resumed(&mut self, resumption: &Resumption) {
        let resumed = &resumption.resumed;
        let again = format!(
            "{} again",
            count(resumed.staged, "decision is staged", "decisions are staged")
        );
        self.say(format!("{again}; u and Ctrl-r go on as before"));
        for unfit in resumed.lost.iter().chain(&resumed.aside) {
            self.log.push(format!("not staged again: {unfit}"));
        }
        for fault in &resumption.faults {
            self.log.push(format!("session {}: {fault}", resumption.id));
        }
        let already = match resumed.already {
            0 => String::new(),
            number => format!("; {number} more in the directory by now, as decided"),
        };
        let mut lines = vec![format!("{again}{already}.")];
        lines.extend(named(
            &resumed.lost,
            "left alone, because the value is gone",
        ));
        lines.extend(named(&resumed.aside, "waiting, and still kept"));
        if let Some(first) = resumption.faults.first() {
            let copy = format!("(a copy of the file is {}.damaged)", resumption.id);
            lines.push(match resumption.faults.len() {
                1 => format!("{first} {copy}"),
                more => format!("{first}, and {} more {copy}", more - 1),
            });
        }
        if lines.len() > 1 {
            lines.push("The operation log (L) names them all.".to_owned());
            self.notice("Continued", lines);
        }
    }

    /// Before leaving with staged work: what becomes of it.
    pub(super) fn ask_leave(&mut self, staged: usize) {
        let changes = count(staged, "change is", "changes are");
        let (lines, no) = match &self.kept.keeping.failing {
            Some(reason) => (
                vec![
                    format!(
                        "{changes} staged and not written, and the last steps could not be kept:"
                    ),
                    reason.clone(),
                    "Leaving forgets what is not kept.".to_owned(),
                ],
                "stay",
            ),
            None => (
                vec![
                    format!("{changes} staged and not written."),
                    format!(
                        "{} kept when you leave: the same command offers to continue, and idmend sessions lists it.",
                        if staged == 1 { "It stays" } else { "They stay" }
                    ),
                ],
                "stay",
            ),
        };
        self.ask(Confirm {
            title: "Leave?",
            lines,
            need: Need::Key,
            then: Confirmed::Quit,
            no,
            other: Some(Third {
                key: 'd',
                words: "discard and leave",
                then: Confirmed::AskDrop,
            }),
        });
    }

    /// The second question before staged work is thrown away.
    pub(super) fn ask_drop(&mut self) {
        let staged = self
            .sheet
            .as_ref()
            .map_or(0, |sheet| sheet.worksheet.staged());
        self.ask(Confirm {
            title: "Discard?",
            lines: vec![format!(
                "Discard {} for ever and leave?",
                count(staged, "staged change", "staged changes")
            )],
            need: Need::Key,
            then: Confirmed::Drop,
            no: "stay",
            other: None,
        });
    }

    pub(super) fn open_sessions(&mut self) -> Vec<Effect> {
        if self.is_moving() {
            self.say("the sessions can be listed when this is over");
            return Vec::new();
        }
        if !matches!(self.screens.last(), Some(Screen::Sessions(_))) {
            self.screens.push(Screen::Sessions(Sessions::default()));
        }
        vec![Effect::Keep(Wish::List)]
    }

    pub(super) fn sessions_key(&mut self, intent: Intent) -> Vec<Effect> {
        let current = match self.screens.last() {
            Some(Screen::Sessions(sessions)) => sessions.current(&self.kept.list).cloned(),
            _ => None,
        };
        match (intent, current) {
            (Intent::Open, Some(session)) => self.choose(&session),
            (Intent::Remove, Some(session)) => {
                self.ask_discard(&session);
                Vec::new()
            }
            _ => self.close(intent),
        }
    }

    fn ask_discard(&mut self, session: &Summary) {
        if let Some(by) = &session.held_by {
            return self.say(format!("another idmend works on it: {by}"));
        }
        self.ask(Confirm {
            title: "Discard?",
            lines: vec![format!(
                "Discard session {} with {} for ever?",
                session.id,
                count(session.decisions(), "decision", "decisions")
            )],
            need: Need::Key,
            then: Confirmed::Discard(session.id.clone()),
            no: "keep it",
            other: None,
        });
    }

    /// Goes on with a session of the list: on the findings that are open, or by
    /// the scan that it was begun with.
    fn choose(&mut self, session: &Summary) -> Vec<Effect> {
        if let Some(by) = &session.held_by {
            self.say(format!("another idmend works on it: {by}"));
            return Vec::new();
        }
        match &self.sheet {
            Some(sheet) if sheet.worksheet.staged() > 0 => {
                self.say("write what is staged, or leave, before another session is continued");
                Vec::new()
            }
            Some(_) => self.continue_with(session.id.clone()),
            None => self.begin_again(session),
        }
    }

    fn begin_again(&mut self, session: &Summary) -> Vec<Effect> {
        let request = match &session.head {
            Some(head) => request_of(&head.scan, &self.request),
            None => Err("its beginning is damaged: scan first, then continue from here".to_owned()),
        };
        let request = match request {
            Ok(request) => request,
            Err(reason) => {
                self.say(reason);
                return Vec::new();
            }
        };
        match asks_for_password(&request).as_slice() {
            [] => {
                self.screens.clear();
                self.kept.going_on = Some(session.id.clone());
                self.request = request;
                self.start_scan()
            }
            [_] if request.sources.len() == 1 => {
                self.screens = vec![Screen::Connect(Box::new(Connect::again(&request)))];
                self.kept.going_on = Some(session.id.clone());
                self.request = request;
                self.say("enter the password: the scan is followed by what was kept");
                Vec::new()
            }
            _ => {
                self.say("it reads several servers: start idmend with the same command");
                Vec::new()
            }
        }
    }

    /// Whether the form belongs to another scan than the one of a session.
    pub(super) fn forget_session(&mut self) {
        self.kept.going_on = None;
    }

    /// A worksheet that has just come takes the place of what was shown.
    pub(super) fn lay_out(&mut self, worksheet: crate::worksheet::Worksheet) {
        self.waiting.clear();
        self.drop_work();
        self.sheet = Some(Sheet::new(worksheet));
        self.counts.is_stale = true;
    }
}

fn asks_for_password(request: &ScanRequest) -> Vec<&crate::config::ServerSpec> {
    let servers = request.sources.iter().filter_map(|source| match source {
        SourceSpec::Server(server) => Some(server),
        _ => None,
    });
    servers
        .filter(|server| matches!(server.credentials, Credentials::Password { .. }))
        .collect()
}

/// Who kept a session, and its name.
fn by(session: &Summary) -> String {
    match &session.head {
        Some(head) => format!(
            "session {}, by {} on {}",
            session.id, head.origin.user, head.origin.host
        ),
        None => format!("session {}", session.id),
    }
}

/// How many decisions were not staged, and the first of them.
fn named(unfit: &[crate::worksheet::Unfit], what: &str) -> Option<String> {
    let first = unfit.first()?;
    Some(match unfit.len() {
        1 => format!("1 is {what}: {first}"),
        number => format!("{number} are {what}; the first: {first}"),
    })
}
