//! The steps of a chain: what one looks at, what it says, and what it hands on.
//!
//! A step that finds fault repairs the value, and the next one judges the
//! repaired value. Repairs are those of `IdFix`; nothing here asks whether they
//! are wise. No step allocates for a value that it accepts.

use std::borrow::Cow;

use serde::Deserialize;

use super::repair::{
    alias, cut, mail_match, outer_dots, over_length, over_part_length, second_colon,
    wrong_characters,
};
use crate::model::{AttributeName, Entry};
use crate::rule::Part;

/// What a rule of a chain checks.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Step {
    /// More UTF-16 code units than `max`; cut.
    Length {
        /// The limit.
        max: u32,
    },
    /// More UTF-16 code units than `max` before or after the last `@`; handed
    /// on as it is.
    PartLength {
        /// Of what: local or domain.
        part: Part,
        /// The limit.
        max: u32,
    },
    /// Characters that may not stand there; removed. The cn if none is left.
    Characters {
        /// Where.
        #[serde(default)]
        at: Place,
        /// In which values.
        #[serde(default)]
        of: Kind,
        /// Whether white space is meant, too.
        #[serde(default)]
        white_space: bool,
        /// The characters.
        #[serde(default)]
        forbidden: Forbidden,
    },
    /// A colon after the first one; all of them removed.
    SecondColon,
    /// The value of another entry; handed on as it is.
    Duplicate {
        /// COMPLETE is proposed where the entry has this attribute and nothing
        /// before changed the value.
        #[serde(default)]
        complete_with: Option<AttributeName>,
        /// COMPLETE only for an entry's first value if it begins with `smtp:`,
        /// and REMOVE for one that contains it, without that attribute.
        #[serde(default)]
        as_proxy: bool,
    },
    /// No value, or an empty one.
    Blank {
        /// What to write.
        propose: Filling,
        /// Cut to so many UTF-16 code units.
        #[serde(default)]
        max: Option<u32>,
    },
    /// A dot at the beginning or the end; removed.
    OuterDots,
    /// Another address than the one in mail, but for hybrid routing; `SMTP:` and
    /// mail instead.
    MailMatch,
    /// One of the four verdicts of the address check. All of them for one
    /// attribute are one check, made at the place of the first.
    Address {
        /// Which.
        verdict: Verdict,
        /// In which values.
        #[serde(default)]
        of: Kind,
    },
}

/// Where in a value characters are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Anywhere.
    #[default]
    Anywhere,
    /// At the beginning.
    Beginning,
    /// At the beginning and the end.
    Edges,
}

/// Which values a step concerns, by how they were written before any step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// All.
    #[default]
    Any,
    /// Those with `smtp:` anywhere, in any case.
    Smtp,
    /// Of the others those that begin with `x400` or `x500`, or with a dot
    /// after the x.
    X400X500,
    /// The rest.
    Other,
    /// All without `smtp:`.
    NotSmtp,
}

/// What the address check finds, in the order in which it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No address even after the repairs.
    Format,
    /// A top-level domain that does not exist.
    TopLevelDomain,
    /// Something wrong after the `@`.
    DomainPart,
    /// Something wrong before the `@`.
    LocalPart,
}

/// What to write where nothing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filling {
    /// Nothing is known.
    Nothing,
    /// The cn.
    CommonName,
    /// givenName.sn, or the one that there is; else sAMAccountName, else cn.
    Alias,
    /// `SMTP:` and mail.
    Mail,
}

/// A set of characters, written one after the other.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "String")]
pub struct Forbidden {
    ascii: u128,
    others: Box<[char]>,
}

impl From<String> for Forbidden {
    fn from(text: String) -> Self {
        let (ascii, others): (Vec<char>, Vec<char>) = text.chars().partition(char::is_ascii);
        Self {
            ascii: ascii.iter().fold(0, |bits, c| bits | 1 << u32::from(*c)),
            others: others.into(),
        }
    }
}

