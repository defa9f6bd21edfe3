//! Where a report goes: files by their ending, and standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::talk::say;
use crate::report::csv::{CsvStyle, CsvWriter};
use crate::report::html::{self, About};
use crate::report::{Record, jsonl, text, write_rules};
use crate::worksheet::Worksheet;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// IdFix's nine columns, then idmend's
    Csv,
    /// One finding a line, every value exact
    Jsonl,
    /// One page that needs nothing else, for whoever has to decide
    Html,
}

/// How reports are written.
#[derive(Debug, Clone, Args)]
pub(super) struct StyleArgs {
    /// Begin CSV with a byte-order mark, by which Excel tells UTF-8
    #[arg(long, help_heading = "Report")]
    pub bom: bool,

    /// What stands between the fields of CSV: comma, semicolon or tab
    #[arg(
        long,
        value_name = "NAME",
        default_value = "comma",
        help_heading = "Report"
    )]
    pub delimiter: Delimiter,
}

/// What stands between the fields of CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Delimiter {
    /// As RFC 4180 says
    #[value(alias = ",")]
    Comma,
    /// As Excel expects where the comma is the decimal sign
    #[value(alias = ";")]
    Semicolon,
    /// As for pasting
    Tab,
}

impl StyleArgs {
    fn csv(&self) -> CsvStyle {
        CsvStyle {
            delimiter: match self.delimiter {
                Delimiter::Comma => b',',
                Delimiter::Semicolon => b';',
                Delimiter::Tab => b'\t',
            },
            byte_order_mark: self.bom,
        }
    }
}

/// What is written, and how.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) sheet: &'a Worksheet,
    pub(super) style: &'a StyleArgs,
    /// For the page.
    pub(super) about: &'a About,
}

/// A report file under way: written beside its place and moved there when it
/// is whole, so that an older report is never half overwritten.
#[derive(Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    part: PathBuf,
    format: Format,
    file: Option<File>,
}

impl ReportFile {
    /// Opens the file, so that a bad place is known before anything is read.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let format = match ending.as_str() {
            "csv" => Format::Csv,
            "jsonl" => Format::Jsonl,
            "txt" => Format::Text,
            "html" | "htm" => Format::Html,
            _ => {
                return Err(Failure::usage(format!(
                    "the ending of {} names no report format",
                    path.display()
                ))
                .hint("end it in .csv, .jsonl, .html or .txt"));
            }
        };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|error| cannot_write(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            format,
            file: Some(file),
        })
    }

    /// Writes the whole worksheet and moves the file to its place.
    pub(super) fn write(mut self, content: &Content<'_>) -> Result<(), Failure> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let written = write_all(content, self.format, BufWriter::new(&file))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&self.part, &self.path));
        written.map_err(|error| cannot_write(&self.path, &error))?;
        say(format!("report: {}", self.path.display()));
        Ok(())
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // Gone after a successful write.
        drop(fs::remove_file(&self.part));
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", path.display()))
}

/// Writes the worksheet to standard output.
pub(super) fn print(content: &Content<'_>, format: Format) -> Result<(), Failure> {
    write_all(content, format, BufWriter::new(io::stdout().lock()))?;
    Ok(())
}

fn write_all(content: &Content<'_>, format: Format, mut output: impl Write) -> io::Result<()> {
    let sheet = content.sheet;
    let records = sheet.rows().map(|row| Record::of(sheet, row));
    match format {
        Format::Text => {
            for record in records {
                text::write(&mut output, &record)?;
            }
            write_rules(&mut output, sheet)?;
            output.flush()
        }
        Format::Csv => {
            let mut writer = CsvWriter::with_style(output, content.style.csv())?;
            for record in records {
                writer.write(&record)?;
            }
            writer.finish()
        }
        Format::Jsonl => {
            for record in records {
                jsonl::write(&mut output, &record)?;
            }
            output.flush()
        }
        Format::Html => html::write(&mut output, sheet, content.about),
    }
}
