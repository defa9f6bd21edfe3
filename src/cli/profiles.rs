//! `idmend profile`, and the profiles that other commands are told to use.
//!
//! A profile is a TOML file in the configuration folder: `profile.toml` is the
//! one that is used where none is named, `profiles/NAME.toml` are the named
//! ones. Several in one run are several forests, each with its own sign-in;
//! what they say of judging must then agree.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};

use super::context::profile_folder;
use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::scope::ScopeArgs;
use super::source::SourceArgs;
use super::talk::{can_ask, say};
use crate::config::{Auth, Profile, SourceSpec};
use crate::model::DistinguishedName;
use crate::text::escape;
use crate::tui::Saved;

/// What a new profile begins with.
const TEMPLATE: &str = include_str!("profile.toml");

/// Which profiles to use.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ProfileArgs {
    /// Take flags that are not given, and changes to rules, from this profile
    /// or TOML file; several are several forests, each with its own sign-in
    /// (repeatable) [default: the saved profile]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Source")]
    pub profile: Vec<String>,
}

/// Saved profiles: sources, sign-in, scope, rules. They hold no secret.
#[derive(Debug, Subcommand)]
#[command(after_help = examples::PROFILE)]
pub(super) enum ProfileCommand {
    /// List the profiles, with what each reads
    List,
    /// Print a profile
    Show(Named),
    /// Open a profile in the editor ($VISUAL, $EDITOR), a new one with all keys
    /// explained
    Edit(Named),
}

/// Which profile.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its name; without one the profile that is used where none is named
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The profiles of a run: one without a name if nothing is saved.
#[derive(Debug)]
pub(super) struct Chosen(Vec<(String, Profile)>);

impl ProfileArgs {
    /// Reads the profiles that are named, else the saved one.
    pub(super) fn read(&self) -> Result<Chosen, Failure> {
        if self.profile.is_empty() {
            let saved = profile_folder().map(|folder| folder.join("profile.toml"));
            let profile = match saved.filter(|path| path.is_file()) {
                Some(path) => read(&path)?,
                None => Profile::default(),
            };
            return Ok(Chosen(vec![("profile".to_owned(), profile)]));
        }
        let mut chosen: Vec<(String, Profile)> = Vec::new();
        for text in &self.profile {
            let path = named_or_file(text)?;
            if !path.is_file() {
                return Err(
                    Failure::usage(format!("there is no profile {}", path.display()))
                        .hint("idmend profile list shows those that are there"),
                );
            }
            let name = path.file_stem().unwrap_or_default();
            chosen.push((name.to_string_lossy().into_owned(), read(&path)?));
        }
        Ok(Chosen(chosen))
    }
}

impl Chosen {
    pub(super) fn one(name: &str, profile: Profile) -> Self {
        Self(vec![(name.to_owned(), profile)])
    }

    /// What the profiles say of judging. Lists are put together; where two say
    /// different things, it is for the flags to decide.
    pub(super) fn judging(&self) -> Result<Profile, Failure> {
        let mut profiles = self.0.iter();
        let Some((_, first)) = profiles.next() else {
            return Ok(Profile::default());
        };
        let mut whole = first.clone();
        for (name, profile) in profiles {
            whole.join(profile).map_err(|key| {
                Failure::usage(format!(
                    "the profile {name} says another {key} than those before it"
                ))
                .hint("say it in one of them only, or make them the same")
            })?;
        }
        Ok(whole)
    }

    /// Whether these flags with these profiles name any source.
    pub(super) fn names_source(&self, source: &SourceArgs) -> bool {
        self.0.iter().any(|(_, profile)| {
            let merged = source.with_profile(profile);
            !merged.is_empty() || merged.means_own_domain()
        })
    }

    /// The sources: those of the flags, or those of each profile, with its own
    /// sign-in.
    pub(super) fn specs(
        &self,
        source: &SourceArgs,
        bases: &[DistinguishedName],
    ) -> Result<Vec<SourceSpec>, Failure> {
        let several = self.0.len() > 1;
        if several && !source.is_empty() {
            return Err(Failure::usage(
                "several profiles are several sources: no --server, --domain, --ldif or --demo \
                 goes with them",
            ));
        }
        let mut specs = Vec::new();
        for (name, profile) in &self.0 {
            let mut merged = source.with_profile(profile);
            if several {
                if merged.is_empty() {
                    return Err(Failure::usage(format!(
                        "the profile {name} names no source"
                    )));
                }
                merged.of_profile = Some(name.clone());
            }
            specs.extend(merged.specs(bases)?);
        }
        Ok(specs)
    }
}

/// The named profiles for the form of the terminal interface, each with what it
/// asks for under these flags. Nobody is asked for a password.
pub(super) fn saved(scope: &ScopeArgs, source: &SourceArgs) -> Vec<Saved> {
    let source = source.asking_later();
    let named = profile_folder().map(|folder| folder.join("profiles"));
    let saved = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let request = Profile::read(&path)
            .map_err(|error| Failure::usage(error.to_string()))
            .and_then(|profile| scope.request_of(&name, profile, &source));
        Saved {
            name,
            request: request.map_err(|failure| failure.sentence),
        }
    };
    let files = named.map(|folder| files_in(&folder)).unwrap_or_default();
    files.into_iter().map(saved).collect()
}

