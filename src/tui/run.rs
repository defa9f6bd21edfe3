//! The loop: terminal and session in, effects out, a frame at most every 16 ms.
//!
//! It waits for whatever comes first and gives it to the [`App`]. A key never
//! waits for the network: commands to the session are handed over or refused at
//! once. The terminal is restored however the program ends, by a panic too.

use std::io::{self, Write as _};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    Event as TerminalEvent, EventStream, KeyEventKind,
};
use crossterm::execute;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt as _};

use super::app::{App, Options};
use super::background::Background;
use super::draw::draw;
use super::message::{Effect, Message};
use crate::session::{Command, Event, SessionHandle};
use crate::system::ending::{self, Hangup};

/// Frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);
/// How often a screen that moves by itself is told the time.
const TICK: Duration = Duration::from_millis(120);
/// Whether the terminal is asked to mark pasted text. On Windows it arrives as
/// keys in any case, and asking changes which (crossterm, issues 737 and 962).
const MARKS_PASTES: bool = !cfg!(windows);
/// Events of the session that are taken before the next frame.
const BATCH: usize = 256;

/// Runs the interface on this terminal until it is left.
///
/// # Errors
///
/// If the terminal cannot be read or drawn on.
pub async fn run(options: Options, session: SessionHandle) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let restore = Restore;
    if MARKS_PASTES {
        execute!(io::stdout(), EnableBracketedPaste)?;
    }
    let mut world = World {
        keys: EventStream::new(),
        commands: session.commands,
        events: session.events,
        signals: ending::requests(Hangup::Ends)?,
        background: Background::default(),
    };
    let result = turn(&mut terminal, options, &mut world).await;
    drop(restore);
    // However it was left, by a lost terminal too: an entry that is being
    // written is finished first.
    drop(world);
    session.ending.wait().await;
    result
}

/// Restores the terminal when dropped.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        // If the terminal is gone there is nobody left to tell.
        if MARKS_PASTES {
            drop(execute!(io::stdout(), DisableBracketedPaste));
        }
        drop(execute!(io::stdout(), DisableMouseCapture));
        ratatui::restore();
    }
}

/// What the loop listens to.
struct World<K> {
    keys: K,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    signals: mpsc::Receiver<()>,
    background: Background,
}

async fn turn<B, K>(
    terminal: &mut Terminal<B>,
    options: Options,
    world: &mut World<K>,
) -> io::Result<()>
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
                Some(event) => effects = terminal_event(&mut app, event?),
                // The terminal is gone.
                None => return Ok(()),
            },
            Some(()) = world.signals.recv() => effects = app.update(Message::Terminate),
            Some(done) = world.background.done.recv() => effects = app.update(done),
            // Before the session's events: a flood of them must not keep the frame waiting.
            () = tokio::time::sleep_until(next_frame), if dirty => {
                terminal.draw(|frame| draw(&app, frame)).map_err(io::Error::other)?;
                dirty = false;
                next_frame = Instant::now() + FRAME;
                continue;
            }
            () = tokio::time::sleep_until(next_tick), if app.is_moving() || app.is_working() => {
                next_tick = Instant::now() + TICK;
            }
            received = world.events.recv_many(&mut batch, BATCH), if session_open => {
                if received == 0 {
                    session_open = false;
                    effects = app.update(Message::SessionEnded);
                }
                for event in batch.drain(..) {
                    effects.extend(app.update(Message::Session(event)));
                }
            }
        }
        effects.extend(app.update(Message::Tick(begun.elapsed())));
        dirty = true;
    }
}

/// Presses and repeats count, releases do not: Windows sends both.
fn terminal_event(app: &mut App, event: TerminalEvent) -> Vec<Effect> {
    match event {
        TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
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
    use crate::session::ScanRequest;
    use crate::tui::Start;

    /// The outer ends of the channels of a loop.
    struct Outside {
        keys: mpsc::UnboundedSender<io::Result<TerminalEvent>>,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        signals: mpsc::Sender<()>,
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
        let (keys, pressed) = mpsc::unbounded_channel();
        let (commands, asked) = mpsc::channel(8);
        let (told, events) = mpsc::channel(256);
        let (raised, signals) = mpsc::channel(4);
        let world = World {
            keys: UnboundedReceiverStream::new(pressed),
            commands,
            events,
            signals,
            background: Background::default(),
        };
        let options = Options {
            start,
            request: ScanRequest {
                sources: Vec::new(),
                rules: "entra".to_owned(),
                settings: Settings::default(),
                options: ScanOptions::default(),
                exceptions: None,
            },
            colours: crate::config::Colours::None,
            mouse: false,
            state: "/var/lib/idmend".into(),
        };
        let outside = Outside {
            keys,
            commands: asked,
            events: told,
            signals: raised,
        };
        // The loop's ends of the channels close when it ends, as in the program.
        let ends = async move {
            let mut world = world;
            let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
            turn(&mut terminal, options, &mut world).await.unwrap();
            terminal.backend().to_string()
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
    async fn a_signal_or_a_lost_terminal_ends_the_loop() {
        looped(Start::Connect, |outside| async move {
            outside.signals.send(()).await.unwrap();
            outside.keys.closed().await;
        })
        .await;
        looped(Start::Connect, |outside| async move { drop(outside) }).await;
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
