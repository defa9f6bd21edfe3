//! The full screens. Each holds its own state and draws itself from it; what
//! keys do is decided in [`App`](super::App).

mod bar;
pub(super) mod connect;
pub(super) mod contacts;
pub(super) mod document;
pub(super) mod examine;
pub(super) mod exceptions;
pub(super) mod history;
pub(super) mod list;
pub(super) mod log;
pub(super) mod outcome;
pub(super) mod review;
pub(super) mod rules;
pub(super) mod scan;
pub(super) mod sessions;
pub(super) mod summary;
pub(super) mod transaction;
pub(super) mod write;

use super::keymap::Context;

/// A screen. The lowest of the stack is where the program began.
#[derive(Debug)]
pub(super) enum Screen {
    Connect(Box<connect::Connect>),
    Examination(Box<examine::Examination>),
    Scan(scan::Scan),
    Summary(summary::Summary),
    Contacts(document::Place),
    Rules(rules::Rules),
    Exceptions(exceptions::Exceptions),
    Grid,
    Review(Box<review::Review>),
    Write(write::Write),
    Outcome(Box<outcome::OutcomeScreen>),
    History(history::History),
    Sessions(sessions::Sessions),
    Transaction(Box<transaction::Shown>),
    Log(document::Place),
}

impl Screen {
    /// Whether it shows what was counted of all findings.
    pub(super) fn shows_counts(&self) -> bool {
        matches!(self, Self::Summary(_) | Self::Contacts(_) | Self::Rules(_))
    }

    /// The contexts of its keys, most particular first.
    pub(super) fn contexts(&self) -> &'static [Context] {
        use Context as C;
        match self {
            Self::Connect(_) => &[C::Connect],
            Self::Examination(test) if test.is_running() => &[C::Testing, C::Everywhere],
            Self::Examination(test) if test.can_scan() => {
                &[C::Examination, C::Moving, C::Everywhere]
            }
            Self::Examination(_) => &[C::Refusal, C::Moving, C::Everywhere],
            Self::Scan(_) => &[C::Scan, C::Everywhere],
            Self::Summary(_) => &[C::Summary, C::Moving, C::Everywhere],
            Self::Contacts(_) => &[C::Contacts, C::Moving, C::Everywhere],
            Self::Rules(_) => &[C::Rules, C::Moving, C::Everywhere],
            Self::Exceptions(_) => &[C::Exceptions, C::Moving, C::Everywhere],
            Self::Grid => &[C::Grid, C::Moving, C::Everywhere],
            Self::Review(_) => &[C::Review, C::Moving, C::Everywhere],
            Self::Write(_) => &[C::Apply, C::Everywhere],
            Self::Outcome(_) => &[C::Result, C::Moving, C::Everywhere],
            Self::Sessions(_) => &[C::Sessions, C::Moving, C::Everywhere],
            Self::History(_) => &[C::History, C::Moving, C::Everywhere],
            Self::Transaction(_) => &[C::Transaction, C::Moving, C::Everywhere],
            Self::Log(_) => &[C::Moving, C::Everywhere],
        }
    }
}
