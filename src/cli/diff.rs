//! `idmend diff`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::import::{name_faults, read_rows};
use super::talk::{as_u64, count, say};
use crate::report::diff::{Diff, Mention, OldReport};
use crate::report::import::Fault;
use crate::report::row::Wanted;
use crate::report::severity_word;
use crate::rule::Severity;
use crate::text::{Cut, escape, fit_text};

/// How much of a value is shown.
const VALUE_WIDTH: usize = 200;

/// Compare two reports of a scan: new, gone and changed findings.
///
/// Exits with 1 if there are new ones. A finding is the same if entry (by its
/// objectGUID), attribute and value are; another value is another finding.
#[derive(Debug, Args)]
#[command(after_help = examples::DIFF)]
pub(super) struct DiffArgs {
    /// The earlier report, .csv or .jsonl
    pub old: PathBuf,

    /// The later report, .csv or .jsonl
    pub new: PathBuf,

    /// Print one JSON object: new, gone, changed, and the number that is the same
    #[arg(long, help_heading = "Report")]
    pub json: bool,
}

pub(super) fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    let mut old = OldReport::default();
    read_rows(&args.old, Wanted::Everything, &mut old)?;
    refuse(&args.old, old.faults())?;
    let mut comparison = old.compare();
    read_rows(&args.new, Wanted::Everything, &mut comparison)?;
    let (diff, faults) = comparison.finish();
    refuse(&args.new, &faults)?;
    let mut output = BufWriter::new(io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut output, &diff).map_err(io::Error::from)?;
        writeln!(output)?;
    } else {
        show(&mut output, &diff)?;
    }
    output.flush()?;
    say(format!(
        "{}{}, {} gone, {} changed, {} the same",
        count(as_u64(diff.new.len()), "new finding", "new findings"),
        by_severity(&diff.new),
        diff.gone.len(),
        diff.changed.len(),
        diff.same
    ));
    Ok(if diff.new.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// How many of each severity, worst first: ` (1 fails, 2 quarantined)`.
fn by_severity(findings: &[Mention]) -> String {
    let count = |severity: Severity| {
        let of_it = findings
            .iter()
            .filter(|one| one.severity == severity_word(severity));
        match of_it.count() {
            0 => None,
            number => Some(format!("{number} {}", severity_word(severity))),
        }
    };
    let counts: Vec<String> = Severity::ALL.into_iter().filter_map(count).collect();
    if counts.is_empty() {
        return String::new();
    }
    format!(" ({})", counts.join(", "))
}

fn refuse(path: &Path, faults: &[Fault]) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    name_faults(path, faults);
    Err(Failure::usage(format!(
        "{} of {} cannot be compared",
        count(as_u64(faults.len()), "row", "rows"),
        path.display()
    ))
    .hint("compare reports as `idmend scan -o` wrote them"))
}

fn show(output: &mut impl Write, diff: &Diff) -> io::Result<()> {
    for finding in &diff.new {
        write_finding(output, "new", finding)?;
    }
    for finding in &diff.gone {
        write_finding(output, "gone", finding)?;
    }
    for changed in &diff.changed {
        write_finding(output, "changed", &changed.finding)?;
        for change in &changed.changes {
            writeln!(
                output,
                "            {}: {} → {}",
                change.column,
                shown(&change.old),
                shown(&change.new)
            )?;
        }
    }
    Ok(())
}

fn write_finding(output: &mut impl Write, what: &str, finding: &Mention) -> io::Result<()> {
    writeln!(output, "{what:<11} {}", escape(&finding.distinguishedname))?;
    writeln!(
        output,
        "            {}: {}",
        escape(&finding.attribute),
        if finding.value.is_empty() {
            "(blank)".to_owned()
        } else {
            fit_text(&finding.value, VALUE_WIDTH, Cut::Middle)
        }
    )?;
    let rule = if finding.rule.is_empty() {
        &finding.error
    } else {
        &finding.rule
    };
    let severity = if finding.severity.is_empty() {
        String::new()
    } else {
        format!("{}: ", finding.severity)
    };
    writeln!(
        output,
        "            {}{} ({})",
        escape(&severity),
        escape(&finding.message),
        escape(rule)
    )
}

fn shown(text: &str) -> String {
    if text.is_empty() {
        "(none)".to_owned()
    } else {
        fit_text(text, VALUE_WIDTH, Cut::Middle)
    }
}
