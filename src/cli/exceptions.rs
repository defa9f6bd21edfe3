//! `idmend exceptions`.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::{Context, now};
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::talk::{as_u64, count, say};
use crate::exception::{Exception, ExceptionError, ExceptionFile, Why, parse_day};
use crate::model::{AttributeName, DistinguishedName, ObjectGuid, Value};
use crate::rule::file;
use crate::session::{EMBEDDED_RULES, exception_file, exception_folder};
use crate::text::escape;

/// Findings that are accepted as they are.
///
/// A row with COMPLETE becomes an exception, in the terminal interface and by
/// `idmend apply`; scans show it as accepted.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::EXCEPTIONS)]
pub(super) enum ExceptionsCommand {
    /// List exceptions: id, what is accepted, why
    List(Which),
    /// Add an exception by hand
    Add(AddArgs),
    /// Remove exceptions by their ids
    Remove(RemoveArgs),
}

/// Which files are meant.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The file of this forest in the state directory [default: all of them]
    #[arg(long, value_name = "NAME", conflicts_with = "exceptions")]
    forest: Option<String>,

    /// This TOML file
    #[arg(long, value_name = "FILE")]
    exceptions: Option<PathBuf>,
}

/// What is to be accepted.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    which: Which,

    /// The entry
    #[arg(long, value_name = "DN")]
    dn: String,

    /// Its objectGUID; without it the entry is known by its name
    #[arg(long, value_name = "GUID")]
    guid: Option<String>,

    /// The attribute
    #[arg(long, value_name = "NAME")]
    attribute: String,

    /// The value, exactly; without it the blank attribute is accepted
    #[arg(long, value_name = "TEXT")]
    value: Option<String>,

    /// The rule that it may break (repeatable)
    #[arg(long, value_name = "ID", required = true)]
    rule: Vec<String>,

    /// The rule set that the rule is in
    #[arg(long, value_name = "SET|DIR", default_value = EMBEDDED_RULES)]
    rules: String,

    /// Why it is right
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,

    /// Who says so [default: the user]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,

    /// The last day on which it holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<String>,
}

/// What is to be removed.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    which: Which,

    /// Ids as `idmend exceptions list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(command: &ExceptionsCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        ExceptionsCommand::List(which) => list(which, context),
        ExceptionsCommand::Add(args) => add(args, context),
        ExceptionsCommand::Remove(args) => remove(args, context),
    }
}

impl Which {
    fn files(&self, context: &Context) -> Result<Vec<ExceptionFile>, Failure> {
        let paths = match (&self.exceptions, &self.forest) {
            (Some(path), _) => vec![path.clone()],
            (None, Some(forest)) => vec![exception_file(&context.state, forest)],
            (None, None) => every_file(context)?,
        };
        let named = self.exceptions.is_some() || self.forest.is_some();
        paths
            .iter()
            .map(|path| {
                if named && !path.exists() {
                    return Err(Failure::usage(format!("there is no {}", path.display())));
                }
                Ok(ExceptionFile::read(path)?)
            })
            .collect()
    }
}

