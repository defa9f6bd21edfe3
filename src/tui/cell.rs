//! Raw text to styled spans: the only way in which text from a directory, a
//! file or a server reaches the screen.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::{Role, Theme};
use crate::text::{self, Cut, Mark, Piece};

/// `raw` in at most `width` columns; replaced characters stand out.
pub(super) fn fit(raw: &str, width: usize, cut: Cut, theme: Theme) -> Vec<Span<'static>> {
    styled(text::fit(raw, width, cut), theme)
}

/// A value of an attribute: like [`fit`], and spaces at its ends are shown, because
/// they are a frequent fault and cannot be seen.
pub(super) fn fit_value(raw: &str, width: usize, theme: Theme) -> Vec<Span<'static>> {
    let inner = raw.trim_matches(' ');
    if inner.len() == raw.len() {
        return fit(raw, width, Cut::End, theme);
    }
    let leading = raw.len() - raw.trim_start_matches(' ').len();
    let trailing = if inner.is_empty() {
        0
    } else {
        raw.len() - raw.trim_end_matches(' ').len()
    };
    let shown_lead = leading.min(width);
    let mut line = vec![space(shown_lead, theme)];
    line.extend(fit(inner, width - shown_lead, Cut::End, theme));
    let used: usize = line.iter().map(Span::width).sum();
    line.push(space(trailing.min(width.saturating_sub(used)), theme));
    line.retain(|span| !span.content.is_empty());
    line
}

fn space(count: usize, theme: Theme) -> Span<'static> {
    Span::styled("␠".repeat(count), theme.style(Role::Escaped))
}

/// `raw` broken into lines of at most `width` columns, the first ones up to
/// `limit`; words stay whole where they fit.
pub(super) fn wrap(raw: &str, width: usize, limit: usize, theme: Theme) -> Vec<Line<'static>> {
    text::wrap(raw, width.max(1), limit)
        .into_iter()
        .map(|pieces| Line::from(styled(pieces, theme)))
        .collect()
}

/// All spans patched by a style.
pub(super) fn with_style(mut spans: Vec<Span<'static>>, style: Style) -> Vec<Span<'static>> {
    for span in &mut spans {
        span.style = style.patch(span.style);
    }
    spans
}

fn styled(pieces: Vec<Piece>, theme: Theme) -> Vec<Span<'static>> {
    pieces
        .into_iter()
        .map(|piece| match piece.mark {
            Mark::Plain => Span::raw(piece.text),
            Mark::Escaped => Span::styled(piece.text, theme.style(Role::Escaped)),
            Mark::Ellipsis => Span::styled(piece.text, theme.style(Role::Muted)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spans: &[Span<'_>]) -> String {
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn spaces_at_the_ends_are_seen() {
        let theme = Theme::new(false);
        assert_eq!(shown(&fit_value(" a b  ", 10, theme)), "␠a b␠␠");
        assert_eq!(shown(&fit_value("   ", 10, theme)), "␠␠␠");
        assert_eq!(shown(&fit_value(" abcdef ", 4, theme)), "␠ab…");
        assert_eq!(shown(&fit_value("a b", 10, theme)), "a b");
    }
}
