//! From decisions to changes: one modification an entry, judged as a whole.
//!
//! Checks at staging look at one row in the light of what was staged then; the
//! plan looks at what all decisions come to. An entry that would break a rule
//! loses the rows that do it; one that would take a held value, or a value that
//! another row wants too, is refused whole. Values that one entry frees and
//! another takes put the two in order; a circle of them is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::draft::{Draft, KeyChanges, KnownFaults, key_changes};
use super::stage::borrow;
use super::{RowId, Worksheet};
use crate::model::{AttributeName, Change, ChangeSet, Entry, Identity, Modification, Value};
use crate::rule::Place;
use crate::scan::EntryRef;

/// How many members of a circle a sentence names.
const NAMED: usize = 5;

/// The decisions, as changes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One modification an entry, in an order in which a value is freed before
    /// it is taken.
    pub changes: ChangeSet,
    /// For each modification the rows it carries out.
    pub rows: Vec<Vec<RowId>>,
    /// Rows with an action that cannot be planned, with the reason.
    pub refused: Vec<(RowId, String)>,
}

/// What is to become of one entry.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) at: EntryRef,
    pub(super) identity: Identity,
    pub(super) rows: Vec<RowId>,
    /// The entry with what was applied before.
    pub(super) current: Entry,
    /// The entry with everything.
    pub(super) after: Entry,
    /// Attributes that rows of this plan touch.
    pub(super) touched: BTreeSet<AttributeName>,
    /// Keys that this plan takes and frees.
    pub(super) changes: KeyChanges,
    pub(super) refused: Option<String>,
    /// Other entries of the plan that free what this one takes.
    pub(super) needs: BTreeSet<usize>,
}

impl Worksheet {
    /// The staged edits and removals as one modification an entry. Judges
    /// the state after the plan; rows that would break a rule or take a held
    /// value are refused.
    pub fn plan(&self) -> Plan {
        let decided = self.live.rows.unusual();
        let decided = decided.map(|(at, _)| RowId(u32::try_from(at).unwrap_or(u32::MAX)));
        let open: Vec<RowId> = decided.filter(|row| self.is_open(*row)).collect();
        let mut plan = Plan::default();
        let mut prepared: Vec<Prepared> = self
            .entries_of(&open)
            .into_iter()
            .filter_map(|(first, at)| self.prepare(at, RowId(first), &mut plan.refused))
            .collect();
        self.settle_keys(&mut prepared);
        let order = self.order(&mut prepared);
        self.write_down(prepared, &order, &mut plan);
        plan.refused.sort();
        plan
    }

    /// Puts the open rows of an entry together; rows that would break a rule
    /// are refused, and `None` is returned if none is left.
    fn prepare(
        &self,
        at: EntryRef,
        first: RowId,
        refused: &mut Vec<(RowId, String)>,
    ) -> Option<Prepared> {
        let scanned = self.scan.snapshot.entry(at);
        let known = KnownFaults::of(&scanned, &self.judge.faults(&scanned));
        let done = self.deeds(first, Self::is_done);
        let current = Draft::of(&scanned, &borrow(&done)).entry;
        let mut rows: Vec<RowId> = self
            .siblings(first)
            .filter(|row| self.is_open(*row))
            .collect();
        loop {
            if rows.is_empty() {
                return None;
            }
            let deeds = self.deeds(first, |worksheet, row| {
                worksheet.is_done(row) || rows.binary_search(&row).is_ok()
            });
            let draft = Draft::of(&scanned, &borrow(&deeds));
            let numbers: Vec<RowId> = deeds.iter().map(|(row, ..)| *row).collect();
            let faulty = self.faulty_rows(&draft, &numbers, &rows, &known);
            if faulty.is_empty() {
                let places = rows.iter().map(|row| &self.finding(*row).place);
                let changes = self.key_changes(&current, &draft, &rows);
                return Some(Prepared {
                    at,
                    identity: scanned.identity(),
                    touched: places.map(|place| place.attribute.clone()).collect(),
                    changes,
                    rows,
                    current,
                    after: draft.entry,
                    refused: None,
                    needs: BTreeSet::new(),
                });
            }
            rows.retain(|row| !faulty.contains_key(row));
            refused.extend(faulty);
        }
    }

