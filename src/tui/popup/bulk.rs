//! One new value for many rows: what is made of each, and what is wrong with
//! it, is shown while it is typed; nothing is staged before Enter.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::model::AttributeName;
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::grid::columns::drawn;
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::line::LineInput;
use crate::tui::screens::review::count;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{
    Composer, Pace, Rehearsal, Replacement, RowId, SortColumn, TRANSFORMS, Template, Worksheet,
};

/// Rows that are tried at every key; the others are tried beside the interface.
/// Tests do not need as few to see the difference.
const AT_ONCE: usize = if cfg!(test) { 502 } else { 100 };
/// Most suffixes that are listed.
const SUFFIXES: usize = 9;

/// How the new values are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Kind {
    Template,
    Replace,
    Suffix,
    Primary,
}

/// The rows, what is typed, and what would come of it.
#[derive(Debug)]
pub(in crate::tui) struct BulkEdit {
    kind: Kind,
    rows: Arc<[RowId]>,
    /// What the rows are, in words.
    to: String,
    lines: [LineInput; 2],
    /// The line that is typed into.
    focus: usize,
    suffixes: Vec<(String, String)>,
    suffix: usize,
    known: Vec<AttributeName>,
    composer: Result<Composer, String>,
    rehearsal: Rehearsal,
    /// The row under the cursor.
    at: usize,
}

impl BulkEdit {
    pub(in crate::tui) fn new(sheet: &Worksheet, kind: Kind, rows: Vec<RowId>, to: String) -> Self {
        let mut suffixes = match kind {
            Kind::Suffix => {
                let first = rows.first().map(|row| sheet.login_suffixes(*row));
                first.unwrap_or_default()
            }
            _ => Vec::new(),
        };
        suffixes.truncate(SUFFIXES);
        let mut bulk = Self {
            kind,
            rows: rows.into(),
            to,
            lines: Default::default(),
            focus: 0,
            suffixes,
            suffix: 0,
            known: sheet.attribute_names().to_vec(),
            composer: Err(String::new()),
            rehearsal: Rehearsal::default(),
            at: 0,
        };
        bulk.try_out(sheet);
        bulk
    }

    /// Makes new values of what is typed, and tries the first ones.
    fn try_out(&mut self, sheet: &Worksheet) {
        self.composer = self.compose();
        let tried = self.rows.get(..AT_ONCE).unwrap_or(&self.rows);
        let tried = match &self.composer {
            Ok(composer) => sheet.rehearse(tried, composer, &Pace::default()),
            Err(_) => None,
        };
        self.rehearsal = tried.unwrap_or_default();
    }

    fn compose(&self) -> Result<Composer, String> {
        let [first, second] = [self.lines[0].text(), self.lines[1].text()];
        let made = match self.kind {
            Kind::Template | Kind::Replace if first.is_empty() => return Err(String::new()),
            Kind::Template => Template::parse(first, &self.known).map(Composer::Template),
            Kind::Replace => Replacement::parse(first, second).map(Composer::Replace),
            Kind::Suffix => {
                let typed = first.trim().trim_start_matches('@').to_lowercase();
                let chosen = self.suffixes.get(self.suffix).map(|(name, _)| name.clone());
                let suffix = if typed.is_empty() {
                    chosen
                } else {
                    Some(typed)
                };
                let suffix = suffix.ok_or_else(|| "type a domain".to_owned())?;
                Ok(Composer::Suffix(suffix))
            }
            Kind::Primary => Ok(Composer::Primary),
        };
        made.map_err(|error| error.to_string())
    }

    /// What is still to be tried, if anything is.
    pub(in crate::tui) fn untried(&self) -> Option<(Arc<[RowId]>, Composer)> {
        let composer = self.composer.as_ref().ok()?;
        let open = self.rehearsal.tried < self.rows.len();
        open.then(|| (Arc::clone(&self.rows), composer.clone()))
    }

    /// Takes over what came of all rows.
    pub(in crate::tui) fn rehearsed(&mut self, rehearsal: Rehearsal) {
        self.rehearsal = rehearsal;
    }

    pub(super) fn key(&mut self, event: KeyEvent, sheet: Option<&Worksheet>) -> Answer {
        let last = self.rows.len().saturating_sub(1);
        match keymap::intent(&[Context::Bulk], event) {
            Some(Intent::Close) => return Answer::Close,
            Some(Intent::Submit) => return self.submit(),
            Some(Intent::Up) => self.at = self.at.saturating_sub(1),
            Some(Intent::Down) => self.at = (self.at + 1).min(last),
            Some(Intent::PageUp) => self.at = self.at.saturating_sub(10),
            Some(Intent::PageDown) => self.at = (self.at + 10).min(last),
            Some(Intent::NextMatch) => self.next_problem(),
            Some(Intent::NextField) => return self.next_field(sheet),
            Some(Intent::ClearLine) => {
                self.lines[self.focus].clear();
                return self.changed(sheet);
            }
            Some(_) => {}
            None => return self.typed(event, sheet),
        }
        Answer::Stay
    }

