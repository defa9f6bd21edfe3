//! The form that asks where to connect, and as whom: a saved profile, or a
//! server, or a domain by its name.
//!
//! It is filled from the profile that is chosen and can be changed then. What a
//! profile says that the form has no field for goes along as it is.

mod address;
mod draw;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use self::address::{domain, server};
use crate::config::{ServerSpec, SourceSpec};
use crate::model::{Credentials, DistinguishedName, Entrance, Protection};
use crate::session::ScanRequest;
use crate::tui::line::LineInput;

/// A saved profile.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// What it asks for; a password that is to be typed is empty. Or why it
    /// cannot be used, raw.
    pub request: Result<ScanRequest, String>,
}

/// The fields, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Profile,
    To,
    Server,
    SignIn,
    User,
    Password,
    CaCert,
    Base,
    Insecure,
}

/// Those of a server.
const OF_SERVER: [Field; 8] = [
    Field::To,
    Field::Server,
    Field::SignIn,
    Field::User,
    Field::Password,
    Field::CaCert,
    Field::Base,
    Field::Insecure,
];

/// What is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum To {
    #[default]
    Server,
    Domain,
    OwnDomain,
}

/// How to sign in, and what protects that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum SignIn {
    #[default]
    Password,
    PasswordStartTls,
    Ticket,
    TicketTls,
}

impl SignIn {
    fn of(server: &ServerSpec) -> Self {
        match (&server.credentials, server.protection) {
            (Credentials::Password { .. }, Protection::StartTls) => Self::PasswordStartTls,
            (Credentials::Password { .. }, _) => Self::Password,
            (Credentials::Kerberos { .. }, Protection::Ldaps) => Self::TicketTls,
            (Credentials::Kerberos { .. }, _) => Self::Ticket,
        }
    }

    fn is_ticket(self) -> bool {
        matches!(self, Self::Ticket | Self::TicketTls)
    }

    /// What protects a connection that begins without TLS, if it may.
    fn plain(self) -> Option<Protection> {
        match self {
            Self::Password | Self::TicketTls => None,
            Self::PasswordStartTls => Some(Protection::StartTls),
            Self::Ticket => Some(Protection::Sealed),
        }
    }
}

const TO: [To; 3] = [To::Server, To::Domain, To::OwnDomain];
const SIGN_IN: [SignIn; 4] = [
    SignIn::Password,
    SignIn::PasswordStartTls,
    SignIn::Ticket,
    SignIn::TicketTls,
];

/// The lines that are typed.
const LINES: [Field; 5] = [
    Field::Server,
    Field::User,
    Field::Password,
    Field::CaCert,
    Field::Base,
];

/// A sign-in that a server refused, to be known again.
#[derive(Debug)]
struct Refused {
    server: String,
    user: String,
    password: SecretString,
    /// Whether that was said.
    is_told: bool,
}

/// The form.
#[derive(Debug)]
pub(in crate::tui) struct Connect {
    at: Field,
    saved: Arc<[Saved]>,
    /// The profile that is chosen.
    chosen: Option<usize>,
    /// What is asked for where no profile is chosen.
    plain: ScanRequest,
    to: To,
    sign_in: SignIn,
    /// As [`LINES`] has them.
    lines: [LineInput; 5],
    insecure: bool,
    problem: Option<(Field, String)>,
    refused: Option<Refused>,
    /// What the form has no field for, of the server it was filled from.
    beyond: Option<ServerSpec>,
}

impl Connect {
    /// A form filled from the one server of a request, if it has one.
    pub(in crate::tui) fn new(request: &ScanRequest, saved: Arc<[Saved]>) -> Self {
        let mut form = Self {
            at: Field::To,
            saved,
            chosen: None,
            plain: request.clone(),
            to: To::default(),
            sign_in: SignIn::default(),
            lines: std::array::from_fn(|_| LineInput::default()),
            insecure: false,
            problem: None,
            refused: None,
            beyond: None,
        };
        form.fill();
        form.at = if form.saved.is_empty() {
            Field::Server
        } else {
            Field::Profile
        };
        form
    }

    /// The form of a server that was signed in to before, at its password.
    pub(in crate::tui) fn again(request: &ScanRequest) -> Self {
        let mut form = Self::new(request, Arc::default());
        form.at = Field::Password;
        form
    }

    /// What is asked for but for what the form says; or why nothing can be.
    fn request(&self) -> Result<&ScanRequest, &str> {
        match self.chosen.and_then(|at| self.saved.get(at)) {
            Some(saved) => saved.request.as_ref().map_err(String::as_str),
            None => Ok(&self.plain),
        }
    }

