//! The flags that say what is judged, and by which rules.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::hard_match::source_anchor;
use super::profiles::{Chosen, ProfileArgs};
use super::source::{SourceArgs, pairs};
use crate::config::Profile;
use crate::model::{AttributeName, DistinguishedName};
use crate::rule::{Settings, SyncEngine, file};
use crate::scan::ScanOptions;
use crate::session::{EMBEDDED_RULES, ScanRequest, check_filter};
use crate::text::escape;

const FOREST_JOIN: &str = "once";
const LOGIN_ATTRIBUTE: &str = "userPrincipalName";

/// What to judge.
#[derive(Debug, Clone, Args)]
pub(super) struct ScopeArgs {
    #[command(flatten)]
    pub profiles: ProfileArgs,

    /// The rules: entra (what Entra ID accepts), multi-tenant or dedicated (as
    /// IdFix judges), or a directory of rule files
    #[arg(
        long,
        value_name = "SET|DIR",
        default_value = EMBEDDED_RULES,
        help_heading = "Judging"
    )]
    pub rules: String,

    /// Judge only entries below this DN; a server that is no Active Directory
    /// is read below it (repeatable)
    #[arg(long, value_name = "DN", help_heading = "Judging")]
    pub base: Vec<String>,

    /// Judge only entries below the DNs in this file, one a line
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub base_file: Option<PathBuf>,

    /// Do not judge entries below this DN (repeatable)
    #[arg(long, value_name = "DN", help_heading = "Judging")]
    pub exclude: Vec<String>,

    /// Do not judge entries below the DNs in this file, one a line
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub exclude_file: Option<PathBuf>,

    /// Judge only entries that match this LDAP filter
    #[arg(long, value_name = "FILTER", help_heading = "Judging")]
    pub filter: Option<String>,

    /// Compare addresses only with entries that are judged
    #[arg(long, help_heading = "Judging")]
    pub scope_only: bool,

    /// A domain that is verified in the tenant (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Judging")]
    pub verified_domain: Vec<String>,

    /// Propose to replace a UPN suffix (repeatable)
    #[arg(long, value_name = "OLD=NEW", help_heading = "Judging")]
    pub upn_suffix: Vec<String>,

    /// What makes entries of different forests one person, as chosen in Entra
    /// Connect: once (nothing), mail, sid, sam, or an attribute; contacts join
    /// by mail in any case
    #[arg(
        long,
        value_name = "HOW",
        default_value = FOREST_JOIN,
        help_heading = "Judging"
    )]
    pub forest_join: String,

    /// Keep and recall accepted findings in this TOML file, for all forests
    /// [default: one a forest in the state directory]
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub exceptions: Option<PathBuf>,

    /// The attribute that becomes the cloud's user name
    #[arg(
        long,
        value_name = "NAME",
        default_value = LOGIN_ATTRIBUTE,
        help_heading = "Judging"
    )]
    pub login_attribute: String,

    /// Take the domains in this file, one a line, and all below them for
    /// routable, whatever the public suffix list says
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    pub routable_domains: Option<PathBuf>,

    /// An attribute that is synchronised as a directory extension (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Judging")]
    pub directory_extension: Vec<String>,

    /// What synchronises; it decides how large a group may be [default: connect]
    #[arg(long, value_name = "connect|cloud-sync", help_heading = "Judging")]
    pub sync_engine: Option<String>,

    /// The attribute that becomes the anchor of users, mS-DS-ConsistencyGuid or
    /// objectGUID, for the column IMMUTABLEID [default: the former where a user
    /// has one]
    #[arg(long, value_name = "NAME", help_heading = "Judging")]
    pub source_anchor: Option<String>,
}

