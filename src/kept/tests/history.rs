//! Random work on a worksheet, a kill at any byte, and going on.

use proptest::prelude::*;

use super::*;
use crate::store::files::fault::Disk;
use crate::worksheet::{Action, RowState};

/// Something that a person does.
#[derive(Debug, Clone)]
enum Deed {
    Edit(usize, u8),
    Act(usize, Action),
    /// Takes the proposals of several rows.
    Take(usize, usize),
    Undo,
    Redo,
    /// Writes some rows, with this outcome.
    Apply(usize, u8),
    /// The file is written anew.
    Compact,
    /// The program ends, and the session is gone on with.
    GoOn,
}

fn deed() -> impl Strategy<Value = Deed> {
    let action = prop::sample::select(vec![Action::None, Action::Remove, Action::Complete]);
    prop_oneof![
        4 => (any::<usize>(), 0..4_u8).prop_map(|(row, value)| Deed::Edit(row, value)),
        2 => (any::<usize>(), action).prop_map(|(row, action)| Deed::Act(row, action)),
        2 => (any::<usize>(), 1..30_usize).prop_map(|(row, many)| Deed::Take(row, many)),
        4 => Just(Deed::Undo),
        3 => Just(Deed::Redo),
        1 => (any::<usize>(), 0..4_u8).prop_map(|(row, outcome)| Deed::Apply(row, outcome)),
        1 => Just(Deed::Compact),
        1 => Just(Deed::GoOn),
    ]
}

const USERS: usize = 8;

/// `PROPTEST_CASES` plays more.
fn cases() -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    wanted.and_then(|number| number.parse().ok()).unwrap_or(24)
}

/// A worksheet with its session.
struct Work {
    folder: tempfile::TempDir,
    // Below a watched folder nothing is really synced, which would take long.
    _disk: Disk,
    sheet: Worksheet,
    writer: Writer,
    /// What was staged when the file had so many bytes.
    steps: Vec<(usize, Decisions)>,
    /// Whether everything is still to be found in a fresh scan.
    written: bool,
}

impl Work {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::watch(folder.path(), || ());
        let writer = Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
        let mut work = Self {
            folder,
            _disk: disk,
            sheet: sheet(USERS),
            writer,
            steps: Vec::new(),
            written: false,
        };
        work.note();
        work
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.writer.path()).unwrap()
    }

    fn note(&mut self) {
        let length = self.bytes().len();
        self.steps.push((length, staged(&self.sheet)));
    }

    fn anew(&mut self, kept: &Kept) {
        let by = origin();
        let continued = Some((TIME, &by));
        self.writer = Writer::write_anew(self.folder.path(), &head(), continued, kept).unwrap();
        // A file that is written anew is there as a whole or not at all.
        self.steps.clear();
    }

    fn carry_out(&mut self, deed: &Deed) {
        let rows: Vec<RowId> = self.sheet.rows().collect();
        let row = |at: usize| rows[at % rows.len()];
        match *deed {
            Deed::Edit(at, value) => {
                let row = row(at);
                let text = self.sheet.text(row);
                let (kind, _) = text.value.split_once(':').unwrap_or_default();
                let prefix = if kind.is_empty() {
                    String::new()
                } else {
                    format!("{kind}:")
                };
                let new = format!("{prefix}n{}.{value}@contoso.com", row.0);
                // Refused or not: what is noted is what counts.
                drop(self.sheet.edit(row, &new));
            }
            Deed::Act(at, action) => drop(self.sheet.act(row(at), action)),
            Deed::Take(at, many) => {
                let some = (at % rows.len()..).take(many).map(&row);
                drop(self.sheet.accept(&some.collect::<Vec<_>>()));
            }
            Deed::Undo => drop(self.sheet.undo()),
            Deed::Redo => drop(self.sheet.redo()),
            Deed::Apply(at, outcome) => {
                let state = match outcome {
                    0 => RowState::Done,
                    1 => RowState::NotNeeded,
                    2 => RowState::Failed("no".into()),
                    _ => RowState::InDoubt("no answer".into()),
                };
                let open = rows.iter().copied().filter(|row| self.sheet.is_kept(*row));
                let some: Vec<RowId> = open.skip(at % 3).take(3).collect();
                self.written |= !some.is_empty();
                self.sheet.set_state(&some, &state);
            }
            Deed::Compact => {
                let record = parse(&self.bytes());
                self.anew(&record.kept);
            }
            Deed::GoOn if !self.written => {
                let mut kept = parse(&self.bytes()).kept;
                let mut again = sheet(USERS);
                again.resume(&mut kept, true);
                self.sheet = again;
                self.anew(&kept);
            }
            Deed::GoOn => {}
        }
        keep(&mut self.sheet, &mut self.writer).unwrap();
        self.note();
    }
}

