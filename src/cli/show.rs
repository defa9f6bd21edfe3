//! `idmend show`.

use std::io::{self, Write as _};

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::history::{line, resolve};
use super::talk::say;
use crate::session::{Session, shown};
use crate::text::escape;

/// Show one transaction: every change and what became of it.
#[derive(Debug, Args)]
#[command(after_help = examples::SHOW)]
pub(super) struct ShowArgs {
    /// The transaction, or the beginning of its name
    pub id: String,
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let session = Session::new(context.state.clone());
    let id = resolve(&session, &args.id)?;
    let record = session.record(&id)?;
    let mut output = io::stdout().lock();
    if let Some(summary) = session.history()?.iter().find(|summary| summary.id == id) {
        writeln!(output, "{}", line(summary))?;
    }
    if let Some(header) = &record.header {
        let origin = &header.origin;
        writeln!(
            output,
            "begun {} by {} on {}, process {}, idmend {}",
            escape(&header.time),
            escape(&origin.user),
            escape(&origin.host),
            origin.pid,
            escape(&origin.version)
        )?;
        for domain in &header.domains {
            let identity = domain.identity.as_deref().unwrap_or("unknown");
            writeln!(
                output,
                "domain {} at {} ({}), signed in as {}",
                escape(&domain.dns_name),
                escape(&domain.host),
                escape(&domain.source),
                escape(identity)
            )?;
        }
    }
    for (heading, lines) in shown(&record) {
        writeln!(output, "\n{}", escape(&heading))?;
        for line in lines {
            writeln!(output, "  {}", escape(&line))?;
        }
    }
    for note in &record.notes {
        writeln!(output, "\nnote: {}", escape(note))?;
    }
    for damage in &record.damage {
        say(format!(
            "damaged: {}, line {}: {}",
            record.path.display(),
            damage.line,
            escape(&damage.reason)
        ));
    }
    say(format!("journal: {}", record.path.display()));
    Ok(if record.damage.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}
