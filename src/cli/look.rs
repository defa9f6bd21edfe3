//! Flags of the terminal interface: what it looks like.

use clap::Args;

use crate::config::{Colours, Profile};

/// What the terminal interface looks like.
#[derive(Debug, Clone, Args)]
pub(super) struct LookArgs {
    /// Colours: standard (for any background), dark, light or none
    #[arg(long, value_name = "SET", help_heading = "Terminal")]
    colours: Option<Colours>,
    /// Take the mouse from the terminal: click, sort and scroll with it
    #[arg(long, help_heading = "Terminal")]
    mouse: bool,
}

impl LookArgs {
    /// These flags, with those of the profile where none are given. `NO_COLOR`
    /// holds where nobody names colours.
    pub(super) fn with_profile(&self, profile: &Profile) -> Look {
        // https://no-color.org: set and not empty.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let usual = if plain {
            Colours::None
        } else {
            profile.colours.unwrap_or_default()
        };
        Look {
            colours: self.colours.unwrap_or(usual),
            mouse: self.mouse || profile.mouse,
        }
    }
}

/// What the terminal interface is to look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) colours: Colours,
    pub(super) mouse: bool,
}
