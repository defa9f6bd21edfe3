//! The last look before writing: counts, what is refused and why, and every
//! modification as a diff or as LDIF.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::document::{Blocks, Place};
use crate::model::{Change, Modification, Value};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Plan, RowId, Worksheet};

/// Longest value in the diff, in lines of the screen.
const VALUE_LINES: usize = 1;
/// Lines between the counts and the first entry.
const HEAD: usize = 2;

/// A plan under review.
#[derive(Debug)]
pub(in crate::tui) struct Review {
    pub(in crate::tui) plan: Plan,
    /// What stands above the modifications, made once.
    head: Vec<(String, Role)>,
    refused: Vec<(String, String)>,
    blocks: Blocks,
    place: Place,
    view: View,
}

/// How the modifications are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum View {
    #[default]
    Diff,
    /// What is done, as LDIF.
    Ldif,
    /// What takes it back, as LDIF: the other way round, the last first.
    Undo,
}

impl View {
    fn next(self) -> Self {
        match self {
            Self::Diff => Self::Ldif,
            Self::Ldif => Self::Undo,
            Self::Undo => Self::Diff,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Diff => "Each entry, as it is (-) and will be (+):",
            Self::Ldif => "As LDIF, what is done:",
            Self::Undo => "As LDIF, what takes it back, the last first:",
        }
    }
}

impl Review {
    pub(in crate::tui) fn new(sheet: &Worksheet) -> Self {
        let plan = sheet.plan();
        let refused: Vec<_> = plan
            .refused
            .iter()
            .map(|(row, reason)| (row_name(sheet, *row), reason.clone()))
            .collect();
        let mut review = Self {
            head: head(&plan),
            refused,
            plan,
            blocks: Blocks::default(),
            place: Place::default(),
            view: View::default(),
        };
        review.lay_out();
        review
    }

    /// How many entries are about to be written.
    pub(in crate::tui) fn entries(&self) -> usize {
        self.plan.changes.len()
    }

    /// How many sign-in names change.
    pub(in crate::tui) fn sign_in_names(&self) -> usize {
        changes(&self.plan)
            .filter(|change| change.attribute.is("userPrincipalName"))
            .count()
    }

    fn lay_out(&mut self) {
        let all = 0..self.plan.changes.len();
        let modifications = all.filter_map(|at| {
            let modification = self.modification(at)?;
            Some(match self.view {
                View::Diff => diff_height(modification),
                View::Ldif | View::Undo => ldif_height(modification),
            })
        });
        self.blocks = Blocks::new(
            std::iter::once(self.head.len() + HEAD)
                .chain(self.refused.iter().map(|_| 2))
                .chain(modifications),
        );
    }

    /// The modification in this place of the view.
    fn modification(&self, at: usize) -> Option<&Modification> {
        let modifications = &self.plan.changes.modifications;
        match self.view {
            View::Diff | View::Ldif => modifications.get(at),
            View::Undo => modifications.get(modifications.len().checked_sub(at + 1)?),
        }
    }

    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize) -> bool {
        if intent == Intent::Ldif {
            self.view = self.view.next();
            self.place = Place::default();
            self.lay_out();
            return true;
        }
        self.place.key(intent, height, self.blocks.total())
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = usize::from(area.width);
        self.blocks.draw(frame, area, self.place, |block| {
            let Some(block) = block.checked_sub(1) else {
                return self.head_lines(width, theme);
            };
            if let Some((name, reason)) = self.refused.get(block) {
                return refused_lines(name, reason, width, theme);
            }
            let Some(modification) = self.modification(block - self.refused.len()) else {
                return Vec::new();
            };
            match self.view {
                View::Diff => diff_lines(modification, width, theme),
                View::Ldif => ldif_lines(modification, false, width, theme),
                View::Undo => ldif_lines(modification, true, width, theme),
            }
        });
    }

    fn head_lines(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut lines: Vec<_> = self
            .head
            .iter()
            .map(|(text, role)| {
                Line::styled(text::fit_text(text, width, Cut::End), theme.style(*role))
            })
            .collect();
        lines.push(Line::default());
        let title = match self.entries() {
            0 => "",
            _ => self.view.title(),
        };
        let title = text::fit_text(title, width, Cut::End);
        lines.push(Line::styled(title, theme.style(Role::Muted)));
        lines
    }
}

fn changes(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.changes
        .modifications
        .iter()
        .flat_map(|modification| &modification.changes)
}

