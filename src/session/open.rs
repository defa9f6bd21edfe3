//! From a source as it was asked for to an open directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SessionError;
use crate::config::{ServerSpec, SourceSpec};
use crate::directory::ldap::{LdapConfig, LdapDirectory, Timeouts};
use crate::directory::ldif::LdifDirectory;
use crate::directory::memory::{self, DemoForest};
use crate::directory::{Directory, DirectoryError, filter};
use crate::model::ldif::{LDIF_HEADER, write_entry};
use crate::model::{Entrance, Protection};
use crate::scan::ScanSource;

/// What could be opened, and what could not.
#[derive(Debug, Default)]
pub(super) struct Opened {
    pub(super) sources: Vec<ScanSource>,
    pub(super) labels: Vec<String>,
    pub(super) missing: Vec<String>,
}

/// Opens and discovers all sources, in the order they were given.
pub(super) async fn open(specs: &[SourceSpec]) -> Result<Opened, SessionError> {
    let mut opened = Opened::default();
    let mut first_error = None;
    for spec in specs {
        let directories = match directories(spec) {
            Ok(directories) => directories,
            Err(error) => {
                keep(&mut first_error, &mut opened.missing, error);
                continue;
            }
        };
        for directory in directories {
            match Box::pin(directory.discover()).await {
                Ok(forest) => {
                    tracing::info!(forest = %forest.name, domains = forest.domains.len(), "discovered");
                    opened.sources.push(ScanSource {
                        directory: Arc::new(directory),
                        forest,
                    });
                    opened.labels.push(label(spec));
                }
                Err(error) => keep(&mut first_error, &mut opened.missing, error),
            }
        }
    }
    match first_error {
        // What was asked for wrongly is not worked around.
        Some(error) if opened.sources.is_empty() || error.is_usage() => Err(error),
        _ => Ok(opened),
    }
}

fn keep(first: &mut Option<SessionError>, missing: &mut Vec<String>, error: DirectoryError) {
    tracing::warn!(%error, "a source could not be opened");
    missing.push(error.to_string());
    let error = SessionError::from(error);
    if first.as_ref().is_none_or(|first| !first.is_usage()) && (first.is_none() || error.is_usage())
    {
        *first = Some(error);
    }
}

/// How a source is called in journals and messages.
pub(super) fn label(spec: &SourceSpec) -> String {
    match spec {
        SourceSpec::Server(server) => url(server),
        SourceSpec::Ldif { name, files } => name.clone().unwrap_or_else(|| {
            let names: Vec<String> = files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            names.join(", ")
        }),
        SourceSpec::Demo => "demo".to_owned(),
    }
}

fn url(server: &ServerSpec) -> String {
    let scheme = match server.protection {
        Protection::Ldaps => "ldaps",
        Protection::StartTls | Protection::Sealed | Protection::Cleartext => "ldap",
    };
    let host = match &server.entrance {
        Entrance::Host(host) => host,
        Entrance::Domain(domain) => return domain.clone(),
        Entrance::OwnDomain => return "the domain of this computer".to_owned(),
    };
    if host.contains(':') {
        format!("{scheme}://[{host}]:{}", server.port)
    } else {
        format!("{scheme}://{host}:{}", server.port)
    }
}

fn directories(spec: &SourceSpec) -> Result<Vec<Directory>, DirectoryError> {
    match spec {
        SourceSpec::Server(server) => {
            Ok(vec![Directory::Ldap(LdapDirectory::new(config(server))?)])
        }
        SourceSpec::Ldif { name, files } => Ok(vec![Directory::Ldif(LdifDirectory::open(
            name.clone(),
            files.clone(),
        ))]),
        SourceSpec::Demo => Ok(memory::demo()?.into_iter().map(Directory::Memory).collect()),
    }
}

pub(super) fn config(server: &ServerSpec) -> LdapConfig {
    LdapConfig {
        label: url(server),
        entrance: server.entrance.clone(),
        site: server.site.clone(),
        dns_server: server.dns_server,
        port: server.port,
        protection: server.protection,
        ca_cert: server.ca_cert.clone(),
        pins: server.pins.clone(),
        insecure: server.insecure,
        credentials: server.credentials.clone(),
        bases: server.bases.clone(),
        dc: server.domain_hosts.clone(),
        timeouts: match server.timeout {
            Some(time) => Timeouts {
                operation: time,
                search: time,
                ..Timeouts::default()
            },
            None => Timeouts::default(),
        },
    }
}

/// Whether a text is an LDAP filter, so that a mistake is found before a
/// connection is made.
pub fn check_filter(text: &str) -> Result<(), SessionError> {
    filter::check(text).map_err(|error| SessionError::Source(error.into()))
}

/// Writes the sample forests as LDIF files into `folder`; returns the files.
pub fn export_demo(folder: &Path) -> Result<Vec<PathBuf>, SessionError> {
    let write = |forest: DemoForest| {
        let path = folder.join(forest.file_name());
        let mut text = String::from(LDIF_HEADER);
        for entry in &forest.entries {
            write_entry(&mut text, entry);
        }
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map(|()| path.clone())
            .map_err(|source| SessionError::Write { path, source })
    };
    let forests = DemoForest::all().map_err(SessionError::Source)?;
    forests.into_iter().map(write).collect()
}
