//! Everything that is looked at before a modification is sent: the entry is
//! read, compared with the plan, and the caller's check is asked.
//!
//! Shared by apply and preflight, so that the one refuses what the other says
//! it would. Entries are read several at a time. Writes nothing.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::compare::{Standing, conflict};
use super::run::Step;
use super::{AttributeConflict, Outcome, Pending, Precondition, Rights, Target};
use crate::directory::DirectoryError;
use crate::model::{AttributeName, Entry, Identity, Modification};

/// The reason of a failure that no later try can mend. It stands in journals,
/// and the history knows it again there.
pub(super) const GONE: &str =
    "the entry is no longer there: it was deleted, or moved to another domain";
pub(super) const FOREIGN: &str = "somebody else changed it";

/// What a read of an entry gave.
pub(super) type Reading = Result<Option<Entry>, DirectoryError>;

/// A reading, and what the account may write of the entry if that was asked.
pub(super) type Seen = (Reading, Rights);

pub(super) fn failed(reason: impl Into<String>) -> Outcome {
    Outcome::Failed {
        code: None,
        text: String::new(),
        reason: reason.into(),
    }
}

/// What is to be sent.
#[derive(Debug)]
pub(super) struct Passed {
    /// The entry by the name that it has now, and what is still to be changed.
    pub(super) request: Modification,
    /// The entry as it was read.
    pub(super) entry: Entry,
    /// In a rollback, the attributes that are not written.
    pub(super) left_alone: Vec<AttributeConflict>,
}

/// Checks modifications.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checker<'a> {
    pub(super) precondition: &'a dyn Precondition,
    /// A rollback: attributes are judged one by one.
    pub(super) reverting: bool,
}

