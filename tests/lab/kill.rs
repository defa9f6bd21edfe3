//! Killed in the middle of writing, at random moments: what was done is known,
//! settled, finished or taken back, every time.
//!
//! A few rounds by default; `tests/lab/run --kills 100` plays as many as asked.
//! A seed is printed, and `IDMEND_LAB_SEED` plays the same moments again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::plan::{CHANGES, decide_many};
use crate::program::{Desk, Dump, common_name, differences, dump};

const DEADLINE: Duration = Duration::from_secs(120);

/// How many outcomes the program writes at a time.
const AT_ONCE: f64 = 8.0;

/// The journal of the only transaction of a desk, once it has its name.
pub(crate) fn journal(desk: &Desk) -> Option<PathBuf> {
    let folder = fs::read_dir(desk.path("state/journal")).ok()?;
    folder
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
}

/// What a journal says by its lines, as any program can read them.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The names of the entries of the plan, in its order.
    pub(crate) planned: Vec<String>,
    /// The outcomes, by their place in the plan.
    pub(crate) outcomes: BTreeMap<usize, String>,
    /// Those of them that are done over an edit by somebody else.
    pub(crate) over: BTreeSet<usize>,
    pub(crate) ended: bool,
}

impl Said {
    pub(crate) fn by(desk: &Desk) -> Option<Self> {
        let text = fs::read_to_string(journal(desk)?).expect("UTF-8");
        let mut said = Self::default();
        // A line that was cut off in the middle says nothing.
        for line in text
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        {
            let text = |member: &str| line[member].as_str().unwrap_or_default().to_owned();
            match line["kind"].as_str() {
                Some("modification") => said.planned.push(text("dn")),
                Some("outcome") => {
                    let index = line["index"].as_u64().expect("a number");
                    let index = usize::try_from(index).expect("a small number");
                    said.outcomes.insert(index, text("what"));
                    if line["over"].is_array() {
                        said.over.insert(index);
                    }
                }
                Some("end") => said.ended = true,
                _ => {}
            }
        }
        Some(said)
    }

    /// The common names of the entries that are claimed to be done.
    fn done(&self) -> BTreeSet<String> {
        let done = self.outcomes.iter().filter(|(_, what)| *what == "done");
        done.map(|(index, _)| common_name(&self.planned[*index]))
            .collect()
    }
}

