//! Columns, groups, marks and the mouse: each test is something a person wants.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Face, LARGE, SMALL, faulty};
use crate::model::Entry;
use crate::scan::fixture::user;
use crate::session::{Command, Event, Refreshed};
use crate::tui::{Effect, Message};
use crate::worksheet::{Action, SortColumn, Worksheet};

/// Users with two kinds of faults.
fn people() -> Vec<Entry> {
    let person = |name: String, local: String| {
        let upn = format!("{local}@contoso.com");
        user(&name, &[("userPrincipalName", &[upn.as_str()])])
    };
    let spaces = (0..6).map(|at| person(format!("Space {at}"), format!("a {at}")));
    let dots = (0..4).map(|at| person(format!("Dot {at}"), format!("b{at}.")));
    spaces.chain(dots).collect()
}

fn order(face: &Face) -> Vec<String> {
    let sheet = face.app.sheet.as_ref().unwrap();
    let rows = sheet.grid.order().iter();
    rows.map(|row| sheet.worksheet.text(*row).common_name)
        .collect()
}

/// The line of the titles.
fn titles(face: &mut Face) -> String {
    face.screen().lines().nth(2).unwrap_or_default().to_owned()
}

#[test]
fn what_was_just_done_is_not_crowded_out_by_marks() {
    let mut face = Face::on_grid(people(), SMALL);
    face.ctrl('a');
    face.keys("fdot");
    face.press(KeyCode::Enter);
    face.keys("D");
    let status = face.status();
    let said = "no other entry holds this value, or it need not be unique";
    assert!(status.starts_with(said), "{status}");
    assert!(status.ends_with("row 1 of 4, 10 in all"), "{status}");
    face.keys("j");
    assert!(face.status().contains("→ 10 marked rows"));
}

#[test]
fn with_marks_the_last_line_names_what_edits_many() {
    let mut face = Face::on_grid(faulty(), SMALL);
    assert!(face.shows("Enter edit  t take  A safe"));
    face.ctrl('a');
    let last = "t take  E edit many  % replace  U UPN suffix  R review  q summary  ? help";
    assert!(face.shows(last), "{}", face.screen());
    face.keys("M");
    assert!(face.shows("Enter edit  t take  A safe"));
}

#[test]
fn every_column_can_be_reached_and_the_first_ones_stay() {
    let mut face = Face::on_grid(faulty(), SMALL);
    let mut seen = Vec::new();
    face.keys("0");
    for _ in 0..20 {
        let titles = titles(&mut face);
        assert!(
            titles.contains("State") && titles.contains("Name"),
            "{titles}"
        );
        seen.extend(titles.split_whitespace().map(str::to_owned));
        face.keys("l");
    }
    for title in [
        "Attribute",
        "Value",
        "Update",
        "Severity▲",
        "Error",
        "Action",
        "In",
        "Class",
        "Proposed",
        "Rule",
        "Domain",
        "Message",
        "DN",
        "Result",
    ] {
        assert!(seen.iter().any(|word| word == title), "{title}");
    }
}

#[test]
fn more_columns_to_the_sides_are_hinted_at() {
    let mut face = Face::on_grid(faulty(), SMALL);
    assert!(titles(&mut face).ends_with('›'));
    face.keys("$");
    let titles = titles(&mut face);
    assert!(titles.contains('‹') && !titles.contains('›'), "{titles}");
}

/// The first line of the grid.
fn line_of_row(face: &mut Face) -> String {
    face.screen().lines().nth(3).unwrap_or_default().to_owned()
}

#[test]
fn a_column_is_resized_hidden_frozen_and_shown_whole_by_keys() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("lll");
    assert_eq!(
        face.app.sheet.as_ref().unwrap().grid.column(),
        SortColumn::Update
    );
    face.keys("-");
    assert!(!titles(&mut face).contains("Update"));
    assert!(face.status().contains("hidden"), "{}", face.status());
    face.keys("+");
    assert!(titles(&mut face).contains("Update"));
    let width_of_value = |face: &mut Face| {
        let titles = titles(face);
        let chars: Vec<char> = titles.chars().collect();
        let at = |word: &str| {
            let word: Vec<char> = word.chars().collect();
            chars
                .windows(word.len())
                .position(|part| part == word)
                .unwrap()
        };
        at("Update") - at("Value")
    };
    face.keys("0ll");
    face.keys("l");
    let before = width_of_value(&mut face);
    face.keys("<<");
    assert_eq!(width_of_value(&mut face), before - 8);
    face.keys(">");
    assert_eq!(width_of_value(&mut face), before - 4);
    // The name of a person is longer than its usual place.
    let long = "A name that is much longer than forty columns would ever allow it to be";
    let mut face = Face::on_grid(
        vec![user(long, &[("userPrincipalName", &["x y@contoso.com"])])],
        LARGE,
    );
    assert!(!line_of_row(&mut face).contains(long));
    face.keys("w");
    assert!(line_of_row(&mut face).contains(long), "{}", face.screen());
    face.keys("w");
    assert!(!line_of_row(&mut face).contains(long));
    face.keys("0z$");
    assert!(titles(&mut face).contains("State") && !titles(&mut face).contains("Severity"));
}