    /// Which keys an entry takes and frees. A key that it holds already counts
    /// as taken where a row writes it: it may break another rule there.
    fn key_changes(&self, current: &Entry, draft: &Draft, rows: &[RowId]) -> KeyChanges {
        let mut changes = key_changes(&self.judge, current, &draft.entry);
        let written = rows.iter().filter_map(|row| {
            let value = self.decided(*row).deed()?;
            let attribute = &self.finding(*row).place.attribute;
            self.judge.key_of(&draft.entry, attribute, value)
        });
        changes.taken.extend(written);
        changes.taken.sort();
        changes.taken.dedup();
        changes
    }

    /// Rows of `rows` that make `draft` break a rule, or that repeat a value.
    /// `numbers` are the rows of the draft's deeds.
    fn faulty_rows(
        &self,
        draft: &Draft,
        numbers: &[RowId],
        rows: &[RowId],
        known: &KnownFaults,
    ) -> BTreeMap<RowId, String> {
        let written: HashMap<&Place, RowId> = draft
            .written
            .iter()
            .zip(numbers)
            .filter_map(|(place, row)| Some((place.as_ref()?, *row)))
            .filter(|(_, row)| rows.binary_search(row).is_ok())
            .collect();
        let mut blame = BTreeMap::new();
        for (place, row) in repeats(&draft.entry, &written) {
            let reason = format!("the entry holds this value in {} already", place.attribute);
            blame.insert(row, reason);
        }
        let faults = self.judge.faults(&draft.entry);
        let new: HashSet<&Place> = known
            .new_among(&draft.entry, &faults)
            .into_iter()
            .map(|fault| &fault.place)
            .collect();
        for fault in &faults {
            let blamed = match written.get(&fault.place) {
                Some(row) if self.tolerates(*row, fault.rule) => continue,
                Some(row) => std::slice::from_ref(row),
                None if !new.contains(&fault.place) || self.judge.follows_primary(fault.rule) => {
                    continue;
                }
                None => rows,
            };
            for row in blamed {
                blame.entry(*row).or_insert_with(|| self.sentence(fault));
            }
        }
        blame
    }

    /// An order in which values are freed before they are taken; refuses what
    /// has none.
    fn order(&self, prepared: &mut [Prepared]) -> Vec<usize> {
        let mut waits: Vec<usize> = prepared.iter().map(|entry| entry.needs.len()).collect();
        let mut ready: BTreeSet<usize> = (0..prepared.len())
            .filter(|place| prepared[*place].refused.is_none() && waits[*place] == 0)
            .collect();
        let followers = followers(prepared);
        let mut order = Vec::new();
        while let Some(place) = ready.pop_first() {
            order.push(place);
            for follower in &followers[place] {
                waits[*follower] -= 1;
                if waits[*follower] == 0 && prepared[*follower].refused.is_none() {
                    ready.insert(*follower);
                }
            }
        }
        let stuck: Vec<usize> = (0..prepared.len())
            .filter(|place| prepared[*place].refused.is_none() && waits[*place] > 0)
            .collect();
        let names: Vec<String> = stuck
            .iter()
            .take(NAMED)
            .map(|place| self.scan.snapshot.dn(prepared[*place].at).to_string())
            .collect();
        let more = match stuck.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        for place in stuck {
            prepared[place].refused = Some(format!(
                "these entries would exchange values in a circle, so none can be first: {}{more}",
                names.join(" and ")
            ));
        }
        order
    }

