//! The columns that never change, laid out for filter and sort.
//!
//! What few rows differ in, such as the attribute or the container, is kept
//! once a text, and a row holds its number; names, values and proposals lie end
//! to end. Rows are kept in chunks that are worked on side by side.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::texts::Texts;
use crate::model::{AttributeName, DistinguishedName, ObjectClass};
use crate::rule::{Fault, Judge, RuleId, Severity};
use crate::scan::{EntryRef, Finding, ScanResult};
use crate::worksheet::RowId;
use crate::worksheet::proposals::{Proposal, Proposals};
use crate::worksheet::sets::sets_of_rows;
use crate::worksheet::sheet::{error_text, message_text};
use crate::worksheet::view::proposed_code;

/// Rows in a chunk at most.
const ROWS: usize = 1 << 16;
/// Bytes of text in one column of a chunk, above which the next one begins.
const BYTES: usize = 1 << 28;

/// All classes; a row holds the place in here.
pub(super) const CLASSES: [ObjectClass; 5] = [
    ObjectClass::User,
    ObjectClass::Group,
    ObjectClass::Contact,
    ObjectClass::Computer,
    ObjectClass::Other,
];

/// The columns of all rows.
#[derive(Debug)]
pub(in crate::worksheet) struct Columns {
    pub(super) scan: Arc<ScanResult>,
    pub(super) judge: Arc<Judge>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) attributes: Vec<String>,
    pub(super) sets: Vec<FaultSet>,
    pub(super) containers: Vec<Container>,
    /// The ranks of rows by name and by value, made when first asked for.
    pub(super) by_name: OnceLock<Vec<u32>>,
    pub(super) by_value: OnceLock<Vec<u32>>,
    /// The conflict set of each row, shared with the sheet.
    sets_of_rows: Arc<OnceLock<Vec<u32>>>,
}

/// A run of rows.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) first: usize,
    pub(super) codes: Vec<Codes>,
    pub(super) names: Texts,
    pub(super) values: Texts,
    pub(super) updates: Texts,
    /// Places of rows whose distinguished name is not `CN=`, the name as it is
    /// shown, a comma and the container.
    pub(super) odd: Vec<u32>,
}

/// What a row shares with others, as numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes {
    pub(super) container: u32,
    pub(super) set: u32,
    pub(super) attribute: u32,
    pub(super) domain: u16,
    pub(super) class: ObjectClass,
    pub(super) proposed: u8,
}

/// Rules that are broken together.
#[derive(Debug)]
pub(super) struct FaultSet {
    pub(super) severity: Severity,
    pub(super) error: String,
    pub(super) rules: String,
    pub(super) titles: String,
    /// The rules, worst first; one that a value breaks twice is there twice.
    pub(super) broken: Box<[RuleId]>,
    /// How many rows break just these.
    pub(super) rows: usize,
}

/// Where entries lie.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) dn: String,
    pub(super) path: String,
}

impl Columns {
    pub(super) fn new(scan: &Arc<ScanResult>, judge: &Arc<Judge>, proposals: &Proposals) -> Self {
        let mut builder = Builder {
            scan,
            judge,
            attributes: Numbered::default(),
            sets: HashMap::new(),
            containers: HashMap::new(),
            columns: Self {
                scan: Arc::clone(scan),
                judge: Arc::clone(judge),
                chunks: Vec::new(),
                attributes: Vec::new(),
                sets: Vec::new(),
                containers: Vec::new(),
                by_name: OnceLock::new(),
                by_value: OnceLock::new(),
                sets_of_rows: Arc::default(),
            },
        };
        for (row, finding) in scan.findings.iter().enumerate() {
            builder.push(finding, proposals.get(row));
        }
        builder.finish()
    }

    /// The same columns, sharing what is known of conflict sets with a sheet.
    pub(super) fn sharing(self, sets_of_rows: &Arc<OnceLock<Vec<u32>>>) -> Self {
        Self {
            sets_of_rows: Arc::clone(sets_of_rows),
            ..self
        }
    }

    /// The number of the conflict set of each row.
    pub(super) fn sets_of_rows(&self) -> &[u32] {
        self.sets_of_rows.get_or_init(|| sets_of_rows(&self.scan))
    }

