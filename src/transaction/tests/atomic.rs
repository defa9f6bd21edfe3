//! All or nothing.

use super::*;
use crate::directory::memory::{Fault, Operation};

async fn world() -> World {
    let mut world = World::new(entries()).await;
    world.options.atomic = true;
    world
}

fn refused() -> Fault {
    Fault::Refused {
        code: 53,
        text: String::new(),
    }
}

#[tokio::test]
async fn a_plan_that_can_be_done_is_done() {
    let world = world().await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert_eq!(report.outcomes, vec![Outcome::Done; 3]);
    assert_eq!(report.taken_back, None);
}

#[tokio::test]
async fn at_the_first_failure_all_that_was_written_is_taken_back_by_a_transaction_of_its_own() {
    for nth in 1..=3 {
        let world = world().await;
        let start = world.memory.dump();
        world.memory.inject(Operation::Modify, nth, refused());
        let report = world.apply(&world.usual_plan()).await.unwrap();
        assert_eq!(world.memory.dump(), start, "all is as it was");
        assert_eq!(report.count(Outcome::is_failure), 1);
        assert_eq!(report.count(Outcome::wrote), 2);
        let back = report.taken_back.unwrap();
        assert_eq!(back.outcomes, [Outcome::Done, Outcome::Done]);
        let history = history(&world.journals()).unwrap();
        assert_eq!(history[0].id, back.id);
        assert_eq!(history[0].reverts.as_ref(), Some(&report.id));
        assert_eq!(history[1].reverted_by.as_ref(), Some(&back.id));
    }
}

#[tokio::test]
async fn what_is_held_back_before_the_first_write_leaves_nothing_to_take_back() {
    let world = world().await;
    let plan = world.usual_plan();
    world.memory.edit(&guid(3), |entry| {
        entry.set(&name("displayName"), values(&["y"]));
    });
    let start = world.memory.dump();
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(world.memory.count(Operation::Modify), 0);
    assert_eq!(world.memory.dump(), start);
    assert!(matches!(report.outcomes[2], Outcome::Conflict(_)));
    assert_eq!(report.taken_back, None);
    assert_eq!(
        report.notes,
        [
            "stopped after 1 entry that failed, was refused, in conflict or in doubt before \
             the first write",
            "nothing was written"
        ]
    );
}

#[tokio::test]
async fn a_run_that_is_stopped_is_taken_back_too() {
    let world = world().await;
    let start = world.memory.dump();
    let cancel = world.cancel.clone();
    let stop = Fault::foreign_edit(move |_| cancel.cancel());
    world.memory.inject(Operation::Modify, 2, stop);
    world.memory.inject(Operation::Modify, 3, refused());
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert!(report.taken_back.is_some());
    assert_eq!(world.memory.dump(), start);
}

#[tokio::test]
async fn what_is_in_doubt_is_settled_first_or_left_and_named() {
    for settles in [true, false] {
        let world = world().await;
        let start = world.memory.dump();
        let lost = Fault::AnswerLost { applied: true };
        world.memory.inject(Operation::Modify, 1, lost);
        // Three reads before the first write, three to compare, two to read
        // back; then the look at what became of the first, and the settling.
        world.memory.inject(Operation::Read, 9, Fault::NotSent);
        if !settles {
            world.memory.inject(Operation::Read, 10, Fault::NotSent);
        }
        let report = world.apply(&world.usual_plan()).await.unwrap();
        let back = report.taken_back.unwrap();
        if settles {
            assert_eq!(back.outcomes, vec![Outcome::Done; 3]);
            assert_eq!(world.memory.dump(), start);
        } else {
            assert!(matches!(report.outcomes[0], Outcome::InDoubt(_)));
            assert_eq!(back.outcomes, vec![Outcome::Done; 2]);
            assert_eq!(
                back.notes,
                ["CN=user1,DC=contoso,DC=test is in doubt and not taken back"]
            );
            assert_eq!(world.texts(1, "mail"), ["a@contoso.test"]);
        }
        world.assert_journal_agrees(&back.id, "the way back");
    }
}

#[tokio::test]
async fn a_way_back_that_cannot_begin_is_said_with_the_command_that_does_it() {
    let world = world().await;
    let journals = world.journals();
    // The first line is damaged meanwhile, which names the directories.
    let damage = Fault::foreign_edit(move |_| {
        let id = &history(&journals).unwrap()[0].id;
        let path = journals.join(format!("{id}.jsonl"));
        let mut text = std::fs::read(&path).unwrap();
        text[20] ^= 1;
        std::fs::write(&path, text).unwrap();
    });
    world.memory.inject(Operation::Modify, 3, damage);
    world.memory.inject(Operation::Modify, 3, refused());
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert_eq!(report.taken_back, None);
    let note = report.notes.last().unwrap();
    assert!(
        note.starts_with("what was written could not be taken back: the journal of transaction")
            && note.ends_with(&format!("idmend rollback {} does it", report.id)),
        "{note}"
    );
}
