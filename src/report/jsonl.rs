//! JSON Lines: one row a line, every value exact.
//!
//! The keys are the names of the CSV's columns in lower case. A value that is
//! not UTF-8 stands as Base64 under `value_base64` instead of `value`; a blank
//! attribute has neither.

use std::io::{self, BufRead};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::import::{Collector, Fault, Import, ImportError};
use super::record::Record;
use super::row::{ReportRow, RowSink};
use super::words::{action_word, confidence_word, severity_word};
use crate::model::Value;

/// One line as it is written.
#[derive(Debug, Serialize)]
struct Line<'a> {
    distinguishedname: &'a str,
    commonname: &'a str,
    objectclass: &'a str,
    attribute: &'a str,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
    update: &'a str,
    proposedaction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<&'static str>,
    action: &'static str,
    severity: &'static str,
    rule: &'a [String],
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    objectguid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    userprincipalname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    immutableid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchorsource: Option<&'static str>,
    domain: &'a str,
    conflicts: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    expires: String,
    rowid: String,
}

/// One line as it is read. What people wrote into it by other programs may lack
/// any key.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReadLine {
    distinguishedname: String,
    commonname: String,
    objectclass: String,
    attribute: String,
    error: String,
    value: Option<String>,
    value_base64: Option<String>,
    update: String,
    proposedaction: String,
    action: String,
    severity: String,
    rule: Vec<String>,
    message: String,
    objectguid: Option<String>,
    userprincipalname: String,
    immutableid: String,
    anchorsource: String,
    domain: String,
    conflicts: Vec<String>,
    reason: String,
    expires: String,
    rowid: Option<String>,
}

/// Writes a row as one line.
pub fn write(output: &mut impl io::Write, record: &Record) -> io::Result<()> {
    let value = record.value.as_ref();
    let text = value.and_then(Value::as_text);
    let line = Line {
        distinguishedname: &record.dn,
        commonname: &record.common_name,
        objectclass: record.class.as_str(),
        attribute: &record.attribute,
        error: &record.error,
        value: text,
        value_base64: value
            .filter(|_| text.is_none())
            .map(|value| STANDARD.encode(value.as_bytes())),
        update: &record.update,
        proposedaction: action_word(record.proposed),
        confidence: record.confidence.map(confidence_word),
        action: action_word(record.action),
        severity: severity_word(record.severity),
        rule: &record.rules,
        message: &record.message,
        objectguid: record.guid.map(|guid| guid.to_string()),
        userprincipalname: record.user_principal_name.as_deref(),
        immutableid: record.anchor.as_ref().map(|(id, _)| id.as_str()),
        anchorsource: record.anchor.as_ref().map(|(_, source)| *source),
        domain: &record.domain,
        conflicts: &record.conflicts,
        reason: record.accepted.as_ref().map(|why| why.reason.as_str()),
        expires: record.expires(),
        rowid: record.row_id(),
    };
    serde_json::to_writer(&mut *output, &line)?;
    output.write_all(b"\n")
}

/// Reads the decisions of a JSON Lines report.
pub fn read(input: impl BufRead) -> Result<Import, ImportError> {
    let mut collector = Collector::default();
    read_rows(input, &mut collector)?;
    Ok(collector.finish())
}

/// Reads the rows of a JSON Lines report, one after the other.
pub fn read_rows(mut input: impl BufRead, sink: &mut impl RowSink) -> Result<(), ImportError> {
    let mut bytes = Vec::new();
    for line in 1_u64.. {
        bytes.clear();
        let length = input
            .read_until(b'\n', &mut bytes)
            .map_err(|error| ImportError::Unreadable(error.to_string()))?;
        if length == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match parse(&bytes, line) {
            Ok(row) => sink.take(row),
            Err(sentence) => sink.refuse(Fault { line, sentence }),
        }
    }
    Ok(())
}

fn parse(bytes: &[u8], line: u64) -> Result<ReportRow, String> {
    let read: ReadLine = serde_json::from_slice(bytes).map_err(|error| {
        // The line number that serde_json gives is within this one line.
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        format!(
            "is no JSON object of a report: {what} at column {}",
            error.column()
        )
    })?;
    let exact = read
        .value_base64
        .map(|text| STANDARD.decode(text))
        .transpose()
        .map_err(|error| format!("value_base64: {error}"))?;
    let text = read.value.as_ref().map(|text| text.as_bytes().to_vec());
    Ok(ReportRow {
        line,
        dn: read.distinguishedname,
        common_name: read.commonname,
        class: read.objectclass,
        attribute: read.attribute,
        error: read.error,
        bytes: exact.or(text),
        value: read.value.unwrap_or_default(),
        update: read.update,
        proposed: read.proposedaction,
        action: read.action,
        severity: read.severity,
        rules: read.rule.join("; "),
        message: read.message,
        guid: read.objectguid.unwrap_or_default(),
        user_principal_name: read.userprincipalname,
        immutable_id: read.immutableid,
        anchor_source: read.anchorsource,
        domain: read.domain,
        conflicts: read.conflicts.join(" | "),
        reason: read.reason,
        expires: read.expires,
        row_id: read.rowid,
    })
}
