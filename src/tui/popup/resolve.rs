//! A conflict set in one view: choose who keeps the value; what becomes of the
//! others is proposed, checked, and staged as one step.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::scan::EntryRef;
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::line::LineInput;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Choice, Duplicates, Holding, RowId, Worksheet};

/// The set, and what was chosen.
#[derive(Debug)]
pub(in crate::tui) struct Resolve {
    set: Duplicates,
    keeper: Option<EntryRef>,
    choices: Vec<Option<Choice>>,
    faults: Vec<Option<String>>,
    at: usize,
    /// The new value of the holding under the cursor, while it is typed.
    line: Option<LineInput>,
    /// Why Enter did nothing.
    hint: Option<&'static str>,
}

impl Resolve {
    /// Begins with whom the data name as keeper, if they do.
    pub(in crate::tui) fn new(set: Duplicates, sheet: &Worksheet) -> Self {
        let holdings = set.holdings.len();
        let mut resolve = Self {
            keeper: None,
            choices: vec![None; holdings],
            faults: vec![None; holdings],
            at: 0,
            line: None,
            hint: None,
            set,
        };
        if let Some(keeper) = resolve.set.keeper {
            resolve.keep(keeper, sheet);
        }
        resolve
    }

    fn keep(&mut self, keeper: EntryRef, sheet: &Worksheet) {
        self.keeper = Some(keeper);
        self.choices = sheet.give_to(&self.set, keeper);
        self.check(sheet);
    }

    /// The choices that can be staged, each with its place in the set.
    fn chosen(&self) -> Vec<(usize, (RowId, Choice))> {
        let holdings = self.set.holdings.iter().enumerate();
        holdings
            .filter_map(|(at, held)| Some((at, (held.row?, self.choices[at].clone()?))))
            .collect()
    }

    fn check(&mut self, sheet: &Worksheet) {
        let chosen = self.chosen();
        let choices: Vec<(RowId, Choice)> =
            chosen.iter().map(|(_, choice)| choice.clone()).collect();
        self.faults = vec![None; self.set.holdings.len()];
        for ((at, _), fault) in chosen.iter().zip(sheet.faults_of(&choices)) {
            self.faults[*at] = fault;
        }
    }

    fn choose(&mut self, choice: Option<Choice>, sheet: &Worksheet) {
        if self.set.holdings[self.at].row.is_some() {
            self.choices[self.at] = choice;
            self.check(sheet);
        } else {
            self.hint = Some("this entry is not changed here");
        }
    }

    pub(super) fn key(&mut self, event: KeyEvent, sheet: Option<&Worksheet>) -> Answer {
        self.hint = None;
        let Some(sheet) = sheet else {
            return Answer::Close;
        };
        if self.line.is_some() {
            return self.typed(event, sheet);
        }
        let last = self.set.holdings.len().saturating_sub(1);
        match keymap::intent(&[Context::Resolve], event) {
            Some(Intent::Close) => return Answer::Close,
            Some(Intent::Up) => self.at = self.at.saturating_sub(1),
            Some(Intent::Down) => self.at = (self.at + 1).min(last),
            Some(Intent::Mark) => self.keep(self.set.holdings[self.at].entry, sheet),
            Some(Intent::Remove) => self.choose(Some(Choice::Remove), sheet),
            Some(Intent::Undecide) => self.choose(None, sheet),
            Some(Intent::Edit) => {
                let held = &self.set.holdings[self.at];
                if held.row.is_some() {
                    let now = match &self.choices[self.at] {
                        Some(Choice::Edit(value)) => value,
                        _ => &held.value,
                    };
                    self.line = Some(LineInput::new(now));
                } else {
                    self.hint = Some("this entry is not changed here");
                }
            }
            Some(Intent::Submit) => return self.submit(),
            _ => {}
        }
        Answer::Stay
    }

    fn typed(&mut self, event: KeyEvent, sheet: &Worksheet) -> Answer {
        let Some(line) = &mut self.line else {
            return Answer::Stay;
        };
        match keymap::intent(&[Context::Editing], event) {
            Some(Intent::Close) => self.line = None,
            Some(Intent::Submit) => {
                let value = line.text().to_owned();
                self.line = None;
                self.choose(Some(Choice::Edit(value)), sheet);
            }
            Some(Intent::ClearLine) => line.clear(),
            _ => {
                line.key(event);
            }
        }
        Answer::Stay
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        if let Some(line) = &mut self.line {
            line.paste(pasted);
        }
    }

    fn submit(&mut self) -> Answer {
        let chosen: Vec<(RowId, Choice)> = self
            .chosen()
            .into_iter()
            .map(|(_, choice)| choice)
            .collect();
        if chosen.is_empty() {
            self.hint = Some("choose who keeps the value: Space");
            return Answer::Stay;
        }
        Answer::Choose(chosen)
    }

