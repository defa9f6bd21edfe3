//! Every screen and popup at two sizes, as text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crossterm::event::KeyCode;

use super::{Face, LARGE, SMALL, faulty};
use crate::model::{AttributeName, DomainId, Value};
use crate::scan::{DomainProgress, DomainState, SkipReason, fixture};
use crate::session::Event;
use crate::transaction::{
    AttributeConflict, Outcome, TransactionId, TransactionReport, TransactionState,
    TransactionSummary,
};
use crate::tui::Start;

/// Draws what `prepare` leads to at both sizes and compares.
pub(super) fn both(name: &str, prepare: impl Fn((u16, u16)) -> Face) {
    for size in [SMALL, LARGE] {
        let mut face = prepare(size);
        let screen = face.styled_screen();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), screen);
        });
    }
}

fn grid(keys: &str) -> impl Fn((u16, u16)) -> Face {
    move |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys(keys);
        face
    }
}

fn id(text: &str) -> TransactionId {
    TransactionId::parse(text).unwrap()
}

const FIRST: &str = "20261122-081500-aaaa";
const SECOND: &str = "20261122-093000-bbbb";

fn progress(state: DomainState, name: &str, entries: u64) -> DomainProgress {
    DomainProgress {
        state,
        pages: entries / 1000,
        entries,
        judged: entries / 2,
        skipped: entries / 10,
        skipped_by: BTreeMap::from([(SkipReason::NoClass, entries / 10)]),
        errors: entries / 5000,
        findings: entries / 100,
        ..DomainProgress::waiting(DomainId(0), name.to_owned())
    }
}

fn summary(name: &str) -> TransactionSummary {
    TransactionSummary {
        id: id(name),
        started: "2026-11-22T08:15:00Z".to_owned(),
        identity: "CONTOSO\\anna\u{202e}".to_owned(),
        forests: vec!["contoso.com".to_owned()],
        planned: 7,
        done: 5,
        failed: 2,
        unsent: 2,
        in_doubt: 0,
        not_reached: 0,
        reverts: None,
        reverted_by: None,
        state: TransactionState::Finished,
        needs_recovery: false,
    }
}

fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Done,
        Outcome::Failed {
            code: Some(50),
            text: "00002098: SecErr: DSID-031514A0\u{1b}[2J".to_owned(),
            reason: "the account may not write this attribute".to_owned(),
        },
        Outcome::Conflict(vec![AttributeConflict {
            attribute: AttributeName::known("mail"),
            expected: vec![Value::from("a@x")],
            found: vec![Value::from("b@x")],
            reason: "somebody changed it to 'b@x'".to_owned(),
        }]),
        Outcome::InDoubt("the connection was lost before the answer".to_owned()),
        Outcome::NotReached,
    ]
}

/// In the middle of writing five entries.
fn writing(size: (u16, u16)) -> Face {
    let mut face = Face::on_grid(faulty(), size);
    face.ctrl('a');
    face.keys("t");
    face.press(KeyCode::Enter);
    face.keys("Rawy");
    face.tell(Event::ApplyStarted {
        id: id(FIRST),
        journal: PathBuf::from("/var/lib/idmend/journal/20261122-081500-aaaa.jsonl"),
        entries: (1..=5)
            .map(|n| format!("CN=User {n},OU=Staff,DC=contoso,DC=com"))
            .collect(),
    });
    for (index, outcome) in outcomes().into_iter().take(3).enumerate() {
        face.tell(Event::ApplyProgress { index, outcome });
    }
    face.wait(2);
    face
}

#[test]
fn scanning() {
    both("scan", |size| {
        let mut face = Face::begin(Start::Scan, size);
        face.wait(4);
        face.tell(Event::ScanProgress(vec![
            progress(DomainState::Done, "contoso.com", 12_345),
            progress(DomainState::Reading, "emea.contoso.com", 4_000),
            progress(
                DomainState::Failed("no answer\u{1b}[2J".to_owned()),
                "asia.contoso.com",
                0,
            ),
            progress(DomainState::Waiting, "sub\u{202e}moc.contoso.com", 0),
        ]));
        face
    });
}

#[test]
fn findings() {
    both("grid", grid(""));
}

#[test]
fn findings_with_marks_a_filter_and_decisions() {
    both("grid_at_work", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("c");
        face.press(KeyCode::Esc);
        face.keys(" vjvfcontoso");
        face.press(KeyCode::Enter);
        face.keys("s");
        face
    });
}

#[test]
fn findings_scrolled_to_the_right() {
    both("grid_right", grid("$"));
}

#[test]
fn detail_alone_of_a_duplicate() {
    both("detail", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("ferror:duplicate");
        face.press(KeyCode::Enter);
        face.keys("d");
        face
    });
}

#[test]
fn findings_in_groups() {
    both("grid_groups", grid("brgo"));
}

