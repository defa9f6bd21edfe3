//! The list of sessions, and getting rid of one.

use super::*;
use crate::worksheet::Action;

fn session(folder: &Path, id: &str, rows: u32) -> Writer {
    let head = Head {
        id: SessionId::parse(id).unwrap(),
        ..head()
    };
    let mut writer = Writer::write_anew(folder, &head, None, &Kept::default()).unwrap();
    let mut sheet = sheet(4);
    for row in 0..rows {
        sheet.act(RowId(row), Action::Complete).unwrap();
        keep(&mut sheet, &mut writer).unwrap();
    }
    writer
}

#[test]
fn sessions_are_listed_with_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(list(&folder.path().join("none")).unwrap(), []);
    session(folder.path(), "20261122-081500-0001", 3);
    let torn = session(folder.path(), "20261122-081500-0002", 2);
    session(folder.path(), "20261122-081500-0003", 0);
    std::fs::write(folder.path().join("notes.jsonl"), "x").unwrap();
    // The last line is cut off: the one before counts.
    let bytes = std::fs::read(torn.path()).unwrap();
    std::fs::write(torn.path(), &bytes[..bytes.len() - 9]).unwrap();
    let shown: Vec<_> = list(folder.path())
        .unwrap()
        .into_iter()
        .map(|summary| (summary.id.to_string(), summary.staged, summary.forests()))
        .collect();
    let name = || "contoso.com".to_owned();
    assert_eq!(
        shown,
        [
            ("20261122-081500-0002".to_owned(), 1, name()),
            ("20261122-081500-0001".to_owned(), 3, name()),
        ]
    );
}

#[test]
fn the_list_says_what_a_whole_reading_says() {
    let folder = tempfile::tempdir().unwrap();
    let writer = session(folder.path(), "20261122-081500-0001", 3);
    let whole = std::fs::read(writer.path()).unwrap();
    for length in 0..=whole.len() {
        std::fs::write(writer.path(), &whole[..length]).unwrap();
        let record = read_session(folder.path(), writer.id()).unwrap();
        let listed = list(folder.path()).unwrap();
        let listed = listed.first().map_or((0, String::new()), |summary| {
            (summary.staged, summary.changed.clone())
        });
        assert_eq!(listed.0, record.kept.staged(), "{length} bytes");
        if listed.0 > 0 {
            assert_eq!(listed.1, record.changed, "{length} bytes");
        }
    }
}

#[test]
fn a_session_that_is_in_use_is_not_discarded_and_says_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let writer = session(folder.path(), "20261122-081500-0001", 1);
    let id = writer.id();
    let held = lock(folder.path(), id, &origin(), "then").unwrap();
    let holder = "process 4711 of anna on jump1, since then";
    let listed = list(folder.path()).unwrap();
    assert_eq!(listed[0].held_by.as_deref(), Some(holder));
    let refused = discard(folder.path(), id, &origin(), "now").unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("another idmend works on this session: {holder}")
    );
    drop(held);
    assert_eq!(list(folder.path()).unwrap()[0].held_by, None);
    discard(folder.path(), id, &origin(), "now").unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let missing = discard(folder.path(), id, &origin(), "now").unwrap_err();
    assert!(matches!(missing, KeptError::Missing { .. }));
}
