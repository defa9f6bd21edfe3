//! Talk on standard error, and questions at a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

/// What the log calls that which was said.
const SAID: &str = "idmend::said";

/// Whether only errors are said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on only errors are said, and no progress is drawn.
pub(super) fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether only errors are said.
pub(super) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says something to the person who runs this, unless they want to hear errors
/// only. The log hears it in any case.
pub(super) fn say(line: impl AsRef<str>) {
    tracing::info!(target: SAID, "{}", line.as_ref());
    if !is_quiet() {
        write_line(line.as_ref());
    }
}

/// Says something in any case.
pub(super) fn insist(line: impl AsRef<str>) {
    tracing::warn!(target: SAID, "{}", line.as_ref());
    write_line(line.as_ref());
}

/// Says that something went wrong.
pub(super) fn say_error(line: impl AsRef<str>) {
    tracing::error!(target: SAID, "{}", line.as_ref());
    write_line(line.as_ref());
}

/// Nobody may be listening, and that is no reason to stop.
fn write_line(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for the word that lets something be written.
pub(super) fn confirm(question: &str, word: &str) -> Result<(), Failure> {
    if !can_ask() {
        return Err(
            Failure::usage("there is no terminal to ask for confirmation")
                .hint("look at the plan with --dry-run, then give --yes"),
        );
    }
    drop(write!(
        io::stderr().lock(),
        "{question} type '{word}' to go on: "
    ));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::usage(format!("cannot read the answer: {error}")))?;
    if answer.trim() == word {
        Ok(())
    } else {
        Err(Failure::usage("not confirmed: nothing was written"))
    }
}

/// `1 entry`, `2 entries`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A length as a number for [`count`].
pub(super) fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