/// Undo as far as it goes, then redo: what is staged on the way.
fn ways(sheet: &mut Worksheet) -> Vec<Decisions> {
    let mut ways = Vec::new();
    while sheet.undo() {
        ways.push(staged(sheet));
    }
    while sheet.redo() {
        ways.push(staged(sheet));
    }
    ways
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]
    #[test]
    fn a_session_killed_at_any_byte_goes_on_from_a_step_that_was_made(
        deeds in prop::collection::vec(deed(), 1..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let mut work = Work::begin();
        for deed in &deeds {
            work.carry_out(deed);
        }
        let bytes = work.bytes();
        let first = work.steps[0].0;
        let whole = parse(&bytes);
        prop_assert!(whole.damage.is_empty() && !whole.is_torn, "{:?}", whole.damage);
        for cut in cuts {
            let length = first + cut.index(bytes.len() - first + 1);
            let record = parse(&bytes[..length]);
            // A line that lacks nothing but its line feed is whole.
            let made = work.steps.iter().rev().find(|(end, _)| *end <= length + 1).unwrap();
            prop_assert_eq!(&staged_in(&record.kept), &made.1, "cut at {}", length);
            prop_assert!(record.damage.is_empty());
            let mut again = sheet(USERS);
            let mut kept = record.kept.clone();
            let resumed = again.resume(&mut kept, true);
            prop_assert_eq!(resumed.staged, made.1.len());
            prop_assert_eq!(&staged(&again), &made.1);
            prop_assert_eq!(staged_in(&kept), staged(&again));
        }
        // The ways back are the same, unless an apply has cut them short.
        if !work.written {
            let mut again = sheet(USERS);
            again.resume(&mut parse(&bytes).kept, true);
            prop_assert_eq!(ways(&mut again), ways(&mut work.sheet));
        }
    }
}

#[test]
fn a_file_written_anew_says_the_same() {
    let mut work = Work::begin();
    for deed in [
        Deed::Take(0, 10),
        Deed::Act(3, Action::Complete),
        Deed::Act(5, Action::Complete),
        Deed::Act(6, Action::Complete),
        Deed::Undo,
        Deed::Undo,
        Deed::Apply(0, 0),
    ] {
        work.carry_out(&deed);
    }
    let before = parse(&work.bytes());
    assert_eq!((before.kept.undo.len(), before.kept.redo.len()), (1, 2));
    work.carry_out(&Deed::Compact);
    let after = parse(&work.bytes());
    assert_eq!(staged_in(&after.kept), staged_in(&before.kept));
    let steps = |kept: &Kept| -> Vec<_> {
        let steps = kept.undo.iter().chain(&kept.redo);
        steps.map(|step| (step.id, step.rows.len())).collect()
    };
    assert_eq!(steps(&after.kept), steps(&before.kept));
    assert_eq!(after.continued, Some(origin()));
    assert_eq!(after.head, Some(head()));
}

#[test]
fn a_step_of_many_rows_counts_whole_or_not_at_all() {
    let mut work = Work::begin();
    work.sheet = sheet(400);
    let rows: Vec<RowId> = work.sheet.rows().collect();
    let taken = work.sheet.accept(&rows).staged;
    assert!(taken > 700, "{taken}");
    keep(&mut work.sheet, &mut work.writer).unwrap();
    let bytes = work.bytes();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(lines.len() > 3);
    for cut in 1..lines.len() {
        let record = parse(&lines[..cut].concat());
        assert_eq!(record.kept.staged(), 0, "after line {cut}");
        assert!(record.damage.is_empty());
    }
    assert_eq!(parse(&bytes).kept.staged(), taken);
}

#[test]
fn hostile_values_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
    let values: [&[u8]; 5] = [
        b"",
        b"\xff\xfe\x00",
        "a\u{202e}b\n\r\"{}\\".as_bytes(),
        b"{\"base64\":\"AA==\"}",
        &vec![b'x'; 10 << 20],
    ];
    let rows = values.iter().map(|value| Noted {
        key: RowKey {
            identity: crate::model::Identity::Dn(crate::model::DistinguishedName::from_server(
                "CN=a\u{0}\u{2028}b",
            )),
            attribute: crate::model::AttributeName::known("mail"),
            value: Some(crate::model::Value::from(value.to_vec())),
        },
        dn: None,
        decision: Decision {
            action: Action::Edit,
            update: Some("\u{7}\u{200b}".into()),
        },
    });
    let rows: Vec<Noted> = rows.collect();
    let effect = Effect {
        what: What::Stage,
        time: TIME.into(),
        step: Some(crate::worksheet::StepId(1)),
        staged: 5,
        aside: 0,
    };
    writer
        .append(&effect, (rows.len(), rows.iter().cloned()))
        .unwrap();
    let record = read_session(folder.path(), &head().id).unwrap();
    let read: Vec<_> = record
        .kept
        .rows
        .iter()
        .map(|row| (&row.key, &row.decision))
        .collect();
    let sent: Vec<_> = rows
        .iter()
        .map(|noted| (&noted.key, &noted.decision))
        .collect();
    assert_eq!(read, sent);
}
