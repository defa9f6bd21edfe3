//! `idmend apply`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::import;
use super::result::{self, ReportRows};
use super::scan::{coverage, scan};
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::{as_u64, count, insist, say};
use super::write::{Plan, WriteArgs};
use crate::config::{Profile, SourceSpec};
use crate::model::ldif::{LDIF_HEADER, write_modification};
use crate::model::{Change, Modification};
use crate::report::stage::{Staged, stage};
use crate::session::{ScanRequest, Session};
use crate::text::escape;
use crate::transaction::{ApplyOptions, Verdict};
use crate::worksheet::{Action, Worksheet};

/// How many entries may be changed, if nobody says.
const MAX_CHANGES: usize = 500;

/// Carry out the decisions of a report: rows whose ACTION is EDIT or REMOVE.
///
/// Scans the sources first, shows the plan, and writes it as a transaction
/// that can be rolled back. Rows whose ACTION is COMPLETE are remembered as
/// exceptions, with their REASON and EXPIRES.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::APPLY)]
pub(super) struct ApplyArgs {
    /// A CSV or JSON Lines report with ACTION and UPDATE filled in
    pub file: PathBuf,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub scope: ScopeArgs,

    #[command(flatten)]
    pub write: WriteArgs,

    /// Change at most this many entries
    #[arg(
        long,
        value_name = "N",
        default_value_t = MAX_CHANGES,
        help_heading = "Writing"
    )]
    pub max_changes: usize,

    /// All or nothing: take back what was written if one entry cannot be
    #[arg(long, help_heading = "Writing")]
    pub atomic: bool,

    /// Apply only the plan with this digest, as --dry-run prints it
    #[arg(long, value_name = "SHA256", help_heading = "Writing")]
    pub plan_digest: Option<String>,

    /// Apply the good rows of a file that has bad ones
    #[arg(long, help_heading = "Writing")]
    pub partial: bool,

    /// Change nothing: write the changes to this .ldif file, for ldapmodify or
    /// ldifde, and beside it what takes them back (.undo.ldif)
    #[arg(short, long, value_name = "FILE", help_heading = "Writing")]
    pub output: Option<PathBuf>,
}

pub(super) async fn run(args: &ApplyArgs, context: &Context) -> Result<Exit, Failure> {
    let file = import::read(&args.file)?;
    import::settle_faults(&args.file, &file.faults, args.partial)?;
    let bad_rows = if file.faults.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    };
    if file.decisions.is_empty() {
        say(format!(
            "nothing to do: no row of {} has the ACTION EDIT, REMOVE or COMPLETE",
            args.file.display()
        ));
        return Ok(bad_rows);
    }
    let profiles = args.scope.profiles.read()?;
    let args = &args.with_profile(&profiles.judging()?);
    let request = args.scope.request_by(&profiles, &args.source)?;
    let writes = |action| matches!(action, Action::Edit | Action::Remove);
    let decisions = &file.decisions;
    args.check_output(&request, decisions.iter().any(|d| writes(d.action)))?;
    let (mut session, log) = context.begin()?;
    Context::name_unsettled(&session);
    let result = async {
        let mut sheet = scan(&mut session, &request, context).await?;
        refuse_partial_scan(&sheet)?;
        let differences = import::compare(&args.file, &sheet)?;
        let mut staged = stage(&mut sheet, &file.decisions);
        import::settle_faults(&args.file, &staged.doubled, args.partial)?;
        staged.refused.append(&mut staged.doubled);
        let mut plan = args.plan(&sheet, &staged)?;
        if let Some(rows) = &mut plan.rows {
            rows.differences = differences;
            rows.exit = rows.exit.and(bad_rows);
        }
        let exit = args.write_plan(&plan, &session, context).await?;
        args.remember(&sheet, &staged, &session)?;
        Ok::<_, Failure>(exit.and(plan.rows.map(|rows| rows.exit).unwrap_or_default()))
    }
    .await;
    log.close();
    result
}

