//! What keys do: each test is something a person wants.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Face, SMALL, faulty};
use crate::model::Entry;
use crate::scan::fixture::user;
use crate::session::{Command, Event};
use crate::tui::{Effect, Message, Start};
use crate::worksheet::{Action, RowId};

/// Characters that must never reach a terminal.
fn is_hostile(character: char) -> bool {
    character.is_control() || "\u{202e}\u{200b}\u{202c}\u{feff}\u{2066}".contains(character)
}

fn many(number: usize) -> Vec<Entry> {
    (0..number)
        .map(|at| {
            let upn = format!("user {at}@contoso.com");
            user(
                &format!("User {at:04}"),
                &[("userPrincipalName", &[upn.as_str()])],
            )
        })
        .collect()
}

#[test]
fn a_release_is_no_press_and_unknown_keys_do_nothing() {
    let mut face = Face::on_grid(faulty(), SMALL);
    let before = face.screen();
    face.press(KeyCode::Char('€'));
    face.press(KeyCode::F(12));
    assert_eq!(face.screen(), before);
    assert!(face.effects.is_empty());
}

#[test]
fn a_value_is_edited_in_place_and_checked_while_typing() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("fanna");
    face.press(KeyCode::Enter);
    face.press(KeyCode::Enter);
    assert!(face.shows("✓ breaks no rule"), "{}", face.screen());
    face.ctrl('u');
    face.keys("anna&co@contoso.com");
    assert!(face.shows("✗"), "{}", face.screen());
    let row = face.current();
    face.press(KeyCode::Enter);
    assert_eq!(
        face.sheet().action(row),
        Action::None,
        "a faulty value is not staged"
    );
    face.ctrl('u');
    face.send(Message::Paste("anna@contoso.com\n".to_owned()));
    face.press(KeyCode::Enter);
    assert_eq!(face.sheet().action(row), Action::Edit);
    assert_eq!(face.sheet().text(row).update, "anna@contoso.com");
    assert!(
        face.shows("~ EDIT") && face.shows("1 staged"),
        "{}",
        face.screen()
    );
    face.keys("u");
    assert_eq!(face.sheet().action(row), Action::None);
    face.ctrl('r');
    assert_eq!(face.sheet().text(row).update, "anna@contoso.com");
}

#[test]
fn esc_leaves_an_edit_without_a_change() {
    let mut face = Face::on_grid(faulty(), SMALL);
    let row = face.current();
    face.keys("exyz");
    face.press(KeyCode::Esc);
    assert_eq!(face.sheet().action(row), Action::None);
    assert!(!face.has_quit());
}

#[test]
fn the_cursor_and_the_marks_survive_filter_and_sort() {
    let mut face = Face::on_grid(many(60), SMALL);
    face.keys("jjj");
    let held = face.current();
    face.keys(" ");
    face.keys("k");
    face.keys("s");
    face.keys("s");
    assert_eq!(face.current(), held);
    face.keys("f/000[0-9]/");
    face.press(KeyCode::Enter);
    assert_eq!(face.current(), held);
    assert!(
        face.shows("1 marked") && face.shows("of 10, 60 in all"),
        "{}",
        face.screen()
    );
    face.keys("F");
    assert_eq!(face.current(), held);
    assert!(face.shows("row 57 of 60"), "{}", face.screen());
}

#[test]
fn an_action_goes_to_the_marked_rows_and_says_so() {
    let mut face = Face::on_grid(many(10), SMALL);
    face.keys("c");
    face.press(KeyCode::Esc);
    assert!(
        face.status().contains("the row under the cursor"),
        "{}",
        face.status()
    );
    face.keys("vjjv");
    assert!(face.shows("3 marked"), "{}", face.screen());
    face.keys("c");
    face.press(KeyCode::Esc);
    assert!(
        face.status().contains("3 of 3 marked rows"),
        "{}",
        face.status()
    );
    let complete = (0..10).filter(|row| face.sheet().action(RowId(*row)) == Action::Complete);
    assert_eq!(complete.count(), 3);
    face.keys("u");
    let complete = (0..10).filter(|row| face.sheet().action(RowId(*row)) == Action::Complete);
    assert_eq!(complete.count(), 1, "a bulk action is one step of undo");
}

