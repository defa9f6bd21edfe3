//! Small forests for the tests of scan and worksheet.

use std::sync::{Arc, LazyLock};

use tokio_util::sync::CancellationToken;

use super::{ScanOptions, ScanResult, ScanSource, ScopeError, scan};
use crate::directory::Directory;
use crate::directory::memory::MemoryDirectory;
use crate::model::{AttributeName, DistinguishedName, Entry, Value};
use crate::rule::{Judge, Settings, file};

pub(crate) fn judge() -> Arc<Judge> {
    static JUDGE: LazyLock<Arc<Judge>> = LazyLock::new(make_judge);
    Arc::clone(&JUDGE)
}

fn make_judge() -> Arc<Judge> {
    let settings = Settings {
        verified_domains: vec!["contoso.com".into(), "fabrikam.com".into()],
        ..Settings::default()
    };
    Arc::new(Judge::new(Arc::new(file::read("entra").unwrap()), settings))
}

/// An entry of `class` called `name` below OU=Staff of `domain`, with an
/// objectGUID made from both.
pub(crate) fn entry(
    class: &str,
    name: &str,
    domain: &str,
    attributes: &[(&'static str, &[&str])],
) -> Entry {
    let context = domain.split('.').map(|label| format!("DC={label}"));
    let context: Vec<String> = context.collect();
    let dn = format!("CN={name},OU=Staff,{}", context.join(","));
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    let mut add = |name, values: Vec<Value>| entry.add(AttributeName::known(name), values);
    let mut guid = [0_u8; 16];
    for (at, byte) in name.bytes().chain(domain.bytes()).enumerate() {
        guid[at % 16] = guid[at % 16].wrapping_mul(31).wrapping_add(byte);
    }
    add("objectGUID", vec![Value::from(guid.to_vec())]);
    add("objectClass", vec![Value::from("top"), Value::from(class)]);
    add("cn", vec![Value::from(name)]);
    add("sAMAccountName", vec![Value::from(name)]);
    add("displayName", vec![Value::from(name)]);
    for (attribute, values) in attributes {
        add(attribute, values.iter().copied().map(Value::from).collect());
    }
    entry
}

/// A user of contoso.com.
pub(crate) fn user(name: &str, attributes: &[(&'static str, &[&str])]) -> Entry {
    entry("user", name, "contoso.com", attributes)
}

pub(crate) fn source(directory: &MemoryDirectory) -> ScanSource {
    let forest = runtime().block_on(directory.discover()).unwrap();
    ScanSource {
        directory: Arc::new(Directory::Memory(directory.clone())),
        forest,
    }
}

/// Scans `sources` to the end.
pub(crate) fn run(sources: &[ScanSource], options: &ScanOptions) -> Result<ScanResult, ScopeError> {
    run_until(sources, options, &CancellationToken::new())
}

pub(crate) fn run_until(
    sources: &[ScanSource],
    options: &ScanOptions,
    cancel: &CancellationToken,
) -> Result<ScanResult, ScopeError> {
    runtime().block_on(scan(sources, &judge(), options, &|_| (), cancel))
}

pub(crate) fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap()
    });
    &RUNTIME
}

/// Scans one forest with one domain.
pub(crate) fn contoso(entries: Vec<Entry>) -> ScanResult {
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
    run(&[source(&directory)], &ScanOptions::default()).unwrap()
}

/// Scans forests of one domain each.
pub(crate) fn forests(forests: &[(&str, Vec<Entry>)], options: &ScanOptions) -> ScanResult {
    let sources = forests.iter().map(|(domain, entries)| {
        let domains = [*domain];
        source(&MemoryDirectory::new(domain, &domains, entries.clone()))
    });
    run(&sources.collect::<Vec<_>>(), options).unwrap()
}

/// Scans one forest with one domain by a set of its own.
pub(crate) fn contoso_by(judge: &Judge, entries: Vec<Entry>, options: &ScanOptions) -> ScanResult {
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
    let sources = [source(&directory)];
    let cancel = CancellationToken::new();
    runtime()
        .block_on(scan(&sources, judge, options, &|_| (), &cancel))
        .unwrap()
}

/// Findings as `name attribute value rules`, in their order.
pub(crate) fn rows(scan: &ScanResult) -> Vec<String> {
    let judge = judge();
    scan.findings
        .iter()
        .map(|finding| {
            let entry = scan.snapshot.entry(finding.entry);
            let rules: Vec<&str> = finding
                .faults
                .iter()
                .map(|fault| judge.rules.rule(fault.rule).id.as_str())
                .collect();
            let attribute = &finding.place.attribute;
            let value = finding
                .place
                .value
                .map(|index| entry.values(attribute.as_str())[index as usize].to_text_lossy());
            format!(
                "{} {attribute} {} {}",
                entry.common_name(),
                value.as_deref().unwrap_or("-"),
                rules.join(",")
            )
        })
        .collect()
}
