//! Draws the state: header, screen, status, footer, popups. Changes nothing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::decide::in_words;
use super::app::{App, Sheet};
use super::grid::state::{SEVERITIES, severity_word};
use super::grid::{Detail, Grid, Targets, detail, view};
use super::popup::draw_lines;
use super::screens::{Screen, contacts, list};
use super::theme::{Role, Theme};
use super::{cell, footer};
use crate::model::SourceKind;
use crate::rule::Severity;
use crate::text::{self, Cut};

/// From this width on the detail pane stands beside the grid, not below it.
const BESIDE_FROM: u16 = 150;

/// Between what actions go to and where the cursor is.
const BESIDE: &str = " · ";

/// Where what is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Areas {
    header: Rect,
    /// Everything between header and status.
    pub(super) body: Rect,
    /// The grid, if the body shows it.
    pub(super) grid: Option<Rect>,
    pub(super) detail: Option<Rect>,
    status: Rect,
    footer: Rect,
}

impl Areas {
    pub(super) fn of(app: &App) -> Self {
        Self::of_sheet(app.size, app.sheet.as_ref().map(|sheet| &sheet.grid))
    }

    /// The same, for who holds the grid alone.
    pub(super) fn of_sheet((width, height): (u16, u16), grid: Option<&Grid>) -> Self {
        let row = |y: u16, rows: u16| {
            let y = y.min(height);
            Rect::new(0, y, width, rows.min(height - y))
        };
        let body = row(2, height.saturating_sub(4));
        let (grid, detail) = match grid.map(|grid| grid.look.detail) {
            None => (None, None),
            Some(Detail::Hidden) => (Some(body), None),
            Some(Detail::Alone) => (None, Some(body)),
            Some(Detail::Beside) if width >= BESIDE_FROM => {
                let right = (width * 2 / 5).clamp(44, 84);
                let grid = Rect {
                    width: width - right,
                    ..body
                };
                (
                    Some(grid),
                    Some(Rect {
                        x: grid.right(),
                        width: right,
                        ..body
                    }),
                )
            }
            Some(Detail::Beside) => {
                let lower = (body.height * 9 / 20).min(18);
                let grid = Rect {
                    height: body.height - lower,
                    ..body
                };
                (
                    Some(grid),
                    Some(Rect {
                        y: grid.bottom(),
                        height: lower,
                        ..body
                    }),
                )
            }
        };
        Self {
            header: row(0, 2),
            body,
            grid,
            detail,
            status: row(height.saturating_sub(2), 1),
            footer: row(height.saturating_sub(1), 1),
        }
    }
}

/// Draws the whole screen.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    // The terminal may have another size by now than the interface was told.
    let size = frame.area().as_size();
    let grid_of = app.sheet.as_ref().map(|sheet| &sheet.grid);
    let areas = Areas::of_sheet((size.width, size.height), grid_of);
    let theme = app.theme;
    header(app, frame, areas.header);
    match app.screens.last() {
        Some(Screen::Connect(form)) => {
            form.draw(frame, areas.body, app.kept.in_short(), theme);
        }
        Some(Screen::Examination(examination)) => examination.draw(frame, areas.body, theme),
        Some(Screen::Scan(scan)) => scan.draw(frame, areas.body, theme),
        Some(Screen::Summary(summary)) => {
            let shown = app.overview().zip(app.worksheet());
            summary.draw(frame, areas.body, theme, shown);
        }
        Some(Screen::Contacts(place)) => {
            contacts::draw(frame, areas.body, theme, (app.overview(), *place));
        }
        Some(Screen::Rules(screen)) => {
            if let Some(sheet) = app.worksheet() {
                let rules = &sheet.judge.rules;
                screen.draw(frame, areas.body, theme, (rules, app.overview()));
            }
        }
        Some(Screen::Exceptions(screen)) => {
            if let Some(sheet) = app.worksheet() {
                screen.draw(frame, areas.body, theme, sheet);
            }
        }
        Some(Screen::Grid) => grid(app, frame, areas),
        Some(Screen::Review(review)) => review.draw(frame, areas.body, theme),
        Some(Screen::Write(write)) => write.draw(frame, areas.body, theme),
        Some(Screen::Outcome(outcome)) => outcome.draw(frame, areas.body, theme),
        Some(Screen::History(history)) => history.draw(frame, areas.body, theme),
        Some(Screen::Sessions(sessions)) => {
            sessions.draw(frame, areas.body, &app.kept.list, theme);
        }
        Some(Screen::Transaction(shown)) => shown.draw(frame, areas.body, theme),
        Some(Screen::Log(place)) => app.log.draw(frame, areas.body, *place, theme),
        None => {}
    }
    status(app, frame, areas.status);
    footer::draw(app, frame, areas.footer);
    for popup in &app.popups {
        popup.draw(
            frame,
            areas.body.union(areas.status),
            theme,
            app.worksheet(),
        );
    }
}

