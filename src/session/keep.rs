//! Kept sessions on the side of the session: what their first line says of a
//! scan, and the scan that it asks for again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::{ScanRequest, Session};
use crate::config::{ServerSpec, SourceSpec};
use crate::kept::{
    self, ForestRecord, Head, KeptError, LoginRecord, ScanRecord, ServerRecord, SessionId,
    SettingsRecord, SourceRecord, Summary,
};
use crate::model::{AttributeName, Credentials, Entrance, Fingerprint, Forest, Protection};
use crate::rule::{Settings, SourceAnchor, SyncEngine};
use crate::scan::{ForestJoin, ScanOptions};
use crate::session::transact::{now, origin};
use crate::store::KindRecord;

const SESSIONS: &str = "sessions";

/// The folder of the kept sessions in a state directory.
pub fn session_folder(state: &Path) -> PathBuf {
    state.join(SESSIONS)
}

impl Session {
    /// The kept sessions, the one that was changed last first.
    pub fn sessions(&self) -> Result<Vec<Summary>, KeptError> {
        kept::list(&session_folder(self.state.root()))
    }

    /// One kept session, whole.
    pub fn kept(&self, id: &SessionId) -> Result<kept::Record, KeptError> {
        kept::read_session(&session_folder(self.state.root()), id)
    }

    /// Removes a kept session for ever; refused while another process works on
    /// it.
    pub fn discard(&self, id: &SessionId) -> Result<(), KeptError> {
        let folder = session_folder(self.state.root());
        kept::discard(&folder, id, &origin(), &now().to_string())
    }
}

/// Forests as a session has them.
pub(super) fn forest_records(forests: &[Forest]) -> Vec<ForestRecord> {
    let record = |forest: &Forest| ForestRecord {
        name: forest.name.clone(),
        kind: forest.kind.into(),
        identity: forest.identity.clone(),
    };
    forests.iter().map(record).collect()
}

/// Whether the forests that a session is about are among these.
pub(super) fn is_about(head: &Head, forests: &[ForestRecord]) -> bool {
    let is_here = |wanted: &ForestRecord| forests.iter().any(|forest| forest.is(wanted));
    !head.forests.is_empty() && head.forests.iter().all(is_here)
}

/// Whether a scan looked for every entry that the decisions of a session may be
/// about, so that one that is not there is gone.
pub(super) fn looks_for_all(
    head: Option<&Head>,
    forests: &[ForestRecord],
    request: &ScanRecord,
) -> bool {
    let Some(head) = head else {
        return false;
    };
    // A server that is no Active Directory is read below its bases only.
    let bases = |scan: &ScanRecord| {
        let servers = scan.sources.iter().filter_map(|source| match source {
            SourceRecord::Server(server) => Some(&server.bases),
            _ => None,
        });
        servers.flatten().cloned().collect::<Vec<_>>()
    };
    let is_by_base = |forest: &ForestRecord| forest.kind == KindRecord::OtherLdap;
    is_about(head, forests)
        && !request.scope_only
        && (!forests.iter().any(is_by_base) || bases(request) == bases(&head.scan))
}

