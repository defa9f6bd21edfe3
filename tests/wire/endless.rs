//! The program's own scan of a server that never stops sending: it waits for
//! whoever reads, costs no memory, and is left with what was read.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::faults::server;
use crate::program::{ended, start};
use crate::server::{Act, raw_attribute, raw_entry};

/// The most memory that a running program had, in MB.
fn most_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    let number = number.and_then(|number| number.parse::<usize>().ok());
    number.expect("a number") / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_stops_sending_waits_for_the_reader_and_ends_when_interrupted() {
    // Users of 1 MB each, none like another, in a page that has no end.
    static SENT: AtomicUsize = AtomicUsize::new(0);
    fn operation(number: usize) -> Vec<u8> {
        SENT.store(number, Ordering::Relaxed);
        let guid = format!("guid-{number:011}");
        let name = format!("u{number}");
        let (upn, mail) = (format!("{name}@x.com"), format!("{name} @x.com"));
        let padding = vec![b'x'; 1 << 20];
        let mut attributes = Vec::new();
        for (name, value) in [
            ("objectClass", &b"user"[..]),
            ("objectGUID", guid.as_bytes()),
            ("sAMAccountName", name.as_bytes()),
            ("userPrincipalName", upn.as_bytes()),
            ("mail", mail.as_bytes()),
            ("info", &padding),
        ] {
            attributes.extend(raw_attribute(name, [value].into_iter()));
        }
        raw_entry(&format!("CN=u{number},DC=x"), &attributes)
    }
    let server = server(|_, _| Some(vec![Act::Endless(operation)])).await;
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("rows.csv");
    let text = report.to_str().expect("a name");
    let program = start(&server, folder.path(), &["scan", "--output", text]);
    let process = program.id();
    for _ in 0..1000 {
        if SENT.load(Ordering::Relaxed) > 150 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (sent, memory) = (SENT.load(Ordering::Relaxed), most_memory(process));
    assert!(sent > 150, "{sent}");
    assert!(memory < 120, "{memory} MB after {sent} MB were sent");
    let interrupted = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status();
    assert!(interrupted.expect("kill").success());
    let ran = ended(program, folder.path()).await;
    ran.ends_with(
        4,
        &[
            "interrupted: stopping cleanly",
            "(partial: not everything was read)",
        ],
    );
    let rows = ran.rows.len();
    assert!(
        rows > 100,
        "{rows} of {sent} were read before: {}",
        ran.talk
    );
}
