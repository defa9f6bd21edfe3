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
    /// The number by which replication calls it (ATTRTYP, MS-DRSR 5.16.4), if
    /// known.
    pub replication_id: Option<u32>,
}

impl AttributeSchema {
    /// The number by which replication calls an attribute: its msDS-IntId if
    /// it has one, else made of its attributeID by the prefixes that every
    /// domain controller knows from the beginning (MS-DRSR 5.16.4). Of those,
    /// the ones that idmend's attributes have.
    pub fn replication_id(object_identifier: &str, int_id: Option<i64>) -> Option<u32> {
        const PREFIXES: [(&str, u32); 4] = [
            ("2.5.4", 0),
            ("1.2.840.113556.1.2", 2),
            ("1.2.840.113556.1.4", 9),
            ("0.9.2342.19200300.100.1", 21),
        ];
        /// Greater ones are written otherwise.
        const GREATEST: u32 = 0x3fff;
        if let Some(int_id) = int_id {
            // A signed attribute that holds an unsigned number.
            let bits = i32::try_from(int_id).ok()?;
            return Some(u32::from_ne_bytes(bits.to_ne_bytes()));
        }
        let (prefix, last) = object_identifier.rsplit_once('.')?;
        let last: u32 = last.parse().ok().filter(|last| *last <= GREATEST)?;
        let (_, number) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
        Some((number << 16) | last)
    }
}

/// The schema of a source, as far as it is known.
///
/// What a source does not tell is answered from the published base schema of
/// Active Directory, so that a file or a plain LDAP server is treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    read: BTreeMap<AttributeName, AttributeSchema>,
    absent: BTreeSet<AttributeName>,
    counts_parts: bool,
}

/// Attribute, single-valued, rangeUpper, attributeID: the base schema of Active
/// Directory (learn.microsoft.com/windows/win32/adschema, MS-ADA1 to MS-ADA3),
/// and for mailNickname and targetAddress the lengths that Exchange uses.
const PUBLISHED: [(&str, bool, Option<u32>, &str); 12] = [
    ("displayName", true, Some(256), "1.2.840.113556.1.2.13"),
    ("givenName", true, Some(64), "2.5.4.42"),
    ("sn", true, Some(64), "2.5.4.4"),
    ("mail", true, Some(256), "0.9.2342.19200300.100.1.3"),
    ("mailNickname", true, Some(64), "1.2.840.113556.1.2.447"),
    (
        "proxyAddresses",
        false,
        Some(1123),
        "1.2.840.113556.1.2.210",
    ),
    ("sAMAccountName", true, Some(256), "1.2.840.113556.1.4.221"),
    ("targetAddress", true, Some(1123), "1.2.840.113556.1.2.352"),
    (
        "userPrincipalName",
        true,
        Some(1024),
        "1.2.840.113556.1.4.656",
    ),
    ("description", false, Some(1024), "2.5.4.13"),
    ("cn", true, Some(64), "2.5.4.3"),
    ("member", false, None, "2.5.4.31"),
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
                replication_id: None,
            },
            |(_, single_valued, range_upper, oid)| AttributeSchema {
                single_valued: *single_valued,
                range_upper: *range_upper,
                replication_id: AttributeSchema::replication_id(oid, None),
            },
        )
    }

    /// Records that the server counts the parts of a request one by one in an
    /// attribute's version (see [`super::Stamps`]), as Samba does. Active
    /// Directory counts a request once.
    pub fn set_counts_parts(&mut self, counts_parts: bool) {
        self.counts_parts = counts_parts;
    }

    /// Whether the server counts the parts of a request one by one.
    pub fn counts_parts(&self) -> bool {
        self.counts_parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replication_calls_an_attribute_by_its_int_id_or_its_place() {
        let id = AttributeSchema::replication_id;
        assert_eq!(id("2.5.4.4", None), Some(4));
        assert_eq!(id("1.2.840.113556.1.2.210", None), Some(0x0002_00d2));
        assert_eq!(id("1.2.840.113556.1.4.656", None), Some(0x0009_0290));
        assert_eq!(id("0.9.2342.19200300.100.1.3", None), Some(0x0015_0003));
        // As Samba gave one to mailNickname.
        let int_id = Some(-1_521_484_887);
        assert_eq!(id("1.2.840.113556.1.2.447", int_id), Some(0xa54f_fba9));
        for unknown in ["", "2", "9.9.9.1", "2.5.4.99999", "2.5.4.x", "2.5.4.-1"] {
            assert_eq!(id(unknown, None), None, "{unknown}");
        }
        assert_eq!(id("2.5.4.4", Some(i64::MAX)), None);
    }
}