#[test]
fn marks_that_a_filter_hides_are_named() {
    let mut face = Face::on_grid(many(10), SMALL);
    face.ctrl('a');
    face.keys("f0003");
    face.press(KeyCode::Enter);
    face.keys("c");
    face.press(KeyCode::Esc);
    assert!(
        face.status().contains("9 of them hidden"),
        "{}",
        face.status()
    );
}

#[test]
fn what_refuses_is_shown_with_the_reason() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.ctrl('a');
    face.keys("t");
    assert!(face.shows("Not all could be staged"), "{}", face.screen());
    face.press(KeyCode::Enter);
    assert!(!face.shows("Not all could be staged"));
}

#[test]
fn a_search_hides_nothing_and_steps_around() {
    let mut face = Face::on_grid(many(40), SMALL);
    face.keys("/0007");
    face.press(KeyCode::Enter);
    assert!(face.shows("row 8 of 40"), "{}", face.screen());
    face.keys("n");
    assert!(face.shows("row 8 of 40"), "one match: n comes round to it");
    face.keys("/003");
    face.ctrl('u');
    face.keys("/1$/");
    face.press(KeyCode::Enter);
    face.press(KeyCode::Esc);
    face.keys("n");
    assert!(face.shows("Search"), "without a search n asks for one");
}

#[test]
fn a_filter_that_cannot_be_read_is_named_and_not_taken() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("f/(/");
    assert!(face.shows("cannot be read"), "{}", face.screen());
    face.press(KeyCode::Enter);
    assert!(
        face.shows("cannot be read"),
        "it stays until it is mended or left"
    );
    face.press(KeyCode::Esc);
    assert!(!face.shows("filter:"));
}

#[test]
fn the_cell_under_the_cursor_filters() {
    let mut face = Face::on_grid(faulty(), SMALL);
    let row = face.current();
    face.keys("l");
    let attribute = face.sheet().text(row).attribute;
    let all = face.sheet().len();
    face.keys("=");
    let rows = face.app.sheet.as_ref().unwrap().grid.order().to_vec();
    assert!(!rows.is_empty() && rows.len() < all);
    assert!(
        rows.iter()
            .all(|row| face.sheet().text(*row).attribute == attribute)
    );
    face.keys("F!");
    let others = face.app.sheet.as_ref().unwrap().grid.order().len();
    assert_eq!(others, all - rows.len());
}

#[test]
fn every_hostile_cell_can_be_filtered_by_and_finds_itself() {
    let mut face = Face::on_grid(faulty(), SMALL);
    for _ in 0..face.sheet().len() {
        for _ in 0..12 {
            let row = face.current();
            face.keys("=");
            let rows = face.app.sheet.as_ref().unwrap().grid.order().to_vec();
            assert!(rows.contains(&row), "{}", face.screen());
            face.keys("Fl");
        }
        face.keys("0j");
    }
}

#[test]
fn leaving_with_staged_work_asks_first() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("c");
    face.press(KeyCode::Esc);
    face.press(KeyCode::Esc);
    assert!(!face.has_quit(), "Esc never leaves");
    face.keys("q");
    assert!(face.shows("Leave?") && !face.has_quit());
    face.press(KeyCode::Enter);
    assert!(!face.has_quit(), "Enter is no yes");
    face.keys("n");
    face.ctrl('c');
    assert!(face.shows("Leave?") && !face.has_quit());
    face.ctrl('c');
    assert!(!face.has_quit(), "Ctrl-C is no yes either");
    face.keys("qy");
    assert!(face.has_quit());
}

#[test]
fn leaving_without_staged_work_asks_nothing() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("q");
    assert!(face.shows("All findings"), "{}", face.screen());
    face.keys("q");
    assert!(face.has_quit());
}

