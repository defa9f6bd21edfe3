//! What keys do on the grid.

use std::collections::BTreeMap;

use super::{App, Sheet, targets_in_words};
use crate::exception::Why;
use crate::session::{Acceptances, Command};
use crate::text::{self, Cut};
use crate::tui::draw::Areas;
use crate::tui::grid::columns::{content, filter_for};
use crate::tui::grid::state::action_word;
use crate::tui::grid::view::{column_order, rows_in};
use crate::tui::grid::{Detail, Step};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{Edit, Popup, Prompt, PromptKind};
use crate::tui::screens::Screen;
use crate::tui::screens::review::{Review, count};
use crate::worksheet::{Action, Bulk, RowId};

/// Most reasons that a notice lists.
const REASONS: usize = 5;
/// Longest quote of a reason or a value in the status line.
const QUOTE: usize = 120;

impl App {
    pub(super) fn grid_key(&mut self, intent: Intent) -> Vec<Effect> {
        let Some(mut sheet) = self.sheet.take() else {
            return self.close(intent);
        };
        let effects = self.grid_intent(&mut sheet, intent);
        self.sheet = Some(sheet);
        match intent {
            // These look at the sheet as a whole.
            Intent::Close => self.close(intent),
            Intent::Review => self.open_review(),
            Intent::Rescan => self.scan_again(),
            _ => effects,
        }
    }

    fn grid_intent(&mut self, sheet: &mut Sheet, intent: Intent) -> Vec<Effect> {
        if self.grid_move(sheet, intent) || self.grid_mark(sheet, intent) {
            return Vec::new();
        }
        match intent {
            Intent::Back => self.back(sheet),
            Intent::Edit => self.open_edit(sheet),
            Intent::Accept => self.bulk(sheet, "proposals taken", |sheet, rows| {
                sheet.worksheet.accept(rows)
            }),
            Intent::Remove => self.act(sheet, Action::Remove),
            Intent::Complete => {
                self.act(sheet, Action::Complete);
                if sheet.grid.current().is_some() && self.popups.is_empty() {
                    let staged = self.status.clone().unwrap_or_default();
                    self.popups.push(Popup::Prompt(Prompt::reason(&staged)));
                }
            }
            Intent::Undecide => {
                self.act(sheet, Action::None);
                return forget(sheet, sheet.grid.targets());
            }
            Intent::AcceptSafe => {
                let rows = sheet.grid.order().to_vec();
                let staged = sheet.worksheet.accept_safe(&rows);
                changed(sheet);
                self.say(match staged {
                    0 => "no row shown here has a safe proposal that is not decided yet".to_owned(),
                    _ => format!(
                        "{} taken of the rows shown; u takes that back",
                        count(staged, "safe proposal", "safe proposals")
                    ),
                });
            }
            Intent::Undo => return self.undo(sheet),
            Intent::Redo => {
                let done = sheet.worksheet.redo();
                changed(sheet);
                if !done {
                    self.say("nothing to redo".to_owned());
                } else if !sheet.worksheet.completed_last().is_empty() {
                    self.say("COMPLETE staged again; c remembers it with a reason".to_owned());
                }
            }
            Intent::Search => self.prompt(
                PromptKind::Search,
                sheet.grid.search.as_ref().map(|search| search.text.clone()),
            ),
            Intent::Filter => self.prompt(
                PromptKind::Filter,
                sheet.grid.filter.as_ref().map(|filter| filter.text.clone()),
            ),
            Intent::NextMatch | Intent::PreviousMatch => {
                self.next_match(sheet, intent == Intent::NextMatch);
            }
            Intent::FilterCell => self.filter_cell(sheet, ""),
            Intent::FilterOutCell => self.filter_cell(sheet, "!"),
            Intent::ClearFilter => self.set_filter(sheet, ""),
            Intent::Sort | Intent::SortAdd => {
                sheet.grid.sort_by_column(intent == Intent::SortAdd);
            }
            Intent::Detail => {
                sheet.grid.detail_top = 0;
                sheet.grid.detail = match sheet.grid.detail {
                    Detail::Beside => Detail::Alone,
                    Detail::Alone => Detail::Hidden,
                    Detail::Hidden => Detail::Beside,
                };
            }
            Intent::DetailDown => sheet.grid.detail_top += 3,
            Intent::DetailUp => sheet.grid.detail_top = sheet.grid.detail_top.saturating_sub(3),
            Intent::RefreshRows => return self.refresh_rows(sheet),
            Intent::RefreshDomain => return self.refresh_domain(sheet),
            Intent::CopyCell | Intent::CopyName => {
                return self.copy(sheet, intent == Intent::CopyName);
            }
            _ => {}
        }
        Vec::new()
    }

