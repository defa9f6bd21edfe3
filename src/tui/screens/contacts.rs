//! How complete the contact data of each OU is, as a table: what people will
//! find of each other in the cloud's address book. Nothing here is a finding.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::document::Place;
use crate::scan::{ADDRESS, CONTACT_FIELDS, ContactCounts};
use crate::text::Cut;
use crate::text::figures::{number, percent};
use crate::tui::cell;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::Overview;

/// Names of the [`CONTACT_FIELDS`], short and long.
const NAMES: [(&str, &str); CONTACT_FIELDS.len()] = [
    ("Mail", "Mail"),
    ("Phone", "Telephone"),
    ("Mobil", "Mobile"),
    ("Title", "Title"),
    ("Dept", "Department"),
    ("Comp", "Company"),
    ("Offic", "Office"),
    ("Mngr", "Manager"),
    ("Addr", "Address"),
];
/// From this width on the long ones fit.
const LONG_FROM: usize = 150;
/// Lines above the rows.
const HEAD: usize = 4;
/// Columns of the number of people.
const PEOPLE: usize = 8;

/// How many lines there are to scroll through, below the titles.
pub(in crate::tui) fn rows(overview: &Overview) -> usize {
    overview.contacts.len()
}

/// How many of them a body of so many lines shows.
pub(in crate::tui) fn room(height: usize) -> usize {
    height.saturating_sub(HEAD)
}

pub(in crate::tui) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    (overview, place): (Option<&Overview>, Place),
) {
    let Some(overview) = overview else {
        return draw_lines(frame, area, &[Line::raw("counting the people …")]);
    };
    let width = usize::from(area.width);
    let head = format!(
        "The share of enabled users with each attribute, by OU; an address is {}. Nothing here stops synchronisation.",
        ADDRESS.join(", ")
    );
    let mut lines = cell::wrap(&head, width, 2, theme);
    lines.resize_with(2, Line::default);
    if overview.contacts.is_empty() {
        lines.push(Line::raw("No enabled user was judged."));
        return draw_lines(frame, area, &lines);
    }
    lines.push(titles(width, theme));
    let mut total = ContactCounts::default();
    for (_, counts) in &overview.contacts {
        total.add(counts);
    }
    let all = line("all", &total, width, theme);
    lines.push(all.patch_style(theme.style(Role::Heading)));
    let room = room(usize::from(area.height));
    let top = place.top_of(room, overview.contacts.len());
    for (name, counts) in overview.contacts.iter().skip(top).take(room) {
        lines.push(line(&name.short(), counts, width, theme));
    }
    draw_lines(frame, area, &lines);
}

/// How wide the name and each share are.
fn widths(width: usize) -> (usize, usize) {
    let each = match width {
        LONG_FROM.. => 11,
        100.. => 7,
        _ => 6,
    };
    let name = width.saturating_sub(PEOPLE + each * NAMES.len());
    (name, each)
}

fn titles(width: usize, theme: Theme) -> Line<'static> {
    let (name, each) = widths(width);
    let titles = NAMES.map(|(short, long)| {
        let title = if width >= LONG_FROM { long } else { short };
        format!("{title:>each$}")
    });
    let text = format!("{:<name$}{:>PEOPLE$}{}", "OU", "People", titles.concat());
    Line::styled(text, theme.style(Role::Heading))
}

fn line(name: &str, counts: &ContactCounts, width: usize, theme: Theme) -> Line<'static> {
    let (room, each) = widths(width);
    let name = cell::fit(name, room.saturating_sub(1), Cut::Start, theme);
    let mut spans = cell::padded(name, room);
    spans.push(Span::raw(format!("{:>PEOPLE$}", number(counts.people))));
    for filled in counts.filled {
        let share = format!("{:>each$}", percent(filled, counts.people));
        // Less than half stands out; the figure says the same.
        let style = if filled.saturating_mul(2) < counts.people {
            theme.style(Role::Warning)
        } else {
            Style::new()
        };
        spans.push(Span::styled(share, style));
    }
    Line::from(spans)
}
