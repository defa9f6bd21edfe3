//! The summary, its bars, and the ways from it.

use crossterm::event::KeyCode;

use super::screens::both;
use super::{Face, LARGE, SMALL, faulty};
use crate::model::{DistinguishedName, Entry};
use crate::scan::fixture::user;
use crate::tui::{Effect, Message};
use crate::worksheet::Action;

/// People of three OUs with bad sign-in names; one OU is called like another,
/// longer.
fn people() -> Vec<Entry> {
    let person = |number: usize, ou: &str| {
        let upn = format!("user{number}@contoso.local");
        let mut entry = user(
            &format!("User {number}"),
            &[
                ("userPrincipalName", &[upn.as_str()]),
                ("mail", &["a b@contoso.com"]),
            ],
        );
        entry.dn =
            DistinguishedName::from_server(format!("CN=User {number},{ou},DC=contoso,DC=com"));
        entry
    };
    vec![
        person(1, "OU=Staff"),
        person(2, "OU=Staff"),
        person(3, "OU=Berlin,OU=Staff"),
        person(4, "OU=Staff Abroad"),
    ]
}

#[test]
fn summary() {
    both("summary", |size| Face::on_summary(faulty(), size));
    both("summary_ou", |size| {
        let mut face = Face::on_summary(people(), size);
        face.keys("A5j");
        face
    });
}

#[test]
fn a_summary_on_a_wide_screen_has_three_columns() {
    let mut face = Face::on_summary(people(), (200, 60));
    let screen = face.screen();
    let heads = screen.lines().find(|line| line.contains("1 Severity"));
    let heads = heads.unwrap_or_default();
    assert!(
        heads.contains("4 Rule") && heads.contains("5 OU"),
        "{screen}"
    );
}

#[test]
fn contact_data() {
    both("contacts", |size| {
        let mut face = Face::on_summary(people(), size);
        face.keys("c");
        face
    });
}

#[test]
fn without_colour_the_summary_says_the_same() {
    let mut face = Face::on_summary(people(), SMALL);
    face.keys("Ag");
    let coloured = face.screen();
    for _ in 0..3 {
        face.press(KeyCode::F(9));
    }
    face.keys("g");
    assert_eq!(face.screen(), coloured);
}

#[test]
fn every_bar_opens_the_rows_that_it_counts() {
    let mut face = Face::on_summary(people(), LARGE);
    let overview = face.app.overview().unwrap().clone();
    let lists = [
        (
            '1',
            overview
                .severities
                .iter()
                .map(|(_, share)| share.rows)
                .collect(),
        ),
        (
            '2',
            overview
                .attributes
                .iter()
                .map(|(_, share)| share.rows)
                .collect(),
        ),
        (
            '3',
            overview
                .domains
                .iter()
                .map(|(_, share)| share.rows)
                .collect(),
        ),
        (
            '4',
            overview.rules.iter().map(|(_, share)| share.rows).collect(),
        ),
        (
            '5',
            overview.units.iter().map(|unit| unit.share.rows).collect(),
        ),
    ];
    let mut opened = 0;
    let lists: [(char, Vec<usize>); 5] = lists;
    for (panel, rows) in lists {
        for (at, rows) in rows.iter().enumerate() {
            face.keys(&panel.to_string());
            face.press(KeyCode::PageUp);
            for _ in 0..at {
                face.press(KeyCode::Down);
            }
            face.press(KeyCode::Enter);
            let shown = face.app.sheet.as_ref().unwrap().grid.order().len();
            assert_eq!(shown, *rows, "{panel} {at}: {}", face.screen());
            face.keys("q");
            opened += 1;
        }
    }
    assert!(opened >= 9, "{opened}");
    face.keys("g");
    face.press(KeyCode::Enter);
    assert!(!face.shows("filter:"), "{}", face.screen());
}

#[test]
fn the_suffix_of_an_ou_takes_three_keys_from_the_summary() {
    let mut face = Face::on_summary(people(), LARGE);
    face.keys("5");
    face.keys("U");
    assert!(
        face.shows("UPN suffix of 3 sign-in names in contoso.com/Staff and below"),
        "{}",
        face.screen()
    );
    assert!(face.shows("3 rows get a new value"), "{}", face.screen());
    face.press(KeyCode::Enter);
    let sheet = face.sheet();
    let edited = sheet
        .rows()
        .filter(|row| sheet.action(*row) == Action::Edit);
    let edited: Vec<String> = edited.map(|row| sheet.text(row).update).collect();
    assert_eq!(
        edited,
        [
            "user1@contoso.com",
            "user2@contoso.com",
            "user3@contoso.com"
        ]
    );
    assert!(face.shows("3 staged"), "{}", face.screen());
    assert!(face.shows("of them undecided"), "{}", face.screen());
    face.keys("u");
    assert_eq!(face.sheet().staged(), 0, "it is one step");
    face.keys("4U");
    assert!(
        face.status().contains("5 goes to the OUs"),
        "{}",
        face.screen()
    );
}

#[test]
fn one_can_walk_over_all_bars_with_two_arrows_and_never_past_them() {
    let mut face = Face::on_summary(people(), SMALL);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        seen.insert(face.status());
        face.press(KeyCode::Down);
    }
    for words in [
        "quarantined",
        "userPrincipalName",
        "contoso.com",
        "Staff Abroad",
    ] {
        let is_seen = seen.iter().any(|status| status.contains(words));
        assert!(is_seen, "{words}: {seen:?}");
    }
    for _ in 0..40 {
        face.press(KeyCode::Up);
    }
    assert!(face.status().contains("Enter shows all findings"));
}

#[test]
fn what_is_counted_beside_the_interface_is_what_was_asked_for_last() {
    let entries = (0..503).map(|at| {
        let upn = format!("user{at}@contoso.local");
        user(
            &format!("User {at}"),
            &[("userPrincipalName", &[upn.as_str()])],
        )
    });
    let mut face = Face::on_summary(entries.collect(), LARGE);
    let counts = |face: &mut Face| -> Vec<_> {
        let of = |effect| match effect {
            Effect::Count(counting) => Some(counting),
            _ => None,
        };
        face.effects.drain(..).filter_map(of).collect()
    };
    // It was asked for when the summary came first.
    let first = counts(&mut face);
    assert_eq!(first.len(), 1);
    face.keys("cq");
    assert!(face.shows("counting the findings"), "{}", face.screen());
    assert_eq!(counts(&mut face).len(), 0, "it is under way");
    for counting in first {
        let (number, overview) = counting.carry_out();
        face.send(Message::Counted(number + 7, overview.clone()));
        assert!(
            face.shows("counting the findings"),
            "not what was asked for"
        );
        face.send(Message::Counted(number, overview));
    }
    assert!(face.shows("All findings: 503"), "{}", face.screen());
    face.keys("c");
    assert_eq!(counts(&mut face).len(), 0, "nothing was decided since");
}

#[test]
fn there_is_no_summary_before_a_scan() {
    let mut face = Face::begin(crate::tui::Start::Scan, SMALL);
    face.keys("I");
    assert!(
        face.status().contains("when this is over"),
        "{}",
        face.screen()
    );
}
