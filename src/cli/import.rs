//! From the decisions of a report to staged rows of a fresh scan.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::failure::Failure;
use super::talk::{count, insist, say};
use crate::exception::Why;
use crate::model::Value;
use crate::report::against::{Against, Differences};
use crate::report::import::{Decision, Fault, Import, ImportError};
use crate::report::row::{RowSink, Wanted};
use crate::report::{self, jsonl};
use crate::text::{Cut, escape, fit_text};
use crate::worksheet::{Action, Lookup, RowId, Worksheet};

/// How many faulty rows are named one by one.
const SHOWN: usize = 50;

/// How much of a value is shown.
const VALUE_WIDTH: usize = 100;

/// A file with rows.
enum RowFile {
    Csv(File),
    Jsonl(BufReader<File>),
}

/// Opens a report by its ending.
fn open(path: &Path) -> Result<RowFile, Failure> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let open = || {
        File::open(path).map_err(|error| {
            Failure::usage(format!(
                "cannot read the report {}: {error}",
                path.display()
            ))
        })
    };
    match ending.as_str() {
        "csv" => Ok(RowFile::Csv(open()?)),
        "jsonl" => Ok(RowFile::Jsonl(BufReader::new(open()?))),
        _ => Err(Failure::usage(format!(
            "the ending of {} names no report that can be read back",
            path.display()
        ))
        .hint("give a .csv or .jsonl report of idmend, or a .csv of IdFix")),
    }
}

/// Reads the decisions of a report.
pub(super) fn read(path: &Path) -> Result<Import, Failure> {
    let import = match open(path)? {
        RowFile::Csv(file) => report::csv::read(file),
        RowFile::Jsonl(file) => jsonl::read(file),
    };
    import.map_err(|error| no_report(path, &error))
}

/// Reads all rows of a report.
pub(super) fn read_rows(
    path: &Path,
    wanted: Wanted,
    sink: &mut impl RowSink,
) -> Result<(), Failure> {
    let read = match open(path)? {
        RowFile::Csv(file) => report::csv::read_rows(file, wanted, sink),
        RowFile::Jsonl(file) => jsonl::read_rows(file, sink),
    };
    read.map_err(|error| no_report(path, &error))
}

/// Says how a report differs from the scan that was made now.
pub(super) fn compare(path: &Path, sheet: &Worksheet) -> Result<Differences, Failure> {
    let mut against = Against::new(sheet);
    read_rows(path, Wanted::Everything, &mut against)?;
    let differences = against.finish();
    let same = count(differences.same, "finding is", "findings are");
    if differences.is_empty() {
        say(format!(
            "report: {same} as they were, and there are no others"
        ));
        return Ok(differences);
    }
    say(format!(
        "report: {same} as they were, {} changed, {} gone; {} new in this scan",
        differences.changed, differences.gone, differences.new
    ));
    for fault in differences.decided.iter().take(SHOWN) {
        say(escape(&fault.to_string()));
    }
    if differences.decided.len() > SHOWN {
        say(format!("… and {} more", differences.decided.len() - SHOWN));
    }
    Ok(differences)
}

fn no_report(path: &Path, error: &ImportError) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
        .hint("the report of `idmend scan -o FILE.csv` has the columns that are needed")
}

/// Names faulty rows one by one, as far as anybody reads that.
pub(super) fn name_faults(path: &Path, faults: &[Fault]) {
    for fault in faults.iter().take(SHOWN) {
        insist(format!(
            "{}, {}",
            path.display(),
            escape(&fault.to_string())
        ));
    }
    if faults.len() > SHOWN {
        insist(format!("… and {} more", faults.len() - SHOWN));
    }
}

/// Names the rows that cannot be taken; refuses the file unless the others are
/// wanted all the same.
pub(super) fn settle_faults(path: &Path, faults: &[Fault], partial: bool) -> Result<(), Failure> {
    name_faults(path, faults);
    if faults.is_empty() || partial {
        return Ok(());
    }
    let rows = count(super::talk::as_u64(faults.len()), "row", "rows");
    Err(Failure::usage(format!(
        "{rows} of {} cannot be taken: nothing was applied",
        path.display()
    ))
    .hint("mend them, or give --partial to apply the others"))
}

