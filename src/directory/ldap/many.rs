//! Several entries in one search, for whoever would otherwise read them one by
//! one.
//!
//! What it does not find, or cannot find out so, is read by itself: a search
//! that is refused costs time, never an entry.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use ldap3::Scope;

use super::connection::{Connection, Question};
use super::entry::EntryReader;
use super::link::Link;
use super::{range, read};
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;
use crate::model::{AttributeName, Domain, Entry, Identity, ObjectGuid};

/// How many entries more than were asked for are no malformed answer yet: where
/// objectGUID is an attribute like any other, several may have one value.
const TOO_MANY: usize = 100;

/// What is read of which entries.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) domain: &'a Domain,
    pub(super) identities: &'a [Identity],
    pub(super) attributes: &'a [AttributeName],
}

/// Reads the entries; one result for each identity, in their order.
pub(super) async fn read_many(
    link: &Link,
    wanted: Wanted<'_>,
) -> Vec<Result<Option<Entry>, DirectoryError>> {
    let mut guids: Vec<ObjectGuid> = wanted
        .identities
        .iter()
        .filter_map(|identity| match identity {
            Identity::Guid(guid) => Some(*guid),
            Identity::Dn(_) => None,
        })
        .collect();
    guids.sort();
    guids.dedup();
    let mut found = if guids.len() > 1 {
        let found = search(link, wanted, &guids).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "several entries could not be read at once");
            BTreeMap::new()
        })
    } else {
        BTreeMap::new()
    };
    let results = wanted.identities.iter().map(|identity| {
        let found = match identity {
            Identity::Guid(guid) => found.remove(guid),
            Identity::Dn(_) => None,
        };
        async move {
            match found {
                Some(entry) => Ok(Some(entry)),
                None => read::read(link, wanted.domain, identity, wanted.attributes).await,
            }
        }
    });
    join_all(results).await
}

async fn search(
    link: &Link,
    wanted: Wanted<'_>,
    guids: &[ObjectGuid],
) -> Result<BTreeMap<ObjectGuid, Entry>, DirectoryError> {
    let connection = link.connection().await?;
    let found = search_on(&connection, wanted, guids).await;
    if matches!(found, Err(DirectoryError::Unreachable { .. })) {
        link.discard(&connection).await;
    }
    found
}

async fn search_on(
    connection: &Connection,
    wanted: Wanted<'_>,
    guids: &[ObjectGuid],
) -> Result<BTreeMap<ObjectGuid, Entry>, DirectoryError> {
    let asked = read::with_guid(wanted.attributes);
    let attributes: Vec<String> = asked.iter().map(ToString::to_string).collect();
    let controls = [
        connection.root.domain_scope(),
        connection.root.descriptor_flags(&attributes),
    ];
    let question = Question {
        base: wanted.domain.naming_context.as_str(),
        scope: Scope::Subtree,
        filter: &any_of(guids),
        attributes,
        controls: controls.into_iter().flatten().collect(),
        timeout: connection.timeouts().operation,
    };
    let (sent, done) = connection.ask(question, guids.len() + TOO_MANY).await?;
    if done.code != 0 {
        return Err(DirectoryError::Refused {
            operation: "reading several entries".to_owned(),
            code: done.code,
            reason: explain_in_full(done.code, &done.text),
        });
    }
    let reader = EntryReader::new(&asked);
    let mut found: BTreeMap<ObjectGuid, Entry> = BTreeMap::new();
    let mut doubled = BTreeSet::new();
    for sent in sent {
        let (mut entry, rests) = reader.read(&sent).map_err(DirectoryError::Unusable)?;
        let wanted = |guid: &ObjectGuid| guids.binary_search(guid).is_ok();
        let Some(guid) = entry.guid().filter(wanted) else {
            continue;
        };
        range::complete(connection, &mut entry, &rests).await?;
        if found.insert(guid, entry).is_some() {
            doubled.insert(guid);
        }
    }
    // What to say of those, the read of one knows.
    found.retain(|guid, _| !doubled.contains(guid));
    Ok(found)
}

/// A filter that finds the entries with these objectGUIDs.
fn any_of(guids: &[ObjectGuid]) -> String {
    let mut filter = String::with_capacity(guids.len() * 64);
    filter.push_str("(|");
    for guid in guids {
        filter.push_str(&guid.filter());
    }
    filter.push(')');
    filter
}
