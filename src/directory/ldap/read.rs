//! Reading one entry by its identity.
//!
//! Active Directory takes `<GUID=…>` as a name (MS-ADTS 3.1.1.3.1.2.4). Other
//! servers are searched for the objectGUID value, and what is read is checked
//! to carry it.

use bytes::Bytes;
use ldap3::Scope;

use super::connection::{Connection, Question};
use super::entry::EntryReader;
use super::link::Link;
use super::range;
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;
use crate::model::{AttributeName, Domain, Entry, Identity, ObjectGuid};

/// How often an entry is asked for.
const ASKED: u32 = 3;

/// Reads the entry; again on a fresh connection if one breaks, and after a
/// pause if the server is busy.
pub(super) async fn read(
    link: &Link,
    domain: &Domain,
    identity: &Identity,
    attributes: &[AttributeName],
) -> Result<Option<Entry>, DirectoryError> {
    let mut pause = link.timeouts().pause;
    for _ in 1..ASKED {
        let result = read_once(link, domain, identity, attributes).await;
        let may_pass = result.as_ref().is_err_and(DirectoryError::may_pass);
        if !may_pass || !link.was_reached() {
            return result;
        }
        tokio::time::sleep(pause).await;
        pause *= 4;
    }
    read_once(link, domain, identity, attributes).await
}

async fn read_once(
    link: &Link,
    domain: &Domain,
    identity: &Identity,
    attributes: &[AttributeName],
) -> Result<Option<Entry>, DirectoryError> {
    let connection = link.connection().await?;
    let result = read_on(&connection, domain, identity, attributes).await;
    if matches!(result, Err(DirectoryError::Unreachable { .. })) {
        link.discard(&connection).await;
    }
    result
}

async fn read_on(
    connection: &Connection,
    domain: &Domain,
    identity: &Identity,
    attributes: &[AttributeName],
) -> Result<Option<Entry>, DirectoryError> {
    let asked = with_guid(attributes);
    let names = asked.iter().map(ToString::to_string).collect();
    let found = match identity {
        Identity::Guid(guid) if !connection.root.is_active_directory => {
            find(connection, domain, guid, names).await?
        }
        Identity::Guid(guid) => {
            connection
                .base_read(&format!("<GUID={guid}>"), names)
                .await?
        }
        Identity::Dn(dn) => connection.base_read(dn.as_str(), names).await?,
    };
    let Some(sent) = found else {
        return Ok(None);
    };
    let (mut entry, rests) = EntryReader::new(&asked)
        .read(&sent)
        .map_err(DirectoryError::Unusable)?;
    if let Identity::Guid(guid) = identity
        && entry.guid() != Some(*guid)
    {
        return Err(DirectoryError::Unusable(format!(
            "{} is not the entry with the objectGUID {guid}",
            entry.dn
        )));
    }
    range::complete(connection, &mut entry, &rests).await?;
    Ok(Some(entry))
}

/// What to ask for, so that an entry can be told from any other.
pub(super) fn with_guid(attributes: &[AttributeName]) -> Vec<AttributeName> {
    let mut asked = attributes.to_vec();
    let guid = AttributeName::known("objectGUID");
    if !asked.contains(&guid) {
        asked.push(guid);
    }
    asked
}

/// Finds the entry that has the objectGUID value.
async fn find(
    connection: &Connection,
    domain: &Domain,
    guid: &ObjectGuid,
    attributes: Vec<String>,
) -> Result<Option<Bytes>, DirectoryError> {
    let question = Question {
        base: domain.naming_context.as_str(),
        scope: Scope::Subtree,
        filter: &guid.filter(),
        attributes,
        controls: Vec::new(),
        timeout: connection.timeouts().operation,
    };
    let (mut entries, done) = connection.ask(question, 100).await?;
    if done.code != 0 {
        return Err(DirectoryError::Refused {
            operation: format!("the search for the objectGUID {guid}"),
            code: done.code,
            reason: explain_in_full(done.code, &done.text),
        });
    }
    let found = entries.pop();
    if !entries.is_empty() {
        return Err(DirectoryError::Unusable(format!(
            "several entries have the objectGUID {guid}"
        )));
    }
    Ok(found)
}
