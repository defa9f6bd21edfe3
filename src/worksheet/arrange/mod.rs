//! Filter and sort over a million rows, away from whoever changes them.
//!
//! An [`Arrangement`] is taken from a worksheet in no time and carried out on
//! any thread while the worksheet goes on changing: it shares the columns that
//! never change and holds a copy of those that do. Its result is the order of
//! the rows at the moment when it was taken. What it finds is what
//! [`Worksheet::row_matches`] says of each row, only faster.

mod columns;
mod hits;
mod ranks;
#[cfg(test)]
mod tests;
mod texts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

pub(super) use columns::Columns;

use super::filter::{Field, RowFilter};
use super::live::Live;
use super::{RowId, SortColumn, SortKey, Worksheet};
use columns::Chunk;
use hits::Sought;

/// A filter and a sort to be carried out on the rows as they are now.
#[derive(Debug)]
pub struct Arrangement {
    columns: Arc<Columns>,
    live: Arc<Live>,
    filter: RowFilter,
    sort: Vec<SortKey>,
}

impl Arrangement {
    /// The rows that match, in order; `None` when `stop` was set meanwhile.
    pub fn carry_out(&self, stop: &AtomicBool) -> Option<Vec<RowId>> {
        let mut rows = self.matching(stop)?;
        if !self.sort.is_empty() {
            ranks::sort(&mut rows, &self.sort, (&self.columns, &self.live), stop)?;
        }
        Some(rows.into_iter().map(RowId).collect())
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
            live: Arc::clone(&self.live),
            filter: filter.clone(),
            sort: sort.to_vec(),
        }
    }

    /// Lays the columns out, which filter and sort otherwise do when they are
    /// first asked for.
    pub fn lay_out(&self) {
        self.columns();
    }

    /// The rows that match `filter`, ordered by `sort` (then by scan order).
    pub fn view(&self, filter: &RowFilter, sort: &[SortKey]) -> Vec<RowId> {
        let rows = self
            .arrangement(filter, sort)
            .carry_out(&AtomicBool::new(false));
        rows.unwrap_or_default()
    }

    /// Whether what this filter and this sort give can change by a decision.
    pub fn depends_on_decisions(filter: &RowFilter, sort: &[SortKey]) -> bool {
        let changing = |field: Option<Field>| {
            matches!(
                field,
                None | Some(Field::Action | Field::State | Field::Update)
            )
        };
        filter.terms.iter().any(|term| changing(term.field))
            || sort.iter().any(|key| {
                matches!(
                    key.column,
                    SortColumn::Action | SortColumn::State | SortColumn::Update
                )
            })
    }

    fn columns(&self) -> &Arc<Columns> {
        self.columns
            .get_or_init(|| Arc::new(Columns::new(&self.scan, &self.judge, &self.proposals)))
    }
}
