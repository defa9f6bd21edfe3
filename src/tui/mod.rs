//! The terminal interface: connect, scan, decide on findings, review, write,
//! and take back.
//!
//! One [`App`] holds all state and is changed by messages only; `run` is the
//! loop around it that talks to the terminal, and to the session by channels.
//! Nothing here reaches a directory, a file or the clock, and every text that is
//! not our own passes through [`text`](crate::text) before it is drawn.

mod app;
mod background;
mod cell;
mod draw;
mod footer;
mod grid;
mod keymap;
mod line;
mod message;
mod popup;
mod run;
mod screens;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod work;

pub use app::{App, Options, Start};
pub use draw::draw;
pub use grid::{Arranged, Arranging};
pub use message::{Effect, Message};
pub use run::{Ended, RunError, run};
pub use screens::connect::Saved;
pub use work::{Counting, Rehearsing, Worked, Working};
