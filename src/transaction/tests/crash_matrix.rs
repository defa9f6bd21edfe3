//! Every step of apply, rollback and recover meets every fault; afterwards the
//! journal and the directory agree, and everything can be taken back.

use super::*;
use crate::directory::memory::{Fault, Operation};

type Make = fn() -> Fault;

const MODIFY_FAULTS: [(&str, Make); 7] = [
    ("refused", || refused(53)),
    ("refused by its guard", || refused(16)),
    ("not sent", || Fault::NotSent),
    ("answer lost, carried out", || Fault::AnswerLost {
        applied: true,
    }),
    ("answer lost, not carried out", || Fault::AnswerLost {
        applied: false,
    }),
    ("killed before", || Fault::Killed { applied: false }),
    ("killed after", || Fault::Killed { applied: true }),
];

const READ_FAULTS: [(&str, Make); 3] = [
    ("refused", || refused(50)),
    ("unreachable", || Fault::NotSent),
    ("killed", || Fault::Killed { applied: false }),
];

fn refused(code: u32) -> Fault {
    Fault::Refused {
        code,
        text: "00002035: unwilling".to_owned(),
    }
}

/// Every fault at every operation of a run that has so many of each kind.
fn cases(reads: usize, modifies: usize) -> Vec<(String, Operation, usize, Make)> {
    let kinds = [
        (Operation::Read, reads, &READ_FAULTS[..]),
        (Operation::Modify, modifies, &MODIFY_FAULTS[..]),
    ];
    let mut cases = Vec::new();
    for (operation, steps, faults) in kinds {
        for step in 1..=steps {
            for (what, make) in faults {
                cases.push((
                    format!("{operation:?} {step} {what}"),
                    operation,
                    step,
                    *make,
                ));
            }
        }
    }
    cases
}

/// Runs until it is over or the process is killed, and hands the world to the
/// process that comes after.
async fn until_killed<T>(world: World, run: impl AsyncFnOnce(&World) -> T) -> World {
    let killed = tokio::select! {
        _result = run(&world) => false,
        () = world.memory.killed() => true,
    };
    if killed {
        world.next_process().await
    } else {
        world
    }
}

/// Recovers as often as faults ask for it, then checks all claims.
async fn settle(world: &World, id: &TransactionId, finish: bool, context: &str) {
    world.assert_journal_agrees(id, context);
    if world.record(id).needs_recovery() {
        world.recover(id, finish).await;
    }
    let record = world.record(id);
    assert!(!record.needs_recovery(), "{context}: {:?}", record.outcomes);
    assert_eq!(record.damage, [], "{context}");
    world.assert_journal_agrees(id, context);
}

/// Takes back what there is to take back: all must be as it was.
async fn take_back(world: &World, id: &TransactionId, start: &[Entry], context: &str) {
    match plan_rollback(&world.record(id), &world.targets) {
        Ok(planned) => {
            let report = world
                .run(&planned.plan, Some(id.clone()), &NoPrecondition)
                .await
                .unwrap();
            assert!(
                report.outcomes.iter().all(Outcome::is_as_planned),
                "{context}: {report:?}"
            );
        }
        Err(RollbackError::Nothing(_)) => {}
        Err(error) => panic!("{context}: {error}"),
    }
    assert_eq!(world.memory.dump(), start, "{context}");
}

/// Reads and modifies of the usual plan when nothing goes wrong: each entry is
/// read before the first write, before its own, and after it.
const READS: usize = 9;
const MODIFIES: usize = 3;

#[tokio::test]
async fn an_apply_survives_every_fault_at_every_step() {
    let cases = cases(READS, MODIFIES);
    for (case, operation, step, make) in &cases {
        let context = format!("apply: {case}");
        let world = World::new(entries()).await;
        let start = world.memory.dump();
        let plan = world.usual_plan();
        world.memory.inject(*operation, *step, make());
        let world = until_killed(world, async |world| world.apply(&plan).await).await;
        let id = world.newest().unwrap();
        settle(&world, &id, false, &context).await;
        take_back(&world, &id, &start, &context).await;
    }
    println!("apply: {} cases", cases.len());
    assert_eq!(
        cases.len(),
        READS * READ_FAULTS.len() + MODIFIES * MODIFY_FAULTS.len()
    );
}

#[tokio::test]
async fn a_rollback_survives_every_fault_at_every_step() {
    let cases = cases(READS, MODIFIES);
    for (case, operation, step, make) in &cases {
        let context = format!("rollback: {case}");
        let world = World::new(entries()).await;
        let start = world.memory.dump();
        let done = world.apply(&world.usual_plan()).await.unwrap().id;
        let applied = world.memory.dump();
        world.memory.inject(*operation, *step, make());
        let world = until_killed(world, async |world| world.rollback(&done).await).await;
        let id = world.newest().unwrap();
        assert_ne!(id, done);
        settle(&world, &id, false, &context).await;
        // Back from half-way to where the rollback began, then all the way.
        take_back(&world, &id, &applied, &context).await;
        take_back(&world, &done, &start, &context).await;
    }
    println!("rollback: {} cases", cases.len());
}

/// An apply that was killed at a request, seen by the process after it.
async fn interrupted(killed_at: usize, applied: bool) -> (World, TransactionId, Vec<Entry>) {
    let world = World::new(entries()).await;
    let start = world.memory.dump();
    let plan = world.usual_plan();
    let killed = Fault::Killed { applied };
    world.memory.inject(Operation::Modify, killed_at, killed);
    let world = until_killed(world, async |world| world.apply(&plan).await).await;
    let id = world.newest().unwrap();
    (world, id, start)
}

#[tokio::test]
async fn a_recover_survives_every_fault_at_every_step() {
    let mut count = 0;
    for (applied, killed_at) in [false, true]
        .into_iter()
        .flat_map(|applied| (1..=MODIFIES).map(move |at| (applied, at)))
    {
        let (world, id, _) = interrupted(killed_at, applied).await;
        world.recover(&id, true).await;
        let reads = world.memory.count(Operation::Read);
        let modifies = world.memory.count(Operation::Modify);
        assert_eq!(modifies, MODIFIES + 1 - killed_at - usize::from(applied));
        for (case, operation, step, make) in cases(reads, modifies) {
            let context = format!("recover: killed at {killed_at} ({applied}), {case}");
            let (world, id, start) = interrupted(killed_at, applied).await;
            world.assert_journal_agrees(&id, &context);
            world.memory.inject(operation, step, make());
            let world = until_killed(world, async |world| world.recover(&id, true).await).await;
            settle(&world, &id, true, &context).await;
            take_back(&world, &id, &start, &context).await;
            count += 1;
        }
    }
    println!("recover: {count} cases");
    assert!(count > 100, "{count}");
}

#[tokio::test]
async fn a_recover_that_does_not_finish_only_reads() {
    let (world, id, _) = interrupted(2, true).await;
    let before = world.memory.dump();
    let report = world.recover(&id, false).await;
    assert_eq!(
        report.outcomes,
        [Outcome::Done, Outcome::Done, Outcome::NotReached]
    );
    assert_eq!(world.memory.count(Operation::Modify), 0);
    assert_eq!(world.memory.dump(), before);
}
