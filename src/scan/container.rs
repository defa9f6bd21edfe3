//! What the entries of one container have in common: found out once for each
//! container, so that names are not taken apart for every entry.

use std::collections::HashMap;

use super::scope::{DomainScope, is_within, parent_of};
use super::skip;
use crate::model::DistinguishedName;

/// What holds for the entries that lie directly in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Container {
    /// Whether they lie in the scope; `None` if that must be asked of each.
    pub(super) covered: Option<bool>,
    /// Whether they lie in another domain; `None` if that must be asked of each.
    pub(super) elsewhere: Option<bool>,
    /// Whether they are Exchange's own.
    pub(super) exchanges: bool,
}

/// The containers that were seen.
#[derive(Debug)]
pub(super) struct Containers {
    scope: DomainScope,
    /// Keys of the naming contexts of other domains below this one.
    nested: Vec<String>,
    known: HashMap<Box<str>, Container>,
    /// The one that was asked for last: entries of one mostly come together.
    last: Option<(Box<str>, Container)>,
}

impl Containers {
    pub(super) fn new(scope: &DomainScope, nested: &[String]) -> Self {
        Self {
            scope: scope.clone(),
            nested: nested.to_vec(),
            known: HashMap::new(),
            last: None,
        }
    }

    /// What holds for the entries in the container of `dn`.
    pub(super) fn around(&mut self, dn: &DistinguishedName) -> Container {
        let name = dn.parent();
        if let Some((last, container)) = &self.last
            && **last == *name
        {
            return *container;
        }
        let container = if let Some(known) = self.known.get(name) {
            *known
        } else {
            let container = self.look_at(name);
            self.known.insert(name.into(), container);
            container
        };
        self.last = Some((name.into(), container));
        container
    }

    fn look_at(&self, name: &str) -> Container {
        let dn = DistinguishedName::from_server(name);
        let key = dn.key();
        let is_head_below = self.nested.iter().any(|nested| parent_of(nested) == key);
        let is_elsewhere = self.nested.iter().any(|nested| is_within(&key, nested));
        Container {
            covered: self.scope.covers_all_in(&key),
            elsewhere: (is_elsewhere || !is_head_below).then_some(is_elsewhere),
            exchanges: skip::is_exchanges_container(&dn),
        }
    }
}
