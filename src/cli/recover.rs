//! `idmend recover`.

use std::io::{self, Write as _};

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::log;
use super::profiles::ProfileArgs;
use super::progress::Line;
use super::result::{self, Told};
use super::rollback::take_back;
use super::scan::introduce;
use super::scope::BaseArgs;
use super::source::SourceArgs;
use super::talk::say;
use super::write::{Watch, WriteArgs, exit_of, say_not_reached, sum_up};
use crate::session::{Session, Watched};
use crate::text::escape;
use crate::transaction::{ApplyOptions, Outcome, TransactionId};

/// Settle transactions that were interrupted, by reading what is there.
///
/// Writes nothing to the directory unless told to go on.
#[derive(Debug, Args)]
#[command(after_help = examples::RECOVER)]
pub(super) struct RecoverArgs {
    #[command(flatten)]
    pub profiles: ProfileArgs,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub base: BaseArgs,

    /// Then carry out what is left of the plan
    #[arg(long, help_heading = "Writing", conflicts_with = "rollback")]
    pub finish: bool,

    /// Then take back what was done
    #[arg(long, help_heading = "Writing")]
    pub rollback: bool,

    /// Print the result as one JSON object a transaction
    #[arg(long, help_heading = "Writing")]
    pub json: bool,
}

pub(super) async fn run(args: &RecoverArgs, context: &Context) -> Result<Exit, Failure> {
    let ids: Vec<TransactionId> = Session::new(context.state.clone())
        .history()?
        .into_iter()
        .filter(|summary| summary.needs_recovery)
        .map(|summary| summary.id)
        .collect();
    if ids.is_empty() {
        say(format!("state: {}", context.state.display()));
        say("nothing to recover: no transaction is unfinished");
        return Ok(Exit::Clean);
    }
    args.source.refuse_demo()?;
    let profiles = args.profiles.read()?;
    let specs = profiles.specs(&args.source, &args.base.names()?)?;
    let (mut session, log) = context.begin()?;
    let result = async {
        let forests = {
            let _line = Line::new("connecting");
            context.or_interrupted(session.open(&specs)).await??
        };
        forests.iter().for_each(introduce);
        if args.finish || args.rollback {
            session.require_all()?;
        }
        let mut exit = Exit::Clean;
        for id in &ids {
            // One that cannot be settled here, as its domain is not among the
            // sources, does not keep the others from it.
            exit = exit.and(match args.settle(&session, id, context).await {
                Ok(exit) => exit,
                Err(failure) => failure.report().and(Exit::Incomplete),
            });
            if context.cancel.is_cancelled() {
                return Ok(exit.and(Exit::Incomplete));
            }
        }
        Ok::<_, Failure>(exit)
    }
    .await;
    log.close();
    result
}

impl RecoverArgs {
    async fn settle(
        &self,
        session: &Session,
        id: &TransactionId,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let record = session.record(id)?;
        say(format!(
            "settling transaction {id}: journal {}",
            record.path.display()
        ));
        log::say_where();
        let watched = Watch::new(Line::new("settling"), record.plan.len());
        let progress = |step| watched.step(&step);
        let result = session
            .recover(
                id,
                self.finish,
                Watched {
                    options: &ApplyOptions::default(),
                    progress: &progress,
                    cancel: &context.cancel,
                },
            )
            .await;
        let report = watched.end(result)?;
        if self.json {
            let plan = record.plan.iter().map(Option::as_ref);
            let exit = exit_of(&report);
            result::print_transaction(
                &report,
                plan,
                Told {
                    exit,
                    ..Told::default()
                },
            )?;
        }
        let mut output = io::stdout().lock();
        for (planned, outcome) in record
            .plan
            .iter()
            .zip(&report.outcomes)
            .filter(|_| !self.json)
        {
            let dn = planned
                .as_ref()
                .map_or("(unreadable in the journal)", |planned| planned.dn.as_str());
            writeln!(output, "{}: {}", escape(dn), escape(&outcome.to_string()))?;
        }
        drop(output);
        let exit = sum_up(&report);
        let in_doubt = report.count(|outcome| matches!(outcome, Outcome::InDoubt(_)));
        if self.rollback && in_doubt == 0 && report.count(Outcome::wrote) > 0 {
            let write = WriteArgs {
                dry_run: false,
                yes: true,
                json: self.json,
                stop_after: 0,
                throttle: None,
            };
            return take_back(session, id, &write, context).await;
        }
        if !self.finish && !self.rollback {
            let header = record.header.as_ref();
            say_not_reached(&report, header.and_then(|header| header.reverts.as_ref()));
        }
        Ok(exit)
    }
}
