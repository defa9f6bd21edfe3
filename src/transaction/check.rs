//! Everything that is looked at before one modification is sent: the entry is
//! read, compared with the plan, and the caller's check is asked.
//!
//! Shared by apply and preflight, so that the one refuses what the other says
//! it would. Writes nothing.

use super::compare::{Standing, conflict, names};
use super::{AttributeConflict, Outcome, Pending, Precondition, Target};
use crate::directory::DirectoryError;
use crate::model::{AttributeName, Entry, Modification};

/// The reason of a failure that no later try can mend. It stands in journals,
/// and the history knows it again there.
pub(super) const GONE: &str =
    "the entry is no longer there: it was deleted, or moved to another domain";
pub(super) const FOREIGN: &str = "somebody else changed it";

pub(super) fn failed(reason: impl Into<String>) -> Outcome {
    Outcome::Failed {
        code: None,
        text: String::new(),
        reason: reason.into(),
    }
}

/// Checks single modifications.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checker<'a> {
    pub(super) precondition: &'a dyn Precondition,
    /// A rollback: attributes are judged one by one.
    pub(super) reverting: bool,
}

impl Checker<'_> {
    /// Reads, compares and checks. What is to be sent, and in a rollback the
    /// attributes left alone; or the outcome if nothing is to be sent. `freed`
    /// is that of [`Pending`].
    pub(super) async fn carry_out(
        &self,
        modification: &Modification,
        target: &Target,
        freed: &[&Modification],
    ) -> Result<(Modification, Vec<AttributeConflict>), Outcome> {
        match self.read(modification, target).await {
            Ok(Some(entry)) => self.prepare(modification, &entry, freed).await,
            Ok(None) => Err(failed(GONE)),
            Err(error) => Err(failed(format!("nothing was sent: {error}"))),
        }
    }

    async fn read(
        &self,
        modification: &Modification,
        target: &Target,
    ) -> Result<Option<Entry>, DirectoryError> {
        let mut attributes = names(&modification.changes);
        attributes.extend_from_slice(self.precondition.attributes());
        target
            .directory
            .read(&target.domain, &modification.identity, &attributes)
            .await
    }

    async fn prepare(
        &self,
        modification: &Modification,
        entry: &Entry,
        freed: &[&Modification],
    ) -> Result<(Modification, Vec<AttributeConflict>), Outcome> {
        let standing = Standing::of(&modification.changes, entry);
        if standing.all_after() {
            return Err(Outcome::NotNeeded);
        }
        let mut conflicts: Vec<_> = standing
            .other
            .iter()
            .map(|change| conflict(change, entry, FOREIGN))
            .collect();
        if !conflicts.is_empty() && !self.reverting {
            return Err(Outcome::Conflict(conflicts));
        }
        let mut request = Modification {
            changes: standing.before.into_iter().cloned().collect(),
            ..modification.clone()
        };
        while !request.changes.is_empty() {
            let objections = self
                .precondition
                .check(Pending {
                    modification: &request,
                    entry,
                    reverting: self.reverting,
                    freed,
                })
                .await;
            if objections.is_empty() {
                return Ok((request, conflicts));
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
                conflicts
                    .extend(objection.map(|objection| conflict(change, entry, &objection.reason)));
                objection.is_none()
            });
        }
        Err(Outcome::Conflict(conflicts))
    }
}
