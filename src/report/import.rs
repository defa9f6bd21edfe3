//! Decisions read back from a report, checked as far as the file alone allows.
//!
//! A reader hands over [`ReportRow`]s; here they become [`Decision`]s or
//! [`Fault`]s with their line. Whether a decision fits the directory is for the
//! worksheet to say.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::row::{LONGEST_CELL, ReportRow, RowSink};
use super::words::parse_action;
use crate::exception::{Why, parse_day};
use crate::model::{AttributeName, Identity, Value};
use crate::worksheet::Action;

/// What a row of a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The line of the file, from 1.
    pub line: u64,
    /// The entry: by objectGUID where the file has one.
    pub identity: Identity,
    /// Its name as the file has it.
    pub dn: String,
    /// The attribute.
    pub attribute: AttributeName,
    /// The value it is about; `None` for a blank attribute.
    pub value: Option<Value>,
    /// Edit, Remove or Complete.
    pub action: Action,
    /// The new value of an Edit.
    pub update: String,
    /// REASON and EXPIRES of a Complete.
    pub why: Why,
}

impl Decision {
    /// What it is about. A file decides on each once.
    fn subject(&self) -> (&Identity, &AttributeName, Option<&Value>) {
        (&self.identity, &self.attribute, self.value.as_ref())
    }
}

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.sentence)
    }
}

/// A file as it was read.
#[derive(Debug, Default)]
pub struct Import {
    /// The rows that ask for something, in the order of the file.
    pub decisions: Vec<Decision>,
    /// The rows that cannot be taken, by line.
    pub faults: Vec<Fault>,
    /// Rows without an action.
    pub undecided: u64,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is not a report.
    #[error("{0}")]
    NoReport(String),
}

/// Collects rows and finds those that are there twice.
#[derive(Debug, Default)]
pub(super) struct Collector {
    import: Import,
    hasher: RandomState,
    /// The places of the decisions, by what they are about.
    seen: HashTable<usize>,
}

impl RowSink for Collector {
    fn take(&mut self, row: ReportRow) {
        self.row(row);
    }

    fn refuse(&mut self, fault: Fault) {
        self.import.faults.push(fault);
    }
}

impl Collector {
    fn fault(&mut self, line: u64, sentence: impl Into<String>) {
        self.import.faults.push(Fault {
            line,
            sentence: sentence.into(),
        });
    }

    fn row(&mut self, raw: ReportRow) {
        let line = raw.line;
        match decision(raw) {
            Ok(None) => self.import.undecided += 1,
            Ok(Some(decision)) => self.keep(decision),
            Err(sentence) => self.fault(line, sentence),
        }
    }

    fn keep(&mut self, decision: Decision) {
        let decisions = &mut self.import.decisions;
        let hash = self.hasher.hash_one(decision.subject());
        let is_it = |held: &usize| decisions[*held].subject() == decision.subject();
        let again = |held: &usize| self.hasher.hash_one(decisions[*held].subject());
        let first = match self.seen.entry(hash, is_it, again) {
            Entry::Occupied(held) => *held.get(),
            Entry::Vacant(place) => {
                place.insert(decisions.len());
                decisions.push(decision);
                return;
            }
        };
        let first = &decisions[first];
        let same = first.action == decision.action && first.update == decision.update;
        let sentence = format!(
            "{} line {}: the same entry, attribute and value",
            if same { "repeats" } else { "contradicts" },
            first.line,
        );
        let (earlier, later) = (first.line, decision.line);
        if !same {
            // Neither can be preferred.
            self.fault(earlier, format!("is contradicted by line {later}"));
        }
        self.fault(later, sentence);
    }

    pub(super) fn finish(mut self) -> Import {
        self.import.faults.sort();
        self.import.faults.dedup();
        let faulty: Vec<u64> = self.import.faults.iter().map(|fault| fault.line).collect();
        self.import
            .decisions
            .retain(|decision| faulty.binary_search(&decision.line).is_err());
        self.import
    }
}

/// What a row asks for; `None` if for nothing.
fn decision(raw: ReportRow) -> Result<Option<Decision>, String> {
    let action = parse_action(&raw.action).ok_or_else(|| {
        format!(
            "ACTION '{}' is none of EDIT, REMOVE, COMPLETE",
            clip(&raw.action)
        )
    })?;
    if action == Action::None {
        return Ok(None);
    }
    let attribute = AttributeName::parse(raw.attribute.trim())
        .map_err(|error| format!("ATTRIBUTE: {error}"))?;
    let identity = raw.identity()?;
    let value = raw.exact_value(&identity)?;
    if action == Action::Edit {
        check_update(&raw.update, value.as_ref())?;
    }
    if action == Action::Remove {
        if attribute.is("userPrincipalName") || attribute.is("sAMAccountName") {
            return Err(format!(
                "REMOVE of {attribute}: a user cannot be without it; EDIT it"
            ));
        }
        if value.is_none() {
            return Err("REMOVE of a value that is not there".to_owned());
        }
    }
    let why = match action {
        Action::Complete => Why {
            reason: raw.reason.trim().to_owned(),
            author: String::new(),
            expires: parse_day(&raw.expires).map_err(|error| format!("EXPIRES: {error}"))?,
        },
        _ => Why::default(),
    };
    Ok(Some(Decision {
        line: raw.line,
        identity,
        dn: raw.dn,
        attribute,
        value,
        action,
        update: raw.update,
        why,
    }))
}

