//! The sets of `IdFix` over whole scans: duplicates, their actions, and what
//! becomes of proposals that do not hold.

use std::sync::Arc;

use super::{Action, RowId, Worksheet};
use crate::model::Entry;
use crate::rule::{Confidence, Judge, Settings, file};
use crate::scan::fixture::{contoso_by, entry};
use crate::scan::{ScanOptions, SkipReason};

fn judge(set: &str) -> Arc<Judge> {
    let rules = file::read(set).unwrap();
    Arc::new(Judge::new(Arc::new(rules), Settings::default()))
}

fn sheet_by(set: &str, entries: Vec<Entry>, options: &ScanOptions) -> Worksheet {
    let judge = judge(set);
    let scan = contoso_by(&judge, entries, options);
    Worksheet::new(scan, judge)
}

fn sheet(entries: Vec<Entry>) -> Worksheet {
    sheet_by("multi-tenant", entries, &ScanOptions::default())
}

fn user(name: &str, attributes: &[(&'static str, &[&str])]) -> Entry {
    entry("user", name, "contoso.com", attributes)
}

/// Rows as `name attribute value | ERROR | UPDATE | action`.
fn rows(sheet: &Worksheet) -> Vec<String> {
    let row = |row: RowId| {
        let text = sheet.text(row);
        format!(
            "{} {} {} | {} | {} | {:?}",
            text.common_name, text.attribute, text.value, text.error, text.update, text.proposed
        )
    };
    sheet.rows().map(row).collect()
}

fn confidence(sheet: &Worksheet, row: u32) -> Confidence {
    sheet.proposal(RowId(row)).unwrap().confidence
}

#[test]
fn duplicates_of_single_values_are_kept_by_mail_enabled_entries() {
    let same = |name, more: &[(&'static str, &'static [&'static str])]| {
        let mut all: Vec<(&'static str, &[&str])> = vec![("mail", &["a@contoso.com"])];
        all.extend(more);
        user(name, &all)
    };
    let sheet = sheet(vec![
        same("Jane", &[("mailNickname", &["jane"])]),
        same("Joan", &[]),
    ]);
    assert_eq!(
        rows(&sheet),
        [
            "Jane mail a@contoso.com | Duplicate |  | Complete",
            "Joan mail a@contoso.com | Duplicate |  | Edit",
        ]
    );
    assert_eq!(confidence(&sheet, 0), Confidence::Review);
    assert_eq!(confidence(&sheet, 1), Confidence::Manual);
    let members: Vec<String> = sheet
        .conflicts(RowId(0))
        .into_iter()
        .map(|m| m.dn)
        .collect();
    assert_eq!(members.len(), 2, "{members:?}");
}

#[test]
fn the_action_for_a_duplicate_depends_on_the_attribute() {
    let name = |name, more: &[(&'static str, &'static [&'static str])]| {
        let mut all: Vec<(&'static str, &[&str])> = vec![
            ("mailNickname", &["same"]),
            ("userPrincipalName", &["same@contoso.com"]),
            ("targetAddress", &["SMTP:same@fabrikam.com"]),
        ];
        all.extend(more);
        user(name, &all)
    };
    let sheet = sheet(vec![name("A", &[("homeMDB", &["CN=db"])]), name("B", &[])]);
    assert_eq!(
        rows(&sheet),
        [
            "A mailNickname same | Duplicate |  | Complete",
            "A targetAddress SMTP:same@fabrikam.com | Duplicate |  | Edit",
            "A userPrincipalName same@contoso.com | Duplicate |  | Complete",
            "B mailNickname same | Duplicate |  | Edit",
            "B targetAddress SMTP:same@fabrikam.com | Duplicate |  | Edit",
            "B userPrincipalName same@contoso.com | Duplicate |  | Complete",
        ]
    );
}

#[test]
fn logon_names_are_compared_where_no_user_principal_name_tells_entries_apart() {
    let named = |cn, more: &[(&'static str, &'static [&'static str])]| {
        let mut entry = user(cn, more);
        let attribute = crate::model::AttributeName::known("sAMAccountName");
        entry.set(&attribute, vec!["same".into()]);
        entry
    };
    let sheet = sheet(vec![
        named("A", &[("mailNickname", &["a"])]),
        named("B", &[]),
        named("C", &[("userPrincipalName", &["c@contoso.com"])]),
    ]);
    assert_eq!(
        rows(&sheet),
        [
            "A sAMAccountName same | Duplicate |  | Complete",
            "B sAMAccountName same | Duplicate |  | Edit",
        ]
    );
}

#[test]
fn duplicate_addresses_are_kept_removed_or_edited_by_place_and_alias() {
    let values: &[&str] = &[
        "smtp:a@contoso.com",
        "smtp:b@contoso.com",
        "sip:a@contoso.com",
    ];
    let sheet = sheet(vec![
        user("A", &[("proxyAddresses", values), ("mailNickname", &["a"])]),
        user("B", &[("proxyAddresses", values)]),
    ]);
    assert_eq!(
        rows(&sheet),
        [
            "A proxyAddresses sip:a@contoso.com | Duplicate |  | Edit",
            "A proxyAddresses smtp:a@contoso.com | Duplicate |  | Complete",
            "A proxyAddresses smtp:b@contoso.com | Duplicate |  | Edit",
            "B proxyAddresses sip:a@contoso.com | Duplicate |  | Edit",
            "B proxyAddresses smtp:a@contoso.com | Duplicate |  | Remove",
            "B proxyAddresses smtp:b@contoso.com | Duplicate |  | Edit",
        ]
    );
    assert_eq!(confidence(&sheet, 4), Confidence::Review);
}

#[test]
fn a_duplicate_that_fails_another_check_is_an_edit() {
    let sheet = sheet(vec![
        user(
            "A",
            &[
                ("proxyAddresses", &["SMTP:a b@contoso.com"]),
                ("mailNickname", &["a"]),
            ],
        ),
        user(
            "B",
            &[
                ("proxyAddresses", &["smtp:A B@contoso.com"]),
                ("mailNickname", &["b"]),
            ],
        ),
        user(
            "C",
            &[
                ("proxyAddresses", &["smtp:x:y@contoso.com"]),
                ("mailNickname", &["c"]),
            ],
        ),
        user(
            "D",
            &[
                ("proxyAddresses", &["smtp:xy@contoso.com"]),
                ("mailNickname", &["d"]),
            ],
        ),
    ]);
    assert_eq!(
        rows(&sheet),
        [
            "A proxyAddresses SMTP:a b@contoso.com | Duplicate, Character | SMTP:ab@contoso.com | Edit",
            "B proxyAddresses smtp:A B@contoso.com | Duplicate, Character | smtp:AB@contoso.com | Edit",
            "C proxyAddresses smtp:x:y@contoso.com | Character, Duplicate | smtp:xy@contoso.com | Edit",
            "D proxyAddresses smtp:xy@contoso.com | Duplicate |  | Complete",
        ]
    );
    // Both want one address: one of them may have it. C wants what D holds.
    let kinds = [0, 1, 2].map(|row| confidence(&sheet, row));
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == Confidence::Review)
            .count(),
        1
    );
    assert_eq!(kinds[2], Confidence::Manual);
}

#[test]
fn an_entry_is_no_duplicate_of_itself() {
    let values: &[&str] = &["SMTP:a@contoso.com", "smtp:A@contoso.com"];
    let sheet = sheet(vec![user("A", &[("proxyAddresses", values)])]);
    assert_eq!(rows(&sheet), [""; 0]);
}

#[test]
fn skipped_entries_are_no_rows_and_no_partners() {
    let mail: &[(&'static str, &[&str])] = &[("mail", &["a@contoso.com"])];
    let sheet = sheet(vec![user("Guest Relations", mail), user("Jane", mail)]);
    assert_eq!(rows(&sheet), [""; 0]);
    assert_eq!(sheet.scan.skipped.get(&SkipReason::SystemName), Some(&1));
}

#[test]
fn the_dedicated_set_judges_entries_with_mail_unless_a_filter_says_otherwise() {
    let entries = || {
        vec![
            user("A", &[("mailNickname", &["same"])]),
            user(
                "B",
                &[
                    ("mail", &["b@contoso.com"]),
                    ("mailNickname", &["same"]),
                    ("homeMDB", &["CN=db"]),
                ],
            ),
        ]
    };
    let mut options = ScanOptions::default();
    let sheet = sheet_by("dedicated", entries(), &options);
    assert_eq!(
        rows(&sheet),
        ["B mailNickname same | Duplicate |  | Complete"]
    );
    options.filter = Some("(objectClass=user)".to_owned());
    let sheet = sheet_by("dedicated", entries(), &options);
    assert_eq!(
        rows(&sheet),
        [
            "A mailNickname same | Duplicate |  | Edit",
            "A targetAddress  | Blank |  | Edit",
            "B mailNickname same | Duplicate |  | Complete",
        ]
    );
}

#[test]
fn what_does_not_hold_is_shown_but_neither_accepted_nor_written() {
    let mut sheet = sheet(vec![
        user("A", &[("userPrincipalName", &["a@contoso.local"])]),
        user("B", &[("userPrincipalName", &["b c@contoso.com"])]),
        user("C", &[("userPrincipalName", &["bc@contoso.com"])]),
        user("D", &[("givenName", &[&"d".repeat(70)])]),
        user("E", &[("userPrincipalName", &["e f@contoso.com"])]),
    ]);
    assert_eq!(
        rows(&sheet),
        [
            "A userPrincipalName a@contoso.local | TopLevelDomain | a@contoso.local | Edit"
                .to_owned(),
            "B userPrincipalName b c@contoso.com | Character, Duplicate | bc@contoso.com | Edit"
                .to_owned(),
            "C userPrincipalName bc@contoso.com | Duplicate |  | Edit".to_owned(),
            format!(
                "D givenName {} | Length | {} | Edit",
                "d".repeat(70),
                "d".repeat(63)
            ),
            "E userPrincipalName e f@contoso.com | Character | ef@contoso.com | Edit".to_owned(),
        ]
    );
    let all: Vec<RowId> = sheet.rows().collect();
    assert_eq!(sheet.accept_safe(&all), 1, "the name alone");
    assert_eq!(sheet.action(RowId(3)), Action::Edit);
    let bulk = sheet.accept(&all);
    let refused: Vec<u32> = bulk.refused.iter().map(|(row, _)| row.0).collect();
    assert_eq!(refused, [0, 1, 2]);
    assert_eq!(sheet.action(RowId(4)), Action::Edit);
    for row in [0, 1] {
        assert!(sheet.act(RowId(row), Action::Edit).is_err(), "row {row}");
    }
}

#[test]
fn what_is_cut_is_a_hint_unless_it_is_a_mere_name() {
    let address = |max: usize| format!("smtp:{}@contoso.com", "a".repeat(max + 1 - 17));
    let sheet = sheet(vec![
        user("A", &[("proxyAddresses", &[&address(256)])]),
        user("B", &[("mailNickname", &[&"b".repeat(65)])]),
        user("C", &[("givenName", &[&"c".repeat(64)])]),
    ]);
    let kinds = [0, 1, 2].map(|row| confidence(&sheet, row));
    let proposal = sheet.proposal(RowId(0)).unwrap();
    assert!(proposal.update.unwrap().ends_with("@contoso.co"));
    assert!(proposal.reason.contains("somebody"), "{}", proposal.reason);
    assert_eq!(
        kinds,
        [Confidence::Manual, Confidence::Review, Confidence::Safe]
    );
}

#[test]
fn an_address_of_the_cloud_is_never_removed_by_a_proposal_that_counts() {
    let values: &[&str] = &["smtp:a@contoso.onmicrosoft.com"];
    let sheet = sheet(vec![
        user("A", &[("proxyAddresses", values)]),
        user("B", &[("proxyAddresses", values)]),
    ]);
    let proposed: Vec<Action> = sheet.rows().map(|row| sheet.text(row).proposed).collect();
    assert_eq!(proposed, [Action::Remove, Action::Remove]);
    assert_eq!(
        [0, 1].map(|row| confidence(&sheet, row)),
        [Confidence::Manual; 2]
    );
}
