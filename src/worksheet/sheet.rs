//! The worksheet itself: rows, what was decided on them, and what became of
//! them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::arrange::Columns;
use super::live::Live;
use super::lookup::{Directory, Names};
use super::pages::Pages;
use super::proposals::Proposals;
use super::stage::Decision;
use super::staged::Staged;
use super::{
    Acceptance, Action, Happened, Proposal, RowId, RowState, RowText, Step, StepId, Unmet, proposal,
};
use crate::model::{AttributeName, Entry, ObjectClass, Value};
use crate::rule::{Fault, Judge, KeySpace, Place, Severity};
use crate::scan::{EntryRef, Finding, Part, ScanResult};

/// How many other holders of a value are named.
const NAMED: usize = 100;

/// Another holder of a row's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictMember {
    /// Its name.
    pub dn: String,
    /// Where it holds the value.
    pub attribute: String,
    /// As spelled there.
    pub value: String,
    /// Why it is not editable here (out of scope, skipped), if so.
    pub remark: Option<String>,
}

/// Findings as rows, with decisions. A clone shares everything until one of the
/// two is changed, and then all but the pages that are: it is for trying
/// something out, on another thread too.
#[derive(Debug, Clone)]
pub struct Worksheet {
    /// What was scanned.
    pub scan: Arc<ScanResult>,
    /// By what it was judged, and edits are checked.
    pub judge: Arc<Judge>,
    /// Exceptions that do not apply to this scan.
    pub unmet: Vec<Unmet>,
    pub(super) proposals: Arc<Proposals>,
    pub(super) decisions: Pages<Decision>,
    pub(super) states: Pages<RowState>,
    pub(super) accepted: Arc<BTreeMap<RowId, Arc<Acceptance>>>,
    pub(super) staged: Staged,
    pub(super) undo: Vec<Arc<Step>>,
    pub(super) redo: Vec<Arc<Step>>,
    pub(super) last_step: StepId,
    /// What happened, if somebody wants to know.
    pub(super) notes: Option<Vec<Happened>>,
    pub(super) directory: Arc<OnceLock<Directory>>,
    pub(super) names: Arc<OnceLock<Names>>,
    pub(super) live: Live,
    pub(super) columns: Arc<OnceLock<Arc<Columns>>>,
    /// For each row the number of its conflict set, once somebody asked.
    pub(super) sets: Arc<OnceLock<Vec<u32>>>,
    /// For each row the first row of the same entry.
    first: Arc<[u32]>,
}

