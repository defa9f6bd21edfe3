//! One item a row, kept in pages that are shared until they are changed.
//!
//! Most rows are as they were scanned, so a page in which every item is the
//! usual one takes no memory. A clone costs a pointer a page; the first change
//! of a page after that copies this page alone. That makes a copy of a sheet of
//! a million rows cheap enough to try something out on it elsewhere.

use std::sync::Arc;

/// Items in a page.
const PAGE: usize = 1 << 10;

/// A list of fixed length.
#[derive(Debug, Clone)]
pub(super) struct Pages<T> {
    usual: T,
    kept: Vec<Option<Arc<Vec<T>>>>,
    len: usize,
}

impl<T: Clone + Default + PartialEq> Pages<T> {
    /// `len` usual items.
    pub(super) fn new(len: usize) -> Self {
        Self {
            usual: T::default(),
            kept: vec![None; len.div_ceil(PAGE)],
            len,
        }
    }

    /// The item at `at`; the usual one beyond the end.
    pub(super) fn get(&self, at: usize) -> &T {
        match self.kept.get(at / PAGE) {
            Some(Some(page)) => page.get(at % PAGE).unwrap_or(&self.usual),
            _ => &self.usual,
        }
    }

    /// Puts an item at `at`; beyond the end nothing happens.
    pub(super) fn set(&mut self, at: usize, item: T) {
        if at >= self.len {
            return;
        }
        let page = &mut self.kept[at / PAGE];
        if page.is_none() && item == self.usual {
            return;
        }
        let items = page.get_or_insert_with(|| Arc::new(vec![self.usual.clone(); PAGE]));
        if let Some(place) = Arc::make_mut(items).get_mut(at % PAGE) {
            *place = item;
        }
    }

    /// The items from `from` on, up to `to`.
    pub(super) fn range(&self, from: usize, to: usize) -> impl Iterator<Item = &T> {
        (from..to.min(self.len)).map(|at| self.get(at))
    }

    /// The items that are not the usual one, with their places, in order.
    pub(super) fn unusual(&self) -> impl Iterator<Item = (usize, &T)> {
        self.unusual_in(0, self.len)
    }

    /// The same from `from` on, up to `to`. Pages that were never changed cost
    /// nothing.
    pub(super) fn unusual_in(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, &T)> {
        let to = to.min(self.len);
        let pages = from / PAGE..to.div_ceil(PAGE);
        pages
            .filter_map(|number| Some((number, self.kept.get(number)?.as_ref()?)))
            .flat_map(|(number, page)| (number * PAGE..).zip(page.iter()))
            .filter(move |(at, item)| (from..to).contains(at) && **item != self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_was_and_shares_what_is() {
        let mut one: Pages<Option<u32>> = Pages::new(3 * PAGE + 1);
        one.set(5, Some(5));
        one.set(2 * PAGE, Some(7));
        let before = one.clone();
        one.set(5, None);
        one.set(3 * PAGE, Some(9));
        one.set(3 * PAGE + 1, Some(1));
        let items = |pages: &Pages<Option<u32>>| -> Vec<(usize, u32)> {
            let all = pages.unusual();
            all.filter_map(|(at, item)| Some((at, (*item)?))).collect()
        };
        assert_eq!(items(&before), [(5, 5), (2 * PAGE, 7)]);
        assert_eq!(items(&one), [(2 * PAGE, 7), (3 * PAGE, 9)]);
        assert_eq!(*one.get(3 * PAGE + 1), None, "beyond the end");
        let shared = |number: usize| match (&one.kept[number], &before.kept[number]) {
            (Some(one), Some(before)) => Arc::ptr_eq(one, before),
            _ => false,
        };
        assert!(shared(2) && !shared(0));
        assert!(one.kept[1].is_none());
        let part: Vec<usize> = one.unusual_in(PAGE, 3 * PAGE).map(|(at, _)| at).collect();
        assert_eq!(part, [2 * PAGE]);
        assert_eq!(one.range(3 * PAGE, 9 * PAGE).count(), 1);
    }
}
