//! Filter and sort over a million rows, away from whoever changes them.
//!
//! An [`Arrangement`] is taken from a worksheet in no time and carried out on
//! any thread while the worksheet goes on changing: it shares the columns that
//! never change and holds a copy of those that do. Its result is the order of
//! the rows at the moment when it was taken. What it finds is what
//! [`Worksheet::row_matches`] says of each row, only faster.

mod columns;
mod groups;
mod hits;
mod overview;
mod ranks;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

pub(super) use columns::Columns;
pub use groups::{Group, Grouping};
pub use overview::{Overview, Share, Unit, UnitName};

use super::filter::{Field, RowFilter};
use super::live::Live;
use super::{RowId, SortColumn, SortKey, Worksheet};
use columns::Chunk;
use hits::Sought;

use crate::rule::Severity;

/// A filter and a sort to be carried out on the rows as they are now.
#[derive(Debug)]
pub struct Arrangement {
    columns: Arc<Columns>,
    live: Live,
    filter: RowFilter,
    sort: Vec<SortKey>,
    group: Option<Grouping>,
}

/// Rows in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// The rows that match.
    pub rows: Vec<RowId>,
    /// The groups that they stand in, if they were asked for.
    pub groups: Vec<Group>,
}

impl Arrangement {
    /// Has the rows put in groups, too.
    #[must_use]
    pub fn grouped(self, group: Option<Grouping>) -> Self {
        Self { group, ..self }
    }

    /// How many rows the sheet has.
    pub fn rows(&self) -> usize {
        self.columns.rows()
    }

    /// The rows that match, in order; `None` when `stop` was set meanwhile.
    pub fn carry_out(&self, stop: &AtomicBool) -> Option<Order> {
        let mut rows = self.matching(stop)?;
        if !self.sort.is_empty() {
            ranks::sort(&mut rows, &self.sort, (&self.columns, &self.live), stop)?;
        }
        let groups = match self.group {
            Some(by) => groups::put_together(&mut rows, by, &self.columns),
            None => Vec::new(),
        };
        Some(Order {
            rows: rows.into_iter().map(RowId).collect(),
            groups,
        })
    }

    fn matching(&self, stop: &AtomicBool) -> Option<Vec<u32>> {
        let count = u32::try_from(self.columns.rows()).unwrap_or(u32::MAX);
        if self.filter.is_empty() {
            return Some((0..count).collect());
        }
        let sought: Vec<Sought<'_>> = self
            .filter
            .terms
            .iter()
            .map(|term| Sought::new(&self.columns, term))
            .collect();
        let of_chunks: Option<Vec<Vec<u32>>> = self
            .columns
            .chunks
            .par_iter()
            .map(|chunk| self.matching_in(chunk, &sought, stop))
            .collect();
        Some(of_chunks?.concat())
    }

    fn matching_in(
        &self,
        chunk: &Chunk,
        sought: &[Sought<'_>],
        stop: &AtomicBool,
    ) -> Option<Vec<u32>> {
        let mut keep = vec![true; chunk.codes.len()];
        let mut hits = Vec::new();
        for term in sought {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            hits.clear();
            hits.resize(keep.len(), false);
            term.find(chunk, &self.live, &mut hits);
            for (keep, hit) in keep.iter_mut().zip(&hits) {
                *keep &= *hit != term.is_negated();
            }
        }
        let first = u32::try_from(chunk.first).unwrap_or(u32::MAX);
        let rows = (first..).zip(keep);
        Some(rows.filter_map(|(row, keep)| keep.then_some(row)).collect())
    }
}

impl Worksheet {
    /// This filter and this sort, to be carried out elsewhere. Rows that are
    /// equal in all keys stay in the order of the scan.
    pub fn arrangement(&self, filter: &RowFilter, sort: &[SortKey]) -> Arrangement {
        Arrangement {
            columns: Arc::clone(self.columns()),
            live: self.live.clone(),
            filter: filter.clone(),
            sort: sort.to_vec(),
            group: None,
        }
    }

    /// Lays the columns out, which filter and sort otherwise do when they are
    /// first asked for.
    pub fn lay_out(&self) {
        self.columns().sets_of_rows();
    }

    /// The rows that match `filter`, ordered by `sort` (then by scan order).
    pub fn view(&self, filter: &RowFilter, sort: &[SortKey]) -> Vec<RowId> {
        let rows = self
            .arrangement(filter, sort)
            .carry_out(&AtomicBool::new(false));
        rows.unwrap_or_default().rows
    }

    /// Whether what this filter and this sort give can change by a decision.
    pub fn depends_on_decisions(filter: &RowFilter, sort: &[SortKey]) -> bool {
        let changing = |field: Option<Field>| {
            matches!(
                field,
                None | Some(Field::Action | Field::State | Field::Update | Field::Result)
            )
        };
        filter.terms.iter().any(|term| changing(term.field))
            || sort.iter().any(|key| {
                matches!(
                    key.column,
                    SortColumn::Action
                        | SortColumn::State
                        | SortColumn::Update
                        | SortColumn::Result
                )
            })
    }

    /// How many rows there are of each severity.
    pub fn severities(&self) -> BTreeMap<Severity, usize> {
        self.columns().severities()
    }

    pub(super) fn columns(&self) -> &Arc<Columns> {
        self.columns.get_or_init(|| {
            let columns = Columns::new(&self.scan, &self.judge, &self.proposals);
            Arc::new(columns.sharing(&self.sets))
        })
    }
}
