//! Every step of apply, rollback and recover meets every fault; afterwards the
//! journal and the directory agree, and everything can be settled, finished and
//! taken back.
//!
//! A step is a read or a request of the directory, or an effect on the disk:
//! a folder made, a file opened, written, synced or renamed. The steps are
//! counted in a run without faults, so that none is forgotten when a run takes
//! more of them.

use super::*;
use crate::directory::memory::{Fault, Operation};
use crate::store::files::Step;
use crate::store::files::fault::DiskFault;

/// What happens at a step.
#[derive(Clone, Copy)]
enum Strike {
    Directory(Operation, fn() -> Fault),
    /// The same, and what was lost arrives late.
    Late(fn() -> Fault),
    Disk(DiskFault),
    /// The process is killed with the power: what is not synced is lost.
    PowerCut(DiskFault),
}

use Operation::{Modify, Read};

fn refused(code: u32) -> Fault {
    Fault::Refused {
        code,
        text: "00002035: unwilling".to_owned(),
    }
}

fn lost(applied: bool) -> Fault {
    Fault::AnswerLost { applied }
}

fn killed(applied: bool) -> Fault {
    Fault::Killed { applied }
}

#[rustfmt::skip]
const READ_STRIKES: [(&str, Strike); 4] = [
    ("refused", Strike::Directory(Read, || refused(50))),
    ("unreachable", Strike::Directory(Read, || Fault::NotSent)),
    ("answer lost", Strike::Directory(Read, || lost(true))),
    ("killed", Strike::Directory(Read, || killed(false))),
];

#[rustfmt::skip]
const MODIFY_STRIKES: [(&str, Strike); 10] = [
    ("refused", Strike::Directory(Modify, || refused(53))),
    ("refused for lack of a right", Strike::Directory(Modify, || refused(50))),
    ("refused by its guard", Strike::Directory(Modify, || refused(16))),
    ("not sent", Strike::Directory(Modify, || Fault::NotSent)),
    ("answer lost, carried out", Strike::Directory(Modify, || lost(true))),
    ("answer lost, not carried out", Strike::Directory(Modify, || lost(false))),
    ("answer lost, carried out late", Strike::Late(|| lost(false))),
    ("killed before", Strike::Directory(Modify, || killed(false))),
    ("killed after", Strike::Directory(Modify, || killed(true))),
    ("killed, carried out late", Strike::Late(|| killed(false))),
];

#[rustfmt::skip]
const DISK_STRIKES: [(&str, Strike); 8] = [
    ("refused", Strike::Disk(DiskFault::Refused)),
    ("answer lost", Strike::Disk(DiskFault::AnswerLost)),
    ("killed before", Strike::Disk(DiskFault::KilledBefore)),
    ("killed after", Strike::Disk(DiskFault::KilledAfter)),
    ("power cut before", Strike::PowerCut(DiskFault::KilledBefore)),
    ("power cut after", Strike::PowerCut(DiskFault::KilledAfter)),
    // The last two tear what is written, so they are for writes only.
    ("half of it, then the disk is full", Strike::Disk(DiskFault::Torn)),
    ("killed in the middle", Strike::Disk(DiskFault::KilledTorn)),
];

impl Strike {
    fn set(self, world: &mut World, step: usize) {
        match self {
            Self::Directory(operation, fault) => world.memory.inject(operation, step, fault()),
            Self::Late(fault) => {
                world.memory.inject(Modify, step, fault());
                world.is_late = true;
            }
            Self::Disk(fault) | Self::PowerCut(fault) => world.disk.inject(step, fault),
        }
    }

    /// Whether nothing was refused: what is finished then, is done.
    fn only_kills(self) -> bool {
        match self {
            Self::Directory(_, fault) | Self::Late(fault) => {
                matches!(fault(), Fault::Killed { .. })
            }
            Self::Disk(DiskFault::Refused | DiskFault::AnswerLost | DiskFault::Torn) => false,
            Self::Disk(_) | Self::PowerCut(_) => true,
        }
    }
}

/// One step and what happens at it.
struct Case {
    name: String,
    step: usize,
    strike: Strike,
}

