//! The form that asks for a server when none was given.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{ServerSpec, SourceSpec};
use crate::model::{Credentials, DistinguishedName, Entrance, Protection};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::line::LineInput;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// The fields, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Server,
    User,
    Password,
    CaCert,
    Base,
    Kerberos,
    StartTls,
    Insecure,
}

const FIELDS: [Field; 8] = [
    Field::Server,
    Field::User,
    Field::Password,
    Field::CaCert,
    Field::Base,
    Field::Kerberos,
    Field::StartTls,
    Field::Insecure,
];

impl Field {
    fn label(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::User => "User",
            Self::Password => "Password",
            Self::CaCert => "CA file",
            Self::Base => "Base DN",
            Self::Kerberos => "Kerberos",
            Self::StartTls => "StartTLS",
            Self::Insecure => "Any certificate",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Server => "a domain controller: dc1.contoso.com, or ldaps://dc1.contoso.com:636",
            Self::User => "anna@contoso.com, CONTOSO\\anna, or a DN",
            Self::Password => "sent over TLS only, once; never stored",
            Self::CaCert => {
                "PEM file of the CA that issued the server's certificate; empty: the system's"
            }
            Self::Base => "only for servers that are no Active Directory: dc=example,dc=org",
            Self::Kerberos => {
                "on: signs in with the current ticket (kinit), no user, no password; port 389, sealed"
            }
            Self::StartTls => "off: LDAPS on port 636; on: port 389, TLS before anything else",
            Self::Insecure => "DANGER: trusts any server that answers; for test labs only",
        }
    }

    fn is_box(self) -> bool {
        matches!(self, Self::Kerberos | Self::StartTls | Self::Insecure)
    }
}

/// The form.
#[derive(Debug)]
pub(in crate::tui) struct Connect {
    at: usize,
    lines: [LineInput; 5],
    kerberos: bool,
    starttls: bool,
    insecure: bool,
    problem: Option<String>,
    /// What the form has no field for, of the server it was filled from.
    beyond: Option<ServerSpec>,
}

impl Connect {
    /// An empty form, or one filled from what is known of a server.
    pub(in crate::tui) fn new(known: Option<&ServerSpec>) -> Self {
        let mut form = Self {
            at: 0,
            lines: [
                LineInput::default(),
                LineInput::default(),
                LineInput::masked(),
                LineInput::default(),
                LineInput::default(),
            ],
            kerberos: false,
            starttls: false,
            insecure: false,
            problem: None,
            beyond: None,
        };
        if let Some(server) = known {
            form.starttls = server.protection == Protection::StartTls;
            form.insecure = server.insecure;
            if let Entrance::Host(host) = &server.entrance {
                // Within TLS from the first byte, Kerberos must be told so.
                let scheme = match (&server.credentials, server.protection) {
                    (Credentials::Kerberos { .. }, Protection::Ldaps) => "ldaps://",
                    _ => "",
                };
                form.lines[0] = LineInput::new(&format!("{scheme}{host}:{}", server.port));
            }
            match &server.credentials {
                Credentials::Password { user, password } => {
                    form.lines[1] = LineInput::new(user);
                    form.lines[2].paste(password.expose_secret());
                }
                Credentials::Kerberos { principal } => {
                    form.kerberos = true;
                    form.lines[1] = LineInput::new(principal.as_deref().unwrap_or_default());
                }
            }
            if let Some(path) = &server.ca_cert {
                form.lines[3] = LineInput::new(&path.to_string_lossy());
            }
            let bases: Vec<&str> = server.bases.iter().map(DistinguishedName::as_str).collect();
            form.lines[4] = LineInput::new(&bases.join("; "));
        }
        form
    }

    /// The form of a server that was signed in to before, at its password.
    ///
    /// # Errors
    ///
    /// A sentence, if the form cannot name it.
    pub(in crate::tui) fn again(server: &ServerSpec) -> Result<Self, String> {
        if !matches!(server.entrance, Entrance::Host(_)) {
            return Err(
                "it found its server by DNS: start idmend with the same command".to_owned(),
            );
        }
        let mut form = Self::new(Some(server));
        form.at = 2;
        form.beyond = Some(server.clone());
        Ok(form)
    }

    fn field(&self) -> Field {
        FIELDS[self.at.min(FIELDS.len() - 1)]
    }

    /// The line under the cursor; none when it stands on a box.
    pub(in crate::tui) fn line(&mut self) -> Option<&mut LineInput> {
        self.lines.get_mut(self.at)
    }

    pub(in crate::tui) fn step(&mut self, forward: bool) {
        let count = FIELDS.len();
        self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
    }

    /// Switches the box under the cursor; `false` if there is none.
    pub(in crate::tui) fn toggle(&mut self) -> bool {
        match self.field() {
            Field::Kerberos => self.kerberos ^= true,
            Field::StartTls => self.starttls ^= true,
            Field::Insecure => self.insecure ^= true,
            _ => return false,
        }
        true
    }

