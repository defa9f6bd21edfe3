//! Random edits, applies, foreign edits, crashes, recovers and rollbacks
//! against a plain model: what the journals claim explains the directory.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::directory::memory::{Fault, Operation};
use crate::transaction::rollback::inverse_of;

const USERS: u8 = 3;
const ATTRIBUTES: [&str; 3] = ["mail", "displayName", "proxyAddresses"];

#[derive(Debug, Clone)]
enum Step {
    /// Plan these edits, let somebody else edit, apply; the fault may strike.
    Apply {
        edits: Vec<(u8, usize, Vec<u8>)>,
        meanwhile: Vec<(u8, usize, Vec<u8>)>,
        fault: Option<(usize, Strike)>,
    },
    /// Take back one of the transactions so far.
    Rollback {
        which: usize,
        fault: Option<(usize, Strike)>,
    },
    /// Somebody else edits.
    Foreign(u8, usize, Vec<u8>),
}

#[derive(Debug, Clone, Copy)]
enum Strike {
    Refused,
    Lost(bool),
    Killed(bool),
}

impl Strike {
    fn fault(self) -> Fault {
        match self {
            Self::Refused => Fault::Refused {
                code: 53,
                text: String::new(),
            },
            Self::Lost(applied) => Fault::AnswerLost { applied },
            Self::Killed(applied) => Fault::Killed { applied },
        }
    }
}

/// Which user, which attribute, and its values as small numbers.
fn edit() -> impl Strategy<Value = (u8, usize, Vec<u8>)> {
    let numbers = prop::collection::btree_set(0..6_u8, 0..4);
    (1..=USERS, 0..ATTRIBUTES.len(), numbers)
        .prop_map(|(user, attribute, numbers)| (user, attribute, numbers.into_iter().collect()))
}

fn fault() -> impl Strategy<Value = Option<(usize, Strike)>> {
    let strike = prop_oneof![
        Just(Strike::Refused),
        any::<bool>().prop_map(Strike::Lost),
        any::<bool>().prop_map(Strike::Killed),
    ];
    prop::option::of((1..=3_usize, strike))
}

fn step() -> impl Strategy<Value = Step> {
    let edits = || prop::collection::vec(edit(), 0..3);
    prop_oneof![
        3 => (edits(), edits(), fault())
            .prop_map(|(edits, meanwhile, fault)| Step::Apply { edits, meanwhile, fault }),
        2 => (any::<usize>(), fault()).prop_map(|(which, fault)| Step::Rollback { which, fault }),
        1 => edit().prop_map(|(user, attribute, numbers)| Step::Foreign(user, attribute, numbers)),
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

fn set_foreign(
    world: &World,
    model: &mut Model,
    (user, attribute, numbers): &(u8, usize, Vec<u8>),
) {
    let values = texts(*attribute, numbers);
    world.memory.edit(&guid(*user), |entry| {
        entry.set(&name(ATTRIBUTES[*attribute]), values.clone());
    });
    model.insert((*user, *attribute), values.into_iter().collect());
}

fn assert_explained(world: &World, model: &Model) {
    for user in 1..=USERS {
        let entry = world.entry(user);
        for (at, attribute) in ATTRIBUTES.iter().enumerate() {
            let held: BTreeSet<Value> = entry.values(attribute).iter().cloned().collect();
            let expected = model.get(&(user, at)).cloned().unwrap_or_default();
            assert_eq!(held, expected, "user {user}, {attribute}");
        }
    }
}

/// Carries over into the model what a settled journal claims was written.
fn believe(model: &mut Model, record: &TransactionRecord) {
    assert!(!record.needs_recovery() && record.damage.is_empty());
    for (planned, outcome) in record.plan.iter().zip(&record.outcomes) {
        let (planned, outcome) = (planned.as_ref().unwrap(), outcome.as_ref().unwrap());
        let Some(inverse) = inverse_of(planned, outcome) else {
            continue;
        };
        let user = (1..=USERS)
            .find(|user| guid(*user) == planned.identity)
            .unwrap();
        for change in inverse.changes {
            let at = ATTRIBUTES
                .iter()
                .position(|name| change.attribute.is(name))
                .unwrap();
            let held = model.entry((user, at)).or_default();
            for value in &change.add {
                held.remove(value);
            }
            held.extend(change.delete);
        }
    }
}

/// Runs a plan; a killed process is followed by one that recovers.
async fn run(
    mut world: World,
    (plan, reverts): (&ChangeSet, Option<TransactionId>),
    fault: Option<(usize, Strike)>,
) -> (World, TransactionId) {
    if let Some((at, strike)) = fault {
        world.memory.inject(Operation::Modify, at, strike.fault());
    }
    let killed = tokio::select! {
        report = world.run(plan, reverts, &NoPrecondition) => {
            report.unwrap();
            false
        }
        () = world.memory.killed() => true,
    };
    // Also forgets a fault that found nothing to strike.
    world = world.next_process().await;
    let id = world.newest().unwrap();
    if killed {
        world.recover(&id, false).await;
    }
    (world, id)
}

async fn play(steps: Vec<Step>) -> usize {
    let users = (1..=USERS).map(|number| user(number, "DC=contoso,DC=test", &[]));
    let mut world = World::new(users.collect()).await;
    let mut model = Model::new();
    let mut ids: Vec<TransactionId> = Vec::new();
    let count = steps.len();
    for step in steps {
        match step {
            Step::Foreign(user, attribute, numbers) => {
                set_foreign(&world, &mut model, &(user, attribute, numbers));
            }
            Step::Apply {
                edits,
                meanwhile,
                fault,
            } => {
                let plan = plan(&world, &edits);
                for edit in &meanwhile {
                    set_foreign(&world, &mut model, edit);
                }
                if plan.is_empty() {
                    continue;
                }
                let id;
                (world, id) = run(world, (&plan, None), fault).await;
                believe(&mut model, &world.record(&id));
                ids.push(id);
            }
            Step::Rollback { which, fault } => {
                let Some(id) = ids.get(which % ids.len().max(1)).cloned() else {
                    continue;
                };
                let Ok(planned) = plan_rollback(&world.record(&id), &world.targets) else {
                    continue;
                };
                let back;
                (world, back) = run(world, (&planned.plan, Some(id)), fault).await;
                believe(&mut model, &world.record(&back));
                ids.push(back);
            }
        }
        assert_explained(&world, &model);
    }
    count
}

/// One modification an entry, one change an attribute: the last edit counts.
fn plan(world: &World, edits: &[(u8, usize, Vec<u8>)]) -> ChangeSet {
    let wanted: BTreeMap<(u8, usize), &[u8]> = edits
        .iter()
        .map(|(user, attribute, numbers)| ((*user, *attribute), numbers.as_slice()))
        .collect();
    let mut plan = ChangeSet::default();
    for ((user, attribute), numbers) in wanted {
        let after: Vec<String> = texts(attribute, numbers)
            .iter()
            .map(|value| value.to_text_lossy().into_owned())
            .collect();
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        let one = world.plan(&[(user, ATTRIBUTES[attribute], &after)]);
        for modification in one.modifications {
            if modification.changes.is_empty() {
                continue;
            }
            match plan.modifications.last_mut() {
                Some(last) if last.identity == modification.identity => {
                    last.changes.extend(modification.changes);
                }
                _ => plan.modifications.push(modification),
            }
        }
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn journals_explain_the_directory_whatever_happens(
        steps in prop::collection::vec(step(), 1..24)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(play(steps));
    }
}
