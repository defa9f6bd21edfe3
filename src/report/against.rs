//! A report held against a scan that was made later: which of its findings are
//! there as they were, which have changed, which are gone, and how many are new.
//!
//! Rows are looked up as they are read, so nothing of the report is kept but
//! what is to be said. What was decided or edited in a row is no difference.

use serde::Serialize;

use super::import::{Fault, clip};
use super::record::Record;
use super::row::{ReportRow, RowSink};
use super::words::severity_word;
use crate::model::{DistinguishedName, Value};
use crate::worksheet::{Lookup, RowId, Worksheet};

/// How a report differs from a scan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Differences {
    /// Findings that are there as they were.
    pub same: u64,
    /// Findings that are there and are judged differently, or whose entry has
    /// another name.
    pub changed: u64,
    /// Findings that are there no more.
    pub gone: u64,
    /// Findings of the scan that the report has not.
    pub new: u64,
    /// Of the changed ones, those that something is decided on: what changed.
    #[serde(skip)]
    pub decided: Vec<Fault>,
}

impl Differences {
    /// Whether the scan finds just what the report says.
    pub fn is_empty(&self) -> bool {
        self.changed == 0 && self.gone == 0 && self.new == 0
    }
}

/// Takes the rows of a report and compares each with a worksheet.
#[derive(Debug)]
pub struct Against<'a> {
    sheet: &'a Worksheet,
    seen: Vec<bool>,
    differences: Differences,
}

impl<'a> Against<'a> {
    /// Nothing compared yet.
    pub fn new(sheet: &'a Worksheet) -> Self {
        Self {
            sheet,
            seen: vec![false; sheet.len()],
            differences: Differences::default(),
        }
    }

    /// What differs, once all rows were taken.
    pub fn finish(mut self) -> Differences {
        let unseen = self.seen.iter().filter(|seen| !**seen).count();
        self.differences.new = unseen as u64;
        self.differences
    }

    /// The row of the scan with the same entry, attribute and value.
    fn find(&self, row: &ReportRow) -> Result<Option<RowId>, String> {
        let identity = row.identity()?;
        let value = row.exact_value(&identity)?;
        let text = value.as_ref().map(Value::to_text_lossy);
        let text = text.as_deref().unwrap_or("");
        let found = match self.sheet.find(&identity, row.attribute.trim(), text) {
            Lookup::Row(found) => found,
            Lookup::NoFinding(_) | Lookup::Unknown => return Ok(None),
        };
        let is_same = self.sheet.value(found) == value.as_ref().map(Value::as_bytes);
        Ok(is_same.then_some(found))
    }

    fn compare(&mut self, row: &ReportRow, found: RowId) {
        // A row that is there twice was named when the file was read.
        let Some(seen) = self.seen.get_mut(found.0 as usize) else {
            return;
        };
        if std::mem::replace(seen, true) {
            return;
        }
        let record = Record::of(self.sheet, found);
        let changes = changes(row, &record);
        if changes.is_empty() {
            self.differences.same += 1;
            return;
        }
        self.differences.changed += 1;
        if !row.action.trim().is_empty() {
            self.differences.decided.push(Fault {
                line: row.line,
                sentence: format!("has changed since the report: {}", changes.join("; ")),
            });
        }
    }
}

impl RowSink for Against<'_> {
    fn take(&mut self, row: ReportRow) {
        match self.find(&row) {
            Ok(Some(found)) => self.compare(&row, found),
            Ok(None) => self.differences.gone += 1,
            // Named when the file was read.
            Err(_) => {}
        }
    }

    fn refuse(&mut self, _fault: Fault) {}
}

/// The columns that differ, each as `RULE 'a', now 'b'`. What a file of `IdFix`
/// says of a finding comes from other rules and is not compared.
fn changes(row: &ReportRow, record: &Record) -> Vec<String> {
    let mut changes = Vec::new();
    let mut compare = |column: &str, old: &str, now: &str| {
        if old != now {
            changes.push(format!("{column} '{}', now '{}'", clip(old), clip(now)));
        }
    };
    let key = |dn: &str| DistinguishedName::from_server(dn).key();
    if !row.dn.is_empty() && key(&row.dn) != key(&record.dn) {
        compare("DISTINGUISHEDNAME", &row.dn, &record.dn);
    }
    if !row.rules.is_empty() {
        compare("SEVERITY", &row.severity, severity_word(record.severity));
        compare("ERROR", &row.error, &record.error);
        compare("RULE", &row.rules, &record.rules.join("; "));
        compare("CONFLICTS", &row.conflicts, &record.conflicts.join(" | "));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::csv;
    use crate::report::row::Wanted;
    use crate::scan::fixture::{contoso, judge, user};
    use crate::worksheet::Action;

    fn sheet(users: &[(&'static str, &'static str)]) -> Worksheet {
        let entries = users
            .iter()
            .map(|(name, upn)| user(name, &[("userPrincipalName", &[upn])]));
        Worksheet::new(contoso(entries.collect()), judge())
    }

    /// The report of a worksheet with every row decided.
    fn report(sheet: &Worksheet) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = csv::CsvWriter::new(&mut file).unwrap();
        for row in sheet.rows() {
            let mut record = Record::of(sheet, row);
            record.action = Action::Complete;
            writer.write(&record).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    fn compare(report: &[u8], sheet: &Worksheet) -> Differences {
        let mut against = Against::new(sheet);
        csv::read_rows(report, Wanted::Everything, &mut against).unwrap();
        against.finish()
    }

    #[test]
    fn a_report_and_its_own_scan_do_not_differ() {
        let sheet = sheet(&[("a", "a a@contoso.com"), ("b", "b,b@contoso.com")]);
        let differences = compare(&report(&sheet), &sheet);
        assert_eq!(differences.same, 2);
        assert!(differences.is_empty(), "{differences:?}");
    }

    #[test]
    fn findings_that_changed_went_or_came_are_counted_and_decided_ones_named() {
        let before = sheet(&[
            ("a", "same@contoso.com"),
            ("b", "same@contoso.com"),
            ("c", "c c@contoso.com"),
        ]);
        let after = sheet(&[
            ("a", "same@contoso.com"),
            ("b", "same@contoso.com"),
            ("c", "c@contoso.com"),
            ("d", "same@contoso.com"),
        ]);
        let differences = compare(&report(&before), &after);
        assert_eq!(
            (
                differences.same,
                differences.changed,
                differences.gone,
                differences.new
            ),
            (0, 2, 1, 1)
        );
        let named: Vec<String> = differences
            .decided
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(named.len(), 2);
        assert!(
            named[0].starts_with("line 2: has changed since the report: CONFLICTS 'CN=b,"),
            "{named:?}"
        );
    }

    #[test]
    fn a_file_of_idfix_is_compared_by_what_it_names() {
        let sheet = sheet(&[("a", "a a@contoso.com")]);
        let dn = Record::of(&sheet, RowId(0)).dn;
        let file = format!(
            "DISTINGUISHEDNAME,ATTRIBUTE,ERROR,VALUE,UPDATE,ACTION\n\
             \"{dn}\",userPrincipalName,Format,a a@contoso.com,,EDIT\n"
        );
        let differences = compare(file.as_bytes(), &sheet);
        assert!(
            differences.is_empty() && differences.same == 1,
            "{differences:?}"
        );
    }
}
