//! The examination of sources, for `idmend doctor`.

use jiff::Timestamp;

use super::SessionError;
use super::open::{config, label};
use crate::config::SourceSpec;
use crate::directory::DirectoryError;
use crate::directory::ldap::LdapDirectory;
use crate::model::Diagnosis;

/// Examines the way to a server; at the first place how it is called. Fails
/// for a source that is no server: there is no way to it.
pub async fn examine(
    spec: &SourceSpec,
    now: Timestamp,
) -> Result<(String, Vec<Diagnosis>), SessionError> {
    let SourceSpec::Server(server) = spec else {
        return Err(SessionError::Source(DirectoryError::Unusable(format!(
            "{} is no server: there is nothing to examine, scan it",
            label(spec)
        ))));
    };
    let directory = LdapDirectory::new(config(server)).map_err(SessionError::Source)?;
    Ok((label(spec), Box::pin(directory.examine(now)).await))
}
