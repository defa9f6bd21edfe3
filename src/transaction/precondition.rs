//! The live check of new values just before they are sent, brought by the
//! caller: a transaction knows no rules.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

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
    /// Whether this takes back an earlier transaction.
    pub reverting: bool,
    /// Earlier modifications of the plan that give up values this one takes
    /// and that are still to come. Only a preflight has any: before a write
    /// they are done, and what is live shows it.
    pub freed: &'a [&'a Modification],
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

/// A check that every modification must pass between its read and its write.
///
/// An apply with an objection refuses the whole entry. A rollback makes the
/// attribute a conflict and asks again about the rest.
pub trait Precondition: fmt::Debug + Send + Sync {
    /// Further attributes that the check wants to see of the entry.
    fn attributes(&self) -> &[AttributeName] {
        &[]
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
