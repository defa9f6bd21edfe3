//! Findings for people at a terminal.
//!
//! Every text is escaped: what controls a terminal or reorders a line is shown
//! in a visible form. Values are cut; the other formats hold them whole.

use std::io;

use super::record::Record;
use super::row::readable;
use super::words::{action_word, confidence_word, severity_word};
use crate::scan::{ADDRESS, CONTACT_FIELDS, ContactCounts, ScanResult};
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
        |value| fit_text(&readable(value), VALUE_WIDTH, Cut::Middle),
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
    let care = record.confidence.map(confidence_word).unwrap_or_default();
    match record.proposed {
        Action::Edit => writeln!(
            output,
            "            proposed ({care}): EDIT to {}",
            fit_text(&record.update, VALUE_WIDTH, Cut::Middle)
        ),
        Action::None => Ok(()),
        other => writeln!(
            output,
            "            proposed ({care}): {}",
            action_word(other)
        ),
    }
}

/// Writes how complete the contact data of each container is, as a table.
pub fn write_contacts(output: &mut impl io::Write, scan: &ScanResult) -> io::Result<()> {
    writeln!(
        output,
        "contact data of enabled users; an address is {}",
        ADDRESS.join(" and ")
    )?;
    write!(output, "{:>8}", "people")?;
    for field in CONTACT_FIELDS {
        write!(output, " {field:>width$}", width = column(field))?;
    }
    writeln!(output, "  container")?;
    for ((domain, path), counts) in &scan.contacts.0 {
        let name = format!("{}/{path}", scan.domain(*domain).dns_name);
        write_counts(output, counts, name.trim_end_matches('/'))?;
    }
    write_counts(output, &scan.contacts.total(), "all")
}

fn write_counts(output: &mut impl io::Write, counts: &ContactCounts, name: &str) -> io::Result<()> {
    write!(output, "{:>8}", counts.people)?;
    for (field, filled) in CONTACT_FIELDS.into_iter().zip(counts.filled) {
        write!(output, " {filled:>width$}", width = column(field))?;
    }
    writeln!(output, "  {}", escape(name))
}

fn column(field: &str) -> usize {
    field.len().max(7)
}
