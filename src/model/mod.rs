//! Pure values of a directory: names, entries, addresses, forests and the
//! changes that are to be made to them.
//!
//! Everything that comes from a directory, a file or a server is untrusted.
//! Types here parse it once and totally: no value can make them panic, and what
//! cannot be understood stays available as it was read. Nothing here reads a
//! file, a socket or the clock.

mod attribute_name;
mod attribute_table;
mod change;
mod diagnosis;
mod dn;
mod domain;
mod entry;
mod fingerprint;
mod guid;
pub mod ldif;
mod object_class;
mod proxy_address;
mod schema;
mod sign_in;
mod stamps;

pub use attribute_name::{AttributeName, AttributeNameError};
pub use attribute_table::AttributeTable;
pub use change::{Change, ChangeSet, Modification};
pub use diagnosis::{Diagnosis, Verdict};
pub use dn::{DistinguishedName, DnError, Rdn};
pub use domain::{Domain, DomainId, Entrance, Forest, SourceKind, Structure, Trust};
pub use entry::{Attribute, Entry, Identity, Value, Values};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use guid::{GuidError, ObjectGuid};
pub use object_class::ObjectClass;
pub use proxy_address::{AddressType, ProxyAddress};
pub use schema::{AttributeSchema, Schema};
pub use sign_in::{Credentials, Protection};
pub use stamps::Stamps;
