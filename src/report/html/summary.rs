//! The head of the page: the verdict in words and in figures.

use std::io::{self, Write};

use super::About;
use super::chart::{bar, legend, number, percent};
use super::escape::html;
use crate::worksheet::{self, Effort, Readiness, Worksheet};

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
    writeln!(
        output,
        "<p class=\"verdict\">{}</p>",
        worksheet::verdict(&all, &effort, number)
    )?;
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