#[test]
fn columns_are_chosen_and_ordered_in_a_list() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.keys("C");
    assert!(face.shows("[x] Name"), "{}", face.screen());
    face.keys(" j");
    face.keys("KK");
    face.press(KeyCode::Enter);
    let titles = titles(&mut face);
    assert!(titles.trim_start().starts_with("Attribute"), "{titles}");
    assert!(!titles.contains("Name"), "{titles}");
    face.keys("C0");
    face.press(KeyCode::Enter);
    assert!(
        super::grid::titles(&mut face).contains("State   Name"),
        "{}",
        face.screen()
    );
}

#[test]
fn what_was_set_about_columns_sort_and_filter_is_kept_when_it_is_read_again() {
    let mut face = Face::on_grid(people(), SMALL);
    face.keys("l-fspace");
    face.press(KeyCode::Enter);
    face.keys("bo");
    let before = titles(&mut face);
    face.press(KeyCode::F(5));
    let Some(Effect::Send(Command::Rescan(_, old))) = face.effects.pop() else {
        panic!("{:?}", face.effects);
    };
    let result = crate::scan::fixture::contoso(people());
    let mut worksheet = Worksheet::new(result, crate::scan::fixture::judge());
    let carried = worksheet.carry_over(&old, |_| true);
    face.tell(Event::Refreshed(Box::new(Refreshed {
        worksheet,
        carried,
        entries: 10,
        stale: Vec::new(),
    })));
    assert_eq!(titles(&mut face), before);
    assert!(
        face.shows("filter: space") && face.shows("▸ contoso.com/Staff"),
        "{}",
        face.screen()
    );
}

#[test]
fn groups_show_what_breaks_most_and_open_and_close() {
    let mut face = Face::on_grid(people(), LARGE);
    face.keys("b");
    assert!(face.shows("Group the rows by"), "{}", face.screen());
    face.keys("r");
    let screen = face.screen();
    let groups: Vec<&str> = screen.lines().filter(|line| line.contains('▸')).collect();
    assert_eq!(groups.len(), 2, "{screen}");
    assert!(
        groups[0].contains("upn-white-space") && groups[0].contains("6 rows"),
        "{screen}"
    );
    face.keys("g}");
    face.keys("o");
    assert!(
        face.shows("▾ upn-") && face.shows("Dot 3"),
        "{}",
        face.screen()
    );
    face.keys("jj");
    assert!(face.shows(">  · open"), "{}", face.screen());
    face.keys("o");
    assert!(!face.shows("Dot 3"), "{}", face.screen());
    face.keys("O");
    assert!(
        face.shows("Dot 3") && face.shows("Space 5"),
        "{}",
        face.screen()
    );
    face.keys("O{");
    assert!(face.shows(">  ▸ upn-white-space"), "{}", face.screen());
    face.keys("bn");
    assert!(
        !face.shows("▸") && face.shows("row 5 of 10"),
        "{}",
        face.screen()
    );
}

#[test]
fn the_cursor_stays_on_its_row_through_groups() {
    let mut face = Face::on_grid(people(), LARGE);
    face.keys("G");
    face.keys("bo");
    assert!(face.shows(">  ▸ contoso.com/Staff"), "{}", face.screen());
    face.keys("OG");
    let held = face.current();
    face.keys("bn");
    assert_eq!(face.current(), held);
    face.keys("bo");
    face.keys("OGbsO");
    assert!(face.shows(">  ▾ fails"), "{}", face.screen());
    face.keys("jbn");
    let first = face.app.sheet.as_ref().unwrap().grid.place();
    assert_eq!(first, 0, "the row on which the cursor was");
}

