//! The undo of a transaction as LDIF, for the day without this program:
//! `ldapmodify -f` and `ldifde -i -f` take it.

use std::path::{Path, PathBuf};

use super::rollback::inverse_of;
use super::{JournalError, Outcome, TransactionId};
use crate::model::Modification;
use crate::model::ldif::{LDIF_HEADER, write_modification};
use crate::store::files;

/// Where the undo of a journal lies.
pub(super) fn path_beside(journal: &Path) -> PathBuf {
    journal.with_extension("undo.ldif")
}

/// Writes the guarded inverse of what was done, in reverse order, over what was
/// there. Each record deletes by value what the transaction added and adds what
/// it deleted, so a directory that has changed since refuses it.
pub(super) fn write<'a, I>(path: &Path, id: &TransactionId, planned: I) -> Result<(), JournalError>
where
    I: DoubleEndedIterator<Item = (Option<&'a Modification>, &'a Option<Outcome>)>,
{
    let mut text = format!("{LDIF_HEADER}# Undo of idmend transaction {id}\n");
    for (modification, outcome) in planned.rev() {
        if let (Some(modification), Some(outcome)) = (modification, outcome)
            && let Some(inverse) = inverse_of(modification, outcome)
        {
            write_modification(&mut text, &inverse);
        }
    }
    let written = path
        .parent()
        .map_or(Ok(()), files::make_folder)
        .and_then(|()| files::replace(path, text.as_bytes()));
    written.map_err(|source| JournalError::Write {
        path: path.to_owned(),
        source,
    })
}
