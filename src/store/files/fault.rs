//! A disk that fails on demand: in a test, every step at a file below a
//! watched folder is counted, and a chosen one fails or ends the process.
//!
//! A process that is dead does nothing to the disk any more, whatever its code
//! still tries. Files below a watched folder are not really synced: what would
//! have been is written down, for [`Disk::cut_power`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Step;

/// What happens to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiskFault {
    /// An error, and nothing is done.
    Refused,
    /// An error, though it is done.
    AnswerLost,
    /// An error, and half of the bytes are written: the disk is full.
    Torn,
    /// The process ends before it.
    KilledBefore,
    /// The process ends after it.
    KilledAfter,
    /// The process ends when half of the bytes are written.
    KilledTorn,
}

/// The disk below a folder, watched until dropped.
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Every step so far.
    steps: Vec<(Step, PathBuf)>,
    /// The number of the step that a fault waits for, from 1.
    waiting: Option<(usize, DiskFault)>,
    dead: bool,
    on_kill: Option<Box<dyn Fn() + Send>>,
    /// How much of each file would survive a power cut.
    synced: BTreeMap<PathBuf, u64>,
    /// Files that are open under their first name, and have another by now.
    renamed: BTreeMap<PathBuf, PathBuf>,
    /// Names that would be lost in a power cut.
    unsynced_names: Vec<PathBuf>,
}

/// The disks that are watched. By folder, because a step may be taken on any
/// thread.
static WATCHED: Mutex<Vec<(PathBuf, Arc<Mutex<State>>)>> = Mutex::new(Vec::new());

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// Watches a folder; `on_kill` is called when a fault ends the process.
    pub(crate) fn watch(folder: &Path, on_kill: impl Fn() + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State {
            on_kill: Some(Box::new(on_kill)),
            ..State::default()
        }));
        open(&WATCHED).push((folder.to_owned(), Arc::clone(&state)));
        Self(state)
    }

    /// Has the `nth` step from now on, counted from 1, meet `fault`.
    pub(crate) fn inject(&self, nth: usize, fault: DiskFault) {
        let mut state = open(&self.0);
        state.waiting = Some((state.steps.len() + nth, fault));
    }

    /// The steps so far.
    pub(crate) fn steps(&self) -> Vec<(Step, PathBuf)> {
        open(&self.0).steps.clone()
    }

    /// Takes from the disk what no sync has brought there: ends of files, and
    /// new names.
    pub(crate) fn cut_power(&self) {
        let state = open(&self.0);
        for (path, length) in &state.synced {
            if let Ok(file) = File::options().write(true).open(path) {
                let is = file.metadata().unwrap().len();
                file.set_len(is.min(*length)).unwrap();
            }
        }
        for name in &state.unsynced_names {
            drop(std::fs::rename(name, name.with_extension("part")));
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        open(&WATCHED).retain(|(_, state)| !Arc::ptr_eq(state, &self.0));
    }
}

fn watched(path: &Path) -> Option<Arc<Mutex<State>>> {
    let all = open(&WATCHED);
    let found = all.iter().find(|(folder, _)| path.starts_with(folder));
    found.map(|(_, state)| Arc::clone(state))
}

/// The length of a file, none if there is no file.
fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn error() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, "the test wants it so")
}

impl State {
    fn kill(&mut self) -> io::Error {
        self.dead = true;
        if let Some(on_kill) = &self.on_kill {
            on_kill();
        }
        error()
    }

    /// Counts a step, and takes out the fault that is due for it.
    fn due(&mut self, step: Step, path: &Path) -> io::Result<Option<DiskFault>> {
        if self.dead {
            return Err(error());
        }
        self.steps.push((step, path.to_owned()));
        let now = self.steps.len();
        let due = self.waiting.filter(|(at, _)| *at == now);
        if due.is_some() {
            self.waiting = None;
        }
        Ok(due.map(|(_, fault)| fault))
    }

    /// Writes down what survives a power cut from now on.
    fn done(&mut self, step: Step, path: &Path) {
        match step {
            Step::Open => {
                let kept = length(path);
                self.synced.entry(path.to_owned()).or_insert(kept);
            }
            Step::Sync => {
                self.synced.insert(path.to_owned(), length(path));
            }
            Step::Rename => {
                let part = path.with_extension("part");
                if let Some(length) = self.synced.remove(&part) {
                    self.synced.insert(path.to_owned(), length);
                    self.unsynced_names.push(path.to_owned());
                    self.renamed.insert(part, path.to_owned());
                }
            }
            Step::SyncFolder => self.unsynced_names.clear(),
            Step::Folder | Step::Write | Step::Cut => {}
        }
    }
}

/// Takes a step as the test wants it.
pub(super) fn take<T>(
    step: Step,
    path: &Path,
    effect: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Some(state) = watched(path) else {
        return effect();
    };
    let mut state = open(&state);
    let renamed = state.renamed.get(path).cloned();
    let path = renamed.as_deref().unwrap_or(path);
    let fault = state.due(step, path)?;
    match fault {
        Some(DiskFault::Refused) => return Err(error()),
        Some(DiskFault::KilledBefore) => return Err(state.kill()),
        _ => {}
    }
    let before = length(path);
    let value = effect()?;
    if step == Step::Write && matches!(fault, Some(DiskFault::Torn | DiskFault::KilledTorn)) {
        let half = before.midpoint(length(path));
        File::options().write(true).open(path)?.set_len(half)?;
    }
    state.done(step, path);
    match fault {
        Some(DiskFault::AnswerLost | DiskFault::Torn) => Err(error()),
        Some(DiskFault::KilledAfter | DiskFault::KilledTorn) => Err(state.kill()),
        _ => Ok(value),
    }
}

/// Takes a step that brings something to the disk. Below a watched folder it is
/// not: that costs more than the whole rest of a test, and a process that reads
/// the file back does not see the difference.
pub(super) fn sync(
    step: Step,
    path: &Path,
    effect: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let is_watched = watched(path).is_some();
    take(step, path, || if is_watched { Ok(()) } else { effect() })
}
