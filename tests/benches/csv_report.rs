//! Measures CSV export and import by the number of findings: seconds and the
//! most memory that the process held.
//!
//! `cargo bench --bench csv_report` prints a line for 100,000 and for 1,000,000
//! findings; `cargo bench --bench csv_report -- 20000` for another number.
//! Each number is measured in a process of its own, so that one does not hold
//! memory of the other. Peak memory is told on Linux only (`VmHWM`); it
//! includes the scanned entries and the worksheet, which are there before an
//! export begins, and is given before and after it.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use idmend::report::Record;
use idmend::report::csv::{self, CsvWriter};
use idmend::rule::Settings;
use idmend::session::{ScanRequest, Session};
use idmend::worksheet::{Action, Worksheet};
use tokio_util::sync::CancellationToken;

/// The variable that tells a child process what to measure.
const CHILD: &str = "IDMEND_BENCH_FINDINGS";

fn main() {
    if let Ok(number) = std::env::var(CHILD) {
        return measure(number.parse().expect("a number"));
    }
    let given: Vec<u32> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let numbers = if given.is_empty() {
        vec![100_000, 1_000_000]
    } else {
        given
    };
    for number in numbers {
        let this = std::env::current_exe().expect("this program");
        let status = Command::new(this)
            .env(CHILD, number.to_string())
            .status()
            .expect("a process");
        assert!(status.success());
    }
}

fn measure(number: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = scan(number, folder.path());
    assert_eq!(sheet.len(), number as usize);
    let report = folder.path().join("report.csv");

    let held = peak();
    let start = Instant::now();
    let file = File::create(&report).expect("a file");
    let mut writer = CsvWriter::new(BufWriter::new(file)).expect("headings");
    for row in sheet.rows() {
        let mut record = Record::of(&sheet, row);
        // Decided, so that the import has something to do with each row.
        record.action = Action::Edit;
        writer.write(&record).expect("a row");
    }
    writer.finish().expect("the end");
    let written = start.elapsed();
    let size = fs::metadata(&report).expect("a file").len();
    println!(
        "{number:>9} findings  export {:>6.2} s  {:>5} MB  peak before {held} MB, after {} MB",
        written.as_secs_f64(),
        size >> 20,
        peak(),
    );
    drop(sheet);

    let held = peak();
    let start = Instant::now();
    let import = csv::read(File::open(&report).expect("a file")).expect("a report");
    let read = start.elapsed();
    assert_eq!(import.decisions.len(), number as usize);
    assert!(import.faults.is_empty());
    println!(
        "{number:>9} findings  import {:>6.2} s            peak before {held} MB, after {} MB",
        read.as_secs_f64(),
        peak(),
    );
}

/// A worksheet with a finding for each user.
fn scan(number: u32, folder: &Path) -> Worksheet {
    let ldif = folder.join("people.ldif");
    let mut output = BufWriter::new(File::create(&ldif).expect("a file"));
    write!(output, "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n\n").expect("a line");
    for n in 0..number {
        write!(
            output,
            "dn: CN=Person Number {n},OU=Team {},OU=Staff,DC=contoso,DC=test\n\
             objectClass: user\ncn: Person Number {n}\nsAMAccountName: person{n}\n\
             userPrincipalName: per son{n}@contoso.com\n\n",
            n % 500
        )
        .expect("an entry");
    }
    output.flush().expect("the end");
    drop(output);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut session = Session::new(folder.join("state"));
    let request = ScanRequest {
        sources: vec![idmend::config::SourceSpec::Ldif {
            name: None,
            files: vec![ldif],
        }],
        rules: "entra".to_owned(),
        settings: Settings::default(),
        options: idmend::scan::ScanOptions::default(),
        exceptions: None,
    };
    runtime.block_on(async {
        session.open(&request.sources).await.expect("the file");
        session
            .scan(&request, &|_| (), &CancellationToken::new())
            .await
            .expect("a worksheet")
    })
}

/// The most memory that this process ever held, in MB; 0 where the system does
/// not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes: u64 = line
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0);
    kilobytes >> 10
}
