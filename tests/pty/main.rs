//! The terminal interface in a real terminal of 80 columns and 24 lines, on
//! the built-in sample forests: keys go in, and what a person would see is
//! waited for.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    reason = "a test's helper fails the test by panicking"
)]

mod terminal;

use tempfile::TempDir;
use terminal::{CLEAR_LINE, ENTER, MOUSE, RESCAN, Start, Terminal};

/// What the sample forests hold, by severity.
const FOUND: &str = "35 fails  17 quarantined  19 dropped  14 changed  8 hygiene";

fn demo(state: &TempDir) -> Terminal {
    let state = state.path().to_str().expect("a name in UTF-8");
    Terminal::start(&["demo", "--state-dir", state])
}

#[test]
fn the_whole_job_fits_a_small_terminal() {
    let state = TempDir::new().expect("a folder");
    let mut terminal = demo(&state);
    terminal.see(&["READ-ONLY", FOUND, "All findings: 93", "Enter findings"]);
    terminal.press(ENTER);
    terminal.see(&["READ-ONLY", FOUND, "Enter edit", "row 1 of 93"]);

    // Edit the first row: a value that breaks a rule is not taken.
    terminal.press(ENTER);
    terminal.see(&["now adm kerstin.wolff@contoso.com", "breaks no rule"]);
    terminal.press(CLEAR_LINE);
    terminal.press("kerstin wolff@contoso.com");
    terminal.see(&["✗ ", "space (U+0020)"]);
    terminal.press(CLEAR_LINE);
    terminal.press("kerstin.admin@contoso.com");
    terminal.see(&["new kerstin.admin@contoso.com", "breaks no rule"]);
    terminal.press(ENTER);
    terminal.see(&["1 staged", "~ EDIT  Admin Kerstin"]);
    terminal.press("A");
    terminal.see(&["12 staged", "11 safe proposals taken"]);

    // Review, arm, write, confirm: four different keys.
    terminal.press("R");
    terminal.see(&["9 entries will be written", "! sign-in names change"]);
    terminal.press("w");
    terminal.see(&["read-only: a arms writing first"]);
    terminal.press("a");
    terminal.see(&["ARMED: w begins writing"]);
    terminal.press("w");
    terminal.see(&["Write 9 entries in contoso, fabrikam?"]);
    terminal.press(ENTER);
    terminal.press("y");
    terminal.see(&["Written: transaction", "✓      9  done and read back"]);

    // Read again by itself, what was written is no finding any more, and a scan
    // of everything finds the same.
    terminal.press("q");
    terminal.see(&[
        "read again: ",
        "; 12 rows gone, 0 new, 0 changed",
        "row 1 of 81",
    ]);
    terminal.press(RESCAN);
    terminal.see(&["the findings are as they were", "row 1 of 81", "· open"]);

    // Back, from the history; then all is found again.
    terminal.press("H");
    terminal.see(&["Begun (UTC)", "✓ done"]);
    terminal.press("r");
    terminal.see(&["Take back transaction"]);
    terminal.press("y");
    terminal.see(&["Rolled back", "✓      9  done and read back"]);
    terminal.press("q");
    terminal.see(&["✓ rollback done", "< rolled back"]);
    terminal.press("q");
    terminal.see(&["12 new", FOUND, "of 93"]);
    terminal.press(RESCAN);
    terminal.see(&["the findings are as they were", FOUND, "of 93"]);

    terminal.press("qq");
    assert!(terminal.end().success());
    assert_eq!(terminal.disorder(), [""; 0]);
}

/// What restores a terminal, as it is sent: no mouse (of any kind), no
/// bracketed paste, the first screen, a cursor.
const RESTORES: [&str; 6] = [
    "\x1b[?1049l",
    "\x1b[?2004l",
    "\x1b[?1000l",
    "\x1b[?1003l",
    "\x1b[?1006l",
    "\x1b[?25h",
];

const AT_WORK: [&str; 4] = [
    "alternate screen",
    "hidden cursor",
    "bracketed paste",
    "raw mode",
];

fn is_restored(terminal: &Terminal, from: usize, after: &str) {
    assert_eq!(terminal.disorder(), [""; 0], "{after}");
    for sequence in RESTORES {
        assert!(
            terminal.was_sent(sequence, from),
            "{after}: no {sequence:?}"
        );
    }
}

