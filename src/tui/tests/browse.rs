//! The rules, what is accepted, and taking several transactions back.

use crossterm::event::KeyCode;

use super::screens::both;
use super::{Face, LARGE, SMALL, faulty};
use crate::exception::{Exception, Why};
use crate::model::{AttributeName, DistinguishedName, Value};
use crate::scan::fixture;
use crate::session::{Command, Event};
use crate::transaction::{
    Outcome, TransactionId, TransactionReport, TransactionState, TransactionSummary,
};
use crate::tui::{Effect, Start};
use crate::worksheet::{RowId, Unmet, Worksheet};

/// Two accepted rows, and an exception that does not apply.
fn accepting(size: (u16, u16)) -> Face {
    let mut face = Face::begin(Start::Scan, size);
    face.effects.clear();
    let result = fixture::contoso(faulty());
    face.tell(Event::Discovered(result.forests.clone()));
    let mut sheet = Worksheet::new(result, fixture::judge());
    let why = Why::parse("printer, moves in May until 2027-05-31").unwrap();
    sheet.mark_accepted(RowId(0), why.clone());
    sheet.mark_accepted(RowId(4), Why::default());
    sheet.unmet.push(Unmet {
        exception: Exception {
            guid: None,
            dn: DistinguishedName::from_server("CN=Gone\u{202e},OU=Staff,DC=contoso,DC=com"),
            attribute: AttributeName::known("mail"),
            value: Some(Value::from("gone @contoso.com")),
            rule: "mail-white-space".to_owned(),
            why,
        },
        reason: "the entry was not found".to_owned(),
    });
    face.tell(Event::Scanned(Box::new(sheet)));
    face.effects.clear();
    face
}

fn summary(id: &str) -> TransactionSummary {
    TransactionSummary {
        id: TransactionId::parse(id).unwrap(),
        started: "2026-11-22T08:15:00Z".to_owned(),
        identity: "CONTOSO\\anna".to_owned(),
        forests: vec!["contoso.com".to_owned()],
        planned: 2,
        done: 2,
        failed: 0,
        unsent: 0,
        in_doubt: 0,
        not_reached: 0,
        reverts: None,
        reverted_by: None,
        state: TransactionState::Finished,
        needs_recovery: false,
    }
}

const NEWEST: &str = "20261122-110000-cccc";
const ROLLBACK: &str = "20261122-100000-bbbb";
const REVERTED: &str = "20261122-093000-aaaa";
const OLDER: &str = "20261122-090000-9999";
const OLDEST: &str = "20261122-080000-8888";

/// A history in which one was rolled back already.
fn history(size: (u16, u16)) -> Face {
    let mut face = Face::on_grid(faulty(), size);
    face.keys("H");
    let id = |text| TransactionId::parse(text).unwrap();
    let rollback = TransactionSummary {
        reverts: Some(id(REVERTED)),
        ..summary(ROLLBACK)
    };
    let reverted = TransactionSummary {
        reverted_by: Some(id(ROLLBACK)),
        ..summary(REVERTED)
    };
    face.tell(Event::History(vec![
        summary(NEWEST),
        rollback,
        reverted,
        summary(OLDER),
        summary(OLDEST),
    ]));
    face.effects.clear();
    face
}

fn report(id: &str, outcome: Outcome) -> TransactionReport {
    TransactionReport {
        id: TransactionId::parse(id).unwrap(),
        journal: "/var/lib/idmend/journal/x.jsonl".into(),
        undo: "/var/lib/idmend/journal/x.undo.ldif".into(),
        outcomes: vec![outcome],
        notes: Vec::new(),
        taken_back: None,
    }
}

/// The transactions that the session is asked to take back.
fn asked(face: &mut Face) -> Vec<String> {
    let of = |effect| match effect {
        Effect::Send(Command::Rollback(id)) => Some(id.to_string()),
        _ => None,
    };
    face.effects.drain(..).filter_map(of).collect()
}

#[test]
fn rules() {
    both("rules", |size| {
        let mut face = Face::on_summary(faulty(), size);
        face.keys("W");
        face
    });
}

#[test]
fn accepted() {
    both("accepted", |size| {
        let mut face = accepting(size);
        face.keys("X");
        face
    });
    both("accepted_not_applying", |size| {
        let mut face = accepting(size);
        face.keys("XG");
        face
    });
}

#[test]
fn nothing_is_accepted() {
    both("accepted_none", |size| {
        let mut face = Face::on_summary(faulty(), size);
        face.keys("X");
        face
    });
}

#[test]
fn review_as_the_ldif_that_takes_it_back() {
    both("review_undo", |size| {
        let mut face = Face::on_grid(faulty(), size);
        face.ctrl('a');
        face.keys("t");
        face.press(KeyCode::Enter);
        face.keys("Rll");
        face
    });
}

#[test]
fn rolling_back_several() {
    both("rollback_all", |size| {
        let mut face = history(size);
        face.keys("jjjR");
        face
    });
}

#[test]
fn a_rule_opens_the_findings_that_break_it_and_comes_back() {
    let mut face = Face::on_summary(faulty(), LARGE);
    face.keys("W");
    let rules = face.sheet().judge.rules.rules.len();
    let mut opened = 0;
    for _ in 0..rules {
        face.press(KeyCode::Enter);
        if face.status().contains("no finding breaks this rule") {
            face.press(KeyCode::Down);
            continue;
        }
        let shown = face.app.sheet.as_ref().unwrap().grid.order().len();
        let filter = face.app.sheet.as_ref().unwrap().grid.look.filter.clone();
        let filter = filter.unwrap().text;
        let id = filter.strip_prefix("rule:=").unwrap();
        let overview = face.app.overview().unwrap();
        let rules = &face.sheet().judge.rules;
        let counted = overview.rules.iter();
        let counted = counted.filter(|(rule, _)| rules.rule(*rule).id == id);
        assert_eq!(counted.map(|(_, share)| share.rows).sum::<usize>(), shown);
        assert!(shown > 0);
        opened += 1;
        face.keys("q");
        face.press(KeyCode::Down);
    }
    let broken = face.app.overview().unwrap().rules.len();
    assert_eq!(opened, broken);
}

