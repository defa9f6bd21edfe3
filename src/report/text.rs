//! Findings for people at a terminal.
//!
//! Every text is escaped: what controls a terminal or reorders a line is shown
//! in a visible form. Values are cut; the other formats hold them whole.

use std::io;

use super::record::Record;
use super::words::{action_word, severity_word};
use crate::text::{Cut, escape, fit_text};
use crate::worksheet::Action;

/// How much of a value is shown.
const VALUE_WIDTH: usize = 200;

/// Writes a row as a short paragraph.
pub fn write(output: &mut impl io::Write, record: &Record) -> io::Result<()> {
    writeln!(
        output,
        "{:<11} {}",
        severity_word(record.severity),
        escape(&record.dn)
    )?;
    let value = record.value.as_ref().map_or_else(
        || "(blank)".to_owned(),
        |value| fit_text(&value.to_text_lossy(), VALUE_WIDTH, Cut::Middle),
    );
    writeln!(output, "            {}: {value}", escape(&record.attribute))?;
    writeln!(
        output,
        "            {} ({})",
        escape(&record.message),
        escape(&record.rules.join("; "))
    )?;
    if let Some(why) = &record.accepted {
        return writeln!(output, "            accepted: {}", escape(&why.to_string()));
    }
    match record.proposed {
        Action::Edit => writeln!(
            output,
            "            proposed: EDIT to {}",
            fit_text(&record.update, VALUE_WIDTH, Cut::Middle)
        ),
        Action::None => Ok(()),
        other => writeln!(output, "            proposed: {}", action_word(other)),
    }
}
