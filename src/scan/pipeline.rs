//! From sources to a result: all domains at once, then what only the whole can
//! tell.

use std::collections::{BTreeMap, HashMap};
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::contact::{self, ContactData};
use super::domain::{Board, DomainPart, DomainTask, Shared};
use super::join::Joiner;
use super::scope::{DomainScope, PAGE_SIZE, is_within};
use super::{
    Conflicts, DomainProgress, DomainState, EntryRef, Finding, ForestJoin, ProgressSink,
    ScanOptions, ScanResult, ScopeError, Snapshot, UniqueIndex,
};
use crate::directory::Directory;
use crate::model::{AttributeName, Domain, DomainId, Forest, SourceKind};
use crate::rule::{Fault, Judge, Place};

/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Attributes that are read beside those the rules ask for: identity and kind,
/// what decides whether the sync engine takes an entry, what keeps a conflict
/// apart, and what reports show.
const ALWAYS_READ: [&str; 19] = [
    "objectClass",
    "objectGUID",
    "cn",
    "displayName",
    "userPrincipalName",
    "sAMAccountName",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "targetAddress",
    "userAccountControl",
    "groupType",
    "adminCount",
    "adminDescription",
    "isCriticalSystemObject",
    "msExchRecipientTypeDetails",
    "msExchHideFromAddressLists",
    "msExchPoliciesExcluded",
    "mS-DS-ConsistencyGuid",
];

/// A discovered source.
#[derive(Debug, Clone)]
pub struct ScanSource {
    /// Where to read.
    pub directory: Arc<Directory>,
    /// What discovery found.
    pub forest: Forest,
}

/// Reads and judges all domains of all sources.
///
/// Domains that fail and a cancel leave a partial result, which says so in
/// [`ScanResult::incomplete`]. The only errors are a base that lies in no
/// domain and a filter that a source cannot evaluate.
pub async fn scan(
    sources: &[ScanSource],
    judge: &Judge,
    options: &ScanOptions,
    progress: ProgressSink<'_>,
    cancel: &CancellationToken,
) -> Result<ScanResult, ScopeError> {
    let domains = domains_of(sources)?;
    let plain: Vec<&Domain> = domains.iter().map(|(_, domain)| domain).collect();
    let scopes = DomainScope::of(options, &plain)?;
    let attributes = attributes(judge, &options.join);
    let shared = Arc::new(Shared {
        judge: judge.clone(),
        kept: kept(&attributes, judge, &options.join),
        attributes: with_contact_data(&attributes),
        board: Board::new(waiting(&domains)),
        cancel: cancel.clone(),
        seed: RandomState::new(),
    });
    let mut running = JoinSet::new();
    let mut order = HashMap::new();
    for (place, ((source, domain), scope)) in domains.iter().zip(scopes).enumerate() {
        let task = DomainTask {
            id: DomainId(u16::try_from(place).unwrap_or(u16::MAX)),
            directory: Arc::clone(&sources[*source].directory),
            domain: domain.clone(),
            kind: sources[*source].forest.kind,
            scope,
            nested: nested(&domains, place),
            page_size: PAGE_SIZE,
            expected: expected(&sources[*source].forest),
            failures: 0,
            shared: Arc::clone(&shared),
        };
        order.insert(running.spawn(task.run()).id(), place);
    }
    let parts = collect(&mut running, &order, &shared, progress).await;
    let bad_scope = parts
        .values()
        .find_map(|part| part.as_ref().ok()?.bad_scope.clone());
    if let Some(reason) = bad_scope {
        return Err(ScopeError(reason));
    }
    let forests = sources.iter().map(|source| source.forest.clone()).collect();
    let whole = Whole {
        join: options.join.clone(),
        forests,
        domains,
        shared: Arc::clone(&shared),
        parts,
    };
    let result = tokio::task::spawn_blocking(move || whole.resolve())
        .await
        .map_err(|error| ScopeError(format!("the findings could not be put together: {error}")))?;
    progress(&result.progress);
    Ok(result)
}

/// Waits for all domains and reports progress meanwhile.
async fn collect(
    running: &mut JoinSet<DomainPart>,
    order: &HashMap<tokio::task::Id, usize>,
    shared: &Shared,
    progress: ProgressSink<'_>,
) -> BTreeMap<usize, Result<DomainPart, String>> {
    let mut parts = BTreeMap::new();
    let mut shown = Vec::new();
    let mut tick = tokio::time::interval(REPORT_EVERY);
    loop {
        tokio::select! {
            done = running.join_next_with_id() => match done {
                None => break,
                Some(Ok((id, part))) => {
                    if let Some(place) = order.get(&id) {
                        parts.insert(*place, Ok(part));
                    }
                }
                Some(Err(error)) => {
                    if let Some(place) = order.get(&error.id()) {
                        parts.insert(*place, Err(error.to_string()));
                    }
                }
            },
            _ = tick.tick() => {
                let now = shared.board.show();
                if now != shown {
                    progress(&now);
                    shown = now;
                }
            }
        }
    }
    parts
}