impl ScopeArgs {
    /// These flags, with those of the profile where none are given.
    pub(super) fn with_profile(&self, profile: &Profile) -> Self {
        let list = |given: &[String], saved: &[String]| {
            if given.is_empty() { saved } else { given }.to_vec()
        };
        let text = |given: &str, usual: &str, saved: Option<&String>| match saved {
            Some(saved) if given == usual => saved.clone(),
            _ => given.to_owned(),
        };
        // Names and a file of names are one wish.
        let both = |given: (&[String], Option<&PathBuf>), saved: (&[String], Option<&PathBuf>)| {
            let is_given = !given.0.is_empty() || given.1.is_some();
            let (names, file) = if is_given { given } else { saved };
            (names.to_vec(), file.cloned())
        };
        let bases = both(
            (&self.base, self.base_file.as_ref()),
            (&profile.base, profile.base_file.as_ref()),
        );
        let excludes = both(
            (&self.exclude, self.exclude_file.as_ref()),
            (&profile.exclude, profile.exclude_file.as_ref()),
        );
        Self {
            rules: text(&self.rules, EMBEDDED_RULES, profile.rule_set.as_ref()),
            base: bases.0,
            base_file: bases.1,
            exclude: excludes.0,
            exclude_file: excludes.1,
            scope_only: self.scope_only || profile.scope_only == Some(true),
            filter: self.filter.clone().or_else(|| profile.filter.clone()),
            verified_domain: list(&self.verified_domain, &profile.verified_domain),
            upn_suffix: list(&self.upn_suffix, &profile.upn_suffixes()),
            forest_join: text(&self.forest_join, FOREST_JOIN, profile.forest_join.as_ref()),
            exceptions: self
                .exceptions
                .clone()
                .or_else(|| profile.exceptions.clone()),
            login_attribute: text(
                &self.login_attribute,
                LOGIN_ATTRIBUTE,
                profile.login_attribute.as_ref(),
            ),
            routable_domains: (self.routable_domains.clone())
                .or_else(|| profile.routable_domains.clone()),
            directory_extension: list(&self.directory_extension, &profile.directory_extensions),
            sync_engine: (self.sync_engine.clone()).or_else(|| profile.sync_engine.clone()),
            source_anchor: (self.source_anchor.clone()).or_else(|| profile.source_anchor.clone()),
            ..self.clone()
        }
    }

    /// Everything that a scan needs. Whatever is wrong is found here, before a
    /// password is asked for or a connection made.
    pub(super) fn request(&self, source: &SourceArgs) -> Result<ScanRequest, Failure> {
        self.request_by(&self.profiles.read()?, source)
    }

    /// The same for the terminal interface, which can ask for a source.
    pub(super) fn request_on(&self, source: &SourceArgs) -> Result<ScanRequest, Failure> {
        self.request_if_named(&self.profiles.read()?, source)
    }

    /// The same with one profile that is read already.
    pub(super) fn request_of(
        &self,
        name: &str,
        profile: Profile,
        source: &SourceArgs,
    ) -> Result<ScanRequest, Failure> {
        self.request_if_named(&Chosen::one(name, profile), source)
    }

    fn request_if_named(
        &self,
        profiles: &Chosen,
        source: &SourceArgs,
    ) -> Result<ScanRequest, Failure> {
        if profiles.names_source(source) {
            self.request_by(profiles, source)
        } else {
            let judging = profiles.judging()?;
            self.with_profile(&judging).without_sources(&judging)
        }
    }

    /// The same with profiles that are read already.
    pub(super) fn request_by(
        &self,
        profiles: &Chosen,
        source: &SourceArgs,
    ) -> Result<ScanRequest, Failure> {
        let judging = profiles.judging()?;
        let mut request = self.with_profile(&judging).without_sources(&judging)?;
        request.sources = profiles.specs(source, &request.options.bases)?;
        Ok(request)
    }

    fn without_sources(&self, profile: &Profile) -> Result<ScanRequest, Failure> {
        let options = self.options()?;
        let mut settings = self.settings()?;
        settings.overrides.clone_from(&profile.overrides);
        if let Some(exchange_online) = profile.exchange_online {
            settings.exchange_online = exchange_online;
        }
        file::shared(&self.rules, &settings.overrides)
            .map_err(|error| Failure::usage(error.to_string()))?;
        Ok(ScanRequest {
            sources: Vec::new(),
            rules: self.rules.clone(),
            settings,
            options,
            exceptions: self.exceptions.clone(),
        })
    }