/// What a session keeps of a request: everything but passwords, and changes to
/// single rules.
pub fn scan_record(request: &ScanRequest) -> ScanRecord {
    let settings = &request.settings;
    let names = |names: &[AttributeName]| names.iter().map(ToString::to_string).collect();
    ScanRecord {
        sources: request.sources.iter().map(source_record).collect(),
        rules: request.rules.clone(),
        bases: request.options.bases.clone(),
        excludes: request.options.excludes.clone(),
        filter: request.options.filter.clone(),
        scope_only: request.options.scope_only,
        forest_join: request.options.join.to_string(),
        exceptions: request.exceptions.as_deref().map(text),
        settings: SettingsRecord {
            verified_domains: settings.verified_domains.clone(),
            upn_suffixes: settings.upn_suffix_map.clone(),
            login_attribute: settings.login_attribute.to_string(),
            exchange_online: settings.exchange_online,
            routable_domains: settings.routable_domains.clone(),
            directory_extensions: names(&settings.directory_extensions),
            cloud_sync: settings.sync_engine == SyncEngine::CloudSync,
            source_anchor: settings.source_anchor.map(|anchor| {
                match anchor {
                    SourceAnchor::ConsistencyGuid => "mS-DS-ConsistencyGuid",
                    SourceAnchor::ObjectGuid => "objectGUID",
                }
                .to_owned()
            }),
        },
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn source_record(source: &SourceSpec) -> SourceRecord {
    match source {
        SourceSpec::Demo => SourceRecord::Demo,
        SourceSpec::Ldif { name, files } => SourceRecord::Ldif {
            name: name.clone(),
            files: files.iter().map(|file| text(file)).collect(),
        },
        SourceSpec::Server(server) => SourceRecord::Server(Box::new(server_record(server))),
    }
}

fn server_record(server: &ServerSpec) -> ServerRecord {
    let (host, domain) = match &server.entrance {
        Entrance::Host(host) => (Some(host.clone()), None),
        Entrance::Domain(domain) => (None, Some(domain.clone())),
        Entrance::OwnDomain => (None, None),
    };
    ServerRecord {
        host,
        domain,
        port: server.port,
        protection: word(server.protection).to_owned(),
        site: server.site.clone(),
        dns_server: server.dns_server.map(|address| address.to_string()),
        ca_cert: server.ca_cert.as_deref().map(text),
        pins: server.pins.iter().map(ToString::to_string).collect(),
        insecure: server.insecure,
        login: match &server.credentials {
            Credentials::Password { user, .. } => LoginRecord::Password { user: user.clone() },
            Credentials::Kerberos { principal } => LoginRecord::Kerberos {
                principal: principal.clone(),
            },
        },
        dc: server.domain_hosts.clone(),
        timeout_seconds: server.timeout.map(|time| time.as_secs()),
        bases: server.bases.clone(),
    }
}

const PROTECTIONS: [(Protection, &str); 4] = [
    (Protection::Ldaps, "ldaps"),
    (Protection::StartTls, "starttls"),
    (Protection::Sealed, "sealed"),
    (Protection::Cleartext, "cleartext"),
];

fn word(protection: Protection) -> &'static str {
    let known = PROTECTIONS.iter().find(|(known, _)| *known == protection);
    known.map_or("ldaps", |(_, word)| word)
}

/// The request that a session was begun with; passwords are empty, and `usual`
/// gives what the session does not say. `Err` names what cannot be understood.
pub fn request_of(scan: &ScanRecord, usual: &ScanRequest) -> Result<ScanRequest, String> {
    let settings = &scan.settings;
    let name = |name: &str| AttributeName::parse(name).map_err(|error| error.to_string());
    let sources = scan.sources.iter().map(source_spec);
    let extensions = settings.directory_extensions.iter();
    Ok(ScanRequest {
        sources: sources.collect::<Result<_, _>>()?,
        rules: scan.rules.clone(),
        settings: Settings {
            verified_domains: settings.verified_domains.clone(),
            upn_suffix_map: settings.upn_suffixes.clone(),
            login_attribute: name(&settings.login_attribute)?,
            exchange_online: settings.exchange_online,
            routable_domains: settings.routable_domains.clone(),
            directory_extensions: extensions
                .map(|text| name(text))
                .collect::<Result<_, _>>()?,
            sync_engine: if settings.cloud_sync {
                SyncEngine::CloudSync
            } else {
                SyncEngine::Connect
            },
            source_anchor: (settings.source_anchor.as_deref()).and_then(SourceAnchor::parse),
            ..usual.settings.clone()
        },
        options: ScanOptions {
            bases: scan.bases.clone(),
            excludes: scan.excludes.clone(),
            filter: scan.filter.clone(),
            scope_only: scan.scope_only,
            join: scan.forest_join.parse::<ForestJoin>()?,
        },
        exceptions: scan.exceptions.as_ref().map(PathBuf::from),
    })
}

fn source_spec(source: &SourceRecord) -> Result<SourceSpec, String> {
    Ok(match source {
        SourceRecord::Demo => SourceSpec::Demo,
        SourceRecord::Ldif { name, files } => SourceSpec::Ldif {
            name: name.clone(),
            files: files.iter().map(PathBuf::from).collect(),
        },
        SourceRecord::Server(server) => SourceSpec::Server(server_spec(server)?),
    })
}

fn server_spec(server: &ServerRecord) -> Result<ServerSpec, String> {
    let protection = PROTECTIONS.iter();
    let protection = protection
        .clone()
        .find(|(_, word)| *word == server.protection);
    let Some((protection, _)) = protection else {
        return Err(format!(
            "'{}' is no protection of a connection",
            server.protection
        ));
    };
    let pins = server.pins.iter().map(|text| Fingerprint::parse(text));
    let dns_server = server.dns_server.as_deref().map(str::parse::<SocketAddr>);
    Ok(ServerSpec {
        entrance: match (&server.host, &server.domain) {
            (Some(host), _) => Entrance::Host(host.clone()),
            (None, Some(domain)) => Entrance::Domain(domain.clone()),
            (None, None) => Entrance::OwnDomain,
        },
        site: server.site.clone(),
        dns_server: dns_server.transpose().map_err(|error| error.to_string())?,
        port: server.port,
        protection: *protection,
        ca_cert: server.ca_cert.as_ref().map(PathBuf::from),
        pins: pins
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?,
        insecure: server.insecure,
        credentials: match &server.login {
            LoginRecord::Password { user } => Credentials::Password {
                user: user.clone(),
                password: SecretString::from(""),
            },
            LoginRecord::Kerberos { principal } => Credentials::Kerberos {
                principal: principal.clone(),
            },
        },
        domain_hosts: server.dc.clone(),
        timeout: server.timeout_seconds.map(Duration::from_secs),
        bases: server.bases.clone(),
    })
}
