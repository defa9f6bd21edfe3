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
use terminal::{CLEAR_LINE, ENTER, RESCAN, Terminal};

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
    terminal.see(&["nothing has changed", "row 1 of 81", "· open"]);

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
    terminal.see(&["nothing has changed", FOUND, "of 93"]);

    terminal.press("qq");
    assert!(terminal.end().success());
    assert_eq!(terminal.disorder(), [""; 0]);
}

#[test]
fn a_program_that_is_told_to_end_leaves_the_terminal_as_it_found_it() {
    for signal in ["TERM", "HUP", "INT"] {
        let state = TempDir::new().expect("a folder");
        let mut terminal = demo(&state);
        terminal.see(&["All findings: 93"]);
        assert_eq!(
            terminal.disorder(),
            [
                "alternate screen",
                "hidden cursor",
                "bracketed paste",
                "raw mode"
            ]
        );
        terminal.signal(signal);
        let ended = terminal.end();
        assert_eq!(ended.signal(), None, "{signal}: it ended by itself");
        assert_eq!(terminal.disorder(), [""; 0], "{signal}");
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
