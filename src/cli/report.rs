//! Where a report goes: files by their ending, and standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::failure::Failure;
use super::talk::say;
use crate::report::csv::CsvWriter;
use crate::report::{Record, jsonl, text};
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
            _ => {
                return Err(Failure::usage(format!(
                    "the ending of {} names no report format",
                    path.display()
                ))
                .hint("end it in .csv, .jsonl or .txt"));
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
    pub(super) fn write(mut self, sheet: &Worksheet) -> Result<(), Failure> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let written = write_all(sheet, self.format, BufWriter::new(&file))
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
pub(super) fn print(sheet: &Worksheet, format: Format) -> Result<(), Failure> {
    write_all(sheet, format, BufWriter::new(io::stdout().lock()))?;
    Ok(())
}

fn write_all(sheet: &Worksheet, format: Format, mut output: impl Write) -> io::Result<()> {
    let records = sheet.rows().map(|row| Record::of(sheet, row));
    match format {
        Format::Text => {
            for record in records {
                text::write(&mut output, &record)?;
            }
            output.flush()
        }
        Format::Csv => {
            let mut writer = CsvWriter::new(output)?;
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
    }
}
