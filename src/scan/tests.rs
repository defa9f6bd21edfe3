//! Whole scans of small forests.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::fixture::{contoso, entry, rows, run, run_until, source, user};
use super::{DomainState, Part, ScanOptions, SkipReason};
use crate::directory::memory::{Fault, MemoryDirectory, Operation};
use crate::model::{DistinguishedName, Entry};

const UPN: &str = "userPrincipalName";
const PROXY: &str = "proxyAddresses";

fn forest(entries: Vec<Entry>) -> MemoryDirectory {
    MemoryDirectory::new("contoso.com", &["contoso.com"], entries)
}

#[test]
fn an_entry_may_hold_its_own_address_in_several_attributes() {
    let scan = contoso(vec![user(
        "anna",
        &[
            (UPN, &["anna@contoso.com"]),
            ("mail", &["Anna@contoso.com"]),
            (PROXY, &["SMTP:anna@contoso.com"]),
        ],
    )]);
    assert_eq!(rows(&scan), [""; 0]);
    assert!(scan.is_complete());
    assert_eq!(scan.conflicts.sets(), []);
}

#[test]
fn a_value_held_twice_is_found_over_forests_classes_and_attributes() {
    let first = forest(vec![
        user("anna", &[(UPN, &["anna@contoso.com"])]),
        user("bert", &[(UPN, &["bert@contoso.com"])]),
    ]);
    let second = MemoryDirectory::new(
        "fabrikam.com",
        &["fabrikam.com"],
        vec![
            entry(
                "user",
                "ann",
                "fabrikam.com",
                &[(UPN, &["ANNA@Contoso.com"])],
            ),
            entry(
                "contact",
                "b",
                "fabrikam.com",
                &[("mail", &["bert@contoso.com"])],
            ),
        ],
    );
    let sources = [source(&first), source(&second)];
    let scan = run(&sources, &ScanOptions::default()).unwrap();
    let found = rows(&scan);
    assert!(found[0].starts_with("anna userPrincipalName anna@contoso.com upn-duplicate"));
    assert!(found[1].starts_with("bert userPrincipalName bert@contoso.com upn-equals-address"));
    assert!(found[2].starts_with("ann userPrincipalName ANNA@Contoso.com upn-duplicate"));
    assert_eq!(
        scan.findings[0].faults[0].detail,
        "also held by CN=ann,OU=Staff,DC=fabrikam,DC=com (userPrincipalName)"
    );
    assert_eq!(scan.conflicts.sets().len(), 2);
}

#[test]
fn the_order_of_reading_changes_nothing() {
    let mut entries: Vec<Entry> = (0..40)
        .map(|n| {
            let upn = format!("u {}@contoso.com", n % 7);
            user(&format!("user{n}"), &[(UPN, &[&upn])])
        })
        .collect();
    let texts = |entries: &[Entry]| {
        let scan = contoso(entries.to_vec());
        let details: Vec<_> = scan
            .findings
            .iter()
            .flat_map(|finding| finding.faults.iter().map(|fault| fault.detail.clone()))
            .collect();
        (rows(&scan), details)
    };
    let straight = texts(&entries);
    assert_eq!(straight.0.len(), 40);
    entries.reverse();
    assert_eq!(texts(&entries), straight);
    entries.sort_by_key(|entry| entry.dn.as_str().len());
    assert_eq!(texts(&entries), straight);
}

#[test]
fn skipped_entries_have_no_row_and_make_no_conflict_but_are_compared() {
    let skipped = ("adminDescription", &["User_test"][..]);
    let both = ("anna@contoso.com", "anna@contoso.com");
    let scan = contoso(vec![
        user("anna", &[(UPN, &[both.0])]),
        user("old", &[(UPN, &[both.1]), skipped]),
        user("bad", &[(UPN, &["b d@contoso.com"]), skipped]),
    ]);
    assert_eq!(rows(&scan), [""; 0]);
    assert_eq!(scan.skipped.get(&SkipReason::AdminDescription), Some(&2));
    let judge = super::fixture::judge();
    let space = crate::rule::KeySpace::Address;
    let holders = scan.holders(&judge, space, "anna@contoso.com");
    assert_eq!(holders.len(), 2);
    let skipped = |part| matches!(part, Part::Skipped(SkipReason::AdminDescription));
    assert!(holders.iter().any(|h| skipped(scan.snapshot.part(h.entry))));
}

