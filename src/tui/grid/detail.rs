//! The detail pane: everything about the row under the cursor, as lines.

use ratatui::text::{Line, Span};

use super::columns::drawn;
use super::state::{action_word, severity_word};
use super::{Grid, Line as GridLine, Page as Shown};
use crate::model::ObjectGuid;
use crate::rule::{Confidence, Rule};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::screens::review::count;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Action, Grouping, RowId, RowState, SortColumn, Worksheet};

/// Longest wrapped text, in lines; more of a value than this is cut, visibly.
const LINES: usize = 12;
/// Most values of one attribute that are listed.
const VALUES: usize = 40;
/// Most members of a conflict set that are listed.
const MEMBERS: usize = 200;
/// How many of them are named beside everything else.
const FEW: usize = 3;

/// Collects lines of one width.
struct Page {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: Theme,
}

impl Page {
    fn heading(&mut self, text: &'static str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines.push(Line::from(Span::styled(
            text,
            self.theme.style(Role::Heading),
        )));
    }

    /// A heading that is not our own text.
    fn heading_text(&mut self, raw: &str) {
        self.lines.push(Line::from(cell::with_style(
            cell::fit(raw, self.width, Cut::Middle, self.theme),
            self.theme.style(Role::Heading),
        )));
    }

    /// The pages that there are, this one standing out.
    fn tabs(&mut self, holders: usize, shown: Shown) {
        let (holders, keys) = match holders {
            0 | 1 => ("Holders".to_owned(), "  a turns"),
            more => (format!("Holders {more}"), "  a turns   D: who keeps it"),
        };
        let pages = [
            (Shown::Finding, "Finding".to_owned()),
            (Shown::Holders, holders),
            (Shown::Entry, "Entry".to_owned()),
        ];
        let mut spans = Vec::new();
        for (page, name) in pages {
            let (text, role) = if page == shown {
                (format!("[{name}]"), Role::Key)
            } else {
                (format!(" {name} "), Role::Muted)
            };
            spans.push(Span::styled(text, self.theme.style(role)));
        }
        spans.push(Span::styled(keys, self.theme.style(Role::Muted)));
        self.lines.push(Line::from(spans));
    }

    fn text(&mut self, raw: &str) {
        self.lines
            .extend(cell::wrap(raw, self.width, LINES, self.theme));
    }

    /// A short word in front of a text that may take several lines.
    fn labelled(&mut self, label: &str, raw: &str, role: Role) {
        let indent = label.chars().count() + 1;
        let width = self.width.saturating_sub(indent).max(8);
        let mut lines = cell::wrap(raw, width, LINES, self.theme);
        if lines.is_empty() {
            lines.push(Line::default());
        }
        for (at, mut line) in lines.into_iter().enumerate() {
            let front = if at == 0 {
                format!("{label} ")
            } else {
                " ".repeat(indent)
            };
            line.spans
                .insert(0, Span::styled(front, self.theme.style(role)));
            self.lines.push(line);
        }
    }

    /// The same for the value of an attribute: spaces at its ends are seen.
    fn value(&mut self, label: &str, raw: &str, role: Role) {
        let spaced = raw.starts_with(' ') || raw.ends_with(' ');
        if spaced {
            let width = self.width.saturating_sub(label.chars().count() + 1);
            let mut spans = vec![Span::styled(format!("{label} "), self.theme.style(role))];
            spans.extend(cell::fit_value(raw, width, self.theme));
            self.lines.push(Line::from(spans));
        } else {
            self.labelled(label, raw, role);
        }
    }
}

/// What the pane says of what is under the cursor, in lines of `width` columns.
pub(in crate::tui) fn lines(
    sheet: &Worksheet,
    grid: &Grid,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut page = Page {
        lines: Vec::new(),
        width: width.max(16),
        theme,
    };
    match grid.line() {
        Some(GridLine::Row(row)) => of_row(&mut page, sheet, row, grid.look.page),
        Some(GridLine::Group(group)) => of_group(&mut page, sheet, grid, group),
        None => {}
    }
    page.lines
}

/// What is said of a group: what to do with it.
fn of_group(page: &mut Page, sheet: &Worksheet, grid: &Grid, group: usize) {
    let lines = grid.lines();
    let span = lines.span(group);
    let Some(first) = grid.order().get(span.start) else {
        return;
    };
    if let (Some(by), Some(key)) = (lines.grouping(), lines.key(group)) {
        page.heading_text(&sheet.group_label(by, key, *first));
        let rows = count(span.len(), "row", "rows");
        page.text(&format!(
            "{rows}. While the cursor is here and nothing is marked, an action goes to all of them; Space marks them."
        ));
        if by == Grouping::Rule
            && let Some(fault) = sheet.finding(*first).faults.first()
        {
            page.lines.push(Line::default());
            rule_text(page, sheet.judge.rules.rule(fault.rule));
        }
    }
}

fn of_row(page: &mut Page, sheet: &Worksheet, row: RowId, shown: Shown) {
    let head = RowHead::of(sheet, row);
    page.tabs(sheet.holders(row), shown);
    page.heading_text(&format!(
        "{} {} · {}",
        head.class, head.name, head.attribute
    ));
    page.labelled("in    ", &head.dn, Role::Muted);
    match shown {
        Shown::Finding => finding(page, sheet, row),
        Shown::Holders => conflicts(page, sheet, row, MEMBERS),
        Shown::Entry => entry(page, sheet, row),
    }
}

/// What every page begins with.
struct RowHead {
    class: &'static str,
    name: String,
    attribute: String,
    dn: String,
}

