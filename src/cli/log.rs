//! The log of a run: a file in the state directory whose place is said at the
//! end, with a level and a form of its own, and no secret in it. It holds all
//! that was said, also what `--quiet` keeps from the terminal, and at any level
//! who changed what.
//!
//! One file a run; the oldest beyond a number are removed when a run begins.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use super::talk::{insist, is_quiet, say};
use crate::system::disk;

/// Where the log of this process is.
static PATH: OnceLock<PathBuf> = OnceLock::new();

/// How a run is logged.
#[derive(Debug, Clone, Args)]
pub(super) struct LogArgs {
    /// How much the log tells
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "info",
        global = true,
        help_heading = "State"
    )]
    pub log_level: LogLevel,

    /// Lines of text, or one JSON object a line
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        global = true,
        help_heading = "State"
    )]
    pub log_format: LogFormat,

    /// Keep the logs of this many runs
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100,
        global = true,
        help_heading = "State",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub keep_logs: u32,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// The log of a run; says at the end where it is.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
}

impl Log {
    /// Opens the log of a run that begins at `now`.
    pub(super) fn open(state: &Path, args: &LogArgs, now: Timestamp) -> Result<Self, Failure> {
        let folder = state.join("log");
        let name = format!(
            "{}-{}.log",
            now.strftime("%Y%m%d-%H%M%S"),
            std::process::id()
        );
        let path = folder.join(name);
        let file = create_private(&folder, &path).map_err(|error| {
            Failure::usage(format!(
                "cannot use the state directory {}: {error}",
                state.display()
            ))
            .hint("name another with --state-dir DIR or IDMEND_STATE_DIR")
        })?;
        let level = match args.log_level {
            LogLevel::Error => "idmend=error",
            LogLevel::Warn => "idmend=warn",
            LogLevel::Info => "idmend=info",
            LogLevel::Debug => "idmend=debug",
        };
        let filter = format!("{level},idmend::audit=info");
        let builder = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_ansi(false)
            .with_writer(Mutex::new(file));
        // A second one in the same process, as in tests, keeps the first.
        match args.log_format {
            LogFormat::Text => drop(tracing::subscriber::set_global_default(builder.finish())),
            LogFormat::Json => {
                drop(tracing::subscriber::set_global_default(
                    builder.json().finish(),
                ));
            }
        }
        begin();
        remove_old(&folder, args.keep_logs as usize);
        // The log of this process; a second one, as in tests, is not said.
        drop(PATH.set(path.clone()));
        Ok(Self { path })
    }

    /// Says where the log is.
    pub(super) fn close(self) {
        say(format!("log: {}", self.path.display()));
    }
}

/// Says where the log of this run is, before it writes.
pub(super) fn say_where() {
    if let Some(path) = PATH.get() {
        say(format!("log: {}", path.display()));
    }
}

/// Says where the log of this run is, if that was to be said among other things
/// that nobody wanted to hear.
pub(super) fn say_where_quietly() {
    if let Some(path) = PATH.get().filter(|_| is_quiet()) {
        insist(format!("log: {}", path.display()));
    }
}

/// Which program runs, and how it was called. No flag takes a secret.
fn begin() {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        system = std::env::consts::OS,
        ?arguments,
        "begin"
    );
}

/// Removes the oldest logs beyond `keep`. Names begin with the time, so their
/// order is that of the runs; what is not named like a log stays.
fn remove_old(folder: &Path, keep: usize) {
    let Ok(items) = fs::read_dir(folder) else {
        return;
    };
    let mut logs: Vec<PathBuf> = items
        .filter_map(|item| Some(item.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(is_log)
        })
        .collect();
    logs.sort();
    let old = logs.len().saturating_sub(keep);
    for path in logs.into_iter().take(old) {
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "an old log stays");
        }
    }
}

/// Whether a file is named like a log: `20260131-120000-4711.log`.
fn is_log(name: &str) -> bool {
    let parts: Vec<&str> = name.strip_suffix(".log").unwrap_or("").split('-').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [day, time, process] => {
            day.len() == 8
                && time.len() == 6
                && [day, time, process].iter().all(|part| digits(part))
        }
        _ => false,
    }
}

/// A new file that only this user may read.
fn create_private(folder: &Path, path: &Path) -> io::Result<File> {
    disk::make_folder(folder)?;
    disk::owner_only(OpenOptions::new().create(true).append(true)).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_logs_go_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "20260101-000000-9.log",
            "20260102-000000-10.log",
            "20260102-000001-1.log",
            "notes.log",
            "20260101-000000-x.log",
        ];
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_old(folder.path(), 2);
        let left: Vec<bool> = names
            .iter()
            .map(|name| folder.path().join(name).exists())
            .collect();
        assert_eq!(left, [false, true, true, true, true]);
    }
}
