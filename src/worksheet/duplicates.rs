//! A conflict set in one view: who holds the value, who should keep it, and what
//! becomes of the others.

use std::collections::BTreeSet;

use super::proposal::is_removable;
use super::sets::entries_of;
use super::{Choice, RowId, Worksheet, keeper};
use crate::model::{AttributeName, ObjectClass};
use crate::rule::ErrorWord;
use crate::scan::{EntryRef, Holder, Part};

/// Sets of more entries are not resolved in one view: nobody reads that many.
const MOST: usize = 200;
/// How many numbers are tried behind a name.
const VARIANTS: usize = 50;

/// One place where the value of a set is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The entry.
    pub entry: EntryRef,
    /// Its row for this value, if it has one: only then can it be changed here.
    pub row: Option<RowId>,
    /// Its name.
    pub dn: String,
    /// Its kind.
    pub class: ObjectClass,
    /// Where it holds the value.
    pub attribute: AttributeName,
    /// As spelled there.
    pub value: String,
    /// What helps to decide: disabled, protected, created, changed, and why it
    /// cannot be changed here.
    pub remarks: Vec<String>,
}

/// Everybody who holds one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// The value in the form in which it is compared.
    pub key: String,
    /// The places, by domain and name.
    pub holdings: Vec<Holding>,
    /// Who should keep it, if one is clearly first.
    pub keeper: Option<EntryRef>,
}

impl Worksheet {
    /// The conflict set of a row's value.
    ///
    /// # Errors
    ///
    /// If it has none, or one that is too large for one view.
    pub fn duplicates(&self, row: RowId) -> Result<Duplicates, String> {
        let number = self.set_number(row);
        let set = number.and_then(|number| self.scan.conflicts.sets().get(number as usize));
        let (Some(set), Some(number)) = (set, number) else {
            return Err("no other entry holds this value, or it need not be unique".to_owned());
        };
        let entries = entries_of(set);
        if entries > MOST {
            return Err(format!(
                "{entries} entries hold this value: too many for one view; filter and mark them"
            ));
        }
        let rows = self.rows_of_set(number);
        let holding = |holder: &Holder| {
            let is_here = |row: &&RowId| {
                let finding = self.finding(**row);
                finding.entry == holder.entry && finding.place == holder.place
            };
            let row = rows.iter().find(is_here).copied();
            let snapshot = &self.scan.snapshot;
            let value = holder
                .place
                .value
                .and_then(|index| snapshot.value(holder.entry, &holder.place.attribute, index));
            Holding {
                entry: holder.entry,
                row,
                dn: snapshot.dn(holder.entry).to_string(),
                class: snapshot.class(holder.entry),
                attribute: holder.place.attribute.clone(),
                value: String::from_utf8_lossy(value.unwrap_or_default()).into_owned(),
                remarks: self.remarks(holder.entry, row),
            }
        };
        Ok(Duplicates {
            key: set.key.to_string(),
            holdings: set.holders.iter().map(holding).collect(),
            keeper: keeper::keeper(set, &self.scan),
        })
    }

    /// What helps to decide who keeps a value.
    fn remarks(&self, at: EntryRef, row: Option<RowId>) -> Vec<String> {
        let entry = self.scan.snapshot.entry(at);
        let mut remarks = Vec::new();
        let control = entry.integer("userAccountControl").unwrap_or(0);
        if control & keeper::DISABLED != 0 {
            remarks.push("disabled".to_owned());
        }
        if entry.has("mailNickname") {
            remarks.push("mail-enabled".to_owned());
        }
        if entry.integer("adminCount") == Some(1) {
            remarks.push("protected (adminCount)".to_owned());
        }
        for (attribute, word) in [("whenCreated", "created"), ("whenChanged", "changed")] {
            if let Some(day) = entry.text(attribute).and_then(day) {
                remarks.push(format!("{word} {day}"));
            }
        }
        match self.scan.snapshot.part(at) {
            Part::OutOfScope => remarks.push("out of scope: not changed here".to_owned()),
            Part::Skipped(reason) => {
                remarks.push(format!("not synchronised ({reason}): not changed here"));
            }
            Part::Judged if row.is_none() => {
                remarks.push("no fault of its own: not changed here".to_owned());
            }
            Part::Judged => {}
        }
        remarks
    }

