//! The first line of a session: what was scanned, how, by whom. No secret is in
//! it; a password has no place to be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SessionId;
use crate::model::DistinguishedName;
use crate::store::{KindRecord, Origin};

/// What a session is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The session.
    pub id: SessionId,
    /// When it began, RFC 3339, UTC.
    pub time: String,
    /// Who began it, where.
    pub origin: Origin,
    /// The forests that were scanned.
    pub forests: Vec<ForestRecord>,
    /// How they were scanned.
    pub scan: ScanRecord,
}

/// A forest that was scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForestRecord {
    /// Its name.
    pub name: String,
    /// What kind of source it is.
    pub kind: KindRecord,
    /// Who was bound to it, as the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

impl ForestRecord {
    /// Whether it is the same forest, whoever was bound.
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind
    }
}

/// How a scan was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScanRecord {
    /// Where from.
    pub sources: Vec<SourceRecord>,
    /// The rule set.
    pub rules: String,
    /// What was judged: only entries below these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<DistinguishedName>,
    /// What was not judged: entries below these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<DistinguishedName>,
    /// Only entries that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether addresses were compared within the scope only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub scope_only: bool,
    /// What joined entries of different forests.
    pub forest_join: String,
    /// The file of exceptions, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<String>,
    /// The tenant, as far as rules care.
    pub settings: SettingsRecord,
}

impl ScanRecord {
    /// Where from, raw; whoever shows it escapes it.
    pub fn sources_in_words(&self) -> String {
        let words = self.sources.iter().map(ToString::to_string);
        words.collect::<Vec<_>>().join(", ")
    }

    /// By which rules and in which scope, raw.
    pub fn scope_in_words(&self) -> String {
        let mut parts = vec![format!("rules {}", self.rules)];
        parts.extend(self.bases.iter().map(|base| format!("base {base}")));
        parts.extend(self.excludes.iter().map(|base| format!("without {base}")));
        parts.extend(self.filter.iter().map(|filter| format!("filter {filter}")));
        if self.scope_only {
            parts.push("compared within the scope only".to_owned());
        }
        parts.join(", ")
    }
}

/// Settings of the rules. Changes to single rules are not among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of the profile file")]
pub struct SettingsRecord {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified_domains: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upn_suffixes: Vec<(String, String)>,
    pub login_attribute: String,
    pub exchange_online: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routable_domains: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directory_extensions: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub cloud_sync: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_anchor: Option<String>,
}

/// Where was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceRecord {
    /// An LDAP server.
    Server(Box<ServerRecord>),
    /// LDIF files.
    Ldif {
        /// The name that was given to the forest.
        name: Option<String>,
        /// The files.
        files: Vec<String>,
    },
    /// The sample forests.
    Demo,
}

/// Raw; whoever shows it escapes it.
impl fmt::Display for SourceRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo => f.write_str("the sample forests"),
            Self::Ldif { files, .. } => f.write_str(&files.join(", ")),
            Self::Server(server) => {
                match (&server.host, &server.domain) {
                    (Some(host), _) => f.write_str(host)?,
                    (None, Some(domain)) => write!(f, "domain {domain}")?,
                    (None, None) => f.write_str("the domain of this computer")?,
                }
                match &server.login {
                    LoginRecord::Password { user } => write!(f, " as {user}"),
                    LoginRecord::Kerberos { .. } => f.write_str(" with Kerberos"),
                }
            }
        }
    }
}

/// An LDAP server and how to sign in to it, but for the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of the profile file")]
pub struct ServerRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    pub port: u16,
    /// `ldaps`, `starttls`, `sealed` or `cleartext`.
    pub protection: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_cert: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    pub login: LoginRecord,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dc: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<DistinguishedName>,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginRecord {
    /// With a password, which is asked for again.
    Password {
        /// The name.
        user: String,
    },
    /// With a Kerberos ticket.
    Kerberos {
        /// Whose.
        principal: Option<String>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !value
}
