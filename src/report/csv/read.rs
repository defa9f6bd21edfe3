//! Reading CSV: our own files, and files with IdFix's nine columns alone.

use std::io::{BufRead, BufReader, Read};

use super::IDFIX_COLUMNS;
use super::guard::unguarded;
use super::idfix::{IdFixReader, read_line, without_end};
use super::lines::LineCounter;
use crate::report::import::{Collector, Fault, Import, ImportError, clip};
use crate::report::row::{ReportRow, RowSink, Wanted};

/// Reads the decisions of a CSV report. Columns are found by their headings,
/// in any order and case; `,`, `;` and tab are recognised as delimiters.
pub fn read(input: impl Read) -> Result<Import, ImportError> {
    let mut collector = Collector::default();
    read_rows(input, Wanted::Decisions, &mut collector)?;
    Ok(collector.finish())
}

/// Reads the rows of a CSV report, one after the other.
pub fn read_rows(
    input: impl Read,
    wanted: Wanted,
    sink: &mut impl RowSink,
) -> Result<(), ImportError> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    skip_byte_order_mark(&mut input)?;
    let (mut headings, mut next_line) = heading_line(&mut input, 1)?;
    let mut delimiter = delimiter_of(&headings);
    if let Some(named) = named_delimiter(&headings) {
        delimiter = named;
        (headings, next_line) = heading_line(&mut input, next_line)?;
    }
    let names = names_of(&headings, delimiter)?;
    let columns = Columns::of(&names, wanted)?;
    if delimiter == b',' && is_idfix(&names) {
        let mut reader = IdFixReader::new(input, &names, next_line);
        while let Some((line, record)) = reader.next().map_err(|error| broken(&error))? {
            match record {
                Ok(fields) => {
                    let field = |at: usize| fields.get(at).map(Vec::as_slice);
                    columns.hand_over(line, fields.len(), field, sink);
                }
                Err(sentence) => sink.refuse(Fault {
                    line,
                    sentence: sentence.to_owned(),
                }),
            }
        }
        return Ok(());
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(LineCounter::new(input, next_line));
    let mut record = csv::ByteRecord::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|error| ImportError::Unreadable(error.to_string()))?
    {
        let offset = record.position().map_or(0, csv::Position::byte);
        let line = reader.get_mut().line_of(offset);
        columns.hand_over(line, record.len(), |at| record.get(at), sink);
    }
    Ok(())
}

fn broken(error: &std::io::Error) -> ImportError {
    ImportError::Unreadable(error.to_string())
}

