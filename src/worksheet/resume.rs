//! Going on with decisions that were kept: laying them over a fresh worksheet.
//!
//! A decision is staged again only at the very value that it was made for, and
//! only if it passes the check that any staging passes. Nothing is dropped in
//! silence: what cannot be staged is named, and stays kept as long as it might
//! fit a later scan.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::{
    Action, Decision, Kept, KeptRow, KeptStep, Located, RowId, Standing, Step, StepId, Worksheet,
};
use crate::model::Value;
use crate::scan::EntryRef;

/// What became of kept decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resumed {
    /// How many are staged again.
    pub staged: usize,
    /// How many the directory holds by now, as they were decided.
    pub already: usize,
    /// Those whose value is gone: they do not fit any more.
    pub lost: Vec<Unfit>,
    /// Those that wait: kept, but not staged.
    pub aside: Vec<Unfit>,
}

/// A decision that was not staged again, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The decision.
    pub row: KeptRow,
    /// Why it was not staged.
    pub reason: String,
}

/// `EDIT mail 'a b@x' of CN=anna,DC=x to 'ab@x': the entry was not found`, raw;
/// whoever shows it escapes it.
impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row, self.reason)
    }
}

/// Raw; whoever shows it escapes it.
impl fmt::Display for KeptRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        write!(f, "{} {}", self.decision.action.word(), key.attribute)?;
        if let Some(value) = &key.value {
            write!(f, " '{}'", value.to_text_lossy())?;
        }
        write!(f, " of {}", self.dn)?;
        match &self.decision.update {
            Some(update) => write!(f, " to '{update}'"),
            None => Ok(()),
        }
    }
}

/// Where a kept row is.
#[derive(Debug)]
enum Place {
    /// At this row.
    At(RowId),
    /// The directory is as it was decided.
    Already,
    /// Its value is gone.
    Lost(String),
    /// It has to wait.
    Aside(String),
}

impl Worksheet {
    /// Stages kept decisions, and makes their history that of this worksheet,
    /// which must not have one yet. `kept` is afterwards what is to be kept.
    /// `whole` says that the scan looked for every entry that the decisions may
    /// be about; else an entry that is not there is no loss.
    pub fn resume(&mut self, kept: &mut Kept, whole: bool) -> Resumed {
        let mut places = self.places(kept, whole);
        self.stage_kept(kept, &mut places);
        let mut resumed = Resumed::default();
        for (row, place) in kept.rows.iter().zip(&places) {
            if !row.is_decided() {
                continue;
            }
            let unfit = |reason: &String| Unfit {
                row: row.clone(),
                reason: reason.clone(),
            };
            match place {
                Place::At(_) => resumed.staged += 1,
                Place::Already => resumed.already += 1,
                Place::Lost(reason) => resumed.lost.push(unfit(reason)),
                Place::Aside(reason) => resumed.aside.push(unfit(reason)),
            }
        }
        let places = set_aside(kept, &places);
        self.take_history(kept, &places);
        resumed
    }

    fn places(&self, kept: &Kept, whole: bool) -> Vec<Place> {
        let mut taken: HashSet<RowId> = HashSet::new();
        let mut places = Vec::with_capacity(kept.rows.len());
        for row in &kept.rows {
            let waits = |reason: &str| Place::Aside(reason.to_owned());
            places.push(match self.locate(&row.key) {
                Located::Row(_) if row.standing == Standing::Doubtful => {
                    waits("a damaged line of the session may have changed it")
                }
                Located::Row(at) if !taken.insert(at) => {
                    waits("another kept decision is about the same value")
                }
                Located::Row(at) => Place::At(at),
                Located::Changed(entry) if self.is_as_decided(entry, row) => Place::Already,
                Located::Changed(entry) => Place::Lost(self.stands_instead(entry, row)),
                Located::Gone if whole => Place::Lost("the entry was not found".to_owned()),
                Located::NoFinding(_) => waits("the value stands, but is no finding of this scan"),
                Located::NotJudged => waits("this scan did not judge the entry"),
                Located::NotRead | Located::Gone => waits("this scan did not come to the entry"),
            });
        }
        places
    }