#[test]
fn a_program_that_is_told_to_end_leaves_the_terminal_as_it_found_it() {
    for signal in ["TERM", "HUP", "INT"] {
        let state = TempDir::new().expect("a folder");
        let mut terminal = demo(&state);
        terminal.see(&["All findings: 93"]);
        terminal.press(ENTER);
        terminal.see(&["row 1 of 93"]);
        assert_eq!(terminal.disorder(), AT_WORK);
        terminal.press("t");
        terminal.see(&["1 staged"]);
        terminal.press(MOUSE);
        terminal.see(&["the mouse is on"]);
        assert!(terminal.disorder().contains(&"mouse"));
        let before = terminal.sent();
        terminal.signal(signal);
        let ended = terminal.end();
        assert_eq!(ended.signal(), None, "{signal}: it ended by itself");
        is_restored(&terminal, before, signal);
        assert!(terminal.was_sent("1 decision kept, not written: session ", before));
    }
}

#[test]
fn a_scan_shows_how_far_it_is_while_a_person_looks_and_leaves_no_trace() {
    let folder = TempDir::new().expect("a folder");
    let mut ldif = "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n".to_owned();
    for number in 0..5_000 {
        ldif.extend([
            "\ndn: CN=u",
            &number.to_string(),
            ",DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: u",
            &number.to_string(),
            "\n",
        ]);
    }
    let (file, state) = (
        folder.path().join("people.ldif"),
        folder.path().join("state"),
    );
    std::fs::write(&file, ldif).expect("a file");
    let name = |path: &std::path::Path| path.to_str().expect("a name in UTF-8").to_owned();
    let (file, state) = (name(&file), name(&state));
    let mut terminal = Terminal::start(&["scan", "--ldif", &file, "--json", "--state-dir", &state]);
    terminal.see(&["of 1 domains, ", " entries ("]);
    terminal.see(&["0 findings in 5000 objects", "log: "]);
    terminal.end();
    let screen = terminal.see(&["log: "]);
    assert!(!screen.contains("of 1 domains"), "{screen}");
}

#[test]
fn a_panic_restores_the_terminal_and_says_where_the_log_is() {
    for place in ["interface", "task", "thread"] {
        let state = TempDir::new().expect("a folder");
        let folder = state.path().to_str().expect("a name in UTF-8");
        let mut terminal = Terminal::start_as(&Start {
            arguments: &["demo", "--state-dir", folder],
            environment: &[("IDMEND_PANIC", place)],
            ..Start::default()
        });
        terminal.see(&["All findings: 93"]);
        let before = terminal.sent();
        terminal.press("t");
        let ended = terminal.end();
        assert_eq!(ended.exit_code(), 4, "{place}");
        is_restored(&terminal, before, place);
        for said in [
            "log: ",
            "error: a fault in idmend itself: ",
            "the test wants it",
        ] {
            assert!(terminal.was_sent(said, before), "{place}: no {said:?}");
        }
        let logs = std::fs::read_dir(state.path().join("log")).expect("a folder of logs");
        let texts = logs.map(|log| std::fs::read_to_string(log.expect("a log").path()));
        let text: String = texts.map(|text| text.expect("a log")).collect();
        assert!(text.contains("a fault in idmend"), "{place}: {text}");
    }
}

#[test]
fn after_a_kill_the_next_start_mends_the_terminal_and_offers_the_session() {
    let state = TempDir::new().expect("a folder");
    let folder = state.path().to_str().expect("a name in UTF-8");
    let start = Start {
        arguments: &["demo", "--state-dir", folder],
        stays: true,
        ..Start::default()
    };
    let mut terminal = Terminal::start_as(&start);
    terminal.see(&["All findings: 93"]);
    terminal.press(ENTER);
    terminal.see(&["row 1 of 93"]);
    terminal.press("A");
    terminal.see(&["11 staged"]);
    terminal.press("t");
    terminal.see(&["12 staged"]);
    // The step is on the disk within a moment; the person looks at the screen.
    wait_for_lines(&state, 3);
    terminal.kill();
    assert_eq!(
        terminal.disorder(),
        AT_WORK,
        "a killed program restores nothing"
    );

    terminal.start_again(&start);
    terminal.see(&["Continue?", "12 decisions of"]);
    terminal.press("y");
    terminal.see(&["12 staged", "12 decisions are staged again"]);
    terminal.press("u");
    terminal.see(&["11 staged"]);
    let before = terminal.sent();
    terminal.press("qq");
    terminal.see(&["They stay kept when you leave"]);
    terminal.press("y");
    assert!(terminal.end().success());
    is_restored(&terminal, before, "the next start");
}

/// Waits until the session has so many lines.
fn wait_for_lines(state: &TempDir, wanted: usize) {
    let begun = std::time::Instant::now();
    loop {
        let files = std::fs::read_dir(state.path().join("sessions"));
        let paths = files
            .into_iter()
            .flatten()
            .filter_map(|file| Some(file.ok()?.path()));
        let mut sessions = paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let text = sessions
            .next()
            .and_then(|path| std::fs::read_to_string(path).ok());
        if text.is_some_and(|text| text.lines().count() >= wanted) {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "nothing is kept");
        std::thread::yield_now();
    }
}

