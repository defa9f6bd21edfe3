//! Sheets that are put in order on another thread.

use std::sync::atomic::AtomicBool;

use crossterm::event::KeyCode;

use super::{Face, LARGE};
use crate::model::Entry;
use crate::scan::fixture;
use crate::session::Event;
use crate::tui::{Arranging, Effect, Message, Working};
use crate::worksheet::{Worksheet, looks};

/// More rows than are put in order at once.
const ROWS: usize = 503;

fn user(number: usize) -> Entry {
    let upn = format!("user{} {number}@contoso.com", number % 3);
    fixture::user(&format!("User {number}"), &[("userPrincipalName", &[&upn])])
}

fn large() -> Face {
    large_with(ROWS)
}

fn large_with(rows: usize) -> Face {
    Face::on_grid((0..rows).map(user).collect(), LARGE)
}

fn requests(face: &mut Face) -> Vec<Arranging> {
    let of = |effect| match effect {
        Effect::Arrange(request) => Some(request),
        _ => None,
    };
    face.effects.drain(..).filter_map(of).collect()
}

/// Does what the loop does with what was asked for.
fn carry_out(face: &mut Face) {
    for request in requests(face) {
        let done = request.carry_out(&AtomicBool::new(false)).unwrap();
        face.send(Message::Arranged(done));
    }
}

/// The work that was asked for; everything else is forgotten.
fn work(face: &mut Face) -> Option<Working> {
    face.effects.drain(..).find_map(|effect| match effect {
        Effect::Work(working) => Some(working),
        _ => None,
    })
}

#[test]
fn the_latest_request_wins_and_keys_on_rows_wait_for_it() {
    let mut face = large();
    assert!(face.shows("the rows are being put in order"));
    carry_out(&mut face);
    assert!(face.shows(&format!("row 1 of {ROWS}")));

    face.keys("fuser0");
    face.press(KeyCode::Enter);
    let old = requests(&mut face);
    face.keys("f");
    face.ctrl('u');
    face.keys("user1");
    face.press(KeyCode::Enter);
    // It means the rows of the second filter, which are not there yet.
    face.ctrl('a');
    assert!(face.shows("rows in order"));
    assert!(!face.shows("marked"));
    let new = requests(&mut face);
    for request in new.into_iter().chain(old) {
        let done = request.carry_out(&AtomicBool::new(false)).unwrap();
        face.send(Message::Arranged(done));
    }
    let found = ROWS.div_ceil(3);
    assert!(face.shows(&format!("row 1 of {found}, {ROWS} in all")));
    assert!(face.shows(&format!("{found} marked")));
}

#[test]
fn keys_that_wait_are_not_for_what_lies_over_the_grid_nor_for_another_sheet() {
    for over in [":", "R"] {
        let mut face = large();
        face.keys("c");
        face.keys(over);
        carry_out(&mut face);
        assert_eq!(face.sheet().staged(), 0, "{over}");
    }
    let mut face = large();
    face.keys("c");
    let result = fixture::contoso((0..ROWS).map(user).collect());
    let sheet = Worksheet::new(result, fixture::judge());
    face.tell(Event::Scanned(Box::new(sheet)));
    carry_out(&mut face);
    assert_eq!(face.sheet().staged(), 0);
    // And without any of that it is carried out.
    let mut face = large();
    face.keys("c");
    carry_out(&mut face);
    assert_eq!(face.sheet().staged(), 1);
}

#[test]
fn a_search_is_told_when_it_is_over_and_nothing_is_lost_by_giving_it_up() {
    let mut face = large();
    carry_out(&mut face);
    face.keys("/user2");
    face.press(KeyCode::Enter);
    let slow = requests(&mut face);
    assert!(!face.shows("matches for"));
    face.press(KeyCode::Esc);
    assert!(!face.shows("rows in order"));
    for request in slow {
        let done = request.carry_out(&AtomicBool::new(false)).unwrap();
        face.send(Message::Arranged(done));
    }
    assert!(!face.shows("matches for"));

    face.keys("/user2");
    face.press(KeyCode::Enter);
    carry_out(&mut face);
    let found = ROWS.div_ceil(3) - 1;
    assert!(
        face.shows(&format!("{found} matches for user2")),
        "{}",
        face.screen()
    );
}

