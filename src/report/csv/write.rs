//! Writing CSV.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::guard::guarded;
use super::{IDFIX_COLUMNS, OUR_COLUMNS};
use crate::model::Value;
use crate::report::record::Record;
use crate::report::row::BASE64_PREFIX;
use crate::report::words::{action_word, confidence_word, severity_word};

/// How CSV is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    /// What stands between fields.
    pub delimiter: u8,
    /// Whether the file begins with a byte-order mark, by which Excel tells
    /// UTF-8.
    pub byte_order_mark: bool,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self {
            delimiter: b',',
            byte_order_mark: false,
        }
    }
}

/// Rows of texts as CSV that no spreadsheet takes for formulas.
#[derive(Debug)]
pub struct PlainCsv<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> PlainCsv<W> {
    /// Begins a file in the usual style.
    pub fn new(output: W) -> io::Result<Self> {
        Self::with_style(output, CsvStyle::default())
    }

    fn with_style(mut output: W, style: CsvStyle) -> io::Result<Self> {
        if style.byte_order_mark {
            output.write_all("\u{feff}".as_bytes())?;
        }
        let mut builder = csv::WriterBuilder::new();
        builder
            .delimiter(style.delimiter)
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF);
        Ok(Self(builder.from_writer(output)))
    }

    /// Adds a row.
    pub fn write<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for field in fields {
            self.0
                .write_field(guarded(field).as_bytes())
                .map_err(plain)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(plain)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes records as CSV, headings first.
#[derive(Debug)]
pub struct CsvWriter<W: io::Write>(PlainCsv<W>);

impl<W: io::Write> CsvWriter<W> {
    /// Begins a report with its headings.
    pub fn new(output: W) -> io::Result<Self> {
        Self::with_style(output, CsvStyle::default())
    }

    /// The same in a style.
    pub fn with_style(output: W, style: CsvStyle) -> io::Result<Self> {
        let mut inner = PlainCsv::with_style(output, style)?;
        inner.write(IDFIX_COLUMNS.into_iter().chain(OUR_COLUMNS))?;
        Ok(Self(inner))
    }

    /// Adds a row.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let value = record.value.as_ref().map(as_text).unwrap_or_default();
        let guid = record.guid.map(|guid| guid.to_string()).unwrap_or_default();
        let (immutable, anchor) = record
            .anchor
            .as_ref()
            .map_or(("", ""), |(id, source)| (id.as_str(), *source));
        let reason = record.accepted.as_ref().map_or("", |why| &why.reason);
        let expires = record.expires();
        self.0.write([
            record.dn.as_str(),
            &record.common_name,
            record.class.as_str(),
            &record.attribute,
            &record.error,
            &value,
            &record.update,
            action_word(record.proposed),
            action_word(record.action),
            severity_word(record.severity),
            record.confidence.map(confidence_word).unwrap_or_default(),
            &record.rules.join("; "),
            &record.message,
            &guid,
            record.user_principal_name.as_deref().unwrap_or_default(),
            immutable,
            anchor,
            &record.domain,
            &record.conflicts.join(" | "),
            reason,
            &expires,
            &record.row_id(),
        ])
    }

    /// Writes what is left.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

/// The system's own error, whose kind tells a reader that has left.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A value as a field: text, or `base64:` and its Base64.
fn as_text(value: &Value) -> Cow<'_, str> {
    value.as_text().map_or_else(
        || {
            Cow::Owned(format!(
                "{BASE64_PREFIX}{}",
                STANDARD.encode(value.as_bytes())
            ))
        },
        Cow::Borrowed,
    )
}
