//! Measures `idmend scan --ldif` as a whole process on 20,000 and on 200,000
//! users: seconds and peak memory. Fails when the larger takes more than 12
//! times the smaller or more than 300 MiB.
//!
//! `cargo bench --bench ldif_scan [-- USERS LARGE_USERS]`. Peak memory is read
//! from /proc and so measured on Linux only. The files are generated, the same
//! every time, and removed at the end.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each size; they alternate and the median counts.
const RUNS: usize = 5;
const MAX_RATIO: f64 = 12.0;
const MAX_MIB: f64 = 300.0;

const GIVEN: [&str; 16] = [
    "Anna", "Jürgen", "Zoë", "Łukasz", "Søren", "María", "Tom", "Ines", "Paul", "Nadia", "Omar",
    "Greta", "Ravi", "Elif", "Hugo", "Mei",
];
const FAMILY: [&str; 16] = [
    "Meyer", "O'Brien", "Núñez", "Kowalski", "Jensen", "García", "Smith", "Rossi", "Dubois",
    "Khan", "Haddad", "Lind", "Patel", "Yılmaz", "Novák", "Chen",
];

struct Measured {
    seconds: f64,
    mib: Option<f64>,
    summary: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let sizes: Vec<u64> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let small = sizes.first().copied().unwrap_or(20_000);
    let large = sizes.get(1).copied().unwrap_or(small * 10);
    let folder = tempfile::tempdir()?;
    let files = [small, large].map(|users| (users, folder.path().join(format!("{users}.ldif"))));
    for (users, file) in &files {
        write_users(file, *users)?;
        println!(
            "{users} users: {:.1} MiB of LDIF",
            mib(fs::metadata(file)?.len())
        );
    }
    let mut runs: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (at, (_, file)) in files.iter().enumerate() {
            runs[at].push(measure(file, folder.path())?);
        }
    }
    for ((users, _), measured) in files.iter().zip(&runs) {
        let peak = measured
            .iter()
            .filter_map(|run| run.mib)
            .fold(0.0, f64::max);
        println!(
            "{users} users: median {:.2} s, peak {peak:.0} MiB; {}",
            median(measured.iter().map(|run| run.seconds)),
            measured[0].summary
        );
    }
    let ratio = median(
        runs[1]
            .iter()
            .zip(&runs[0])
            .map(|(l, s)| l.seconds / s.seconds),
    );
    let peak = runs[1].iter().filter_map(|run| run.mib).fold(0.0, f64::max);
    println!("ratio {ratio:.1} (at most {MAX_RATIO}), peak {peak:.0} MiB (at most {MAX_MIB})");
    if ratio > MAX_RATIO || peak > MAX_MIB {
        return Err("over the limit".into());
    }
    Ok(())
}

fn measure(file: &Path, state: &Path) -> Result<Measured, Box<dyn Error>> {
    let output = tempfile::tempfile()?;
    let mut talk = tempfile::tempfile()?;
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_idmend"))
        .arg("scan")
        .arg("--ldif")
        .arg(file)
        .args(["--format", "csv", "--state-dir"])
        .arg(state.join("state"))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(talk.try_clone()?)
        .spawn()?;
    let mut peak = None;
    let status = loop {
        peak = peak_mib(child.id()).or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "a benchmark that polls a process"
        )]
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    let mut said = String::new();
    std::io::Seek::rewind(&mut talk)?;
    std::io::Read::read_to_string(&mut talk, &mut said)?;
    if status.code() != Some(1) {
        return Err(format!("the scan ended with {status}, findings (1) expected:\n{said}").into());
    }
    let summary = said
        .lines()
        .find(|line| line.contains("findings in"))
        .unwrap_or("")
        .to_owned();
    Ok(Measured {
        seconds,
        mib: peak,
        summary,
    })
}

/// The high-water mark of a process's resident memory.
fn peak_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Writes a domain of `users` users as ldifde would: one in fifty has a
/// diacritic, a space or a bad character in an address, one in two hundred an
/// address that another user holds.
fn write_users(path: &Path, users: u64) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "version: 1\n")?;
    writeln!(
        out,
        "dn: DC=load,DC=contoso,DC=com\nobjectClass: top\nobjectClass: domainDNS\n"
    )?;
    for user in 0..users {
        let spread = (user.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize;
        let (given, family) = (GIVEN[spread % 16], FAMILY[spread / 16 % 16]);
        let login = format!("u{user:07}");
        let address = match user % 200 {
            7 | 57 | 107 => format!("{login}.é@contoso.com"),
            157 => format!("{login} x@contoso.com"),
            199 if user > 200 => format!("u{:07}@contoso.com", user - 199),
            _ => format!("{login}@contoso.com"),
        };
        writeln!(
            out,
            "dn: CN={login},OU=Dept {:03},OU=Staff,DC=load,DC=contoso,DC=com",
            spread % 200
        )?;
        for class in ["top", "person", "organizationalPerson", "user"] {
            writeln!(out, "objectClass: {class}")?;
        }
        writeln!(out, "cn: {login}\nobjectGUID:: {}", base64_guid(user))?;
        writeln!(
            out,
            "sAMAccountName: {login}\nuserAccountControl: 512\nmailNickname: {login}"
        )?;
        writeln!(
            out,
            "userPrincipalName: {login}@contoso.com\nmail: {address}"
        )?;
        writeln!(out, "proxyAddresses: SMTP:{address}")?;
        writeln!(out, "proxyAddresses: smtp:{login}@alias.contoso.com")?;
        writeln!(
            out,
            "proxyAddresses: smtp:{login}@contoso.mail.onmicrosoft.com"
        )?;
        writeln!(
            out,
            "proxyAddresses: X500:/o=Contoso/ou=Exchange/cn=Recipients/cn={login}"
        )?;
        writeln!(
            out,
            "displayName:: {}",
            base64(format!("{given} {family}").as_bytes())
        )?;
        writeln!(
            out,
            "givenName:: {}\nsn:: {}\n",
            base64(given.as_bytes()),
            base64(family.as_bytes())
        )?;
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
