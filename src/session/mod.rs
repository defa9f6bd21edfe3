//! The worker between the directories and the two faces of idmend.
//!
//! A session owns the directories, the judge and the state directory. The
//! commands call its functions; the terminal interface sends [`Command`]s to
//! [`spawn`]ed worker and receives [`Event`]s. Only here and in `cli` is the
//! clock read.

mod event;

pub use event::{Command, Event, ScanRequest};