impl Worksheet {
    /// Makes a row of every finding, with its proposal.
    pub fn new(scan: ScanResult, judge: Arc<Judge>) -> Self {
        let rows = scan.findings.len();
        let mut first = Vec::with_capacity(rows);
        for (row, finding) in scan.findings.iter().enumerate() {
            match (row.checked_sub(1), first.last()) {
                (Some(before), Some(start)) if scan.findings[before].entry == finding.entry => {
                    first.push(*start);
                }
                _ => first.push(u32::try_from(row).unwrap_or(u32::MAX)),
            }
        }
        Self {
            proposals: Arc::new(proposal::propose(&scan, &judge)),
            decisions: Pages::new(rows),
            states: Pages::new(rows),
            accepted: Arc::default(),
            staged: Staged::new(scan.snapshot.len()),
            undo: Vec::new(),
            redo: Vec::new(),
            last_step: StepId(0),
            notes: None,
            directory: Arc::default(),
            names: Arc::default(),
            live: Live::new(rows),
            columns: Arc::default(),
            sets: Arc::default(),
            first: first.into(),
            unmet: Vec::new(),
            scan: Arc::new(scan),
            judge,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.scan.findings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scan.findings.is_empty()
    }

    /// All rows, in the order of the scan.
    pub fn rows(&self) -> impl Iterator<Item = RowId> + use<> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).map(RowId)
    }

    /// The finding of a row.
    pub fn finding(&self, row: RowId) -> &Finding {
        #[cfg(test)]
        super::looks::add();
        &self.scan.findings[row.0 as usize]
    }

    /// The entry of a row as it was scanned.
    pub fn entry(&self, row: RowId) -> Entry {
        self.scan.snapshot.entry(self.finding(row).entry)
    }

    /// The attributes of the entry of a row as it was scanned, of each up to
    /// `most` values and how many it has.
    pub fn attributes(&self, row: RowId, most: usize) -> Vec<(AttributeName, Vec<Value>, usize)> {
        self.scan.snapshot.attributes(self.finding(row).entry, most)
    }

    /// The kind of the entry of a row.
    pub fn class(&self, row: RowId) -> ObjectClass {
        self.scan.snapshot.class(self.finding(row).entry)
    }

    /// The worst severity of a row.
    pub fn severity(&self, row: RowId) -> Severity {
        let faults = &self.finding(row).faults;
        faults.first().map_or(Severity::Hygiene, |fault| {
            self.judge.rules.rule(fault.rule).severity
        })
    }

    /// The value of a row as it was scanned; none for a blank attribute.
    pub fn value(&self, row: RowId) -> Option<&[u8]> {
        let finding = self.finding(row);
        let index = finding.place.value?;
        self.scan
            .snapshot
            .value(finding.entry, &finding.place.attribute, index)
    }

    /// All texts of a row.
    pub fn text(&self, row: RowId) -> RowText {
        let finding = self.finding(row);
        let snapshot = &self.scan.snapshot;
        let dn = snapshot.dn(finding.entry);
        let rules = finding.faults.iter();
        let rules = rules.map(|fault| self.judge.rules.rule(fault.rule).id.clone());
        RowText {
            common_name: self.common_name(row),
            container: dn.container_path(),
            dn: dn.as_str().to_owned(),
            class: snapshot.class(finding.entry),
            attribute: finding.place.attribute.as_str().to_owned(),
            error: self.error(row),
            value: self
                .value(row)
                .map(|value| String::from_utf8_lossy(value).into_owned())
                .unwrap_or_default(),
            update: self.update(row).unwrap_or_default().to_owned(),
            proposed: self
                .proposal(row)
                .map_or(Action::None, |proposal| proposal.action),
            action: self.action(row),
            severity: self.severity(row),
            rules: rules.collect(),
            message: self.message(row),
            domain: self.domain(row).to_owned(),
        }
    }

    /// COMMONNAME: `cn`, else what the distinguished name begins with.
    pub(super) fn common_name(&self, row: RowId) -> String {
        let entry = self.finding(row).entry;
        let snapshot = &self.scan.snapshot;
        let cn = snapshot.value(entry, &AttributeName::known("cn"), 0);
        let cn = cn.and_then(|cn| std::str::from_utf8(cn).ok());
        cn.map_or_else(|| snapshot.dn(entry).name().into_owned(), str::to_owned)
    }

    /// One sentence a rule.
    pub(super) fn message(&self, row: RowId) -> String {
        message_text(&self.judge, &self.finding(row).faults)
    }

    /// The ERROR words of a row.
    pub(super) fn error(&self, row: RowId) -> String {
        error_text(&self.judge, &self.finding(row).faults)
    }

    /// The DNS name of the domain of a row.
    pub fn domain(&self, row: RowId) -> &str {
        let domain = self.scan.snapshot.domain(self.finding(row).entry);
        &self.scan.domain(domain).dns_name
    }

    /// The UPDATE of a row: what was edited, else what is proposed.
    pub fn update(&self, row: RowId) -> Option<&str> {
        self.decided(row)
            .update
            .as_deref()
            .or_else(|| self.proposal(row)?.update)
    }

    /// The proposal of a row.
    pub fn proposal(&self, row: RowId) -> Option<Proposal<'_>> {
        self.proposals.get(row.0 as usize)
    }

    /// What became of a row, whether it is accepted or not.
    pub(super) fn own_state(&self, row: RowId) -> &RowState {
        self.states.get(row.0 as usize)
    }

    /// Sets the decision on a row and what became of it. What the entry takes
    /// and frees is to be worked out afterwards.
    pub(super) fn settle_at(&mut self, row: RowId, decision: Decision, state: RowState) {
        self.decisions.set(row.0 as usize, decision);
        self.states.set(row.0 as usize, state);
        self.touch(row);
    }

    /// The decision on a row.
    pub fn action(&self, row: RowId) -> Action {
        self.decided(row).action
    }

    /// All that was decided on a row.
    pub fn decision(&self, row: RowId) -> Decision {
        self.decided(row).clone()
    }

    /// The same, to look at.
    pub(super) fn decided(&self, row: RowId) -> &Decision {
        self.decisions.get(row.0 as usize)
    }

    /// What became of a row. It counts as accepted only while nothing else is
    /// decided on it.
    pub fn state(&self, row: RowId) -> &RowState {
        let state = self.states.get(row.0 as usize);
        match self.accepted.get(&row) {
            Some(acceptance) if *state == RowState::Open && !self.decided(row).is_deed() => {
                &acceptance.state
            }
            _ => state,
        }
    }

    /// Records what became of rows.
    pub fn set_state(&mut self, rows: &[RowId], state: &RowState) {
        self.noting(rows, |worksheet| {
            for row in rows {
                worksheet.states.set(row.0 as usize, state.clone());
                worksheet.touch(*row);
            }
        });
        for (first, entry) in self.entries_of(rows) {
            self.claim(entry, RowId(first));
        }
    }

    /// All entries that hold the value of a row, the row's own first, if it
    /// must be unique; empty if it is. Of a very large set the first ones are
    /// named and the rest is counted, in the `dn` of a last member: otherwise a
    /// report would grow with the square of the set.
    pub fn conflicts(&self, row: RowId) -> Vec<ConflictMember> {
        let finding = self.finding(row);
        let Some(set) = self.conflict_set(row) else {
            return Vec::new();
        };
        let mut members = vec![self.conflict_member(finding.entry, &finding.place)];
        let mut passed = 0;
        for holder in &set.holders {
            if members.len() > NAMED {
                break;
            }
            passed += 1;
            if holder.entry != finding.entry {
                let mut member = self.conflict_member(holder.entry, &holder.place);
                if self.is_joined(set.space, holder.entry, finding.entry) {
                    member.remark = Some("joined with this entry: no conflict".to_owned());
                }
                members.push(member);
            }
        }
        let more = set.holders.len() - passed;
        if more > 0 {
            members.push(ConflictMember {
                dn: format!("and {more} more"),
                attribute: String::new(),
                value: String::new(),
                remark: None,
            });
        }
        members
    }

    /// Whether the sync engine makes one object of another holder and this.
    fn is_joined(&self, space: KeySpace, other: EntryRef, own: EntryRef) -> bool {
        space != KeySpace::Anchor && self.scan.is_one_object(other, own)
    }

    fn conflict_member(&self, entry: EntryRef, place: &Place) -> ConflictMember {
        let snapshot = &self.scan.snapshot;
        let value = place
            .value
            .and_then(|index| snapshot.value(entry, &place.attribute, index))
            .map(|value| String::from_utf8_lossy(value).into_owned());
        ConflictMember {
            dn: snapshot.dn(entry).as_str().to_owned(),
            attribute: place.attribute.as_str().to_owned(),
            value: value.unwrap_or_default(),
            remark: match snapshot.part(entry) {
                Part::Judged => None,
                Part::OutOfScope => Some("out of scope".to_owned()),
                Part::Skipped(reason) => Some(format!("not synchronised: {reason}")),
            },
        }
    }

    /// The key of a row's value, if it must be unique.
    pub(super) fn key(&self, row: RowId) -> Option<(KeySpace, String)> {
        self.judge
            .key_at(&self.entry(row), &self.finding(row).place)
    }

    /// The rows of the same entry.
    pub fn siblings(&self, row: RowId) -> impl ExactSizeIterator<Item = RowId> + use<> {
        let range = self.range(row);
        (range.start..range.end).map(RowId)
    }

    fn range(&self, row: RowId) -> Range<u32> {
        let Some(start) = self.first.get(row.0 as usize).copied() else {
            return 0..0;
        };
        let tail = self.first.get(start as usize..).unwrap_or_default();
        // Most entries have a few rows: what lies far behind is not looked at.
        let mut near = 4;
        while tail.get(near).is_some_and(|first| *first == start) {
            near *= 2;
        }
        let near = tail.get(..near).unwrap_or(tail);
        let count = near.partition_point(|first| *first == start);
        start..start + u32::try_from(count).unwrap_or(0)
    }

    /// The rows of each entry of `rows`, each entry once, in the order of the
    /// scan.
    pub(super) fn entries_of(&self, rows: &[RowId]) -> BTreeMap<u32, EntryRef> {
        rows.iter()
            .filter_map(|row| {
                let start = *self.first.get(row.0 as usize)?;
                Some((start, self.finding(*row).entry))
            })
            .collect()
    }

    /// Whether the schema of the row's forest allows one value only.
    pub(super) fn is_single_valued(&self, entry: EntryRef, attribute: &AttributeName) -> bool {
        let domain = self.scan.snapshot.domain(entry);
        let schema = &self.scan.forest(domain).schema;
        schema.attribute(attribute).single_valued
    }
}

/// The ERROR words of these faults.
pub(super) fn error_text(judge: &Judge, faults: &[Fault]) -> String {
    let words = judge.error_words(faults);
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

/// What is wrong, one sentence a rule.
pub(super) fn message_text(judge: &Judge, faults: &[Fault]) -> String {
    let sentences = faults.iter().map(|fault| {
        let rule = judge.rules.rule(fault.rule);
        format!("{}: {}", rule.title, fault.detail)
    });
    sentences.collect::<Vec<_>>().join("; ")
}
