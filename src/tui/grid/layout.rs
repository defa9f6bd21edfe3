//! Where the columns stand and how wide they are.
//!
//! The first ones stay; the others scroll so that the one under the cursor is
//! always there whole. Widths come from the rows on the screen, never from all
//! rows, unless somebody set them; what somebody set is kept for the run.

use super::columns::{COLUMNS, Column, get};
use crate::worksheet::SortColumn;

/// No column is narrower than this, whatever somebody wants.
const LEAST: usize = 3;
/// Columns of the screen that are kept for what is not frozen.
const MOVING: usize = 24;
/// What a step of width is.
const STEP: usize = 4;

/// The order of a screen on which not everything fits: what tells most comes
/// first.
const NARROW: &[SortColumn] = &[
    SortColumn::State,
    SortColumn::Name,
    SortColumn::Attribute,
    SortColumn::Value,
    SortColumn::Update,
    SortColumn::Severity,
    SortColumn::Error,
    SortColumn::Action,
    SortColumn::Container,
    SortColumn::Class,
    SortColumn::Proposed,
    SortColumn::Rule,
    SortColumn::Domain,
    SortColumn::Message,
    SortColumn::Dn,
    SortColumn::Result,
];

/// The same with room for the severity.
const MEDIUM: &[SortColumn] = &[
    SortColumn::State,
    SortColumn::Severity,
    SortColumn::Name,
    SortColumn::Attribute,
    SortColumn::Value,
    SortColumn::Update,
    SortColumn::Error,
    SortColumn::Action,
    SortColumn::Container,
    SortColumn::Class,
    SortColumn::Proposed,
    SortColumn::Rule,
    SortColumn::Domain,
    SortColumn::Message,
    SortColumn::Dn,
    SortColumn::Result,
];

/// From these widths on the order is the medium and the wide one.
const MEDIUM_FROM: usize = 100;
const WIDE_FROM: usize = 140;

/// How wide somebody wants a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Fixed(usize),
    /// As wide as what it shows, if the screen has the room.
    Whole,
}

/// What somebody set about the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::tui) struct Layout {
    /// The order, if it is not that of the screen's width.
    order: Option<Vec<SortColumn>>,
    hidden: Vec<SortColumn>,
    wishes: Vec<(SortColumn, Wish)>,
    /// How many columns stay, if it is not as usual.
    frozen: Option<usize>,
}

/// A column as it is drawn.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Placed {
    pub(in crate::tui) column: &'static Column,
    pub(in crate::tui) x: usize,
    pub(in crate::tui) width: usize,
}

/// The columns that are on the screen, and how many are not.
#[derive(Debug, Default)]
pub(in crate::tui) struct Placement {
    pub(in crate::tui) placed: Vec<Placed>,
    /// Columns that were scrolled out on the left.
    pub(in crate::tui) left: usize,
    /// Columns that are to come on the right.
    pub(in crate::tui) right: usize,
}

impl Layout {
    /// The columns that are not hidden, in the order in which a screen of that
    /// width shows them.
    pub(in crate::tui) fn order(&self, width: usize) -> Vec<SortColumn> {
        let mut order = self.all(width);
        order.retain(|column| !self.hidden.contains(column));
        order
    }

    /// The same with the hidden ones.
    pub(in crate::tui) fn all(&self, width: usize) -> Vec<SortColumn> {
        match &self.order {
            Some(order) => order.clone(),
            None if width < MEDIUM_FROM => NARROW.to_vec(),
            None if width < WIDE_FROM => MEDIUM.to_vec(),
            None => COLUMNS.iter().map(|column| column.key).collect(),
        }
    }

    /// How many of the first columns are shown together, squeezed, before
    /// others get room.
    fn main(width: usize) -> usize {
        match width {
            _ if width < MEDIUM_FROM => 5,
            _ if width < WIDE_FROM => 6,
            _ => 10,
        }
    }

    pub(in crate::tui) fn is_hidden(&self, column: SortColumn) -> bool {
        self.hidden.contains(&column)
    }

    /// Hides a column or shows it again; the last one is never hidden.
    pub(in crate::tui) fn toggle(&mut self, column: SortColumn) -> bool {
        if let Some(at) = self.hidden.iter().position(|hidden| *hidden == column) {
            self.hidden.remove(at);
            return true;
        }
        let may = self.hidden.len() + 1 < COLUMNS.len();
        if may {
            self.hidden.push(column);
        }
        may
    }

    /// Shows all columns again; how many were hidden.
    pub(in crate::tui) fn show_all(&mut self) -> usize {
        std::mem::take(&mut self.hidden).len()
    }

    /// Moves a column one place on or back, on a screen of that width.
    pub(in crate::tui) fn shift(&mut self, column: SortColumn, on: bool, width: usize) {
        let mut order = self.all(width);
        let Some(at) = order.iter().position(|other| *other == column) else {
            return;
        };
        let to = if on {
            (at + 1).min(order.len() - 1)
        } else {
            at.saturating_sub(1)
        };
        order.swap(at, to);
        self.order = Some(order);
    }

