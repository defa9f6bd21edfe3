//! A refresh gives what a scan would give.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::{Extent, Means, Refreshed, refresh};
use crate::directory::memory::{Fault, MemoryDirectory, Operation};
use crate::model::{AttributeName, DistinguishedName, DomainId, Entry, Value};
use crate::scan::fixture::{entry, judge, rows, run, runtime, source, user};
use crate::scan::{EntryRef, Part, ScanOptions, ScanResult, ScanSource, ScopeError, SkipReason};

const DOMAINS: [&str; 2] = ["contoso.com", "emea.contoso.com"];

fn again(
    old: &Arc<ScanResult>,
    extent: &Extent,
    (sources, options): (&[ScanSource], &ScanOptions),
) -> Result<Option<Refreshed>, ScopeError> {
    let judge = judge();
    let means = Means {
        sources,
        judge: &judge,
        options,
        progress: &|_| (),
        cancel: &CancellationToken::new(),
    };
    runtime().block_on(refresh(old, extent, means))
}

/// The places of the entries of these names.
fn named(scan: &ScanResult, names: &[&str]) -> Extent {
    let snapshot = &scan.snapshot;
    let is_named = |at: &EntryRef| names.contains(&&*snapshot.entry(*at).common_name());
    Extent::Entries(snapshot.refs().filter(is_named).collect())
}

/// Everything that a result says, without the order of entries in it.
fn said(scan: &ScanResult) -> Vec<String> {
    let judge = judge();
    let snapshot = &scan.snapshot;
    let mut said: Vec<String> = Vec::new();
    for finding in &scan.findings {
        let value = finding
            .place
            .value
            .and_then(|at| snapshot.value(finding.entry, &finding.place.attribute, at));
        let faults = finding.faults.iter();
        let faults: Vec<_> = faults
            .map(|fault| (&judge.rules.rule(fault.rule).id, &fault.detail))
            .collect();
        let (dn, attribute) = (snapshot.dn(finding.entry), &finding.place.attribute);
        said.push(format!("{dn} {attribute} {value:?} {faults:?}"));
    }
    for set in scan.conflicts.sets() {
        let holders = set.holders.iter();
        let holders: Vec<_> = holders
            .map(|holder| (snapshot.dn(holder.entry), &holder.place))
            .collect();
        said.push(format!("{:?} {} {holders:?}", set.space, set.key));
    }
    for domain in &scan.progress {
        let (entries, judged) = (domain.entries, domain.judged);
        let (skipped, findings) = (&domain.skipped_by, domain.findings);
        said.push(format!("{entries} {judged} {skipped:?} {findings}"));
    }
    said.push(format!("{:?} {:?}", scan.skipped, scan.incomplete));
    let mut entries: Vec<String> = snapshot
        .refs()
        .map(|at| {
            let domain = snapshot.domain(at);
            format!(
                "{:?} {domain:?} {:?}",
                snapshot.entry(at),
                snapshot.part(at)
            )
        })
        .collect();
    entries.sort();
    said.extend(entries);
    let mut skipped: Vec<String> = scan
        .skipped_entries
        .iter()
        .map(|at| snapshot.dn(*at).to_string())
        .collect();
    skipped.sort();
    said.extend(skipped);
    said
}

/// What one result says and the other does not.
fn differences(new: &ScanResult, scan: &ScanResult) -> Vec<String> {
    let (new, scan) = (said(new), said(scan));
    let only = |sign, these: &[String], those: &[String]| {
        let only = these.iter().filter(|line| !those.contains(line));
        only.map(|line| format!("{sign} {line}"))
            .collect::<Vec<_>>()
    };
    let mut all = [only("refreshed", &new, &scan), only("scanned", &scan, &new)].concat();
    if all.is_empty() && new != scan {
        all.push("the order".to_owned());
    }
    all
}

