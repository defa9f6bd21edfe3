//! The head of the page: the verdict in words and in figures.

use std::io::{self, Write};

use super::About;
use super::chart::{bar, legend, number, percent};
use super::escape::html;
use crate::worksheet::{Effort, Readiness, Worksheet};

/// How many sentences on a partial scan are shown.
const SHOWN: usize = 25;

/// The warning of a partial scan.
pub(super) fn incomplete(output: &mut impl Write, about: &About) -> io::Result<()> {
    if about.incomplete.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "<div class=\"alarm\" role=\"note\"><h2>This scan is not complete</h2><p>What \
         was not read may hold more findings, and duplicates of what was read.</p><ul>"
    )?;
    for sentence in about.incomplete.iter().take(SHOWN) {
        writeln!(output, "<li>{}</li>", html(sentence))?;
    }
    let more = about.incomplete.len().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(output, "<li>and {more} more</li>")?;
    }
    writeln!(output, "</ul></div>")
}

/// The verdict, the figures that are asked for first, and one bar.
pub(super) fn verdict(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let mut all = Readiness::default();
    sheet.readiness().values().for_each(|one| all.add(one));
    let effort = sheet.effort();
    writeln!(output, "<p class=\"verdict\">{}</p>", words(&all, &effort))?;
    writeln!(output, "<ul class=\"figures\">")?;
    for (look, figure, text) in [
        (
            "ready",
            percent(all.ready(), all.judged),
            format!(
                "ready: {} of {} objects",
                number(all.ready()),
                number(all.judged)
            ),
        ),
        (
            "blocked",
            number(all.blocked),
            "not ready: refused, or a value held back that somebody needs".to_owned(),
        ),
        (
            "degraded",
            number(all.degraded),
            "degraded: a value left out or changed".to_owned(),
        ),
        (
            "count",
            number(sheet.len() as u64),
            findings(sheet, &effort),
        ),
    ] {
        writeln!(
            output,
            "<li class=\"{look}\"><strong>{figure}</strong> {text}</li>"
        )?;
    }
    let parts = [
        ("ready", all.ready()),
        ("degraded", all.degraded),
        ("blocked", all.blocked),
    ];
    writeln!(output, "</ul>{}{}", bar(&parts, all.judged), legend())
}

fn findings(sheet: &Worksheet, effort: &Effort) -> String {
    let accepted = sheet.len() as u64 - effort.all();
    match accepted {
        0 => "findings".to_owned(),
        accepted => format!(
            "findings, {} of them accepted as they are",
            number(accepted)
        ),
    }
}

/// What a manager would tell another.
fn words(all: &Readiness, effort: &Effort) -> String {
    if all.judged == 0 {
        return "No object was judged, so nothing can be said.".to_owned();
    }
    if effort.all() == 0 {
        return format!(
            "All {} objects can be synchronised as they are.",
            number(all.judged)
        );
    }
    let objects = [
        (
            all.blocked,
            "would be refused, or arrive without a value that somebody needs",
        ),
        (
            all.degraded,
            "would arrive with a value left out or changed",
        ),
    ];
    let decide = if effort.by_hand == 1 { "needs" } else { "need" };
    let findings = [
        (
            effort.safe,
            format!("{} can be mended at once", number(effort.safe)),
        ),
        (
            effort.review,
            format!(
                "for {} there is a checked proposal to look at",
                number(effort.review)
            ),
        ),
        (
            effort.by_hand,
            format!("{} {decide} a decision", number(effort.by_hand)),
        ),
    ];
    let findings = findings.into_iter().filter(|(rows, _)| *rows > 0);
    let findings: Vec<String> = findings.map(|(_, part)| part).collect();
    let mut sentences = vec![format!(
        "{} of {} objects can be synchronised as they are.",
        number(all.ready()),
        number(all.judged)
    )];
    let some = objects.into_iter().filter(|(objects, _)| *objects > 0);
    sentences.extend(some.map(|(objects, what)| format!("{} {what}.", number(objects))));
    sentences.push(format!(
        "Of {} open findings, {}.",
        number(effort.all()),
        findings.join(", ")
    ));
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readiness(judged: u64, blocked: u64, degraded: u64) -> Readiness {
        Readiness {
            judged,
            blocked,
            degraded,
        }
    }

    #[test]
    fn the_verdict_says_only_what_there_is() {
        let effort = |safe, review, by_hand| Effort {
            safe,
            review,
            by_hand,
        };
        for (all, effort, said) in [
            (
                readiness(0, 0, 0),
                effort(0, 0, 0),
                "No object was judged, so nothing can be said.",
            ),
            (
                readiness(1200, 0, 0),
                effort(0, 0, 0),
                "All 1,200 objects can be synchronised as they are.",
            ),
            (
                readiness(10, 2, 0),
                effort(0, 1, 2),
                "8 of 10 objects can be synchronised as they are. 2 would be refused, or arrive \
                 without a value that somebody needs. Of 3 open findings, for 1 there is a \
                 checked proposal to look at, 2 need a decision.",
            ),
        ] {
            assert_eq!(words(&all, &effort), said);
        }
    }
}
