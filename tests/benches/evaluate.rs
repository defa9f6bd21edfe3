//! Measures what judging costs, without reading and without a terminal: the
//! faults of every entry, its keys, and the index that finds the shared ones,
//! on one core, for the three rule sets and 10,000, 100,000 and 1,000,000 users.
//!
//! `cargo bench --bench evaluate [-- LARGEST]`. It prints medians: seconds on
//! the clock, and on Linux seconds on the processor, which a busy machine
//! disturbs less. The aim is 10,000 users in 20 ms with `entra`, and time that
//! grows with the number of users alone. The users are generated, the same
//! every time: three in a hundred carry a mistake, one in a hundred an address
//! that another one holds.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use idmend::model::{AttributeName, DistinguishedName, Entry, Value};
use idmend::rule::{Judge, RuleSet, Settings, file};
use idmend::scan::{EntryRef, UniqueIndex};

/// Runs of each set and size; they alternate and the median counts.
const RUNS: usize = 9;

/// A run judges at least so many users, all of them several times if they are
/// fewer: the clock of the processor is coarse.
const JUDGED: usize = 100_000;

const GIVEN: [&str; 8] = [
    "Anna", "Jürgen", "Zoë", "Łukasz", "Søren", "María", "Tom", "Ines",
];
const FAMILY: [&str; 8] = [
    "Meyer", "O'Brien", "Núñez", "Kowalski", "Jensen", "García", "Smith", "Yılmaz",
];
const MISTAKES: [&str; 4] = ["ü", " ", "..", "&"];

/// What a domain controller gives of user number `n`.
fn user(n: usize) -> Entry {
    let (given, family) = (GIVEN[n % 8], FAMILY[n / 8 % 8]);
    let slip = if n % 33 == 7 { MISTAKES[n % 4] } else { "" };
    let number = if n % 100 == 3 { n - 1 } else { n };
    let dn = format!("CN={given} {family} {n},OU=Sales,OU=Staff,DC=contoso,DC=com");
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    let mut add = |name, values: &[String]| {
        let values = values.iter().map(|value| Value::from(value.as_str()));
        entry.add(AttributeName::known(name), values);
    };
    add(
        "objectClass",
        &["top", "person", "organizationalPerson", "user"].map(str::to_owned),
    );
    add("cn", &[format!("{given} {family} {n}")]);
    add("displayName", &[format!("{given} {family}")]);
    add("givenName", &[given.to_owned()]);
    add("sn", &[family.to_owned()]);
    add("sAMAccountName", &[format!("user{n}")]);
    add("userAccountControl", &["512".to_owned()]);
    add("userPrincipalName", &[format!("user{slip}{n}@contoso.com")]);
    add("mail", &[format!("Given.Family{number}@contoso.com")]);
    add("mailNickname", &[format!("user{n}")]);
    add(
        "proxyAddresses",
        &[
            format!("SMTP:Given.Family{number}@contoso.com"),
            format!("smtp:user{n}@contoso.com"),
            format!("smtp:user{n}@contoso.mail.onmicrosoft.com"),
            format!("X500:/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn=user{n}"),
        ],
    );
    let mut guid = [7_u8; 16];
    guid[..8].copy_from_slice(&(n as u64).to_le_bytes());
    entry.add(
        AttributeName::known("objectGUID"),
        [Value::from(guid.to_vec())],
    );
    entry
}

/// Faults, keys and index; what it returns keeps the compiler honest.
fn evaluate(judge: &Judge, users: &[Entry]) -> (usize, usize) {
    let mut index = UniqueIndex::default();
    let mut faults = 0;
    for (at, entry) in (0..).zip(users) {
        let subject = judge.subject(entry);
        faults += black_box(judge.faults_of(&subject)).len();
        index.add(EntryRef(at), &subject, judge);
    }
    index.seal();
    (faults, index.shared().count())
}

fn judge(rules: RuleSet) -> Judge {
    let settings = Settings {
        verified_domains: vec!["contoso.com".into()],
        ..Settings::default()
    };
    Judge::new(Arc::new(rules), settings)
}

/// Milliseconds that one evaluation takes: on the clock, and on the processor.
fn measure(judge: &Judge, users: &[Entry]) -> (f64, Option<f64>) {
    let times = JUDGED.div_ceil(users.len());
    let (start, cpu) = (Instant::now(), cpu_ms());
    for _ in 0..times {
        black_box(evaluate(judge, users));
    }
    let each = 1.0 / f64::from(u32::try_from(times).unwrap_or(u32::MAX));
    let wall = start.elapsed().as_secs_f64() * 1_000.0 * each;
    let spent = cpu.zip(cpu_ms()).map(|(before, now)| (now - before) * each);
    (wall, spent)
}

/// Milliseconds that this process, which has one thread, spent on a processor.
fn cpu_ms() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = status.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let largest = std::env::args().find_map(|word| word.parse().ok());
    let largest: usize = largest.unwrap_or(1_000_000);
    let users: Vec<Entry> = (0..largest).map(user).collect();
    let judges = ["entra", "multi-tenant", "dedicated"]
        .map(|set| judge(file::read(set).expect("the rules of the program can be read")));
    for size in [10_000, 100_000, 1_000_000] {
        let Some(users) = users.get(..size) else {
            break;
        };
        for judge in &judges {
            let (faults, shared) = evaluate(judge, users);
            let name = &judge.rules.name;
            assert!(
                faults > size / 50 && shared > size / 200,
                "{name} finds nothing"
            );
            println!("{size} users, {name}: {faults} faults, {shared} shared values");
        }
        let mut runs = judges.each_ref().map(|_| Vec::new());
        for _ in 0..RUNS {
            for (judge, runs) in judges.iter().zip(&mut runs) {
                runs.push(measure(judge, users));
            }
        }
        for (judge, runs) in judges.iter().zip(&runs) {
            let wall = median(runs.iter().map(|run| run.0));
            let cpu = runs.iter().filter_map(|run| run.1);
            let cpu = if runs.iter().all(|run| run.1.is_some()) {
                format!(", {:.1} ms on the processor", median(cpu))
            } else {
                String::new()
            };
            println!(
                "{size} users, {}: median {wall:.1} ms{cpu}",
                judge.rules.name
            );
        }
    }
}