#[test]
fn grouping() {
    both("menu_groups", grid("b"));
}

#[test]
fn columns() {
    both("columns", grid("C j j"));
}

#[test]
fn marking_by_text() {
    both("mark", grid("mvalue:contoso"));
}

#[test]
fn holders_and_entry() {
    both("detail_holders", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("ferror:duplicate");
        face.press(KeyCode::Enter);
        face.keys("a");
        face
    });
    both("detail_entry", grid("daa"));
}

#[test]
fn a_template_for_many_rows() {
    both("bulk_template", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.ctrl('a');
        face.keys("E{cn|nospace|lower|ascii}@contoso.com");
        face.ctrl('n');
        face
    });
}

#[test]
fn a_replacement_in_many_rows() {
    both("bulk_replace", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.ctrl('a');
        face.keys("%(.*)@");
        face.press(KeyCode::Tab);
        face.keys("$3");
        face
    });
}

#[test]
fn a_suffix_for_an_ou() {
    both("bulk_suffix", grid("U"));
}

#[test]
fn sign_in_names_from_mail() {
    both("bulk_primary", grid("P"));
}

#[test]
fn who_keeps_a_value() {
    both("resolve", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("ferror:duplicate");
        face.press(KeyCode::Enter);
        face.keys("D e");
        face
    });
}

#[test]
fn without_colour_everything_is_still_said() {
    both("grid_plain", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.press(KeyCode::F(9));
        face.press(KeyCode::F(9));
        face.press(KeyCode::F(9));
        face.keys(" jt");
        face
    });
}

#[test]
fn nothing_found() {
    both("grid_empty", |size| {
        let clean =
            crate::scan::fixture::user("Anna", &[("userPrincipalName", &["anna@contoso.com"])]);
        Face::on_grid(vec![clean], size)
    });
}

#[test]
fn help() {
    both("help", grid("?"));
}

#[test]
fn palette() {
    both("palette", grid(":mark"));
}

#[test]
fn editing() {
    both("edit", grid("e "));
}

#[test]
fn filtering() {
    both("filter", grid("fvalue:/[/"));
}

#[test]
fn leaving() {
    both("leave", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("c");
        face.press(KeyCode::Esc);
        face.keys("qq");
        face
    });
}

#[test]
fn the_other_lines_to_type_in() {
    both("search", grid("/zoë"));
    both("reason", grid("cagreed with the help desk"));
}

#[test]
fn the_question_before_a_big_batch() {
    both("confirm_typed", |size| {
        let name = |number| format!("user {number}");
        let users = (0..501).map(|number| {
            let upn = format!("user {number}@contoso.com");
            fixture::user(&name(number), &[("userPrincipalName", &[upn.as_str()])])
        });
        let mut face = Face::on_grid(users.collect(), size);
        face.ctrl('a');
        face.keys("tRaw50");
        face
    });
}

#[test]
fn review() {
    both("review", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.ctrl('a');
        face.keys("t");
        face.press(KeyCode::Enter);
        face.keys("R");
        face
    });
}

#[test]
fn review_as_ldif_and_the_last_question() {
    both("review_ldif", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.ctrl('a');
        face.keys("t");
        face.press(KeyCode::Enter);
        face.keys("Rlaw");
        face
    });
}

#[test]
fn write_progress() {
    both("write", writing);
}

#[test]
fn result() {
    both("result", |size| {
        let mut face = writing(size);
        face.tell(Event::Applied(TransactionReport {
            id: id(FIRST),
            journal: PathBuf::from("/var/lib/idmend/journal/20261122-081500-aaaa.jsonl"),
            undo: PathBuf::from("/var/lib/idmend/journal/20261122-081500-aaaa.undo.ldif"),
            outcomes: outcomes(),
            notes: vec!["stopped on request after 4 entries".to_owned()],
            taken_back: None,
        }));
        face
    });
}

#[test]
fn history() {
    both("history", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("H");
        let unfinished = TransactionSummary {
            state: TransactionState::Unfinished,
            needs_recovery: true,
            in_doubt: 1,
            ..summary(SECOND)
        };
        face.tell(Event::History(vec![unfinished, summary(FIRST)]));
        face
    });
}

#[test]
fn one_transaction() {
    both("transaction", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.keys("H");
        face.tell(Event::Shown {
            summary: summary(FIRST),
            modifications: vec![(
                "CN=Evil\u{202e},DC=contoso,DC=com: done".to_owned(),
                vec![
                    "mail".to_owned(),
                    "- a b@contoso.com".to_owned(),
                    "+ ab@contoso.com".to_owned(),
                ],
            )],
        });
        face
    });
}

#[test]
fn operations() {
    both("log", |size| {
        let mut face = writing(size);
        face.keys("L");
        face
    });
}
