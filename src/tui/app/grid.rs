//! Keys of the grid that change what is seen: cursor, marks, filter, sort,
//! groups, columns. What is decided on rows is in `decide`.

use super::decide::quote;
use super::work::Then;
use super::{App, Sheet};
use crate::tui::draw::Areas;
use crate::tui::grid::columns::{content, filter_for};
use crate::tui::grid::view::{inner_width, placement, rows_in};
use crate::tui::grid::{Detail, Page, Step};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::popup::{Chooser, Menu, Popup, Prompt, PromptKind};
use crate::tui::screens::review::count;
use crate::tui::work::Job;

/// Longest text that is put on the clipboard, in bytes: terminals cut or drop
/// more than this.
const COPIED: usize = 74_994;

impl App {
    pub(super) fn grid_key(&mut self, intent: Intent) -> Vec<Effect> {
        if self.sheet.is_none() {
            return self.close(intent);
        }
        if self.is_held_up(intent) {
            return Vec::new();
        }
        if self.grid_move(intent) || self.grid_mark(intent) || self.grid_shape(intent) {
            return Vec::new();
        }
        if let Some(effects) = self.open_bulk(intent) {
            return effects;
        }
        if let Some(effects) = self.decide(intent) {
            return effects;
        }
        match intent {
            Intent::Back => self.back(),
            Intent::Close => return self.close(intent),
            Intent::Review => return self.work(Job::Review, Then::Nothing),
            Intent::Rescan => return self.scan_again(),
            Intent::RefreshRows => return self.refresh_rows(),
            Intent::RefreshDomain => return self.refresh_domain(),
            Intent::Search => self.prompt(PromptKind::Search),
            Intent::Filter => self.prompt(PromptKind::Filter),
            Intent::MarkMatching => self.prompt(PromptKind::Mark),
            Intent::NextMatch | Intent::PreviousMatch => {
                self.next_match(intent == Intent::NextMatch);
            }
            Intent::FilterCell => self.filter_cell(""),
            Intent::FilterOutCell => self.filter_cell("!"),
            Intent::ClearFilter => self.filter(""),
            Intent::CopyCell | Intent::CopyName | Intent::CopyRow => return self.copy(intent),
            _ => {}
        }
        Vec::new()
    }

    /// The part of the screen that the grid is on.
    fn grid_area(&self) -> ratatui::layout::Rect {
        Areas::of(self).grid.unwrap_or_default()
    }

