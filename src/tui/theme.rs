//! What things look like, by role.
//!
//! The sixteen colours of the terminal's own palette, so that it fits light
//! and dark backgrounds alike, and none at all when colour is not wanted. No
//! role says by colour alone what it means: there is always a word or a sign.

use ratatui::style::{Color, Modifier, Style};

use crate::rule::Severity;

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
    colour: bool,
}

impl Theme {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
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
        match colour {
            Some(colour) if self.colour => style.fg(colour),
            _ => style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::new(false);
        for role in [Role::Removed, Role::Armed, Role::Escaped, Role::Muted] {
            assert_eq!(theme.style(role).fg, None);
            assert_eq!(theme.style(role).bg, None);
        }
        assert_eq!(theme.severity(Severity::Fails).fg, None);
    }

    #[test]
    fn what_must_not_be_missed_stands_out_without_colour() {
        let theme = Theme::new(false);
        for role in [Role::Armed, Role::Escaped, Role::CursorCell, Role::Warning] {
            assert!(!theme.style(role).add_modifier.is_empty(), "{role:?}");
        }
    }
}
