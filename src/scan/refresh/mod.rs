//! A refresh: entries or a domain read again, in the place of what was read
//! before.
//!
//! What is read again is judged again, and every value that it holds or held is
//! compared again with all entries; everything else stays as it is. Entries are
//! followed by their objectGUID, also into another domain of the forest. One
//! that is nowhere any more is gone; one that could not be asked for is shown as
//! it was, and named. A refresh never writes, and changes no result: it makes a
//! new one.

mod merge;
mod order;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::merge::Merge;
use self::order::{Known, Order, orders};
use super::domain::{DomainPart, DomainTask};
use super::pipeline::{Parts, Readers};
use super::{
    DomainProgress, DomainState, EntryRef, ProgressSink, ScanOptions, ScanResult, ScanSource,
    ScopeError,
};
use crate::model::{DomainId, Identity, SourceKind};
use crate::rule::Judge;

/// What is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// These entries, and those they share values with. Of a file everything:
    /// it cannot be read in part.
    Entries(BTreeSet<EntryRef>),
    /// All of a domain, new entries, too.
    Domain(DomainId),
}

/// By what is read again: the same as when it was scanned.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The sources of the scan, in its order.
    pub sources: &'a [ScanSource],
    /// Its judge.
    pub judge: &'a Judge,
    /// Its options.
    pub options: &'a ScanOptions,
    /// Hears of the domains that are asked.
    pub progress: ProgressSink<'a>,
    /// Ends it: nothing comes of it then.
    pub cancel: &'a CancellationToken,
}

impl std::fmt::Debug for Means<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means").finish_non_exhaustive()
    }
}

/// A result with what was read again.
#[derive(Debug)]
pub struct Refreshed {
    /// All entries and findings.
    pub result: ScanResult,
    /// The first of the entries that were read just now; all behind it were,
    /// too.
    pub fresh: EntryRef,
    /// What could not be read again and is shown as it was, one sentence each.
    pub stale: Vec<String>,
}

impl Refreshed {
    /// Whether an entry of the result was read just now.
    pub fn is_fresh(&self, at: EntryRef) -> bool {
        at >= self.fresh
    }
}

/// Reads again and makes a new result of it; `None` if it was stopped.
///
/// The errors are those of a scan, and sources that hold other domains by now.
pub async fn refresh(
    old: &Arc<ScanResult>,
    extent: &Extent,
    means: Means<'_>,
) -> Result<Option<Refreshed>, ScopeError> {
    let given = (means.cancel, old.index.seed());
    let (readers, tasks) = Readers::new(means.sources, means.judge, means.options, given)?;
    let key = |(_, domain): &(usize, crate::model::Domain)| domain.naming_context.key();
    if !old
        .domains
        .iter()
        .map(key)
        .eq(readers.domains.iter().map(key))
    {
        return Err(ScopeError(
            "the source holds other domains than when it was scanned: scan again".to_owned(),
        ));
    }
    let rereading = Rereading {
        old,
        orders: orders(old, extent),
        readers: &readers,
        tasks: &tasks,
        progress: means.progress,
    };
    let mut found = rereading.first().await?;
    rereading.elsewhere(&mut found).await?;
    if means.cancel.is_cancelled() {
        return Ok(None);
    }
    let merge = Merge {
        old: Arc::clone(old),
        orders: rereading.orders,
        found,
        shared: readers.shared,
    };
    tokio::task::spawn_blocking(move || Some(merge.carry_out()))
        .await
        .map_err(|error| ScopeError(format!("the findings could not be put together: {error}")))
}

/// What was read again.
#[derive(Debug, Default)]
struct Found {
    /// What came, as far as it is of use.
    parts: Vec<Came>,
    /// The entries in them.
    known: Known,
    /// Domains in which an entry that did not come may be all the same.
    unsure: BTreeSet<usize>,
    /// What could not be read, one sentence each.
    stale: Vec<String>,
}

/// What came of a domain.
#[derive(Debug)]
struct Came {
    /// The domain.
    place: usize,
    /// Whether it is all of it.
    is_whole: bool,
    part: DomainPart,
}

/// A refresh under way.
struct Rereading<'a> {
    old: &'a ScanResult,
    /// What is to be read, by the place of the domain.
    orders: BTreeMap<usize, Order>,
    readers: &'a Readers,
    /// For each domain one that reads it whole.
    tasks: &'a [DomainTask],
    progress: ProgressSink<'a>,
}

