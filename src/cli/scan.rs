//! `idmend scan`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::about::about;
use super::context::{Context, now};
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Line;
use super::report::{Content, Format, ReportFile, StyleArgs, print};
use super::result;
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::{as_u64, count, insist, say};
use crate::model::{Forest, SourceKind, Structure};
use crate::report::text;
use crate::rule::Severity;
use crate::scan::{DomainState, Part, ScanResult, SkipReason};
use crate::session::{ScanRequest, Session};
use crate::text::escape;
use crate::worksheet::Worksheet;

/// Report what would break synchronisation.
///
/// Every entry of the sources is judged; nothing is written to a directory.
#[derive(Debug, Args)]
#[command(after_help = examples::SCAN)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Write the report to a file, by its ending .csv, .jsonl, .html or .txt
    /// (repeatable)
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub output: Vec<PathBuf>,

    /// What to print to standard output (default: text, or nothing with -o)
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    pub format: Option<Format>,

    #[command(flatten)]
    pub style: StyleArgs,

    /// Print what was found in numbers, as one JSON object, instead of the
    /// findings
    #[arg(long, help_heading = "Report", conflicts_with_all = ["format", "list_skipped", "contact_data"])]
    pub json: bool,

    /// Show how complete the contact data is, by OU, behind the findings on
    /// standard output
    #[arg(long, help_heading = "Report")]
    pub contact_data: bool,

    /// List the entries that the sync engine skips too, behind the findings on
    /// standard output: reason and DN
    #[arg(long, help_heading = "Report")]
    pub list_skipped: bool,

    /// Exit with 1 if a finding is at least this bad
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warning",
        help_heading = "Report"
    )]
    pub fail_on: FailOn,
}

/// How bad a finding must be to matter for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// The object or the value does not arrive in the cloud
    Error,
    /// The value is dropped or changed, or worse
    Warning,
    /// Everything
    Hygiene,
}

impl FailOn {
    fn concerns(self, severity: Severity) -> bool {
        severity
            <= match self {
                Self::Error => Severity::Quarantined,
                Self::Warning => Severity::Changed,
                Self::Hygiene => Severity::Hygiene,
            }
    }
}

pub(super) async fn run(args: &ScanArgs, context: &Context) -> Result<Exit, Failure> {
    args.check_format()?;
    let request = args.scope.request(&args.source)?;
    let files = args
        .output
        .iter()
        .map(|path| ReportFile::create(path))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut session, log) = context.begin()?;
    Context::name_unsettled(&session);
    let result = scan(&mut session, &request, context).await;
    let sheet = match result {
        Ok(sheet) => sheet,
        Err(failure) => {
            log.close();
            return Err(failure);
        }
    };
    let exit = coverage(&sheet.scan).and(if fails(&sheet, args.fail_on) {
        Exit::Findings
    } else {
        Exit::Clean
    });
    if coverage(&sheet.scan) != Exit::Nothing {
        args.report(&sheet, &request, files)?;
    }
    if args.json {
        result::print_scan(&sheet, exit)?;
    }
    summarise(&sheet, &request);
    log.close();
    Ok(exit)
}

impl ScanArgs {
    fn check_format(&self) -> Result<(), Failure> {
        let other = self.format.is_some_and(|format| format != Format::Text);
        for (flag, given) in [
            ("--list-skipped", self.list_skipped),
            ("--contact-data", self.contact_data),
        ] {
            if given && other {
                return Err(Failure::usage(format!(
                    "{flag} goes with text on standard output, not with another --format"
                )));
            }
        }
        Ok(())
    }

    fn report(
        &self,
        sheet: &Worksheet,
        request: &ScanRequest,
        files: Vec<ReportFile>,
    ) -> Result<(), Failure> {
        let content = Content {
            sheet,
            style: &self.style,
            about: &about(sheet, request, now()),
        };
        for file in files {
            file.write(&content)?;
        }
        match self.format {
            Some(format) => print(&content, format)?,
            None if self.output.is_empty() && !self.json => print(&content, Format::Text)?,
            None => {}
        }
        if self.contact_data {
            print_contact_data(&sheet.scan)?;
        }
        if self.list_skipped {
            list_skipped(&sheet.scan)?;
        }
        Ok(())
    }
}

