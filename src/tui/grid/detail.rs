//! The detail pane: everything about the row under the cursor, as lines.

use ratatui::text::{Line, Span};

use super::columns::content;
use super::state::{action_word, severity_word};
use crate::rule::{Confidence, Rule};
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Action, RowId, RowState, SortColumn, Worksheet};

/// Longest wrapped text, in lines; more of a value than this is cut, visibly.
const LINES: usize = 12;
/// Most values of one attribute that are listed.
const VALUES: usize = 40;
/// Most members of a conflict set that are listed.
const MEMBERS: usize = 200;

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

/// All there is to say about `row`, in lines of `width` columns.
pub(in crate::tui) fn lines(
    sheet: &Worksheet,
    row: RowId,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut page = Page {
        lines: Vec::new(),
        width: width.max(16),
        theme,
    };
    let row_text = sheet.text(row);
    let state = sheet.state(row);
    let what = format!(
        "{} {} · {}",
        row_text.class, row_text.common_name, row_text.attribute
    );
    page.lines.push(Line::from(cell::with_style(
        cell::fit(&what, page.width, Cut::Middle, theme),
        theme.style(Role::Heading),
    )));
    if text::width_up_to(&row_text.value, page.width) + 8 < page.width {
        let mut spans = vec![Span::styled("value  ", theme.style(Role::Removed))];
        spans.extend(cell::fit_change(
            &row_text.value,
            &row_text.update,
            page.width,
            theme,
        ));
        page.lines.push(Line::from(spans));
    } else {
        page.value("value ", &row_text.value, Role::Removed);
    }
    match (row_text.action, row_text.proposed) {
        (Action::Edit, _) | (Action::None, Action::Edit) => {
            page.value("update", &row_text.update, Role::Added);
        }
        (Action::Remove, _) | (Action::None, Action::Remove) => {
            page.labelled("update", "the value is taken away", Role::Added);
        }
        _ => {}
    }
    outcome(
        &mut page,
        state,
        &content(SortColumn::State, &row_text, state),
    );
    faults(&mut page, sheet, row);
    proposal(&mut page, sheet, row);
    conflicts(&mut page, sheet, row);
    sources(&mut page, sheet, row);
    entry(&mut page, sheet, row);
    page.lines
}

fn outcome(page: &mut Page, state: &RowState, words: &str) {
    match state {
        RowState::Failed(reason) | RowState::Conflict(reason) | RowState::InDoubt(reason) => {
            page.labelled(words, reason, Role::Warning);
        }
        RowState::Accepted(reason) => page.labelled(words, reason, Role::Muted),
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
    page.heading("Sources");
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
        page.text("nothing can be proposed that is sure to be right; edit the value, or mark the row COMPLETE");
        return;
    };
    page.heading("Proposal");
    let care = match proposal.confidence {
        Confidence::Safe => "safe",
        Confidence::Review => "look at it first",
        Confidence::Manual => "a hint only",
    };
    page.labelled(action_word(proposal.action), care, Role::Key);
    if let Some(update) = &proposal.update {
        page.value("  to", update, Role::Added);
    }
    page.labelled("  because", &proposal.reason, Role::Key);
}

fn conflicts(page: &mut Page, sheet: &Worksheet, row: RowId) {
    let members = sheet.conflicts(row);
    if members.is_empty() {
        return;
    }
    page.heading("Who holds this value");
    for member in members.iter().take(MEMBERS) {
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
    rest(page, members.len(), MEMBERS);
}

fn entry(page: &mut Page, sheet: &Worksheet, row: RowId) {
    let entry = sheet.entry(row);
    page.heading("Entry");
    page.text(entry.dn.as_str());
    for attribute in entry.attributes() {
        for value in attribute.values.iter().take(VALUES) {
            let shown = if attribute.name.is("objectGUID") {
                entry.guid().map_or_else(
                    || value.to_text_lossy().into_owned(),
                    |guid| guid.to_string(),
                )
            } else {
                value.to_text_lossy().into_owned()
            };
            page.value(&format!("{}:", attribute.name), &shown, Role::Muted);
        }
        rest(page, attribute.values.len(), VALUES);
    }
}

fn rest(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        page.text(&format!("… and {} more", all - shown));
    }
}
