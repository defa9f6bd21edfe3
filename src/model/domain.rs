//! Forests and their domains as a run knows them.

use super::{DistinguishedName, Schema};

/// The place of a domain in the list of all domains of a run, over all its
/// forests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub u16);

/// One domain, or for a server that is no Active Directory one base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The DNS name in lower case, `contoso.test`; the DN of the base where no
    /// DNS name can be told.
    pub dns_name: String,
    /// The naming context that is read.
    pub naming_context: DistinguishedName,
    /// The host that is read and written: a domain controller, a file, or
    /// `memory`.
    pub host: String,
}

/// Which server of a forest is asked first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// This host, by name or address.
    Host(String),
    /// A domain controller of this domain, found by DNS.
    Domain(String),
    /// A domain controller of the domain that the computer belongs to.
    OwnDomain,
}

/// A trust of a domain with one outside the forest (trustedDomain, MS-ADTS
/// 6.1.6.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The DNS name of the domain that has it.
    pub domain: String,
    /// Whom it is with.
    pub partner: String,
    /// trustDirection: 0 disabled, 1 inbound, 2 outbound, 3 both.
    pub direction: i64,
}

/// What discovery tells of a forest beside its domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    /// The forest's functional level (forestFunctionality, MS-ADTS
    /// 3.1.1.3.2.27).
    pub level: Option<i64>,
    /// The functional level of each domain that was reached, by DNS name
    /// (domainFunctionality, MS-ADTS 3.1.1.3.2.26).
    pub domain_levels: Vec<(String, i64)>,
    /// Trusts with domains outside the forest: those are not read.
    pub trusts: Vec<Trust>,
}

/// What kind of source a forest is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// An Active Directory, known by its capability OID 1.2.840.113556.1.4.800.
    ActiveDirectory,
    /// Another LDAP server, read under `--base`.
    OtherLdap,
    /// An LDIF file: read-only.
    Ldif,
    /// The in-memory directory: its changes last for the run.
    Memory,
}

/// A forest as discovery found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forest {
    /// The DNS name of the root domain, or the name given on the command line.
    pub name: String,
    /// What it is read from.
    pub kind: SourceKind,
    /// Its domains, root first, then by name.
    pub domains: Vec<Domain>,
    /// The alternate UPN suffixes of CN=Partitions, in lower case.
    pub upn_suffixes: Vec<String>,
    /// Levels and trusts, as far as the source tells them.
    pub structure: Structure,
    /// Who the server says is signed in; the name given where it will not say.
    pub identity: Option<String>,
    /// The schema, as far as the source tells it.
    pub schema: Schema,
    /// What an admin must know about this source: guards that it cannot give,
    /// domains that could not be reached.
    pub notes: Vec<String>,
}
