//! Stands where the system's Kerberos would be: this build has none.

use super::{Begun, Wish};

/// Always says that there is nothing to ask.
pub(super) fn begin(_wish: &Wish) -> Result<Begun, String> {
    Err(super::fault::ABSENT.to_owned())
}
