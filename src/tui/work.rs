//! Work on the whole sheet that may take longer than a frame: it is done on a
//! copy of the sheet, on another thread, while the old one stays on the screen.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::screens::review::{Review, count};
use crate::exception::Why;
use crate::session::Acceptances;
use crate::worksheet::{Bulk, Composer, Overview, Pace, Rehearsal, RowId, Task, Worksheet};

/// Most reasons that a notice lists.
const REASONS: usize = 5;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job {
    /// Change the sheet.
    Perform(Task),
    /// Put together what would be written.
    Review,
    /// The exceptions that accept these rows.
    Exceptions(Vec<RowId>, Why),
}

impl Job {
    /// How many rows it goes through.
    pub(super) fn size(&self, sheet: &Worksheet) -> usize {
        match self {
            Self::Perform(task) => sheet.size_of(task),
            Self::Review => sheet.staged(),
            Self::Exceptions(rows, _) => rows.len(),
        }
    }

    /// What is going on, in words.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Perform(Task::Undo) => "taking back",
            Self::Perform(Task::Settle(_)) => "noting the outcomes of",
            Self::Perform(_) => "deciding on",
            Self::Review => "putting together the review of",
            Self::Exceptions(..) => "noting why",
        }
    }

    /// Does it on a sheet; `None` when it was stopped.
    pub(super) fn perform(&self, sheet: &mut Worksheet, pace: &Pace) -> Option<Made> {
        match self {
            Self::Perform(task) => {
                let bulk = sheet.perform(task, pace)?;
                Some(Made::Change(Told::of(bulk)))
            }
            Self::Review => Some(Made::Review(Box::new(Review::new(sheet)))),
            Self::Exceptions(rows, why) => {
                Some(Made::Acceptances(acceptances(sheet, rows.clone(), why)))
            }
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Made {
    Change(Told),
    Review(Box<Review>),
    Acceptances(Acceptances),
}

/// What a change of the sheet did, counted.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) staged: usize,
    pub(super) refused: usize,
    /// The reason of the first that was refused.
    pub(super) first: Option<String>,
    /// Each reason once, with how many rows it is about.
    pub(super) reasons: Vec<String>,
}

impl Told {
    fn of(bulk: Bulk) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, reason) in &bulk.refused {
            *counts.entry(reason).or_default() += 1;
        }
        let rows = |number| count(number, "row", "rows");
        let shown = counts.iter().take(REASONS);
        let mut reasons: Vec<String> = shown
            .map(|(reason, number)| format!("{}: {reason}", rows(*number)))
            .collect();
        if counts.len() > REASONS {
            reasons.push(format!("and {} more reasons", counts.len() - REASONS));
        }
        Self {
            staged: bulk.staged,
            refused: bulk.refused.len(),
            reasons,
            first: bulk.refused.into_iter().next().map(|(_, reason)| reason),
        }
    }
}

/// Work that is to be done on another thread.
#[derive(Debug)]
pub struct Working {
    number: u64,
    sheet: Box<Worksheet>,
    job: Job,
    pace: Arc<Pace>,
}

/// Work that is done, or was stopped.
#[derive(Debug)]
pub struct Worked {
    pub(super) number: u64,
    /// The sheet as it is now, and what came of it.
    pub(super) made: Option<(Box<Worksheet>, Made)>,
}

impl Working {
    pub(super) fn new(number: u64, sheet: &Worksheet, job: Job) -> Self {
        let mut sheet = Box::new(sheet.clone());
        // They are told by the sheet that it is a copy of.
        drop(sheet.take_notes());
        Self {
            number,
            sheet,
            job,
            pace: Arc::default(),
        }
    }

    /// Asks it to stop, and says how far it is.
    pub(super) fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// Does it.
    pub fn carry_out(mut self) -> Worked {
        let made = self.job.perform(&mut self.sheet, &self.pace);
        Worked {
            number: self.number,
            made: made.map(|made| (self.sheet, made)),
        }
    }
}

/// A bulk edit that is to be tried out on another thread.
#[derive(Debug)]
pub struct Rehearsing {
    number: u64,
    sheet: Box<Worksheet>,
    rows: Arc<[RowId]>,
    composer: Composer,
    pace: Arc<Pace>,
}

impl Rehearsing {
    pub(super) fn new(
        number: u64,
        sheet: &Worksheet,
        (rows, composer): (Arc<[RowId]>, Composer),
        pace: Arc<Pace>,
    ) -> Self {
        Self {
            number,
            sheet: Box::new(sheet.clone()),
            rows,
            composer,
            pace,
        }
    }

    pub(super) fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// Tries it out; `None` when it was stopped.
    pub fn carry_out(self) -> Option<(u64, Rehearsal)> {
        let rehearsal = self
            .sheet
            .rehearse(&self.rows, &self.composer, &self.pace)?;
        Some((self.number, rehearsal))
    }
}

/// All rows, to be counted on another thread.
#[derive(Debug)]
pub struct Counting {
    number: u64,
    sheet: Box<Worksheet>,
}

impl Counting {
    pub(super) fn new(number: u64, sheet: &Worksheet) -> Self {
        Self {
            number,
            sheet: Box::new(sheet.clone()),
        }
    }

    /// Counts them.
    pub fn carry_out(self) -> (u64, Box<Overview>) {
        (self.number, Box::new(self.sheet.overview()))
    }
}

fn acceptances(sheet: &Worksheet, rows: Vec<RowId>, why: &Why) -> Acceptances {
    let mut exceptions = Vec::new();
    for row in &rows {
        let (forest, of_row) = sheet.exceptions(*row, why);
        exceptions.extend(of_row.into_iter().map(|one| (forest.clone(), one)));
    }
    Acceptances { rows, exceptions }
}
