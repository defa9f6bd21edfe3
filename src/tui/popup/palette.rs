//! Every action by its name, found by typing a part of it.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Answer, draw_lines, help, open};
use crate::text;
use crate::tui::keymap::{self, Binding, Context, Intent};
use crate::tui::line::LineInput;
use crate::tui::theme::{Role, Theme};

/// The actions of some contexts, narrowed by what is typed.
#[derive(Debug)]
pub(in crate::tui) struct Palette {
    contexts: &'static [Context],
    line: LineInput,
    chosen: usize,
}

impl Palette {
    pub(in crate::tui) fn new(contexts: &'static [Context]) -> Self {
        Self {
            contexts,
            line: LineInput::default(),
            chosen: 0,
        }
    }

    fn matching(&self) -> Vec<&'static Binding> {
        let words: Vec<String> = self
            .line
            .text()
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let fits = |binding: &Binding| {
            let text = format!("{} {}", binding.name, binding.text).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut found: Vec<_> = keymap::bindings(self.contexts)
            .into_iter()
            .filter(|binding| binding.intent != Intent::Palette && fits(binding))
            .collect();
        // What is called so goes before what is only described so.
        found.sort_by_key(|binding| {
            !words
                .iter()
                .all(|word| binding.name.contains(word.as_str()))
        });
        found
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Answer {
        let found = self.matching();
        match keymap::intent(&[Context::Palette], event) {
            Some(Intent::Close) => Answer::Close,
            Some(Intent::Submit) => match found.get(self.chosen) {
                Some(binding) => Answer::Run(binding.intent),
                None => Answer::Stay,
            },
            Some(Intent::Down) => {
                self.chosen = (self.chosen + 1).min(found.len().saturating_sub(1));
                Answer::Stay
            }
            Some(Intent::Up) => {
                self.chosen = self.chosen.saturating_sub(1);
                Answer::Stay
            }
            Some(_) => Answer::Stay,
            None => {
                if self.line.key(event) {
                    self.chosen = 0;
                }
                Answer::Stay
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.line.paste(pasted);
        self.chosen = 0;
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let inner = open(
            frame,
            area,
            (area.width.min(84), area.height.min(20)),
            "Actions · type to find, Enter runs, Esc leaves",
        );
        let width = usize::from(inner.width);
        let (typed, at) = self.line.draw(width.saturating_sub(2), theme);
        let mut first = vec![Span::styled(": ", theme.style(Role::Key))];
        first.extend(typed);
        let found = self.matching();
        let room = usize::from(inner.height.saturating_sub(1)).max(1);
        let top = (self.chosen + 1).saturating_sub(room);
        let mut lines = vec![Line::from(first)];
        if found.is_empty() {
            lines.push(Line::styled(
                "no action is called so",
                theme.style(Role::Muted),
            ));
        }
        for (binding, at) in found.iter().zip(0..).skip(top).take(room) {
            let sign = if at == self.chosen { "> " } else { "  " };
            let text = text::fit_text(binding.text, width.saturating_sub(39), text::Cut::End);
            let line = Line::from(vec![
                Span::raw(sign),
                Span::styled(format!("{:<16} ", binding.name), theme.style(Role::Heading)),
                Span::styled(
                    format!("{:<19} ", help::keys(binding)),
                    theme.style(Role::Key),
                ),
                Span::raw(text),
            ]);
            lines.push(if at == self.chosen {
                line.patch_style(theme.style(Role::CursorCell))
            } else {
                line
            });
        }
        draw_lines(frame, inner, &lines);
        frame.set_cursor_position((inner.x + 2 + u16::try_from(at).unwrap_or(0), inner.y));
    }
}
