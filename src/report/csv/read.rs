//! Reading CSV: our own files, and files with IdFix's nine columns alone.

use std::io::{BufRead, BufReader, Read};

use super::{GUARD, GUARDED};
use crate::report::import::{Collector, Import, ImportError, RawRow, clip};

/// Reads the decisions of a CSV report. Columns are found by their headings,
/// in any order and case; `,`, `;` and tab are recognised as delimiters.
pub fn read(input: impl Read) -> Result<Import, ImportError> {
    let mut input = BufReader::new(input);
    skip_byte_order_mark(&mut input)?;
    let (delimiter, line_offset) = sniff(&mut input)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(input);
    let headings = reader.byte_headers().map_err(|error| unreadable(&error))?;
    let columns = Columns::of(headings)?;
    let mut collector = Collector::default();
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(unreadable(&error)),
        }
        let line = record.position().map_or(0, csv::Position::line) + line_offset;
        match columns.row(&record, line) {
            Ok(row) => collector.row(row),
            Err(sentence) => collector.fault(line, sentence),
        }
    }
    Ok(collector.finish())
}

fn unreadable(error: &csv::Error) -> ImportError {
    ImportError::Unreadable(error.to_string())
}

fn skip_byte_order_mark(input: &mut impl BufRead) -> Result<(), ImportError> {
    let start = input
        .fill_buf()
        .map_err(|error| ImportError::Unreadable(error.to_string()))?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(ImportError::NoReport(
            "line 1: the file is UTF-16; save it as \"CSV UTF-8\"".to_owned(),
        ));
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        input.consume(3);
    }
    Ok(())
}

/// The delimiter of the heading line, the one that there is most of; and what
/// to add to the reader's line numbers, which in a file with CR LF begin a
/// record before the LF of the record above.
fn sniff(input: &mut impl BufRead) -> Result<(u8, u64), ImportError> {
    let start = input
        .fill_buf()
        .map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let heading = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| heading.split(|byte| *byte == delimiter).count();
    let delimiter = [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',');
    Ok((delimiter, u64::from(heading.ends_with(b"\r"))))
}

/// Where each column stands.
#[derive(Debug)]
struct Columns {
    width: usize,
    dn: Option<usize>,
    guid: Option<usize>,
    attribute: usize,
    value: usize,
    update: usize,
    action: usize,
    reason: Option<usize>,
    expires: Option<usize>,
    row_id: Option<usize>,
    ours: bool,
}

impl Columns {
    fn of(headings: &csv::ByteRecord) -> Result<Self, ImportError> {
        let names: Vec<String> = headings
            .iter()
            .map(|heading| String::from_utf8_lossy(heading).trim().to_ascii_uppercase())
            .collect();
        if names.iter().all(String::is_empty) {
            return Err(ImportError::NoReport("the file is empty".to_owned()));
        }
        let find = |name: &str| names.iter().position(|heading| heading == name);
        let need = |name: &str| {
            find(name).ok_or_else(|| {
                ImportError::NoReport(format!(
                    "line 1: no column {name} among the headings '{}'",
                    clip(&names.join(", "))
                ))
            })
        };
        for (at, name) in names.iter().enumerate() {
            if !name.is_empty() && names.iter().take(at).any(|other| other == name) {
                return Err(ImportError::NoReport(format!(
                    "line 1: the heading {} is there twice",
                    clip(name)
                )));
            }
        }
        let ours = find("RULE").is_some();
        let dn = find("DISTINGUISHEDNAME");
        let guid = find("OBJECTGUID").filter(|_| ours);
        if guid.is_none() {
            need("DISTINGUISHEDNAME")?;
        }
        Ok(Self {
            width: names.len(),
            dn,
            guid,
            attribute: need("ATTRIBUTE")?,
            value: need("VALUE")?,
            update: need("UPDATE")?,
            action: need("ACTION")?,
            reason: find("REASON").filter(|_| ours),
            expires: find("EXPIRES").filter(|_| ours),
            row_id: if ours { Some(need("ROWID")?) } else { None },
            ours,
        })
    }

    fn row(&self, record: &csv::ByteRecord, line: u64) -> Result<RawRow, String> {
        if record.len() != self.width {
            return Err(format!(
                "has {} fields where the headings have {}: a quote or a delimiter is amiss",
                record.len(),
                self.width
            ));
        }
        let text = |at: usize| -> Result<String, String> {
            let bytes = record.get(at).unwrap_or_default();
            let text = std::str::from_utf8(bytes).map_err(|error| {
                format!(
                    "field {} is not UTF-8 at its byte {}; save the file as \"CSV UTF-8\"",
                    at + 1,
                    error.valid_up_to() + 1
                )
            })?;
            Ok(if self.ours { unguarded(text) } else { text }.to_owned())
        };
        let optional = |at: Option<usize>| at.map_or_else(|| Ok(String::new()), text);
        Ok(RawRow {
            line,
            dn: optional(self.dn)?,
            guid: optional(self.guid)?,
            attribute: text(self.attribute)?,
            bytes: None,
            value: text(self.value)?,
            update: text(self.update)?,
            action: text(self.action)?,
            reason: optional(self.reason)?,
            expires: optional(self.expires)?,
            row_id: self.row_id.map(text).transpose()?,
        })
    }
}

fn unguarded(field: &str) -> &str {
    match field.strip_prefix(GUARD) {
        Some(rest) if rest.starts_with(GUARDED) => rest,
        _ => field,
    }
}