/// What somebody else does to an entry.
#[derive(Debug, Clone)]
enum Foreign {
    Set(&'static str, Vec<&'static str>),
    Rename(&'static str),
    Move(usize),
    Delete,
}

const ADDRESSES: [&str; 7] = [
    "a@contoso.com",
    "b@contoso.com",
    "c x@contoso.com",
    "d@contoso.local",
    "A@contoso.com",
    "ü@contoso.com",
    "e@contoso.com",
];

fn foreign() -> impl Strategy<Value = Foreign> {
    let address = || prop::sample::select(&ADDRESSES[..]);
    let proxies = prop::collection::vec(
        prop::sample::select(
            &[
                "SMTP:a@contoso.com",
                "smtp:b@contoso.com",
                "smtp:b@contoso.com",
                "smtp:c x@contoso.com",
                "SMTP:e@contoso.com",
                "x500:/o=a",
            ][..],
        ),
        0..4,
    );
    prop_oneof![
        3 => address().prop_map(|value| Foreign::Set("mail", vec![value])),
        3 => address().prop_map(|value| Foreign::Set("userPrincipalName", vec![value])),
        4 => proxies.prop_map(|values| Foreign::Set("proxyAddresses", values)),
        1 => Just(Foreign::Set("userPrincipalName", Vec::new())),
        1 => Just(Foreign::Set("adminDescription", vec!["User_x"])),
        1 => Just(Foreign::Set("adminDescription", Vec::new())),
        1 => Just(Foreign::Set("objectClass", vec!["top", "printQueue"])),
        1 => prop::sample::select(&["Zoe", "Änne", "a\\, b"][..]).prop_map(Foreign::Rename),
        1 => (0..2_usize).prop_map(Foreign::Move),
        1 => Just(Foreign::Delete),
    ]
}

fn carry_out(directory: &MemoryDirectory, name: &str, number: usize, foreign: &Foreign) {
    let entries = directory.entries();
    let Some(found) = entries.iter().find(|entry| entry.common_name() == name) else {
        return;
    };
    let identity = found.identity();
    let renamed = |own: &str, domain: &str| {
        let context = domain.replace('.', ",DC=");
        DistinguishedName::from_server(format!("CN={own} {number},OU=Staff,DC={context}"))
    };
    let domain = found.dn.dns_name().unwrap();
    match foreign {
        Foreign::Delete => drop(directory.remove(&identity)),
        Foreign::Rename(own) => {
            let dn = renamed(own, &domain);
            directory.edit(&identity, |entry| entry.dn = dn);
        }
        Foreign::Move(to) => {
            let dn = renamed("moved", DOMAINS[*to]);
            directory.edit(&identity, |entry| entry.dn = dn);
        }
        Foreign::Set(attribute, values) => {
            let values = values.iter().copied().map(Value::from).collect();
            let attribute = AttributeName::known(attribute);
            directory.edit(&identity, |entry| entry.set(&attribute, values));
        }
    }
}

/// A forest of two domains and one of another forest, whose users share a few
/// addresses.
fn forests(edits: &[(usize, Foreign)]) -> (MemoryDirectory, MemoryDirectory) {
    let users = |domain: &'static str, from: usize| {
        (from..from + 8).map(move |number| {
            let class = ["user", "contact", "group", "user"][number % 4];
            entry(class, &format!("e{number}"), domain, &[])
        })
    };
    let own: Vec<Entry> = users(DOMAINS[0], 0).chain(users(DOMAINS[1], 8)).collect();
    let other = users("fabrikam.com", 16).collect();
    let first = MemoryDirectory::new("contoso.com", &DOMAINS, own);
    let second = MemoryDirectory::new("fabrikam.com", &["fabrikam.com"], other);
    edit(&first, &second, edits);
    (first, second)
}

fn edit(first: &MemoryDirectory, second: &MemoryDirectory, edits: &[(usize, Foreign)]) {
    for (number, foreign) in edits {
        let directory = if *number < 16 { first } else { second };
        carry_out(directory, &format!("e{number}"), *number, foreign);
    }
}

fn is_known(scan: &ScanResult, number: usize) -> bool {
    named(scan, &[&format!("e{number}")]) != Extent::Entries(BTreeSet::new())
}

