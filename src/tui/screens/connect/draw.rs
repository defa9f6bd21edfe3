//! How the form is drawn, and what it says of its fields.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Connect, Field, SignIn, To};
use crate::session::scan_record;
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};

/// Columns of a label, with the cursor before it.
const LABEL: usize = 18;

impl Field {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::To => "Connect to",
            Self::Server => "Server",
            Self::SignIn => "Sign in with",
            Self::User => "User",
            Self::Password => "Password",
            Self::CaCert => "CA file",
            Self::Base => "Base DN",
            Self::Insecure => "Any certificate",
        }
    }
}

impl To {
    fn words(self) -> &'static str {
        match self {
            Self::Server => "a server",
            Self::Domain => "a domain; DNS names its controllers",
            Self::OwnDomain => "the domain of this computer",
        }
    }
}

impl SignIn {
    fn words(self) -> &'static str {
        match self {
            Self::Password => "a password, within TLS (LDAPS, port 636)",
            Self::PasswordStartTls => "a password, within TLS (StartTLS, port 389)",
            Self::Ticket => "the Kerberos ticket, sealed (port 389)",
            Self::TicketTls => "the Kerberos ticket, within TLS (LDAPS, port 636)",
        }
    }
}

impl Connect {
    fn hint(&self) -> &'static str {
        match self.at {
            Field::Profile => "a saved profile fills the form; idmend profile edit NAME makes one",
            Field::To => "every domain of its forest is read, each on one of its controllers",
            Field::Server if self.to == To::Domain => {
                "the DNS name of any domain of the forest: contoso.com"
            }
            Field::Server => "a domain controller: dc1.contoso.com, or ldaps://dc1.contoso.com:636",
            Field::SignIn => "what the domain allows is said by the test that follows",
            Field::User if self.sign_in.is_ticket() => {
                "empty: whose ticket there is (klist); or one of several: anna@CONTOSO.COM"
            }
            Field::User => "anna@contoso.com, CONTOSO\\anna, or a DN",
            Field::Password => "sent within TLS only, once; never stored",
            Field::CaCert => {
                "PEM file of the CA that issued the server's certificate; empty: the system's"
            }
            Field::Base => "only for servers that are no Active Directory: dc=example,dc=org",
            Field::Insecure => "DANGER: trusts any server that answers; for test labs only",
        }
    }

    /// What stands at a choice.
    fn choice(&self, field: Field) -> Option<String> {
        Some(match field {
            Field::Profile => match self.chosen.and_then(|at| self.saved.get(at)) {
                Some(saved) => saved.name.clone(),
                None => format!("none ({} saved)", self.saved.len()),
            },
            Field::To => self.to.words().to_owned(),
            Field::SignIn => self.sign_in.words().to_owned(),
            _ => return None,
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
        let heading = "Find and mend what would break synchronisation to Microsoft Entra ID.";
        let mut lines: Vec<Line<'static>> = [
            Line::styled(heading, theme.style(Role::Heading)),
            Line::raw("Reading changes nothing; writing has to be armed, started and confirmed."),
            Line::default(),
        ]
        .into_iter()
        .flat_map(|line| fold(line, width, theme))
        .collect();
        let mut cursor = None;
        for field in self.fields() {
            let (line, column) = self.draw_field(field, width, theme);
            if let Some(column) = column.filter(|_| field == self.at) {
                cursor = Some((LABEL + column, lines.len()));
            }
            lines.push(line);
        }
        let below = self.below(kept, width, theme);
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

    /// A field, and where the cursor is in it if it is a line.
    fn draw_field(
        &self,
        field: Field,
        width: usize,
        theme: Theme,
    ) -> (Line<'static>, Option<usize>) {
        let here = field == self.at;
        let sign = if here { "> " } else { "  " };
        let label = match field {
            Field::Server if self.to == To::Domain => "Domain",
            field => field.label(),
        };
        let label = format!("{sign}{label:<16}");
        let style = theme.style(if here { Role::Key } else { Role::Muted });
        let mut spans = vec![Span::styled(label, style)];
        let room = width.saturating_sub(LABEL + 1);
        if field == Field::Insecure {
            spans.push(Span::raw(if self.insecure { "[x]" } else { "[ ]" }));
            return (Line::from(spans), None);
        }
        if let Some(choice) = self.choice(field) {
            let arrows = |arrow: &'static str| Span::styled(arrow, style);
            spans.push(arrows("‹ "));
            spans.extend(cell::fit(&choice, room.saturating_sub(4), Cut::End, theme));
            spans.push(arrows(" ›"));
            return (Line::from(spans), None);
        }
        let at = super::LINES.iter().position(|line| *line == field);
        let Some(line) = at.and_then(|at| self.lines.get(at)) else {
            return (Line::from(spans), None);
        };
        let (typed, column) = line.draw(room, theme);
        spans.extend(typed);
        (Line::from(spans), Some(column))
    }

    /// What stands below the fields.
    fn below(&self, kept: Option<String>, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut below = Vec::new();
        if let (Some(_), Ok(request)) = (self.fixed(), self.request()) {
            let words = scan_record(request).sources_in_words();
            below.extend(cell::wrap(&format!("  reads {words}"), width, 4, theme));
        }
        below.push(Line::default());
        below.push(Line::styled(self.hint(), theme.style(Role::Muted)));
        if self.insecure {
            let danger = "! any certificate is accepted: the password can be stolen";
            below.push(Line::styled(danger, theme.style(Role::Warning)));
        }
        let refused = self.request().err().map(str::to_owned);
        let problem = self.problem.as_ref().map(|(_, problem)| problem.clone());
        if let Some(problem) = problem.or(refused) {
            for line in cell::wrap(&format!("! {problem}"), width, 4, theme) {
                below.push(line.patch_style(theme.style(Role::Removed)));
            }
        }
        below.push(Line::default());
        below.push(Line::raw(
            "No server at hand? F2 opens sample forests; nothing is contacted then.",
        ));
        if let Some(kept) = kept {
            below.push(Line::styled(kept, theme.style(Role::Staged)));
        }
        below
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
