//! `idmend doctor`.

use std::io::Write as _;

use clap::Args;

use super::context::{Context, now};
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::profiles::ProfileArgs;
use super::progress::Line;
use super::scope::BaseArgs;
use super::source::SourceArgs;
use crate::model::{Diagnosis, Verdict};
use crate::session::{can_read, examine};
use crate::text::escape;

/// Examine the way to a directory, step by step, and say what to do.
///
/// DNS, port, TLS, sign-in, signing and channel binding, the server, its
/// clock, each domain's controller, schema, paging and read rights: one line
/// each. Nothing is written.
#[derive(Debug, Args)]
#[command(after_help = examples::DOCTOR)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub profiles: ProfileArgs,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub base: BaseArgs,
}

pub(super) async fn run(args: &DoctorArgs, context: &Context) -> Result<Exit, Failure> {
    args.source.refuse_demo()?;
    let profiles = args.profiles.read()?;
    let specs = profiles.specs(&args.source, &args.base.names()?)?;
    let (_session, log) = context.begin()?;
    let mut exit = Exit::Clean;
    for spec in &specs {
        let (label, found) = {
            let _line = Line::new("examining");
            context.or_interrupted(examine(spec, now())).await??
        };
        print(&label, &found)?;
        exit = exit.and(judge(&found));
    }
    log.close();
    Ok(exit)
}

/// 0 if nothing is wrong, 1 if something is and the directory can be read all
/// the same, 3 if it cannot.
fn judge(found: &[Diagnosis]) -> Exit {
    let is_wrong = |one: &Diagnosis| one.verdict == Verdict::Wrong;
    match (found.iter().any(is_wrong), can_read(found)) {
        (false, _) => Exit::Clean,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Nothing,
    }
}

fn print(label: &str, found: &[Diagnosis]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", escape(label))?;
    for one in found {
        let sign = match one.verdict {
            Verdict::Good => "ok",
            Verdict::Notable => "note",
            Verdict::Wrong => "WRONG",
        };
        writeln!(
            output,
            "{sign:<6}{:<12} {}",
            one.subject,
            escape(&one.finding)
        )?;
        if let Some(remedy) = &one.remedy {
            writeln!(output, "{:<19}-> {}", "", escape(remedy))?;
        }
    }
    output.flush()
}
