//! Worksheets over whole scans of small forests.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Action, Lookup, RowFilter, RowId, RowState, SortColumn, SortKey, Worksheet};
use crate::model::{DistinguishedName, Entry, Identity, Value};
use crate::rule::Confidence;
use crate::scan::fixture::{contoso, entry, judge, user};

const UPN: &str = "userPrincipalName";
const PROXY: &str = "proxyAddresses";

fn sheet(entries: Vec<Entry>) -> Worksheet {
    Worksheet::new(contoso(entries), judge())
}

/// The row of a value.
fn row(sheet: &Worksheet, name: &str, attribute: &str, value: &str) -> RowId {
    sheet
        .rows()
        .find(|row| {
            let text = sheet.text(*row);
            text.common_name == name && text.attribute == attribute && text.value == value
        })
        .unwrap_or_else(|| panic!("no row for {name} {attribute} {value}"))
}

fn values(values: &[Value]) -> Vec<String> {
    let texts = values
        .iter()
        .map(|value| value.to_text_lossy().into_owned());
    texts.collect()
}

/// What a plan deletes and adds, as `attribute -old +new`.
fn changes(sheet: &Worksheet) -> Vec<String> {
    let plan = sheet.plan();
    plan.changes
        .modifications
        .iter()
        .flat_map(|modification| &modification.changes)
        .map(|change| {
            let (delete, add) = (values(&change.delete), values(&change.add));
            format!("{} -{delete:?} +{add:?}", change.attribute)
        })
        .collect()
}

fn three_faulty() -> Vec<Entry> {
    vec![
        user(
            "anna",
            &[
                (UPN, &["an na@contoso.com"]),
                (PROXY, &["SMTP:anna@contoso.com", "smtp:an na@contoso.com"]),
            ],
        ),
        user("bert", &[(UPN, &["b rt@contoso.com"])]),
        user("carl", &[(UPN, &["carl@contoso.com"])]),
    ]
}

#[test]
fn a_row_is_a_value_with_all_its_faults() {
    let sheet = sheet(three_faulty());
    let text = sheet.text(row(&sheet, "anna", UPN, "an na@contoso.com"));
    assert_eq!(text.container, "Staff");
    assert_eq!(text.domain, "contoso.com");
    assert_eq!(text.error, "Character");
    assert_eq!(text.update, "anna@contoso.com");
    assert_eq!(text.proposed, Action::Edit);
    assert_eq!(text.action, Action::None);
    assert!(text.message.contains("U+0020"), "{}", text.message);
    assert_eq!(sheet.len(), 3);
}

#[test]
fn an_edit_is_refused_with_the_reason() {
    let mut sheet = sheet(three_faulty());
    let anna = row(&sheet, "anna", UPN, "an na@contoso.com");
    let problems = |sheet: &Worksheet, value: &str| sheet.check(anna, value).problems.join("; ");
    assert_eq!(problems(&sheet, "anna@contoso.com"), "");
    assert_eq!(
        problems(&sheet, "an na@contoso.com"),
        "this is the present value"
    );
    assert!(problems(&sheet, "").starts_with("an empty value"));
    assert!(problems(&sheet, "an,na@contoso.com").starts_with("userPrincipalName: "));
    assert_eq!(
        problems(&sheet, "CARL@contoso.com"),
        "this value is held by CN=carl,OU=Staff,DC=contoso,DC=com in userPrincipalName"
    );
    assert!(sheet.edit(anna, "carl@contoso.com").is_err());
    assert_eq!(sheet.action(anna), Action::None);

    let bert = row(&sheet, "bert", UPN, "b rt@contoso.com");
    sheet.edit(bert, "annika@contoso.com").unwrap();
    assert_eq!(
        problems(&sheet, "annika@contoso.com"),
        "a staged edit gives this value to CN=bert,OU=Staff,DC=contoso,DC=com"
    );
    assert!(sheet.undo());
    assert_eq!(problems(&sheet, "annika@contoso.com"), "");
}

