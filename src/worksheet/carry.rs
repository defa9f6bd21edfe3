//! What was decided on a sheet, taken over by the sheet of a later reading.
//!
//! A row is the same while its entry (by objectGUID), its attribute and its
//! value are. Its decision stays, and with it every step of undo and redo that
//! changed it; a step of which no row is left is left out. What cannot stay is
//! never dropped in silence: it is named.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{
    Decision, KeptRow, Located, RowId, RowKey, RowState, Standing, Step, Unfit, Worksheet,
};
use crate::model::{AttributeName, Entry, Identity, Value};
use crate::scan::EntryRef;

/// What became of the rows of an earlier sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// For each row of the earlier sheet the same row now.
    pub rows: Vec<Option<RowId>>,
    /// Rows that are gone: the value is mended, or the entry is gone.
    pub gone: usize,
    /// Rows that were not there.
    pub new: usize,
    /// Rows at which another value stands now, or that break other rules.
    pub changed: usize,
    /// What was decided on rows that are gone.
    pub lost: Vec<Unfit>,
}

/// An entry as both sheets know it: its forest, and what names it.
type Who = (usize, Identity);

/// A row of an entry as both sheets know it.
type Spot<'a> = (&'a AttributeName, Option<&'a Value>);

impl Worksheet {
    /// Takes over what was decided on `old`, a sheet of the same sources, and what
    /// became of its rows. `is_fresh`: whether an entry of this sheet was read
    /// since, so that what was written to it shows.
    pub fn carry_over(&mut self, old: &Self, is_fresh: impl Fn(EntryRef) -> bool) -> Carried {
        let mut carried = self.same_rows(old);
        for (row, now) in old.rows().zip(carried.rows.clone()) {
            let (decision, state) = (old.decision(row), old.own_state(row));
            if decision == Decision::default() && *state == RowState::Open {
                continue;
            }
            match now {
                Some(now) => {
                    let is_fresh = is_fresh(self.finding(now).entry);
                    let (decision, state) = after_reading(&decision, state, is_fresh);
                    self.settle_at(now, decision, state);
                }
                None if old.is_staged(row) => carried.lost.extend(self.lost(old, row)),
                None => {}
            }
        }
        let moved = |step: &Arc<Step>| step.at(&carried.rows).map(Arc::new);
        self.undo = old.undo.iter().filter_map(moved).collect();
        self.redo = old.redo.iter().filter_map(moved).collect();
        self.last_step = old.last_step;
        if old.notes.is_some() {
            self.record();
        }
        let decided: Vec<RowId> = carried.rows.iter().flatten().copied().collect();
        for (first, entry) in self.entries_of(&decided) {
            let mut siblings = self.siblings(RowId(first));
            if siblings.any(|row| self.decision(row) != Decision::default()) {
                self.claim(entry, RowId(first));
            }
        }
        carried
    }

    /// Which rows are the same, and how many are not.
    fn same_rows(&self, old: &Self) -> Carried {
        let mut carried = Carried {
            rows: vec![None; old.len()],
            ..Carried::default()
        };
        let mut entries: HashMap<Who, RowId> = HashMap::new();
        for first in self.first_rows() {
            entries.entry(self.who(first)).or_insert(first);
        }
        let mut met = vec![false; self.len()];
        for first in old.first_rows() {
            let now = entries.get(&old.who(first)).copied();
            let entry = now.map(|row| self.entry(row));
            let now = now.zip(entry.as_ref());
            let now = now.map(|(row, entry)| self.rows_by_value(row, entry));
            let (now, before) = (now.unwrap_or_default(), old.entry(first));
            let mut gone: BTreeMap<&AttributeName, usize> = BTreeMap::new();
            for (spot, row) in &old.rows_by_value(first, &before) {
                let Some(now) = now.get(spot) else {
                    *gone.entry(spot.0).or_default() += 1;
                    continue;
                };
                carried.rows[row.0 as usize] = Some(*now);
                met[now.0 as usize] = true;
                carried.changed += usize::from(!self.breaks_the_same(*now, old, *row));
            }
            for ((attribute, _), row) in &now {
                // Another value at the same attribute of the same entry.
                if let Some(gone) = gone.get_mut(attribute)
                    && *gone > 0
                    && !met[row.0 as usize]
                {
                    *gone -= 1;
                    met[row.0 as usize] = true;
                    carried.changed += 1;
                }
            }
            carried.gone += gone.values().sum::<usize>();
        }
        carried.new = met.iter().filter(|met| !**met).count();
        carried
    }

    /// The rows of `entry`, of which one is given, by attribute and value.
    fn rows_by_value<'a>(&'a self, row: RowId, entry: &'a Entry) -> BTreeMap<Spot<'a>, RowId> {
        let spot = |row| {
            let place = &self.finding(row).place;
            let values = entry.values(place.attribute.as_str());
            let value = place.value.and_then(|at| values.get(at as usize));
            ((&place.attribute, value), row)
        };
        self.siblings(row).map(spot).collect()
    }

    /// The first row of each entry, in the order of the scan.
    fn first_rows(&self) -> impl Iterator<Item = RowId> {
        let mut last = None;
        self.rows().filter(move |row| {
            let entry = self.finding(*row).entry;
            last.replace(entry) != Some(entry)
        })
    }

    fn who(&self, row: RowId) -> Who {
        let entry = self.finding(row).entry;
        let domain = usize::from(self.scan.snapshot.domain(entry).0);
        let forest = self
            .scan
            .domains
            .get(domain)
            .map_or(0, |(forest, _)| *forest);
        (forest, self.scan.snapshot.identity(entry))
    }

    fn breaks_the_same(&self, now: RowId, old: &Self, row: RowId) -> bool {
        let rules = |sheet: &Self, row| {
            let faults = sheet.finding(row).faults.iter();
            faults.map(|fault| fault.rule).collect::<Vec<_>>()
        };
        rules(self, now) == rules(old, row)
    }

    /// A decision of `old` for which there is no row here.
    fn lost(&self, old: &Self, row: RowId) -> Option<Unfit> {
        let row = KeptRow {
            key: RowKey::of(&old.scan, row)?,
            dn: old.scan.snapshot.dn(old.finding(row).entry),
            decision: old.decision(row),
            standing: Standing::Staged,
        };
        let reason = match self.locate(&row.key) {
            Located::Changed(entry) => self.stands_instead(entry, &row),
            Located::Row(_) | Located::NoFinding(_) => "the value is no finding any more".into(),
            Located::NotJudged => "the entry is not judged any more".to_owned(),
            Located::NotRead => "the entry was not read".to_owned(),
            Located::Gone => "the entry is not there any more".to_owned(),
        };
        Some(Unfit { row, reason })
    }
}

/// What a decision and a state of a row are worth once it was read again with
/// its value as it was.
fn after_reading(decision: &Decision, state: &RowState, is_fresh: bool) -> (Decision, RowState) {
    match state {
        // What was written is not there: it is a finding like any other.
        RowState::Done | RowState::NotNeeded if is_fresh => (Decision::default(), RowState::Open),
        // Nothing in the way of the decision any more.
        RowState::Conflict(_) if is_fresh => (decision.clone(), RowState::Open),
        state => (decision.clone(), state.clone()),
    }
}