    /// Makes a column wider or narrower than the `now` that it has.
    pub(in crate::tui) fn resize(&mut self, column: SortColumn, now: usize, wider: bool) {
        let width = if wider {
            now + STEP
        } else {
            now.saturating_sub(STEP).max(LEAST)
        };
        self.wish(column, Wish::Fixed(width));
    }

    /// Shows the cells of a column whole, or as usual again; whether whole.
    pub(in crate::tui) fn toggle_whole(&mut self, column: SortColumn) -> bool {
        let known = self.wishes.iter().position(|(other, _)| *other == column);
        if let Some(at) = known
            && self.wishes[at].1 == Wish::Whole
        {
            self.wishes.remove(at);
            return false;
        }
        self.wish(column, Wish::Whole);
        true
    }

    fn wish(&mut self, column: SortColumn, wish: Wish) {
        self.wishes.retain(|(other, _)| *other != column);
        self.wishes.push((column, wish));
    }

    /// Everything as it was before anybody set anything.
    pub(in crate::tui) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Keeps the columns up to this one where they are; again, none. Says how
    /// many stay.
    pub(in crate::tui) fn freeze(&mut self, column: SortColumn, width: usize) -> usize {
        let at = self.order(width).iter().position(|c| *c == column);
        let count = at.map_or(0, |at| at + 1);
        let frozen = if self.frozen == Some(count) { 0 } else { count };
        self.frozen = Some(frozen);
        frozen
    }

    /// Places columns on `width`: those that stay, then as many others as fit,
    /// beginning so that `cursor` is among them.
    pub(in crate::tui) fn place(
        &self,
        width: usize,
        cursor: SortColumn,
        natural: impl Fn(SortColumn) -> usize,
    ) -> Placement {
        let order = self.order(width);
        let room = Room {
            layout: self,
            width,
            natural: &natural,
        };
        let (fixed, moving) = order.split_at(room.frozen(&order));
        let skip = room.skip(fixed, moving, cursor);
        let mut chosen: Vec<(SortColumn, usize)> = Vec::new();
        let mut used = 0;
        let candidates = fixed.iter().chain(moving.iter().skip(skip));
        let cursor_at = candidates.clone().position(|column| *column == cursor);
        for (number, column) in candidates.enumerate() {
            let left = width.saturating_sub(used);
            let least = room.least(*column);
            let take = least.min(left);
            // Beyond the cursor and the first few, values get their room first.
            let crowds = skip == 0
                && number >= Self::main(width)
                && Some(number) > cursor_at
                && left < least + 1 + room.hunger(&chosen);
            if crowds || take < get(*column).title.len().min(least) {
                break;
            }
            chosen.push((*column, take));
            used += take + 1;
        }
        let right = order.len() - skip - chosen.len();
        room.grow(&mut chosen, width.saturating_sub(used.saturating_sub(1)));
        let mut x = 0;
        let placed = chosen.into_iter().map(|(column, width)| {
            let placed = Placed {
                column: get(column),
                x,
                width,
            };
            x += width + 1;
            placed
        });
        Placement {
            placed: placed.collect(),
            left: skip,
            right,
        }
    }
}

/// What columns are placed on.
struct Room<'a, N> {
    layout: &'a Layout,
    width: usize,
    natural: &'a N,
}

