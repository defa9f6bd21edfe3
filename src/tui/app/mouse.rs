//! What the mouse does, where it is switched on: a click moves the cursor, a
//! click on a title sorts, the wheel scrolls. Off by default, because a
//! terminal that reports the mouse no longer selects text with it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::App;
use crate::tui::draw::Areas;
use crate::tui::grid::view::{Hit, hit};
use crate::tui::keymap::Intent;
use crate::tui::message::Effect;
use crate::tui::screens::Screen;

/// Lines that a step of the wheel scrolls.
const WHEEL: usize = 3;

/// Who the mouse belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mouse {
    /// It moves the cursor, sorts and scrolls.
    Ours,
    /// The terminal selects text with it.
    Terminals,
}

impl Mouse {
    pub(super) fn of(taken: bool) -> Self {
        if taken { Self::Ours } else { Self::Terminals }
    }
}

impl App {
    /// Switches the mouse on or off.
    pub(super) fn toggle_mouse(&mut self) -> Vec<Effect> {
        let taken = self.mouse == Mouse::Terminals;
        self.mouse = Mouse::of(taken);
        self.say(if taken {
            "the mouse is on: click moves, a title sorts, the wheel scrolls; Shift selects text in most terminals"
        } else {
            "the mouse is off: the terminal selects text with it"
        });
        vec![Effect::Mouse(taken)]
    }

    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        if self.mouse == Mouse::Terminals {
            return Vec::new();
        }
        match event.kind {
            MouseEventKind::ScrollDown => self.wheel(event, true),
            MouseEventKind::ScrollUp => self.wheel(event, false),
            MouseEventKind::Down(MouseButton::Left) => self.click(event),
            _ => Vec::new(),
        }
    }

    fn wheel(&mut self, event: MouseEvent, down: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.popups.is_empty() {
            let code = if down { KeyCode::Down } else { KeyCode::Up };
            for _ in 0..WHEEL {
                effects.extend(self.key(KeyEvent::new(code, KeyModifiers::NONE)));
            }
            return effects;
        }
        let place = Position::new(event.column, event.row);
        let on_grid = matches!(self.screens.last(), Some(Screen::Grid));
        let on_detail = Areas::of(self)
            .detail
            .is_some_and(|area| area.contains(place));
        let (intent, times) = match (on_grid && on_detail, down) {
            (true, true) => (Intent::DetailDown, 1),
            (true, false) => (Intent::DetailUp, 1),
            (false, true) => (Intent::Down, WHEEL),
            (false, false) => (Intent::Up, WHEEL),
        };
        for _ in 0..times {
            effects.extend(self.run(intent));
        }
        effects
    }

    fn click(&mut self, event: MouseEvent) -> Vec<Effect> {
        let (Some(area), Some(Screen::Grid), true) = (
            Areas::of(self).grid,
            self.screens.last(),
            self.popups.is_empty(),
        ) else {
            return Vec::new();
        };
        let Some(sheet) = &mut self.sheet else {
            return Vec::new();
        };
        if !area.contains(Position::new(event.column, event.row)) || sheet.grid.is_waiting() {
            return Vec::new();
        }
        let place = (event.column - area.x, event.row - area.y);
        match hit(&sheet.grid, &sheet.worksheet, area, place) {
            Some(Hit::Title(column)) => {
                sheet.grid.look.column = column;
                return self.run(Intent::Sort);
            }
            Some(Hit::Line(line, column)) => {
                if sheet.grid.go_to_line(line)
                    && let Some(column) = column
                {
                    sheet.grid.look.column = column;
                }
            }
            None => {}
        }
        Vec::new()
    }
}
