//! `idmend rules`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::talk::{as_u64, count, say};
use crate::report::{paragraph, severity_word};
use crate::rule::{self, Rule, file};
use crate::text::escape;

/// The rules: what they say, and whether a directory of them is sound.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::RULES)]
pub(super) enum RulesCommand {
    /// List all rules of the embedded sets
    List,
    /// Show all that is known of one rule
    Show {
        /// The rule, such as upn-characters
        id: String,
    },
    /// Load a directory of rule files and run the cases in them
    Check {
        /// The directory
        directory: PathBuf,
    },
}

pub(super) fn run(command: &RulesCommand) -> Result<Exit, Failure> {
    match command {
        RulesCommand::List => list(),
        RulesCommand::Show { id } => show(id),
        RulesCommand::Check { directory } => check(directory),
    }
}

fn list() -> Result<Exit, Failure> {
    let mut output = io::stdout().lock();
    for rule in embedded()? {
        writeln!(
            output,
            "{:<36} {:<11} {:<17} {}{}",
            rule.id,
            severity_word(rule.severity),
            rule.attribute.as_str(),
            rule.title,
            if rule.on { "" } else { " (off)" }
        )?;
    }
    Ok(Exit::Clean)
}

fn embedded() -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    for set in file::embedded_names() {
        let set = file::load(set).map_err(|error| Failure::usage(error.to_string()))?;
        rules.extend(set.rules);
    }
    Ok(rules)
}

fn show(id: &str) -> Result<Exit, Failure> {
    let rules = embedded()?;
    let Some(rule) = rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)) else {
        let mut failure = Failure::usage(format!("there is no rule '{}'", escape(id)));
        failure.hint = Some("idmend rules list names them".to_owned());
        return Err(failure);
    };
    io::stdout().lock().write_all(explain(rule).as_bytes())?;
    Ok(Exit::Clean)
}

/// All that is known of a rule.
fn explain(rule: &Rule) -> String {
    let classes: Vec<_> = rule.applies_to.iter().map(|class| class.as_str()).collect();
    let mut out = String::new();
    paragraph(&mut out, "", "", &format!("{}: {}", rule.id, rule.title));
    out.push('\n');
    for (name, text) in [
        ("attribute   ", rule.attribute.to_string()),
        ("concerns    ", classes.join(", ")),
        ("severity    ", severity_word(rule.severity).to_owned()),
        ("ERROR       ", format!("{:?}", rule.error)),
        ("finds       ", rule.check_in_words()),
    ] {
        paragraph(&mut out, name, "            ", &text);
    }
    for text in rule.concerns_in_words() {
        paragraph(&mut out, "            ", "            ", &text);
    }
    if !rule.fixes.is_empty() {
        let fixes: Vec<_> = rule.fixes.iter().map(|fix| fix.in_words()).collect();
        paragraph(&mut out, "proposals   ", "            ", &fixes.join(", "));
    }
    if !rule.on {
        let text = "off; switch it on in the profile or a rule file";
        paragraph(&mut out, "            ", "            ", text);
    }
    for (heading, text) in [
        ("What happens", &rule.happens),
        ("Why", &rule.why),
        ("When it may be left", &rule.ignore),
    ] {
        heading_of(&mut out, heading);
        paragraph(&mut out, "  ", "  ", text);
    }
    for (heading, wanted) in [("Accepted", true), ("Faulted", false)] {
        heading_of(&mut out, &format!("{heading}, for example"));
        for (_, case) in rule.cases_in_words().filter(|(valid, _)| *valid == wanted) {
            paragraph(&mut out, "  ", "    ", &case);
        }
    }
    heading_of(&mut out, &format!("Sources, checked {}", rule.checked));
    for source in &rule.sources {
        paragraph(&mut out, "  ", "  ", &source.title);
        paragraph(&mut out, "    ", "    ", &source.address);
    }
    out
}

fn heading_of(out: &mut String, heading: &str) {
    out.push('\n');
    out.push_str(heading);
    out.push('\n');
}

fn check(directory: &Path) -> Result<Exit, Failure> {
    if !directory.is_dir() {
        return Err(Failure::usage(format!(
            "{} is no directory of rule files",
            directory.display()
        )));
    }
    let name = directory
        .to_str()
        .ok_or_else(|| Failure::usage(format!("the path {} is not UTF-8", directory.display())))?;
    let rules = file::read(name).map_err(|error| Failure::usage(error.to_string()))?;
    let failures = rule::run_cases(&rules);
    for failure in &failures {
        say(escape(&failure.to_string()));
    }
    let cases: usize = rules.rules.iter().map(|rule| rule.cases.len()).sum();
    if !failures.is_empty() {
        return Err(Failure::usage(format!(
            "{} of {} in {} fail",
            count(as_u64(failures.len()), "case", "cases"),
            cases,
            directory.display()
        )));
    }
    writeln!(
        io::stdout().lock(),
        "{} and {} in {}: sound",
        count(as_u64(rules.rules.len()), "rule", "rules"),
        count(as_u64(cases), "case", "cases"),
        directory.display()
    )?;
    Ok(Exit::Clean)
}
