//! The flags that name sources and how to sign in to them.

use std::io::BufRead as _;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::failure::Failure;
use super::scope::domain_name;
use super::talk::{can_ask, insist};
use crate::config::{Auth, Profile, ServerSpec, ServerUrl, SourceSpec};
use crate::model::{Credentials, DistinguishedName, Entrance, Fingerprint, Protection};

const PASSWORD_VARIABLE: &str = "IDMEND_PASSWORD";

/// How many seconds a server may be given to answer.
const TIMEOUTS: RangeInclusive<u32> = 1..=3600;

/// Where to read from, and as whom.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one a flag")]
pub(super) struct SourceArgs {
    /// A domain controller or another LDAP server; every domain of its forest
    /// is read (repeatable)
    #[arg(long, value_name = "ldap[s]://HOST[:PORT]", help_heading = "Source")]
    pub server: Vec<String>,

    /// A domain whose controllers DNS names; every domain of its forest is read
    /// (repeatable) [default without any source: that of this computer]
    #[arg(long, value_name = "NAME", help_heading = "Source")]
    pub domain: Vec<String>,

    /// Take the domain controllers of this site before others
    #[arg(long, value_name = "NAME", help_heading = "Source")]
    pub site: Option<String>,

    /// Ask this name server instead of the computer's own
    #[arg(long, value_name = "ADDRESS[:PORT]", help_heading = "Source")]
    pub dns_server: Option<String>,

    /// Give a server up that does not answer for so long [default: 60 for
    /// one entry, 150 for a page]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..=3600),
        help_heading = "Source"
    )]
    pub timeout: Option<u32>,

    /// An LDIF file; files without a name are one forest (repeatable)
    #[arg(long, value_name = "[NAME=]FILE", help_heading = "Source")]
    pub ldif: Vec<String>,

    /// The built-in sample: two forests in memory, changed for the run only
    #[arg(long, help_heading = "Source")]
    pub demo: bool,

    /// Read and write this host for a domain, instead of the one found by DNS
    /// name (repeatable)
    #[arg(long, value_name = "DOMAIN=HOST", help_heading = "Source")]
    pub dc: Vec<String>,

    /// Sign in with a password, or with the current Kerberos ticket (kinit);
    /// Kerberos seals ldap:// by itself [default: simple]
    #[arg(long, value_name = "simple|kerberos", help_heading = "Sign-in")]
    pub auth: Option<Auth>,

    /// Sign in as this UPN, DOMAIN\name or DN; the password is asked for, or
    /// read from IDMEND_PASSWORD. With Kerberos: take the ticket of this
    /// principal, not the default one
    #[arg(long, value_name = "NAME", help_heading = "Sign-in")]
    pub user: Option<String>,

    /// Read the password from the first line of a file
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Sign-in",
        group = "password"
    )]
    pub password_file: Option<PathBuf>,

    /// Read the password from the first line of standard input; several
    /// sign-ins read a line each
    #[arg(long, help_heading = "Sign-in", group = "password")]
    pub password_stdin: bool,

    /// Begin with ldap:// and switch to TLS before the sign-in
    #[arg(long, help_heading = "Sign-in")]
    pub starttls: bool,

    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Sign-in")]
    pub ca_cert: Option<PathBuf>,

    /// Accept the server certificate with this SHA-256 fingerprint, whoever
    /// issued it, and no other (repeatable)
    #[arg(
        long,
        value_name = "SHA256",
        help_heading = "Sign-in",
        conflicts_with = "ca_cert"
    )]
    pub pin: Vec<String>,

    /// DANGER: accept any certificate, that of an attacker too
    #[arg(long, help_heading = "Sign-in", conflicts_with_all = ["ca_cert", "pin"])]
    pub insecure: bool,

    /// DANGER: send the password and all data unprotected
    #[arg(long, help_heading = "Sign-in", conflicts_with = "starttls")]
    pub allow_cleartext: bool,

    /// The profile that this sign-in is of, where there are several.
    #[arg(skip)]
    pub of_profile: Option<String>,

    /// Nobody is asked for a password now: one that no file has stays empty.
    #[arg(skip)]
    pub asks_later: bool,
}

