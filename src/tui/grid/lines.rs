//! The lines of the grid: rows in order, or groups that open and close.
//!
//! Most groups are in the usual state, open or closed; only the others are
//! listed. So to find the line of a row, or to open a group, costs by the number
//! of groups that somebody opened or closed by hand, never by rows.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::rows::RowSet;
use crate::worksheet::{Group, Grouping, Order, RowId};

/// Where a row is that the filter hides.
const HIDDEN: u32 = u32::MAX;

/// Which groups are open, by key: it outlives filter and sort.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::tui) struct Folding {
    /// Whether a group is open that nobody opened or closed.
    pub(super) open: bool,
    /// The groups that are not as usual.
    pub(super) others: BTreeSet<u32>,
}

/// What stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Line {
    /// A row.
    Row(RowId),
    /// The heading of a group, by its place among the groups.
    Group(usize),
}

/// The lines.
#[derive(Debug, Default)]
pub(in crate::tui) struct Lines {
    rows: Vec<RowId>,
    /// For each row of the sheet its place in `rows`.
    places: Vec<u32>,
    shown: RowSet,
    groups: Vec<Group>,
    grouping: Option<Grouping>,
    /// The place of each group, by key.
    by_key: HashMap<u32, usize>,
    open: bool,
    /// Groups that are not as usual, in order, with the rows of all of them up
    /// to and with this one.
    others: Vec<(usize, usize)>,
}

impl Lines {
    /// The lines of an order of a sheet of `all` rows. Takes time by the rows:
    /// it is made beside the interface.
    pub(super) fn new(order: Order, all: usize, grouping: Option<Grouping>) -> Self {
        let mut places = vec![HIDDEN; all];
        for (place, row) in (0..).zip(&order.rows) {
            if let Some(known) = places.get_mut(row.0 as usize) {
                *known = place;
            }
        }
        let keys = order.groups.iter().map(|group| group.key);
        Self {
            shown: RowSet::of(&order.rows, all),
            by_key: keys.zip(0..).collect(),
            rows: order.rows,
            groups: order.groups,
            grouping,
            places,
            open: true,
            others: Vec::new(),
        }
    }

    /// Opens and closes groups as `folding` says.
    pub(super) fn fold(&mut self, folding: &Folding) {
        self.open = folding.open || !self.is_grouped();
        let places = folding.others.iter();
        let mut places: Vec<usize> = places.filter_map(|key| self.group(*key)).collect();
        places.sort_unstable();
        let mut rows = 0;
        self.others = places
            .into_iter()
            .map(|group| {
                rows += self.span(group).len();
                (group, rows)
            })
            .collect();
    }

    /// All rows that the filter shows, in closed groups too.
    pub(super) fn rows(&self) -> &[RowId] {
        &self.rows
    }

    pub(super) fn shown(&self) -> &RowSet {
        &self.shown
    }

    pub(super) fn is_grouped(&self) -> bool {
        !self.groups.is_empty()
    }

