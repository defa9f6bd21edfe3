//! Sets of rows, a bit a row: a million marks are 125 KB, and counting or
//! joining them is a matter of microseconds.

use crate::worksheet::RowId;

const BITS: usize = 64;

/// Some rows of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::tui) struct RowSet {
    words: Vec<u64>,
}

impl RowSet {
    /// None of so many rows.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            words: vec![0; rows.div_ceil(BITS)],
        }
    }

    pub(super) fn of(rows: &[RowId], all: usize) -> Self {
        let mut set = Self::new(all);
        for row in rows {
            set.insert(*row);
        }
        set
    }

    pub(in crate::tui) fn contains(&self, row: RowId) -> bool {
        let (word, bit) = place(row);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    pub(super) fn insert(&mut self, row: RowId) {
        let (word, bit) = place(row);
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    pub(super) fn remove(&mut self, row: RowId) {
        let (word, bit) = place(row);
        if let Some(word) = self.words.get_mut(word) {
            *word &= !bit;
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(super) fn len(&self) -> usize {
        count(self.words.iter().copied())
    }

    /// How many rows are in both.
    pub(super) fn shared_with(&self, other: &Self) -> usize {
        let both = self.words.iter().zip(&other.words);
        count(both.map(|(a, b)| a & b))
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Turns the rows of `other` round: in where they were out.
    pub(super) fn invert(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word ^= other;
        }
    }

    /// The rows, in row order.
    pub(super) fn rows(&self) -> Vec<RowId> {
        let mut rows = Vec::with_capacity(self.len());
        for (at, word) in self.words.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let row = at * BITS + rest.trailing_zeros() as usize;
                rows.push(RowId(u32::try_from(row).unwrap_or(u32::MAX)));
                rest &= rest - 1;
            }
        }
        rows
    }
}

fn place(row: RowId) -> (usize, u64) {
    let at = row.0 as usize;
    (at / BITS, 1 << (at % BITS))
}

fn count(words: impl Iterator<Item = u64>) -> usize {
    words.map(|word| word.count_ones() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_beyond_its_end() {
        let rows = [0, 63, 64, 127, 129].map(RowId);
        let mut set = RowSet::of(&rows, 130);
        set.insert(RowId(500));
        assert_eq!(set.rows(), rows);
        assert_eq!(set.len(), 5);
        set.remove(RowId(64));
        assert!(set.contains(RowId(63)) && !set.contains(RowId(64)) && !set.contains(RowId(500)));
        let mut other = RowSet::of(&[RowId(1), RowId(63)], 130);
        assert_eq!(set.shared_with(&other), 1);
        other.invert(&set);
        assert_eq!(other.rows(), [0, 1, 127, 129].map(RowId));
        other.add_all(&set);
        assert_eq!(other.rows(), [0, 1, 63, 127, 129].map(RowId));
    }
}
