//! Steps in words, for `idmend rules show`.

use super::step::{Filling, Forbidden, Kind, Place, Step, Verdict};
use crate::rule::Part;

impl Step {
    /// What the step finds fault with, as a sentence without its full stop.
    pub(in crate::rule) fn in_words(&self) -> String {
        match self {
            Self::Length { max } => format!("More than {max} UTF-16 code units"),
            Self::PartLength { part, max } => format!(
                "More than {max} UTF-16 code units {} the @",
                if matches!(part, Part::Local) {
                    "before"
                } else {
                    "after"
                }
            ),
            Self::Characters {
                at,
                of,
                white_space,
                forbidden,
            } => {
                let white_space = if *white_space { "white space " } else { "" };
                let what = format!("{white_space}{}", forbidden.in_words());
                format!(
                    "Any of {} {}{}",
                    what.trim_end(),
                    at.in_words(),
                    of.in_words()
                )
            }
            Self::SecondColon => "A colon after the first one".into(),
            Self::Duplicate { .. } => {
                "A value that another entry holds in the same attribute, once the checks \
                 before have mended both"
                    .into()
            }
            Self::Blank { propose, .. } => format!("No value{}", propose.in_words()),
            Self::OuterDots => "A dot at the beginning or the end".into(),
            Self::MailMatch => "Another address than the one in mail".into(),
            Self::Address { verdict, of } => format!("{}{}", verdict.in_words(), of.in_words()),
        }
    }
}

impl Forbidden {
    fn in_words(&self) -> String {
        let shown: Vec<String> = self.characters().map(shown).collect();
        shown.join(" ")
    }
}

/// The character, or its code point where it cannot be seen.
fn shown(c: char) -> String {
    if c.is_control() {
        format!("U+{:04X}", u32::from(c))
    } else {
        c.to_string()
    }
}

impl Place {
    fn in_words(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Beginning => "at the beginning",
            Self::Edges => "at the beginning or the end",
        }
    }
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Smtp => ", in values with smtp:",
            Self::X400X500 => ", in X400 and X500 values",
            Self::Other => ", in values that are neither SMTP nor X400 nor X500",
            Self::NotSmtp => ", in values without smtp:",
        }
    }
}

impl Verdict {
    fn in_words(self) -> &'static str {
        match self {
            Self::Format => "No address, even after the repairs",
            Self::TopLevelDomain => "A top-level domain that does not exist",
            Self::DomainPart => "Something wrong after the @",
            Self::LocalPart => "Something wrong before the @",
        }
    }
}

impl Filling {
    fn in_words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::CommonName => "; the cn is proposed",
            Self::Alias => "; givenName.sn, else sAMAccountName, else the cn is proposed",
            Self::Mail => "; SMTP: and mail are proposed",
        }
    }
}
