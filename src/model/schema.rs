//! What the schema says of the attributes that idmend judges and writes.

use std::collections::{BTreeMap, BTreeSet};

use super::AttributeName;

/// What the schema allows for one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeSchema {
    /// Whether it holds one value at most (isSingleValued).
    pub single_valued: bool,
    /// The longest value in UTF-16 code units (rangeUpper), if limited.
    pub range_upper: Option<u32>,
}

/// The schema of a source, as far as it is known.
///
/// What a source does not tell is answered from the published base schema of
/// Active Directory, so that a file or a plain LDAP server is treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    read: BTreeMap<AttributeName, AttributeSchema>,
    absent: BTreeSet<AttributeName>,
}

/// Attribute, single-valued, rangeUpper: the base schema of Active Directory
/// (learn.microsoft.com/windows/win32/adschema, MS-ADA1 to MS-ADA3), and for
/// mailNickname and targetAddress the lengths that Exchange uses.
const PUBLISHED: [(&str, bool, Option<u32>); 12] = [
    ("displayName", true, Some(256)),
    ("givenName", true, Some(64)),
    ("sn", true, Some(64)),
    ("mail", true, Some(256)),
    ("mailNickname", true, Some(64)),
    ("proxyAddresses", false, Some(1123)),
    ("sAMAccountName", true, Some(256)),
    ("targetAddress", true, Some(1123)),
    ("userPrincipalName", true, Some(1024)),
    ("description", false, Some(1024)),
    ("cn", true, Some(64)),
    ("member", false, None),
];

impl Schema {
    /// Records what a source says of an attribute.
    pub fn insert(&mut self, name: AttributeName, schema: AttributeSchema) {
        self.read.insert(name, schema);
    }

    /// Records that a source was asked for an attribute and does not know it,
    /// as a forest that Exchange never extended does not know mailNickname.
    pub fn insert_absent(&mut self, name: AttributeName) {
        self.absent.insert(name);
    }

    /// Whether the source told nothing.
    pub fn is_empty(&self) -> bool {
        self.read.is_empty()
    }

    /// Whether the source's schema does not have the attribute: then no entry
    /// can have it, as opposed to one that may not be read.
    pub fn is_absent(&self, name: &AttributeName) -> bool {
        self.absent.contains(name)
    }

    /// What is known of `name`. An attribute that neither the source nor the
    /// published schema knows counts as multi-valued and unlimited: the guarded
    /// delete and add of one value are right for both kinds.
    pub fn attribute(&self, name: &AttributeName) -> AttributeSchema {
        if let Some(schema) = self.read.get(name) {
            return *schema;
        }
        PUBLISHED.iter().find(|(known, ..)| name.is(known)).map_or(
            AttributeSchema {
                single_valued: false,
                range_upper: None,
            },
            |(_, single_valued, range_upper)| AttributeSchema {
                single_valued: *single_valued,
                range_upper: *range_upper,
            },
        )
    }
}
