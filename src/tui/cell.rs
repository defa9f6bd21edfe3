//! Raw text to styled spans: the only way in which text from a directory, a
//! file or a server reaches the screen.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::{Role, Theme};
use crate::text::{self, Cut, Mark, Piece};

/// Longer values, in bytes, are not compared with their update at every frame.
const COMPARED: usize = 2048;

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

/// The value of an attribute with what `update` would change standing out.
pub(super) fn fit_change(
    raw: &str,
    update: &str,
    width: usize,
    theme: Theme,
) -> Vec<Span<'static>> {
    if width == 0 {
        return Vec::new();
    }
    if raw.len() > COMPARED || update.is_empty() || update.len() > COMPARED {
        return fit_value(raw, width, theme);
    }
    let (before, changed, after) = difference(raw, update);
    let changed = changed.replace(' ', "␠");
    let parts = [
        (before, Style::new()),
        (changed.as_str(), theme.style(Role::Fault)),
        (after, Style::new()),
    ];
    // A cut text leaves a column for the ellipsis.
    let whole = text::width_up_to(raw, width + 1) <= width;
    let mut room = if whole {
        width
    } else {
        width.saturating_sub(1)
    };
    let mut line: Vec<Span<'static>> = Vec::new();
    for (at, (part, style)) in parts.iter().enumerate() {
        let columns = text::width_up_to(part, room + 1);
        if columns > room {
            let rest: String = parts.iter().skip(at).map(|(part, _)| *part).collect();
            line.extend(with_style(fit(&rest, room + 1, Cut::End, theme), *style));
            break;
        }
        line.extend(with_style(fit(part, room, Cut::End, theme), *style));
        room -= columns;
    }
    line
}

/// What `raw` and `other` begin with, where they differ, what they end with.
fn difference<'a>(raw: &'a str, other: &str) -> (&'a str, &'a str, &'a str) {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let length = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(same).map(|(c, _)| c.len_utf8()).sum()
    };
    let prefix = length(&mut raw.chars().zip(other.chars()));
    let (before, rest) = raw.split_at_checked(prefix).unwrap_or((raw, ""));
    let other = other.get(prefix..).unwrap_or_default();
    let suffix = length(&mut rest.chars().rev().zip(other.chars().rev()));
    let middle = rest.len() - suffix;
    let (changed, after) = rest.split_at_checked(middle).unwrap_or((rest, ""));
    (before, changed, after)
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

/// The spans with blanks behind them up to `width` columns.
pub(super) fn padded(mut spans: Vec<Span<'static>>, width: usize) -> Vec<Span<'static>> {
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
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
    fn what_would_change_stands_out() {
        let theme = Theme::new(crate::config::Colours::Standard);
        let marked = |raw: &str, update: &str, width| -> (String, String) {
            let spans = fit_change(raw, update, width, theme);
            let fault = theme.style(Role::Fault);
            let marked: Vec<_> = spans
                .iter()
                .filter(|span| span.style.fg == fault.fg)
                .cloned()
                .collect();
            (shown(&spans), shown(&marked))
        };
        let expect = |all: &str, part: &str| (all.to_owned(), part.to_owned());
        assert_eq!(marked("a b@x", "ab@x", 9), expect("a␠b@x", "␠"));
        assert_eq!(marked("ab@x ", "ab@x", 9), expect("ab@x␠", "␠"));
        assert_eq!(marked("aa", "a", 9), expect("aa", "a"));
        assert_eq!(marked("jürgen", "juergen", 9), expect("jürgen", "ü"));
        assert_eq!(marked("abcdef", "abcdxf", 4), expect("abc…", ""));
        assert_eq!(marked("abcdef", "abxdef", 4), expect("abc…", "c"));
        assert_eq!(marked("abcdef", "abxdef", 3).0, "ab…");
        assert_eq!(marked("abcdef", "x", 0).0, "");
        assert_eq!(marked("a b", "", 9), expect("a b", ""));
    }

    #[test]
    fn spaces_at_the_ends_are_seen() {
        let theme = Theme::new(crate::config::Colours::None);
        assert_eq!(shown(&fit_value(" a b  ", 10, theme)), "␠a b␠␠");
        assert_eq!(shown(&fit_value("   ", 10, theme)), "␠␠␠");
        assert_eq!(shown(&fit_value(" abcdef ", 4, theme)), "␠ab…");
        assert_eq!(shown(&fit_value("a b", 10, theme)), "a b");
    }
}
