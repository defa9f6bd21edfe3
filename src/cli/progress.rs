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

fn describe(domains: &[DomainProgress], elapsed: Duration) -> String {
    let entries: u64 = domains.iter().map(|domain| domain.entries).sum();
    let findings: u64 = domains.iter().map(|domain| domain.findings).sum();
    let pages: u64 = domains.iter().map(|domain| domain.pages).sum();
    let errors: u64 = domains.iter().map(|domain| domain.errors).sum();
    let done = domains
        .iter()
        .filter(|domain| domain.state == DomainState::Done)
        .count();
    let reading: Vec<_> = domains
        .iter()
        .filter(|domain| domain.state == DomainState::Reading)
        .map(|domain| escape(&domain.name))
        .take(3)
        .collect();
    format!(
        "{done} of {} domains, {entries} entries ({}/s), {pages} pages, {errors} errors, \
         {findings} findings; reading {}",
        domains.len(),
        u128::from(entries) * 1000 / elapsed.as_millis().max(1),
        reading.join(", ")
    )
}