    fn grid_move(&mut self, intent: Intent) -> bool {
        let area = self.grid_area();
        let Some(sheet) = &mut self.sheet else {
            return false;
        };
        let grid = &mut sheet.grid;
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
                let shown = grid.look.layout.order(inner_width(area));
                grid.step_column(&shown, step);
                return true;
            }
            Intent::NextGroup | Intent::PreviousGroup => {
                if !grid.step_group(intent == Intent::NextGroup) {
                    self.say("the rows are in no groups: b puts them in groups");
                }
                return true;
            }
            _ => return false,
        };
        grid.step(rows);
        true
    }

    fn grid_mark(&mut self, intent: Intent) -> bool {
        let height = rows_in(self.grid_area());
        let Some(sheet) = &mut self.sheet else {
            return false;
        };
        let grid = &mut sheet.grid;
        match intent {
            Intent::Mark => grid.toggle_mark(),
            Intent::MarkUp => grid.mark_and_step(-1),
            Intent::MarkDown => grid.mark_and_step(1),
            Intent::Range => {
                grid.range();
                if grid.open_range().is_some() {
                    self.say("move to the other end, then v marks the range; Esc gives it up");
                }
            }
            Intent::MarkVisible => grid.mark_screen(height),
            Intent::MarkAll => grid.mark_all(),
            Intent::Invert => grid.invert_marks(),
            Intent::ClearMarks => grid.clear_marks(),
            _ => return false,
        }
        true
    }

    /// Keys that change how the rows are shown.
    fn grid_shape(&mut self, intent: Intent) -> bool {
        let area = self.grid_area();
        let Some(Sheet {
            grid, worksheet, ..
        }) = &mut self.sheet
        else {
            return false;
        };
        let column = grid.column();
        let layout = &mut grid.look.layout;
        match intent {
            Intent::Sort | Intent::SortAdd => grid.sort_by_column(intent == Intent::SortAdd),
            Intent::GroupBy => {
                let menu = Menu::groups(grid.look.grouping);
                self.popups.push(Popup::Menu(menu));
            }
            Intent::ToggleGroup | Intent::ToggleGroups => {
                let done = match intent {
                    Intent::ToggleGroup => grid.toggle_group(),
                    _ => grid.toggle_groups(),
                };
                if !done {
                    self.say("the rows are in no groups: b puts them in groups");
                }
            }
            Intent::Wider | Intent::Narrower => {
                let placement = placement(grid, worksheet, area);
                let mut placed = placement.placed.iter();
                let now = placed.find(|placed| placed.column.key == column);
                let now = now.map_or(0, |placed| placed.width);
                let layout = &mut grid.look.layout;
                layout.resize(column, now, intent == Intent::Wider);
            }
            Intent::Whole => {
                let whole = layout.toggle_whole(column);
                self.say(if whole {
                    "this column is shown whole, as far as the screen has room; w again shortens it"
                } else {
                    "this column is as wide as usual"
                });
            }
            Intent::HideColumn => self.hide_column(),
            Intent::ShowColumns => {
                let shown = layout.show_all();
                self.say(match shown {
                    0 => "no column is hidden".to_owned(),
                    _ => format!("{} shown again", count(shown, "column is", "columns are")),
                });
            }
            Intent::Freeze => {
                let stay = layout.freeze(column, inner_width(area));
                self.say(match stay {
                    0 => "no column stays when the others scroll".to_owned(),
                    1 => "the first column stays when the others scroll".to_owned(),
                    _ => format!("the first {stay} columns stay when the others scroll"),
                });
            }
            Intent::Columns => {
                let chooser = Chooser::new(layout.clone(), inner_width(area), column);
                self.popups.push(Popup::Columns(chooser));
            }
            Intent::Detail => {
                grid.detail_top = 0;
                grid.look.detail = match grid.look.detail {
                    Detail::Beside => Detail::Alone,
                    Detail::Alone => Detail::Hidden,
                    Detail::Hidden => Detail::Beside,
                };
            }
            Intent::DetailPage => {
                grid.detail_top = 0;
                grid.look.page = match grid.look.page {
                    Page::Finding => Page::Holders,
                    Page::Holders => Page::Entry,
                    Page::Entry => Page::Finding,
                };
                if grid.look.detail == Detail::Hidden {
                    grid.look.detail = Detail::Beside;
                }
            }
            Intent::DetailDown => grid.detail_top += 3,
            Intent::DetailUp => grid.detail_top = grid.detail_top.saturating_sub(3),
            _ => return false,
        }
        true
    }

    fn hide_column(&mut self) {
        let width = inner_width(self.grid_area());
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        let grid = &mut sheet.grid;
        let (column, shown) = (grid.column(), grid.look.layout.order(width));
        if !grid.look.layout.toggle(column) {
            return self.say("the last column stays");
        }
        // The next one is under the cursor then, or the last.
        let at = shown.iter().position(|other| *other == column).unwrap_or(0);
        let next = shown.get(at + 1).or_else(|| shown.get(at.checked_sub(1)?));
        if let Some(next) = next {
            grid.look.column = *next;
        }
        self.say("this column is hidden; + shows all again, C chooses");
    }

    /// Esc on the grid: gives up what is going on, a range, then the search.
    fn back(&mut self) {
        if self.work.is_running() {
            return self.stop_work();
        }
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        let grid = &mut sheet.grid;
        if grid.drop_range() || grid.drop_search() {
            return;
        }
        let is_last = self.screens.len() == 1;
        let leaves = if is_last { "q leaves" } else { "q goes back" };
        if grid.marks() > 0 {
            self.say(format!("M takes the marks away; {leaves}"));
        } else if grid.look.filter.is_some() {
            self.say(format!("F shows all rows again; {leaves}"));
        } else if is_last {
            self.say("this is the last layer: q leaves");
        } else {
            self.screens.pop();
        }
    }

    fn prompt(&mut self, kind: PromptKind) {
        let grid = self.sheet.as_ref().map(|sheet| &sheet.grid);
        let text = grid.and_then(|grid| match kind {
            PromptKind::Search => Some(grid.search.as_ref()?.text.clone()),
            PromptKind::Filter => Some(grid.look.filter.as_ref()?.text.clone()),
            PromptKind::Mark | PromptKind::Reason => None,
        });
        let text = text.unwrap_or_default();
        self.popups.push(Popup::Prompt(Prompt::new(kind, &text)));
    }

    pub(super) fn search(&mut self, text: &str) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        if let Err(error) = sheet.grid.set_search(text) {
            self.say(error.to_string());
        }
    }

    pub(super) fn mark_matching(&mut self, text: &str) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        if let Err(error) = sheet.grid.mark_matching(text) {
            self.say(error.to_string());
        }
    }

    fn next_match(&mut self, forward: bool) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        if sheet.grid.search.is_none() {
            self.prompt(PromptKind::Search);
        } else if !sheet.grid.find(forward) {
            self.say("no row shown here matches the search");
        }
    }

    pub(super) fn filter(&mut self, text: &str) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        if let Err(error) = sheet.grid.set_filter(text) {
            self.say(error.to_string());
        }
    }

    fn filter_cell(&mut self, sign: &str) {
        let Some(sheet) = &self.sheet else {
            return;
        };
        let Some(row) = sheet.grid.current() else {
            return self.say("a group is no cell: o opens it");
        };
        let term = filter_for(&sheet.worksheet, row, sheet.grid.column());
        let text = match &sheet.grid.look.filter {
            Some(filter) => format!("{} {sign}{term}", filter.text),
            None => format!("{sign}{term}"),
        };
        self.filter(&text);
    }

    fn copy(&mut self, what: Intent) -> Vec<Effect> {
        let width = inner_width(self.grid_area());
        let Some(Sheet {
            grid, worksheet, ..
        }) = &self.sheet
        else {
            return Vec::new();
        };
        let Some(row) = grid.current() else {
            return Vec::new();
        };
        let copied = match what {
            Intent::CopyName => worksheet.text(row).dn,
            Intent::CopyRow => {
                let columns = grid.look.layout.order(width).into_iter();
                let cells: Vec<String> = columns
                    .map(|column| content(worksheet, row, column).replace(['\t', '\n', '\r'], " "))
                    .collect();
                cells.join("\t")
            }
            _ => content(worksheet, row, grid.column()),
        };
        if copied.len() > COPIED {
            self.say(format!(
                "{} bytes are more than a terminal takes: nothing was copied",
                copied.len()
            ));
            return Vec::new();
        }
        self.say(format!("copied: {}", quote(&copied)));
        vec![Effect::Copy(copied)]
    }
}
