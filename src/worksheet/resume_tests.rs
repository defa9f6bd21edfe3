//! Decisions that are laid over another scan.

use super::{
    Action, Decision, Happened, Kept, Noted, Replay, RowId, RowKey, RowState, Standing, Worksheet,
};
use crate::model::Entry;
use crate::scan::fixture::{contoso, judge, user};

const UPN: &str = "userPrincipalName";

fn sheet(entries: Vec<Entry>) -> Worksheet {
    let mut sheet = Worksheet::new(contoso(entries), judge());
    sheet.record();
    sheet
}

fn people(names: &[(&str, &str)]) -> Vec<Entry> {
    let person = |(name, upn): &(&str, &str)| user(name, &[(UPN, &[upn])]);
    names.iter().map(person).collect()
}

fn row(sheet: &Worksheet, value: &str) -> RowId {
    let is = |row: &RowId| sheet.text(*row).value == value;
    sheet
        .rows()
        .find(is)
        .unwrap_or_else(|| panic!("no row {value}"))
}

/// Plays what happened on a worksheet, as a file would.
fn play(sheet: &mut Worksheet, replay: &mut Replay) {
    let all = sheet.take_notes();
    let noted = |row: &RowId, decision: &Decision| Noted {
        key: RowKey::of(&sheet.scan, *row).unwrap(),
        dn: Some(sheet.entry(*row).dn),
        decision: decision.clone(),
    };
    let several = |rows: &[(RowId, Decision)]| -> Vec<Noted> {
        rows.iter()
            .map(|(row, decision)| noted(row, decision))
            .collect()
    };
    for happened in all {
        match happened {
            Happened::Staged(step) => {
                let rows = step.rows.iter().map(|(row, _, after)| noted(row, after));
                replay.step(step.id, rows.collect());
            }
            Happened::Undone(back) => replay.undone(back.id, several(&back.rows)),
            Happened::Redone(again) => replay.redone(again.id, several(&again.rows)),
            Happened::Returned(rows) => replay.keep(several(&rows), Standing::Staged),
            Happened::Left(rows) => {
                let none = Decision::default();
                let rows: Vec<Noted> = rows.iter().map(|row| noted(row, &none)).collect();
                replay.leave(&rows);
            }
        }
    }
}

fn kept(sheet: &mut Worksheet) -> Kept {
    let mut replay = Replay::default();
    play(sheet, &mut replay);
    let (staged, aside) = (replay.staged(), replay.aside());
    let kept = replay.finish();
    assert_eq!((kept.staged(), kept.aside()), (staged, aside));
    kept
}

/// The decisions as `value action update`.
fn decisions(sheet: &Worksheet) -> Vec<String> {
    let decided = sheet
        .rows()
        .filter(|row| sheet.action(*row) != Action::None);
    decided
        .map(|row| {
            let text = sheet.text(row);
            format!("{} {} {}", text.value, text.action.word(), text.update)
        })
        .collect()
}

fn three() -> Vec<Entry> {
    people(&[
        ("anna", "an na@contoso.com"),
        ("bert", "b rt@contoso.com"),
        ("carl", "c rl@contoso.com"),
    ])
}

#[test]
fn decisions_and_the_ways_back_are_those_of_before() {
    let mut before = sheet(three());
    let rows: Vec<RowId> = before.rows().collect();
    before.accept(&rows);
    before.edit(rows[0], "anna.meyer@contoso.com").unwrap();
    before.act(rows[1], Action::Complete).unwrap();
    assert!(before.undo());

    let mut kept = kept(&mut before);
    let mut after = sheet(three());
    let resumed = after.resume(&mut kept, true);
    assert_eq!((resumed.staged, resumed.already), (3, 0));
    assert!(resumed.lost.is_empty() && resumed.aside.is_empty());
    for _ in 0..2 {
        assert_eq!(decisions(&after), decisions(&before));
        assert_eq!(after.undo(), before.undo());
    }
    assert!(decisions(&after).is_empty() && !after.undo());
    for _ in 0..3 {
        assert!(after.redo() && before.redo());
        assert_eq!(decisions(&after), decisions(&before));
    }
    assert_eq!(
        decisions(&after)[0],
        "an na@contoso.com EDIT anna.meyer@contoso.com"
    );
    assert_eq!(
        decisions(&after)[1],
        "b rt@contoso.com COMPLETE brt@contoso.com"
    );
    // A new step gets a number of its own.
    after.take_notes();
    after.act(RowId(0), Action::None).unwrap();
    let Some(Happened::Staged(step)) = after.take_notes().pop() else {
        panic!("a step");
    };
    assert!(step.id > kept.last_step());
}

