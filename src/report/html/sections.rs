//! The parts of the page that lead on: the table, what to do next, and how it
//! was made.

use std::io::{self, Write};

use super::About;
use super::causes::SEVERITIES;
use super::chart::number;
use super::escape::{html, write_json};
use crate::report::hard_match::SNIPPET;
use crate::report::words::severity_word;
use crate::worksheet::Worksheet;

/// The place of the table that the script fills.
pub(super) fn findings(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    write!(
        output,
        include_str!("findings.html"),
        rows = number(sheet.len() as u64),
        severities = SEVERITIES
            .map(|(severity, _)| ["<option>", severity_word(severity), "</option>"].concat())
            .concat()
    )
}

/// What follows once the directory is mended.
pub(super) fn next_steps(output: &mut impl Write) -> io::Result<()> {
    output.write_all(include_bytes!("next.html"))?;
    output.write_all(b"<script type=\"application/json\" id=\"snippet\">")?;
    write_json(output, &SNIPPET)?;
    writeln!(output, "</script>")
}

/// How the scan was made.
pub(super) fn about(output: &mut impl Write, about: &About) -> io::Result<()> {
    writeln!(
        output,
        "<section id=\"about\"><h2>How the scan was made</h2><dl class=\"about\">"
    )?;
    let mut last = "";
    for (heading, text) in &about.facts {
        if heading != last {
            writeln!(output, "<dt>{}</dt>", html(heading))?;
        }
        last = heading;
        writeln!(output, "<dd>{}</dd>", html(text))?;
    }
    writeln!(
        output,
        "</dl><p>Every value is shown as it is in the directory, with what cannot be seen made \
         visible; values of more than 500 columns are cut. The CSV report holds them whole.</p>\
         </section>"
    )
}
