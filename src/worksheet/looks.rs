//! Counts how often this thread looked at a row, for tests that ask how much
//! work something is and not how long it takes.

use std::cell::Cell;

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// A row was looked at.
pub(super) fn add() {
    LOOKS.set(LOOKS.get() + 1);
}

/// How often `work` looks at a row.
pub(crate) fn during(work: impl FnOnce()) -> usize {
    let before = LOOKS.get();
    work();
    LOOKS.get() - before
}