/// How complete the contact data is, by container.
fn print_contact_data(scan: &ScanResult) -> std::io::Result<()> {
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    text::write_contacts(&mut output, scan)?;
    output.flush()
}

/// Opens the sources, says what they are, and scans them.
pub(super) async fn scan(
    session: &mut Session,
    request: &ScanRequest,
    context: &Context,
) -> Result<Worksheet, Failure> {
    let forests = {
        let _line = Line::new("connecting");
        context
            .or_interrupted(session.open(&request.sources))
            .await??
    };
    for forest in &forests {
        introduce(forest);
    }
    let line = Line::new("reading");
    let progress = |domains: &[_]| line.scan(domains);
    Ok(session.scan(request, &progress, &context.cancel).await?)
}

/// What a forest is, from where, and as whom.
pub(super) fn introduce(forest: &Forest) {
    let kind = match forest.kind {
        SourceKind::ActiveDirectory => "Active Directory forest",
        SourceKind::OtherLdap => "LDAP server",
        SourceKind::Ldif => "LDIF",
        SourceKind::Memory => "in-memory forest",
    };
    let domains: Vec<_> = forest
        .domains
        .iter()
        .map(|domain| format!("{} ({})", escape(&domain.dns_name), escape(&domain.host)))
        .collect();
    let identity = forest
        .identity
        .as_ref()
        .map(|identity| format!(", signed in as {}", escape(identity)))
        .unwrap_or_default();
    say(format!(
        "{kind} {}: {}{identity}",
        escape(&forest.name),
        domains.join(", ")
    ));
    if !forest.upn_suffixes.is_empty() {
        let suffixes: Vec<_> = forest
            .upn_suffixes
            .iter()
            .map(|name| escape(name))
            .collect();
        say(format!("alternate UPN suffixes: {}", suffixes.join(", ")));
    }
    say_structure(&forest.structure);
    for note in &forest.notes {
        say(format!("note: {}", escape(note)));
    }
}

/// Functional levels, and the trusts that lead out of the forest.
fn say_structure(structure: &Structure) {
    if let Some(level) = structure.level {
        let domains: Vec<String> = structure
            .domain_levels
            .iter()
            .map(|(domain, level)| format!("{} {}", escape(domain), level_name(*level)))
            .collect();
        say(format!(
            "functional level: forest {}; {}",
            level_name(level),
            domains.join(", ")
        ));
    }
    for trust in &structure.trusts {
        let direction = match trust.direction {
            1 => "is trusted by",
            2 => "trusts",
            3 => "trusts and is trusted by",
            _ => "has a disabled trust with",
        };
        say(format!(
            "{} {direction} {}, which is not read: it is another forest, so name it with --domain too",
            escape(&trust.domain),
            escape(&trust.partner)
        ));
    }
}

/// What Windows calls a functional level (msDS-Behavior-Version, MS-ADTS
/// 6.1.4.2).
fn level_name(level: i64) -> String {
    match level {
        0 => "2000",
        1 => "2003 interim",
        2 => "2003",
        3 => "2008",
        4 => "2008 R2",
        5 => "2012",
        6 => "2012 R2",
        7 => "2016",
        10 => "2025",
        other => return format!("number {other}"),
    }
    .to_owned()
}

/// The entries that the sync engine leaves out, by reason and then by name.
fn list_skipped(scan: &ScanResult) -> std::io::Result<()> {
    let mut entries: Vec<(SkipReason, String)> = scan
        .skipped_entries
        .iter()
        .filter_map(|at| match scan.snapshot.part(*at) {
            Part::Skipped(reason) => Some((reason, scan.snapshot.dn(*at).as_str().to_owned())),
            Part::Judged | Part::OutOfScope => None,
        })
        .collect();
    entries.sort();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for (reason, dn) in &entries {
        writeln!(output, "skipped     {}", escape(dn))?;
        writeln!(output, "            {reason}")?;
    }
    output.flush()
}