#[test]
fn a_value_is_not_written_beside_its_like() {
    let mut sheet = sheet(three_faulty());
    let proxy = row(&sheet, "anna", PROXY, "smtp:an na@contoso.com");
    let check = sheet.check(proxy, "smtp:ANNA@contoso.com");
    assert!(!check.is_fine());
    assert!(sheet.edit(proxy, "smtp:anna.b@contoso.com").is_ok());
}

#[test]
fn names_to_sign_in_with_are_never_removed() {
    let mut sheet = sheet(three_faulty());
    let upn = row(&sheet, "anna", UPN, "an na@contoso.com");
    let reason = sheet.act(upn, Action::Remove).unwrap_err();
    assert!(reason.starts_with("userPrincipalName is never removed"));
}

#[test]
fn undo_and_redo_walk_through_every_step() {
    let mut sheet = sheet(three_faulty());
    let rows: Vec<RowId> = sheet.rows().collect();
    let actions = |sheet: &Worksheet| -> Vec<Action> {
        let rows = sheet.rows();
        rows.map(|row| sheet.action(row)).collect()
    };
    let mut seen = vec![(actions(&sheet), changes(&sheet))];
    assert_eq!(sheet.accept(&rows).staged, 3);
    seen.push((actions(&sheet), changes(&sheet)));
    sheet.act(rows[0], Action::None).unwrap();
    seen.push((actions(&sheet), changes(&sheet)));
    sheet.act(rows[1], Action::Complete).unwrap();
    seen.push((actions(&sheet), changes(&sheet)));
    for state in seen.iter().rev().skip(1) {
        assert!(sheet.undo());
        assert_eq!((actions(&sheet), changes(&sheet)), *state);
    }
    assert!(!sheet.undo());
    for state in seen.iter().skip(1) {
        assert!(sheet.redo());
        assert_eq!((actions(&sheet), changes(&sheet)), *state);
    }
    assert!(!sheet.redo());
    assert!(sheet.undo());
    sheet.act(rows[0], Action::Complete).unwrap();
    assert!(!sheet.redo(), "a new decision ends what could be redone");
}

#[test]
fn a_plan_holds_one_modification_an_entry_with_both_images() {
    let mut sheet = sheet(three_faulty());
    let rows: Vec<RowId> = sheet.rows().collect();
    sheet.accept(&rows);
    let plan = sheet.plan();
    assert_eq!(plan.refused, []);
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(plan.rows.iter().map(Vec::len).sum::<usize>(), 3);
    let anna = &plan.changes.modifications[0];
    assert_eq!(anna.dn.name(), "anna");
    assert!(matches!(anna.identity, Identity::Guid(_)));
    let proxy = &anna.changes[0];
    assert_eq!(proxy.attribute.as_str(), PROXY);
    assert!(!proxy.single_valued && anna.changes[1].single_valued);
    assert_eq!(
        values(&proxy.before),
        ["SMTP:anna@contoso.com", "smtp:an na@contoso.com"]
    );
    assert_eq!(values(&proxy.delete), ["smtp:an na@contoso.com"]);
}

#[test]
fn applied_rows_are_not_planned_again() {
    let mut sheet = sheet(three_faulty());
    let rows: Vec<RowId> = sheet.rows().collect();
    sheet.accept(&rows);
    sheet.set_state(&rows[..1], &RowState::Done);
    assert_eq!(sheet.plan().rows.concat(), rows[1..]);
    assert!(sheet.act(rows[0], Action::None).is_err());
    sheet.set_state(&rows[..1], &RowState::RolledBack);
    assert_eq!(sheet.plan().rows.concat(), rows[1..]);
    sheet.act(rows[0], Action::Remove).unwrap();
    assert_eq!(sheet.plan().rows.concat().len(), 3);
}

