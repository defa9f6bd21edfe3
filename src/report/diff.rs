//! What differs between two reports: findings that are new, gone or changed.
//!
//! A finding is the same if entry, attribute and value are: the entry by its
//! objectGUID where both reports have one, else by its name. Another value is
//! another finding. The old report is held in memory, packed; the new one is
//! read beside it, row by row.

use std::collections::HashMap;

use serde::Serialize;

use super::import::Fault;
use super::record::row_digest;
use super::row::{ReportRow, RowSink};
use crate::model::{Identity, Value};

/// A finding as a difference names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[expect(missing_docs, reason = "named after the columns")]
pub struct Mention {
    pub distinguishedname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub objectguid: String,
    pub attribute: String,
    pub value: String,
    pub error: String,
    pub severity: String,
    pub rule: String,
    pub message: String,
}

/// A column that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnChange {
    /// The heading.
    pub column: &'static str,
    /// What the old report has.
    pub old: String,
    /// What the new report has.
    pub new: String,
}

/// A finding that is in both reports and not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// As the new report has it.
    #[serde(flatten)]
    pub finding: Mention,
    /// What is not as it was.
    pub changes: Vec<ColumnChange>,
}

/// The differences, each list in the order of its report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Diff {
    /// In the new report only.
    pub new: Vec<Mention>,
    /// In the old report only.
    pub gone: Vec<Mention>,
    /// In both, and not the same.
    pub changed: Vec<Changed>,
    /// How many are the same in both.
    pub same: u64,
}

/// The columns that are compared. MESSAGE follows from them, and ACTION is a
/// decision, not a finding.
const COMPARED: [&str; 7] = [
    "DISTINGUISHEDNAME",
    "ERROR",
    "SEVERITY",
    "RULE",
    "PROPOSEDACTION",
    "UPDATE",
    "CONFLICTS",
];

/// The texts of a row that are kept, in one piece: [`COMPARED`], and what names
/// the finding.
const KEPT: usize = COMPARED.len() + 4;

/// A row of the old report.
#[derive(Debug)]
struct OldRow {
    text: Box<str>,
    ends: [u32; KEPT],
    seen: bool,
}

/// The old report, ready to be compared.
#[derive(Debug, Default)]
pub struct OldReport {
    rows: Vec<OldRow>,
    by_identity: HashMap<String, usize>,
    /// The rows with an objectGUID, by name: for a new report without any.
    by_name: HashMap<String, usize>,
    faults: Vec<Fault>,
}

impl RowSink for OldReport {
    fn take(&mut self, row: ReportRow) {
        let line = row.line;
        if let Err(sentence) = self.keep(&row) {
            self.faults.push(Fault { line, sentence });
        }
    }

    fn refuse(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}

impl OldReport {
    /// The rows that cannot be compared.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// A comparison of the rows that follow with this report.
    pub fn compare(self) -> Comparison {
        Comparison {
            old: self,
            diff: Diff::default(),
            faults: Vec::new(),
        }
    }

    fn keep(&mut self, row: &ReportRow) -> Result<(), String> {
        let (identity, key) = key_of(row)?;
        let at = self.rows.len();
        if self.by_identity.insert(key, at).is_some() {
            return Err("repeats an earlier row: the same entry, attribute and value".to_owned());
        }
        if matches!(identity, Identity::Guid(_)) {
            self.by_name.insert(name_key(row), at);
        }
        self.rows.push(OldRow::of(row));
        Ok(())
    }