    fn typed(&mut self, event: KeyEvent, sheet: Option<&Worksheet>) -> Answer {
        if self.kind == Kind::Primary {
            return Answer::Stay;
        }
        if self.kind == Kind::Suffix
            && self.lines[0].text().is_empty()
            && let Some(at) = digit(event)
        {
            if at < self.suffixes.len() {
                self.suffix = at;
            }
            return self.changed(sheet);
        }
        if self.lines[self.focus].key(event) {
            return self.changed(sheet);
        }
        Answer::Stay
    }

    /// The other line, or the next suffix.
    fn next_field(&mut self, sheet: Option<&Worksheet>) -> Answer {
        match self.kind {
            Kind::Replace => self.focus = 1 - self.focus,
            Kind::Suffix if !self.suffixes.is_empty() => {
                self.lines[0].clear();
                self.suffix = (self.suffix + 1) % self.suffixes.len();
                return self.changed(sheet);
            }
            _ => {}
        }
        Answer::Stay
    }

    /// What is pasted is typed; who calls has the rest of the rows tried.
    pub(super) fn paste(&mut self, pasted: &str, sheet: Option<&Worksheet>) {
        if self.kind != Kind::Primary {
            self.lines[self.focus].paste(pasted);
            if let Some(sheet) = sheet {
                self.try_out(sheet);
            }
        }
    }

    fn changed(&mut self, sheet: Option<&Worksheet>) -> Answer {
        if let Some(sheet) = sheet {
            self.try_out(sheet);
        }
        Answer::Rehearse
    }

    fn next_problem(&mut self) {
        let problems = self.rehearsal.problems.iter().map(|(at, _)| *at);
        let next = problems.clone().find(|at| *at > self.at);
        if let Some(at) = next.or_else(|| problems.min()) {
            self.at = at;
        }
    }

    fn submit(&mut self) -> Answer {
        let untried = self.rehearsal.tried < self.rows.len();
        match &self.composer {
            Ok(composer) if self.rehearsal.good > 0 || untried => Answer::Compose {
                rows: self.rows.to_vec(),
                composer: composer.clone(),
                to: self.to.clone(),
            },
            _ => Answer::Stay,
        }
    }

    pub(super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        sheet: Option<&Worksheet>,
    ) {
        let size = (area.width.min(124), area.height);
        let title = match self.kind {
            Kind::Template => format!("New value for {}", self.to),
            Kind::Replace => format!("Replace in {}", self.to),
            Kind::Suffix => format!("UPN suffix of {}", self.to),
            Kind::Primary => format!("Primary address as the sign-in name of {}", self.to),
        };
        let inner = open(frame, area, size, &title);
        let width = usize::from(inner.width);
        let (mut lines, cursor) = self.form(width, theme);
        lines.extend(self.verdict(width, theme));
        lines.push(Line::default());
        let below = 3;
        let room = usize::from(inner.height).saturating_sub(lines.len() + below);
        if let Some(sheet) = sheet {
            lines.extend(self.table(sheet, (width, room), theme));
            let gap = usize::from(inner.height).saturating_sub(lines.len() + below);
            lines.extend(std::iter::repeat_n(Line::default(), gap));
            lines.extend(self.explain(width, theme));
        }
        draw_lines(frame, inner, &lines);
        if let Some((x, y)) = cursor {
            let at = |offset: usize| u16::try_from(offset).unwrap_or(0);
            frame.set_cursor_position((inner.x + at(x), inner.y + at(y)));
        }
    }

    /// What is typed or chosen, and where the cursor of the terminal stands.
    fn form(&self, width: usize, theme: Theme) -> (Vec<Line<'static>>, Option<(usize, usize)>) {
        let mut lines = Vec::new();
        let mut cursor = None;
        let mut typed = |label: &'static str, at: usize, lines: &mut Vec<Line<'static>>| {
            let (spans, column) = self.lines[at].draw(width.saturating_sub(label.len()), theme);
            if at == self.focus {
                cursor = Some((label.len() + column, lines.len()));
            }
            let mut line = vec![Span::styled(label, theme.style(Role::Key))];
            line.extend(spans);
            lines.push(Line::from(line));
        };
        match self.kind {
            Kind::Template => {
                typed("value  ", 0, &mut lines);
                let names: Vec<&str> = TRANSFORMS.iter().map(|(name, _)| *name).collect();
                let hint = format!(
                    "{{givenName|lower|ascii}}.{{sn|lower|ascii}}@contoso.com   also {{value}} {{update}} {{primary}}; after |: {}",
                    names.join(" ")
                );
                lines.extend(muted(&hint, width, theme));
            }
            Kind::Replace => {
                typed("find   ", 0, &mut lines);
                typed("with   ", 1, &mut lines);
                let hint = "a regular expression in the present value; $1 or ${name} is what a group matched; (?i) ignores case; Tab goes to the other line";
                lines.extend(muted(hint, width, theme));
            }
            Kind::Suffix => {
                for (at, (name, remark)) in self.suffixes.iter().enumerate() {
                    let chosen = at == self.suffix && self.lines[0].text().is_empty();
                    let mut spans = vec![
                        Span::raw(if chosen { "> " } else { "  " }),
                        Span::styled(format!("{} ", at + 1), theme.style(Role::Key)),
                    ];
                    spans.extend(cell::fit(name, width / 2, Cut::Middle, theme));
                    spans.push(Span::styled("  ", theme.style(Role::Muted)));
                    let remark = cell::fit(remark, width / 3, Cut::End, theme);
                    spans.extend(cell::with_style(remark, theme.style(Role::Muted)));
                    lines.push(Line::from(spans));
                }
                typed("other  ", 0, &mut lines);
            }
            Kind::Primary => {
                let hint = "People sign in with the new name from then on; where that is not meant, mark other rows.";
                lines.extend(muted(hint, width, theme));
            }
        }
        (lines, cursor)
    }

