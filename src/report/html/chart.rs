//! Bars of inline SVG. Every number stands beside its bar as text, so nothing
//! is told by length or colour alone.

use super::escape::html;

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

/// `1,234,567`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A part of the full width; something is never drawn as nothing.
fn share(number: u64, total: u64) -> u64 {
    if number == 0 || total == 0 {
        return 0;
    }
    (number.saturating_mul(WIDTH) / total).clamp(4, WIDTH)
}

/// `97 %`; never 100 or 0 by rounding.
pub(super) fn percent(number: u64, total: u64) -> String {
    if total == 0 {
        return "–".to_owned();
    }
    let rounded = (number.saturating_mul(200) / total).div_ceil(2);
    let honest = match rounded {
        100 if number < total => 99,
        0 if number > 0 => 1,
        other => other,
    };
    format!("{honest} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_not_rounded_to_all_or_nothing() {
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(1, 1000), "1 %");
        assert_eq!(percent(0, 3), "0 %");
        assert_eq!(percent(3, 3), "100 %");
        assert_eq!(percent(2, 3), "67 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (long, grouped) in [
            (7, "7"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(long), grouped);
        }
    }

    #[test]
    fn one_of_a_million_has_a_bar() {
        assert!(bar(&[("blocked", 1)], 1_000_000).contains("width=\"4\""));
        assert!(!bar(&[("blocked", 0)], 10).contains("class=\"blocked\""));
    }
}