    /// What becomes of everybody else when `keeper` keeps the value: the value
    /// is taken away where it is a secondary address, else edited to the next
    /// free one of the same name. In the order of the holdings.
    pub fn give_to(&self, duplicates: &Duplicates, keeper: EntryRef) -> Vec<Option<Choice>> {
        let holdings = &duplicates.holdings;
        let mut choices: Vec<Option<Choice>> = vec![None; holdings.len()];
        let mut copy = self.for_a_try();
        let mut others: BTreeSet<EntryRef> = holdings.iter().map(|held| held.entry).collect();
        others.retain(|other| !self.is_one_with(keeper, *other));
        for (at, held) in holdings.iter().enumerate() {
            if !others.contains(&held.entry) {
                choices[at] = held
                    .row
                    .filter(|row| self.is_duplicate_only(*row))
                    .map(|_| Choice::Complete);
            }
        }
        for other in others {
            let own = (0..holdings.len()).filter(|at| holdings[*at].entry == other);
            let own: Vec<(usize, RowId)> =
                own.filter_map(|at| Some((at, holdings[at].row?))).collect();
            let mut edited = Vec::new();
            for (at, row) in own {
                let held = &holdings[at];
                if is_removable(&held.attribute, &held.value) {
                    // Where it cannot be taken away, the check of it says why.
                    let _removed = copy.choose_one(row, Choice::Remove);
                    choices[at] = Some(Choice::Remove);
                } else {
                    edited.push((at, row));
                }
            }
            if let Some((tried, values)) = copy.next_free(&edited, holdings) {
                copy = tried;
                for ((at, _), value) in edited.iter().zip(values) {
                    choices[*at] = Some(Choice::Edit(value));
                }
            }
        }
        choices
    }

    /// The first number that gives free values to all of an entry's rows, with
    /// them staged on a copy.
    fn next_free(
        &self,
        rows: &[(usize, RowId)],
        holdings: &[Holding],
    ) -> Option<(Self, Vec<String>)> {
        if rows.is_empty() || rows.iter().any(|(at, _)| self.is_elsewhere(&holdings[*at])) {
            return None;
        }
        (2..).take(VARIANTS).find_map(|number| {
            let values: Option<Vec<String>> = rows
                .iter()
                .map(|(at, _)| numbered(&holdings[*at].value, number))
                .collect();
            let values = values?;
            let mut tried = self.for_a_try();
            let choices = rows.iter().zip(&values);
            let fits = choices
                .map(|((_, row), value)| (*row, Choice::Edit(value.clone())))
                .all(|(row, choice)| tried.choose_one(row, choice));
            fits.then_some((tried, values))
        })
    }

    /// Whether another address would reach somebody else: of a contact, or of
    /// one whose mail goes elsewhere.
    fn is_elsewhere(&self, held: &Holding) -> bool {
        held.attribute != self.judge.settings.login_attribute
            && (held.class == ObjectClass::Contact
                || self.scan.snapshot.entry(held.entry).has("targetAddress"))
    }

    /// Stages a choice; whether it passed its check.
    fn choose_one(&mut self, row: RowId, choice: Choice) -> bool {
        self.choose_all(&[(row, choice)]).refused.is_empty()
    }

    /// Whether the only fault of a row is that others hold the value, too.
    fn is_duplicate_only(&self, row: RowId) -> bool {
        let mut faults = self.finding(row).faults.iter();
        faults.all(|fault| {
            let error = self.judge.rules.rule(fault.rule).error;
            error == ErrorWord::Duplicate
        })
    }

    /// Whether two entries are one object to the cloud.
    fn is_one_with(&self, one: EntryRef, other: EntryRef) -> bool {
        self.scan.is_same_entry(one, other) || self.scan.is_one_object(one, other)
    }

    /// Why the choices for a set cannot be staged together, in their order.
    pub fn faults_of(&self, choices: &[(RowId, Choice)]) -> Vec<Option<String>> {
        let mut copy = self.for_a_try();
        let choices = choices.iter().map(|(row, choice)| {
            let bulk = copy.choose_all(&[(*row, choice.clone())]);
            bulk.refused.into_iter().next().map(|(_, reason)| reason)
        });
        choices.collect()
    }
}

/// An address with a number behind its name.
fn numbered(value: &str, number: usize) -> Option<String> {
    let (local, domain) = value.rsplit_once('@')?;
    Some(format!("{local}{number}@{domain}"))
}

/// The day of a `GeneralizedTime` (RFC 4517, 3.3.13).
fn day(text: &str) -> Option<String> {
    let digits = text
        .get(..8)
        .filter(|day| day.bytes().all(|b| b.is_ascii_digit()))?;
    let part = |range| digits.get(range);
    Some(format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?))
}