    /// Enter: goes to the next empty field, or gives the source when all that is needed is there.
    pub(in crate::tui) fn submit(&mut self) -> Option<SourceSpec> {
        let needed = if self.kerberos { 1 } else { 3 };
        let missing = (0..needed).find(|at| self.lines[*at].text().trim().is_empty());
        if let Some(at) = missing {
            // The field that was just left empty is named; the next one is just gone to.
            self.problem =
                (at == self.at).then(|| format!("{} is needed", FIELDS[at].label().to_lowercase()));
            self.at = at;
            return None;
        }
        match self.spec() {
            Ok(spec) => {
                self.problem = None;
                Some(SourceSpec::Server(spec))
            }
            Err((at, problem)) => {
                self.at = at;
                self.problem = Some(problem);
                None
            }
        }
    }

    fn spec(&self) -> Result<ServerSpec, (usize, String)> {
        let text = |at: usize| self.lines[at].text().trim().to_owned();
        let plain = match (self.starttls, self.kerberos) {
            (true, _) => Some(Protection::StartTls),
            (false, true) => Some(Protection::Sealed),
            (false, false) => None,
        };
        let (host, port, protection) = server(&text(0), plain).map_err(|why| (0, why))?;
        let mut bases = Vec::new();
        for base in text(4)
            .split(';')
            .map(str::trim)
            .filter(|base| !base.is_empty())
        {
            bases.push(DistinguishedName::parse(base).map_err(|error| (4, error.to_string()))?);
        }
        let ca_cert = Some(text(3))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        let entrance = Entrance::Host(host);
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
            credentials: if self.kerberos {
                Credentials::Kerberos {
                    principal: Some(text(1)).filter(|name| !name.is_empty()),
                }
            } else {
                Credentials::Password {
                    user: text(1),
                    password: SecretString::from(self.lines[2].text()),
                }
            },
            domain_hosts,
            timeout,
            bases,
        })
    }

    /// Draws the form; `kept` says which sessions there are, if any.
    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        kept: Option<String>,
        theme: Theme,
    ) {
        let width = usize::from(area.width.saturating_sub(4));
        let heading = |text| Line::styled(text, theme.style(Role::Heading));
        let mut lines: Vec<Line<'static>> = [
            heading("Find and mend what would break synchronisation to Microsoft Entra ID."),
            Line::raw("Reading changes nothing. Nothing is written until you arm it, start it and confirm it."),
            Line::default(),
        ]
        .into_iter()
        .flat_map(|line| fold(line, width, theme))
        .collect();
        let mut cursor = None;
        for (at, field) in FIELDS.iter().enumerate() {
            let here = at == self.at;
            let label = format!("{}{:<16}", if here { "> " } else { "  " }, field.label());
            let style = theme.style(if here { Role::Key } else { Role::Muted });
            let mut spans = vec![Span::styled(label, style)];
            if field.is_box() {
                let on = match field {
                    Field::Kerberos => self.kerberos,
                    Field::StartTls => self.starttls,
                    _ => self.insecure,
                };
                spans.push(Span::raw(if on { "[x]" } else { "[ ]" }));
            } else if let Some(line) = self.lines.get(at) {
                let (typed, column) = line.draw(width.saturating_sub(19), theme);
                spans.extend(typed);
                if here {
                    cursor = Some((18 + column, lines.len()));
                }
            }
            lines.push(Line::from(spans));
        }
        let mut below = vec![
            Line::default(),
            Line::styled(self.field().hint(), theme.style(Role::Muted)),
        ];
        if self.insecure {
            let danger = "! any certificate is accepted: the password can be stolen";
            below.push(Line::styled(danger, theme.style(Role::Warning)));
        }
        if let Some(problem) = &self.problem {
            for line in cell::wrap(problem, width, 3, theme) {
                below.push(line.patch_style(theme.style(Role::Removed)));
            }
        }
        below.push(Line::default());
        below.push(Line::raw(
            "No server at hand? F2 opens a sample forest: everything works there, nothing is contacted.",
        ));
        if let Some(kept) = kept {
            below.push(Line::styled(kept, theme.style(Role::Staged)));
        }
        lines.extend(below.into_iter().flat_map(|line| fold(line, width, theme)));
        let place = Rect {
            x: area.x + 2.min(area.width),
            width: area.width.saturating_sub(4),
            ..area
        };
        draw_lines(frame, place, &lines);
        if let Some((x, y)) = cursor {
            let x = place.x + u16::try_from(x).unwrap_or(0);
            let y = place.y + u16::try_from(y).unwrap_or(0);
            frame.set_cursor_position((x, y));
        }
    }
}

