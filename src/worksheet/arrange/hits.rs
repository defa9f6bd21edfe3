//! Where one term of a filter matches.
//!
//! A text that many rows share is tried once. A word that holds neither `,` nor
//! `=` is in a distinguished name only if it is in the name, the container or
//! the letters `CN`, so that the name need not be put together.

use super::columns::{CLASSES, Chunk, Codes, Columns, Container, FaultSet};
use super::texts::Texts;
use crate::model::ObjectClass;
use crate::worksheet::Action;
use crate::worksheet::filter::{Field, Term};
use crate::worksheet::live::{Live, StateKind};
use crate::worksheet::view::{PROPOSED, action_word, severity_words};

const ACTIONS: [Action; 4] = [Action::None, Action::Edit, Action::Remove, Action::Complete];

/// A term, with the shared texts that it matches.
pub(super) struct Sought<'a> {
    term: &'a Term,
    columns: &'a Columns,
    /// By the numbers that rows hold.
    attributes: Vec<bool>,
    sets: Vec<bool>,
    containers: Vec<bool>,
    domains: Vec<bool>,
    classes: Vec<ObjectClass>,
    actions: Vec<Action>,
    states: Vec<StateKind>,
    /// By their place in [`PROPOSED`].
    proposed: Vec<bool>,
    /// Whether it matches a row that tells no reason for its state.
    in_no_result: bool,
    /// Whether it matches the letters before the name in a plain DN.
    in_cn: bool,
}

impl<'a> Sought<'a> {
    pub(super) fn new(columns: &'a Columns, term: &'a Term) -> Self {
        let is = |text: &str| term.pattern.is_match(text);
        let wants = |field| term.field.is_none_or(|named| named == field);
        let set = |set: &FaultSet| {
            (wants(Field::Error) && is(&set.error))
                || (wants(Field::Rule) && is(&set.rules))
                || (wants(Field::Severity) && is(severity_words(set.severity)))
        };
        let container = |container: &Container| {
            (wants(Field::Container) && is(&container.path))
                || (wants(Field::Dn) && is_plain_word(term) && is(&container.dn))
        };
        let attributes = columns.attributes.iter();
        let domains = columns.scan.domains.iter();
        Self {
            attributes: attributes
                .map(|name| wants(Field::Attribute) && is(name))
                .collect(),
            sets: columns.sets.iter().map(set).collect(),
            containers: columns.containers.iter().map(container).collect(),
            domains: domains
                .map(|(_, domain)| wants(Field::Domain) && is(&domain.dns_name))
                .collect(),
            classes: CLASSES
                .into_iter()
                .filter(|class| wants(Field::Class) && is(class.as_str()))
                .collect(),
            actions: ACTIONS
                .into_iter()
                .filter(|action| wants(Field::Action) && is(action_word(*action)))
                .collect(),
            states: StateKind::ALL
                .into_iter()
                .filter(|state| wants(Field::State) && is(state.word()))
                .collect(),
            proposed: PROPOSED
                .iter()
                .map(|words| wants(Field::Proposed) && is(words))
                .collect(),
            in_no_result: wants(Field::Result) && is(""),
            in_cn: wants(Field::Dn) && is("CN"),
            term,
            columns,
        }
    }

    pub(super) fn is_negated(&self) -> bool {
        self.term.negated
    }

    /// Sets `hits`, one a row of the chunk, where the term matches.
    pub(super) fn find(&self, chunk: &Chunk, live: &Live, hits: &mut [bool]) {
        match self.term.field {
            None => {
                self.find_shared(chunk, hits);
                self.find_changing(chunk, live, hits);
                self.find_results(chunk, live, hits);
                self.find_texts(&chunk.names, hits);
                self.find_texts(&chunk.values, hits);
                self.find_updates(chunk, live, hits);
                self.find_dn(chunk, hits);
            }
            Some(Field::Name) => self.find_texts(&chunk.names, hits),
            Some(Field::Value) => self.find_texts(&chunk.values, hits),
            Some(Field::Update) => self.find_updates(chunk, live, hits),
            Some(Field::Action | Field::State) => self.find_changing(chunk, live, hits),
            Some(Field::Result) => self.find_results(chunk, live, hits),
            Some(Field::Message) => {
                for (row, hit) in (chunk.first..).zip(hits) {
                    *hit = self.term.pattern.is_match(&self.columns.message(row));
                }
            }
            Some(Field::Dn) => {
                if is_plain_word(self.term) {
                    self.find_texts(&chunk.names, hits);
                }
                self.find_dn(chunk, hits);
            }
            Some(_) => self.find_shared(chunk, hits),
        }
    }

