//! The columns: what they are called, what they show, how wide they are.
//!
//! The first ones stay; the others scroll so that the one under the cursor is
//! always there whole. Widths come from the rows on the screen, never from all
//! rows.

use crate::text::{self, Cut};
use crate::worksheet::{Action, RowState, RowText, SortColumn};

/// A column of the grid.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Column {
    pub(in crate::tui) key: SortColumn,
    pub(in crate::tui) title: &'static str,
    /// Its name in a filter, `field:value`.
    pub(in crate::tui) field: &'static str,
    /// With less it is of no use.
    narrowest: usize,
    /// No row makes it wider when it is placed.
    widest: usize,
    /// Takes what is left over.
    grows: bool,
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

/// All columns, in the order of a wide screen.
pub(in crate::tui) const COLUMNS: &[Column] = &[
    column(SortColumn::State, ("State", "state"), 13),
    column(SortColumn::Severity, ("Severity", "severity"), 11),
    elastic(column(SortColumn::Name, ("Name", "name"), 40), 14),
    Column {
        cut: Cut::Middle,
        ..elastic(column(SortColumn::Container, ("In", "ou"), 40), 12)
    },
    column(SortColumn::Class, ("Class", "class"), 8),
    column(SortColumn::Attribute, ("Attribute", "attribute"), 24),
    column(SortColumn::Error, ("Error", "error"), 16),
    elastic(column(SortColumn::Value, ("Value", "value"), 80), 18),
    elastic(column(SortColumn::Update, ("Update", "update"), 80), 16),
    column(SortColumn::Action, ("Action", "action"), 10),
    column(SortColumn::Rule, ("Rule", "rule"), 32),
    column(SortColumn::Domain, ("Domain", "domain"), 24),
];

/// The order of a screen on which not everything fits: what tells most comes
/// first.
const NARROW: &[SortColumn] = &[
    SortColumn::State,
    SortColumn::Name,
    SortColumn::Attribute,
    SortColumn::Value,
    SortColumn::Update,
    SortColumn::Severity,
    SortColumn::Error,
    SortColumn::Action,
    SortColumn::Container,
    SortColumn::Class,
    SortColumn::Rule,
    SortColumn::Domain,
];

/// The same with room for the severity.
const MEDIUM: &[SortColumn] = &[
    SortColumn::State,
    SortColumn::Severity,
    SortColumn::Name,
    SortColumn::Attribute,
    SortColumn::Error,
    SortColumn::Value,
    SortColumn::Update,
    SortColumn::Action,
    SortColumn::Container,
    SortColumn::Class,
    SortColumn::Rule,
    SortColumn::Domain,
];

/// From these widths on the order is the medium and the wide one.
const MEDIUM_FROM: usize = 100;
const WIDE_FROM: usize = 140;

/// A column as it is drawn.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Placed {
    pub(in crate::tui) column: &'static Column,
    pub(in crate::tui) x: usize,
    pub(in crate::tui) width: usize,
}

/// The columns in the order in which a screen of that width shows them.
pub(in crate::tui) fn order(width: usize) -> Vec<SortColumn> {
    if width < MEDIUM_FROM {
        NARROW.to_vec()
    } else if width < WIDE_FROM {
        MEDIUM.to_vec()
    } else {
        COLUMNS.iter().map(|column| column.key).collect()
    }
}

pub(in crate::tui) fn get(key: SortColumn) -> &'static Column {
    COLUMNS
        .iter()
        .find(|column| column.key == key)
        .unwrap_or(&COLUMNS[0])
}

