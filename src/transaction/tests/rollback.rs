//! Rollback at any depth, beside other people's edits, and the history of it.

use super::*;
use crate::directory::memory::{Fault, Operation};

#[tokio::test]
async fn a_rollback_and_the_rollback_of_a_rollback_change_back_and_forth_exactly() {
    let world = World::new(entries()).await;
    let start = world.memory.dump();
    let mut id = world.apply(&world.usual_plan()).await.unwrap().id;
    let applied = world.memory.dump();
    assert_ne!(start, applied);
    for depth in 0..6 {
        let report = world.rollback(&id).await;
        assert_eq!(report.outcomes, vec![Outcome::Done; 3], "depth {depth}");
        let expected = if depth % 2 == 0 { &start } else { &applied };
        assert_eq!(&world.memory.dump(), expected, "depth {depth}");
        id = report.id;
    }
}

#[tokio::test]
async fn the_history_knows_what_is_taken_back_and_what_is_next() {
    let world = World::new(entries()).await;
    let first = world
        .apply(&world.plan(&[(1, "mail", &["one@x"])]))
        .await
        .unwrap()
        .id;
    let second = world
        .apply(&world.plan(&[(1, "mail", &["two@x"])]))
        .await
        .unwrap()
        .id;
    let next = || {
        let history = history(&world.journals()).unwrap();
        revertible(&history)
            .map(|summary| summary.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(next(), [second.clone(), first.clone()]);
    let back = world.rollback(&second).await.id;
    assert_eq!(next(), std::slice::from_ref(&first));
    let forth = world.rollback(&back).await.id;
    assert_eq!(
        next(),
        [second.clone(), first.clone()],
        "it is in force again"
    );
    let history = history(&world.journals()).unwrap();
    let links: Vec<_> = history
        .iter()
        .map(|s| (&s.id, s.reverts.as_ref(), s.reverted_by.as_ref()))
        .collect();
    assert_eq!(
        links,
        [
            (&forth, Some(&back), None),
            (&back, Some(&second), Some(&forth)),
            (&second, None, None),
            (&first, None, None),
        ]
    );
    let newest = &history[0];
    assert_eq!((newest.planned, newest.done, newest.failed), (1, 1, 0));
    assert_eq!(newest.identity, "demo");
    assert_eq!(newest.forests, ["contoso.test"]);
    assert_eq!(newest.state, TransactionState::Finished);
}

#[tokio::test]
async fn a_foreign_edit_is_a_conflict_of_its_attribute_only() {
    let world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    world.memory.edit(&guid(1), |entry| {
        entry.set(&name("mail"), values(&["foreign@contoso.test"]));
    });
    let sent = world.memory.count(Operation::Modify);
    let back = world.rollback(&report.id).await;
    assert_eq!(
        world.memory.count(Operation::Modify) - sent,
        3,
        "one request an entry"
    );
    assert_eq!(back.outcomes[..2], [Outcome::Done, Outcome::Done]);
    let Outcome::Partly { done, conflicts } = &back.outcomes[2] else {
        panic!("{:?}", back.outcomes[2]);
    };
    assert_eq!(done, &[name("proxyAddresses")]);
    assert_eq!(conflicts[0].found, values(&["foreign@contoso.test"]));
    assert_eq!(world.texts(1, "mail"), ["foreign@contoso.test"]);
    let expected = ["SMTP:a@contoso.test", "smtp:x@y", "x500:/o=1"];
    assert_eq!(world.texts(1, "proxyAddresses"), expected);

    // The rollback of that takes back what it did, not what it left alone.
    let forth = world.rollback(&back.id).await;
    assert_eq!(forth.outcomes, vec![Outcome::Done; 3]);
    assert_eq!(world.texts(1, "mail"), ["foreign@contoso.test"]);
    assert!(
        world
            .texts(1, "proxyAddresses")
            .contains(&"smtp:x@contoso.test".to_owned())
    );
}

#[tokio::test]
async fn what_is_back_already_is_not_needed_and_not_taken_back_again() {
    let world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    world.memory.edit(&guid(1), |entry| {
        entry.set(&name("mail"), values(&[" a@contoso.test"]));
    });
    world.memory.edit(&guid(3), |entry| {
        entry.set(&name("displayName"), values(&[" Zoë "]));
    });
    let back = world.rollback(&report.id).await;
    assert_eq!(back.outcomes[0], Outcome::NotNeeded);
    assert!(back.outcomes.iter().all(Outcome::is_as_planned));
    let forth = plan_rollback(&world.record(&back.id), &world.targets).unwrap();
    let touched: Vec<_> = forth
        .plan
        .modifications
        .iter()
        .flat_map(|modification| modification.changes.iter().map(|c| c.attribute.as_str()))
        .collect();
    assert_eq!(
        touched,
        ["proxyAddresses", "proxyAddresses"],
        "neither mail nor displayName"
    );
}

#[tokio::test]
async fn only_what_was_done_is_taken_back() {
    let world = World::new(entries()).await;
    let refused = Fault::Refused {
        code: 50,
        text: String::new(),
    };
    world.memory.inject(Operation::Modify, 1, refused);
    let report = world.apply(&world.usual_plan()).await.unwrap();
    let planned = plan_rollback(&world.record(&report.id), &world.targets).unwrap();
    let order: Vec<_> = planned
        .plan
        .modifications
        .iter()
        .map(|m| m.identity.clone())
        .collect();
    assert_eq!(
        order,
        [guid(3), guid(2)],
        "the last one first, the refused one not at all"
    );

    let world = World::new(entries()).await;
    world.cancel.cancel();
    let report = world.apply(&world.usual_plan()).await.unwrap();
    let error = plan_rollback(&world.record(&report.id), &world.targets).unwrap_err();
    assert!(matches!(error, RollbackError::Nothing(_)), "{error}");
}

#[tokio::test]
async fn an_entry_that_was_renamed_since_is_still_the_same() {
    let world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    world.memory.edit(&guid(2), |entry| {
        entry.dn = DistinguishedName::from_server("CN=renamed,OU=new,DC=contoso,DC=test");
    });
    let back = world.rollback(&report.id).await;
    assert_eq!(back.outcomes, vec![Outcome::Done; 3]);
    assert_eq!(world.texts(2, "proxyAddresses"), ["smtp:B@contoso.test"]);
}

#[tokio::test]
async fn a_run_without_the_domain_is_refused_and_another_host_is_named() {
    let mut world = World::new(entries()).await;
    let report = world.apply(&world.usual_plan()).await.unwrap();
    let record = world.record(&report.id);
    let error = plan_rollback(&record, &world.targets[..1]).unwrap_err();
    assert!(error.to_string().contains("emea.contoso.test"), "{error}");
    world.targets[1].domain.host = "dc2".to_owned();
    let planned = plan_rollback(&record, &world.targets).unwrap();
    assert_eq!(
        planned.notes,
        ["emea.contoso.test was written through memory and is now reached through dc2"]
    );
    // In another order of the sources, every modification finds its domain.
    world.targets.reverse();
    let planned = plan_rollback(&record, &world.targets).unwrap();
    let domains: Vec<_> = planned
        .plan
        .modifications
        .iter()
        .map(|m| m.domain.0)
        .collect();
    assert_eq!(domains, [0, 1, 1]);
}

#[tokio::test]
async fn through_another_host_what_is_as_before_stays_in_doubt() {
    let mut world = World::new(entries()).await;
    let lost = Fault::AnswerLost { applied: false };
    world.memory.inject(Operation::Modify, 3, lost);
    // Read are: all before the first write, all once more, the first to be read
    // back, and what became of the third.
    world
        .memory
        .inject(Operation::Read, 3 + 3 + 2, Fault::NotSent);
    let report = world.apply(&world.usual_plan()).await.unwrap();
    assert!(matches!(report.outcomes[2], Outcome::InDoubt(_)));
    world.targets[1].domain.host = "dc2".to_owned();
    let recovered = world.recover(&report.id, false).await;
    assert!(
        matches!(recovered.outcomes[2], Outcome::InDoubt(_)),
        "not replicated, perhaps"
    );
    world.targets[1].domain.host = "memory".to_owned();
    let recovered = world.recover(&report.id, false).await;
    assert_eq!(recovered.outcomes[2], Outcome::NotReached);
}

#[tokio::test]
async fn the_undo_is_ldif_of_what_was_done_in_reverse_order() {
    let world = World::new(entries()).await;
    let refused = Fault::Refused {
        code: 50,
        text: String::new(),
    };
    world.memory.inject(Operation::Modify, 2, refused);
    let report = world.apply(&world.usual_plan()).await.unwrap();
    let undo = std::fs::read_to_string(&report.undo).unwrap();
    let undo = undo.replace(report.id.as_str(), "ID");
    insta::assert_snapshot!(undo, @r"
    version: 1

    # Undo of idmend transaction ID
    # objectGUID: 03030303-0303-0303-0303-030303030303
    dn: CN=user3,DC=emea,DC=contoso,DC=test
    changetype: modify
    delete: displayName
    displayName:: Wm/Dqw==
    -
    add: displayName
    displayName:: IFpvw6sg
    -

    # objectGUID: 01010101-0101-0101-0101-010101010101
    dn: CN=user1,DC=contoso,DC=test
    changetype: modify
    delete: mail
    mail: a@contoso.test
    -
    add: mail
    mail:: IGFAY29udG9zby50ZXN0
    -
    delete: proxyAddresses
    proxyAddresses: smtp:x@contoso.test
    -
    add: proxyAddresses
    proxyAddresses: smtp:x@y
    -
    ");
}

#[tokio::test]
async fn a_rollback_that_failed_does_not_count_as_taken_back() {
    let world = World::new(entries()).await;
    let applied = world.apply(&world.usual_plan()).await.unwrap();
    let no_right = || Fault::Refused {
        code: 50,
        text: String::new(),
    };
    world.memory.inject(Operation::Modify, 2, no_right());
    let partly = world.rollback(&applied.id).await;
    assert_eq!(partly.count(Outcome::is_failure), 1);
    let all = history(&world.journals()).unwrap();
    let next: Vec<_> = revertible(&all).map(|summary| &summary.id).collect();
    assert_eq!(next, [&applied.id], "one entry is still to be taken back");
    let whole = world.rollback(&applied.id).await;
    assert_eq!(whole.count(Outcome::is_failure), 0);
    let all = history(&world.journals()).unwrap();
    assert_eq!(revertible(&all).count(), 0);
}

#[tokio::test]
async fn an_entry_that_is_gone_for_good_does_not_keep_its_transaction_from_counting_as_taken_back()
{
    let world = World::new(entries()).await;
    let applied = world.apply(&world.usual_plan()).await.unwrap();
    world.memory.remove(&guid(2));
    world.rollback(&applied.id).await;
    let all = history(&world.journals()).unwrap();
    assert_eq!(revertible(&all).count(), 0);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_shown_as_damaged_and_hides_no_other() {
    let world = World::new(entries()).await;
    let applied = world.apply(&world.usual_plan()).await.unwrap();
    let name = "20991122-034512-7f3a";
    std::fs::create_dir(world.journals().join(format!("{name}.jsonl"))).unwrap();
    let all = history(&world.journals()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].id.to_string(), name);
    assert_eq!(all[0].state, TransactionState::Damaged);
    assert_eq!(all[1].id, applied.id);
    assert_eq!(revertible(&all).count(), 1);
}
