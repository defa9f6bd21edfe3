//! What changes on rows while somebody works, a byte a row.
//!
//! Decisions and states are kept in full elsewhere; this is their short form,
//! small enough that a copy for another thread costs next to nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, RowId, RowState, Worksheet};

/// A state without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StateKind {
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

/// The short form of all decisions and states.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    pub(super) actions: Vec<Action>,
    pub(super) states: Vec<StateKind>,
    /// New values that differ from what is proposed.
    pub(super) edited: BTreeMap<RowId, Box<str>>,
}

impl Live {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            actions: vec![Action::None; rows],
            states: vec![StateKind::Open; rows],
            edited: BTreeMap::new(),
        }
    }
}

impl Worksheet {
    /// How many rows have a decision that would be lost on leaving.
    pub fn staged(&self) -> usize {
        self.rows().filter(|row| self.is_staged(*row)).count()
    }

    /// Whether a row has such a decision.
    pub(super) fn is_staged(&self, row: RowId) -> bool {
        let at = row.0 as usize;
        let (actions, states) = (&self.live.actions, &self.live.states);
        actions
            .get(at)
            .is_some_and(|action| *action != Action::None)
            && matches!(
                states.get(at),
                Some(StateKind::Open | StateKind::Failed | StateKind::Conflict)
            )
    }

    /// To be called whenever the decision on a row or its state has changed.
    pub(super) fn touch(&mut self, row: RowId) {
        let at = row.0 as usize;
        if at >= self.len() {
            return;
        }
        let kind = StateKind::of(self.state(row));
        let action = self.action(row);
        let own = self.decisions[at].update.clone();
        let proposed = self
            .proposal(row)
            .and_then(|proposal| proposal.update.as_deref());
        let edited = own.filter(|own| Some(&**own) != proposed);
        let live = Arc::make_mut(&mut self.live);
        live.states[at] = kind;
        live.actions[at] = action;
        match edited {
            Some(text) => drop(live.edited.insert(row, text)),
            None => drop(live.edited.remove(&row)),
        }
    }
}