fn check_update(update: &str, value: Option<&Value>) -> Result<(), String> {
    if update.is_empty() {
        return Err("EDIT with an empty UPDATE: fill it in, or use REMOVE".to_owned());
    }
    if value.is_some_and(|value| value.as_bytes() == update.as_bytes()) {
        return Err("EDIT with an UPDATE that equals VALUE".to_owned());
    }
    if update.chars().count() > LONGEST_CELL {
        return Err(format!(
            "UPDATE is longer than {LONGEST_CELL} characters, which a spreadsheet cuts"
        ));
    }
    Ok(())
}

/// A text from a file, short enough for a sentence.
pub(super) fn clip(text: &str) -> String {
    crate::text::fit_text(text, 60, crate::text::Cut::End)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DistinguishedName;
    use crate::report::row_digest;

    fn row(line: u64, action: &str, value: &str, update: &str) -> ReportRow {
        ReportRow {
            line,
            dn: "CN=a,DC=x".into(),
            attribute: "mail".into(),
            value: value.into(),
            update: update.into(),
            action: action.into(),
            ..ReportRow::default()
        }
    }

    fn import(rows: Vec<ReportRow>) -> Import {
        let mut collector = Collector::default();
        for row in rows {
            collector.row(row);
        }
        collector.finish()
    }

    fn only_fault(raw: ReportRow) -> String {
        let import = import(vec![raw]);
        assert!(import.decisions.is_empty());
        assert_eq!(import.faults.len(), 1);
        import.faults[0].to_string()
    }

    #[test]
    fn decisions_that_mean_nothing_are_faults() {
        let removing = ReportRow {
            attribute: "SAMACCOUNTNAME".into(),
            ..row(6, "REMOVE", "a", "")
        };
        for (raw, sentence) in [
            (
                row(2, "EDIT", "a", ""),
                "line 2: EDIT with an empty UPDATE: fill it in, or use REMOVE",
            ),
            (
                row(3, "edit", "a", "a"),
                "line 3: EDIT with an UPDATE that equals VALUE",
            ),
            (
                row(4, "FIX", "a", "b"),
                "line 4: ACTION 'FIX' is none of EDIT, REMOVE, COMPLETE",
            ),
            (
                row(5, "REMOVE", "", ""),
                "line 5: REMOVE of a value that is not there",
            ),
            (
                removing,
                "line 6: REMOVE of SAMACCOUNTNAME: a user cannot be without it; EDIT it",
            ),
        ] {
            assert_eq!(only_fault(raw), sentence);
        }
    }

    #[test]
    fn rows_that_repeat_or_contradict_are_faults() {
        let again = import(vec![row(2, "EDIT", "a", "b"), row(3, "EDIT", "a", "b")]);
        assert_eq!(again.decisions.len(), 1);
        assert_eq!(
            again.faults[0].to_string(),
            "line 3: repeats line 2: the same entry, attribute and value"
        );
        let against = import(vec![row(2, "EDIT", "a", "b"), row(3, "REMOVE", "a", "")]);
        assert!(against.decisions.is_empty(), "neither is preferred");
        assert_eq!(against.faults.len(), 2);
    }

    #[test]
    fn what_idfix_leaves_after_an_apply_asks_for_nothing() {
        let import = import(vec![
            row(2, "FAIL", "a", "b"),
            row(3, "Undo", "c", "d"),
            row(4, "", "e", "f"),
        ]);
        assert_eq!(import.undecided, 3);
        assert!(import.faults.is_empty());
    }

    #[test]
    fn an_altered_value_is_told_by_its_row_id() {
        let identity = Identity::Dn(DistinguishedName::from_server("CN=a,DC=x"));
        let with_id = |value: &str, original: Option<&[u8]>| ReportRow {
            row_id: Some(row_digest(&identity, "mail", original)),
            ..row(2, "EDIT", value, "new")
        };
        let taken = |raw| {
            import(vec![raw])
                .decisions
                .pop()
                .map(|decision| decision.value)
        };
        assert_eq!(
            taken(with_id("a", Some(b"a"))),
            Some(Some(Value::from("a")))
        );
        assert_eq!(
            taken(with_id("base64:/w==", Some(b"\xff"))),
            Some(Some(Value::from(vec![0xff])))
        );
        assert_eq!(
            taken(with_id("base64:/w==", Some(b"base64:/w=="))),
            Some(Some(Value::from("base64:/w==")))
        );
        assert_eq!(taken(with_id("", None)), Some(None));
        assert_eq!(taken(with_id("", Some(b""))), Some(Some(Value::from(""))));
        assert_eq!(taken(with_id("0017", Some(b"17"))), None);
    }
}