    /// Whether an entry that has lost the value of a row is as the decision
    /// wanted it.
    fn is_as_decided(&self, entry: EntryRef, row: &KeptRow) -> bool {
        match (row.decision.action, &row.decision.update) {
            (Action::Edit, Some(update)) => {
                let entry = self.scan.snapshot.entry(entry);
                let update = Value::from(&**update);
                entry.values(row.key.attribute.as_str()).contains(&update)
            }
            (Action::Remove, _) => true,
            _ => false,
        }
    }

    pub(super) fn stands_instead(&self, entry: EntryRef, row: &KeptRow) -> String {
        let entry = self.scan.snapshot.entry(entry);
        match entry.values(row.key.attribute.as_str()) {
            [] => "the value was removed since".to_owned(),
            [now] => format!("the value was changed since, to '{}'", now.to_text_lossy()),
            _ => "the value was changed since".to_owned(),
        }
    }

    /// Stages what has a row. One decision may take what another gives up, so
    /// what is refused is tried again as long as others could be staged, from
    /// either end by turns.
    fn stage_kept(&mut self, kept: &Kept, places: &mut [Place]) {
        let rows = kept.rows.iter().enumerate();
        let decided = rows.filter(|(_, row)| row.is_decided());
        let mut waiting: Vec<usize> = decided.map(|(at, _)| at).collect();
        loop {
            let mut refused = Vec::new();
            for at in &waiting {
                let Place::At(row) = places[*at] else {
                    continue;
                };
                match self.stage_again(row, &kept.rows[*at].decision) {
                    Ok(true) => {}
                    Ok(false) => places[*at] = Place::Already,
                    Err(reason) => refused.push((*at, reason)),
                }
            }
            if refused.is_empty() || refused.len() == waiting.len() {
                for (at, reason) in refused {
                    places[at] = Place::Aside(reason);
                }
                return;
            }
            waiting = refused.into_iter().map(|(at, _)| at).rev().collect();
        }
    }

    /// Stages a decision without a step; `false` if it need not be kept.
    fn stage_again(&mut self, row: RowId, decision: &Decision) -> Result<bool, String> {
        self.admit(row, decision)?;
        self.put(row, decision.clone());
        self.claim(self.finding(row).entry, row);
        Ok(self.is_kept(row))
    }

    fn take_history(&mut self, kept: &Kept, places: &[Option<RowId>]) {
        let steps = |steps: &[KeptStep]| -> Vec<Arc<Step>> {
            let step = |step: &KeptStep| {
                let rows = step.rows.iter().filter_map(|(at, before, after)| {
                    Some(((*places.get(*at)?)?, before.clone(), after.clone()))
                });
                Arc::new(Step {
                    id: step.id,
                    rows: rows.collect(),
                })
            };
            steps.iter().map(step).collect()
        };
        self.undo = steps(&kept.undo);
        self.redo = steps(&kept.redo);
        self.last_step = kept.last_step();
    }
}

/// Makes `kept` what is to be kept, and gives the rows of what is left of it:
/// what waits is aside and no part of the history; what waited and is staged is
/// a step of its own, the oldest.
fn set_aside(kept: &mut Kept, places: &[Place]) -> Vec<Option<RowId>> {
    let waits = |at: usize| matches!(places[at], Place::Aside(_));
    let mut back = Vec::new();
    for (at, row) in kept.rows.iter_mut().enumerate() {
        if row.standing == Standing::Waiting && !waits(at) {
            back.push((at, Decision::default(), row.decision.clone()));
        }
        row.standing = match row.standing {
            Standing::Doubtful => Standing::Doubtful,
            _ if waits(at) => Standing::Waiting,
            _ => Standing::Staged,
        };
    }
    if !back.is_empty() {
        let id = StepId(kept.last_step().0 + 1);
        kept.undo.insert(0, KeptStep { id, rows: back });
    }
    for step in kept.undo.iter_mut().chain(&mut kept.redo) {
        step.rows.retain(|(at, ..)| !waits(*at));
    }
    let stays = |at: usize, row: &KeptRow| match &places[at] {
        Place::At(_) => true,
        Place::Aside(_) => row.is_decided(),
        Place::Already | Place::Lost(_) => false,
    };
    let left = (places.iter().zip(&kept.rows).enumerate()).filter(|(at, (_, row))| stays(*at, row));
    let left = left.map(|(_, (place, _))| match place {
        Place::At(row) => Some(*row),
        _ => None,
    });
    let left = left.collect();
    kept.retain(stays);
    left
}