/// How many steps of each kind a run takes.
struct Steps {
    reads: usize,
    modifies: usize,
    disk: Vec<(Step, PathBuf)>,
}

impl Steps {
    fn so_far(world: &World) -> Self {
        Self {
            reads: world.memory.count(Read),
            modifies: world.memory.count(Modify),
            disk: world.disk.steps(),
        }
    }

    fn since(mut self, earlier: &Self) -> Self {
        self.reads -= earlier.reads;
        self.modifies -= earlier.modifies;
        self.disk.drain(..earlier.disk.len());
        self
    }

    /// Every step with everything that can happen at it.
    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut add = |name: String, step: usize, (what, strike): &(&str, Strike)| {
            cases.push(Case {
                name: format!("{name} {step} {what}"),
                step,
                strike: *strike,
            });
        };
        for step in 1..=self.reads {
            for strike in &READ_STRIKES {
                add("read".into(), step, strike);
            }
        }
        for step in 1..=self.modifies {
            for strike in &MODIFY_STRIKES {
                add("modify".into(), step, strike);
            }
        }
        for (at, (kind, path)) in self.disk.iter().enumerate() {
            let name = path.extension().unwrap_or_default().to_string_lossy();
            let tearing = if *kind == Step::Write { 0 } else { 2 };
            let strikes = &DISK_STRIKES[..DISK_STRIKES.len() - tearing];
            for strike in strikes {
                add(format!("{kind:?} of {name}"), at + 1, strike);
            }
        }
        cases
    }
}

/// What meets the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Apply,
    Rollback,
    /// Whether to finish.
    Recover(bool),
}

/// How it goes on in the next process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Settle,
    Finish,
    BackAndForth,
}

const ENDINGS: [Ending; 3] = [Ending::Settle, Ending::Finish, Ending::BackAndForth];

/// A world before its job.
struct Scene {
    world: World,
    job: Job,
    /// The transaction that the job takes back or recovers.
    id: Option<TransactionId>,
    /// What the directory holds when all that the job's transaction did is
    /// taken back.
    start: Vec<Entry>,
}

/// Five users in two domains.
fn people() -> Vec<Entry> {
    let contoso = "DC=contoso,DC=test";
    let emea = "DC=emea,DC=contoso,DC=test";
    let mut entries = entries();
    entries[1].add(name("proxyAddresses"), values(&["smtp:old@y"]));
    let department: &[&str] = &["Sales"];
    entries.push(user(4, emea, &[("department", department)]));
    let mut fifth = user(5, contoso, &[]);
    fifth.add(
        name("extensionAttribute1"),
        [Value::from(vec![0xff, 0x00, 0x0a])],
    );
    entries.push(fifth);
    entries
}

/// All kinds of changes, and a chain over two domains: the second user takes
/// what the first gives up, and the fourth what the second gives up.
fn plan(world: &World) -> ChangeSet {
    let mut plan = world.plan(&[
        (1, "mail", &["a@contoso.test"]),
        (1, "proxyAddresses", &["SMTP:a@contoso.test", "x500:/o=1"]),
        (2, "proxyAddresses", &["SMTP:B@contoso.test", "smtp:x@y"]),
        (3, "displayName", &["Zoë"]),
        (4, "department", &[]),
        (4, "proxyAddresses", &["SMTP:d@contoso.test", "smtp:old@y"]),
        (5, "extensionAttribute1", &["text"]),
        (5, "sn", &["Five"]),
    ]);
    plan.depends_on = vec![vec![], vec![0], vec![], vec![1]];
    plan
}

impl Scene {
    async fn apply() -> Self {
        let world = World::new(people()).await;
        Self {
            start: world.memory.dump(),
            world,
            job: Job::Apply,
            id: None,
        }
    }

    /// A rollback after so many transactions back and forth.
    async fn rollback(depth: usize) -> Self {
        let world = World::new(people()).await;
        let plan = plan(&world);
        let mut id = world.apply(&plan).await.unwrap().id;
        for _ in 1..depth {
            id = world.rollback(&id).await.id;
        }
        Self {
            start: world.memory.dump(),
            world,
            job: Job::Rollback,
            id: Some(id),
        }
    }

