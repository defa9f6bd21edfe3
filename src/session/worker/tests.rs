//! What a face asks of the worker, and what it hears.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::SourceSpec;
use crate::directory::Directory;
use crate::directory::memory::{Fault, MemoryDirectory, Operation};
use crate::model::{
    AttributeName, Change, ChangeSet, DistinguishedName, DomainId, Entry, Modification, Value,
};
use crate::rule::Settings;
use crate::scan::ScanOptions;
use crate::scan::ScanSource;
use crate::session::EMBEDDED_RULES;
use crate::transaction::TransactionState;
use crate::worksheet::{RowId, Worksheet};

async fn answer<T>(handle: &mut SessionHandle, wanted: impl Fn(Event) -> Option<T>) -> T {
    while let Some(event) = handle.events.recv().await {
        if let Event::Failed { message, .. } = &event {
            panic!("{message}");
        }
        if let Some(found) = wanted(event) {
            return found;
        }
    }
    panic!("the session ended");
}

async fn scan(handle: &mut SessionHandle) -> Worksheet {
    let request = ScanRequest {
        sources: vec![SourceSpec::Demo],
        rules: EMBEDDED_RULES.to_owned(),
        settings: Settings::default(),
        options: ScanOptions::default(),
        exceptions: None,
    };
    let command = Command::Scan(Box::new(request));
    handle.commands.send(command).await.unwrap();
    answer(handle, |event| match event {
        Event::Scanned(worksheet) => Some(*worksheet),
        _ => None,
    })
    .await
}

fn values(worksheet: &Worksheet) -> Vec<(String, String, String)> {
    let text = |row| {
        let text = worksheet.text(row);
        (text.dn, text.attribute, text.value)
    };
    worksheet.rows().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_is_gone_from_the_next_scan_and_comes_back_by_rollback() {
    let folder = tempfile::tempdir().unwrap();
    let mut handle = spawn(Session::new(folder.path().join("state")));
    let mut worksheet = scan(&mut handle).await;
    let before = values(&worksheet);
    let rows: Vec<RowId> = worksheet.rows().collect();
    let staged = worksheet.accept_safe(&rows);
    assert!(staged > 3, "{staged}");
    let plan = worksheet.plan().changes;
    let entries = plan.len();
    handle.commands.send(Command::Apply(plan)).await.unwrap();
    let mut settled = 0;
    let report = loop {
        match handle.events.recv().await.unwrap() {
            Event::ApplyStarted { entries: named, .. } => assert_eq!(named.len(), entries),
            Event::ApplyProgress { .. } => settled += 1,
            Event::Applied(report) => break report,
            Event::Failed { message, .. } => panic!("{message}"),
            _ => {}
        }
    };
    assert_eq!(settled, entries, "every step is told before the end");
    assert_eq!(
        report.count(crate::transaction::Outcome::wrote),
        entries,
        "{:?}",
        report.outcomes
    );
    let after = values(&scan(&mut handle).await);
    assert_eq!(after.len(), before.len() - staged);

    let rollback = Command::Rollback(report.id.clone());
    handle.commands.send(rollback).await.unwrap();
    let back = answer(&mut handle, |event| match event {
        Event::Applied(report) => Some(report),
        _ => None,
    })
    .await;
    assert_eq!(
        back.count(crate::transaction::Outcome::wrote),
        entries,
        "{:?}",
        back.outcomes
    );
    assert_eq!(values(&scan(&mut handle).await), before);

    handle.commands.send(Command::Unsettled).await.unwrap();
    let unsettled = answer(&mut handle, |event| match event {
        Event::Unsettled(unsettled) => Some(unsettled),
        _ => None,
    })
    .await;
    assert_eq!(unsettled.map(|list| list.len()), Ok(0));
    handle.commands.send(Command::History).await.unwrap();
    let history = answer(&mut handle, |event| match event {
        Event::History(history) => Some(history),
        _ => None,
    })
    .await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].reverts.as_ref(), Some(&report.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_leaves_while_it_writes_leaves_a_finished_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::new(folder.path().join("state"));
    let user = |number: u8| {
        let dn = format!("CN=u{number},DC=contoso,DC=com");
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        let class = ["top", "user"].map(Value::from);
        entry.add(AttributeName::known("objectClass"), class);
        let guid = Value::from(vec![number; 16]);
        entry.add(AttributeName::known("objectGUID"), [guid]);
        entry
    };
    // More than are under way at a time.
    let users: Vec<Entry> = (1..=40).map(user).collect();
    let memory = MemoryDirectory::new("contoso.com", &["contoso.com"], users.clone());
    let directory = Arc::new(Directory::Memory(memory.clone()));
    let forest = directory.discover().await.unwrap();
    session.sources.push(ScanSource { directory, forest });
    session.labels.push("memory".to_owned());
    let name = AttributeName::known("displayName");
    let added = || vec![Value::from("x")];
    let modifications = users.iter().map(|user| Modification {
        identity: user.identity(),
        dn: user.dn.clone(),
        class: user.class(),
        domain: DomainId(0),
        changes: Change::between(name.clone(), true, Vec::new(), added())
            .into_iter()
            .collect(),
    });
    let plan = ChangeSet {
        modifications: modifications.collect(),
        ..ChangeSet::default()
    };
    for request in 1..=users.len() {
        let slow = Fault::Slow(Duration::from_millis(200));
        memory.inject(Operation::Modify, request, slow);
    }
    let journals = session.journal_directory();
    let mut handle = spawn(session);
    handle.commands.send(Command::Apply(plan)).await.unwrap();
    let started = |event| matches!(event, Event::ApplyStarted { .. }).then_some(());
    answer(&mut handle, started).await;
    while memory.count(Operation::Modify) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    handle.end().await;
    let history = crate::transaction::history(&journals).unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].state, TransactionState::Finished);
    assert!(history[0].done > 0 && history[0].not_reached > 0);
    assert_eq!(history[0].done + history[0].not_reached, 40);
    let written = memory.entries();
    let written = written
        .iter()
        .filter(|e| !e.values("displayName").is_empty());
    assert_eq!(written.count(), history[0].done);
}
