//! Order and filter as lists of row ids.
//!
//! Filtering reads columns out of the packed entries into one buffer that is
//! used again for every row. Sorting compares numbers: the order of the rows by
//! a column that never changes is worked out once.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::OnceLock;

use super::filter::{Field, Term};
use super::{Action, RowFilter, RowId, RowState, Worksheet};
use crate::model::AttributeName;
use crate::rule::Severity;

/// Columns that can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after the columns")]
pub enum SortColumn {
    State,
    Severity,
    Name,
    Container,
    Class,
    Attribute,
    Error,
    Value,
    Update,
    Action,
    Rule,
    Domain,
}

/// One key of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// By which column.
    pub column: SortColumn,
    /// Z to A.
    pub descending: bool,
}

/// How many columns [`SortColumn`] has.
const COLUMNS: usize = 12;

/// The order of rows by columns that never change, made when first asked for:
/// for each row its rank, equal for equal texts.
#[derive(Debug, Default)]
pub(super) struct Ranks([OnceLock<Vec<u32>>; COLUMNS]);

impl Worksheet {
    /// The rows that match `filter`, ordered by `sort` (then by scan order).
    pub fn view(&self, filter: &RowFilter, sort: &[SortKey]) -> Vec<RowId> {
        let mut buffer = String::new();
        let mut rows: Vec<RowId> = self
            .rows()
            .filter(|row| self.matches(*row, &filter.terms, &mut buffer))
            .collect();
        let keys: Vec<(Cow<'_, [u32]>, bool)> = sort
            .iter()
            .map(|key| (self.ranks(key.column), key.descending))
            .collect();
        let rank = |ranks: &[u32], row: &RowId| ranks.get(row.0 as usize).copied();
        if !keys.is_empty() {
            rows.sort_by(|a, b| {
                keys.iter()
                    .map(|(ranks, descending)| {
                        let order = rank(ranks, a).cmp(&rank(ranks, b));
                        if *descending { order.reverse() } else { order }
                    })
                    .find(|order| *order != Ordering::Equal)
                    .unwrap_or(Ordering::Equal)
            });
        }
        rows
    }

    /// Whether one row matches, for a row that was just changed.
    pub fn row_matches(&self, row: RowId, filter: &RowFilter) -> bool {
        self.matches(row, &filter.terms, &mut String::new())
    }

    fn matches(&self, row: RowId, terms: &[Term], buffer: &mut String) -> bool {
        let mut holds_all = false;
        for term in terms {
            match term.field {
                Some(field) => {
                    holds_all = false;
                    buffer.clear();
                    self.write(row, field, buffer);
                }
                None if holds_all => {}
                None => {
                    holds_all = true;
                    buffer.clear();
                    for (_, field) in Field::ALL {
                        self.write(row, field, buffer);
                        buffer.push('\n');
                    }
                }
            }
            if term.pattern.is_match(buffer) == term.negated {
                return false;
            }
        }
        true
    }

    /// Appends the text of a column.
    fn write(&self, row: RowId, field: Field, out: &mut String) {
        let finding = self.finding(row);
        let snapshot = &self.scan.snapshot;
        match field {
            Field::Name => {
                let cn = snapshot.value(finding.entry, &AttributeName::known("cn"), 0);
                match cn.and_then(|cn| std::str::from_utf8(cn).ok()) {
                    Some(cn) => out.push_str(cn),
                    None => out.push_str(&snapshot.dn(finding.entry).name()),
                }
            }
            Field::Dn => snapshot.write_dn(finding.entry, out),
            Field::Container => out.push_str(&snapshot.dn(finding.entry).container_path()),
            Field::Class => out.push_str(snapshot.class(finding.entry).as_str()),
            Field::Attribute => out.push_str(finding.place.attribute.as_str()),
            Field::Error => out.push_str(&self.error(row)),
            Field::Value => {
                out.push_str(&String::from_utf8_lossy(
                    self.value(row).unwrap_or_default(),
                ));
            }
            Field::Update => out.push_str(self.update(row).unwrap_or_default()),
            Field::Action => out.push_str(action_word(self.action(row))),
            Field::Severity => out.push_str(severity_words(self.severity(row))),
            Field::Rule => {
                for fault in &finding.faults {
                    let id = &self.judge.rules.rule(fault.rule).id;
                    // Writing to a String cannot fail.
                    let _written = write!(out, "{id} ");
                }
            }
            Field::State => out.push_str(state_word(self.state(row))),
            Field::Domain => out.push_str(self.domain(row)),
        }
    }

    fn ranks(&self, column: SortColumn) -> Cow<'_, [u32]> {
        let fixed = |field| {
            let ranks = self.ranks.0[column as usize].get_or_init(|| self.rank_texts(field));
            Cow::Borrowed(ranks.as_slice())
        };
        let each = |number: &dyn Fn(RowId) -> u32| Cow::Owned(self.rows().map(number).collect());
        match column {
            SortColumn::State => each(&|row| state_rank(self.state(row))),
            SortColumn::Severity => each(&|row| self.severity(row) as u32),
            SortColumn::Action => each(&|row| self.action(row) as u32),
            SortColumn::Update => Cow::Owned(self.rank_texts(Field::Update)),
            SortColumn::Name => fixed(Field::Name),
            SortColumn::Container => fixed(Field::Container),
            SortColumn::Class => fixed(Field::Class),
            SortColumn::Attribute => fixed(Field::Attribute),
            SortColumn::Error => fixed(Field::Error),
            SortColumn::Value => fixed(Field::Value),
            SortColumn::Rule => fixed(Field::Rule),
            SortColumn::Domain => fixed(Field::Domain),
        }
    }

    fn rank_texts(&self, field: Field) -> Vec<u32> {
        let mut texts: Vec<(String, RowId)> = self
            .rows()
            .map(|row| {
                let mut text = String::new();
                self.write(row, field, &mut text);
                (text.to_lowercase(), row)
            })
            .collect();
        texts.sort_unstable();
        let mut ranks = vec![0; texts.len()];
        for (rank, equal) in (0..).zip(texts.chunk_by(|a, b| a.0 == b.0)) {
            for (_, row) in equal {
                ranks[row.0 as usize] = rank;
            }
        }
        ranks
    }
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::None => "NONE",
        Action::Edit => "EDIT",
        Action::Remove => "REMOVE",
        Action::Complete => "COMPLETE",
    }
}

/// The severity and the group it belongs to, so that `severity:error` works.
fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails => "fails error",
        Severity::Quarantined => "quarantined error",
        Severity::Dropped => "dropped warning",
        Severity::Changed => "changed warning",
        Severity::Hygiene => "hygiene",
    }
}

fn state_word(state: &RowState) -> &'static str {
    match state {
        RowState::Open => "open",
        RowState::Done => "done",
        RowState::NotNeeded => "not needed",
        RowState::Failed(_) => "failed",
        RowState::Conflict(_) => "conflict",
        RowState::InDoubt(_) => "in doubt",
        RowState::RolledBack => "rolled back",
        RowState::Accepted(_) => "accepted",
    }
}

/// What asks for attention first.
fn state_rank(state: &RowState) -> u32 {
    match state {
        RowState::InDoubt(_) => 0,
        RowState::Failed(_) => 1,
        RowState::Conflict(_) => 2,
        RowState::Open => 3,
        RowState::RolledBack => 4,
        RowState::NotNeeded => 5,
        RowState::Accepted(_) => 6,
        RowState::Done => 7,
    }
}
