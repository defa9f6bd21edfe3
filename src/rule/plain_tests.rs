//! The judge against itself without screens, slots and tallies: what they clear
//! must be clear.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::{DistinguishedName, Entry, Value};
use crate::rule::file;

/// Texts that rules, screens and tallies look at, in pieces.
const PIECES: [&str; 56] = [
    "a",
    "a",
    "Jane",
    "b.c",
    ".",
    "..",
    "@",
    "@",
    "@",
    ":",
    " ",
    "\t",
    "\n",
    "\0",
    "'",
    "\"",
    "&",
    "(",
    "#",
    "#EXT#",
    "#ext#",
    "-",
    "_",
    "!",
    "smtp:",
    "SMTP:",
    "smtp:",
    "SMTP:",
    "Smtp:",
    " smtp:",
    "smtp",
    "sip:",
    "x500:",
    "X400:",
    "EUM:",
    "contoso.com",
    "Contoso.com",
    "contoso.local",
    "mail.onmicrosoft.com",
    "contoso.onmicrosoft.com",
    "münchen.de",
    "xn--mnchen-3ya.de",
    "ü",
    "ſ",
    "\u{212a}",
    "€",
    "é",
    "e\u{301}",
    "日本",
    "\u{a0}",
    "\u{85}",
    "\u{200b}",
    "\u{200d}",
    "\u{34f}",
    "\u{3000}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

const ATTRIBUTES: [&str; 12] = [
    "userPrincipalName",
    "MAIL",
    "mailNickname",
    "proxyAddresses",
    "proxyAddresses",
    "targetAddress",
    "sAMAccountName",
    "displayName",
    "givenName",
    "sn",
    "extensionAttribute1",
    "msExchRecipientTypeDetails",
];

/// One that knows no verified domains, and one that does.
static JUDGES: LazyLock<[Judge; 2]> =
    LazyLock::new(|| [judge(&[]), judge(&["contoso.com", "münchen.de"])]);

/// All faults, found by asking every rule about everything.
fn plain_faults(judge: &Judge, entry: &Entry) -> Vec<Fault> {
    let subject = judge.subject(entry);
    let mut faults = Vec::new();
    let concerned = judge.groups.iter();
    for group in concerned.filter(|group| group.classes.contains(&subject.class)) {
        for (at, value) in entry.values(group.read.as_str()).iter().enumerate() {
            let found = match (group.form, std::str::from_utf8(value.as_bytes())) {
                (Form::Binary, _) => judge.judge_bytes(&subject, group, value.as_bytes()),
                (_, Err(error)) => judge.judge_torn(&subject, group, value.as_bytes(), error),
                (_, Ok(text)) => plain_text(judge, &subject, group, text),
            };
            faults.extend(found.into_iter().map(|(rule, detail)| Fault {
                rule,
                place: place_of(&group.attribute, at),
                detail,
            }));
        }
        for id in &group.of_attribute {
            if judge.concerns(*id, &subject) {
                judge.judge_attribute(&subject, group, *id, &mut faults);
            }
        }
    }
    faults.sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.place.cmp(&b.place)));
    faults
}

fn plain_text(
    judge: &Judge,
    subject: &Subject<'_>,
    group: &Group,
    text: &str,
) -> Vec<(RuleId, String)> {
    let value = Parsed::new(text, group.form);
    let found = group.of_value.iter().filter_map(|id| {
        let rule = judge.rules.rule(*id);
        let is_meant = rule.types.is_empty() || rule.types.contains(&value.kind);
        let detail = rule.check.of_value(&value, &judge.domains)?;
        (is_meant && judge.concerns(*id, subject)).then_some((*id, detail))
    });
    found.collect()
}

fn judge(verified: &[&str]) -> Judge {
    let mut rules = file::read("entra").unwrap();
    for rule in &mut rules.rules {
        rule.on = true;
    }
    let settings = Settings {
        verified_domains: verified.iter().map(|&name| name.to_owned()).collect(),
        directory_extensions: vec![AttributeName::known("extensionAttribute1")],
        ..Settings::default()
    };
    Judge::new(Arc::new(rules), settings)
}

fn entry(class: &str, values: Vec<(&'static str, Vec<&'static str>)>) -> Entry {
    let dn = "CN=Jane,OU=Staff,DC=contoso,DC=local";
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    entry.add(AttributeName::known("objectClass"), [Value::from(class)]);
    for (attribute, pieces) in values {
        let value = Value::from(pieces.concat());
        entry.add(AttributeName::known(attribute), [value]);
    }
    entry
}

proptest! {
    #[test]
    fn what_is_cleared_at_a_glance_has_no_fault(
        class in select(vec!["user", "group", "contact"]),
        values in vec((select(ATTRIBUTES.to_vec()), vec(select(PIECES.to_vec()), 0..6)), 0..30),
    ) {
        let entry = entry(class, values);
        for judge in &*JUDGES {
            prop_assert_eq!(judge.faults(&entry), plain_faults(judge, &entry));
        }
    }
}

#[test]
fn every_character_at_every_place_is_judged_the_same_at_a_glance() {
    let judge = judge(&["contoso.com"]);
    let ascii = (0..0x80_u8).map(char::from);
    let mut found = 0;
    for c in ascii.chain("\u{85}\u{a0}ü€\u{200b}\u{3000}日😀\u{e0001}".chars()) {
        for text in [
            format!("{c}"),
            format!("{c}a@contoso.com"),
            format!("a{c}{c}b@contoso.com"),
            format!("ab{c}@contoso.com"),
            format!("ab@{c}{c}contoso.com"),
            format!("smtp:a@contoso.com{c}"),
            format!("SMTP{c}:{c}a{c}{c}b@contoso.com"),
            format!("x500:/o=a{c}"),
        ] {
            let mut entry = entry("user", Vec::new());
            for attribute in ATTRIBUTES {
                entry.add(
                    AttributeName::known(attribute),
                    [Value::from(text.as_str())],
                );
            }
            let faults = judge.faults(&entry);
            assert_eq!(faults, plain_faults(&judge, &entry), "{text:?}");
            found += faults.len();
        }
    }
    assert!(found > 10_000, "{found}");
}

#[test]
fn repeats_are_seen_among_few_and_many_addresses() {
    let judge = judge(&["contoso.com"]);
    for count in [2, 15, 16, 17, 18, 300] {
        for repeated in [None, Some(0), Some(count - 2)] {
            let name = |at| format!("smtp:address-{at}@contoso.com");
            let mut addresses: Vec<String> = (0..count).map(name).collect();
            if let Some(at) = repeated {
                addresses[count - 1] = name(at).to_uppercase() + " ";
            }
            let mut entry = entry("user", Vec::new());
            let values = addresses.iter().map(|text| Value::from(text.as_str()));
            entry.add(AttributeName::known("proxyAddresses"), values);
            let faults = judge.faults(&entry);
            assert_eq!(faults, plain_faults(&judge, &entry));
            let repeats = faults
                .iter()
                .filter(|fault| matches!(judge.rules.rule(fault.rule).check, Check::Repeat));
            assert_eq!(repeats.count(), usize::from(repeated.is_some()), "{count}");
        }
    }
}