/// What the screen is called.
fn title(screen: Option<&Screen>) -> &'static str {
    match screen {
        Some(Screen::Connect(_)) => "connect",
        Some(Screen::Examination(_)) => "test",
        Some(Screen::Scan(_)) => "scan",
        Some(Screen::Summary(_)) => "summary",
        Some(Screen::Contacts(_)) => "contact data",
        Some(Screen::Rules(_)) => "rules",
        Some(Screen::Exceptions(_)) => "accepted",
        Some(Screen::Grid) | None => "findings",
        Some(Screen::Review(_)) => "review",
        Some(Screen::Write(_)) => "writing",
        Some(Screen::Outcome(_)) => "result",
        Some(Screen::History(_)) => "history",
        Some(Screen::Sessions(_)) => "sessions",
        Some(Screen::Transaction(_)) => "transaction",
        Some(Screen::Log(_)) => "operations",
    }
}

fn header(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.theme;
    let (mode, role) = if app.armed {
        (" ARMED ", Role::Armed)
    } else {
        (" READ-ONLY ", Role::ReadOnly)
    };
    let width = usize::from(area.width);
    let room = width.saturating_sub(mode.len() + 1);
    let name = format!("idmend · {} ", title(app.screens.last()));
    let mut spans = vec![Span::styled(name.clone(), theme.style(Role::Heading))];
    spans.extend(cell::fit(
        &place(app),
        room.saturating_sub(name.chars().count()),
        Cut::Middle,
        theme,
    ));
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(Span::raw(
        " ".repeat(width.saturating_sub(used + mode.len())),
    ));
    spans.push(Span::styled(mode, theme.style(role)));
    draw_lines(frame, area, &[Line::from(spans), summary(app, width)]);
}

