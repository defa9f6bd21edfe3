//! What somebody said is right as it is: the accepted rows, and the exceptions
//! that do not apply to this scan, with the reason why not.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::list::{Cursor, draw_detail, split};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{RowId, Unmet, Worksheet};

/// Longest part of a value that is looked at, in bytes; a screen shows less.
const LOOKED_AT: usize = 2048;

/// The exception under the cursor.
#[derive(Debug, Default)]
pub(in crate::tui) struct Exceptions {
    cursor: Cursor,
    top: usize,
}

/// What the cursor is on.
pub(in crate::tui) enum Current<'a> {
    Accepted(RowId),
    Unmet(&'a Unmet),
}

impl Exceptions {
    /// Moves by a key; `false` if the key does not move.
    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize, sheet: &Worksheet) -> bool {
        match intent {
            Intent::DetailDown => self.top += 3,
            Intent::DetailUp => self.top = self.top.saturating_sub(3),
            _ => {
                self.top = 0;
                return self.cursor.key(intent, height / 2, total(sheet));
            }
        }
        true
    }

    pub(in crate::tui) fn current<'a>(&self, sheet: &'a Worksheet) -> Option<Current<'a>> {
        at(sheet, self.cursor.place(total(sheet)))
    }

    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        sheet: &Worksheet,
    ) {
        let width = usize::from(area.width);
        let many = total(sheet);
        if many == 0 {
            let text = "Nothing is accepted: every finding counts. In the findings, c says of a value that it is right as it is, and asks why; it is listed here then, and left out of what is to be done in later scans, too.";
            return draw_lines(frame, area, &cell::wrap(text, width, 4, theme));
        }
        let (list, detail) = split(area);
        let width = usize::from(list.width);
        let columns = Columns::of(width);
        let title = format!(
            "  {:<w0$} {:<w1$} {:<w2$} Why",
            "Name",
            "Attribute",
            "Value",
            w0 = columns.name,
            w1 = columns.attribute,
            w2 = columns.value,
        );
        let mut lines = vec![Line::styled(
            text::fit_text(&title, width, Cut::End),
            theme.style(Role::Heading),
        )];
        let room = usize::from(list.height).saturating_sub(1);
        let place = self.cursor.place(many);
        let top = self.cursor.top(room, many);
        for number in top..many.min(top + room) {
            if let Some(current) = at(sheet, number) {
                lines.push(columns.line(sheet, &current, number == place, theme));
            }
        }
        draw_lines(frame, list, &lines);
        if let Some(current) = self.current(sheet) {
            draw_detail(frame, detail, theme, (&explain(sheet, &current), self.top));
        }
    }
}

fn total(sheet: &Worksheet) -> usize {
    sheet.accepted_rows().len() + sheet.unmet.len()
}

fn at(sheet: &Worksheet, place: usize) -> Option<Current<'_>> {
    let mut accepted = sheet.accepted_rows();
    let many = accepted.len();
    match accepted.nth(place) {
        Some(row) => Some(Current::Accepted(row)),
        None => sheet.unmet.get(place - many).map(Current::Unmet),
    }
}

/// How wide the columns are.
struct Columns {
    name: usize,
    attribute: usize,
    value: usize,
    why: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let room = width.saturating_sub(5);
        let (name, attribute, value) = (room * 22 / 100, room * 22 / 100, room * 26 / 100);
        Self {
            name,
            attribute,
            value,
            why: room.saturating_sub(name + attribute + value),
        }
    }

    fn line(
        &self,
        sheet: &Worksheet,
        current: &Current<'_>,
        is_on: bool,
        theme: Theme,
    ) -> Line<'static> {
        let [name, attribute, value, why] = texts(sheet, current);
        let (sign, style) = if is_on {
            ("> ", theme.style(Role::CursorCell))
        } else {
            ("  ", Style::new())
        };
        let mut spans = vec![Span::styled(sign, theme.style(Role::Key))];
        let name = cell::fit(&name, self.name, Cut::End, theme);
        spans.extend(cell::with_style(cell::padded(name, self.name + 1), style));
        let attribute = cell::fit(&attribute, self.attribute, Cut::End, theme);
        spans.extend(cell::padded(attribute, self.attribute + 1));
        let value = cell::fit_value(&value, self.value, theme);
        spans.extend(cell::padded(value, self.value + 1));
        let why = cell::fit(&why, self.why, Cut::End, theme);
        let role = match current {
            Current::Accepted(_) => Style::new(),
            Current::Unmet(_) => theme.style(Role::Warning),
        };
        spans.extend(cell::with_style(why, role));
        Line::from(spans)
    }
}

/// Name, attribute, value and reason; raw.
fn texts(sheet: &Worksheet, current: &Current<'_>) -> [String; 4] {
    use crate::worksheet::SortColumn as S;
    match current {
        Current::Accepted(row) => {
            let column = |column| sheet.column_text(*row, column, LOOKED_AT);
            let why = sheet.acceptance(*row).map(|one| one.why.to_string());
            [
                column(S::Name),
                column(S::Attribute),
                column(S::Value),
                why.unwrap_or_default(),
            ]
        }
        Current::Unmet(unmet) => {
            let exception = &unmet.exception;
            let value = exception.value.as_ref();
            [
                exception.dn.name().into_owned(),
                exception.attribute.to_string(),
                value.map_or_else(String::new, |value| value.to_text_lossy().into_owned()),
                format!("! does not apply: {}", unmet.reason),
            ]
        }
    }
}

/// All about it, in paragraphs.
fn explain(sheet: &Worksheet, current: &Current<'_>) -> Vec<(String, String)> {
    let [_, attribute, value, why] = texts(sheet, current);
    let mut told = Vec::new();
    let mut tell = |about: &str, text: String| told.push((about.to_owned(), text));
    match current {
        Current::Accepted(row) => {
            use crate::worksheet::SortColumn as S;
            tell("entry", sheet.column_text(*row, S::Dn, LOOKED_AT));
            tell("attribute", attribute);
            tell("value", value);
            tell("accepted", why);
            tell("finding", sheet.column_text(*row, S::Message, LOOKED_AT));
            tell("keys", "x takes it back: it is a finding again, in later scans too. Enter shows the accepted findings.".to_owned());
        }
        Current::Unmet(unmet) => {
            tell("entry", unmet.exception.dn.to_string());
            tell("attribute", attribute);
            tell("value", value);
            tell("accepted", unmet.exception.why.to_string());
            tell("rule", unmet.exception.rule.clone());
            tell("state", why);
            tell(
                "remove",
                format!("idmend exceptions remove {}", unmet.exception.id()),
            );
        }
    }
    told
}