    /// Fills the form from what is asked for.
    fn fill(&mut self) {
        self.problem = None;
        self.to = To::default();
        self.sign_in = SignIn::default();
        self.insecure = false;
        self.lines = LINES.map(|field| match field {
            Field::Password => LineInput::masked(),
            _ => LineInput::default(),
        });
        let sources = self.request().map(|request| request.sources.as_slice());
        let server = sources.unwrap_or_default().iter().find_map(|source| {
            let SourceSpec::Server(server) = source else {
                return None;
            };
            Some(server.clone())
        });
        if let Some(server) = &server {
            self.fill_from(server);
        }
        self.beyond = server;
    }

    fn fill_from(&mut self, server: &ServerSpec) {
        self.sign_in = SignIn::of(server);
        self.insecure = server.insecure;
        let place = match &server.entrance {
            Entrance::Host(host) => format!("{host}:{}", server.port),
            Entrance::Domain(domain) => domain.clone(),
            Entrance::OwnDomain => String::new(),
        };
        self.to = match &server.entrance {
            Entrance::Host(_) => To::Server,
            Entrance::Domain(_) => To::Domain,
            Entrance::OwnDomain => To::OwnDomain,
        };
        let bases: Vec<&str> = server.bases.iter().map(DistinguishedName::as_str).collect();
        let ca_cert = server.ca_cert.as_ref();
        let ca_cert = ca_cert.map_or_else(String::new, |path| path.to_string_lossy().into_owned());
        let (user, password) = match &server.credentials {
            Credentials::Password { user, password } => {
                (user.as_str(), Some(password.expose_secret()))
            }
            Credentials::Kerberos { principal } => (principal.as_deref().unwrap_or_default(), None),
        };
        let texts = [place.as_str(), user, "", &ca_cert, &bases.join("; ")];
        for (line, text) in self.lines.iter_mut().zip(texts) {
            line.paste(text);
        }
        if let (Some(line), Some(password)) = (self.line_of(Field::Password), password) {
            line.paste(password);
        }
    }

    /// Sources that the form cannot show as one server; they are taken as they
    /// are.
    fn fixed(&self) -> Option<&[SourceSpec]> {
        let sources = self.request().ok()?.sources.as_slice();
        match (self.chosen, sources) {
            (None, _) | (_, [] | [SourceSpec::Server(_)]) => None,
            (Some(_), sources) => Some(sources),
        }
    }

