//! Reading again by keys: what is asked for, and what is seen of it.

use crossterm::event::KeyCode;

use super::screens::both;
use super::{Face, SMALL, faulty};
use crate::model::Entry;
use crate::scan::fixture::{self, user};
use crate::session::{Again, Command, Event, Refreshed};
use crate::transaction::{Outcome, TransactionId, TransactionReport};
use crate::tui::Effect;
use crate::worksheet::{RowId, Worksheet};

fn upn(name: &str, value: &str) -> Entry {
    user(name, &[("userPrincipalName", &[value])])
}

fn four() -> Vec<Entry> {
    ["anna", "bert", "cleo", "dora"]
        .map(|name| upn(name, &format!("{name} x@contoso.com")))
        .to_vec()
}

/// What was asked for last.
fn asked(face: &mut Face) -> (Worksheet, Again) {
    match face.effects.pop() {
        Some(Effect::Send(Command::Refresh(sheet, again))) => (*sheet, again),
        other => panic!("{other:?}"),
    }
}

/// What the session says when `entries` are what there is now.
fn answer(face: &mut Face, old: &Worksheet, entries: Vec<Entry>) {
    let number = entries.len();
    let mut worksheet = Worksheet::new(fixture::contoso(entries), fixture::judge());
    let carried = worksheet.carry_over(old, |_| true);
    face.tell(Event::Refreshed(Box::new(Refreshed {
        worksheet,
        carried,
        entries: number,
        stale: Vec::new(),
    })));
}

#[test]
fn the_marked_rows_are_read_again_and_marks_cursor_and_filter_stay() {
    let mut face = Face::on_grid(four(), SMALL);
    face.keys("fx@");
    face.press(KeyCode::Enter);
    face.keys("j j ");
    face.keys("k");
    let (cursor, marked) = (face.current(), [RowId(1), RowId(3)]);
    assert_eq!(cursor, RowId(2), "{}", face.screen());
    face.press(KeyCode::F(6));
    let (sheet, again) = asked(&mut face);
    assert_eq!(again, Again::Rows(marked.to_vec()));
    assert!(
        face.shows("reading the entries of 2 marked rows again"),
        "{}",
        face.screen()
    );
    face.keys("t ");
    assert!(face.effects.is_empty(), "keys on rows have nowhere to go");
    let mut now = four();
    now[1] = upn("bert", "bert@contoso.com");
    answer(&mut face, &sheet, now);
    assert_eq!(face.current(), RowId(1), "the row is another number now");
    assert!(face.shows("1 marked"), "{}", face.screen());
    assert!(face.shows("of 3"), "{}", face.screen());
    assert!(
        face.status()
            .contains("read again: 4 entries; 1 row gone, 0 new, 0 changed"),
        "{}",
        face.status()
    );
}

#[test]
fn without_marks_the_rows_shown_are_read_again() {
    let mut face = Face::on_grid(four(), SMALL);
    face.keys("fcleo");
    face.press(KeyCode::Enter);
    face.press(KeyCode::F(6));
    let (sheet, again) = asked(&mut face);
    assert_eq!(again, Again::Rows(vec![RowId(2)]));
    answer(&mut face, &sheet, four());
    assert!(
        face.status().contains("the findings are as they were"),
        "{}",
        face.status()
    );
}

#[test]
fn the_domain_of_the_cursor_is_read_again() {
    let mut face = Face::on_grid(four(), SMALL);
    face.press(KeyCode::F(7));
    assert!(
        face.shows("reading all of contoso.com again"),
        "{}",
        face.screen()
    );
    let (_, again) = asked(&mut face);
    assert_eq!(again, Again::Domain(crate::model::DomainId(0)));
}

#[test]
fn staged_decisions_that_could_not_be_kept_are_named() {
    let lost = |size| {
        let mut face = Face::on_grid(four(), size);
        face.ctrl('a');
        face.keys("t");
        face.press(KeyCode::F(6));
        let (sheet, _) = asked(&mut face);
        answer(&mut face, &sheet, vec![upn("anna", "anna x@contoso.com")]);
        face
    };
    both("read_again", lost);
    let mut face = lost(SMALL);
    face.press(KeyCode::Enter);
    assert!(face.shows("1 staged"), "{}", face.screen());
    face.keys("L");
    assert!(face.shows("staged decision lost: EDIT userPrincipalName"));
}

#[test]
fn a_reading_that_is_stopped_changes_nothing() {
    let mut face = Face::on_grid(four(), SMALL);
    face.keys("t");
    face.press(KeyCode::F(6));
    asked(&mut face);
    face.keys("c");
    assert!(matches!(
        face.effects.pop(),
        Some(Effect::Send(Command::Cancel))
    ));
    assert!(face.shows("stopping at the next page"));
    face.keys("c");
    assert!(
        !face.has_quit() && face.shows("Leave?"),
        "{}",
        face.screen()
    );
    face.keys("n");
    face.tell(Event::Stays(Vec::new()));
    assert!(face.status().contains("the findings stay as they were"));
    assert!(face.shows("1 staged"), "{}", face.screen());
}

#[test]
fn a_reading_that_fails_leaves_the_findings_on_the_screen() {
    let mut face = Face::on_grid(four(), SMALL);
    face.keys("t");
    for key in [KeyCode::F(5), KeyCode::F(6)] {
        face.press(key);
        face.tell(Event::Failed {
            message: "no connection to dc1".to_owned(),
            hint: None,
        });
        assert!(face.shows("no connection to dc1"), "{}", face.screen());
        assert!(
            face.shows("The findings stay as they were."),
            "{}",
            face.screen()
        );
        face.press(KeyCode::Enter);
        assert!(
            face.shows("1 staged") && face.shows("row 1 of 4"),
            "{}",
            face.screen()
        );
    }
}

#[test]
fn scanning_again_asks_nothing_and_keeps_what_is_staged() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("c");
    face.press(KeyCode::Esc);
    face.press(KeyCode::F(5));
    let Some(Effect::Send(Command::Rescan(_, sheet))) = face.effects.pop() else {
        panic!("no scan");
    };
    assert!(face.shows("reading everything again"), "{}", face.screen());
    answer(&mut face, &sheet, faulty());
    assert!(face.shows("1 staged"), "{}", face.screen());
    let why = "emea.contoso.com was not read to its end";
    face.press(KeyCode::F(5));
    face.tell(Event::Stays(vec![why.to_owned()]));
    assert!(
        face.shows(why) && face.shows("would have been lost"),
        "{}",
        face.screen()
    );
}

#[test]
fn what_was_written_is_read_again_when_the_grid_is_seen_again() {
    let mut face = Face::on_grid(four(), SMALL);
    face.keys("tRawy");
    face.effects.clear();
    face.tell(Event::Applied(TransactionReport {
        id: TransactionId::parse("20261122-081500-aaaa").unwrap(),
        journal: "j".into(),
        undo: "u".into(),
        outcomes: vec![Outcome::Done],
        notes: Vec::new(),
        taken_back: None,
    }));
    assert!(face.effects.is_empty(), "the result is read first");
    face.keys("q");
    let (sheet, again) = asked(&mut face);
    assert_eq!(again, Again::Written);
    assert!(
        face.shows("reading what was written again"),
        "{}",
        face.screen()
    );
    answer(&mut face, &sheet, four()[1..].to_vec());
    assert!(face.shows("of 3"), "{}", face.screen());
    assert!(face.status().contains("1 row gone"), "{}", face.status());
    face.press(KeyCode::Down);
    assert!(face.effects.is_empty(), "once is enough");
}
