//! Killed in the middle of writing: what was done is known, settled and taken
//! back.

use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{Desk, Report, differences, dump};

const CHANGES: usize = 200;
const DEADLINE: Duration = Duration::from_secs(60);

/// Writes a report that takes the proposals of 200 entries of both domains.
fn plan(desk: &Desk) {
    desk.on_forest(&["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1);
    let mut report = Report::read(&desk.path("findings.csv"));
    let mut left = CHANGES;
    // From the end, where the smaller domain is, so that both are in it.
    for row in (0..report.rows.len()).rev() {
        let proposed = report.get(row, "PROPOSEDACTION") == "EDIT";
        if proposed && left > 0 {
            report.set(row, "ACTION", "EDIT");
            left -= 1;
        }
    }
    assert_eq!(left, 0, "too few faults in the lab");
    report.write(&desk.path("decided.csv"));
}

/// The journal of the only transaction of a desk, once it has its name.
fn journal(desk: &Desk) -> Option<PathBuf> {
    let folder = fs::read_dir(desk.path("state/journal")).ok()?;
    folder
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
}

fn outcomes(journal: &PathBuf) -> usize {
    let text = fs::read_to_string(journal).unwrap_or_default();
    text.matches(r#""kind":"outcome""#).count()
}

/// Applies the plan and kills the program after `wanted` outcomes and `delay`.
fn apply_and_kill(desk: &Desk, (wanted, delay): (usize, Duration)) -> usize {
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
    loop {
        if journal(desk).is_some_and(|path| outcomes(&path) >= wanted) {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "the journal does not grow");
        assert_eq!(
            program.try_wait().expect("a status"),
            None,
            "too late to kill"
        );
        pause(Duration::from_millis(1));
    }
    pause(delay);
    // SIGKILL: nothing can be caught or tidied up.
    program.kill().expect("a kill");
    let status = program.wait().expect("a status");
    assert_eq!(status.code(), None, "it was killed, it did not end");
    outcomes(&journal(desk).expect("a journal"))
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Small, and good enough to choose moments (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// After how many outcomes, and how long after that one.
    fn moment(&mut self) -> (usize, Duration) {
        let outcomes = 1 + self.below(CHANGES as u64 * 3 / 4);
        let delay = Duration::from_micros(self.below(20_000));
        (usize::try_from(outcomes).expect("small"), delay)
    }
}

/// A new seed, or the one that a failed run printed.
fn seed() -> u64 {
    match std::env::var("IDMEND_LAB_SEED") {
        Ok(text) => text.parse().expect("IDMEND_LAB_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

#[test]
fn an_apply_that_is_killed_is_settled_and_taken_back() {
    let start = dump();
    let seed = seed();
    println!("IDMEND_LAB_SEED={seed}");
    let mut random = Random(seed);
    for round in 0..3 {
        let begun = Instant::now();
        let moment = random.moment();
        let desk = Desk::new();
        plan(&desk);
        let written = apply_and_kill(&desk, moment);
        assert!((1..CHANGES).contains(&written), "{written} outcomes");
        let killed = dump();
        let changed = differences(&start, &killed).len();
        // What the journal says was done is done; one more may be, of which
        // the outcome was not written any more.
        assert!(
            (written..=written + 1).contains(&changed) && changed < CHANGES,
            "{written} outcomes, {changed} changed"
        );
        let id = desk.transaction("UNFINISHED");
        desk.on_forest(&["rollback", "--yes"])
            .ends_with(2)
            .says(&[&format!("transaction {id} is not settled")]);

        let finish = round == 2;
        if finish {
            desk.on_forest(&["recover", "--finish"])
                .ends_with(0)
                .says(&[&format!("transaction {id}: {CHANGES} done")]);
            assert_eq!(differences(&start, &dump()).len(), CHANGES);
            desk.transaction(&format!("{CHANGES} planned, {CHANGES} done"));
        } else {
            desk.on_forest(&["recover"]).ends_with(4).says(&[&format!(
                "transaction {id}: {changed} done, {} not reached",
                CHANGES - changed
            )]);
            assert_eq!(dump(), killed, "recover only reads");
            desk.transaction(&format!("{CHANGES} planned, {changed} done"));
        }
        desk.run(&["recover"])
            .ends_with(0)
            .says(&["nothing to recover"]);
        desk.on_forest(&["rollback", "--yes"]).ends_with(0);
        assert_eq!(dump(), start, "all is as it was");
        desk.transaction(&format!("takes back {id}"));
        println!(
            "round {round}: killed after {written} outcomes with {changed} of {CHANGES} entries \
             changed; {}; {:.1} s in all",
            if finish { "finished" } else { "settled" },
            begun.elapsed().as_secs_f32()
        );
    }
}
