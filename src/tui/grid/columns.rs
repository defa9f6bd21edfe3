//! The columns: what they are called and what they show. Where they stand is
//! the layout's.

use crate::text::{self, Cut};
use crate::worksheet::{Action, RowId, RowState, SortColumn, Worksheet};

/// Bytes of a cell that are looked at to draw it: more than any screen shows.
pub(super) const DRAWN: usize = 16 << 10;

/// A column of the grid.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Column {
    pub(in crate::tui) key: SortColumn,
    pub(in crate::tui) title: &'static str,
    /// Its name in a filter, `field:value`.
    pub(in crate::tui) field: &'static str,
    /// With less it is of no use.
    pub(super) narrowest: usize,
    /// No row makes it wider by itself.
    pub(super) widest: usize,
    /// Takes what is left over.
    pub(super) grows: bool,
    pub(in crate::tui) cut: Cut,
}

const fn column(key: SortColumn, names: (&'static str, &'static str), widest: usize) -> Column {
    Column {
        key,
        title: names.0,
        field: names.1,
        narrowest: widest,
        widest,
        grows: false,
        cut: Cut::End,
    }
}

/// A column that may be narrow, and takes what is left over.
const fn elastic(column: Column, narrowest: usize) -> Column {
    Column {
        grows: true,
        narrowest,
        ..column
    }
}

/// A column of names whose both ends tell something.
const fn path(column: Column) -> Column {
    Column {
        cut: Cut::Middle,
        ..column
    }
}

/// All columns, in the order of a wide screen.
pub(in crate::tui) const COLUMNS: &[Column] = &[
    column(SortColumn::State, ("State", "state"), 13),
    column(SortColumn::Severity, ("Severity", "severity"), 11),
    elastic(column(SortColumn::Name, ("Name", "name"), 40), 14),
    path(elastic(column(SortColumn::Container, ("In", "ou"), 40), 12)),
    column(SortColumn::Class, ("Class", "class"), 8),
    column(SortColumn::Attribute, ("Attribute", "attribute"), 24),
    column(SortColumn::Error, ("Error", "error"), 16),
    elastic(column(SortColumn::Value, ("Value", "value"), 80), 18),
    elastic(column(SortColumn::Update, ("Update", "update"), 80), 16),
    column(SortColumn::Action, ("Action", "action"), 10),
    column(SortColumn::Proposed, ("Proposed", "proposed"), 15),
    column(SortColumn::Rule, ("Rule", "rule"), 32),
    column(SortColumn::Domain, ("Domain", "domain"), 24),
    elastic(column(SortColumn::Message, ("Message", "message"), 80), 24),
    path(elastic(column(SortColumn::Dn, ("DN", "dn"), 80), 24)),
    elastic(column(SortColumn::Result, ("Result", "result"), 80), 16),
];

pub(in crate::tui) fn get(key: SortColumn) -> &'static Column {
    COLUMNS
        .iter()
        .find(|column| column.key == key)
        .unwrap_or(&COLUMNS[0])
}

/// What a cell says, raw; of a long one as much as a screen could show.
pub(in crate::tui) fn drawn(sheet: &Worksheet, row: RowId, column: SortColumn) -> String {
    text_of(sheet, row, column, DRAWN)
}

/// The same, whole.
pub(in crate::tui) fn content(sheet: &Worksheet, row: RowId, column: SortColumn) -> String {
    text_of(sheet, row, column, usize::MAX)
}

fn text_of(sheet: &Worksheet, row: RowId, column: SortColumn, limit: usize) -> String {
    let (action, state) = (sheet.action(row), sheet.state(row));
    match column {
        SortColumn::State => state_words(action, state).to_owned(),
        SortColumn::Severity => super::state::severity_word(sheet.severity(row)).to_owned(),
        SortColumn::Action => match (action, proposed(sheet, row)) {
            (Action::None, Action::None) => String::new(),
            (Action::None, proposed) => {
                format!("{}?", super::state::action_word(proposed).to_lowercase())
            }
            (action, _) => super::state::action_word(action).to_owned(),
        },
        SortColumn::Proposed if sheet.proposal(row).is_none() => String::new(),
        _ => sheet.column_text(row, column, limit),
    }
}

fn proposed(sheet: &Worksheet, row: RowId) -> Action {
    sheet
        .proposal(row)
        .map_or(Action::None, |proposal| proposal.action)
}

/// What stands in place of a new value where there is none: what is to become
/// of the value, if anything is known.
pub(super) fn in_place_of_update(sheet: &Worksheet, row: RowId) -> &'static str {
    match (sheet.action(row), proposed(sheet, row)) {
        (Action::Remove, _) => "(removed)",
        (Action::Complete, _) => "(kept)",
        (Action::None, Action::Remove) => "(remove?)",
        (Action::None, Action::Complete) => "(keep?)",
        _ => "",
    }
}

/// How wide the cell wants to be, up to `limit`.
pub(super) fn natural_width(raw: &str, limit: usize) -> usize {
    text::width_up_to(raw, limit)
}

/// The filter that shows rows like this cell.
pub(in crate::tui) fn filter_for(sheet: &Worksheet, row: RowId, column: SortColumn) -> String {
    let (action, state) = (sheet.action(row), sheet.state(row));
    let (field, wanted) = match (column, state) {
        (SortColumn::State, RowState::Open) | (SortColumn::Action, _) => {
            let word = super::state::action_word(action);
            (
                "action",
                if word.is_empty() { "none" } else { word }.to_owned(),
            )
        }
        (SortColumn::Rule, _) => {
            let rules = sheet.column_text(row, column, usize::MAX);
            let first = rules.split(' ').next().unwrap_or_default();
            ("rule", first.to_owned())
        }
        (SortColumn::Severity, _) => ("severity", content(sheet, row, column)),
        _ => (
            get(column).field,
            sheet.column_text(row, column, usize::MAX),
        ),
    };
    let plain = !wanted.is_empty()
        && wanted
            .chars()
            .all(|c| c.is_alphanumeric() || "@._-'".contains(c));
    if plain {
        format!("{field}:{wanted}")
    } else if wanted.contains('"') {
        let expression = regex::escape(&wanted).replace('/', "\\/");
        format!("{field}:/^{expression}$/")
    } else {
        format!("{field}:\"{wanted}\"")
    }
}

/// A sign and a word for where a row stands.
fn state_words(action: Action, state: &RowState) -> &'static str {
    match (state, action) {
        (RowState::Open, Action::None) => "· open",
        (RowState::Open, Action::Edit) => "~ EDIT",
        (RowState::Open, Action::Remove) => "- REMOVE",
        (RowState::Open, Action::Complete) => "= COMPLETE",
        (RowState::Done, _) => "✓ done",
        (RowState::NotNeeded, _) => "✓ not needed",
        (RowState::Failed(_), _) => "✗ FAIL",
        (RowState::Conflict(_), _) => "! conflict",
        (RowState::InDoubt(_), _) => "? in doubt",
        (RowState::RolledBack, _) => "< rolled back",
        (RowState::Accepted(_), _) => "= accepted",
    }
}