#[test]
fn an_action_on_a_group_goes_to_its_rows_and_says_so_before() {
    let mut face = Face::on_grid(people(), LARGE);
    face.keys("brg");
    assert!(
        face.status().contains("→ 6 rows of this group"),
        "{}",
        face.status()
    );
    face.keys("t");
    assert!(
        face.status().contains("6 of 6 rows of this group"),
        "{}",
        face.status()
    );
    assert_eq!(face.sheet().staged(), 6);
    face.keys("u }");
    face.keys(" ");
    assert!(face.shows("10 marked"), "{}", face.screen());
    assert!(face.shows("6 rows, 6 marked"), "{}", face.screen());
}

#[test]
fn rows_are_marked_by_text_and_the_marks_inverted() {
    let mut face = Face::on_grid(people(), LARGE);
    face.keys("mname:dot");
    face.press(KeyCode::Enter);
    assert!(
        face.shows("4 marked") && face.shows("row 1 of 10"),
        "{}",
        face.screen()
    );
    assert!(
        face.status().contains("4 rows are marked"),
        "{}",
        face.status()
    );
    face.keys("j");
    assert!(
        face.status().contains("→ 4 marked rows"),
        "{}",
        face.status()
    );
    face.keys("i");
    assert!(face.shows("6 marked"), "{}", face.screen());
    face.keys("fdot");
    face.press(KeyCode::Enter);
    face.keys("j");
    assert!(
        face.status().contains("(6 of them hidden by the filter)"),
        "{}",
        face.status()
    );
    face.keys("i");
    assert!(face.shows("10 marked"), "{}", face.screen());
    face.keys("Fmnothing");
    face.press(KeyCode::Enter);
    assert!(
        face.status().contains("nothing was marked"),
        "{}",
        face.status()
    );
    face.keys("m/(/");
    assert!(face.shows("cannot be read"), "{}", face.screen());
}

#[test]
fn shift_marks_while_moving_and_a_range_survives_a_sort() {
    let mut face = Face::on_grid(people(), LARGE);
    let shift = |face: &mut Face, code| {
        let event = crossterm::event::KeyEvent::new(code, KeyModifiers::SHIFT);
        face.send(Message::Key(event));
    };
    shift(&mut face, KeyCode::Down);
    shift(&mut face, KeyCode::Down);
    assert!(face.shows("3 marked"), "{}", face.screen());
    face.keys("Mgv");
    face.keys("0lls");
    face.keys("v");
    assert!(
        face.shows("1 marked"),
        "the cursor stayed on its row: {}",
        face.screen()
    );
}

#[test]
fn several_columns_sort_and_the_first_key_comes_first() {
    let mut face = Face::on_grid(people(), LARGE);
    face.keys("0lls");
    assert_eq!(order(&face)[0], "Dot 0");
    face.keys("s");
    assert_eq!(order(&face)[0], "Space 5");
    face.keys("0ls0llSS");
    let titles = titles(&mut face);
    assert!(
        titles.contains("Severity▲1") && titles.contains("Name▼2"),
        "{titles}"
    );
}

#[test]
fn the_detail_pane_turns_its_pages() {
    let mut face = Face::on_grid(faulty(), LARGE);
    face.keys("ferror:duplicate");
    face.press(KeyCode::Enter);
    assert!(
        face.shows("[Finding] Holders 2  Entry"),
        "{}",
        face.screen()
    );
    face.keys("a");
    assert!(
        face.shows("[Holders 2]") && face.shows("CN=Clara Stein"),
        "{}",
        face.screen()
    );
    face.keys("a");
    assert!(
        face.shows("[Entry]") && face.shows("sAMAccountName:"),
        "{}",
        face.screen()
    );
    face.keys("dda");
    assert!(
        face.shows("[Finding]"),
        "a page is shown where the pane was hidden"
    );
}

#[test]
fn a_row_is_copied_with_tabs_and_what_is_too_long_is_not() {
    let mut face = Face::on_grid(people(), SMALL);
    face.keys("T");
    let copied = face.effects.pop();
    let Some(Effect::Copy(row)) = copied else {
        panic!("{copied:?}");
    };
    assert!(
        row.starts_with("· open\tDot 0\tuserPrincipalName\tb0.@contoso.com\t"),
        "{row}"
    );
    let long = "x".repeat(80_000);
    let value = format!("smtp:{long} y@contoso.com");
    let entries = vec![user("Long", &[("proxyAddresses", &[value.as_str()])])];
    let mut face = Face::on_grid(entries, SMALL);
    face.keys("lly");
    assert!(face.effects.is_empty());
    assert!(
        face.status().contains("nothing was copied"),
        "{}",
        face.status()
    );
}

