//! The last line: the useful keys of what is on the screen, from the table that
//! dispatches them, and more of them where there is room.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::app::App;
use super::keymap::{self, Binding, Context, Footer, Intent};
use super::popup::draw_lines;
use super::screens::Screen;
use super::theme::{Role, Theme};

/// Columns between two keys.
const GAP: usize = 2;

/// What is useful in the grid as long as rows are marked.
const WITH_MARKS: [Intent; 7] = [
    Intent::Accept,
    Intent::EditMany,
    Intent::ReplaceMany,
    Intent::Suffix,
    Intent::Review,
    Intent::ClearMarks,
    Intent::Undo,
];

/// Draws the keys of the topmost popup, else of the screen.
pub(super) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let contexts = match app.popups.last() {
        Some(popup) => popup.contexts(),
        None => app.contexts(),
    };
    let bindings = keymap::bindings(contexts);
    let items = |is_general: bool, footer: Footer| {
        let of = bindings.iter().filter(move |binding| {
            (binding.context == Context::Everywhere) == is_general && binding.footer == footer
        });
        of.filter_map(|binding| item(binding, app))
    };
    // What is valid everywhere is kept, whatever is left out.
    let tail: Vec<_> = items(true, Footer::Useful).collect();
    let used: usize = tail.iter().map(|item| item.width() + GAP).sum();
    let mut room = (usize::from(area.width) + GAP).saturating_sub(used);
    let mut shown = Vec::new();
    let mut is_full = false;
    let useful: Vec<_> = if has_marks(app) {
        let binding = |intent: &Intent| bindings.iter().find(|binding| binding.intent == *intent);
        let many = WITH_MARKS.iter().filter_map(binding);
        many.filter_map(|binding| item(binding, app)).collect()
    } else {
        items(false, Footer::Useful).collect()
    };
    for item in useful {
        is_full |= item.width() + GAP > room;
        if !is_full {
            room -= item.width() + GAP;
            shown.push(item);
        }
    }
    let more = items(false, Footer::WithRoom).chain(items(true, Footer::WithRoom));
    for item in more.filter(|_| !is_full) {
        if item.width() + GAP <= room {
            room -= item.width() + GAP;
            shown.push(item);
        }
    }
    shown.extend(tail);
    let line = shown.iter().flat_map(|item| item.spans(app.theme));
    draw_lines(frame, area, &[line.collect()]);
}

/// Whether the grid is shown, and rows are marked in it.
fn has_marks(app: &App) -> bool {
    let is_marked = app
        .sheet
        .as_ref()
        .is_some_and(|sheet| sheet.grid.marks() > 0);
    let is_grid = matches!(app.screens.last(), Some(Screen::Grid));
    is_marked && is_grid && app.popups.is_empty()
}

/// A key and what it does, in a word or two.
struct Item {
    key: String,
    name: &'static str,
}

impl Item {
    fn width(&self) -> usize {
        Span::raw(&self.key).width() + 1 + Span::raw(self.name).width()
    }

    fn spans(&self, theme: Theme) -> [Span<'static>; 2] {
        [
            Span::styled(self.key.clone(), theme.style(Role::Key)),
            Span::styled(
                format!(" {}{}", self.name, " ".repeat(GAP)),
                theme.style(Role::Muted),
            ),
        ]
    }
}

fn item(binding: &Binding, app: &App) -> Option<Item> {
    let key = binding.keys.first()?.label();
    let name = match binding.intent {
        Intent::Close if binding.context == Context::Everywhere => where_closing_leads(app)?,
        Intent::Summary | Intent::Rules | Intent::Exceptions | Intent::History
            if app.sheet.is_none() || app.is_moving() || is_here(binding.intent, app) =>
        {
            return None;
        }
        _ => binding.name,
    };
    Some(Item { key, name })
}

/// Whether a key leads to the screen that is shown, or where `q` leads, too.
fn is_here(intent: Intent, app: &App) -> bool {
    match intent {
        Intent::Summary => {
            let mut topmost = app.screens.iter().rev().take(2);
            topmost.any(|screen| matches!(screen, Screen::Summary(_)))
        }
        Intent::Rules => matches!(app.screens.last(), Some(Screen::Rules(_))),
        Intent::Exceptions => matches!(app.screens.last(), Some(Screen::Exceptions(_))),
        _ => matches!(app.screens.last(), Some(Screen::History(_))),
    }
}

/// What `q` leads to; nothing where another key of the screen says it better.
fn where_closing_leads(app: &App) -> Option<&'static str> {
    let beneath = app.screens.iter().rev().nth(1);
    match (app.screens.last(), beneath) {
        (Some(Screen::Examination(_) | Screen::Scan(_) | Screen::Write(_)), _) => None,
        (_, None) => Some("quit"),
        (_, Some(Screen::Summary(_))) => Some("summary"),
        (_, Some(Screen::Grid)) => Some("findings"),
        (_, Some(_)) => Some("close"),
    }
}
