//! The test of a connection before a scan: each step in a line, and what to do
//! about those that failed.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::document::Place;
use crate::model::{Diagnosis, Verdict};
use crate::session::Examined;
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// Columns before what was found.
const SUBJECT: usize = 15;
/// Most lines of one finding.
const WRAPPED: usize = 6;

/// A test under way, or what it found.
#[derive(Debug, Default)]
pub(in crate::tui) struct Examination {
    /// Of which request the answer is waited for.
    pub(in crate::tui) number: u64,
    /// What is tested, raw.
    of: String,
    started: Duration,
    pub(in crate::tui) now: Duration,
    found: Option<Vec<Examined>>,
    place: Place,
}

impl Examination {
    pub(in crate::tui) fn new(number: u64, of: String, now: Duration) -> Self {
        Self {
            number,
            of,
            started: now,
            now,
            ..Self::default()
        }
    }

    pub(in crate::tui) fn is_running(&self) -> bool {
        self.found.is_none()
    }

    pub(in crate::tui) fn set(&mut self, found: Vec<Examined>) {
        self.found = Some(found);
    }

    fn all(&self) -> impl Iterator<Item = &Diagnosis> {
        let sources = self.found.iter().flatten();
        sources.flat_map(|source| &source.found)
    }

    /// Whether a server has refused the sign-in.
    pub(in crate::tui) fn is_refused(&self) -> bool {
        self.all()
            .any(|one| one.subject == "sign-in" && one.verdict == Verdict::Wrong)
    }

    /// Whether a scan has something to read.
    pub(in crate::tui) fn can_scan(&self) -> bool {
        let mut sources = self.found.iter().flatten();
        sources.any(|source| source.can_read)
    }

    /// What is to be done now, in a sentence.
    pub(in crate::tui) fn conclusion(&self) -> &'static str {
        let wrong = self.all().any(|one| one.verdict == Verdict::Wrong);
        match (self.is_running(), self.can_scan(), wrong) {
            (true, ..) => "nothing is written; the account signs in once",
            (_, true, false) => "all a scan needs is there: Enter scans, Esc goes back",
            (_, true, true) => "not all is well; Enter scans all the same, Esc goes back",
            (_, false, _) => "it cannot be scanned like this: Enter or Esc goes back to the form",
        }
    }

    /// Scrolls; `false` if the key does not.
    pub(in crate::tui) fn key(
        &mut self,
        intent: Intent,
        (width, height): (usize, usize),
        theme: Theme,
    ) -> bool {
        let total = self.lines(width, theme).len();
        self.place.key(intent, height, total)
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let lines = self.lines(usize::from(area.width), theme);
        let top = self.place.top_of(usize::from(area.height), lines.len());
        draw_lines(frame, area, lines.get(top..).unwrap_or_default());
    }

    fn lines(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let heading = |text: &str| {
            let lines = cell::wrap(text, width, 2, theme).into_iter();
            lines.map(|line| line.patch_style(theme.style(Role::Heading)))
        };
        let Some(found) = &self.found else {
            let seconds = self.now.saturating_sub(self.started).as_secs();
            let text = format!("testing the way to {} … {seconds} s", self.of);
            return heading(&text).collect();
        };
        let mut lines = Vec::new();
        for source in found {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(heading(&format!("the way to {}", source.label)));
            for one in &source.found {
                lines.extend(step(one, width, theme));
            }
        }
        lines
    }
}

/// A step: its sign, what it is, what was found, and what to do about it.
fn step(one: &Diagnosis, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let (sign, role) = match one.verdict {
        Verdict::Good => ("✓", Role::Added),
        Verdict::Notable => ("!", Role::Warning),
        Verdict::Wrong => ("✗", Role::Removed),
    };
    let room = width.saturating_sub(SUBJECT);
    let mut found = cell::wrap(&one.finding, room, WRAPPED, theme);
    if let Some(remedy) = &one.remedy {
        found.extend(cell::wrap(&format!("→ {remedy}"), room, WRAPPED, theme));
    }
    let mut lines = Vec::new();
    for (mut line, at) in found.into_iter().zip(0..) {
        let before = match at {
            0 => vec![
                Span::styled(format!("{sign} "), theme.style(role)),
                Span::styled(format!("{:<13}", one.subject), theme.style(Role::Muted)),
            ],
            _ => vec![Span::raw(" ".repeat(SUBJECT))],
        };
        line.spans.splice(0..0, before);
        lines.push(line);
    }
    lines
}
