//! Work that is staged and not written, over the end of the program.

use std::path::Path;

use crossterm::event::KeyCode;

use super::job::Job;
use super::screens::both;
use super::{Face, SMALL, faulty, options};
use crate::config::SourceSpec;
use crate::kept::Summary;
use crate::model::{AttributeName, DistinguishedName, Identity, Value};
use crate::session::{Continued, Event, Keeping, Resumption, Wish, scan_record};
use crate::tui::{Effect, Start};
use crate::worksheet::{Action, Decision, KeptRow, Resumed, RowKey, Standing, Unfit};

const ID: &str = "20261122-081500-7f3a";

fn id() -> crate::kept::SessionId {
    crate::kept::SessionId::parse(ID).unwrap()
}

/// A session of contoso.com with a hostile name.
fn summary(staged: usize) -> Summary {
    summary_of("anna\u{202e}\u{1b}[2J", staged)
}

/// A session of contoso.com that this user began.
fn summary_of(user: &str, staged: usize) -> Summary {
    let mut request = options(Start::Connect).request;
    request.sources = vec![SourceSpec::Ldif {
        name: None,
        files: vec!["/exports/contoso.ldif".into()],
    }];
    Summary {
        id: id(),
        path: "/var/lib/idmend/sessions/x.jsonl".into(),
        head: Some(crate::kept::Head {
            id: id(),
            time: "2026-11-22T08:15:00Z".into(),
            origin: crate::store::Origin {
                version: "1".into(),
                host: "jump1".into(),
                user: user.into(),
                pid: 4711,
            },
            forests: vec![crate::kept::ForestRecord {
                name: "contoso.com".into(),
                kind: crate::store::KindRecord::Memory,
                identity: None,
            }],
            scan: scan_record(&request),
        }),
        changed: "2026-11-22T09:30:12Z".into(),
        staged,
        aside: 2,
        held_by: None,
        is_unreadable: false,
    }
}

/// All files of kept sessions below a state directory.
fn files(state: &Path) -> Vec<String> {
    let items = std::fs::read_dir(state.join("sessions"));
    let names = items
        .into_iter()
        .flatten()
        .map(|item| item.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.contains("lock")).collect();
    names.sort();
    names
}

fn staged(job: &Job) -> Vec<String> {
    let sheet = job.face.sheet();
    let rows = sheet
        .rows()
        .filter(|row| sheet.action(*row) != Action::None);
    rows.map(|row| {
        let text = sheet.text(row);
        format!(
            "{} {} {} {}",
            text.dn, text.attribute, text.value, text.update
        )
    })
    .collect()
}

/// A file that is exported anew now and then, and what is kept of its findings.
struct Export(tempfile::TempDir);

impl Export {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The users that the file holds: their names, and what begins their sign-in
    /// names. More lines may follow that.
    fn write(&self, users: &[(&str, &str)]) {
        let user = |(name, upn): &(&str, &str)| {
            let (upn, more) = upn.split_once('\n').unwrap_or((upn, ""));
            format!(
                "dn: CN={name},DC=contoso,DC=com\nobjectClass: user\n\
                 userPrincipalName: {upn}@contoso.com\n{more}\n"
            )
        };
        let users: String = users.iter().map(user).collect();
        let text = format!("dn: DC=contoso,DC=com\nobjectClass: domainDNS\n\n{users}");
        std::fs::write(self.0.path().join("contoso.ldif"), text).unwrap();
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state")
    }

    fn job(&self) -> Job {
        let mut options = options(Start::Scan);
        options.request.sources = vec![SourceSpec::Ldif {
            name: None,
            files: vec![self.0.path().join("contoso.ldif")],
        }];
        Job::of(Face::begin_with(options, SMALL), &self.state())
    }
}

#[tokio::test]
async fn what_was_staged_is_offered_by_the_next_start_and_continued() {
    let state = tempfile::tempdir().unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("A");
    job.face.keys("t");
    let before = staged(&job);
    assert!(before.len() > 10, "{before:?}");
    job.until("take").await;
    job.end().await;
    assert_eq!(files(state.path()).len(), 1);

    let mut job = Job::begin_in(state.path());
    job.until("Continue?").await;
    assert!(job.face.shows("decisions of"), "{}", job.face.screen());
    assert!(staged(&job).is_empty(), "nothing is staged unasked");
    job.face.press(KeyCode::Enter);
    assert!(job.face.shows("Continue?"), "Enter decides nothing");
    job.face.keys("y");
    job.until("decisions are staged again").await;
    assert_eq!(staged(&job), before);
    // The ways back are those of before.
    job.face.keys("u");
    assert_eq!(staged(&job).len(), before.len() - 1);
    job.face.keys("u");
    assert!(staged(&job).is_empty());
    job.face.ctrl('r');
    job.face.ctrl('r');
    assert_eq!(staged(&job), before);
    job.end().await;
    assert_eq!(files(state.path()).len(), 1, "it goes on in the same file");
}