/// A plan is not checked against half of a directory.
fn refuse_partial_scan(sheet: &Worksheet) -> Result<(), Failure> {
    let exit = coverage(&sheet.scan);
    if exit == Exit::Clean {
        return Ok(());
    }
    for sentence in &sheet.scan.incomplete {
        say(format!("incomplete: {}", escape(sentence)));
    }
    Err(Failure::new(
        exit,
        "the sources could not be read whole, so nothing was applied",
    ))
}

impl ApplyArgs {
    /// These flags, with the caps of a profile where none are given.
    fn with_profile(&self, profile: &Profile) -> Self {
        let mut merged = self.clone();
        if merged.max_changes == MAX_CHANGES {
            merged.max_changes = profile.max_changes.unwrap_or(MAX_CHANGES);
        }
        merged.write = merged.write.with_profile(profile);
        merged
    }

    /// LDIF files are never written to, so their changes need a place.
    fn check_output(&self, request: &ScanRequest, writes: bool) -> Result<(), Failure> {
        let files = |spec: &SourceSpec| matches!(spec, SourceSpec::Ldif { .. });
        let all = request.sources.iter().all(files);
        if request.sources.iter().any(files) && !all {
            return Err(Failure::usage(
                "apply takes LDIF files or a directory, not both at once",
            ));
        }
        match &self.output {
            Some(path) if !has_ending(path, "ldif") => Err(Failure::usage(format!(
                "{} does not end in .ldif",
                path.display()
            ))),
            None if all && writes && !self.write.dry_run => {
                Err(Failure::usage("an LDIF file is never written to")
                    .hint("give -o FILE.ldif for the changes"))
            }
            _ => Ok(()),
        }
    }

    /// The plan of what was staged; names what is held back.
    fn plan(&self, sheet: &Worksheet, staged: &Staged) -> Result<Plan, Failure> {
        let plan = sheet.plan();
        let mut refused = staged.refused.clone();
        refused.extend(plan.refused.into_iter().map(|(row, sentence)| {
            crate::report::import::Fault {
                line: staged.lines.get(&row).copied().unwrap_or_default(),
                sentence,
            }
        }));
        refused.sort();
        for fault in &refused {
            insist(format!("refused, {}", escape(&fault.to_string())));
        }
        let remarks = plan.rows.iter().map(|rows| {
            let lines: Vec<String> = rows
                .iter()
                .filter_map(|row| staged.lines.get(row))
                .map(ToString::to_string)
                .collect();
            format!(" (line {})", lines.join(", "))
        });
        say(format!(
            "plan: {} to change; {} refused, {} already as wished, {} left as they are",
            count(as_u64(plan.changes.len()), "entry", "entries"),
            count(as_u64(refused.len()), "row", "rows"),
            staged.not_needed,
            staged.complete.len(),
        ));
        if plan.changes.len() > self.max_changes {
            return Err(Failure::usage(format!(
                "the plan changes {} entries, more than the {} that are allowed",
                plan.changes.len(),
                self.max_changes
            ))
            .hint(format!(
                "if that is meant: --max-changes {}",
                plan.changes.len()
            )));
        }
        let exit = if refused.is_empty() {
            Exit::Clean
        } else {
            Exit::Findings
        };
        Ok(Plan {
            remarks: remarks.collect(),
            changes: plan.changes,
            reverts: None,
            json: self.write.json,
            rows: Some(ReportRows {
                refused,
                as_wished: staged.not_needed,
                accepted: as_u64(staged.complete.len()),
                exit,
                ..ReportRows::default()
            }),
        })
    }

    /// Remembers the rows that are right as they are.
    fn remember(
        &self,
        sheet: &Worksheet,
        staged: &Staged,
        session: &Session,
    ) -> Result<(), Failure> {
        if self.write.dry_run {
            return Ok(());
        }
        let mut exceptions = Vec::new();
        for (row, why) in &staged.complete {
            let (forest, of_row) = sheet.exceptions(*row, why);
            exceptions.extend(of_row.into_iter().map(|one| (forest.clone(), one)));
        }
        for file in session.remember(exceptions)? {
            say(format!(
                "exceptions: {} added, {} known before: {}",
                file.added,
                file.known,
                file.path.display()
            ));
        }
        Ok(())
    }