    /// What the groups have in common.
    pub(super) fn grouping(&self) -> Option<Grouping> {
        self.grouping
    }

    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.heading(self.groups.len())
    }

    /// What stands on a line.
    pub(super) fn at(&self, line: usize) -> Option<Line> {
        if !self.is_grouped() {
            return self.rows.get(line).copied().map(Line::Row);
        }
        if line >= self.len() {
            return None;
        }
        // The last group that begins here or above.
        let (mut low, mut high) = (0, self.groups.len());
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if self.heading(middle) <= line {
                low = middle;
            } else {
                high = middle;
            }
        }
        match line - self.heading(low) {
            0 => Some(Line::Group(low)),
            below => {
                let place = self.span(low).start + below - 1;
                self.rows.get(place).copied().map(Line::Row)
            }
        }
    }

    /// The place of a row among the rows, if it is shown.
    pub(super) fn place(&self, row: RowId) -> Option<usize> {
        let place = self.places.get(row.0 as usize).copied()?;
        (place != HIDDEN).then_some(place as usize)
    }

    /// The line of the row at a place; that of its group where it is closed.
    pub(super) fn line_of(&self, place: usize) -> usize {
        let Some(group) = self.group_of(place) else {
            return place;
        };
        let heading = self.heading(group);
        if self.is_open(group) {
            heading + 1 + place - self.span(group).start
        } else {
            heading
        }
    }

    /// The group of the row at a place.
    pub(super) fn group_of(&self, place: usize) -> Option<usize> {
        let begun = self
            .groups
            .partition_point(|group| group.start as usize <= place);
        begun.checked_sub(1)
    }

    /// The group of a key.
    pub(super) fn group(&self, key: u32) -> Option<usize> {
        self.by_key.get(&key).copied()
    }

    pub(super) fn key(&self, group: usize) -> Option<u32> {
        self.groups.get(group).map(|group| group.key)
    }

    /// The places of the rows of a group.
    pub(super) fn span(&self, group: usize) -> Range<usize> {
        let start = |group: usize| self.groups.get(group).map(|group| group.start as usize);
        let from = start(group).unwrap_or(self.rows.len());
        from..start(group + 1).unwrap_or(self.rows.len())
    }

    pub(super) fn is_open(&self, group: usize) -> bool {
        let is_other = self.others.binary_search_by_key(&group, |other| other.0);
        self.open != is_other.is_ok()
    }

    /// The line of a group's heading; the number of lines for the end.
    pub(super) fn heading(&self, group: usize) -> usize {
        let before = self.others.partition_point(|other| other.0 < group);
        let others = before.checked_sub(1).map_or(0, |last| self.others[last].1);
        if self.open {
            self.span(group).start + group - others
        } else {
            group + others
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Groups of these sizes, with keys that are no places.
    fn lines(sizes: &[u32]) -> Lines {
        let mut start = 0;
        let groups = (0..).zip(sizes).map(|(at, size)| {
            let group = Group {
                key: 100 - at,
                start,
            };
            start += size;
            group
        });
        let groups = groups.collect();
        let rows: Vec<RowId> = (0..start).rev().map(RowId).collect();
        let all = rows.len() + 3;
        Lines::new(Order { rows, groups }, all, Some(Grouping::Rule))
    }

    proptest! {
        #[test]
        fn every_line_is_where_opening_and_closing_one_by_one_puts_it(
            sizes in proptest::collection::vec(1_u32..4, 1..9),
            others in proptest::collection::btree_set(92_u32..=100, 0..6),
            open: bool,
        ) {
            let mut lines = lines(&sizes);
            lines.fold(&Folding { open, others: others.clone() });
            let mut plain = Vec::new();
            let mut rows = lines.rows().to_vec().into_iter();
            for (group, size) in sizes.iter().enumerate() {
                let is_other = others.contains(&(100 - u32::try_from(group).unwrap()));
                prop_assert_eq!(lines.is_open(group), open != is_other);
                plain.push(Line::Group(group));
                for row in rows.by_ref().take(*size as usize) {
                    if open != is_other {
                        plain.push(Line::Row(row));
                    }
                }
            }
            let shown: Vec<Line> = (0..lines.len()).filter_map(|at| lines.at(at)).collect();
            prop_assert_eq!(&shown, &plain);
            prop_assert_eq!(lines.at(lines.len()), None);
            for (place, row) in lines.rows().iter().enumerate() {
                prop_assert_eq!(lines.place(*row), Some(place));
                let group = lines.group_of(place).unwrap();
                prop_assert!(lines.span(group).contains(&place));
                let expected = plain.iter().position(|line| *line == Line::Row(*row));
                let heading = plain.iter().position(|line| *line == Line::Group(group));
                prop_assert_eq!(Some(lines.line_of(place)), expected.or(heading));
            }
        }
    }

    #[test]
    fn without_groups_a_line_is_a_row() {
        let order = Order {
            rows: vec![RowId(2), RowId(0)],
            groups: Vec::new(),
        };
        let lines = Lines::new(order, 3, None);
        assert_eq!((lines.len(), lines.line_of(1)), (2, 1));
        assert_eq!(lines.at(0), Some(Line::Row(RowId(2))));
        assert_eq!(lines.place(RowId(1)), None);
        assert_eq!(lines.shown().rows(), [RowId(0), RowId(2)]);
    }
}
