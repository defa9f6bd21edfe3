//! Bars of characters. The number stands beside each, so nothing is told by
//! length or colour alone.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::Cut;
use crate::text::figures::number;
use crate::tui::cell;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Readiness, Share};

/// What is open, what is decided.
const FULL: &str = "█";
const LIGHT: &str = "░";
const MEDIUM: &str = "▒";

/// A name, a bar and a number on one line.
#[derive(Debug, Clone, Copy)]
pub(in crate::tui) struct Bar<'a> {
    /// Raw.
    pub(in crate::tui) label: &'a str,
    pub(in crate::tui) cut: Cut,
    pub(in crate::tui) share: Share,
    /// How many rows the longest bar stands for.
    pub(in crate::tui) most: usize,
    /// Whether the cursor is on it.
    pub(in crate::tui) is_on: bool,
    pub(in crate::tui) style: Style,
}

impl Bar<'_> {
    pub(in crate::tui) fn draw(self, width: usize, theme: Theme) -> Line<'static> {
        let Share { rows, open } = self.share;
        let figures = if open == rows {
            figure(rows)
        } else {
            format!("{}/{}", figure(open), figure(rows))
        };
        // The longest is as wide as it can get while it is worked on.
        let numbers = (2 * figure(self.most).len() + 1).max(figures.len());
        let room = width.saturating_sub(numbers + 4);
        let name = (room * 3 / 5).max(8);
        let length = room.saturating_sub(name);
        let filled = part(rows, self.most, length);
        let full = part(open, rows, filled);
        let (sign, role) = if self.is_on {
            ("> ", theme.style(Role::CursorCell))
        } else {
            ("  ", Style::new())
        };
        let label = cell::fit(self.label, name, self.cut, theme);
        let mut spans = vec![Span::styled(sign, theme.style(Role::Key))];
        spans.extend(cell::with_style(cell::padded(label, name), role));
        spans.push(Span::raw(" "));
        spans.push(Span::styled(FULL.repeat(full), self.style));
        spans.push(Span::styled(LIGHT.repeat(filled - full), self.style));
        spans.push(Span::raw(" ".repeat(length - filled)));
        spans.push(Span::raw(format!(" {figures:>numbers$}")));
        Line::from(spans)
    }
}

fn figure(rows: usize) -> String {
    number(u64::try_from(rows).unwrap_or(u64::MAX))
}

/// A part of the full length; something is never drawn as nothing, nor a part
/// as all.
fn part(some: usize, all: usize, length: usize) -> usize {
    match (some, all) {
        (0, _) | (_, 0) => 0,
        (some, all) if some >= all => length,
        (some, all) => {
            let (some, all, wide) = (some as u128, all as u128, length as u128);
            let rounded = (2 * some * wide + all) / (2 * all);
            let rounded = usize::try_from(rounded).unwrap_or(length);
            rounded.min(length.saturating_sub(1)).max(length.min(1))
        }
    }
}

/// How ready all judged entries are, as one bar and in figures.
pub(in crate::tui) fn ready_line(
    readiness: &Readiness,
    width: usize,
    theme: Theme,
) -> Line<'static> {
    let parts = [
        (FULL, "ready", readiness.ready(), Role::Added),
        (MEDIUM, "degraded", readiness.degraded, Role::Warning),
        (LIGHT, "not ready", readiness.blocked, Role::Removed),
    ];
    let legend: Vec<Span<'static>> = parts
        .iter()
        .flat_map(|(sign, word, many, role)| {
            let text = format!("  {sign} {} {word}", number(*many));
            [Span::styled(text, theme.style(*role))]
        })
        .collect();
    let used: usize = legend.iter().map(Span::width).sum();
    let length = width.saturating_sub(used).min(80);
    let all = usize::try_from(readiness.judged).unwrap_or(usize::MAX);
    let mut spans = Vec::new();
    let mut left = length;
    for (sign, _, many, role) in parts.iter().rev() {
        let many = usize::try_from(*many).unwrap_or(usize::MAX);
        let cells = part(many, all, length).min(left);
        // What is ready gets the rest.
        let cells = if *sign == FULL && many > 0 {
            left
        } else {
            cells
        };
        left -= cells;
        spans.insert(0, Span::styled(sign.repeat(cells), theme.style(*role)));
    }
    spans.extend(legend);
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &Line<'_>) -> String {
        line.spans
            .iter()
            .map(|span| span.content.as_ref())
            .collect()
    }

    fn bar(rows: usize, open: usize, most: usize, width: usize) -> String {
        let bar = Bar {
            label: "userPrincipalName\u{202e}",
            cut: Cut::Middle,
            share: Share { rows, open },
            most,
            is_on: false,
            style: Style::new(),
        };
        shown(&bar.draw(width, Theme::new(crate::config::Colours::None)))
    }

    #[test]
    fn one_of_a_million_has_a_bar_and_what_is_open_of_many_is_seen() {
        let million = 1_000_000;
        assert!(bar(1, 1, million, 60).contains(" █ "));
        assert!(bar(million, 1, million, 60).contains("█░░"));
        assert!(bar(million, million - 1, million, 60).contains("█░"));
        assert!(bar(million, million, million, 60).ends_with(" 1,000,000"));
    }

    #[test]
    fn a_line_is_as_wide_as_it_is_to_be() {
        for width in [30, 39, 59, 98] {
            let line = bar(12, 3, 30, width);
            let columns = unicode_width::UnicodeWidthStr::width(line.as_str());
            assert_eq!(columns, width, "{line}");
        }
        bar(usize::MAX / 4, 0, usize::MAX / 4, 3);
    }

    #[test]
    fn what_is_not_ready_is_seen_however_little_it_is() {
        let readiness = Readiness {
            judged: 1_000_000,
            blocked: 1,
            degraded: 1,
        };
        let line = ready_line(&readiness, 80, Theme::new(crate::config::Colours::None));
        let line = shown(&line);
        assert!(
            line.contains("█▒░  █ 999,998 ready  ▒ 1 degraded  ░ 1 not ready"),
            "{line}"
        );
    }
}
