//! The journal against cuts and flipped bits: never a panic, never a wrong
//! claim, and what is lost is said.

use super::*;
use crate::directory::memory::{Fault, Operation};
use crate::transaction::journal::parse;

/// Journals that were frozen; see the tests that read them.
const FIXTURES: [(&str, &[u8]); 2] = [
    ("20261122-032640-58b6", include_bytes!("format-1.jsonl")),
    (
        "20261122-080000-0a1b",
        include_bytes!("format-1-rollback.jsonl"),
    ),
];

/// A journal of every common kind of line, and the world it is of.
async fn world_with_journal() -> (World, TransactionReport, Vec<u8>, Vec<Entry>) {
    let world = World::new(entries()).await;
    let start = world.memory.dump();
    let plan = world.usual_plan();
    let refused = Fault::Refused {
        code: 53,
        text: "00002035: no".into(),
    };
    world.memory.inject(Operation::Modify, 2, refused);
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.outcomes[0], Outcome::Done);
    assert_eq!(report.outcomes[2], Outcome::Done);
    let bytes = std::fs::read(&report.journal).unwrap();
    (world, report, bytes, start)
}

/// Whatever is claimed is what was true.
fn assert_true(record: &TransactionRecord, whole: &TransactionRecord, context: &str) {
    for (index, outcome) in record.outcomes.iter().enumerate() {
        if outcome.is_some() {
            assert_eq!(
                outcome, &whole.outcomes[index],
                "{context}: outcome {index}"
            );
        }
    }
    for (index, planned) in record.plan.iter().enumerate() {
        if planned.is_some() {
            assert_eq!(
                planned, &whole.plan[index],
                "{context}: modification {index}"
            );
        }
    }
    if record.header.is_some() {
        assert_eq!(record.header, whole.header, "{context}");
    }
    if record.sealed {
        assert_eq!(record.plan, whole.plan, "{context}");
    }
    if !record.needs_recovery() && record.damage.is_empty() {
        assert_eq!(record.outcomes, whole.outcomes, "{context}");
    }
}

#[tokio::test]
async fn a_journal_cut_at_any_byte_claims_nothing_wrong() {
    let (_world, report, bytes, _start) = world_with_journal().await;
    let whole = parse(&report.id, &report.journal, &bytes);
    assert!(whole.ended && whole.damage.is_empty() && whole.outcomes.len() == 3);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let sealed_at: usize = lines[..5].iter().map(|line| line.len()).sum();
    for length in 0..bytes.len() {
        let record = parse(&report.id, &report.journal, &bytes[..length]);
        let context = format!("cut at {length}");
        assert_true(&record, &whole, &context);
        assert_eq!(record.sealed, length + 1 >= sealed_at, "{context}");
        assert_eq!(
            record.damage.is_empty(),
            record.sealed,
            "{context}: {:?}",
            record.damage
        );
        assert_eq!(record.ended, length + 1 == bytes.len(), "{context}");
        assert_eq!(record.needs_recovery(), !record.ended, "{context}");
    }
    println!("{} cuts", bytes.len());
}

/// The line that a byte belongs to, counted from 1.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|byte| *byte == b'\n').count()
}

/// How a note begins that a line was cut off: what stands there says nothing.
fn torn_note(line: usize) -> String {
    format!("line {line} was cut off")
}

/// Has every byte of a journal changed in every bit, and to a few others.
fn change_every_byte((id, bytes): (&TransactionId, &[u8]), stride: usize) -> usize {
    let path = std::path::Path::new("x.jsonl");
    let whole = parse(id, path, bytes);
    let last = line_of(bytes, bytes.len() - 1);
    let mut count = 0;
    for at in (0..bytes.len()).step_by(stride) {
        let original = bytes[at];
        let flipped = (0..8).map(|bit| original ^ (1 << bit));
        for changed in flipped.chain(b"\n\0 \r".iter().copied()) {
            if changed == original {
                continue;
            }
            let mut damaged = bytes.to_owned();
            damaged[at] = changed;
            let record = parse(id, path, &damaged);
            let context = format!("byte {at} changed from {original} to {changed}");
            assert_true(&record, &whole, &context);
            // What is lost is said, by the number of its line.
            let line = line_of(bytes, at);
            let said = record.damage.iter().any(|damage| damage.line == line);
            let torn = line == last && record.tail != Tail::Whole
                || whole
                    .notes
                    .iter()
                    .any(|note| note.starts_with(&torn_note(line)));
            assert!(said || torn, "{context}: {:?}", record.damage);
            assert!(record.needs_recovery() || record.ended, "{context}");
            count += 1;
        }
    }
    count
}

