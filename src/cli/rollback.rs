//! `idmend rollback`.

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::history::resolve;
use super::profiles::ProfileArgs;
use super::progress::Line;
use super::scan::introduce;
use super::scope::BaseArgs;
use super::source::SourceArgs;
use super::talk::say;
use super::write::{Plan, WriteArgs};
use crate::session::Session;
use crate::text::escape;
use crate::transaction::{TransactionId, revertible};

/// Take a transaction back by a new one.
///
/// What it added goes, what it took away returns. What somebody else has
/// changed since is left alone and named.
#[derive(Debug, Args)]
#[command(after_help = examples::ROLLBACK)]
pub(super) struct RollbackArgs {
    /// The transaction [default: the newest that is no rollback and not yet
    /// taken back]
    #[arg(conflicts_with = "last")]
    pub id: Option<String>,

    /// Take back the last N transactions, newest first
    #[arg(long, value_name = "N", help_heading = "Writing")]
    pub last: Option<usize>,

    #[command(flatten)]
    pub profiles: ProfileArgs,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub base: BaseArgs,

    #[command(flatten)]
    pub write: WriteArgs,
}

pub(super) async fn run(args: &RollbackArgs, context: &Context) -> Result<Exit, Failure> {
    // Which is known before anybody has to sign in.
    let ids = args.transactions(&Session::new(context.state.clone()))?;
    args.source.refuse_demo()?;
    let profiles = args.profiles.read()?;
    let specs = profiles.specs(&args.source, &args.base.names()?)?;
    let (mut session, log) = context.begin()?;
    Context::name_unsettled(&session);
    let result = async {
        let forests = {
            let _line = Line::new("connecting");
            context.or_interrupted(session.open(&specs)).await??
        };
        forests.iter().for_each(introduce);
        session.require_all()?;
        let mut exit = Exit::Clean;
        for id in ids {
            exit = exit.and(take_back(&session, &id, &args.write, context).await?);
            if exit >= Exit::Incomplete || context.cancel.is_cancelled() {
                break;
            }
        }
        Ok::<_, Failure>(exit)
    }
    .await;
    log.close();
    result
}

impl RollbackArgs {
    fn transactions(&self, session: &Session) -> Result<Vec<TransactionId>, Failure> {
        if let Some(id) = &self.id {
            return Ok(vec![resolve(session, id)?]);
        }
        let number = self.last.unwrap_or(1);
        let history = session.history()?;
        let ids: Vec<_> = revertible(&history)
            .take(number)
            .map(|summary| summary.id.clone())
            .collect();
        if ids.is_empty() {
            return Err(
                Failure::usage("there is no transaction that could be taken back")
                    .hint("idmend history lists them; a rollback is taken back by its name"),
            );
        }
        Ok(ids)
    }
}

/// Takes one transaction back.
pub(super) async fn take_back(
    session: &Session,
    id: &TransactionId,
    write: &WriteArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let rollback = session.plan_rollback(id)?;
    say(format!("taking back transaction {id}"));
    for note in &rollback.notes {
        say(format!("note: {}", escape(note)));
    }
    let plan = Plan {
        changes: rollback.plan,
        reverts: Some(id.clone()),
        json: write.json,
        remarks: Vec::new(),
        rows: None,
    };
    if write.dry_run {
        return plan.dry_run(session).await;
    }
    write.consent(&plan)?;
    plan.carry_out(session, context, write.options()).await
}