impl<N: Fn(SortColumn) -> usize> Room<'_, N> {
    fn wish(&self, column: SortColumn) -> Option<Wish> {
        let wishes = self.layout.wishes.iter();
        let mut own = wishes.filter(|(other, _)| *other == column);
        own.next().map(|(_, wish)| *wish)
    }

    /// With less the column is not drawn, or cut at the end of the screen.
    fn least(&self, key: SortColumn) -> usize {
        let column = get(key);
        let title = column.title.len() + 2;
        match self.wish(key) {
            Some(Wish::Fixed(width)) => width.min(self.width),
            Some(Wish::Whole) => (self.natural)(key).max(title).min(self.width),
            None => (self.natural)(key).max(title).min(column.narrowest),
        }
    }

    /// How wide a column would be if there were room.
    fn most(&self, key: SortColumn) -> usize {
        match self.wish(key) {
            Some(_) => self.least(key),
            None => (self.natural)(key).min(get(key).widest),
        }
    }

    /// How many columns stay; fewer where they would leave no room.
    fn frozen(&self, order: &[SortColumn]) -> usize {
        let usual = if self.width < MEDIUM_FROM { 2 } else { 3 };
        let wanted = self.layout.frozen.unwrap_or(usual).min(order.len());
        let most = self.width.saturating_sub(MOVING);
        let mut used = 0;
        let fitting = order.iter().take(wanted).take_while(|column| {
            used += self.least(**column) + 1;
            used <= most
        });
        fitting.count()
    }

    /// How many of the moving columns are scrolled out.
    fn skip(&self, fixed: &[SortColumn], moving: &[SortColumn], cursor: SortColumn) -> usize {
        let taken = |columns: &[SortColumn]| -> usize {
            columns.iter().map(|column| self.least(*column) + 1).sum()
        };
        let room = self.width.saturating_sub(taken(fixed));
        let Some(at) = moving.iter().position(|column| *column == cursor) else {
            return 0;
        };
        let fits = |from: &usize| taken(&moving[*from..=at]) <= room + 1;
        (0..=at).find(fits).unwrap_or(at)
    }

    /// How much more the columns would take that grow.
    fn hunger(&self, chosen: &[(SortColumn, usize)]) -> usize {
        let growing = chosen.iter().filter(|(column, _)| get(*column).grows);
        growing
            .map(|(column, width)| self.most(*column).saturating_sub(*width))
            .sum()
    }

    /// Gives what is left over to the columns that have use for it.
    fn grow(&self, chosen: &mut [(SortColumn, usize)], mut left: usize) {
        let wishes: Vec<usize> = chosen
            .iter()
            .map(|(column, _)| self.most(*column))
            .collect();
        while left > 0 {
            let mut given = 0;
            for ((column, width), wish) in chosen.iter_mut().zip(&wishes) {
                if get(*column).grows && *width < *wish && given < left {
                    *width += 1;
                    given += 1;
                }
            }
            if given == 0 {
                break;
            }
            left -= given;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(placement: &Placement) -> Vec<&'static str> {
        let placed = placement.placed.iter();
        placed.map(|placed| placed.column.title).collect()
    }

    #[test]
    fn every_column_has_a_place_in_every_order() {
        for width in [80, 120, 200] {
            let shown = Layout::default().order(width);
            assert_eq!(shown.len(), COLUMNS.len());
            for column in COLUMNS {
                assert!(shown.contains(&column.key), "{}", column.title);
            }
        }
    }

    #[test]
    fn the_column_of_the_cursor_is_always_there_and_nothing_overlaps() {
        for width in [20, 40, 80, 99, 100, 120, 200, 400] {
            for column in COLUMNS {
                let layout = Layout::default();
                let placement = layout.place(width, column.key, |key| get(key).widest);
                let mut end = 0;
                for place in &placement.placed {
                    assert!(place.x >= end, "{width} {}", place.column.title);
                    end = place.x + place.width;
                }
                assert!(end <= width, "{width} {}", column.title);
                let all = placement.left + placement.placed.len() + placement.right;
                assert_eq!(all, COLUMNS.len());
                if width >= 80 {
                    let mut placed = placement.placed.iter();
                    assert!(placed.any(|place| place.column.key == column.key));
                }
            }
        }
    }

    #[test]
    fn the_first_columns_stay_when_the_others_scroll() {
        let layout = Layout::default();
        let placement = layout.place(80, SortColumn::Result, |key| get(key).widest);
        let titles = titles(&placement);
        assert_eq!(titles.get(..2), Some(&["State", "Name"][..]));
        assert_eq!(titles.last(), Some(&"Result"));
        assert_eq!(placement.right, 0);
    }

    #[test]
    fn what_is_frozen_hidden_moved_and_resized_stays_so() {
        let mut layout = Layout::default();
        layout.toggle(SortColumn::Name);
        layout.shift(SortColumn::Value, false, 80);
        layout.resize(SortColumn::Attribute, 17, false);
        assert_eq!(layout.freeze(SortColumn::Value, 80), 2);
        let placement = layout.place(80, SortColumn::State, |key| get(key).widest);
        assert_eq!(titles(&placement)[..3], ["State", "Value", "Attribute"]);
        assert_eq!(placement.placed[2].width, 13);
        let scrolled = layout.place(80, SortColumn::Result, |key| get(key).widest);
        assert_eq!(titles(&scrolled)[..2], ["State", "Value"]);
        assert_eq!(layout.freeze(SortColumn::Value, 80), 0);
        let scrolled = layout.place(80, SortColumn::Result, |key| get(key).widest);
        assert_ne!(titles(&scrolled)[0], "State");
        assert_eq!(layout.show_all(), 1);
        layout.reset();
        assert_eq!(layout, Layout::default());
    }

    #[test]
    fn a_column_is_shown_whole_when_it_is_asked_for() {
        let mut layout = Layout::default();
        assert!(layout.toggle_whole(SortColumn::Dn));
        let natural = |key| if key == SortColumn::Dn { 50 } else { 10 };
        let width = |layout: &Layout| {
            let placement = layout.place(80, SortColumn::Dn, natural);
            placement
                .placed
                .iter()
                .find(|p| p.column.key == SortColumn::Dn)
                .map(|p| p.width)
        };
        assert_eq!(width(&layout), Some(50));
        assert!(!layout.toggle_whole(SortColumn::Dn));
        assert!(width(&layout) < Some(50));
    }

    #[test]
    fn values_get_their_width_before_more_columns_do() {
        let natural = |key| {
            if get(key).grows {
                30
            } else {
                get(key).title.len()
            }
        };
        let placement = Layout::default().place(116, SortColumn::State, natural);
        let titles = titles(&placement);
        assert_eq!(
            titles,
            ["State", "Severity", "Name", "Attribute", "Value", "Update"]
        );
        assert!(placement.right > 0);
    }
}
