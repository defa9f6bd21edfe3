//! Which entries the sync engine still joins when what was decided is done.
//!
//! Entries of two forests that are joined may hold the same value. Contacts
//! join by mail, users by what `--forest-join` names, so that a change of such
//! an attribute can end a join and bring out a duplicate that nobody saw.
//! Staging lets a join end while another undecided row can still restore it, or
//! give the shared value up; the plan, which sees all decisions, does not.

use super::draft::{Draft, Key};
use super::stage::borrow;
use super::{Action, RowId, Worksheet};
use crate::model::{AttributeName, Entry};
use crate::scan::{EntryRef, Holder, MOST_JOINED};

impl Worksheet {
    /// Whether `other` and the entry of `row`, which would look like `entry`, may
    /// both hold `key`: they are the same, or joined when all that is staged is
    /// done, or were joined and are not decided on yet.
    pub(super) fn may_share(
        &self,
        row: RowId,
        entry: &Entry,
        (other, key): (EntryRef, &Key),
    ) -> bool {
        let at = self.finding(row).entry;
        if self.scan.is_same_entry(other, at) {
            return true;
        }
        self.scan.is_of_two_forests(other, at)
            && (self
                .scan
                .would_be_one_object((at, entry), (other, &self.as_decided(other)))
                || self.is_silent_partner(at, other)
                || self.is_open_yet(row, (other, key)))
    }

    /// Whether an entry that was joined with `at` is skipped by the sync engine:
    /// what it holds cannot clash, joined or not.
    pub(super) fn is_silent_partner(&self, at: EntryRef, other: EntryRef) -> bool {
        self.scan.snapshot.is_skipped(other) && self.scan.is_one_object(other, at)
    }

    /// The holder of a value of `entry` whose join with it would end with what
    /// is written at `row`, so that the two hold the value as strangers.
    pub(super) fn left_alone_with(&self, row: RowId, entry: &Entry) -> Option<Holder> {
        let compared = self.scan.join.compared();
        if self.scan.forests.len() < 2 || !compared.contains(&self.finding(row).place.attribute) {
            return None;
        }
        let at = self.finding(row).entry;
        let keys = self.judge.keys(entry).into_iter();
        keys.filter(|key| key.space != crate::rule::KeySpace::Anchor)
            .find_map(|found| {
                let key: Key = (found.space, found.key);
                let holders = self.joined_holders(at, &key);
                holders.into_iter().find(|holder| {
                    !self.staged.frees(holder.entry, &key)
                        && !self.may_share(row, entry, (holder.entry, &key))
                        && self.minds(entry, &key, (&found.place.attribute, holder))
                })
            })
    }

    /// The holders of a key that were joined with an entry when it was scanned.
    pub(super) fn joined_holders(&self, at: EntryRef, key: &Key) -> Vec<Holder> {
        let mut holders = self.scan.holders(&self.judge, key.0, &key.1);
        if holders.len() > MOST_JOINED {
            return Vec::new();
        }
        holders.retain(|holder| {
            !self.scan.is_same_entry(holder.entry, at)
                && self.scan.is_one_object(holder.entry, at)
                && !self.scan.snapshot.is_skipped(holder.entry)
        });
        holders
    }

    /// Whether a rule minds that the two hold a key.
    pub(super) fn minds(
        &self,
        entry: &Entry,
        key: &Key,
        (attribute, holder): (&AttributeName, &Holder),
    ) -> bool {
        let other = std::slice::from_ref(&holder.place.attribute);
        let judge = &self.judge;
        judge.collision(entry, key.0, attribute, other).is_some()
    }

    /// An entry with everything that was decided on its rows and stands.
    pub(super) fn as_decided(&self, at: EntryRef) -> Entry {
        self.with_rows(at, |worksheet, row| {
            worksheet.is_open(row) || worksheet.is_done(row)
        })
    }

    /// An entry with what was applied to it since the scan.
    pub(super) fn as_applied(&self, at: EntryRef) -> Entry {
        self.with_rows(at, Self::is_done)
    }

    fn with_rows(&self, at: EntryRef, which: impl Fn(&Self, RowId) -> bool) -> Entry {
        let scanned = self.scan.snapshot.entry(at);
        let deeds = self.first_row(at).map(|row| self.deeds(row, which));
        match deeds {
            Some(deeds) if !deeds.is_empty() => Draft::of(&scanned, &borrow(&deeds)).entry,
            _ => scanned,
        }
    }

    /// Whether the two were joined when they were scanned, and a row that is
    /// still undecided could join them again, or part one of them from `key`.
    fn is_open_yet(&self, row: RowId, (other, key): (EntryRef, &Key)) -> bool {
        let at = self.finding(row).entry;
        let compared = self.scan.join.compared();
        let is_open = |sibling: RowId| {
            sibling != row
                && self.action(sibling) == Action::None
                && (compared.contains(&self.finding(sibling).place.attribute)
                    || self.key(sibling).as_ref() == Some(key))
        };
        let rows = self.siblings(row).chain(
            self.first_row(other)
                .into_iter()
                .flat_map(|first| self.siblings(first)),
        );
        self.scan.is_one_object(other, at) && rows.into_iter().any(is_open)
    }
}
