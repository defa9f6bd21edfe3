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

/// What the cloud does with it.
pub(in crate::tui) fn severity_means(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails => "the object does not synchronise, or its change is refused",
        Severity::Quarantined => "the object synchronises, and the value is held back",
        Severity::Dropped => "the value is left out, silently",
        Severity::Changed => "the cloud stores another value",
        Severity::Hygiene => "it works, but is untidy or a trap",
    }
}

/// The words that `IdFix` uses.
pub(in crate::tui) fn action_word(action: Action) -> &'static str {
    action.word()
}

/// How many rows there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::tui) struct Tally {
    /// In the order of [`SEVERITIES`].
    pub(in crate::tui) severities: [usize; 5],
}

impl Tally {
    pub(in crate::tui) fn of(sheet: &Worksheet) -> Self {
        let counts = sheet.severities();
        Self {
            severities: SEVERITIES.map(|severity| counts.get(&severity).copied().unwrap_or(0)),
        }
    }
}
