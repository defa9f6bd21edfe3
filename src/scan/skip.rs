//! Entries that the sync engine leaves out, and why.
//!
//! These are the default scoping filters of Entra Connect ("Microsoft Entra
//! Connect Sync: Understanding the default configuration"), its scoping on
//! adminDescription, and Exchange's own mailboxes. Filters of Entra Connect
//! that hide a fault are not here: a contact or a distribution group without
//! an address is a finding. Filters on attributes that every directory entry
//! has (a source anchor, userAccountControl) are not here either: where those
//! are missing they were not exported.

use std::fmt;

use super::idfix_skip;
use crate::model::{DistinguishedName, Entry, ObjectClass, SourceKind};
use crate::rule::chain::Skips;

/// Bits of msExchRecipientTypeDetails that keep a user from synchronising:
/// mail-enabled public folder, system attendant, system mailbox, Microsoft
/// Exchange, arbitration mailbox, mailbox plan, discovery mailbox
/// ("User object is missing or filtered").
pub(super) const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;

/// The bit of msExchRecipientTypeDetails of an Exchange role group.
const ROLE_GROUP: i64 = 0x4000_0000;

/// Why the sync engine skips an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// isCriticalSystemObject is set: built-in accounts and groups.
    CriticalSystemObject,
    /// A user without sAMAccountName.
    NoAccountName,
    /// An account or group of the sync engine: `AAD_`, `MSOL_`,
    /// `MSOL_AD_Sync_RichCoexistence`.
    SyncAccount,
    /// `SUPPORT_388945a0`.
    SupportAccount,
    /// A mailNickname that begins with `SystemMailbox{`.
    SystemMailbox,
    /// `CAS_{…}` in mailNickname or sAMAccountName.
    CasMailbox,
    /// msExchRecipientTypeDetails names a system recipient or a role group.
    SystemRecipient,
    /// What replication leaves when two entries get one name (`CNF:`).
    ReplicationConflict,
    /// A hidden contact of the old coexistence: `(MSOL)` in displayName.
    HiddenMsolContact,
    /// adminDescription begins with `User_`, `Group_` or `Contact_`.
    AdminDescription,
    /// Below CN=Microsoft Exchange System Objects, or a health mailbox.
    ExchangeOwn,
    /// No objectClass was returned: what it is cannot be told.
    NoClass,
    /// By the list of `IdFix`: a cn that ends in `$` or begins like that of a
    /// system account.
    SystemName,
    /// By the list of `IdFix`: a hidden user with a displayName that begins
    /// with MSOL.
    HiddenMsolUser,
    /// By the list of `IdFix`: a security group without mail.
    NoMail,
    /// By the list of `IdFix`: a distribution group without proxyAddresses.
    NoAddresses,
}