fn options(which: usize) -> ScanOptions {
    let dn = |text| DistinguishedName::parse(text).unwrap();
    match which {
        0 => ScanOptions::default(),
        1 => ScanOptions {
            join: "mail".parse().unwrap(),
            ..ScanOptions::default()
        },
        2 => ScanOptions {
            filter: Some("(mail=*)".to_owned()),
            ..ScanOptions::default()
        },
        3 => ScanOptions {
            filter: Some("(mail=*)".to_owned()),
            scope_only: true,
            ..ScanOptions::default()
        },
        _ => ScanOptions {
            bases: vec![dn("OU=Staff,DC=contoso,DC=com"), dn("DC=fabrikam,DC=com")],
            excludes: vec![dn("CN=Zoe 3,OU=Staff,DC=contoso,DC=com")],
            ..ScanOptions::default()
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_again_is_as_a_scan_finds_it(
        before in prop::collection::vec((0..24_usize, foreign()), 0..40),
        since in prop::collection::vec((0..24_usize, foreign()), 1..10),
        which in 0..5_usize,
    ) {
        let (first, second) = forests(&before);
        let sources = [source(&first), source(&second)];
        let options = options(which);
        let old = Arc::new(run(&sources, &options).unwrap());
        // What the scan does not know cannot be read again by itself.
        let since: Vec<_> = since.into_iter().filter(|(number, _)| is_known(&old, *number)).collect();
        edit(&first, &second, &since);
        let touched: Vec<String> = since.iter().map(|(number, _)| format!("e{number}")).collect();
        let touched: Vec<&str> = touched.iter().map(String::as_str).collect();
        let new = again(&old, &named(&old, &touched), (&sources, &options));
        let new = new.unwrap().unwrap();
        prop_assert_eq!(&new.stale, &Vec::<String>::new());
        let fresh = run(&sources, &options).unwrap();
        prop_assert_eq!(differences(&new.result, &fresh), Vec::<String>::new());
    }

    #[test]
    fn a_domain_that_is_read_again_is_as_a_scan_finds_it(
        before in prop::collection::vec((0..24_usize, foreign()), 0..40),
        since in prop::collection::vec((0..16_usize, foreign()), 0..10),
        which in 0..5_usize,
    ) {
        let (first, second) = forests(&before);
        let sources = [source(&first), source(&second)];
        let options = options(which);
        let old = Arc::new(run(&sources, &options).unwrap());
        // Only entries of the first domain are changed, or come to it. One that the
        // scan does not know cannot be followed to where it goes.
        let entries = first.entries();
        let was_here = |number: usize| {
            let found = entries.iter().find(|entry| entry.common_name() == format!("e{number}"));
            found.is_some_and(|entry| entry.dn.dns_name().as_deref() == Some(DOMAINS[0]))
        };
        let visible = since.into_iter().filter(|(number, foreign)| match foreign {
            Foreign::Move(0) => true,
            Foreign::Move(_) => was_here(*number) && is_known(&old, *number),
            _ => was_here(*number),
        });
        edit(&first, &second, &visible.collect::<Vec<_>>());
        let new = again(&old, &Extent::Domain(DomainId(0)), (&sources, &options));
        let new = new.unwrap().unwrap();
        let fresh = run(&sources, &options).unwrap();
        prop_assert_eq!(differences(&new.result, &fresh), Vec::<String>::new());
    }
}

#[test]
fn an_address_that_went_away_elsewhere_ends_the_duplicate_and_a_new_one_makes_one() {
    let directory = MemoryDirectory::new(
        "contoso.com",
        &["contoso.com"],
        vec![
            user("anna", &[("mail", &["office@contoso.com"])]),
            user("bert", &[("mail", &["office@contoso.com"])]),
            user("clara", &[("mail", &["desk@contoso.com"])]),
        ],
    );
    let sources = [source(&directory)];
    let given = (&sources[..], &ScanOptions::default());
    let old = Arc::new(run(&sources, given.1).unwrap());
    assert_eq!(rows(&old).len(), 2);
    carry_out(
        &directory,
        "bert",
        1,
        &Foreign::Set("mail", vec!["desk@contoso.com"]),
    );
    // Bert's row is not asked for: his entry is read since it shared the value.
    let new = again(&old, &named(&old, &["anna"]), given)
        .unwrap()
        .unwrap();
    assert_eq!(
        rows(&new.result),
        [
            "bert mail desk@contoso.com mail-duplicate",
            "clara mail desk@contoso.com mail-duplicate"
        ]
    );
    assert_eq!(
        new.result.findings[1].faults[0].detail,
        "also held by CN=bert,OU=Staff,DC=contoso,DC=com (mail)"
    );
    let fresh = new.result.snapshot.refs().filter(|at| new.is_fresh(*at));
    assert_eq!(fresh.count(), 2, "Clara was not read again");
}

#[test]
fn what_cannot_be_read_again_stays_and_is_named() {
    let directory = MemoryDirectory::new(
        "contoso.com",
        &["contoso.com"],
        vec![
            user("anna", &[("mail", &["a x@contoso.com"])]),
            user("bert", &[]),
        ],
    );
    let sources = [source(&directory)];
    let given = (&sources[..], &ScanOptions::default());
    let old = Arc::new(run(&sources, given.1).unwrap());
    carry_out(&directory, "anna", 0, &Foreign::Delete);
    for extent in [named(&old, &["anna"]), Extent::Domain(DomainId(0))] {
        directory.inject(Operation::Page, 1, Fault::NotSent);
        let new = again(&old, &extent, given).unwrap().unwrap();
        assert_eq!(
            new.stale,
            [
                "contoso.com could not be read again to its end, and what did not come is shown as \
                 it was: no connection to memory: the connection was lost"
            ]
        );
        assert_eq!(differences(&new.result, &old), [""; 0]);
        assert!(
            new.result.is_complete(),
            "the scan was whole, and what it read still stands"
        );
    }
    let new = again(&old, &named(&old, &["anna"]), given)
        .unwrap()
        .unwrap();
    assert_eq!((rows(&new.result).len(), new.stale.len()), (0, 0));
}

#[test]
fn a_domain_that_was_broken_is_whole_after_it_is_read_again() {
    let entries = (0..2_500).map(|n| user(&format!("u{n}"), &[]));
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries.collect());
    let sources = [source(&directory)];
    let given = (&sources[..], &ScanOptions::default());
    directory.inject(Operation::Page, 2, Fault::NotSent);
    let old = Arc::new(run(&sources, given.1).unwrap());
    assert_eq!((old.is_complete(), old.snapshot.len()), (false, 1000));
    let new = again(&old, &Extent::Domain(DomainId(0)), given)
        .unwrap()
        .unwrap();
    assert!(new.result.is_complete());
    let scan = run(&sources, given.1).unwrap();
    assert_eq!(differences(&new.result, &scan), [""; 0]);
    assert_eq!(new.result.contacts, scan.contacts);
}

#[test]
fn nothing_comes_of_a_refresh_that_is_stopped() {
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], vec![user("anna", &[])]);
    let sources = [source(&directory)];
    let options = ScanOptions::default();
    let old = Arc::new(run(&sources, &options).unwrap());
    let (judge, cancel) = (judge(), CancellationToken::new());
    let means = Means {
        sources: &sources,
        judge: &judge,
        options: &options,
        progress: &|_| (),
        cancel: &cancel,
    };
    directory.inject(Operation::Page, 1, Fault::Slow(Duration::from_secs(60)));
    let stopped = runtime().block_on(async {
        let extent = Extent::Domain(DomainId(0));
        let (new, ()) = tokio::join!(refresh(&old, &extent, means), async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            cancel.cancel();
        });
        new.unwrap()
    });
    assert!(stopped.is_none());
}

