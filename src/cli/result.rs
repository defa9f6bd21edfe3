//! Results as JSON (`--json`): one object a line on standard output, for
//! whoever reads them by program. The keys are stable; docs/unattended.md
//! lists them.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::Serialize;

use super::exit::Exit;
use crate::model::{ChangeSet, Modification};
use crate::report::against::Differences;
use crate::report::import::Fault;
use crate::scan::{CONTACT_FIELDS, ContactCounts, DomainState, ScanResult};
use crate::transaction::{
    Outcome, TransactionId, TransactionReport, TransactionState, TransactionSummary, Verdict,
};
use crate::worksheet::Worksheet;

/// Prints an object on a line of its own.
pub(super) fn print(value: &impl Serialize) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, value)?;
    writeln!(output)
}

/// What became of an entry, or what would.
#[derive(Debug, Serialize)]
struct EntryResult<'a> {
    distinguishedname: &'a str,
    attributes: Vec<&'a str>,
    outcome: &'a str,
    /// The outcome in words.
    text: String,
}

/// A row that was not taken.
#[derive(Debug, Serialize)]
struct RefusedRow<'a> {
    line: u64,
    text: &'a str,
}

/// What became of the rows of a report before anything was planned.
#[derive(Debug, Default)]
pub(super) struct ReportRows {
    /// Rows that are held back, by line.
    pub(super) refused: Vec<Fault>,
    /// Rows that are already as they should be.
    pub(super) as_wished: u64,
    /// Rows that are accepted as they are.
    pub(super) accepted: u64,
    /// How the report differs from the scan that was made now.
    pub(super) differences: Differences,
    /// What that alone means for the exit code.
    pub(super) exit: Exit,
}

impl Serialize for ReportRows {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Rows<'a> {
            refused: Vec<RefusedRow<'a>>,
            as_wished: u64,
            accepted: u64,
            scan: &'a Differences,
        }
        let refused = self.refused.iter().map(|fault| RefusedRow {
            line: fault.line,
            text: &fault.sentence,
        });
        Rows {
            refused: refused.collect(),
            as_wished: self.as_wished,
            accepted: self.accepted,
            scan: &self.differences,
        }
        .serialize(serializer)
    }
}

/// What a result says besides what became of the entries.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told<'a> {
    /// The transaction that was taken back.
    pub(super) reverts: Option<&'a TransactionId>,
    /// The rows that the plan was made from.
    pub(super) rows: Option<&'a ReportRows>,
    /// The exit code, before that of the rows.
    pub(super) exit: Exit,
}

impl Told<'_> {
    fn code(&self) -> u8 {
        let of_rows = self.rows.map(|rows| rows.exit).unwrap_or_default();
        self.exit.and(of_rows).code()
    }
}

/// A report of which nothing was left to do.
#[derive(Debug, Serialize)]
struct NothingToDo<'a> {
    report: &'a ReportRows,
    entries: [(); 0],
    exit: u8,
}

/// Prints that a plan is empty, and why.
pub(super) fn print_nothing(rows: &ReportRows) -> io::Result<()> {
    print(&NothingToDo {
        report: rows,
        entries: [],
        exit: rows.exit.code(),
    })
}

/// What became of a transaction.
#[derive(Debug, Serialize)]
struct TransactionResult<'a> {
    transaction: &'a TransactionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverts: Option<&'a TransactionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a ReportRows>,
    journal: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<PathBuf>,
    counts: BTreeMap<&'static str, u64>,
    entries: Vec<EntryResult<'a>>,
    notes: &'a [String],
    exit: u8,
}

/// Prints what became of a transaction; `names` are the DN and the attributes
/// of each entry of its plan.
pub(super) fn print_transaction<'a>(
    report: &'a TransactionReport,
    plan: impl Iterator<Item = Option<&'a Modification>>,
    told: Told<'a>,
) -> io::Result<()> {
    let mut counts = BTreeMap::new();
    for outcome in &report.outcomes {
        *counts.entry(outcome.label()).or_default() += 1;
    }
    let entries = plan
        .zip(&report.outcomes)
        .map(|(modification, outcome)| of_entry(modification, outcome.label(), outcome.to_string()))
        .collect();
    print(&TransactionResult {
        transaction: &report.id,
        reverts: told.reverts,
        report: told.rows,
        journal: report.journal.clone(),
        undo: Some(report.undo.clone()).filter(|path| path.exists()),
        counts,
        entries,
        notes: &report.notes,
        exit: told.code(),
    })
}

fn of_entry<'a>(
    modification: Option<&'a Modification>,
    outcome: &'a str,
    text: String,
) -> EntryResult<'a> {
    let changes = modification.map(|one| one.changes.as_slice());
    EntryResult {
        distinguishedname: modification.map_or("", |one| one.dn.as_str()),
        attributes: changes
            .unwrap_or_default()
            .iter()
            .map(|change| change.attribute.as_str())
            .collect(),
        outcome,
        text,
    }
}

/// What a plan would do.
#[derive(Debug, Serialize)]
struct Rehearsal<'a> {
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a ReportRows>,
    would_change: u64,
    would_refuse: u64,
    /// What tells this plan from any other.
    plan_digest: &'a str,
    entries: Vec<EntryResult<'a>>,
    exit: u8,
}