fn sharing() -> Vec<Entry> {
    let both: &[&str] = &["shared@contoso.com"];
    vec![
        user(
            "anna",
            &[
                (UPN, &["anna@contoso.com"]),
                (PROXY, &["SMTP:shared@contoso.com"]),
            ],
        ),
        user(
            "bert",
            &[
                (UPN, &["bert@contoso.com"]),
                (PROXY, &["SMTP:bert@contoso.com", "smtp:shared@contoso.com"]),
            ],
        ),
        entry("contact", "carl", "contoso.com", &[("mail", both)]),
    ]
}

#[test]
fn the_better_claim_keeps_a_shared_address() {
    let sheet = sheet(sharing()[..2].to_vec());
    let keeps = sheet.proposal(row(&sheet, "anna", PROXY, "SMTP:shared@contoso.com"));
    let keeps = keeps.unwrap();
    assert_eq!(
        (keeps.action, keeps.confidence),
        (Action::Complete, Confidence::Review)
    );
    let bert = row(&sheet, "bert", PROXY, "smtp:shared@contoso.com");
    let gives = sheet.proposal(bert).unwrap();
    assert_eq!(
        (gives.action, gives.confidence),
        (Action::Remove, Confidence::Review)
    );
    let members = sheet.conflicts(bert);
    assert_eq!(members.len(), 2);
    assert_eq!(members[0].dn, "CN=bert,OU=Staff,DC=contoso,DC=com");
    assert_eq!(members[1].value, "SMTP:shared@contoso.com");
}

#[test]
fn a_huge_conflict_set_is_named_in_part_and_counted() {
    let share = |number: usize| {
        let name = format!("user{number:03}");
        user(&name, &[(UPN, &["shared@contoso.com"])])
    };
    let sheet = sheet((0..150).map(share).collect());
    assert_eq!(sheet.len(), 150);
    for at in [RowId(0), RowId(149)] {
        let members = sheet.conflicts(at);
        assert_eq!(members[0].dn, sheet.text(at).dn);
        assert_eq!(members.len(), 102);
        assert!(members[101].dn.starts_with("and "), "{:?}", members[101]);
    }
}

#[test]
fn a_value_of_a_skipped_entry_is_neither_proposed_nor_taken() {
    let attributes: &[(&str, &[&str])] = &[
        (UPN, &["anna@contoso.com"]),
        ("adminDescription", &["User_leave"]),
    ];
    let entries = vec![
        user("anna", &[(UPN, &["an na@contoso.com"])]),
        user("old", attributes),
    ];
    let sheet = sheet(entries);
    assert_eq!(sheet.len(), 1);
    assert_eq!(sheet.proposal(RowId(0)), None);
    let problems = sheet.check(RowId(0), "anna@contoso.com").problems;
    assert!(problems[0].contains("not synchronised"), "{problems:?}");
}

#[test]
fn a_light_fault_that_was_there_may_stay_but_not_a_heavy_one() {
    let sheet = sheet(vec![user("anna", &[(UPN, &["anna@elsewhere.com"])])]);
    let check = |value| sheet.check(RowId(0), value);
    assert!(check("anna.b@elsewhere.com").is_fine());
    assert!(!check("an na@elsewhere.com").is_fine());
}

#[test]
fn nobody_is_proposed_as_keeper_when_claims_are_equal() {
    let entries = vec![
        user("anna", &[(UPN, &["shared@contoso.com"])]),
        user("bert", &[(UPN, &["shared@contoso.com"])]),
    ];
    let sheet = sheet(entries);
    assert_eq!(sheet.len(), 2);
    assert!(sheet.rows().all(|row| sheet.proposal(row).is_none()));
}

#[test]
fn nothing_is_safe_on_a_protected_account() {
    let entries = |admin: &str| {
        let attributes: &[(&str, &[&str])] = &[
            (UPN, &["anna@contoso.com"]),
            (PROXY, &["SMTP:anna@contoso.com", "smtp:a@contoso.com "]),
            ("adminCount", &[admin]),
        ];
        vec![user("anna", attributes)]
    };
    let confidence = |admin| {
        let sheet = sheet(entries(admin));
        let proxy = row(&sheet, "anna", PROXY, "smtp:a@contoso.com ");
        sheet.proposal(proxy).unwrap().confidence
    };
    assert_eq!(confidence("0"), Confidence::Safe);
    assert_eq!(confidence("1"), Confidence::Review);
}

