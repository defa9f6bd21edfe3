//! A terminal with the program in it: keys go in, a screen comes out.
//!
//! Every wait is for something on the screen, with a deadline; a wait that
//! fails shows the screen.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};

/// The Enter key.
pub(crate) const ENTER: &str = "\r";
/// Ctrl-u.
pub(crate) const CLEAR_LINE: &str = "\x15";
/// F5.
pub(crate) const RESCAN: &str = "\x1b[15~";
/// F8.
pub(crate) const MOUSE: &str = "\x1b[19~";

/// Far longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// The program on a terminal of its own.
pub(crate) struct Terminal {
    // Keeps the terminal open, and knows how it is set.
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Keeps the terminal alive over the end of a program in it.
    slave: Option<Box<dyn SlavePty + Send>>,
    shown: Arc<Shown>,
    /// How it was set before the program began.
    settings: String,
}

#[derive(Default)]
struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    parser: vt100::Parser,
    /// Every byte that the terminal was sent.
    bytes: Vec<u8>,
    is_over: bool,
}

/// A program to start.
#[derive(Default)]
pub(crate) struct Start<'a> {
    pub(crate) arguments: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// Whether the terminal outlives the program.
    pub(crate) stays: bool,
}

impl Terminal {
    /// Starts the built program with these arguments on 80 columns and 24
    /// lines.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_as(&Start {
            arguments,
            ..Start::default()
        })
    }

    /// The same with more to say.
    pub(crate) fn start_as(start: &Start<'_>) -> Self {
        let size = PtySize {
            rows: vt100::Parser::<()>::DEFAULT_ROWS.get(),
            cols: vt100::Parser::<()>::DEFAULT_COLS.get(),
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let settings = settings(&*pair.master);
        let child = pair
            .slave
            .spawn_command(command(start))
            .expect("the program");
        // If only the program holds the other end, reading ends with it.
        let slave = start.stays.then_some(pair.slave);
        let shown = Arc::<Shown>::default();
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let reader = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux reports an error at the end of a terminal.
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                {
                    let mut state = reader.lock();
                    state.parser.process(&buffer[..length]);
                    state.bytes.extend_from_slice(&buffer[..length]);
                }
                reader.changed.notify_all();
            }
            reader.lock().is_over = true;
            reader.changed.notify_all();
        });
        Self {
            keys: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            child,
            slave,
            shown,
            settings,
        }
    }

    /// Presses keys, as a terminal sends them.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a key");
        self.keys.flush().expect("a key");
    }

    /// Waits until all of `texts` are on the screen at once; gives the screen.
    pub(crate) fn see(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        let mut state = self.shown.lock();
        loop {
            let screen = state.parser.screen().contents();
            if texts.iter().all(|text| screen.contains(text)) {
                return screen;
            }
            let left = DEADLINE.saturating_sub(begun.elapsed());
            assert!(
                !left.is_zero() && !state.is_over,
                "not seen: {texts:?}; the screen{} is\n{screen}",
                if state.is_over { " at the end" } else { "" },
            );
            state = self.shown.wait(state, left);
        }
    }

    /// Sends the program a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.process_id().expect("a process").to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.expect("kill").success());
    }

    /// Ends the program by SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        self.child.wait().expect("an exit status");
    }

    /// Starts another program in a terminal that stays.
    pub(crate) fn start_again(&mut self, start: &Start<'_>) {
        let slave = self.slave.take().expect("a terminal that stays");
        self.child = slave.spawn_command(command(start)).expect("the program");
        // This one is the last.
        drop(slave);
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let height = NonZeroU16::new(rows).expect("a terminal has lines");
        let width = NonZeroU16::new(columns).expect("a terminal has columns");
        self.shown
            .lock()
            .parser
            .screen_mut()
            .set_size(height, width);
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).expect("another size");
    }

    /// How many bytes the terminal was sent so far.
    pub(crate) fn sent(&self) -> usize {
        self.shown.lock().bytes.len()
    }

    /// Whether the terminal was sent `wanted` after its first `from` bytes.
    pub(crate) fn was_sent(&self, wanted: &str, from: usize) -> bool {
        let state = self.shown.lock();
        let later = state.bytes.get(from..).unwrap_or_default();
        later
            .windows(wanted.len())
            .any(|part| part == wanted.as_bytes())
    }

    /// Waits until the program has ended and all that it wrote is read.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        let mut state = self.shown.lock();
        while !state.is_over {
            let left = DEADLINE.saturating_sub(begun.elapsed());
            let screen = state.parser.screen().contents();
            assert!(!left.is_zero(), "it does not end; the screen is\n{screen}");
            state = self.shown.wait(state, left);
        }
        drop(state);
        self.child.wait().expect("an exit status")
    }

    /// What of the terminal is not as a shell wants to find it.
    pub(crate) fn disorder(&self) -> Vec<&'static str> {
        let state = self.shown.lock();
        let screen = state.parser.screen();
        [
            (screen.alternate_screen(), "alternate screen"),
            (screen.hide_cursor(), "hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
            (
                screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
                "mouse",
            ),
            (settings(&*self.master) != self.settings, "raw mode"),
        ]
        .into_iter()
        .filter_map(|(is_so, name)| is_so.then_some(name))
        .collect()
    }
}

fn command(start: &Start<'_>) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_idmend"));
    command.args(start.arguments);
    command.env("TERM", "xterm-256color");
    command.env_remove("NO_COLOR");
    for (name, value) in start.environment {
        command.env(name, value);
    }
    command
}

/// How the terminal treats lines; raw mode shows here.
fn settings(master: &dyn MasterPty) -> String {
    let settings = master.get_termios().expect("a terminal's settings");
    let (local, input) = (settings.local_flags, settings.input_flags);
    format!("{local:?} {input:?} {:?}", settings.output_flags)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already, if the test went well.
        drop(self.child.kill());
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that failed while it looked is no reason to fail again.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, left);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
