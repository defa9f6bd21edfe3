//! What stays of decisions when the directory was read again.

use super::{Action, Carried, Choice, RowId, RowState, Worksheet};
use crate::model::Entry;
use crate::scan::EntryRef;
use crate::scan::fixture::{contoso, judge, user};

const UPN: &str = "userPrincipalName";

fn sheet(entries: Vec<Entry>) -> Worksheet {
    Worksheet::new(contoso(entries), judge())
}

fn row(sheet: &Worksheet, name: &str) -> RowId {
    let is_it = |row: &RowId| sheet.text(*row).common_name == name;
    sheet.rows().find(is_it).unwrap()
}

/// A later sheet, of which everything was read again.
fn later(old: &Worksheet, entries: Vec<Entry>) -> (Worksheet, Carried) {
    let mut new = sheet(entries);
    let carried = new.carry_over(old, |_| true);
    (new, carried)
}

fn upn(name: &str, value: &str) -> Entry {
    user(name, &[(UPN, &[value])])
}

#[test]
fn a_decision_stays_where_entry_attribute_and_value_are_the_same() {
    let mut old = sheet(vec![
        upn("anna", "an na@contoso.com"),
        upn("bert", "b t@contoso.com"),
    ]);
    old.edit(row(&old, "anna"), "anna.m@contoso.com").unwrap();
    old.act(row(&old, "bert"), Action::Complete).unwrap();
    let mut moved = upn("anna", "an na@contoso.com");
    moved.dn = crate::model::DistinguishedName::from_server("CN=Zanna,OU=x,DC=contoso,DC=com");
    let entries = vec![
        upn("aaron", "a n@contoso.com"),
        moved,
        upn("bert", "b t@contoso.com"),
    ];
    let (new, carried) = later(&old, entries);
    assert_eq!((carried.gone, carried.new, carried.changed), (0, 1, 0));
    assert_eq!(carried.lost, []);
    let anna = carried.rows[row(&old, "anna").0 as usize].unwrap();
    assert_eq!(new.text(anna).dn, "CN=Zanna,OU=x,DC=contoso,DC=com");
    assert_eq!(new.text(anna).update, "anna.m@contoso.com");
    assert_eq!(new.action(row(&new, "bert")), Action::Complete);
    assert_eq!(new.staged(), 2);
    assert_eq!(new.plan().changes.len(), 1);
}

#[test]
fn what_cannot_stay_is_named_with_the_reason() {
    let mut old = sheet(vec![
        upn("anna", "an na@contoso.com"),
        upn("bert", "b t@contoso.com"),
        upn("cleo", "c o@contoso.com"),
        upn("dora", "d a@contoso.com"),
    ]);
    for (name, value) in [
        ("anna", "anna@contoso.com"),
        ("bert", "bert@contoso.com"),
        ("cleo", "cleo@contoso.com"),
        ("dora", "dora@contoso.com"),
    ] {
        old.edit(row(&old, name), value).unwrap();
    }
    let (new, carried) = later(
        &old,
        vec![
            upn("anna", "anna@contoso.com"),
            upn("cleo", "c  o@contoso.com"),
            user(
                "dora",
                &[
                    (UPN, &["d a@contoso.com"]),
                    ("adminDescription", &["User_x"]),
                ],
            ),
        ],
    );
    let lost: Vec<String> = carried.lost.iter().map(ToString::to_string).collect();
    assert_eq!(
        lost,
        [
            "EDIT userPrincipalName 'an na@contoso.com' of CN=anna,OU=Staff,DC=contoso,DC=com to \
             'anna@contoso.com': the value was changed since, to 'anna@contoso.com'",
            "EDIT userPrincipalName 'b t@contoso.com' of CN=bert,OU=Staff,DC=contoso,DC=com to \
             'bert@contoso.com': the entry is not there any more",
            "EDIT userPrincipalName 'c o@contoso.com' of CN=cleo,OU=Staff,DC=contoso,DC=com to \
             'cleo@contoso.com': the value was changed since, to 'c  o@contoso.com'",
            "EDIT userPrincipalName 'd a@contoso.com' of CN=dora,OU=Staff,DC=contoso,DC=com to \
             'dora@contoso.com': the entry is not judged any more",
        ]
    );
    assert_eq!((carried.gone, carried.new, carried.changed), (3, 0, 1));
    assert_eq!(new.staged(), 0);
}

