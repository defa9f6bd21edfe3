//! When a connection is read: at once, or a moment later.
//!
//! A server that sends entry by entry wakes its reader for each of them, and on
//! a fast network that costs both sides more than the entries do. So while a
//! long page is far from its end, what has come is left to gather for a moment.
//! How long a page is, the one before tells; where that is wrong a page comes a
//! moment later, and nothing else happens. A short one is there before a moment
//! has passed, and others wait for what comes behind it: it is read at once.

use std::time::Duration;

/// How long entries gather. Timers are no finer.
pub(super) const MOMENT: Duration = Duration::from_millis(1);

/// A read that brings as much, in bytes, shows that enough has gathered.
const ENOUGH: usize = 32 << 10;

/// How many entries a long page has at least: more than are ever asked for by
/// name.
const LONG: usize = 200;

/// What is known of the pages of a connection.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    search: i32,
    entries: usize,
    /// How many entries the last search brought that has ended.
    usual: usize,
}

impl Rhythm {
    /// Notes an entry of a search.
    pub(super) fn entry(&mut self, search: i32) {
        if self.search != search {
            self.search = search;
            self.entries = 0;
        }
        self.entries += 1;
    }

    /// Notes that a search has ended.
    pub(super) fn end(&mut self, search: i32) {
        self.usual = if self.search == search {
            self.entries
        } else {
            0
        };
        self.search = 0;
        self.entries = 0;
    }

    /// Whether entries may gather, after a read of `read` bytes: the end, for
    /// which the next request waits, is a quarter of a page away.
    pub(super) fn may_wait(&self, read: usize) -> bool {
        let is_long = self.usual >= LONG;
        is_long && self.entries > 0 && read < ENOUGH && self.entries < self.usual / 4 * 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_gather_in_the_front_of_a_page_that_is_as_long_as_the_last() {
        let mut rhythm = Rhythm::default();
        let waits = |rhythm: &mut Rhythm, search, entries| {
            let each = (0..entries).map(|_| {
                rhythm.entry(search);
                rhythm.may_wait(500)
            });
            let waits = each.filter(|waits| *waits).count();
            rhythm.end(search);
            assert!(!rhythm.may_wait(500), "nothing is awaited");
            waits
        };
        assert_eq!(waits(&mut rhythm, 7, 400), 0, "the first is read at once");
        assert_eq!(waits(&mut rhythm, 8, 400), 299);
        rhythm.entry(9);
        assert!(rhythm.may_wait(500));
        assert!(!rhythm.may_wait(ENOUGH), "enough has come");
        rhythm.end(9);
        assert_eq!(waits(&mut rhythm, 10, 50), 0, "a short page is no measure");
        assert_eq!(
            waits(&mut rhythm, 11, 50),
            0,
            "a short page is read at once"
        );
    }
}