#[tokio::test]
async fn a_journal_with_any_bit_flipped_says_so_and_claims_nothing_wrong() {
    let (_world, report, bytes, _start) = world_with_journal().await;
    let mut count = change_every_byte((&report.id, &bytes), 1);
    // Also after a crash and a recover, with every kind of outcome.
    for (id, bytes) in FIXTURES {
        let id = TransactionId::parse(id).unwrap();
        count += change_every_byte((&id, bytes), 7);
    }
    println!("{count} changes");
    assert!(count > 40_000, "{count}");
}

#[test]
fn a_recovered_journal_cut_at_any_byte_claims_nothing_wrong() {
    let path = std::path::Path::new("x.jsonl");
    let mut count = 0;
    for (id, bytes) in FIXTURES {
        let id = TransactionId::parse(id).unwrap();
        let whole = parse(&id, path, bytes);
        // Cut right after its first end, it is the journal of before the
        // recover. That the line which begins one is on the disk before
        // anything is sent keeps a power cut from this; docs/safety.md says so.
        let text = String::from_utf8_lossy(bytes);
        let first_end = text.find(r#""kind":"end""#).unwrap();
        let after_end = first_end + text.get(first_end..).unwrap().find('\n').unwrap();
        for length in (0..bytes.len()).filter(|at| *at != after_end && *at != after_end + 1) {
            let record = parse(&id, path, &bytes[..length]);
            let context = format!("cut at {length}");
            assert_true(&record, &whole, &context);
            assert_eq!(
                record.needs_recovery(),
                length + 1 < bytes.len(),
                "{context}"
            );
            assert!(record.sealed || !record.damage.is_empty(), "{context}");
            count += 1;
        }
    }
    println!("{count} cuts");
    assert!(count > 9_000, "{count}");
}

#[tokio::test]
async fn lines_of_another_journal_and_swapped_lines_are_damage() {
    let (_world, report, bytes, _start) = world_with_journal().await;
    let whole = parse(&report.id, &report.journal, &bytes);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    // The same plan once more, in which other things happened.
    let world = World::new(entries()).await;
    let refused = Fault::Refused {
        code: 53,
        text: "00002035: no".into(),
    };
    world.memory.inject(Operation::Modify, 1, refused);
    let other = world.apply(&world.usual_plan()).await.unwrap();
    let other = std::fs::read(&other.journal).unwrap();
    let others: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    let plan = 1..=whole.plan.len();
    for at in 0..lines.len() {
        let mut mixed = lines.clone();
        mixed[at] = others[at];
        let record = parse(&report.id, &report.journal, &mixed.concat());
        let context = format!("line {} of another journal", at + 1);
        if at > 0 {
            assert_true(&record, &whole, &context);
        }
        // A line of the same plan is the same line.
        let said = record.damage.iter().any(|damage| damage.line == at + 1);
        assert_eq!(said, !plan.contains(&at), "{context}: {:?}", record.damage);
        for with in at + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, with);
            let record = parse(&report.id, &report.journal, &swapped.concat());
            let context = format!("lines {} and {} swapped", at + 1, with + 1);
            assert_true(&record, &whole, &context);
            assert!(!record.damage.is_empty(), "{context}");
        }
    }
}

#[tokio::test]
async fn what_an_editor_or_a_transfer_does_to_a_journal_is_damage_and_no_claim() {
    let (_world, report, bytes, _start) = world_with_journal().await;
    let whole = parse(&report.id, &report.journal, &bytes);
    let text = String::from_utf8(bytes.clone()).unwrap();
    let lines = text.lines().count();
    let read = |text: &str| parse(&report.id, &report.journal, text.as_bytes());

    let record = read(&text.replace('\n', "\r\n"));
    assert_true(&record, &whole, "CRLF");
    assert!((1..=lines).all(|line| record.damage.iter().any(|damage| damage.line == line)));
    assert!(record.needs_recovery() && record.outcomes.iter().all(Option::is_none));

    let record = read(&format!("\u{feff}{text}"));
    assert_true(&record, &whole, "byte-order mark");
    assert_eq!(record.damage[0].line, 1);
    assert!(record.header.is_none() && !record.sealed);

    let huge = format!("{}\n{text}", "x".repeat(20_000_000));
    let record = read(&huge);
    assert_true(&record, &whole, "a huge line first");
    assert_eq!(record.damage[0].line, 1);
    let record = read(&format!("{text}{}", "{".repeat(20_000_000)));
    assert_true(&record, &whole, "a huge torn line last");
    assert_eq!(record.tail, Tail::Torn);
    assert!(record.needs_recovery());
}

