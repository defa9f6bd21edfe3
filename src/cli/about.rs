//! How a scan was made, for the page: what was asked for, of whom, and when.

use jiff::Timestamp;

use crate::model::{DistinguishedName, Forest};
use crate::report::html::About;
use crate::rule::SyncEngine;
use crate::session::ScanRequest;
use crate::worksheet::Worksheet;

/// The facts about a scan that was made at `now`.
pub(super) fn about(sheet: &Worksheet, request: &ScanRequest, now: Timestamp) -> About {
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |heading: &str, text: String| {
        if !text.is_empty() {
            facts.push((heading.to_owned(), text));
        }
    };
    for forest in &sheet.scan.forests {
        fact("Source", source(forest));
    }
    fact("Rules", request.rules.clone());
    let settings = &request.settings;
    fact(
        "Verified domains",
        if settings.verified_domains.is_empty() {
            "not given: only suffixes that nobody can verify are findings".to_owned()
        } else {
            settings.verified_domains.join(", ")
        },
    );
    fact("Sign-in attribute", settings.login_attribute.to_string());
    fact(
        "Sync engine",
        match settings.sync_engine {
            SyncEngine::Connect => "Microsoft Entra Connect Sync".to_owned(),
            SyncEngine::CloudSync => "Microsoft Entra Cloud Sync".to_owned(),
        },
    );
    let options = &request.options;
    let names = |names: &[DistinguishedName]| {
        let names: Vec<&str> = names.iter().map(DistinguishedName::as_str).collect();
        names.join(" | ")
    };
    fact("Judged below", names(&options.bases));
    fact("Not judged below", names(&options.excludes));
    fact(
        "Judged what matches",
        options.filter.clone().unwrap_or_default(),
    );
    fact(
        "Compared with",
        if options.scope_only {
            "judged entries only: a duplicate outside the scope is not seen".to_owned()
        } else {
            "all users, groups and contacts of all sources".to_owned()
        },
    );
    for domain in &sheet.scan.progress {
        fact(
            "Domain",
            format!(
                "{}: {} entries read, {} judged, {} skipped",
                domain.name, domain.entries, domain.judged, domain.skipped
            ),
        );
    }
    for (reason, number) in &sheet.scan.skipped {
        fact(
            "Skipped, as the sync engine does",
            format!("{number} {reason}"),
        );
    }
    About {
        made: now.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        facts,
        incomplete: sheet.scan.incomplete.clone(),
    }
}

fn source(forest: &Forest) -> String {
    let domains: Vec<String> = forest
        .domains
        .iter()
        .map(|domain| format!("{} ({})", domain.dns_name, domain.host))
        .collect();
    let identity = forest
        .identity
        .as_ref()
        .map(|identity| format!(", signed in as {identity}"))
        .unwrap_or_default();
    format!("{}: {}{identity}", forest.name, domains.join(", "))
}