impl SkipReason {
    /// The reason as words that follow a count.
    pub fn words(self) -> &'static str {
        match self {
            Self::CriticalSystemObject => "built-in (isCriticalSystemObject)",
            Self::NoAccountName => "without sAMAccountName",
            Self::SyncAccount => "accounts of the sync engine (AAD_, MSOL_)",
            Self::SupportAccount => "support account (SUPPORT_388945a0)",
            Self::SystemMailbox => "system mailboxes (mailNickname SystemMailbox{)",
            Self::CasMailbox => "client access mailboxes (CAS_{)",
            Self::SystemRecipient => "system recipients (msExchRecipientTypeDetails)",
            Self::ReplicationConflict => "replication conflicts (CNF:)",
            Self::HiddenMsolContact => "hidden contacts with (MSOL) in displayName",
            Self::AdminDescription => "excluded by adminDescription",
            Self::ExchangeOwn => "Exchange's own mailboxes",
            Self::NoClass => "without objectClass, so that they cannot be judged",
            Self::SystemName => "named like a system account (IdFix's list)",
            Self::HiddenMsolUser => "hidden users with MSOL in displayName",
            Self::NoMail => "security groups without mail",
            Self::NoAddresses => "distribution groups without proxyAddresses",
        }
    }

    /// Why `entry`, read from a source of `kind`, is skipped by the list of
    /// `skips`; `None` if it is not. `in_exchanges` says that its container is
    /// Exchange's own ([`is_exchanges_container`]).
    pub(super) fn of(
        entry: &Entry,
        in_exchanges: bool,
        kind: SourceKind,
        skips: Skips,
    ) -> Option<Self> {
        match skips {
            Skips::Entra => Self::of_entra(entry, in_exchanges, kind),
            Skips::MultiTenant => idfix_skip::multi_tenant(entry),
            Skips::Dedicated => idfix_skip::any(entry),
        }
    }

    fn of_entra(entry: &Entry, in_exchanges: bool, kind: SourceKind) -> Option<Self> {
        let class = entry.class();
        let name = entry.dn.name();
        if entry.has("isCriticalSystemObject") {
            return Some(Self::CriticalSystemObject);
        }
        if name.contains("\nCNF:") {
            return Some(Self::ReplicationConflict);
        }
        if in_exchanges || is_health_mailbox(&name) {
            return Some(Self::ExchangeOwn);
        }
        let scoped_out = match class {
            ObjectClass::User => "User_",
            ObjectClass::Group => "Group_",
            ObjectClass::Contact => "Contact_",
            ObjectClass::Computer | ObjectClass::Other => return None,
        };
        if begins(entry, "adminDescription", scoped_out) {
            return Some(Self::AdminDescription);
        }
        match class {
            ObjectClass::User => of_user(entry, kind),
            ObjectClass::Group => of_group(entry),
            ObjectClass::Contact => of_contact(entry),
            ObjectClass::Computer | ObjectClass::Other => None,
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

fn of_user(entry: &Entry, kind: SourceKind) -> Option<SkipReason> {
    let account = entry.text("sAMAccountName").unwrap_or_default();
    let nickname = entry.text("mailNickname").unwrap_or_default();
    if !entry.has("sAMAccountName") && kind != SourceKind::OtherLdap {
        let is_principal = entry.has("objectGUID") || entry.has("userAccountControl");
        if is_principal {
            return Some(SkipReason::NoAccountName);
        }
    }
    if begins_with(account, "AAD_") || begins_with(account, "MSOL_") {
        return Some(SkipReason::SyncAccount);
    }
    if account.eq_ignore_ascii_case("SUPPORT_388945a0") {
        return Some(SkipReason::SupportAccount);
    }
    if begins_with(nickname, "SystemMailbox{") {
        return Some(SkipReason::SystemMailbox);
    }
    if is_cas(nickname) || is_cas(account) {
        return Some(SkipReason::CasMailbox);
    }
    has_recipient_bits(entry, SYSTEM_RECIPIENTS).then_some(SkipReason::SystemRecipient)
}

fn of_group(entry: &Entry) -> Option<SkipReason> {
    if is(entry, "sAMAccountName", "MSOL_AD_Sync_RichCoexistence") {
        return Some(SkipReason::SyncAccount);
    }
    has_recipient_bits(entry, ROLE_GROUP).then_some(SkipReason::SystemRecipient)
}

fn of_contact(entry: &Entry) -> Option<SkipReason> {
    let is_msol = entry
        .text("displayName")
        .is_some_and(|name| name.to_ascii_uppercase().contains("(MSOL)"));
    if is_msol && is(entry, "msExchHideFromAddressLists", "TRUE") {
        return Some(SkipReason::HiddenMsolContact);
    }
    let nickname = entry.text("mailNickname").unwrap_or_default();
    is_cas(nickname).then_some(SkipReason::CasMailbox)
}

pub(super) fn is(entry: &Entry, attribute: &str, text: &str) -> bool {
    entry
        .text(attribute)
        .is_some_and(|value| value.eq_ignore_ascii_case(text))
}

pub(super) fn begins(entry: &Entry, attribute: &str, start: &str) -> bool {
    entry
        .text(attribute)
        .is_some_and(|value| begins_with(value, start))
}

pub(super) fn begins_with(value: &str, start: &str) -> bool {
    value
        .get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_cas(name: &str) -> bool {
    begins_with(name, "CAS_") && name.contains('}')
}

pub(super) fn has_recipient_bits(entry: &Entry, mask: i64) -> bool {
    entry
        .integer("msExchRecipientTypeDetails")
        .is_some_and(|details| details & mask != 0)
}

/// Whether a container is Exchange's system container, or lies below it.
pub(super) fn is_exchanges_container(dn: &DistinguishedName) -> bool {
    dn.rdns().any(|rdn| {
        rdn.attribute.eq_ignore_ascii_case("CN")
            && rdn
                .value
                .eq_ignore_ascii_case("Microsoft Exchange System Objects")
    })
}

/// Whether a mailbox is one that Exchange's monitoring makes: `HealthMailbox`
/// and a number, or `HealthMailbox-` and a server. A person whose name merely
/// begins so is not meant.
fn is_health_mailbox(name: &str) -> bool {
    let rest = begins_with(name, "HealthMailbox")
        .then(|| name.get("HealthMailbox".len()..))
        .flatten()
        .unwrap_or_default();
    let is_number = rest.len() >= 7 && rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    rest.starts_with('-') || is_number
}

#[cfg(test)]
#[path = "skip_tests.rs"]
mod tests;
