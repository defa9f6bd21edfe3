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
    /// Whether what is beside the place stays there.
    is_kept: bool,
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
            "ldif" => {
                return Err(
                    Failure::usage("a scan decides nothing that LDIF could change")
                        .hint("decide in a .csv report, then: idmend apply FILE -o changes.ldif"),
                );
            }
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
        check_place(path)?;
        let file = File::create(&part).map_err(|error| cannot_write(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            format,
            file: Some(file),
            is_kept: false,
        })
    }

    /// Writes the whole worksheet and moves the file to its place.
    pub(super) fn write(mut self, content: &Content<'_>) -> Result<(), Failure> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        write_all(content, self.format, BufWriter::new(&file))
            .and_then(|()| file.sync_all())
            .map_err(|error| cannot_write(&self.path, &error))?;
        drop(file);
        self.put_in_place()?;
        say(format!("report: {}", self.path.display()));
        Ok(())
    }

    /// Moves the whole file to its place. Where that fails it stays where it
    /// is: a long scan may be in it.
    fn put_in_place(&mut self) -> Result<(), Failure> {
        fs::rename(&self.part, &self.path).map_err(|error| {
            self.is_kept = true;
            cannot_write(&self.path, &error).hint(format!(
                "the whole report is in {}; rename it",
                self.part.display()
            ))
        })
    }
}

/// Finds out before the work whether a report can take its place afterwards.
/// What a spreadsheet has open can be replaced on Unix, and not on Windows.
fn check_place(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::usage(format!(
            "cannot write {}: it is a folder",
            path.display()
        )));
    }
    if cfg!(windows) && path.exists() {
        let opened = File::options().append(true).open(path);
        opened.map_err(|error| {
            cannot_write(path, &error).hint("close the program that has it open, Excel for one")
        })?;
    }
    Ok(())
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // Gone after a successful write.
        if !self.is_kept {
            drop(fs::remove_file(&self.part));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_report_stays_where_it_is_if_its_place_is_taken_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("findings.csv");
        let mut report = ReportFile::create(&place).unwrap();
        fs::create_dir(&place).unwrap();
        let failure = report.put_in_place().unwrap_err();
        drop(report);
        let part = folder.path().join("findings.csv.part");
        assert!(failure.hint.unwrap().contains(part.to_str().unwrap()));
        assert!(part.is_file());
        drop(ReportFile::create(&folder.path().join("other.csv")).unwrap());
        assert!(!folder.path().join("other.csv.part").exists());
    }

    #[test]
    fn a_folder_is_no_place_for_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("reports.csv");
        fs::create_dir(&place).unwrap();
        let failure = ReportFile::create(&place).unwrap_err();
        assert!(failure.sentence.ends_with("reports.csv: it is a folder"));
        assert!(!folder.path().join("reports.csv.part").exists());
    }
}
