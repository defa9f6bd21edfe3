//! Apply: guards, conflicts, brakes, settling.

use super::*;
use crate::directory::memory::{Fault, Operation};

/// How many reads the look at the usual plan takes before its first write.
const READS: usize = 3;

#[tokio::test]
async fn a_plan_is_on_the_disk_before_the_first_read_and_done_after_the_last() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    let journals = world.journals();
    let seen = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&seen);
    world.memory.inject(
        Operation::Read,
        1,
        Fault::foreign_edit(move |_| {
            let history = history(&journals).unwrap();
            let record = read_journal(&journals, &history[0].id).unwrap();
            *slot.lock().unwrap() = Some((record.sealed, record.plan.len(), record.damage));
        }),
    );
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), Some((true, 3, Vec::new())));
    assert_eq!(report.outcomes, vec![Outcome::Done; 3]);
    assert_eq!(world.texts(1, "mail"), ["a@contoso.test"]);
    assert_eq!(
        world.texts(1, "proxyAddresses"),
        ["SMTP:a@contoso.test", "smtp:x@contoso.test", "x500:/o=1"]
    );
    assert_eq!(world.texts(2, "proxyAddresses"), ["SMTP:B@contoso.test"]);
    assert_eq!(
        world.memory.count(Operation::Modify),
        3,
        "one request an entry"
    );
    let record = world.record(&report.id);
    assert_eq!(record.damage, []);
    assert!(record.ended && !record.needs_recovery());
    let planned: Vec<_> = record.plan.into_iter().flatten().collect();
    assert_eq!(
        planned, plan.modifications,
        "the journal keeps the plan whole"
    );
    assert_eq!(record.header.unwrap().digest, plan_digest(&plan).unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    for file in [&report.journal, &report.undo] {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent() {
    let world = World::new(entries()).await;
    std::fs::write(world.journals(), "a file where the folder should be").unwrap();
    let error = world.apply(&world.usual_plan()).await.unwrap_err();
    assert!(matches!(error, ApplyError::Journal(_)), "{error}");
    assert_eq!(world.memory.count(Operation::Modify), 0);
}

#[tokio::test]
async fn nothing_more_is_sent_when_the_journal_is_deleted_meanwhile() {
    let mut world = World::new(entries()).await;
    world.options.stop_after = Some(1);
    let journals = world.journals();
    let gone = Fault::foreign_edit(move |_| std::fs::remove_dir_all(&journals).unwrap());
    world.memory.inject(Operation::Modify, 1, gone);
    let error = world.apply(&world.usual_plan()).await.unwrap_err();
    assert!(matches!(error, ApplyError::BrokenOff { .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("was deleted while it was written")
    );
    assert_eq!(world.memory.count(Operation::Modify), 1);
}

#[tokio::test]
async fn a_plan_that_is_empty_or_strays_is_refused() {
    let world = World::new(entries()).await;
    let empty = world.apply(&ChangeSet::default()).await.unwrap_err();
    assert!(matches!(empty, ApplyError::Empty));
    let mut plan = world.usual_plan();
    plan.modifications[1].domain = DomainId(7);
    let stray = world.apply(&plan).await.unwrap_err();
    assert!(matches!(stray, ApplyError::UnknownDomain { .. }));
    assert_eq!(world.newest(), None);
}

#[tokio::test]
async fn what_somebody_else_changed_since_the_scan_is_a_conflict_with_both_values() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    world.memory.edit(&guid(1), |entry| {
        entry.set(&name("mail"), values(&[" A@contoso.test"]));
    });
    world.memory.edit(&guid(3), |entry| {
        entry.set(&name("displayName"), values(&["Zoë"]));
    });
    let before = world.memory.dump();
    let report = world.apply(&plan).await.unwrap();
    let Outcome::Conflict(conflicts) = &report.outcomes[0] else {
        panic!("{:?}", report.outcomes[0]);
    };
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].expected, values(&[" a@contoso.test"]));
    assert_eq!(
        conflicts[0].found,
        values(&[" A@contoso.test"]),
        "case counts"
    );
    assert_eq!(
        report.outcomes[0].to_string(),
        "conflict: mail: somebody else changed it, expected ' a@contoso.test', \
         found ' A@contoso.test'"
    );
    assert_eq!(report.outcomes[1], Outcome::Done);
    assert_eq!(report.outcomes[2], Outcome::NotNeeded);
    assert_eq!(world.memory.count(Operation::Modify), 1);
    let now = world.memory.dump();
    assert_eq!(
        now[0], before[0],
        "the entry in conflict is not touched at all"
    );
}

#[tokio::test]
async fn an_edit_between_read_and_write_is_not_overwritten() {
    let world = World::new(entries()).await;
    let plan = world.plan(&[(2, "proxyAddresses", &["SMTP:B@contoso.test"])]);
    world.memory.inject(
        Operation::Modify,
        1,
        Fault::foreign_edit(|memory| {
            memory.edit(&guid(2), |entry| {
                entry.set(
                    &name("proxyAddresses"),
                    values(&["smtp:other@contoso.test"]),
                );
            });
        }),
    );
    let report = world.apply(&plan).await.unwrap();
    let Outcome::Conflict(conflicts) = &report.outcomes[0] else {
        panic!("{:?}", report.outcomes[0]);
    };
    assert_eq!(conflicts[0].found, values(&["smtp:other@contoso.test"]));
    assert_eq!(
        world.texts(2, "proxyAddresses"),
        ["smtp:other@contoso.test"]
    );
}

#[tokio::test]
async fn a_blank_attribute_that_somebody_else_fills_at_that_moment_is_a_conflict() {
    let world = World::new(entries()).await;
    let plan = world.plan(&[(2, "mail", &["b@contoso.test"])]);
    let fill = |memory: &MemoryDirectory| {
        memory.edit(&guid(2), |entry| entry.set(&name("mail"), values(&["z@z"])));
    };
    let foreign = Fault::foreign_edit(fill);
    world.memory.inject(Operation::Modify, 1, foreign);
    // What Active Directory says to a second value of a single-valued attribute.
    let second = Fault::Refused {
        code: 19,
        text: String::new(),
    };
    world.memory.inject(Operation::Modify, 1, second);
    let report = world.apply(&plan).await.unwrap();
    let [Outcome::Conflict(conflicts)] = &report.outcomes[..] else {
        panic!("{:?}", report.outcomes);
    };
    assert_eq!(conflicts[0].found, values(&["z@z"]));
}

#[tokio::test]
async fn values_that_somebody_else_adds_are_no_conflict_and_survive_the_rollback() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    let add = |text: &'static str| {
        move |entry: &mut Entry| entry.add(name("proxyAddresses"), values(&[text]))
    };
    world.memory.edit(&guid(1), add("X500:/o=early"));
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.outcomes, vec![Outcome::Done; 3]);
    world.memory.edit(&guid(1), add("X500:/o=late"));
    let back = world.rollback(&report.id).await;
    assert_eq!(back.outcomes, vec![Outcome::Done; 3]);
    assert_eq!(
        world.texts(1, "proxyAddresses"),
        [
            "SMTP:a@contoso.test",
            "X500:/o=early",
            "X500:/o=late",
            "smtp:x@y",
            "x500:/o=1"
        ]
    );
}