    pub(super) fn rows(&self) -> usize {
        self.scan.findings.len()
    }

    /// The chunk of a row, and its place there.
    fn chunk_of(&self, row: RowId) -> Option<(&Chunk, usize)> {
        let row = row.0 as usize;
        let begun = self.chunks.partition_point(|chunk| chunk.first <= row);
        let chunk = self.chunks.get(begun.checked_sub(1)?)?;
        Some((chunk, row - chunk.first))
    }

    pub(in crate::worksheet) fn name(&self, row: RowId) -> &str {
        self.chunk_of(row)
            .map_or("", |(chunk, at)| chunk.names.get(at))
    }

    pub(in crate::worksheet) fn value(&self, row: RowId) -> &str {
        self.chunk_of(row)
            .map_or("", |(chunk, at)| chunk.values.get(at))
    }

    pub(in crate::worksheet) fn container(&self, row: RowId) -> &str {
        let codes = self
            .chunk_of(row)
            .and_then(|(chunk, at)| chunk.codes.get(at));
        let container = codes.and_then(|codes| self.containers.get(codes.container as usize));
        container.map_or("", |container| container.path.as_str())
    }

    /// The rows about sign-in names that lie in the container of `row` or below,
    /// and the path of the container.
    pub(in crate::worksheet) fn login_names_below(
        &self,
        row: RowId,
        judge: &Judge,
    ) -> (String, Vec<RowId>) {
        let codes = self
            .chunk_of(row)
            .and_then(|(chunk, at)| chunk.codes.get(at));
        let Some(base) = codes.and_then(|codes| self.containers.get(codes.container as usize))
        else {
            return (String::new(), Vec::new());
        };
        let base_key = DistinguishedName::from_server(base.dn.as_str());
        let is_below = |container: &Container| {
            DistinguishedName::from_server(container.dn.as_str()).is_within(&base_key)
        };
        let below: Vec<bool> = self.containers.iter().map(is_below).collect();
        let login = judge.settings.login_attribute.as_str();
        let login = self
            .attributes
            .iter()
            .position(|name| name.eq_ignore_ascii_case(login));
        let login = login.and_then(|at| u32::try_from(at).ok());
        let codes = self.chunks.iter().flat_map(|chunk| &chunk.codes);
        let rows = (0..).zip(codes).filter(|(_, codes)| {
            Some(codes.attribute) == login && below.get(codes.container as usize) == Some(&true)
        });
        let rows = rows.map(|(row, _)| RowId(row)).collect();
        (base.place(), rows)
    }

    /// The message of a row.
    pub(super) fn message(&self, row: usize) -> String {
        let faults = self.scan.findings.get(row).map(|finding| &finding.faults);
        faults.map_or_else(String::new, |faults| message_text(&self.judge, faults))
    }

    /// How many rows there are of each severity.
    pub(in crate::worksheet) fn severities(&self) -> BTreeMap<Severity, usize> {
        let mut counts = BTreeMap::new();
        for set in &self.sets {
            *counts.entry(set.severity).or_default() += set.rows;
        }
        counts
    }

    /// Appends the distinguished name of a row.
    pub(super) fn write_dn(&self, row: usize, out: &mut String) {
        if let Some(finding) = self.scan.findings.get(row) {
            self.scan.snapshot.write_dn(finding.entry, out);
        }
    }
}

/// Attribute names by number.
#[derive(Debug, Default)]
struct Numbered(Vec<AttributeName>);