/// What a change is, in a word.
fn operation(change: &Change) -> &'static str {
    match (change.delete.is_empty(), change.add.is_empty()) {
        (false, false) => "replaced",
        (false, true) => "removed",
        (true, _) => "added",
    }
}

fn head(plan: &Plan) -> Vec<(String, Role)> {
    let entries = plan.changes.len();
    let total = changes(plan).count();
    let mut lines = Vec::new();
    if entries == 0 {
        lines.push((
            "Nothing to write: no row has an action that changes a value.".to_owned(),
            Role::Heading,
        ));
    } else {
        lines.push((
            format!(
                "{} will be written, {}:",
                count(entries, "entry", "entries"),
                count(total, "change", "changes")
            ),
            Role::Heading,
        ));
    }
    let mut by_kind: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for change in changes(plan) {
        let kind = (change.attribute.to_string(), operation(change));
        *by_kind.entry(kind).or_default() += change.delete.len().max(change.add.len());
    }
    for ((attribute, operation), values) in &by_kind {
        lines.push((
            format!("  {attribute:<24} {values:>6} {operation}"),
            Role::Key,
        ));
    }
    if changes(plan).any(|change| change.attribute.is("userPrincipalName")) {
        // Two lines: it is not to be cut on a narrow screen.
        for text in [
            "! sign-in names change: people sign in with the new one;",
            "  smart cards that are mapped by name stop working",
        ] {
            lines.push((text.to_owned(), Role::Warning));
        }
    }
    if !plan.refused.is_empty() {
        lines.push((
            format!(
                "! {} will NOT be written, for the reasons below:",
                count(plan.refused.len(), "row", "rows")
            ),
            Role::Warning,
        ));
    }
    lines
}

/// `1 entry`, `2 entries`.
pub(in crate::tui) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn row_name(sheet: &Worksheet, row: RowId) -> String {
    let text = sheet.text(row);
    format!("{} of {}", text.attribute, text.common_name)
}

fn refused_lines(name: &str, reason: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut first = vec![Span::styled("✗ ", theme.style(Role::Removed))];
    first.extend(cell::fit(name, width.saturating_sub(2), Cut::End, theme));
    let mut second = vec![Span::raw("    ")];
    second.extend(cell::fit(reason, width.saturating_sub(4), Cut::End, theme));
    vec![Line::from(first), Line::from(second)]
}

fn diff_height(modification: &Modification) -> usize {
    let changes = modification
        .changes
        .iter()
        .map(|change| 1 + VALUE_LINES * (change.delete.len() + change.add.len()));
    changes.sum::<usize>() + 2
}

fn diff_lines(modification: &Modification, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let class = format!("{} ", modification.class);
    let mut heading = vec![Span::styled(class.clone(), theme.style(Role::Muted))];
    heading.extend(cell::with_style(
        cell::fit(
            modification.dn.as_str(),
            width.saturating_sub(class.len()),
            Cut::Middle,
            theme,
        ),
        theme.style(Role::Heading),
    ));
    let mut lines = vec![Line::from(heading)];
    for change in &modification.changes {
        let kept = change.before.len() - change.delete.len();
        let note = if kept > 0 {
            format!(
                "  ({} left as they are)",
                count(kept, "other value is", "other values")
            )
            .replace("is left as they are", "is left as it is")
        } else {
            String::new()
        };
        lines.push(Line::from(vec![
            Span::raw(format!("  {}", change.attribute)),
            Span::styled(note, theme.style(Role::Muted)),
        ]));
        let signed = change
            .delete
            .iter()
            .map(|value| ("  - ", value, Role::Removed))
            .chain(change.add.iter().map(|value| ("  + ", value, Role::Added)));
        for (sign, value, role) in signed {
            lines.push(value_line(sign, value, role, width, theme));
        }
    }
    lines.push(Line::default());
    lines
}

fn value_line(
    sign: &'static str,
    value: &Value,
    role: Role,
    width: usize,
    theme: Theme,
) -> Line<'static> {
    let mut spans = vec![Span::raw(sign)];
    spans.extend(cell::fit_value(
        &value.to_text_lossy(),
        width.saturating_sub(4),
        theme,
    ));
    Line::from(cell::with_style(spans, theme.style(role)))
}