#[test]
fn what_is_told_of_a_rule_can_be_scrolled_to_its_source() {
    let mut face = Face::on_summary(faulty(), SMALL);
    face.keys("W");
    assert!(
        face.shows("happens") && face.shows("] scrolls"),
        "{}",
        face.screen()
    );
    face.keys("]]]]]]");
    assert!(
        face.shows("source") && face.shows("checked"),
        "{}",
        face.screen()
    );
    face.keys("[[[[[[");
    assert!(face.shows("happens"), "{}", face.screen());
}

#[test]
fn what_is_accepted_is_taken_back_from_the_list() {
    let mut face = accepting(SMALL);
    face.keys("Xx");
    let [Effect::Send(Command::Forget(forgotten))] = face.effects.as_slice() else {
        panic!("{:?}", face.effects);
    };
    assert_eq!(forgotten.rows, [RowId(0)]);
    assert_eq!(forgotten.exceptions.len(), 1);
    let rows = forgotten.rows.clone();
    face.effects.clear();
    face.tell(Event::Remembered {
        rows,
        why: None,
        sentence: "1 row is no longer accepted".to_owned(),
    });
    assert!(!face.sheet().is_accepted(RowId(0)));
    assert!(!face.shows("printer"), "{}", face.screen());
    // One that does not apply is not of this scan.
    face.keys("Gx");
    assert!(face.effects.is_empty());
    assert!(
        face.status().contains("idmend exceptions remove"),
        "{}",
        face.screen()
    );
    face.keys("g");
    face.press(KeyCode::Enter);
    assert!(face.shows("filter: state:accepted"), "{}", face.screen());
    assert!(face.shows("row 1 of 1, 9 in all"), "{}", face.screen());
}

#[test]
fn everything_down_to_one_is_taken_back_newest_first() {
    let mut face = history(LARGE);
    face.keys("jjjR");
    assert!(face.shows("Take back 2 transactions"), "{}", face.screen());
    face.keys("y");
    assert_eq!(asked(&mut face), [NEWEST]);
    face.tell(Event::Applied(report(
        "20261122-120000-dddd",
        Outcome::Done,
    )));
    assert_eq!(asked(&mut face), [OLDER]);
    face.tell(Event::Applied(report(
        "20261122-120001-eeee",
        Outcome::Done,
    )));
    assert_eq!(asked(&mut face), [""; 0]);
    assert!(face.shows("Rolled back"), "{}", face.screen());
}

#[test]
fn what_cannot_be_taken_back_whole_ends_it() {
    let mut face = history(LARGE);
    face.keys("GRy");
    assert_eq!(asked(&mut face), [NEWEST]);
    let conflict = Outcome::Conflict(Vec::new());
    face.tell(Event::Applied(report("20261122-120000-dddd", conflict)));
    assert_eq!(asked(&mut face), [""; 0]);
    assert!(
        face.status().contains("2 transactions were not begun"),
        "{}",
        face.screen()
    );
    // A session that fails in between ends it, too.
    let mut face = history(LARGE);
    face.keys("GRy");
    face.tell(Event::Failed {
        message: "no answer".to_owned(),
        hint: None,
    });
    face.tell(Event::Applied(report(
        "20261122-120000-dddd",
        Outcome::Done,
    )));
    assert_eq!(asked(&mut face), [NEWEST]);
}

#[test]
fn a_start_names_what_was_interrupted_and_offers_to_settle_it() {
    let unfinished = || TransactionSummary {
        state: TransactionState::Unfinished,
        needs_recovery: true,
        in_doubt: 1,
        ..summary(NEWEST)
    };
    let asks = |face: &Face| {
        let asks = |effect: &Effect| matches!(effect, Effect::Send(Command::Unsettled));
        face.effects.iter().any(asks)
    };
    let mut form = Face::begin(Start::Connect, SMALL);
    assert!(asks(&form));
    form.tell(Event::Unsettled(Ok(Vec::new())));
    assert!(!form.shows("interrupted"), "{}", form.screen());
    form.tell(Event::Unsettled(Err("no folder".to_owned())));
    assert!(form.shows("is not known: no folder"), "{}", form.screen());
    form.tell(Event::Unsettled(Ok(vec![unfinished()])));
    assert!(
        form.shows("A transaction was interrupted"),
        "{}",
        form.screen()
    );
    assert!(
        form.shows(NEWEST) && form.shows("1 in doubt"),
        "{}",
        form.screen()
    );

    let mut grid = Face::on_grid(faulty(), SMALL);
    grid.tell(Event::Unsettled(Ok(vec![unfinished()])));
    assert!(grid.shows("Settle?"), "{}", grid.screen());
    grid.keys("y");
    let settles = |effect: &Effect| matches!(effect, Effect::Send(Command::Recover(id)) if id.as_str() == NEWEST);
    assert!(grid.effects.iter().any(settles), "{}", grid.screen());
}

#[test]
fn an_unfinished_transaction_is_settled_before_others_are_taken_back() {
    let mut face = history(SMALL);
    let unfinished = TransactionSummary {
        state: TransactionState::Unfinished,
        needs_recovery: true,
        ..summary(NEWEST)
    };
    face.tell(Event::History(vec![unfinished, summary(OLDEST)]));
    face.keys("jR");
    assert!(face.status().contains("is unfinished"), "{}", face.screen());
}