fn outcomes(desk: &Desk) -> Option<usize> {
    let text = fs::read_to_string(journal(desk)?).unwrap_or_default();
    Some(text.matches(r#""kind":"outcome""#).count())
}

/// Applies the plan and kills the program after `wanted` outcomes and a part
/// of the time that a group of entries takes; gives the time that an entry took.
fn apply_and_kill(desk: &Desk, (wanted, part): (usize, f64), usual: Duration) -> Duration {
    let decided = desk.name("decided.csv");
    let source = desk.source();
    let mut arguments = vec!["apply", &decided, "--yes"];
    arguments.extend(source.iter().map(String::as_str));
    let mut program = desk
        .command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    let begun = Instant::now();
    let mut sealed = None;
    let mut written = 0;
    while program.try_wait().expect("a status").is_none() {
        if let Some(now) = outcomes(desk) {
            sealed.get_or_insert_with(Instant::now);
            written = now;
            if written >= wanted {
                break;
            }
        }
        assert!(begun.elapsed() < DEADLINE, "the journal does not grow");
        pause(Duration::from_millis(1));
    }
    let took = sealed.map_or(usual, |sealed| sealed.elapsed());
    pause(usual.mul_f64(AT_ONCE * part));
    // SIGKILL: nothing can be caught or tidied up. It may have just ended.
    drop(program.kill());
    program.wait().expect("a status");
    match u32::try_from(written) {
        Ok(written) if written > 10 => took / written,
        _ => usual,
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Small, and good enough to choose moments (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).expect("below the bound")
    }

    /// After how many outcomes, and after which part of what comes then.
    fn moment(&mut self) -> (usize, f64) {
        let bound = u32::try_from(CHANGES + 1).expect("small");
        let outcomes = usize::try_from(self.below(bound)).expect("small");
        (outcomes, f64::from(self.below(1000)) / 1000.0)
    }
}

/// A new seed, or the one that a failed run printed.
fn seed() -> u64 {
    match std::env::var("IDMEND_LAB_SEED") {
        Ok(text) => text.parse().expect("IDMEND_LAB_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

fn rounds() -> usize {
    match std::env::var("IDMEND_LAB_KILLS") {
        Ok(text) => text.parse().expect("IDMEND_LAB_KILLS is a number"),
        Err(_) => 4,
    }
}

/// Where the kills fell.
#[derive(Debug, Default)]
struct Spread {
    before_the_plan: usize,
    after_the_end: usize,
    /// Between the first request and `end`, by tenths of the plan.
    between: [usize; 10],
    /// Entries that were changed and of which no outcome was written any more.
    unsaid: usize,
}

impl Spread {
    fn inside(&self) -> usize {
        self.between.iter().sum()
    }

    #[expect(clippy::print_stdout, reason = "the figures are what a run is for")]
    fn print(&self, seed: u64, rounds: usize) {
        println!("{rounds} kills, IDMEND_LAB_SEED={seed}");
        println!(
            "  before anything was sent: {}; between the first request and end: {}; after end: {}",
            self.before_the_plan,
            self.inside(),
            self.after_the_end
        );
        println!(
            "  by tenths of the {CHANGES} outcomes: {}",
            self.between.map(|count| count.to_string()).join(" ")
        );
        println!(
            "  entries changed without an outcome in the journal: {}",
            self.unsaid
        );
    }
}

/// How a round goes on after the kill.
#[derive(Debug, Clone, Copy)]
enum Then {
    SettleAndRollBack,
    Finish,
    RecoverRollback,
}

/// Recovers and takes back after a kill in the middle.
fn go_on(desk: &Desk, (start, killed): (&Dump, &Dump), then: Then) {
    let changed = differences(start, killed).len();
    match then {
        Then::SettleAndRollBack => {
            let id = desk.transaction("UNFINISHED");
            desk.on_forest(&["rollback", "--yes"])
                .ends_with(2)
                .says(&[&format!("transaction {id} is not settled")]);
            let code = if changed == CHANGES { 0 } else { 4 };
            desk.on_forest(&["recover"])
                .ends_with(code)
                .says(&[&format!("transaction {id}: {changed} done")]);
            assert!(dump() == *killed, "recover only reads");
            desk.transaction(&format!("{CHANGES} planned, {changed} done"));
        }
        Then::Finish => {
            desk.on_forest(&["recover", "--finish"])
                .ends_with(0)
                .says(&[&format!(": {CHANGES} done")]);
            assert_eq!(differences(start, &dump()).len(), CHANGES);
        }
        Then::RecoverRollback => {
            desk.on_forest(&["recover", "--rollback"]);
            desk.run(&["recover"])
                .ends_with(0)
                .says(&["nothing to recover"]);
            return;
        }
    }
    if changed > 0 || matches!(then, Then::Finish) {
        desk.on_forest(&["rollback", "--yes"]).ends_with(0);
        desk.transaction("takes back");
    }
}

#[test]
fn an_apply_that_is_killed_is_settled_and_taken_back() {
    let start = dump();
    let (seed, rounds) = (seed(), rounds());
    println!("IDMEND_LAB_SEED={seed}");
    let mut random = Random(seed);
    let mut spread = Spread::default();
    let mut usual = Duration::from_millis(10);
    let first = Desk::new();
    decide_many(&first);
    for round in 0..rounds {
        let begun = Instant::now();
        let desk = Desk::new();
        fs::copy(first.path("decided.csv"), desk.path("decided.csv")).expect("a copy");
        usual = apply_and_kill(&desk, random.moment(), usual);
        let killed = dump();
        let changed: BTreeSet<String> = differences(&start, &killed).into_keys().collect();
        let said = Said::by(&desk);
        let done = said.as_ref().map(Said::done).unwrap_or_default();
        // What the journal says was done is done.
        assert!(done.is_subset(&changed), "{done:?}\n{changed:?}");
        let then = match round % 8 {
            0 => Then::SettleAndRollBack,
            1 => Then::Finish,
            _ => Then::RecoverRollback,
        };
        match &said {
            None => {
                assert_eq!(changed.len(), 0, "no journal, no change");
                spread.before_the_plan += 1;
            }
            Some(said) if said.ended => {
                assert_eq!((done.len(), changed.len()), (CHANGES, CHANGES));
                spread.after_the_end += 1;
                desk.on_forest(&["rollback", "--yes"]).ends_with(0);
            }
            Some(said) => {
                assert_eq!(said.planned.len(), CHANGES);
                if changed.is_empty() {
                    spread.before_the_plan += 1;
                } else {
                    spread.between[(said.outcomes.len() * 10 / CHANGES).min(9)] += 1;
                }
                spread.unsaid += changed.len() - done.len();
                go_on(&desk, (&start, &killed), then);
            }
        }
        assert!(
            dump() == start,
            "all is as it was: {:?}",
            differences(&start, &dump())
        );
        println!(
            "round {}: killed with {} outcomes and {} of {CHANGES} entries changed; {then:?}; \
             {:.1} s in all",
            round + 1,
            said.map_or(0, |said| said.outcomes.len()),
            changed.len(),
            begun.elapsed().as_secs_f32()
        );
    }
    spread.print(seed, rounds);
    assert!(
        spread.inside() * 10 >= rounds * 8 || rounds < 20,
        "too few kills in the middle"
    );
}
