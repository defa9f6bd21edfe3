//! What holds for `entra` over whole scans of whatever a directory may hold.
//!
//! Forests are generated from a grammar of real mistakes (`grammar`), scanned
//! and put on a worksheet as the program does it; over 100,000 entries a run. Set
//! `IDMEND_PROPERTY_FORESTS` to try more forests of 2,000 entries in each test,
//! and `IDMEND_PROPERTY_SEED` to try others.

#![expect(clippy::expect_used, reason = "a test")]

mod grammar;
mod shares;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use idmend::directory::Directory;
use idmend::directory::memory::MemoryDirectory;
use idmend::model::{Entry, Identity, Value};
use idmend::rule::{Confidence, Judge, KeySpace, RuleSet, Settings, file};
use idmend::scan::{EntryRef, ScanOptions, ScanResult, ScanSource, scan};
use idmend::worksheet::{Action, Proposal, RowId, Worksheet};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use grammar::Tidiness;

/// Entries of a forest; shrinking takes them away.
const ENTRIES: usize = 2_000;

static RULES: LazyLock<Arc<RuleSet>> =
    LazyLock::new(|| Arc::new(file::read("entra").expect("the rules of the program")));

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime")
});

/// What users may be joined by.
const JOINS: [&str; 5] = ["once", "mail", "sid", "sam", "employeeID"];

/// Two forests, the first of two domains, and a tenant. Many entries of the
/// second forest stand for one of the first.
#[derive(Clone)]
struct World {
    first: Vec<Entry>,
    second: Vec<Entry>,
    verified: bool,
    join: &'static str,
}

impl World {
    fn new(seeds: &[u64], tidiness: Tidiness, verified: bool) -> Self {
        let mut world = Self {
            first: Vec::new(),
            second: Vec::new(),
            verified,
            join: JOINS[seeds.len() % JOINS.len()],
        };
        for (number, seed) in seeds.iter().enumerate() {
            let (entries, domain) = match seed >> 61 {
                0..=3 => (&mut world.first, "contoso.com"),
                4..=5 => (&mut world.first, "sales.contoso.com"),
                _ => (&mut world.second, "fabrikam.com"),
            };
            entries.push(grammar::entry(*seed, number, domain, tidiness));
            if domain == "fabrikam.com" && seed & 1 == 0 && !world.first.is_empty() {
                let original = &world.first[number % world.first.len()];
                let twin = grammar::twin(original, *seed, number, domain);
                world.second.pop();
                world.second.push(twin);
            }
        }
        world
    }

    fn judge(&self) -> Arc<Judge> {
        if self.verified {
            judge(&["contoso.com", "fabrikam.com", "contoso.cloud"])
        } else {
            judge(&[])
        }
    }

    fn sheet(&self) -> Worksheet {
        self.sheet_of(&[0, 1])
    }

    /// The worksheet of a scan of the forests in this order.
    fn sheet_of(&self, order: &[usize]) -> Worksheet {
        let forests = [
            MemoryDirectory::new(
                "contoso.com",
                &["contoso.com", "sales.contoso.com"],
                self.first.clone(),
            ),
            MemoryDirectory::new("fabrikam.com", &["fabrikam.com"], self.second.clone()),
        ];
        let order: Vec<_> = order.iter().map(|place| &forests[*place]).collect();
        let options = ScanOptions {
            join: self.join.parse().expect("a join"),
            ..ScanOptions::default()
        };
        sheet(&order, &self.judge(), &options)
    }

    fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.first.iter_mut().chain(&mut self.second)
    }
}

impl std::fmt::Debug for World {
    /// A few entries whole; of many only how many there are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.first.len() + self.second.len();
        let shown = if count <= 8 { count } else { 0 };
        let entries: Vec<_> = self.first.iter().chain(&self.second).take(shown).collect();
        write!(
            f,
            "{count} entries, verified: {}, joined by {}, {entries:#?}",
            self.verified, self.join
        )
    }
}

