//! Whether a write went over an edit that its own guard could not see.
//!
//! A directory deletes a value by its own notion of equality. An edit of case
//! or accents alone, made between the read and the write, does not make it
//! refuse, and is lost. Active Directory counts how often each attribute was
//! written; one time more than this program wrote it betrays such an edit.
//! Servers that do not count say nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::Target;
use crate::model::{AttributeName, Change, Entry, Modification, Stamps, Value};

/// How a server counts a request that takes values away and puts others in.
/// Active Directory's documentation says once. What a server really does is
/// learnt from what it did, so that no server makes this cry wolf at each entry.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<Learnt>);

#[derive(Debug, Default, Clone, Copy)]
struct Learnt {
    /// A request of two parts was seen to count once.
    once: bool,
    /// So many were seen to count twice.
    twice: usize,
}

impl Learnt {
    /// By how much a request of so many parts adds to a version.
    fn expected(self, parts: u32) -> u32 {
        if !self.once && self.twice >= 2 {
            parts
        } else {
            1
        }
    }
}

/// An entry that was written: the request, and the entry before and after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) target: &'a Target,
    pub(super) request: &'a Modification,
    pub(super) before: &'a Entry,
    pub(super) after: &'a Entry,
}

impl Written<'_> {
    /// For each attribute the parts of the request, and how often the server
    /// says it was written meanwhile; nothing where it does not say.
    fn counted(&self) -> Vec<(&Change, u32, u32)> {
        let (Some(before), Some(after)) = (stamps(self.before), stamps(self.after)) else {
            return Vec::new();
        };
        let counted = |change| {
            let id = self.target.replication_id(change)?;
            let writes = after.version(id).checked_sub(before.version(id))?;
            Some((change, parts(change), writes))
        };
        self.request.changes.iter().filter_map(counted).collect()
    }

    /// Whether values that the request does not touch explain another write.
    fn others_differ(&self, change: &Change) -> bool {
        let others = |entry: &Entry, without: &[Value]| -> BTreeSet<Value> {
            let values = entry.values(change.attribute.as_str()).iter();
            values.filter(|v| !without.contains(v)).cloned().collect()
        };
        others(self.before, &change.delete) != others(self.after, &change.add)
    }
}

impl Counting {
    /// The attributes of each of these entries that were written over an edit
    /// by somebody else. Those that somebody only added other values to, or
    /// took others from, are not among them.
    pub(super) fn foreign(&self, written: &[Written<'_>]) -> Vec<Vec<AttributeName>> {
        let counted: Vec<_> = written.iter().map(Written::counted).collect();
        let learnt = self.learn(written, &counted);
        let entries = written.iter().zip(counted);
        entries
            .map(|(entry, counted)| {
                let is_foreign = |(change, parts, writes): &(&Change, u32, u32)| {
                    let expected = if entry.target.schema.counts_parts() {
                        *parts
                    } else {
                        learnt.expected(*parts)
                    };
                    *writes > expected && !entry.others_differ(change)
                };
                let foreign = counted.into_iter().filter(is_foreign);
                foreign
                    .map(|(change, ..)| change.attribute.clone())
                    .collect()
            })
            .collect()
    }

    fn learn(&self, written: &[Written<'_>], counted: &[Vec<(&Change, u32, u32)>]) -> Learnt {
        // What is learnt is whole between any two steps on it.
        let mut learnt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (entry, counted) in written.iter().zip(counted) {
            if entry.target.schema.counts_parts() {
                continue;
            }
            for (_, parts, writes) in counted {
                learnt.once |= (*parts, *writes) == (2, 1);
                learnt.twice += usize::from((*parts, *writes) == (2, 2));
            }
        }
        *learnt
    }
}

fn stamps(entry: &Entry) -> Option<Stamps> {
    Stamps::parse(entry.values(Stamps::ATTRIBUTE).first()?.as_bytes())
}

fn parts(change: &Change) -> u32 {
    u32::from(!change.delete.is_empty()) + u32::from(!change.add.is_empty())
}
