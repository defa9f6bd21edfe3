//! The loop: terminal and session in, effects out, a frame at most every 16 ms.
//!
//! It waits for whatever comes first and gives it to the [`App`]. A key never
//! waits for the network: commands to the session are handed over or refused at
//! once, and to the keeper of what is decided always.

use std::io::{self, Write as _};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableMouseCapture, EnableMouseCapture, Event as TerminalEvent, EventStream, KeyEventKind,
};
use crossterm::execute;
use futures_util::FutureExt as _;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt as _};

use super::app::{App, Options};
use super::background::Background;
use super::draw::draw;
use super::message::{Effect, Message};
use super::terminal::{self, Modes};
use crate::session::{Command, Event, Keeper, Remains, SessionHandle};
use crate::system::ending::{self, Hangup};

/// Frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);
/// How often a screen that moves by itself is told the time.
const TICK: Duration = Duration::from_millis(120);
/// Events of the session that are taken before the next frame.
const BATCH: usize = 256;

/// How the interface ended.
#[derive(Debug)]
pub struct Ended {
    /// What was decided and not written, and is kept.
    pub remains: Option<Remains>,
    /// What ended it, if it was not left.
    pub result: Result<(), RunError>,
}

/// Why the interface ended though nobody left it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The terminal cannot be read or drawn on.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// A part of the program failed that must not.
    #[error("a fault in idmend itself: {0}")]
    Fault(String),
}

/// Runs the interface on this terminal until it is left. However that is, by a
/// lost terminal or a panic too: an entry that is being written is finished
/// first, and what was decided is kept.
pub async fn run(options: Options, session: SessionHandle) -> Ended {
    let SessionHandle {
        commands,
        events,
        keeper,
        ending,
    } = session;
    let faults = terminal::watch_panics();
    let result = show(options, (commands, events), &keeper, faults).await;
    // Nobody hears of panics in there any more.
    drop(std::panic::take_hook());
    ending.wait().await;
    let remains = tokio::task::spawn_blocking(|| keeper.end()).await;
    let remains = remains.unwrap_or_else(|error| Err(error.to_string()));
    let (remains, kept) = match remains {
        Ok(remains) => (remains, Ok(())),
        Err(fault) => (None, Err(RunError::Fault(fault))),
    };
    Ended {
        remains,
        result: result.and(kept),
    }
}

async fn show(
    options: Options,
    (commands, events): (mpsc::Sender<Command>, mpsc::Receiver<Event>),
    keeper: &Keeper,
    faults: mpsc::UnboundedReceiver<String>,
) -> Result<(), RunError> {
    let modes = Modes::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let mut world = World {
        keys: EventStream::new(),
        commands,
        events,
        keeper,
        signals: ending::requests(Hangup::Ends)?,
        faults,
        background: Background::default(),
    };
    let turning = AssertUnwindSafe(turn(&mut terminal, options, &mut world));
    let turned = turning.catch_unwind().await;
    drop(modes);
    turned.unwrap_or_else(|_panic| {
        let fault = world.faults.try_recv().ok();
        Err(RunError::Fault(fault.unwrap_or_default()))
    })
}

/// What the loop listens to.
struct World<'a, K> {
    keys: K,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    keeper: &'a Keeper,
    signals: mpsc::Receiver<()>,
    faults: mpsc::UnboundedReceiver<String>,
    background: Background,
}