/// Prints what a plan would do; without verdicts, as for LDIF files, all of it.
pub(super) fn print_dry_run(
    changes: &ChangeSet,
    verdicts: &[Verdict],
    plan_digest: &str,
    told: Told<'_>,
) -> io::Result<()> {
    let mut result = Rehearsal {
        dry_run: true,
        report: told.rows,
        would_change: 0,
        would_refuse: 0,
        plan_digest,
        entries: Vec::new(),
        exit: told.code(),
    };
    for (index, modification) in changes.modifications.iter().enumerate() {
        let (outcome, text) = match verdicts.get(index) {
            Some(Verdict::Hold(Outcome::NotNeeded)) => ("not needed", String::new()),
            Some(Verdict::Hold(held)) => {
                result.would_refuse += 1;
                (held.label(), held.to_string())
            }
            Some(Verdict::Send(_)) | None => {
                result.would_change += 1;
                ("would be changed", String::new())
            }
        };
        result
            .entries
            .push(of_entry(Some(modification), outcome, text));
    }
    print(&result)
}

/// A transaction of the history.
#[derive(Debug, Serialize)]
struct HistoryLine<'a> {
    transaction: &'a TransactionId,
    started: &'a str,
    state: &'static str,
    forests: &'a [String],
    identity: &'a str,
    planned: usize,
    done: usize,
    failed: usize,
    in_doubt: usize,
    not_reached: usize,
    needs_recovery: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverts: Option<&'a TransactionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverted_by: Option<&'a TransactionId>,
}

/// Prints a transaction of the history.
pub(super) fn print_summary(summary: &TransactionSummary) -> io::Result<()> {
    print(&HistoryLine {
        transaction: &summary.id,
        started: &summary.started,
        state: match summary.state {
            TransactionState::Finished => "finished",
            TransactionState::Unfinished => "unfinished",
            TransactionState::Damaged => "damaged",
        },
        forests: &summary.forests,
        identity: &summary.identity,
        planned: summary.planned,
        done: summary.done,
        failed: summary.failed,
        in_doubt: summary.in_doubt,
        not_reached: summary.not_reached,
        needs_recovery: summary.needs_recovery,
        reverts: summary.reverts.as_ref(),
        reverted_by: summary.reverted_by.as_ref(),
    })
}

/// A domain as a scan saw it.
#[derive(Debug, Serialize)]
struct DomainResult<'a> {
    domain: &'a str,
    state: &'static str,
    entries: u64,
    judged: u64,
    skipped: u64,
    findings: u64,
}

/// How much contact data a container has.
#[derive(Debug, Serialize)]
struct ContactResult<'a> {
    domain: &'a str,
    container: &'a str,
    people: u64,
    filled: BTreeMap<&'static str, u64>,
}

impl<'a> ContactResult<'a> {
    fn of(domain: &'a str, container: &'a str, counts: &ContactCounts) -> Self {
        Self {
            domain,
            container,
            people: counts.people,
            filled: CONTACT_FIELDS.into_iter().zip(counts.filled).collect(),
        }
    }
}

/// What a scan found, in numbers.
#[derive(Debug, Serialize)]
struct ScanSummary<'a> {
    complete: bool,
    judged: u64,
    findings: u64,
    accepted: u64,
    severities: BTreeMap<&'static str, usize>,
    attributes: BTreeMap<String, usize>,
    rules: BTreeMap<String, usize>,
    ready: u64,
    degraded: u64,
    blocked: u64,
    domains: Vec<DomainResult<'a>>,
    skipped: BTreeMap<String, u64>,
    incomplete: &'a [String],
    contact_data: Vec<ContactResult<'a>>,
    exit: u8,
}

/// Prints what a scan found, in numbers; the rows are for `--format jsonl`.
pub(super) fn print_scan(sheet: &Worksheet, exit: Exit) -> io::Result<()> {
    let scan = &sheet.scan;
    let summary = sheet.summary();
    let accepted = sheet.rows().filter(|row| sheet.is_accepted(*row)).count();
    let mut all = crate::worksheet::Readiness::default();
    sheet.readiness().values().for_each(|one| all.add(one));
    print(&ScanSummary {
        complete: scan.is_complete(),
        judged: all.judged,
        findings: super::talk::as_u64(sheet.len()),
        accepted: super::talk::as_u64(accepted),
        severities: summary
            .by_severity
            .into_iter()
            .map(|(severity, rows)| (crate::report::severity_word(severity), rows))
            .collect(),
        attributes: summary.by_attribute,
        rules: summary.by_rule,
        ready: all.ready(),
        degraded: all.degraded,
        blocked: all.blocked,
        domains: domains(scan),
        skipped: scan
            .skipped
            .iter()
            .map(|(reason, number)| (reason.to_string(), *number))
            .collect(),
        incomplete: &scan.incomplete,
        contact_data: scan
            .contacts
            .0
            .iter()
            .map(|((domain, path), counts)| {
                ContactResult::of(&scan.domain(*domain).dns_name, path, counts)
            })
            .collect(),
        exit: exit.code(),
    })
}

fn domains(scan: &ScanResult) -> Vec<DomainResult<'_>> {
    let result = |domain: &'_ crate::scan::DomainProgress| match domain.state {
        DomainState::Done => "read",
        DomainState::Failed(_) => "failed",
        DomainState::Cancelled => "interrupted",
        DomainState::Waiting | DomainState::Reading => "not read",
    };
    scan.progress
        .iter()
        .map(|domain| DomainResult {
            domain: &domain.name,
            state: result(domain),
            entries: domain.entries,
            judged: domain.judged,
            skipped: domain.skipped,
            findings: domain.findings,
        })
        .collect()
}