#[test]
fn what_changed_since_is_named_and_left_alone() {
    let mut before = sheet(people(&[
        ("anna", "an na@contoso.com"),
        ("bert", "b rt@contoso.com"),
        ("carl", "c rl@contoso.com"),
        ("dora", "d ra@contoso.com"),
        ("emil", "e il@contoso.com"),
    ]));
    let rows: Vec<RowId> = before.rows().collect();
    before.accept(&rows);
    let mut kept = kept(&mut before);
    let mut after = sheet(people(&[
        ("anna", "an na@contoso.com"),
        ("bert", "b art@contoso.com"),
        ("carl", "crl@contoso.com"),
        // Somebody else took what the decision on emil gives.
        ("dora", "eil@contoso.com"),
        ("emil", "e il@contoso.com"),
    ]));
    let resumed = after.resume(&mut kept, true);
    assert_eq!((resumed.staged, resumed.already), (1, 1));
    let lost: Vec<String> = resumed.lost.iter().map(ToString::to_string).collect();
    assert_eq!(
        lost,
        [
            "EDIT userPrincipalName 'b rt@contoso.com' of CN=bert,OU=Staff,DC=contoso,DC=com to \
             'brt@contoso.com': the value was changed since, to 'b art@contoso.com'",
            "EDIT userPrincipalName 'd ra@contoso.com' of CN=dora,OU=Staff,DC=contoso,DC=com to \
             'dra@contoso.com': the value was changed since, to 'eil@contoso.com'",
        ]
    );
    assert_eq!(
        resumed.aside[0].reason,
        "this value is held by CN=dora,OU=Staff,DC=contoso,DC=com in userPrincipalName"
    );
    assert_eq!(
        decisions(&after),
        ["an na@contoso.com EDIT anna@contoso.com"]
    );
    assert_eq!((kept.staged(), kept.aside()), (1, 1));
    // The step goes on with the row that is left of it.
    assert!(after.undo() && decisions(&after).is_empty() && !after.undo());
}

#[test]
fn what_waits_is_staged_when_it_fits_again() {
    let mut before = sheet(three());
    let rows: Vec<RowId> = before.rows().collect();
    before.accept(&rows);
    let mut kept = kept(&mut before);
    let without_bert = || people(&[("anna", "an na@contoso.com"), ("carl", "c rl@contoso.com")]);
    // As in a scan that did not look everywhere.
    let mut after = sheet(without_bert());
    let resumed = after.resume(&mut kept, false);
    assert_eq!(
        resumed.aside[0].reason,
        "this scan did not come to the entry"
    );
    assert_eq!((resumed.staged, resumed.lost.len()), (2, 0));
    let mut again = sheet(three());
    let mut kept_again = kept.clone();
    let resumed = again.resume(&mut kept_again, true);
    assert_eq!((resumed.staged, kept_again.aside()), (3, 0));
    assert_eq!(decisions(&again), decisions(&before));
    // It is the oldest step now.
    assert!(again.undo());
    assert_eq!(decisions(&again), ["b rt@contoso.com EDIT brt@contoso.com"]);
    assert!(again.undo() && !again.undo());
    // In a scan that did look, it is lost.
    let resumed = sheet(without_bert()).resume(&mut kept, true);
    assert_eq!(resumed.lost[0].reason, "the entry was not found");
    assert_eq!(kept.aside(), 0);
}

