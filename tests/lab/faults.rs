//! What can happen to a run in the middle of its writing, by the built program
//! on a real server, and how it goes on: settled, finished, taken back.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::kill::{Said, pause};
use crate::program::{Desk, Dump, Ran, Report, differences};
use crate::slapd::{ADMIN, Slapd, USERS, WRITER, run};

/// A server, and `decided.csv` with the proposals for one in five of its users.
struct Bench {
    changes: usize,
    desk: Desk,
    server: Slapd,
    start: Dump,
}

impl Bench {
    fn new() -> Self {
        Self::with(USERS)
    }

    fn with(users: u8) -> Self {
        let desk = Desk::new();
        let server = Slapd::start_with(&desk, users);
        let start = server.dump();
        let bench = Self {
            changes: usize::from(users) / 5,
            desk,
            server,
            start,
        };
        let findings = bench.desk.name("findings.csv");
        bench.on(ADMIN, &["scan", "-o", &findings]).ends_with(1);
        let mut report = Report::read(&bench.desk.path("findings.csv"));
        for row in 0..report.rows.len() {
            if report.get(row, "PROPOSEDACTION") == "EDIT" {
                report.set(row, "ACTION", "EDIT");
            }
        }
        report.write(&bench.desk.path("decided.csv"));
        bench
    }

    fn on(&self, user: &str, arguments: &[&str]) -> Ran {
        self.desk
            .on(&self.server.source(&self.desk, user), arguments)
    }

    fn apply(&self, user: &str, more: &[&str]) -> Ran {
        let decided = self.desk.name("decided.csv");
        let arguments = [&["apply", &decided, "--yes"], more].concat();
        self.on(user, &arguments)
    }

    /// Starts an apply that is slow enough to act in the middle of it, and
    /// waits until it has written three entries.
    fn begin(&self) -> Child {
        let decided = self.desk.name("decided.csv");
        let source = self.server.source(&self.desk, ADMIN);
        let mut arguments = vec!["apply", &decided, "--yes", "--throttle", "4"];
        arguments.extend(["--stop-after", "1"]);
        arguments.extend(source.iter().map(String::as_str));
        let child = self
            .desk
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let begun = Instant::now();
        while Said::by(&self.desk).is_none_or(|said| said.outcomes.len() < 3) {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes");
            pause(Duration::from_millis(5));
        }
        child
    }

    /// Takes the last so many transactions back: all must be as it was.
    fn take_back(&self, number: &str) {
        self.on(ADMIN, &["rollback", "--last", number, "--yes"])
            .ends_with(0);
        let left = differences(&self.start, &self.server.dump());
        assert!(left.is_empty(), "all is as it was: {left:?}");
    }
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().expect("an end");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        talk: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn what_the_server_refuses_stops_the_run_and_the_rest_is_done_by_another_account() {
    let bench = Bench::new();
    let refused = bench.apply(WRITER, &["--stop-after", "2"]);
    let refused = refused.ends_with(4).says(&[
        "note: stopped after 2 entries that failed, were refused, in conflict or in doubt",
        "hint (2 entries): sign in with an account that may write it",
        "apply the same report again to go on",
    ]);
    let failed = "failed: this account may not do this (LDAP 50";
    assert_eq!(refused.out.matches(failed).count(), 2, "{}", refused.out);
    bench.apply(ADMIN, &[]).ends_with(0);
    assert_eq!(
        differences(&bench.start, &bench.server.dump()).len(),
        bench.changes
    );
    bench.take_back("2");
}

#[test]
fn all_or_nothing_takes_back_what_was_written_beside_what_was_refused() {
    let bench = Bench::new();
    let run = bench.apply(WRITER, &["--atomic"]).ends_with(1).says(&[
        "not everything could be done, so what was written was taken back:",
        "all or nothing: the directory is as it was",
    ]);
    assert!(run.out.contains("failed: this account may not do this"));
    let left = differences(&bench.start, &bench.server.dump());
    assert!(left.is_empty(), "{left:?}");
    let history = bench.desk.run(&["history"]).ends_with(0).out;
    assert!(history.contains("takes back"), "{history}");
    // Nothing of it stands in the way of the next.
    bench.apply(ADMIN, &["--atomic"]).ends_with(0);
    bench.take_back("1");
}

#[test]
fn a_server_that_dies_in_the_middle_is_no_more_than_an_interruption() {
    let mut bench = Bench::new();
    let child = bench.begin();
    bench.server.kill();
    ended(child)
        .ends_with(4)
        .says(&["note: stopped after 1 entry that failed"]);
    bench.server.start_again();
    let written = differences(&bench.start, &bench.server.dump()).len();
    assert!((3..bench.changes).contains(&written), "{written}");
    // Settles what was under way, if something was.
    bench.on(ADMIN, &["recover"]);
    bench
        .desk
        .run(&["recover"])
        .ends_with(0)
        .says(&["nothing to recover"]);
    let history = bench.desk.run(&["history"]).ends_with(0).out;
    let claimed = format!("{} planned, {written} done", bench.changes);
    assert!(history.contains(&claimed), "{history}");
    bench.take_back("1");
}

#[test]
fn a_disk_that_is_full_in_the_middle_is_settled_once_there_is_room() {
    // More outcomes than fit into the page that the journal has begun.
    let bench = Bench::with(2 * USERS);
    let state = bench.desk.name("state");
    let size = ["-t", "tmpfs", "-o", "size=128k", "none", &state];
    run("mount", &size);
    let child = bench.begin();
    let filler = bench.desk.path("state/filler");
    let mut length = 128 << 10;
    while length > 0 {
        // As much as there is room for, down to the last byte.
        match fs::write(&filler, vec![0; length]) {
            Ok(()) => break,
            Err(_full) => length -= 512,
        }
    }
    ended(child).ends_with(4).says(&[
        "was broken off: cannot write the journal",
        "No space left on device",
        "hint: make room for the journal, then: idmend recover SOURCE",
    ]);
    fs::remove_file(&filler).expect("the file");
    let written = differences(&bench.start, &bench.server.dump()).len();
    assert!((3..bench.changes).contains(&written), "{written}");
    bench.on(ADMIN, &["recover"]).ends_with(4).says(&[&format!(
        "{written} done, {} not reached",
        bench.changes - written
    )]);
    bench.take_back("1");
    run("umount", &["--lazy", &state]);
}

#[test]
fn a_signal_in_the_middle_ends_between_two_entries_and_the_report_is_applied_again() {
    let bench = Bench::new();
    let child = bench.begin();
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.expect("kill").success());
    ended(child).ends_with(4).says(&[
        "interrupted: stopping cleanly",
        "note: stopped on request",
        "apply the same report again to go on",
    ]);
    bench
        .desk
        .run(&["recover"])
        .ends_with(0)
        .says(&["nothing to recover"]);
    bench.apply(ADMIN, &[]).ends_with(0);
    assert_eq!(
        differences(&bench.start, &bench.server.dump()).len(),
        bench.changes
    );
    bench.take_back("2");
}

#[test]
fn without_a_place_for_the_journal_nothing_is_sent() {
    let bench = Bench::new();
    fs::write(bench.desk.path("state/journal"), "a file").expect("a file");
    bench.apply(ADMIN, &[]).ends_with(2).says(&[
        "error: cannot write the journal",
        "hint: nothing was sent; make room for the journal",
    ]);
    assert!(bench.server.dump() == bench.start);
}
