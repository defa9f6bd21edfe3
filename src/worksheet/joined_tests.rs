//! Joins between forests, and who keeps a value, over whole scans.

use super::{Action, RowId, Worksheet};
use crate::model::Entry;
use crate::rule::Confidence;
use crate::scan::ScanOptions;
use crate::scan::fixture::{entry, forests, judge, user};

const UPN: &str = "userPrincipalName";
const PROXY: &str = "proxyAddresses";

type Given<'a> = &'a [(&'static str, &'a [&'a str])];

fn sheet_of(given: &[(&str, Vec<Entry>)], options: &ScanOptions) -> Worksheet {
    Worksheet::new(forests(given, options), judge())
}

/// A user of contoso.com and a contact of fabrikam.com.
fn pair(user: Given<'_>, contact: Given<'_>) -> Worksheet {
    sheet_of(
        &[
            (
                "contoso.com",
                vec![entry("user", "anna", "contoso.com", user)],
            ),
            (
                "fabrikam.com",
                vec![entry("contact", "anna", "fabrikam.com", contact)],
            ),
        ],
        &ScanOptions::default(),
    )
}

fn row(sheet: &Worksheet, domain: &str, attribute: &str) -> RowId {
    sheet
        .rows()
        .find(|row| sheet.domain(*row) == domain && sheet.text(*row).attribute == attribute)
        .unwrap_or_else(|| panic!("no row for {attribute} in {domain}"))
}

/// Proposals as `name attribute action update`.
fn proposals(sheet: &Worksheet) -> Vec<String> {
    let shown = sheet.rows().filter_map(|row| {
        let proposal = sheet.proposal(row)?;
        let text = sheet.text(row);
        let update = proposal.update.unwrap_or("-");
        assert_ne!(proposal.confidence, Confidence::Safe, "{text:?}");
        Some(format!(
            "{} {} {:?} {update}",
            text.common_name, text.attribute, proposal.action
        ))
    });
    shown.collect()
}

const UMLAUT: Given<'static> = &[
    ("mail", &["jürgen@contoso.com"]),
    (PROXY, &["SMTP:jürgen@contoso.com"]),
];

#[test]
fn mail_and_its_primary_address_are_mended_together() {
    let alone = sheet_of(
        &[("contoso.com", vec![user("anna", UMLAUT)])],
        &ScanOptions::default(),
    );
    assert_eq!(
        proposals(&alone),
        [
            "anna mail Edit juergen@contoso.com",
            "anna proxyAddresses Edit SMTP:juergen@contoso.com",
        ]
    );
}

#[test]
fn what_is_joined_is_mended_together_and_stays_joined() {
    let mut sheet = pair(UMLAUT, UMLAUT);
    let found = proposals(&sheet);
    assert_eq!(found.len(), 4, "{found:?}");
    let rows: Vec<RowId> = sheet.rows().collect();
    // In whatever order they are taken.
    for rows in [rows.clone(), rows.iter().rev().copied().collect()] {
        assert_eq!(sheet.accept(&rows).refused, []);
        let plan = sheet.plan();
        assert_eq!(plan.refused, []);
        assert_eq!(plan.changes.len(), 2);
        assert!(sheet.undo());
    }
    let mail = row(&sheet, "contoso.com", "mail");
    sheet.edit(mail, "juergen@contoso.com").unwrap();
    let refused = sheet.plan().refused;
    assert!(
        refused[0]
            .1
            .contains("it would no longer be joined with CN=anna,OU=Staff,DC=fabrikam,DC=com"),
        "{refused:?}"
    );
}

#[test]
fn a_join_may_end_where_nothing_shared_is_left_behind() {
    // What is wrong with the user's domain does not concern a contact.
    let given: Given<'_> = &[
        ("mail", &["anna@con_toso.com"]),
        (PROXY, &["SMTP:anna@con_toso.com"]),
    ];
    let mut sheet = pair(given, given);
    let rows: Vec<RowId> = sheet.rows().collect();
    let own = |row: &RowId| sheet.domain(*row) == "contoso.com";
    let rows: Vec<RowId> = rows.into_iter().filter(own).collect();
    assert_eq!(rows.len(), 2, "{:?}", proposals(&sheet));
    let (mail, proxy) = (rows[0], rows[1]);
    sheet.edit(mail, "anna@contoso.com").unwrap();
    assert_eq!(sheet.plan().refused.len(), 1, "the address is still shared");
    sheet.edit(proxy, "SMTP:anna@contoso.com").unwrap();
    let plan = sheet.plan();
    assert_eq!(plan.refused, []);
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn a_proposal_that_would_end_a_join_and_show_a_duplicate_is_not_made() {
    let shared: &[&str] = &["SMTP:jane@contoso.com", "smtp:both@contoso.com"];
    // The two compare as one mail, and only one of them is at fault.
    let user: Given<'_> = &[("mail", &["jane@contoso.com"]), (PROXY, shared)];
    let clean = pair(user, user);
    assert_eq!(clean.len(), 0, "{:?}", proposals(&clean));
    let differs: Given<'_> = &[
        ("mail", &["jane@contoso.com"]),
        (PROXY, &["SMTP:j.doe@contoso.com", "smtp:both@contoso.com"]),
    ];
    let mut sheet = pair(differs, user);
    let mail = row(&sheet, "contoso.com", "mail");
    assert_eq!(
        sheet.proposal(mail),
        None,
        "the primary address would end it"
    );
    let problems = sheet.check(mail, "j.doe@contoso.com").problems;
    assert_eq!(
        problems,
        [
            "it would no longer be joined with CN=anna,OU=Staff,DC=fabrikam,DC=com, \
          which holds one of its values in proxyAddresses"
        ]
    );
    assert!(sheet.edit(mail, "j.doe@contoso.com").is_err());
}

#[test]
fn an_edit_that_makes_a_join_may_take_the_value() {
    let given: Given<'_> = &[("mail", &["an na@contoso.com"])];
    let sheet = pair(given, &[("mail", &["anna@contoso.com"])]);
    let mail = row(&sheet, "contoso.com", "mail");
    assert!(sheet.check(mail, "anna@contoso.com").is_fine());
    let two_users = sheet_of(
        &[(
            "contoso.com",
            vec![
                user("a", given),
                user("b", &[("mail", &["anna@contoso.com"])]),
            ],
        )],
        &ScanOptions::default(),
    );
    assert!(!two_users.check(RowId(0), "anna@contoso.com").is_fine());
}

#[test]
fn a_disabled_user_gets_another_address_in_mail_and_primary_address() {
    let given = |control: &'static str| -> Vec<(&'static str, Vec<&'static str>)> {
        vec![
            ("userAccountControl", vec![control]),
            ("mail", vec!["shared@contoso.com"]),
            (PROXY, vec!["SMTP:shared@contoso.com"]),
        ]
    };
    let make = |name, control| {
        let given = given(control);
        let given: Vec<(&'static str, &[&str])> = given
            .iter()
            .map(|(attribute, values)| (*attribute, values.as_slice()))
            .collect();
        user(name, &given)
    };
    let entries = vec![make("anna", "512"), make("bert", "514")];
    let mut sheet = sheet_of(&[("contoso.com", entries)], &ScanOptions::default());
    assert_eq!(
        proposals(&sheet),
        [
            "anna mail Complete -",
            "anna proxyAddresses Complete -",
            "bert mail Edit shared2@contoso.com",
            "bert proxyAddresses Edit SMTP:shared2@contoso.com",
        ]
    );
    let rows: Vec<RowId> = sheet.rows().collect();
    assert_eq!(sheet.accept(&rows).refused, []);
    assert_eq!(sheet.plan().refused, []);
}

#[test]
fn a_contact_is_never_given_another_address() {
    let entries = vec![
        user("anna", &[("mail", &["shared@contoso.com"])]),
        entry(
            "contact",
            "bert",
            "contoso.com",
            &[
                ("mail", &["shared@contoso.com"]),
                (PROXY, &["SMTP:shared@contoso.com"]),
            ],
        ),
    ];
    let sheet = sheet_of(&[("contoso.com", entries)], &ScanOptions::default());
    assert_eq!(proposals(&sheet), ["anna mail Complete -"]);
    assert_eq!(sheet.len(), 3, "both are named");
}

#[test]
fn each_of_the_keeper_s_reasons_decides_when_those_before_it_tie() {
    let on = ("userAccountControl", &["512"][..]);
    let off = ("userAccountControl", &["514"][..]);
    let mailbox = ("mailNickname", &["x"][..]);
    let primary = (PROXY, &["SMTP:s@contoso.com"][..]);
    let secondary = (PROXY, &["SMTP:own@contoso.com", "smtp:s@contoso.com"][..]);
    let cases: [(&str, &str, Given<'_>, Given<'_>); 4] = [
        ("user", "user", &[primary, off], &[secondary, on, mailbox]),
        ("user", "user", &[secondary, on], &[secondary, off]),
        ("user", "user", &[secondary, on, mailbox], &[secondary, on]),
        ("user", "group", &[secondary], &[secondary]),
    ];
    for (keeper_class, other_class, keeper, other) in cases {
        // By name, the other one comes first.
        let mut other = entry(other_class, "a", "contoso.com", other);
        if other.has(PROXY) && keeper != cases[0].2 {
            let values = ["SMTP:other@contoso.com", "smtp:s@contoso.com"];
            let values = values.map(crate::model::Value::from).to_vec();
            other.set(&crate::model::AttributeName::known(PROXY), values);
        }
        let entries = vec![other, entry(keeper_class, "k", "contoso.com", keeper)];
        let sheet = sheet_of(&[("contoso.com", entries)], &ScanOptions::default());
        let found = proposals(&sheet);
        assert!(
            found.contains(&"k proxyAddresses Complete -".to_owned())
                && found.contains(&"a proxyAddresses Remove -".to_owned()),
            "{found:?}"
        );
    }
}

#[test]
fn a_skipped_entry_has_no_claim_and_one_out_of_scope_loses_nothing() {
    let primary: Given<'_> = &[(PROXY, &["SMTP:s@contoso.com"])];
    let secondary = |own: &'static str| -> Vec<String> {
        vec![
            format!("SMTP:{own}@contoso.com"),
            "smtp:s@contoso.com".into(),
        ]
    };
    let with = |name, own, control: &'static str| {
        let values = secondary(own);
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        user(
            name,
            &[(PROXY, &values), ("userAccountControl", &[control])],
        )
    };
    let mut skipped = user("old", primary);
    skipped.set(
        &crate::model::AttributeName::known("adminDescription"),
        vec!["User_leave".into()],
    );
    let entries = vec![skipped, with("a", "a", "512"), with("b", "b", "514")];
    let sheet = sheet_of(&[("contoso.com", entries.clone())], &ScanOptions::default());
    assert_eq!(
        proposals(&sheet),
        ["a proxyAddresses Complete -", "b proxyAddresses Remove -"]
    );
    let members = sheet.conflicts(RowId(0));
    let remarks: Vec<_> = members
        .iter()
        .map(|m| (m.dn.as_str(), m.remark.as_deref()))
        .collect();
    assert_eq!(remarks.len(), 3);
    assert!(
        remarks.iter().any(|(dn, remark)| dn.starts_with("CN=old,")
            && remark.is_some_and(|remark| remark.starts_with("not synchronised"))),
        "{remarks:?}"
    );
    let options = ScanOptions {
        filter: Some("(cn=a)".to_owned()),
        ..ScanOptions::default()
    };
    let sheet = sheet_of(&[("contoso.com", entries)], &options);
    assert_eq!(sheet.len(), 1, "the one out of scope has no row");
    assert!(
        sheet.conflicts(RowId(0)).iter().any(|member| {
            member.dn.starts_with("CN=b,") && member.remark.as_deref() == Some("out of scope")
        }),
        "{:?}",
        sheet.conflicts(RowId(0))
    );
}

