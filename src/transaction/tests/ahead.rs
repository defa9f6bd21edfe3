//! The look at the next entries while others are written.

use std::sync::atomic::AtomicUsize;

use super::apply::{crowd, crowd_plan};
use super::*;
use crate::directory::memory::{Fault, Operation};

/// As long as nobody else takes.
const SLOW: Duration = Duration::from_millis(50);

#[tokio::test]
async fn the_next_are_looked_at_while_others_are_written() {
    let mut world = World::new(crowd()).await;
    world.options.stop_after = None;
    let plan = crowd_plan(&world);
    for nth in 1..=16 {
        world
            .memory
            .inject(Operation::Modify, nth, Fault::Slow(SLOW));
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let note = Arc::clone(&seen);
    let read = move |memory: &MemoryDirectory| {
        note.store(memory.count(Operation::Read), Ordering::Relaxed);
    };
    world
        .memory
        .inject(Operation::Modify, 1, Fault::foreign_edit(read));
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.count(Outcome::wrote), 60);
    // All of them, the 16 that are under way once more, and the next 16.
    assert_eq!(seen.load(Ordering::Relaxed), 60 + 16 + 16);
}

#[tokio::test]
async fn what_a_look_ahead_finds_counts_when_its_turn_has_come_and_not_before() {
    for limit in [1, 5, 16] {
        let mut world = World::new(crowd()).await;
        world.options.stop_after = Some(limit);
        let plan = crowd_plan(&world);
        // All of the first are refused, and somebody changes all others while
        // they are under way.
        world.memory.inject(
            Operation::Modify,
            1,
            Fault::foreign_edit(move |memory| {
                for number in limit + 1..=60 {
                    let number = u8::try_from(number).unwrap();
                    memory.edit(&guid(number), |entry| {
                        entry.set(&name("displayName"), values(&["y"]));
                    });
                }
            }),
        );
        for nth in 1..=limit {
            let refused = Fault::Refused {
                code: 53,
                text: String::new(),
            };
            world
                .memory
                .inject(Operation::Modify, nth, Fault::Slow(SLOW));
            world.memory.inject(Operation::Modify, nth, refused);
        }
        let report = world.apply(&plan).await.unwrap();
        assert_eq!(report.count(Outcome::is_failure), limit, "not one more");
        assert_eq!(report.incomplete(), 60 - limit);
        assert_eq!(world.memory.count(Operation::Modify), limit);
        // Those of which nothing is claimed are found as they are by the next.
        world.options.stop_after = None;
        let again = world.apply(&plan).await.unwrap();
        let conflicts = |outcome: &Outcome| matches!(outcome, Outcome::Conflict(_));
        assert_eq!(again.count(conflicts), 60 - limit);
        assert_eq!(again.count(Outcome::wrote), limit);
    }
}
