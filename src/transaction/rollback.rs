//! Taking a transaction back: the inverse plan, of what was done only.

use std::collections::HashMap;

use super::{
    DomainRecord, Header, KindRecord, Outcome, Target, TransactionId, TransactionRecord,
    TransactionSummary,
};
use crate::model::{Change, ChangeSet, DistinguishedName, DomainId, Modification};

/// Why a transaction cannot be taken back (yet).
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// Something of it is in doubt.
    #[error("transaction {0} is not settled: run recover first")]
    Unsettled(TransactionId),
    /// It did nothing.
    #[error("transaction {0} changed nothing, so there is nothing to take back")]
    Nothing(TransactionId),
    /// A domain it wrote to is not among the sources.
    #[error("transaction {id} wrote to {domain}, which is not among the sources ({source_name})")]
    UnknownDomain {
        /// The transaction.
        id: TransactionId,
        /// The domain's DNS name.
        domain: String,
        /// How the source was named then.
        source_name: String,
    },
    /// Its first line cannot be read.
    #[error("the journal of transaction {0} does not say which directories it wrote to")]
    NoHeader(TransactionId),
}

/// The plan that takes a transaction back, to be given to [`super::apply()`] with
/// `reverts`.
#[derive(Debug, Clone)]
pub struct RollbackPlan {
    /// The inverse modifications, in reverse order.
    pub plan: ChangeSet,
    /// What cannot be taken back, and why; hosts that differ.
    pub notes: Vec<String>,
}

/// Plans the rollback of `record` on `targets`: the inverse of what it did, in
/// reverse order. Exactly the values that it added and deleted are concerned.
pub fn plan_rollback(
    record: &TransactionRecord,
    targets: &[Target],
) -> Result<RollbackPlan, RollbackError> {
    if record.header.is_some() && record.needs_recovery() {
        return Err(RollbackError::Unsettled(record.id.clone()));
    }
    plan_rollback_of_settled(record, targets)
}

/// The same of what is settled; what is in doubt is left as it is, and named.
pub(super) fn plan_rollback_of_settled(
    record: &TransactionRecord,
    targets: &[Target],
) -> Result<RollbackPlan, RollbackError> {
    let header = record
        .header
        .as_ref()
        .ok_or_else(|| RollbackError::NoHeader(record.id.clone()))?;
    let damaged = record.damage.iter().map(|damage| {
        format!(
            "line {} of the journal is damaged and not taken back: {}",
            damage.line, damage.reason
        )
    });
    let in_doubt = record
        .open()
        .map(|(_, planned)| format!("{} is in doubt and not taken back", planned.dn));
    let mut notes: Vec<String> = damaged.chain(in_doubt).collect();
    let mut modifications = Vec::new();
    let mut originals = Vec::new();
    let pairs = record.plan.iter().zip(&record.outcomes).enumerate();
    for (index, (planned, outcome)) in pairs.rev() {
        let (Some(planned), Some(outcome)) = (planned, outcome) else {
            continue;
        };
        if let Some(inverse) = inverse_of(planned, outcome) {
            let (domain, target) = locate(header, planned.domain, targets).map_err(|domain| {
                RollbackError::UnknownDomain {
                    id: record.id.clone(),
                    domain: domain.dns_name,
                    source_name: domain.source,
                }
            })?;
            let note = host_note(header, planned.domain, target);
            notes.extend(note.filter(|note| !notes.contains(note)));
            modifications.push(Modification { domain, ..inverse });
            originals.push(index);
        }
    }
    if modifications.is_empty() {
        return Err(RollbackError::Nothing(record.id.clone()));
    }
    Ok(RollbackPlan {
        plan: ChangeSet {
            modifications,
            depends_on: reversed(&record.depends_on, &originals),
        },
        notes,
    })
}

/// Who waits for whom on the way back: an entry that gave a value up waits for
/// those that took it. `originals` are the places of the inverse modifications
/// in the original plan.
fn reversed(depends_on: &[Vec<usize>], originals: &[usize]) -> Vec<Vec<usize>> {
    let place_of: HashMap<usize, usize> = originals
        .iter()
        .enumerate()
        .map(|(place, original)| (*original, place))
        .collect();
    let mut back = vec![Vec::new(); originals.len()];
    for (place, original) in originals.iter().enumerate() {
        for need in depends_on.get(*original).into_iter().flatten() {
            if let Some(waiting) = place_of.get(need).and_then(|at| back.get_mut(*at)) {
                waiting.push(place);
            }
        }
    }
    back
}

/// What takes back as much of a modification as was done; `None` if that is
/// nothing.
pub(super) fn inverse_of(modification: &Modification, outcome: &Outcome) -> Option<Modification> {
    let was_done = |change: &&Change| match outcome {
        Outcome::Done | Outcome::DoneOver(_) => true,
        Outcome::Partly { done, .. } | Outcome::Altered { done, .. } => {
            done.contains(&change.attribute)
        }
        _ => false,
    };
    let changes: Vec<Change> = modification
        .changes
        .iter()
        .filter(was_done)
        .map(Change::inverse)
        .collect();
    (!changes.is_empty()).then(|| Modification {
        changes,
        ..modification.clone()
    })
}

/// The target of this run that is the domain of a journal, or the domain that
/// the run does not have.
pub(super) fn locate<'t>(
    header: &Header,
    domain: DomainId,
    targets: &'t [Target],
) -> Result<(DomainId, &'t Target), Box<DomainRecord>> {
    let unlisted = || DomainRecord {
        forest: String::new(),
        kind: KindRecord::Memory,
        dns_name: "an unlisted domain".to_owned(),
        naming_context: DistinguishedName::from_server(""),
        host: String::new(),
        identity: None,
        source: "unknown".to_owned(),
    };
    let record = header.domains.get(usize::from(domain.0));
    let found = record.and_then(|record| {
        let at = targets.iter().position(|target| target.is(record))?;
        Some((DomainId(u16::try_from(at).ok()?), targets.get(at)?))
    });
    found.ok_or_else(|| Box::new(record.cloned().unwrap_or_else(unlisted)))
}

/// A remark if the domain is reached through another host than it was then.
pub(super) fn host_note(header: &Header, domain: DomainId, target: &Target) -> Option<String> {
    let record = header.domains.get(usize::from(domain.0))?;
    (!same_host(record, target)).then(|| {
        format!(
            "{} was written through {} and is now reached through {}",
            record.dns_name, record.host, target.domain.host
        )
    })
}

/// Whether a domain is reached through the host that it was written through.
pub(super) fn same_host(record: &DomainRecord, target: &Target) -> bool {
    record.host.eq_ignore_ascii_case(&target.domain.host)
}

/// The transactions that `rollback` without a name takes back, newest first:
/// those that are no rollback, did something, and are not taken back yet.
/// `history` is in the order of [`super::history()`].
pub fn revertible(history: &[TransactionSummary]) -> impl Iterator<Item = &TransactionSummary> {
    history.iter().filter(|summary| {
        summary.reverts.is_none() && summary.reverted_by.is_none() && summary.done > 0
    })
}