#[tokio::test]
async fn a_refusal_keeps_the_servers_code_and_text() {
    let world = World::new(entries()).await;
    let text = "00002098: SecErr: DSID-1, problem 4003 (INSUFF_ACCESS_RIGHTS)";
    let refused = Fault::Refused {
        code: 50,
        text: text.into(),
    };
    world.memory.inject(Operation::Modify, 2, refused);
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert!(
        matches!(&report.outcomes[1], Outcome::Failed { code: Some(50), text: t, .. } if t == text)
    );
    assert_eq!(
        world.record(&report.id).outcomes[1].as_ref(),
        Some(&report.outcomes[1])
    );
    assert_eq!(
        report.outcomes[2],
        Outcome::Done,
        "one refusal does not stop the others"
    );
}

#[tokio::test]
async fn a_deleted_entry_fails_and_a_stored_value_that_differs_is_shown() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    world.memory.remove(&guid(1));
    // Three reads are the look before the first write, two compare; the sixth
    // is the read-back of the second entry.
    world.memory.inject(
        Operation::Read,
        6,
        Fault::foreign_edit(|memory| {
            memory.edit(&guid(2), |entry| {
                entry.set(&name("proxyAddresses"), values(&["SMTP:b@contoso.test"]));
            });
        }),
    );
    let report = world.apply(&plan).await.unwrap();
    assert!(matches!(
        report.outcomes[0],
        Outcome::Failed { code: None, .. }
    ));
    let Outcome::Altered { conflicts, .. } = &report.outcomes[1] else {
        panic!("{:?}", report.outcomes[1]);
    };
    assert_eq!(conflicts[0].found, values(&["SMTP:b@contoso.test"]));
    assert_eq!(conflicts[0].expected, values(&["SMTP:B@contoso.test"]));
}

