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

use super::{Auth, Colours};
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
    pub ldif: Vec<String>,
    /// Seconds.
    pub timeout: Option<u32>,
    pub auth: Option<Auth>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub starttls: bool,
    pub ca_cert: Option<PathBuf>,
    pub pin: Vec<String>,
    pub dc: Vec<String>,
    pub rule_set: Option<String>,
    pub base: Vec<String>,
    pub base_file: Option<PathBuf>,
    pub exclude: Vec<String>,
    pub exclude_file: Option<PathBuf>,
    pub filter: Option<String>,
    pub scope_only: Option<bool>,
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
    pub max_changes: Option<usize>,
    pub stop_after: Option<usize>,
    pub throttle: Option<u32>,
    pub colours: Option<Colours>,
    pub mouse: bool,
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
            &mut self.base_file,
            &mut self.ca_cert,
            &mut self.exceptions,
            &mut self.exclude_file,
            &mut self.routable_domains,
        ];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
        for text in &mut self.ldif {
            *text = ldif_below(folder, text);
        }
        self
    }

    /// Adds what another profile says of judging: lists are put together, and
    /// what both say must be the same. Fails with the key that is not.
    pub fn join(&mut self, other: &Self) -> Result<(), &'static str> {
        fn one<T: Clone + PartialEq>(
            mine: &mut Option<T>,
            theirs: Option<&T>,
            key: &'static str,
        ) -> Result<(), &'static str> {
            match (mine.as_ref(), theirs) {
                (Some(mine), Some(theirs)) if mine != theirs => Err(key),
                (None, Some(theirs)) => {
                    *mine = Some(theirs.clone());
                    Ok(())
                }
                _ => Ok(()),
            }
        }
        one(&mut self.rule_set, other.rule_set.as_ref(), "rule-set")?;
        one(&mut self.filter, other.filter.as_ref(), "filter")?;
        one(
            &mut self.scope_only,
            other.scope_only.as_ref(),
            "scope-only",
        )?;
        one(&mut self.base_file, other.base_file.as_ref(), "base-file")?;
        one(
            &mut self.exclude_file,
            other.exclude_file.as_ref(),
            "exclude-file",
        )?;
        one(
            &mut self.forest_join,
            other.forest_join.as_ref(),
            "forest-join",
        )?;
        one(
            &mut self.exceptions,
            other.exceptions.as_ref(),
            "exceptions",
        )?;
        one(
            &mut self.login_attribute,
            other.login_attribute.as_ref(),
            "login-attribute",
        )?;
        one(
            &mut self.routable_domains,
            other.routable_domains.as_ref(),
            "routable-domains",
        )?;
        one(
            &mut self.source_anchor,
            other.source_anchor.as_ref(),
            "source-anchor",
        )?;
        one(
            &mut self.sync_engine,
            other.sync_engine.as_ref(),
            "sync-engine",
        )?;
        one(
            &mut self.exchange_online,
            other.exchange_online.as_ref(),
            "exchange-online",
        )?;
        one(
            &mut self.max_changes,
            other.max_changes.as_ref(),
            "max-changes",
        )?;
        one(
            &mut self.stop_after,
            other.stop_after.as_ref(),
            "stop-after",
        )?;
        one(&mut self.throttle, other.throttle.as_ref(), "throttle")?;
        one(&mut self.colours, other.colours.as_ref(), "colours")?;
        self.mouse |= other.mouse;
        for (old, new) in &other.upn_suffix_map {
            let known = self.upn_suffix_map.insert(old.clone(), new.clone());
            if known.is_some_and(|known| known != *new) {
                return Err("upn-suffix-map");
            }
        }
        for wish in &other.overrides {
            if self.overrides.iter().any(|known| known.id == wish.id) {
                return Err("change to a rule");
            }
            self.overrides.push(wish.clone());
        }
        self.base.extend_from_slice(&other.base);
        self.exclude.extend_from_slice(&other.exclude);
        self.verified_domain
            .extend_from_slice(&other.verified_domain);
        self.upn_suffix.extend_from_slice(&other.upn_suffix);
        self.directory_extensions
            .extend_from_slice(&other.directory_extensions);
        Ok(())
    }

    fn parse(file: &str, text: &str) -> Result<Self, (usize, String)> {
        refuse_secrets(text)?;
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

/// `[NAME=]FILE` with the file as seen from a folder. A text that is a file as it
/// stands is one, `=` or not.
fn ldif_below(folder: &Path, text: &str) -> String {
    let whole = folder.join(text);
    match text.split_once('=') {
        Some((name, file))
            if !name.is_empty() && !name.contains(['/', '\\']) && !whole.exists() =>
        {
            format!("{name}={}", folder.join(file).display())
        }
        _ => whole.display().to_string(),
    }
}

/// Refuses a key that looks like a secret, without repeating its value.
fn refuse_secrets(text: &str) -> Result<(), (usize, String)> {
    const LOOKS: [&str; 5] = ["password", "passwd", "secret", "token", "credential"];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let key = line.split('=').next().unwrap_or_default().trim();
        let key = key.trim_matches(['"', '\'']).to_lowercase();
        let is_key = line.contains('=') && !key.starts_with('#') && key != "password-file";
        if is_key && LOOKS.iter().any(|look| key.contains(look)) {
            let reason = format!(
                "a profile holds no secret: remove `{key}`; the password is asked for, or comes \
                 from password-file or IDMEND_PASSWORD"
            );
            return Err((offset, reason));
        }
        offset += line.len();
    }
    Ok(())
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
            error.contains("line 2, column 1: a profile holds no secret: remove `password`"),
            "{error}"
        );
    }

    #[test]
    fn files_are_meant_as_seen_from_the_profile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.toml");
        let lines = "routable-domains = \"own.txt\"\nexceptions = \"/srv/ok.toml\"\n\
                     base-file = \"bases.txt\"\n\
                     ldif = [\"a.ldif\", \"x=b.ldif\", \"x=/c.ldif\"]\n";
        std::fs::write(&path, lines).unwrap();
        let profile = Profile::read(&path).unwrap();
        assert_eq!(
            profile.routable_domains,
            Some(folder.path().join("own.txt"))
        );
        assert_eq!(profile.exceptions, Some(PathBuf::from("/srv/ok.toml")));
        assert_eq!(profile.base_file, Some(folder.path().join("bases.txt")));
        let below = folder.path().display();
        let files = [
            format!("{below}/a.ldif"),
            format!("x={below}/b.ldif"),
            "x=/c.ldif".to_owned(),
        ];
        assert_eq!(profile.ldif, files);
        assert_eq!(profile.ca_cert, None);
    }

    #[test]
    fn several_profiles_must_agree_on_what_is_judged() {
        let read = |text| Profile::parse("p.toml", text).unwrap();
        let mut one = read("base = [\"OU=a\"]\nrule-set = \"entra\"\nthrottle = 5\n");
        assert_eq!(
            one.join(&read("base = [\"OU=b\"]\nfilter = \"(a=b)\"\n")),
            Ok(())
        );
        assert_eq!(one.base, ["OU=a", "OU=b"]);
        assert_eq!(one.filter.as_deref(), Some("(a=b)"));
        assert_eq!(
            one.join(&read("rule-set = \"dedicated\"\n")),
            Err("rule-set")
        );
        assert_eq!(one.join(&read("throttle = 5\n")), Ok(()));
    }

    #[test]
    fn a_secret_is_refused_without_being_repeated() {
        for key in [
            "password",
            "Bind-Password",
            "\"client_secret\"",
            "api-token",
        ] {
            let (_, reason) = Profile::parse("p", &format!("{key} = \"hush\"\n")).unwrap_err();
            assert!(reason.contains("a profile holds no secret"), "{reason}");
            assert!(!reason.contains("hush"), "{reason}");
        }
        let file = Profile::parse("p", "password-file = \"/run/x\"\n").unwrap();
        assert_eq!(file.password_file, Some(PathBuf::from("/run/x")));
        let template = include_str!("../cli/profile.toml");
        assert_eq!(Profile::parse("p", template), Ok(Profile::default()));
        // Each key of the template is one that is known.
        let is_key = |line: &&str| line.contains(" = ") || line.starts_with('[');
        let keys = template.lines().filter_map(|line| line.strip_prefix("# "));
        let keys: Vec<&str> = keys.filter(is_key).collect();
        let all = Profile::parse("p", &keys.join("\n")).unwrap();
        assert_eq!(
            (all.server.len(), all.max_changes, all.overrides.len()),
            (1, Some(500), 1)
        );
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
