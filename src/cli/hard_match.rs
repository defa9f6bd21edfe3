//! `idmend hard-match`.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::import::{name_faults, read_rows};
use super::talk::{as_u64, count, say};
use crate::report::hard_match::{HardMatch, write_csv, write_powershell};
use crate::report::row::Wanted;
use crate::rule::SourceAnchor;

/// Print the pairs for a hard match: user principal name and ImmutableID.
///
/// For users of the cloud that must become the same person as a user of the
/// directory. It prints; idmend never writes to the cloud. Take the users from
/// a report: delete the rows of others, or name the ones that are meant.
#[derive(Debug, Args)]
#[command(after_help = examples::HARD_MATCH)]
pub(super) struct HardMatchArgs {
    /// A .csv or .jsonl report of idmend
    pub file: PathBuf,

    /// Only the user of this name or DN (repeatable)
    #[arg(long, value_name = "UPN|DN")]
    pub only: Vec<String>,

    /// What to print: CSV, or a script for Microsoft Graph PowerShell
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: PairFormat,

    /// Where the anchor comes from: mS-DS-ConsistencyGuid or objectGUID; users
    /// for whom the two differ are refused without this
    #[arg(long, value_name = "NAME")]
    pub source_anchor: Option<String>,
}

/// How pairs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PairFormat {
    /// For a spreadsheet
    Csv,
    /// A script, to be read before it is run
    Powershell,
}

pub(super) fn run(args: &HardMatchArgs) -> Result<Exit, Failure> {
    let anchor = args
        .source_anchor
        .as_deref()
        .map(source_anchor)
        .transpose()?;
    let mut found = HardMatch::new(&args.only, anchor);
    read_rows(&args.file, Wanted::Everything, &mut found)?;
    name_faults(&args.file, found.refused());
    let mut output = BufWriter::new(io::stdout().lock());
    match args.format {
        PairFormat::Csv => write_csv(&mut output, found.pairs())?,
        PairFormat::Powershell => write_powershell(&mut output, found.pairs())?,
    }
    output.flush()?;
    let refused = as_u64(found.refused().len());
    say(format!(
        "{}; {refused} refused, {} not paired for being no user",
        count(as_u64(found.pairs().len()), "user", "users"),
        found.others(),
    ));
    say(
        "users of the cloud that hold an Entra role are refused since 2026: take the role away first",
    );
    say("then, on a domain controller: repadmin /syncall /AdeP");
    say("and on the server of Entra Connect: Start-ADSyncSyncCycle -PolicyType Delta");
    if refused == 0 {
        return Ok(Exit::Clean);
    }
    if anchor.is_none() {
        say("hint: of two anchors, --source-anchor says which one Entra Connect uses");
    }
    Ok(Exit::Findings)
}

/// The attribute that somebody names as the source of anchors.
pub(super) fn source_anchor(name: &str) -> Result<SourceAnchor, Failure> {
    SourceAnchor::parse(name).ok_or_else(|| {
        Failure::usage(format!(
            "--source-anchor '{}' is neither mS-DS-ConsistencyGuid nor objectGUID",
            crate::text::escape(name)
        ))
    })
}
