//! The operation log: what was sent to the directories and what became of it,
//! the latest last.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::document::{Blocks, Place};
use crate::text::Cut;
use crate::tui::cell;
use crate::tui::theme::Theme;

/// Operations that are kept.
const KEPT: usize = 10_000;

/// The latest operations.
#[derive(Debug, Default)]
pub(in crate::tui) struct OperationLog {
    lines: VecDeque<String>,
    /// How many were dropped to keep to the limit.
    dropped: usize,
}

impl OperationLog {
    pub(in crate::tui) fn push(&mut self, operation: String) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(operation);
    }

    /// How many lines it has on the screen: one says what was dropped.
    pub(in crate::tui) fn len(&self) -> usize {
        self.lines.len() + 1
    }

    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        place: Place,
        theme: Theme,
    ) {
        let blocks = Blocks::new(std::iter::repeat_n(1, self.len()));
        let width = usize::from(area.width);
        blocks.draw(frame, area, place, |block| {
            let text = match block.checked_sub(1) {
                None if self.dropped > 0 => {
                    format!("{} earlier operations are not shown", self.dropped)
                }
                None => "Operations on the directories; the latest last".to_owned(),
                Some(at) => self.lines.get(at).cloned().unwrap_or_default(),
            };
            vec![Line::from(cell::fit(&text, width, Cut::End, theme))]
        });
    }
}