    /// The contexts whose keys the footer shows.
    pub(super) fn contexts(&self) -> &'static [Context] {
        match self.line {
            Some(_) => &[Context::Editing],
            None => &[Context::Resolve],
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let size = (area.width.min(120), area.height);
        let width = usize::from(size.0.saturating_sub(4));
        let mut blocks: Vec<Vec<Line<'static>>> = Vec::new();
        let mut cursor = None;
        for (at, held) in self.set.holdings.iter().enumerate() {
            let (block, column) = self.block(at, held, width, theme);
            if let Some(column) = column {
                cursor = Some((column, at, block.len() - 1));
            }
            blocks.push(block);
        }
        let head = self.head(width, theme);
        let all = head.len() + blocks.iter().map(Vec::len).sum::<usize>();
        let height = u16::try_from(all + 2).unwrap_or(u16::MAX);
        let inner = open(frame, area, (size.0, height.max(8)), "Who keeps the value?");
        let room = usize::from(inner.height).saturating_sub(head.len());
        // The block under the cursor is on the screen whole.
        let mut first = 0;
        let needed = |first: usize| -> usize { blocks[first..=self.at].iter().map(Vec::len).sum() };
        while first < self.at && needed(first) > room {
            first += 1;
        }
        let above = head.len();
        let mut lines = head;
        let mut place = None;
        for (at, block) in blocks.into_iter().enumerate().skip(first) {
            if let Some((column, of, row)) = cursor
                && of == at
            {
                place = Some((column, lines.len() + row));
            }
            lines.extend(block);
        }
        lines.truncate(above + room);
        draw_lines(frame, inner, &lines);
        if let Some((x, y)) = place {
            let at = |offset: usize| u16::try_from(offset).unwrap_or(0);
            frame.set_cursor_position((inner.x + at(x), inner.y + at(y)));
        }
    }

    fn head(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut first = cell::fit(&self.set.key, width * 2 / 3, Cut::Middle, theme);
        first = cell::with_style(first, theme.style(Role::Heading));
        let proposed = match (self.set.keeper, self.keeper) {
            (None, _) => "the data do not tell who should keep it",
            (Some(proposed), Some(keeper)) if proposed == keeper => {
                "kept by who has the better claim"
            }
            _ => "kept by another than who has the better claim",
        };
        let second = self.hint.unwrap_or(proposed);
        let role = if self.hint.is_some() {
            Role::Warning
        } else {
            Role::Muted
        };
        vec![
            Line::from(first),
            Line::styled(second, theme.style(role)),
            Line::default(),
        ]
    }

    /// One holding: what becomes of it, what is known of it, what is wrong.
    fn block(
        &self,
        at: usize,
        held: &Holding,
        width: usize,
        theme: Theme,
    ) -> (Vec<Line<'static>>, Option<usize>) {
        let here = at == self.at;
        let kept = self.keeper == Some(held.entry);
        let (word, role) = match (&self.choices[at], kept) {
            (Some(Choice::Remove), _) => ("- REMOVE ", Role::Removed),
            (Some(Choice::Edit(_)), _) => ("~ EDIT   ", Role::Staged),
            (Some(Choice::Complete), _) | (_, true) => ("● keeps  ", Role::Added),
            (None, false) => ("· as it is", Role::Muted),
        };
        let mut first = vec![
            Span::styled(if here { "> " } else { "  " }, theme.style(Role::Key)),
            Span::styled(format!("{word:<11}"), theme.style(role)),
            Span::styled(
                format!("{:<9}", held.class.as_str()),
                theme.style(Role::Muted),
            ),
        ];
        let attribute = format!("{} ", held.attribute);
        let room = width.saturating_sub(22 + attribute.chars().count());
        first.push(Span::raw(attribute));
        first.extend(cell::fit_value(&held.value, room, theme));
        let mut lines = vec![Line::from(first)];
        let indent = |spans: Vec<Span<'static>>| {
            let mut line = vec![Span::raw("             ")];
            line.extend(spans);
            Line::from(line)
        };
        let room = width.saturating_sub(13);
        let muted = |text: &str, cut| {
            let spans = cell::fit(text, room, cut, theme);
            indent(cell::with_style(spans, theme.style(Role::Muted)))
        };
        lines.push(muted(&held.dn, Cut::Middle));
        if !held.remarks.is_empty() {
            lines.push(muted(&held.remarks.join("; "), Cut::End));
        }
        if let Some(fault) = &self.faults[at] {
            let spans = cell::fit(&format!("✗ {fault}"), room, Cut::End, theme);
            lines.push(indent(cell::with_style(spans, theme.style(Role::Removed))));
        }
        if let (true, Some(line)) = (here, &self.line) {
            let (spans, column) = line.draw(room.saturating_sub(4), theme);
            let mut typed = vec![Span::styled("new ", theme.style(Role::Key))];
            typed.extend(spans);
            lines.push(indent(typed));
            return (lines, Some(17 + column));
        }
        if let Some(Choice::Edit(value)) = &self.choices[at] {
            let mut spans = vec![Span::styled("new ", theme.style(Role::Added))];
            spans.extend(cell::fit_value(value, room.saturating_sub(4), theme));
            lines.push(indent(spans));
        }
        (lines, None)
    }
}