    /// A recover of what a fault left of another scene; `None` if it left
    /// nothing to be recovered.
    async fn recover(mut before: Self, case: &Case, finish: bool) -> Option<Self> {
        case.strike.set(&mut before.world, case.step);
        let start = before.start.clone();
        let earlier = before.world.newest();
        let world = before.run(case.strike).await.next_process().await;
        let id = world.newest().filter(|id| earlier.as_ref() != Some(id))?;
        world.record(&id).needs_recovery().then_some(Self {
            world,
            job: Job::Recover(finish),
            id: Some(id),
            start,
        })
    }

    /// Runs the job until it is over or the process is dead.
    async fn run(self, strike: Strike) -> World {
        let Self { world, job, id, .. } = self;
        let run = async {
            // Errors are what the faults are for.
            match (job, &id) {
                (Job::Apply, _) => drop(world.apply(&plan(&world)).await),
                (Job::Rollback, Some(id)) => drop(world.try_rollback(id).await),
                (Job::Recover(finish), Some(id)) => drop(world.try_recover(id, finish).await),
                (_, None) => unreachable!("{job:?} of nothing"),
            }
        };
        tokio::select! {
            () = run => {}
            () = world.memory.killed() => {}
        }
        if matches!(strike, Strike::PowerCut(_)) {
            world.disk.cut_power();
        }
        world
    }

    /// The steps of the job when nothing goes wrong.
    async fn steps(self) -> Steps {
        let earlier = Steps::so_far(&self.world);
        let world = self.run(Strike::Disk(DiskFault::Refused)).await;
        Steps::so_far(&world).since(&earlier)
    }

    /// Has the fault strike, goes on in one of the ways, and checks all claims.
    async fn play(mut self, case: &Case, ending: Ending, context: &str) {
        let before = self.world.newest();
        let (job, start) = (self.job, self.start.clone());
        case.strike.set(&mut self.world, case.step);
        let sent = self.world.memory.count(Modify);
        let world = self.run(case.strike).await;
        let sent = world.memory.count(Modify) - sent;
        // The process after it; it also forgets a fault that did not strike.
        let world = world.next_process().await;
        let id = world.newest();
        if id.is_none() || id == before && job == Job::Rollback {
            assert_eq!(sent, 0, "{context}: no journal, no request");
            assert_eq!(world.memory.dump(), start, "{context}");
            return;
        }
        let id = id.unwrap();
        world.assert_journal_agrees(&id, context);
        settle(&world, &id, ending == Ending::Finish, context).await;
        if ending == Ending::Finish && case.strike.only_kills() && job != Job::Recover(false) {
            let record = world.record(&id);
            let whole =
                |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(Outcome::is_as_planned);
            assert!(
                record.outcomes.iter().all(whole),
                "{context}: {:?}",
                record.outcomes
            );
        }
        let settled = world.memory.dump();
        let back = take_back(&world, &id, &start, context).await;
        if let Some(back) = back.filter(|_| ending == Ending::BackAndForth) {
            take_back(&world, &back, &settled, context).await;
        }
    }
}

/// Recovers if there is something to recover, then checks all claims.
async fn settle(world: &World, id: &TransactionId, finish: bool, context: &str) {
    let before = world.memory.dump();
    if world.record(id).needs_recovery() {
        let sent = world.memory.count(Modify);
        world.recover(id, finish).await;
        if !finish {
            assert_eq!(world.memory.count(Modify), sent, "{context}: it only reads");
            assert!(world.is_late || world.memory.dump() == before, "{context}");
        }
    }
    let record = world.record(id);
    assert!(!record.needs_recovery(), "{context}: {:?}", record.outcomes);
    assert_eq!(record.damage, [], "{context}");
    world.assert_journal_agrees(id, context);
}

/// Takes back what there is to take back: all must be as it was.
async fn take_back(
    world: &World,
    id: &TransactionId,
    start: &[Entry],
    context: &str,
) -> Option<TransactionId> {
    let back = match plan_rollback(&world.record(id), &world.targets) {
        Ok(planned) => {
            let report = world
                .run(&planned.plan, Some(id.clone()), &NoPrecondition)
                .await
                .unwrap();
            assert!(
                report.outcomes.iter().all(Outcome::is_as_planned),
                "{context}: {report:?}"
            );
            Some(report.id)
        }
        Err(RollbackError::Nothing(_)) => None,
        Err(error) => panic!("{context}: {error}"),
    };
    assert_eq!(world.memory.dump(), start, "{context}");
    back
}