impl SourceArgs {
    /// These flags, with those of the profile where none are given: its source
    /// only if no other is named.
    pub(super) fn with_profile(&self, profile: &Profile) -> Self {
        let mut merged = self.clone();
        if merged.is_empty() {
            merged.server.clone_from(&profile.server);
            merged.domain.clone_from(&profile.domain);
            merged.site = merged.site.or_else(|| profile.site.clone());
            merged.dns_server = merged.dns_server.or_else(|| profile.dns_server.clone());
            merged.ldif.clone_from(&profile.ldif);
            merged.timeout = merged.timeout.or(profile.timeout);
            merged.dc.extend(profile.dc.iter().cloned());
            merged.starttls |= profile.starttls;
            merged.auth = merged.auth.or(profile.auth);
            if merged.user.is_none() {
                merged.user.clone_from(&profile.user);
                if !merged.password_stdin && merged.password_file.is_none() {
                    merged.password_file.clone_from(&profile.password_file);
                }
            }
            if merged.pin.is_empty() {
                merged.pin.clone_from(&profile.pin);
            }
            merged.ca_cert = merged.ca_cert.or_else(|| profile.ca_cert.clone());
        }
        merged
    }

    /// Without what is said of a source and how to sign in to it.
    pub(super) fn asking_later(&self) -> Self {
        Self {
            insecure: false,
            allow_cleartext: false,
            password_stdin: false,
            asks_later: true,
            ..self.clone()
        }
    }

    /// Whether no source is named.
    pub(super) fn is_empty(&self) -> bool {
        !self.names_server() && self.ldif.is_empty() && !self.demo
    }

    fn names_server(&self) -> bool {
        !(self.server.is_empty() && self.domain.is_empty())
    }

    /// Whether the domain of this computer is meant: somebody signs in, and
    /// says nowhere to what.
    pub(super) fn means_own_domain(&self) -> bool {
        self.is_empty() && (self.user.is_some() || self.is_kerberos())
    }

    /// For commands on transactions that are over: the demo has none.
    pub(super) fn refuse_demo(&self) -> Result<(), Failure> {
        if self.demo {
            return Err(
                Failure::usage("the demo's changes end with the run that made them")
                    .hint("idmend demo takes back within the run"),
            );
        }
        Ok(())
    }

    /// The sources, with the password asked for. `bases` are what is read on a
    /// server that is no Active Directory.
    pub(super) fn specs(&self, bases: &[DistinguishedName]) -> Result<Vec<SourceSpec>, Failure> {
        if self.is_empty() && !self.means_own_domain() {
            return Err(Failure::usage("no source is named").hint(
                "give --server ldaps://HOST, --domain NAME, --ldif FILE or --demo; \
                 --user NAME alone reads the domain of this computer",
            ));
        }
        if self.demo && (self.names_server() || !self.ldif.is_empty()) {
            return Err(Failure::usage(
                "--demo is a source of its own: no other goes with it",
            ));
        }
        let mut specs = self.servers(bases)?;
        specs.extend(forests(&self.ldif));
        if self.demo {
            specs.push(SourceSpec::Demo);
        }
        Ok(specs)
    }

