//! The screens in docs/guide.md and docs/screens.md, taken from the interface as
//! it is driven, with the real session on the sample forests, through the job
//! that the guide tells of. `UPDATE_DOCS=1 cargo test --lib guide` writes them
//! anew; without it they are compared.
//!
//! What differs from run to run (the numbers of transactions, times, the folder)
//! is written in a fixed form.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crossterm::event::KeyCode;
use regex::Regex;

use super::job::Job;
use super::{LARGE, SMALL};

/// One screen of the walk.
struct Shot {
    name: &'static str,
    screen: String,
}

/// An interface that is walked through.
struct Walk {
    job: Job,
    shots: Vec<Shot>,
}

impl Walk {
    /// Presses keys and waits until `text` is there.
    async fn go(&mut self, keys: &str, text: &str) {
        for key in keys.chars() {
            self.job.face.press(match key {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                '\u{2}' => KeyCode::F(2),
                '\u{3}' => KeyCode::F(3),
                key => KeyCode::Char(key),
            });
        }
        self.job.until(text).await;
    }

    /// The same, and keeps the screen under this name.
    async fn shoot(&mut self, name: &'static str, keys: &str, text: &str) {
        self.go(keys, text).await;
        let screen = in_fixed_form(&self.job.face.screen());
        self.shots.push(Shot { name, screen });
    }
}

/// The job of the guide, from the start to the change taken back.
async fn walk(size: (u16, u16)) -> Vec<Shot> {
    let mut walk = Walk {
        job: Job::on(size),
        shots: Vec::new(),
    };
    walk.shoot("connect", "", "F2 demo").await;
    walk.shoot("summary", "\u{2}", "All findings: 93").await;
    walk.shoot("contacts", "c", "idmend · contact data").await;
    walk.shoot("rules", "qW", "What it says").await;
    walk.shoot("suffix", "q5jjU", "2 rows get a new value")
        .await;
    walk.shoot("findings", "\u{1b}g\n", "row 1 of 93").await;
    walk.shoot("help", "?", "Help ·").await;
    walk.shoot("palette", "q:mark", ": mark").await;
    walk.shoot("detail", "\u{1b}d", "EDIT look at it first")
        .await;
    walk.shoot("edit", "dd\n", "breaks no rule").await;
    walk.shoot("filter", "\nferror:duplicate", "such as: attr:mail")
        .await;
    walk.shoot("duplicates", "\nD", "Who keeps the value?")
        .await;
    let why = "\u{1b}Ffrule:=proxy-onmicrosoft\nc";
    walk.shoot("reason", why, "why? Enter remembers it").await;
    walk.go("agreed with the help desk\n", "1 row is accepted")
        .await;
    walk.shoot("accepted", "X", "x take back").await;
    walk.shoot("safe", "qFgA", "safe proposals taken").await;
    walk.shoot("review", "R", "nothing is written yet").await;
    walk.shoot("ldif", "l", "As LDIF, what is done").await;
    walk.shoot("undo", "l", "As LDIF, what takes it back").await;
    walk.shoot("confirm", "law", "y yes").await;
    walk.shoot("result", "y", "Written: transaction").await;
    walk.shoot("operations", "L", "idmend · operations").await;
    walk.shoot("history", "qH", "✓ done").await;
    walk.shoot("transaction", "\n", "idmend · transaction")
        .await;
    walk.shoot("rollback", "r", "Roll back?").await;
    walk.shoot("rolled-back", "y", "Rolled back 2").await;
    walk.shoot("history-after", "q", "< rolled back").await;
    walk.go("qq", "read again:").await;
    walk.shoot("leave", "jtqq", "Leave?").await;
    for (name, snapshot) in [
        ("test", "test_well"),
        ("refused", "test_refused"),
        ("scan", "scan"),
        ("writing", "write"),
        ("continue", "continue_one"),
        ("sessions", "sessions_one"),
    ] {
        walk.shots.push(drawn(name, snapshot, size));
    }
    walk.shots
}

