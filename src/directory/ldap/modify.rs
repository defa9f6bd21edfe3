//! One guarded `ModifyRequest` (RFC 4511, 4.6), sent once.
//!
//! The only place that writes to a server. Whether nothing was sent, the
//! server refused, or no answer came are three different things, and told
//! apart here.

use std::collections::HashSet;

use ldap3::controls::{Assertion, MakeCritical as _};
use ldap3::{LdapError, Mod};

use super::LOG;
use super::link::Link;
use crate::directory::ModifyError;
use crate::directory::result_code::explain;
use crate::model::{Change, DistinguishedName, Identity, Value};

/// Sends the changes in one request to the entry, which was `dn` when it was
/// read.
pub(super) async fn modify(
    link: &Link,
    (identity, dn): (&Identity, &DistinguishedName),
    changes: &[Change],
) -> Result<(), ModifyError> {
    let connection = link.connection().await.map_err(ModifyError::NotSent)?;
    let requests = requests(changes);
    if requests.is_empty() {
        return Ok(());
    }
    let timeout = connection.timeouts().operation;
    let mut handle = connection.handle();
    handle.with_timeout(timeout);
    let name = match identity {
        Identity::Guid(guid) if connection.root.is_active_directory => format!("<GUID={guid}>"),
        Identity::Guid(guid) if connection.root.asserts => {
            // Whatever is called so by now: only the entry that was read.
            let filter = guid.filter();
            handle.with_controls(Assertion { filter }.critical());
            dn.to_string()
        }
        Identity::Guid(_) | Identity::Dn(_) => dn.to_string(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that writes to a directory"
    )]
    let answer = handle.modify(&name, requests).await;
    let attributes: Vec<&str> = changes
        .iter()
        .map(|change| change.attribute.as_str())
        .collect();
    let code = answer.as_ref().map(|result| result.rc).ok();
    tracing::info!(target: LOG, host = connection.host(), name, ?attributes, code, "modify");
    match answer {
        Ok(result) if result.rc == 0 => Ok(()),
        Ok(result) => Err(ModifyError::Refused {
            reason: explain(result.rc, &result.text),
            code: result.rc,
            text: result.text,
        }),
        // ldap3 had no connection left to put it on.
        Err(error @ (LdapError::OpSend { .. } | LdapError::AddNoValues)) => {
            Err(ModifyError::NotSent(connection.failure(&error, timeout)))
        }
        Err(error) => {
            let failure = connection.failure(&error, timeout);
            // The entry will be read to know what became of it; that must not
            // happen while the request may still be under way here.
            link.discard(&connection).await;
            Err(ModifyError::NoAnswer(failure))
        }
    }
}

/// For each change the values to delete, then the values to add.
fn requests(changes: &[Change]) -> Vec<Mod<Vec<u8>>> {
    let values = |values: &[Value]| -> HashSet<Vec<u8>> {
        values
            .iter()
            .map(|value| value.as_bytes().to_vec())
            .collect()
    };
    let mut requests = Vec::new();
    for change in changes {
        let attribute = || change.attribute.as_str().as_bytes().to_vec();
        if !change.delete.is_empty() {
            requests.push(Mod::Delete(attribute(), values(&change.delete)));
        }
        if !change.add.is_empty() {
            requests.push(Mod::Add(attribute(), values(&change.add)));
        }
    }
    requests
}
