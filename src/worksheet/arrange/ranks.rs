//! Sorting by numbers: for each row its rank in a column, equal for equal
//! texts. Case does not matter.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicBool};

use rayon::prelude::*;

use super::columns::{CLASSES, Chunk, Codes, Columns};
use super::texts::Texts;
use crate::worksheet::live::Live;
use crate::worksheet::pages::Pages;
use crate::worksheet::{SortColumn, SortKey};

/// The texts of some rows that are not those of their column.
type Edited = Pages<Option<Arc<str>>>;

/// Sorts `rows` by `sort`, then by number; `None` when `stop` was set
/// meanwhile.
pub(super) fn sort(
    rows: &mut [u32],
    sort: &[SortKey],
    (columns, live): (&Columns, &Live),
    stop: &AtomicBool,
) -> Option<()> {
    let mut keys = Vec::new();
    for key in sort {
        if stop.load(atomic::Ordering::Relaxed) {
            return None;
        }
        keys.push((ranks(key.column, columns, live), key.descending));
    }
    let rank = |(ranks, descending): &(Ranks<'_>, bool), row: u32| {
        let rank = ranks.of(row);
        if *descending { u32::MAX - rank } else { rank }
    };
    match keys.as_slice() {
        [one] => {
            let mut wide: Vec<u64> = rows
                .par_iter()
                .map(|row| u64::from(rank(one, *row)) << 32 | u64::from(*row))
                .collect();
            wide.par_sort_unstable();
            put_back(rows, &wide, |wide| wide & u64::from(u32::MAX));
        }
        few if few.len() <= 3 => {
            let mut wide: Vec<u128> = rows
                .par_iter()
                .map(|row| {
                    let ranks = few.iter().map(|key| rank(key, *row));
                    ranks
                        .chain([*row])
                        .fold(0, |wide, number| wide << 32 | u128::from(number))
                })
                .collect();
            wide.par_sort_unstable();
            put_back(rows, &wide, |wide| wide & u128::from(u32::MAX));
        }
        many => rows.par_sort_unstable_by(|a, b| {
            many.iter()
                .map(|key| rank(key, *a).cmp(&rank(key, *b)))
                .find(|order| *order != Ordering::Equal)
                .unwrap_or_else(|| a.cmp(b))
        }),
    }
    Some(())
}

fn put_back<W: Copy>(rows: &mut [u32], wide: &[W], low: impl Fn(W) -> W)
where
    u32: TryFrom<W>,
{
    for (row, wide) in rows.iter_mut().zip(wide) {
        *row = u32::try_from(low(*wide)).unwrap_or(u32::MAX);
    }
}

/// The ranks of all rows in one column.
enum Ranks<'a> {
    Kept(&'a [u32]),
    Made(Vec<u32>),
}

impl Ranks<'_> {
    fn of(&self, row: u32) -> u32 {
        let ranks = match self {
            Self::Kept(ranks) => ranks,
            Self::Made(ranks) => ranks.as_slice(),
        };
        ranks.get(row as usize).copied().unwrap_or(u32::MAX)
    }
}

fn ranks<'a>(column: SortColumn, columns: &'a Columns, live: &Live) -> Ranks<'a> {
    let shared = |texts: Vec<&str>, number: fn(&Codes) -> u32| {
        let ranks = rank_shared(&texts);
        let codes = columns.chunks.iter().flat_map(|chunk| &chunk.codes);
        let rank = |codes: &Codes| ranks.get(number(codes) as usize).copied();
        Ranks::Made(codes.map(|codes| rank(codes).unwrap_or(u32::MAX)).collect())
    };
    let none = Edited::new(0);
    match column {
        SortColumn::Name => Ranks::Kept(
            columns
                .by_name
                .get_or_init(|| rank_texts(columns, |chunk| &chunk.names, &none)),
        ),
        SortColumn::Value => Ranks::Kept(
            columns
                .by_value
                .get_or_init(|| rank_texts(columns, |chunk| &chunk.values, &none)),
        ),
        SortColumn::Update => {
            Ranks::Made(rank_texts(columns, |chunk| &chunk.updates, &live.edited))
        }
        SortColumn::State => {
            let rows = live.rows.range(0, columns.rows());
            Ranks::Made(rows.map(|short| short.state.rank()).collect())
        }
        SortColumn::Action => {
            let rows = live.rows.range(0, columns.rows());
            Ranks::Made(rows.map(|short| short.action as u32).collect())
        }
        SortColumn::Severity => {
            let codes = columns.chunks.iter().flat_map(|chunk| &chunk.codes);
            let severity = |codes: &Codes| {
                let set = columns.sets.get(codes.set as usize);
                set.map_or(u32::MAX, |set| set.severity as u32)
            };
            Ranks::Made(codes.map(severity).collect())
        }
        SortColumn::Container => shared(
            columns.containers.iter().map(|c| c.path.as_str()).collect(),
            |codes| codes.container,
        ),
        SortColumn::Class => shared(
            CLASSES.iter().map(|class| class.as_str()).collect(),
            |codes| {
                let at = CLASSES.iter().position(|class| *class == codes.class);
                at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
            },
        ),
        SortColumn::Attribute => shared(
            columns.attributes.iter().map(String::as_str).collect(),
            |codes| codes.attribute,
        ),
        SortColumn::Error => shared(
            columns.sets.iter().map(|set| set.error.as_str()).collect(),
            |codes| codes.set,
        ),
        SortColumn::Rule => shared(
            columns.sets.iter().map(|set| set.rules.as_str()).collect(),
            |codes| codes.set,
        ),
        SortColumn::Message => shared(
            columns.sets.iter().map(|set| set.titles.as_str()).collect(),
            |codes| codes.set,
        ),
        SortColumn::Proposed => {
            let codes = columns.chunks.iter().flat_map(|chunk| &chunk.codes);
            Ranks::Made(codes.map(|codes| u32::from(codes.proposed)).collect())
        }
        // Rows are numbered by domain and name.
        SortColumn::Dn => {
            let rows = u32::try_from(columns.rows()).unwrap_or(u32::MAX);
            Ranks::Made((0..rows).collect())
        }
        SortColumn::Result => Ranks::Made(rank_results(columns, live)),
        SortColumn::Domain => shared(
            columns
                .scan
                .domains
                .iter()
                .map(|(_, domain)| domain.dns_name.as_str())
                .collect(),
            |codes| u32::from(codes.domain),
        ),
    }
}

