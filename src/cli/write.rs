//! What apply, rollback and recover share: showing a plan, asking, carrying it
//! out, and saying what became of it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clap::Args;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::log;
use super::progress::Line;
use super::result::{self, ReportRows, Told};
use super::talk::{as_u64, confirm, count, insist, is_quiet, say};
use crate::config::Profile;
use crate::model::{ChangeSet, Value};
use crate::session::{Session, SessionError, Watched};
use crate::text::{Cut, escape, fit_text};
use crate::transaction::{
    ApplyOptions, Outcome, Progress, TransactionId, TransactionRecord, TransactionReport, Verdict,
    plan_digest,
};

/// After how many failures a transaction stops, if nobody says.
const STOP_AFTER: usize = 10;

/// How much of a value a plan shows.
const VALUE_WIDTH: usize = 200;

/// How to write.
#[derive(Debug, Clone, Args)]
pub(super) struct WriteArgs {
    /// Check everything and write nothing
    #[arg(long, help_heading = "Writing")]
    pub dry_run: bool,

    /// Do not ask
    #[arg(long, help_heading = "Writing")]
    pub yes: bool,

    /// Print the result as one JSON object a transaction
    #[arg(long, help_heading = "Writing")]
    pub json: bool,

    /// Stop after this many entries that were refused or failed; 0 never stops
    #[arg(long, value_name = "N", default_value_t = STOP_AFTER, help_heading = "Writing")]
    pub stop_after: usize,

    /// Change at most this many entries a second
    #[arg(long, value_name = "N", help_heading = "Writing",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub throttle: Option<u32>,
}

impl WriteArgs {
    /// The same, with what a profile says where no flag does.
    pub(super) fn with_profile(&self, profile: &Profile) -> Self {
        let mut merged = self.clone();
        if merged.stop_after == STOP_AFTER {
            merged.stop_after = profile.stop_after.unwrap_or(STOP_AFTER);
        }
        merged.throttle = merged
            .throttle
            .or(profile.throttle.filter(|rate| *rate > 0));
        merged
    }

    /// The same as the transaction wants it.
    pub(super) fn options(&self) -> ApplyOptions {
        ApplyOptions {
            stop_after: (self.stop_after > 0).then_some(self.stop_after),
            throttle: self.throttle,
            ..ApplyOptions::default()
        }
    }

    /// Shows the plan and asks, unless told not to.
    pub(super) fn consent(&self, plan: &Plan) -> Result<(), Failure> {
        if self.yes {
            plan.tell()?;
            return Ok(());
        }
        plan.show(&mut io::stderr().lock())?;
        let entries = count(as_u64(plan.changes.len()), "entry", "entries");
        confirm(&format!("This changes {entries}:"), "yes")
    }
}

/// A plan to carry out, and what to say about its entries.
#[derive(Debug)]
pub(super) struct Plan {
    /// What to do.
    pub(super) changes: ChangeSet,
    /// The transaction it takes back.
    pub(super) reverts: Option<TransactionId>,
    /// Whether results are told as JSON.
    pub(super) json: bool,
    /// A remark on each entry, such as the lines of the report; may be shorter.
    pub(super) remarks: Vec<String>,
    /// What became of the rows of the report that it was made from.
    pub(super) rows: Option<ReportRows>,
}