#[tokio::test]
async fn a_run_stops_after_so_many_failures_or_on_request_and_can_be_finished() {
    let mut world = World::new(entries()).await;
    world.options.stop_after = Some(1);
    let refused = || Fault::Refused {
        code: 53,
        text: String::new(),
    };
    world.memory.inject(Operation::Modify, 1, refused());
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert!(report.outcomes[0].is_failure());
    assert_eq!(
        report.outcomes[1..],
        [Outcome::NotReached, Outcome::NotReached]
    );
    assert_eq!(report.incomplete(), 2);
    assert_eq!(world.memory.count(Operation::Modify), 1);
    let finished = world.recover(&report.id, true).await;
    assert_eq!(finished.outcomes[1..], [Outcome::Done, Outcome::Done]);

    let world = World::new(entries()).await;
    world.cancel.cancel();
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert_eq!(report.outcomes, vec![Outcome::NotReached; 3]);
    assert_eq!(report.notes, ["stopped on request before the first write"]);
    assert_eq!(world.memory.count(Operation::Modify), 0);
}

#[tokio::test]
async fn a_throttle_spreads_the_requests() {
    let mut world = World::new(entries()).await;
    world.options.throttle = Some(50);
    let began = std::time::Instant::now();
    world.apply(&world.usual_plan()).await.unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(40),
        "3 requests at 50/s"
    );
}

