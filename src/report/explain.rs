//! What is known of rules, for people who read a report without the program:
//! what will happen, why, when a finding may be left as it is, and the sources.

use std::collections::BTreeSet;
use std::io;

use super::words::severity_word;
use crate::rule::{Rule, RuleId};
use crate::text::width_up_to;
use crate::worksheet::Worksheet;

/// The width that texts are broken at, in columns.
const WIDTH: usize = 78;

/// What stands before the lines of a rule's texts.
const INDENT: &str = "            ";

/// Writes, worst first, every rule that some row breaks.
pub fn write_rules(output: &mut impl io::Write, sheet: &Worksheet) -> io::Result<()> {
    let mut broken: BTreeSet<RuleId> = BTreeSet::new();
    for row in sheet.rows() {
        broken.extend(sheet.finding(row).faults.iter().map(|fault| fault.rule));
    }
    let mut rules: Vec<&Rule> = broken
        .into_iter()
        .map(|id| sheet.judge.rules.rule(id))
        .collect();
    rules.sort_by_key(|rule| rule.severity);
    if rules.is_empty() {
        return Ok(());
    }
    let mut out = String::from("\nWhat these rules are about\n");
    for rule in rules {
        let head = format!("{:<11} ", severity_word(rule.severity));
        out.push('\n');
        paragraph(
            &mut out,
            &head,
            INDENT,
            &format!("{}: {}", rule.id, rule.title),
        );
        for (label, text) in [
            ("happens: ", &rule.happens),
            ("why: ", &rule.why),
            ("ignore? ", &rule.ignore),
        ] {
            if !text.is_empty() {
                paragraph(&mut out, INDENT, INDENT, &format!("{label}{text}"));
            }
        }
        for source in &rule.sources {
            let text = format!("source: {}, checked {}", source.title, rule.checked);
            paragraph(&mut out, INDENT, INDENT, &text);
            paragraph(&mut out, INDENT, INDENT, &source.address);
        }
    }
    output.write_all(out.as_bytes())
}

/// Appends `text`, broken between words: the first line begins with `first`,
/// all others with `next`.
pub fn paragraph(out: &mut String, first: &str, next: &str, text: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && shown(&line) + 1 + shown(word) > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            next.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn shown(text: &str) -> usize {
    width_up_to(text, WIDTH * 2)
}
