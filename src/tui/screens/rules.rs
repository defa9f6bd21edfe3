//! The rules by which findings are judged: what each says, why, when it may be
//! left, where it is from, and how many findings break it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::list::{Cursor, split};
use crate::model::AttributeName;
use crate::rule::{Rule, RuleId, RuleSet};
use crate::text::figures::number;
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Overview, RowFilter};

/// Columns of severity and number.
const SEVERITY: usize = 12;
const FINDINGS: usize = 9;

/// The rule under the cursor, and how far its text is scrolled.
#[derive(Debug, Default)]
pub(in crate::tui) struct Rules {
    cursor: Cursor,
    top: usize,
}

impl Rules {
    /// Moves by a key; `false` if the key does not move.
    pub(in crate::tui) fn key(&mut self, intent: Intent, height: usize, rules: &RuleSet) -> bool {
        match intent {
            Intent::DetailDown => self.top += 3,
            Intent::DetailUp => self.top = self.top.saturating_sub(3),
            _ => {
                self.top = 0;
                return self.cursor.key(intent, height / 2, rules.rules.len());
            }
        }
        true
    }

    /// The rule under the cursor.
    pub(in crate::tui) fn current<'a>(&self, rules: &'a RuleSet) -> Option<(RuleId, &'a Rule)> {
        let at = self.cursor.place(rules.rules.len());
        let rule = rules.rules.get(at)?;
        Some((RuleId(u16::try_from(at).ok()?), rule))
    }

    /// The filter for the findings that break it.
    pub(in crate::tui) fn filter(&self, rules: &RuleSet) -> String {
        let current = self.current(rules);
        current.map_or_else(String::new, |(_, rule)| {
            RowFilter::exactly("rule", &rule.id)
        })
    }

    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        (rules, overview): (&RuleSet, Option<&Overview>),
    ) {
        let (list, detail) = split(area);
        let width = usize::from(list.width);
        let name = (width * 2 / 5).clamp(20, 40);
        let title = format!(
            "  {:<name$} {:<SEVERITY$}{:>FINDINGS$}  What it says",
            "Rule", "Severity", "Findings"
        );
        let mut lines = vec![Line::styled(
            text::fit_text(&title, width, Cut::End),
            theme.style(Role::Heading),
        )];
        let many = rules.rules.len();
        let room = usize::from(list.height).saturating_sub(1);
        let at = self.cursor.place(many);
        let top = self.cursor.top(room, many);
        for (number, rule) in rules.rules.iter().enumerate().skip(top).take(room) {
            let findings = overview.map(|overview| findings_of(number, overview));
            lines.push(row(rule, findings, (width, name), number == at, theme));
        }
        draw_lines(frame, list, &lines);
        if let Some((_, rule)) = self.current(rules) {
            super::list::draw_detail(frame, detail, theme, (&explain(rule), self.top));
        }
    }
}

/// How many rows break a rule, by its place in the set.
pub(in crate::tui) fn findings_of(number: usize, overview: &Overview) -> usize {
    let mut counted = overview.rules.iter();
    let counted = counted.find(|(rule, _)| usize::from(rule.0) == number);
    counted.map_or(0, |(_, share)| share.rows)
}

fn row(
    rule: &Rule,
    findings: Option<usize>,
    (width, name): (usize, usize),
    is_on: bool,
    theme: Theme,
) -> Line<'static> {
    let (sign, style) = if is_on {
        ("> ", theme.style(Role::CursorCell))
    } else {
        ("  ", Style::new())
    };
    let counted = match findings {
        _ if !rule.on => "off".to_owned(),
        None => "…".to_owned(),
        Some(rows) => number(u64::try_from(rows).unwrap_or(u64::MAX)),
    };
    let id = cell::padded(cell::fit(&rule.id, name, Cut::Middle, theme), name);
    let mut spans = vec![Span::styled(sign, theme.style(Role::Key))];
    spans.extend(cell::with_style(id, style));
    let severity = format!(" {:<SEVERITY$}", rule.severity.as_str());
    spans.push(Span::styled(severity, theme.severity(rule.severity)));
    let counted = format!("{counted:>FINDINGS$}  ");
    let shade = if findings == Some(0) || !rule.on {
        theme.style(Role::Muted)
    } else {
        Style::new()
    };
    spans.push(Span::styled(counted, shade));
    let room = width.saturating_sub(name + SEVERITY + FINDINGS + 5);
    spans.extend(cell::fit(&rule.title, room, Cut::End, theme));
    Line::from(spans)
}

/// All that is known of a rule, in paragraphs: what each is about, and its text.
fn explain(rule: &Rule) -> Vec<(String, String)> {
    let classes: Vec<&str> = rule.applies_to.iter().map(|class| class.as_str()).collect();
    let attributes: Vec<&str> = rule.attributes().map(AttributeName::as_str).collect();
    let mut texts = vec![
        ("says".to_owned(), rule.title.clone()),
        ("happens".to_owned(), rule.happens.clone()),
        ("why".to_owned(), rule.why.clone()),
        ("ignore".to_owned(), rule.ignore.clone()),
        (
            "judges".to_owned(),
            format!("{} of {}", attributes.join(", "), classes.join(", ")),
        ),
        ("finds".to_owned(), rule.check_in_words()),
    ];
    let concerns = rule.concerns_in_words();
    if !concerns.is_empty() {
        texts.push(("only".to_owned(), concerns.join(" ")));
    }
    if !rule.fixes.is_empty() {
        let fixes: Vec<&str> = rule.fixes.iter().map(|fix| fix.in_words()).collect();
        texts.push(("proposes".to_owned(), fixes.join(", ")));
    }
    let sources = rule.sources.iter();
    texts.extend(sources.map(|source| {
        let text = format!("{} · {}", source.title, source.address);
        ("source".to_owned(), text)
    }));
    texts.push(("checked".to_owned(), rule.checked.clone()));
    texts.retain(|(_, text)| !text.is_empty());
    texts
}