    /// The old row of the same finding.
    fn find(&self, row: &ReportRow, identity: &Identity, key: &str) -> Option<usize> {
        if let Some(at) = self.by_identity.get(key) {
            return Some(*at);
        }
        match identity {
            // A report of an export without objectGUIDs knows names only.
            Identity::Guid(_) => self.by_identity.get(&name_key(row)).copied(),
            Identity::Dn(_) => self.by_name.get(key).copied(),
        }
    }
}

impl OldRow {
    fn of(row: &ReportRow) -> Self {
        let compared = compared(row);
        let naming: [&str; 4] = [&row.guid, &row.attribute, &row.value, &row.message];
        let mut text = String::new();
        let mut ends = [0; KEPT];
        for (end, part) in ends.iter_mut().zip(compared.into_iter().chain(naming)) {
            text.push_str(part);
            *end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        }
        Self {
            text: text.into(),
            ends,
            seen: false,
        }
    }

    fn part(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let range = start as usize..self.ends[index] as usize;
        self.text.get(range).unwrap_or_default()
    }

    fn mention(&self) -> Mention {
        let part = |index| self.part(index).to_owned();
        Mention {
            distinguishedname: part(0),
            error: part(1),
            severity: part(2),
            rule: part(3),
            objectguid: part(COMPARED.len()),
            attribute: part(COMPARED.len() + 1),
            value: part(COMPARED.len() + 2),
            message: part(COMPARED.len() + 3),
        }
    }

    /// The columns that differ. One that either report lacks, as IdFix's lack
    /// ours, is not compared.
    fn changes(&self, row: &ReportRow) -> Vec<ColumnChange> {
        let of_idfix = self.part(3).is_empty() || row.rules.is_empty();
        let columns = COMPARED.iter().zip(compared(row)).enumerate();
        columns
            .filter(|(index, (_, new))| self.part(*index) != *new)
            .filter(|(_, (column, _))| {
                !(of_idfix && matches!(**column, "SEVERITY" | "RULE" | "CONFLICTS"))
            })
            .map(|(index, (column, new))| ColumnChange {
                column,
                old: self.part(index).to_owned(),
                new: new.to_owned(),
            })
            .collect()
    }
}

/// A new report being compared with an old one.
#[derive(Debug)]
pub struct Comparison {
    old: OldReport,
    diff: Diff,
    faults: Vec<Fault>,
}

impl RowSink for Comparison {
    fn take(&mut self, row: ReportRow) {
        let line = row.line;
        if let Err(sentence) = self.compare(&row) {
            self.faults.push(Fault { line, sentence });
        }
    }

    fn refuse(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}

impl Comparison {
    fn compare(&mut self, row: &ReportRow) -> Result<(), String> {
        let (identity, key) = key_of(row)?;
        let found = self.old.find(row, &identity, &key);
        let Some(old) = found.and_then(|at| self.old.rows.get_mut(at)) else {
            self.diff.new.push(mention(row));
            return Ok(());
        };
        if old.seen {
            return Err("repeats an earlier row: the same entry, attribute and value".to_owned());
        }
        old.seen = true;
        let changes = old.changes(row);
        if changes.is_empty() {
            self.diff.same += 1;
        } else {
            self.diff.changed.push(Changed {
                finding: mention(row),
                changes,
            });
        }
        Ok(())
    }

