//! What the interface hears, and what it asks for: all that goes in and out of
//! [`App`](super::App).

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use super::grid::{Arranged, Arranging};
use super::work::{Counting, Rehearsing, Worked, Working};
use crate::session::{Command, Event, Wish};
use crate::worksheet::{Overview, Rehearsal, Worksheet};

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed (presses and repeats only, never releases).
    Key(KeyEvent),
    /// The mouse did something; it is heard of only while it is switched on.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now, in columns and lines.
    Resize(u16, u16),
    /// The session says something.
    Session(Event),
    /// The session is gone and will say nothing more.
    SessionEnded,
    /// Time passed; how long since the program began.
    Tick(Duration),
    /// The system asks the program to end (SIGTERM, SIGHUP).
    Terminate,
    /// An order of the rows was worked out.
    Arranged(Arranged),
    /// Work on the sheet is done, or was stopped.
    Worked(Worked),
    /// What a bulk edit would do to all its rows, by the number of the request.
    Rehearsed(u64, Rehearsal),
    /// All rows were counted, by the number of the request.
    Counted(u64, Box<Overview>),
}

/// Something that the loop has to do for the interface.
#[derive(Debug)]
pub enum Effect {
    /// Send this to the session.
    Send(Command),
    /// Hand this to the keeper of sessions.
    Keep(Wish),
    /// Put this on the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Work this order out on another thread and say [`Message::Arranged`].
    Arrange(Arranging),
    /// Do this on another thread and say [`Message::Worked`].
    Work(Working),
    /// Do this on another thread and say [`Message::Rehearsed`].
    Rehearse(Rehearsing),
    /// Do this on another thread and say [`Message::Counted`].
    Count(Counting),
    /// Throw this sheet away on another thread: it takes time.
    Discard(Box<Worksheet>),
    /// Take the mouse from the terminal, or give it back.
    Mouse(bool),
    /// Leave.
    Quit,
}
