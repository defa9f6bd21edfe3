//! Writing a journal: the whole plan first and synced, then line by line.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::wire::{Line, ModificationLine, VERSION};
use super::{Header, JournalError, Tail, TransactionRecord};
use crate::model::ChangeSet;
use crate::store::Origin;
use crate::store::files::{self, PrivateFile};
use crate::store::frame::{self, Numbered};
use crate::transaction::TransactionId;

/// Outcome lines are synced in batches of this size, and at the end. They are
/// handed to the system one by one as they become known, so a killed process
/// loses none that was known; a power cut can lose a batch, which costs recover
/// a read of each entry in it and nothing else.
const SYNC_EVERY: usize = 64;

/// An open journal, to be appended to.
#[derive(Debug)]
pub(in crate::transaction) struct JournalWriter {
    file: PrivateFile,
    path: PathBuf,
    id: TransactionId,
    next: usize,
    unsynced: usize,
}

/// The SHA-256, in hex, of a plan as the journal writes it: the content of its
/// lines in order. Two plans with the same digest do the same to the same
/// entries in the same order.
pub fn plan_digest(plan: &ChangeSet) -> io::Result<String> {
    let mut hash = Sha256::new();
    for line in plan_lines(plan) {
        hash.update(frame::body(&line?));
        hash.update(b"\n");
    }
    Ok(hex(&hash.finalize()))
}

/// The digest of the lines of a plan as they stand in a journal.
pub(super) fn digest_of_bodies<'a>(bodies: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for body in bodies {
        hash.update(body);
        hash.update(b"\n");
    }
    hex(&hash.finalize())
}

/// The bytes of a line of the transaction `of`. The plan's lines do not say
/// whose they are: they are held together by the digest, which is the same for
/// the same plan.
fn encode(number: usize, of: Option<&TransactionId>, line: &Line) -> io::Result<Vec<u8>> {
    frame::encode(&Numbered {
        v: VERSION,
        n: number,
        of,
        line,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// The plan's lines; the first one is line 2 of the file.
fn plan_lines(plan: &ChangeSet) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    plan.modifications
        .iter()
        .enumerate()
        .map(|(index, modification)| {
            encode(
                index + 2,
                None,
                &Line::Modification(ModificationLine::new(
                    index,
                    modification,
                    plan.needs(index),
                )),
            )
        })
}

impl JournalWriter {
    /// Writes a plan so that when this returns it survives a power cut: to
    /// `ID.part`, synced, renamed to `ID.jsonl`, folder synced.
    pub(in crate::transaction) fn seal(
        path: &Path,
        header: Header,
        plan: &ChangeSet,
    ) -> Result<Self, JournalError> {
        let path = path.to_owned();
        let part = path.with_extension("part");
        let fail = |source| JournalError::Write {
            path: path.clone(),
            source,
        };
        path.parent()
            .map_or(Ok(()), files::make_folder)
            .map_err(fail)?;
        if path.exists() {
            return Err(fail(io::ErrorKind::AlreadyExists.into()));
        }
        let id = header.id.clone();
        let file = write_plan(&part, header, plan).map_err(fail)?;
        files::rename(&part, &path).map_err(fail)?;
        files::sync_folder_of(&path).map_err(fail)?;
        Ok(Self {
            file,
            path,
            id,
            next: plan.len() + 3,
            unsynced: 0,
        })
    }

    /// Opens the journal of an earlier process to go on with it. A line that
    /// was cut off is left as it is and declared as torn.
    pub(in crate::transaction) fn resume(
        record: &TransactionRecord,
        time: String,
        origin: &Origin,
    ) -> Result<Self, JournalError> {
        let fail = |source| JournalError::Write {
            path: record.path.clone(),
            source,
        };
        let file = PrivateFile::append(&record.path).map_err(fail)?;
        let mut writer = Self {
            file,
            path: record.path.clone(),
            id: record.id.clone(),
            next: record.next_number,
            unsynced: 0,
        };
        let mut lines = Vec::new();
        if record.tail == Tail::Torn {
            lines.push(Line::Torn { line: record.lines });
        }
        let origin = origin.clone();
        lines.push(Line::Resumed { time, origin });
        // All in one write: an interruption in between would make a line that
        // was cut off look damaged.
        let mut bytes = Vec::new();
        if record.tail != Tail::Whole {
            bytes.push(b'\n');
        }
        for line in &lines {
            bytes.extend(writer.encode(line).map_err(fail)?);
            writer.next += 1;
        }
        writer.file.write_all(&bytes).map_err(fail)?;
        writer.sync()?;
        Ok(writer)
    }

    pub(in crate::transaction) fn id(&self) -> &TransactionId {
        &self.id
    }

    pub(in crate::transaction) fn path(&self) -> &Path {
        &self.path
    }

    /// The next line.
    fn encode(&self, line: &Line) -> io::Result<Vec<u8>> {
        encode(self.next, Some(&self.id), line)
    }

    /// Appends a line in one write. A journal that somebody has deleted would
    /// still take it, and nobody would ever read it.
    pub(in crate::transaction) fn append(&mut self, line: &Line) -> Result<(), JournalError> {
        if !self.path.exists() {
            return Err(JournalError::Deleted {
                path: self.path.clone(),
            });
        }
        let bytes = self.encode(line).map_err(|source| self.fail(source))?;
        self.file
            .write_all(&bytes)
            .map_err(|source| self.fail(source))?;
        self.next += 1;
        self.unsynced += 1;
        if self.unsynced >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    /// Brings everything to the disk.
    pub(in crate::transaction) fn sync(&mut self) -> Result<(), JournalError> {
        self.file.sync().map_err(|source| self.fail(source))?;
        self.unsynced = 0;
        Ok(())
    }

    fn fail(&self, source: io::Error) -> JournalError {
        JournalError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

fn write_plan(part: &Path, header: Header, plan: &ChangeSet) -> io::Result<PrivateFile> {
    let file = PrivateFile::create_new(part)?;
    let mut out = BufWriter::new(file);
    let id = header.id.clone();
    out.write_all(&encode(1, None, &Line::Begin(header))?)?;
    for line in plan_lines(plan) {
        out.write_all(&line?)?;
    }
    let modifications = plan.len();
    out.write_all(&encode(
        modifications + 2,
        Some(&id),
        &Line::Sealed { modifications },
    )?)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync()?;
    Ok(file)
}
