//! What Unix and Windows do differently at the disk and at the end of a
//! program, in one place.

pub(crate) mod disk;
pub(crate) mod ending;
