//! Random edits, applies, foreign edits, crashes, recovers and rollbacks
//! against a plain model: what the journals claim explains the directory.
//!
//! The same steps every time; `IDMEND_SEED` plays others, and a failure prints
//! the shortest steps that show it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::directory::memory::{Fault, Operation};
use crate::store::files::fault::DiskFault;
use crate::transaction::rollback::inverse_of;

/// At least so many steps are played.
const STEPS: usize = 20_000;
const USERS: u8 = 4;
const ATTRIBUTES: [&str; 3] = ["mail", "displayName", "proxyAddresses"];

/// Which user, which attribute, and its values as small numbers.
type Edit = (u8, usize, Vec<u8>);

#[derive(Debug, Clone)]
enum Step {
    /// Plan these edits, let somebody else edit, apply.
    Apply {
        edits: Vec<Edit>,
        meanwhile: Vec<Edit>,
        trouble: Trouble,
    },
    /// Take back one of the transactions so far, which may be a rollback.
    Rollback { which: usize, trouble: Trouble },
    /// Take back the last ones that can be, in order.
    RollbackLast(usize),
    /// Somebody else edits.
    Foreign(Edit),
}

/// What goes wrong in a transaction, and in the recovers after it.
#[derive(Debug, Clone)]
struct Trouble {
    strike: Option<Strike>,
    /// Each recovers, perhaps finishes, and may be struck itself.
    recovers: Vec<(bool, Option<Strike>)>,
    /// Whether what was lost on its way arrives late.
    is_late: bool,
    /// Whether somebody else adds an address between a read and a write.
    adds: Option<(u8, usize)>,
}

#[derive(Debug, Clone, Copy)]
enum Strike {
    Refused(usize),
    NotSent(usize),
    Unreadable(usize),
    Lost(usize, bool),
    Killed(usize, bool),
    KilledReading(usize),
    Disk(usize, DiskFault),
    PowerCut(usize),
}

