//! Measures the grid on 1,000,000 rows: a frame, filters, sorts, marks, what
//! each key costs the thread that draws, and memory.
//!
//! `cargo bench --bench grid [-- ROWS]`. It prints medians in milliseconds on
//! the clock, beside the aim. The rows come from a real scan of a generated
//! LDIF file, two findings a user, the same every time; keys go through the
//! real `update`, orders are worked out as the loop does it. Memory is read
//! from /proc and so measured on Linux only.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use idmend::config::Colours;
use idmend::directory::Directory;
use idmend::directory::ldif::LdifDirectory;
use idmend::rule::{Judge, Settings, file};
use idmend::scan::{ScanOptions, ScanResult, ScanSource, scan};
use idmend::session::{Event, ScanRequest};
use idmend::tui::{App, Arranging, Effect, Message, Options, Start, draw};
use idmend::worksheet::Worksheet;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio_util::sync::CancellationToken;

/// Runs of each measurement; the median counts.
const RUNS: usize = 9;
/// Findings of a generated user.
const FINDINGS: usize = 2;

const GIVEN: [&str; 16] = [
    "Anna", "Jürgen", "Zoë", "Łukasz", "Søren", "María", "Tom", "Ines", "Paul", "Nadia", "Omar",
    "Greta", "Ravi", "Elif", "Hugo", "Mei",
];
const FAMILY: [&str; 16] = [
    "Meyer", "O'Brien", "Núñez", "Kowalski", "Jensen", "García", "Smith", "Rossi", "Dubois",
    "Khan", "Haddad", "Lind", "Patel", "Yılmaz", "Novák", "Chen",
];

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("forest.ldif");
    write_users(&path, rows / FINDINGS)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let before = mib("VmRSS:");
    let start = Instant::now();
    let (result, judge) = runtime.block_on(read(&path))?;
    println!("scan: {:.1} s", start.elapsed().as_secs_f64());
    let scanned = mib("VmRSS:");
    let start = Instant::now();
    let sheet = Worksheet::new(result, judge);
    sheet.lay_out();
    println!(
        "worksheet: {:.1} s, {} rows",
        start.elapsed().as_secs_f64(),
        sheet.len()
    );
    let mut bench = Bench::new(sheet);
    bench.settle();
    bench.measure()?;
    let end = mib("VmRSS:");
    println!(
        "memory: {before:.0} MiB before the scan, {scanned:.0} after it, {end:.0} with worksheet and grid, {:.0} at most",
        mib("VmHWM:")
    );
    println!("worksheet and grid alone: {:.0} MiB", end - scanned);
    Ok(())
}

async fn read(path: &Path) -> Result<(ScanResult, Arc<Judge>), Box<dyn Error>> {
    let settings = Settings {
        verified_domains: vec!["contoso.com".into()],
        ..Settings::default()
    };
    let judge = Arc::new(Judge::new(Arc::new(file::read("entra")?), settings));
    let directory = Directory::Ldif(LdifDirectory::open(
        Some("contoso".to_owned()),
        vec![path.to_owned()],
    ));
    let forest = directory.discover().await?;
    let source = ScanSource {
        directory: Arc::new(directory),
        forest,
    };
    let cancel = CancellationToken::new();
    let options = ScanOptions::default();
    let result = scan(&[source], &judge, &options, &|_| (), &cancel).await?;
    Ok((result, judge))
}

/// An interface with a sheet, and the orders that it asked for.
struct Bench {
    app: App,
    effects: Vec<Effect>,
    /// The longest that one message kept the interface, and which.
    slowest: (f64, String),
}

impl Bench {
    fn new(sheet: Worksheet) -> Self {
        let options = Options {
            start: Start::Scan,
            request: ScanRequest {
                sources: Vec::new(),
                rules: "entra".to_owned(),
                settings: Settings::default(),
                options: ScanOptions::default(),
                exceptions: None,
            },
            saved: Vec::new(),
            colours: Colours::Standard,
            mouse: false,
            state: "/nowhere".into(),
        };
        let (app, _) = App::new(options, (120, 40));
        let mut bench = Self {
            app,
            effects: Vec::new(),
            slowest: (0.0, String::new()),
        };
        bench.send("scanned", Message::Session(Event::Scanned(Box::new(sheet))));
        bench
    }