#[derive(Debug)]
struct Object(&'static str);

impl Precondition for Object {
    fn check<'a>(&'a self, pending: Pending<'a>) -> Objections<'a> {
        let objections = pending
            .modification
            .changes
            .iter()
            .filter(|change| change.attribute.is(self.0))
            .map(|change| Objection {
                attribute: change.attribute.clone(),
                reason: "the address is held by CN=other".to_owned(),
            })
            .collect();
        Box::pin(std::future::ready(objections))
    }
}

#[tokio::test]
async fn an_objection_refuses_the_entry_in_an_apply_and_the_attribute_in_a_rollback() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    let refused = world.run(&plan, None, &Object("mail")).await.unwrap();
    let reason = "mail: the address is held by CN=other".to_owned();
    assert_eq!(refused.outcomes[0], Outcome::Refused(reason));
    assert_eq!(refused.outcomes[1..], [Outcome::Done, Outcome::Done]);

    let world = World::new(entries()).await;
    let report = world.apply(&plan).await.unwrap();
    let back = plan_rollback(&world.record(&report.id), &world.targets).unwrap();
    let back = world
        .run(&back.plan, Some(report.id), &Object("mail"))
        .await
        .unwrap();
    let Outcome::Partly { done, conflicts } = &back.outcomes[2] else {
        panic!("{:?}", back.outcomes[2]);
    };
    assert_eq!(done, &[name("proxyAddresses")]);
    assert_eq!(conflicts[0].attribute, name("mail"));
    assert_eq!(world.texts(1, "mail"), ["a@contoso.test"], "left alone");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading() {
    for (applied, expected) in [(true, "done"), (false, "failed")] {
        let world = World::new(entries()).await;
        let lost = Fault::AnswerLost { applied };
        world.memory.inject(Operation::Modify, 1, lost);
        let report = world.apply(&world.usual_plan()).await.unwrap();
        assert_eq!(report.outcomes[0].label(), expected);
        assert_eq!(report.outcomes[1..], [Outcome::Done, Outcome::Done]);
        assert_eq!(world.memory.count(Operation::Modify), 3, "never sent again");
        world.assert_journal_agrees(&report.id, expected);
    }
}

#[tokio::test]
async fn a_request_that_arrives_late_is_not_declared_undone_too_early() {
    let world = World::new(entries()).await;
    let lost = Fault::AnswerLost { applied: false };
    world.memory.inject(Operation::Modify, 1, lost);
    // Reads: before the first write, compare, first look, second look. The
    // server carries the request out just before the second look.
    world.memory.inject(
        Operation::Read,
        4,
        Fault::foreign_edit(|memory| {
            memory.edit(&guid(3), |entry| {
                entry.set(&name("displayName"), values(&["Zoë"]));
            });
        }),
    );
    let report = world
        .apply(&world.plan(&[(3, "displayName", &["Zoë"])]))
        .await
        .unwrap();
    assert_eq!(report.outcomes, [Outcome::Done]);
    let waited = world.steps.lock().unwrap().iter().any(|step| {
        matches!(step, Progress::Waiting { index: 0, delay } if *delay == world.options.settle_delay)
    });
    assert!(waited);
    assert_eq!(ApplyOptions::default().settle_delay, Duration::from_secs(5));
}

#[tokio::test]
async fn what_cannot_be_read_again_stays_in_doubt_until_recover() {
    let world = World::new(entries()).await;
    let lost = Fault::AnswerLost { applied: true };
    world.memory.inject(Operation::Modify, 1, lost);
    // The two others are read back before it.
    world
        .memory
        .inject(Operation::Read, 2 * READS + 3, Fault::NotSent);
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert!(matches!(report.outcomes[0], Outcome::InDoubt(_)));
    assert!(world.record(&report.id).needs_recovery());
    let refused = plan_rollback(&world.record(&report.id), &world.targets).unwrap_err();
    assert!(matches!(refused, RollbackError::Unsettled(_)));
    let settled = world.recover(&report.id, false).await;
    assert_eq!(settled.outcomes, vec![Outcome::Done; 3]);
    assert!(!world.record(&report.id).needs_recovery());
}

/// More users than are under way at a time, each with a name to trim.
pub(super) fn crowd() -> Vec<Entry> {
    (1..=60)
        .map(|number| user(number, "DC=contoso,DC=test", &[("displayName", &[" x "])]))
        .collect()
}

pub(super) fn crowd_plan(world: &World) -> ChangeSet {
    let edits: Vec<_> = (1..=60)
        .map(|number| (number, "displayName", &["x"][..]))
        .collect();
    world.plan(&edits)
}

#[tokio::test]
async fn several_entries_under_way_do_not_exceed_the_failures_allowed() {
    for limit in [1, 2, 5, 16, 30] {
        let mut world = World::new(crowd()).await;
        world.options.stop_after = Some(limit);
        let plan = crowd_plan(&world);
        for nth in 4..=60 {
            let refused = Fault::Refused {
                code: 53,
                text: String::new(),
            };
            world.memory.inject(Operation::Modify, nth, refused);
        }
        let report = world.apply(&plan).await.unwrap();
        let failed = report.count(Outcome::is_failure);
        assert_eq!(failed, limit, "not one more");
        assert_eq!(report.count(Outcome::wrote), 3);
        assert_eq!(report.incomplete(), 60 - 3 - limit);
        assert_eq!(world.memory.count(Operation::Modify), 3 + limit);
        world.assert_journal_agrees(&report.id, "stopped");
    }
}

#[tokio::test]
async fn what_is_refused_before_the_first_write_stops_a_run_that_has_written_nothing() {
    let mut world = World::new(crowd()).await;
    world.options.stop_after = Some(3);
    let plan = crowd_plan(&world);
    for number in [40, 50, 60] {
        world.memory.edit(&guid(number), |entry| {
            entry.set(&name("displayName"), values(&["y"]));
        });
    }
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.count(Outcome::is_failure), 3);
    assert_eq!(world.memory.count(Operation::Modify), 0);
    assert_eq!(
        report.notes,
        [
            "stopped after 3 entries that failed, were refused, in conflict or in doubt before \
             the first write"
        ]
    );
    // With one conflict more allowed, the others are written.
    world.options.stop_after = Some(4);
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(report.count(Outcome::wrote), 57);
    assert_eq!(world.memory.count(Operation::Modify), 57);
}

#[tokio::test]
async fn a_cancel_lets_what_is_under_way_finish_and_begins_nothing_more() {
    let world = World::new(crowd()).await;
    let plan = crowd_plan(&world);
    let cancel = world.cancel.clone();
    let stop = Fault::foreign_edit(move |_| cancel.cancel());
    world.memory.inject(Operation::Modify, 5, stop);
    let report = world.apply(&plan).await.unwrap();
    let (done, left) = (report.count(Outcome::wrote), report.incomplete());
    assert_eq!(report.notes, ["stopped on request"]);
    assert_eq!(done, world.memory.count(Operation::Modify));
    assert_eq!(done + left, 60);
    assert!((5..=20).contains(&done), "{done}");
    assert!(!world.record(&report.id).needs_recovery());
}
