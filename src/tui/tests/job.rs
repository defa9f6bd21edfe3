//! The whole job with the real session on the demo's forests: scan, decide,
//! write, read the result, take it back.

use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::KeyCode;

use super::{Face, SMALL};
use crate::config::SourceSpec;
use crate::session::{Command, Session, SessionHandle, spawn};
use crate::tui::{Effect, Message, Start};
use crate::worksheet::{RowId, RowState};

/// An interface with a session behind it.
pub(super) struct Job {
    pub(super) face: Face,
    session: SessionHandle,
}

impl Job {
    /// On the summary of the sample forests, as soon as they are read.
    fn begin() -> Self {
        // The state directory is only made when something is written.
        Self::begin_in(&tempfile::tempdir().unwrap().keep())
    }

    /// On the demo, with this state directory.
    pub(super) fn begin_in(state: &Path) -> Self {
        let mut job = Self::of(Face::begin(Start::Connect, SMALL), state);
        job.face.press(KeyCode::F(2));
        job
    }

    pub(super) fn of(face: Face, state: &Path) -> Self {
        Self {
            face,
            session: spawn(Session::new(state.to_owned())),
        }
    }

    /// The end of the program, were it by a lost terminal.
    pub(super) async fn end(self) {
        self.session.end().await;
    }

    /// At the form that asks for a server.
    pub(super) fn on(size: (u16, u16)) -> Self {
        // The state directory is only made when something is written.
        let state = tempfile::tempdir().unwrap().keep();
        Self::of(Face::begin(Start::Connect, size), &state)
    }

    /// Hands over what was asked for, and takes what comes, until the screen shows `text`.
    pub(super) async fn until(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let mut counted = Vec::new();
            for effect in self.face.effects.drain(..) {
                match effect {
                    Effect::Send(command) => self.session.commands.send(command).await.unwrap(),
                    Effect::Count(counting) => counted.push(counting.carry_out()),
                    Effect::Keep(wish) => self.session.keeper.ask(wish),
                    Effect::Copy(_)
                    | Effect::Quit
                    | Effect::Arrange(_)
                    | Effect::Work(_)
                    | Effect::Rehearse(_)
                    | Effect::Discard(_)
                    | Effect::Mouse(_) => {}
                }
            }
            for (number, overview) in counted {
                self.face.send(Message::Counted(number, overview));
            }
            if self.face.shows(text) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "no '{text}':\n{}",
                self.face.screen()
            );
            let wait = tokio::time::timeout(Duration::from_secs(20), self.session.events.recv());
            let event = wait.await.ok().flatten();
            let event = event.unwrap_or_else(|| panic!("nothing came:\n{}", self.face.screen()));
            self.face.send(Message::Session(event));
        }
    }

    /// From the summary, which comes first, to all findings.
    pub(super) async fn begin_on_grid(&mut self) {
        self.until("All findings").await;
        self.face.press(KeyCode::Enter);
        self.until("row 1 of").await;
    }

    fn count(&self, state: &RowState) -> usize {
        let sheet = self.face.sheet();
        let rows = 0..u32::try_from(sheet.len()).unwrap();
        rows.filter(|row| sheet.state(RowId(*row)) == state).count()
    }
}

#[tokio::test]
async fn findings_are_written_read_back_and_taken_back() {
    let mut job = Job::begin();
    assert!(matches!(
        job.face.effects.as_slice(),
        [.., Effect::Send(Command::Scan(request))]
            if matches!(request.sources.as_slice(), [SourceSpec::Demo])
    ));
    job.begin_on_grid().await;
    let found = job.face.sheet().len();
    assert!(found > 20);
    job.face.keys("fattr:userPrincipalName action:none");
    job.face.press(KeyCode::Enter);
    job.face.keys("  t");
    job.face.press(KeyCode::Esc);
    job.face.keys("R");
    job.until("will be written").await;
    job.face.keys("aw");
    job.until("Write?").await;
    job.face.keys("y");
    job.until("Written: transaction").await;
    assert!(
        job.face.shows("READ-ONLY"),
        "writing is disarmed afterwards"
    );
    let done = job.count(&RowState::Done);
    assert!(done >= 1);
    job.face.keys("r");
    job.until("Roll back?").await;
    job.face.keys("y");
    job.until("Rolled back").await;
    assert_eq!(job.count(&RowState::RolledBack), done);
    assert_eq!(job.count(&RowState::Done), 0);
    job.face.keys("H");
    job.until("✓ rollback done").await;
    assert!(job.face.shows("< rolled back"), "{}", job.face.screen());
    job.face.press(KeyCode::Enter);
    job.until("takes back").await;
    job.face.keys("qqq");
    job.face.press(KeyCode::F(5));
    job.until("scan").await;
    job.until("row 1 of").await;
    assert_eq!(
        job.face.sheet().len(),
        found,
        "the same findings as at the start"
    );
}

#[tokio::test]
async fn undo_takes_an_accepted_finding_out_of_the_file_again() {
    let mut job = Job::begin();
    job.begin_on_grid().await;
    let row = job.face.current();
    job.face.keys("cas agreed");
    job.face.press(KeyCode::Enter);
    job.until("1 row is accepted, kept in").await;
    assert!(job.face.sheet().is_accepted(row));
    job.face.keys("u");
    job.until("no longer accepted").await;
    assert!(!job.face.sheet().is_accepted(row));
    assert_eq!(job.face.sheet().state(row), &RowState::Open);
    job.face.press(KeyCode::F(5));
    job.until("scan").await;
    job.until("row 1 of").await;
    let sheet = job.face.sheet();
    assert!(sheet.rows().all(|row| !sheet.is_accepted(row)));
}

#[tokio::test]
async fn a_session_that_is_gone_is_said_and_loses_nothing() {
    let mut job = Job::begin();
    job.begin_on_grid().await;
    job.face.keys("c");
    job.face.send(Message::SessionEnded);
    assert!(job.face.shows("The session ended"), "{}", job.face.screen());
    job.face.press(KeyCode::Enter);
    assert!(job.face.shows("1 staged"));
}

#[tokio::test]
async fn two_transactions_are_taken_back_at_once_and_a_rollback_in_turn() {
    let mut job = Job::begin();
    job.begin_on_grid().await;
    let found = job.face.sheet().len();
    job.face.keys("fproposed:safe attr:displayName");
    job.face.press(KeyCode::Enter);
    for written in 1..=2 {
        job.until("row 1 of").await;
        job.face.keys("t");
        job.face.keys("R");
        job.until("1 entry will be written").await;
        job.face.keys("awy");
        job.until("Written: transaction").await;
        job.face.keys("q");
        job.until(&format!("{} in all", found - written)).await;
    }
    job.face.keys("H");
    job.until("✓ done").await;
    job.face.keys("GR");
    job.until("Take back 2 transactions").await;
    job.face.keys("y");
    job.until("Rolled back").await;
    job.face.keys("q");
    job.until("< rolled back").await;
    let screen = job.face.screen();
    assert_eq!(screen.matches("< rolled back").count(), 2, "{screen}");
    assert_eq!(screen.matches("✓ rollback done").count(), 2, "{screen}");
    // A rollback is a transaction, too.
    job.face.keys("gr");
    job.until("Take back transaction").await;
    job.face.keys("y");
    job.until("Rolled back").await;
    job.face.keys("qq");
    job.until(&format!("{} in all", found - 1)).await;
}