#[test]
fn two_proposals_never_want_the_same_value() {
    let entries = vec![
        user("anna", &[(UPN, &["jo hn@contoso.com"])]),
        user("bert", &[(UPN, &["joh n@contoso.com"])]),
    ];
    let mut reversed = entries.clone();
    reversed.reverse();
    let proposals = |entries| {
        let sheet = sheet(entries);
        let updates = sheet.rows().map(|row| sheet.text(row).update);
        updates.collect::<Vec<_>>()
    };
    let straight = proposals(entries);
    assert_eq!(
        straight.iter().filter(|update| update.is_empty()).count(),
        1
    );
    assert_eq!(proposals(reversed), straight);
}

#[test]
fn what_one_entry_frees_another_takes_afterwards() {
    let entries = vec![
        user("anna", &[(UPN, &["an na@contoso.com"])]),
        user("bert", &[(UPN, &["anna@contoso.com,"])]),
        user(
            "carl",
            &[
                (UPN, &["anna@contoso.com"]),
                (PROXY, &["SMTP:x y@contoso.com"]),
            ],
        ),
        user("dora", &[(UPN, &["anna@contoso.com"])]),
    ];
    let mut sheet = sheet(entries);
    let anna = row(&sheet, "anna", UPN, "an na@contoso.com");
    let carl = row(&sheet, "carl", UPN, "anna@contoso.com");
    let dora = row(&sheet, "dora", UPN, "anna@contoso.com");
    assert!(!sheet.check(anna, "anna@contoso.com").is_fine());
    sheet.edit(carl, "carl@contoso.com").unwrap();
    assert!(!sheet.check(anna, "anna@contoso.com").is_fine());
    sheet.edit(dora, "dora@contoso.com").unwrap();
    sheet.edit(anna, "anna@contoso.com").unwrap();
    let plan = sheet.plan();
    assert_eq!(plan.refused, []);
    assert_eq!(plan.rows, [vec![carl], vec![dora], vec![anna]]);
    assert_eq!(plan.changes.depends_on, [vec![], vec![], vec![0, 1]]);

    sheet.act(carl, Action::None).unwrap();
    let plan = sheet.plan();
    assert_eq!(plan.rows, [vec![dora]]);
    assert_eq!(plan.refused.len(), 1);
    assert!(plan.refused[0].1.contains("CN=carl"), "{:?}", plan.refused);
}

#[test]
fn an_exchange_of_values_is_refused() {
    let entries = vec![
        user("anna", &[(UPN, &["one@elsewhere.com"])]),
        user("bert", &[(UPN, &["two@elsewhere.com"])]),
    ];
    let mut sheet = sheet(entries);
    let anna = row(&sheet, "anna", UPN, "one@elsewhere.com");
    let bert = row(&sheet, "bert", UPN, "two@elsewhere.com");
    // Each edit alone is refused while the other holds the value.
    assert!(sheet.edit(anna, "two@elsewhere.com").is_err());
    let decision = super::Decision {
        action: Action::Edit,
        update: Some("two@elsewhere.com".into()),
    };
    sheet.decisions.set(anna.0 as usize, decision);
    sheet.touch(anna);
    let decision = super::Decision {
        action: Action::Edit,
        update: Some("one@elsewhere.com".into()),
    };
    sheet.decisions.set(bert.0 as usize, decision);
    sheet.touch(bert);
    let plan = sheet.plan();
    assert!(plan.changes.is_empty());
    assert_eq!(plan.refused.len(), 2);
    assert!(
        plan.refused[0].1.contains("in a circle"),
        "{:?}",
        plan.refused
    );
}