/// Breaks a line of own text that is too wide.
fn fold(line: Line<'static>, width: usize, theme: Theme) -> Vec<Line<'static>> {
    match line.spans.as_slice() {
        [only] if only.width() > width => {
            let style = line.style.patch(only.style);
            cell::wrap(&only.content, width, 4, theme)
                .into_iter()
                .map(|part| part.patch_style(style))
                .collect()
        }
        _ => vec![line],
    }
}

/// Host, port and protection, from what people type. `plain` is what protects
/// a connection that begins without TLS, if anything does.
fn server(text: &str, plain: Option<Protection>) -> Result<(String, u16, Protection), String> {
    let (scheme, rest) = text
        .split_once("://")
        .map_or((None, text), |(s, r)| (Some(s), r));
    let protection = match scheme.map(str::to_ascii_lowercase).as_deref() {
        None => plain.unwrap_or(Protection::Ldaps),
        Some("ldaps") => Protection::Ldaps,
        Some("ldap") => plain.ok_or(
            "ldap:// would send the password unprotected: switch StartTLS on, or use ldaps://",
        )?,
        Some(other) => {
            return Err(format!(
                "'{}' is no scheme of LDAP: use ldaps:// or ldap://",
                text::fit_text(other, 20, Cut::End)
            ));
        }
    };
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.rsplit_once(':') {
        // A bare IPv6 address has more than one colon.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse().map_err(|_no_number| {
                format!("'{}' is not a port", text::fit_text(port, 20, Cut::End))
            })?;
            (host, port)
        }
        _ if protection == Protection::Ldaps => (rest, 636),
        _ => (rest, 389),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
        return Err("this is not a host name".to_owned());
    }
    Ok((host.to_owned(), port, protection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_as_people_write_them() {
        let (tls, start) = (Protection::Ldaps, Some(Protection::StartTls));
        for (text, plain, host, port, protection) in [
            ("dc1", None, "dc1", 636, tls),
            ("dc1", start, "dc1", 389, Protection::StartTls),
            ("ldaps://dc1.x.y:3269/", None, "dc1.x.y", 3269, tls),
            ("ldaps://dc1", start, "dc1", 636, tls),
            ("ldap://dc1", start, "dc1", 389, Protection::StartTls),
            ("[::1]:1636", None, "::1", 1636, tls),
            ("fe80::1", None, "fe80::1", 636, tls),
        ] {
            let read = Ok((host.to_owned(), port, protection));
            assert_eq!(server(text, plain), read, "{text}");
        }
        for bad in [
            "ldap://dc1",
            "http://dc1",
            "dc1:x",
            "dc1:99999",
            "",
            "a b",
            "ldaps://",
        ] {
            assert!(server(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn enter_asks_for_what_is_missing_and_then_gives_the_source() {
        let mut form = Connect::new(None);
        assert!(form.submit().is_none());
        assert_eq!(form.problem.as_deref(), Some("server is needed"));
        form.line().unwrap().paste("dc1");
        assert!(form.submit().is_none());
        assert_eq!((form.field(), form.problem.clone()), (Field::User, None));
        form.line().unwrap().paste("anna@x");
        assert!(form.submit().is_none());
        form.line().unwrap().paste(" pass word ");
        let Some(SourceSpec::Server(spec)) = form.submit() else {
            panic!("{:?}", form.problem);
        };
        let host = Entrance::Host("dc1".to_owned());
        assert_eq!((spec.entrance, spec.port), (host, 636));
        let Credentials::Password { user, password } = spec.credentials else {
            panic!("a password was given");
        };
        assert_eq!(user, "anna@x");
        assert_eq!(password.expose_secret(), " pass word ");
    }

    #[test]
    fn kerberos_needs_a_server_and_nothing_else() {
        let mut form = Connect::new(None);
        form.at = 5;
        assert!(form.toggle());
        form.at = 0;
        form.line().unwrap().paste("dc1.x.y");
        let Some(SourceSpec::Server(spec)) = form.submit() else {
            panic!("{:?}", form.problem);
        };
        assert_eq!((spec.port, spec.protection), (389, Protection::Sealed));
        let again = Connect::new(Some(&spec));
        assert!(again.kerberos);
        assert_eq!(again.lines[0].text(), "dc1.x.y:389");
        form.lines[0] = LineInput::new("ldaps://dc1.x.y");
        let Some(SourceSpec::Server(spec)) = form.submit() else {
            panic!("{:?}", form.problem);
        };
        assert_eq!((spec.port, spec.protection), (636, Protection::Ldaps));
        assert_eq!(
            Connect::new(Some(&spec)).lines[0].text(),
            "ldaps://dc1.x.y:636"
        );
    }

    #[test]
    fn a_malformed_base_is_named() {
        let mut form = Connect::new(None);
        for (at, text) in ["dc1", "anna", "pw", "", "not a dn"].iter().enumerate() {
            form.at = at;
            form.line().unwrap().paste(text);
        }
        assert!(form.submit().is_none());
        assert_eq!(form.field(), Field::Base);
        assert!(form.problem.unwrap().contains("not a dn"));
    }
}
