//! The page of all rules, in Markdown: docs/rules.md is written by it.
//!
//! A set that is judged rule by rule has a section a rule, with its cases. A set
//! of chains has a table an attribute, with the steps in the order in which
//! they run. Nothing here reads or writes a file.

use std::fmt::Write as _;

use super::words::severity;
use super::{Rule, RuleSet};

/// The page of all rules of `sets`.
pub fn page(sets: &[RuleSet]) -> String {
    let mut page = "# The rules\n\n\
         Written by `UPDATE_DOCS=1 cargo test --test docs` from the files in\n\
         [rules](../rules); edit those instead. `idmend rules show ID` shows one of them.\n\n\
         Severity is what the cloud does: *fails* (the object does not synchronise, or its\n\
         change is refused), *quarantined* (the value is held back), *dropped* (the value is\n\
         left out silently), *changed* (the cloud stores another value), *hygiene* (it works,\n\
         but is untidy or a trap).\n\n"
        .to_owned();
    for set in sets {
        // Writing to a String cannot fail.
        let _written = writeln!(
            page,
            "- [{0}](#{0}): {1} rules, {2} cases",
            set.name,
            set.rules.len(),
            set.rules.iter().map(|rule| rule.cases.len()).sum::<usize>(),
        );
    }
    for set in sets {
        let _written = write!(page, "\n## {}\n", set.name);
        if set.chain.is_some() {
            page.push_str(
                "\nAs IdFix judges; [idfix-differences.md](idfix-differences.md) says where not. \
                 The checks of an\nattribute run in this order, each on the value as mended by \
                 those before it. All that\nfail make one row, and the last one says what is \
                 proposed.\n",
            );
        }
        for rules in set.rules.chunk_by(|a, b| a.attribute == b.attribute) {
            let Some(first) = rules.first() else { continue };
            let _written = write!(page, "\n### {}\n\n", first.attribute);
            if set.chain.is_some() {
                page.push_str(&steps(rules));
            } else {
                let sections: Vec<String> = rules.iter().map(section).collect();
                page.push_str(&sections.join("\n"));
            }
        }
    }
    page
}

/// The steps of one attribute, a row each.
fn steps(rules: &[Rule]) -> String {
    let mut table = "| | Rule | ERROR | Finds | Concerns | Severity |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    for (number, rule) in (1..).zip(rules) {
        let concerns = rule.concerns_in_words();
        let concerns = if concerns.is_empty() {
            String::new()
        } else {
            format!(". {}", concerns.join(" "))
        };
        let _written = writeln!(
            table,
            "| {number} | `{}` | {:?} | {} | {}{} | {} |",
            rule.id,
            rule.error,
            code(&rule.check_in_words()),
            classes(rule),
            concerns.replace('|', "\\|"),
            severity(rule.severity),
        );
    }
    table
}

fn classes(rule: &Rule) -> String {
    let classes: Vec<&str> = rule.applies_to.iter().map(|class| class.as_str()).collect();
    classes.join(", ")
}

/// `text` in code marks for Markdown, escaped.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// All about one rule.
fn section(rule: &Rule) -> String {
    let off = if rule.on { "" } else { " · off by default" };
    let mut lines = vec![
        format!("#### {}\n", rule.id),
        format!(
            "**{}** · {} · {:?} · {}{off}\n",
            rule.title,
            severity(rule.severity),
            rule.error,
            classes(rule),
        ),
        format!("{} {}\n", rule.happens, rule.why),
        format!("*When it may be left:* {}\n", rule.ignore),
        format!("- Finds: {}", code(&rule.check_in_words())),
    ];
    let concerns = rule.concerns_in_words();
    if !concerns.is_empty() {
        lines.push(format!("- {}", concerns.join(" ")));
    }
    if !rule.fixes.is_empty() {
        let fixes: Vec<&str> = rule.fixes.iter().map(|fix| fix.in_words()).collect();
        lines.push(format!("- Proposals: {}", fixes.join(", ")));
    }
    for (heading, wanted) in [("Accepts", true), ("Faults", false)] {
        let cases: Vec<String> = rule
            .cases_in_words()
            .filter(|(valid, _)| *valid == wanted)
            .map(|(_, case)| code(&case))
            .collect();
        lines.push(format!("- {heading}: {}", cases.join("; ")));
    }
    let sources: Vec<String> = rule
        .sources
        .iter()
        .map(|source| format!("[{}]({})", source.title, source.address))
        .collect();
    lines.push(format!(
        "- Sources, checked {}: {}\n",
        rule.checked,
        sources.join("; ")
    ));
    lines.join("\n")
}
