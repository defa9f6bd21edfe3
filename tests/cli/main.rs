//! The built program as a script sees it: standard output, standard error and
//! exit code of every command, in one text each.
//!
//! What differs from run to run (folders, times, names of transactions and
//! logs) is masked. Every run has a home of its own and no other environment.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test's helper may fail loudly, and its texts are short"
)]

mod apply;
mod audit;
mod bad_input;
mod brakes;
mod common;
mod demo;
mod diff;
mod exceptions;
#[cfg(unix)]
mod faults;
mod hard_match;
mod help;
mod history;
#[cfg(unix)]
mod interrupt;
mod page;
mod profiles;
mod reports;
mod rules;
mod scan;
mod sessions;
mod skipped;
mod spreadsheet;
mod unattended;