/// The modification as RFC 2849 writes it, unfolded, or what takes it `back`;
/// for reading.
fn ldif(modification: &Modification, back: bool) -> Vec<String> {
    let mut lines = vec![
        ldif_line("dn", modification.dn.as_str().as_bytes()),
        "changetype: modify".to_owned(),
    ];
    for change in &modification.changes {
        let name = change.attribute.as_str();
        let (delete, add) = if back {
            (&change.add, &change.delete)
        } else {
            (&change.delete, &change.add)
        };
        for (word, values) in [("delete", delete), ("add", add)] {
            if values.is_empty() {
                continue;
            }
            lines.push(format!("{word}: {name}"));
            lines.extend(values.iter().map(|value| ldif_line(name, value.as_bytes())));
            lines.push("-".to_owned());
        }
    }
    lines
}

/// How many lines [`ldif_lines`] makes of it.
fn ldif_height(modification: &Modification) -> usize {
    let of = |values: &[Value]| match values.len() {
        0 => 0,
        many => many + 2,
    };
    let changes = modification.changes.iter();
    let changes: usize = changes
        .map(|change| of(&change.delete) + of(&change.add))
        .sum();
    changes + 3
}

/// `name: value`, or `name:: base64` where RFC 2849 asks for it.
fn ldif_line(name: &str, value: &[u8]) -> String {
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !matches!(value.first(), Some(b' ' | b':' | b'<'))
        && value.last() != Some(&b' ');
    if plain {
        format!("{name}: {}", String::from_utf8_lossy(value))
    } else {
        format!("{name}:: {}", STANDARD.encode(value))
    }
}

fn ldif_lines(
    modification: &Modification,
    back: bool,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut lines: Vec<_> = ldif(modification, back)
        .iter()
        .map(|line| Line::from(cell::fit(line, width, Cut::End, theme)))
        .collect();
    lines.push(Line::default());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AttributeName, ChangeSet, DistinguishedName, DomainId, Identity, ObjectClass,
    };

    fn modification(before: &[&str], after: &[&str]) -> Modification {
        let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect();
        let dn = DistinguishedName::parse("CN=Zoë,DC=x").unwrap();
        let name = AttributeName::known("proxyAddresses");
        Modification {
            identity: Identity::Dn(dn.clone()),
            dn,
            class: ObjectClass::User,
            domain: DomainId(0),
            changes: vec![Change::between(name, false, values(before), values(after)).unwrap()],
        }
    }

    #[test]
    fn ldif_is_guarded_and_encodes_what_is_not_plain() {
        let modification = modification(&["smtp:a b@x ", "x"], &["smtp:ab@x", "x"]);
        assert_eq!(
            ldif(&modification, false),
            [
                "dn:: Q049Wm/DqyxEQz14",
                "changetype: modify",
                "delete: proxyAddresses",
                "proxyAddresses:: c210cDphIGJAeCA=",
                "-",
                "add: proxyAddresses",
                "proxyAddresses: smtp:ab@x",
                "-",
            ]
        );
        assert_eq!(
            ldif(&modification, true).get(2..),
            Some(
                [
                    "delete: proxyAddresses",
                    "proxyAddresses: smtp:ab@x",
                    "-",
                    "add: proxyAddresses",
                    "proxyAddresses:: c210cDphIGJAeCA=",
                    "-",
                ]
                .map(str::to_owned)
                .as_slice()
            )
        );
    }

    #[test]
    fn a_block_is_as_high_as_it_says() {
        let theme = Theme::new(crate::config::Colours::None);
        for modification in [
            modification(&["a"], &["b", "c"]),
            modification(&[], &["b"]),
            modification(&["a", "b\u{202e}", "c"], &["c"]),
        ] {
            assert_eq!(
                diff_lines(&modification, 80, theme).len(),
                diff_height(&modification)
            );
            for back in [false, true] {
                let lines = ldif_lines(&modification, back, 80, theme);
                assert_eq!(lines.len(), ldif_height(&modification));
            }
        }
    }

    #[test]
    fn changes_are_counted_by_attribute_and_operation() {
        let plan = Plan {
            changes: ChangeSet {
                modifications: vec![
                    modification(&["a", "b"], &["c", "b"]),
                    modification(&["a", "b"], &["d"]),
                    modification(&["a"], &[]),
                ],
                ..ChangeSet::default()
            },
            ..Plan::default()
        };
        let texts: Vec<_> = head(&plan).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts[0], "3 entries will be written, 3 changes:");
        assert_eq!(texts[1], "  proxyAddresses                1 removed");
        assert_eq!(texts[2], "  proxyAddresses                3 replaced");
    }
}
