//! What is behind the findings: charts, and the rules in plain words.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::chart::{number, ranking};
use super::escape::html;
use crate::model::Value;
use crate::report::row::readable;
use crate::report::words::severity_word;
use crate::rule::Severity;
use crate::text::{Cut, fit_text};
use crate::worksheet::{Action, Cause, Worksheet};

/// How many bars a chart has.
const BARS: usize = 12;

/// How many causes are told at once.
const TOLD: usize = 10;

/// How much of an example is shown.
const EXAMPLE_WIDTH: usize = 80;

pub(super) const SEVERITIES: [(Severity, &str); 5] = [
    (Severity::Fails, "the object or its change is refused"),
    (Severity::Quarantined, "arrives without the value"),
    (Severity::Dropped, "the value is silently left out"),
    (Severity::Changed, "the cloud stores another value"),
    (Severity::Hygiene, "works, but is untidy or a trap"),
];

/// Findings by severity, effort, attribute and rule.
pub(super) fn charts(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let summary = sheet.summary();
    let severities: Vec<(String, &str, u64)> = SEVERITIES
        .iter()
        .map(|(severity, meaning)| {
            let name = format!("{}: {meaning}", severity_word(*severity));
            let rows = summary.by_severity.get(severity).copied().unwrap_or(0);
            (name, look(*severity), rows as u64)
        })
        .collect();
    let effort = sheet.effort();
    let effort = [
        ("safe: mended at once".to_owned(), "ready", effort.safe),
        (
            "review: a proposal to look at".to_owned(),
            "degraded",
            effort.review,
        ),
        (
            "by hand: somebody must decide".to_owned(),
            "blocked",
            effort.by_hand,
        ),
    ];
    let attributes = most(summary.by_attribute.into_iter().collect());
    let titles = titles(sheet);
    let title = |id: String| {
        titles
            .get(id.as_str())
            .map_or(id, |title| (*title).to_owned())
    };
    let by_rule = summary.by_rule.into_iter();
    let rules = most(by_rule.map(|(id, rows)| (title(id), rows)).collect());
    writeln!(
        output,
        "<section id=\"figures\"><h2>Findings in figures</h2><div class=\"charts\">"
    )?;
    writeln!(output, "{}", ranking("By severity", &severities))?;
    writeln!(
        output,
        "{}",
        ranking("By effort, without what is accepted", &effort)
    )?;
    writeln!(output, "{}", ranking("By attribute", &attributes))?;
    writeln!(output, "{}", ranking("By rule", &rules))?;
    writeln!(output, "</div></section>")
}

fn look(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails | Severity::Quarantined => "blocked",
        Severity::Dropped | Severity::Changed => "degraded",
        Severity::Hygiene => "hygiene",
    }
}

/// The longest rows, and the sum of the others without a bar.
fn most(mut rows: Vec<(String, usize)>) -> Vec<(String, &'static str, u64)> {
    rows.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let rest = rows.split_off(rows.len().min(BARS));
    let mut bars: Vec<(String, &str, u64)> = rows
        .into_iter()
        .map(|(name, rows)| (name, "count", rows as u64))
        .collect();
    if !rest.is_empty() {
        let sum: usize = rest.iter().map(|(_, rows)| rows).sum();
        bars.push((format!("{} others together", rest.len()), "", sum as u64));
    }
    bars
}

/// What each rule that was broken says, by its id.
fn titles(sheet: &Worksheet) -> BTreeMap<&str, &str> {
    let findings = sheet.rows().flat_map(|row| &sheet.finding(row).faults);
    let rules = findings.map(|fault| sheet.judge.rules.rule(fault.rule));
    rules
        .map(|rule| (rule.id.as_str(), rule.title.as_str()))
        .collect()
}

/// The rules that are broken, what hurts most first, in plain words.
pub(super) fn write(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    writeln!(
        output,
        "<section id=\"causes\"><h2>What is behind it, and what to do</h2>"
    )?;
    let mut causes = sheet.causes();
    causes.sort_by_key(|cause| {
        let rule = sheet.judge.rules.rule(cause.rule);
        // Refused and held back are equally bad news.
        let class = rule.severity.max(Severity::Quarantined);
        (class, Reverse(cause.rows))
    });
    if causes.is_empty() {
        writeln!(output, "<p>Nothing was found that is not accepted.</p>")?;
    }
    let more = causes.split_off(causes.len().min(TOLD));
    for cause in &causes {
        article(output, sheet, cause)?;
    }
    if !more.is_empty() {
        writeln!(
            output,
            "<details><summary>{} more causes</summary>",
            more.len()
        )?;
        for cause in &more {
            article(output, sheet, cause)?;
        }
        writeln!(output, "</details>")?;
    }
    writeln!(output, "</section>")
}

fn article(output: &mut impl Write, sheet: &Worksheet, cause: &Cause) -> io::Result<()> {
    let rule = sheet.judge.rules.rule(cause.rule);
    writeln!(
        output,
        "<article class=\"{}\"><h3>{} <span class=\"soft\">{} × {}, {} \
         (<a href=\"#findings\" data-rule=\"{id}\">{id}</a>)</span></h3>",
        look(rule.severity),
        html(&rule.title),
        number(cause.rows as u64),
        html(rule.attribute.as_str()),
        severity_word(rule.severity),
        id = html(&rule.id),
    )?;
    writeln!(
        output,
        "<dl><dt>What happens</dt><dd>{}</dd><dt>What to do</dt><dd>{}</dd>",
        html(&rule.happens),
        advice(cause)
    )?;
    if let Some(example) = example(sheet, cause) {
        writeln!(output, "<dt>For example</dt><dd>{example}</dd>")?;
    }
    writeln!(
        output,
        "<dt>May be left</dt><dd>{}</dd></dl></article>",
        html(&rule.ignore)
    )
}

/// A value and what is proposed for it.
fn example(sheet: &Worksheet, cause: &Cause) -> Option<String> {
    let value = Value::from(sheet.value(cause.example)?);
    let code = |text: &str| {
        let text = fit_text(text, EXAMPLE_WIDTH, Cut::Middle);
        format!("<code>{}</code>", html(&text))
    };
    let proposal = sheet.proposal(cause.example);
    let update = proposal
        .filter(|proposal| proposal.action == Action::Edit)
        .and_then(|proposal| proposal.update);
    Some(match update {
        Some(update) => format!("{} → {}", code(&readable(&value)), code(update)),
        None => code(&readable(&value)),
    })
}

fn advice(cause: &Cause) -> String {
    let by_hand = cause.rows - cause.safe - cause.review;
    let parts: Vec<String> = [
        (
            cause.safe,
            "mend safely at once: in idmend, <q>accept all safe</q>, then review and apply.",
        ),
        (
            cause.review,
            "take the proposal, which was checked against all rules and values, once somebody who \
             knows the people has looked at it.",
        ),
        (
            by_hand,
            "decide by hand: the directory does not tell what is right.",
        ),
    ]
    .into_iter()
    .filter(|(rows, _)| *rows > 0)
    .map(|(rows, what)| format!("<b>{}</b>: {what}", number(rows as u64)))
    .collect();
    parts.join(" ")
}
