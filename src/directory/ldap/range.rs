//! The rest of an attribute that a server sends in ranges (MS-ADTS
//! 3.1.1.3.1.3.3): Active Directory gives 1,500 values at a time.

use super::connection::Connection;
use super::entry::{Rest, part};
use crate::directory::DirectoryError;
use crate::model::Entry;

/// How many ranges are fetched for one attribute: 3,000,000 values at 1,500.
const MAX_RANGES: u32 = 2000;

/// Fetches what is missing of `entry`, range by range.
pub(super) async fn complete(
    connection: &Connection,
    entry: &mut Entry,
    missing: &[Rest],
) -> Result<(), DirectoryError> {
    let name = match entry.guid() {
        Some(guid) if connection.root.is_active_directory => format!("<GUID={guid}>"),
        _ => entry.dn.to_string(),
    };
    for rest in missing {
        let mut from = Some(rest.from);
        let mut ranges = 0;
        while let Some(start) = from {
            let asked = format!("{};range={start}-*", rest.attribute);
            let sent = connection.base_read(&name, vec![asked]).await?;
            // Each must bring values, begin where it should and hold what it says.
            let part = sent
                .and_then(|sent| part(&sent, &rest.attribute).ok()?)
                .filter(|part| part.range.first() == start && !part.values.is_empty())
                .ok_or_else(|| broken(rest))?;
            let next = part.range.rest(part.values.len());
            from = next.map_err(|_odd| broken(rest))?;
            entry.add(rest.attribute.clone(), part.values);
            ranges += 1;
            if ranges > MAX_RANGES {
                return Err(broken(rest));
            }
        }
    }
    Ok(())
}

fn broken(rest: &Rest) -> DirectoryError {
    DirectoryError::Unusable(format!(
        "the values of {} from number {} on could not be read",
        rest.attribute, rest.from
    ))
}