    fn write_down(&self, prepared: Vec<Prepared>, order: &[usize], plan: &mut Plan) {
        let mut position: HashMap<usize, usize> = HashMap::new();
        let mut slots: Vec<Option<Prepared>> = prepared.into_iter().map(Some).collect();
        for place in order {
            let Some(entry) = slots[*place].take() else {
                continue;
            };
            let changes = self.changes(&entry);
            if changes.is_empty() {
                let reason = "the entry is like that already".to_owned();
                plan.refused
                    .extend(entry.rows.iter().map(|row| (*row, reason.clone())));
                continue;
            }
            position.insert(*place, plan.rows.len());
            let needs = entry.needs.iter();
            plan.changes.depends_on.push(
                needs
                    .filter_map(|need| position.get(need).copied())
                    .collect(),
            );
            plan.changes.modifications.push(Modification {
                identity: entry.identity,
                dn: entry.current.dn.clone(),
                class: entry.current.class(),
                domain: self.scan.snapshot.domain(entry.at),
                changes,
            });
            plan.rows.push(entry.rows);
        }
        for entry in slots.into_iter().flatten() {
            if let Some(reason) = entry.refused {
                plan.refused
                    .extend(entry.rows.iter().map(|row| (*row, reason.clone())));
            }
        }
    }

    fn changes(&self, entry: &Prepared) -> Vec<Change> {
        entry
            .touched
            .iter()
            .filter_map(|attribute| {
                let values = |from: &Entry| from.values(attribute.as_str()).to_vec();
                let change = Change::between(
                    attribute.clone(),
                    self.is_single_valued(entry.at, attribute),
                    values(&entry.current),
                    values(&entry.after),
                )?;
                let is_shared = |value: &&Value| self.is_shared(entry, attribute, value);
                let shared = change.delete.iter().filter(is_shared).cloned().collect();
                Some(Change { shared, ..change })
            })
            .collect()
    }

    /// Whether another entry held the value too when it was scanned.
    fn is_shared(&self, entry: &Prepared, attribute: &AttributeName, value: &Value) -> bool {
        let key = value
            .as_text()
            .and_then(|text| self.judge.key_of(&entry.current, attribute, text));
        key.is_some_and(|(space, key)| {
            self.scan
                .holders(&self.judge, space, &key)
                .iter()
                .any(|holder| self.scan.snapshot.identity(holder.entry) != entry.identity)
        })
    }
}

/// Written places whose value the attribute holds a second time, ignoring case
/// as a directory does. The later one counts as the repeat.
fn repeats<'a>(entry: &Entry, written: &HashMap<&'a Place, RowId>) -> Vec<(&'a Place, RowId)> {
    let mut counts: HashMap<(&str, String), usize> = HashMap::new();
    let lower = |value: &Value| value.to_text_lossy().to_lowercase();
    let attributes: BTreeSet<&AttributeName> =
        written.keys().map(|place| &place.attribute).collect();
    for attribute in attributes {
        for value in entry.values(attribute.as_str()) {
            *counts
                .entry((attribute.as_str(), lower(value)))
                .or_default() += 1;
        }
    }
    let mut places: Vec<(&Place, RowId)> =
        written.iter().map(|(place, row)| (*place, *row)).collect();
    places.sort();
    places
        .into_iter()
        .filter(|(place, _)| {
            let values = entry.values(place.attribute.as_str());
            let index = place.value.map(|index| index as usize);
            index
                .and_then(|index| values.get(index))
                .is_some_and(|value| {
                    let count = counts.get_mut(&(place.attribute.as_str(), lower(value)));
                    count.is_some_and(|count| {
                        let repeated = *count > 1;
                        *count -= usize::from(repeated);
                        repeated
                    })
                })
        })
        .collect()
}

/// For each entry of the plan those that wait for it.
pub(super) fn followers(prepared: &[Prepared]) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); prepared.len()];
    for (place, entry) in prepared.iter().enumerate() {
        for need in &entry.needs {
            followers[*need].push(place);
        }
    }
    followers
}