    async fn write_plan(
        &self,
        plan: &Plan,
        session: &Session,
        context: &Context,
    ) -> Result<Exit, Failure> {
        self.check_digest(plan)?;
        if plan.changes.is_empty() {
            if let Some(rows) = plan.rows.as_ref().filter(|_| plan.json) {
                result::print_nothing(rows)?;
            }
            return Ok(Exit::Clean);
        }
        if self.write.dry_run && session.is_of_files() {
            return rehearse_files(plan);
        }
        if self.write.dry_run {
            return plan.dry_run(session).await;
        }
        if let Some(path) = &self.output {
            return write_changes(plan, session, path).await;
        }
        self.write.consent(plan)?;
        let options = ApplyOptions {
            atomic: self.atomic,
            ..self.write.options()
        };
        plan.carry_out(session, context, options).await
    }

    /// What one person approved is what another one applies.
    fn check_digest(&self, plan: &Plan) -> Result<(), Failure> {
        let Some(approved) = &self.plan_digest else {
            return Ok(());
        };
        let digest = plan.digest()?;
        if approved.trim().eq_ignore_ascii_case(&digest) {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "this is not the plan with the digest {}: its digest is {digest}",
            escape(approved.trim())
        ))
        .hint(
            "the report or the directory has changed since it was approved: \
             look at the plan with --dry-run, and have that one approved",
        ))
    }
}

/// Shows what would be written of LDIF files, of which no more can be checked.
fn rehearse_files(plan: &Plan) -> Result<Exit, Failure> {
    if plan.json {
        let told = plan.told(Exit::Clean);
        result::print_dry_run(&plan.changes, &[], &plan.digest()?, told)?;
    } else {
        plan.show(&mut io::stdout().lock())?;
        say(plan.digest_line()?);
    }
    Ok(Exit::Clean)
}

/// Writes a plan as LDIF instead of carrying it out: of a directory only what
/// it would take now.
async fn write_changes(plan: &Plan, session: &Session, path: &Path) -> Result<Exit, Failure> {
    plan.tell()?;
    let planned = plan.changes.modifications.iter();
    let (verdicts, exit) = if session.is_of_files() {
        (Vec::new(), Exit::Clean)
    } else {
        let verdicts = plan.preflight(session).await?;
        let exit = plan.say_verdicts(&verdicts);
        (verdicts, exit)
    };
    let holds = |at: usize| matches!(verdicts.get(at), None | Some(Verdict::Send(_)));
    let changes: Vec<Modification> = planned
        .enumerate()
        .filter(|(at, _)| holds(*at))
        .map(|(_, modification)| modification.clone())
        .collect();
    let undo = path.with_extension("undo.ldif");
    for file in [path, &undo] {
        if file.exists() {
            return Err(
                Failure::usage(format!("{} is there already", file.display()))
                    .hint("it may be needed to take changes back: name another file"),
            );
        }
    }
    let inverse = changes.iter().rev().map(inverse);
    write_ldif(&undo, &inverse.collect::<Vec<_>>())?;
    write_ldif(path, &changes)?;
    say(format!("changes: {}", path.display()));
    say(format!("undo: {}", undo.display()));
    if plan.json {
        let digest = plan.digest()?;
        result::print_dry_run(&plan.changes, &verdicts, &digest, plan.told(exit))?;
    }
    Ok(exit)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// What takes a modification back once it is done.
fn inverse(modification: &Modification) -> Modification {
    Modification {
        changes: modification.changes.iter().map(Change::inverse).collect(),
        ..modification.clone()
    }
}

/// Writes modifications to a new file.
fn write_ldif(path: &Path, modifications: &[Modification]) -> Result<(), Failure> {
    let mut text = LDIF_HEADER.to_owned();
    for modification in modifications {
        write_modification(&mut text, modification);
    }
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}