/// How much of the directory was seen, as an exit code.
pub(super) fn coverage(scan: &ScanResult) -> Exit {
    if scan.read_nothing() {
        Exit::Nothing
    } else if scan.is_complete() {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

fn fails(sheet: &Worksheet, level: FailOn) -> bool {
    sheet
        .rows()
        .any(|row| level.concerns(sheet.severity(row)) && !sheet.is_accepted(row))
}

/// The last lines: what was seen, what was left out, what was found.
pub(super) fn summarise(sheet: &Worksheet, request: &ScanRequest) {
    let scan = &sheet.scan;
    for domain in &scan.progress {
        let state = match &domain.state {
            DomainState::Failed(reason) => format!(", FAILED: {}", escape(reason)),
            DomainState::Cancelled => ", INTERRUPTED".to_owned(),
            DomainState::Waiting | DomainState::Reading | DomainState::Done => String::new(),
        };
        say(format!(
            "{}: {}, {} judged, {} skipped, {}{state}",
            escape(&domain.name),
            count(domain.entries, "entry", "entries"),
            domain.judged,
            domain.skipped,
            count(domain.findings, "finding", "findings"),
        ));
    }
    let skipped: Vec<String> = scan
        .skipped
        .iter()
        .map(|(reason, number)| format!("{number} {reason}"))
        .collect();
    if !skipped.is_empty() {
        say(format!("skipped: {}", skipped.join(", ")));
    }
    say_scope(request);
    say_origin(scan);
    for note in &scan.notes {
        say(format!("note: {}", escape(note)));
    }
    for unmet in &sheet.unmet {
        say(format!(
            "exception that does not apply: {}",
            escape(&unmet.to_string())
        ));
    }
    for sentence in &scan.incomplete {
        insist(format!("incomplete: {}", escape(sentence)));
    }
    let judged = scan.progress.iter().map(|domain| domain.judged).sum();
    if judged == 0 && scan.is_complete() {
        say(
            "WARNING: no object was judged: no user, contact or group lies in the scope, or this \
             account may not see any; check the base, the filter and the account",
        );
    }
    let partial = match coverage(scan) {
        Exit::Clean => "",
        Exit::Nothing => " (nothing could be read)",
        _ => " (partial: not everything was read)",
    };
    let accepted = match sheet.rows().filter(|row| sheet.is_accepted(*row)).count() {
        0 => String::new(),
        accepted => format!(", {accepted} of them accepted"),
    };
    say(format!(
        "{} in {}{accepted}{partial}",
        count(as_u64(scan.findings.len()), "finding", "findings"),
        count(judged, "object", "objects"),
    ));
}

/// Which servers were read, and as whom.
fn say_origin(scan: &ScanResult) {
    for forest in &scan.forests {
        let is_server = matches!(
            forest.kind,
            SourceKind::ActiveDirectory | SourceKind::OtherLdap
        );
        if !is_server {
            continue;
        }
        let domains: Vec<String> = forest
            .domains
            .iter()
            .map(|domain| format!("{} on {}", escape(&domain.dns_name), escape(&domain.host)))
            .collect();
        let identity = forest.identity.as_deref().unwrap_or("nobody known");
        say(format!(
            "read: {}, as {}",
            domains.join(", "),
            escape(identity)
        ));
    }
}

fn say_scope(request: &ScanRequest) {
    let options = &request.options;
    for base in &options.bases {
        say(format!("judged below: {}", escape(base.as_str())));
    }
    for exclude in &options.excludes {
        say(format!("not judged below: {}", escape(exclude.as_str())));
    }
    if let Some(filter) = &options.filter {
        say(format!("judged what matches: {}", escape(filter)));
    }
    if options.scope_only {
        say("scope only: addresses outside the scope were not compared");
    }
}
