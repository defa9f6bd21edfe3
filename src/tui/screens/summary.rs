//! What was found, at a glance: how ready the forest is in a sentence, and the
//! findings by severity, attribute, domain, rule and OU as bars.
//!
//! A bar is as long as its number beside it says, full where nothing is decided
//! yet and light where something is. What a bar counts is a filter of the grid.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::rule::RuleSet;
use crate::text::figures::number;
use crate::text::{self, Cut};
use crate::tui::cell;
use crate::tui::grid::state::severity_means;
use crate::tui::keymap::Intent;
use crate::tui::popup::draw_lines;
use crate::tui::screens::bar::{Bar, ready_line};
use crate::tui::screens::review::count;
use crate::tui::theme::{Role, Theme};
use crate::worksheet::{Overview, RowFilter, Share, Unit, Worksheet, verdict};

/// From this width on there are three columns of bars.
const THREE_FROM: u16 = 150;
/// Most lines of the sentence.
const SENTENCE: usize = 4;

/// Bars that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tui) enum Panel {
    /// The line of all findings.
    #[default]
    All,
    Severity,
    Attribute,
    Domain,
    Rule,
    Unit,
}

use Panel as P;

/// In the order in which one goes through them.
const PANELS: [Panel; 6] = [
    P::All,
    P::Severity,
    P::Attribute,
    P::Domain,
    P::Rule,
    P::Unit,
];

impl Panel {
    fn title(self) -> &'static str {
        match self {
            Self::All => "All findings",
            Self::Severity => "1 Severity",
            Self::Attribute => "2 Attribute",
            Self::Domain => "3 Domain",
            Self::Rule => "4 Rule",
            Self::Unit => "5 OU",
        }
    }

    fn place(self) -> usize {
        PANELS.iter().position(|panel| *panel == self).unwrap_or(0)
    }

    /// How many bars it has.
    fn len(self, overview: &Overview) -> usize {
        match self {
            Self::All => 1,
            Self::Severity => overview.severities.len(),
            Self::Attribute => overview.attributes.len(),
            Self::Domain => overview.domains.len(),
            Self::Rule => overview.rules.len(),
            Self::Unit => overview.units.len(),
        }
    }
}

/// Which bar the cursor is on, in each panel.
#[derive(Debug, Default)]
pub(in crate::tui) struct Summary {
    panel: Panel,
    at: [usize; PANELS.len()],
}

impl Summary {
    /// Moves by a key; `false` if the key does not move.
    pub(in crate::tui) fn key(&mut self, intent: Intent, overview: Option<&Overview>) -> bool {
        let known = Overview::default();
        let overview = overview.unwrap_or(&known);
        let place = self.panel.place();
        let last = self.panel.len(overview).saturating_sub(1);
        match intent {
            Intent::Down if self.at[place] < last => self.at[place] += 1,
            Intent::Down => self.step(true, overview, |_| 0),
            Intent::Up if self.at[place] > 0 => self.at[place] -= 1,
            Intent::Up => self.step(false, overview, |last| last),
            Intent::NextField | Intent::Right => self.turn(true, overview),
            Intent::PreviousField | Intent::Left => self.turn(false, overview),
            Intent::PageDown | Intent::HalfDown => {
                self.at[place] = (self.at[place] + 10).min(last);
            }
            Intent::PageUp | Intent::HalfUp => {
                self.at[place] = self.at[place].saturating_sub(10);
            }
            Intent::First => *self = Self::default(),
            Intent::Last => self.at[place] = last,
            Intent::Panel(panel) if panel.len(overview) > 0 => self.panel = panel,
            Intent::Panel(_) => {}
            _ => return false,
        }
        true
    }

    /// To the panel beyond the end of this one, if there is one with bars; at
    /// which bar, by the place of its last one.
    fn step(&mut self, forward: bool, overview: &Overview, at: impl Fn(usize) -> usize) {
        let place = self.panel.place();
        let filled = |panel: &&Panel| panel.len(overview) > 0;
        let next = if forward {
            PANELS.iter().skip(place + 1).find(filled)
        } else {
            PANELS.iter().take(place).rev().find(filled)
        };
        if let Some(next) = next {
            self.panel = *next;
            self.at[next.place()] = at(next.len(overview).saturating_sub(1));
        }
    }

    /// To the next panel with bars, or the one before, around.
    fn turn(&mut self, forward: bool, overview: &Overview) {
        let many = PANELS.len();
        let place = self.panel.place();
        let filled = |panel: &Panel| panel.len(overview) > 0;
        let mut next = (1..many).map(|by| {
            let by = if forward { by } else { many - by };
            PANELS[(place + by) % many]
        });
        if let Some(next) = next.find(filled) {
            self.panel = next;
        }
    }