impl Forbidden {
    /// All of them, those of ASCII first.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> + '_ {
        let ascii = (0..128_u8)
            .filter(|at| self.ascii >> at & 1 == 1)
            .map(char::from);
        ascii.chain(self.others.iter().copied())
    }

    fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            self.ascii >> u32::from(c) & 1 == 1
        } else {
            self.others.contains(&c)
        }
    }
}

impl Kind {
    /// The narrowest kind of a value that was read as `original`: [`Kind::Smtp`],
    /// [`Kind::X400X500`] or [`Kind::Other`].
    pub(super) fn of(original: &str) -> Self {
        if contains_smtp(original) {
            Self::Smtp
        } else if is_x400_or_x500(original) {
            Self::X400X500
        } else {
            Self::Other
        }
    }

    /// Whether values of the narrowest kind `other` are meant.
    fn includes(self, other: Self) -> bool {
        match self {
            Self::Any => true,
            Self::NotSmtp => other != Self::Smtp,
            Self::Smtp | Self::X400X500 | Self::Other => self == other,
        }
    }
}

/// Whether `smtp:` stands anywhere in `text`, in any case.
pub(super) fn contains_smtp(text: &str) -> bool {
    let ends_in_smtp = |before: &str| {
        let before = before.as_bytes();
        before.len() >= 4 && before[before.len() - 4..].eq_ignore_ascii_case(b"smtp")
    };
    // All but what follows the last colon.
    let mut parts = text.rsplit(':');
    parts.next();
    parts.any(ends_in_smtp)
}

fn is_x400_or_x500(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['x', 'X']) else {
        return false;
    };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    rest.starts_with("400") || rest.starts_with("500")
}

/// What a step made of a value.
#[derive(Debug)]
pub(super) struct Failure<'v> {
    /// What is wrong, as a sentence.
    pub(super) detail: String,
    /// What is handed on; `None` if it stays as it is.
    pub(super) repaired: Option<Cow<'v, str>>,
}

impl Step {
    /// Whether it looks at values that were of the narrowest kind `original`
    /// when they were read.
    pub(super) fn concerns(&self, original: Kind) -> bool {
        match self {
            Self::Characters { of, .. } | Self::Address { of, .. } => of.includes(original),
            _ => true,
        }
    }

    /// What is wrong with `value` by this step alone; for those that need no
    /// other entry and are no verdict of the address check.
    pub(super) fn judge<'v>(&self, entry: &Entry, value: &str) -> Option<Failure<'v>> {
        match self {
            Self::Length { max } => over_length(value, *max),
            Self::PartLength { part, max } => over_part_length(value, *part, *max),
            Self::Characters {
                at,
                white_space,
                forbidden,
                ..
            } => {
                let wrong = |c: char| *white_space && c.is_whitespace() || forbidden.contains(c);
                wrong_characters(entry, value, *at, wrong)
            }
            Self::SecondColon => second_colon(value),
            Self::Blank { .. } => value.is_empty().then(|| self.blank(entry)).flatten(),
            Self::OuterDots => outer_dots(entry, value),
            Self::MailMatch => mail_match(entry, value),
            Self::Duplicate { .. } | Self::Address { .. } => None,
        }
    }

    /// The failure of an attribute without a value; `None` if this is no check
    /// for that.
    pub(super) fn blank<'v>(&self, entry: &Entry) -> Option<Failure<'v>> {
        let Self::Blank { propose, max } = self else {
            return None;
        };
        let filling = match propose {
            Filling::Nothing => None,
            Filling::CommonName => Some(entry.common_name().into_owned()),
            Filling::Alias => Some(alias(entry)),
            Filling::Mail => entry.text("mail").map(|mail| format!("SMTP:{mail}")),
        };
        Some(Failure {
            detail: "there is no value".to_owned(),
            repaired: filling.map(|text| match max {
                Some(max) => cut(&text, *max).to_owned().into(),
                None => text.into(),
            }),
        })
    }
}