#[test]
fn rows_are_found_again_as_a_report_names_them() {
    let sheet = sheet(three_faulty());
    let anna = row(&sheet, "anna", UPN, "an na@contoso.com");
    let identity = sheet.scan.snapshot.identity(sheet.finding(anna).entry);
    assert_eq!(
        sheet.find(&identity, "USERPRINCIPALNAME", "an na@contoso.com"),
        Lookup::Row(anna)
    );
    let by_dn = Identity::Dn(DistinguishedName::from_server(
        "cn=ANNA,ou=staff,dc=contoso,dc=com",
    ));
    assert_eq!(
        sheet.find(&by_dn, UPN, "an na@contoso.com"),
        Lookup::Row(anna)
    );
    assert!(matches!(
        sheet.find(&by_dn, UPN, "other"),
        Lookup::NoFinding(_)
    ));
    let nobody = Identity::Dn(DistinguishedName::from_server("cn=x"));
    assert_eq!(sheet.find(&nobody, UPN, "other"), Lookup::Unknown);
}

#[test]
fn views_filter_by_every_column_and_sort_by_several() {
    let mut sheet = sheet(three_faulty());
    let count =
        |sheet: &Worksheet, filter: &str| sheet.view(&RowFilter::parse(filter).unwrap(), &[]).len();
    assert_eq!(count(&sheet, ""), 3);
    assert_eq!(count(&sheet, "ANNA"), 2);
    assert_eq!(count(&sheet, "!anna"), 1);
    assert_eq!(count(&sheet, "attr:proxy"), 1);
    assert_eq!(count(&sheet, "severity:error attr:user"), 2);
    assert_eq!(count(&sheet, "value:/^b .*com$/"), 1);
    assert_eq!(count(&sheet, "\"an na\" ou:staff dn:dc=contoso"), 2);
    assert_eq!(count(&sheet, "update:\"\""), 1);
    assert_eq!(count(&sheet, "smtp:an"), 1);
    assert_eq!(count(&sheet, "action:none state:open"), 3);
    let bert = row(&sheet, "bert", UPN, "b rt@contoso.com");
    sheet.edit(bert, "zz@contoso.com").unwrap();
    assert_eq!(count(&sheet, "action:edit update:zz"), 1);

    let by = |column, descending| SortKey { column, descending };
    let all = RowFilter::default();
    let keys = [by(SortColumn::Name, true), by(SortColumn::Attribute, false)];
    let names: Vec<String> = sheet
        .view(&all, &keys)
        .into_iter()
        .map(|row| sheet.text(row))
        .map(|text| format!("{} {}", text.common_name, text.attribute))
        .collect();
    assert_eq!(
        names,
        [
            "bert userPrincipalName",
            "anna proxyAddresses",
            "anna userPrincipalName"
        ]
    );
    assert_eq!(sheet.view(&all, &[by(SortColumn::Update, true)])[0], bert);
}

#[test]
fn counts_add_up() {
    let sheet = sheet(three_faulty());
    let summary = sheet.summary();
    assert_eq!(summary.by_attribute.values().sum::<usize>(), 3);
    assert_eq!(summary.by_action.get(&Action::None), Some(&3));
    assert_eq!(summary.by_domain.get("contoso.com"), Some(&3));
}

