//! Reading again through the worker: in memory, over the demo, from a file.

use std::sync::Arc;

use crate::config::SourceSpec;
use crate::directory::Directory;
use crate::directory::memory::{Fault, MemoryDirectory, Operation};
use crate::model::{AttributeName, Entry, Value};
use crate::rule::Settings;
use crate::scan::fixture::user;
use crate::scan::{ScanOptions, ScanSource};
use crate::session::{
    Again, Command, EMBEDDED_RULES, Event, Refreshed, ScanRequest, Session, SessionHandle, spawn,
};
use crate::worksheet::{RowId, Worksheet};

fn request(source: SourceSpec) -> ScanRequest {
    ScanRequest {
        sources: vec![source],
        rules: EMBEDDED_RULES.to_owned(),
        settings: Settings::default(),
        options: ScanOptions::default(),
        exceptions: None,
    }
}

/// A session on one forest in memory, and a sheet of it.
async fn on(entries: Vec<Entry>) -> (SessionHandle, MemoryDirectory, Worksheet) {
    let mut session = Session::new(tempfile::tempdir().unwrap().keep());
    let memory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
    let directory = Arc::new(Directory::Memory(memory.clone()));
    let forest = directory.discover().await.unwrap();
    session.sources.push(ScanSource { directory, forest });
    session.labels.push("memory".to_owned());
    let request = request(SourceSpec::Demo);
    let cancel = tokio_util::sync::CancellationToken::new();
    let sheet = session.scan(&request, &|_| (), &cancel).await.unwrap();
    (spawn(session), memory, sheet)
}

/// What comes of a command, without how far it is.
async fn outcome(handle: &mut SessionHandle, command: Command) -> Event {
    handle.commands.send(command).await.unwrap();
    loop {
        match handle.events.recv().await.unwrap() {
            Event::ScanProgress(_)
            | Event::Discovered(_)
            | Event::ApplyStarted { .. }
            | Event::ApplyProgress { .. }
            | Event::Offered(_)
            | Event::Keeping(_)
            | Event::Operation(_) => {}
            event => return event,
        }
    }
}

async fn again(handle: &mut SessionHandle, sheet: &Worksheet, again: Again) -> Refreshed {
    let command = Command::Refresh(Box::new(sheet.clone()), again);
    match outcome(handle, command).await {
        Event::Refreshed(refreshed) => *refreshed,
        other => panic!("{other:?}"),
    }
}

fn set(memory: &MemoryDirectory, name: &str, attribute: &'static str, value: &str) {
    let entries = memory.entries();
    let entry = entries.iter().find(|entry| entry.common_name() == name);
    let attribute = AttributeName::known(attribute);
    let values = vec![Value::from(value)];
    assert!(memory.edit(&entry.unwrap().identity(), |entry| {
        entry.set(&attribute, values);
    }));
}

fn rows(sheet: &Worksheet) -> Vec<String> {
    let row = |row| {
        let text = sheet.text(row);
        format!("{} {} {}", text.common_name, text.attribute, text.value)
    };
    sheet.rows().map(row).collect()
}

fn upn(name: &str, value: &str) -> Entry {
    user(name, &[("userPrincipalName", &[value])])
}

#[tokio::test]
async fn what_was_mended_elsewhere_disappears_and_what_is_staged_stays() {
    let entries = vec![
        upn("anna", "an na@contoso.com"),
        upn("bert", "b t@contoso.com"),
    ];
    let (mut handle, memory, mut sheet) = on(entries).await;
    sheet.edit(RowId(1), "bert@contoso.com").unwrap();
    set(&memory, "anna", "userPrincipalName", "anna@contoso.com");
    set(&memory, "bert", "displayName", " Bert");
    let new = again(&mut handle, &sheet, Again::Rows(vec![RowId(0), RowId(1)])).await;
    assert_eq!(
        rows(&new.worksheet),
        [
            "bert displayName  Bert",
            "bert userPrincipalName b t@contoso.com"
        ]
    );
    let carried = &new.carried;
    assert_eq!((carried.gone, carried.new, carried.changed), (1, 1, 0));
    assert_eq!((new.entries, new.worksheet.staged()), (2, 1));
    assert_eq!(new.worksheet.text(RowId(1)).update, "bert@contoso.com");
}