/// Where we are: forests, host, identity, rules.
fn place(app: &App) -> String {
    if app.forests.is_empty() {
        return String::new();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for forest in &app.forests {
        let kind = match forest.kind {
            SourceKind::ActiveDirectory | SourceKind::OtherLdap => {
                let host = forest
                    .domains
                    .first()
                    .map_or("", |domain| domain.host.as_str());
                let who = forest.identity.as_deref().unwrap_or("an unknown identity");
                parts.push(format!("{} via {host} as {who}", forest.name));
                continue;
            }
            SourceKind::Ldif => "from LDIF",
            SourceKind::Memory => "in memory",
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(&forest.name),
            None => kinds.push((kind, vec![&forest.name])),
        }
    }
    parts.extend(
        kinds
            .iter()
            .map(|(kind, names)| format!("{} {kind}", names.join(", "))),
    );
    let rules = app.worksheet().map_or(app.request.rules.as_str(), |sheet| {
        sheet.judge.rules.name.as_str()
    });
    format!("{} · rules {rules}", parts.join(", "))
}

/// Counts by severity, marks, staged rows, filter.
fn summary(app: &App, width: usize) -> Line<'static> {
    let theme = app.theme;
    let Some(sheet) = app.sheet.as_ref() else {
        return Line::default();
    };
    let mut spans = Vec::new();
    // It hides rows of the grid alone.
    if let (Some(filter), Some(Screen::Grid)) = (&sheet.grid.look.filter, app.screens.last()) {
        let mut chip = vec![Span::raw(" filter: ")];
        chip.extend(cell::fit(
            &filter.text,
            (width / 3).max(16),
            Cut::End,
            theme,
        ));
        chip.push(Span::raw(" "));
        spans.extend(cell::with_style(chip, theme.style(Role::Chip)));
        spans.push(Span::raw("  "));
    }
    if app.kept.trouble(app.now).is_some() {
        spans.push(Span::styled("! NOT KEPT  ", theme.style(Role::Removed)));
    }
    if !sheet.worksheet.scan.incomplete.is_empty() {
        spans.push(Span::styled("! PARTIAL SCAN  ", theme.style(Role::Warning)));
    }
    let staged = sheet.worksheet.staged();
    if staged > 0 {
        let staged = format!("{staged} staged  ");
        spans.push(Span::styled(staged, theme.style(Role::Staged)));
    }
    if sheet.grid.marks() > 0 {
        let marked = format!("{} marked  ", sheet.grid.marks());
        spans.push(Span::styled(marked, theme.style(Role::Marked)));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.extend(severities(sheet, width.saturating_sub(used), theme));
    if sheet.worksheet.is_empty() {
        spans.push(Span::raw("0 findings"));
    }
    Line::from(spans)
}

/// How many rows there are of each severity, in short words where long ones do
/// not fit.
fn severities(sheet: &Sheet, room: usize, theme: Theme) -> Vec<Span<'static>> {
    let counts = SEVERITIES.iter().zip(sheet.tally.severities);
    let counts: Vec<_> = counts.filter(|(_, number)| *number > 0).collect();
    let items = |letters: usize| -> Vec<Span<'static>> {
        let item = |(severity, number): &(&Severity, usize)| {
            let word: String = severity_word(**severity).chars().take(letters).collect();
            let style = theme.severity(**severity);
            [
                Span::styled(format!("{number} {word}"), style),
                Span::raw("  "),
            ]
        };
        counts.iter().flat_map(item).collect()
    };
    let fits = |items: &Vec<Span<'_>>| {
        let width: usize = items.iter().map(Span::width).sum();
        // The last gap may be beyond the edge.
        width <= room + 2
    };
    let lengths = [usize::MAX, 4, 1];
    let fitting = lengths.into_iter().map(items).find(fits);
    fitting.unwrap_or_else(|| vec![Span::styled("…", theme.style(Role::Muted))])
}

fn grid(app: &App, frame: &mut Frame<'_>, areas: Areas) {
    let Some(sheet) = app.sheet.as_ref() else {
        return;
    };
    if sheet.worksheet.is_empty() {
        return nothing_found(sheet, frame, areas.body, app.theme);
    }
    if let Some(area) = areas.grid {
        view::draw(frame, area, &sheet.grid, &sheet.worksheet, app.theme);
        if sheet.grid.order().is_empty() {
            let words = if sheet.grid.is_waiting() {
                "   the rows are being put in order"
            } else {
                "   no row matches the filter; F shows all rows again"
            };
            let below = Rect {
                y: area.y + 2,
                height: area.height.saturating_sub(2),
                ..area
            };
            draw_lines(frame, below, &[Line::raw(words)]);
        }
    }
    if let Some(area) = areas.detail {
        detail_pane(sheet, frame, area, app.theme);
    }
}

fn detail_pane(sheet: &Sheet, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
    let inner = list::pane(frame, area, theme);
    let width = usize::from(inner.width);
    let lines = detail::lines(&sheet.worksheet, &sheet.grid, width, theme);
    list::fill(frame, (area, inner), theme, (&lines, sheet.grid.detail_top));
}

