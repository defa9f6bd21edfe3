//! The judge as its users see it, and the properties that hold for any entry.

use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::{AddressType, AttributeName, DistinguishedName, Entry, ProxyAddress, Value};
use crate::rule::{Confidence, Settings, file};

static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| Arc::new(file::load("entra").unwrap()));

fn judge(settings: Settings) -> Judge {
    Judge::new(Arc::clone(&RULES), settings)
}

fn entry(class: &str, attributes: &[(&'static str, &[&str])]) -> Entry {
    let dn = "CN=Jane,OU=Staff,DC=contoso,DC=com";
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    entry.add(AttributeName::known("objectClass"), [Value::from(class)]);
    for (name, values) in attributes {
        let values = values.iter().copied().map(Value::from);
        entry.add(AttributeName::known(name), values);
    }
    entry
}

fn ids(judge: &Judge, entry: &Entry) -> Vec<String> {
    let id = |fault: Fault| judge.rules.rule(fault.rule).id.clone();
    judge.faults(entry).into_iter().map(id).collect()
}

#[test]
fn a_clean_user_group_and_contact_have_no_faults() {
    let judge = judge(Settings {
        verified_domains: vec!["contoso.com".to_owned()],
        ..Settings::default()
    });
    let user = entry(
        "user",
        &[
            ("userPrincipalName", &["jane.d'arcy@contoso.com"]),
            ("sAMAccountName", &["jane.darcy"]),
            ("displayName", &["Jane d’Arcy (Größe)"]),
            ("mail", &["jane.d'arcy@contoso.com"]),
            ("mailNickname", &["jane.darcy"]),
            (
                "proxyAddresses",
                &[
                    "SMTP:jane.d'arcy@contoso.com",
                    "smtp:jane@contoso.mail.onmicrosoft.com",
                    "X500:/o=Contoso Ltd/ou=First (old)/cn=d'arcy",
                    "sip:jane@contoso.com",
                ],
            ),
        ],
    );
    let group = entry(
        "group",
        &[
            ("sAMAccountName", &["All staff, Berlin"]),
            ("mail", &["all@contoso.com"]),
        ],
    );
    let contact = entry(
        "contact",
        &[
            ("targetAddress", &["SMTP:john@relay.local"]),
            ("mail", &["john@fabrikam.com"]),
            ("proxyAddresses", &["SMTP:john@fabrikam.com"]),
        ],
    );
    for entry in [user, group, contact] {
        assert_eq!(judge.faults(&entry), Vec::new());
    }
}

#[test]
fn computers_and_other_entries_are_not_judged() {
    for class in ["computer", "organizationalUnit"] {
        let odd = entry(class, &[("userPrincipalName", &["ä b"]), ("mail", &[" "])]);
        assert_eq!(judge(Settings::default()).faults(&odd), Vec::new());
        assert_eq!(judge(Settings::default()).keys(&odd), Vec::new());
    }
}

#[test]
fn a_value_that_is_not_utf8_is_one_finding_with_the_byte() {
    let judge = judge(Settings::default());
    let mut user = entry("user", &[]);
    let bytes = b"smtp:j\xe4ne@contoso.com".to_vec();
    user.add(AttributeName::known("proxyAddresses"), [Value::from(bytes)]);
    let faults = judge.faults(&user);
    assert_eq!(faults.len(), 1);
    assert_eq!(judge.rules.rule(faults[0].rule).error, ErrorWord::Character);
    assert_eq!(
        faults[0].detail,
        "the byte 0xE4 at byte 7 is not UTF-8 text"
    );
    assert_eq!(judge.mend(&user, &faults[0].place, &faults), None);
    assert_eq!(judge.keys(&user), Vec::new());
}

#[test]
fn the_rules_of_the_sign_in_name_follow_the_login_attribute() {
    let login = AttributeName::known("extensionAttribute1");
    let judge = judge(Settings {
        login_attribute: login.clone(),
        ..Settings::default()
    });
    let user = entry(
        "user",
        &[
            ("userPrincipalName", &["jane@contoso.local"]),
            ("extensionAttribute1", &["jäne@contoso.com"]),
        ],
    );
    assert_eq!(ids(&judge, &user), ["upn-diacritics"]);
    assert_eq!(judge.faults(&user)[0].place.attribute, login);
    assert!(judge.attributes().contains(&login));
    assert_eq!(judge.keys(&user).len(), 1);
    let rule = judge.collision(
        &user,
        KeySpace::Address,
        &login,
        std::slice::from_ref(&login),
    );
    assert_eq!(
        rule.map(|id| judge.rules.rule(id).id.as_str()),
        Some("upn-duplicate")
    );
}

#[test]
fn several_faults_of_one_value_are_mended_together() {
    let judge = judge(Settings {
        upn_suffix_map: vec![("contoso.local".to_owned(), "contoso.com".to_owned())],
        ..Settings::default()
    });
    let user = entry(
        "user",
        &[("userPrincipalName", &[" jürgen.@contoso.local\u{a0}"])],
    );
    let faults = judge.faults(&user);
    let mended = judge.mend(&user, &faults[0].place, &faults).unwrap();
    assert_eq!(mended.value.as_deref(), Some("juergen@contoso.com"));
    assert_eq!(mended.confidence, Confidence::Review);
    assert_eq!(
        mended.reason,
        "white space at the edges removed; letters outside ASCII written in ASCII; \
         misplaced dots removed; suffix replaced as the settings map it"
    );
}

#[test]
fn a_proposal_that_would_repeat_another_address_is_not_made() {
    let judge = judge(Settings::default());
    let values = [
        "SMTP:jane@contoso.com",
        "smtp: jane@fabrikam.com",
        "smtp:jane@fabrikam.com",
    ];
    let user = entry("user", &[("proxyAddresses", &values)]);
    for fault in judge.faults(&user) {
        let mended = judge.mend(&user, &fault.place, &judge.faults(&user));
        assert!(
            mended.is_none_or(|mended| mended.value.is_none()),
            "{}",
            fault.detail
        );
    }
}

#[test]
fn keys_are_those_of_the_login_name_mail_and_addresses() {
    let judge = judge(Settings::default());
    let user = entry(
        "user",
        &[
            ("userPrincipalName", &["Jane@contoso.com"]),
            ("sAMAccountName", &["jane"]),
            ("mail", &["JD@contoso.com"]),
            ("mailNickname", &["Jane"]),
            (
                "proxyAddresses",
                &["SMTP:jd@contoso.com", "SIP:jane@contoso.com", "x400:C=US"],
            ),
        ],
    );
    let keys: Vec<_> = judge
        .keys(&user)
        .into_iter()
        .map(|key| (key.space, key.place.attribute.to_string(), key.key))
        .collect();
    let expected = [
        (KeySpace::Address, "userPrincipalName", "jane@contoso.com"),
        (KeySpace::Address, "mail", "jd@contoso.com"),
        (KeySpace::Nickname, "mailNickname", "jane"),
        (KeySpace::Address, "proxyAddresses", "jd@contoso.com"),
        (KeySpace::Sip, "proxyAddresses", "jane@contoso.com"),
    ]
    .map(|(space, attribute, key)| (space, attribute.to_owned(), key.to_owned()));
    assert_eq!(keys, expected);
}

#[test]
fn keys_and_key_of_agree() {
    let judge = judge(Settings::default());
    let user = entry(
        "user",
        &[
            ("sAMAccountName", &["jane"]),
            ("mail", &["JD@contoso.com"]),
            ("proxyAddresses", &["smtp:a@b.de", "sip:a@b.de"]),
        ],
    );
    let keys = judge.keys(&user);
    assert_eq!(keys[0].key, "jd@contoso.com");
    assert!(keys.iter().any(|key| key.key == "jane@contoso.com"));
    for key in keys {
        let at = usize::try_from(key.place.value.unwrap()).unwrap();
        let text = user.values(key.place.attribute.as_str())[at]
            .as_text()
            .unwrap();
        let again = judge.key_of(&user, &key.place.attribute, text);
        assert_eq!(again, Some((key.space, key.key)));
    }
}

#[test]
fn ten_thousand_repeats_are_found_and_none_is_mended() {
    let judge = judge(Settings::default());
    let values: Vec<Value> = (0..20_000)
        .map(|at| Value::from(format!("smtp:user{}@contoso.com", at % 10_000)))
        .collect();
    let mut user = entry("user", &[]);
    user.add(AttributeName::known("proxyAddresses"), values);
    let faults = judge.faults(&user);
    assert_eq!(faults.len(), 10_002);
    assert_eq!(judge.mend(&user, &faults[0].place, &faults), None);
}

/// Pieces that addresses are made of, good and bad.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "jane", "doe", "@", "@", ".", "contoso.com", "contoso.local", "smtp:", "SMTP:", "sip:",
            "x500:", "/o=", "ü", "é", "ß", "ł", "и", "\u{301}", " ", "\t", "\u{a0}", "\u{200b}",
            "\u{202e}", "\u{0}", "(", ")", "\"", ",", ";", "'", "&", "#EXT#", ":", "..", "-", "_",
            "münchen.de", "contoso.onmicrosoft.com", "contoso.mail.onmicrosoft.com", "fabrikam.com",
            "😀", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u{feff}", "李", "ﬁ",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let typed = |value: &'static str| Just(value.to_owned());
    prop_oneof![
        2 => vec(piece(), 0..8).prop_map(|pieces| pieces.concat()),
        2 => (vec(piece(), 1..4), vec(piece(), 0..3)).prop_map(|(local, rest)| {
            format!("smtp:{}@contoso.com{}", local.concat(), rest.concat())
        }),
        2 => vec(piece(), 1..4).prop_map(|local| format!("{}@contoso.com", local.concat())),
        1 => typed("SMTP:jane@contoso.com"),
        1 => typed("jane@contoso.com"),
        1 => typed("smtp:Jane@contoso.com"),
    ]
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let single = || proptest::option::of(text());
    (
        select(vec!["user", "user", "group", "contact"]),
        vec(single(), 8),
        vec(text(), 0..5),
        any::<bool>(),
    )
        .prop_map(|(class, singles, proxies, admin)| {
            let mut made = entry(class, &[]);
            let names = [
                "userPrincipalName",
                "mail",
                "mailNickname",
                "targetAddress",
                "sAMAccountName",
                "displayName",
                "givenName",
                "sn",
            ];
            for (name, value) in names.into_iter().zip(singles) {
                made.add(AttributeName::known(name), value.map(Value::from));
            }
            made.add(
                AttributeName::known("proxyAddresses"),
                proxies.into_iter().map(Value::from),
            );
            if admin {
                made.add(AttributeName::known("adminCount"), [Value::from("1")]);
            }
            made
        })
}

fn any_settings() -> impl Strategy<Value = Settings> {
    (
        select(vec![
            vec![],
            vec!["contoso.com"],
            vec!["contoso.com", "fabrikam.com"],
        ]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(verified, map, exchange_online)| Settings {
            verified_domains: verified.into_iter().map(str::to_owned).collect(),
            upn_suffix_map: if map {
                vec![("contoso.local".to_owned(), "contoso.com".to_owned())]
            } else {
                Vec::new()
            },
            exchange_online,
            ..Settings::default()
        })
}

/// `entry` with the mended value in its place.
fn with_mended(entry: &Entry, place: &Place, value: Option<&str>) -> Entry {
    let mut mended = entry.clone();
    let at = usize::try_from(place.value.unwrap()).unwrap();
    let mut values = entry.values(place.attribute.as_str()).to_vec();
    match value {
        Some(text) => values[at] = Value::from(text),
        None => drop(values.remove(at)),
    }
    mended.set(&place.attribute, values);
    mended
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_mended_passes_every_rule_and_harms_nothing_else(
        entry in any_entry(),
        settings in any_settings(),
    ) {
        let judge = judge(settings);
        let faults = judge.faults(&entry);
        let mut places: Vec<&Place> = faults.iter().map(|fault| &fault.place).collect();
        places.dedup();
        for place in places {
            let Some(mended) = judge.mend(&entry, place, &faults) else { continue };
            let at = usize::try_from(place.value.unwrap()).unwrap();
            let before = entry.values(place.attribute.as_str())[at].as_text();
            prop_assert_ne!(mended.value.as_deref(), before);
            prop_assert!(!mended.reason.is_empty());
            let after = judge.faults(&with_mended(&entry, place, mended.value.as_deref()));
            if mended.value.is_some() {
                prop_assert!(after.iter().all(|fault| fault.place != *place), "{:?}", after);
            }
            // mail and its primary address are changed one after the other.
            let rest = |faults: &[Fault]| {
                faults.iter().filter(|fault| !judge.follows_primary(fault.rule)).count()
            };
            let fewer = rest(&after) < rest(&faults)
                || rest(&after) == rest(&faults) && after.len() < faults.len();
            prop_assert!(fewer, "{:?}\n{:?}", faults, after);
        }
    }

    #[test]
    fn only_what_may_be_safe_is_safe(entry in any_entry(), settings in any_settings()) {
        let judge = judge(settings);
        let faults = judge.faults(&entry);
        for fault in &faults {
            let Some(mended) = judge.mend(&entry, &fault.place, &faults) else { continue };
            if mended.confidence != Confidence::Safe {
                continue;
            }
            let attribute = fault.place.attribute.as_str();
            prop_assert!(
                ["proxyAddresses", "mailNickname", "displayName", "givenName", "sn"].contains(&attribute),
                "{}", attribute
            );
            prop_assert_ne!(entry.integer("adminCount"), Some(1));
            let at = usize::try_from(fault.place.value.unwrap()).unwrap();
            let before = entry.values(attribute)[at].as_text().unwrap();
            if attribute == "proxyAddresses" {
                prop_assert_ne!(ProxyAddress::split(before).kind, AddressType::PrimarySmtp);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged_without_panic(
        values in vec(vec(any::<u8>(), 0..40), 1..6),
        name in select(vec!["userPrincipalName", "proxyAddresses", "mail", "targetAddress", "displayName"]),
    ) {
        let judge = judge(Settings::default());
        let mut odd = entry("user", &[]);
        odd.add(AttributeName::known(name), values.into_iter().map(Value::from));
        let faults = judge.faults(&odd);
        for fault in &faults {
            let _mended = judge.mend(&odd, &fault.place, &faults);
        }
        let _keys = judge.keys(&odd);
    }
}