#[tokio::test]
async fn a_value_that_changed_meanwhile_is_named_and_not_touched() {
    let export = Export::new();
    export.write(&[("anna", "an na"), ("bert", "b rt")]);
    let mut first = export.job();
    first.begin_on_grid().await;
    first.face.ctrl('a');
    first.face.keys("t");
    assert_eq!(staged(&first).len(), 2);
    first.until("take").await;
    first.end().await;
    export.write(&[("anna", "an na"), ("bert", "b ert")]);
    let mut second = export.job();
    second.until("Continue?").await;
    second.face.keys("y");
    second
        .until("1 is left alone, because the value is gone")
        .await;
    let screen = second.face.screen();
    assert!(screen.contains("CN=bert,DC=contoso,DC=com"), "{screen}");
    assert!(screen.contains("changed since"), "{screen}");
    second.face.press(KeyCode::Enter);
    let left = staged(&second);
    assert_eq!(left.len(), 1);
    assert!(left[0].contains("CN=anna"), "{left:?}");
    second.face.keys("L");
    assert!(
        second
            .face
            .shows("not staged again: EDIT userPrincipalName 'b rt@contoso.com'")
    );
    second.end().await;
    let mut third = export.job();
    third.until("1 decision of").await;
    third.end().await;
}

#[tokio::test]
async fn what_is_declined_stays_kept_and_can_be_continued_from_the_list() {
    let state = tempfile::tempdir().unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("t");
    job.until("take").await;
    job.end().await;
    let mut job = Job::begin_in(state.path());
    job.until("Continue?").await;
    job.face.keys("n");
    assert!(!job.face.shows("Continue?"));
    job.face.press(KeyCode::F(3));
    job.until("Staged").await;
    job.until("contoso, fabrikam").await;
    job.face.press(KeyCode::Enter);
    job.until("1 decision is staged again").await;
    assert_eq!(staged(&job).len(), 1);
    // Leaving says what becomes of it, and how to get rid of it.
    job.face.keys("qq");
    assert!(
        job.face.shows("It stays kept when you leave"),
        "{}",
        job.face.screen()
    );
    job.face.keys("d");
    assert!(
        job.face
            .shows("Discard 1 staged change for ever and leave?")
    );
    job.face.press(KeyCode::Esc);
    assert!(!job.face.has_quit() && staged(&job).len() == 1);
    job.face.keys("qdy");
    job.until("All findings").await;
    job.end().await;
    assert_eq!(files(state.path()), [""; 0]);
}

#[tokio::test]
async fn a_session_is_discarded_from_the_list_after_a_question() {
    let state = tempfile::tempdir().unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("t");
    job.until("take").await;
    job.end().await;
    let mut job = Job::of(Face::begin(Start::Connect, SMALL), state.path());
    job.until("Kept and not written: 1 decision of contoso, fabrikam")
        .await;
    job.face.press(KeyCode::F(3));
    job.until("> ").await;
    job.face.keys("D");
    assert!(
        job.face.shows("with 1 decision for ever?"),
        "{}",
        job.face.screen()
    );
    job.face.keys("y");
    job.until("No earlier work is kept").await;
    assert_eq!(files(state.path()), [""; 0]);
    job.end().await;
}

#[tokio::test]
async fn a_new_scan_takes_what_is_staged_along() {
    let state = tempfile::tempdir().unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("A");
    let before = staged(&job);
    job.face.press(KeyCode::F(5));
    job.until("read again:").await;
    assert_eq!(staged(&job), before);
    job.face.keys("u");
    assert!(staged(&job).is_empty());
    job.until("row 1 of").await;
    job.end().await;
    assert_eq!(files(state.path()), [""; 0], "nothing is staged any more");
}

