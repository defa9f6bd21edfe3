//! A terminal with the program in it: keys go in, a screen comes out.
//!
//! Every wait is for something on the screen, with a deadline; a wait that
//! fails shows the screen.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// The Enter key.
pub(crate) const ENTER: &str = "\r";
/// Ctrl-u.
pub(crate) const CLEAR_LINE: &str = "\x15";
/// F5.
pub(crate) const RESCAN: &str = "\x1b[15~";

/// Far longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// The program on a terminal of its own.
pub(crate) struct Terminal {
    // Keeps the terminal open, and knows how it is set.
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
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
    is_over: bool,
}

impl Terminal {
    /// Starts the built program with these arguments on 80 columns and 24
    /// lines.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_idmend"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let size = PtySize {
            rows: vt100::Parser::<()>::DEFAULT_ROWS.get(),
            cols: vt100::Parser::<()>::DEFAULT_COLS.get(),
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let settings = settings(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program");
        // Only the program holds the other end now: reading ends with it.
        drop(pair.slave);
        let shown = Arc::<Shown>::default();
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let reader = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux reports an error at the end of a terminal.
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                reader.lock().parser.process(&buffer[..length]);
                reader.changed.notify_all();
            }
            reader.lock().is_over = true;
            reader.changed.notify_all();
        });
        Self {
            keys: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            child,
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
            (settings(&*self.master) != self.settings, "raw mode"),
        ]
        .into_iter()
        .filter_map(|(is_so, name)| is_so.then_some(name))
        .collect()
    }
}

/// How the terminal treats lines; raw mode shows here.
fn settings(master: &dyn MasterPty) -> String {
    let settings = master.get_termios().expect("a terminal's settings");
    format!("{:?} {:?}", settings.local_flags, settings.input_flags)
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