    /// What the interface does with a message, timed.
    fn send(&mut self, name: &str, message: Message) -> f64 {
        let start = Instant::now();
        let effects = self.app.update(message);
        let spent = start.elapsed().as_secs_f64() * 1_000.0;
        self.effects.extend(effects);
        if spent > self.slowest.0 {
            self.slowest = (spent, name.to_owned());
        }
        spent
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> f64 {
        let name = format!("{code} {modifiers}");
        self.send(&name, Message::Key(KeyEvent::new(code, modifiers)))
    }

    fn keys(&mut self, text: &str) {
        for character in text.chars() {
            let code = if character == '\n' {
                KeyCode::Enter
            } else {
                KeyCode::Char(character)
            };
            self.key(code, KeyModifiers::NONE);
        }
    }

    /// Works out what was asked for, as the loop does on another thread; the
    /// milliseconds that it took, without the interface's own.
    fn settle(&mut self) -> f64 {
        let mut spent = 0.0;
        while !self.effects.is_empty() {
            for effect in std::mem::take(&mut self.effects) {
                match effect {
                    Effect::Arrange(request) => spent += self.carry_out(request),
                    Effect::Work(working) => {
                        let start = Instant::now();
                        let worked = working.carry_out();
                        spent += start.elapsed().as_secs_f64() * 1_000.0;
                        self.send("worked", Message::Worked(worked));
                    }
                    Effect::Count(counting) => {
                        let start = Instant::now();
                        let (number, overview) = counting.carry_out();
                        let counted = start.elapsed().as_secs_f64() * 1_000.0;
                        report("count for the summary", 500.0, vec![counted]);
                        self.send("counted", Message::Counted(number, overview));
                    }
                    Effect::Discard(sheet) => drop(sheet),
                    _ => {}
                }
            }
        }
        spent
    }

    fn carry_out(&mut self, request: Arranging) -> f64 {
        let start = Instant::now();
        let done = request.carry_out(&AtomicBool::new(false));
        let spent = start.elapsed().as_secs_f64() * 1_000.0;
        if let Some(done) = done {
            self.send("arranged", Message::Arranged(done));
        }
        spent
    }

    fn measure(&mut self) -> Result<(), Box<dyn Error>> {
        let frames = self.frames((120, 40))?;
        report("frame of the summary", 2.0, frames);
        self.keys("\ngG");
        self.key(KeyCode::PageUp, KeyModifiers::NONE);
        for size in [(80, 24), (120, 40), (200, 60)] {
            self.send("resize", Message::Resize(size.0, size.1));
            let frames = self.frames(size)?;
            report(&format!("frame {}x{}", size.0, size.1), 2.0, frames);
        }
        self.orders("filter by a word", 100.0, "fmeyer\n", "F");
        self.orders("filter by field:value", 100.0, "fvalue:corp.local\n", "F");
        self.orders("filter by ou:value", 100.0, "fou:\"Dept 017\"\n", "F");
        self.orders("filter by a regex", 300.0, "f/u[0-9]*7@/\n", "F");
        self.orders(
            "filter by field:/regex/",
            300.0,
            "fvalue:/^u[0-9]*7@/\n",
            "F",
        );
        self.orders("search", 100.0, "/meyer\n", "");
        // The first sort of a text column also ranks its texts.
        self.orders("sort by the name", 500.0, "0llls", "");
        self.orders("sort by three", 500.0, "0sllSlS", "");
        let marks = (0..RUNS).map(|_| {
            self.keys("M");
            self.key(KeyCode::Char('a'), KeyModifiers::CONTROL)
        });
        let marks = marks.collect();
        report("mark all", 20.0, marks);
        self.keys("fcorp.local\n");
        self.settle();
        let marks = (0..RUNS).map(|_| {
            self.keys("M");
            self.key(KeyCode::Char('a'), KeyModifiers::CONTROL)
        });
        let marks = marks.collect();
        report("mark all that match", 20.0, marks);
        println!(
            "slowest message: {:.1} ms ({})",
            self.slowest.0, self.slowest.1
        );
        Ok(())
    }

    /// What frames of this size take.
    fn frames(&self, size: (u16, u16)) -> Result<Vec<f64>, Box<dyn Error>> {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1))?;
        let mut spent = Vec::new();
        for _ in 0..RUNS * 5 {
            let start = Instant::now();
            terminal.draw(|frame| draw(&self.app, frame))?;
            spent.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(spent)
    }

    /// Orders asked for by some keys; `after` takes them back.
    fn orders(&mut self, name: &str, aim: f64, keys: &str, after: &str) {
        let runs = (0..RUNS).map(|_| {
            self.keys(keys);
            let spent = self.settle();
            self.keys(after);
            self.settle();
            spent
        });
        let runs = runs.collect();
        report(name, aim, runs);
    }
}

fn report(name: &str, aim: f64, mut spent: Vec<f64>) {
    spent.sort_by(f64::total_cmp);
    let median = spent[spent.len() / 2];
    let worst = spent[spent.len() - 1];
    println!("{name}: {median:.2} ms, at most {worst:.2} (aim {aim})");
}

/// A figure of this process in MiB, 0 where it is not known.
fn mib(line: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|found| found.strip_prefix(line))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Writes a domain of `users` users: each has a name that cannot be routed and
/// a display name with a space behind it.
fn write_users(path: &Path, users: usize) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "version: 1\n")?;
    writeln!(
        out,
        "dn: DC=load,DC=contoso,DC=com\nobjectClass: top\nobjectClass: domainDNS\n"
    )?;
    for user in 0..users {
        let spread = ((user as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize;
        let (given, family) = (GIVEN[spread % 16], FAMILY[spread / 16 % 16]);
        let login = format!("u{user:07}");
        let name = format!("{given} {family} {user}");
        let dn = format!(
            "CN={name},OU=Dept {:03},OU=Staff,DC=load,DC=contoso,DC=com",
            spread % 200
        );
        writeln!(out, "dn:: {}", base64(dn.as_bytes()))?;
        for class in ["top", "person", "organizationalPerson", "user"] {
            writeln!(out, "objectClass: {class}")?;
        }
        writeln!(out, "cn:: {}", base64(name.as_bytes()))?;
        writeln!(out, "objectGUID:: {}", base64_guid(user as u64))?;
        writeln!(out, "sAMAccountName: {login}\nuserAccountControl: 512")?;
        writeln!(out, "userPrincipalName: {login}@corp.local")?;
        writeln!(out, "mail: {login}@contoso.com")?;
        writeln!(out, "proxyAddresses: SMTP:{login}@contoso.com")?;
        writeln!(
            out,
            "displayName:: {}",
            base64(format!("{given} {family} ").as_bytes())
        )?;
        writeln!(out, "givenName:: {}", base64(given.as_bytes()))?;
        writeln!(out, "sn:: {}\n", base64(family.as_bytes()))?;
    }
    out.flush()?;
    Ok(())
}

fn base64_guid(user: u64) -> String {
    let mut bytes = [0x5a; 16];
    bytes[..8].copy_from_slice(&user.to_be_bytes());
    base64(&bytes)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
