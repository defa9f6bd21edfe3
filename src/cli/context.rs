//! What all commands share: the state directory, the log, the interruption.

use std::future::Future;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::failure::Failure;
use super::log::{Log, LogArgs};
use super::talk::say;
use crate::session::Session;
use crate::system::ending::{self, Hangup};

/// The surroundings of a command.
#[derive(Debug)]
pub(super) struct Context {
    /// Journals, logs, the lock.
    pub(super) state: PathBuf,
    /// Set by Ctrl-C and SIGTERM: stop between two entries or pages.
    pub(super) cancel: CancellationToken,
    log: LogArgs,
}

impl Context {
    /// The surroundings with the state directory that was asked for, or the
    /// platform's usual one.
    pub(super) fn new(state: Option<PathBuf>, log: LogArgs) -> Result<Self, Failure> {
        let state = match state {
            Some(state) => state,
            None => usual_state()?,
        };
        let state = std::path::absolute(&state).unwrap_or(state);
        Ok(Self {
            state,
            cancel: CancellationToken::new(),
            log,
        })
    }

    /// [`Context::open`], with Ctrl-C and SIGTERM caught.
    pub(super) fn begin(&self) -> Result<(Session, Log), Failure> {
        self.catch_interrupts();
        self.open()
    }

    /// A session on the state directory, with its log opened and its place
    /// said.
    pub(super) fn open(&self) -> Result<(Session, Log), Failure> {
        let log = Log::open(&self.state, &self.log, now())?;
        say(format!("state: {}", self.state.display()));
        Ok((Session::new(self.state.clone()), log))
    }

    /// Names the transactions that somebody must settle: an interrupted one is
    /// not to be forgotten because other work goes on.
    pub(super) fn name_unsettled(session: &Session) {
        let unsettled = session.unsettled().unwrap_or_else(|error| {
            say(format!(
                "warning: whether a transaction was interrupted is not known: {error}"
            ));
            Vec::new()
        });
        for open in unsettled {
            say(format!(
                "note: transaction {} was interrupted: {} planned, {} done, {} in doubt; idmend \
                 recover SOURCE settles it by reading, with --finish or --rollback it goes on",
                open.id, open.planned, open.done, open.in_doubt
            ));
        }
    }

    /// Waits for `work`, unless it is interrupted first. For work that has
    /// nothing to show for a part of it.
    pub(super) async fn or_interrupted<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.cancel.cancelled() => Err(Failure::new(
                Exit::Incomplete,
                "interrupted before anything was read",
            )),
        }
    }

    /// From now on a request to end stops the work instead of the process.
    fn catch_interrupts(&self) {
        let cancel = self.cancel.clone();
        match ending::requests(Hangup::AsUsual) {
            Ok(mut requests) => drop(tokio::spawn(async move {
                // To the end of the program: a second request is no stronger.
                while requests.recv().await.is_some() {
                    if !cancel.is_cancelled() {
                        say("interrupted: stopping cleanly");
                        cancel.cancel();
                    }
                }
            })),
            Err(error) => tracing::warn!(%error, "an interruption cannot be caught"),
        }
    }
}

fn usual_state() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|_no_home| {
        Failure::usage("there is no home directory to keep journals in")
            .hint("name one with --state-dir DIR or IDMEND_STATE_DIR")
    })?;
    let base = strategy.state_dir().unwrap_or_else(|| strategy.cache_dir());
    Ok(base.join("idmend"))
}

/// The folder of the saved profiles.
pub(super) fn profile_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("idmend"))
}

/// The time.
#[expect(clippy::disallowed_methods, reason = "the time of the run")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