/// A scan that found nothing says what it saw, so that nobody takes it for one
/// that did not run.
fn nothing_found(sheet: &Sheet, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
    let scan = &sheet.worksheet.scan;
    let width = usize::from(area.width.saturating_sub(4));
    let judged: u64 = scan.progress.iter().map(|domain| domain.judged).sum();
    let entries: u64 = scan.progress.iter().map(|domain| domain.entries).sum();
    let mut texts = vec![
        format!("0 findings in {judged} judged entries ({entries} read)."),
        String::new(),
    ];
    for (domain, progress) in scan
        .domains
        .iter()
        .map(|(_, domain)| domain)
        .zip(&scan.progress)
    {
        texts.push(format!(
            "{} from {}, under {}: {} read, {} skipped",
            domain.dns_name, domain.host, domain.naming_context, progress.entries, progress.skipped
        ));
    }
    for (reason, number) in &scan.skipped {
        texts.push(format!(
            "skipped as the sync engine skips: {number} ({reason:?})"
        ));
    }
    texts.extend(
        scan.incomplete
            .iter()
            .map(|sentence| format!("! {sentence}")),
    );
    if judged == 0 {
        texts.push("! Nothing was judged at all: check the base, the filter and the rights of the account.".to_owned());
    }
    let mut lines = Vec::new();
    for text in texts {
        if text.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(cell::wrap(&text, width, 4, theme));
    }
    let place = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(1),
    };
    draw_lines(frame, place, &lines);
}

fn status(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.theme;
    let width = usize::from(area.width);
    let trouble = app.sheet.as_ref().and_then(|_| app.kept.trouble(app.now));
    let text = match (&app.status, app.screens.last()) {
        (Some(status), _) => status.clone(),
        (None, _) if trouble.is_some() => {
            format!("! not kept: {}", trouble.unwrap_or_default())
        }
        (None, Some(Screen::Review(_))) if app.armed => {
            "armed: w begins writing, after a last question".to_owned()
        }
        (None, Some(Screen::Review(_))) => {
            "nothing is written yet: a arms writing, then w begins it".to_owned()
        }
        (None, Some(Screen::Connect(_))) => format!("journals and logs: {}", app.state.display()),
        (None, Some(Screen::Examination(examination))) => examination.conclusion().to_owned(),
        (None, Some(Screen::Summary(summary))) => working(app).unwrap_or_else(|| {
            let shown = app.overview().zip(app.worksheet());
            shown.map_or_else(String::new, |(overview, sheet)| {
                summary.words(overview, &sheet.judge.rules)
            })
        }),
        (None, Some(Screen::Grid)) => working(app).unwrap_or_default(),
        _ => String::new(),
    };
    let mut right = match (app.screens.last(), &app.sheet) {
        (Some(Screen::Grid), Some(sheet)) => position(sheet),
        _ => String::new(),
    };
    let room = |right: &str| width.saturating_sub(right.chars().count() + 2);
    // What was just done is not to be crowded out by what marks there are: the
    // second line counts them, too.
    let is_crowded = text::width_up_to(&text, width) > room(&right);
    if let Some(at) = right.find(BESIDE).filter(|_| is_crowded) {
        right.drain(..at + BESIDE.len());
    }
    let mut spans = cell::fit(&text, room(&right), Cut::End, theme);
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(Span::raw(
        " ".repeat(width.saturating_sub(used + right.chars().count())),
    ));
    spans.push(Span::styled(right, theme.style(Role::Muted)));
    draw_lines(frame, area, &[Line::from(spans)]);
}

/// What is done beside the interface.
fn working(app: &App) -> Option<String> {
    let words = app.work.words()?;
    Some(format!("{words}; Esc stops it"))
}

/// What actions go to, and where the cursor is.
fn position(sheet: &Sheet) -> String {
    let grid = &sheet.grid;
    if grid.is_waiting() {
        return format!("putting {} rows in order", sheet.worksheet.len());
    }
    let (shown, all) = (grid.order().len(), sheet.worksheet.len());
    let at = if shown == 0 { 0 } else { grid.place() + 1 };
    let place = if shown == all {
        format!("row {at} of {all}")
    } else {
        format!("row {at} of {shown}, {all} in all")
    };
    match grid.targets() {
        Targets::Row | Targets::None => place,
        many => format!("→ {}{BESIDE}{place}", in_words(many)),
    }
}
