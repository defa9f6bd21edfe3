//! The scan while it runs: a line a domain.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::scan::{DomainProgress, DomainState};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// How far it is.
#[derive(Debug, Default)]
pub(in crate::tui) struct Scan {
    pub(in crate::tui) started: Duration,
    pub(in crate::tui) now: Duration,
    pub(in crate::tui) domains: Vec<DomainProgress>,
    pub(in crate::tui) stopping: bool,
    /// What is read again, in words; the findings lie beneath.
    pub(in crate::tui) again: Option<String>,
    /// Reading is over; kept decisions are being staged again.
    laying_over: bool,
}

impl Scan {
    pub(in crate::tui) fn new(now: Duration) -> Self {
        Self {
            started: now,
            now,
            ..Self::default()
        }
    }

    /// A reading of what is known already.
    pub(in crate::tui) fn again(now: Duration, words: String) -> Self {
        Self {
            again: Some(words),
            ..Self::new(now)
        }
    }

    /// The wait while kept decisions are checked and staged.
    pub(in crate::tui) fn laying_over(now: Duration) -> Self {
        Self {
            laying_over: true,
            ..Self::new(now)
        }
    }

    fn elapsed(&self) -> Duration {
        self.now.saturating_sub(self.started)
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = usize::from(area.width);
        let seconds = self.elapsed().as_secs();
        let total: u64 = self.domains.iter().map(|domain| domain.entries).sum();
        let found: u64 = self.domains.iter().map(|domain| domain.findings).sum();
        let rate = per_second(total, self.elapsed());
        let head = if let Some(what) = &self.again {
            let spin = self.spin(0);
            format!("{spin} reading {what} again … {seconds} s, {total} entries")
        } else if self.laying_over {
            format!("{} checking what was kept … {seconds} s", self.spin(0))
        } else if self.domains.is_empty() {
            format!("{} connecting … {seconds} s", self.spin(0))
        } else {
            format!(
                "{total} entries read in {seconds} s ({rate}/s), {found} findings so far, duplicates come last"
            )
        };
        let mut lines = vec![Line::styled(
            text::fit_text(&head, width, Cut::End),
            theme.style(Role::Heading),
        )];
        if self.stopping {
            let stopping = if self.again.is_some() {
                "stopping at the next page"
            } else {
                "stopping at the next page: what was read is shown, and called partial"
            };
            lines.push(Line::styled(stopping, theme.style(Role::Warning)));
        }
        lines.push(Line::default());
        if !self.domains.is_empty() {
            lines.push(titles(width, theme));
        }
        for (at, domain) in self.domains.iter().enumerate() {
            lines.push(self.line(at, domain, width, theme));
            if let DomainState::Failed(reason) = &domain.state {
                for mut line in cell::wrap(reason, width.saturating_sub(4), 2, theme) {
                    line.spans.insert(0, Span::raw("    "));
                    lines.push(line);
                }
            }
        }
        lines.extend(self.skipped(width, theme));
        draw_lines(frame, area, &lines);
    }

    /// What the sync engine leaves out so far, by reason.
    fn skipped(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut reasons = BTreeMap::new();
        for (reason, count) in self.domains.iter().flat_map(|domain| &domain.skipped_by) {
            *reasons.entry(*reason).or_insert(0) += count;
        }
        if reasons.is_empty() {
            return Vec::new();
        }
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(reason, count): (_, &u64)| format!("{count} {reason}"))
            .collect();
        let text = format!("skipped: {}", reasons.join(", "));
        let mut lines = vec![Line::default()];
        lines.extend(cell::wrap(&text, width, 4, theme));
        lines
    }

    fn line(
        &self,
        at: usize,
        domain: &DomainProgress,
        width: usize,
        theme: Theme,
    ) -> Line<'static> {
        let name = name_width(width);
        let (sign, word, role) = match &domain.state {
            DomainState::Waiting => ("·", "waiting", Role::Muted),
            DomainState::Reading => (self.spin(at), "reading", Role::Key),
            DomainState::Done => ("✓", "read", Role::Added),
            DomainState::Failed(_) => ("✗", "failed", Role::Removed),
            DomainState::Cancelled => ("!", "stopped", Role::Warning),
        };
        let fitted = cell::fit(&domain.name, name, Cut::Middle, theme);
        let used: usize = fitted.iter().map(Span::width).sum();
        let mut spans = vec![Span::styled(format!("{sign} "), theme.style(role))];
        spans.extend(fitted);
        spans.push(Span::raw(" ".repeat(name - used + 1)));
        spans.push(Span::styled(format!("{word:<12}"), theme.style(role)));
        spans.push(Span::raw(format!(
            " {:>9} {:>7} {:>6} {:>6} {:>8} {:>8}",
            domain.entries,
            per_second(domain.entries, self.elapsed()),
            domain.pages,
            domain.errors,
            domain.skipped,
            domain.findings,
        )));
        Line::from(spans)
    }

    fn spin(&self, at: usize) -> &'static str {
        let step = usize::try_from(self.now.as_millis() / 120).unwrap_or(0);
        SPINNER[(step + at) % SPINNER.len()]
    }
}

fn name_width(width: usize) -> usize {
    width.saturating_sub(67).clamp(12, 40)
}

/// Things a second, whole.
pub(in crate::tui) fn per_second(count: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    count.saturating_mul(1000).checked_div(millis).unwrap_or(0)
}

fn titles(width: usize, theme: Theme) -> Line<'static> {
    let name = name_width(width);
    let text = format!(
        "  {:<name$} {:<12} {:>9} {:>7} {:>6} {:>6} {:>8} {:>8}",
        "Domain", "State", "Entries", "Rate/s", "Pages", "Errors", "Skipped", "Findings"
    );
    Line::styled(text, theme.style(Role::Heading))
}