#[test]
fn undo_and_redo_go_on_with_the_rows_that_are_left() {
    let before = || {
        vec![
            upn("anna", "an na@contoso.com"),
            upn("bert", "b t@contoso.com"),
        ]
    };
    let mut old = sheet(before());
    let (anna, bert) = (row(&old, "anna"), row(&old, "bert"));
    old.act(bert, Action::Complete).unwrap();
    old.act_all(&[anna, bert], Action::Complete);
    old.edit(anna, "anna@contoso.com").unwrap();
    assert!(old.undo());
    let (mut new, carried) = later(&old, before()[..1].to_vec());
    assert_eq!(carried.lost.len(), 1, "{:?}", carried.lost);
    let anna = row(&new, "anna");
    assert!(new.redo());
    assert_eq!(new.text(anna).update, "anna@contoso.com");
    assert!(new.undo() && new.undo());
    assert_eq!(new.action(anna), Action::None);
    assert!(!new.undo(), "of the first step no row is left");
    assert!(new.redo() && new.redo() && !new.redo());
    assert_eq!(new.action(anna), Action::Edit);
}

#[test]
fn what_was_staged_still_keeps_others_from_taking_the_value() {
    let before = || {
        vec![
            upn("anna", "an na@contoso.com"),
            upn("bert", "b t@contoso.com"),
        ]
    };
    let mut old = sheet(before());
    old.edit(row(&old, "anna"), "office@contoso.com").unwrap();
    let (mut new, _) = later(&old, before());
    let refused = new
        .edit(row(&new, "bert"), "office@contoso.com")
        .unwrap_err();
    let reason = refused.to_string();
    assert!(
        reason.contains("a staged edit gives this value to CN=anna"),
        "{reason}"
    );
}

#[test]
fn what_was_written_shows_and_what_was_not_read_again_stays_as_it_was() {
    let before = || {
        vec![
            upn("anna", "an na@contoso.com"),
            upn("bert", "b t@contoso.com"),
        ]
    };
    let mut old = sheet(before());
    let (anna, bert) = (row(&old, "anna"), row(&old, "bert"));
    old.choose_all(&[
        (anna, Choice::Edit("anna@contoso.com".into())),
        (bert, Choice::Edit("bert@contoso.com".into())),
    ]);
    old.set_state(&[anna, bert], &RowState::Done);
    let is_anna =
        |new: &Worksheet, at: EntryRef| new.scan.snapshot.entry(at).common_name() == "anna";
    let mut new = sheet(before());
    let probe = sheet(before());
    let carried = new.carry_over(&old, |at| is_anna(&probe, at));
    assert_eq!(carried.lost, []);
    let (anna, bert) = (row(&new, "anna"), row(&new, "bert"));
    // Somebody put the old value back.
    assert_eq!(
        (new.state(anna), new.action(anna)),
        (&RowState::Open, Action::None)
    );
    assert_eq!(
        (new.state(bert), new.action(bert)),
        (&RowState::Done, Action::Edit)
    );
    assert!(new.edit(bert, "bert2@contoso.com").is_err());

    let mut old = sheet(before());
    let (anna, bert) = (row(&old, "anna"), row(&old, "bert"));
    old.choose_all(&[
        (anna, Choice::Edit("anna@contoso.com".into())),
        (bert, Choice::Edit("bert@contoso.com".into())),
    ]);
    old.set_state(&[anna], &RowState::Conflict("somebody".into()));
    old.set_state(&[bert], &RowState::Failed("no right".into()));
    let (new, _) = later(&old, before());
    assert_eq!(*new.state(row(&new, "anna")), RowState::Open);
    assert_eq!(
        *new.state(row(&new, "bert")),
        RowState::Failed("no right".into())
    );
    assert_eq!(new.staged(), 2);
}
