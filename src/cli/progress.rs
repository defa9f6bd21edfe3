//! Progress on standard error, if that is a terminal.

use std::time::Duration;

use indicatif::ProgressBar;

use super::talk::is_quiet;
use crate::scan::{DomainProgress, DomainState};
use crate::text::escape;

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
        self.0
            .set_message(format!("checked {number} of {total} entries"));
    }

    /// Shows how many entries of a plan are settled.
    pub(super) fn settled(&self, number: usize, total: usize) {
        self.0.set_message(format!("{number} of {total} entries"));
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