#[tokio::test]
async fn a_decision_that_reading_again_takes_away_leaves_the_session_or_waits_in_it() {
    let waits = "b rt\nadminDescription: User_x\n";
    for (bert, offered) in [("b ert", "1 decision of"), (waits, "2 decisions of")] {
        let export = Export::new();
        export.write(&[("anna", "an na"), ("bert", "b rt")]);
        let mut job = export.job();
        job.begin_on_grid().await;
        job.face.ctrl('a');
        job.face.keys("t");
        assert_eq!(staged(&job).len(), 2);
        export.write(&[("anna", "an na"), ("bert", bert)]);
        job.face.press(KeyCode::F(5));
        job.until("1 staged decision has no row any more").await;
        job.face.press(KeyCode::Enter);
        let left = staged(&job);
        assert_eq!(left.len(), 1);
        // The ways back go on on the new sheet, and so does the file.
        job.face.keys("u");
        assert!(staged(&job).is_empty());
        job.face.ctrl('r');
        assert_eq!(staged(&job), left);
        job.until("row").await;
        job.end().await;
        export.write(&[("anna", "an na"), ("bert", "b rt")]);
        let mut job = export.job();
        job.until(offered).await;
        job.face.keys("y");
        job.until("staged again").await;
        let all = if bert == waits { 2 } else { 1 };
        assert_eq!(staged(&job).len(), all, "{}", job.face.screen());
        job.end().await;
    }
}

#[tokio::test]
async fn steps_that_wait_for_the_disk_are_kept_for_the_rows_they_were_made_on() {
    let export = Export::new();
    export.write(&[("anna", "an na"), ("bert", "b rt")]);
    // A file where the folder should be: nothing can be kept.
    std::fs::create_dir_all(export.state()).unwrap();
    let blocked = export.state().join("sessions");
    std::fs::write(&blocked, "").unwrap();
    let mut job = export.job();
    job.begin_on_grid().await;
    job.face.keys("jt");
    assert!(staged(&job)[0].contains("CN=bert"));
    job.until("! NOT KEPT").await;
    export.write(&[("bert", "b rt")]);
    job.face.press(KeyCode::F(5));
    job.until("row 1 of 1").await;
    std::fs::remove_file(&blocked).unwrap();
    job.until("kept again").await;
    job.end().await;
    let mut job = export.job();
    job.until("1 decision of").await;
    job.face.keys("y");
    job.until("1 decision is staged again").await;
    assert!(staged(&job)[0].contains("CN=bert"));
    job.end().await;
}

#[tokio::test]
async fn a_second_program_is_told_who_works_on_the_session() {
    let state = tempfile::tempdir().unwrap();
    let mut first = Job::begin_in(state.path());
    first.begin_on_grid().await;
    first.face.keys("t");
    first.until("take").await;
    // The keeper is another thread: the file is there when it has the step.
    while files(state.path()).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut second = Job::begin_in(state.path());
    second.until("All findings").await;
    assert!(
        second
            .face
            .status()
            .contains("another idmend works on a kept session"),
        "{}",
        second.face.screen()
    );
    second.begin_on_grid().await;
    second.face.keys("t");
    second.until("take").await;
    second.end().await;
    first.end().await;
    assert_eq!(files(state.path()).len(), 2, "each has its own");
}

#[tokio::test]
async fn what_is_written_leaves_the_session() {
    let state = tempfile::tempdir().unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("A");
    job.face.keys("R");
    job.until("will be written").await;
    job.face.keys("aw");
    job.until("Write?").await;
    job.face.keys("y");
    job.until("Written: transaction").await;
    job.end().await;
    assert_eq!(files(state.path()), [""; 0]);
}

#[tokio::test]
async fn a_disk_that_fails_is_on_the_screen_until_it_is_mended() {
    let state = tempfile::tempdir().unwrap();
    // A file where the folder should be: nothing can be kept.
    std::fs::write(state.path().join("sessions"), "").unwrap();
    let mut job = Job::begin_in(state.path());
    job.begin_on_grid().await;
    job.face.keys("t");
    job.until("! NOT KEPT").await;
    job.face.keys("j");
    assert!(
        job.face.shows("! not kept: cannot"),
        "{}",
        job.face.screen()
    );
    job.face.keys("qq");
    assert!(
        job.face.shows("Leaving forgets what is not kept"),
        "{}",
        job.face.screen()
    );
    job.face.press(KeyCode::Esc);
    std::fs::remove_file(state.path().join("sessions")).unwrap();
    job.until("kept again").await;
    assert!(!job.face.shows("NOT KEPT"));
    job.end().await;
    assert_eq!(files(state.path()).len(), 1);
}

