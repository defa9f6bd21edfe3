//! Kept sessions: what a step costs until it is on the disk, and a million
//! decisions written, listed, read back and written anew.
//!
//! `cargo bench --bench kept [FOLDER]`; the folder says which disk is measured.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use idmend::kept::{
    Effect, ForestRecord, Head, ScanRecord, SessionId, SettingsRecord, SourceRecord, What, Writer,
    list, read_session,
};
use idmend::model::{AttributeName, DistinguishedName, Identity, ObjectGuid, Value};
use idmend::store::{KindRecord, Origin};
use idmend::worksheet::{Action, Decision, Kept, Noted, RowKey, StepId};

const SINGLE: u64 = 500;

fn head() -> Head {
    Head {
        id: SessionId::parse("20261122-081500-7f3a").expect("a name"),
        time: "2026-11-22T08:15:00Z".into(),
        origin: Origin {
            version: "0".into(),
            host: "jump1".into(),
            user: "anna".into(),
            pid: 7,
        },
        forests: vec![ForestRecord {
            name: "contoso.com".into(),
            kind: KindRecord::Memory,
            identity: None,
        }],
        scan: ScanRecord {
            sources: vec![SourceRecord::Demo],
            rules: "entra".into(),
            bases: Vec::new(),
            excludes: Vec::new(),
            filter: None,
            scope_only: false,
            forest_join: "once".into(),
            exceptions: None,
            settings: SettingsRecord {
                verified_domains: Vec::new(),
                upn_suffixes: Vec::new(),
                login_attribute: "userPrincipalName".into(),
                exchange_online: true,
                routable_domains: Vec::new(),
                directory_extensions: Vec::new(),
                cloud_sync: false,
                source_anchor: None,
            },
        },
    }
}

fn noted(number: u64) -> Noted {
    let mut guid = [0_u8; 16];
    guid[..8].copy_from_slice(&number.to_le_bytes());
    Noted {
        key: RowKey {
            identity: Identity::Guid(ObjectGuid::from_bytes(&guid).expect("16 bytes")),
            attribute: AttributeName::known("proxyAddresses"),
            value: Some(Value::from(
                format!("smtp:user {number}@contoso.com").as_str(),
            )),
        },
        dn: Some(DistinguishedName::from_server(format!(
            "CN=User {number},OU=Staff,OU=Berlin,DC=emea,DC=contoso,DC=com"
        ))),
        decision: Decision {
            action: Action::Edit,
            update: Some(format!("smtp:user{number}@contoso.com").into()),
        },
    }
}

fn effect(what: What, step: u64, staged: u64) -> Effect {
    Effect {
        what,
        time: "2026-11-22T08:15:00Z".into(),
        step: Some(StepId(step)),
        staged: usize::try_from(staged).expect("a count"),
        aside: 0,
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    println!("{what:<42} {:>9.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = wanted.map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    single(folder.path());
    for rows in [100_000, 1_000_000] {
        bulk(folder.path(), rows);
    }
}

/// One decision after the other, each synced.
fn single(folder: &Path) {
    let mut writer = Writer::write_anew(folder, &head(), None, &Kept::default()).expect("a file");
    let mut written: Vec<Duration> = Vec::new();
    let mut synced: Vec<Duration> = Vec::new();
    for number in 1..=SINGLE {
        let begun = Instant::now();
        let rows = std::iter::once(noted(number));
        let step = effect(What::Stage, number, number);
        writer.append(&step, (1, rows)).expect("a line");
        written.push(begun.elapsed());
        writer.sync().expect("a sync");
        synced.push(begun.elapsed());
    }
    for (what, times) in [
        ("handed to the system", &mut written),
        ("on the disk", &mut synced),
    ] {
        times.sort();
        let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e3;
        println!(
            "one decision {what:<22} median {:.3} ms, 99 of 100 below {:.3} ms",
            at(50),
            at(99)
        );
    }
}

fn bulk(folder: &Path, rows: u64) {
    println!("{rows} decisions in one step");
    let count = usize::try_from(rows).expect("a count");
    let mut writer = Writer::write_anew(folder, &head(), None, &Kept::default()).expect("a file");
    timed("  written", || {
        let step = effect(What::Stage, 1, rows);
        writer
            .append(&step, (count, (0..rows).map(noted)))
            .expect("lines");
    });
    timed("  synced", || writer.sync().expect("a sync"));
    timed("  undone", || {
        let none = |number| Noted {
            decision: Decision::default(),
            ..noted(number)
        };
        let step = effect(What::Undo, 1, 0);
        writer
            .append(&step, (count, (0..rows).rev().map(none)))
            .expect("lines");
    });
    timed("  staged again", || {
        let step = effect(What::Redo, 1, rows);
        writer
            .append(&step, (count, (0..rows).map(noted)))
            .expect("lines");
    });
    let size = |path: &Path| std::fs::metadata(path).expect("a file").len() >> 20;
    println!("  {} MiB", size(writer.path()));
    let listed = timed("  listed", || list(folder).expect("a list"));
    assert_eq!(listed[0].staged, count);
    let record = timed("  read", || {
        read_session(folder, &head().id).expect("a session")
    });
    assert_eq!((record.kept.staged(), record.damage.len()), (count, 0));
    let writer = timed("  written anew", || {
        Writer::write_anew(folder, &head(), None, &record.kept).expect("a file")
    });
    println!("  {} MiB", size(writer.path()));
    black_box(record);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!(
            "  {}",
            peak.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
}