    /// The place of the cursor in its panel.
    fn cursor(&self, panel: Panel, overview: &Overview) -> usize {
        let last = panel.len(overview).saturating_sub(1);
        self.at[panel.place()].min(last)
    }

    /// The OU under the cursor.
    pub(in crate::tui) fn unit<'a>(&self, overview: &'a Overview) -> Option<&'a Unit> {
        let at = self.cursor(P::Unit, overview);
        let is_on = self.panel == P::Unit;
        overview.units.get(at).filter(|_| is_on)
    }

    /// The filter for what the bar under the cursor counts.
    pub(in crate::tui) fn filter(&self, overview: &Overview, rules: &RuleSet) -> String {
        let at = self.cursor(self.panel, overview);
        let filter = match self.panel {
            P::All => None,
            P::Severity => overview
                .severities
                .get(at)
                .map(|(severity, _)| RowFilter::exactly("severity", severity.as_str())),
            P::Attribute => named("attr", overview.attributes.get(at)),
            P::Domain => named("domain", overview.domains.get(at)),
            P::Rule => overview
                .rules
                .get(at)
                .map(|(rule, _)| RowFilter::exactly("rule", &rules.rule(*rule).id)),
            P::Unit => overview.units.get(at).map(|unit| {
                let path = RowFilter::exactly("ou", &unit.name.path);
                match overview.domains.len() {
                    ..=1 => path,
                    _ => format!("{} {path}", RowFilter::exactly("domain", &unit.name.domain)),
                }
            }),
        };
        filter.unwrap_or_default()
    }

    /// What the bar under the cursor is, and what can be done with it; raw.
    pub(in crate::tui) fn words(&self, overview: &Overview, rules: &RuleSet) -> String {
        let at = self.cursor(self.panel, overview);
        let words = match self.panel {
            P::All => Some(match overview.effort.untouched {
                0 => "Enter shows all findings".to_owned(),
                safe => format!(
                    "Enter shows all findings; A takes {}",
                    count(
                        usize::try_from(safe).unwrap_or(usize::MAX),
                        "safe proposal",
                        "safe proposals"
                    )
                ),
            }),
            P::Severity => overview.severities.get(at).map(|(severity, _)| {
                format!("{}: {}", severity.as_str(), severity_means(*severity))
            }),
            P::Attribute => overview.attributes.get(at).map(|(name, _)| name.clone()),
            P::Domain => overview.domains.get(at).map(|(name, _)| name.clone()),
            P::Rule => overview
                .rules
                .get(at)
                .map(|(rule, _)| format!("{}; W tells more", rules.rule(*rule).title)),
            P::Unit => overview.units.get(at).map(|unit| {
                format!(
                    "U and P: its sign-in names and those below; {}",
                    unit.name.whole()
                )
            }),
        };
        words.unwrap_or_default()
    }

    pub(in crate::tui) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        shown: Option<(&Overview, &Worksheet)>,
    ) {
        let Some((overview, sheet)) = shown else {
            return draw_lines(frame, area, &[Line::raw("counting the findings …")]);
        };
        let rules = &sheet.judge.rules;
        let width = usize::from(area.width);
        let sentence = verdict(&overview.readiness, &overview.effort, number);
        let mut lines = cell::wrap(&sentence, width, SENTENCE, theme);
        lines.push(ready_line(&overview.readiness, width, theme));
        lines.push(self.all_line(overview, width, theme));
        let used = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        draw_lines(frame, area, &lines);
        // A line apart, where there is room for it.
        let gap = u16::from(area.height > 24);
        let below = Rect {
            y: area.y + (used + gap).min(area.height),
            height: area.height.saturating_sub(used + gap),
            ..area
        };
        let columns: &[&[Panel]] = if area.width >= THREE_FROM {
            &[
                &[P::Severity, P::Attribute, P::Domain],
                &[P::Rule],
                &[P::Unit],
            ]
        } else {
            &[&[P::Severity, P::Attribute, P::Domain], &[P::Rule, P::Unit]]
        };
        let many = u16::try_from(columns.len()).unwrap_or(1);
        let each = (below.width + 2) / many;
        for (panels, at) in columns.iter().zip(0..) {
            let column = Rect {
                x: below.x + each * at,
                width: each.saturating_sub(2),
                ..below
            };
            self.draw_column(frame, column, theme, (panels, overview, rules));
        }
    }

    fn all_line(&self, overview: &Overview, width: usize, theme: Theme) -> Line<'static> {
        let is_on = self.panel == P::All;
        let figure = |rows: usize| number(u64::try_from(rows).unwrap_or(u64::MAX));
        let Share { rows, open } = overview.all;
        let text = format!("{}: {}", P::All.title(), figure(rows));
        let text = if open < rows {
            let open = figure(open);
            format!("{text}, {open} of them undecided; bars are light where something was decided")
        } else {
            text
        };
        let role = if is_on {
            Role::CursorCell
        } else {
            Role::Heading
        };
        let sign = if is_on { "> " } else { "  " };
        Line::from(vec![
            Span::styled(sign, theme.style(Role::Key)),
            Span::styled(
                text::fit_text(&text, width.saturating_sub(2), Cut::End),
                theme.style(role),
            ),
        ])
    }

    fn draw_column(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        (panels, overview, rules): (&[Panel], &Overview, &RuleSet),
    ) {
        let needs: Vec<usize> = panels.iter().map(|panel| panel.len(overview)).collect();
        let (heights, gap) = share_out(&needs, usize::from(area.height));
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (panel, room) in panels.iter().zip(heights) {
            if !lines.is_empty() && gap {
                lines.push(Line::default());
            }
            let width = usize::from(area.width);
            lines.extend(self.panel_lines(*panel, (width, room), theme, (overview, rules)));
        }
        draw_lines(frame, area, &lines);
    }

    /// The title of a panel and as many of its bars as there is room for, that
    /// under the cursor among them.
    fn panel_lines(
        &self,
        panel: Panel,
        (width, room): (usize, usize),
        theme: Theme,
        (overview, rules): (&Overview, &RuleSet),
    ) -> Vec<Line<'static>> {
        let many = panel.len(overview);
        let cursor = self.cursor(panel, overview);
        let top = (cursor + 1).saturating_sub(room.max(1));
        let shown = room.min(many - top.min(many));
        let title = if shown < many {
            let (first, last) = (top + 1, top + shown);
            format!("{}  {first}–{last} of {many}", panel.title())
        } else {
            panel.title().to_owned()
        };
        let mut lines = vec![Line::styled(
            text::fit_text(&title, width, Cut::End),
            theme.style(Role::Heading),
        )];
        let most = longest(panel, overview);
        for at in top..top + shown {
            let (label, share) = bar(panel, at, overview, rules);
            let style = match panel {
                P::Severity => overview
                    .severities
                    .get(at)
                    .map(|(severity, _)| theme.severity(*severity)),
                _ => None,
            };
            let line = Bar {
                label: &label,
                // What tells OUs apart is at the end of their paths.
                cut: match panel {
                    P::Unit => Cut::Start,
                    _ => Cut::Middle,
                },
                share,
                most,
                is_on: self.panel == panel && at == cursor,
                style: style.unwrap_or_default(),
            };
            lines.push(line.draw(width, theme));
        }
        lines
    }
}