fn skip_byte_order_mark(input: &mut impl BufRead) -> Result<(), ImportError> {
    let start = input.fill_buf().map_err(|error| broken(&error))?;
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

/// The delimiter that a line before the headings names, as Excel wants it in
/// some languages: `sep=;`.
fn named_delimiter(line: &[u8]) -> Option<u8> {
    match line.strip_prefix(b"sep=").or(line.strip_prefix(b"SEP="))? {
        [delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// The next line that is not empty, from number `line_number` on, and the number
/// of the one behind it.
fn heading_line(input: &mut impl BufRead, line_number: u64) -> Result<(Vec<u8>, u64), ImportError> {
    let mut line = Vec::new();
    for next in line_number + 1.. {
        line.clear();
        if !read_line(input, &mut line).map_err(|error| broken(&error))? {
            break;
        }
        if !without_end(&line).is_empty() {
            return Ok((without_end(&line).to_vec(), next));
        }
    }
    Err(ImportError::NoReport("the file is empty".to_owned()))
}

/// The delimiter that the heading line has most of.
fn delimiter_of(headings: &[u8]) -> u8 {
    let count = |delimiter: u8| headings.split(|byte| *byte == delimiter).count();
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

/// The headings, trimmed and in upper case.
fn names_of(headings: &[u8], delimiter: u8) -> Result<Vec<String>, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_reader(headings);
    let mut record = csv::ByteRecord::new();
    reader
        .read_byte_record(&mut record)
        .map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let name = |heading: &[u8]| String::from_utf8_lossy(heading).trim().to_ascii_uppercase();
    Ok(record.iter().map(name).collect())
}

/// Whether a file has `IdFix`'s columns and no other, in whichever order. Those
/// before version 2.6 had no COMMONNAME.
fn is_idfix(names: &[String]) -> bool {
    let known = |name: &String| IDFIX_COLUMNS.contains(&name.as_str());
    let there = |column: &str| names.iter().any(|name| name == column);
    names.iter().all(known)
        && IDFIX_COLUMNS
            .iter()
            .all(|column| *column == "COMMONNAME" || there(column))
}

/// Where each column stands.
#[derive(Debug)]
struct Columns {
    width: usize,
    /// The file is ours: fields are guarded, and rows have a ROWID.
    ours: bool,
    dn: Option<usize>,
    common_name: Option<usize>,
    class: Option<usize>,
    attribute: Option<usize>,
    error: Option<usize>,
    value: Option<usize>,
    update: Option<usize>,
    proposed: Option<usize>,
    action: Option<usize>,
    severity: Option<usize>,
    rules: Option<usize>,
    message: Option<usize>,
    guid: Option<usize>,
    user_principal_name: Option<usize>,
    immutable_id: Option<usize>,
    anchor_source: Option<usize>,
    domain: Option<usize>,
    conflicts: Option<usize>,
    reason: Option<usize>,
    expires: Option<usize>,
    row_id: Option<usize>,
}

impl Columns {
    fn of(names: &[String], wanted: Wanted) -> Result<Self, ImportError> {
        if names.iter().all(String::is_empty) {
            return Err(ImportError::NoReport("the file is empty".to_owned()));
        }
        refuse_repeated(names)?;
        let find = |name: &str| names.iter().position(|heading| heading == name);
        let need = |name: &str| match find(name) {
            Some(at) => Ok(Some(at)),
            None => Err(ImportError::NoReport(format!(
                "line 1: no column {name} among the headings '{}'",
                clip(&names.join(", "))
            ))),
        };
        let ours = find("RULE").is_some();
        // In anybody else's file such a heading may mean anything.
        let own = |name: &str| find(name).filter(|_| ours);
        let shown = |name: &str| find(name).filter(|_| wanted == Wanted::Everything);
        let guid = own("OBJECTGUID");
        Ok(Self {
            width: names.len(),
            ours,
            dn: if guid.is_some() {
                find("DISTINGUISHEDNAME")
            } else {
                need("DISTINGUISHEDNAME")?
            },
            common_name: shown("COMMONNAME"),
            class: shown("OBJECTCLASS"),
            attribute: need("ATTRIBUTE")?,
            error: shown("ERROR"),
            value: need("VALUE")?,
            update: need("UPDATE")?,
            proposed: shown("PROPOSEDACTION"),
            action: need("ACTION")?,
            severity: shown("SEVERITY"),
            rules: shown("RULE"),
            message: shown("MESSAGE"),
            guid,
            user_principal_name: shown("USERPRINCIPALNAME"),
            immutable_id: shown("IMMUTABLEID"),
            anchor_source: shown("ANCHORSOURCE"),
            domain: shown("DOMAIN"),
            conflicts: shown("CONFLICTS"),
            reason: own("REASON"),
            expires: own("EXPIRES"),
            row_id: if ours { need("ROWID")? } else { None },
        })
    }

    /// Hands over a record of `width` fields.
    fn hand_over<'a>(
        &self,
        line: u64,
        width: usize,
        field: impl Fn(usize) -> Option<&'a [u8]>,
        sink: &mut impl RowSink,
    ) {
        let row = if width == self.width {
            self.row(line, field)
        } else {
            Err(format!(
                "has {width} fields where the headings have {}: a quote or a delimiter is amiss",
                self.width
            ))
        };
        match row {
            Ok(row) => sink.take(row),
            Err(sentence) => sink.refuse(Fault { line, sentence }),
        }
    }

    fn row<'a>(
        &self,
        line: u64,
        field: impl Fn(usize) -> Option<&'a [u8]>,
    ) -> Result<ReportRow, String> {
        let text = |column: Option<usize>| -> Result<String, String> {
            let Some(at) = column else {
                return Ok(String::new());
            };
            let bytes = field(at).unwrap_or_default();
            let text = std::str::from_utf8(bytes).map_err(|error| {
                format!(
                    "field {} is not UTF-8 at its byte {}; save the file as \"CSV UTF-8\"",
                    at + 1,
                    error.valid_up_to() + 1
                )
            })?;
            Ok(if self.ours { unguarded(text) } else { text }.to_owned())
        };
        Ok(ReportRow {
            line,
            bytes: None,
            dn: text(self.dn)?,
            common_name: text(self.common_name)?,
            class: text(self.class)?,
            attribute: text(self.attribute)?,
            error: text(self.error)?,
            value: text(self.value)?,
            update: text(self.update)?,
            proposed: text(self.proposed)?,
            action: text(self.action)?,
            severity: text(self.severity)?,
            rules: text(self.rules)?,
            message: text(self.message)?,
            guid: text(self.guid)?,
            user_principal_name: text(self.user_principal_name)?,
            immutable_id: text(self.immutable_id)?,
            anchor_source: text(self.anchor_source)?,
            domain: text(self.domain)?,
            conflicts: text(self.conflicts)?,
            reason: text(self.reason)?,
            expires: text(self.expires)?,
            row_id: self.row_id.map(|at| text(Some(at))).transpose()?,
        })
    }
}

fn refuse_repeated(names: &[String]) -> Result<(), ImportError> {
    for (at, name) in names.iter().enumerate() {
        if !name.is_empty() && names.iter().take(at).any(|other| other == name) {
            return Err(ImportError::NoReport(format!(
                "line 1: the heading {} is there twice",
                clip(name)
            )));
        }
    }
    Ok(())
}