#[test]
fn each_step_is_handed_over_once_and_before_anything_else() {
    let mut face = Face::on_grid(faulty(), SMALL);
    face.app.sheet.as_mut().unwrap().worksheet.record();
    face.keys("t");
    let [Effect::Keep(Wish::Note(1, notes))] = face.effects.as_slice() else {
        panic!("{:?}", face.effects);
    };
    assert_eq!(notes.len(), 1);
    face.effects.clear();
    face.keys("jk");
    assert!(face.effects.is_empty());
    // What is not on the disk in time is said.
    face.wait(5);
    assert!(face.shows("! NOT KEPT"), "{}", face.screen());
    assert!(face.shows("the disk has not taken the last steps yet"));
    face.tell(Event::Keeping(Keeping {
        done: 1,
        ..Keeping::default()
    }));
    assert!(!face.shows("NOT KEPT"));
}

#[test]
fn the_form_names_kept_sessions() {
    both("connect_kept", |size| {
        let mut face = Face::begin(Start::Connect, size);
        face.tell(Event::Sessions(Ok(vec![summary(12)])));
        face
    });
}

#[test]
fn the_list_of_sessions() {
    both("sessions", |size| {
        let mut face = Face::begin(Start::Connect, size);
        face.press(KeyCode::F(3));
        let held = Summary {
            held_by: Some("process 4711 of anna on jump1, since 2026-11-22T08:15:00Z".into()),
            ..summary(1)
        };
        let damaged = Summary {
            head: None,
            ..summary(3)
        };
        face.tell(Event::Sessions(Ok(vec![summary(12), held, damaged])));
        face.keys("j");
        face
    });
}

/// On the summary, with the question whether to continue with the first of these.
fn offered(sessions: Vec<Summary>, size: (u16, u16)) -> Face {
    let mut face = Face::begin(Start::Scan, size);
    let result = crate::scan::fixture::contoso(faulty());
    face.tell(Event::Discovered(result.forests.clone()));
    face.tell(Event::Offered(sessions));
    let sheet = crate::worksheet::Worksheet::new(result, crate::scan::fixture::judge());
    face.tell(Event::Scanned(Box::new(sheet)));
    face
}

#[test]
fn the_question_whether_to_continue() {
    let other = || Summary {
        staged: 1,
        ..summary(1)
    };
    both("continue", |size| offered(vec![summary(12), other()], size));
    let anna = || vec![summary_of("anna", 12)];
    both("continue_one", |size| offered(anna(), size));
    both("sessions_one", |size| {
        let mut face = Face::begin(Start::Connect, size);
        face.press(KeyCode::F(3));
        face.tell(Event::Sessions(Ok(anna())));
        face
    });
    both("session_discard", |size| {
        let mut face = Face::begin(Start::Connect, size);
        face.press(KeyCode::F(3));
        face.tell(Event::Sessions(Ok(anna())));
        face.keys("D");
        face
    });
}

#[test]
fn what_could_not_be_staged_again() {
    both("continued", |size| {
        let result = crate::scan::fixture::contoso(faulty());
        let worksheet = crate::worksheet::Worksheet::new(result, crate::scan::fixture::judge());
        let unfit = |name: &str, reason: &str| Unfit {
            row: KeptRow {
                key: RowKey {
                    identity: Identity::Dn(DistinguishedName::from_server("CN=x")),
                    attribute: AttributeName::known("mail"),
                    value: Some(Value::from("a\u{202e}b@contoso.com")),
                },
                dn: DistinguishedName::from_server(format!("CN={name},OU=Staff,DC=contoso,DC=com")),
                decision: Decision {
                    action: Action::Edit,
                    update: Some("ab@contoso.com".into()),
                },
                standing: Standing::Staged,
            },
            reason: reason.to_owned(),
        };
        let resumed = Resumed {
            staged: 9,
            already: 2,
            lost: vec![unfit(
                "Evil\u{1b}[2J",
                "the value was changed since, to 'c@contoso.com'",
            )],
            aside: vec![unfit("Anna", "this scan did not come to the entry"); 2],
        };
        let mut face = Face::begin(Start::Scan, size);
        face.tell(Event::Continued(Box::new(Continued {
            worksheet,
            resumption: Resumption {
                id: id(),
                resumed,
                faults: vec!["line 17 is damaged: its checksum does not fit its content".into()],
            },
        })));
        face
    });
}
