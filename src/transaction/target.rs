//! Where a transaction reads and writes: the domains of a run.

use std::sync::Arc;

use super::journal::DomainRecord;
use crate::directory::Directory;
use crate::model::{Change, Domain, DomainId, Forest, Schema, SourceKind};
use crate::store::KindRecord;

/// One domain that a transaction may write to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The directory that the domain is reached through.
    pub directory: Arc<Directory>,
    /// The domain, with the host that is read and written.
    pub domain: Domain,
    /// The name of its forest.
    pub forest: String,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// Who is bound to it, as the server says.
    pub identity: Option<String>,
    /// How the source was named, `ldaps://dc1.contoso.test:636`: what a later
    /// rollback or recover needs to find the same directory.
    pub source: String,
    /// What its forest says of attributes.
    pub schema: Schema,
}

impl Target {
    /// The domains of a discovered forest, in its order. The targets of a run
    /// are those of all its forests one after the other, so that the place in
    /// the list is the [`DomainId`].
    pub fn of_forest(directory: &Arc<Directory>, forest: &Forest, source: &str) -> Vec<Self> {
        forest
            .domains
            .iter()
            .map(|domain| Self {
                directory: Arc::clone(directory),
                domain: domain.clone(),
                forest: forest.name.clone(),
                kind: forest.kind,
                identity: forest.identity.clone(),
                source: source.to_owned(),
                schema: forest.schema.clone(),
            })
            .collect()
    }

    /// The number by which replication calls the attribute of a change.
    pub(super) fn replication_id(&self, change: &Change) -> Option<u32> {
        self.schema.attribute(&change.attribute).replication_id
    }

    /// Whether this is the domain that a journal recorded: kind (a file that was
    /// exported from a directory tells nothing of what it holds now), forest, naming
    /// context and DNS name, whatever the host is now.
    pub(super) fn is(&self, record: &DomainRecord) -> bool {
        KindRecord::from(self.kind) == record.kind
            && self.forest.eq_ignore_ascii_case(&record.forest)
            && self.domain.dns_name.eq_ignore_ascii_case(&record.dns_name)
            && self.domain.naming_context.key() == record.naming_context.key()
    }

    pub(super) fn record(&self) -> DomainRecord {
        DomainRecord {
            forest: self.forest.clone(),
            kind: self.kind.into(),
            dns_name: self.domain.dns_name.clone(),
            naming_context: self.domain.naming_context.clone(),
            host: self.domain.host.clone(),
            identity: self.identity.clone(),
            source: self.source.clone(),
        }
    }
}

/// The target of `domain`, if the run has one.
pub(super) fn target_of(targets: &[Target], domain: DomainId) -> Option<&Target> {
    targets.get(usize::from(domain.0))
}
