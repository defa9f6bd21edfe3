//! Measures what reading 50 rows again costs beside a scan of everything, without
//! a network: in a forest in memory of 100,000 users, three in a hundred with a
//! mistake, one in a hundred with an address that another one holds.
//!
//! `cargo bench --bench refresh [-- USERS]`. It prints medians of alternating runs,
//! of a refresh also what each part of it takes: milliseconds on the clock, and on
//! Linux those that the whole process spent on processors, which a busy machine
//! disturbs less. Each refresh is compared with the scan before it: the rows must be
//! the same.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use idmend::directory::Directory;
use idmend::directory::memory::MemoryDirectory;
use idmend::model::{AttributeName, DistinguishedName, Entry, Value};
use idmend::rule::{Judge, Settings, file};
use idmend::scan::{Extent, Means, ScanOptions, ScanResult, ScanSource, refresh, scan};
use idmend::worksheet::{Action, Worksheet};
use tokio_util::sync::CancellationToken;

/// Runs of each; they alternate and the median counts.
const RUNS: usize = 7;

/// Rows that are read again.
const ROWS: usize = 50;

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
    let unit = n % 200;
    let dn = format!("CN={given} {family} {n},OU=Dept {unit},OU=Staff,DC=contoso,DC=com");
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    let mut add = |name, values: &[String]| {
        let values = values.iter().map(|value| Value::from(value.as_str()));
        entry.add(AttributeName::known(name), values);
    };
    let classes = ["top", "person", "organizationalPerson", "user"];
    add("objectClass", &classes.map(str::to_owned));
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

/// A forest and how it is judged.
struct Bench {
    sources: [ScanSource; 1],
    judge: Arc<Judge>,
    options: ScanOptions,
}

impl Bench {
    async fn new(users: usize) -> Self {
        let entries = (0..users).map(user).collect();
        let memory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
        let directory = Arc::new(Directory::Memory(memory));
        let forest = directory.discover().await.expect("memory answers");
        let settings = Settings {
            verified_domains: vec!["contoso.com".into()],
            ..Settings::default()
        };
        let rules = file::read("entra").expect("the rules of the program can be read");
        Self {
            sources: [ScanSource { directory, forest }],
            judge: Arc::new(Judge::new(Arc::new(rules), settings)),
            options: ScanOptions::default(),
        }
    }

    async fn scan(&self) -> ScanResult {
        let cancel = CancellationToken::new();
        let (judge, options) = (&self.judge, &self.options);
        let scanned = scan(&self.sources, judge, options, &|_| (), &cancel).await;
        scanned.expect("memory is read")
    }

    /// Milliseconds of reading and comparing, of the sheet, and of what was decided.
    async fn refresh(&self, sheet: &Worksheet, extent: &Extent) -> ([Spent; 3], Worksheet) {
        let cancel = CancellationToken::new();
        let means = Means {
            sources: &self.sources,
            judge: &self.judge,
            options: &self.options,
            progress: &|_| (),
            cancel: &cancel,
        };
        let start = Start::now();
        let refreshed = refresh(&sheet.scan, extent, means).await;
        let refreshed = refreshed.expect("memory is read").expect("nobody stops it");
        let read = start.spent();
        let (start, fresh) = (Start::now(), refreshed.fresh);
        let mut new = Worksheet::new(refreshed.result, Arc::clone(&self.judge));
        let made = start.spent();
        let start = Start::now();
        new.carry_over(sheet, |at| at >= fresh);
        new.lay_out();
        ([read, made, start.spent()], new)
    }
}

/// Milliseconds on the clock and on processors.
#[derive(Debug, Clone, Copy)]
struct Spent {
    wall: f64,
    cpu: f64,
}

/// A moment.
struct Start(Instant, f64);

impl Start {
    fn now() -> Self {
        Self(Instant::now(), cpu_ms())
    }

    fn spent(&self) -> Spent {
        Spent {
            wall: self.0.elapsed().as_secs_f64() * 1_000.0,
            cpu: cpu_ms() - self.1,
        }
    }
}

/// Milliseconds that all threads of this process spent on processors; none where
/// that is not known. To the hundredth of a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        * 10.0
}

fn shown(spent: &[Spent]) -> String {
    let wall = median(spent.iter().map(|spent| spent.wall));
    let cpu = median(spent.iter().map(|spent| spent.cpu));
    format!("{wall:.0} ms ({cpu:.0} ms on processors)")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn texts(sheet: &Worksheet) -> Vec<String> {
    let text = |row| {
        let text = sheet.text(row);
        format!(
            "{} {} {} {}",
            text.dn, text.attribute, text.value, text.update
        )
    };
    sheet.rows().map(text).collect()
}

#[tokio::main]
async fn main() {
    let users = std::env::args().find_map(|word| word.parse().ok());
    let bench = Bench::new(users.unwrap_or(100_000)).await;
    let (mut scans, mut sheets, mut refreshes) = (Vec::new(), Vec::new(), Vec::new());
    let mut what = String::new();
    for _ in 0..RUNS {
        let start = Start::now();
        let result = bench.scan().await;
        scans.push(start.spent());
        let start = Start::now();
        let mut sheet = Worksheet::new(result, Arc::clone(&bench.judge));
        sheet.lay_out();
        sheets.push(start.spent());
        let rows: Vec<_> = sheet
            .rows()
            .step_by(sheet.len() / ROWS)
            .take(ROWS)
            .collect();
        sheet.act_all(&rows, Action::Complete);
        let entries: BTreeSet<_> = rows.iter().map(|row| sheet.finding(*row).entry).collect();
        let (spent, new) = bench.refresh(&sheet, &Extent::Entries(entries)).await;
        assert_eq!(
            texts(&new),
            texts(&sheet),
            "nothing was changed, so all is the same"
        );
        assert_eq!(new.staged(), sheet.staged());
        refreshes.push(spent);
        what = format!(
            "{} entries, {} rows, {} shared values",
            sheet.scan.snapshot.len(),
            sheet.len(),
            sheet.scan.conflicts.sets().len()
        );
    }
    println!("{what}");
    println!("scan: {}, and its sheet {}", shown(&scans), shown(&sheets));
    let parts = [
        "reading and comparing",
        "proposals",
        "decisions and columns",
    ];
    println!("refresh of {ROWS} rows:");
    for (at, part) in parts.iter().enumerate() {
        let spent: Vec<Spent> = refreshes
            .iter()
            .map(|spent: &[Spent; 3]| spent[at])
            .collect();
        println!("  {part}: {}", shown(&spent));
    }
}
