//! The command line: one file a command, each its arguments and one function.
//!
//! Data goes to standard output, talk and progress to standard error. Every
//! command ends with an [`exit::Exit`] or a [`failure::Failure`]; nothing here
//! ends the process by itself.

mod about;
mod apply;
mod completions;
mod context;
mod demo;
mod diff;
mod doctor;
mod examples;
mod exceptions;
pub mod exit;
pub mod failure;
mod hard_match;
mod history;
mod import;
mod interactive;
mod log;
mod look;
mod profiles;
mod progress;
mod recover;
mod report;
mod result;
mod rollback;
mod rules;
mod scan;
mod scope;
mod sessions;
mod show;
mod source;
mod talk;
mod write;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use context::Context;
use exit::Exit;
use failure::Failure;

/// Find and mend what would break Active Directory synchronisation to
/// Microsoft Entra ID.
///
/// Without a command: the terminal interface, on the sources that the flags
/// or the saved profile name.
#[derive(Debug, Parser)]
#[command(
    name = "idmend",
    version,
    max_term_width = 100,
    after_help = examples::IDMEND
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    source: source::SourceArgs,

    #[command(flatten)]
    scope: scope::ScopeArgs,

    #[command(flatten)]
    look: look::LookArgs,

    /// Keep journals and logs here
    #[arg(
        long,
        value_name = "DIR",
        env = "IDMEND_STATE_DIR",
        global = true,
        help_heading = "State"
    )]
    state_dir: Option<PathBuf>,

    #[command(flatten)]
    log: log::LogArgs,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = "State")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Scan(scan::ScanArgs),
    Doctor(doctor::DoctorArgs),
    Diff(diff::DiffArgs),
    HardMatch(hard_match::HardMatchArgs),
    Apply(apply::ApplyArgs),
    Sessions(sessions::SessionsArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Rollback(rollback::RollbackArgs),
    Recover(recover::RecoverArgs),
    #[command(subcommand)]
    Exceptions(exceptions::ExceptionsCommand),
    #[command(subcommand)]
    Profile(profiles::ProfileCommand),
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// Flags that every command takes, before it or behind it.
const STATE_FLAGS: [&str; 5] = ["state_dir", "log_level", "log_format", "keep_logs", "quiet"];

/// Runs the program and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Cli::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| {
            refuse_misplaced(&matches)?;
            Cli::from_arg_matches(&matches)
        });
    let exit = match parsed {
        Ok(cli) => carry_out(cli).unwrap_or_else(Failure::report),
        Err(error) => {
            // Nobody is left to tell when this fails.
            drop(error.print());
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            }
        }
    };
    tracing::info!(exit = exit.code(), "end");
    exit.into()
}

/// Flags of the terminal interface before a command would be ignored: a filter
/// or a source that somebody believes to be in force must not be.
fn refuse_misplaced(matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, _)) = matches.subcommand() else {
        return Ok(());
    };
    let misplaced = matches.ids().find(|id| {
        !STATE_FLAGS.contains(&id.as_str())
            && matches.value_source(id.as_str()) == Some(ValueSource::CommandLine)
    });
    match misplaced.filter(|id| matches.try_contains_id(id.as_str()).is_ok()) {
        Some(id) => Err(Cli::command().error(
            clap::error::ErrorKind::ArgumentConflict,
            format!(
                "--{} stands before the command '{name}'; it belongs behind it",
                id.as_str().replace('_', "-")
            ),
        )),
        None => Ok(()),
    }
}

fn carry_out(cli: Cli) -> Result<Exit, Failure> {
    talk::set_quiet(cli.quiet);
    let context = Context::new(cli.state_dir, cli.log)?;
    match cli.command {
        None => run_async(interactive::run(
            (&cli.source, &cli.scope, &cli.look),
            &context,
        )),
        Some(Command::Demo(args)) => run_async(demo::run(&args, &context)),
        Some(Command::Doctor(args)) => run_async(doctor::run(&args, &context)),
        Some(Command::Scan(args)) => run_async(scan::run(&args, &context)),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::HardMatch(args)) => hard_match::run(&args),
        Some(Command::Apply(args)) => run_async(apply::run(&args, &context)),
        Some(Command::Sessions(args)) => sessions::run(&args, &context),
        Some(Command::History(args)) => history::run(&args, &context),
        Some(Command::Show(args)) => show::run(&args, &context),
        Some(Command::Rollback(args)) => run_async(rollback::run(&args, &context)),
        Some(Command::Recover(args)) => run_async(recover::run(&args, &context)),
        Some(Command::Exceptions(command)) => exceptions::run(&command, &context),
        Some(Command::Profile(command)) => profiles::run(&command),
        Some(Command::Rules(command)) => rules::run(&command),
        Some(Command::Completions(args)) => completions::completions(&args, Cli::command()),
        Some(Command::Man(args)) => completions::man(&args, Cli::command()),
    }
}

fn run_async(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    let result = runtime.block_on(command);
    // A read of standard input or of a dead connection must not hold us back.
    runtime.shutdown_background();
    result
}
