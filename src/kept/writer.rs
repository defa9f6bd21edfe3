//! Writing a session: one line an effect, whole or not at all.
//!
//! A write that fails in the middle is taken back, so that the next one begins
//! a line. What undo and redo have made needless is dropped by writing the file
//! anew, beside it and then in its place.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::wire::{EffectWire, Line, RowWire, VERSION, What};
use super::{Head, KeptError, SessionId, session_path};
use crate::store::Origin;
use crate::store::files::{self, PrivateFile};
use crate::store::frame::{self, Numbered};
use crate::worksheet::{Decision, Kept, KeptStep, Noted, Standing, StepId};

/// Rows in a line.
const ROWS: usize = 256;
/// Bytes that are handed to the system at a time.
const BLOCK: usize = 1 << 16;
/// Needless rows up to which a file is never written anew.
const SPARE: usize = 20_000;

/// Something that happened to rows, but for the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What.
    pub what: What,
    /// When, RFC 3339, UTC.
    pub time: String,
    /// The step it is about, if it is about one.
    pub step: Option<StepId>,
    /// How many decisions are staged after it.
    pub staged: usize,
    /// How many are aside after it.
    pub aside: usize,
}

/// The open file of a session. Whoever has it holds the lock.
#[derive(Debug)]
pub struct Writer {
    file: PrivateFile,
    path: PathBuf,
    id: SessionId,
    /// The number of the next line.
    next: usize,
    /// The length of the file up to its last whole effect.
    length: u64,
    waste: Waste,
}

impl Writer {
    /// Writes a session so that when this returns it survives a power cut: to
    /// `ID.part`, synced, renamed to `ID.jsonl`, folder synced. `continued` says
    /// when and by whom it is gone on with.
    pub fn write_anew(
        folder: &Path,
        head: &Head,
        continued: Option<(&str, &Origin)>,
        kept: &Kept,
    ) -> Result<Self, KeptError> {
        let path = session_path(folder, &head.id);
        let part = path.with_extension("part");
        let write = || -> io::Result<Self> {
            files::make_folder(folder)?;
            let file = PrivateFile::create(&part)?;
            let mut out = Lines {
                out: BufWriter::with_capacity(BLOCK, file),
                id: &head.id,
                next: 1,
                length: 0,
            };
            out.line(&Line::Begin(Box::new(head.clone())))?;
            if let Some((time, origin)) = continued {
                let (time, origin) = (time.to_owned(), origin.clone());
                out.line(&Line::Continued { time, origin })?;
            }
            let time = continued.map_or(head.time.as_str(), |(time, _)| time);
            History { kept, time }.write(&mut out)?;
            let (next, length) = (out.next, out.length);
            let file = out
                .out
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?;
            file.sync()?;
            drop(file);
            files::rename(&part, &path)?;
            files::sync_folder_of(&path)?;
            Ok(Self {
                file: PrivateFile::append(&path)?,
                path: path.clone(),
                id: head.id.clone(),
                next,
                length,
                waste: Waste::of(kept),
            })
        };
        write().map_err(|source| KeptError::Write {
            path: path.clone(),
            source,
        })
    }

    /// The session.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an effect on `count` rows. If it fails the file is as it was, as far as the disk
    /// allows; the same effect can be tried again.
    pub fn append(
        &mut self,
        effect: &Effect,
        (count, rows): (usize, impl Iterator<Item = Noted>),
    ) -> Result<(), KeptError> {
        if !self.path.exists() {
            // It would still take what is written, and nobody would read it.
            return Err(KeptError::Deleted {
                path: self.path.clone(),
            });
        }
        let written = self.write(effect, count, rows);
        match written {
            Ok((next, length)) => {
                (self.next, self.length) = (next, length);
                self.waste.note(effect.what, effect.step, count);
                Ok(())
            }
            Err(source) => {
                if let Err(error) = self.file.cut_to(self.length) {
                    tracing::warn!(%error, "a line that was not written whole stays");
                }
                Err(self.fail(source))
            }
        }
    }

    /// Writes an effect; gives the number of the next line and the length then.
    fn write(
        &mut self,
        effect: &Effect,
        count: usize,
        rows: impl Iterator<Item = Noted>,
    ) -> io::Result<(usize, u64)> {
        let mut out = Lines {
            out: BufWriter::with_capacity(BLOCK, &mut self.file),
            id: &self.id,
            next: self.next,
            length: self.length,
        };
        let written = out.effect(effect, count, rows);
        let written = written.and_then(|()| out.out.flush());
        // After a failure the rest must not be written by being dropped.
        drop(out.out.into_parts());
        written.map(|()| (out.next, out.length))
    }

    /// Brings everything to the disk.
    pub fn sync(&mut self) -> Result<(), KeptError> {
        self.file.sync().map_err(|source| self.fail(source))
    }

    /// Whether most of the file is needless.
    pub fn is_wasteful(&self) -> bool {
        self.waste.written > 2 * self.waste.live() + SPARE
    }

