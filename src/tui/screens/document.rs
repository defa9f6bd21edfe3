//! Long texts made of blocks, of which only the lines on the screen are made.
//!
//! A block knows how many lines it has without making them, so that a plan of a
//! hundred thousand entries scrolls as fast as one of ten.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;

/// Which line is the topmost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tui) struct Place {
    top: usize,
}

impl Place {
    /// The topmost of `total` lines on a screen of `height`.
    pub(in crate::tui) fn top_of(self, height: usize, total: usize) -> usize {
        self.top.min(total.saturating_sub(height))
    }

    /// Moves by a key; `false` if the key does not move.
    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize, total: usize) -> bool {
        let page = height.max(1);
        let last = total.saturating_sub(height);
        self.top = match intent {
            Intent::Up => self.top.saturating_sub(1),
            Intent::Down => self.top + 1,
            Intent::PageUp => self.top.saturating_sub(page),
            Intent::PageDown => self.top + page,
            Intent::HalfUp => self.top.saturating_sub(page / 2),
            Intent::HalfDown => self.top + page / 2,
            Intent::First => 0,
            Intent::Last => last,
            _ => return false,
        }
        .min(last);
        true
    }
}

/// Where the blocks of a document begin.
#[derive(Debug, Default)]
pub(in crate::tui) struct Blocks {
    /// The line behind each block.
    ends: Vec<usize>,
}

impl Blocks {
    pub(in crate::tui) fn new(heights: impl IntoIterator<Item = usize>) -> Self {
        let mut end = 0;
        let ends = heights
            .into_iter()
            .map(|height| {
                end += height;
                end
            })
            .collect();
        Self { ends }
    }

    /// How many lines there are.
    pub(in crate::tui) fn total(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Draws what is on the screen; `make` gives the lines of a block.
    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        place: Place,
        make: impl Fn(usize) -> Vec<Line<'static>>,
    ) {
        let height = usize::from(area.height);
        let top = place.top_of(height, self.total());
        let first = self.ends.partition_point(|end| *end <= top);
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut lines: Vec<Line<'static>> = Vec::new();
        for block in first..self.ends.len() {
            lines.extend(make(block));
            if lines.len() >= height + (top - start) {
                break;
            }
        }
        draw_lines(frame, area, lines.get(top - start..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn screen(top: usize) -> Vec<String> {
        let blocks = Blocks::new([2, 3, 1]);
        assert_eq!(blocks.total(), 6);
        let mut terminal = Terminal::new(TestBackend::new(4, 3)).unwrap();
        terminal
            .draw(|frame| {
                blocks.draw(frame, frame.area(), Place { top }, |block| {
                    let height = [2, 3, 1][block];
                    (0..height)
                        .map(|line| Line::raw(format!("{block}.{line}")))
                        .collect()
                });
            })
            .unwrap();
        let buffer = terminal.backend().buffer();
        (0..3)
            .map(|y| (0..3).map(|x| buffer[(x, y)].symbol().to_owned()).collect())
            .collect()
    }

    #[test]
    fn any_line_can_be_the_first() {
        assert_eq!(screen(0), ["0.0", "0.1", "1.0"]);
        assert_eq!(screen(1), ["0.1", "1.0", "1.1"]);
        assert_eq!(screen(2), ["1.0", "1.1", "1.2"]);
        assert_eq!(screen(3), ["1.1", "1.2", "2.0"]);
    }

    #[test]
    fn nothing_scrolls_past_the_end() {
        assert_eq!(screen(99), ["1.1", "1.2", "2.0"]);
        let mut place = Place::default();
        place.key(Intent::PageDown, 4, 6);
        assert_eq!(place.top, 2);
        place.key(Intent::PageDown, 10, 6);
        assert_eq!(place.top, 0);
    }
}