impl Checker<'_> {
    /// Reads the entries of these steps with all that a check looks at, and
    /// `more`. One reading for each, in their order.
    pub(super) async fn read(&self, steps: &[Step<'_>], more: &[AttributeName]) -> Vec<Seen> {
        let readings = self.read_also(steps, &[more]).await;
        let unsaid = |reading| (reading, Rights::Unsaid);
        readings.into_iter().map(unsaid).collect()
    }

    /// The same, and asks for the rights. Where they cannot be read, the entry
    /// counts as unread.
    pub(super) async fn read_with_rights(
        &self,
        steps: &[Step<'_>],
        more: &[AttributeName],
    ) -> Vec<Seen> {
        let check = self.precondition;
        let readings = self
            .read_also(steps, &[check.rights_attributes(), more])
            .await;
        let pairs = steps.iter().zip(&readings);
        let (places, entries): (Vec<usize>, Vec<_>) = pairs
            .enumerate()
            .filter_map(|(place, ((_, modification, _), reading))| {
                let entry = reading.as_ref().ok()?.as_ref()?;
                Some((place, (*modification, entry)))
            })
            .unzip();
        let rights = check.rights(entries).await;
        let mut rights: BTreeMap<usize, _> = places.into_iter().zip(rights).collect();
        let seen =
            readings
                .into_iter()
                .enumerate()
                .map(|(place, reading)| match rights.remove(&place) {
                    Some(Ok(rights)) => (reading, rights),
                    Some(Err(error)) => (Err(error), Rights::Unsaid),
                    None => (reading, Rights::Unsaid),
                });
        seen.collect()
    }

    async fn read_also(&self, steps: &[Step<'_>], more: &[&[AttributeName]]) -> Vec<Reading> {
        let mut attributes = attributes_of(steps);
        attributes.extend_from_slice(self.precondition.attributes());
        attributes.extend(more.concat());
        read_all(steps, attributes).await
    }

    /// Compares and checks. What is to be sent, or the outcome if nothing is.
    /// `freed` is that of [`Pending`].
    pub(super) async fn judge(
        &self,
        modification: &Modification,
        (reading, rights): Seen,
        freed: &[&Modification],
    ) -> Result<Passed, Outcome> {
        match reading {
            Ok(Some(entry)) => self.prepare(modification, (entry, &rights), freed).await,
            Ok(None) => Err(failed(GONE)),
            Err(error) => Err(failed(format!("nothing was sent: {error}"))),
        }
    }

    async fn prepare(
        &self,
        modification: &Modification,
        (entry, rights): (Entry, &Rights),
        freed: &[&Modification],
    ) -> Result<Passed, Outcome> {
        let standing = Standing::of(&modification.changes, &entry);
        if standing.all_after() {
            return Err(Outcome::NotNeeded);
        }
        let mut left_alone: Vec<_> = standing
            .other
            .iter()
            .map(|change| conflict(change, &entry, FOREIGN))
            .collect();
        if !left_alone.is_empty() && !self.reverting {
            return Err(Outcome::Conflict(left_alone));
        }
        let mut request = Modification {
            dn: entry.dn.clone(),
            changes: standing.before.into_iter().cloned().collect(),
            ..modification.clone()
        };
        while !request.changes.is_empty() {
            let objections = self
                .precondition
                .check(Pending {
                    modification: &request,
                    entry: &entry,
                    rights,
                    reverting: self.reverting,
                    freed,
                })
                .await;
            if objections.is_empty() {
                return Ok(Passed {
                    request,
                    entry,
                    left_alone,
                });
            }
            let objection_to = |name: &AttributeName| {
                objections
                    .iter()
                    .find(|objection| objection.attribute == *name)
            };
            let known = request
                .changes
                .iter()
                .any(|change| objection_to(&change.attribute).is_some());
            if !self.reverting || !known {
                let reasons: Vec<String> = objections
                    .iter()
                    .map(|objection| format!("{}: {}", objection.attribute, objection.reason))
                    .collect();
                return Err(Outcome::Refused(reasons.join("; ")));
            }
            request.changes.retain(|change| {
                let objection = objection_to(&change.attribute);
                left_alone
                    .extend(objection.map(|objection| conflict(change, &entry, &objection.reason)));
                objection.is_none()
            });
        }
        Err(Outcome::Conflict(left_alone))
    }
}

/// The attributes that these steps change.
pub(super) fn attributes_of(steps: &[Step<'_>]) -> Vec<AttributeName> {
    let changes = steps.iter().flat_map(|(_, planned, _)| &planned.changes);
    changes.map(|change| change.attribute.clone()).collect()
}

/// A reading that is missing, which says nothing of the entry.
pub(super) fn not_read() -> Reading {
    Err(DirectoryError::Unusable("it was not read".to_owned()))
}

/// Reads the entries of several steps, those of a domain together. One reading
/// for each, in their order.
pub(super) async fn read_all(
    steps: &[Step<'_>],
    mut attributes: Vec<AttributeName>,
) -> Vec<Reading> {
    attributes.sort();
    attributes.dedup();
    let attributes = &attributes;
    let mut domains: Vec<(&Target, Vec<usize>)> = Vec::new();
    for (place, (.., target)) in steps.iter().enumerate() {
        match domains
            .iter_mut()
            .find(|(known, _)| std::ptr::eq(*known, *target))
        {
            Some((_, places)) => places.push(place),
            None => domains.push((target, vec![place])),
        }
    }
    let reads = domains.into_iter().map(|(target, places)| async move {
        let identity = |place: &usize| steps.get(*place).map(|(_, one, _)| one.identity.clone());
        let identities: Vec<Identity> = places.iter().filter_map(identity).collect();
        let readings = target
            .directory
            .read_many(&target.domain, &identities, attributes)
            .await;
        places.into_iter().zip(readings).collect::<Vec<_>>()
    });
    let found = join_all(reads).await.into_iter().flatten();
    let mut found: BTreeMap<usize, Reading> = found.collect();
    let places = 0..steps.len();
    places
        .map(|place| found.remove(&place).unwrap_or_else(not_read))
        .collect()
}
