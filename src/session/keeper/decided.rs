//! Which rows of the worksheet are decided on, and what waits beside them:
//! what every line of a session counts.

use std::collections::HashSet;

use crate::scan::ScanResult;
use crate::worksheet::{Decision, Happened, Restored, RowId, RowKey};

/// Which rows of the worksheet are decided on.
#[derive(Debug, Default)]
pub(super) struct Decided {
    rows: Vec<bool>,
    pub(super) staged: usize,
    /// Rows that wait, by key: most of them are no row of the worksheet.
    pub(super) aside: HashSet<RowKey>,
}

impl Decided {
    /// Nothing decided on a worksheet of so many rows.
    pub(super) fn nothing(rows: usize) -> Self {
        Self {
            rows: vec![false; rows],
            ..Self::default()
        }
    }

    /// So many rows of another worksheet take the place of the present ones;
    /// these are decided on. What waits goes on waiting.
    pub(super) fn move_to(&mut self, rows: usize, decided: &[RowId]) {
        self.rows = vec![false; rows];
        self.staged = 0;
        for row in decided {
            self.put(*row, true);
        }
    }

    pub(super) fn put(&mut self, row: RowId, is_decided: bool) {
        if let Some(is) = self.rows.get_mut(row.0 as usize) {
            self.staged -= usize::from(*is);
            *is = is_decided;
            self.staged += usize::from(*is);
        }
    }

    pub(super) fn note(&mut self, scan: &ScanResult, happened: &Happened) {
        match happened {
            Happened::Staged(step) => {
                for (row, _, after) in &step.rows {
                    self.decide(scan, *row, after);
                }
            }
            Happened::Undone(Restored { rows, .. })
            | Happened::Redone(Restored { rows, .. })
            | Happened::Returned(rows) => {
                for (row, decision) in rows {
                    self.decide(scan, *row, decision);
                }
            }
            Happened::Left(rows) => {
                for row in rows {
                    self.decide(scan, *row, &Decision::default());
                }
            }
        }
    }

    fn decide(&mut self, scan: &ScanResult, row: RowId, decision: &Decision) {
        if !self.aside.is_empty()
            && let Some(key) = RowKey::of(scan, row)
        {
            self.aside.remove(&key);
        }
        self.put(row, *decision != Decision::default());
    }
}