/// The rank of each text among few.
pub(super) fn rank_shared(texts: &[&str]) -> Vec<u32> {
    let lower: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let mut sorted: Vec<&String> = lower.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let rank = |text: &String| sorted.partition_point(|other| *other < text);
    lower
        .iter()
        .map(|text| u32::try_from(rank(text)).unwrap_or(u32::MAX))
        .collect()
}

/// The rank of each row by what is told of its state; of most, nothing.
fn rank_results(columns: &Columns, live: &Live) -> Vec<u32> {
    let told = || {
        let told = live.results.unusual();
        told.filter_map(|(row, text)| Some((row, text.as_deref()?.to_lowercase())))
    };
    let mut texts: Vec<String> = told().map(|(_, text)| text).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut ranks = vec![0; columns.rows()];
    for (row, text) in told() {
        let rank = texts.partition_point(|other| *other < text) + 1;
        ranks[row] = u32::try_from(rank).unwrap_or(u32::MAX);
    }
    ranks
}

/// How many bytes of a text in lower case are held beside its row.
const HEAD: usize = 16;

/// A row with the beginning of its text: most comparisons need no more.
#[derive(Clone, Copy)]
struct Headed<'a> {
    head: u128,
    row: u32,
    text: &'a str,
}

/// The rank of each row by its text in one column.
fn rank_texts<'a>(
    columns: &'a Columns,
    column: fn(&'a Chunk) -> &'a Texts,
    edited: &'a Edited,
) -> Vec<u32> {
    let mut rows: Vec<Headed<'a>> = columns
        .chunks
        .par_iter()
        .flat_map_iter(|chunk| {
            let first = u32::try_from(chunk.first).unwrap_or(u32::MAX);
            (first..).zip(column(chunk).iter())
        })
        .map(|(row, text)| {
            let text = edited.get(row as usize).as_deref().unwrap_or(text);
            Headed {
                head: head(text),
                row,
                text,
            }
        })
        .collect();
    rows.par_sort_unstable_by(compare);
    let mut ranks = vec![u32::MAX; columns.rows()];
    let equal = |a: &Headed<'_>, b: &Headed<'_>| compare(a, b) == Ordering::Equal;
    for (rank, group) in (0..).zip(rows.chunk_by(equal)) {
        for headed in group {
            ranks[headed.row as usize] = rank;
        }
    }
    ranks
}

fn compare(a: &Headed<'_>, b: &Headed<'_>) -> Ordering {
    a.head.cmp(&b.head).then_with(|| {
        if a.text.is_ascii() && b.text.is_ascii() {
            let a = a.text.bytes().map(|byte| byte.to_ascii_lowercase());
            let b = b.text.bytes().map(|byte| byte.to_ascii_lowercase());
            return a.cmp(b);
        }
        a.text.to_lowercase().cmp(&b.text.to_lowercase())
    })
}

/// The first bytes of a text in lower case, as a number that sorts like them.
fn head(text: &str) -> u128 {
    let mut bytes = [0_u8; HEAD];
    if text.is_ascii() {
        for (byte, of_text) in bytes.iter_mut().zip(text.bytes()) {
            *byte = of_text.to_ascii_lowercase();
        }
    } else {
        // The lower case of a letter can be longer, never of another order.
        let beginning: String = text.chars().take(HEAD).collect();
        for (byte, of_text) in bytes.iter_mut().zip(beginning.to_lowercase().bytes()) {
            *byte = of_text;
        }
    }
    u128::from_be_bytes(bytes)
}
