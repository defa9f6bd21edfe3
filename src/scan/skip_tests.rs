//! Which entries are skipped, filter by filter.

use super::*;
use crate::model::{AttributeName, Value};

fn of(entry: &Entry, kind: SourceKind, skips: Skips) -> Option<SkipReason> {
    let container = DistinguishedName::from_server(entry.dn.parent());
    SkipReason::of(entry, is_exchanges_container(&container), kind, skips)
}

fn reason(class: &str, dn: &str, attributes: &[(&'static str, &str)]) -> Option<SkipReason> {
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    entry.add(AttributeName::known("objectClass"), [Value::from(class)]);
    entry.add(
        AttributeName::known("objectGUID"),
        [Value::from("0123456789abcdef")],
    );
    for (name, value) in attributes {
        entry.add(AttributeName::known(name), [Value::from(*value)]);
    }
    of(&entry, SourceKind::ActiveDirectory, Skips::Entra)
}

#[test]
fn users_are_skipped_as_entra_connect_does() {
    let sam = |name| reason("user", "CN=a,DC=x", &[("sAMAccountName", name)]);
    let with = |name, value| {
        reason(
            "user",
            "CN=a,DC=x",
            &[("sAMAccountName", "a"), (name, value)],
        )
    };
    assert_eq!(sam("a"), None);
    assert_eq!(
        reason("user", "CN=a,DC=x", &[]),
        Some(SkipReason::NoAccountName)
    );
    assert_eq!(sam("msol_1"), Some(SkipReason::SyncAccount));
    assert_eq!(sam("AAD_1"), Some(SkipReason::SyncAccount));
    assert_eq!(sam("MSOLA"), None);
    assert_eq!(sam("SUPPORT_388945a0"), Some(SkipReason::SupportAccount));
    assert_eq!(sam("SUPPORT_1"), None);
    assert_eq!(sam("CAS_{1}"), Some(SkipReason::CasMailbox));
    assert_eq!(sam("CAS_1"), None);
    assert_eq!(
        with("mailNickname", "SystemMailbox{1}"),
        Some(SkipReason::SystemMailbox)
    );
    assert_eq!(
        with("adminDescription", "User_x"),
        Some(SkipReason::AdminDescription)
    );
    assert_eq!(with("adminDescription", "Group_x"), None);
    assert_eq!(
        with("isCriticalSystemObject", "TRUE"),
        Some(SkipReason::CriticalSystemObject)
    );
}

#[test]
fn recipient_types_are_read_as_wide_decimals() {
    let with = |value| {
        let given = [
            ("sAMAccountName", "a"),
            ("msExchRecipientTypeDetails", value),
        ];
        (
            reason("user", "CN=a,DC=x", &given),
            reason("group", "CN=a,DC=x", &given),
        )
    };
    assert_eq!(with("536870912"), (Some(SkipReason::SystemRecipient), None));
    assert_eq!(
        with("1073741824"),
        (None, Some(SkipReason::SystemRecipient))
    );
    assert_eq!(with("34359738368"), (None, None));
    assert_eq!(with("1"), (None, None));
    assert_eq!(with("0x1000"), (None, None));
}

#[test]
fn each_bit_of_the_masks_is_tested_and_no_other() {
    // "User object is missing or filtered" lists the seven by number.
    let of_users = [
        4096,
        8192,
        16384,
        4_194_304,
        8_388_608,
        16_777_216,
        536_870_912,
    ];
    assert_eq!(of_users.iter().sum::<i64>(), SYSTEM_RECIPIENTS);
    for bit in 0..63 {
        let (value, wide) = (1_i64 << bit, (1_i64 << bit) | (1 << 40) | 1);
        for details in [value, wide] {
            let details = details.to_string();
            let given = [
                ("sAMAccountName", "a"),
                ("msExchRecipientTypeDetails", details.as_str()),
            ];
            let is_skipped = |class| match reason(class, "CN=a,DC=x", &given) {
                None => false,
                other => other == Some(SkipReason::SystemRecipient),
            };
            assert_eq!(is_skipped("user"), of_users.contains(&value), "{details}");
            assert_eq!(is_skipped("inetOrgPerson"), is_skipped("user"), "{details}");
            assert_eq!(is_skipped("group"), value == 1_073_741_824, "{details}");
            assert!(!is_skipped("contact"), "{details}");
        }
    }
}

#[test]
fn scoping_by_admin_description_is_for_the_class_it_names() {
    for (class, start) in [
        ("user", "User_"),
        ("inetOrgPerson", "User_"),
        ("group", "Group_"),
        ("contact", "Contact_"),
    ] {
        for other in ["User_", "Group_", "Contact_", "Computer_", "_", " User_"] {
            let text = format!("{other}NoSync");
            let given = [("sAMAccountName", "a"), ("adminDescription", text.as_str())];
            let found = reason(class, "CN=a,DC=x", &given);
            let wanted = (other == start).then_some(SkipReason::AdminDescription);
            assert_eq!(found, wanted, "{class} {text}");
        }
        let upper = start.to_uppercase();
        let given = [
            ("sAMAccountName", "a"),
            ("adminDescription", upper.as_str()),
        ];
        assert!(reason(class, "CN=a,DC=x", &given).is_some(), "{upper}");
    }
}

#[test]
fn filters_that_name_no_bits_are_exact() {
    let user = |name, value| {
        let given = [("sAMAccountName", "a"), (name, value)];
        reason("user", "CN=a,DC=x", &given)
    };
    for (name, value, wanted) in [
        (
            "isCriticalSystemObject",
            "FALSE",
            Some(SkipReason::CriticalSystemObject),
        ),
        ("mailNickname", "CAS_{1}", Some(SkipReason::CasMailbox)),
        ("mailNickname", "cas_a}", Some(SkipReason::CasMailbox)),
        ("mailNickname", "CAS_{1", None),
        ("mailNickname", "xCAS_{1}", None),
        ("mailNickname", "SystemMailbox", None),
        ("mailNickname", "SystemMailbox1", None),
        ("mailNickname", "MSOL_1", None),
        ("displayName", "Jane (MSOL)", None),
    ] {
        assert_eq!(user(name, value), wanted, "{name} {value}");
    }
    let sam = |class, name| reason(class, "CN=a,DC=x", &[("sAMAccountName", name)]);
    assert_eq!(sam("user", "AAD"), None);
    assert_eq!(sam("user", "xMSOL_1"), None);
    assert_eq!(sam("user", "SUPPORT_388945a01"), None);
    assert_eq!(
        sam("user", "MSOL_AD_Sync_RichCoexistence"),
        Some(SkipReason::SyncAccount)
    );
    assert_eq!(sam("group", "MSOL_AD_Sync_RichCoexistence2"), None);
    assert_eq!(sam("group", "AAD_1"), None);
    assert_eq!(reason("group", "CN=a,DC=x", &[]), None);
    let hidden = ("msExchHideFromAddressLists", "FALSE");
    let shown = [("displayName", "x (MSOL)"), hidden];
    assert_eq!(reason("contact", "CN=a,DC=x", &shown), None);
}

#[test]
fn conflicts_and_exchanges_mailboxes_are_known_by_their_name() {
    let user = |dn| reason("user", dn, &[("sAMAccountName", "a")]);
    assert_eq!(
        user("CN=a\\0ACNF:6f9619ff-8b86-d011-b42d-00c04fc964ff,DC=x"),
        Some(SkipReason::ReplicationConflict)
    );
    assert_eq!(user("CN=ACNF: a team,DC=x"), None);
    assert_eq!(
        user("CN=x,CN=Monitoring Mailboxes,CN=Microsoft Exchange System Objects,DC=x"),
        Some(SkipReason::ExchangeOwn)
    );
    assert_eq!(
        user("CN=HealthMailbox5d2e3f4,CN=Users,DC=x"),
        Some(SkipReason::ExchangeOwn)
    );
    assert_eq!(user("CN=HealthMailboxes Team,DC=x"), None);
    assert_eq!(user("CN=Guest Relations,DC=x"), None);
}

#[test]
fn contacts_and_groups_have_filters_of_their_own() {
    let contact = |given: &[_]| reason("contact", "CN=a,DC=x", given);
    assert_eq!(contact(&[]), None);
    let msol = ("displayName", "x (MSOL)");
    assert_eq!(contact(&[msol]), None);
    assert_eq!(
        contact(&[msol, ("msExchHideFromAddressLists", "TRUE")]),
        Some(SkipReason::HiddenMsolContact)
    );
    assert_eq!(
        contact(&[("mailNickname", "CAS_{1}")]),
        Some(SkipReason::CasMailbox)
    );
    assert_eq!(
        reason(
            "group",
            "CN=a,DC=x",
            &[("sAMAccountName", "MSOL_AD_Sync_RichCoexistence")]
        ),
        Some(SkipReason::SyncAccount)
    );
}
