//! A short list to choose from, by a letter or by moving and Enter.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, open};
use crate::tui::keymap::{self, Context, Intent};
use crate::tui::theme::{Role, Theme};
use crate::worksheet::Grouping;

/// One thing to choose.
#[derive(Debug, Clone, Copy)]
struct Item {
    key: char,
    name: &'static str,
    text: &'static str,
    chosen: Option<Grouping>,
}

const fn item(key: char, name: &'static str, text: &'static str, chosen: Option<Grouping>) -> Item {
    Item {
        key,
        name,
        text,
        chosen,
    }
}

const GROUPS: [Item; 8] = [
    item(
        'r',
        "rule",
        "the worst rule that a value breaks",
        Some(Grouping::Rule),
    ),
    item(
        'o',
        "OU",
        "where the entries lie",
        Some(Grouping::Container),
    ),
    item(
        'c',
        "conflict set",
        "who holds the same value",
        Some(Grouping::Conflict),
    ),
    item(
        'e',
        "entry",
        "all findings of an entry together",
        Some(Grouping::Entry),
    ),
    item(
        'a',
        "attribute",
        "userPrincipalName, proxyAddresses …",
        Some(Grouping::Attribute),
    ),
    item(
        's',
        "severity",
        "what the cloud does with it",
        Some(Grouping::Severity),
    ),
    item(
        'd',
        "domain",
        "the domains of all forests",
        Some(Grouping::Domain),
    ),
    item('n', "none", "no groups", None),
];

/// What rows can be grouped by.
#[derive(Debug)]
pub(in crate::tui) struct Menu {
    chosen: usize,
}

impl Menu {
    /// What rows can be grouped by; they are by `now`.
    pub(in crate::tui) fn groups(now: Option<Grouping>) -> Self {
        let chosen = GROUPS.iter().position(|item| item.chosen == now);
        Self {
            chosen: chosen.filter(|_| now.is_some()).unwrap_or(0),
        }
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        if let KeyCode::Char(character) = event.code
            && event.modifiers == KeyModifiers::NONE
            && let Some(item) = GROUPS.iter().find(|item| item.key == character)
        {
            return Answer::Group(item.chosen);
        }
        match keymap::intent(&[Context::Menu], event) {
            Some(Intent::Close) => return Answer::Close,
            Some(Intent::Submit) => return Answer::Group(GROUPS[self.chosen].chosen),
            Some(Intent::Down) => self.chosen = (self.chosen + 1).min(GROUPS.len() - 1),
            Some(Intent::Up) => self.chosen = self.chosen.saturating_sub(1),
            _ => {}
        }
        Answer::Stay
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let lines = GROUPS.iter().zip(0..).map(|(item, at)| {
            let sign = if at == self.chosen { "> " } else { "  " };
            let line = Line::from(vec![
                Span::raw(sign),
                Span::styled(format!("{}  ", item.key), theme.style(Role::Key)),
                Span::styled(format!("{:<13} ", item.name), theme.style(Role::Heading)),
                Span::raw(item.text),
            ]);
            if at == self.chosen {
                line.patch_style(theme.style(Role::CursorCell))
            } else {
                line
            }
        });
        let lines: Vec<Line<'static>> = lines.collect();
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let inner = open(frame, area, (62, height), "Group the rows by");
        draw_lines(frame, inner, &lines);
    }
}