#[test]
fn a_profile_is_chosen_tested_and_scanned() {
    let folder = TempDir::new().expect("a folder");
    let profiles = folder.path().join("idmend/profiles");
    std::fs::create_dir_all(&profiles).expect("a folder");
    let ldif = "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n\n\
                dn: CN=anna,DC=contoso,DC=test\nobjectClass: user\n\
                userPrincipalName: an na@contoso.test\n";
    std::fs::write(profiles.join("people.ldif"), ldif).expect("a file");
    std::fs::write(profiles.join("export.toml"), "ldif = [\"people.ldif\"]\n").expect("a file");
    std::fs::write(profiles.join("other.toml"), "sever = []\n").expect("a file");
    let home = folder.path().to_str().expect("a name in UTF-8");
    let mut terminal = Terminal::start_as(&Start {
        arguments: &["--state-dir", home],
        environment: &[("HOME", home), ("XDG_CONFIG_HOME", home)],
        ..Start::default()
    });
    terminal.see(&["Profile", "none (2 saved)"]);
    terminal.press(" ");
    terminal.see(&["‹ export ›", "reads ", "people.ldif"]);
    terminal.press(" ");
    terminal.see(&["‹ other ›", "line 1, column 1"]);
    terminal.press("\x1b[D");
    terminal.see(&["‹ export ›"]);
    terminal.press(ENTER);
    terminal.see(&["✓ file", "can be read", "Enter scans"]);
    terminal.press(ENTER);
    terminal.see(&["All findings: 1"]);
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn a_storm_of_sizes_ends_with_a_whole_screen() {
    let state = TempDir::new().expect("a folder");
    let mut terminal = demo(&state);
    terminal.see(&["All findings: 93"]);
    terminal.press(ENTER);
    terminal.see(&["row 1 of 93"]);
    let sizes = [
        (80, 24),
        (20, 5),
        (200, 60),
        (2, 2),
        (81, 3),
        (1, 40),
        (120, 40),
        (300, 1),
    ];
    for (number, (columns, rows)) in sizes.iter().cycle().take(160).enumerate() {
        terminal.resize(*columns, *rows);
        // The detail pane goes beside, alone and away twenty times meanwhile.
        terminal.press(["j", "d", "G", "d", "g", "d", " ", "M"][number % 8]);
    }
    terminal.resize(80, 24);
    // All keys before it have been taken once the help is there.
    terminal.press("?");
    terminal.see(&["Help · "]);
    terminal.press("q");
    let screen = terminal.see(&["READ-ONLY", FOUND, "of 93", "q summary  ? help"]);
    // Which sizes `d` met decides whether the detail pane stands alone now.
    if !screen.contains("Attribute") {
        terminal.press("d");
    }
    let screen = terminal.see(&[
        "READ-ONLY",
        FOUND,
        "Attribute",
        "of 93",
        "q summary  ? help",
    ]);
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines.len(), 24, "{screen}");
    assert!(lines[0].starts_with("idmend · findings"), "{screen}");
    terminal.press("qq");
    assert!(terminal.end().success());
    assert_eq!(terminal.disorder(), [""; 0]);
}

#[test]
fn a_profile_is_opened_in_the_editor_and_read_afterwards() {
    let home = TempDir::new().expect("a folder");
    let path = |name: &str| home.path().join(name);
    let file = path(".config/idmend/profiles/nightly.toml");
    let edit = |writes: &str| {
        let script = format!("cp \"$1\" \"$HOME/before\"\necho '{writes}' > \"$1\"\n");
        std::fs::write(path("editor"), script).expect("a file");
        let editor = format!("sh {}", path("editor").display());
        Terminal::start_as(&Start {
            arguments: &["profile", "edit", "nightly"],
            environment: &[
                ("HOME", home.path().to_str().expect("a name in UTF-8")),
                ("XDG_CONFIG_HOME", ""),
                ("VISUAL", ""),
                ("EDITOR", &editor),
            ],
            ..Start::default()
        })
    };
    let server = "server = [\"ldaps://dc1.contoso.com\"]";
    let mut terminal = edit(server);
    assert!(terminal.end().success());
    // A new one begins with every key explained.
    let before = std::fs::read_to_string(path("before")).expect("a file");
    assert!(before.contains("verified-domain"), "{before}");
    let written = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(written.trim(), server);
    // A mistake is named, and what was typed stays.
    let mut terminal = edit("pasword = \"x\"");
    terminal.see(&["hint: the file is kept as you left it: edit it again"]);
    assert_eq!(terminal.end().exit_code(), 2);
    let before = std::fs::read_to_string(path("before")).expect("a file");
    assert_eq!(before.trim(), server);
    let written = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(written.trim(), "pasword = \"x\"");
}
