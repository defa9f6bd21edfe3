//! What changes on rows while somebody works, a byte a row.
//!
//! Decisions and states are kept in full elsewhere; this is their short form,
//! small enough that a copy for another thread costs next to nothing.

use std::sync::Arc;

use super::pages::Pages;
use super::{Action, RowId, RowState, Worksheet};

/// A state without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum StateKind {
    #[default]
    Open,
    Done,
    NotNeeded,
    Failed,
    Conflict,
    InDoubt,
    RolledBack,
    Accepted,
}

impl StateKind {
    pub(super) const ALL: [Self; 8] = [
        Self::Open,
        Self::Done,
        Self::NotNeeded,
        Self::Failed,
        Self::Conflict,
        Self::InDoubt,
        Self::RolledBack,
        Self::Accepted,
    ];

    pub(super) fn of(state: &RowState) -> Self {
        match state {
            RowState::Open => Self::Open,
            RowState::Done => Self::Done,
            RowState::NotNeeded => Self::NotNeeded,
            RowState::Failed(_) => Self::Failed,
            RowState::Conflict(_) => Self::Conflict,
            RowState::InDoubt(_) => Self::InDoubt,
            RowState::RolledBack => Self::RolledBack,
            RowState::Accepted(_) => Self::Accepted,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::NotNeeded => "not needed",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::InDoubt => "in doubt",
            Self::RolledBack => "rolled back",
            Self::Accepted => "accepted",
        }
    }

    /// What asks for attention first.
    pub(super) fn rank(self) -> u32 {
        match self {
            Self::InDoubt => 0,
            Self::Failed => 1,
            Self::Conflict => 2,
            Self::Open => 3,
            Self::RolledBack => 4,
            Self::NotNeeded => 5,
            Self::Accepted => 6,
            Self::Done => 7,
        }
    }
}

/// A decision and a state without their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Short {
    pub(super) action: Action,
    pub(super) state: StateKind,
}

impl Short {
    /// Whether a decision would be lost on leaving.
    fn is_staged(self) -> bool {
        self.action != Action::None
            && matches!(
                self.state,
                StateKind::Open | StateKind::Failed | StateKind::Conflict
            )
    }
}

/// The short form of all decisions and states.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) rows: Pages<Short>,
    /// New values that differ from what is proposed.
    pub(super) edited: Pages<Option<Arc<str>>>,
    /// Why rows are in their state, where that is told.
    pub(super) results: Pages<Option<Arc<str>>>,
    staged: usize,
}

impl Live {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            rows: Pages::new(rows),
            edited: Pages::new(rows),
            results: Pages::new(rows),
            staged: 0,
        }
    }
}

impl Worksheet {
    /// How many rows have a decision that would be lost on leaving.
    pub fn staged(&self) -> usize {
        self.live.staged
    }

    /// Whether a row has such a decision.
    pub(super) fn is_staged(&self, row: RowId) -> bool {
        self.live.rows.get(row.0 as usize).is_staged()
    }

    /// To be called whenever the decision on a row or its state has changed.
    pub(super) fn touch(&mut self, row: RowId) {
        let at = row.0 as usize;
        if at >= self.len() {
            return;
        }
        let short = Short {
            action: self.action(row),
            state: StateKind::of(self.state(row)),
        };
        let reason = self.state(row).reason();
        let result = (!reason.is_empty()).then(|| Arc::from(reason));
        let own = self.decided(row).update.clone();
        let proposed = self.proposal(row).and_then(|proposal| proposal.update);
        let edited = own.filter(|own| Some(&**own) != proposed);
        let before = *self.live.rows.get(at);
        self.live.staged -= usize::from(before.is_staged());
        self.live.staged += usize::from(short.is_staged());
        self.live.rows.set(at, short);
        self.live.edited.set(at, edited);
        self.live.results.set(at, result);
    }
}