/// The files of the named profiles, by name.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|item| Some(item.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// Reads a profile and says that it is used.
fn read(path: &Path) -> Result<Profile, Failure> {
    let profile = Profile::read(path).map_err(|error| Failure::usage(error.to_string()))?;
    say(format!("profile: {}", path.display()));
    Ok(profile)
}

/// The file of a profile: a path if it looks like one, else a name.
fn named_or_file(text: &str) -> Result<PathBuf, Failure> {
    let is_path = text.contains(['/', '\\']) || text.to_lowercase().ends_with(".toml");
    if is_path {
        return Ok(PathBuf::from(text));
    }
    file_of(Some(text))
}

fn file_of(name: Option<&str>) -> Result<PathBuf, Failure> {
    let folder = profile_folder().ok_or_else(|| {
        Failure::usage("there is no home directory to keep profiles in")
            .hint("name a file with --profile FILE")
    })?;
    let Some(name) = name else {
        return Ok(folder.join("profile.toml"));
    };
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_fit) {
        return Err(Failure::usage(format!(
            "'{}' is no name of a profile: letters, digits, '-', '_' and '.' make one",
            escape(name)
        )));
    }
    Ok(folder.join("profiles").join(format!("{name}.toml")))
}

pub(super) fn run(command: &ProfileCommand) -> Result<Exit, Failure> {
    match command {
        ProfileCommand::List => list(),
        ProfileCommand::Show(named) => show(named),
        ProfileCommand::Edit(named) => edit(named),
    }
}

fn list() -> Result<Exit, Failure> {
    let mut files = vec![file_of(None)?];
    files.extend(files_in(&files[0].with_file_name("profiles")));
    let mut exit = Exit::Clean;
    let mut output = std::io::stdout().lock();
    let mut count = 0;
    for (place, path) in files.iter().enumerate().filter(|(_, path)| path.is_file()) {
        let name = match place {
            0 => "(saved)".into(),
            _ => path.file_stem().unwrap_or_default().to_string_lossy(),
        };
        let what = match Profile::read(path) {
            Ok(profile) => sources(&profile),
            Err(error) => {
                exit = Exit::Usage;
                format!("error: {error}")
            }
        };
        writeln!(output, "{:<20} {}", escape(&name), escape(&what))?;
        count += 1;
    }
    output.flush()?;
    if count == 0 {
        say("no profile is saved; idmend profile edit NAME makes one");
    }
    Ok(exit)
}

/// What a profile reads, and as whom.
fn sources(profile: &Profile) -> String {
    let places: Vec<&str> = profile
        .server
        .iter()
        .chain(&profile.domain)
        .chain(&profile.ldif)
        .map(String::as_str)
        .collect();
    let places = match places.as_slice() {
        [] => "no source".to_owned(),
        places => places.join(", "),
    };
    let ticket = match profile.auth {
        Some(Auth::Kerberos) => " by Kerberos",
        Some(Auth::Simple) | None => "",
    };
    match &profile.user {
        Some(user) => format!("{places} as {user}{ticket}"),
        None => format!("{places}{ticket}"),
    }
}

fn show(named: &Named) -> Result<Exit, Failure> {
    let path = file_of(named.name.as_deref())?;
    // A file that holds a secret is refused before it is printed.
    let profile = Profile::read(&path).map_err(|error| Failure::usage(error.to_string()))?;
    if !path.is_file() {
        return Err(
            Failure::usage(format!("there is no profile {}", path.display()))
                .hint("idmend profile list shows those that are there"),
        );
    }
    say(format!("profile: {}", path.display()));
    say(format!("reads: {}", escape(&sources(&profile))));
    let text = fs::read_to_string(&path)?;
    let mut output = std::io::stdout().lock();
    for line in text.lines() {
        writeln!(output, "{}", escape(line))?;
    }
    output.flush()?;
    Ok(Exit::Clean)
}

fn edit(named: &Named) -> Result<Exit, Failure> {
    let path = file_of(named.name.as_deref())?;
    if !can_ask() {
        return Err(Failure::usage("the editor needs a terminal")
            .hint(format!("write {} by other means", path.display())));
    }
    let cannot = |error: std::io::Error| {
        Failure::usage(format!(
            "cannot write the profile {}: {error}",
            path.display()
        ))
    };
    if !path.exists() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        fs::write(&path, TEMPLATE).map_err(cannot)?;
    }
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // An editor may come with flags, as in `code --wait`.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = Command::new(program).args(words).arg(&path).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => {
            return Err(Failure::usage(format!(
                "the editor {} ended with {status}",
                escape(program)
            )));
        }
        Err(error) => {
            return Err(Failure::usage(format!(
                "cannot start the editor {}: {error}",
                escape(program)
            ))
            .hint(format!("set EDITOR, or edit {}", path.display())));
        }
    }
    Profile::read(&path).map_err(|error| {
        Failure::usage(error.to_string()).hint("the file is kept as you left it: edit it again")
    })?;
    say(format!("profile: {}", path.display()));
    Ok(Exit::Clean)
}