#[test]
fn a_value_that_another_row_gives_up_is_taken_in_any_order() {
    let entries = || {
        let addresses = ["SMTP:anna@contoso.com", "smtp:bert@contoso.com "];
        vec![
            user(
                "anna",
                &[(UPN, &["anna@contoso.com"]), ("proxyAddresses", &addresses)],
            ),
            user("bert", &[(UPN, &["b ert@contoso.com"])]),
        ]
    };
    let mut before = sheet(entries());
    let anna = row(&before, "smtp:bert@contoso.com ");
    let bert = row(&before, "b ert@contoso.com");
    assert!(
        before.edit(bert, "bert@contoso.com").is_err(),
        "anna has it"
    );
    before.act(anna, Action::Remove).unwrap();
    before.edit(bert, "bert@contoso.com").unwrap();
    let kept = kept(&mut before);
    for swapped in [false, true] {
        let mut kept = kept.clone();
        if swapped {
            kept.rows.swap(0, 1);
            for (at, ..) in kept.undo.iter_mut().flat_map(|step| &mut step.rows) {
                *at = 1 - *at;
            }
        }
        let mut after = sheet(entries());
        assert_eq!(
            after.resume(&mut kept, true).staged,
            2,
            "swapped: {swapped}"
        );
        assert_eq!(decisions(&after), decisions(&before));
    }
}

#[test]
fn what_was_written_leaves_and_what_is_in_doubt_stays() {
    let mut before = sheet(three());
    let rows: Vec<RowId> = before.rows().collect();
    before.accept(&rows);
    before.set_state(&rows[..1], &RowState::Done);
    before.set_state(&rows[1..2], &RowState::InDoubt("no answer".into()));
    before.set_state(&rows[2..], &RowState::Failed("no right".into()));
    let kept = kept(&mut before);
    let left: Vec<String> = kept.rows.iter().map(ToString::to_string).collect();
    assert_eq!(kept.staged(), 2);
    assert!(
        left[0].contains("b rt@") && left[1].contains("c rl@"),
        "{left:?}"
    );
    assert_eq!(kept.undo[0].rows.len(), 2, "{:?}", kept.undo);
}

#[test]
fn what_is_remembered_as_an_exception_need_not_be_kept() {
    let mut before = sheet(three());
    let mut replay = Replay::default();
    before.act(RowId(0), Action::Complete).unwrap();
    before.mark_accepted(RowId(0), crate::exception::Why::default());
    play(&mut before, &mut replay);
    assert_eq!(replay.staged(), 0);
    before.mark_unaccepted(RowId(0));
    play(&mut before, &mut replay);
    assert_eq!(replay.finish().staged(), 1);
}

#[test]
fn a_lost_note_makes_doubtful_what_was_decided_before_it() {
    let mut before = sheet(three());
    let mut replay = Replay::default();
    let rows: Vec<RowId> = before.rows().collect();
    before.accept(&rows);
    play(&mut before, &mut replay);
    replay.lose();
    before.edit(rows[0], "anna.m@contoso.com").unwrap();
    play(&mut before, &mut replay);
    let mut kept = replay.finish();
    assert_eq!((kept.staged(), kept.aside()), (1, 2));
    let mut after = sheet(three());
    let resumed = after.resume(&mut kept, true);
    assert_eq!(
        decisions(&after),
        ["an na@contoso.com EDIT anna.m@contoso.com"]
    );
    let doubt = "a damaged line of the session may have changed it";
    assert!(resumed.aside.iter().all(|unfit| unfit.reason == doubt));
    // Nor the next time.
    let resumed = sheet(three()).resume(&mut kept, true);
    assert_eq!((resumed.staged, resumed.aside.len()), (1, 2));
}
