//! Writing CSV.

use std::io;

use super::guard::guarded;
use super::{IDFIX_COLUMNS, OUR_COLUMNS};
use crate::report::record::Record;
use crate::report::row::written;
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

/// Writes records as CSV, headings first.
#[derive(Debug)]
pub struct CsvWriter<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> CsvWriter<W> {
    /// Begins a report with its headings.
    pub fn new(output: W) -> io::Result<Self> {
        Self::with_style(output, CsvStyle::default())
    }

    /// The same in a style.
    pub fn with_style(mut output: W, style: CsvStyle) -> io::Result<Self> {
        if style.byte_order_mark {
            output.write_all("\u{feff}".as_bytes())?;
        }
        let mut builder = csv::WriterBuilder::new();
        builder
            .delimiter(style.delimiter)
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF);
        let mut writer = Self(builder.from_writer(output));
        writer.write_row(IDFIX_COLUMNS.into_iter().chain(OUR_COLUMNS))?;
        Ok(writer)
    }

    fn write_row<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for field in fields {
            self.0
                .write_field(guarded(field).as_bytes())
                .map_err(plain)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(plain)
    }

    /// Adds a row.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let value = record.value.as_ref().map(written).unwrap_or_default();
        let guid = record.guid.map(|guid| guid.to_string()).unwrap_or_default();
        let (immutable, anchor) = record
            .anchor
            .as_ref()
            .map_or(("", ""), |(id, source)| (id.as_str(), *source));
        let reason = record.accepted.as_ref().map_or("", |why| &why.reason);
        let expires = record.expires();
        self.write_row([
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
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The system's own error, whose kind tells a reader that has left.
pub(in crate::report) fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