    fn grid_move(&mut self, sheet: &mut Sheet, intent: Intent) -> bool {
        let Areas { grid, .. } = Areas::of_sheet(self.size, Some(&sheet.grid));
        let area = grid.unwrap_or_default();
        let page = isize::try_from(rows_in(area).max(1)).unwrap_or(1);
        let rows = match intent {
            Intent::Up => Step::By(-1),
            Intent::Down => Step::By(1),
            Intent::PageUp => Step::By(-page),
            Intent::PageDown => Step::By(page),
            Intent::HalfUp => Step::By(-page / 2),
            Intent::HalfDown => Step::By(page / 2),
            Intent::First => Step::First,
            Intent::Last => Step::Last,
            Intent::Left | Intent::Right | Intent::FirstColumn | Intent::LastColumn => {
                let step = match intent {
                    Intent::Left => Step::By(-1),
                    Intent::Right => Step::By(1),
                    Intent::FirstColumn => Step::First,
                    _ => Step::Last,
                };
                sheet.grid.step_column(&column_order(area), step);
                return true;
            }
            _ => return false,
        };
        sheet.grid.step(rows);
        true
    }

    fn grid_mark(&mut self, sheet: &mut Sheet, intent: Intent) -> bool {
        let grid = &mut sheet.grid;
        let Some(row) = grid.current() else {
            return false;
        };
        match intent {
            Intent::Mark => {
                let marked = grid.is_marked(row);
                grid.set_mark(row, !marked);
                grid.step(Step::By(1));
            }
            Intent::MarkUp | Intent::MarkDown => {
                grid.set_mark(row, true);
                grid.step(Step::By(if intent == Intent::MarkUp { -1 } else { 1 }));
                if let Some(row) = grid.current() {
                    grid.set_mark(row, true);
                }
            }
            Intent::Range => {
                grid.range();
                if grid.open_range().is_some() {
                    self.say("move to the other end, then v marks the range; Esc gives it up");
                }
            }
            Intent::MarkVisible => {
                let Areas { grid: area, .. } = Areas::of_sheet(self.size, Some(grid));
                let top = grid.top();
                grid.mark_all(top..top + rows_in(area.unwrap_or_default()));
            }
            Intent::MarkAll => grid.mark_all(0..grid.order().len()),
            Intent::ClearMarks => grid.clear_marks(),
            _ => return false,
        }
        true
    }

    /// Esc on the grid: gives up a range, then the search, then the marks.
    fn back(&mut self, sheet: &mut Sheet) {
        let grid = &mut sheet.grid;
        if grid.drop_range() || grid.drop_search() {
            return;
        }
        if grid.marks() > 0 {
            self.say("M takes the marks away; q leaves");
        } else if grid.filter.is_some() {
            self.say("F shows all rows again; q leaves");
        } else {
            self.say("this is the last layer: q leaves");
        }
    }

    fn open_edit(&mut self, sheet: &Sheet) {
        if let Some(row) = sheet.grid.current() {
            let others = sheet.grid.marks();
            self.popups
                .push(Popup::Edit(Edit::new(&sheet.worksheet, row, others)));
        }
    }

    pub(super) fn stage_edit(&mut self, row: RowId, value: &str) {
        let Some(mut sheet) = self.sheet.take() else {
            return;
        };
        match sheet.worksheet.edit(row, value) {
            Ok(()) => self.say("EDIT staged; R reviews what is staged, u takes it back"),
            Err(check) => self.say(check.to_string()),
        }
        changed(&mut sheet);
        self.sheet = Some(sheet);
    }

    fn act(&mut self, sheet: &mut Sheet, action: Action) {
        let words = match action {
            Action::None => "decisions taken back".to_owned(),
            action => format!("{} staged", action_word(action)),
        };
        self.bulk(sheet, &words, |sheet, rows| {
            sheet.worksheet.act_all(rows, action)
        });
    }

    /// Does something to the marked rows, else to the cursor row, and says to which.
    fn bulk(&mut self, sheet: &mut Sheet, what: &str, act: impl Fn(&mut Sheet, &[RowId]) -> Bulk) {
        let rows = sheet.grid.targets();
        if rows.is_empty() {
            return;
        }
        let marked = sheet.grid.marks();
        let hidden = sheet.grid.hidden_marks();
        let bulk = act(sheet, &rows);
        changed(sheet);
        let mut words = format!("{what}: {} of {}", bulk.staged, targets_in_words(marked));
        if marked == 0 {
            words = match bulk.refused.first() {
                Some((_, reason)) => format!("refused: {}", quote(reason)),
                None => format!("{what} for {}", targets_in_words(0)),
            };
        } else if !bulk.refused.is_empty() {
            self.notice("Not all could be staged", reasons(&bulk));
        }
        if hidden > 0 {
            words = format!("{words} ({hidden} of them hidden by the filter)");
        }
        self.say(words);
    }

    fn prompt(&mut self, kind: PromptKind, text: Option<String>) {
        let text = text.unwrap_or_default();
        self.popups.push(Popup::Prompt(Prompt::new(kind, &text)));
    }

