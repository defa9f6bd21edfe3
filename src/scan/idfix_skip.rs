//! Entries that `IdFix` leaves out, by its own lists; used for its own rule
//! sets only.
//!
//! Where the code of `IdFix` tests for something that never occurs, this does
//! what the test was written for; docs/idfix-differences.md names each.

use super::SkipReason;
use super::skip::{SYSTEM_RECIPIENTS, begins, begins_with, has_recipient_bits, is};
use crate::model::{Entry, ObjectClass};

/// How the cn of a system account begins ("Errors supported by the IdFix tool",
/// well-known exclusions).
const SYSTEM_NAMES: [&str; 15] = [
    "Admini",
    "CAS_{",
    "DiscoverySearchMailbox",
    "Exchange Online-ApplicationAccount",
    "FederatedEmail",
    "Guest",
    "HealthMailbox",
    "HTTPConnector",
    "iusr_",
    "iwam",
    "krbtgt",
    "msol",
    "support_",
    "SystemMailbox",
    "WWIOadmini",
];

/// The bit of groupType of a security group ("Group-Type attribute").
const SECURITY_ENABLED: i64 = 0x8000_0000;

/// Why both sets leave `entry` out.
pub(super) fn any(entry: &Entry) -> Option<SkipReason> {
    let name = entry.common_name();
    if name.ends_with('$') || SYSTEM_NAMES.iter().any(|start| begins_with(&name, start)) {
        return Some(SkipReason::SystemName);
    }
    if entry.dn.name().contains("\nCNF:") {
        return Some(SkipReason::ReplicationConflict);
    }
    is(entry, "isCriticalSystemObject", "TRUE").then_some(SkipReason::CriticalSystemObject)
}

/// Why the multi-tenant set leaves `entry` out.
pub(super) fn multi_tenant(entry: &Entry) -> Option<SkipReason> {
    any(entry).or_else(|| match entry.class() {
        ObjectClass::User => of_user(entry),
        ObjectClass::Group => of_group(entry),
        ObjectClass::Contact | ObjectClass::Computer | ObjectClass::Other => None,
    })
}

fn of_user(entry: &Entry) -> Option<SkipReason> {
    if begins(entry, "sAMAccountName", "CAS_") || begins(entry, "mailNickname", "CAS_") {
        return Some(SkipReason::CasMailbox);
    }
    if begins(entry, "sAMAccountName", "SUPPORT_") {
        return Some(SkipReason::SupportAccount);
    }
    if begins(entry, "sAMAccountName", "MSOL_") {
        return Some(SkipReason::SyncAccount);
    }
    if begins(entry, "mailNickname", "SystemMailbox") {
        return Some(SkipReason::SystemMailbox);
    }
    if is(entry, "msExchHideFromAddressLists", "TRUE") && begins(entry, "displayName", "MSOL") {
        return Some(SkipReason::HiddenMsolUser);
    }
    has_recipient_bits(entry, SYSTEM_RECIPIENTS).then_some(SkipReason::SystemRecipient)
}