fn judge(verified: &[&str]) -> Arc<Judge> {
    let settings = Settings {
        verified_domains: verified.iter().map(|name| (*name).to_owned()).collect(),
        upn_suffix_map: vec![("contoso.local".to_owned(), "contoso.com".to_owned())],
        ..Settings::default()
    };
    Arc::new(Judge::new(Arc::clone(&RULES), settings))
}

/// The worksheet of a scan of these forests.
fn sheet(forests: &[&MemoryDirectory], judge: &Arc<Judge>, options: &ScanOptions) -> Worksheet {
    let found = RUNTIME.block_on(async {
        let mut sources = Vec::new();
        for directory in forests {
            sources.push(ScanSource {
                forest: directory.discover().await.expect("a forest in memory"),
                directory: Arc::new(Directory::Memory((*directory).clone())),
            });
        }
        let cancel = CancellationToken::new();
        scan(&sources, judge, options, &|_| (), &cancel).await
    });
    let found: ScanResult = found.expect("a scan of memory");
    assert!(found.is_complete(), "{:?}", found.incomplete);
    Worksheet::new(found, Arc::clone(judge))
}

fn worlds(entries: usize, verified: bool) -> impl Strategy<Value = World> {
    let tidiness = prop_oneof![
        3 => Just(Tidiness { slip: 25, people: 100_000 }),
        1 => Just(Tidiness { slip: 8, people: 3_000 }),
    ];
    // Almost all as long as can be; a failing one shrinks all the same.
    let seeds = prop::collection::vec(any::<u64>(), entries - entries / 10..=entries);
    let few = prop::collection::vec(any::<u64>(), 1..60);
    let seeds = prop_oneof![1 => few, 19 => seeds];
    (seeds, tidiness).prop_map(move |(seeds, tidiness)| World::new(&seeds, tidiness, verified))
}

