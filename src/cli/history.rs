//! `idmend history`.

use std::io::{self, Write as _};

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::result;
use super::talk::say;
use crate::session::Session;
use crate::text::escape;
use crate::transaction::{TransactionId, TransactionState, TransactionSummary};

/// List the transactions of the state directory, newest first.
#[derive(Debug, Args)]
#[command(after_help = examples::HISTORY)]
pub(super) struct HistoryArgs {
    /// Print one JSON object a transaction
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    say(format!("state: {}", context.state.display()));
    let history = Session::new(context.state.clone()).history()?;
    if history.is_empty() {
        say("no transaction yet");
    }
    for summary in history.iter().filter(|_| args.json) {
        result::print_summary(summary)?;
    }
    let mut output = io::stdout().lock();
    for summary in history.iter().filter(|_| !args.json) {
        writeln!(output, "{}", line(summary))?;
    }
    if history.iter().any(|summary| summary.needs_recovery) {
        say("hint: idmend recover SOURCE settles what is unfinished");
    }
    Ok(Exit::Clean)
}

/// One transaction on one line.
pub(super) fn line(summary: &TransactionSummary) -> String {
    let state = match summary.state {
        TransactionState::Finished => "finished",
        TransactionState::Unfinished => "UNFINISHED",
        TransactionState::Damaged => "DAMAGED",
    };
    let mut parts = vec![format!(
        "{}  {state:<10}  {} planned, {} done",
        summary.id, summary.planned, summary.done
    )];
    for (number, what) in [
        (summary.failed, "failed"),
        (summary.in_doubt, "in doubt"),
        (summary.not_reached, "not reached"),
    ] {
        if number > 0 {
            parts.push(format!(", {number} {what}"));
        }
    }
    parts.push(format!(
        "  {} by {}",
        escape(&summary.forests.join(", ")),
        escape(&summary.identity)
    ));
    if let Some(reverted) = &summary.reverts {
        parts.push(format!("  takes back {reverted}"));
    }
    if let Some(by) = &summary.reverted_by {
        parts.push(format!("  taken back by {by}"));
    }
    parts.concat()
}

/// The transaction that somebody means by its name or the beginning of it.
pub(super) fn resolve(session: &Session, text: &str) -> Result<TransactionId, Failure> {
    let history = session.history()?;
    let matches: Vec<_> = history
        .iter()
        .map(|summary| &summary.id)
        .filter(|id| id.as_str().starts_with(text))
        .collect();
    match matches.as_slice() {
        [id] => Ok((*id).clone()),
        [] => Err(Failure::usage(format!(
            "there is no transaction '{}' in {}",
            escape(text),
            session.journal_directory().display()
        ))
        .hint("idmend history lists them")),
        several => Err(Failure::usage(format!(
            "'{}' is the beginning of {} transactions",
            escape(text),
            several.len()
        ))
        .hint("give more of the name")),
    }
}