/// A forest of users whose names come from so few letters that mended values
/// meet each other and clean ones all the time.
fn crowded() -> impl Strategy<Value = Vec<Entry>> {
    let part = prop::sample::select(vec!["a", "b", "ab", " ", ",", "ä", "."]);
    let local = prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat());
    let person = (
        local.clone(),
        prop::collection::vec((any::<bool>(), local), 0..3),
    );
    prop::collection::vec(person, 1..12).prop_map(|people| {
        let people = people.into_iter().enumerate();
        people
            .map(|(number, (upn, proxies))| {
                let upn = format!("{upn}@contoso.com");
                let proxies: Vec<String> = proxies
                    .into_iter()
                    .map(|(primary, local)| {
                        let prefix = if primary { "SMTP" } else { "smtp" };
                        format!("{prefix}:{local}@contoso.com")
                    })
                    .collect();
                let proxies: Vec<&str> = proxies.iter().map(String::as_str).collect();
                user(
                    &format!("user{number}"),
                    &[(UPN, &[&upn]), (PROXY, &proxies)],
                )
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// All proposals taken together leave a forest without new findings: each
    /// value that was mended is clean and nobody else's.
    #[test]
    fn proposals_never_collide_and_never_make_a_finding(entries in crowded()) {
        let mut sheet = sheet(entries.clone());
        let rows: Vec<RowId> = sheet.rows().collect();
        for row in &rows {
            let text = sheet.text(*row);
            let proposed = sheet.proposal(*row).and_then(|proposal| proposal.update).map(str::to_owned);
            prop_assert_ne!(proposed, Some(text.value));
        }
        let before = sheet.len();
        let taken = sheet.accept(&rows);
        let hopeless = rows.iter().filter(|row| {
            sheet.proposal(**row).is_none_or(|p| p.confidence == Confidence::Manual)
        });
        prop_assert_eq!(taken.refused.len(), hopeless.count(), "{:?}", taken.refused);
        let plan = sheet.plan();
        prop_assert_eq!(&plan.refused, &vec![]);
        let mut after = entries;
        for modification in &plan.changes.modifications {
            let entry = after.iter_mut().find(|e| e.identity() == modification.identity).unwrap();
            for change in &modification.changes {
                prop_assert_eq!(entry.values(change.attribute.as_str()), &change.before[..]);
                entry.set(&change.attribute, change.after.clone());
            }
        }
        let mended = plan.rows.concat().len();
        let now = Worksheet::new(contoso(after), judge());
        prop_assert!(now.len() + mended <= before, "{} + {mended} > {before}", now.len());
        for row in now.rows() {
            let identity = now.scan.snapshot.identity(now.finding(row).entry);
            let text = now.text(row);
            let known = sheet.find(&identity, &text.attribute, &text.value);
            prop_assert!(matches!(known, Lookup::Row(_)), "new finding {text:?}");
        }
    }

    /// What is found and proposed does not depend on the order of reading.
    #[test]
    fn proposals_do_not_depend_on_order(entries in crowded(), seed: u64) {
        let texts = |entries: Vec<Entry>| {
            let sheet = Worksheet::new(contoso(entries), Arc::clone(&judge()));
            let rows = sheet.rows();
            rows.map(|row| format!("{:?} {:?}", sheet.text(row), sheet.proposal(row))).collect::<Vec<_>>()
        };
        let straight = texts(entries.clone());
        let mut shuffled = entries;
        let length = shuffled.len();
        for at in 0..length {
            let other = usize::try_from(seed.rotate_left(u32::try_from(at).unwrap()) % 97).unwrap();
            shuffled.swap(at, other % length);
        }
        prop_assert_eq!(texts(shuffled), straight);
    }
}

#[test]
fn who_must_give_up_a_name_to_sign_in_with_is_offered_the_next_free_one() {
    let upn = "userPrincipalName";
    let enabled = ("userAccountControl", &["512"][..]);
    let disabled = ("userAccountControl", &["514"][..]);
    let sheet = Worksheet::new(
        contoso(vec![
            user("a", &[(upn, &["anna@contoso.com"]), enabled]),
            user("b", &[(upn, &["anna@contoso.com"]), disabled]),
            user("c", &[(upn, &["anna2@contoso.com"]), enabled]),
        ]),
        judge(),
    );
    let offers: Vec<_> = sheet
        .rows()
        .map(|row| {
            let proposal = sheet.proposal(row).unwrap();
            (proposal.action, proposal.update, proposal.confidence)
        })
        .collect();
    assert_eq!(
        offers,
        [
            (Action::Complete, None, Confidence::Review),
            (Action::Edit, Some("anna3@contoso.com"), Confidence::Review),
        ]
    );
}
