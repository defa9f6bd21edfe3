//! Words for severities and actions, and how many rows are where.

use crate::rule::Severity;
use crate::worksheet::{Action, Worksheet};

/// All severities, worst first.
pub(in crate::tui) const SEVERITIES: [Severity; 5] = [
    Severity::Fails,
    Severity::Quarantined,
    Severity::Dropped,
    Severity::Changed,
    Severity::Hygiene,
];

pub(in crate::tui) fn severity_word(severity: Severity) -> &'static str {
    severity.as_str()
}

/// The words that `IdFix` uses.
pub(in crate::tui) fn action_word(action: Action) -> &'static str {
    action.word()
}

/// How many rows are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::tui) struct Tally {
    /// In the order of [`SEVERITIES`].
    pub(in crate::tui) severities: [usize; 5],
    /// Decided and not applied yet.
    pub(in crate::tui) staged: usize,
}

impl Tally {
    pub(in crate::tui) fn of(sheet: &Worksheet) -> Self {
        let mut tally = Self::default();
        for row in sheet.rows() {
            let severity = sheet.severity(row);
            if let Some(at) = SEVERITIES.iter().position(|other| *other == severity) {
                tally.severities[at] += 1;
            }
        }
        tally.recount(sheet);
        tally
    }

    /// Counts again what decisions change.
    pub(in crate::tui) fn recount(&mut self, sheet: &Worksheet) {
        self.staged = sheet.staged();
    }
}
