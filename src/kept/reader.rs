//! Reading a session: total, and never claiming more than the file says.
//!
//! A line whose checksum fits is believed; every other one is damage, but for
//! the last line if it has no line feed: that one is torn, the mark of a killed
//! program, and what it would have said was never kept. A damaged line may have
//! changed any decision that was made before it, so those become doubtful.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use super::wire::{EffectWire, Framed, Line, RowWire, VERSION, What};
use super::{Head, SessionId};
use crate::store::frame::{self, Numbered};
use crate::store::{Damage, Origin};
use crate::worksheet::{Kept, Noted, Replay, Standing, StepId};

/// A session as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The session, by the name of the file.
    pub id: SessionId,
    /// The file.
    pub path: PathBuf,
    /// The first line, if it is readable.
    pub head: Option<Head>,
    /// Who went on with it last, if anybody did.
    pub continued: Option<Origin>,
    /// When it was changed last, RFC 3339, UTC; empty if nothing says so.
    pub changed: String,
    /// The decisions, with their history.
    pub kept: Kept,
    /// What is damaged.
    pub damage: Vec<Damage>,
    /// Whether its last line was cut off.
    pub is_torn: bool,
}

impl Record {
    /// The sentences that a person should read about the file itself.
    pub fn faults(&self) -> Vec<String> {
        let sentence =
            |damage: &Damage| format!("line {} is damaged: {}", damage.line, damage.reason);
        self.damage.iter().map(sentence).collect()
    }
}

/// Reads the lines of a session.
pub(super) fn parse(id: &SessionId, path: &Path, mut lines: impl BufRead) -> io::Result<Record> {
    let mut reader = Reader::new(id);
    let mut raw = Vec::new();
    loop {
        raw.clear();
        if lines.read_until(b'\n', &mut raw)? == 0 {
            return Ok(reader.finish(path));
        }
        reader.line(&raw);
    }
}

struct Reader<'a> {
    id: &'a SessionId,
    lines: usize,
    /// The number of the last line that was understood.
    last: usize,
    /// Lines since then that were not.
    unread: usize,
    head: Option<Head>,
    continued: Option<Origin>,
    changed: String,
    /// Rows of an effect that is still to come, and which.
    pending: (Option<(What, Option<u64>)>, Vec<Noted>),
    replay: Replay,
    damage: Vec<Damage>,
    is_torn: bool,
}

impl<'a> Reader<'a> {
    fn new(id: &'a SessionId) -> Self {
        Self {
            id,
            lines: 0,
            last: 0,
            unread: 0,
            head: None,
            continued: None,
            changed: String::new(),
            pending: (None, Vec::new()),
            replay: Replay::default(),
            damage: Vec::new(),
            is_torn: false,
        }
    }

    fn line(&mut self, raw: &[u8]) {
        self.lines += 1;
        let content = raw.strip_suffix(b"\n");
        let is_last = content.is_none();
        let decoded: Result<Framed<Line>, String> = frame::decode(content.unwrap_or(raw), VERSION)
            .and_then(|framed: Framed<Line>| match &framed.of {
                Some(of) if of == self.id => Ok(framed),
                Some(of) => Err(format!("it belongs to session {of}")),
                None => Err("it does not say whose it is".to_owned()),
            });
        match decoded {
            Ok(Numbered { n, line, .. }) if self.follows(n) => {
                if let Err(reason) = self.take(line) {
                    self.damaged(reason);
                }
            }
            // A line that stands here a second time changes nothing.
            Ok(_) => {}
            Err(_) if is_last => self.is_torn = true,
            Err(reason) => {
                self.unread += 1;
                self.damaged(reason);
            }
        }
    }

    /// Lines that are missing, doubled or out of order betray themselves by
    /// their numbers; lines that could not be read may account for a gap.
    fn follows(&mut self, number: usize) -> bool {
        let follows = number > self.last;
        if !follows || number - self.last > self.unread + 1 {
            self.say(format!(
                "it bears the number {number} after number {}: lines are missing or doubled",
                self.last
            ));
        }
        if follows && number - self.last > self.unread + 1 {
            // Where a line that does not follow is missing, a gap betrays it.
            self.replay.lose();
        }
        if follows {
            self.last = number;
            self.unread = 0;
        }
        follows
    }

    fn say(&mut self, reason: String) {
        self.damage.push(Damage {
            line: self.lines,
            reason,
        });
    }

    /// Something is lost that may have changed any decision before it.
    fn damaged(&mut self, reason: String) {
        self.say(reason);
        self.replay.lose();
    }

    fn take(&mut self, line: Line) -> Result<(), String> {
        match line {
            Line::Begin(head) if self.head.is_none() && head.id == *self.id => {
                self.changed.clone_from(&head.time);
                self.head = Some(*head);
                Ok(())
            }
            Line::Begin(head) if head.id == *self.id => {
                Err("it begins the session a second time".to_owned())
            }
            Line::Begin(head) => Err(format!("it begins session {}", head.id)),
            Line::Continued { time, origin } => {
                self.changed = time;
                self.continued = Some(origin);
                Ok(())
            }
            Line::Rows { what, step, rows } => {
                self.await_effect(what, step);
                self.pending.1.extend(noted(rows)?);
                Ok(())
            }
            Line::Effect(effect) => self.effect(effect),
        }
    }

    /// Forgets the rows of an effect whose own line is lost.
    fn await_effect(&mut self, what: What, step: Option<u64>) {
        if self.pending.0 != Some((what, step)) {
            self.pending = (Some((what, step)), Vec::new());
        }
    }

    /// Plays an effect on its rows, those of the lines before included.
    fn effect(&mut self, effect: EffectWire) -> Result<(), String> {
        self.await_effect(effect.what, effect.step);
        let (_, mut rows) = std::mem::take(&mut self.pending);
        rows.extend(noted(effect.rows)?);
        if rows.len() != effect.count {
            // What is said of those that are readable is true all the same.
            self.damaged(format!(
                "of its {} decisions {} are readable",
                effect.count,
                rows.len()
            ));
        }
        self.changed = effect.time;
        let step = || effect.step.map(StepId).ok_or("it names no step");
        match effect.what {
            What::Stage => self.replay.step(step()?, rows),
            What::Undo => self.replay.undone(step()?, rows),
            What::Redo => self.replay.redone(step()?, rows),
            What::Leave => self.replay.leave(&rows),
            What::Return => self.replay.keep(rows, Standing::Staged),
            What::Aside => self.replay.keep(rows, Standing::Waiting),
            What::Doubt => self.replay.keep(rows, Standing::Doubtful),
        }
        Ok(())
    }

    fn finish(self, path: &Path) -> Record {
        let mut damage = self.damage;
        if self.head.is_none() {
            damage.insert(
                0,
                Damage {
                    line: 1,
                    reason: "the beginning of the session is not readable".to_owned(),
                },
            );
        }
        Record {
            id: self.id.clone(),
            path: path.to_owned(),
            head: self.head,
            continued: self.continued,
            changed: self.changed,
            kept: self.replay.finish(),
            damage,
            is_torn: self.is_torn,
        }
    }
}

fn noted(rows: Vec<RowWire>) -> Result<Vec<Noted>, String> {
    rows.into_iter().map(RowWire::noted).collect()
}
