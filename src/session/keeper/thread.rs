//! The thread behind the keeper: what waits to be written, and the session that
//! is open.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::decided::Decided;
use super::{Adopted, Keeping, Moved, Order, Remains, Subject, Wish};
use crate::kept::{self, Effect, Head, KeptError, Record, SessionId, What, Writer};
use crate::scan::ScanResult;
use crate::session::Event;
use crate::session::transact::{now, origin};
use crate::store::{Lock, Origin};
use crate::worksheet::{
    Decision, Happened, Kept, Noted, Restored, RowId, RowKey, Standing, StepId,
};

/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Something to write.
#[derive(Debug)]
enum Todo {
    Note {
        number: u64,
        /// The worksheet that it happened on.
        subject: Arc<Subject>,
        happened: Happened,
        staged: usize,
        aside: usize,
    },
    /// Decisions that left, wait or returned when another worksheet took the
    /// place of the one before.
    Move {
        what: What,
        rows: Vec<Noted>,
        staged: usize,
        aside: usize,
    },
    Adopt(Box<Record>),
}

/// A session that is open, and locked.
#[derive(Debug)]
struct Open {
    id: SessionId,
    /// None until it is written by this process for the first time.
    writer: Option<Writer>,
    /// Whether its decisions are those of the worksheet.
    is_in_use: bool,
    /// Something is not synced yet.
    dirty: bool,
    lock: Lock,
}

/// Everything the thread knows.
pub(super) struct Thread {
    folder: PathBuf,
    origin: Origin,
    outbox: tokio::sync::mpsc::WeakSender<Event>,
    subject: Option<Arc<Subject>>,
    decided: Decided,
    open: Option<Open>,
    todo: VecDeque<Todo>,
    /// The number of the last order that is written.
    written: u64,
    failing: Option<String>,
    told: Keeping,
}

impl Thread {
    pub(super) fn new(folder: PathBuf, outbox: tokio::sync::mpsc::WeakSender<Event>) -> Self {
        Self {
            folder,
            origin: origin(),
            outbox,
            subject: None,
            decided: Decided::default(),
            open: None,
            todo: VecDeque::new(),
            written: 0,
            failing: None,
            told: Keeping::default(),
        }
    }

    pub(super) fn run(mut self, inbox: &mpsc::Receiver<Order>) -> Option<Remains> {
        loop {
            let order = match self.failing {
                None => inbox.recv().map_err(|_gone| RecvTimeoutError::Disconnected),
                Some(_) => inbox.recv_timeout(RETRY),
            };
            match order {
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What waits is written before it is synced, once for all of it.
            while let Ok(order) = inbox.try_recv() {
                self.take(order);
            }
            self.work();
            self.tell();
        }
        self.work();
        let remains = self.remains();
        self.close();
        remains
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Subject(subject) => {
                self.work();
                self.close();
                self.decided = Decided::nothing(subject.scan.findings.len());
                self.subject = Some(Arc::from(subject));
            }
            Order::Moved(moved) => self.move_to(*moved),
            Order::Wish(Wish::Note(number, notes)) => self.queue(number, notes),
            Order::Wish(Wish::List) => self.say(Event::Sessions(self.list())),
            Order::Wish(Wish::Discard(id)) => {
                let origin = &self.origin;
                match kept::discard(&self.folder, &id, origin, &now().to_string()) {
                    Ok(()) => self.say(Event::Sessions(self.list())),
                    Err(error) => self.say(Event::Sessions(Err(error.to_string()))),
                }
            }
            Order::Wish(Wish::DropAll) => self.discard(),
            // A face that is gone does not wait for the answers.
            Order::Open(id, reply) => {
                let record = self.open(&id).map_err(|error| error.to_string());
                drop(reply.send(record));
            }
            Order::List(reply) => drop(reply.send(self.list())),
            Order::Adopt(adopted) => self.adopt(*adopted),
        }
    }

    fn queue(&mut self, number: u64, notes: Vec<Happened>) {
        let Some(subject) = &self.subject else {
            return;
        };
        for happened in notes {
            self.decided.note(&subject.scan, &happened);
            self.todo.push_back(Todo::Note {
                number,
                subject: Arc::clone(subject),
                happened,
                staged: self.decided.staged,
                aside: self.decided.aside.len(),
            });
        }
    }

    /// Goes on on another worksheet, in the same session.
    fn move_to(&mut self, moved: Moved) {
        let Moved {
            subject,
            rows: staged,
            left,
            aside,
            returned,
        } = moved;
        self.decided.move_to(subject.scan.findings.len(), &staged);
        let keys = aside.iter().map(|noted| noted.key.clone());
        self.decided.aside.extend(keys);
        self.subject = Some(Arc::new(subject));
        let effects = [
            (What::Leave, left),
            (What::Aside, aside),
            (What::Return, returned),
        ];
        // Each line says how many there are after all of them.
        for (what, rows) in effects {
            if !rows.is_empty() {
                self.todo.push_back(Todo::Move {
                    what,
                    rows,
                    staged: self.decided.staged,
                    aside: self.decided.aside.len(),
                });
            }
        }
    }