async fn turn<B, K>(
    terminal: &mut Terminal<B>,
    options: Options,
    world: &mut World<'_, K>,
) -> Result<(), RunError>
where
    B: Backend<Error: std::error::Error + Send + Sync + 'static>,
    K: Stream<Item = io::Result<TerminalEvent>> + Unpin,
{
    let begun = Instant::now();
    let size = terminal.size().map_err(io::Error::other)?;
    let (mut app, effects) = App::new(options, (size.width, size.height));
    let mut effects = effects;
    let mut session_open = true;
    let mut dirty = true;
    let mut resized = false;
    let mut next_frame = begun;
    let mut next_tick = begun + TICK;
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Copy(text) => copy(&text)?,
                Effect::Mouse(on) => mouse(on)?,
                Effect::Arrange(request) => world.background.arrange(request),
                Effect::Work(working) => world.background.work(working),
                Effect::Rehearse(rehearsing) => world.background.rehearse(rehearsing),
                Effect::Count(counting) => world.background.count(counting),
                Effect::Discard(sheet) => Background::discard(sheet),
                Effect::Keep(wish) => world.keeper.ask(wish),
                Effect::Send(command) => match world.commands.try_send(command) {
                    Ok(()) => {}
                    Err(TrySendError::Full(_)) => drop(app.update(Message::Session(Event::Busy))),
                    Err(TrySendError::Closed(_)) => drop(app.update(Message::SessionEnded)),
                },
            }
        }
        tokio::select! {
            biased;
            key = world.keys.next() => match key {
                Some(event) => {
                    let event = event?;
                    resized |= matches!(event, TerminalEvent::Resize(..));
                    effects = app.update(Message::Tick(begun.elapsed()));
                    effects.extend(terminal_event(&mut app, event));
                }
                // The terminal is gone.
                None => return Ok(()),
            },
            Some(fault) = world.faults.recv() => return Err(RunError::Fault(fault)),
            Some(()) = world.signals.recv() => effects = app.update(Message::Terminate),
            Some(done) = world.background.done.recv() => {
                effects = app.update(Message::Tick(begun.elapsed()));
                effects.extend(app.update(done));
            }
            // Before the session's events: a flood of them must not keep the frame waiting.
            () = tokio::time::sleep_until(next_frame), if dirty => {
                // A terminal that has another size, or has it again, shows what it
                // made of the last frame: the next one is drawn whole.
                if std::mem::take(&mut resized) {
                    let size = terminal.size().map_err(io::Error::other)?;
                    terminal.resize(size.into()).map_err(io::Error::other)?;
                }
                terminal.draw(|frame| draw(&app, frame)).map_err(io::Error::other)?;
                dirty = false;
                next_frame = Instant::now() + FRAME;
                continue;
            }
            () = tokio::time::sleep_until(next_tick), if app.wants_ticks() => {
                next_tick = Instant::now() + TICK;
                effects = app.update(Message::Tick(begun.elapsed()));
            }
            received = world.events.recv_many(&mut batch, BATCH), if session_open => {
                effects = app.update(Message::Tick(begun.elapsed()));
                if received == 0 {
                    session_open = false;
                    effects.extend(app.update(Message::SessionEnded));
                }
                for event in batch.drain(..) {
                    effects.extend(app.update(Message::Session(event)));
                }
            }
        }
        dirty = true;
    }
}

/// Presses and repeats count, releases do not: Windows sends both.
fn terminal_event(app: &mut App, event: TerminalEvent) -> Vec<Effect> {
    match event {
        TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
            #[cfg(debug_assertions)]
            terminal::provoke();
            app.update(Message::Key(key))
        }
        TerminalEvent::Mouse(event) => app.update(Message::Mouse(event)),
        TerminalEvent::Paste(text) => app.update(Message::Paste(text)),
        TerminalEvent::Resize(width, height) => app.update(Message::Resize(width, height)),
        _ => Vec::new(),
    }
}

/// Takes the mouse from the terminal, or gives it back.
fn mouse(on: bool) -> io::Result<()> {
    if on {
        execute!(io::stdout(), EnableMouseCapture)
    } else {
        execute!(io::stdout(), DisableMouseCapture)
    }
}

