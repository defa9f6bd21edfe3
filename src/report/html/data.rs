//! The rows of the page, as JSON in script blocks of their own.
//!
//! A block holds a thousand rows, so that neither the writer nor the browser
//! needs them all in one piece. Texts that repeat (attributes, rules, domains,
//! the parts of DNs below the entry) stand once, in a table behind the rows.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::Serialize;

use super::escape::{shown, write_json};
use crate::model::{DistinguishedName, ObjectClass};
use crate::report::Record;
use crate::report::row::readable;
use crate::report::words::{action_word, confidence_word, severity_word};
use crate::text::escape;
use crate::worksheet::Worksheet;

/// How many rows a block holds.
const BLOCK: usize = 1000;

/// How many other holders of a value are named; the CSV names more.
const CONFLICTS: usize = 5;

/// The longest name that is offered for a hard match.
const LONGEST_NAME: usize = 1024;

/// A row, as `script.js` reads it by position: keep both in step.
#[derive(Debug, Serialize)]
struct PageRow<'a>(
    &'a str,        // severity
    &'a str,        // confidence
    String,         // own part of the DN
    usize,          // its parent, in the texts
    usize,          // its container, in the texts
    String,         // name
    &'a str,        // class
    usize,          // attribute, in the texts
    &'a str,        // ERROR
    Option<String>, // value
    String,         // update
    &'a str,        // proposed action
    usize,          // why it is proposed, in the texts
    Vec<usize>,     // rules, in the texts
    String,         // message
    usize,          // domain, in the texts
    Vec<String>,    // conflicts
    usize,          // how many there are
    &'a str,        // user principal name, if it is plain ASCII
    &'a str,        // ImmutableID
    u8,             // 1: two anchors that differ
    Option<String>, // why it is accepted
);

/// Texts that stand once.
#[derive(Debug, Default)]
struct Texts {
    places: HashMap<String, usize>,
    texts: Vec<String>,
}

impl Texts {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.texts.push(shown(text));
        self.places.insert(text.to_owned(), self.texts.len() - 1);
        self.texts.len() - 1
    }
}

/// Writes all rows.
pub(super) fn write(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let mut texts = Texts::default();
    // What each rule that is broken says in words.
    let mut titles: BTreeMap<&str, String> = BTreeMap::new();
    let mut rows = sheet.rows().peekable();
    while rows.peek().is_some() {
        output.write_all(b"<script type=\"application/json\" class=\"rows\">[\n")?;
        for (number, row) in rows.by_ref().take(BLOCK).enumerate() {
            if number > 0 {
                output.write_all(b",\n")?;
            }
            let record = Record::of(sheet, row);
            for fault in &sheet.finding(row).faults {
                let rule = sheet.judge.rules.rule(fault.rule);
                let title = || escape(&rule.title).into_owned();
                titles.entry(rule.id.as_str()).or_insert_with(title);
            }
            let why = sheet.proposal(row).map_or("", |one| one.reason);
            write_json(output, &page_row(&record, why, &mut texts))?;
        }
        output.write_all(b"\n]</script>\n")?;
    }
    for (id, json) in [
        ("texts", serde_json::to_value(&texts.texts)?),
        ("titles", serde_json::to_value(&titles)?),
    ] {
        write!(output, "<script type=\"application/json\" id=\"{id}\">")?;
        write_json(output, &json)?;
        output.write_all(b"</script>\n")?;
    }
    Ok(())
}

fn page_row<'a>(record: &'a Record, why: &str, texts: &mut Texts) -> PageRow<'a> {
    let dn = DistinguishedName::from_server(record.dn.as_str());
    let parent = dn.parent();
    let own = record.dn.strip_suffix(parent).unwrap_or(&record.dn);
    let anchor = record.anchor.as_ref();
    PageRow(
        severity_word(record.severity),
        record.confidence.map(confidence_word).unwrap_or_default(),
        shown(own),
        texts.place(parent),
        texts.place(&dn.container_path()),
        shown(&record.common_name),
        record.class.as_str(),
        texts.place(&record.attribute),
        &record.error,
        record.value.as_ref().map(|value| shown(&readable(value))),
        shown(&record.update),
        action_word(record.proposed),
        texts.place(why),
        record.rules.iter().map(|rule| texts.place(rule)).collect(),
        escape(&record.message).into_owned(),
        texts.place(&record.domain),
        record
            .conflicts
            .iter()
            .take(CONFLICTS)
            .map(|dn| shown(dn))
            .collect(),
        record.conflicts.len(),
        record
            .user_principal_name
            .as_deref()
            .filter(|name| is_plain(name))
            .unwrap_or_default(),
        anchor
            .filter(|_| record.class == ObjectClass::User)
            .map_or("", |(id, _)| id),
        u8::from(record.anchors_differ()),
        record.accepted.as_ref().map(|why| shown(&why.to_string())),
    )
}

/// Whether a name can be pasted into a script and into a spreadsheet as it is
/// shown.
fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
        && !name.starts_with(['=', '+', '@'])
}
