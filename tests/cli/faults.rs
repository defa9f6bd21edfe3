//! What happens to a run in the middle of its writing: signals, a full disk, a
//! journal that disappears, and the brake of a throttle. On the demo, which
//! needs no server; `tests/lab/faults.rs` goes on to recover and rollback.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use crate::brakes::decided;
use crate::common::{Home, lines_with, without_numbers};

/// Slow enough for the test to act in the middle.
const SLOWLY: [&str; 6] = ["apply", "d.csv", "--demo", "--yes", "--throttle", "2"];

#[expect(clippy::disallowed_methods, reason = "no runtime stands still here")]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

/// An apply that has begun to write.
struct Writing {
    child: Child,
    talk: BufReader<ChildStderr>,
    journal: PathBuf,
}

impl Writing {
    fn begin(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("transaction ") {
            line.clear();
            assert!(talk.read_line(&mut line).unwrap() > 0, "it ended");
        }
        let (_, journal) = line.trim_end().split_once(": journal ").unwrap();
        Self {
            journal: journal.into(),
            child,
            talk,
        }
    }

    fn outcomes(&self) -> usize {
        let journal = fs::read_to_string(&self.journal).unwrap();
        journal.matches("\"kind\":\"outcome\"").count()
    }

    /// Waits until so many entries are written.
    fn until(&self, outcomes: usize) {
        let begun = Instant::now();
        while self.outcomes() < outcomes {
            assert!(begun.elapsed() < Duration::from_secs(120), "nothing comes");
            pause();
        }
    }

    /// What it said to the end, and its exit code.
    fn end(mut self, home: &Home) -> String {
        let mut said = String::new();
        self.talk.read_to_string(&mut said).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        home.mask(&format!("{said}-- exit {code}"))
    }
}

#[test]
fn a_signal_in_the_middle_stops_cleanly_between_two_entries() {
    for signal in ["-INT", "-TERM"] {
        let home = decided();
        let writing = Writing::begin(home.command(&SLOWLY));
        writing.until(1);
        let child = writing.child.id().to_string();
        let sent = Command::new("kill").args([signal, &child]).status();
        assert!(sent.unwrap().success());
        let said = writing.end(&home);
        let of_interest = ["interrupted", "note", "transaction", "hint", "-- exit"];
        let numberless = without_numbers(&lines_with(&said, &of_interest));
        insta::allow_duplicates! {
            insta::assert_snapshot!(numberless, @"
interrupted: stopping cleanly
note: stopped on request
transaction TRANSACTION: N done, N not reached
-- exit N
");
        }
        assert!(said.ends_with("-- exit 4"), "{said}");
    }
}

#[test]
fn a_disk_that_is_full_in_the_middle_ends_the_run_and_says_what_to_do() {
    let home = decided();
    // How long the sealed plan is, so that an outcome or two still fit.
    let mut first = Writing::begin(home.command(&SLOWLY));
    let sealed = fs::metadata(&first.journal).unwrap().len();
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let blocks = sealed / 512 + 1;
    // A limit of the size of files is what a full disk is to a process, once
    // its signal is ignored.
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let usual = home.command(&[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", &limited, env!("CARGO_BIN_EXE_idmend")])
        .args(SLOWLY)
        .env_clear()
        .env("HOME", home.path("home"))
        .current_dir(usual.get_current_dir().unwrap())
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let writing = Writing::begin(command);
    let said = writing.end(&home);
    insta::assert_snapshot!(lines_with(&said, &["error", "hint", "-- exit"]), @"
error: transaction TRANSACTION was broken off: cannot write the journal $FOLDER/home/.local/state/idmend/demo/RUN/journal/TRANSACTION.jsonl: File too large (os error 27)
hint: make room for the journal, then: idmend recover SOURCE; it settles what was begun
-- exit 4
");
}

#[test]
fn a_journal_that_is_deleted_in_the_middle_ends_the_run_and_says_what_it_means() {
    let home = decided();
    let writing = Writing::begin(home.command(&SLOWLY));
    writing.until(1);
    fs::remove_file(&writing.journal).unwrap();
    let said = writing.end(&home);
    insta::assert_snapshot!(lines_with(&said, &["error", "hint", "-- exit"]), @"
error: transaction TRANSACTION was broken off: the journal $FOLDER/home/.local/state/idmend/demo/RUN/journal/TRANSACTION.jsonl was deleted while it was written
hint: what was written so far is not recorded any more: compare with the plan that was shown, or restore the file from a backup and run idmend recover
-- exit 4
");
}

#[test]
fn a_throttle_spreads_the_writes() {
    let home = decided();
    let writing = Writing::begin(home.command(&SLOWLY));
    let begun = Instant::now();
    let said = writing.end(&home);
    let taken = begun.elapsed();
    let done = lines_with(&said, &["transaction"]);
    let done = done.split_whitespace().rev().nth(1).unwrap();
    let done: u32 = done.parse().unwrap();
    assert!(done >= 3, "{said}");
    // Two a second, the first at once.
    let least = Duration::from_millis(500) * (done - 1);
    assert!(taken >= least, "{done} in {taken:?}");
    assert!(said.ends_with("-- exit 0"), "{said}");
}