#[test]
fn what_is_out_of_scope_is_compared_but_not_judged() {
    let mut outside = user("zoe", &[(UPN, &["anna@contoso.com"])]);
    outside.dn = DistinguishedName::from_server("CN=zoe,OU=Other,DC=contoso,DC=com");
    let mut faulty = user("faulty", &[(UPN, &["f y@contoso.com"])]);
    faulty.dn = DistinguishedName::from_server("CN=faulty,OU=Other,DC=contoso,DC=com");
    let anna = user("anna", &[(UPN, &["anna@contoso.com"])]);
    let directory = forest(vec![anna, outside, faulty]);
    let base = DistinguishedName::parse("OU=Staff,DC=contoso,DC=com").unwrap();
    let mut options = ScanOptions {
        bases: vec![base],
        ..ScanOptions::default()
    };
    let by_base = run(&[source(&directory)], &options).unwrap();
    assert_eq!(rows(&by_base).len(), 1, "{:?}", rows(&by_base));
    assert!(rows(&by_base)[0].starts_with("anna"));
    assert_eq!(by_base.progress[0].judged, 1);

    let by_filter = ScanOptions {
        filter: Some("(cn=anna)".into()),
        ..ScanOptions::default()
    };
    let by_filter = run(&[source(&directory)], &by_filter).unwrap();
    assert_eq!(rows(&by_filter), rows(&by_base));
    assert_eq!(by_filter.snapshot.len(), 3, "nobody is counted twice");

    options.scope_only = true;
    let alone = run(&[source(&directory)], &options).unwrap();
    assert_eq!(rows(&alone), [""; 0]);
    assert_eq!(alone.snapshot.len(), 1);
}

#[test]
fn a_filter_that_cannot_be_read_is_an_error() {
    let options = ScanOptions {
        filter: Some("(cn=".into()),
        ..ScanOptions::default()
    };
    let directory = forest(vec![user("anna", &[])]);
    assert!(run(&[source(&directory)], &options).is_err());
}

#[test]
fn a_failed_domain_leaves_what_was_read_and_says_so() {
    let good = forest(vec![user("anna", &[(UPN, &["a na@contoso.com"])])]);
    let bad = MemoryDirectory::new("fabrikam.com", &["fabrikam.com"], Vec::new());
    let fault = Fault::Refused {
        code: 1,
        text: "broken".into(),
    };
    bad.inject(Operation::Page, 1, fault);
    let scan = run(&[source(&good), source(&bad)], &ScanOptions::default()).unwrap();
    assert_eq!(rows(&scan).len(), 1);
    assert_eq!(scan.progress[0].state, DomainState::Done);
    assert!(matches!(scan.progress[1].state, DomainState::Failed(_)));
    assert_eq!(scan.incomplete.len(), 1);
    assert!(scan.incomplete[0].starts_with("fabrikam.com was not read to its end"));
    assert!(!scan.read_nothing());
}

#[test]
fn a_cancelled_scan_says_that_it_is_partial() {
    let directory = forest(vec![user("anna", &[(UPN, &["a na@contoso.com"])])]);
    directory.inject(Operation::Page, 1, Fault::Slow(Duration::from_secs(60)));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let scan = run_until(&[source(&directory)], &ScanOptions::default(), &cancel).unwrap();
    assert_eq!(scan.progress[0].state, DomainState::Cancelled);
    assert!(!scan.is_complete());
}

#[test]
fn an_entry_without_name_class_or_guid_is_judged_or_counted() {
    let bare = |dn: &str| Entry::new(DistinguishedName::from_server(dn));
    let mut unnamed = bare("CN=x,DC=contoso,DC=com");
    let add = |entry: &mut Entry, name, value: &str| {
        entry.add(
            crate::model::AttributeName::known(name),
            [crate::model::Value::from(value)],
        );
    };
    add(&mut unnamed, "objectClass", "user");
    add(&mut unnamed, UPN, "a b@contoso.com");
    let mut classless = bare("CN=y,DC=contoso,DC=com");
    add(&mut classless, UPN, "a b@contoso.com");
    let scan = contoso(vec![unnamed, classless]);
    assert_eq!(rows(&scan).len(), 1);
    assert_eq!(scan.skipped.get(&SkipReason::NoClass), Some(&1));
    assert!(scan.is_complete());
}

#[test]
fn a_child_domain_is_not_read_with_its_parent() {
    let domains = ["contoso.com", "emea.contoso.com"];
    let directory = MemoryDirectory::new(
        "contoso.com",
        &domains,
        vec![
            user("anna", &[(UPN, &["a na@contoso.com"])]),
            entry(
                "user",
                "bert",
                "emea.contoso.com",
                &[(UPN, &["b t@contoso.com"])],
            ),
        ],
    );
    let scan = run(&[source(&directory)], &ScanOptions::default()).unwrap();
    assert_eq!(rows(&scan).len(), 2);
    assert_eq!(scan.progress[0].judged, 1);
    assert_eq!(scan.progress[1].judged, 1);
}
