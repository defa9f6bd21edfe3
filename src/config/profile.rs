//! The saved profile: what `idmend` without a command connects to.
//!
//! A TOML file whose keys are the flags' names. It holds no password; a key it
//! does not know is a mistake, not a wish ignored.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Flags that are used where the command line gives none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named after the flags")]
pub struct Profile {
    pub server: Vec<String>,
    pub user: Option<String>,
    pub starttls: bool,
    pub ca_cert: Option<PathBuf>,
    pub dc: Vec<String>,
    pub rules: Option<String>,
    pub base: Vec<String>,
    pub exclude: Vec<String>,
    pub filter: Option<String>,
    pub verified_domain: Vec<String>,
    pub upn_suffix: Vec<String>,
    pub login_attribute: Option<String>,
    /// Whether users are Exchange Online recipients. Yes if not said.
    pub exchange_online: Option<bool>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read the profile {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no profile.
    #[error("{}, line {line}, column {column}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Profile {
    /// Reads a profile; the empty one if there is no such file.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                return Err(ProfileError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        Self::parse(&text).map_err(|(offset, reason)| {
            let before = text.get(..offset).unwrap_or(&text);
            let column = before.rsplit('\n').next().unwrap_or_default();
            ProfileError::Malformed {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: column.chars().count() + 1,
                reason,
            }
        })
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            (offset, error.message().replace('\n', " "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_knows_the_flags_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.toml");
        assert_eq!(Profile::read(&path).unwrap(), Profile::default());
        std::fs::write(&path, "server = [\"ldaps://dc1\"]\nuser = \"anna@x\"\n").unwrap();
        let profile = Profile::read(&path).unwrap();
        assert_eq!(profile.server, ["ldaps://dc1"]);
        assert_eq!(profile.user.as_deref(), Some("anna@x"));
        std::fs::write(&path, "user = \"anna@x\"\npassword = \"x\"\n").unwrap();
        let error = Profile::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2, column 1: unknown field `password`"),
            "{error}"
        );
    }
}