impl Numbered {
    /// A scan judges a handful of attributes, so looking through them is quick.
    fn number(&mut self, name: &AttributeName) -> u32 {
        let at = self.0.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.0.push(name.clone());
            self.0.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

struct Builder<'a> {
    scan: &'a ScanResult,
    judge: &'a Judge,
    attributes: Numbered,
    sets: HashMap<Box<[RuleId]>, u32>,
    containers: HashMap<u32, u32>,
    columns: Columns,
}

impl Builder<'_> {
    fn push(&mut self, finding: &Finding, proposal: Option<Proposal<'_>>) {
        let snapshot = &self.scan.snapshot;
        let codes = Codes {
            container: self.container(finding.entry),
            set: self.set(&finding.faults),
            attribute: self.attributes.number(&finding.place.attribute),
            domain: snapshot.domain(finding.entry).0,
            class: snapshot.class(finding.entry),
            proposed: proposed_code(proposal),
        };
        let update = proposal.and_then(|proposal| proposal.update);
        let cn = snapshot.value(finding.entry, &AttributeName::known("cn"), 0);
        let cn = cn.and_then(|cn| std::str::from_utf8(cn).ok());
        let value = finding
            .place
            .value
            .and_then(|index| snapshot.value(finding.entry, &finding.place.attribute, index));
        let chunk = self.chunk();
        let own = snapshot.relative_name(finding.entry);
        let plain = own
            .strip_prefix("CN=")
            .and_then(|own| own.strip_suffix(','));
        if cn.is_none() || plain != cn {
            chunk
                .odd
                .push(u32::try_from(chunk.codes.len()).unwrap_or(u32::MAX));
        }
        match cn {
            Some(cn) => chunk.names.push(cn),
            None => chunk.names.push(&snapshot.dn(finding.entry).name()),
        }
        chunk.codes.push(codes);
        chunk
            .values
            .push(&String::from_utf8_lossy(value.unwrap_or_default()));
        chunk.updates.push(update.unwrap_or_default());
    }

    /// The chunk that takes the next row.
    fn chunk(&mut self) -> &mut Chunk {
        let chunks = &mut self.columns.chunks;
        let first = chunks
            .last()
            .map_or(0, |chunk| chunk.first + chunk.codes.len());
        let fits = chunks.last().is_some_and(|chunk| {
            let longest = chunk
                .names
                .len()
                .max(chunk.values.len())
                .max(chunk.updates.len());
            chunk.codes.len() < ROWS && longest < BYTES
        });
        if !fits {
            chunks.last_mut().into_iter().for_each(Chunk::shrink);
            chunks.push(Chunk {
                first,
                ..Chunk::default()
            });
        }
        let last = chunks.len() - 1;
        &mut chunks[last]
    }

    fn container(&mut self, entry: EntryRef) -> u32 {
        let (number, dn) = self.scan.snapshot.container(entry);
        let containers = &mut self.columns.containers;
        *self.containers.entry(number).or_insert_with(|| {
            containers.push(Container {
                dn: dn.to_owned(),
                path: DistinguishedName::from_server(format!("CN=x,{dn}")).container_path(),
            });
            u32::try_from(containers.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn set(&mut self, faults: &[Fault]) -> u32 {
        let rules: Vec<RuleId> = faults.iter().map(|fault| fault.rule).collect();
        if let Some(number) = self.sets.get(rules.as_slice()) {
            self.columns.sets[*number as usize].rows += 1;
            return *number;
        }
        let rule = |id: &RuleId| self.judge.rules.rule(*id);
        let ids: Vec<&str> = rules.iter().map(|id| rule(id).id.as_str()).collect();
        let titles: Vec<&str> = rules.iter().map(|id| rule(id).title.as_str()).collect();
        let number = u32::try_from(self.columns.sets.len()).unwrap_or(u32::MAX);
        self.columns.sets.push(FaultSet {
            severity: rules
                .first()
                .map_or(Severity::Hygiene, |id| rule(id).severity),
            error: error_text(self.judge, faults),
            rules: ids.join(" "),
            titles: titles.join("; "),
            broken: rules.as_slice().into(),
            rows: 1,
        });
        self.sets.insert(rules.into(), number);
        number
    }

    fn finish(mut self) -> Columns {
        let columns = &mut self.columns;
        columns
            .chunks
            .last_mut()
            .into_iter()
            .for_each(Chunk::shrink);
        let names = self.attributes.0.iter();
        columns.attributes = names.map(|name| name.as_str().to_owned()).collect();
        self.columns
    }
}

impl Chunk {
    fn shrink(&mut self) {
        self.codes.shrink_to_fit();
        self.names.shrink();
        self.values.shrink();
        self.updates.shrink();
    }
}