#[test]
fn the_partner_of_the_keeper_in_another_forest_keeps_the_value_too() {
    let given: Given<'_> = &[
        ("mail", &["anna@contoso.com"]),
        (PROXY, &["SMTP:anna@contoso.com", "smtp:s@contoso.com"]),
        ("userAccountControl", &["512"]),
    ];
    let rival: Given<'_> = &[
        (PROXY, &["SMTP:rival@contoso.com", "smtp:s@contoso.com"]),
        ("userAccountControl", &["514"]),
    ];
    let sheet = sheet_of(
        &[
            (
                "contoso.com",
                vec![user("anna", given), user("rival", rival)],
            ),
            (
                "fabrikam.com",
                vec![entry("contact", "anna", "fabrikam.com", given)],
            ),
        ],
        &ScanOptions::default(),
    );
    assert_eq!(
        proposals(&sheet),
        [
            "anna proxyAddresses Complete -",
            "rival proxyAddresses Remove -",
            "anna proxyAddresses Complete -",
        ]
    );
    assert!(sheet.rows().all(|row| sheet.action(row) == Action::None));
}

#[test]
fn a_user_without_a_name_to_sign_in_with_is_offered_the_primary_address() {
    let blank = |name| {
        entry(
            "user",
            name,
            "contoso.local",
            &[(PROXY, &["SMTP:jane@contoso.com"])],
        )
    };
    let entries = vec![blank("a")];
    let mut sheet = sheet_of(&[("contoso.local", entries)], &ScanOptions::default());
    assert_eq!(
        proposals(&sheet),
        [format!("a {UPN} Edit jane@contoso.com")]
    );
    let rows: Vec<RowId> = sheet.rows().collect();
    assert_eq!(sheet.accept(&rows).refused, []);
    assert_eq!(sheet.plan().changes.len(), 1);
    let held = user("b", &[(UPN, &["jane@contoso.com"])]);
    let sheet = sheet_of(
        &[
            ("contoso.local", vec![blank("a")]),
            ("contoso.com", vec![held]),
        ],
        &ScanOptions::default(),
    );
    let upn = row(&sheet, "contoso.local", UPN);
    assert_eq!(sheet.proposal(upn), None, "somebody else signs in with it");
}
