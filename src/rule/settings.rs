//! What an admin says about the tenant and the run, as far as rules care.

use super::RuleOverride;
use crate::model::AttributeName;

/// What synchronises the directory to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyncEngine {
    /// Microsoft Entra Connect Sync.
    #[default]
    Connect,
    /// Microsoft Entra Cloud Sync.
    CloudSync,
}

/// Which attribute of a user becomes the anchor in the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceAnchor {
    /// mS-DS-ConsistencyGuid, and objectGUID where it is empty.
    ConsistencyGuid,
    /// objectGUID, always.
    ObjectGuid,
}

impl SourceAnchor {
    /// The attribute that is meant, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let is = |other: &str| name.trim().eq_ignore_ascii_case(other);
        if is("mS-DS-ConsistencyGuid") {
            Some(Self::ConsistencyGuid)
        } else if is("objectGUID") {
            Some(Self::ObjectGuid)
        } else {
            None
        }
    }
}

/// Settings of a judge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tenant's verified domains, in lower case; empty when not given.
    pub verified_domains: Vec<String>,
    /// UPN suffixes to replace, `old` to `new`, in lower case.
    pub upn_suffix_map: Vec<(String, String)>,
    /// The attribute that feeds the cloud's UPN.
    pub login_attribute: AttributeName,
    /// Whether users are Exchange Online recipients: decides how bad a UPN is
    /// that equals another entry's address.
    pub exchange_online: bool,
    /// Domains that are taken for routable whatever the public suffix list says,
    /// with all below them, in lower case.
    pub routable_domains: Vec<String>,
    /// Attributes that are synchronised as directory extensions.
    pub directory_extensions: Vec<AttributeName>,
    /// What synchronises: it decides how large a group may be.
    pub sync_engine: SyncEngine,
    /// Which attribute becomes the anchor; as Entra Connect chooses by itself
    /// if not said.
    pub source_anchor: Option<SourceAnchor>,
    /// Changes to single rules, for whoever loads the rule set.
    pub overrides: Vec<RuleOverride>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            verified_domains: Vec::new(),
            upn_suffix_map: Vec::new(),
            login_attribute: AttributeName::known("userPrincipalName"),
            exchange_online: true,
            routable_domains: Vec::new(),
            directory_extensions: Vec::new(),
            sync_engine: SyncEngine::Connect,
            source_anchor: None,
            overrides: Vec::new(),
        }
    }
}
