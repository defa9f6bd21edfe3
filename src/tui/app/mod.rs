//! The whole state of the interface, and how messages change it.
//!
//! [`App`] is pure: a message goes in, effects come out. It reads no clock and
//! no terminal; time and size arrive as messages. Screens form a stack, popups
//! lie over it, and the topmost thing gets the keys.

mod arrange;
mod browse;
mod bulk;
mod connect;
pub(super) mod decide;
mod flow;
mod grid;
mod kept;
mod leave;
mod mouse;
mod refresh;
mod rollback;
mod session;
mod sessions;
mod summary;
pub(super) mod work;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;

use self::bulk::Rehearsals;
use self::mouse::Mouse;
use self::summary::Counts;
use self::work::Work;
use super::draw::Areas;
use super::grid::Grid;
use super::grid::state::Tally;
use super::keymap::{self, Context, Intent};
use super::message::{Effect, Message};
use super::popup::{Answer, Confirm, Help, Notice, Palette, Popup};
use super::screens::Screen;
use super::screens::connect::{Connect, Saved};
use super::screens::document::Place;
use super::screens::history::History;
use super::screens::log::OperationLog;
use super::theme::Theme;
use crate::config::Colours;
use crate::model::Forest;
use crate::session::{Command, ScanRequest, Wish};
use crate::transaction::TransactionId;
use crate::worksheet::{RowId, Worksheet};

/// Where the interface begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the form that asks for a server; a server in the request fills it.
    Connect,
    /// With the scan of the request.
    Scan,
}

/// What the interface needs to begin.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it begins.
    pub start: Start,
    /// What to scan, and how; the form replaces the sources.
    pub request: ScanRequest,
    /// The profiles that the form offers.
    pub saved: Vec<Saved>,
    /// The colours that it is drawn with.
    pub colours: Colours,
    /// Whether the mouse is taken from the terminal.
    pub mouse: bool,
    /// Where journals and logs are, for people to know.
    pub state: PathBuf,
}

/// Findings on the screen.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) worksheet: Worksheet,
    pub(super) grid: Grid,
    pub(super) tally: Tally,
    /// What was written last from here: by DN the rows it carried out.
    written: Option<Written>,
    /// Rows that were accepted from here, and not by an earlier session.
    remembered: BTreeSet<RowId>,
}

impl Sheet {
    fn new(worksheet: Worksheet) -> Self {
        Self {
            grid: Grid::new(&worksheet),
            tally: Tally::of(&worksheet),
            worksheet,
            written: None,
            remembered: BTreeSet::new(),
        }
    }
}

#[derive(Debug)]
struct Written {
    id: TransactionId,
    rows: Vec<(String, Vec<RowId>)>,
}

/// The state of the interface.
#[derive(Debug)]
pub struct App {
    pub(super) theme: Theme,
    mouse: Mouse,
    pub(super) size: (u16, u16),
    pub(super) now: Duration,
    pub(super) request: ScanRequest,
    pub(super) state: PathBuf,
    pub(super) screens: Vec<Screen>,
    pub(super) popups: Vec<Popup>,
    pub(super) sheet: Option<Sheet>,
    pub(super) forests: Vec<Forest>,
    pub(super) armed: bool,
    /// The sentence above the footer, until the next key.
    pub(super) status: Option<String>,
    pub(super) log: OperationLog,
    /// The profiles that the form offers.
    saved: Arc<[Saved]>,
    /// Tests of connections asked for so far.
    examinations: u64,
    /// A form to come back to.
    form: Option<Box<Connect>>,
    /// The rows behind the plan that is being written.
    pending: Vec<Vec<RowId>>,
    /// Whether entries were written to since they were last read.
    unread: bool,
    /// Leave as soon as nothing is being written.
    leaving: bool,
    /// What is done to the sheet.
    pub(super) work: Work,
    rehearsals: Rehearsals,
    counts: Counts,
    /// Transactions that are still to be taken back.
    rollbacks: VecDeque<TransactionId>,
    /// Orders asked for so far.
    requests: u64,
    /// Keys that wait for an order.
    waiting: VecDeque<Intent>,
    /// What is known of kept sessions.
    pub(super) kept: kept::Kept,
}

impl App {
    /// The interface at its beginning, with what it asks for first.
    pub fn new(options: Options, size: (u16, u16)) -> (Self, Vec<Effect>) {
        let saved: Arc<[Saved]> = options.saved.into();
        let form = Connect::new(&options.request, Arc::clone(&saved));
        let mut app = Self {
            theme: Theme::new(options.colours),
            mouse: Mouse::of(options.mouse),
            size,
            now: Duration::ZERO,
            request: options.request,
            state: options.state,
            screens: Vec::new(),
            popups: Vec::new(),
            sheet: None,
            forests: Vec::new(),
            armed: false,
            status: None,
            log: OperationLog::default(),
            saved,
            examinations: 0,
            form: None,
            pending: Vec::new(),
            unread: false,
            leaving: false,
            work: Work::default(),
            rehearsals: Rehearsals::default(),
            counts: Counts::default(),
            rollbacks: VecDeque::new(),
            requests: 0,
            waiting: VecDeque::new(),
            kept: kept::Kept::default(),
        };
        let mut effects = match options.start {
            Start::Connect => {
                app.screens.push(Screen::Connect(Box::new(form)));
                // What was interrupted is not to be forgotten.
                vec![Effect::Keep(Wish::List), Effect::Send(Command::Unsettled)]
            }
            Start::Scan => {
                app.form = Some(Box::new(form));
                app.start_scan()
            }
        };
        if options.mouse {
            effects.push(Effect::Mouse(true));
        }
        (app, effects)
    }

