//! What things look like, by role.
//!
//! By default the sixteen colours of the terminal's own palette, so that it fits
//! light and dark backgrounds alike; brighter or darker ones where somebody says
//! what the background is, and none at all when colour is not wanted. No role says
//! by colour alone what it means: there is always a word or a sign.

use ratatui::style::{Color, Modifier, Style};

use crate::config::Colours;
use crate::rule::Severity;

/// Yellow for a light background, from the 256 colours.
const BROWN: Color = Color::Indexed(94);

/// The roles that the screens draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Names of columns and sections.
    Heading,
    /// What is there for completeness.
    Muted,
    /// A key in a footer or a help line.
    Key,
    /// The cell under the cursor.
    CursorCell,
    /// A marked row.
    Marked,
    /// A character that cannot be seen or must not be sent, in its visible form.
    Escaped,
    /// The part of a value that is at fault.
    Fault,
    /// A value that goes, or a failure.
    Removed,
    /// A value that comes, or a success.
    Added,
    /// A decision that is staged.
    Staged,
    /// Something to look at.
    Warning,
    /// Nothing can be written.
    ReadOnly,
    /// Writing is armed.
    Armed,
    /// The filter in force.
    Chip,
}

/// Roles to styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Theme {
    colours: Colours,
}

impl Theme {
    pub(super) fn new(colours: Colours) -> Self {
        Self { colours }
    }

    /// The next set of colours, around.
    pub(super) fn next(self) -> Self {
        Self::new(match self.colours {
            Colours::Standard => Colours::Dark,
            Colours::Dark => Colours::Light,
            Colours::Light => Colours::None,
            Colours::None => Colours::Standard,
        })
    }

    /// What the colours are for.
    pub(super) fn words(self) -> &'static str {
        match self.colours {
            Colours::Standard => "for any background",
            Colours::Dark => "for a dark background",
            Colours::Light => "for a light background",
            Colours::None => "none",
        }
    }

    pub(super) fn style(self, role: Role) -> Style {
        let (colour, modifier) = match role {
            Role::Heading | Role::Key => (None, Modifier::BOLD),
            Role::Muted => (Some(Color::DarkGray), Modifier::empty()),
            Role::CursorCell | Role::Chip | Role::ReadOnly => (None, Modifier::REVERSED),
            Role::Marked => (Some(Color::Cyan), Modifier::BOLD),
            Role::Escaped => (Some(Color::Magenta), Modifier::REVERSED),
            Role::Fault => (Some(Color::Red), Modifier::BOLD.union(Modifier::UNDERLINED)),
            Role::Removed => (Some(Color::Red), Modifier::empty()),
            Role::Added | Role::Staged => (Some(Color::Green), Modifier::empty()),
            Role::Warning => (Some(Color::Yellow), Modifier::BOLD),
            Role::Armed => (Some(Color::Red), Modifier::BOLD.union(Modifier::REVERSED)),
        };
        self.with(colour, modifier)
    }

    pub(super) fn severity(self, severity: Severity) -> Style {
        let (colour, modifier) = match severity {
            Severity::Fails => (Color::Red, Modifier::BOLD),
            Severity::Quarantined => (Color::Magenta, Modifier::BOLD),
            Severity::Dropped | Severity::Changed => (Color::Yellow, Modifier::empty()),
            Severity::Hygiene => (Color::Blue, Modifier::empty()),
        };
        self.with(Some(colour), modifier)
    }

    fn with(self, colour: Option<Color>, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        match colour.and_then(|colour| self.shade(colour)) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    /// The colour as this background can show it; none if it would be hard to
    /// read.
    fn shade(self, colour: Color) -> Option<Color> {
        match self.colours {
            Colours::None => None,
            // Blue is hard to read on black.
            Colours::Standard => (colour != Color::Blue).then_some(colour),
            Colours::Dark => Some(match colour {
                Color::Red => Color::LightRed,
                Color::Green => Color::LightGreen,
                Color::Yellow => Color::LightYellow,
                Color::Blue => Color::LightBlue,
                Color::Magenta => Color::LightMagenta,
                Color::Cyan => Color::LightCyan,
                Color::DarkGray => Color::Gray,
                other => other,
            }),
            Colours::Light => Some(match colour {
                // Yellow and cyan are hard to read on white.
                Color::Yellow => BROWN,
                Color::Cyan => Color::Blue,
                other => other,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::new(Colours::None);
        for role in [Role::Removed, Role::Armed, Role::Escaped, Role::Muted] {
            assert_eq!(theme.style(role).fg, None);
            assert_eq!(theme.style(role).bg, None);
        }
        assert_eq!(theme.severity(Severity::Fails).fg, None);
    }

    #[test]
    fn what_must_not_be_missed_stands_out_without_colour() {
        let theme = Theme::new(Colours::None);
        for role in [Role::Armed, Role::Escaped, Role::CursorCell, Role::Warning] {
            assert!(!theme.style(role).add_modifier.is_empty(), "{role:?}");
        }
    }
}