    fn options(&self) -> Result<ScanOptions, Failure> {
        if let Some(filter) = &self.filter {
            check_filter(filter)?;
        }
        Ok(ScanOptions {
            bases: names("--base", &self.base, self.base_file.as_deref())?,
            excludes: names("--exclude", &self.exclude, self.exclude_file.as_deref())?,
            filter: self.filter.clone(),
            scope_only: self.scope_only,
            join: self
                .forest_join
                .parse()
                .map_err(|error| Failure::usage(format!("--forest-join: {error}")))?,
        })
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let verified_domains = self
            .verified_domain
            .iter()
            .map(|name| domain_name("--verified-domain", name))
            .collect::<Result<_, _>>()?;
        let mut upn_suffix_map = pairs(&self.upn_suffix, "--upn-suffix", "OLD=NEW")?;
        for (old, new) in &mut upn_suffix_map {
            *old = domain_name("--upn-suffix", old)?;
            *new = domain_name("--upn-suffix", new)?;
        }
        let login_attribute = AttributeName::parse(&self.login_attribute)
            .map_err(|error| Failure::usage(format!("--login-attribute: {error}")))?;
        Ok(Settings {
            verified_domains,
            upn_suffix_map,
            login_attribute,
            routable_domains: routable(self.routable_domains.as_deref())?,
            directory_extensions: self
                .directory_extension
                .iter()
                .map(|name| AttributeName::parse(name))
                .collect::<Result<_, _>>()
                .map_err(|error| Failure::usage(format!("--directory-extension: {error}")))?,
            sync_engine: match self.sync_engine.as_deref() {
                None | Some("connect") => SyncEngine::Connect,
                Some("cloud-sync") => SyncEngine::CloudSync,
                Some(other) => {
                    return Err(Failure::usage(format!(
                        "--sync-engine '{}' is neither connect nor cloud-sync",
                        escape(other)
                    )));
                }
            },
            source_anchor: (self.source_anchor.as_deref())
                .map(source_anchor)
                .transpose()?,
            ..Settings::default()
        })
    }
}

/// A DNS name in lower case; an `@` before it is forgiven.
pub(super) fn domain_name(flag: &str, text: &str) -> Result<String, Failure> {
    let name = text.trim().trim_start_matches('@').to_lowercase();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "@,;=/\\".contains(c);
    if name.is_empty() || name.contains(is_odd) {
        return Err(Failure::usage(format!(
            "{flag} '{}' is not a domain name such as contoso.com",
            escape(text)
        )));
    }
    Ok(name)
}

/// What is read on a server that is no Active Directory, for commands that
/// judge nothing.
#[derive(Debug, Clone, Args)]
pub(super) struct BaseArgs {
    /// Find entries below this DN, on a server that is no Active Directory
    /// (repeatable)
    #[arg(long, value_name = "DN", help_heading = "Source")]
    pub base: Vec<String>,
}

impl BaseArgs {
    pub(super) fn names(&self) -> Result<Vec<DistinguishedName>, Failure> {
        names("--base", &self.base, None)
    }
}

/// The domain names in the file of `--routable-domains`.
fn routable(file: Option<&Path>) -> Result<Vec<String>, Failure> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let name = |(number, line): (usize, String)| {
        domain_name(&format!("{}, line {number}:", file.display()), &line)
    };
    lines(file, "domains")?.into_iter().map(name).collect()
}

/// The lines of a file with their numbers, but those that are empty or begin
/// with `#`.
fn lines(file: &Path, what: &str) -> Result<Vec<(usize, String)>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!(
            "cannot read the {what} in {}: {error}",
            file.display()
        ))
    })?;
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    Ok(lines
        .map(|(number, line)| (number, line.trim().to_owned()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .collect())
}

/// The DNs given one by one and in a file, one a line; lines that are empty or
/// begin with `#` are passed over.
fn names(
    flag: &str,
    given: &[String],
    file: Option<&Path>,
) -> Result<Vec<DistinguishedName>, Failure> {
    let mut names = Vec::new();
    for text in given {
        let name = DistinguishedName::parse(text)
            .map_err(|error| Failure::usage(format!("{flag}: {}", escape(&error.to_string()))))?;
        names.push(name);
    }
    let Some(file) = file else {
        return Ok(names);
    };
    for (number, line) in lines(file, "DNs")? {
        let name = DistinguishedName::parse(&line).map_err(|error| {
            Failure::usage(format!(
                "{}, line {number}: {}",
                file.display(),
                escape(&error.to_string())
            ))
        })?;
        names.push(name);
    }
    Ok(names)
}
