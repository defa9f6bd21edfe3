//! Sessions on a worksheet and on a disk that fails: what is read back is what
//! was decided up to some step, and never anything else.

mod damage;
mod disk;
mod history;
mod list;

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::model::Entry;
use crate::scan::fixture::{contoso, judge, user};
use crate::store::KindRecord;
use crate::worksheet::{
    Decision, Happened, Kept, Noted, Restored, RowId, RowKey, Standing, Worksheet,
};

const UPN: &str = "userPrincipalName";
const TIME: &str = "2026-11-22T08:15:00Z";

fn origin() -> Origin {
    Origin {
        version: "1".into(),
        host: "jump1".into(),
        user: "anna".into(),
        pid: 4711,
    }
}

fn head() -> Head {
    Head {
        id: SessionId::parse("20261122-081500-7f3a").unwrap(),
        time: TIME.into(),
        origin: origin(),
        forests: vec![ForestRecord {
            name: "contoso.com".into(),
            kind: KindRecord::ActiveDirectory,
            identity: Some("CONTOSO\\anna".into()),
        }],
        scan: ScanRecord {
            sources: vec![SourceRecord::Demo],
            rules: "entra".into(),
            bases: Vec::new(),
            excludes: Vec::new(),
            filter: Some("(sn=\u{202e}x)".into()),
            scope_only: false,
            forest_join: "once".into(),
            exceptions: None,
            settings: SettingsRecord {
                verified_domains: vec!["contoso.com".into()],
                upn_suffixes: Vec::new(),
                login_attribute: UPN.into(),
                exchange_online: true,
                routable_domains: Vec::new(),
                directory_extensions: Vec::new(),
                cloud_sync: false,
                source_anchor: None,
            },
        },
    }
}

/// Users with a value to mend each; one is known by its name only, and one has
/// a value that is no text.
fn entries(number: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..number)
        .map(|at| {
            let name = format!("user{at:03}");
            let upn = format!("us er{at:03}@contoso.com");
            let proxies = [format!("smtp:p {at:03}@contoso.com")];
            let proxies: Vec<&str> = proxies.iter().map(String::as_str).collect();
            user(&name, &[(UPN, &[&upn]), ("proxyAddresses", &proxies)])
        })
        .collect();
    if let Some(first) = entries.first_mut() {
        first.set(
            &crate::model::AttributeName::known("objectGUID"),
            Vec::new(),
        );
        let odd = crate::model::Value::from(b"Z\xff\xfe ".to_vec());
        first.set(&crate::model::AttributeName::known("givenName"), vec![odd]);
    }
    entries
}

fn sheet(number: usize) -> Worksheet {
    let mut sheet = Worksheet::new(contoso(entries(number)), judge());
    sheet.record();
    sheet
}

/// Appends what happened on a worksheet, as the keeper does.
fn keep(sheet: &mut Worksheet, writer: &mut Writer) -> Result<(), KeptError> {
    for happened in sheet.take_notes() {
        append(sheet, writer, &happened)?;
    }
    Ok(())
}

fn append(sheet: &Worksheet, writer: &mut Writer, happened: &Happened) -> Result<(), KeptError> {
    let noted = |row: &RowId, decision: &Decision| Noted {
        key: RowKey::of(&sheet.scan, *row).unwrap(),
        dn: Some(sheet.entry(*row).dn),
        decision: decision.clone(),
    };
    let none = Decision::default();
    let (what, step, rows): (_, _, Vec<Noted>) = match happened {
        Happened::Staged(step) => {
            let rows = step.rows.iter().map(|(row, _, after)| noted(row, after));
            (What::Stage, Some(step.id), rows.collect())
        }
        Happened::Undone(Restored { id, rows }) => {
            let rows = rows.iter().map(|(row, decision)| noted(row, decision));
            (What::Undo, Some(*id), rows.collect())
        }
        Happened::Redone(Restored { id, rows }) => {
            let rows = rows.iter().map(|(row, decision)| noted(row, decision));
            (What::Redo, Some(*id), rows.collect())
        }
        Happened::Left(rows) => {
            let rows = rows.iter().map(|row| noted(row, &none));
            (What::Leave, None, rows.collect())
        }
        Happened::Returned(rows) => {
            let rows = rows.iter().map(|(row, decision)| noted(row, decision));
            (What::Return, None, rows.collect())
        }
    };
    let effect = Effect {
        what,
        time: TIME.into(),
        step,
        staged: staged(sheet).len(),
        aside: 0,
    };
    writer.append(&effect, (rows.len(), rows.into_iter()))
}

type Decisions = BTreeMap<RowKey, Decision>;

/// What is decided on a worksheet and not written.
fn staged(sheet: &Worksheet) -> Decisions {
    let kept = sheet.rows().filter(|row| sheet.is_kept(*row));
    kept.map(|row| (RowKey::of(&sheet.scan, row).unwrap(), sheet.decision(row)))
        .collect()
}

/// What a session says is staged.
fn staged_in(kept: &Kept) -> Decisions {
    let rows = kept.rows.iter();
    let rows = rows.filter(|row| row.is_decided() && row.standing == Standing::Staged);
    rows.map(|row| (row.key.clone(), row.decision.clone()))
        .collect()
}

fn parse(bytes: &[u8]) -> Record {
    reader::parse(&head().id, Path::new("x.jsonl"), bytes).unwrap()
}
