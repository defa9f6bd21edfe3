//! Which values the entries of a plan may take, judged against the state after
//! it.
//!
//! An entry that takes a held value, or one that another entry of the plan
//! wants too, is refused; so is one whose change ends a join that let it share
//! a value. Entries that are joined when all is done may hold the same value.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::draft::{Draft, Key, KeyChanges, key_changes};
use super::plan::{Prepared, followers};
use super::stage::borrow;
use super::{RowId, Worksheet};
use crate::model::{AttributeName, Entry};
use crate::rule::KeySpace;
use crate::scan::{EntryRef, Holder, MOST_JOINED};

/// What is needed to judge the values of one entry of the plan.
struct View<'a> {
    prepared: &'a [Prepared],
    place: usize,
    done: &'a BTreeMap<EntryRef, KeyChanges>,
    place_of: &'a HashMap<EntryRef, usize>,
    takers: &'a HashMap<Key, Vec<usize>>,
}

impl View<'_> {
    fn own(&self) -> &Prepared {
        &self.prepared[self.place]
    }

    /// What the plan makes of another entry, if it still changes it.
    fn planned(&self, other: EntryRef) -> Option<&Prepared> {
        let place = *self.place_of.get(&other)?;
        let planned = self.prepared.get(place)?;
        planned.refused.is_none().then_some(planned)
    }
}

impl Worksheet {
    /// Refuses entries that take a held value or one that another wants, and
    /// what waits for those; notes which must wait for which. A refusal that
    /// leaves a join as it was can spoil what leaned on the new one, so that
    /// the rest is then judged again.
    pub(super) fn settle_keys(&self, prepared: &mut [Prepared]) {
        let done = self.done_changes();
        let place_of: HashMap<EntryRef, usize> = prepared
            .iter()
            .enumerate()
            .map(|(place, entry)| (entry.at, place))
            .collect();
        let mut takers: HashMap<Key, Vec<usize>> = HashMap::new();
        for (place, entry) in prepared.iter().enumerate() {
            for key in &entry.changes.taken {
                takers.entry(key.clone()).or_default().push(place);
            }
        }
        let compared = self.scan.join.compared();
        let moved: Vec<bool> = prepared
            .iter()
            .map(|entry| self.scan.forests.len() > 1 && has_moved(entry, &compared))
            .collect();
        loop {
            let kept = |prepared: &[Prepared]| -> Vec<bool> {
                let entries = prepared.iter().zip(&moved);
                entries
                    .map(|(e, moved)| *moved && e.refused.is_none())
                    .collect()
            };
            let before = kept(prepared);
            for place in 0..prepared.len() {
                let view = View {
                    prepared,
                    place,
                    done: &done,
                    place_of: &place_of,
                    takers: &takers,
                };
                let (needs, refused) = self.settle(&view, before[place]);
                let entry = &mut prepared[place];
                entry.needs = needs;
                entry.refused = entry.refused.take().or(refused);
            }
            spread_refusals(prepared, |at| self.scan.snapshot.dn(at).to_string());
            if kept(prepared) == before {
                return;
            }
        }
    }

