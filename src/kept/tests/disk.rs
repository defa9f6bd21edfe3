//! A session on a disk that is full, fails, tears a write, or whose power is
//! cut.

use super::*;
use crate::store::files::fault::{Disk, DiskFault};
use crate::worksheet::Action;

/// Stages three steps and writes the file anew after the second; says what was
/// staged when which writes had gone well.
fn work(folder: &Path) -> (Vec<Decisions>, Result<(), KeptError>) {
    let mut steps = vec![Decisions::new()];
    let result = (|| {
        let mut writer = Writer::write_anew(folder, &head(), None, &Kept::default())?;
        let mut sheet = sheet(4);
        let rows: Vec<RowId> = sheet.rows().collect();
        for number in 0..3 {
            sheet.accept(&rows[number * 2..number * 2 + 2]);
            sheet.act(rows[0], Action::None).unwrap_or_default();
            steps.push(staged(&sheet));
            keep(&mut sheet, &mut writer)?;
            writer.sync()?;
            if number == 1 {
                let record = read_session(folder, &head().id)?;
                writer = Writer::write_anew(folder, &head(), None, &record.kept)?;
            }
        }
        Ok(())
    })();
    (steps, result)
}

#[test]
fn whatever_the_disk_does_a_step_that_was_made_is_read_back() {
    let count = {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::watch(folder.path(), || ());
        work(folder.path()).1.unwrap();
        disk.steps().len()
    };
    assert!(count > 15, "{count}");
    let mut cases = 0;
    for at in 1..=count {
        for fault in [
            DiskFault::Refused,
            DiskFault::AnswerLost,
            DiskFault::Torn,
            DiskFault::KilledBefore,
            DiskFault::KilledAfter,
            DiskFault::KilledTorn,
        ] {
            for power_cut in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let disk = Disk::watch(folder.path(), || ());
                disk.inject(at, fault);
                let (steps, _) = work(folder.path());
                if power_cut {
                    disk.cut_power();
                }
                drop(disk);
                let context = format!("{fault:?} at step {at}, power cut: {power_cut}");
                match read_session(folder.path(), &head().id) {
                    Err(KeptError::Missing { .. }) => {}
                    Err(error) => panic!("{context}: {error}"),
                    Ok(record) => {
                        assert!(record.damage.is_empty(), "{context}: {:?}", record.damage);
                        let read = staged_in(&record.kept);
                        let half = |step: &Decisions| read.keys().all(|key| step.contains_key(key));
                        // A step of these tests is two effects.
                        let made = steps.contains(&read) || steps.iter().any(half);
                        assert!(made, "{context}: {read:?}");
                    }
                }
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
}

#[test]
fn an_effect_that_failed_is_tried_again_as_if_nothing_had_been() {
    for fault in [DiskFault::Refused, DiskFault::Torn] {
        let folder = tempfile::tempdir().unwrap();
        let mut writer =
            Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
        let disk = Disk::watch(folder.path(), || ());
        let mut sheet = sheet(4);
        let rows: Vec<RowId> = sheet.rows().collect();
        sheet.accept(&rows);
        let notes = sheet.take_notes();
        disk.inject(1, fault);
        let error = append(&sheet, &mut writer, &notes[0]).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot keep the session in "),
            "{error}"
        );
        append(&sheet, &mut writer, &notes[0]).unwrap();
        let record = read_session(folder.path(), &head().id).unwrap();
        assert_eq!(record.damage, [], "{fault:?}");
        assert_eq!(staged_in(&record.kept), staged(&sheet), "{fault:?}");
    }
}

#[test]
fn a_file_that_is_gone_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
    std::fs::remove_file(writer.path()).unwrap();
    let mut sheet = sheet(2);
    sheet.act(RowId(0), Action::Complete).unwrap();
    let error = keep(&mut sheet, &mut writer).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("was deleted while it was in use"),
        "{error}"
    );
}

#[test]
fn needless_rows_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::write_anew(folder.path(), &head(), None, &Kept::default()).unwrap();
    let mut sheet = sheet(300);
    let rows: Vec<RowId> = sheet.rows().collect();
    sheet.accept(&rows);
    let mut turns = 0;
    while !writer.is_wasteful() {
        keep(&mut sheet, &mut writer).unwrap();
        assert!(sheet.undo() && sheet.redo());
        turns += 1;
        assert!(turns < 100);
    }
    let before = std::fs::metadata(writer.path()).unwrap().len();
    let record = read_session(folder.path(), &head().id).unwrap();
    let writer = Writer::write_anew(folder.path(), &head(), None, &record.kept).unwrap();
    assert!(!writer.is_wasteful());
    let after = std::fs::metadata(writer.path()).unwrap().len();
    assert!(after < before / 5, "{before} {after}");
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_a_session() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("sessions");
    let writer = Writer::write_anew(&sessions, &head(), None, &Kept::default()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&sessions), mode(writer.path())), (0o700, 0o600));
}