    /// Changes the state by a message; what is to be done outside comes back.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = match message {
            Message::Key(event) => {
                self.status = None;
                self.key(event)
            }
            Message::Mouse(event) => {
                self.status = None;
                self.mouse(event)
            }
            Message::Paste(text) => {
                self.paste(&text);
                self.rehearse()
            }
            Message::Resize(width, height) => {
                self.size = (width, height);
                for screen in &mut self.screens {
                    if let Screen::Outcome(outcome) = screen {
                        outcome.lay_out(usize::from(width));
                    }
                }
                Vec::new()
            }
            Message::Session(event) => self.session(event),
            Message::SessionEnded => {
                self.notice("The session ended", vec![
                    "The part that talks to the directory has stopped. Staged changes are still here, but nothing can be written.".to_owned(),
                    "Leave with q, and look at the log in the state directory.".to_owned(),
                ]);
                Vec::new()
            }
            Message::Tick(now) => {
                self.tick(now);
                Vec::new()
            }
            Message::Terminate => self.terminate(),
            Message::Arranged(done) => self.arranged(done),
            Message::Worked(worked) => self.worked(worked),
            Message::Rehearsed(number, rehearsal) => {
                self.rehearsed(number, rehearsal);
                Vec::new()
            }
            Message::Counted(number, overview) => {
                self.counted(number, overview);
                Vec::new()
            }
        };
        effects.extend(self.read_written());
        effects.extend(self.arrange());
        effects.extend(self.count());
        // Before anything that may end the program.
        if let Some(kept) = self.keep() {
            effects.insert(0, kept);
        }
        let areas = Areas::of(self);
        if let (Some(sheet), Some(area)) = (&mut self.sheet, areas.grid) {
            sheet.grid.keep_in_view(super::grid::view::rows_in(area));
        }
        effects
    }

    /// Whether the time matters though nobody does anything.
    pub fn wants_ticks(&self) -> bool {
        self.is_moving() || self.work.is_running() || self.kept.is_behind()
    }

    /// Whether something moves on the screen though nobody does anything.
    pub fn is_moving(&self) -> bool {
        self.screens
            .iter()
            .any(|screen| matches!(screen, Screen::Scan(_) | Screen::Write(_)))
            || self.is_examining()
    }

    fn tick(&mut self, now: Duration) {
        self.now = now;
        for screen in &mut self.screens {
            match screen {
                Screen::Examination(examination) => examination.now = now,
                Screen::Scan(scan) => scan.now = now,
                Screen::Write(write) => write.now = now,
                _ => {}
            }
        }
    }

    /// The contexts that keys are looked up in.
    pub(super) fn contexts(&self) -> &'static [Context] {
        self.screens
            .last()
            .map_or(&[Context::Everywhere], Screen::contexts)
    }

    pub(super) fn worksheet(&self) -> Option<&Worksheet> {
        self.sheet.as_ref().map(|sheet| &sheet.worksheet)
    }

    fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        if keymap::intent(&[Context::Everywhere], event) == Some(Intent::Interrupt) {
            return self.interrupt();
        }
        if let Some(popup) = self.popups.last_mut() {
            let worksheet = self.sheet.as_ref().map(|sheet| &sheet.worksheet);
            let answer = popup.key(event, worksheet);
            return self.answer(answer);
        }
        if let Some(Screen::Connect(form)) = self.screens.last_mut()
            && let Some(line) = form.line()
            && line.key(event)
        {
            return Vec::new();
        }
        match keymap::intent(self.contexts(), event) {
            Some(intent) => self.run(intent),
            None => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(popup) = self.popups.last_mut() {
            popup.paste(text, self.sheet.as_ref().map(|sheet| &sheet.worksheet));
        } else if let Some(Screen::Connect(form)) = self.screens.last_mut()
            && let Some(line) = form.line()
        {
            line.paste(text);
        } else {
            self.say("nothing here takes a paste");
        }
    }

    fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        if !matches!(answer, Answer::Stay | Answer::Rehearse) {
            self.popups.pop();
        }
        match answer {
            Answer::Stay | Answer::Close => Vec::new(),
            Answer::Run(intent) => self.run(intent),
            Answer::Stage(row, value) => self.stage_edit(row, &value),
            Answer::Rehearse => self.rehearse(),
            Answer::Compose { rows, composer, to } => self.stage_composed(rows, composer, to),
            Answer::Choose(choices) => self.stage_chosen(choices),
            Answer::Search(text) => {
                self.search(&text);
                Vec::new()
            }
            Answer::Filter(text) => {
                self.filter(&text);
                Vec::new()
            }
            Answer::Mark(text) => {
                self.mark_matching(&text);
                Vec::new()
            }
            Answer::Group(grouping) => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.grid.group_by(grouping);
                }
                Vec::new()
            }
            Answer::Layout(layout, column) => {
                if let Some(sheet) = &mut self.sheet {
                    sheet.grid.look.layout = layout;
                    sheet.grid.look.column = column;
                }
                Vec::new()
            }
            Answer::Reason(text) => self.remember(&text),
            Answer::Say(words) => {
                self.say(words);
                Vec::new()
            }
            Answer::Confirmed(what) => self.confirmed(what),
        }
    }

    /// Carries an intent out on the topmost screen.
    fn run(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Help => {
                self.popups.push(Popup::Help(Help::new(self.contexts())));
                return Vec::new();
            }
            Intent::Palette => {
                self.popups
                    .push(Popup::Palette(Palette::new(self.contexts())));
                return Vec::new();
            }
            Intent::Interrupt => return self.interrupt(),
            Intent::Mouse => return self.toggle_mouse(),
            Intent::Colours => {
                self.theme = self.theme.next();
                self.say(format!("colours: {}", self.theme.words()));
                return Vec::new();
            }
            Intent::History => return self.open_history(),
            Intent::Summary | Intent::Rules | Intent::Exceptions => {
                self.open_over(intent);
                return Vec::new();
            }
            Intent::Sessions => return self.open_sessions(),
            Intent::Log => {
                if !matches!(self.screens.last(), Some(Screen::Log(_))) {
                    let mut place = Place::default();
                    place.key(Intent::Last, self.page(), self.log.len());
                    self.screens.push(Screen::Log(place));
                }
                return Vec::new();
            }
            _ => {}
        }
        let height = self.page();
        let lines = self.log.len();
        let (width, theme) = (usize::from(self.size.0), self.theme);
        match self.screens.last_mut() {
            Some(Screen::Connect(_)) => self.connect(intent),
            Some(Screen::Examination(examination)) => {
                if examination.key(intent, (width, height), theme) {
                    return Vec::new();
                }
                self.examination_key(intent)
            }
            Some(Screen::Scan(_)) => self.scan_key(intent),
            Some(Screen::Summary(_)) => self.summary_key(intent),
            Some(Screen::Contacts(_)) => self.contacts_key(intent),
            Some(Screen::Rules(_)) => self.rules_key(intent),
            Some(Screen::Exceptions(_)) => self.exceptions_key(intent),
            Some(Screen::Grid) => {
                if self.keep_waiting(intent) {
                    return Vec::new();
                }
                self.grid_key(intent)
            }
            Some(Screen::Review(review)) => {
                if review.key(intent, height) {
                    return Vec::new();
                }
                self.review_key(intent)
            }
            Some(Screen::Write(_)) => self.write_key(intent),
            Some(Screen::Outcome(outcome)) => {
                if outcome.key(intent, height) {
                    return Vec::new();
                }
                self.outcome_key(intent)
            }
            Some(Screen::History(history)) => {
                if history.key(intent, height) || self.history_range_key(intent) {
                    return Vec::new();
                }
                self.history_key(intent)
            }
            Some(Screen::Sessions(sessions)) => {
                if sessions.key(intent, height, self.kept.list.len()) {
                    return Vec::new();
                }
                self.sessions_key(intent)
            }
            Some(Screen::Transaction(shown)) => {
                if shown.key(intent, height) {
                    return Vec::new();
                }
                self.transaction_key(intent)
            }
            Some(Screen::Log(place)) => {
                if place.key(intent, height, lines) {
                    return Vec::new();
                }
                self.close(intent)
            }
            None => vec![Effect::Quit],
        }
    }

    /// Shows the history and asks for it.
    fn open_history(&mut self) -> Vec<Effect> {
        if self.is_moving() {
            self.say("the history can be read when this is over");
            return Vec::new();
        }
        if !matches!(self.screens.last(), Some(Screen::History(_))) {
            self.screens.push(Screen::History(History::default()));
        }
        vec![Effect::Send(Command::History)]
    }

    fn notice(&mut self, title: &'static str, lines: Vec<String>) {
        self.popups.push(Popup::Notice(Notice { title, lines }));
    }

    fn ask(&mut self, confirm: Confirm) {
        self.popups.push(Popup::Confirm(confirm));
    }

    fn say(&mut self, text: impl Into<String>) {
        self.status = Some(text.into());
    }

    /// Lines of a screen below the header.
    fn page(&self) -> usize {
        usize::from(Areas::of(self).body.height)
    }
}
