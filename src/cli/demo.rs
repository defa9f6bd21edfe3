//! `idmend demo`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::interactive;
use super::look::LookArgs;
use super::talk::say;
use crate::config::{Profile, SourceSpec};
use crate::rule::Settings;
use crate::scan::ScanOptions;
use crate::session::{EMBEDDED_RULES, ScanRequest, export_demo};

/// Open the terminal interface on the built-in sample forests.
///
/// They live in memory: whatever is changed lasts for the run.
#[derive(Debug, Args)]
#[command(after_help = examples::DEMO)]
pub(super) struct DemoArgs {
    /// Write the sample forests as LDIF files into this directory instead
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
    #[command(flatten)]
    look: LookArgs,
}

pub(super) async fn run(args: &DemoArgs, context: &Context) -> Result<Exit, Failure> {
    if let Some(folder) = &args.export {
        let files = export_demo(folder)?;
        let mut output = io::stdout().lock();
        for file in files {
            writeln!(output, "{}", file.display())?;
        }
        say("each file is a forest: scan them together with --ldif NAME=FILE for each");
        return Ok(Exit::Clean);
    }
    let request = ScanRequest {
        sources: vec![SourceSpec::Demo],
        rules: EMBEDDED_RULES.to_owned(),
        settings: Settings::default(),
        options: ScanOptions::default(),
        exceptions: None,
    };
    let look = args.look.with_profile(&Profile::default());
    interactive::open(request, Vec::new(), look, context).await
}
