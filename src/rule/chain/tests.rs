//! What `IdFix` makes of a value, row by row: attribute, value, ERROR, UPDATE.
//! The rows of uniqueness, with their actions, are tested over whole scans in
//! the worksheet.

use std::sync::{Arc, LazyLock};

use super::*;
use crate::model::{DistinguishedName, Value};
use crate::rule::{Judge, file};

fn judge(set: &str) -> &'static Judge {
    static SETS: LazyLock<[Judge; 2]> = LazyLock::new(|| {
        ["multi-tenant", "dedicated"].map(|set| {
            let rules = file::read(set).unwrap();
            Judge::new(Arc::new(rules), Settings::default())
        })
    });
    &SETS[usize::from(set == "dedicated")]
}

/// An entry with everything that either set wants, so that one attribute shows
/// its own rows alone.
fn entry(class: &str, given: &[(&'static str, &str)]) -> Entry {
    let mut entry = Entry::new(DistinguishedName::from_server(
        "CN=Jane Doe,DC=contoso,DC=com",
    ));
    let plain = [
        ("objectClass", class),
        ("cn", "Jane Doe"),
        ("displayName", "Jane Doe"),
        ("mail", "jane@contoso.com"),
        ("mailNickname", "jane"),
        ("targetAddress", "SMTP:jane@contoso.com"),
        ("userPrincipalName", "jane@contoso.com"),
    ];
    for (name, value) in plain.iter().chain(given) {
        let values = if value.is_empty() {
            Vec::new()
        } else {
            vec![Value::from(*value)]
        };
        entry.set(&AttributeName::known(name), values);
    }
    entry
}

/// The rows of an entry: attribute, ERROR, UPDATE (`-` for none).
fn rows(set: &str, entry: &Entry) -> Vec<(String, String, String)> {
    let judge = judge(set);
    let faults = judge.faults(entry);
    let mut places: Vec<&Place> = faults.iter().map(|fault| &fault.place).collect();
    places.dedup();
    places
        .into_iter()
        .map(|place| {
            let own = faults.iter().filter(|fault| fault.place == *place).cloned();
            let own: Vec<Fault> = own.collect();
            let words: Vec<String> = judge
                .error_words(&own)
                .iter()
                .map(|word| format!("{word:?}"))
                .collect();
            let suggestion = judge.suggest(entry, place, &own).unwrap();
            assert_eq!(suggestion.action, SuggestedAction::Edit);
            (
                place.attribute.to_string(),
                words.join(", "),
                suggestion.update.unwrap_or_else(|| "-".to_owned()),
            )
        })
        .collect()
}

const MULTI: &str = "multi-tenant";
const DEDICATED: &str = "dedicated";
const PROXY: &str = "proxyAddresses";
const TARGET: &str = "targetAddress";
const UPN: &str = "userPrincipalName";

/// Set, class, attribute, value, ERROR (empty: no row), UPDATE.
#[rustfmt::skip] // one row a line
const TABLE: &[(&str, &str, &str, &str, &str, &str)] = &[
    // The address check, and the order of words.
    (MULTI, "user", PROXY, "smtp:a@contoso.com", "", ""),
    (MULTI, "user", PROXY, "smtp:a@[192.168.1.10]", "Character, Format, TopLevelDomain, DomainPart", "smtp:a@192.168.1.10"),
    (MULTI, "user", PROXY, "smtp:a@192.168.1.10", "Format, TopLevelDomain, DomainPart", "smtp:a@192.168.1.10"),
    (MULTI, "user", PROXY, "smtp:a@contoso.local", "TopLevelDomain", "smtp:a@contoso.local"),
    (MULTI, "user", PROXY, "SMTP:a@contoso.LOCAL", "TopLevelDomain", "SMTP:a@contoso.LOCAL"),
    (MULTI, "user", PROXY, "smtp:a@contoso.internal", "TopLevelDomain", "smtp:a@contoso.internal"),
    (MULTI, "user", PROXY, "smtp:a@contoso.test", "TopLevelDomain", "smtp:a@contoso.test"),
    (MULTI, "user", PROXY, "smtp:a@contoso.app", "", ""),
    (MULTI, "user", PROXY, "smtp:a@contoso.xn--p1ai", "", ""),
    (MULTI, "user", PROXY, "smtp:a@contoso.xn--nosuch0", "Format, TopLevelDomain, DomainPart", "smtp:a@contoso.xn--nosuch0"),
    (MULTI, "user", PROXY, "smtp:a@contoso", "Format, DomainPart", "smtp:a@contoso"),
    (MULTI, "user", PROXY, "smtp:a@contoso.com.", "Format, DomainPart", "smtp:a@contoso.com."),
    (MULTI, "user", PROXY, "smtp:a@con_toso.com", "DomainPart", "smtp:a@contoso.com"),
    (MULTI, "user", PROXY, "smtp:a@münchen.de", "DomainPart", "smtp:a@mnchen.de"),
    (MULTI, "user", PROXY, "smtp:jané@contoso.com", "LocalPart", "smtp:jan@contoso.com"),
    (MULTI, "user", PROXY, "smtp:jane.@contoso.com", "LocalPart", "smtp:jane@contoso.com"),
    (MULTI, "user", PROXY, "smtp:.jane@contoso.com", "Format, LocalPart", "smtp:.jane@contoso.com"),
    (MULTI, "user", PROXY, "smtp:a..b@contoso.com", "Format, LocalPart", "smtp:a..b@contoso.com"),
    (MULTI, "user", PROXY, "smtp:a@b@contoso.com", "LocalPart", "smtp:ab@contoso.com"),
    (MULTI, "user", PROXY, "smtp:@contoso.com", "Format, LocalPart", "smtp:@contoso.com"),
    (MULTI, "user", PROXY, "smtp:jane", "Format, DomainPart, LocalPart", "smtp:jane"),
    (MULTI, "user", PROXY, "smtp:", "Format, DomainPart, LocalPart", "smtp:"),
    (MULTI, "user", PROXY, "smtp:jane.doe", "Format, TopLevelDomain, DomainPart, LocalPart", "smtp:jane.doe"),
    (MULTI, "user", PROXY, "smtp:o'brien+x@contoso.com", "", ""),
    (MULTI, "user", PROXY, "smtp:ja\u{200b}ne@contoso.com", "LocalPart", "smtp:jane@contoso.com"),
    // Characters by kind of address.
    (MULTI, "user", PROXY, "smtp:jane doe@contoso.com", "Character", "smtp:janedoe@contoso.com"),
    (MULTI, "user", PROXY, "smtp: jane@contoso.com", "Character", "smtp:jane@contoso.com"),
    (MULTI, "user", PROXY, "smtp:jane\u{a0}@contoso.com", "Character", "smtp:jane@contoso.com"),
    (MULTI, "user", PROXY, "smtp:jane@contoso.com\n", "Character", "smtp:jane@contoso.com"),
    (MULTI, "user", PROXY, "smtp:jäne doe@contoso.com", "Character, LocalPart", "smtp:jnedoe@contoso.com"),
    (MULTI, "user", PROXY, "smtp:a:b@contoso.com", "Character", "smtp:ab@contoso.com"),
    (MULTI, "user", PROXY, "smtp:a:b @contoso.com", "Character, Character", "smtp:ab@contoso.com"),
    (MULTI, "user", PROXY, "x smtp:a@contoso.com", "Character", "xsmtp:a@contoso.com"),
    (MULTI, "user", PROXY, "x500:/o=Contoso/cn=Recipients (x)/cn=a b", "", ""),
    (MULTI, "user", PROXY, "X.500:/o=d'Arc", "Character", "X.500:/o=dArc"),
    (MULTI, "user", PROXY, "x400:C=US;\tA= ", "Character", "x400:C=US;A= "),
    (MULTI, "user", PROXY, "sip:jane doe@contoso.local", "Character", "sip:janedoe@contoso.local"),
    (MULTI, "user", PROXY, "jane@contoso.local", "", ""),
    (MULTI, "user", PROXY, "()", "Character", "Jane Doe"),
    (DEDICATED, "user", PROXY, "x500:/o=d'Arc", "", ""),
    (DEDICATED, "user", PROXY, "smtp:jane doe@contoso.com", "LocalPart", "smtp:janedoe@contoso.com"),
    (DEDICATED, "user", PROXY, "smtp:jane@contoso.com\n", "TopLevelDomain, DomainPart", "smtp:jane@contoso.com"),
    (DEDICATED, "user", PROXY, "sip:a:b", "Character", "sip:ab"),
    // userPrincipalName.
    (MULTI, "user", UPN, "jane@contoso.com", "", ""),
    (MULTI, "user", UPN, "o'brien@contoso.com", "Character", "obrien@contoso.com"),
    (MULTI, "user", UPN, "jürgen@contoso.com", "Character", "jrgen@contoso.com"),
    (MULTI, "user", UPN, "JÜRGEN@contoso.com", "Character", "JRGEN@contoso.com"),
    (MULTI, "user", UPN, "jané@contoso.com", "LocalPart", "jan@contoso.com"),
    (MULTI, "user", UPN, "straße@contoso.com", "LocalPart", "strae@contoso.com"),
    (MULTI, "user", UPN, "mañana@contoso.local", "TopLevelDomain, LocalPart", "maana@contoso.local"),
    (MULTI, "user", UPN, "jane doe@contoso.lan", "Character, TopLevelDomain", "janedoe@contoso.lan"),
    (MULTI, "user", UPN, "jane", "Format, DomainPart, LocalPart", "jane"),
    (MULTI, "user", UPN, "a#b@contoso.com", "", ""),
    // Names.
    (MULTI, "user", "displayName", "", "Blank", "Jane Doe"),
    (MULTI, "contact", "displayName", "", "Blank", "Jane Doe"),
    (MULTI, "user", "displayName", " Jane ", "", ""),
    (DEDICATED, "user", "displayName", "", "", ""),
    (DEDICATED, "group", "displayName", "", "Blank", "Jane Doe"),
    (DEDICATED, "group", "displayName", " Jane\t", "Character", "Jane"),
    (DEDICATED, "group", "displayName", " \u{2003}", "Character", "Jane Doe"),
    (DEDICATED, "user", "displayName", "Jane\u{180e}", "", ""),
    (MULTI, "user", "sAMAccountName", "jane[1]", "Character", "jane1"),
    (MULTI, "user", "sAMAccountName", "abcdefghijklmnopqrst+", "Length", "abcdefghijklmnopqrst"),
    (MULTI, "user", "sAMAccountName", "+bcdefghijklmnopqrstu", "Length, Character", "bcdefghijklmnopqrst"),
    (MULTI, "group", "sAMAccountName", "abcdefghijklmnopqrstu", "", ""),
    (DEDICATED, "user", "sAMAccountName", "a+b", "", ""),
    (MULTI, "user", "mailNickname", "..jane", "Character", "jane"),
    (MULTI, "user", "mailNickname", "jane doe.", "", ""),
    (MULTI, "user", "mailNickname", "...", "Character", "Jane Doe"),
    (DEDICATED, "user", "mailNickname", "o'brien", "Character", "obrien"),
    (DEDICATED, "user", "mailNickname", ".j&d.", "Character, Format", "jd"),
    (DEDICATED, "user", "mailNickname", "jäne", "", ""),
    (DEDICATED, "user", "mailNickname", "", "", ""),
    (DEDICATED, "contact", "mailNickname", "", "Blank", "Jane Doe"),
    // mail and targetAddress.
    (MULTI, "user", "mail", "jane doe", "", ""),
    (DEDICATED, "user", "mail", "jane doe@contoso.com", "Character", "janedoe@contoso.com"),
    (DEDICATED, "user", "mail", "(jane)@contoso.com", "LocalPart", "jane@contoso.com"),
    (DEDICATED, "user", "mail", " jane@contoso.lan", "Character, TopLevelDomain", "jane@contoso.lan"),
    (MULTI, "user", TARGET, "SMTP:a\\b@contoso.com", "Character", "SMTP:ab@contoso.com"),
    (MULTI, "user", TARGET, "SMTP:a:b;@contoso.local", "Character, Character, TopLevelDomain", "SMTP:ab@contoso.local"),
    (MULTI, "user", TARGET, "x400:C=US; A= ", "Character", "x400:C=US;A="),
    (MULTI, "user", TARGET, "jane", "", ""),
    (MULTI, "user", TARGET, "", "", ""),
    (DEDICATED, "contact", TARGET, "", "Blank", "SMTP:jane@contoso.com"),
    (DEDICATED, "user", TARGET, "", "Blank", "-"),
    (DEDICATED, "group", TARGET, "", "", ""),
    (DEDICATED, "user", TARGET, "SMTP:other@contoso.com", "MailMatch", "SMTP:jane@contoso.com"),
    (DEDICATED, "group", TARGET, "SMTP:other@contoso.com", "", ""),
    (DEDICATED, "user", TARGET, "SMTP:jane@contoso.mail.onmicrosoft.com", "", ""),
];

#[test]
fn every_value_gives_the_row_that_idfix_gives() {
    let mut wrong = Vec::new();
    for (set, class, attribute, value, error, update) in TABLE {
        let found = rows(set, &entry(class, &[(attribute, value)]));
        let expected = (!error.is_empty()).then(|| {
            (
                (*attribute).to_owned(),
                (*error).to_owned(),
                (*update).to_owned(),
            )
        });
        let same: Vec<_> = expected.into_iter().collect();
        // A change of mail is seen by targetAddress, too.
        let found: Vec<_> = found
            .into_iter()
            .filter(|row| row.0 == *attribute)
            .collect();
        if found != same {
            wrong.push(format!("{set} {class} {attribute} {value:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lengths_are_cut_and_the_rest_judged_as_cut() {
    let long = |max: usize| format!("{}@contoso.com", "a".repeat(max + 1 - 12));
    for (set, class, attribute, prefix, max) in [
        (MULTI, "user", "displayName", "", 255),
        (DEDICATED, "user", "displayName", "", 256),
        (MULTI, "user", "givenName", "", 63),
        (MULTI, "user", "mail", "", 256),
        (MULTI, "group", "mailNickname", "", 64),
        (MULTI, "group", "sAMAccountName", "", 256),
        (MULTI, "user", "sAMAccountName", "", 20),
    ] {
        let text = format!("{prefix}{}", "a".repeat(max + 1));
        let found = rows(set, &entry(class, &[(attribute, &text)]));
        let row = found.iter().find(|row| row.0 == attribute).unwrap();
        assert_eq!(
            (row.1.as_str(), row.2.len()),
            ("Length", max),
            "{set} {attribute}"
        );
        let found = rows(
            set,
            &entry(class, &[(attribute, &text.replacen('a', "", 1))]),
        );
        assert!(
            found.iter().all(|row| row.0 != attribute),
            "{set} {attribute}"
        );
    }
    // What is left of an address is judged: here it ends in .co, which exists.
    let value = format!("smtp:{}", long(251));
    let found = rows(MULTI, &entry("user", &[(PROXY, &value)]));
    assert_eq!(
        found,
        [(
            PROXY.into(),
            "Length".into(),
            value.get(..256).unwrap().into()
        )]
    );
    // Here it ends in no top-level domain at all.
    let value = long(113).replace("contoso.com", "contoso.zone");
    let found = rows(MULTI, &entry("user", &[(UPN, &value)]));
    let (words, update) = ("Length, Length, TopLevelDomain", value.get(..113).unwrap());
    assert_eq!(
        found,
        [(UPN.to_owned(), words.to_owned(), update.to_owned())]
    );
}

#[test]
fn a_cut_never_splits_a_character() {
    let value = format!("{}e\u{301}", "a".repeat(254));
    let found = rows(MULTI, &entry("user", &[("displayName", &value)]));
    assert_eq!(found[0].2, "a".repeat(254));
}

#[test]
fn an_alias_is_made_of_the_names_that_there_are() {
    let update = |given: &[(&'static str, &str)]| {
        let mut all = vec![("mailNickname", "")];
        all.extend(given);
        rows(DEDICATED, &entry("contact", &all)).swap_remove(0).2
    };
    assert_eq!(update(&[("givenName", "Jane"), ("sn", "Doe")]), "Jane.Doe");
    assert_eq!(update(&[("givenName", "Jane")]), "Jane");
    assert_eq!(update(&[("sAMAccountName", "jd")]), "jd");
    assert_eq!(update(&[]), "Jane Doe");
}

#[test]
fn another_login_attribute_silences_the_rules_of_the_name() {
    let settings = Settings {
        login_attribute: AttributeName::known("mail"),
        ..Settings::default()
    };
    let judge = Judge::new(Arc::clone(&judge(MULTI).rules), settings);
    let entry = entry("user", &[(UPN, "jürgen"), ("mail", "not an address")]);
    assert_eq!(judge.faults(&entry), []);
    let upn = AttributeName::known(UPN);
    assert_eq!(judge.key_of(&entry, &upn, "jane@contoso.com"), None);
}

#[test]
fn bytes_that_are_no_text_are_a_finding_where_characters_are_judged() {
    let mut entry = entry("user", &[]);
    for name in [UPN, "mail"] {
        let value = Value::from(vec![b'a', 0xff]);
        entry.set(&AttributeName::known(name), vec![value]);
    }
    let faults = judge(MULTI).faults(&entry);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].detail.contains("byte 2"), "{}", faults[0].detail);
    assert_eq!(
        judge(MULTI).suggest(&entry, &faults[0].place, &faults),
        None
    );
}

#[test]
fn values_are_compared_within_one_attribute_as_repaired() {
    let key = |attribute: &str, value: &str| {
        let attribute = AttributeName::parse(attribute).unwrap();
        judge(MULTI).key_of(&entry("user", &[]), &attribute, value)
    };
    assert_eq!(key(PROXY, "smtp:a:b@c.de"), key(PROXY, "SMTP:AB@c.de"));
    assert_ne!(key(PROXY, "smtp:a b@c.de"), key(PROXY, "smtp:ab@c.de"));
    assert_ne!(key(PROXY, "smtp:ab@c.de"), key(PROXY, "sip:ab@c.de"));
    assert_ne!(key("mail", "a@b.de"), key(UPN, "a@b.de"));
    assert_eq!(key("mailNickname", "..x"), key("mailNickname", "X"));
    assert_eq!(key("mail", "jané@b.de"), key("mail", "JANE\u{301}@b.de"));
    assert_ne!(key("mail", "jané@b.de"), key("mail", "jane@b.de"));
    assert_eq!(key(UPN, "jürgen@b.de"), key(UPN, "jrgen@b.de"));
    assert_eq!(
        key("sAMAccountName", "a"),
        None,
        "there is a user principal name"
    );
    assert_eq!(key("displayName", "a"), None);
}

proptest::proptest! {
    #[test]
    fn any_value_is_judged_without_panic_and_ends_somewhere(
        value in "\\PC{0,40}|[smtp:@.\" x5\\[\\]é\u{a0}\n]{0,30}",
        set in proptest::sample::select(vec![MULTI, DEDICATED]),
        attribute in proptest::sample::select(vec![
            "displayName", "mail", "mailNickname", PROXY, TARGET, UPN, "sAMAccountName",
        ]),
    ) {
        let entry = entry("user", &[(attribute, &value)]);
        rows(set, &entry);
        judge(set).keys(&entry);
    }
}

#[test]
fn a_domain_that_the_admin_names_is_no_wrong_top_level_domain() {
    let words = |settings: &Settings, value: &str| {
        let judge = Judge::new(Arc::new(file::read(MULTI).unwrap()), settings.clone());
        let faults = judge.faults(&entry("user", &[(PROXY, value)]));
        judge.error_words(&faults)
    };
    let settings = Settings {
        routable_domains: vec!["contoso.local".into()],
        verified_domains: vec!["fabrikam.test".into()],
        ..Settings::default()
    };
    for (value, is_named) in [
        ("smtp:a@contoso.local", true),
        ("smtp:a@Sales.Contoso.LOCAL", true),
        ("smtp:a@fabrikam.test", true),
        ("smtp:a@other.local", false),
        ("smtp:a@notcontoso.local", false),
        ("smtp:a.contoso.local", false),
    ] {
        let wrong = [ErrorWord::TopLevelDomain];
        assert!(
            words(&Settings::default(), value).contains(&wrong[0]),
            "{value}"
        );
        let found = words(&settings, value).contains(&wrong[0]);
        assert_eq!(found, !is_named, "{value}");
    }
}
