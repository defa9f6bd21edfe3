//! Measures how long the program takes from its start to its first frame, in a
//! terminal of its own: the connect screen, and the sample forests' scan.
//!
//! `cargo bench --bench first_frame [-- RUNS]`. It prints the median and the
//! longest of the runs in milliseconds on the clock, beside the aim. What a frame
//! shows is waited for, and each run has a state directory that nothing used.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::error::Error;
use std::io::Read as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// Runs if none are named.
const RUNS: usize = 31;
/// A program that shows no such frame so long is ended, which is an error.
const PATIENCE: Duration = Duration::from_secs(10);
/// From the start to the first frame, in milliseconds.
const AIM: f64 = 50.0;

fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(RUNS);
    for (arguments, frame) in [
        (&[][..], "idmend · connect"),
        // The scan, or the summary if the scan was as fast.
        (&["demo"], "contoso, fabrikam in memory"),
    ] {
        // What the disk gives the first time is not the program's.
        first_frame(arguments, frame)?;
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            times.push(first_frame(arguments, frame)?.as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let (Some(longest), Some(median)) = (times.last(), times.get(times.len() / 2)) else {
            return Err("no runs".into());
        };
        println!("'{frame}': median {median:.1} ms, longest {longest:.1} ms (aim {AIM} ms)");
    }
    Ok(())
}

/// Starts the program and waits until `frame` is on the screen.
fn first_frame(arguments: &[&str], frame: &str) -> Result<Duration, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_idmend"));
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("HOME", folder.path());
    command.env("IDMEND_STATE_DIR", folder.path().join("state"));
    let pair = native_pty_system().openpty(PtySize {
        rows: vt100::Parser::<()>::DEFAULT_ROWS.get(),
        cols: vt100::Parser::<()>::DEFAULT_COLS.get(),
        ..PtySize::default()
    })?;
    let mut output = pair.master.try_clone_reader()?;
    let begun = Instant::now();
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut killer = child.clone_killer();
    let (seen_it, watch) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if watch.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            drop(killer.kill());
        }
    });
    let mut parser = vt100::Parser::default();
    let mut buffer = [0; 4096];
    let seen = loop {
        // Linux reports an error at the end of a terminal.
        let Ok(length @ 1..) = output.read(&mut buffer) else {
            break None;
        };
        parser.process(&buffer[..length]);
        if parser.screen().contents().contains(frame) {
            break Some(begun.elapsed());
        }
    };
    // It ends the watch, too.
    drop(seen_it);
    // Too late, if the watch has killed it.
    drop(child.kill());
    child.wait()?;
    drop(watch.join());
    seen.ok_or_else(|| format!("'{frame}' is not in:\n{}", parser.screen().contents()).into())
}
