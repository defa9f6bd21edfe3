//! Reports as files: opening them by their endings, and saying what is wrong
//! with their rows.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::failure::Failure;
use super::talk::{count, insist, say};
use crate::report::against::{Against, Differences};
use crate::report::import::{Fault, Import, ImportError};
use crate::report::row::{RowSink, Wanted};
use crate::report::{self, jsonl};
use crate::text::escape;
use crate::worksheet::Worksheet;

/// How many faulty rows are named one by one.
const SHOWN: usize = 50;

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
