//! Remembered exceptions of a session: one file a forest in the state
//! directory, or one shared file for all that the face names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::transact::now;
use super::{Session, SessionError};
use crate::exception::{Exception, ExceptionFile};

const EXCEPTIONS: &str = "exceptions";

/// What became of a file of exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The file.
    pub path: PathBuf,
    /// How many were added or say something new.
    pub added: usize,
    /// How many were in it already, word for word.
    pub known: usize,
}

impl Session {
    /// Keeps exceptions, each with the name of its forest. One without an
    /// author is the user's.
    pub fn remember(
        &self,
        exceptions: Vec<(String, Exception)>,
    ) -> Result<Vec<Remembered>, SessionError> {
        let author = whoami::username().unwrap_or_default();
        let mut by_file: BTreeMap<PathBuf, Vec<Exception>> = BTreeMap::new();
        for (forest, mut exception) in exceptions {
            if exception.why.author.is_empty() {
                exception.why.author.clone_from(&author);
            }
            let path = self.exception_path(&forest);
            by_file.entry(path).or_default().push(exception);
        }
        let mut remembered = Vec::new();
        for (path, exceptions) in by_file {
            let mut file = ExceptionFile::read(&path)?;
            let added = file.add(&exceptions)?;
            if added > 0 {
                self.state.create()?;
                file.save()?;
            }
            remembered.push(Remembered {
                path,
                added,
                known: exceptions.len() - added,
            });
        }
        Ok(remembered)
    }

    /// Forgets exceptions, given with the names of their forests; how many
    /// there were.
    pub fn forget(&self, exceptions: &[(String, Exception)]) -> Result<usize, SessionError> {
        let mut by_file: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for (forest, exception) in exceptions {
            let path = self.exception_path(forest);
            by_file.entry(path).or_default().push(exception.id());
        }
        let mut gone = 0;
        for (path, ids) in by_file {
            let mut file = ExceptionFile::read(&path)?;
            let removed = file.remove(&ids)?;
            if removed > 0 {
                file.save()?;
            }
            gone += removed;
        }
        Ok(gone)
    }

    /// The exceptions that are known for the open forests.
    pub(super) fn known_exceptions(&self) -> Result<Vec<Exception>, SessionError> {
        let names = self.sources.iter().map(|source| &source.forest.name);
        let mut paths: Vec<PathBuf> = names.map(|name| self.exception_path(name)).collect();
        paths.sort();
        paths.dedup();
        let mut known = Vec::new();
        for path in paths {
            known.extend_from_slice(ExceptionFile::read(&path)?.exceptions());
        }
        Ok(known)
    }

    fn exception_path(&self, forest: &str) -> PathBuf {
        match &self.exceptions {
            Some(file) => file.clone(),
            None => exception_file(self.state.lock_root(), forest),
        }
    }
}

/// The day, where this runs.
pub(super) fn today() -> Date {
    now().to_zoned(TimeZone::system()).date()
}

/// The folder of the exceptions in a state directory, one file a forest.
pub fn exception_folder(state: &Path) -> PathBuf {
    state.join(EXCEPTIONS)
}

/// The file of the exceptions of a forest in a state directory. A name that a
/// server made up cannot lead out of it.
pub fn exception_file(state: &Path, forest: &str) -> PathBuf {
    let name: String = forest
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '.' | '-' => c,
            _ => '_',
        })
        .take(200)
        .collect();
    let name = name.trim_matches('.');
    let name = if name.is_empty() { "forest" } else { name };
    exception_folder(state).join(format!("{name}.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forest_cannot_name_a_file_elsewhere() {
        let file = |forest| exception_file(Path::new("s"), forest);
        assert_eq!(
            file("Contoso.com"),
            Path::new("s/exceptions/contoso.com.toml")
        );
        assert_eq!(file("../../x"), Path::new("s/exceptions/_.._x.toml"));
        assert_eq!(file(".."), Path::new("s/exceptions/forest.toml"));
    }
}