fn config(forests: u32) -> ProptestConfig {
    ProptestConfig {
        cases: forests,
        max_shrink_iters: 20,
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The same forests every run, so that a failure can be looked at; others with
/// `IDMEND_PROPERTY_SEED`.
fn seed() -> u64 {
    let wish = std::env::var("IDMEND_PROPERTY_SEED").ok();
    wish.and_then(|wish| wish.parse().ok()).unwrap_or(2026)
}

/// How many forests each of the two tests of proposals tries.
fn forests() -> u32 {
    let wish = std::env::var("IDMEND_PROPERTY_FORESTS").ok();
    wish.and_then(|wish| wish.parse().ok()).unwrap_or(26)
}

/// All rows with a proposal that changes something.
fn changing(sheet: &Worksheet) -> Vec<(RowId, Proposal<'_>)> {
    sheet
        .rows()
        .filter_map(|row| Some((row, sheet.proposal(row)?)))
        .filter(|(_, proposal)| proposal.action != Action::Complete)
        .filter(|(_, proposal)| proposal.confidence != Confidence::Manual)
        .collect()
}

/// The entry of a row with the value of the row replaced, or taken away.
fn with(sheet: &Worksheet, row: RowId, update: Option<&str>) -> Entry {
    let mut entry = sheet.entry(row);
    let place = &sheet.finding(row).place;
    let present = sheet.value(row).map(Value::from);
    let mut values = entry.values(place.attribute.as_str()).to_vec();
    // Values that are equal byte by byte are one.
    let mut rest = update.map(Value::from);
    if present.is_none() {
        values.extend(rest.take());
    }
    let replaced = values.into_iter().filter_map(|value| {
        if Some(&value) == present.as_ref() {
            rest.take()
        } else {
            Some(value)
        }
    });
    let values = replaced.collect();
    entry.set(&place.attribute, values);
    entry
}

/// Each proposal on its own: it differs, breaks no rule and is nobody else's.
fn check_each(sheet: &Worksheet, judge: &Judge) -> Result<(), TestCaseError> {
    let mut takers: HashMap<(KeySpace, String), Vec<EntryRef>> = HashMap::new();
    for (row, proposal) in changing(sheet) {
        let text = sheet.text(row);
        let attribute = &sheet.finding(row).place.attribute;
        let after = with(sheet, row, proposal.update);
        let Some(update) = proposal.update else {
            prop_assert_eq!(proposal.action, Action::Remove, "{:?}", text);
            continue;
        };
        prop_assert_ne!(Some(update.as_bytes()), sheet.value(row), "{:?}", text);
        let faults = judge.faults(&after);
        let left: Vec<_> = faults
            .iter()
            .filter(|fault| fault.place.attribute == *attribute)
            .filter(|fault| {
                let index = fault.place.value.map(|index| index as usize);
                let values = after.values(attribute.as_str());
                let value = index.and_then(|index| values.get(index));
                value.is_none_or(|value| value.as_bytes() == update.as_bytes())
            })
            // mail and its primary address are mended by a row each.
            .filter(|fault| !judge.follows_primary(fault.rule) || !moves_primary(sheet, row))
            .collect();
        prop_assert!(left.is_empty(), "{text:?} still breaks {left:?}");
        let Some(key) = judge.key_of(&after, attribute, update) else {
            continue;
        };
        let own = after.identity();
        let row_entry = sheet.finding(row).entry;
        for holder in sheet.scan.holders(judge, key.0, &key.1) {
            // Two entries that the sync engine joins may share a value.
            let one = sheet.scan.is_one_object(holder.entry, row_entry);
            let holder = sheet.scan.snapshot.identity(holder.entry);
            prop_assert!(one || holder == own, "{:?} is held by {:?}", text, holder);
        }
        let takers = takers.entry(key).or_default();
        for taker in &*takers {
            let one = sheet.scan.is_one_object(*taker, row_entry);
            prop_assert!(one, "two proposals want {:?}", text);
        }
        takers.push(row_entry);
    }
    Ok(())
}

/// Whether a proposal changes the primary address of a row's entry.
fn moves_primary(sheet: &Worksheet, row: RowId) -> bool {
    sheet.siblings(row).any(|sibling| {
        let text = sheet.text(sibling);
        text.attribute.eq_ignore_ascii_case("proxyAddresses") && sheet.proposal(sibling).is_some()
    })
}

/// All proposals together: none is refused, and a second scan finds nothing at
/// the values they wrote and nothing that was not there before.
fn check_together(world: &World, mut sheet: Worksheet) -> Result<(), TestCaseError> {
    let rows: Vec<RowId> = changing(&sheet).into_iter().map(|(row, _)| row).collect();
    let taken = sheet.accept(&rows);
    prop_assert_eq!(taken.refused, vec![]);
    let plan = sheet.plan();
    let refused: Vec<_> = plan
        .refused
        .iter()
        .map(|(row, why)| (sheet.text(*row), why))
        .collect();
    prop_assert!(refused.is_empty(), "{refused:?}");
    let moved: HashSet<EntryRef> = rows
        .iter()
        .filter(|row| moves_primary(&sheet, **row))
        .map(|row| sheet.finding(*row).entry)
        .collect();
    let mut after = world.clone();
    let mut entries: HashMap<Identity, &mut Entry> = after
        .entries()
        .map(|entry| (entry.identity(), entry))
        .collect();
    for modification in &plan.changes.modifications {
        let entry = entries
            .get_mut(&modification.identity)
            .expect("an entry of the forest");
        for change in &modification.changes {
            prop_assert_eq!(entry.values(change.attribute.as_str()), &change.before[..]);
            entry.set(&change.attribute, change.after.clone());
        }
    }
    drop(entries);
    let findings = |sheet: &Worksheet| -> BTreeMap<(Identity, String, Option<Vec<u8>>), RowId> {
        sheet
            .rows()
            .map(|row| {
                let finding = sheet.finding(row);
                let identity = sheet.scan.snapshot.identity(finding.entry);
                let attribute = finding.place.attribute.as_str().to_lowercase();
                let value = sheet.value(row).map(<[u8]>::to_vec);
                ((identity, attribute, value), row)
            })
            .collect()
    };
    let (before, now) = (findings(&sheet), after.sheet());
    for (place, row) in findings(&now) {
        // mail that was right may be left behind by its primary address.
        let mut faults = now.finding(row).faults.iter();
        let left_behind = faults.all(|fault| now.judge.follows_primary(fault.rule))
            && sheet
                .find_entry(&place.0)
                .is_some_and(|entry| moved.contains(&entry));
        prop_assert!(
            left_behind || before.contains_key(&place),
            "new: {:?}",
            now.text(row)
        );
    }
    for row in rows {
        let finding = sheet.finding(row);
        let identity = sheet.scan.snapshot.identity(finding.entry);
        let attribute = finding.place.attribute.as_str().to_lowercase();
        let written = sheet.update(row).map(|text| text.as_bytes().to_vec());
        let present = sheet.value(row).map(<[u8]>::to_vec);
        for value in [written, present] {
            let found = findings_at(&now, &identity, &attribute, value.as_deref());
            prop_assert!(found.is_none(), "{:?} after {:?}", found, sheet.text(row));
        }
    }
    Ok(())
}

/// What a sheet says about a value of an entry.
fn findings_at(
    sheet: &Worksheet,
    identity: &Identity,
    attribute: &str,
    value: Option<&[u8]>,
) -> Option<String> {
    let text = std::str::from_utf8(value?).ok()?;
    match sheet.find(identity, attribute, text) {
        idmend::worksheet::Lookup::Row(row) => Some(format!("{:?}", sheet.text(row))),
        _ => None,
    }
}

/// Everything a sheet shows.
fn shown(sheet: &Worksheet) -> Vec<String> {
    sheet
        .rows()
        .map(|row| format!("{:?} {:?}", sheet.text(row), sheet.proposal(row)))
        .collect()
}

proptest! {
    #![proptest_config(config(forests()))]

    #[test]
    fn proposals_hold_alone_and_together(world in worlds(ENTRIES, false)) {
        let sheet = world.sheet();
        check_each(&sheet, &world.judge())?;
        check_together(&world, sheet)?;
    }

    #[test]
    fn proposals_hold_where_the_verified_domains_are_known(world in worlds(ENTRIES, true)) {
        let sheet = world.sheet();
        check_each(&sheet, &world.judge())?;
        check_together(&world, sheet)?;
    }
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn neither_the_order_of_entries_nor_that_of_forests_matters(
        world in worlds(1_000, true),
        seed: u64,
    ) {
        let straight = shown(&world.sheet());
        let mut turned = world;
        let mut dice = grammar::Dice::new(seed);
        for entries in [&mut turned.first, &mut turned.second] {
            for at in (1..entries.len()).rev() {
                entries.swap(at, dice.below(at + 1));
            }
        }
        prop_assert_eq!(shown(&turned.sheet_of(&[1, 0])), straight);
    }

    #[test]
    fn nothing_panics_on_any_text_or_bytes(
        texts in prop::collection::vec(any::<String>().prop_map(String::into_bytes), 30),
        bytes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 10),
        seeds in prop::collection::vec(any::<u64>(), 300),
    ) {
        let texts: Vec<Vec<u8>> = texts.into_iter().chain(bytes).collect();
        let entries = seeds.iter().enumerate();
        let entries = entries.map(|(number, seed)| grammar::noise(*seed, number, &texts));
        let world = World { first: entries.collect(), second: Vec::new(), verified: true, join: "once" };
        let sheet = world.sheet();
        check_each(&sheet, &world.judge())?;
        check_together(&world, sheet)?;
    }
}
