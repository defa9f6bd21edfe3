//! The live check of new values just before they are sent, brought by the
//! caller: a transaction knows no rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::directory::DirectoryError;
use crate::model::{AttributeName, Entry, Modification};

/// What is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Pending<'a> {
    /// The entry and the changes that will be sent; a rollback leaves out
    /// those that are in conflict or not needed.
    pub modification: &'a Modification,
    /// The entry as it was read just now: the attributes of the changes and
    /// those of [`Precondition::attributes`].
    pub entry: &'a Entry,
    /// What the bound account may write of it, where that was asked.
    pub rights: &'a Rights,
    /// Whether this takes back an earlier transaction.
    pub reverting: bool,
    /// Earlier modifications of the plan that give up values this one takes
    /// and that are still to come. Only a preflight has any: before a write
    /// they are done, and what is live shows it.
    pub freed: &'a [&'a Modification],
}

/// What the bound account may write of an entry, as the server says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rights {
    /// It was not asked, or does not say.
    #[default]
    Unsaid,
    /// These attributes and no others.
    Only(Arc<BTreeSet<AttributeName>>),
}

impl Rights {
    /// Whether nothing is known that speaks against writing `attribute`.
    pub fn permit(&self, attribute: &AttributeName) -> bool {
        match self {
            Self::Unsaid => true,
            Self::Only(attributes) => attributes.contains(attribute),
        }
    }
}

/// Why an attribute must not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The attribute.
    pub attribute: AttributeName,
    /// One sentence, lower case: `the address is held by CN=…`.
    pub reason: String,
}

/// The answer of a [`Precondition`], to be awaited.
pub type Objections<'a> = Pin<Box<dyn Future<Output = Vec<Objection>> + Send + 'a>>;

/// The answer of [`Precondition::rights`], to be awaited.
pub type RightsOfAll<'a> =
    Pin<Box<dyn Future<Output = Vec<Result<Rights, DirectoryError>>> + Send + 'a>>;

/// A check that every modification must pass between its read and its write.
///
/// An apply with an objection refuses the whole entry. A rollback makes the
/// attribute a conflict and asks again about the rest.
pub trait Precondition: fmt::Debug + Send + Sync {
    /// Further attributes that the check wants to see of the entry.
    fn attributes(&self) -> &[AttributeName] {
        &[]
    }

    /// Further attributes by which [`Precondition::rights`] judges entries.
    fn rights_attributes(&self) -> &[AttributeName] {
        &[]
    }

    /// What the bound account may write of these entries: one answer for each,
    /// in their order.
    ///
    /// Asked in the look at the whole plan. Just before its write only an entry
    /// of a rollback, which leaves out single attributes, is asked for again;
    /// in an apply the server, which minds in any case, has the last word.
    fn rights<'a>(&'a self, entries: Vec<(&'a Modification, &'a Entry)>) -> RightsOfAll<'a> {
        let unsaid = entries.iter().map(|_| Ok(Rights::Unsaid)).collect();
        Box::pin(std::future::ready(unsaid))
    }

    /// By what it compares, for the journal: whoever takes the transaction back
    /// later can ask the same.
    fn described(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// What speaks against sending; nothing if the list is empty.
    fn check<'a>(&'a self, pending: Pending<'a>) -> Objections<'a>;
}

/// No check: every change passes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrecondition;

impl Precondition for NoPrecondition {
    fn check<'a>(&'a self, _pending: Pending<'a>) -> Objections<'a> {
        Box::pin(std::future::ready(Vec::new()))
    }
}