    /// The fields that matter.
    fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        if !self.saved.is_empty() {
            fields.push(Field::Profile);
        }
        if self.request().is_err() || self.fixed().is_some() {
            return fields;
        }
        let matters = |field: &Field| match field {
            Field::Server => self.to != To::OwnDomain,
            Field::Password => !self.sign_in.is_ticket(),
            _ => true,
        };
        fields.extend(OF_SERVER.into_iter().filter(matters));
        fields
    }

    /// The line under the cursor; none when it stands on a choice.
    pub(in crate::tui) fn line(&mut self) -> Option<&mut LineInput> {
        self.line_of(self.at)
    }

    fn line_of(&mut self, field: Field) -> Option<&mut LineInput> {
        let at = LINES.iter().position(|line| *line == field)?;
        self.lines.get_mut(at)
    }

    fn text(&self, field: Field) -> &str {
        let at = LINES.iter().position(|line| *line == field);
        at.and_then(|at| self.lines.get(at))
            .map_or("", LineInput::text)
    }

    pub(in crate::tui) fn step(&mut self, forward: bool) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.at);
        self.at = fields[stepped(at.unwrap_or(0), fields.len(), forward)];
    }

    /// Takes the next or the previous of the choices under the cursor; `false`
    /// if there are none.
    pub(in crate::tui) fn choose(&mut self, forward: bool) -> bool {
        match self.at {
            Field::Profile => {
                // The first choice is none.
                let at = self.chosen.map_or(0, |at| at + 1);
                let at = stepped(at, self.saved.len() + 1, forward);
                self.chosen = at.checked_sub(1);
                self.fill();
            }
            Field::To => self.to = of(&TO, self.to, forward),
            Field::SignIn => self.sign_in = of(&SIGN_IN, self.sign_in, forward),
            Field::Insecure => self.insecure ^= true,
            _ => return false,
        }
        true
    }

    /// Enter: goes to the next field that is needed, or gives what is to be
    /// scanned when all that is needed is there.
    pub(in crate::tui) fn submit(&mut self) -> Option<ScanRequest> {
        match self.filled() {
            Ok(request) => {
                self.problem = None;
                Some(request)
            }
            Err((field, problem)) => {
                // The field that was just left empty is named; the next one is
                // just gone to.
                let is_new = problem.is_empty() && field != self.at;
                self.at = field;
                let problem = if problem.is_empty() {
                    format!("{} is needed", field.label().to_lowercase())
                } else {
                    problem
                };
                self.problem = (!is_new).then_some((field, problem));
                None
            }
        }
    }

    /// What is to be scanned; else the field that keeps from it, and why, or an
    /// empty text if it is needed and empty.
    fn filled(&mut self) -> Result<ScanRequest, (Field, String)> {
        let request = self.request();
        let mut request = request
            .cloned()
            .map_err(|reason| (Field::Profile, reason.to_owned()))?;
        if let Some(sources) = self.fixed() {
            if sources.iter().any(lacks_password) {
                return Err((
                    Field::Profile,
                    "it reads several sources, and a password has to be asked for: start idmend with --profile and its name".to_owned(),
                ));
            }
            return Ok(request);
        }
        let needed = self.fields().into_iter().find(|field| {
            let is_needed = match field {
                Field::Server | Field::Password => true,
                Field::User => !self.sign_in.is_ticket(),
                _ => false,
            };
            is_needed && self.text(*field).trim().is_empty()
        });
        if let Some(field) = needed {
            return Err((field, String::new()));
        }
        let spec = self.spec()?;
        self.mind_refusal()?;
        request.sources = vec![SourceSpec::Server(spec)];
        Ok(request)
    }

    /// A sign-in that was refused is not tried again before that was said.
    fn mind_refusal(&mut self) -> Result<(), (Field, String)> {
        let (server, user) = (self.text(Field::Server), self.text(Field::User));
        let is_it = self.refused.as_ref().is_some_and(|refused| {
            !refused.is_told
                && !self.sign_in.is_ticket()
                && (refused.server.as_str(), refused.user.as_str()) == (server, user)
                && refused.password.expose_secret() == self.text(Field::Password)
        });
        match &mut self.refused {
            Some(refused) if is_it => {
                refused.is_told = true;
                Err((
                    Field::Password,
                    "the server has refused this user with this password; a few more tries may lock the account. Enter tries it all the same".to_owned(),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The server has refused the sign-in.
    pub(in crate::tui) fn note_refusal(&mut self) {
        self.refused = Some(Refused {
            server: self.text(Field::Server).to_owned(),
            user: self.text(Field::User).to_owned(),
            password: SecretString::from(self.text(Field::Password)),
            is_told: false,
        });
    }

    fn entrance(&self) -> Result<(Entrance, u16, Protection), (Field, String)> {
        let text = self.text(Field::Server).trim();
        let failed = |why| (Field::Server, why);
        let by_dns = match self.sign_in.plain() {
            Some(plain) => (389, plain),
            None => (636, Protection::Ldaps),
        };
        Ok(match self.to {
            To::Server => {
                let (host, port, protection) =
                    server(text, self.sign_in.plain()).map_err(failed)?;
                (Entrance::Host(host), port, protection)
            }
            To::Domain => {
                let name = domain(text).map_err(failed)?;
                (Entrance::Domain(name), by_dns.0, by_dns.1)
            }
            To::OwnDomain => (Entrance::OwnDomain, by_dns.0, by_dns.1),
        })
    }

    fn spec(&self) -> Result<ServerSpec, (Field, String)> {
        let text = |field: Field| self.text(field).trim().to_owned();
        let (entrance, port, protection) = self.entrance()?;
        let mut bases = Vec::new();
        for base in text(Field::Base)
            .split(';')
            .map(str::trim)
            .filter(|base| !base.is_empty())
        {
            let base = DistinguishedName::parse(base);
            bases.push(base.map_err(|error| (Field::Base, error.to_string()))?);
        }
        let ca_cert = Some(text(Field::CaCert))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        let beyond = self.beyond.as_ref();
        let beyond = beyond.filter(|known| known.entrance == entrance).cloned();
        let (site, dns_server, pins, domain_hosts, timeout) =
            beyond.map_or_else(Default::default, |known| {
                (
                    known.site,
                    known.dns_server,
                    known.pins,
                    known.domain_hosts,
                    known.timeout,
                )
            });
        Ok(ServerSpec {
            entrance,
            site,
            dns_server,
            port,
            protection,
            ca_cert,
            pins,
            insecure: self.insecure,
            credentials: if self.sign_in.is_ticket() {
                Credentials::Kerberos {
                    principal: Some(text(Field::User)).filter(|name| !name.is_empty()),
                }
            } else {
                Credentials::Password {
                    user: text(Field::User),
                    // Spaces may be part of it.
                    password: SecretString::from(self.text(Field::Password)),
                }
            },
            domain_hosts,
            timeout,
            bases,
        })
    }
}

fn lacks_password(source: &SourceSpec) -> bool {
    matches!(
        source,
        SourceSpec::Server(ServerSpec {
            credentials: Credentials::Password { password, .. },
            ..
        }) if password.expose_secret().is_empty()
    )
}

/// The place after or before one of so many, round and round.
fn stepped(at: usize, count: usize, forward: bool) -> usize {
    let count = count.max(1);
    (at + if forward { 1 } else { count - 1 }) % count
}

fn of<T: Copy + PartialEq, const N: usize>(all: &[T; N], now: T, forward: bool) -> T {
    let at = all.iter().position(|one| *one == now).unwrap_or(0);
    all[stepped(at, N, forward)]
}