/// All domains of all sources, with the place of their source.
fn domains_of(sources: &[ScanSource]) -> Result<Vec<(usize, Domain)>, ScopeError> {
    let domains: Vec<(usize, Domain)> = sources
        .iter()
        .enumerate()
        .flat_map(|(place, source)| {
            let domains = source.forest.domains.iter();
            domains.map(move |domain| (place, domain.clone()))
        })
        .collect();
    if domains.len() > usize::from(u16::MAX) {
        return Err(ScopeError(format!(
            "{} domains are more than one run can scan ({})",
            domains.len(),
            u16::MAX
        )));
    }
    Ok(domains)
}

/// Keys of the naming contexts of the same source that lie below that of the
/// domain at `place`.
fn nested(domains: &[(usize, Domain)], place: usize) -> Vec<String> {
    let (source, domain) = &domains[place];
    let own = domain.naming_context.key();
    domains
        .iter()
        .filter(|(other, _)| other == source)
        .map(|(_, other)| other.naming_context.key())
        .filter(|key| *key != own && is_within(key, &own))
        .collect()
}

fn attributes(judge: &Judge, join: &ForestJoin) -> Arc<[AttributeName]> {
    let mut names: Vec<AttributeName> = ALWAYS_READ
        .iter()
        .map(|name| AttributeName::known(name))
        .collect();
    for name in judge.attributes().into_iter().chain(join.attributes()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into()
}

/// Contact data is counted as it comes and not kept.
fn with_contact_data(names: &[AttributeName]) -> Arc<[AttributeName]> {
    let counted = contact::attributes().filter(|name| !names.contains(name));
    names.iter().cloned().chain(counted).collect()
}

/// Attributes that every Active Directory of people has somewhere, and that
/// this one's schema has.
const EXPECTED: [&str; 4] = [
    "mail",
    "proxyAddresses",
    "sAMAccountName",
    "userPrincipalName",
];

fn expected(forest: &Forest) -> Vec<&'static str> {
    let known = |name: &&'static str| !forest.schema.is_absent(&AttributeName::known(name));
    match forest.kind {
        SourceKind::ActiveDirectory => EXPECTED.into_iter().filter(known).collect(),
        _ => Vec::new(),
    }
}

/// Photos are measured as they come and not kept: they would fill the memory.
fn kept(
    attributes: &Arc<[AttributeName]>,
    judge: &Judge,
    join: &ForestJoin,
) -> Arc<[AttributeName]> {
    let compared = join.attributes();
    let measured: Vec<&AttributeName> = judge
        .measured()
        .filter(|name| !compared.contains(name))
        .collect();
    if measured.is_empty() {
        return Arc::clone(attributes);
    }
    let kept = attributes.iter().filter(|name| !measured.contains(name));
    kept.cloned().collect()
}

fn waiting(domains: &[(usize, Domain)]) -> Vec<DomainProgress> {
    domains
        .iter()
        .zip(0..)
        .map(|((_, domain), place)| {
            DomainProgress::waiting(DomainId(place), domain.dns_name.clone())
        })
        .collect()
}

/// Everything that was read, before it is put together.
struct Whole {
    join: ForestJoin,
    forests: Vec<Forest>,
    domains: Vec<(usize, Domain)>,
    shared: Arc<Shared>,
    parts: BTreeMap<usize, Result<DomainPart, String>>,
}