fn every_file(context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let folder = exception_folder(&context.state);
    let failed =
        |error: &io::Error| Failure::usage(format!("cannot read {}: {error}", folder.display()));
    let listing = match fs::read_dir(&folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let mut paths = Vec::new();
    for item in listing {
        let path = item.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn list(which: &Which, context: &Context) -> Result<Exit, Failure> {
    let files = which.files(context)?;
    let today = now().to_zoned(TimeZone::system()).date();
    let mut output = io::stdout().lock();
    for file in &files {
        for exception in file.exceptions() {
            write_one(&mut output, exception, today)?;
        }
    }
    for file in &files {
        say(format!(
            "{}: {}",
            file.path().display(),
            count(as_u64(file.exceptions().len()), "exception", "exceptions")
        ));
    }
    if files.is_empty() {
        say(format!(
            "no exceptions in {}",
            exception_folder(&context.state).display()
        ));
    }
    Ok(Exit::Clean)
}

fn write_one(output: &mut impl io::Write, exception: &Exception, today: Date) -> io::Result<()> {
    let value = exception.value.as_ref().map_or_else(
        || "(blank)".to_owned(),
        |value| escape(&value.to_text_lossy()).into_owned(),
    );
    writeln!(
        output,
        "{}  {}",
        exception.id(),
        escape(exception.dn.as_str())
    )?;
    writeln!(
        output,
        "          {}: {value}",
        escape(exception.attribute.as_str())
    )?;
    let expired = if exception.why.is_expired(today) {
        ", EXPIRED"
    } else {
        ""
    };
    writeln!(
        output,
        "          {}: {}{expired}",
        escape(&exception.rule),
        escape(&exception.why.to_string())
    )
}

fn add(args: &AddArgs, context: &Context) -> Result<Exit, Failure> {
    let path = match (&args.which.exceptions, &args.which.forest) {
        (Some(path), _) => path.clone(),
        (None, Some(forest)) => exception_file(&context.state, forest),
        (None, None) => {
            return Err(Failure::usage("it is not said where to add the exception")
                .hint("give --forest NAME, as scans call it, or --exceptions FILE"));
        }
    };
    let exceptions = args.exceptions()?;
    let mut file = ExceptionFile::read(&path)?;
    let added = file.add(&exceptions)?;
    if added > 0 {
        file.save()?;
    }
    let mut output = io::stdout().lock();
    for exception in &exceptions {
        writeln!(output, "{}", exception.id())?;
    }
    say(format!(
        "{} added to {}",
        count(as_u64(added), "exception", "exceptions"),
        path.display()
    ));
    Ok(Exit::Clean)
}

impl AddArgs {
    fn exceptions(&self) -> Result<Vec<Exception>, Failure> {
        let wrong = |flag: &str, error: &dyn std::fmt::Display| {
            Failure::usage(format!("--{flag}: {}", escape(&error.to_string())))
        };
        let attribute =
            AttributeName::parse(&self.attribute).map_err(|error| wrong("attribute", &error))?;
        self.check_rules(&attribute)?;
        let expires = self.expires.as_deref().unwrap_or_default();
        let template = Exception {
            guid: self
                .guid
                .as_deref()
                .map(|guid| ObjectGuid::parse(guid).map_err(|error| wrong("guid", &error)))
                .transpose()?,
            dn: DistinguishedName::parse(&self.dn).map_err(|error| wrong("dn", &error))?,
            attribute,
            value: self.value.as_deref().map(Value::from),
            rule: String::new(),
            why: Why {
                reason: self.reason.clone(),
                author: self
                    .author
                    .clone()
                    .unwrap_or_else(|| whoami::username().unwrap_or_default()),
                expires: parse_day(expires).map_err(|error| wrong("expires", &error))?,
            },
        };
        Ok(self
            .rule
            .iter()
            .map(|rule| Exception {
                rule: rule.clone(),
                ..template.clone()
            })
            .collect())
    }

    /// Each rule must exist and be able to fault the attribute: an exception
    /// that can never apply is a mistake.
    fn check_rules(&self, attribute: &AttributeName) -> Result<(), Failure> {
        let set = file::load(&self.rules).map_err(|error| Failure::usage(error.to_string()))?;
        for id in &self.rule {
            let Some(rule) = set.rules.iter().find(|rule| rule.id == *id) else {
                return Err(Failure::usage(format!("there is no rule '{}'", escape(id)))
                    .hint("idmend rules list names them"));
            };
            if !rule.may_judge(attribute) {
                return Err(Failure::usage(format!(
                    "--attribute: the rule {id} judges {}, not {attribute}",
                    rule.attribute
                )));
            }
        }
        Ok(())
    }
}

fn remove(args: &RemoveArgs, context: &Context) -> Result<Exit, Failure> {
    let mut files = args.which.files(context)?;
    let ids: Vec<String> = args.ids.iter().map(|id| id.to_ascii_lowercase()).collect();
    let known = |id: &String| {
        let mut all = files.iter().flat_map(ExceptionFile::exceptions);
        all.any(|exception| exception.id() == *id)
    };
    if let Some(unknown) = ids.iter().find(|id| !known(id)) {
        return Err(
            Failure::usage(format!("there is no exception '{}'", escape(unknown)))
                .hint("idmend exceptions list shows the ids"),
        );
    }
    for file in &mut files {
        let gone = file.remove(&ids)?;
        if gone > 0 {
            file.save()?;
            say(format!(
                "{} removed from {}",
                count(as_u64(gone), "exception", "exceptions"),
                file.path().display()
            ));
        }
    }
    Ok(Exit::Clean)
}

impl From<ExceptionError> for Failure {
    fn from(error: ExceptionError) -> Self {
        Self::usage(error.to_string())
    }
}
