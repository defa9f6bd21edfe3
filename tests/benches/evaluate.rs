//! Measures what judging costs, without reading and without a terminal: the
//! faults of every entry, its keys, and the index that finds the shared ones,
//! on one core.
//!
//! `cargo bench --bench evaluate`. The aim is 10,000 users in 20 ms, and time
//! that grows with the number of users alone. The users are generated, the same
//! every time: three in a hundred carry a mistake, one in a hundred an address
//! that another one holds.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use idmend::model::{AttributeName, DistinguishedName, Entry, Value};
use idmend::rule::{Judge, RuleSet, Settings, file};
use idmend::scan::{EntryRef, UniqueIndex};

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
        faults += black_box(judge.faults(entry)).len();
        index.add(EntryRef(at), entry, judge);
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

fn sets(criterion: &mut Criterion) {
    let users: Vec<Entry> = (0..10_000).map(user).collect();
    let mut group = criterion.benchmark_group("10,000 users");
    for set in ["entra", "multi-tenant", "dedicated"] {
        let judge = judge(file::read(set).expect("the rules of the program can be read"));
        let (faults, shared) = evaluate(&judge, &users);
        println!("{set}: {faults} faults, {shared} shared values");
        assert!(faults > 200 && shared > 50, "{set} finds nothing");
        group.bench_function(set, |bencher| bencher.iter(|| evaluate(&judge, &users)));
        group.bench_function(format!("{set}, faults alone"), |bencher| {
            bencher.iter(|| {
                let faults = users.iter().map(|user| black_box(judge.faults(user)).len());
                faults.sum::<usize>()
            });
        });
    }
    group.finish();
}

fn growth(criterion: &mut Criterion) {
    let judge = judge(file::read("entra").expect("the rules of the program can be read"));
    let users: LazyLock<Vec<Entry>> = LazyLock::new(|| (0..1_000_000).map(user).collect());
    let mut group = criterion.benchmark_group("growth");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for count in [10_000, 100_000, 1_000_000] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            let users = &LazyLock::force(&users)[..count];
            bencher.iter(|| evaluate(&judge, users));
        });
    }
    group.finish();
}

criterion_group!(benches, sets, growth);
criterion_main!(benches);
