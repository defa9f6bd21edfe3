//! Progress on standard error, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::talk::is_quiet;
use crate::scan::{DomainProgress, DomainState};
use crate::text::escape;

/// What is shown where the end is known.
const BAR: &str = "{spinner} {msg} [{bar:30}] {pos} of {len} entries, {per_sec}, {eta} left";

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// A line that says how far the work is; gone when it is dropped.
#[derive(Debug)]
pub(super) struct Line(ProgressBar);

impl Line {
    /// A line that says `what` until it knows more.
    pub(super) fn new(what: &'static str) -> Self {
        // Hidden by itself where standard error is no terminal.
        let bar = if is_quiet() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Shows how far a scan is.
    pub(super) fn scan(&self, domains: &[DomainProgress]) {
        self.0.set_message(describe(domains, self.0.elapsed()));
    }

    /// Shows how many entries of a plan were looked at before the first write.
    pub(super) fn looked_at(&self, number: usize, total: usize) {
        self.bar("checking", number, total);
    }

    /// Shows how many entries of a plan are settled.
    pub(super) fn settled(&self, number: usize, total: usize) {
        self.bar("writing", number, total);
    }

    fn bar(&self, what: &'static str, number: usize, total: usize) {
        if self.0.message() != what {
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                self.0.set_style(style.progress_chars("=> "));
            }
            self.0.reset_eta();
            self.0.set_message(what);
        }
        self.0.set_length(total as u64);
        self.0.set_position(number as u64);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How many domains have a line of their own.
const LINES: usize = 4;

/// All domains in one line, and each that is being read in one below it.
fn describe(domains: &[DomainProgress], elapsed: Duration) -> String {
    let sum = |of: fn(&DomainProgress) -> u64| domains.iter().map(of).sum();
    let is = |state| move |domain: &&DomainProgress| domain.state == state;
    let mut text = format!(
        "{} of {} domains, {}, {} findings",
        domains.iter().filter(is(DomainState::Done)).count(),
        domains.len(),
        counts(
            elapsed,
            [
                sum(|domain| domain.entries),
                sum(|domain| domain.pages),
                sum(|domain| domain.errors),
                sum(|domain| domain.skipped),
            ],
        ),
        sum(|domain| domain.findings),
    );
    for domain in domains.iter().filter(is(DomainState::Reading)).take(LINES) {
        let counts = counts(
            elapsed,
            [domain.entries, domain.pages, domain.errors, domain.skipped],
        );
        text.push_str("\n  ");
        text.push_str(&escape(&domain.name));
        text.push_str(": ");
        text.push_str(&counts);
    }
    text
}

fn counts(elapsed: Duration, [entries, pages, errors, skipped]: [u64; 4]) -> String {
    let rate = u128::from(entries) * 1000 / elapsed.as_millis().max(1);
    format!("{entries} entries ({rate}/s), {pages} pages, {errors} errors, {skipped} skipped")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DomainId;

    #[test]
    fn each_domain_that_is_read_has_a_line_of_its_own() {
        let domain = |name: &str, state, entries| DomainProgress {
            state,
            entries,
            pages: entries / 1000,
            skipped: entries / 100,
            findings: entries / 10,
            ..DomainProgress::waiting(DomainId(0), name.to_owned())
        };
        let mut domains = vec![
            domain("a.x", DomainState::Done, 4000),
            domain("b\u{1b}.x", DomainState::Reading, 3000),
            domain("c.x", DomainState::Waiting, 0),
        ];
        domains[1].errors = 1;
        assert_eq!(
            describe(&domains, Duration::from_millis(3500)),
            "1 of 3 domains, 7000 entries (2000/s), 7 pages, 1 errors, 70 skipped, 700 findings\n  \
             b␛.x: 3000 entries (857/s), 3 pages, 1 errors, 30 skipped"
        );
        let many = vec![domain("d.x", DomainState::Reading, 1); 100];
        let lines = describe(&many, Duration::ZERO).lines().count();
        assert_eq!(lines, 1 + LINES);
    }
}