/// Places columns on `width`: the frozen ones, then as many others as fit, beginning so
/// that `cursor` is among them.
pub(in crate::tui) fn place(
    width: usize,
    cursor: SortColumn,
    natural: impl Fn(&Column) -> usize,
) -> Vec<Placed> {
    let all: Vec<&'static Column> = order(width).into_iter().map(get).collect();
    let frozen = if width < MEDIUM_FROM { 2 } else { 3 };
    let wanted = |column: &Column| {
        let title = column.title.len() + 2;
        natural(column).max(title).min(column.narrowest)
    };
    let (fixed, moving) = all.split_at(frozen.min(all.len()));
    let room = width.saturating_sub(fixed.iter().map(|column| wanted(column) + 1).sum());
    let skip = match moving.iter().position(|column| column.key == cursor) {
        None => 0,
        Some(at) => (0..=at)
            .find(|from| {
                let taken: usize = moving
                    .iter()
                    .take(at + 1)
                    .skip(*from)
                    .map(|column| wanted(column) + 1)
                    .sum();
                taken <= room + 1
            })
            .unwrap_or(at),
    };
    let mut chosen: Vec<(&'static Column, usize)> = Vec::new();
    let mut used = 0;
    for column in fixed.iter().chain(moving.iter().skip(skip)) {
        let left = width.saturating_sub(used);
        let take = wanted(column).min(left);
        if take < column.title.len().min(wanted(column)) {
            break;
        }
        chosen.push((column, take));
        used += take + 1;
    }
    grow(
        &mut chosen,
        width.saturating_sub(used.saturating_sub(1)),
        natural,
    );
    let mut x = 0;
    chosen
        .into_iter()
        .map(|(column, width)| {
            let placed = Placed { column, x, width };
            x += width + 1;
            placed
        })
        .collect()
}

/// Gives what is left over to the columns that have use for it.
fn grow(
    chosen: &mut [(&'static Column, usize)],
    mut left: usize,
    natural: impl Fn(&Column) -> usize,
) {
    let wishes: Vec<usize> = chosen.iter().map(|(column, _)| natural(column)).collect();
    while left > 0 {
        let mut given = 0;
        for ((column, width), wish) in chosen.iter_mut().zip(&wishes) {
            if column.grows && *width < (*wish).min(column.widest) && given < left {
                *width += 1;
                given += 1;
            }
        }
        if given == 0 {
            break;
        }
        left -= given;
    }
}

/// How wide the cell wants to be.
pub(in crate::tui) fn natural_width(column: &Column, row: &RowText, state: &RowState) -> usize {
    text::width_up_to(&content(column.key, row, state), 120)
}

/// What a cell says, raw.
pub(in crate::tui) fn content(column: SortColumn, row: &RowText, state: &RowState) -> String {
    match column {
        SortColumn::State => state_words(row.action, state).to_owned(),
        SortColumn::Severity => super::state::severity_word(row.severity).to_owned(),
        SortColumn::Name => row.common_name.clone(),
        SortColumn::Container => row.container.clone(),
        SortColumn::Class => row.class.as_str().to_owned(),
        SortColumn::Attribute => row.attribute.clone(),
        SortColumn::Error => row.error.clone(),
        SortColumn::Value => row.value.clone(),
        SortColumn::Update => row.update.clone(),
        SortColumn::Action => match (row.action, row.proposed) {
            (Action::None, Action::None) => String::new(),
            (Action::None, proposed) => {
                format!("{}?", super::state::action_word(proposed).to_lowercase())
            }
            (action, _) => super::state::action_word(action).to_owned(),
        },
        SortColumn::Rule => row.rules.join("; "),
        SortColumn::Domain => row.domain.clone(),
    }
}

/// The filter that shows rows like this cell.
pub(in crate::tui) fn filter_for(column: SortColumn, row: &RowText, state: &RowState) -> String {
    let (field, wanted) = match (column, state, row.action) {
        (SortColumn::State, RowState::Open, _) | (SortColumn::Action, ..) => {
            let word = super::state::action_word(row.action);
            (
                "action",
                if word.is_empty() { "none" } else { word }.to_owned(),
            )
        }
        (SortColumn::State, ..) => {
            let words = content(column, row, state);
            let word = words.split_once(' ').map_or("", |(_, word)| word);
            ("state", word.to_lowercase())
        }
        (SortColumn::Rule, ..) => ("rule", row.rules.first().cloned().unwrap_or_default()),
        _ => (get(column).field, content(column, row, state)),
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
        (RowState::Failed(_), _) => "✗ FAILED",
        (RowState::Conflict(_), _) => "! conflict",
        (RowState::InDoubt(_), _) => "? in doubt",
        (RowState::RolledBack, _) => "< rolled back",
        (RowState::Accepted(_), _) => "= accepted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_place_in_both_orders() {
        for width in [80, 200] {
            let shown = order(width);
            assert_eq!(shown.len(), COLUMNS.len());
            for column in COLUMNS {
                assert!(shown.contains(&column.key), "{}", column.title);
            }
        }
    }

    #[test]
    fn the_column_of_the_cursor_is_always_there_and_nothing_overlaps() {
        for width in [20, 40, 80, 99, 100, 120, 200, 400] {
            for column in COLUMNS {
                let placed = place(width, column.key, |column| column.widest);
                let mut end = 0;
                for place in &placed {
                    assert!(place.x >= end, "{width} {}", place.column.title);
                    end = place.x + place.width;
                }
                assert!(end <= width, "{width} {}", column.title);
                if width >= 80 {
                    assert!(placed.iter().any(|place| place.column.key == column.key));
                }
            }
        }
    }

    #[test]
    fn the_first_columns_stay_when_the_others_scroll() {
        let placed = place(80, SortColumn::Domain, |column| column.widest);
        let titles: Vec<_> = placed.iter().map(|place| place.column.title).collect();
        assert_eq!(titles.get(..2), Some(&["State", "Name"][..]));
        assert_eq!(titles.last(), Some(&"Domain"));
    }
}