/// A screen that the sample forests do not come to, or are through with in no
/// time, or that names the computer: as the tests of the screens draw it.
fn drawn(name: &'static str, snapshot: &str, (columns, lines): (u16, u16)) -> Shot {
    let file = format!(
        "{}/src/tui/tests/snapshots/idmend__tui__tests__screens__{snapshot}_{columns}x{lines}.snap",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("\r\n", "\n");
    let screen = text.splitn(3, "---\n").nth(2).unwrap_or_default();
    let screen = screen.split("--- styles").next().unwrap_or_default();
    Shot {
        name,
        screen: screen.trim_end().to_owned(),
    }
}

/// The screen with what differs from run to run in a fixed form.
fn in_fixed_form(screen: &str) -> String {
    let mut text = screen.to_owned();
    for (differs, fixed) in [
        (r"\d{8}-\d{6}-[0-9a-f]{4}", "20261126-210000-0a1b"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-26 21:00:00"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-11-26 21:00"),
        (
            r"(?m)^journals and logs: .*$",
            "journals and logs: /var/lib/idmend",
        ),
        (
            r"(?m)^(journal|undo LDIF)( +)\S*\.(jsonl|undo\.ldif)",
            "$1$2/var/lib/idmend/demo/journal/20261126-210000-0a1b.$3",
        ),
    ] {
        let differs = Regex::new(differs).unwrap();
        text = differs.replace_all(&text, fixed).into_owned();
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    // Several are written at once, and which is first is chance.
    let is_written = |line: &str| line.starts_with("modify ");
    if let Some(first) = lines.iter().position(|line| is_written(line)) {
        let many = lines.iter().skip(first).take_while(|line| is_written(line));
        let end = first + many.count();
        lines[first..end].sort_unstable();
    }
    lines.join("\n").trim_end().to_owned()
}

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name)
}

/// `page` with the block behind each `<!-- screen: NAME -->` replaced; names the
/// screens that it does not show, and those that are not there.
fn with_screens(page: &str, shots: &[Shot]) -> (String, Vec<String>) {
    let mut wrong: Vec<String> = Vec::new();
    let mut rest = page;
    let mut made = String::new();
    let mut shown: Vec<&str> = Vec::new();
    while let Some((before, after)) = rest.split_once("<!-- screen: ") {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let block = after.strip_prefix("```text");
        let behind = block.and_then(|block| block.split_once("\n```\n"));
        rest = behind.map_or(after, |(_, behind)| behind);
        let shot = shots.iter().find(|shot| shot.name == name);
        let screen = shot.map_or("", |shot| shot.screen.as_str());
        if shot.is_none() {
            wrong.push(format!("there is no screen {name}"));
        }
        shown.push(name);
        // Writing to a String cannot fail.
        let _written = write!(
            made,
            "{before}<!-- screen: {name} -->\n```text\n{screen}\n```\n"
        );
    }
    made.push_str(rest);
    let is_missing = |shot: &&Shot| !shown.contains(&shot.name);
    let missing = shots.iter().filter(is_missing);
    wrong.extend(missing.map(|shot| format!("{} is not shown", shot.name)));
    (made, wrong)
}

#[tokio::test]
async fn the_screens_of_the_guide_are_those_of_the_program() {
    let small = walk(SMALL).await;
    let large = walk(LARGE).await;
    for (name, shots) in [("guide.md", small), ("screens.md", large)] {
        let is = std::fs::read_to_string(docs(name)).unwrap();
        let is = is.replace("\r\n", "\n");
        let (wanted, wrong) = with_screens(&is, &shots);
        assert_eq!(wrong, [""; 0], "{name}");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(docs(name), &wanted).unwrap();
            continue;
        }
        let differs = is.lines().zip(wanted.lines());
        let differs = differs.enumerate().find(|(_, (is, wanted))| is != wanted);
        assert_eq!(
            differs, None,
            "{name}: UPDATE_DOCS=1 cargo test --lib guide writes it anew"
        );
        assert_eq!(is.lines().count(), wanted.lines().count(), "{name}");
    }
}