impl RowHead {
    fn of(sheet: &Worksheet, row: RowId) -> Self {
        let text = |column| drawn(sheet, row, column);
        Self {
            class: sheet.class(row).as_str(),
            name: text(SortColumn::Name),
            attribute: text(SortColumn::Attribute),
            dn: text(SortColumn::Dn),
        }
    }
}

fn finding(page: &mut Page, sheet: &Worksheet, row: RowId) {
    let value = drawn(sheet, row, SortColumn::Value);
    let update = drawn(sheet, row, SortColumn::Update);
    if text::width_up_to(&value, page.width) + 8 < page.width {
        let mut spans = vec![Span::styled("value  ", page.theme.style(Role::Removed))];
        spans.extend(cell::fit_change(&value, &update, page.width, page.theme));
        page.lines.push(Line::from(spans));
    } else {
        page.value("value ", &value, Role::Removed);
    }
    let proposed = sheet.proposal(row).map(|proposal| proposal.action);
    match (sheet.action(row), proposed) {
        (Action::Edit, _) | (Action::None, Some(Action::Edit)) => {
            page.value("update", &update, Role::Added);
        }
        (Action::Remove, _) | (Action::None, Some(Action::Remove)) => {
            page.labelled("update", "the value is taken away", Role::Added);
        }
        _ => {}
    }
    outcome(
        page,
        sheet.state(row),
        &drawn(sheet, row, SortColumn::State),
    );
    faults(page, sheet, row);
    proposal(page, sheet, row);
    conflicts(page, sheet, row, FEW);
    sources(page, sheet, row);
}

fn outcome(page: &mut Page, state: &RowState, words: &str) {
    match state {
        RowState::Failed(reason) | RowState::Conflict(reason) | RowState::InDoubt(reason) => {
            page.labelled(words, reason, Role::Warning);
        }
        RowState::Accepted(reason) => {
            page.labelled(words, reason, Role::Muted);
            page.text("x takes that back; X lists all that is accepted");
        }
        _ => {}
    }
}

fn faults(page: &mut Page, sheet: &Worksheet, row: RowId) {
    for fault in &sheet.finding(row).faults {
        let rule = sheet.judge.rules.rule(fault.rule);
        page.lines.push(Line::default());
        let severity = page.theme.severity(rule.severity);
        let mut head = vec![Span::styled(
            format!("{}: ", severity_word(rule.severity)),
            severity,
        )];
        let room = page
            .width
            .saturating_sub(severity_word(rule.severity).len() + 2);
        head.extend(cell::with_style(
            cell::fit(&rule.title, room, Cut::End, page.theme),
            page.theme.style(Role::Heading),
        ));
        page.lines.push(Line::from(head));
        page.text(&fault.detail);
        rule_text(page, rule);
    }
}

fn rule_text(page: &mut Page, rule: &Rule) {
    for (label, text) in [
        ("happens:", &rule.happens),
        ("why:    ", &rule.why),
        ("ignore? ", &rule.ignore),
    ] {
        if !text.is_empty() {
            page.labelled(label, text, Role::Key);
        }
    }
}

/// Where the rules come from, after everything that helps to decide.
fn sources(page: &mut Page, sheet: &Worksheet, row: RowId) {
    page.heading("Sources   W tells of all rules");
    for fault in &sheet.finding(row).faults {
        let rule = sheet.judge.rules.rule(fault.rule);
        page.labelled(
            "rule",
            &format!("{}, checked {}", rule.id, rule.checked),
            Role::Muted,
        );
        for source in &rule.sources {
            page.labelled(
                "-",
                &format!("{} ({})", source.title, source.address),
                Role::Muted,
            );
        }
    }
}

fn proposal(page: &mut Page, sheet: &Worksheet, row: RowId) {
    let Some(proposal) = sheet.proposal(row) else {
        page.heading("No proposal");
        page.text("nothing can be proposed that is sure to be right: Enter edits the value, r takes it away, c says that it is right as it is (COMPLETE)");
        return;
    };
    page.heading("Proposal");
    let care = match proposal.confidence {
        Confidence::Safe => "safe",
        Confidence::Review => "look at it first",
        Confidence::Manual => "a hint only",
    };
    page.labelled(action_word(proposal.action), care, Role::Key);
    if let Some(update) = proposal.update {
        page.value("  to", update, Role::Added);
    }
    page.labelled("  because", proposal.reason, Role::Key);
}

fn conflicts(page: &mut Page, sheet: &Worksheet, row: RowId, most: usize) {
    let members = sheet.conflicts(row);
    if members.is_empty() {
        if most > FEW {
            page.heading("Who holds this value");
            page.text("this entry only, or it need not be unique");
        }
        return;
    }
    page.heading("Who holds this value   D chooses who keeps it");
    for member in members.iter().take(most) {
        let remark = member
            .remark
            .as_ref()
            .map_or(String::new(), |remark| format!(" ({remark})"));
        page.labelled(
            "-",
            &format!("{} {}{remark}", member.attribute, member.value),
            Role::Key,
        );
        page.labelled(" ", &member.dn, Role::Muted);
    }
    rest(page, members.len(), most);
}

fn entry(page: &mut Page, sheet: &Worksheet, row: RowId) {
    page.lines.push(Line::default());
    for (name, values, count) in sheet.attributes(row, VALUES) {
        for value in &values {
            let guid = name
                .is("objectGUID")
                .then(|| ObjectGuid::from_bytes(value.as_bytes()).ok())
                .flatten();
            let shown = guid.map_or_else(
                || value.to_text_lossy().into_owned(),
                |guid| guid.to_string(),
            );
            page.value(&format!("{name}:"), &shown, Role::Muted);
        }
        rest(page, count, VALUES);
    }
}

fn rest(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        page.text(&format!("… and {} more", all - shown));
    }
}
