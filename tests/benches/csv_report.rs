//! Measures CSV export and import by the number of findings: seconds and the
//! most memory that the process held. Fails when ten times the findings take
//! more than 12 times as long, or much more than ten times the memory.
//!
//! `cargo bench --bench csv_report [-- FINDINGS LARGE]`, by itself for 100,000
//! and for 1,000,000 findings. An export writes all rows of a worksheet; an import
//! is what `idmend apply` does with a report in which every row is decided: read
//! the file, say how it differs from the scan, and stage every decision, checked
//! by all rules. Each number is measured in processes of its own that alternate;
//! the median counts. Memory is told on Linux only (`VmHWM`): the most that was
//! held before (the scanned entries and the worksheet) and after each step.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use idmend::report::Record;
use idmend::report::against::Against;
use idmend::report::csv::{self, CsvWriter};
use idmend::report::row::Wanted;
use idmend::report::stage::stage;
use idmend::rule::Settings;
use idmend::session::{ScanRequest, Session};
use idmend::worksheet::{Action, Worksheet};
use tokio_util::sync::CancellationToken;

/// The variable that tells a child process what to measure.
const CHILD: &str = "IDMEND_BENCH_FINDINGS";

/// Processes of each number.
const RUNS: usize = 3;

/// How much longer ten times the findings may take.
const MAX_RATIO: f64 = 12.0;

/// The steps that are measured, in the order of the figures of a process.
const STEPS: [&str; 4] = ["export", "read back", "compare", "stage"];

/// What one process measured.
#[derive(Debug)]
struct Measured {
    seconds: Vec<f64>,
    /// Before, after the export, after the import, in MB.
    peaks: Vec<f64>,
    megabytes: f64,
}

fn main() {
    if let Ok(number) = std::env::var(CHILD) {
        return measure(number.parse().expect("a number"));
    }
    let given: Vec<u32> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let small = given.first().copied().unwrap_or(100_000);
    let large = given.get(1).copied().unwrap_or(small.saturating_mul(10));
    let mut runs: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (at, number) in [small, large].into_iter().enumerate() {
            runs[at].push(child(number));
        }
    }
    for (number, measured) in [small, large].iter().zip(&runs) {
        let peak = |at: usize| measured.iter().map(|run| run.peaks[at]).fold(0.0, f64::max);
        let steps: Vec<String> = STEPS
            .iter()
            .enumerate()
            .map(|(at, step)| format!("{step} {:.2} s", median(measured, at)))
            .collect();
        println!(
            "{number} findings, {:.0} MB of CSV: {}; most memory: scanned {:.0} MB, exported {:.0} MB, \
             imported {:.0} MB",
            measured[0].megabytes,
            steps.join(", "),
            peak(0),
            peak(1),
            peak(2),
        );
    }
    let times = f64::from(large) / f64::from(small);
    let mut over = false;
    for (at, step) in STEPS.iter().enumerate() {
        let ratio = median(&runs[1], at) / median(&runs[0], at) * 10.0 / times;
        over |= ratio > MAX_RATIO;
        println!(
            "{step}: ten times the findings take {ratio:.1} times as long (at most {MAX_RATIO})"
        );
    }
    assert!(!over, "not linear");
}

/// Measures in a process of its own.
fn child(number: u32) -> Measured {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .env(CHILD, number.to_string())
        .stderr(Stdio::inherit())
        .output()
        .expect("a process");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    let figures: Vec<f64> = text
        .split_whitespace()
        .map(|figure| figure.parse().expect("a figure"))
        .collect();
    let (seconds, rest) = figures.split_at(STEPS.len());
    let (peaks, size) = rest.split_at(3);
    Measured {
        seconds: seconds.to_vec(),
        peaks: peaks.to_vec(),
        megabytes: size[0],
    }
}

fn median(runs: &[Measured], step: usize) -> f64 {
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds[step]).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Prints the figures of one process.
fn measure(number: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sheet = scan(number, folder.path());
    assert_eq!(sheet.len(), number as usize);
    let report = folder.path().join("report.csv");
    let mut seconds = Vec::new();
    let scanned = peak();

    let start = Instant::now();
    let mut writer =
        CsvWriter::new(BufWriter::new(File::create(&report).expect("a file"))).expect("headings");
    for row in sheet.rows() {
        let mut record = Record::of(&sheet, row);
        record.action = Action::Edit;
        writer.write(&record).expect("a row");
    }
    writer.finish().expect("the end");
    seconds.push(start.elapsed().as_secs_f64());
    let exported = peak();

    let start = Instant::now();
    let import = csv::read(File::open(&report).expect("a file")).expect("a report");
    seconds.push(start.elapsed().as_secs_f64());
    assert_eq!(import.decisions.len(), number as usize);

    let start = Instant::now();
    let mut against = Against::new(&sheet);
    let file = File::open(&report).expect("a file");
    csv::read_rows(file, Wanted::Everything, &mut against).expect("a report");
    let differences = against.finish();
    seconds.push(start.elapsed().as_secs_f64());
    assert!(differences.is_empty());

    let start = Instant::now();
    let staged = stage(&mut sheet, &import.decisions);
    seconds.push(start.elapsed().as_secs_f64());
    assert_eq!(staged.refused.len(), 0);
    assert_eq!(staged.lines.len(), number as usize);

    let megabytes = fs::metadata(&report).expect("a file").len() / 1_000_000;
    let seconds: Vec<String> = seconds.iter().map(|one| format!("{one:.6}")).collect();
    println!(
        "{} {scanned} {exported} {} {megabytes}",
        seconds.join(" "),
        peak()
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