#[test]
fn a_decision_asks_for_the_order_again_only_if_it_depends_on_it() {
    let mut face = large();
    carry_out(&mut face);
    face.keys("c");
    face.press(KeyCode::Esc);
    assert!(requests(&mut face).is_empty());
    face.keys("faction:none");
    face.press(KeyCode::Enter);
    carry_out(&mut face);
    assert!(face.shows(&format!("row 1 of {}, {ROWS} in all", ROWS - 1)));
    face.keys("c");
    face.press(KeyCode::Esc);
    carry_out(&mut face);
    assert!(face.shows(&format!("row 1 of {}, {ROWS} in all", ROWS - 2)));
}

#[test]
fn a_bulk_action_is_done_beside_the_interface_as_one_step() {
    let mut face = large();
    carry_out(&mut face);
    face.ctrl('a');
    face.keys("t");
    let working = work(&mut face).expect("work");
    assert_eq!(face.sheet().staged(), 0);
    assert!(
        face.status().contains("deciding on 503 rows"),
        "{}",
        face.status()
    );
    // Meanwhile the cursor moves, and what decides waits.
    face.keys("G");
    assert!(face.shows("row 503 of 503"), "{}", face.screen());
    face.keys("r");
    assert!(
        face.status().contains("wait until this is done"),
        "{}",
        face.status()
    );
    face.send(Message::Worked(working.carry_out()));
    assert_eq!(face.sheet().staged(), ROWS);
    assert!(
        face.status().contains("503 of 503 marked rows"),
        "{}",
        face.status()
    );
    // The old sheet is thrown away elsewhere, too.
    assert!(matches!(face.effects.as_slice(), [Effect::Discard(_)]));
    face.effects.clear();
    face.keys("u");
    let working = work(&mut face).expect("work");
    face.send(Message::Worked(working.carry_out()));
    assert_eq!(face.sheet().staged(), 0);
    face.effects.clear();
    face.ctrl('r');
    let working = work(&mut face).expect("work");
    face.send(Message::Worked(working.carry_out()));
    face.effects.clear();
    face.keys("R");
    let working = work(&mut face).expect("work");
    face.send(Message::Worked(working.carry_out()));
    assert!(
        face.shows("503 entries will be written"),
        "{}",
        face.screen()
    );
}

#[test]
fn a_bulk_action_that_is_stopped_leaves_nothing_behind() {
    let mut face = large();
    carry_out(&mut face);
    face.ctrl('a');
    face.keys("t");
    let working = work(&mut face).expect("work");
    face.press(KeyCode::Esc);
    face.send(Message::Worked(working.carry_out()));
    assert_eq!(face.sheet().staged(), 0);
    assert!(
        face.status().contains("nothing was changed"),
        "{}",
        face.status()
    );
    face.keys("t");
    let late = work(&mut face).expect("work");
    let result = fixture::contoso((0..ROWS).map(user).collect());
    let sheet = Worksheet::new(result, fixture::judge());
    face.tell(Event::Scanned(Box::new(sheet)));
    carry_out(&mut face);
    face.send(Message::Worked(late.carry_out()));
    assert_eq!(face.sheet().staged(), 0, "it was done to another sheet");
}

/// How often rows are looked at, at most, by one key and the frame after it.
fn looks_of_keys(rows: usize) -> usize {
    let mut face = large_with(rows);
    carry_out(&mut face);
    let mut most = 0;
    // Two sort keys, groups that open and close, marks, a search, columns.
    let keys = "jG}kgl$0 vjjvVmuser1\nMiMsllS/user2\nnN=FbrojOOj bn>w<zCq+-+aaadddyYT?q:q";
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            key => KeyCode::Char(key),
        };
        let looks = looks::during(|| {
            face.press(code);
            face.screen();
        });
        most = most.max(looks);
        let asked = requests(&mut face);
        for request in asked {
            let done = request.carry_out(&AtomicBool::new(false)).unwrap();
            most = most.max(looks::during(|| {
                face.send(Message::Arranged(done));
                face.screen();
            }));
        }
    }
    most
}

#[test]
fn no_key_looks_at_more_rows_of_a_larger_sheet() {
    let (small, large) = (looks_of_keys(ROWS), looks_of_keys(3 * ROWS));
    assert!(small > 0);
    assert_eq!(small, large);
}
