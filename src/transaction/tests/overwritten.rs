//! Edits by somebody else that the directory's own guard does not see.

use super::*;
use crate::directory::memory::{Fault, Operation};

/// Just before the request is carried out somebody else sets an attribute.
fn edited_before(world: &World, nth: usize, (number, attribute): (u8, &'static str), to: &[&str]) {
    let to = values(to);
    let edit = Fault::foreign_edit(move |memory| {
        memory.edit(&guid(number), |entry| entry.set(&name(attribute), to));
    });
    world.memory.inject(Operation::Modify, nth, edit);
}

/// A world whose server counts writes as Samba does, and says so.
async fn counting_parts() -> World {
    let mut world = World::new(entries()).await;
    world.memory.count_parts();
    for target in &mut world.targets {
        target.schema.set_counts_parts(true);
    }
    world
}

#[tokio::test]
async fn a_write_over_an_edit_of_case_accents_or_width_alone_says_so() {
    for is_samba in [false, true] {
        for same in [" ZOË ", " Zoe ", " Ｚoë "] {
            let world = if is_samba {
                counting_parts().await
            } else {
                World::new(entries()).await
            };
            let start = world.memory.dump();
            let plan = world.plan(&[(3, "displayName", &["Zoë"])]);
            edited_before(&world, 1, (3, "displayName"), &[same]);
            let report = world.apply(&plan).await.unwrap();
            let expected = Outcome::DoneOver(vec![name("displayName")]);
            assert_eq!(report.outcomes, std::slice::from_ref(&expected), "{same:?}");
            assert_eq!(
                report.outcomes[0].to_string(),
                "done over a foreign edit of displayName"
            );
            assert_eq!(world.texts(3, "displayName"), ["Zoë"]);
            let journalled = &world.record(&report.id).outcomes;
            assert_eq!(journalled, &[Some(expected)]);
            // It was done, so it can be taken back: to what the plan knew.
            let back = world.rollback(&report.id).await;
            assert_eq!(back.outcomes, [Outcome::Done]);
            assert_eq!(world.memory.dump(), start);
        }
    }
}

#[tokio::test]
async fn other_values_that_somebody_adds_at_that_moment_are_not_written_over() {
    for world in [World::new(entries()).await, counting_parts().await] {
        let plan = world.plan(&[(2, "proxyAddresses", &["SMTP:B@contoso.test"])]);
        let with_another = &["smtp:B@contoso.test", "x500:/o=added"];
        edited_before(&world, 1, (2, "proxyAddresses"), with_another);
        let report = world.apply(&plan).await.unwrap();
        assert_eq!(report.outcomes, [Outcome::Done]);
        assert_eq!(
            world.texts(2, "proxyAddresses"),
            ["SMTP:B@contoso.test", "x500:/o=added"]
        );
    }
}

#[tokio::test]
async fn an_edit_of_one_value_of_several_that_only_differs_in_case_says_so() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    let in_capitals = &["SMTP:a@contoso.test", "SMTP:X@Y", "x500:/o=1"];
    edited_before(&world, 1, (1, "proxyAddresses"), in_capitals);
    let report = world.apply(&plan).await.unwrap();
    assert_eq!(
        report.outcomes[0],
        Outcome::DoneOver(vec![name("proxyAddresses")]),
        "the entry's mail was not"
    );
    assert_eq!(report.outcomes[1..], [Outcome::Done, Outcome::Done]);
}

#[tokio::test]
async fn a_lost_answer_does_not_hide_what_was_written_over() {
    let world = World::new(entries()).await;
    let plan = world.plan(&[(3, "displayName", &["Zoë"])]);
    edited_before(&world, 1, (3, "displayName"), &[" zoë "]);
    let lost = Fault::AnswerLost { applied: true };
    world.memory.inject(Operation::Modify, 1, lost);
    let report = world.apply(&plan).await.unwrap();
    let expected = Outcome::DoneOver(vec![name("displayName")]);
    assert_eq!(report.outcomes, [expected]);
}

#[tokio::test]
async fn a_server_that_counts_otherwise_than_documented_is_learnt_and_cries_no_wolf() {
    let world = World::new(entries()).await;
    world.memory.count_parts();
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert_eq!(report.outcomes, vec![Outcome::Done; 3]);
    // And still sees what was written over.
    let back = plan_rollback(&world.record(&report.id), &world.targets).unwrap();
    edited_before(&world, 1, (3, "displayName"), &["ZOË"]);
    let back = world.run(&back.plan, Some(report.id), &NoPrecondition);
    let back = back.await.unwrap();
    let expected = Outcome::DoneOver(vec![name("displayName")]);
    assert_eq!(back.outcomes[0], expected);
    assert_eq!(back.outcomes[1..], [Outcome::Done, Outcome::Done]);
}

#[tokio::test]
async fn what_a_rollback_leaves_alone_does_not_hide_what_it_writes_over() {
    let world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    world.memory.edit(&guid(1), |entry| {
        entry.set(&name("mail"), values(&["other@contoso.test"]));
    });
    let addresses = &["SMTP:a@contoso.test", "smtp:X@CONTOSO.test", "x500:/o=1"];
    edited_before(&world, 3, (1, "proxyAddresses"), addresses);
    let back = world.rollback(&report.id).await;
    assert!(
        matches!(&back.outcomes[2], Outcome::Partly { done, .. } if *done == [name("proxyAddresses")]),
        "{:?}",
        back.outcomes
    );
    assert_eq!(
        back.notes,
        ["CN=user1,DC=contoso,DC=test: proxyAddresses written over an edit by somebody else"]
    );
}
