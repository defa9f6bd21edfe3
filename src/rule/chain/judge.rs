//! What a [`Judge`] says of sets of chains, and what is the same for all sets
//! until there are chains in it.

use super::{Skips, Suggestion, error_words};
use crate::model::Entry;
use crate::rule::{ErrorWord, Fault, Judge, Place, RuleId};

impl Judge {
    /// Which entries are left out.
    pub fn skips(&self) -> Skips {
        self.rules
            .chain
            .as_ref()
            .map_or(Skips::default(), |set| set.skips)
    }

    /// Whether the rules judge `entry` when no filter says what is judged.
    pub fn asks_for(&self, entry: &Entry) -> bool {
        let required = self.rules.chain.iter().flat_map(|set| &set.requires);
        required.into_iter().all(|name| entry.has(name.as_str()))
    }

    /// Whether the rules form chains: what they propose is then in
    /// [`Judge::suggest`], and need not hold.
    pub fn is_chain(&self) -> bool {
        self.chain.is_some()
    }

    /// What the chain of an attribute proposes at `place`, where `faults` are;
    /// `None` for a set without chains.
    pub fn suggest(&self, entry: &Entry, place: &Place, faults: &[Fault]) -> Option<Suggestion> {
        let at_place = faults.iter().filter(|fault| fault.place == *place);
        let broken: Vec<RuleId> = at_place.map(|fault| fault.rule).collect();
        let chain = self.chain.as_ref()?;
        chain.suggest(&self.rules, entry, place, &broken)
    }

    /// The words for the faults of one row, as the ERROR column names them:
    /// worst rule first, each word once; for chains one a step, in their order.
    pub fn error_words(&self, faults: &[Fault]) -> Vec<ErrorWord> {
        if self.is_chain() {
            return error_words(&self.rules, faults);
        }
        let mut words = Vec::new();
        for fault in faults {
            let word = self.rules.rule(fault.rule).error;
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }
}
