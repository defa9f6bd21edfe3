//! The terminal: entering the modes that the interface needs, and leaving them
//! however the program ends.
//!
//! A panic is written to the log wherever it happens and ends the interface; on
//! the interface's own thread the terminal is restored at once, on any other by
//! the loop, so that the two never write to it at the same time. What a killed
//! program left behind is mended at the next start.

use std::io::{self, Write as _};
use std::thread;

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use tokio::sync::mpsc;

/// Whether the terminal is asked to mark pasted text. On Windows it arrives as
/// keys in any case, and asking changes which (crossterm, issues 737 and 962).
const MARKS_PASTES: bool = !cfg!(windows);

/// The modes of the interface, until dropped.
pub(super) struct Modes(());

impl Modes {
    pub(super) fn enter() -> io::Result<Self> {
        mend();
        enable_raw_mode()?;
        // From here on leaving undoes it, were it only in part.
        let modes = Self(());
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, Clear(ClearType::All))?;
        if MARKS_PASTES {
            execute!(out, EnableBracketedPaste)?;
        }
        Ok(modes)
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        restore();
    }
}

/// Leaves every mode; more than once does no harm. If the terminal is gone there
/// is nobody left to tell.
fn restore() {
    drop(disable_raw_mode());
    drop(execute!(io::stdout(), LeaveAlternateScreen));
    reset();
}

/// Switches off what a program can leave behind on any screen.
fn reset() {
    let mut out = io::stdout();
    // One by one: what this terminal does not know must not keep the others.
    drop(execute!(out, DisableMouseCapture));
    if MARKS_PASTES {
        drop(execute!(out, DisableBracketedPaste));
    }
    drop(execute!(out, SetAttribute(Attribute::Reset), Show));
    drop(out.flush());
}

/// Undoes what a killed program has left: modes of the screen, and a terminal
/// that passes every byte on. It may still show the alternate screen with what
/// was drawn there: that is entered and cleared now, and left in the end.
fn mend() {
    reset();
    #[cfg(unix)]
    if let Err(error) = unraw() {
        tracing::warn!(%error, "the terminal's settings cannot be read or mended");
    }
}

/// Gives a terminal in raw mode its usual settings. No shell starts a program
/// on one; raw mode is entered and left by programs that then restore what they
/// have found, which would be raw mode.
#[cfg(unix)]
fn unraw() -> io::Result<()> {
    use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes};
    let terminal = io::stdin();
    let mut settings = rustix::termios::tcgetattr(&terminal)?;
    if settings
        .local_modes
        .intersects(LocalModes::ICANON | LocalModes::ECHO)
    {
        return Ok(());
    }
    // What raw mode takes away of what a terminal has by default.
    settings.input_modes |= InputModes::ICRNL | InputModes::IXON;
    settings.output_modes |= OutputModes::OPOST;
    settings.local_modes |=
        LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
    rustix::termios::tcsetattr(&terminal, OptionalActions::Now, &settings)?;
    tracing::info!("the terminal was in raw mode, as a killed program leaves it");
    Ok(())
}

/// From now on every panic is written to the log and told here. To be called on
/// the thread that draws.
pub(super) fn watch_panics() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let own = thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = thread::current();
        if thread.id() == own {
            restore();
        }
        let name = thread.name().unwrap_or("unnamed").to_owned();
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%panic, thread = name, %backtrace, "a fault in idmend");
        // Whoever listened may have ended before.
        drop(sender.send(panic.to_string()));
    }));
    receiver
}

/// Panics where a test wants it, at the first key. Not in the released program.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "that is what it is for")]
pub(super) fn provoke() {
    match std::env::var("IDMEND_PANIC").as_deref() {
        Ok("interface") => panic!("the test wants it"),
        Ok("task") => drop(tokio::spawn(async { panic!("the test wants it") })),
        Ok("thread") => drop(tokio::task::spawn_blocking(|| panic!("the test wants it"))),
        _ => {}
    }
}