    /// Takes the last staging back, and with it what was remembered about the
    /// rows that it put on COMPLETE.
    fn undo(&mut self, sheet: &mut Sheet) -> Vec<Effect> {
        let completed = sheet.worksheet.completed_last();
        if !sheet.worksheet.undo() {
            self.say("nothing to undo".to_owned());
            return Vec::new();
        }
        changed(sheet);
        let remembered = completed.into_iter();
        let remembered = remembered.filter(|row| sheet.remembered.contains(row));
        forget(sheet, remembered.collect())
    }

    /// Remembers why the rows that COMPLETE was just staged on are right.
    pub(super) fn remember(&mut self, text: &str) -> Vec<Effect> {
        let (Some(sheet), Ok(why)) = (&self.sheet, Why::parse(text)) else {
            return Vec::new();
        };
        let is_complete = |row: &RowId| sheet.worksheet.action(*row) == Action::Complete;
        let rows: Vec<RowId> = sheet
            .grid
            .targets()
            .into_iter()
            .filter(is_complete)
            .collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let accepted = acceptances(sheet, rows, &why);
        vec![Effect::Send(Command::Remember(accepted))]
    }

    pub(super) fn search(&mut self, text: &str) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        let rows = sheet.worksheet.len();
        if let Err(error) = sheet.grid.set_search(rows, text) {
            self.say(error.to_string());
        }
    }

    fn next_match(&mut self, sheet: &mut Sheet, forward: bool) {
        if sheet.grid.search.is_none() {
            self.prompt(PromptKind::Search, None);
        } else if !sheet.grid.find(forward) {
            self.say("no row shown here matches the search");
        }
    }

    pub(super) fn filter(&mut self, text: &str) {
        if let Some(mut sheet) = self.sheet.take() {
            self.set_filter(&mut sheet, text);
            self.sheet = Some(sheet);
        }
    }

    fn set_filter(&mut self, sheet: &mut Sheet, text: &str) {
        if let Err(error) = sheet.grid.set_filter(text) {
            self.say(error.to_string());
        }
    }

    fn filter_cell(&mut self, sheet: &mut Sheet, sign: &str) {
        let Some(row) = sheet.grid.current() else {
            return;
        };
        let term = filter_for(
            sheet.grid.column,
            &sheet.worksheet.text(row),
            sheet.worksheet.state(row),
        );
        let text = match &sheet.grid.filter {
            Some(filter) => format!("{} {sign}{term}", filter.text),
            None => format!("{sign}{term}"),
        };
        self.set_filter(sheet, &text);
    }

    fn copy(&mut self, sheet: &Sheet, name: bool) -> Vec<Effect> {
        let Some(row) = sheet.grid.current() else {
            return Vec::new();
        };
        let text = sheet.worksheet.text(row);
        let copied = if name {
            text.dn
        } else {
            content(sheet.grid.column, &text, sheet.worksheet.state(row))
        };
        self.say(format!("copied: {}", quote(&copied)));
        vec![Effect::Copy(copied)]
    }

    fn open_review(&mut self) -> Vec<Effect> {
        if let Some(sheet) = &self.sheet {
            let review = Review::new(&sheet.worksheet);
            self.screens.push(Screen::Review(Box::new(review)));
        }
        Vec::new()
    }
}

/// A short quote that is safe to show; the status line cuts it to the screen.
fn quote(text: &str) -> String {
    text::fit_text(text, QUOTE, Cut::End)
}

/// Forgets why those of `rows`, which were just taken back, were right that were
/// accepted.
fn forget(sheet: &Sheet, mut rows: Vec<RowId>) -> Vec<Effect> {
    rows.retain(|row| sheet.worksheet.is_accepted(*row));
    if rows.is_empty() {
        return Vec::new();
    }
    let accepted = acceptances(sheet, rows, &Why::default());
    vec![Effect::Send(Command::Forget(accepted))]
}

fn acceptances(sheet: &Sheet, rows: Vec<RowId>, why: &Why) -> Acceptances {
    let mut exceptions = Vec::new();
    for row in &rows {
        let (forest, of_row) = sheet.worksheet.exceptions(*row, why);
        exceptions.extend(of_row.into_iter().map(|one| (forest.clone(), one)));
    }
    Acceptances { rows, exceptions }
}

/// After staging: counts, and the order if it depends on what was staged.
pub(super) fn changed(sheet: &mut Sheet) {
    sheet.tally.recount(&sheet.worksheet);
    sheet.grid.decided();
}

/// Why rows were refused: each reason once, with how many rows it is about.
fn reasons(bulk: &Bulk) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in &bulk.refused {
        *counts.entry(reason).or_default() += 1;
    }
    let rows = |number| count(number, "row", "rows");
    let mut lines = vec![format!(
        "{} staged; {} left alone:",
        rows(bulk.staged),
        rows(bulk.refused.len())
    )];
    let shown = counts.iter().take(REASONS);
    lines.extend(shown.map(|(reason, number)| format!("{}: {reason}", rows(*number))));
    if counts.len() > REASONS {
        lines.push(format!("and {} more reasons", counts.len() - REASONS));
    }
    lines
}
