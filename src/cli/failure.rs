//! The one error type of the edge: what went wrong, what to try, which code.
//!
//! Everything below has typed errors; here they become one sentence and an
//! exit code. Nothing else prints errors.

use std::io;

use super::exit::Exit;
use super::log::say_where_quietly;
use super::talk::say_error;
use crate::session::SessionError;
use crate::text::escape;

/// Why a command ended without its result.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One sentence: what, and where.
    pub sentence: String,
    /// What to try.
    pub hint: Option<String>,
    /// Whoever read our output is gone: nothing is said.
    pub silent: bool,
}

impl Failure {
    /// Usage or bad input.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    /// With an exit code of its own.
    pub fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self {
            exit,
            sentence: sentence.into(),
            hint: None,
            silent: false,
        }
    }

    /// Says it on standard error.
    pub fn report(self) -> Exit {
        if !self.silent {
            say_error(format!("error: {}", escape(&self.sentence)));
            if let Some(hint) = &self.hint {
                say_error(format!("hint: {}", escape(hint)));
            }
            say_where_quietly();
        }
        self.exit
    }

    /// With something to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Of writing to standard output: a reader that has seen enough is no failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let mut failure = Self::usage(format!("cannot write the result: {error}"));
        if error.kind() == io::ErrorKind::BrokenPipe {
            failure.silent = true;
            failure.exit = Exit::Clean;
        }
        failure
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self {
            exit: if error.is_usage() {
                Exit::Usage
            } else {
                Exit::Nothing
            },
            sentence: error.to_string(),
            hint: error.hint(),
            silent: false,
        }
    }
}
