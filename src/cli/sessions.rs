//! `idmend sessions`.

use std::io::{self, Write as _};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::result;
use super::talk::{as_u64, can_ask, confirm, count, say};
use crate::kept::{SessionId, Summary, minute};
use crate::session::{Session, SessionError};
use crate::text::escape;
use crate::worksheet::Standing;

/// List kept sessions: what was decided in the terminal interface and not
/// written.
///
/// The same command as the one that a session was begun with offers to continue
/// it; so does idmend without a command.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    idmend sessions\n  \
    idmend sessions show 20261122-034512-7f3a\n  \
    idmend sessions discard 20261122-034512-7f3a")]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: Option<SessionsCommand>,

    /// Print one JSON object a session
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    /// Show what is decided in a session
    Show {
        /// Its name, or the beginning of it
        session: String,
    },
    /// Throw a session away
    Discard {
        /// Its name, or the beginning of it
        session: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(args: &SessionsArgs, context: &Context) -> Result<Exit, Failure> {
    let session = Session::new(context.state.clone());
    match &args.command {
        None => list(&session, args.json),
        Some(SessionsCommand::Show { session: name }) => show(&session, name),
        Some(SessionsCommand::Discard { session: name, yes }) => discard(&session, name, *yes),
    }
}

fn list(session: &Session, json: bool) -> Result<Exit, Failure> {
    say(format!("state: {}", session.state_directory().display()));
    let sessions = session.sessions().map_err(SessionError::from)?;
    if sessions.is_empty() {
        say("no session is kept");
    }
    let mut output = io::stdout().lock();
    for summary in &sessions {
        if json {
            drop(output);
            result::print(&SessionResult::of(summary))?;
            output = io::stdout().lock();
        } else {
            writeln!(output, "{}", line(summary))?;
        }
    }
    Ok(Exit::Clean)
}

/// A session on one line.
fn line(summary: &Summary) -> String {
    let mut parts = vec![format!("{}  {} staged", summary.id, summary.staged)];
    if summary.aside > 0 {
        parts.push(format!(", {} waiting", summary.aside));
    }
    parts.push(format!(
        "  {}  changed {} UTC",
        escape(&summary.forests()),
        escape(&minute(&summary.changed))
    ));
    if let Some(head) = &summary.head {
        parts.push(format!(
            " by {} on {}, {}",
            escape(&head.origin.user),
            escape(&head.origin.host),
            escape(&head.scan.scope_in_words())
        ));
    }
    if let Some(by) = &summary.held_by {
        parts.push(format!("  IN USE: {}", escape(by)));
    }
    parts.concat()
}

/// A session for a program; docs/unattended.md lists the keys.
#[derive(Debug, Serialize)]
struct SessionResult<'a> {
    session: &'a SessionId,
    staged: usize,
    waiting: usize,
    changed: &'a str,
    forests: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use: Option<&'a str>,
}

impl<'a> SessionResult<'a> {
    fn of(summary: &'a Summary) -> Self {
        let head = summary.head.as_ref();
        let forests = head.map(|head| head.forests.iter().map(|forest| forest.name.as_str()));
        Self {
            session: &summary.id,
            staged: summary.staged,
            waiting: summary.aside,
            changed: &summary.changed,
            forests: forests.into_iter().flatten().collect(),
            begun: head.map(|head| head.time.as_str()),
            user: head.map(|head| head.origin.user.as_str()),
            host: head.map(|head| head.origin.host.as_str()),
            in_use: summary.held_by.as_deref(),
        }
    }
}

fn show(session: &Session, name: &str) -> Result<Exit, Failure> {
    let id = resolve(session, name)?;
    let record = session.kept(&id).map_err(SessionError::from)?;
    let mut output = io::stdout().lock();
    for row in record.kept.rows.iter().filter(|row| row.is_decided()) {
        let standing = match row.standing {
            Standing::Staged => "",
            Standing::Waiting => " (waits: it could not be staged)",
            Standing::Doubtful => " (doubtful: a damaged line may have changed it)",
        };
        writeln!(output, "{}{standing}", escape(&row.to_string()))?;
    }
    drop(output);
    for fault in record.faults() {
        say(format!("{}: {}", record.path.display(), escape(&fault)));
    }
    say(format!("session: {}", record.path.display()));
    Ok(if record.damage.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

fn discard(session: &Session, name: &str, yes: bool) -> Result<Exit, Failure> {
    let id = resolve(session, name)?;
    if !yes {
        let decisions = session.sessions().map_err(SessionError::from)?;
        let summary = decisions.iter().find(|summary| summary.id == id);
        let number = summary.map_or(0, Summary::decisions);
        if !can_ask() {
            return Err(
                Failure::usage("there is no terminal to ask for confirmation").hint("give --yes"),
            );
        }
        confirm(
            &format!(
                "Session {id} has {} that would be gone for ever:",
                count(as_u64(number), "decision", "decisions")
            ),
            "discard",
        )?;
    }
    session.discard(&id).map_err(SessionError::from)?;
    say(format!("session {id} is gone"));
    Ok(Exit::Clean)
}

/// The session that somebody means by its name or the beginning of it.
fn resolve(session: &Session, text: &str) -> Result<SessionId, Failure> {
    let sessions = session.sessions().map_err(SessionError::from)?;
    let ids: Vec<&SessionId> = sessions.iter().map(|summary| &summary.id).collect();
    let by_beginning: Vec<_> = ids
        .iter()
        .filter(|id| id.as_str().starts_with(text))
        .collect();
    match by_beginning.as_slice() {
        [id] => Ok((**id).clone()),
        [] => Err(
            Failure::usage(format!("there is no session '{}'", escape(text)))
                .hint("idmend sessions lists them"),
        ),
        several => Err(Failure::usage(format!(
            "'{}' is the beginning of {} sessions",
            escape(text),
            several.len()
        ))
        .hint("give more of the name")),
    }
}
