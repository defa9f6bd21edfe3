//! A transaction while it runs: how many, how fast, and the last outcomes.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::scan::per_second;
use crate::text::Cut;
use crate::transaction::{Outcome, TransactionId};
use crate::tui::cell;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// Outcomes that stay on the screen.
const SHOWN: usize = 100;

/// What is being carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) enum Kind {
    Apply,
    Rollback(TransactionId),
    Recover(TransactionId),
}

/// How far it is.
#[derive(Debug)]
pub(in crate::tui) struct Write {
    pub(in crate::tui) kind: Kind,
    pub(in crate::tui) started: Duration,
    pub(in crate::tui) now: Duration,
    pub(in crate::tui) id: Option<TransactionId>,
    pub(in crate::tui) journal: PathBuf,
    /// DNs, in the order of the plan.
    pub(in crate::tui) entries: Vec<String>,
    settled: usize,
    failed: usize,
    last: VecDeque<(usize, Outcome)>,
    pub(in crate::tui) stopping: bool,
}

impl Write {
    pub(in crate::tui) fn new(kind: Kind, now: Duration) -> Self {
        Self {
            kind,
            started: now,
            now,
            id: None,
            journal: PathBuf::new(),
            entries: Vec::new(),
            settled: 0,
            failed: 0,
            last: VecDeque::new(),
            stopping: false,
        }
    }

    pub(in crate::tui) fn progress(&mut self, index: usize, outcome: Outcome) {
        self.settled += 1;
        if outcome.is_failure() {
            self.failed += 1;
        }
        self.last.push_front((index, outcome));
        self.last.truncate(SHOWN);
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = usize::from(area.width);
        let elapsed = self.now.saturating_sub(self.started);
        let total = self.entries.len();
        let what = match &self.kind {
            Kind::Apply => "Writing".to_owned(),
            Kind::Rollback(id) => format!("Rolling back {id}"),
            Kind::Recover(id) => format!("Settling {id} by reading"),
        };
        let rate = per_second(u64::try_from(self.settled).unwrap_or(u64::MAX), elapsed);
        let left = u64::try_from(total.saturating_sub(self.settled))
            .unwrap_or(u64::MAX)
            .checked_div(rate)
            .map_or(String::new(), |seconds| format!(", about {seconds} s left"));
        let head = if self.id.is_none() {
            format!("{what}: checking, and writing the journal first …")
        } else {
            format!(
                "{what}: {} of {total} entries ({rate}/s{left}), {} failed",
                self.settled, self.failed
            )
        };
        let mut lines = vec![Line::from(cell::with_style(
            cell::fit(&head, width, Cut::End, theme),
            theme.style(Role::Heading),
        ))];
        lines.push(bar(self.settled, total, width.min(60)));
        if self.id.is_some() {
            let mut journal = vec![Span::styled("journal ", theme.style(Role::Muted))];
            let path = self.journal.to_string_lossy();
            journal.extend(cell::fit(
                &path,
                width.saturating_sub(8),
                Cut::Middle,
                theme,
            ));
            lines.push(Line::from(journal));
        }
        if self.stopping {
            let text = "stopping after the entry that is being written; nothing is left half done";
            lines.push(Line::styled(text, theme.style(Role::Warning)));
        }
        lines.push(Line::default());
        for (index, outcome) in &self.last {
            let dn = self.entries.get(*index).map_or("", String::as_str);
            lines.push(outcome_line(dn, outcome, width, theme));
        }
        draw_lines(frame, area, &lines);
    }
}

fn bar(done: usize, total: usize, width: usize) -> Line<'static> {
    let inner = width.saturating_sub(2);
    let full = (done * inner).checked_div(total).unwrap_or(0).min(inner);
    Line::raw(format!(
        "[{}{}]",
        "#".repeat(full),
        "-".repeat(inner - full)
    ))
}

/// `✓ done  CN=…`, with the reason if there is one.
pub(in crate::tui) fn outcome_line(
    dn: &str,
    outcome: &Outcome,
    width: usize,
    theme: Theme,
) -> Line<'static> {
    let (sign, role) = sign(outcome);
    let label = format!("{sign} {:<13} ", outcome.label());
    let left = width.saturating_sub(label.chars().count());
    let mut spans = vec![Span::styled(label, theme.style(role))];
    spans.extend(cell::fit(dn, left, Cut::Middle, theme));
    Line::from(spans)
}

pub(in crate::tui) fn sign(outcome: &Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Done | Outcome::NotNeeded => ("✓", Role::Added),
        Outcome::Failed { .. } | Outcome::Refused(_) => ("✗", Role::Removed),
        Outcome::DoneOver(_)
        | Outcome::Altered { .. }
        | Outcome::Partly { .. }
        | Outcome::Conflict(_) => ("!", Role::Warning),
        Outcome::InDoubt(_) => ("?", Role::Warning),
        Outcome::NotReached => ("·", Role::Muted),
    }
}
