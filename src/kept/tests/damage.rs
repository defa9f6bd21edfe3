//! A session against cuts and flipped bits: never a panic, never a decision
//! that was not made, and what is lost is said.

use super::*;
use crate::worksheet::{Action, RowState};

/// The file of a session with every kind of line.
fn session() -> (Vec<u8>, Decisions) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
    let mut sheet = sheet(5);
    let rows: Vec<RowId> = sheet.rows().collect();
    sheet.accept(&rows[..6]);
    sheet
        .edit(rows[2], "smtp:other@contoso.com")
        .unwrap_or_default();
    sheet.act(rows[3], Action::Complete).unwrap();
    sheet.undo();
    sheet.redo();
    sheet.undo();
    keep(&mut sheet, &mut writer).unwrap();
    let mut kept = parse(&std::fs::read(writer.path()).unwrap()).kept;
    // As if one of them had been refused, and another were doubtful.
    kept.rows[0].standing = Standing::Waiting;
    kept.rows[1].standing = Standing::Doubtful;
    for step in kept.undo.iter_mut().chain(&mut kept.redo) {
        step.rows.retain(|(at, ..)| *at > 1);
    }
    let by = origin();
    let mut writer = Writer::write_anew(folder.path(), &head(), Some((TIME, &by)), &kept).unwrap();
    let mut sheet = super::sheet(5);
    sheet.resume(&mut kept, true);
    sheet.take_notes();
    sheet.act(rows[3], Action::Complete).unwrap();
    sheet.set_state(&rows[4..5], &RowState::Done);
    sheet
        .edit(rows[5], "smtp:x@contoso.com")
        .unwrap_or_default();
    keep(&mut sheet, &mut writer).unwrap();
    let bytes = std::fs::read(writer.path()).unwrap();
    let staged = staged_in(&parse(&bytes).kept);
    assert!(staged.len() >= 2, "{staged:?}");
    (bytes, staged)
}

#[test]
fn the_session_of_these_tests_has_every_kind_of_line() {
    let (bytes, _) = session();
    let text = String::from_utf8(bytes).unwrap();
    let kinds = ["begin", "continued"].map(|kind| format!("\"kind\":\"{kind}\""));
    let whats = ["stage", "undo", "leave", "aside", "doubt"];
    let whats = whats.map(|what| format!("\"what\":\"{what}\""));
    for wanted in kinds.iter().chain(&whats) {
        assert!(text.contains(wanted), "no {wanted} in\n{text}");
    }
}

/// What is staged was decided, and is what was decided last.
fn assert_true(record: &Record, whole: &Decisions, context: &str) {
    for (key, decision) in staged_in(&record.kept) {
        assert_eq!(whole.get(&key), Some(&decision), "{context}: {key:?}");
    }
}

#[test]
fn a_session_with_any_bit_flipped_says_so_and_stages_nothing_wrong() {
    let (bytes, staged) = session();
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count() - 1;
    let last = lines(&bytes);
    let mut count = 0;
    for at in 0..bytes.len() {
        let line = lines(&bytes[..at]) + 1;
        // Every bit of some, and some bits of every byte.
        let bits = if at % 16 == 0 { 0xff } else { 0b0010_0101 };
        let flipped = (0..8).filter(|bit| bits >> bit & 1 == 1);
        let flipped = flipped.map(|bit| bytes[at] ^ (1 << bit));
        for changed in flipped.chain(b"\n\0".iter().copied()) {
            if changed == bytes[at] {
                continue;
            }
            let mut damaged = bytes.clone();
            damaged[at] = changed;
            let record = parse(&damaged);
            let context = format!("byte {at} changed from {} to {changed}", bytes[at]);
            // The line feed at the very end: then the last line is torn, and
            // what was staged before it counts.
            if record.is_torn {
                assert_eq!(line, last, "{context}");
                assert_eq!(
                    staged_in(&record.kept),
                    staged_in(&before_last(&bytes)),
                    "{context}"
                );
            } else {
                assert_true(&record, &staged, &context);
                let said = record.damage.iter().any(|damage| damage.line == line);
                assert!(said, "{context}: {:?}", record.damage);
            }
            count += 1;
        }
    }
    println!("{count} changes");
    assert!(count > 15_000, "{count}");
}

fn before_last(bytes: &[u8]) -> Kept {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    parse(&lines[..lines.len() - 1].concat()).kept
}

#[test]
fn a_session_cut_at_any_byte_is_an_earlier_one() {
    let (bytes, _) = session();
    let mut ends = vec![0];
    ends.extend((1..=bytes.len()).filter(|end| bytes[*end - 1] == b'\n'));
    let by_line: Vec<Decisions> = ends
        .iter()
        .map(|end| staged_in(&parse(&bytes[..*end]).kept))
        .collect();
    for length in 0..bytes.len() {
        let record = parse(&bytes[..length]);
        let lines = ends.iter().filter(|end| **end <= length + 1).count() - 1;
        let context = format!("cut at {length}");
        assert_eq!(staged_in(&record.kept), by_line[lines], "{context}");
        let at_an_end = ends.iter().any(|end| *end == length || *end == length + 1);
        assert_eq!(record.is_torn, !at_an_end, "{context}");
        // Only a session without its beginning is damaged.
        assert_eq!(record.damage.is_empty(), length + 1 >= ends[1], "{context}");
    }
}

#[test]
fn lines_that_are_lost_doubled_swapped_or_of_another_session_are_noticed() {
    let (bytes, staged) = session();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 0..lines.len() - 1 {
        let mut lost = lines.clone();
        lost.remove(at);
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        for (name, lines) in [("lost", lost), ("doubled", doubled), ("swapped", swapped)] {
            let record = parse(&lines.concat());
            assert!(!record.damage.is_empty(), "line {at} {name}");
            assert_true(&record, &staged, &format!("line {at} {name}"));
        }
    }
    let other = SessionId::parse("20261122-081500-0000").unwrap();
    let record = reader::parse(&other, Path::new("x"), bytes.as_slice()).unwrap();
    assert_eq!(record.damage.len(), lines.len() + 1);
    assert_eq!(record.kept, Kept::default());
    assert_eq!(
        record.faults()[1],
        "line 1 is damaged: it belongs to session 20261122-081500-7f3a"
    );
}

#[test]
fn doubled_lines_cost_nothing() {
    let (bytes, staged) = session();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut doubled = lines.clone();
    doubled.push(lines[lines.len() - 2]);
    let record = parse(&doubled.concat());
    assert_eq!(record.damage.len(), 1);
    assert_eq!(staged_in(&record.kept), staged);
}

#[test]
fn a_session_of_format_1_stays_readable() {
    let bytes = include_bytes!("format-1.jsonl");
    let record = parse(bytes);
    assert_eq!(record.faults(), [""; 0]);
    assert_eq!(record.head.unwrap(), head());
    let rows: Vec<String> = record.kept.rows.iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!((rows, record.kept.undo.len(), record.kept.redo.len()));
}
