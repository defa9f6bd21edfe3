//! Marks, and what an action goes to.

use std::ops::Range;

use super::rows::RowSet;
use super::{Grid, Line, Step};
use crate::worksheet::{FilterError, RowFilter, RowId};

/// Where a range begins: it survives filter and sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Row(RowId),
    /// A group, by its key.
    Group(u32),
}

/// What an action goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Targets {
    /// The marked rows, so many of which the filter hides.
    Marked { rows: usize, hidden: usize },
    /// The row under the cursor.
    Row,
    /// The rows of the group under the cursor.
    Group { rows: usize },
    /// There is nothing.
    None,
}

impl Targets {
    pub(in crate::tui) fn rows(self) -> usize {
        match self {
            Self::Marked { rows, .. } | Self::Group { rows } => rows,
            Self::Row => 1,
            Self::None => 0,
        }
    }
}

impl Grid {
    pub(in crate::tui) fn is_marked(&self, row: RowId) -> bool {
        self.marked.contains(row)
    }

    /// How many rows are marked, hidden ones too.
    pub(in crate::tui) fn marks(&self) -> usize {
        self.marked.len()
    }

    /// What an action goes to: the marked rows, else what is under the cursor.
    pub(in crate::tui) fn targets(&self) -> Targets {
        let rows = self.marks();
        if rows > 0 {
            let shown = self.marked.shared_with(self.lines.shown());
            return Targets::Marked {
                rows,
                hidden: rows - shown,
            };
        }
        match self.line() {
            Some(Line::Row(_)) => Targets::Row,
            Some(Line::Group(group)) => Targets::Group {
                rows: self.lines.span(group).len(),
            },
            None => Targets::None,
        }
    }

    /// The rows that an action goes to: marked ones in row order, those of a
    /// group as they are shown.
    pub(in crate::tui) fn target_rows(&self) -> Vec<RowId> {
        match self.targets() {
            Targets::Marked { .. } => self.marked.rows(),
            Targets::None => Vec::new(),
            Targets::Row | Targets::Group { .. } => self.rows_at(self.cursor).to_vec(),
        }
    }

    /// The rows of a line: one, or those of a group.
    fn rows_at(&self, line: usize) -> &[RowId] {
        let span = self.span_at(line);
        self.lines.rows().get(span).unwrap_or_default()
    }

    /// The places of the rows of a line.
    fn span_at(&self, line: usize) -> Range<usize> {
        match self.lines.at(line) {
            Some(Line::Row(row)) => {
                let place = self.lines.place(row).unwrap_or_default();
                place..place + 1
            }
            Some(Line::Group(group)) => self.lines.span(group),
            None => 0..0,
        }
    }

    fn set_marks(&mut self, span: Range<usize>, marked: bool) {
        for row in self.lines.rows().get(span).unwrap_or_default() {
            if marked {
                self.marked.insert(*row);
            } else {
                self.marked.remove(*row);
            }
        }
    }

    /// How many of the rows of a group are marked.
    pub(in crate::tui) fn marks_in(&self, group: usize) -> usize {
        if self.marks() == 0 {
            return 0;
        }
        let rows = self.lines.rows().get(self.lines.span(group));
        let marked = rows.unwrap_or_default().iter();
        marked.filter(|row| self.is_marked(**row)).count()
    }

    /// Marks what is under the cursor, or takes its marks away; goes on.
    pub(in crate::tui) fn toggle_mark(&mut self) {
        let rows = self.rows_at(self.cursor);
        let all = rows.iter().all(|row| self.is_marked(*row));
        self.set_marks(self.span_at(self.cursor), !all);
        self.step(Step::By(1));
    }

    /// Marks what is under the cursor, steps, and marks what is there.
    pub(in crate::tui) fn mark_and_step(&mut self, step: isize) {
        self.set_marks(self.span_at(self.cursor), true);
        self.step(Step::By(step));
        self.set_marks(self.span_at(self.cursor), true);
    }

    /// Marks the rows of so many lines from the top of the screen.
    pub(in crate::tui) fn mark_screen(&mut self, height: usize) {
        for line in self.top..(self.top + height).min(self.lines.len()) {
            if let Some(Line::Row(_)) = self.lines.at(line) {
                self.set_marks(self.span_at(line), true);
            }
        }
    }

    /// Marks all rows that the filter shows.
    pub(in crate::tui) fn mark_all(&mut self) {
        self.marked.add_all(self.lines.shown());
    }

    /// Marks those of the shown rows that are not marked, and no others of them.
    pub(in crate::tui) fn invert_marks(&mut self) {
        self.marked.invert(self.lines.shown());
    }

    /// Has the rows marked that match, of those that the filter shows.
    pub(in crate::tui) fn mark_matching(&mut self, text: &str) -> Result<(), FilterError> {
        if !text.trim().is_empty() {
            self.mark = Some(RowFilter::parse(text)?);
            self.mark_wanted.ask();
        }
        Ok(())
    }

    /// Marks rows that were found; how many there are.
    pub(super) fn mark_found(&mut self, found: &RowSet) -> usize {
        self.marked.add_all(found);
        found.len()
    }

    pub(in crate::tui) fn clear_marks(&mut self) {
        self.marked.clear();
        self.anchor = None;
    }

    /// Begins a range at the cursor, or marks from where it began to here.
    pub(in crate::tui) fn range(&mut self) {
        match self.open_range() {
            Some(span) => {
                self.set_marks(span, true);
                self.anchor = None;
            }
            None => {
                self.anchor = match self.line() {
                    Some(Line::Row(row)) => Some(Anchor::Row(row)),
                    Some(Line::Group(group)) => self.lines.key(group).map(Anchor::Group),
                    None => None,
                };
            }
        }
    }

    /// Gives a begun range up; `false` if there is none.
    pub(in crate::tui) fn drop_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// The places of a range that is being drawn.
    pub(in crate::tui) fn open_range(&self) -> Option<Range<usize>> {
        let from = match self.anchor? {
            Anchor::Row(row) => {
                let place = self.lines.place(row)?;
                place..place + 1
            }
            Anchor::Group(key) => self.lines.span(self.lines.group(key)?),
        };
        let to = self.span_at(self.cursor);
        Some(from.start.min(to.start)..from.end.max(to.end))
    }
}
