//! What lies over a screen: help, palette, a line to type, a question, a notice.
//!
//! The topmost popup gets every key, so none reaches the grid beneath. Esc
//! always closes, and nothing that writes is ever answered by Enter.

mod bulk;
mod chooser;
mod confirm;
mod edit;
mod help;
mod menu;
mod palette;
mod prompt;
mod resolve;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Padding};

pub(super) use bulk::{BulkEdit, Kind as BulkKind};
pub(super) use chooser::Chooser;
pub(super) use confirm::{Confirm, Confirmed, Need, Third};
pub(super) use edit::Edit;
pub(super) use help::Help;
pub(super) use menu::Menu;
pub(super) use palette::Palette;
pub(super) use prompt::{Prompt, PromptKind};
pub(super) use resolve::Resolve;

use super::grid::layout::Layout;
use super::keymap::{Context, Intent};
use super::theme::{Role, Theme};
use crate::worksheet::{Choice, Composer, Grouping, RowId, SortColumn, Worksheet};

/// A layer over the screen.
#[derive(Debug)]
pub(super) enum Popup {
    Help(Help),
    Palette(Palette),
    Menu(Menu),
    Columns(Chooser),
    Edit(Edit),
    Bulk(Box<BulkEdit>),
    Resolve(Box<Resolve>),
    Prompt(Prompt),
    Confirm(Confirm),
    Notice(Notice),
}

/// A sentence that has to be seen, and what to try.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) title: &'static str,
    pub(super) lines: Vec<String>,
}

/// What a popup made of a key.
#[derive(Debug)]
pub(super) enum Answer {
    Stay,
    Close,
    Run(Intent),
    Stage(RowId, String),
    /// What is typed has changed: try out what was not tried.
    Rehearse,
    /// Stage a new value for each of these rows, called so.
    Compose {
        rows: Vec<RowId>,
        composer: Composer,
        to: String,
    },
    /// Stage these, as one step.
    Choose(Vec<(RowId, Choice)>),
    Search(String),
    Filter(String),
    Mark(String),
    Group(Option<Grouping>),
    Layout(Layout, SortColumn),
    Reason(String),
    Say(String),
    Confirmed(Confirmed),
}

impl Popup {
    pub(super) fn key(&mut self, event: KeyEvent, sheet: Option<&Worksheet>) -> Answer {
        match self {
            Self::Help(help) => help.key(event),
            Self::Palette(palette) => palette.key(event),
            Self::Menu(menu) => menu.key(event),
            Self::Columns(chooser) => chooser.key(event),
            Self::Edit(edit) => edit.key(event, sheet),
            Self::Bulk(bulk) => bulk.key(event, sheet),
            Self::Resolve(resolve) => resolve.key(event, sheet),
            Self::Prompt(prompt) => prompt.key(event),
            Self::Confirm(confirm) => confirm.key(event),
            // Any key will do: there is nothing to decide.
            Self::Notice(_) => Answer::Close,
        }
    }

    pub(super) fn paste(&mut self, pasted: &str, sheet: Option<&Worksheet>) {
        match self {
            Self::Palette(palette) => palette.paste(pasted),
            Self::Edit(edit) => edit.paste(pasted, sheet),
            Self::Bulk(bulk) => bulk.paste(pasted, sheet),
            Self::Resolve(resolve) => resolve.paste(pasted),
            Self::Prompt(prompt) => prompt.paste(pasted),
            Self::Help(_)
            | Self::Menu(_)
            | Self::Columns(_)
            | Self::Confirm(_)
            | Self::Notice(_) => {}
        }
    }

    /// The contexts whose keys the footer shows; none if the popup says its keys itself.
    pub(super) fn contexts(&self) -> &'static [Context] {
        match self {
            Self::Palette(_) => &[Context::Palette],
            Self::Menu(_) => &[Context::Menu],
            Self::Columns(_) => &[Context::Columns],
            Self::Edit(_) => &[Context::Editing],
            Self::Bulk(_) => &[Context::Bulk],
            Self::Resolve(resolve) => resolve.contexts(),
            Self::Prompt(_) => &[Context::Prompt],
            Self::Help(_) | Self::Confirm(_) | Self::Notice(_) => &[],
        }
    }

    pub(super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        sheet: Option<&Worksheet>,
    ) {
        match self {
            Self::Help(help) => help.draw(frame, area, theme),
            Self::Palette(palette) => palette.draw(frame, area, theme),
            Self::Menu(menu) => menu.draw(frame, area, theme),
            Self::Columns(chooser) => chooser.draw(frame, area, theme),
            Self::Edit(edit) => edit.draw(frame, area, theme),
            Self::Bulk(bulk) => bulk.draw(frame, area, theme, sheet),
            Self::Resolve(resolve) => resolve.draw(frame, area, theme),
            Self::Prompt(prompt) => prompt.draw(frame, area, theme),
            Self::Confirm(confirm) => confirm.draw(frame, area, theme),
            Self::Notice(notice) => notice.draw(frame, area, theme),
        }
    }
}

impl Notice {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = area.width.min(72);
        let text_width = usize::from(width.saturating_sub(4));
        let mut lines: Vec<Line<'static>> = Vec::new();
        for text in &self.lines {
            lines.extend(super::cell::wrap(text, text_width, 10, theme));
            lines.push(Line::default());
        }
        lines.push(Line::styled(
            "any key closes this",
            theme.style(Role::Muted),
        ));
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let inner = open(frame, area, (width, height), self.title);
        draw_lines(frame, inner, &lines);
    }
}

/// Clears a box in the middle of `area`, draws its border, and gives its inside.
fn open(frame: &mut Frame<'_>, area: Rect, (width, height): (u16, u16), title: &str) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let block = Block::bordered()
        .title(format!(" {title} "))
        .padding(Padding::horizontal(1));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    inner
}

/// Draws lines from the top of `area`, as many as fit.
pub(super) fn draw_lines(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'static>]) {
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}