#[test]
fn nothing_is_written_without_arming_starting_and_confirming() {
    let mut face = Face::on_grid(many(3), SMALL);
    face.ctrl('a');
    face.keys("tR");
    assert!(face.shows("3 entries will be written"), "{}", face.screen());
    face.keys("wy");
    face.press(KeyCode::Enter);
    assert!(face.effects.is_empty(), "not armed");
    assert!(face.shows("READ-ONLY"));
    face.keys("a");
    assert!(face.shows("ARMED"));
    face.keys("w");
    face.press(KeyCode::Enter);
    face.keys("wa ");
    assert!(face.effects.is_empty(), "not confirmed");
    face.keys("y");
    assert!(matches!(
        face.effects.as_slice(),
        [Effect::Send(Command::Apply(plan))] if plan.len() == 3
    ));
}

#[test]
fn a_big_batch_is_confirmed_by_its_number() {
    let mut face = Face::on_grid(many(501), SMALL);
    face.ctrl('a');
    face.keys("tRawy");
    face.press(KeyCode::Enter);
    assert!(face.effects.is_empty(), "{}", face.screen());
    face.press(KeyCode::Backspace);
    face.keys("501");
    face.press(KeyCode::Enter);
    assert_eq!(face.effects.len(), 1);
}

#[test]
fn keys_do_not_leak_through_a_popup() {
    let mut face = Face::on_grid(many(3), SMALL);
    face.keys("?cxA");
    face.keys("q");
    assert!((0..3).all(|row| face.sheet().action(RowId(row)) == Action::None));
    assert!(!face.has_quit());
}

#[test]
fn the_palette_runs_an_action_by_its_name() {
    let mut face = Face::on_grid(many(3), SMALL);
    face.keys(":mark all");
    face.press(KeyCode::Enter);
    assert!(face.shows("3 marked"), "{}", face.screen());
}

#[test]
fn a_running_scan_is_stopped_once_and_left_the_second_time() {
    let mut face = Face::begin(Start::Scan, SMALL);
    assert!(matches!(
        face.effects.as_slice(),
        [.., Effect::Send(Command::Scan(_))]
    ));
    face.press(KeyCode::Esc);
    assert!(matches!(
        face.effects.last(),
        Some(Effect::Send(Command::Cancel))
    ));
    assert!(face.shows("stopping"), "{}", face.screen());
    face.ctrl('c');
    assert!(face.has_quit());
}

#[test]
fn the_palette_and_the_help_know_the_form_too() {
    let mut face = Face::begin(Start::Connect, SMALL);
    face.press(KeyCode::F(1));
    assert!(face.shows("Help"), "{}", face.screen());
}

#[test]
fn a_partial_scan_says_so_as_long_as_it_is_shown() {
    let mut face = Face::begin(Start::Scan, SMALL);
    let mut result = crate::scan::fixture::contoso(faulty());
    result
        .incomplete
        .push("emea.contoso.com was not read to the end".to_owned());
    let sheet = crate::worksheet::Worksheet::new(result, crate::scan::fixture::judge());
    face.tell(Event::Scanned(Box::new(sheet)));
    assert!(
        face.shows("emea.contoso.com was not read"),
        "{}",
        face.screen()
    );
    face.press(KeyCode::Enter);
    assert!(face.shows("PARTIAL SCAN"), "{}", face.screen());
}

#[test]
fn no_hostile_character_reaches_any_screen_at_any_size() {
    for size in [
        (80, 24),
        (120, 40),
        (200, 60),
        (30, 9),
        (81, 3),
        (300, 1),
        (1, 1),
    ] {
        let mut face = Face::on_grid(faulty(), size);
        for keys in ["", "d", "?", "e", "R", "Ral", "L", ":"] {
            face.keys(keys);
            for row in 0..6 {
                let screen = face.screen();
                let bad = screen.chars().find(|c| *c != '\n' && is_hostile(*c));
                assert_eq!(bad, None, "{keys} row {row} at {size:?}\n{screen}");
                face.press(KeyCode::Down);
                face.press(KeyCode::Right);
            }
            for _ in 0..3 {
                face.press(KeyCode::Esc);
            }
        }
        assert!(!face.has_quit());
    }
}

