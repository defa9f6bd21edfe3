//! `set.toml`: what a folder of rule files says of the whole set. A set without
//! that file is judged rule by rule, as Entra ID does.

use serde::Deserialize;

use crate::model::AttributeName;

/// The content of `set.toml`: what holds for a whole set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChainSet {
    /// How the rules of the set work together.
    mode: Mode,
    /// Which entries are left out.
    pub skips: Skips,
    /// Unless the admin gives a filter, only entries that have all of these are
    /// judged.
    #[serde(default)]
    pub requires: Vec<AttributeName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    Chain,
}

/// Whose list of entries to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skips {
    /// That of Entra Connect.
    #[default]
    Entra,
    /// That of the multi-tenant set of `IdFix`.
    MultiTenant,
    /// That of its dedicated set.
    Dedicated,
}
