//! `idmend` without a command: the terminal interface.

use std::io::{self, IsTerminal as _};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::say;
use crate::session::{ScanRequest, spawn};
use crate::tui::{self, Options, Start};

pub(super) async fn run(
    source: &SourceArgs,
    scope: &ScopeArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let request = scope.request_on(source)?;
    needs_terminal()?;
    open(request, context).await
}

fn needs_terminal() -> Result<(), Failure> {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::usage("the terminal interface needs a terminal")
            .hint("idmend scan SOURCE works without one"));
    }
    Ok(())
}

/// Opens the terminal interface; without sources in the request it asks for
/// one.
pub(super) async fn open(request: ScanRequest, context: &Context) -> Result<Exit, Failure> {
    needs_terminal()?;
    let (session, log) = context.open()?;
    let options = Options {
        start: if request.sources.is_empty() {
            Start::Connect
        } else {
            Start::Scan
        },
        request,
        // https://no-color.org: set and not empty.
        colour: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        state: context.state.clone(),
    };
    let result = tui::run(options, spawn(session)).await;
    log.close();
    say(format!("state: {}", context.state.display()));
    result
        .map(|()| Exit::Clean)
        .map_err(|error| Failure::usage(format!("the terminal cannot be used: {error}")))
}