impl Rereading<'_> {
    /// Asks each domain for what was read there.
    async fn first(&self) -> Result<Found, ScopeError> {
        let tasks = self.orders.iter().map(|(place, order)| match order {
            Order::Whole => self.tasks[*place].clone(),
            Order::Entries(entries) => self.task(*place, self.identities(entries)),
        });
        let parts = self.read(tasks.collect()).await?;
        let mut found = Found::default();
        for (place, part) in parts {
            let is_whole = matches!(self.orders.get(&place), Some(Order::Whole));
            let (part, reason) = sorted_out(part, is_whole);
            if let Some(reason) = reason {
                found.unsure.insert(place);
                found.stale.push(format!(
                    "{} could not be read again to its end, and what did not come is shown as it \
                     was: {reason}",
                    self.old.domains[place].1.dns_name
                ));
            }
            if let Some(part) = part {
                if !is_whole && part.unreadable > 0 {
                    found.unsure.insert(place);
                    found.stale.extend(part.incomplete.iter().cloned());
                }
                found.take(self.old, (place, is_whole), part);
            }
        }
        Ok(found)
    }

    /// Asks the other domains of a forest for entries that are not where they
    /// were: a move to another domain keeps the objectGUID.
    async fn elsewhere(&self, found: &mut Found) -> Result<(), ScopeError> {
        let mut asked: BTreeMap<usize, Vec<Identity>> = BTreeMap::new();
        for place in self.orders.keys().filter(|at| !found.unsure.contains(at)) {
            let others = self.others(*place, found);
            if others.is_empty() {
                continue;
            }
            for at in self.missing(*place, found) {
                let identity = self.old.snapshot.identity(at);
                if matches!(identity, Identity::Guid(_)) {
                    for other in &others {
                        asked.entry(*other).or_default().push(identity.clone());
                    }
                }
            }
        }
        let tasks = asked
            .into_iter()
            .map(|(place, identities)| self.task(place, identities));
        let parts = self.read(tasks.collect()).await?;
        for (place, part) in parts {
            let (part, mut reason) = sorted_out(part, false);
            if part.as_ref().is_some_and(|part| part.unreadable > 0) {
                reason.get_or_insert("an answer could not be understood".to_owned());
            }
            if let Some(reason) = reason {
                found.stale.push(format!(
                    "entries that left their domain may be in {}, which could not be asked; they \
                     are shown as they were: {reason}",
                    self.old.domains[place].1.dns_name
                ));
                let others = self.others(place, found);
                found.unsure.extend(others);
            }
            if let Some(part) = part {
                found.take(self.old, (place, false), part);
            }
        }
        Ok(())
    }

    /// The entries that a domain was asked for and did not give.
    fn missing(&self, place: usize, found: &Found) -> Vec<EntryRef> {
        let is_missing = |at: &EntryRef| !found.known.has(self.old, *at);
        match self.orders.get(&place) {
            None => Vec::new(),
            Some(Order::Entries(entries)) => entries.iter().copied().filter(is_missing).collect(),
            Some(Order::Whole) => {
                let snapshot = &self.old.snapshot;
                let refs = snapshot.refs();
                let own = refs.filter(|at| usize::from(snapshot.domain(*at).0) == place);
                own.filter(is_missing).collect()
            }
        }
    }

    /// The other domains of the same forest that were not read whole just now.
    fn others(&self, place: usize, found: &Found) -> Vec<usize> {
        let Some((forest, _)) = self.old.domains.get(place) else {
            return Vec::new();
        };
        if self.old.forests[*forest].kind == SourceKind::Ldif {
            return Vec::new();
        }
        let is_read = |other: &usize| {
            let mut parts = found.parts.iter();
            parts.any(|came| came.place == *other && came.is_whole)
        };
        let domains = self.old.domains.iter().enumerate();
        domains
            .filter(|(other, (of, _))| of == forest && *other != place)
            .map(|(other, _)| other)
            .filter(|other| !is_read(other))
            .collect()
    }

    fn identities(&self, entries: &BTreeSet<EntryRef>) -> Vec<Identity> {
        let snapshot = &self.old.snapshot;
        entries.iter().map(|at| snapshot.identity(*at)).collect()
    }

    /// A task that reads these entries of a domain.
    fn task(&self, place: usize, identities: Vec<Identity>) -> DomainTask {
        DomainTask {
            only: Some(identities.into()),
            // Of a few entries it says nothing that none has a value.
            expected: Vec::new(),
            ..self.tasks[place].clone()
        }
    }

    async fn read(&self, tasks: Vec<DomainTask>) -> Result<Parts, ScopeError> {
        let asked: BTreeSet<DomainId> = tasks.iter().map(|task| task.id).collect();
        let progress = |all: &[DomainProgress]| {
            let all = all.iter().filter(|domain| asked.contains(&domain.domain));
            (self.progress)(&all.cloned().collect::<Vec<_>>());
        };
        self.readers.read(tasks, &progress).await
    }
}

impl Found {
    fn take(&mut self, old: &ScanResult, (place, is_whole): (usize, bool), part: DomainPart) {
        self.known.add(old.domains[place].0, &part.snapshot);
        self.parts.push(Came {
            place,
            is_whole,
            part,
        });
    }
}

/// What there is of use in a part, and why it is not all it should be.
fn sorted_out(
    part: Result<DomainPart, String>,
    is_whole: bool,
) -> (Option<DomainPart>, Option<String>) {
    let part = match part {
        Ok(part) => part,
        Err(reason) => return (None, Some(reason)),
    };
    let reason = match &part.end {
        DomainState::Failed(reason) => reason.clone(),
        DomainState::Cancelled => "it was stopped".to_owned(),
        DomainState::Done | DomainState::Waiting | DomainState::Reading => {
            return (Some(part), None);
        }
    };
    ((!is_whole).then_some(part), Some(reason))
}
