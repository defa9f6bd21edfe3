//! `idmend` without a command: the terminal interface.

use std::io::{self, IsTerminal as _};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::look::{Look, LookArgs};
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::say;
use crate::session::{ScanRequest, spawn};
use crate::tui::{self, Options, Start};

pub(super) async fn run(
    (source, scope, look): (&SourceArgs, &ScopeArgs, &LookArgs),
    context: &Context,
) -> Result<Exit, Failure> {
    let request = scope.request_on(source)?;
    let look = look.with_profile(&scope.profiles.read()?.judging()?);
    needs_terminal()?;
    open(request, look, context).await
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
pub(super) async fn open(
    request: ScanRequest,
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
        colours: look.colours,
        mouse: look.mouse,
        state: context.state.clone(),
    };
    let result = tui::run(options, spawn(session)).await;
    log.close();
    say(format!("state: {}", context.state.display()));
    result
        .map(|()| Exit::Clean)
        .map_err(|error| Failure::usage(format!("the terminal cannot be used: {error}")))
}