impl Strike {
    fn set(self, world: &World) {
        let modify = |nth, fault| world.memory.inject(Operation::Modify, nth, fault);
        let read = |nth, fault| world.memory.inject(Operation::Read, nth, fault);
        let refused = Fault::Refused {
            code: 53,
            text: String::new(),
        };
        match self {
            Self::Refused(nth) => modify(nth, refused),
            Self::NotSent(nth) => modify(nth, Fault::NotSent),
            Self::Unreadable(nth) => read(nth, refused),
            Self::Lost(nth, applied) => modify(nth, Fault::AnswerLost { applied }),
            Self::Killed(nth, applied) => modify(nth, Fault::Killed { applied }),
            Self::KilledReading(nth) => read(nth, Fault::Killed { applied: false }),
            Self::Disk(nth, fault) => world.disk.inject(nth, fault),
            Self::PowerCut(nth) => world.disk.inject(nth, DiskFault::KilledAfter),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let numbers = prop::collection::btree_set(0..6_u8, 0..4);
    (1..=USERS, 0..ATTRIBUTES.len(), numbers)
        .prop_map(|(user, attribute, numbers)| (user, attribute, numbers.into_iter().collect()))
}

fn strike() -> impl Strategy<Value = Strike> {
    let disk = prop::sample::select(vec![
        DiskFault::Refused,
        DiskFault::AnswerLost,
        DiskFault::Torn,
        DiskFault::KilledBefore,
        DiskFault::KilledAfter,
        DiskFault::KilledTorn,
    ]);
    let nth = || 1..=4_usize;
    prop_oneof![
        nth().prop_map(Strike::Refused),
        nth().prop_map(Strike::NotSent),
        (1..=10_usize).prop_map(Strike::Unreadable),
        (nth(), any::<bool>()).prop_map(|(nth, applied)| Strike::Lost(nth, applied)),
        (nth(), any::<bool>()).prop_map(|(nth, applied)| Strike::Killed(nth, applied)),
        (1..=10_usize).prop_map(Strike::KilledReading),
        (1..=22_usize, disk).prop_map(|(nth, fault)| Strike::Disk(nth, fault)),
        (1..=22_usize).prop_map(Strike::PowerCut),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let recover = (any::<bool>(), prop::option::of(strike()));
    (
        prop::option::of(strike()),
        prop::collection::vec(recover, 0..3),
        any::<bool>(),
        prop::option::of((1..=USERS, 1..=4_usize)),
    )
        .prop_map(|(strike, recovers, is_late, adds)| Trouble {
            strike,
            recovers,
            is_late,
            adds,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let edits = |most| prop::collection::vec(edit(), 0..most);
    prop_oneof![
        5 => (edits(5), edits(2), trouble())
            .prop_map(|(edits, meanwhile, trouble)| Step::Apply { edits, meanwhile, trouble }),
        4 => (any::<usize>(), trouble())
            .prop_map(|(which, trouble)| Step::Rollback { which, trouble }),
        1 => (1..=3_usize).prop_map(Step::RollbackLast),
        1 => edit().prop_map(Step::Foreign),
    ]
}

/// The values of an attribute: one at most where the schema allows one.
fn texts(attribute: usize, numbers: &[u8]) -> Vec<Value> {
    let most = if attribute == 2 { numbers.len() } else { 1 };
    numbers
        .iter()
        .take(most)
        .map(|number| Value::from(format!("smtp:v{number}@contoso.test")))
        .collect()
}

/// What the directory should hold: user and attribute to a set of values.
type Model = BTreeMap<(u8, usize), BTreeSet<Value>>;

/// The world, what it should hold, and what there is to be taken back.
struct Play {
    world: World,
    model: Model,
    ids: Vec<TransactionId>,
    /// What somebody else added in the middle of a run.
    added: Arc<Mutex<Vec<(u8, Value)>>>,
    steps: usize,
}

impl Play {
    async fn new() -> Self {
        let domains = ["DC=contoso,DC=test", "DC=emea,DC=contoso,DC=test"];
        let users = (1..=USERS).map(|number| user(number, domains[usize::from(number % 2)], &[]));
        Self {
            world: World::new(users.collect()).await,
            model: Model::new(),
            ids: Vec::new(),
            added: Arc::default(),
            steps: 0,
        }
    }

    async fn step(mut self, step: Step) -> Self {
        match step {
            Step::Foreign(edit) => self.set(&edit),
            Step::Apply {
                edits,
                meanwhile,
                trouble,
            } => {
                let plan = plan(&self.world, &edits);
                for edit in &meanwhile {
                    self.set(edit);
                }
                if !plan.is_empty() {
                    self = self.transact(&plan, None, &trouble).await;
                }
            }
            Step::Rollback { which, trouble } => {
                let id = self.ids.get(which % self.ids.len().max(1)).cloned();
                if let Some(id) = id {
                    self = self.take_back(id, &trouble).await;
                }
            }
            Step::RollbackLast(count) => {
                let history = history(&self.world.journals()).unwrap();
                let last = revertible(&history).take(count);
                for id in last.map(|summary| summary.id.clone()).collect::<Vec<_>>() {
                    self = self.take_back(id, &Trouble::none()).await;
                }
            }
        }
        self.steps += 1;
        self.assert_explained();
        self
    }

    /// Somebody else writes a whole attribute.
    fn set(&mut self, (user, attribute, numbers): &Edit) {
        let values = texts(*attribute, numbers);
        self.world.memory.edit(&guid(*user), |entry| {
            entry.set(&name(ATTRIBUTES[*attribute]), values.clone());
        });
        let held = values.into_iter().collect();
        self.model.insert((*user, *attribute), held);
    }

    /// Somebody else adds an address in the middle of what comes next. No plan
    /// has it, so it stays whatever happens.
    fn add_meanwhile(&mut self, (user, at): (u8, usize)) {
        self.steps += 1;
        let value = Value::from(format!("smtp:added{}@contoso.test", self.steps));
        let added = Arc::clone(&self.added);
        let edit = Fault::foreign_edit(move |memory| {
            memory.edit(&guid(user), |entry| {
                entry.add(name("proxyAddresses"), [value.clone()]);
            });
            added.lock().unwrap().push((user, value));
        });
        self.world.memory.inject(Operation::Modify, at, edit);
    }

    async fn take_back(self, id: TransactionId, trouble: &Trouble) -> Self {
        match plan_rollback(&self.world.record(&id), &self.world.targets) {
            Ok(planned) => self.transact(&planned.plan, Some(id), trouble).await,
            Err(RollbackError::Nothing(_)) => self,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a plan and whatever recovers it takes until it is settled.
    async fn transact(
        mut self,
        plan: &ChangeSet,
        reverts: Option<TransactionId>,
        trouble: &Trouble,
    ) -> Self {
        let before = self.world.newest();
        self.world.is_late = trouble.is_late;
        if let Some(adds) = trouble.adds {
            self.add_meanwhile(adds);
        }
        self.world = struck(self.world, trouble.strike, async |world: &World| {
            drop(world.run(plan, reverts, &NoPrecondition).await);
        })
        .await;
        self.steps += 1;
        let newest = self.world.newest();
        let Some(id) = newest.filter(|id| before.as_ref() != Some(id)) else {
            return self;
        };
        let clean = (false, None);
        for (finish, strike) in trouble.recovers.iter().chain([&clean; 2]) {
            if self.world.record(&id).needs_recovery() {
                self.world = struck(self.world, *strike, async |world: &World| {
                    drop(world.try_recover(&id, *finish).await);
                })
                .await;
                self.steps += 1;
            }
        }
        // What has not arrived by now, never will.
        self.world.on_their_way.clear();
        self.believe(&id);
        self.ids.push(id);
        self
    }

    /// Carries over into the model what a settled journal claims was written.
    fn believe(&mut self, id: &TransactionId) {
        let record = self.world.record(id);
        assert!(!record.needs_recovery(), "{:?}", record.outcomes);
        assert_eq!(record.damage, []);
        for (planned, outcome) in record.plan.iter().zip(&record.outcomes) {
            let (planned, outcome) = (planned.as_ref().unwrap(), outcome.as_ref().unwrap());
            let Some(inverse) = inverse_of(planned, outcome) else {
                continue;
            };
            let user = (1..=USERS)
                .find(|user| guid(*user) == planned.identity)
                .unwrap();
            for change in inverse.changes {
                let is_it = |name: &&str| change.attribute.is(name);
                let at = ATTRIBUTES.iter().position(is_it).unwrap();
                let held = self.model.entry((user, at)).or_default();
                for value in &change.add {
                    held.remove(value);
                }
                held.extend(change.delete);
            }
        }
    }

    fn assert_explained(&mut self) {
        for (user, value) in self.added.lock().unwrap().drain(..) {
            self.model.entry((user, 2)).or_default().insert(value);
        }
        for user in 1..=USERS {
            let entry = self.world.entry(user);
            for (at, attribute) in ATTRIBUTES.iter().enumerate() {
                let held: BTreeSet<Value> = entry.values(attribute).iter().cloned().collect();
                let expected = self.model.get(&(user, at)).cloned().unwrap_or_default();
                assert_eq!(held, expected, "user {user}, {attribute}");
            }
        }
    }
}

impl Trouble {
    fn none() -> Self {
        Self {
            strike: None,
            recovers: Vec::new(),
            is_late: false,
            adds: None,
        }
    }
}

/// Runs a process that may be struck, and hands the world to the next one.
async fn struck(world: World, strike: Option<Strike>, run: impl AsyncFnOnce(&World)) -> World {
    if let Some(strike) = strike {
        strike.set(&world);
    }
    tokio::select! {
        () = run(&world) => {}
        () = world.memory.killed() => {}
    }
    if let Some(Strike::PowerCut(_)) = strike {
        world.disk.cut_power();
    }
    world.next_process().await
}

/// One modification an entry, one change an attribute: the last edit counts.
/// What takes an address that another gives up comes after that one.
fn plan(world: &World, edits: &[Edit]) -> ChangeSet {
    let wanted: BTreeMap<(u8, usize), &[u8]> = edits
        .iter()
        .map(|(user, attribute, numbers)| ((*user, *attribute), numbers.as_slice()))
        .collect();
    let mut modifications: Vec<Modification> = Vec::new();
    for ((user, attribute), numbers) in wanted {
        let after: Vec<String> = texts(attribute, numbers)
            .iter()
            .map(|value| value.to_text_lossy().into_owned())
            .collect();
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        let one = world.plan(&[(user, ATTRIBUTES[attribute], &after)]);
        for modification in one.modifications {
            match modifications.last_mut() {
                _ if modification.changes.is_empty() => {}
                Some(last) if last.identity == modification.identity => {
                    last.changes.extend(modification.changes);
                }
                _ => modifications.push(modification),
            }
        }
    }
    in_order(modifications)
}

/// Those that wait for nothing first, then those that wait for them, and so on;
/// what goes round in a circle is left out.
fn in_order(mut left: Vec<Modification>) -> ChangeSet {
    let mut plan = ChangeSet::default();
    loop {
        let free = |one: &Modification| !left.iter().any(|other| takes(one, other));
        let Some(next) = left.iter().position(free) else {
            return plan;
        };
        let next = left.remove(next);
        let earlier = plan.modifications.iter().enumerate();
        let needs = earlier.filter(|(_, other)| takes(&next, other));
        plan.depends_on
            .push(needs.map(|(place, _)| place).collect());
        plan.modifications.push(next);
    }
}

/// Whether `one` takes a value that `other` gives up.
fn takes(one: &Modification, other: &Modification) -> bool {
    let given_up = |value: &Value| {
        let mut changes = other.changes.iter();
        changes.any(|change| change.delete.contains(value))
    };
    one.identity != other.identity
        && one
            .changes
            .iter()
            .any(|change| change.add.iter().any(given_up))
}

fn seed() -> u64 {
    match std::env::var("IDMEND_SEED") {
        Ok(text) => text.parse().expect("IDMEND_SEED is a number"),
        Err(_) => 0,
    }
}

/// Plays until enough steps are done; each thread has its own.
fn play(thread: u8, enough: usize) -> usize {
    let steps = AtomicI64::new(0);
    // A runner that has played its cases plays no more.
    for round in 0..=u8::MAX {
        if steps.load(Ordering::Relaxed) >= i64::try_from(enough).unwrap() {
            break;
        }
        let mut bytes = [thread; 32];
        bytes[..8].copy_from_slice(&seed().to_le_bytes());
        bytes[8] = round;
        let config = ProptestConfig {
            cases: 20,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let played = runner.run(&prop::collection::vec(step(), 1..24), |all| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            let done = runtime.block_on(async {
                let mut play = Play::new().await;
                for step in all {
                    play = play.step(step).await;
                }
                play.steps
            });
            steps.fetch_add(i64::try_from(done).unwrap(), Ordering::Relaxed);
            Ok(())
        });
        if let Err(failure) = played {
            panic!("IDMEND_SEED={}: {failure}", seed());
        }
    }
    usize::try_from(steps.into_inner()).unwrap()
}

#[test]
fn journals_explain_the_directory_whatever_happens() {
    let threads: Vec<_> = (0..2)
        .map(|thread| std::thread::spawn(move || play(thread, STEPS / 2)))
        .collect();
    let steps: usize = threads.into_iter().map(|one| one.join().unwrap()).sum();
    println!("{steps} steps, IDMEND_SEED={}", seed());
    assert!(steps >= STEPS, "{steps}");
}