impl Whole {
    fn resolve(mut self) -> ScanResult {
        let shared = Arc::clone(&self.shared);
        let judge = &shared.judge;
        let mut snapshot = Snapshot::default();
        let mut index = UniqueIndex::with_seed(self.shared.seed.clone());
        let mut faults: Vec<(EntryRef, Fault)> = Vec::new();
        let mut skipped = BTreeMap::new();
        let mut skipped_entries = Vec::new();
        let mut contacts = ContactData::default();
        let mut incomplete = Vec::new();
        let mut notes = Vec::new();
        for (place, part) in std::mem::take(&mut self.parts) {
            let name = self.domains[place].1.dns_name.clone();
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    incomplete.push(format!("{name} was not read: {error}"));
                    let id = DomainId(u16::try_from(place).unwrap_or(u16::MAX));
                    self.shared.board.update(id, |progress| {
                        progress.state = DomainState::Failed(error);
                    });
                    continue;
                }
            };
            let first = snapshot.append(part.snapshot);
            index.append(part.index, first);
            let moved = |(at, fault): (EntryRef, Fault)| (EntryRef(at.0 + first), fault);
            faults.extend(part.faults.into_iter().map(moved));
            for (reason, count) in part.skipped {
                *skipped.entry(reason).or_default() += count;
            }
            let entries = part.skipped_entries.into_iter();
            skipped_entries.extend(entries.map(|at| EntryRef(at.0 + first)));
            contacts.0.extend(part.contacts.0);
            incomplete.extend(part.incomplete);
            notes.extend(part.notes);
            self.is_read_from(place, part.host);
        }
        index.seal();
        let ranks = domain_ranks(&self.domains);
        let joiner = Joiner {
            snapshot: &snapshot,
            domains: &self.domains,
            join: &self.join,
        };
        let conflicts = Conflicts::of(&index, joiner, judge, &ranks);
        faults.extend(conflicts.faults(joiner, judge));
        let findings = findings(faults, &snapshot, judge, &ranks);
        let mut progress = self.shared.board.show();
        count_rows(&mut progress, &findings, &snapshot);
        ScanResult {
            forests: self.forests,
            domains: self.domains,
            snapshot,
            index,
            conflicts,
            findings,
            progress,
            join: self.join,
            skipped,
            skipped_entries,
            contacts,
            incomplete,
            notes,
        }
    }

    /// Notes the host that a domain was read from in the end: what is written
    /// goes there.
    fn is_read_from(&mut self, place: usize, host: String) {
        let (source, domain) = &mut self.domains[place];
        let domains = &mut self.forests[*source].domains;
        let same = |other: &&mut Domain| other.naming_context == domain.naming_context;
        if let Some(of_forest) = domains.iter_mut().find(same) {
            of_forest.host.clone_from(&host);
        }
        domain.host = host;
    }
}

/// The place of each domain in the order of names, so that results do not
/// depend on the order of discovery.
fn domain_ranks(domains: &[(usize, Domain)]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..domains.len()).collect();
    order.sort_by_key(|place| (&domains[*place].1.dns_name, *place));
    let mut ranks = vec![0; domains.len()];
    for (rank, place) in (0..).zip(order) {
        ranks[place] = rank;
    }
    ranks
}

/// One finding for each value that breaks rules, ordered by domain, name,
/// attribute and value.
fn findings(
    mut faults: Vec<(EntryRef, Fault)>,
    snapshot: &Snapshot,
    judge: &Judge,
    ranks: &[u32],
) -> Vec<Finding> {
    faults.sort_by_key(|(at, _)| *at);
    let mut entries: Vec<(EntryRef, Vec<Fault>)> = Vec::new();
    for (at, fault) in faults {
        match entries.last_mut() {
            Some((last, own)) if *last == at => own.push(fault),
            _ => entries.push((at, vec![fault])),
        }
    }
    entries.sort_by_cached_key(|(at, _)| {
        let rank = ranks.get(usize::from(snapshot.domain(*at).0)).copied();
        (rank, snapshot.dn(*at).key(), *at)
    });
    entries
        .into_iter()
        .flat_map(|(at, faults)| of_entry(at, faults, snapshot, judge))
        .collect()
}

/// The findings of one entry. Values that are equal byte by byte are one.
fn of_entry(at: EntryRef, faults: Vec<Fault>, snapshot: &Snapshot, judge: &Judge) -> Vec<Finding> {
    let entry = snapshot.entry(at);
    let mut rows: BTreeMap<(AttributeName, Option<Vec<u8>>), Vec<Fault>> = BTreeMap::new();
    for fault in faults {
        let values = entry.values(fault.place.attribute.as_str());
        let value = fault.place.value.map(|index| {
            values
                .get(index as usize)
                .map(|value| value.as_bytes().to_vec())
                .unwrap_or_default()
        });
        rows.entry((fault.place.attribute.clone(), value))
            .or_default()
            .push(fault);
    }
    rows.into_values()
        .filter_map(|mut faults| {
            faults.sort_by_key(|fault| {
                (
                    judge.rules.rule(fault.rule).severity,
                    fault.rule,
                    fault.place.value,
                )
            });
            faults.dedup_by_key(|fault| fault.rule);
            let value = faults.iter().map(|fault| fault.place.value).min()?;
            let attribute = faults.first()?.place.attribute.clone();
            let place = Place { attribute, value };
            for fault in &mut faults {
                fault.place = place.clone();
            }
            Some(Finding {
                entry: at,
                place,
                faults,
            })
        })
        .collect()
}

fn count_rows(progress: &mut [DomainProgress], findings: &[Finding], snapshot: &Snapshot) {
    for domain in progress.iter_mut() {
        domain.findings = 0;
    }
    for finding in findings {
        let domain = usize::from(snapshot.domain(finding.entry).0);
        if let Some(domain) = progress.get_mut(domain) {
            domain.findings += 1;
        }
    }
}
