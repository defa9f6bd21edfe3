//! The examination of sources, for `idmend doctor` and for the test of a
//! connection before a scan.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;

use super::SessionError;
use super::open::{config, label};
use crate::config::SourceSpec;
use crate::directory::DirectoryError;
use crate::directory::ldap::LdapDirectory;
use crate::model::{Diagnosis, Verdict};

/// Examines the way to a server; at the first place how it is called. Fails
/// for a source that is no server: there is no way to it.
pub async fn examine(
    spec: &SourceSpec,
    now: Timestamp,
) -> Result<(String, Vec<Diagnosis>), SessionError> {
    let SourceSpec::Server(server) = spec else {
        return Err(SessionError::Source(DirectoryError::Unusable(format!(
            "{} is no server: there is nothing to examine, scan it",
            label(spec)
        ))));
    };
    let directory = LdapDirectory::new(config(server)).map_err(SessionError::Source)?;
    Ok((label(spec), Box::pin(directory.examine(now)).await))
}

/// What the way to a source is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// How the source is called, raw.
    pub label: String,
    /// Each step of the way.
    pub found: Vec<Diagnosis>,
    /// Whether it can be read, as far as was seen.
    pub can_read: bool,
}

/// Examines the ways to all sources, one after the other.
pub(super) async fn examine_all(specs: &[SourceSpec], now: Timestamp) -> Vec<Examined> {
    let mut all = Vec::new();
    for spec in specs {
        let found = match spec {
            SourceSpec::Server(_) => match examine(spec, now).await {
                Ok((_, found)) => found,
                Err(error) => {
                    let remedy = error.hint().unwrap_or_default();
                    vec![Diagnosis::wrong("settings", error.to_string(), remedy)]
                }
            },
            SourceSpec::Ldif { files, .. } => files.iter().map(|file| look_at(file)).collect(),
            SourceSpec::Demo => vec![Diagnosis::good("sample", "two forests in memory")],
        };
        all.push(Examined {
            label: label(spec),
            can_read: can_read(&found),
            found,
        });
    }
    all
}

/// Whether nothing is wrong, or users are seen all the same.
pub fn can_read(found: &[Diagnosis]) -> bool {
    let is_wrong = |one: &Diagnosis| one.verdict == Verdict::Wrong;
    let sees = |one: &Diagnosis| one.subject == "read rights" && !is_wrong(one);
    !found.iter().any(is_wrong) || found.iter().any(sees)
}

fn look_at(file: &Path) -> Diagnosis {
    const SUBJECT: &str = "file";
    let name = file.display();
    match File::open(file).and_then(|file| file.metadata()) {
        Ok(about) if about.is_file() => Diagnosis::good(
            SUBJECT,
            format!("{name} can be read: {} bytes", about.len()),
        ),
        Ok(_) => Diagnosis::wrong(SUBJECT, format!("{name} is no file"), "name an LDIF file"),
        Err(error) => Diagnosis::wrong(
            SUBJECT,
            format!("{name} cannot be read: {error}"),
            "look at its name and its rights",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_there_or_it_is_said_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ldif");
        std::fs::write(&file, "dn: DC=x\n").unwrap();
        let missing = folder.path().join("b.ldif");
        let source = |files| SourceSpec::Ldif { name: None, files };
        let sources = [
            source(vec![file]),
            source(vec![missing]),
            source(vec![folder.path().to_owned()]),
        ];
        let all = examine_all(&sources, Timestamp::UNIX_EPOCH).await;
        let can_read: Vec<bool> = all.iter().map(|one| one.can_read).collect();
        assert_eq!(can_read, [true, false, false]);
        assert!(all[0].found[0].finding.ends_with("can be read: 9 bytes"));
        assert!(all[1].found[0].finding.contains("cannot be read"));
        assert!(all[2].found[0].finding.ends_with("is no file"));
    }

    #[test]
    fn what_is_seen_can_be_read_though_something_is_wrong() {
        let wrong = Diagnosis::wrong("clock", "late", "");
        let seen = Diagnosis::good("read rights", "all");
        assert!(can_read(&[]) && can_read(std::slice::from_ref(&seen)));
        assert!(!can_read(std::slice::from_ref(&wrong)));
        assert!(can_read(&[wrong, seen]));
    }
}