fn mouse(face: &mut Face, kind: MouseEventKind, column: u16, row: u16) {
    face.send(Message::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }));
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn the_mouse_is_off_until_it_is_switched_on() {
    let mut face = Face::on_grid(people(), SMALL);
    let held = face.current();
    mouse(&mut face, CLICK, 20, 6);
    assert_eq!(face.current(), held);
    face.press(KeyCode::F(8));
    assert!(matches!(face.effects.as_slice(), [Effect::Mouse(true)]));
    mouse(&mut face, CLICK, 20, 6);
    assert_ne!(face.current(), held);
    assert!(face.shows("row 4 of 10"), "{}", face.screen());
    face.press(KeyCode::F(8));
    assert!(matches!(face.effects.last(), Some(Effect::Mouse(false))));
}

#[test]
fn a_click_moves_a_title_sorts_and_the_wheel_scrolls() {
    let mut face = Face::on_grid(people(), SMALL);
    face.press(KeyCode::F(8));
    let name = titles(&mut face).find("Name").unwrap();
    mouse(&mut face, CLICK, u16::try_from(name).unwrap(), 2);
    assert!(titles(&mut face).contains("Name▲"), "{}", face.screen());
    mouse(&mut face, MouseEventKind::ScrollDown, 10, 6);
    assert!(
        face.shows("row 10 of 10") || face.shows("of 10"),
        "{}",
        face.screen()
    );
    let at = face.app.sheet.as_ref().unwrap().grid.cursor();
    mouse(&mut face, MouseEventKind::ScrollUp, 10, 6);
    assert_eq!(
        face.app.sheet.as_ref().unwrap().grid.cursor(),
        at.saturating_sub(3)
    );
    // Below the rows, on the header and over a popup nothing happens.
    let held = face.current();
    mouse(&mut face, CLICK, 10, 0);
    mouse(&mut face, CLICK, 200, 200);
    face.keys("?");
    mouse(&mut face, CLICK, 20, 4);
    mouse(&mut face, MouseEventKind::ScrollDown, 20, 4);
    face.keys("q");
    assert_eq!(face.current(), held);
    let before = face.screen();
    mouse(&mut face, MouseEventKind::ScrollDown, 20, 18);
    assert_eq!(
        face.current(),
        held,
        "the wheel over the detail pane scrolls it"
    );
    assert_ne!(face.screen(), before);
}

#[test]
fn colours_are_switched_and_no_colour_is_one_of_them() {
    let mut face = Face::on_grid(people(), SMALL);
    let mut seen = Vec::new();
    for _ in 0..4 {
        face.press(KeyCode::F(9));
        seen.push(face.status());
    }
    for words in [
        "dark background",
        "light background",
        "none",
        "any background",
    ] {
        assert!(
            seen.iter().any(|status| status.contains(words)),
            "{words}: {seen:?}"
        );
    }
}

#[test]
fn every_key_of_the_grid_is_in_the_palette_and_none_crashes() {
    use crate::tui::keymap::{Context, Intent, bindings};
    for entries in [faulty(), Vec::new()] {
        for binding in bindings(&[Context::Grid, Context::Moving, Context::Everywhere]) {
            let mut face = Face::on_grid(entries.clone(), SMALL);
            face.keys(":");
            face.keys(binding.name);
            if binding.intent != Intent::Palette {
                assert!(face.shows(binding.name), "{}", face.screen());
            }
            face.press(KeyCode::Enter);
            face.screen();
        }
    }
}

#[test]
fn a_failed_row_says_fail_and_the_words_of_the_server() {
    let mut face = Face::on_grid(people(), LARGE);
    let row = face.current();
    let sheet = face.app.sheet.as_mut().unwrap();
    let state = crate::worksheet::RowState::Failed("00002098: insufficient rights".to_owned());
    sheet.worksheet.set_state(&[row], &state);
    assert!(
        face.shows("✗ FAIL") && face.shows("insufficient rights"),
        "{}",
        face.screen()
    );
    face.keys("fresult:rights");
    face.press(KeyCode::Enter);
    assert!(face.shows("row 1 of 1,"), "{}", face.screen());
    assert_eq!(face.sheet().action(row), Action::None);
}
