//! The columns by which rows are sorted and filtered, and what each says of one
//! row. Whole sheets are filtered and sorted by `arrange`.

use super::filter::{Field, Term};
use super::live::StateKind;
use super::{Action, RowFilter, RowId, Worksheet};
use crate::model::AttributeName;
use crate::rule::Severity;

/// Columns that can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after the columns")]
pub enum SortColumn {
    State,
    Severity,
    Name,
    Container,
    Class,
    Attribute,
    Error,
    Value,
    Update,
    Action,
    Rule,
    Domain,
}

/// One key of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// By which column.
    pub column: SortColumn,
    /// Z to A.
    pub descending: bool,
}

impl Worksheet {
    /// Whether one row matches, for a row that was just changed.
    pub fn row_matches(&self, row: RowId, filter: &RowFilter) -> bool {
        self.matches(row, &filter.terms, &mut String::new())
    }

    fn matches(&self, row: RowId, terms: &[Term], buffer: &mut String) -> bool {
        terms.iter().all(|term| {
            let mut holds = |field| {
                buffer.clear();
                self.write(row, field, buffer);
                term.pattern.is_match(buffer)
            };
            let found = match term.field {
                Some(field) => holds(field),
                None => Field::ALL.into_iter().any(|(_, field)| holds(field)),
            };
            found != term.negated
        })
    }

    /// Appends the text of a column.
    fn write(&self, row: RowId, field: Field, out: &mut String) {
        let finding = self.finding(row);
        let snapshot = &self.scan.snapshot;
        match field {
            Field::Name => {
                let cn = snapshot.value(finding.entry, &AttributeName::known("cn"), 0);
                match cn.and_then(|cn| std::str::from_utf8(cn).ok()) {
                    Some(cn) => out.push_str(cn),
                    None => out.push_str(&snapshot.dn(finding.entry).name()),
                }
            }
            Field::Dn => snapshot.write_dn(finding.entry, out),
            Field::Container => out.push_str(&snapshot.dn(finding.entry).container_path()),
            Field::Class => out.push_str(snapshot.class(finding.entry).as_str()),
            Field::Attribute => out.push_str(finding.place.attribute.as_str()),
            Field::Error => out.push_str(&self.error(row)),
            Field::Value => {
                out.push_str(&String::from_utf8_lossy(
                    self.value(row).unwrap_or_default(),
                ));
            }
            Field::Update => out.push_str(self.update(row).unwrap_or_default()),
            Field::Action => out.push_str(action_word(self.action(row))),
            Field::Severity => out.push_str(severity_words(self.severity(row))),
            Field::Rule => {
                for (number, fault) in finding.faults.iter().enumerate() {
                    let id = &self.judge.rules.rule(fault.rule).id;
                    out.push_str(if number == 0 { "" } else { " " });
                    out.push_str(id);
                }
            }
            Field::State => out.push_str(StateKind::of(self.state(row)).word()),
            Field::Domain => out.push_str(self.domain(row)),
        }
    }
}

pub(super) fn action_word(action: Action) -> &'static str {
    match action {
        Action::None => "NONE",
        action => action.word(),
    }
}

/// The severity and the group it belongs to, so that `severity:error` works.
pub(super) fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails => "fails error",
        Severity::Quarantined => "quarantined error",
        Severity::Dropped => "dropped warning",
        Severity::Changed => "changed warning",
        Severity::Hygiene => "hygiene",
    }
}