    /// Locks and reads a session; another one that is open is closed.
    fn open(&mut self, id: &SessionId) -> Result<Record, KeptError> {
        self.work();
        if self.open.as_ref().is_none_or(|open| open.id != *id) {
            self.close();
            let lock = kept::lock(&self.folder, id, &self.origin, &now().to_string())?;
            self.open = Some(Open {
                id: id.clone(),
                writer: None,
                is_in_use: false,
                dirty: false,
                lock,
            });
        }
        let record = kept::read_session(&self.folder, id);
        if record.is_err() {
            self.open = None;
        }
        record
    }

    fn adopt(&mut self, adopted: Adopted) {
        let aside = adopted.record.kept.rows.iter();
        let aside = aside.filter(|row| row.standing != Standing::Staged);
        self.decided.aside = aside.map(|row| row.key.clone()).collect();
        for row in adopted.rows {
            self.decided.put(row, true);
        }
        if let Some(open) = &mut self.open {
            open.is_in_use = true;
        }
        self.todo.push_back(Todo::Adopt(Box::new(adopted.record)));
    }

    /// Writes what waits, as far as it can be, and syncs it.
    fn work(&mut self) {
        self.failing = None;
        while let Some(todo) = self.todo.pop_front() {
            let done = match &todo {
                Todo::Note { .. } | Todo::Move { .. } => self.write(&todo),
                Todo::Adopt(record) => self.write_adopted(record),
            };
            match (done, &todo) {
                (Ok(()), Todo::Note { number, .. }) => self.written = *number,
                (Ok(()), Todo::Move { .. } | Todo::Adopt(_)) => {}
                (Err(error), _) => {
                    self.fail(&error);
                    self.todo.push_front(todo);
                    break;
                }
            }
        }
        if let Err(error) = self.sync() {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &KeptError) {
        tracing::error!(%error, "what was decided cannot be kept");
        self.failing = Some(error.to_string());
    }

    fn sync(&mut self) -> Result<(), KeptError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if let (Some(writer), true) = (&mut open.writer, open.dirty) {
            writer.sync()?;
            open.dirty = false;
            if writer.is_wasteful() {
                self.compact();
            }
        }
        Ok(())
    }

    /// Writes one thing that happened.
    fn write(&mut self, todo: &Todo) -> Result<(), KeptError> {
        let time = now().to_string();
        let Some((dirty, writer)) = self.writer(&time)? else {
            return Ok(());
        };
        match todo {
            Todo::Note {
                subject,
                happened,
                staged,
                aside,
                ..
            } => {
                let (what, step) = what_of(happened);
                let effect = Effect {
                    what,
                    time,
                    step,
                    staged: *staged,
                    aside: *aside,
                };
                append(writer, &effect, &subject.scan, happened)?;
            }
            Todo::Move {
                what,
                rows,
                staged,
                aside,
            } => {
                let effect = Effect {
                    what: *what,
                    time,
                    step: None,
                    staged: *staged,
                    aside: *aside,
                };
                writer.append(&effect, (rows.len(), rows.iter().cloned()))?;
            }
            Todo::Adopt(_) => {}
        }
        *dirty = true;
        Ok(())
    }

    /// What is appended with, and the mark that something is not synced yet. A
    /// session is begun if none is open.
    fn writer(&mut self, time: &str) -> Result<Option<(&mut bool, &mut Writer)>, KeptError> {
        if self.open.is_none() {
            self.open = Some(Open::begin(&self.folder, &self.origin, time)?);
        }
        let (Some(open), Some(subject)) = (&mut self.open, &self.subject) else {
            return Ok(None);
        };
        let writer = match &mut open.writer {
            Some(writer) => writer,
            none @ None => {
                let head = subject.head(open.id.clone(), &self.origin, time.to_owned());
                let new = Writer::write_anew(&self.folder, &head, None, &Kept::default())?;
                none.insert(new)
            }
        };
        Ok(Some((&mut open.dirty, writer)))
    }

    /// Begins to write a session that was opened, its old file out of the way
    /// first if it is damaged.
    fn write_adopted(&mut self, record: &Record) -> Result<(), KeptError> {
        let (Some(open), Some(subject)) = (&mut self.open, &self.subject) else {
            return Ok(());
        };
        let time = now().to_string();
        let head = match &record.head {
            Some(head) => head.clone(),
            None => subject.head(open.id.clone(), &self.origin, time.clone()),
        };
        if !record.damage.is_empty() {
            kept::put_by(&self.folder, &open.id)?;
        }
        let continued = Some((time.as_str(), &self.origin));
        let writer = Writer::write_anew(&self.folder, &head, continued, &record.kept)?;
        open.writer = Some(writer);
        Ok(())
    }

    /// Writes the file anew without what undo and redo have made needless. If
    /// that fails the old one goes on.
    fn compact(&mut self) {
        let Some(open) = &mut self.open else {
            return;
        };
        let anew = || -> Result<Option<Writer>, KeptError> {
            let record = kept::read_session(&self.folder, &open.id)?;
            let (Some(head), true) = (&record.head, record.damage.is_empty()) else {
                return Ok(None);
            };
            let by = record.continued.as_ref();
            let continued = by.map(|origin| (record.changed.as_str(), origin));
            Writer::write_anew(&self.folder, head, continued, &record.kept).map(Some)
        };
        match anew() {
            Ok(Some(writer)) => open.writer = Some(writer),
            Ok(None) => tracing::warn!(session = %open.id, "damaged while in use"),
            Err(error) => tracing::warn!(%error, "the session is not written anew"),
        }
    }