#[tokio::test]
async fn lines_that_are_lost_or_doubled_are_noticed() {
    let (_world, report, bytes, _start) = world_with_journal().await;
    let whole = parse(&report.id, &report.journal, &bytes);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 0..lines.len() {
        let mut lost = lines.clone();
        lost.remove(at);
        let record = parse(&report.id, &report.journal, &lost.concat());
        assert_true(&record, &whole, &format!("line {at} lost"));
        let is_last = at + 1 == lines.len();
        assert!(is_last != record.needs_recovery() || !record.damage.is_empty() || is_last);
        assert_eq!(
            record.damage.is_empty(),
            is_last,
            "line {at}: {:?}",
            record.damage
        );
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        let record = parse(&report.id, &report.journal, &doubled.concat());
        assert_true(&record, &whole, &format!("line {at} doubled"));
        assert!(!record.damage.is_empty(), "line {at} doubled");
    }
}

#[tokio::test]
async fn a_journal_that_lost_its_end_is_settled_from_the_directory() {
    let (_world, _report, bytes, _start) = world_with_journal().await;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let sealed_at: usize = lines[..5].iter().map(|line| line.len()).sum();
    for length in (sealed_at..bytes.len()).step_by(37).chain([sealed_at]) {
        let (world, report, bytes, start) = world_with_journal().await;
        std::fs::write(&report.journal, &bytes[..length]).unwrap();
        let context = format!("cut at {length}");
        let settled = world.recover(&report.id, false).await;
        assert_eq!(settled.outcomes[0], Outcome::Done, "{context}");
        assert!(!settled.outcomes[1].wrote(), "{context}");
        assert_eq!(settled.outcomes[2], Outcome::Done, "{context}");
        let record = world.record(&report.id);
        assert_eq!(record.damage, [], "{context}: a torn line is no damage");
        assert!(!record.needs_recovery(), "{context}");
        world.assert_journal_agrees(&report.id, &context);
        world.rollback(&report.id).await;
        assert_eq!(world.memory.dump(), start, "{context}");
    }
}

#[tokio::test]
async fn an_incomplete_plan_under_the_final_name_is_damage_and_still_re_read() {
    let (world, report, bytes, _start) = world_with_journal().await;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    std::fs::write(&report.journal, lines[..3].concat()).unwrap();
    let summary = &history(&world.journals()).unwrap()[0];
    assert_eq!(summary.state, TransactionState::Damaged);
    assert!(summary.needs_recovery);
    let settled = world.recover(&report.id, false).await;
    assert_eq!(settled.outcomes[0], Outcome::Done);
    let record = world.record(&report.id);
    assert_eq!(
        record.damage[0].reason,
        "of 3 modifications of the plan 2 are readable; what the others may have written is not known"
    );
}

#[test]
fn any_bytes_at_all_are_a_record() {
    let id = TransactionId::parse("20261122-034512-7f3a").unwrap();
    let path = std::path::Path::new("x.jsonl");
    let nested = vec![b'['; 100_000];
    let hostile: [&[u8]; 6] = [
        b"",
        b"\n\n\n",
        b"{\"crc\":\"00000000\",}\n",
        b"{\"crc\":\"",
        &[0xff; 100],
        &nested,
    ];
    for bytes in hostile {
        let record = parse(&id, path, bytes);
        assert!(record.needs_recovery() && !record.sealed && !record.damage.is_empty());
        assert_eq!(record.plan, []);
    }
}

#[tokio::test]
async fn hostile_values_are_kept_byte_for_byte() {
    let hostile: Vec<Value> = vec![
        Value::from(vec![0xff, 0xfe, 0x00]),
        Value::from("line\nfeed \u{202e} \u{0} \"quoted\\"),
        Value::from("x".repeat(1_000_000)),
    ];
    let mut entry = user(1, "DC=contoso,DC=test", &[]);
    entry.add(name("otherMailbox"), hostile.clone());
    let world = World::new(vec![entry]).await;
    let change = Change::between(name("otherMailbox"), false, hostile, values(&["a"])).unwrap();
    let mut plan = world.plan(&[(1, "displayName", &["x"])]);
    plan.modifications[0].changes.push(change);
    let start = world.memory.dump();
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.outcomes, [Outcome::Done]);
    let record = world.record(&report.id);
    assert_eq!(record.plan[0].as_ref(), Some(&plan.modifications[0]));
    world.rollback(&report.id).await;
    assert_eq!(world.memory.dump(), start);
}