/// Plays every case of a scene with every ending.
async fn play_all(name: &str, scene: impl AsyncFn() -> Scene) -> usize {
    let steps = scene().await.steps().await;
    let cases = steps.cases();
    for case in &cases {
        for ending in ENDINGS {
            let context = format!("{name}, {}, then {ending:?}", case.name);
            scene().await.play(case, ending, &context).await;
        }
    }
    let count = cases.len() * ENDINGS.len();
    println!(
        "{name}: {} reads, {} requests, {} steps on the disk; {} faults, {count} cases",
        steps.reads,
        steps.modifies,
        steps.disk.len(),
        cases.len(),
    );
    count
}

#[tokio::test]
async fn an_apply_survives_every_fault_at_every_step() {
    let count = play_all("apply", Scene::apply).await;
    assert!(count >= 700, "{count}");
}

#[tokio::test]
async fn a_rollback_survives_every_fault_at_every_step() {
    let count = play_all("rollback", || Scene::rollback(1)).await;
    assert!(count >= 700, "{count}");
}

#[tokio::test]
async fn a_rollback_of_a_rollback_survives_every_fault_at_every_step() {
    let count = play_all("rollback of a rollback", || Scene::rollback(2)).await;
    assert!(count >= 700, "{count}");
}

/// A recover of everything that a kill can leave of a scene, with every fault at
/// every step. There are many such pairs: each of the tests below takes its
/// `share` of one in [`SHARES`] of the kills.
async fn recover_all(
    (name, share): (&str, usize),
    scene: impl AsyncFn() -> Scene,
    finish: bool,
) -> usize {
    let (mut count, mut kills) = (0, 0);
    let all = scene().await.steps().await.cases();
    let is_kill = |case: &&Case| case.strike.only_kills();
    for first in all.iter().filter(is_kill).skip(share).step_by(SHARES) {
        let interrupted = async || Scene::recover(scene().await, first, finish).await;
        let Some(recover) = interrupted().await else {
            continue;
        };
        kills += 1;
        for case in recover.steps().await.cases() {
            let context = format!("{name}, {}, recovered, {}", first.name, case.name);
            let Some(scene) = interrupted().await else {
                panic!("{context}: another run left nothing to recover");
            };
            let ending = ENDINGS[count % ENDINGS.len()];
            scene.play(&case, ending, &context).await;
            count += 1;
        }
    }
    println!("recover of {name} (finish: {finish}): {kills} kills, {count} cases");
    count
}

const SHARES: usize = 16;

#[tokio::test]
async fn a_recover_survives_every_fault_at_every_step() {
    let count = recover_all(("an apply", 0), Scene::apply, false).await;
    assert!(count >= 400, "{count}");
}

#[tokio::test]
async fn a_recover_that_finishes_survives_every_fault_at_every_step() {
    let count = recover_all(("an apply", 1), Scene::apply, true).await;
    assert!(count >= 400, "{count}");
}

#[tokio::test]
async fn a_recover_of_a_rollback_survives_every_fault_at_every_step() {
    let count = recover_all(("a rollback", 2), || Scene::rollback(1), true).await;
    assert!(count >= 400, "{count}");
}

#[tokio::test]
async fn a_recover_that_does_not_finish_only_reads() {
    let case = Case {
        name: "killed after the second request".to_owned(),
        step: 2,
        strike: Strike::Directory(Modify, || killed(true)),
    };
    let scene = Scene::recover(Scene::apply().await, &case, false)
        .await
        .unwrap();
    let (world, id) = (scene.world, scene.id.unwrap());
    let before = world.memory.dump();
    let report = world.recover(&id, false).await;
    let done = report.count(|outcome| *outcome == Outcome::Done);
    let not_reached = report.count(|outcome| *outcome == Outcome::NotReached);
    assert_eq!((done, not_reached), (2, 3));
    assert_eq!(world.memory.count(Modify), 0);
    assert_eq!(world.memory.dump(), before);
}
