//! The saved profile: what `idmend` without a command connects to.
//!
//! A TOML file whose keys are the flags' names. Paths of files are meant as
//! seen from its own folder. It holds no password; a key it does not know is a
//! mistake, not a wish ignored.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Auth;
use crate::rule::{Location, RuleOverride, Severity};

/// Flags that are used where the command line gives none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named after the flags")]
pub struct Profile {
    pub server: Vec<String>,
    pub domain: Vec<String>,
    pub site: Option<String>,
    pub dns_server: Option<String>,
    pub auth: Option<Auth>,
    pub user: Option<String>,
    pub starttls: bool,
    pub ca_cert: Option<PathBuf>,
    pub pin: Vec<String>,
    pub dc: Vec<String>,
    pub rule_set: Option<String>,
    pub base: Vec<String>,
    pub exclude: Vec<String>,
    pub filter: Option<String>,
    pub verified_domain: Vec<String>,
    pub upn_suffix: Vec<String>,
    /// UPN suffixes to replace, old to new.
    pub upn_suffix_map: BTreeMap<String, String>,
    pub forest_join: Option<String>,
    pub exceptions: Option<PathBuf>,
    /// Changes to single rules, by id.
    rules: BTreeMap<String, Spanned<OverrideText>>,
    /// The same, read.
    #[serde(skip)]
    pub overrides: Vec<RuleOverride>,
    pub login_attribute: Option<String>,
    pub routable_domains: Option<PathBuf>,
    pub directory_extensions: Vec<String>,
    pub sync_engine: Option<String>,
    pub source_anchor: Option<String>,
    /// Whether users are Exchange Online recipients. Yes if not said.
    pub exchange_online: Option<bool>,
}

/// Changes to one rule as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct OverrideText {
    severity: Option<Severity>,
    enabled: Option<bool>,
    params: BTreeMap<String, Spanned<serde_json::Value>>,
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
    /// All UPN suffixes to replace, as `OLD=NEW`.
    pub fn upn_suffixes(&self) -> Vec<String> {
        let map = self.upn_suffix_map.iter();
        let map = map.map(|(old, new)| format!("{old}={new}"));
        self.upn_suffix.iter().cloned().chain(map).collect()
    }

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
        let file = path.display().to_string();
        let parsed = Self::parse(&file, &text);
        let folder = path.parent().unwrap_or(Path::new(""));
        parsed
            .map(|profile| profile.below(folder))
            .map_err(|(offset, reason)| {
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

    /// With the paths of files as seen from the folder of the profile.
    fn below(mut self, folder: &Path) -> Self {
        let paths = [
            &mut self.ca_cert,
            &mut self.exceptions,
            &mut self.routable_domains,
        ];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
        self
    }

    fn parse(file: &str, text: &str) -> Result<Self, (usize, String)> {
        let mut profile: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            (offset, error.message().replace('\n', " "))
        })?;
        let at = |offset| Location::of(file, text, offset);
        let overrides = std::mem::take(&mut profile.rules).into_iter();
        profile.overrides = overrides
            .map(|(id, wish)| {
                let location = at(wish.span().start);
                let wish = wish.into_inner();
                let params = wish.params.into_iter();
                RuleOverride {
                    id,
                    location,
                    severity: wish.severity,
                    enabled: wish.enabled,
                    params: params
                        .map(|(name, value)| (name, (at(value.span().start), value.into_inner())))
                        .collect(),
                }
            })
            .collect();
        Ok(profile)
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
        std::fs::write(&path, "auth = \"kerberos\"\n").unwrap();
        assert_eq!(Profile::read(&path).unwrap().auth, Some(Auth::Kerberos));
        std::fs::write(&path, "user = \"anna@x\"\npassword = \"x\"\n").unwrap();
        let error = Profile::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2, column 1: unknown field `password`"),
            "{error}"
        );
    }

    #[test]
    fn files_are_meant_as_seen_from_the_profile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.toml");
        let lines = "routable-domains = \"own.txt\"\nexceptions = \"/srv/ok.toml\"\n";
        std::fs::write(&path, lines).unwrap();
        let profile = Profile::read(&path).unwrap();
        assert_eq!(
            profile.routable_domains,
            Some(folder.path().join("own.txt"))
        );
        assert_eq!(profile.exceptions, Some(PathBuf::from("/srv/ok.toml")));
        assert_eq!(profile.ca_cert, None);
    }

    #[test]
    fn rules_are_changed_by_id_and_know_where_that_was_written() {
        let read = |text: &str| Profile::parse("p.toml", text);
        let profile = read(
            "[upn-suffix-map]\n\"contoso.local\" = \"contoso.com\"\n\n\
             [rules.mail-length]\nseverity = \"hygiene\"\nenabled = false\n\
             params = { max = 200 }\n",
        )
        .unwrap();
        assert_eq!(profile.upn_suffix_map["contoso.local"], "contoso.com");
        let wish = &profile.overrides[0];
        assert_eq!(wish.id, "mail-length");
        assert_eq!(wish.severity, Some(Severity::Hygiene));
        assert_eq!(wish.enabled, Some(false));
        assert_eq!(wish.location.line, 4);
        let (place, value) = &wish.params["max"];
        assert_eq!((place.line, value.as_u64()), (7, Some(200)));
        let refused = |text| read(text).unwrap_err().1;
        assert!(refused("[rules.x]\nseverity = \"bad\"\n").contains("unknown variant `bad`"));
        assert!(refused("[rules.x]\nmax = 3\n").contains("unknown field `max`"));
    }
}
