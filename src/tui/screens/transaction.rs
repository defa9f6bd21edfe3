//! One transaction of the history: what it changed, entry by entry.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::document::{Blocks, Place};
use super::history;
use crate::text::Cut;
use crate::transaction::TransactionSummary;
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::theme::{Role, Theme};

/// Lines of the heading.
const HEAD: usize = 4;

/// A transaction to read.
#[derive(Debug)]
pub(in crate::tui) struct Shown {
    pub(in crate::tui) summary: TransactionSummary,
    modifications: Vec<(String, Vec<String>)>,
    blocks: Blocks,
    place: Place,
}

impl Shown {
    pub(in crate::tui) fn new(
        summary: TransactionSummary,
        modifications: Vec<(String, Vec<String>)>,
    ) -> Self {
        let heights = modifications.iter().map(|(_, lines)| lines.len() + 2);
        let blocks = Blocks::new(std::iter::once(HEAD).chain(heights));
        Self {
            summary,
            modifications,
            blocks,
            place: Place::default(),
        }
    }

    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize) -> bool {
        self.place.key(intent, height, self.blocks.total())
    }

    pub(in crate::tui) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let width = usize::from(area.width);
        self.blocks.draw(frame, area, self.place, |block| {
            match block.checked_sub(1) {
                None => self.head(width, theme),
                Some(at) => self
                    .modifications
                    .get(at)
                    .map_or_else(Vec::new, |(heading, lines)| {
                        modification(heading, lines, width, theme)
                    }),
            }
        });
    }

    fn head(&self, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let summary = &self.summary;
        let (state, role) = history::state(summary);
        let relation = match (&summary.reverts, &summary.reverted_by) {
            (_, Some(id)) => format!("was taken back by {id}"),
            (Some(id), None) => format!("takes back {id}"),
            (None, None) => String::new(),
        };
        // To the second; the journal has it all.
        let begun: String = summary.started.chars().take(19).collect();
        let who = format!(
            "begun {} UTC by {} on {}",
            begun.replace('T', " "),
            summary.identity,
            summary.forests.join(", ")
        );
        let counts = format!(
            "{} planned, {} done, {} failed, {} in doubt, {} not reached  {relation}",
            summary.planned, summary.done, summary.failed, summary.in_doubt, summary.not_reached
        );
        vec![
            Line::from(vec![
                Span::styled(
                    format!("Transaction {}  ", summary.id),
                    theme.style(Role::Heading),
                ),
                Span::styled(state, theme.style(role)),
            ]),
            Line::from(cell::fit(&who, width, Cut::End, theme)),
            Line::from(cell::fit(&counts, width, Cut::End, theme)),
            Line::default(),
        ]
    }
}

fn modification(heading: &str, lines: &[String], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut shown = vec![Line::from(cell::with_style(
        cell::fit(heading, width, Cut::Middle, theme),
        theme.style(Role::Heading),
    ))];
    for line in lines {
        let role = match line.trim_start().chars().next() {
            Some('-') => Some(Role::Removed),
            Some('+') => Some(Role::Added),
            _ => None,
        };
        let spans = cell::fit(line, width, Cut::End, theme);
        shown.push(Line::from(match role {
            Some(role) => cell::with_style(spans, theme.style(role)),
            None => spans,
        }));
    }
    shown.push(Line::default());
    shown
}
