//! Bars of inline SVG. Every number stands beside its bar as text, so nothing
//! is told by length or colour alone.

use super::escape::html;
pub(super) use crate::text::figures::{number, percent};

/// The width of a bar in its own units.
const WIDTH: u64 = 1000;

/// A bar of parts, each with the name of its look; `total` is the full width.
pub(super) fn bar(parts: &[(&str, u64)], total: u64) -> String {
    let mut svg = format!(
        "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><rect class=\"rest\" width=\"{WIDTH}\" height=\"10\"/>"
    );
    let mut start = 0;
    for (look, number) in parts {
        let width = share(*number, total);
        if width > 0 {
            let (x, width) = (start.to_string(), width.to_string());
            svg.extend([
                "<rect class=\"",
                look,
                "\" x=\"",
                &x,
                "\" width=\"",
                &width,
                "\" height=\"10\"/>",
            ]);
        }
        start += width;
    }
    svg.push_str("</svg>");
    svg
}

/// A table of names, numbers and bars, the longest bar full; what has no look
/// has no bar.
pub(super) fn ranking(caption: &str, rows: &[(String, &str, u64)]) -> String {
    let barred = rows.iter().filter(|(_, look, _)| !look.is_empty());
    let most = barred.map(|(_, _, rows)| *rows).max().unwrap_or(0);
    let mut table = format!(
        "<table class=\"chart\"><caption>{}</caption>",
        html(caption)
    );
    for (name, look, rows) in rows {
        let bar = match *look {
            "" => String::new(),
            look => bar(&[(look, *rows)], most),
        };
        table.extend([
            "<tr><th scope=\"row\">",
            &html(name),
            "</th><td class=\"number\">",
            &number(*rows),
            "</td><td class=\"wide\">",
            &bar,
            "</td></tr>",
        ]);
    }
    table.push_str("</table>");
    table
}

/// What the parts of a bar of readiness mean.
pub(super) fn legend() -> &'static str {
    "<p class=\"legend\" aria-hidden=\"true\"><span class=\"ready\">ready</span> \
     <span class=\"degraded\">degraded</span> <span class=\"blocked\">not ready</span></p>"
}

/// A part of the full width; something is never drawn as nothing.
fn share(number: u64, total: u64) -> u64 {
    if number == 0 || total == 0 {
        return 0;
    }
    (number.saturating_mul(WIDTH) / total).clamp(4, WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_million_has_a_bar() {
        assert!(bar(&[("blocked", 1)], 1_000_000).contains("width=\"4\""));
        assert!(!bar(&[("blocked", 0)], 10).contains("class=\"blocked\""));
    }
}