impl Plan {
    /// What a result in JSON says besides what became of the entries.
    pub(super) fn told(&self, exit: Exit) -> Told<'_> {
        Told {
            reverts: self.reverts.as_ref(),
            rows: self.rows.as_ref(),
            exit,
        }
    }

    fn remark(&self, index: usize) -> &str {
        self.remarks.get(index).map_or("", String::as_str)
    }

    /// Shows the plan to whoever wants to hear of it.
    pub(super) fn tell(&self) -> io::Result<()> {
        if is_quiet() {
            return Ok(());
        }
        self.show(&mut io::stderr().lock())
    }

    /// Writes the plan as a diff.
    pub(super) fn show(&self, output: &mut impl Write) -> io::Result<()> {
        for (index, modification) in self.changes.modifications.iter().enumerate() {
            writeln!(
                output,
                "{}{}",
                escape(modification.dn.as_str()),
                self.remark(index)
            )?;
            for change in &modification.changes {
                writeln!(output, "  {}", escape(change.attribute.as_str()))?;
                for (sign, values) in [('-', &change.delete), ('+', &change.add)] {
                    for value in values {
                        writeln!(output, "  {sign} {}", shown(value))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What tells this plan from any other.
    pub(super) fn digest(&self) -> Result<String, Failure> {
        plan_digest(&self.changes)
            .map_err(|error| Failure::usage(format!("the plan has no digest: {error}")))
    }

    /// The digest, and what it is good for.
    pub(super) fn digest_line(&self) -> Result<String, Failure> {
        let digest = self.digest()?;
        Ok(format!(
            "plan digest: {digest} (with --plan-digest apply takes no other plan)"
        ))
    }

    /// Checks all that an apply would check and says what speaks against it.
    pub(super) async fn dry_run(&self, session: &Session) -> Result<Exit, Failure> {
        let verdicts = self.preflight(session).await?;
        if !self.json {
            self.show(&mut io::stdout().lock())?;
        }
        let exit = self.say_verdicts(&verdicts);
        if self.reverts.is_none() {
            say(self.digest_line()?);
        }
        if self.json {
            let digest = self.digest()?;
            result::print_dry_run(&self.changes, &verdicts, &digest, self.told(exit))?;
        }
        Ok(exit)
    }

    /// What would become of each entry, before anything is written.
    pub(super) async fn preflight(&self, session: &Session) -> Result<Vec<Verdict>, Failure> {
        let _line = Line::new("checking");
        let verdicts = session.preflight(&self.changes, self.reverts.as_ref());
        Ok(verdicts.await?)
    }

    /// Says what speaks against a plan.
    pub(super) fn say_verdicts(&self, verdicts: &[Verdict]) -> Exit {
        let mut exit = Exit::Clean;
        let (mut sent, mut refused) = (0, 0);
        let pairs = self.changes.modifications.iter().zip(verdicts);
        for (index, (modification, verdict)) in pairs.enumerate() {
            let dn = escape(modification.dn.as_str());
            let remark = self.remark(index);
            match verdict {
                Verdict::Hold(Outcome::NotNeeded) => {}
                Verdict::Hold(outcome) => {
                    refused += 1;
                    exit = Exit::Findings;
                    let outcome = escape(&outcome.to_string()).into_owned();
                    insist(format!("would not be written: {dn}{remark}: {outcome}"));
                }
                Verdict::Send(left_alone) => {
                    sent += 1;
                    for conflict in left_alone {
                        exit = Exit::Findings;
                        let attribute = escape(conflict.attribute.as_str());
                        let reason = escape(&conflict.reason);
                        insist(format!(
                            "would be left alone: {dn}{remark}: {attribute}: {reason}"
                        ));
                    }
                }
            }
        }
        let already = match verdicts.len() - sent - refused {
            0 => String::new(),
            already => format!(", {already} already as planned"),
        };
        say(format!(
            "dry run: {} would be changed, {refused} refused{already}; nothing was written",
            count(as_u64(sent), "entry", "entries"),
        ));
        exit
    }

    /// Carries the plan out and says what became of each entry.
    pub(super) async fn carry_out(
        &self,
        session: &Session,
        context: &Context,
        options: ApplyOptions,
    ) -> Result<Exit, Failure> {
        let line = Line::new("writing");
        let watch = Watch::new(line, self.changes.len());
        let progress = |step| watch.step(&step);
        let result = session
            .apply(
                &self.changes,
                self.reverts.clone(),
                Watched {
                    options: &options,
                    progress: &progress,
                    cancel: &context.cancel,
                },
            )
            .await;
        let report = watch.end(result)?;
        let exit = self.conclude(&report)?;
        if !options.atomic {
            say_not_reached(&report, self.reverts.as_ref());
        }
        if options.atomic {
            return self.all_or_nothing(session, &report, context.cancel.is_cancelled());
        }
        Ok(exit)
    }

    /// Says what an apply that was to be all or nothing came to.
    fn all_or_nothing(
        &self,
        session: &Session,
        report: &TransactionReport,
        interrupted: bool,
    ) -> Result<Exit, Failure> {
        if report.outcomes.iter().all(Outcome::is_as_planned) {
            return Ok(Exit::Clean);
        }
        let in_doubt = |outcome: &Outcome| matches!(outcome, Outcome::InDoubt(_));
        let mut half_done = report.count(in_doubt) > 0;
        match &report.taken_back {
            Some(back) => {
                let record = session.record(&back.id)?;
                if self.json {
                    let plan = record.plan.iter().map(Option::as_ref);
                    let told = Told {
                        reverts: Some(&report.id),
                        ..self.told(exit_of(back))
                    };
                    result::print_transaction(back, plan, told)?;
                } else {
                    show_taken_back(&record, back)?;
                }
                say("not everything could be done, so what was written was taken back:");
                half_done |= sum_up(back) != Exit::Clean;
            }
            None => half_done |= report.count(Outcome::wrote) > 0,
        }
        if half_done {
            insist("WARNING: some entries are not as they were: see above");
        } else {
            say("all or nothing: the directory is as it was");
        }
        Ok(if half_done || interrupted {
            Exit::Incomplete
        } else {
            Exit::Findings
        })
    }

    /// One line an entry on standard output, the sum on standard error.
    fn conclude(&self, report: &TransactionReport) -> Result<Exit, Failure> {
        if self.json {
            let exit = sum_up(report);
            let plan = self.changes.modifications.iter().map(Some);
            result::print_transaction(report, plan, self.told(exit))?;
            return Ok(exit);
        }
        let mut output = io::stdout().lock();
        let pairs = self.changes.modifications.iter().zip(&report.outcomes);
        for (index, (modification, outcome)) in pairs.enumerate() {
            writeln!(
                output,
                "{}: {}{}",
                escape(modification.dn.as_str()),
                escape(&outcome.to_string()),
                self.remark(index)
            )?;
        }
        Ok(sum_up(report))
    }
}

/// One line an entry that was taken back.
fn show_taken_back(record: &TransactionRecord, back: &TransactionReport) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for (planned, outcome) in record.plan.iter().flatten().zip(&back.outcomes) {
        let dn = escape(planned.dn.as_str());
        let outcome = escape(&outcome.to_string()).into_owned();
        writeln!(output, "{dn}: taken back: {outcome}")?;
    }
    Ok(())
}

/// A value as a plan shows it.
fn shown(value: &Value) -> String {
    fit_text(&value.to_text_lossy(), VALUE_WIDTH, Cut::Middle)
}

/// The last lines on a transaction, and its exit code.
pub(super) fn sum_up(report: &TransactionReport) -> Exit {
    for note in &report.notes {
        say(format!("note: {}", escape(note)));
    }
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for outcome in &report.outcomes {
        match counts
            .iter_mut()
            .find(|(label, _)| *label == outcome.label())
        {
            Some((_, number)) => *number += 1,
            None => counts.push((outcome.label(), 1)),
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(label, number)| format!("{number} {label}"))
        .collect();
    say(format!("transaction {}: {}", report.id, counts.join(", ")));
    say(format!("journal: {}", report.journal.display()));
    if report.undo.exists() {
        say(format!("undo as LDIF: {}", report.undo.display()));
    }
    let mut hints: Vec<(&str, u64)> = Vec::new();
    for advice in report.outcomes.iter().filter_map(Outcome::what_to_try) {
        match hints.iter_mut().find(|(known, _)| *known == advice) {
            Some((_, number)) => *number += 1,
            None => hints.push((advice, 1)),
        }
    }
    for (advice, number) in hints {
        let entries = count(number, "entry", "entries");
        say(format!("hint ({entries}): {advice}"));
    }
    exit_of(report)
}

/// Says how to go on with what a transaction did not come to.
pub(super) fn say_not_reached(report: &TransactionReport, reverts: Option<&TransactionId>) {
    let left = report.count(|outcome| matches!(outcome, Outcome::NotReached));
    if left == 0 {
        return;
    }
    let left = count(
        as_u64(left),
        "entry was not reached",
        "entries were not reached",
    );
    say(match reverts {
        Some(id) => format!("{left}: 'idmend rollback {id}' goes on"),
        None => format!(
            "{left}: apply the same report again to go on, or take back what was done with \
             'idmend rollback {}'",
            report.id
        ),
    });
}

/// The exit code of a transaction.
pub(super) fn exit_of(report: &TransactionReport) -> Exit {
    let incomplete = if report.incomplete() > 0 {
        Exit::Incomplete
    } else {
        Exit::Clean
    };
    let failed = if report.count(Outcome::is_failure) > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    };
    incomplete.and(failed)
}

/// Watches a transaction: draws how far it is, and remembers whether writing
/// had begun.
#[derive(Debug)]
pub(super) struct Watch {
    line: Line,
    total: AtomicUsize,
    settled: AtomicUsize,
    sealed: AtomicBool,
}

impl Watch {
    pub(super) fn new(line: Line, total: usize) -> Self {
        Self {
            line,
            total: AtomicUsize::new(total),
            settled: AtomicUsize::new(0),
            sealed: AtomicBool::new(false),
        }
    }

    pub(super) fn step(&self, step: &Progress) {
        match step {
            Progress::Sealed { id, journal, total } => {
                self.sealed.store(true, Ordering::Relaxed);
                self.total.store(*total, Ordering::Relaxed);
                self.settled.store(0, Ordering::Relaxed);
                say(format!("transaction {id}: journal {}", journal.display()));
                log::say_where();
            }
            Progress::LookedAt { number, total } => self.line.looked_at(*number, *total),
            Progress::Settled { .. } => {
                let number = self.settled.fetch_add(1, Ordering::Relaxed) + 1;
                self.line
                    .settled(number, self.total.load(Ordering::Relaxed));
            }
            Progress::TakingBack => {
                say("not everything could be done: taking back what was written");
            }
            Progress::Waiting { index, delay } => say(format!(
                "no answer is known for entry {}: reading it again in {} s",
                index + 1,
                delay.as_secs()
            )),
        }
    }

    /// The result; a failure after writing had begun is incomplete, whatever
    /// it is called.
    pub(super) fn end<T>(self, result: Result<T, SessionError>) -> Result<T, Failure> {
        result.map_err(|error| {
            let mut failure = Failure::from(error);
            if self.sealed.load(Ordering::Relaxed) {
                failure.exit = Exit::Incomplete;
                let settle = || Some("idmend recover SOURCE settles what was begun".to_owned());
                failure.hint = failure.hint.or_else(settle);
            }
            failure
        })
    }
}