/// A file of the first format: an apply with a conflict and an answer that was
/// lost, cut off in its last line, and then recovered. It must be readable for
/// ever; a new format gets a file of its own beside it.
#[test]
fn a_journal_of_format_1_is_readable() {
    let id = TransactionId::parse("20261122-032640-58b6").unwrap();
    let bytes = include_bytes!("format-1.jsonl");
    let record = parse(&id, std::path::Path::new("format-1.jsonl"), bytes);
    assert_eq!(record.damage, []);
    assert!(record.sealed && record.ended && !record.needs_recovery());
    assert_eq!(
        record.notes,
        ["line 9 was cut off when the run was interrupted"]
    );
    let labels: Vec<_> = record
        .outcomes
        .iter()
        .flatten()
        .map(Outcome::label)
        .collect();
    assert_eq!(labels, ["done", "conflict", "done"]);
    let Some(Outcome::Conflict(conflicts)) = &record.outcomes[1] else {
        panic!("{:?}", record.outcomes[1]);
    };
    assert_eq!(conflicts[0].found, values(&["smtp:foreign@contoso.test"]));
    let last = record.plan[2].as_ref().unwrap();
    assert_eq!(last.identity, guid(3));
    assert_eq!(last.domain, DomainId(1));
    assert_eq!(last.changes[0].before, values(&[" Zoë "]));
    assert_eq!(last.changes[1].delete, [Value::from(vec![0xff, 0x00])]);
    let header = record.header.unwrap();
    assert_eq!(header.domains[1].dns_name, "emea.contoso.test");
    assert_eq!(header.domains[1].identity.as_deref(), Some("demo"));
    assert_eq!(header.origin.user, "anna");
    assert_eq!(header.reverts, None);
}

/// The second file of the first format: a rollback with every kind of outcome,
/// with dependent changes, values that are no text and an entry known by its
/// name; recovered, and with members that a later version may add. Made from
/// docs/journal.md, not by this program.
#[test]
fn a_rollback_in_format_1_is_readable() {
    let id = TransactionId::parse("20261122-080000-0a1b").unwrap();
    let bytes = include_bytes!("format-1-rollback.jsonl");
    let record = parse(&id, std::path::Path::new("x.jsonl"), bytes);
    assert_eq!(record.damage, []);
    assert!(record.sealed && record.ended && !record.needs_recovery());
    assert_eq!(record.notes, ["a remark"]);
    let said: Vec<String> = record
        .outcomes
        .iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "done, altered: proxyAddresses: it was written, but is stored otherwise, \
             expected 'SMTP:a@contoso.test', found 'SMTP:A@contoso.test'",
            "partly done: mail: somebody else changed it, \
             expected 'b@contoso.test', found 'c@contoso.test'",
            "failed: the account may not write this (LDAP 50: 00002098: SecErr)",
            "done",
            "not needed",
            "failed: the entry is no longer there",
            "refused: it takes a value",
            "conflict: sn: somebody else changed it, expected '8 ', found 'eight'",
        ]
    );
    let plan: Vec<&Modification> = record.plan.iter().flatten().collect();
    assert_eq!(plan.len(), 8);
    assert_eq!(plan[0].changes[0].shared, values(&["smtp:x@y"]));
    let by_name = DistinguishedName::from_server("CN=grüppe2,DC=contoso,DC=test");
    assert_eq!(plan[1].identity, Identity::Dn(by_name));
    assert_eq!(plan[1].changes[1].delete, [Value::from(vec![0xff, 0x00])]);
    assert_eq!(plan[2].domain, DomainId(1));
    let waiting: Vec<_> = record.depends_on.iter().map(Vec::as_slice).collect();
    assert_eq!(waiting[2..7], [&[0][..], &[], &[], &[], &[2, 5]]);
    let header = record.header.unwrap();
    assert_eq!(
        header.reverts,
        TransactionId::parse("20261122-075900-ffff").ok()
    );
    assert_eq!(header.domains[1].kind, KindRecord::ActiveDirectory);
    let identity = header.domains[0].identity.as_deref();
    assert_eq!(identity, Some("CONTOSO\\anna"));
}