    fn find_shared(&self, chunk: &Chunk, hits: &mut [bool]) {
        let at = |list: &[bool], number: u32| list.get(number as usize).copied().unwrap_or(false);
        for (codes, hit) in chunk.codes.iter().zip(hits) {
            *hit |= at(&self.attributes, codes.attribute)
                || at(&self.sets, codes.set)
                || at(&self.containers, codes.container)
                || at(&self.domains, u32::from(codes.domain))
                || self.classes.contains(&codes.class)
                || at(&self.proposed, u32::from(codes.proposed));
        }
    }

    /// What servers and people said of rows, which is nothing of most.
    fn find_results(&self, chunk: &Chunk, live: &Live, hits: &mut [bool]) {
        let end = chunk.first + hits.len();
        let told = live.results.unusual_in(chunk.first, end);
        let told: Vec<(usize, bool)> = told
            .filter_map(|(row, text)| {
                let at = row - chunk.first;
                let matches = self.term.pattern.is_match(text.as_deref()?);
                Some((at, hits.get(at) == Some(&true) || matches))
            })
            .collect();
        if self.in_no_result {
            hits.fill(true);
        }
        for (at, is_hit) in told {
            if let Some(hit) = hits.get_mut(at) {
                *hit = is_hit;
            }
        }
    }

    fn find_changing(&self, chunk: &Chunk, live: &Live, hits: &mut [bool]) {
        let rows = live.rows.range(chunk.first, chunk.first + hits.len());
        for (short, hit) in rows.zip(hits) {
            *hit |= self.actions.contains(&short.action) || self.states.contains(&short.state);
        }
    }

    fn find_texts(&self, texts: &Texts, hits: &mut [bool]) {
        if self.term.word.is_some() {
            texts.find_word(&self.term.pattern, hits);
        } else {
            texts.find(&self.term.pattern, hits);
        }
    }

    /// New values: the proposed ones, but for those that were edited.
    fn find_updates(&self, chunk: &Chunk, live: &Live, hits: &mut [bool]) {
        let before = hits.to_vec();
        self.find_texts(&chunk.updates, hits);
        let end = chunk.first + chunk.codes.len();
        for (row, text) in live.edited.unusual_in(chunk.first, end) {
            let (Some(text), at) = (text, row - chunk.first) else {
                continue;
            };
            if let (Some(hit), Some(before)) = (hits.get_mut(at), before.get(at)) {
                *hit = *before || self.term.pattern.is_match(text);
            }
        }
    }

    /// Distinguished names. A plain word was looked for in the names before.
    fn find_dn(&self, chunk: &Chunk, hits: &mut [bool]) {
        let mut dn = String::new();
        let mut matches = |at: usize| {
            dn.clear();
            self.columns.write_dn(chunk.first + at, &mut dn);
            self.term.pattern.is_match(&dn)
        };
        if !is_plain_word(self.term) {
            for (at, hit) in hits.iter_mut().enumerate() {
                *hit = *hit || matches(at);
            }
            return;
        }
        // In these the name is spelled in another way, so they are put together;
        // what another column says of them holds all the same.
        let of_odd: Vec<(usize, bool)> = chunk
            .odd
            .iter()
            .map(|at| {
                let at = *at as usize;
                let before = self.term.field.is_none() && hits.get(at) == Some(&true);
                (at, before || matches(at))
            })
            .collect();
        let in_container = |codes: &Codes| {
            let number = codes.container as usize;
            self.in_cn || self.containers.get(number).copied().unwrap_or(false)
        };
        for (codes, hit) in chunk.codes.iter().zip(hits.iter_mut()) {
            *hit |= in_container(codes);
        }
        for (at, is_hit) in of_odd {
            if let Some(hit) = hits.get_mut(at) {
                *hit = is_hit;
            }
        }
    }
}

/// Whether the term is in a distinguished name just where it is in a part of it.
fn is_plain_word(term: &Term) -> bool {
    let word = term.word.as_deref();
    word.is_some_and(|word| !word.contains([',', '=', '\n']))
}
