//! What sessions there are. A line of the list costs the first and the last
//! lines of a file, however long it is.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::wire::{Framed, Line, VERSION};
use super::{Head, KeptError, Record, SessionId, lock, lock_path, reader, session_path};
use crate::store::{Lock, Origin, files, frame};

/// How much of the end of a file is looked at first.
const TAIL: u64 = 1 << 16;

/// A session in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its name.
    pub id: SessionId,
    /// Its file.
    pub path: PathBuf,
    /// What it is about; none if its beginning is damaged.
    pub head: Option<Head>,
    /// When it was changed last, RFC 3339, UTC; empty if nothing says so.
    pub changed: String,
    /// How many decisions are staged in it.
    pub staged: usize,
    /// How many are kept beside those.
    pub aside: usize,
    /// Who works on it, if somebody does.
    pub held_by: Option<String>,
    /// Whether nothing in it can be read that says how much there is.
    pub is_unreadable: bool,
}

impl Summary {
    /// Whether nothing would be lost with it.
    pub fn is_empty(&self) -> bool {
        self.decisions() == 0 && !self.is_unreadable
    }

    /// How many decisions it has.
    pub fn decisions(&self) -> usize {
        self.staged + self.aside
    }

    /// The names of its forests.
    pub fn forests(&self) -> String {
        match &self.head {
            Some(head) => {
                let names = head.forests.iter().map(|forest| forest.name.as_str());
                names.collect::<Vec<_>>().join(", ")
            }
            None => "its beginning is damaged".to_owned(),
        }
    }
}

/// All sessions of a folder that hold decisions, the one that was changed last
/// first; none if there is no such folder.
pub fn list(folder: &Path) -> Result<Vec<Summary>, KeptError> {
    let fail = |source| KeptError::Read {
        path: folder.to_owned(),
        source,
    };
    let items = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        items => items.map_err(fail)?,
    };
    let mut summaries = Vec::new();
    for item in items {
        let name = item.map_err(fail)?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        let Some(id) = id.and_then(|id| SessionId::parse(id).ok()) else {
            continue;
        };
        match summarise(folder, id) {
            Ok(summary) => summaries.push(summary),
            // One that cannot be read must not hide the others.
            Err(error) => tracing::warn!(%error, "a session cannot be read"),
        }
    }
    summaries.retain(|summary| !summary.is_empty());
    summaries.sort_by(|a, b| (&b.changed, &b.id).cmp(&(&a.changed, &a.id)));
    Ok(summaries)
}

/// Reads a session whole. Whatever the file holds, this never fails for it: what
/// cannot be read is in [`Record::damage`].
pub fn read_session(folder: &Path, id: &SessionId) -> Result<Record, KeptError> {
    let path = session_path(folder, id);
    let read = || reader::parse(id, &path, BufReader::new(File::open(&path)?));
    read().map_err(|source| failed(folder, id, source))
}

/// Removes a session for ever; refused while another process works on it.
/// `origin` and `time` say who does so and when.
pub fn discard(
    folder: &Path,
    id: &SessionId,
    origin: &Origin,
    time: &str,
) -> Result<(), KeptError> {
    let path = session_path(folder, id);
    if !path.exists() {
        return Err(failed(folder, id, io::ErrorKind::NotFound.into()));
    }
    remove(folder, id, lock(folder, id, origin, time)?)
}

/// Removes a session whose lock the caller holds.
pub fn remove(folder: &Path, id: &SessionId, held: Lock) -> Result<(), KeptError> {
    let path = session_path(folder, id);
    drop(std::fs::remove_file(path.with_extension("part")));
    let removed = std::fs::remove_file(&path);
    drop(held);
    // Whoever takes the lock in between finds no session behind it.
    drop(std::fs::remove_file(lock_path(folder, id)));
    match removed {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed(folder, id, source)),
        _ => Ok(()),
    }
}

/// Copies the file of a damaged session to `ID.damaged`, for people to look at,
/// before it is written anew.
pub fn put_by(folder: &Path, id: &SessionId) -> Result<(), KeptError> {
    let path = session_path(folder, id);
    let copy = path.with_extension("damaged");
    let copied = std::fs::read(&path).and_then(|bytes| files::replace(&copy, &bytes));
    copied.map_err(|source| KeptError::Write { path: copy, source })
}

fn failed(folder: &Path, id: &SessionId, source: io::Error) -> KeptError {
    if source.kind() == io::ErrorKind::NotFound {
        KeptError::Missing {
            id: id.clone(),
            folder: folder.to_owned(),
        }
    } else {
        KeptError::Read {
            path: session_path(folder, id),
            source,
        }
    }
}

fn summarise(folder: &Path, id: SessionId) -> Result<Summary, KeptError> {
    let path = session_path(folder, &id);
    let fail = |source| KeptError::Read {
        path: path.clone(),
        source,
    };
    let mut file = File::open(&path).map_err(fail)?;
    let head = first_line(&mut file).map_err(fail)?;
    let head = head.filter(|head| head.id == id);
    let end = last_effect(&mut file, &id).map_err(fail)?;
    let (changed, staged, aside) = end.clone().unwrap_or_default();
    // Without an effect nothing was decided yet, or nothing can be read.
    let is_unreadable = end.is_none() && !read_session(folder, &id)?.damage.is_empty();
    Ok(Summary {
        held_by: Lock::holder(&lock_path(folder, &id)),
        is_unreadable,
        id,
        head,
        changed,
        staged,
        aside,
        path,
    })
}

fn first_line(file: &mut File) -> io::Result<Option<Head>> {
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let framed: Result<Framed<Line>, String> = frame::decode(line, VERSION);
    Ok(match framed {
        Ok(Framed {
            line: Line::Begin(head),
            ..
        }) => Some(*head),
        _ => None,
    })
}

/// When the last effect was, and how many decisions were staged and aside after
/// it; the end of the file is looked at in growing parts.
fn last_effect(file: &mut File, id: &SessionId) -> io::Result<Option<(String, usize, usize)>> {
    let length = file.metadata()?.len();
    let mut part = TAIL;
    loop {
        let from = length.saturating_sub(part);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(length - from).read_to_end(&mut bytes)?;
        for line in bytes.rsplit(|byte| *byte == b'\n') {
            if let Ok(Framed {
                of: Some(of),
                line: Line::Effect(effect),
                ..
            }) = frame::decode::<SessionId, Line>(line, VERSION)
                && of == *id
            {
                return Ok(Some((effect.time, effect.staged, effect.aside)));
            }
        }
        if from == 0 {
            return Ok(None);
        }
        part *= 8;
    }
}
