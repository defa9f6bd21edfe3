//! The texts of a rule set: those in the binary, or the `.toml` files of a
//! folder, which may extend one of the sets in the binary.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{EMBEDDED, RuleError, SET_FILE, embedded_names, one_line};
use crate::rule::Location;

/// `set.toml` of a folder that extends a set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SetFile {
    /// The set in the binary that the rules of the folder are added to.
    extends: Spanned<String>,
}

/// Rule files with their paths.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Those of the set that is extended.
    pub(super) inherited: &'static [(&'static str, &'static str)],
    /// Those of the folder.
    pub(super) own: Vec<(String, String)>,
}

impl Texts {
    /// The texts of a set by its name, or of a folder.
    pub(super) fn of(name_or_directory: &str) -> Result<Self, RuleError> {
        if let Some(inherited) = embedded_set(name_or_directory) {
            return Ok(Self {
                inherited,
                own: Vec::new(),
            });
        }
        let directory = Path::new(name_or_directory);
        if !directory.is_dir() {
            return Err(RuleError::Unknown {
                name: name_or_directory.to_owned(),
                known: known_sets(),
            });
        }
        let mut own = read_folder(directory)?;
        let extending = |(path, text): &(String, String)| is_set_file(path) && extends(text);
        let inherited = match own.iter().position(extending) {
            Some(at) => {
                let (path, text) = own.remove(at);
                extended(&path, &text)?
            }
            None => &[],
        };
        if own.iter().all(|(path, _)| is_set_file(path)) {
            return Err(failed(directory, "it holds no file with rules".to_owned()));
        }
        Ok(Self { inherited, own })
    }

    /// All of them, the inherited ones first.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.own.iter();
        (self.inherited.iter().copied()).chain(own.map(|(path, text)| (&**path, &**text)))
    }
}

/// Whether `path` is the file that says what a set is.
pub(super) fn is_set_file(path: &str) -> bool {
    Path::new(path).file_name() == Some(SET_FILE.as_ref())
}

/// Whether a set file is about extending another set; else it is about chains.
fn extends(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("extends"))
}

/// The files of the set that `text`, a set file, names.
fn extended(path: &str, text: &str) -> Result<&'static [(&'static str, &'static str)], RuleError> {
    let at = |span: Range<usize>, message: String| RuleError::At {
        location: Location::of(path, text, span.start),
        message,
    };
    let file: SetFile = toml::from_str(text)
        .map_err(|error| at(error.span().unwrap_or(0..0), one_line(error.message())))?;
    let name = file.extends.get_ref();
    embedded_set(name).ok_or_else(|| {
        let message = format!(
            "'{name}' is no rule set that can be extended (there is: {})",
            known_sets()
        );
        at(file.extends.span(), message)
    })
}

pub(super) fn embedded_set(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
    EMBEDDED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, files)| *files)
}

fn known_sets() -> String {
    embedded_names().join(", ")
}

fn failed(path: &Path, reason: String) -> RuleError {
    RuleError::Read {
        path: path.display().to_string(),
        reason,
    }
}

/// The `.toml` files of a folder by name, with their text.
fn read_folder(directory: &Path) -> Result<Vec<(String, String)>, RuleError> {
    let listing =
        std::fs::read_dir(directory).map_err(|error| failed(directory, error.to_string()))?;
    let mut paths = Vec::new();
    for entry in listing {
        let path = entry
            .map_err(|error| failed(directory, error.to_string()))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(failed(directory, "it holds no .toml file".to_owned()));
    }
    paths
        .iter()
        .map(|path| {
            let text =
                std::fs::read_to_string(path).map_err(|error| failed(path, error.to_string()))?;
            Ok((path.display().to_string(), text))
        })
        .collect()
}
