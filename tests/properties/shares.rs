//! How many findings of each rule have a proposal, and how much care it asks
//! for: on the demo and on a generated forest. Printed with `--nocapture`.

use std::collections::BTreeMap;

use idmend::directory::memory::{DemoForest, MemoryDirectory};
use idmend::rule::Confidence;
use idmend::scan::ScanOptions;
use idmend::worksheet::Worksheet;

use crate::grammar::{self, Tidiness};
use crate::{judge, sheet};

/// Findings of a rule, and how many of them have a proposal of which kind.
#[derive(Default)]
struct Share {
    findings: usize,
    safe: usize,
    review: usize,
    manual: usize,
}

fn shares(sheet: &Worksheet) -> BTreeMap<String, Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for row in sheet.rows() {
        for fault in &sheet.finding(row).faults {
            let share = shares
                .entry(sheet.judge.rules.rule(fault.rule).id.clone())
                .or_default();
            share.findings += 1;
            match sheet.proposal(row).map(|proposal| proposal.confidence) {
                Some(Confidence::Safe) => share.safe += 1,
                Some(Confidence::Review) => share.review += 1,
                Some(Confidence::Manual) => share.manual += 1,
                None => {}
            }
        }
    }
    shares
}

#[test]
fn the_share_of_findings_with_a_proposal_is_shown_for_each_rule() {
    let judge = judge(&[]);
    let tidiness = Tidiness {
        slip: 10,
        people: 2_000,
    };
    let generated = (0..3_000).map(|n| {
        let seed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        grammar::entry(seed, n, "contoso.com", tidiness)
    });
    let generated = MemoryDirectory::new("contoso.com", &["contoso.com"], generated.collect());
    let mut forests: Vec<(String, MemoryDirectory)> = DemoForest::all()
        .expect("the demo")
        .into_iter()
        .map(|forest| (format!("demo, {}", forest.name), forest.into_directory()))
        .collect();
    forests.push(("generated".to_owned(), generated));
    for (name, directory) in forests {
        let sheet = sheet(&[&directory], &judge, &ScanOptions::default());
        println!("{name}: {} rows", sheet.len());
        println!(
            "{:40} {:>8} {:>6} {:>7} {:>7} {:>6}",
            "rule", "findings", "safe", "review", "manual", "share"
        );
        for (rule, share) in shares(&sheet) {
            let with = share.safe + share.review + share.manual;
            let percent = with * 100 / share.findings;
            println!(
                "{rule:40} {:>8} {:>6} {:>7} {:>7} {percent:>5}%",
                share.findings, share.safe, share.review, share.manual
            );
        }
        assert!(!sheet.is_empty(), "nothing is found in {name}");
    }
}
