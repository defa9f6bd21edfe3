//! The columns by which rows are sorted and filtered, and what each says of one
//! row. Whole sheets are filtered and sorted by `arrange`.

use super::filter::{Field, Term};
use super::live::StateKind;
use super::{Action, Proposal, RowFilter, RowId, Worksheet};
use crate::rule::{Confidence, Severity};

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
    Proposed,
    Message,
    Dn,
    Result,
}

impl SortColumn {
    /// The column as a filter names it.
    fn field(self) -> Field {
        match self {
            Self::State => Field::State,
            Self::Severity => Field::Severity,
            Self::Name => Field::Name,
            Self::Container => Field::Container,
            Self::Class => Field::Class,
            Self::Attribute => Field::Attribute,
            Self::Error => Field::Error,
            Self::Value => Field::Value,
            Self::Update => Field::Update,
            Self::Action => Field::Action,
            Self::Rule => Field::Rule,
            Self::Domain => Field::Domain,
            Self::Proposed => Field::Proposed,
            Self::Message => Field::Message,
            Self::Dn => Field::Dn,
            Self::Result => Field::Result,
        }
    }
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

    /// The text of a column as a filter sees it, raw, but about `limit` bytes of
    /// it at most: a value may have megabytes, and a screen shows few of them.
    pub fn column_text(&self, row: RowId, column: SortColumn, limit: usize) -> String {
        let columns = self.columns();
        let cut = |text: &str| {
            let end = beginning(text.as_bytes(), limit).len();
            text.get(..end).unwrap_or(text).to_owned()
        };
        // A value far behind in a long attribute is found there at once.
        match column {
            SortColumn::Name => cut(columns.name(row)),
            SortColumn::Value => cut(columns.value(row)),
            SortColumn::Container => cut(columns.container(row)),
            _ => {
                let mut text = String::new();
                self.write(row, column.field(), &mut text);
                cut(&text)
            }
        }
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
                None => Field::searched().any(holds),
            };
            found != term.negated
        })
    }

    /// Appends the text of a column.
    fn write(&self, row: RowId, field: Field, out: &mut String) {
        let finding = self.finding(row);
        let snapshot = &self.scan.snapshot;
        match field {
            Field::Name => out.push_str(&self.common_name(row)),
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
            Field::Proposed => out.push_str(proposed_words(self.proposal(row))),
            Field::Message => out.push_str(&self.message(row)),
            Field::Result => out.push_str(self.state(row).reason()),
        }
    }
}

/// At most `limit` bytes, not ending within a character.
fn beginning(bytes: &[u8], limit: usize) -> &[u8] {
    let mut end = limit.min(bytes.len());
    while end > 0 && bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    bytes.get(..end).unwrap_or(bytes)
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

/// All that can be proposed, in words; a row has the place in here.
pub(super) const PROPOSED: [&str; 10] = [
    "NONE",
    "EDIT safe",
    "EDIT review",
    "EDIT manual",
    "REMOVE safe",
    "REMOVE review",
    "REMOVE manual",
    "COMPLETE safe",
    "COMPLETE review",
    "COMPLETE manual",
];

/// What is proposed, as a place in [`PROPOSED`].
pub(super) fn proposed_code(proposal: Option<Proposal<'_>>) -> u8 {
    let Some(proposal) = proposal else {
        return 0;
    };
    let action = match proposal.action {
        Action::None => return 0,
        Action::Edit => 1,
        Action::Remove => 4,
        Action::Complete => 7,
    };
    action
        + match proposal.confidence {
            Confidence::Safe => 0,
            Confidence::Review => 1,
            Confidence::Manual => 2,
        }
}

fn proposed_words(proposal: Option<Proposal<'_>>) -> &'static str {
    PROPOSED[usize::from(proposed_code(proposal))]
}
