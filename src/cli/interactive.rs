//! `idmend` without a command: the terminal interface.

use std::io::{self, IsTerminal as _};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::look::{Look, LookArgs};
use super::profiles::saved;
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::{as_u64, count, insist, say};
use crate::session::{Remains, ScanRequest, spawn};
use crate::text::escape;
use crate::tui::{self, Options, RunError, Saved, Start};

pub(super) async fn run(
    (source, scope, look): (&SourceArgs, &ScopeArgs, &LookArgs),
    context: &Context,
) -> Result<Exit, Failure> {
    let request = scope.request_on(source)?;
    let look = look.with_profile(&scope.profiles.read()?.judging()?);
    needs_terminal()?;
    let saved = if request.sources.is_empty() {
        saved(scope, source)
    } else {
        Vec::new()
    };
    open(request, saved, look, context).await
}

fn needs_terminal() -> Result<(), Failure> {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::usage("the terminal interface needs a terminal")
            .hint("idmend scan SOURCE works without one"));
    }
    Ok(())
}

/// Opens the terminal interface; without sources in the request it asks for
/// one, and offers the saved profiles.
pub(super) async fn open(
    request: ScanRequest,
    saved: Vec<Saved>,
    look: Look,
    context: &Context,
) -> Result<Exit, Failure> {
    needs_terminal()?;
    let (session, log) = context.open()?;
    let options = Options {
        start: if request.sources.is_empty() {
            Start::Connect
        } else {
            Start::Scan
        },
        request,
        saved,
        colours: look.colours,
        mouse: look.mouse,
        state: context.state.clone(),
    };
    let ended = tui::run(options, spawn(session)).await;
    match &ended.remains {
        // Work that is lost is never passed over.
        Some(remains) if remains.failing.is_some() || remains.id.is_none() => {
            insist(kept_in_words(remains));
        }
        Some(remains) => say(kept_in_words(remains)),
        None => {}
    }
    log.close();
    say(format!("state: {}", context.state.display()));
    match ended.result {
        Ok(()) => Ok(Exit::Clean),
        Err(error @ RunError::Terminal(_)) => Err(Failure::usage(error.to_string())),
        Err(error @ RunError::Fault(_)) => {
            Err(Failure::new(Exit::Incomplete, escape(&error.to_string()))
                .hint("the log has more; what was staged is offered by the next start"))
        }
    }
}

/// What is left of the work, and how to come back to it.
fn kept_in_words(remains: &Remains) -> String {
    let number = as_u64(remains.staged + remains.aside);
    let what = count(number, "decision", "decisions");
    match (&remains.id, &remains.failing) {
        (Some(id), None) => format!(
            "{what} kept, not written: session {id}; the same command offers to continue, \
             idmend sessions lists it"
        ),
        (Some(id), Some(reason)) => {
            format!("{what}, not written: session {id} lacks the last steps: {reason}")
        }
        (None, reason) => format!(
            "{what}, neither written nor kept{}",
            reason
                .as_ref()
                .map_or(String::new(), |reason| format!(": {reason}"))
        ),
    }
}
