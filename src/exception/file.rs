//! The TOML file of remembered exceptions.
//!
//! People edit it, so nothing that they wrote is lost: an exception is added
//! behind the text and removed by cutting its lines out. The file is replaced
//! as a whole, never written in place. What cannot be read is refused with
//! file, line and column.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::{Exception, Why};
use crate::model::{AttributeName, DistinguishedName, ObjectGuid, Value};
use crate::rule::Location;
use crate::system::disk;

const HEADING: &str = "\
# Exceptions of idmend: findings that are right as they are. Each holds for one
# entry, attribute, value and rule. This file may be edited, shared and merged;
# `idmend exceptions list` shows it.
";

/// Why the file of exceptions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExceptionError {
    /// It cannot be read.
    #[error("cannot read the exceptions in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{location}: {message}")]
    At {
        /// Where.
        location: Location,
        /// What.
        message: String,
    },
    /// It cannot be written.
    #[error("cannot write the exceptions to {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is such that it cannot be changed without harm.
    #[error("{} is written in a way that idmend cannot change: put each exception under a heading [[exception]] of its own", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    exception: Vec<Spanned<ExceptionText>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ExceptionText {
    dn: Spanned<String>,
    guid: Option<Spanned<String>>,
    attribute: AttributeName,
    rule: String,
    value: Option<String>,
    value_base64: Option<Spanned<String>>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    author: String,
    expires: Option<Spanned<Datetime>>,
}

/// The exceptions of a file, in its order.
#[derive(Debug)]
pub struct ExceptionFile {
    path: PathBuf,
    text: String,
    exceptions: Vec<Exception>,
    /// Where each begins in the text.
    starts: Vec<usize>,
}

impl ExceptionFile {
    /// Reads a file; an empty one if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or the first thing that is wrong in it.
    pub fn read(path: &Path) -> Result<Self, ExceptionError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                return Err(ExceptionError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        Self::parse(path, text)
    }

    /// The exceptions.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds what is new or says something new; what holds for the same entry,
    /// attribute, value and rule is replaced. Returns how many were added.
    ///
    /// # Errors
    ///
    /// If the text cannot be changed without harm.
    pub fn add(&mut self, new: &[Exception]) -> Result<usize, ExceptionError> {
        let mut fresh: Vec<&Exception> = Vec::new();
        for exception in new {
            if !self.exceptions.contains(exception) && !fresh.contains(&exception) {
                fresh.push(exception);
            }
        }
        if fresh.is_empty() {
            return Ok(0);
        }
        let replaced: Vec<String> = fresh.iter().map(|exception| exception.id()).collect();
        let mut text = self.without(&replaced);
        if text.trim().is_empty() {
            HEADING.clone_into(&mut text);
        }
        let mut wanted: Vec<Exception> = self.kept(&replaced).cloned().collect();
        for exception in &fresh {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&written(exception));
            wanted.push((*exception).clone());
        }
        self.become_text(text, &wanted)?;
        Ok(fresh.len())
    }

    /// Removes the exceptions of these ids. Returns how many there were.
    ///
    /// # Errors
    ///
    /// If the text cannot be changed without harm.
    pub fn remove(&mut self, ids: &[String]) -> Result<usize, ExceptionError> {
        let wanted: Vec<Exception> = self.kept(ids).cloned().collect();
        let gone = self.exceptions.len() - wanted.len();
        if gone > 0 {
            self.become_text(self.without(ids), &wanted)?;
        }
        Ok(gone)
    }

    /// Replaces the file as a whole. A new one may be read by this user only;
    /// one that is there keeps its permissions, so that it stays shared.
    ///
    /// # Errors
    ///
    /// If the system refuses it; the old file is then as it was.
    pub fn save(&self) -> Result<(), ExceptionError> {
        replace(&self.path, self.text.as_bytes()).map_err(|source| ExceptionError::Write {
            path: self.path.clone(),
            source,
        })
    }

    fn parse(path: &Path, text: String) -> Result<Self, ExceptionError> {
        let at = |span: Range<usize>, message: String| ExceptionError::At {
            location: Location::of(&path.display().to_string(), &text, span.start),
            message,
        };
        let file: FileText = toml::from_str(&text).map_err(|error| {
            let message = error.message().split_whitespace().collect::<Vec<_>>();
            at(error.span().unwrap_or(0..0), message.join(" "))
        })?;
        let mut exceptions = Vec::new();
        let mut starts = Vec::new();
        for record in file.exception {
            starts.push(record.span().start);
            let exception =
                exception(record.into_inner()).map_err(|(span, message)| at(span, message))?;
            exceptions.push(exception);
        }
        Ok(Self {
            path: path.to_owned(),
            text,
            exceptions,
            starts,
        })
    }

    fn kept<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = &'a Exception> {
        let is_kept = |exception: &&Exception| !ids.contains(&exception.id());
        self.exceptions.iter().filter(is_kept)
    }

    /// The text with the lines of some exceptions cut out. Comments and empty
    /// lines between two exceptions belong to the second.
    fn without(&self, ids: &[String]) -> String {
        let mut text = String::new();
        let mut from = 0;
        for (number, exception) in self.exceptions.iter().enumerate() {
            if !ids.contains(&exception.id()) {
                continue;
            }
            let start = self.starts.get(number).copied().unwrap_or(from);
            let next = self.starts.get(number + 1).copied();
            let end = last_line_end(&self.text, start, next.unwrap_or(self.text.len()));
            text.push_str(self.text.get(from..start).unwrap_or_default());
            from = end;
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        text
    }

    /// Takes a new text, if it says exactly what is wanted.
    fn become_text(&mut self, text: String, wanted: &[Exception]) -> Result<(), ExceptionError> {
        match Self::parse(&self.path, text) {
            Ok(file) if file.exceptions == wanted => {
                *self = file;
                Ok(())
            }
            _ => Err(ExceptionError::Shape {
                path: self.path.clone(),
            }),
        }
    }
}

