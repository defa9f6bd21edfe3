//! Faults on demand: what can happen to an operation, and when it is to.

use std::fmt;
use std::time::Duration;

use super::MemoryDirectory;
use crate::model::{Change, Domain, Identity};

/// The kinds of operations that are counted and can be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The read of one entry.
    Read,
    /// A modification.
    Modify,
    /// A page of a search.
    Page,
}

/// What happens to an operation.
pub enum Fault {
    /// The directory refuses it with an LDAP result code and a text.
    Refused {
        /// The LDAP result code.
        code: u32,
        /// The server's diagnostic text.
        text: String,
    },
    /// The connection is gone before anything is sent.
    NotSent,
    /// It is sent, and no answer comes.
    AnswerLost {
        /// Whether the directory had carried it out.
        applied: bool,
    },
    /// The process dies: the operation never returns, and
    /// [`MemoryDirectory::killed`] does.
    Killed {
        /// Whether the directory carries it out all the same.
        applied: bool,
    },
    /// Somebody else is faster by a moment; the operation then goes on.
    ForeignEdit(Box<dyn FnOnce(&MemoryDirectory) + Send>),
    /// It takes its time, and then goes on.
    Slow(Duration),
}

impl Fault {
    /// A [`Fault::ForeignEdit`].
    pub fn foreign_edit(edit: impl FnOnce(&MemoryDirectory) + Send + 'static) -> Self {
        Self::ForeignEdit(Box::new(edit))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, .. } => write!(f, "Refused({code})"),
            Self::NotSent => write!(f, "NotSent"),
            Self::AnswerLost { applied } => write!(f, "AnswerLost {{ applied: {applied} }}"),
            Self::Killed { applied } => write!(f, "Killed {{ applied: {applied} }}"),
            Self::ForeignEdit(_) => write!(f, "ForeignEdit"),
            Self::Slow(pause) => write!(f, "Slow({pause:?})"),
        }
    }
}

/// A request that was sent and not carried out: it may still be on its way.
#[derive(Debug, Clone)]
pub struct Unanswered {
    pub(super) domain: Domain,
    pub(super) identity: Identity,
    pub(super) changes: Vec<Change>,
}

/// The faults that wait for their operation, and how many there have been.
#[derive(Debug, Default)]
pub(super) struct Faults {
    counts: [usize; 3],
    /// Requests that were lost, in the order they were sent.
    pub(super) unanswered: Vec<Unanswered>,
    /// Kind, the count at which it strikes, and what.
    waiting: Vec<(Operation, usize, Fault)>,
}

impl Faults {
    /// Remembers a request that is lost on its way.
    pub(super) fn lose(&mut self, domain: &Domain, identity: &Identity, changes: &[Change]) {
        self.unanswered.push(Unanswered {
            domain: domain.clone(),
            identity: identity.clone(),
            changes: changes.to_vec(),
        });
    }

    pub(super) fn inject(&mut self, operation: Operation, nth: usize, fault: Fault) {
        let at = self.count(operation) + nth.max(1);
        self.waiting.push((operation, at, fault));
    }

    pub(super) fn count(&self, operation: Operation) -> usize {
        self.counts[operation as usize]
    }

    /// Counts an operation that begins, and takes out the faults due for it.
    pub(super) fn due(&mut self, operation: Operation) -> Vec<Fault> {
        self.counts[operation as usize] += 1;
        let now = self.count(operation);
        let (due, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(kind, at, _)| *kind == operation && *at == now);
        self.waiting = waiting;
        Vec::into_iter(due).map(|(.., fault)| fault).collect()
    }
}