#[tokio::test]
async fn what_was_written_is_read_again_and_nothing_else() {
    let entries = vec![
        upn("anna", "an na@contoso.com"),
        upn("bert", "b t@contoso.com"),
    ];
    let (mut handle, memory, mut sheet) = on(entries).await;
    sheet.edit(RowId(0), "anna@contoso.com").unwrap();
    let plan = sheet.plan().changes;
    let applied = outcome(&mut handle, Command::Apply(plan)).await;
    let Event::Applied(report) = applied else {
        panic!("{applied:?}");
    };
    set(&memory, "bert", "userPrincipalName", "bert@contoso.com");
    let new = again(&mut handle, &sheet, Again::Written).await;
    assert_eq!(
        rows(&new.worksheet),
        ["bert userPrincipalName b t@contoso.com"]
    );
    assert_eq!(
        (new.entries, new.carried.lost.len()),
        (1, 1),
        "{:?}",
        new.carried
    );
    let back = outcome(&mut handle, Command::Rollback(report.id)).await;
    assert!(matches!(back, Event::Applied(_)), "{back:?}");
    let new = again(&mut handle, &new.worksheet, Again::Written).await;
    assert_eq!(
        (new.worksheet.len(), new.entries, new.carried.new),
        (2, 1, 1)
    );
    let none = again(&mut handle, &new.worksheet, Again::Written).await;
    assert_eq!(none.entries, 0, "it is known again");
}

#[tokio::test]
async fn a_scan_again_that_breaks_loses_nothing_that_is_staged() {
    let mut session = Session::new(tempfile::tempdir().unwrap().keep());
    session.open(&[SourceSpec::Demo]).await.unwrap();
    let directories: Vec<MemoryDirectory> = session
        .sources
        .iter()
        .map(|source| match &*source.directory {
            Directory::Memory(memory) => memory.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let mut handle = spawn(session);
    let demo = || Box::new(request(SourceSpec::Demo));
    let Event::Scanned(mut sheet) = outcome(&mut handle, Command::Scan(demo())).await else {
        panic!("no scan");
    };
    let all: Vec<RowId> = sheet.rows().collect();
    let staged = sheet.accept_safe(&all);
    assert!(staged > 3);
    for directory in &directories {
        directory.inject(Operation::Page, 1, Fault::NotSent);
    }
    let broken = outcome(&mut handle, Command::Rescan(demo(), sheet.clone())).await;
    let Event::Stays(reasons) = broken else {
        panic!("{broken:?}");
    };
    assert!(
        reasons[0].contains("was not read to its end"),
        "{reasons:?}"
    );
    let whole = outcome(&mut handle, Command::Rescan(demo(), sheet.clone())).await;
    let Event::Refreshed(whole) = whole else {
        panic!("{whole:?}");
    };
    assert_eq!(whole.worksheet.staged(), staged);
    let carried = &whole.carried;
    assert_eq!(
        (
            carried.gone,
            carried.new,
            carried.changed,
            carried.lost.len()
        ),
        (0, 0, 0, 0)
    );
}

#[tokio::test]
async fn a_file_is_read_again_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contoso.ldif");
    let write = |entries: &[(&str, &str)]| {
        let entry = |(name, upn): &(&str, &str)| {
            format!(
                "dn: CN={name},OU=x,{}\nobjectClass: user\ncn: {name}\nuserPrincipalName: {upn}\n\n",
                "DC=contoso,DC=com"
            )
        };
        let text: String = entries.iter().map(entry).collect();
        std::fs::write(&file, format!("version: 1\n\n{text}")).unwrap();
    };
    write(&[("anna", "an na@contoso.com"), ("bert", "b t@contoso.com")]);
    let source = SourceSpec::Ldif {
        name: None,
        files: vec![file.clone()],
    };
    let mut handle = spawn(Session::new(folder.path().join("state")));
    let command = Command::Scan(Box::new(request(source)));
    let Event::Scanned(mut sheet) = outcome(&mut handle, command).await else {
        panic!("no scan");
    };
    sheet.edit(RowId(1), "bert@contoso.com").unwrap();
    write(&[("bert", "b t@contoso.com"), ("cleo", "c o@contoso.com")]);
    let new = again(&mut handle, &sheet, Again::Rows(vec![RowId(1)])).await;
    assert_eq!(
        rows(&new.worksheet),
        [
            "bert userPrincipalName b t@contoso.com",
            "cleo userPrincipalName c o@contoso.com"
        ]
    );
    assert_eq!(new.worksheet.staged(), 1);

    std::fs::write(&file, "dn: CN=x,DC=fabrikam,DC=com\nobjectClass: user\n").unwrap();
    let command = Command::Refresh(Box::new(new.worksheet), Again::Rows(vec![RowId(0)]));
    let refused = outcome(&mut handle, command).await;
    let Event::Failed { message, hint } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        message,
        "the files of contoso.com hold other domains than when they were scanned"
    );
    assert_eq!(hint.as_deref(), Some("scan again, as a whole: F5"));
}