/// Asks the terminal to put `text` on its clipboard. One that cannot ignores it.
fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    execute!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyEventState, KeyModifiers};
    use ratatui::backend::TestBackend;
    use tokio_stream::wrappers::UnboundedReceiverStream;

    use super::*;
    use crate::rule::Settings;
    use crate::scan::ScanOptions;
    use crate::session::{ScanRequest, Session, spawn};
    use crate::tui::Start;

    /// The outer ends of the channels of a loop.
    struct Outside {
        keys: mpsc::UnboundedSender<io::Result<TerminalEvent>>,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        signals: mpsc::Sender<()>,
        faults: mpsc::UnboundedSender<String>,
    }

    impl Outside {
        fn press(&self, code: KeyCode, kind: KeyEventKind) {
            let key = KeyEvent {
                code,
                modifiers: KeyModifiers::NONE,
                kind,
                state: KeyEventState::NONE,
            };
            self.keys.send(Ok(TerminalEvent::Key(key))).unwrap();
        }
    }

    /// Runs the loop until it ends by itself; what it drew last comes back.
    async fn looped<F>(start: Start, act: impl FnOnce(Outside) -> F) -> String
    where
        F: Future<Output = ()>,
    {
        let (drawn, ended) = looped_to_its_end(start, act).await;
        ended.unwrap();
        drawn
    }

    async fn looped_to_its_end<F>(
        start: Start,
        act: impl FnOnce(Outside) -> F,
    ) -> (String, Result<(), RunError>)
    where
        F: Future<Output = ()>,
    {
        let (keys, pressed) = mpsc::unbounded_channel();
        let (commands, asked) = mpsc::channel(8);
        let (told, events) = mpsc::channel(256);
        let (raised, signals) = mpsc::channel(4);
        let (failed, faults) = mpsc::unbounded_channel();
        let options = Options {
            start,
            request: ScanRequest {
                sources: Vec::new(),
                rules: "entra".to_owned(),
                settings: Settings::default(),
                options: ScanOptions::default(),
                exceptions: None,
            },
            saved: Vec::new(),
            colours: crate::config::Colours::None,
            mouse: false,
            state: "/var/lib/idmend".into(),
        };
        let outside = Outside {
            keys,
            commands: asked,
            events: told,
            signals: raised,
            faults: failed,
        };
        // The loop's ends of the channels close when it ends, as in the program.
        let ends = async move {
            let folder = tempfile::tempdir().unwrap();
            let session = spawn(Session::new(folder.path().to_owned()));
            let mut world = World {
                keys: UnboundedReceiverStream::new(pressed),
                commands,
                events,
                keeper: &session.keeper,
                signals,
                faults,
                background: Background::default(),
            };
            let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
            let ended = turn(&mut terminal, options, &mut world).await;
            drop(world);
            session.end().await;
            (terminal.backend().to_string(), ended)
        };
        let both = async { tokio::join!(ends, act(outside)).0 };
        let ended = tokio::time::timeout(Duration::from_secs(20), both).await;
        ended.expect("the loop did not end")
    }

    #[tokio::test]
    async fn a_key_ends_the_loop_and_its_release_does_nothing() {
        let drawn = looped(Start::Connect, |outside| async move {
            outside.press(KeyCode::Char('d'), KeyEventKind::Press);
            outside.press(KeyCode::Char('d'), KeyEventKind::Release);
            outside.press(KeyCode::Char('c'), KeyEventKind::Repeat);
            tokio::time::sleep(Duration::from_millis(100)).await;
            outside.press(KeyCode::Esc, KeyEventKind::Press);
            outside.keys.closed().await;
        })
        .await;
        assert!(drawn.contains("Server          dc "), "{drawn}");
    }

    #[tokio::test]
    async fn what_begins_after_idle_time_does_not_count_it() {
        let drawn = looped(Start::Connect, |mut outside| async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            outside.press(KeyCode::F(2), KeyEventKind::Press);
            // Other things are asked for, too.
            let mut asked = outside.commands.recv().await;
            while !matches!(asked, None | Some(Command::Scan(_))) {
                asked = outside.commands.recv().await;
            }
            assert!(asked.is_some());
            tokio::time::sleep(Duration::from_millis(200)).await;
        })
        .await;
        let is_new = drawn.contains("connecting … 0 s") || drawn.contains("connecting … 1 s");
        assert!(is_new, "{drawn}");
    }

    #[tokio::test]
    async fn a_signal_or_a_lost_terminal_ends_the_loop() {
        looped(Start::Connect, |outside| async move {
            outside.signals.send(()).await.unwrap();
            outside.keys.closed().await;
        })
        .await;
        looped(Start::Connect, |outside| async move { drop(outside) }).await;
    }

    #[tokio::test]
    async fn a_fault_anywhere_ends_the_loop() {
        let (_, ended) = looped_to_its_end(Start::Connect, |outside| async move {
            outside.faults.send("it broke".to_owned()).unwrap();
            outside.keys.closed().await;
        })
        .await;
        let error = ended.unwrap_err();
        assert_eq!(error.to_string(), "a fault in idmend itself: it broke");
    }

    #[tokio::test]
    async fn a_flood_of_events_does_not_keep_the_keys_waiting() {
        looped(Start::Scan, |mut outside| async move {
            assert!(matches!(
                outside.commands.recv().await,
                Some(Command::Scan(_))
            ));
            outside.press(KeyCode::Char('c'), KeyEventKind::Press);
            let events = outside.events.clone();
            let flood = tokio::spawn(async move {
                while events
                    .send(Event::Operation("search".to_owned()))
                    .await
                    .is_ok()
                {}
            });
            assert!(matches!(
                outside.commands.recv().await,
                Some(Command::Cancel)
            ));
            outside.press(KeyCode::Char('c'), KeyEventKind::Press);
            flood.await.unwrap();
        })
        .await;
    }
}