    /// Drops what is decided, for ever.
    fn discard(&mut self) {
        self.decided = Decided::default();
        self.close();
    }

    /// Lets go of the session that is open. One without decisions is over.
    fn close(&mut self) {
        self.todo.clear();
        let Some(open) = self.open.take() else {
            return;
        };
        let id = open.id.clone();
        let is_over = self.decided.staged == 0 && self.decided.aside.is_empty();
        let is_over = is_over && open.is_in_use;
        if let Err(error) = open.close(&self.folder, is_over) {
            tracing::warn!(session = %id, %error, "a session that is over stays");
        }
    }

    fn tell(&mut self) {
        let is = Keeping {
            done: if self.failing.is_none() {
                self.written
            } else {
                self.told.done
            },
            session: self.open.as_ref().map(|open| open.id.clone()),
            failing: self.failing.clone(),
        };
        if is != self.told {
            self.told = is.clone();
            self.say(Event::Keeping(is));
        }
    }

    /// Sends an event. A face that is gone does not listen.
    fn say(&self, event: Event) {
        if let Some(outbox) = self.outbox.upgrade() {
            drop(outbox.blocking_send(event));
        }
    }

    /// The sessions beside the one that is open.
    fn list(&self) -> Result<Vec<kept::Summary>, String> {
        let mut sessions = kept::list(&self.folder).map_err(|error| error.to_string())?;
        let own = self.open.as_ref().map(|open| &open.id);
        sessions.retain(|session| Some(&session.id) != own);
        Ok(sessions)
    }

    fn remains(&self) -> Option<Remains> {
        let (staged, aside) = (self.decided.staged, self.decided.aside.len());
        if staged + aside == 0 {
            return None;
        }
        let id = self.open.as_ref().map(|open| open.id.clone());
        Some(Remains {
            path: id.as_ref().map_or_else(
                || self.folder.clone(),
                |id| kept::session_path(&self.folder, id),
            ),
            id,
            staged,
            aside,
            failing: self.failing.clone(),
        })
    }
}

impl Open {
    /// A new session, locked and not written yet.
    fn begin(folder: &Path, origin: &Origin, time: &str) -> Result<Self, KeptError> {
        let id = SessionId::new(now());
        Ok(Self {
            lock: kept::lock(folder, &id, origin, time)?,
            id,
            writer: None,
            is_in_use: true,
            dirty: false,
        })
    }

    /// Lets go of the session; removes what there is of it if it is over, or
    /// could never be written.
    fn close(self, folder: &Path, is_over: bool) -> Result<(), KeptError> {
        let Self {
            id, writer, lock, ..
        } = self;
        // An open file is not removed everywhere.
        drop(writer);
        if is_over || !kept::session_path(folder, &id).exists() {
            return kept::remove(folder, &id, lock);
        }
        drop(lock);
        Ok(())
    }
}

impl Subject {
    fn head(&self, id: SessionId, origin: &Origin, time: String) -> Head {
        Head {
            id,
            time,
            origin: origin.clone(),
            forests: self.forests.clone(),
            scan: self.request.clone(),
        }
    }
}

fn what_of(happened: &Happened) -> (What, Option<StepId>) {
    match happened {
        Happened::Staged(step) => (What::Stage, Some(step.id)),
        Happened::Undone(restored) => (What::Undo, Some(restored.id)),
        Happened::Redone(restored) => (What::Redo, Some(restored.id)),
        Happened::Left(_) => (What::Leave, None),
        Happened::Returned(_) => (What::Return, None),
    }
}

fn append(
    writer: &mut Writer,
    effect: &Effect,
    scan: &ScanResult,
    happened: &Happened,
) -> Result<(), KeptError> {
    let noted = |row: &RowId, decision: &Decision| {
        let finding = scan.findings.get(row.0 as usize)?;
        Some(Noted {
            key: RowKey::of(scan, *row)?,
            dn: Some(scan.snapshot.dn(finding.entry)),
            decision: decision.clone(),
        })
    };
    match happened {
        Happened::Staged(step) => {
            let rows = step.rows.iter();
            let rows = rows.filter_map(|(row, _, after)| noted(row, after));
            writer.append(effect, (step.rows.len(), rows))
        }
        Happened::Undone(Restored { rows, .. })
        | Happened::Redone(Restored { rows, .. })
        | Happened::Returned(rows) => {
            let noted = rows
                .iter()
                .filter_map(|(row, decision)| noted(row, decision));
            writer.append(effect, (rows.len(), noted))
        }
        Happened::Left(rows) => {
            let none = Decision::default();
            let noted = rows.iter().filter_map(|row| noted(row, &none));
            writer.append(effect, (rows.len(), noted))
        }
    }
}