    /// The entries that must go before this one, and why it cannot go at all.
    fn settle(&self, view: &View<'_>, moved: bool) -> (BTreeSet<usize>, Option<String>) {
        let mut needs = BTreeSet::new();
        let mut refused = None;
        for key in &view.own().changes.taken {
            match self.settle_key(view, key) {
                Ok(free_first) => needs.extend(free_first),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        if moved && refused.is_none() {
            refused = self.ended_join(view);
        }
        (needs, refused)
    }

    /// The entries of the plan that must free a key before it is taken.
    fn settle_key(&self, view: &View<'_>, key: &Key) -> Result<Vec<usize>, String> {
        let own = view.own();
        let mut needs = Vec::new();
        let mut held = Vec::new();
        let holders = self.scan.holders(&self.judge, key.0, &key.1);
        let joins = key.0 != KeySpace::Anchor && holders.len() < MOST_JOINED;
        let may_share =
            |other| self.scan.is_same_entry(other, own.at) || joins && self.are_joined(view, other);
        for holder in holders {
            let gone = |changes: Option<&KeyChanges>| changes.is_some_and(|c| c.frees(key));
            if gone(view.done.get(&holder.entry)) || may_share(holder.entry) {
                continue;
            }
            match view.place_of.get(&holder.entry) {
                Some(other) if gone(Some(&view.prepared[*other].changes)) => needs.push(*other),
                _ => held.push((holder.entry, holder.place.attribute)),
            }
        }
        let takes = |changes: &KeyChanges| changes.taken.binary_search(key).is_ok();
        let applied = view.done.iter().filter(|(_, changes)| takes(changes));
        let rivals = view.takers.get(key).map(Vec::as_slice).unwrap_or_default();
        let wanted = rivals.iter().map(|rival| view.prepared[*rival].at);
        let attribute = self.attribute_of(&own.after, key);
        for other in applied.map(|(at, _)| *at).chain(wanted) {
            if !may_share(other) {
                held.extend(attribute.clone().map(|attribute| (other, attribute)));
            }
        }
        let attributes: Vec<AttributeName> = held.iter().map(|(_, a)| a.clone()).collect();
        let minds = |attribute: &AttributeName| {
            let rule = self
                .judge
                .collision(&own.after, key.0, attribute, &attributes);
            rule.is_some_and(|rule| !own.rows.iter().any(|row| self.tolerates(*row, rule)))
        };
        match (held.first(), attribute) {
            (Some((other, place)), Some(attribute)) if minds(&attribute) => Err(format!(
                "{} has, or is about to get, the same value in {place}",
                self.scan.snapshot.dn(*other)
            )),
            _ => Ok(needs),
        }
    }

    /// Whether two entries are joined after the plan.
    fn are_joined(&self, view: &View<'_>, other: EntryRef) -> bool {
        let own = view.own();
        if !self.scan.is_of_two_forests(other, own.at) {
            return false;
        }
        let planned = view.planned(other);
        let entry = planned.map_or_else(
            || Cow::Owned(self.as_applied(other)),
            |planned| Cow::Borrowed(&planned.after),
        );
        let scan = &self.scan;
        scan.would_be_one_object((own.at, &own.after), (other, &entry))
            || self.is_silent_partner(own.at, other)
    }

    /// Why the change of what joins an entry may not be: another entry holds
    /// one of its values and would be a stranger then.
    fn ended_join(&self, view: &View<'_>) -> Option<String> {
        let own = view.own();
        let keys = self.judge.keys(&own.after).into_iter();
        let stranger = keys
            .filter(|key| key.space != KeySpace::Anchor)
            .find_map(|found| {
                let key: Key = (found.space, found.key);
                let frees = |changes: &KeyChanges| changes.frees(&key);
                let stranger = |holder: &Holder| {
                    !view.done.get(&holder.entry).is_some_and(frees)
                        && !view
                            .planned(holder.entry)
                            .is_some_and(|planned| frees(&planned.changes))
                        && !self.are_joined(view, holder.entry)
                        && self.minds(&own.after, &key, (&found.place.attribute, holder))
                };
                let mut holders = self.joined_holders(own.at, &key).into_iter();
                holders.find(stranger)
            })?;
        Some(format!(
            "it would no longer be joined with {}, which holds one of its values in {}",
            self.scan.snapshot.dn(stranger.entry),
            stranger.place.attribute
        ))
    }

    /// Which keys the rows that are applied by now have taken and freed.
    fn done_changes(&self) -> BTreeMap<EntryRef, KeyChanges> {
        let done: Vec<RowId> = self.rows().filter(|row| self.is_done(*row)).collect();
        self.entries_of(&done)
            .into_iter()
            .map(|(first, at)| {
                let scanned = self.scan.snapshot.entry(at);
                let deeds = self.deeds(RowId(first), Self::is_done);
                let now = Draft::of(&scanned, &borrow(&deeds)).entry;
                (at, key_changes(&self.judge, &scanned, &now))
            })
            .collect()
    }
}

/// Whether the plan changes anything that joins look at.
fn has_moved(entry: &Prepared, compared: &[AttributeName]) -> bool {
    let values = |from: &Entry, name: &AttributeName| from.values(name.as_str()).to_vec();
    compared
        .iter()
        .any(|name| values(&entry.current, name) != values(&entry.after, name))
}

/// Refuses what waits for something refused.
fn spread_refusals(prepared: &mut [Prepared], name: impl Fn(EntryRef) -> String) {
    let followers = followers(prepared);
    let mut refused: Vec<usize> = (0..prepared.len())
        .filter(|place| prepared[*place].refused.is_some())
        .collect();
    while let Some(place) = refused.pop() {
        let reason = format!(
            "takes a value that {} should give up first, and that change is refused",
            name(prepared[place].at)
        );
        for follower in &followers[place] {
            if prepared[*follower].refused.is_none() {
                prepared[*follower].refused = Some(reason.clone());
                refused.push(*follower);
            }
        }
    }
}