fn named(field: &str, counted: Option<&(String, Share)>) -> Option<String> {
    counted.map(|(name, _)| RowFilter::exactly(field, name))
}

/// How many rows the longest bar of a panel counts; all but severities have it
/// first.
fn longest(panel: Panel, overview: &Overview) -> usize {
    let first = |counted: &[(String, Share)]| counted.first().map(|(_, share)| share.rows);
    let longest = match panel {
        P::All => Some(overview.all.rows),
        P::Severity => {
            let shares = overview.severities.iter();
            shares.map(|(_, share)| share.rows).max()
        }
        P::Attribute => first(&overview.attributes),
        P::Domain => first(&overview.domains),
        P::Rule => overview.rules.first().map(|(_, share)| share.rows),
        P::Unit => overview.units.first().map(|unit| unit.share.rows),
    };
    longest.unwrap_or(0)
}

/// What a bar is called, and what it counts.
fn bar(panel: Panel, at: usize, overview: &Overview, rules: &RuleSet) -> (String, Share) {
    let bar = match panel {
        P::All => Some((String::new(), overview.all)),
        P::Severity => overview
            .severities
            .get(at)
            .map(|(severity, share)| (severity.as_str().to_owned(), *share)),
        P::Attribute => overview.attributes.get(at).cloned(),
        P::Domain => overview.domains.get(at).cloned(),
        P::Rule => overview
            .rules
            .get(at)
            .map(|(rule, share)| (rules.rule(*rule).id.clone(), *share)),
        P::Unit => overview
            .units
            .get(at)
            .map(|unit| (unit.name.short(), unit.share)),
    };
    bar.unwrap_or_default()
}

/// How many bars of each panel are shown in so many lines, and whether a line
/// between them stays empty. Each has a title; what has less gets all of its own.
fn share_out(needs: &[usize], height: usize) -> (Vec<usize>, bool) {
    let titles = needs.len();
    let all: usize = needs.iter().sum();
    let gaps = titles.saturating_sub(1);
    let gap = height >= all + titles + gaps || height >= 24;
    let mut room = height.saturating_sub(titles + if gap { gaps } else { 0 });
    let mut given = vec![0; needs.len()];
    while room > 0 && given.iter().zip(needs).any(|(given, need)| given < need) {
        for (given, need) in given.iter_mut().zip(needs) {
            if *given < *need && room > 0 {
                *given += 1;
                room -= 1;
            }
        }
    }
    (given, gap)
}
