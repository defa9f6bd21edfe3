//! From sources to what was read of them: all domains at once.

use std::collections::{BTreeMap, HashMap};
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::contact;
use super::domain::{Board, DomainPart, DomainTask, Shared};
use super::resolve::{Stock, count_rows};
use super::scope::{DomainScope, PAGE_SIZE, is_within};
use super::{
    DomainProgress, DomainState, ForestJoin, ProgressSink, ScanOptions, ScanResult, ScopeError,
};
use crate::directory::Directory;
use crate::model::{AttributeName, Domain, DomainId, Forest, SourceKind};
use crate::rule::Judge;

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
    let seed = RandomState::new();
    let (readers, tasks) = Readers::new(sources, judge, options, (cancel, seed))?;
    let parts = readers.read(tasks, progress).await?;
    let Readers { domains, shared } = readers;
    let mut stock = Stock::empty(sources, domains, shared.seed.clone());
    let join = options.join.clone();
    let resolve = move || {
        for (place, part) in parts {
            add(&mut stock, place, part, &shared);
        }
        let mut result = stock.conclude(&shared.judge, &join, None);
        result.progress = shared.board.show();
        count_rows(&mut result.progress, &result.findings, &result.snapshot);
        result
    };
    let result = tokio::task::spawn_blocking(resolve)
        .await
        .map_err(|error| ScopeError(format!("the findings could not be put together: {error}")))?;
    progress(&result.progress);
    Ok(result)
}

/// Adds what was read of a domain, and what is to be told of that.
fn add(stock: &mut Stock, place: usize, part: Result<DomainPart, String>, shared: &Shared) {
    match part {
        Ok(mut part) => {
            stock.accounts[place] = part.account();
            stock.contacts.0.append(&mut part.contacts.0);
            stock.add(place, part);
        }
        Err(error) => {
            let name = &stock.domains[place].1.dns_name;
            stock.accounts[place].incomplete = vec![format!("{name} was not read: {error}")];
            let id = DomainId(u16::try_from(place).unwrap_or(u16::MAX));
            shared
                .board
                .update(id, |progress| progress.state = DomainState::Failed(error));
        }
    }
}

/// What was read of each domain, by its place; or that reading it failed from
/// within.
pub(super) type Parts = BTreeMap<usize, Result<DomainPart, String>>;

/// How a run reads its domains: whole in a scan, parts of them in a refresh.
pub(super) struct Readers {
    /// All domains, with the place of the source of each.
    pub(super) domains: Vec<(usize, Domain)>,
    pub(super) shared: Arc<Shared>,
}

impl Readers {
    /// Gets ready to read, with a task for each domain that reads it whole.
    pub(super) fn new(
        sources: &[ScanSource],
        judge: &Judge,
        options: &ScanOptions,
        (cancel, seed): (&CancellationToken, RandomState),
    ) -> Result<(Self, Vec<DomainTask>), ScopeError> {
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
            seed,
        });
        let each = domains.iter().zip(scopes).enumerate();
        let tasks = each.map(|(place, ((source, domain), scope))| DomainTask {
            id: DomainId(u16::try_from(place).unwrap_or(u16::MAX)),
            directory: Arc::clone(&sources[*source].directory),
            domain: domain.clone(),
            kind: sources[*source].forest.kind,
            scope,
            nested: nested(&domains, place),
            page_size: PAGE_SIZE,
            expected: expected(&sources[*source].forest),
            failures: 0,
            only: None,
            shared: Arc::clone(&shared),
        });
        let tasks = tasks.collect();
        Ok((Self { domains, shared }, tasks))
    }

    /// Carries out these tasks, all at once.
    pub(super) async fn read(
        &self,
        tasks: Vec<DomainTask>,
        progress: ProgressSink<'_>,
    ) -> Result<Parts, ScopeError> {
        let mut running = JoinSet::new();
        let mut order = HashMap::new();
        for task in tasks {
            let place = usize::from(task.id.0);
            order.insert(running.spawn(task.run()).id(), place);
        }
        let parts = collect(&mut running, &order, &self.shared, progress).await;
        let bad_scope = |part: &Result<DomainPart, String>| part.as_ref().ok()?.bad_scope.clone();
        match parts.values().find_map(bad_scope) {
            Some(reason) => Err(ScopeError(reason)),
            None => Ok(parts),
        }
    }
}

/// Waits for all domains and reports progress meanwhile.
async fn collect(
    running: &mut JoinSet<DomainPart>,
    order: &HashMap<tokio::task::Id, usize>,
    shared: &Shared,
    progress: ProgressSink<'_>,
) -> Parts {
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