    /// What would come of it, counted.
    fn verdict(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let Rehearsal {
            tried,
            good,
            problems,
        } = &self.rehearsal;
        match &self.composer {
            Err(error) if error.is_empty() => vec![Line::default()],
            Err(error) => {
                let lines = cell::wrap(&format!("✗ {error}"), width, 2, theme).into_iter();
                lines
                    .map(|line| line.patch_style(theme.style(Role::Removed)))
                    .collect()
            }
            Ok(_) => {
                let mut spans = vec![
                    Span::styled(
                        format!("✓ {} a new value", count(*good, "row gets", "rows get")),
                        theme.style(Role::Added),
                    ),
                    Span::raw("   "),
                ];
                if !problems.is_empty() {
                    spans.push(Span::styled(
                        format!(
                            "✗ {} left alone",
                            count(problems.len(), "row is", "rows are")
                        ),
                        theme.style(Role::Removed),
                    ));
                }
                if *tried < self.rows.len() {
                    let all = self.rows.len();
                    spans.push(Span::styled(
                        format!("   of the first {tried}; {all} are being tried"),
                        theme.style(Role::Muted),
                    ));
                }
                vec![Line::from(spans)]
            }
        }
    }

    /// The rows around the cursor: what is there now and what would be.
    fn table(
        &self,
        sheet: &Worksheet,
        (width, room): (usize, usize),
        theme: Theme,
    ) -> Vec<Line<'static>> {
        let name = (width * 22 / 100).max(8);
        let each = width.saturating_sub(name + 9) / 2;
        let heading = format!("    {:<name$} {:<each$}    {}", "Name", "now", "new");
        let mut lines = vec![Line::styled(heading, theme.style(Role::Heading))];
        let room = room.saturating_sub(1).max(1);
        let top = (self.at + 1).saturating_sub(room);
        for (at, row) in self.rows.iter().enumerate().skip(top).take(room) {
            let now = drawn(sheet, *row, SortColumn::Value);
            let new = match &self.composer {
                Ok(composer) => composer.compose(sheet, *row).unwrap_or_default(),
                Err(_) => String::new(),
            };
            let (sign, role) = match self.rehearsal.problem(at) {
                Some(_) => ("✗ ", Role::Removed),
                None if at < self.rehearsal.tried => ("✓ ", Role::Added),
                None => ("  ", Role::Muted),
            };
            let cursor = if at == self.at { "> " } else { "  " };
            let mut spans = vec![
                Span::styled(cursor, theme.style(Role::Key)),
                Span::styled(sign, theme.style(role)),
            ];
            let text = drawn(sheet, *row, SortColumn::Name);
            spans.extend(cell::padded(
                cell::fit(&text, name, Cut::End, theme),
                name + 1,
            ));
            spans.extend(cell::padded(
                cell::fit_change(&now, &new, each, theme),
                each + 1,
            ));
            spans.push(Span::styled("→  ", theme.style(Role::Muted)));
            spans.extend(cell::fit_value(&new, each, theme));
            lines.push(Line::from(spans));
        }
        lines
    }

    /// What is wrong with the row under the cursor, in full.
    fn explain(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let Some(problem) = self.rehearsal.problem(self.at) else {
            return Vec::new();
        };
        let lines = cell::wrap(&format!("✗ {problem}"), width, 2, theme).into_iter();
        lines
            .map(|line| line.patch_style(theme.style(Role::Removed)))
            .collect()
    }
}

fn muted(text: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let lines = cell::wrap(text, width, 3, theme).into_iter();
    lines
        .map(|line| line.patch_style(theme.style(Role::Muted)))
        .collect()
}

/// The place that a digit from 1 on means.
fn digit(event: KeyEvent) -> Option<usize> {
    let KeyCode::Char(character) = event.code else {
        return None;
    };
    let number = usize::try_from(character.to_digit(10)?).ok()?;
    (event.modifiers == KeyModifiers::NONE).then(|| number.checked_sub(1))?
}
