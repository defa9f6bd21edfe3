//! The interface driven by keys, drawn on a screen in memory.

mod browse;
mod bulk;
mod connect;
mod flows;
mod grid;
mod guide;
mod job;
mod large;
mod refresh;
mod screens;
mod sessions;
mod summary;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Style};

use super::screens::Screen;
use super::{App, Effect, Message, Options, Start, draw};
use crate::model::Entry;
use crate::rule::Settings;
use crate::scan::{ScanOptions, fixture};
use crate::session::{Command, Event, ScanRequest};
use crate::worksheet::{RowId, Worksheet};

pub(super) const SMALL: (u16, u16) = (80, 24);
pub(super) const LARGE: (u16, u16) = (120, 40);

pub(super) fn options(start: Start) -> Options {
    Options {
        start,
        request: ScanRequest {
            sources: Vec::new(),
            rules: "entra".to_owned(),
            settings: Settings::default(),
            options: ScanOptions::default(),
            exceptions: None,
        },
        saved: Vec::new(),
        colours: crate::config::Colours::Standard,
        mouse: false,
        state: "/var/lib/idmend".into(),
    }
}

/// An interface, its screen, and what it asked for.
pub(super) struct Face {
    pub(super) app: App,
    terminal: Terminal<TestBackend>,
    pub(super) effects: Vec<Effect>,
}

impl Face {
    pub(super) fn begin(start: Start, size: (u16, u16)) -> Self {
        Self::begin_with(options(start), size)
    }

    pub(super) fn begin_with(options: Options, size: (u16, u16)) -> Self {
        let (app, effects) = App::new(options, size);
        Self {
            app,
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            effects,
        }
    }

    /// On the grid, with the findings of these entries.
    pub(super) fn on_grid(entries: Vec<Entry>, size: (u16, u16)) -> Self {
        let mut face = Self::on_summary(entries, size);
        if matches!(face.app.screens.last(), Some(Screen::Summary(_))) {
            face.press(KeyCode::Enter);
        }
        let is_count = |effect: &Effect| matches!(effect, Effect::Count(_));
        face.effects.retain(|effect| !is_count(effect));
        face
    }

    /// After a scan, on the summary of the findings of these entries.
    pub(super) fn on_summary(entries: Vec<Entry>, size: (u16, u16)) -> Self {
        let mut face = Self::begin(Start::Scan, size);
        face.effects.clear();
        let result = fixture::contoso(entries);
        face.tell(Event::Discovered(result.forests.clone()));
        let sheet = Worksheet::new(result, fixture::judge());
        face.tell(Event::Scanned(Box::new(sheet)));
        // What was interrupted is asked for once, beside what the tests do.
        let is_start = |effect: &Effect| matches!(effect, Effect::Send(Command::Unsettled));
        assert!(face.effects.iter().any(is_start));
        face.effects.retain(|effect| !is_start(effect));
        face
    }

    pub(super) fn send(&mut self, message: Message) {
        self.effects.extend(self.app.update(message));
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.send(Message::Session(event));
    }

    pub(super) fn press(&mut self, code: KeyCode) {
        self.send(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(super) fn ctrl(&mut self, character: char) {
        let event = KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL);
        self.send(Message::Key(event));
    }

    /// Types every character as a key.
    pub(super) fn keys(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.send(Message::Tick(Duration::from_secs(seconds)));
    }

    /// What the screen shows, a line each, without the blanks at the ends.
    pub(super) fn screen(&mut self) -> String {
        let app = &self.app;
        self.terminal.draw(|frame| draw(app, frame)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let line = |y| -> String {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // The cell behind a wide character is not drawn.
                let width = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                x += u16::try_from(width).unwrap();
            }
            line.trim_end().to_owned()
        };
        (0..buffer.area.height)
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The screen and, below it, what each cell looks like: a letter a style, `.`
    /// for none, and what the letters mean.
    pub(super) fn styled_screen(&mut self) -> String {
        let screen = self.screen();
        let buffer = self.terminal.backend().buffer();
        let mut styles: Vec<Style> = Vec::new();
        let mut lines = Vec::new();
        for y in 0..buffer.area.height {
            let cells = (0..buffer.area.width).map(|x| {
                let cell = &buffer[(x, y)];
                let style = cell.style();
                let plain = style.fg == Some(Color::Reset)
                    && style.bg == Some(Color::Reset)
                    && style.add_modifier.is_empty();
                if plain {
                    return '.';
                }
                let known = styles.iter().position(|known| *known == style);
                let at = known.unwrap_or_else(|| {
                    styles.push(style);
                    styles.len() - 1
                });
                char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[at])
            });
            let line: String = cells.collect();
            lines.push(line.trim_end_matches('.').to_owned());
        }
        let legend = styles.iter().zip('a'..).map(|(style, letter)| {
            let fg = style.fg.filter(|fg| *fg != Color::Reset);
            let fg = fg.map_or(String::new(), |fg| format!(" {fg}"));
            let bg = style.bg.filter(|bg| *bg != Color::Reset);
            let bg = bg.map_or(String::new(), |bg| format!(" on {bg}"));
            format!("{letter}:{fg}{bg} {:?}", style.add_modifier)
        });
        let legend: Vec<String> = legend.collect();
        format!(
            "{screen}\n--- styles\n{}\n{}",
            lines.join("\n"),
            legend.join("\n")
        )
    }

    pub(super) fn shows(&mut self, text: &str) -> bool {
        self.screen().contains(text)
    }

    /// The line above the footer.
    pub(super) fn status(&mut self) -> String {
        let screen = self.screen();
        screen.lines().rev().nth(1).unwrap_or_default().to_owned()
    }

    pub(super) fn sheet(&self) -> &Worksheet {
        self.app.worksheet().unwrap()
    }

    /// The row under the cursor.
    pub(super) fn current(&self) -> RowId {
        self.app.sheet.as_ref().unwrap().grid.current().unwrap()
    }

    pub(super) fn has_quit(&self) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    }
}

/// Entries with a fault of most kinds, hostile ones among them.
pub(super) fn faulty() -> Vec<Entry> {
    let user = fixture::user;
    vec![
        user(
            "Anna Meyer",
            &[("userPrincipalName", &["anna meyer@contoso.com"])],
        ),
        user(
            "Bert Lang",
            &[
                ("userPrincipalName", &["bert.lang@contoso.com"]),
                (
                    "proxyAddresses",
                    &[
                        "SMTP:bert.lang@contoso.com",
                        "smtp:office@contoso.com",
                        "x500:/o=org",
                    ],
                ),
            ],
        ),
        user(
            "Clara Stein",
            &[
                ("userPrincipalName", &["clara@contoso.com"]),
                (
                    "proxyAddresses",
                    &["SMTP:clara@contoso.com", "smtp:OFFICE@contoso.com"],
                ),
                ("givenName", &["Clara "]),
            ],
        ),
        user(
            "Evil \u{202e}gpj\u{1b}[2J",
            &[
                (
                    "userPrincipalName",
                    &["evil\u{200b}\u{1b}]0;x\u{7}@contoso.com"],
                ),
                ("mail", &["a\u{202e}b@contoso.com"]),
            ],
        ),
        user("Zoë 山田", &[("userPrincipalName", &["zoë@contoso.com"])]),
    ]
}