    fn servers(&self, bases: &[DistinguishedName]) -> Result<Vec<SourceSpec>, Failure> {
        let entrances = self.entrances()?;
        if entrances.is_empty() {
            return Ok(Vec::new());
        }
        let dns_server = self.dns_server.as_deref().map(name_server).transpose()?;
        let pins = self
            .pin
            .iter()
            .map(|text| Fingerprint::parse(text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Failure::usage(format!("--pin: {error}")))?;
        let domain_hosts = pairs(&self.dc, "--dc", "DOMAIN=HOST")?;
        if let Some(odd) = self.timeout.filter(|time| !TIMEOUTS.contains(time)) {
            return Err(Failure::usage(format!(
                "a timeout of {odd} seconds is not between {} and {}",
                TIMEOUTS.start(),
                TIMEOUTS.end()
            )));
        }
        let credentials = self.credentials()?;
        if self.insecure {
            insist(match credentials {
                Credentials::Password { .. } => {
                    "WARNING: --insecure: any certificate is accepted; an attacker in between reads the password"
                }
                Credentials::Kerberos { .. } => {
                    "WARNING: --insecure: any certificate is accepted; an attacker in between may read and change all data"
                }
            });
        }
        let cleartext = |way: &(_, _, Protection)| way.2 == Protection::Cleartext;
        if entrances.iter().any(cleartext) {
            insist(
                "WARNING: --allow-cleartext: the password and all data cross the network readable",
            );
        }
        Ok(entrances
            .into_iter()
            .map(|(entrance, port, protection)| {
                SourceSpec::Server(ServerSpec {
                    entrance,
                    site: self.site.clone(),
                    dns_server,
                    port,
                    protection,
                    ca_cert: self.ca_cert.clone(),
                    pins: pins.clone(),
                    insecure: self.insecure,
                    credentials: credentials.clone(),
                    domain_hosts: domain_hosts.clone(),
                    timeout: self
                        .timeout
                        .map(|seconds| Duration::from_secs(seconds.into())),
                    bases: bases.to_vec(),
                })
            })
            .collect())
    }

    /// Where to go in, by which port, and how protected.
    fn entrances(&self) -> Result<Vec<(Entrance, u16, Protection)>, Failure> {
        let mut entrances = Vec::new();
        for text in &self.server {
            let url = ServerUrl::parse(text).map_err(|error| Failure::usage(error.to_string()))?;
            let protection = self.protection(&url)?;
            entrances.push((Entrance::Host(url.host), url.port, protection));
        }
        let (port, protection) = match (self.starttls, self.allow_cleartext) {
            (true, _) => (389, Protection::StartTls),
            (false, _) if self.is_kerberos() => (389, Protection::Sealed),
            (false, true) => (389, Protection::Cleartext),
            (false, false) => (636, Protection::Ldaps),
        };
        for name in &self.domain {
            let name = domain_name("--domain", name)?;
            entrances.push((Entrance::Domain(name), port, protection));
        }
        if self.means_own_domain() {
            entrances.push((Entrance::OwnDomain, port, protection));
        }
        Ok(entrances)
    }

    /// Who signs in, with the password asked for if there is one.
    fn credentials(&self) -> Result<Credentials, Failure> {
        let user = self.user.clone().filter(|user| !user.is_empty());
        if self.is_kerberos() {
            let refused = [
                (self.password_file.is_some(), "--password-file"),
                (self.password_stdin, "--password-stdin"),
                (self.allow_cleartext, "--allow-cleartext"),
            ];
            if let Some((_, flag)) = refused.iter().find(|(given, _)| *given) {
                return Err(
                    Failure::usage(format!("{flag} does not go with --auth kerberos"))
                        .hint("a ticket needs no password, and what it opens is always sealed"),
                );
            }
            return Ok(Credentials::Kerberos { principal: user });
        }
        let user = user.ok_or_else(|| {
            Failure::usage("a server or a domain needs --user NAME or --auth kerberos")
                .hint("a UPN, DOMAIN\\name, or a DN; idmend never signs in anonymously")
        })?;
        let password = self.password(&user)?;
        Ok(Credentials::Password { user, password })
    }

    fn is_kerberos(&self) -> bool {
        self.auth == Some(Auth::Kerberos)
    }

    fn protection(&self, url: &ServerUrl) -> Result<Protection, Failure> {
        match (url.is_ldaps, self.starttls, self.allow_cleartext) {
            (true, false, _) => Ok(Protection::Ldaps),
            (true, true, _) => Err(Failure::usage(
                "--starttls goes with ldap://; ldaps:// is TLS from the first byte",
            )),
            (false, true, _) => Ok(Protection::StartTls),
            (false, false, _) if self.is_kerberos() => Ok(Protection::Sealed),
            (false, false, true) => Ok(Protection::Cleartext),
            (false, false, false) => Err(Failure::usage(format!(
                "ldap://{} would send the password unprotected",
                url.host
            ))
            .hint("use ldaps://, --starttls or --auth kerberos; --allow-cleartext if it must be")),
        }
    }

    /// The variable that may hold the password. Where there are several
    /// sign-ins each has its own: one password tried for all of them could
    /// lock accounts.
    fn password_variable(&self) -> String {
        let Some(name) = &self.of_profile else {
            return PASSWORD_VARIABLE.to_owned();
        };
        let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = name.chars().map(fit).collect();
        format!("{PASSWORD_VARIABLE}_{}", name.to_ascii_uppercase())
    }

    fn password(&self, user: &str) -> Result<SecretString, Failure> {
        if self.asks_later {
            let file = self.password_file.as_deref();
            let password = file.and_then(|path| read_secret(path).ok());
            let password = first_line(&password.unwrap_or_default());
            return Ok(SecretString::from(password));
        }
        let variable = self.password_variable();
        let password = if let Some(path) = &self.password_file {
            first_line(&read_secret(path)?)
        } else if self.password_stdin {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .map_err(|error| {
                    Failure::usage(format!(
                        "cannot read the password from standard input: {error}"
                    ))
                })?;
            first_line(&line)
        } else if let Ok(password) = std::env::var(&variable) {
            password
        } else if can_ask() {
            rpassword::prompt_password(format!("password of {}: ", crate::text::escape(user)))
                .map_err(|error| Failure::usage(format!("cannot ask for the password: {error}")))?
        } else {
            return Err(
                Failure::usage("there is no terminal to ask for the password").hint(format!(
                    "give --password-file FILE, --password-stdin or {variable}"
                )),
            );
        };
        if password.is_empty() {
            return Err(Failure::usage(format!(
                "the password of {} is empty",
                crate::text::escape(user)
            ))
            .hint("servers take an empty password for an anonymous sign-in, so it is not sent"));
        }
        Ok(SecretString::from(password))
    }
}

/// An address with or without a port; DNS is on port 53.
fn name_server(text: &str) -> Result<SocketAddr, Failure> {
    let address = |ip: IpAddr| SocketAddr::new(ip, 53);
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    text.parse()
        .or_else(|_no_port| bare.parse().map(address))
        .map_err(|_neither| {
            Failure::usage(format!(
                "--dns-server '{}' is not an address such as 10.0.0.1 or 10.0.0.1:53",
                crate::text::escape(text)
            ))
        })
}

fn read_secret(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "cannot read the password file {}: {error}",
            path.display()
        ))
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The forests that `[NAME=]FILE` texts make up, in the order of their first
/// file. A text that is a file as it stands is one, `=` or not.
fn forests(texts: &[String]) -> Vec<SourceSpec> {
    let mut forests: Vec<(Option<String>, Vec<PathBuf>)> = Vec::new();
    for text in texts {
        let (name, file) = match text.split_once('=') {
            Some((name, file))
                if !name.is_empty() && !name.contains(['/', '\\']) && !Path::new(text).exists() =>
            {
                (Some(name.to_owned()), file)
            }
            _ => (None, text.as_str()),
        };
        match forests.iter_mut().find(|(known, _)| *known == name) {
            Some((_, files)) => files.push(file.into()),
            None => forests.push((name, vec![file.into()])),
        }
    }
    forests
        .into_iter()
        .map(|(name, files)| SourceSpec::Ldif { name, files })
        .collect()
}

/// `A=B` texts, in lower case on the left.
pub(super) fn pairs(
    texts: &[String],
    flag: &str,
    form: &str,
) -> Result<Vec<(String, String)>, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((left, right)) if !left.trim().is_empty() && !right.trim().is_empty() => {
                Ok((left.trim().to_lowercase(), right.trim().to_owned()))
            }
            _ => Err(Failure::usage(format!(
                "{flag} '{}' is not of the form {form}",
                crate::text::escape(text)
            ))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_are_one_forest() {
        let texts = ["a.ldif", "x=b.ldif", "c.ldif", "x=d=e.ldif", "./y=f.ldif"];
        let shown: Vec<String> = forests(&texts.map(String::from))
            .into_iter()
            .map(|spec| format!("{spec:?}"))
            .collect();
        assert_eq!(
            shown,
            [
                r#"Ldif { name: None, files: ["a.ldif", "c.ldif", "./y=f.ldif"] }"#,
                r#"Ldif { name: Some("x"), files: ["b.ldif", "d=e.ldif"] }"#,
            ]
        );
    }
}
