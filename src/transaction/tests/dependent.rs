//! Changes that need a value which another entry gives up.

use super::*;
use crate::directory::memory::{Fault, Operation};

/// The second user takes the address that the first one gives up.
async fn chain() -> (World, ChangeSet) {
    let world = World::new(entries()).await;
    let mut plan = world.plan(&[
        (1, "proxyAddresses", &["SMTP:a@contoso.test", "x500:/o=1"]),
        (2, "proxyAddresses", &["smtp:B@contoso.test", "smtp:x@y"]),
        (3, "displayName", &["Zoë"]),
    ]);
    plan.depends_on = vec![vec![], vec![0]];
    (world, plan)
}

fn refused() -> Fault {
    Fault::Refused {
        code: 50,
        text: String::new(),
    }
}

#[tokio::test]
async fn a_change_is_refused_with_the_one_it_depends_on_and_only_that_one() {
    let (world, plan) = chain().await;
    world.memory.inject(Operation::Modify, 1, refused());
    let report = world.apply(&plan).await.unwrap();
    let [
        Outcome::Failed { .. },
        Outcome::Refused(reason),
        Outcome::Done,
    ] = &report.outcomes[..]
    else {
        panic!("{:?}", report.outcomes);
    };
    assert_eq!(
        reason,
        "it takes a value that CN=user1,DC=contoso,DC=test should give up first, and that one is \
         failed"
    );
    assert_eq!(world.texts(2, "proxyAddresses"), ["smtp:B@contoso.test"]);
    world.assert_journal_agrees(&report.id, "dependent");
}

#[tokio::test]
async fn a_value_that_is_in_doubt_is_not_taken() {
    let (world, plan) = chain().await;
    let lost = Fault::AnswerLost { applied: true };
    world.memory.inject(Operation::Modify, 1, lost);
    // All before the first write, the two that wait for nothing once more, and
    // the third to be read back.
    world.memory.inject(Operation::Read, 3 + 2 + 2, refused());
    let report = world.apply(&plan).await.unwrap();
    assert!(
        matches!(
            &report.outcomes[..],
            [Outcome::InDoubt(_), Outcome::Refused(_), Outcome::Done]
        ),
        "{:?}",
        report.outcomes
    );
}

#[tokio::test]
async fn what_is_like_that_already_holds_nothing_up() {
    let (world, plan) = chain().await;
    world.memory.edit(&guid(1), |entry| {
        entry.set(
            &name("proxyAddresses"),
            values(&["SMTP:a@contoso.test", "x500:/o=1"]),
        );
    });
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(
        report.outcomes,
        [Outcome::NotNeeded, Outcome::Done, Outcome::Done]
    );
}

#[tokio::test]
async fn a_recover_that_finishes_knows_what_depends_on_what() {
    let (world, plan) = chain().await;
    let killed = Fault::Killed { applied: false };
    world.memory.inject(Operation::Modify, 1, killed);
    tokio::select! {
        _report = world.apply(&plan) => panic!("it was to be killed"),
        () = world.memory.killed() => {}
    }
    let world = world.next_process().await;
    let id = world.newest().unwrap();
    assert_eq!(world.record(&id).depends_on, [vec![], vec![0], vec![]]);
    world.memory.inject(Operation::Modify, 1, refused());
    let report = world.recover(&id, true).await;
    assert!(
        matches!(
            &report.outcomes[..],
            [Outcome::Failed { .. }, Outcome::Refused(_), Outcome::Done]
        ),
        "{:?}",
        report.outcomes
    );
}

#[tokio::test]
async fn on_the_way_back_the_taker_gives_up_first() {
    let (world, plan) = chain().await;
    let applied = world.apply(&plan).await.unwrap();
    assert_eq!(applied.count(Outcome::wrote), 3);
    let back = plan_rollback(&world.record(&applied.id), &world.targets).unwrap();
    let order: Vec<_> = back
        .plan
        .modifications
        .iter()
        .map(|m| &m.identity)
        .collect();
    assert_eq!(order, [&guid(3), &guid(2), &guid(1)]);
    assert_eq!(back.plan.depends_on, [vec![], vec![], vec![1]]);
    // The rollback of the rollback depends as the apply did.
    let reverted = world.rollback(&applied.id).await;
    let again = plan_rollback(&world.record(&reverted.id), &world.targets).unwrap();
    assert_eq!(again.plan.depends_on, [vec![], vec![0], vec![]]);
}

#[tokio::test]
async fn on_the_way_back_a_deleted_taker_holds_nothing_up_but_one_in_doubt_does() {
    for (deleted, expected) in [(true, "done"), (false, "refused")] {
        let (world, plan) = chain().await;
        let applied = world.apply(&plan).await.unwrap();
        if deleted {
            world.memory.remove(&guid(2));
        } else {
            let lost = Fault::AnswerLost { applied: true };
            world.memory.inject(Operation::Modify, 2, lost);
            // After all before the first write, two once more, and the first
            // to be read back.
            world.memory.inject(Operation::Read, 3 + 2 + 2, refused());
        }
        let reverted = world.rollback(&applied.id).await;
        assert_eq!(
            reverted.outcomes[2].label(),
            expected,
            "{:?}",
            reverted.outcomes
        );
    }
}

#[tokio::test]
async fn a_plan_that_is_doubled_or_out_of_order_is_refused_whole() {
    let (world, mut plan) = chain().await;
    plan.depends_on = vec![vec![1]];
    let refused = world.apply(&plan).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "the plan changes CN=user1,DC=contoso,DC=test before an entry whose value it takes"
    );
    plan.depends_on.clear();
    plan.modifications.push(plan.modifications[0].clone());
    let refused = world.apply(&plan).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "the plan changes CN=user1,DC=contoso,DC=test twice"
    );
    assert_eq!(world.newest(), None);
}
