//! The terminal interface against the live forest: connect, scan, edit, take
//! the safe proposals, review, arm, write, confirm, look, take back.

use crate::program::{Desk, differences, dump};
use crate::terminal::{CLEAR_LINE, ENTER, RESCAN, Terminal};

/// The faults of the lab, by severity.
const FOUND: &str = "15 fails  126 quarantined  60 dropped  120 changed  135 hygiene";

#[test]
fn what_is_done_in_the_grid_is_done_in_the_forest_and_taken_back() {
    let desk = Desk::new();
    let start = dump();
    let state = desk.name("state");
    let mut arguments = vec!["--state-dir".to_owned(), state];
    arguments.extend(desk.source());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut terminal = Terminal::start(&arguments);
    terminal.see(&["READ-ONLY", FOUND, "All findings: 456"]);
    terminal.press(ENTER);
    terminal.see(&["row 1 of 456"]);

    // One row by hand, found by a filter.
    terminal.press("f");
    terminal.see(&["Esc leave"]);
    terminal.press("name:e0023");
    terminal.press(ENTER);
    terminal.see(&["row 1 of 1, 456 in all", "e0023@contoso.local"]);
    terminal.press(ENTER);
    terminal.see(&["now e0023@contoso.local", "breaks no rule"]);
    terminal.press(CLEAR_LINE);
    terminal.press("c0001@contoso.com");
    terminal.see(&["new c0001@contoso.com", "✗ ", "c0001"]);
    terminal.press(CLEAR_LINE);
    terminal.press("e0023.new@contoso.com");
    terminal.see(&["new e0023.new@contoso.com", "breaks no rule"]);
    terminal.press(ENTER);
    terminal.see(&["1 staged"]);

    // Every safe proposal: names with spaces at their ends.
    terminal.press("F");
    terminal.see(&["456"]);
    terminal.press("A");
    terminal.see(&["136 staged", "135 safe proposals taken"]);
    terminal.press("R");
    terminal.see(&["136 entries will be written", "! sign-in names change"]);
    assert_eq!(dump(), start, "nothing is written yet");
    terminal.press("a");
    terminal.see(&["ARMED: w begins writing"]);
    terminal.press("w");
    terminal.see(&["Write 136 entries in contoso.test?"]);
    terminal.press("y");
    terminal.see(&["Written: transaction", "✓    136  done and read back"]);

    let written = differences(&start, &dump());
    assert_eq!(written.len(), 136);
    assert_eq!(
        written["User e0023"],
        [
            "- userPrincipalName: e0023@contoso.local",
            "+ userPrincipalName: e0023.new@contoso.com"
        ]
    );
    terminal.press("q");
    terminal.see(&["136 rows gone", "of 320"]);
    terminal.press(RESCAN);
    terminal.see(&["the findings are as they were", "of 320"]);

    terminal.press("H");
    terminal.see(&["Begun (UTC)", "✓ done"]);
    terminal.press("r");
    terminal.see(&["Take back transaction"]);
    terminal.press("y");
    terminal.see(&["Rolled back", "✓    136  done and read back"]);
    assert_eq!(dump(), start, "all is as it was");
    terminal.press("q");
    terminal.see(&["✓ rollback done", "< rolled back"]);
    terminal.press("q");
    terminal.see(&["136 new", "of 456"]);
    terminal.signal("TERM");
    assert!(terminal.end().success());
    assert_eq!(terminal.disorder(), [""; 0]);
    desk.transaction("136 planned, 136 done  contoso.test by idmend@contoso.test  takes back");
}