    /// The differences, and the rows of the new report that cannot be compared.
    pub fn finish(mut self) -> (Diff, Vec<Fault>) {
        let gone = self.old.rows.iter().filter(|row| !row.seen);
        self.diff.gone = gone.map(OldRow::mention).collect();
        (self.diff, self.faults)
    }
}

fn compared(row: &ReportRow) -> [&str; COMPARED.len()] {
    [
        &row.dn,
        &row.error,
        &row.severity,
        &row.rules,
        &row.proposed,
        &row.update,
        &row.conflicts,
    ]
}

fn mention(row: &ReportRow) -> Mention {
    OldRow::of(row).mention()
}

/// Whose finding a row is, and what tells it from all others.
fn key_of(row: &ReportRow) -> Result<(Identity, String), String> {
    let identity = row.identity()?;
    let value = row.exact_value(&identity)?;
    let key = row_digest(
        &identity,
        row.attribute.trim(),
        value.as_ref().map(Value::as_bytes),
    );
    Ok((identity, key))
}

/// The key that the row would have without its objectGUID.
fn name_key(row: &ReportRow) -> String {
    let identity = row.identity();
    let value = identity
        .and_then(|identity| row.exact_value(&identity))
        .unwrap_or_default();
    row_digest(
        &row.identity_by_name(),
        row.attribute.trim(),
        value.as_ref().map(Value::as_bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectGuid;

    fn row(line: u64, guid: u8, name: &str, value: &str) -> ReportRow {
        let mut row = ReportRow {
            line,
            dn: format!("CN={name},DC=x"),
            attribute: "mail".into(),
            value: value.into(),
            severity: "fails".into(),
            rules: "mail-format".into(),
            ..ReportRow::default()
        };
        if guid > 0 {
            row.guid = ObjectGuid::from_bytes(&[guid; 16]).unwrap().to_string();
        }
        row.row_id = key_of(&row).ok().map(|(_, key)| key);
        row
    }

    fn diff(old: Vec<ReportRow>, new: Vec<ReportRow>) -> (Diff, Vec<Fault>) {
        let mut report = OldReport::default();
        for row in old {
            report.take(row);
        }
        assert_eq!(report.faults(), []);
        let mut comparison = report.compare();
        for row in new {
            RowSink::take(&mut comparison, row);
        }
        comparison.finish()
    }

    fn names(mentions: &[Mention]) -> Vec<&str> {
        mentions
            .iter()
            .map(|mention| mention.distinguishedname.as_str())
            .collect()
    }

    #[test]
    fn a_finding_is_new_gone_changed_or_the_same() {
        let worse = ReportRow {
            severity: "quarantined".into(),
            ..row(4, 3, "c", "c")
        };
        let (diff, faults) = diff(
            vec![
                row(2, 1, "a", "a"),
                row(3, 2, "b", "b"),
                row(4, 3, "c", "c"),
            ],
            vec![row(2, 1, "a", "a"), worse, row(5, 4, "d", "d")],
        );
        assert_eq!(faults, []);
        assert_eq!(names(&diff.new), ["CN=d,DC=x"]);
        assert_eq!(names(&diff.gone), ["CN=b,DC=x"]);
        assert_eq!(diff.same, 1);
        assert_eq!(
            diff.changed[0].changes,
            [ColumnChange {
                column: "SEVERITY",
                old: "fails".into(),
                new: "quarantined".into(),
            }]
        );
    }

    #[test]
    fn an_entry_that_was_renamed_is_the_same_and_another_value_is_not() {
        let (diff, _) = diff(
            vec![row(2, 1, "old", "a"), row(3, 2, "b", "b")],
            vec![row(2, 1, "new", "a"), row(3, 2, "b", "other")],
        );
        assert_eq!(diff.changed[0].changes[0].column, "DISTINGUISHEDNAME");
        assert_eq!((diff.new.len(), diff.gone.len()), (1, 1));
    }

    #[test]
    fn reports_with_and_without_guids_are_compared_by_name() {
        for (old, new) in [(0, 1), (1, 0)] {
            let (diff, _) = diff(vec![row(2, old, "a", "a")], vec![row(2, new, "A", "a")]);
            assert_eq!((diff.new.len(), diff.gone.len()), (0, 0));
        }
        // The same name with another objectGUID is another entry.
        let (diff, _) = diff(vec![row(2, 1, "a", "a")], vec![row(2, 2, "a", "a")]);
        assert_eq!((diff.new.len(), diff.gone.len()), (1, 1));
    }

    #[test]
    fn rows_that_were_altered_or_repeated_are_named() {
        let altered = ReportRow {
            value: "changed by hand".into(),
            ..row(7, 1, "a", "a")
        };
        let (_, faults) = diff(
            vec![row(2, 2, "b", "b")],
            vec![altered, row(8, 2, "b", "b"), row(9, 2, "b", "b")],
        );
        let lines: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [7, 9]);
    }
}