/// A group without groupType is judged: the attribute was not exported.
fn of_group(entry: &Entry) -> Option<SkipReason> {
    let kind = entry.integer("groupType")?;
    let is_security = kind < 0 || kind & SECURITY_ENABLED != 0;
    if is_security {
        (!entry.has("mail")).then_some(SkipReason::NoMail)
    } else {
        (!entry.has("proxyAddresses")).then_some(SkipReason::NoAddresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttributeName, DistinguishedName, SourceKind, Value};
    use crate::rule::chain::Skips;

    /// The reason in the multi-tenant set, and in the dedicated one.
    fn reasons(
        class: &str,
        dn: &str,
        given: &[(&'static str, &str)],
    ) -> (Option<SkipReason>, Option<SkipReason>) {
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        entry.add(AttributeName::known("objectClass"), [Value::from(class)]);
        for (name, value) in given {
            entry.add(AttributeName::known(name), [Value::from(*value)]);
        }
        let of = |skips| SkipReason::of(&entry, false, SourceKind::ActiveDirectory, skips);
        (of(Skips::MultiTenant), of(Skips::Dedicated))
    }

    fn both(reason: SkipReason) -> (Option<SkipReason>, Option<SkipReason>) {
        (Some(reason), Some(reason))
    }

    #[test]
    fn names_of_system_accounts_are_known_in_any_case() {
        for cn in [
            "Administrator",
            "CAS_{1}",
            "guest relations",
            "KRBTGT_77",
            "Msolberg",
            "iwam_x",
            "HealthMailbox1",
            "Exchange Online-ApplicationAccount",
            "SRV01$",
            "federatedemail.1",
        ] {
            let found = reasons("user", &format!("CN={cn},DC=x"), &[]);
            assert_eq!(found, both(SkipReason::SystemName), "{cn}");
        }
        for cn in ["Adam", "CAS_1", "Gues", "Support", "$a"] {
            assert_eq!(
                reasons("user", &format!("CN={cn},DC=x"), &[]),
                (None, None),
                "{cn}"
            );
        }
    }

    #[test]
    fn critical_objects_and_conflicts_are_left_out_by_both_sets() {
        assert_eq!(
            reasons("group", "CN=a,DC=x", &[("isCriticalSystemObject", "TRUE")]),
            both(SkipReason::CriticalSystemObject)
        );
        assert_eq!(
            reasons("user", "CN=a,DC=x", &[("isCriticalSystemObject", "FALSE")]),
            (None, None)
        );
        assert_eq!(
            reasons(
                "user",
                "CN=a\\0ACNF:6f9619ff-8b86-d011-b42d-00c04fc964ff,DC=x",
                &[]
            ),
            both(SkipReason::ReplicationConflict)
        );
        assert_eq!(reasons("user", "CN=ACNF: a team,DC=x", &[]), (None, None));
    }

    #[test]
    fn users_and_groups_are_left_out_by_the_multi_tenant_set_alone() {
        let user = |given: &[_]| reasons("user", "CN=a,DC=x", given);
        let only = |reason| (Some(reason), None);
        assert_eq!(
            user(&[("sAMAccountName", "cas_1")]),
            only(SkipReason::CasMailbox)
        );
        assert_eq!(
            user(&[("sAMAccountName", "SUPPORT_1")]),
            only(SkipReason::SupportAccount)
        );
        assert_eq!(
            user(&[("sAMAccountName", "MSOL_1")]),
            only(SkipReason::SyncAccount)
        );
        assert_eq!(user(&[("sAMAccountName", "MSOL1")]), (None, None));
        assert_eq!(
            user(&[("mailNickname", "CAS_x")]),
            only(SkipReason::CasMailbox)
        );
        assert_eq!(
            user(&[("mailNickname", "systemmailboxes")]),
            only(SkipReason::SystemMailbox)
        );
        let hidden = ("msExchHideFromAddressLists", "TRUE");
        assert_eq!(
            user(&[hidden, ("displayName", "Msol x")]),
            only(SkipReason::HiddenMsolUser)
        );
        assert_eq!(user(&[("displayName", "Msol x")]), (None, None));
        let details = "msExchRecipientTypeDetails";
        assert_eq!(
            user(&[(details, "4096")]),
            only(SkipReason::SystemRecipient)
        );
        assert_eq!(
            user(&[(details, "536870912")]),
            only(SkipReason::SystemRecipient)
        );
        assert_eq!(user(&[(details, "1")]), (None, None));
        assert_eq!(
            reasons("contact", "CN=a,DC=x", &[(details, "4096")]),
            (None, None)
        );

        let group = |given: &[_]| reasons("group", "CN=a,DC=x", given);
        assert_eq!(
            group(&[("groupType", "-2147483646")]),
            only(SkipReason::NoMail)
        );
        assert_eq!(
            group(&[("groupType", "-2147483646"), ("mail", "a@b.com")]),
            (None, None)
        );
        assert_eq!(group(&[("groupType", "2")]), only(SkipReason::NoAddresses));
        assert_eq!(
            group(&[("groupType", "2"), ("proxyAddresses", "smtp:a@b.com")]),
            (None, None)
        );
        assert_eq!(group(&[]), (None, None));
    }
}
