//! Writing CSV.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{GUARD, GUARDED, IDFIX_COLUMNS, OUR_COLUMNS};
use crate::model::Value;
use crate::report::record::Record;
use crate::report::row::BASE64_PREFIX;
use crate::report::words::{action_word, severity_word};

/// Writes records as CSV, headings first.
#[derive(Debug)]
pub struct CsvWriter<W: io::Write> {
    inner: csv::Writer<W>,
}

impl<W: io::Write> CsvWriter<W> {
    /// Begins a report with its headings.
    pub fn new(output: W) -> io::Result<Self> {
        let mut inner = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(output);
        inner
            .write_record(IDFIX_COLUMNS.iter().chain(&OUR_COLUMNS))
            .map_err(plain)?;
        Ok(Self { inner })
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
        let fields = [
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
        ];
        self.inner
            .write_record(fields.iter().map(|field| guarded(field).into_owned()))
            .map_err(plain)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.inner.flush()
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

fn guarded(field: &str) -> Cow<'_, str> {
    if field.starts_with(GUARDED) {
        Cow::Owned(format!("{GUARD}{field}"))
    } else {
        Cow::Borrowed(field)
    }
}
