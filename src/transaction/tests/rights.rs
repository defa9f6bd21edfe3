//! When the rights of the account are asked for, and what they hold back.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use super::*;

/// An account that may write these attributes and no others.
#[derive(Debug)]
struct MayWrite {
    attributes: &'static [&'static str],
    asked: AtomicUsize,
}

impl MayWrite {
    fn new(attributes: &'static [&'static str]) -> Self {
        Self {
            attributes,
            asked: AtomicUsize::new(0),
        }
    }

    /// How many entries it was asked about since.
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

impl Precondition for MayWrite {
    fn rights<'a>(&'a self, entries: Vec<(&'a Modification, &'a Entry)>) -> RightsOfAll<'a> {
        self.asked.fetch_add(entries.len(), Ordering::Relaxed);
        let names: BTreeSet<AttributeName> = self.attributes.iter().map(|one| name(one)).collect();
        let rights = Rights::Only(Arc::new(names));
        let answers = entries.iter().map(|_| Ok(rights.clone())).collect();
        Box::pin(std::future::ready(answers))
    }

    fn check<'a>(&'a self, pending: Pending<'a>) -> Objections<'a> {
        let changes = pending.modification.changes.iter();
        let objections = changes
            .filter(|change| !pending.rights.permit(&change.attribute))
            .map(|change| Objection {
                attribute: change.attribute.clone(),
                reason: "not allowed".to_owned(),
            });
        Box::pin(std::future::ready(objections.collect()))
    }
}

#[tokio::test]
async fn an_apply_asks_once_an_entry_and_refuses_it_whole() {
    let world = World::new(entries()).await;
    let plan = world.usual_plan();
    let account = MayWrite::new(&["proxyAddresses", "displayName"]);
    let report = world.run(&plan, None, &account).await.unwrap();
    let refused = Outcome::Refused("mail: not allowed".to_owned());
    assert_eq!(report.outcomes, [refused, Outcome::Done, Outcome::Done]);
    assert_eq!(account.asked(), 3, "in the look at the whole plan");
}

#[tokio::test]
async fn a_rollback_asks_before_each_write_too_and_leaves_out_the_attribute() {
    let world = World::new(entries()).await;
    let applied = world.apply(&world.usual_plan()).await.unwrap();
    let account = MayWrite::new(&["proxyAddresses", "displayName"]);
    let planned = plan_rollback(&world.record(&applied.id), &world.targets).unwrap();
    let back = world
        .run(&planned.plan, Some(applied.id), &account)
        .await
        .unwrap();
    assert_eq!(back.count(|outcome| *outcome == Outcome::Done), 2);
    let partly = |outcome: &Outcome| {
        matches!(outcome, Outcome::Partly { done, conflicts }
            if done.len() == 1 && conflicts.len() == 1)
    };
    assert_eq!(back.count(partly), 1, "{:?}", back.outcomes);
    assert_eq!(world.texts(1, "mail"), ["a@contoso.test"]);
    assert!(
        world
            .texts(1, "proxyAddresses")
            .contains(&"smtp:x@y".to_owned())
    );
    assert_eq!(account.asked(), 6, "in the look, and before each write");
}