#[test]
fn an_entry_without_objectguid_is_read_again_by_its_name() {
    let nameless = |name: &str, mail: &str| {
        let mut entry = user(name, &[("mail", &[mail])]);
        entry.set(&AttributeName::known("objectGUID"), Vec::new());
        entry
    };
    let entries = vec![
        nameless("anna", "a x@contoso.com"),
        nameless("bert", "b x@contoso.com"),
    ];
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
    let sources = [source(&directory)];
    let given = (&sources[..], &ScanOptions::default());
    let old = Arc::new(run(&sources, given.1).unwrap());
    assert_eq!(rows(&old).len(), 2);
    carry_out(
        &directory,
        "anna",
        0,
        &Foreign::Set("mail", vec!["a@contoso.com"]),
    );
    carry_out(&directory, "bert", 0, &Foreign::Delete);
    let new = again(&old, &named(&old, &["anna", "bert"]), given)
        .unwrap()
        .unwrap();
    assert_eq!(rows(&new.result), [""; 0]);
    assert_eq!(new.result.snapshot.len(), 1);
}

#[test]
fn what_was_skipped_is_counted_anew() {
    let skipped = ("adminDescription", &["User_x"][..]);
    let directory = MemoryDirectory::new(
        "contoso.com",
        &["contoso.com"],
        vec![user("anna", &[skipped]), user("bert", &[skipped])],
    );
    let sources = [source(&directory)];
    let given = (&sources[..], &ScanOptions::default());
    let old = Arc::new(run(&sources, given.1).unwrap());
    assert_eq!(old.skipped[&SkipReason::AdminDescription], 2);
    carry_out(
        &directory,
        "anna",
        0,
        &Foreign::Set("adminDescription", Vec::new()),
    );
    let new = again(&old, &named(&old, &["anna"]), given)
        .unwrap()
        .unwrap()
        .result;
    assert_eq!(new.skipped[&SkipReason::AdminDescription], 1);
    assert_eq!((new.progress[0].judged, new.progress[0].skipped), (1, 1));
    let parts: Vec<Part> = new
        .snapshot
        .refs()
        .map(|at| new.snapshot.part(at))
        .collect();
    assert_eq!(
        parts.iter().filter(|part| **part == Part::Judged).count(),
        1
    );
}