/// The end of the last line between `start` and `next` that is neither empty
/// nor a comment.
fn last_line_end(text: &str, start: usize, next: usize) -> usize {
    let mut end = start;
    let mut at = start;
    for line in text
        .get(start..next)
        .unwrap_or_default()
        .split_inclusive('\n')
    {
        at += line.len();
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            end = at;
        }
    }
    end
}

fn exception(text: ExceptionText) -> Result<Exception, (Range<usize>, String)> {
    let dn = DistinguishedName::parse(text.dn.get_ref())
        .map_err(|error| (text.dn.span(), error.to_string()))?;
    let guid = text
        .guid
        .map(|guid| {
            ObjectGuid::parse(guid.get_ref()).map_err(|error| (guid.span(), error.to_string()))
        })
        .transpose()?;
    let value = match (text.value, text.value_base64) {
        (Some(_), Some(second)) => {
            return Err((second.span(), "there is a value already".to_owned()));
        }
        (Some(value), None) => Some(Value::from(value)),
        (None, Some(encoded)) => {
            let bytes = STANDARD
                .decode(encoded.get_ref())
                .map_err(|error| (encoded.span(), format!("this is no Base64: {error}")))?;
            Some(Value::from(bytes))
        }
        (None, None) => None,
    };
    let expires = text
        .expires
        .map(|written| {
            date(*written.get_ref()).ok_or_else(|| {
                let message = format!("'{}' is no date such as 2027-01-31", written.get_ref());
                (written.span(), message)
            })
        })
        .transpose()?;
    Ok(Exception {
        guid,
        dn,
        attribute: text.attribute,
        value,
        rule: text.rule,
        why: Why {
            reason: text.reason,
            author: text.author,
            expires,
        },
    })
}

fn date(written: Datetime) -> Option<Date> {
    let date = written.date.filter(|_| written.time.is_none())?;
    let year = i16::try_from(date.year).ok()?;
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Date::new(year, month, day).ok()
}

/// An exception as it stands in the file.
fn written(exception: &Exception) -> String {
    let mut text = String::from("\n[[exception]]\n");
    let mut line = |key: &str, value: &str| {
        let value = toml::Value::String(value.to_owned());
        text.extend([key, " = ", &value.to_string(), "\n"]);
    };
    line("dn", exception.dn.as_str());
    if let Some(guid) = exception.guid {
        line("guid", &guid.to_string());
    }
    line("attribute", exception.attribute.as_str());
    line("rule", &exception.rule);
    match exception
        .value
        .as_ref()
        .map(|value| (value.as_text(), value))
    {
        Some((Some(value), _)) => line("value", value),
        Some((None, value)) => line("value-base64", &STANDARD.encode(value.as_bytes())),
        None => {}
    }
    line("reason", &exception.why.reason);
    line("author", &exception.why.author);
    if let Some(expires) = exception.why.expires {
        text.extend(["expires = ", &expires.to_string(), "\n"]);
    }
    text
}

/// Writes beside the file and moves it there when it is whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let moved = write_new(&part, bytes, fs::metadata(path).ok())
        .and_then(|()| fs::rename(&part, path))
        .and_then(|()| disk::sync_folder(folder));
    if moved.is_err() {
        // Gone after a rename; otherwise nobody needs it.
        drop(fs::remove_file(&part));
    }
    moved
}

fn write_new(part: &Path, bytes: &[u8], old: Option<fs::Metadata>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut file = disk::owner_only(&mut options).open(part)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