#[test]
fn a_resize_storm_keeps_the_cursor_on_the_screen() {
    let mut face = Face::on_grid(many(200), SMALL);
    face.keys("G");
    for step in 0_u16..60 {
        let (width, height) = (20 + step * 3, 5 + (step * 7) % 50);
        face.send(Message::Resize(width, height));
        let areas = crate::tui::draw::Areas::of(&face.app);
        let grid = &face.app.sheet.as_ref().unwrap().grid;
        let rows = crate::tui::grid::view::rows_in(areas.grid.unwrap());
        assert!(grid.top() <= grid.cursor() && grid.cursor() < grid.top() + rows.max(1));
    }
}

#[test]
fn shift_and_arrows_mark_while_moving() {
    let mut face = Face::on_grid(many(9), SMALL);
    for code in [KeyCode::Down, KeyCode::Down, KeyCode::Up] {
        face.send(Message::Key(KeyEvent::new(code, KeyModifiers::SHIFT)));
    }
    assert!(face.shows("3 marked"), "{}", face.screen());
}

#[test]
fn copying_gives_the_raw_name_to_the_clipboard() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("Y");
    let row = face.current();
    let dn = face.sheet().text(row).dn;
    assert!(matches!(face.effects.as_slice(), [Effect::Copy(text)] if *text == dn));
}

#[test]
fn complete_asks_why_and_the_answer_is_remembered() {
    let mut face = Face::on_grid(many(3), SMALL);
    face.keys("c");
    assert!(
        face.shows("COMPLETE staged for the row under the cursor"),
        "{}",
        face.screen()
    );
    face.keys("moves until 31.1.2027");
    face.press(KeyCode::Enter);
    assert!(
        face.shows("'31.1.2027' is no day such as 2027-01-31"),
        "{}",
        face.screen()
    );
    for _ in "31.1.2027".chars() {
        face.press(KeyCode::Backspace);
    }
    face.keys("2027-01-31");
    face.press(KeyCode::Enter);
    let Some(Effect::Send(Command::Remember(accepted))) = face.effects.pop() else {
        panic!("nothing is remembered");
    };
    let (forest, exception) = &accepted.exceptions[0];
    let why = exception.why.clone();
    assert_eq!(
        (forest.as_str(), why.reason.as_str()),
        ("contoso.com", "moves")
    );
    face.tell(Event::Remembered {
        rows: accepted.rows,
        why: Some(why),
        sentence: "1 row is accepted, kept in x.toml".into(),
    });
    assert!(face.shows("= accepted"), "{}", face.screen());
    assert!(face.shows("1 row is accepted, kept in x.toml"));
    face.keys("fstate:accepted");
    face.press(KeyCode::Enter);
    assert!(face.shows("row 1 of 1, 3 in all"), "{}", face.screen());
    face.keys("x");
    assert!(
        matches!(face.effects.pop(), Some(Effect::Send(Command::Forget(gone))) if gone.rows.len() == 1)
    );
}

#[test]
fn undo_takes_back_what_complete_remembered_and_nothing_older() {
    let mut face = Face::on_grid(many(3), SMALL);
    let remember = |face: &mut Face| {
        face.keys("cas agreed");
        face.press(KeyCode::Enter);
        let Some(Effect::Send(Command::Remember(accepted))) = face.effects.pop() else {
            panic!("nothing is remembered");
        };
        face.tell(Event::Remembered {
            why: accepted.exceptions.first().map(|(_, one)| one.why.clone()),
            rows: accepted.rows,
            sentence: "1 row is accepted, kept in x.toml".into(),
        });
    };
    remember(&mut face);
    let first = face.current();
    face.keys("j");
    remember(&mut face);
    let second = face.current();
    assert_ne!(first, second);
    face.keys("u");
    let Some(Effect::Send(Command::Forget(gone))) = face.effects.pop() else {
        panic!("nothing is forgotten");
    };
    assert_eq!(gone.rows, [second]);
    assert_eq!(gone.exceptions.len(), 1);
    face.tell(Event::Remembered {
        rows: gone.rows,
        why: None,
        sentence: "1 row is no longer accepted".into(),
    });
    assert!(face.sheet().is_accepted(first) && !face.sheet().is_accepted(second));
    assert_eq!(face.sheet().action(second), Action::None);
    face.ctrl('r');
    assert!(face.shows("COMPLETE staged again"), "{}", face.screen());
    face.keys("u");
    assert!(face.effects.is_empty(), "it was not remembered again");
}