/// What became of the decisions.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// The line of each row that was staged.
    pub(super) lines: BTreeMap<RowId, u64>,
    /// Rows that are held back, with the reason.
    pub(super) refused: Vec<Fault>,
    /// Rows that are already as they should be.
    pub(super) not_needed: u64,
    /// Rows that are right as they are, and why.
    pub(super) complete: Vec<(RowId, Why)>,
    /// Rows of which an earlier one, by another name of the entry, is about the
    /// same value.
    pub(super) doubled: Vec<Fault>,
}

impl Staged {
    fn refuse(&mut self, line: u64, sentence: impl Into<String>) {
        self.refused.push(Fault {
            line,
            sentence: sentence.into(),
        });
    }
}

/// Stages the decisions on the rows they are about. Removals come first, so
/// that what they free can be taken.
pub(super) fn stage(sheet: &mut Worksheet, decisions: &[Decision]) -> Staged {
    let mut staged = Staged::default();
    let mut edits = Vec::new();
    let mut removals = Vec::new();
    for decision in decisions {
        match find(sheet, decision) {
            Ok(Found::Row(row)) => {
                if let Some(first) = staged.lines.get(&row) {
                    staged.doubled.push(Fault {
                        line: decision.line,
                        sentence: format!(
                            "is about the same value as line {first}, by another name of the entry"
                        ),
                    });
                    continue;
                }
                staged.lines.insert(row, decision.line);
                match decision.action {
                    Action::Edit => edits.push((row, decision.update.clone())),
                    Action::Remove => removals.push(row),
                    Action::Complete => staged.complete.push((row, decision.why.clone())),
                    Action::None => {}
                }
            }
            Ok(Found::AsWished) => staged.not_needed += 1,
            Err(sentence) => staged.refuse(decision.line, sentence),
        }
    }
    let removed = sheet.act_all(&removals, Action::Remove);
    let edited = sheet.edit_all(&edits);
    for (row, sentence) in removed.refused.into_iter().chain(edited.refused) {
        let line = staged.lines.get(&row).copied().unwrap_or_default();
        staged.refuse(line, sentence);
    }
    staged
}

enum Found {
    Row(RowId),
    AsWished,
}

fn find(sheet: &Worksheet, decision: &Decision) -> Result<Found, String> {
    let attribute = decision.attribute.as_str();
    let text = decision.value.as_ref().map(Value::to_text_lossy);
    let lookup = sheet.find(&decision.identity, attribute, text.as_deref().unwrap_or(""));
    let entry = match lookup {
        Lookup::Row(row) => {
            if sheet.value(row) == decision.value.as_ref().map(Value::as_bytes) {
                return Ok(Found::Row(row));
            }
            sheet.entry(row)
        }
        Lookup::NoFinding(at) => sheet.scan.snapshot.entry(at),
        Lookup::Unknown => {
            return Err(format!(
                "{} is not among the scanned entries",
                name_of(decision)
            ));
        }
    };
    let values = entry.values(attribute);
    let is_there = |wanted: &Value| values.contains(wanted);
    let old_gone = !decision.value.as_ref().is_some_and(is_there);
    let as_wished = match decision.action {
        Action::Edit => old_gone && is_there(&Value::from(decision.update.as_str())),
        Action::Remove => old_gone,
        // As IdFix says of what it has written.
        Action::Complete => {
            let update = &decision.update;
            !update.is_empty() && old_gone && is_there(&Value::from(update.as_str()))
        }
        Action::None => true,
    };
    if as_wished {
        return Ok(Found::AsWished);
    }
    let what = format!("{attribute} of {}", name_of(decision));
    Err(match &decision.value {
        Some(value) if !is_there(value) => {
            let now = now(values);
            format!("conflict: {what} no longer has the value of the report{now}")
        }
        None if !values.is_empty() => {
            format!("conflict: {what} is no longer blank{}", now(values))
        }
        _ => format!(
            "{what} is no finding of this scan, so there is nothing to {}",
            if decision.action == Action::Complete {
                "accept"
            } else {
                "mend"
            }
        ),
    })
}

/// What stands where another value was expected, if that can be said in short.
fn now(values: &[Value]) -> String {
    match values {
        [] => ": it is blank now".to_owned(),
        [one] => {
            let text = one.to_text_lossy();
            format!(
                ": it is '{}' now",
                fit_text(&text, VALUE_WIDTH, Cut::Middle)
            )
        }
        _ => String::new(),
    }
}

fn name_of(decision: &Decision) -> String {
    if decision.dn.is_empty() {
        decision.identity.to_string()
    } else {
        decision.dn.clone()
    }
}
