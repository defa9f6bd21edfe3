//! What became of a transaction, in numbers and entry by entry, with the
//! server's words; from here it can be rolled back.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::document::{Blocks, Place};
use super::review::count;
use super::write::{Kind, outcome_line};
use crate::text::Cut;
use crate::transaction::{Outcome, TransactionReport};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::theme::{Role, Theme};

/// Lines of a reason.
const REASON: usize = 3;

/// A report under the eye.
#[derive(Debug)]
pub(in crate::tui) struct OutcomeScreen {
    pub(in crate::tui) kind: Kind,
    pub(in crate::tui) report: TransactionReport,
    entries: Vec<String>,
    /// What went wrong first, then the rest; each in the order of the plan.
    order: Vec<usize>,
    blocks: Blocks,
    width: usize,
    place: Place,
}

impl OutcomeScreen {
    pub(in crate::tui) fn new(
        kind: Kind,
        report: TransactionReport,
        entries: Vec<String>,
        width: usize,
    ) -> Self {
        let mut order: Vec<usize> = (0..report.outcomes.len()).collect();
        order.sort_by_key(|at| report.outcomes.get(*at).is_some_and(Outcome::is_as_planned));
        let mut screen = Self {
            kind,
            report,
            entries,
            order,
            blocks: Blocks::default(),
            width,
            place: Place::default(),
        };
        screen.lay_out(width);
        screen
    }

    /// Whether there is something to roll back.
    pub(in crate::tui) fn wrote(&self) -> bool {
        self.report.outcomes.iter().any(Outcome::wrote)
    }

    /// Adapts to a new width.
    pub(in crate::tui) fn lay_out(&mut self, width: usize) {
        self.width = width;
        let theme = Theme::new(crate::config::Colours::None);
        let head = self.head(width, theme).len();
        self.blocks = Blocks::new(
            std::iter::once(head).chain(
                self.order
                    .iter()
                    .map(|at| self.entry(*at, width, theme).len()),
            ),
        );
    }

    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize) -> bool {
        self.place.key(intent, height, self.blocks.total())
    }

    fn head(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let report = &self.report;
        let wrote = report.count(Outcome::wrote);
        let what = match &self.kind {
            Kind::Apply => "Written".to_owned(),
            Kind::Rollback(id) => format!("Rolled back {id}"),
            Kind::Recover(id) => format!("Settled {id}"),
        };
        let title = format!("{what}: transaction {}", report.id);
        let mut lines = vec![Line::styled(title, theme.style(Role::Heading))];
        let number = |test: fn(&Outcome) -> bool| report.count(test);
        let rows = [
            ("✓", "done and read back", wrote, Role::Added),
            (
                "✓",
                "not needed: it was so already",
                number(|o| matches!(o, Outcome::NotNeeded)),
                Role::Added,
            ),
            (
                "✗",
                "failed or refused: nothing changed there",
                number(|o| matches!(o, Outcome::Failed { .. } | Outcome::Refused(_))),
                Role::Removed,
            ),
            (
                "!",
                "conflict: not as expected any more; left alone",
                number(|o| matches!(o, Outcome::Conflict(_))),
                Role::Warning,
            ),
            (
                "!",
                "of the done: stored otherwise, or in part",
                number(|o| matches!(o, Outcome::Altered { .. } | Outcome::Partly { .. })),
                Role::Warning,
            ),
            (
                "?",
                "in doubt: no answer came; H and f settle it",
                number(|o| matches!(o, Outcome::InDoubt(_))),
                Role::Warning,
            ),
            (
                "·",
                "not reached",
                number(|o| matches!(o, Outcome::NotReached)),
                Role::Muted,
            ),
        ];
        for (sign, words, number, role) in rows {
            if number > 0 || words.starts_with("done") {
                lines.push(Line::styled(
                    format!("  {sign} {number:>6}  {words}"),
                    theme.style(role),
                ));
            }
        }
        for note in &report.notes {
            lines.extend(cell::wrap(note, width, REASON, theme));
        }
        for (label, path) in [
            ("journal   ", &report.journal),
            ("undo LDIF ", &report.undo),
        ] {
            let path = path.to_string_lossy();
            if !path.is_empty() {
                let mut spans = vec![Span::styled(label, theme.style(Role::Muted))];
                spans.extend(cell::fit(
                    &path,
                    width.saturating_sub(10),
                    Cut::Middle,
                    theme,
                ));
                lines.push(Line::from(spans));
            }
        }
        if self.wrote() && matches!(self.kind, Kind::Apply) {
            let text = format!(
                "r takes back what was written to {}, now or from the history (H)",
                count(wrote, "entry", "entries")
            );
            lines.extend(cell::wrap(&text, width, REASON, theme));
        }
        lines.push(Line::default());
        lines
    }

    fn entry(&self, at: usize, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let Some(outcome) = self.report.outcomes.get(at) else {
            return Vec::new();
        };
        let unnamed = format!("entry {}", at + 1);
        let dn = self.entries.get(at).unwrap_or(&unnamed);
        let mut lines = vec![outcome_line(dn, outcome, width, theme)];
        let words = outcome.to_string();
        let reason = words
            .strip_prefix(outcome.label())
            .and_then(|rest| rest.strip_prefix(": "))
            .map(str::to_owned);
        let advice = outcome.what_to_try().map(|advice| format!("try: {advice}"));
        for sentence in [reason, advice].into_iter().flatten() {
            for mut line in cell::wrap(&sentence, width.saturating_sub(4), REASON, theme) {
                line.spans.insert(0, Span::raw("    "));
                lines.push(line);
            }
        }
        lines
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        self.blocks.draw(frame, area, self.place, |block| {
            match block.checked_sub(1) {
                None => self.head(self.width, theme),
                Some(at) => self
                    .order
                    .get(at)
                    .map_or_else(Vec::new, |at| self.entry(*at, self.width, theme)),
            }
        });
    }
}