    fn fail(&self, source: io::Error) -> KeptError {
        KeptError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

/// Lines on their way to a file.
struct Lines<'a, W: Write> {
    out: BufWriter<W>,
    id: &'a SessionId,
    next: usize,
    length: u64,
}

impl<W: Write> Lines<'_, W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        let bytes = frame::encode(&Numbered {
            v: VERSION,
            n: self.next,
            of: Some(self.id),
            line,
        })?;
        self.out.write_all(&bytes)?;
        self.next += 1;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn effect(
        &mut self,
        effect: &Effect,
        count: usize,
        mut rows: impl Iterator<Item = Noted>,
    ) -> io::Result<()> {
        let what = effect.what;
        let step = effect.step.map(|step| step.0);
        let mut left = count;
        loop {
            let names = what != What::Undo && what != What::Leave;
            let wire = |noted: Noted| {
                let dn = noted.dn.filter(|_| names);
                RowWire::new(&noted.key, dn, &noted.decision)
            };
            let part: Vec<RowWire> = rows.by_ref().take(ROWS).map(wire).collect();
            left = left.saturating_sub(ROWS);
            if left > 0 {
                self.line(&Line::Rows {
                    what,
                    step,
                    rows: part,
                })?;
                continue;
            }
            return self.line(&Line::Effect(EffectWire {
                what,
                time: effect.time.clone(),
                step,
                count,
                rows: part,
                staged: effect.staged,
                aside: effect.aside,
            }));
        }
    }
}

/// A history that is written as the effects that lead to it.
struct History<'a> {
    kept: &'a Kept,
    time: &'a str,
}

impl History<'_> {
    fn write<W: Write>(&self, out: &mut Lines<'_, W>) -> io::Result<()> {
        let kept = self.kept;
        let mut now = Now::new(kept);
        for step in kept.undo.iter().chain(kept.redo.iter().rev()) {
            let rows = step.rows.iter().map(|(at, _, after)| (*at, after.clone()));
            self.effect(out, &mut now, (What::Stage, Some(step.id)), rows.collect())?;
        }
        for step in &kept.redo {
            let rows = step.rows.iter().rev();
            let rows = rows.map(|(at, before, _)| (*at, before.clone()));
            self.effect(out, &mut now, (What::Undo, Some(step.id)), rows.collect())?;
        }
        for (what, standing) in [
            (What::Return, Standing::Staged),
            (What::Aside, Standing::Waiting),
            (What::Doubt, Standing::Doubtful),
        ] {
            let rows = kept.rows.iter().enumerate();
            let rows = rows
                .filter(|(at, row)| row.standing == standing && row.decision != now.decisions[*at]);
            let rows: Vec<_> = rows.map(|(at, row)| (at, row.decision.clone())).collect();
            if !rows.is_empty() {
                self.effect(out, &mut now, (what, None), rows)?;
            }
        }
        Ok(())
    }

    fn effect<W: Write>(
        &self,
        out: &mut Lines<'_, W>,
        now: &mut Now,
        (what, step): (What, Option<StepId>),
        rows: Vec<(usize, Decision)>,
    ) -> io::Result<()> {
        let is_aside = matches!(what, What::Aside | What::Doubt);
        for (at, decision) in &rows {
            now.put(*at, decision.clone(), is_aside);
        }
        let effect = Effect {
            what,
            time: self.time.to_owned(),
            step,
            staged: now.staged,
            aside: now.aside,
        };
        let count = rows.len();
        let rows = rows.into_iter().map(|(at, decision)| {
            let row = &self.kept.rows[at];
            Noted {
                key: row.key.clone(),
                dn: Some(row.dn.clone()),
                decision,
            }
        });
        out.effect(&effect, count, rows)
    }
}

/// The decisions while a history is written.
struct Now {
    decisions: Vec<Decision>,
    staged: usize,
    aside: usize,
}

impl Now {
    fn new(kept: &Kept) -> Self {
        Self {
            decisions: vec![Decision::default(); kept.rows.len()],
            staged: 0,
            aside: 0,
        }
    }

    fn put(&mut self, at: usize, decision: Decision, is_aside: bool) {
        let none = Decision::default();
        let is = usize::from(decision != none);
        if is_aside {
            self.aside += is;
        } else {
            self.staged += is;
            self.staged -= usize::from(self.decisions[at] != none);
        }
        self.decisions[at] = decision;
    }
}

/// How much of a file is needless, counted in rows.
#[derive(Debug, Default)]
struct Waste {
    written: usize,
    undo: Steps,
    redo: Steps,
    others: usize,
}

/// How many rows the steps of a history have, the latest last.
#[derive(Debug, Default)]
struct Steps {
    rows: usize,
    each: Vec<(Option<StepId>, usize)>,
}

impl Steps {
    fn push(&mut self, step: Option<StepId>, rows: usize) {
        self.rows += rows;
        self.each.push((step, rows));
    }

    fn pop(&mut self, step: Option<StepId>) {
        if let Some((_, rows)) = self.each.pop_if(|(id, _)| *id == step) {
            self.rows -= rows;
        }
    }
}

impl Waste {
    fn of(kept: &Kept) -> Self {
        let steps = |steps: &[KeptStep]| {
            let mut sum = Steps::default();
            for step in steps {
                sum.push(Some(step.id), step.rows.len());
            }
            sum
        };
        let mut waste = Self {
            written: 0,
            undo: steps(&kept.undo),
            redo: steps(&kept.redo),
            others: kept.aside(),
        };
        waste.written = waste.live();
        waste
    }

    /// The rows that a file written anew would have, or somewhat more.
    fn live(&self) -> usize {
        self.undo.rows + 2 * self.redo.rows + self.others
    }

    fn note(&mut self, what: What, step: Option<StepId>, rows: usize) {
        self.written += rows;
        match what {
            What::Stage => {
                self.redo = Steps::default();
                self.undo.push(step, rows);
            }
            What::Undo => {
                self.undo.pop(step);
                self.redo.push(step, rows);
            }
            What::Redo => {
                self.redo.pop(step);
                self.undo.push(step, rows);
            }
            // What was written of them before is needless, too.
            What::Leave => self.written += rows,
            What::Return | What::Aside | What::Doubt => self.others += rows,
        }
    }
}
