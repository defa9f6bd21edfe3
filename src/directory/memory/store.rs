//! The entries of a forest in memory, and the rules under which they change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::belongs_to;
use crate::directory::ModifyError;
use crate::model::{
    AttributeName, AttributeSchema, Change, Domain, Entry, Identity, ObjectGuid, Schema, Stamps,
    Value,
};

/// An answer other than success: an LDAP result code and Active Directory's
/// text, which begins with the Windows error in eight hexadecimal digits
/// (MS-ADTS 3.1.1.3.1.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) text: String,
}

impl Refusal {
    /// A refusal of an attribute: `error` is the Windows error, `problem` the
    /// number and name that Active Directory gives beside it.
    fn attribute(code: u32, error: &str, problem: &str, name: &AttributeName) -> Self {
        Self {
            code,
            text: format!(
                "{error}: AtrErr: DSID-03152804, #1:\n\t0: {error}: DSID-03152804, \
                 problem {problem}, data 0, Att {name}"
            ),
        }
    }

    fn no_such_object() -> Self {
        Self {
            code: 32,
            text: "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT), data 0, \
                   best match of:\n\t''\n"
                .to_owned(),
        }
    }

    fn name_exists() -> Self {
        Self {
            code: 68,
            text: "00002071: UpdErr: DSID-0305038D, problem 6005 (ENTRY_EXISTS), data 0\n"
                .to_owned(),
        }
    }

    pub(super) fn into_modify_error(self) -> ModifyError {
        let reason = match self.code {
            16 => "the value to be replaced is not there any more",
            19 if self.text.starts_with("000021C8") => {
                "another account of the forest has this userPrincipalName"
            }
            19 if self.text.starts_with("00002082") => "the value is longer than the schema allows",
            19 => "the schema does not allow the value",
            20 => "the value is there already, perhaps in another case",
            32 => "the entry does not exist any more",
            68 => "another account of the domain has this sAMAccountName",
            _ => "the directory gave no reason that idmend knows",
        };
        ModifyError::Refused {
            code: self.code,
            text: self.text,
            reason: reason.to_owned(),
        }
    }
}

/// How often each attribute of an entry was written.
type Writes = BTreeMap<AttributeName, u32>;

/// Entries in the order they were given, found by objectGUID or by name.
#[derive(Debug)]
pub(super) struct Store {
    entries: Vec<Entry>,
    /// Of each entry, in the same order.
    writes: Vec<Writes>,
    /// Whether each part of a request counts as a write.
    pub(super) counts_parts: bool,
    by_guid: HashMap<ObjectGuid, usize>,
    by_name: HashMap<String, usize>,
}

impl Store {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let as_it_came = |entry: &Entry| {
            let attributes = entry.attributes().iter();
            attributes.map(|one| (one.name.clone(), 1)).collect()
        };
        let mut store = Self {
            writes: entries.iter().map(as_it_came).collect(),
            entries,
            counts_parts: false,
            by_guid: HashMap::new(),
            by_name: HashMap::new(),
        };
        store.index();
        store
    }

    fn index(&mut self) {
        self.by_guid.clear();
        self.by_name.clear();
        for (at, entry) in self.entries.iter().enumerate() {
            if let Some(guid) = entry.guid() {
                self.by_guid.insert(guid, at);
            }
            self.by_name.insert(entry.dn.key(), at);
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn place(&self, identity: &Identity) -> Option<usize> {
        match identity {
            Identity::Guid(guid) => self.by_guid.get(guid).copied(),
            Identity::Dn(dn) => self.by_name.get(&dn.key()).copied(),
        }
    }

    pub(super) fn find(&self, identity: &Identity) -> Option<&Entry> {
        self.place(identity).and_then(|at| self.entries.get(at))
    }

    /// The note that replication has of an entry's attributes, as far as the
    /// schema says how it calls them.
    pub(super) fn stamps(&self, identity: &Identity, schema: &Schema) -> Option<Stamps> {
        let writes = self.writes.get(self.place(identity)?)?;
        let mut stamps = Stamps::default();
        for (name, count) in writes {
            if let Some(id) = schema.attribute(name).replication_id {
                stamps.count(id, *count);
            }
        }
        Some(stamps)
    }

    /// Each attribute that differs afterwards was written once.
    pub(super) fn edit(&mut self, identity: &Identity, edit: impl FnOnce(&mut Entry)) -> bool {
        let Some(at) = self.place(identity) else {
            return false;
        };
        let before = self.entries[at].clone();
        edit(&mut self.entries[at]);
        let after = &self.entries[at];
        let names: BTreeSet<&AttributeName> = [&before, after]
            .into_iter()
            .flat_map(Entry::attributes)
            .map(|attribute| &attribute.name)
            .collect();
        for name in names {
            if before.values(name.as_str()) != after.values(name.as_str()) {
                *self.writes[at].entry(name.clone()).or_default() += 1;
            }
        }
        self.index();
        true
    }

    pub(super) fn remove(&mut self, identity: &Identity) -> bool {
        let Some(at) = self.place(identity) else {
            return false;
        };
        self.entries.remove(at);
        self.writes.remove(at);
        self.index();
        true
    }

    /// Carries out one `ModifyRequest`, or nothing of it.
    pub(super) fn modify(
        &mut self,
        domain: &Domain,
        identity: &Identity,
        changes: &[Change],
        schema: &Schema,
    ) -> Result<(), Refusal> {
        let at = self
            .place(identity)
            .filter(|at| belongs_to(&self.entries[*at].dn, domain))
            .ok_or_else(Refusal::no_such_object)?;
        let mut modified = self.entries[at].clone();
        for change in changes {
            modify_attribute(&mut modified, change, schema.attribute(&change.attribute))?;
            self.check_unique(at, change, domain)?;
        }
        self.entries[at] = modified;
        for change in changes {
            let parts = [&change.delete, &change.add];
            let parts = parts.into_iter().filter(|part| !part.is_empty()).count();
            let counted = if self.counts_parts { parts } else { 1 };
            let writes = self.writes[at].entry(change.attribute.clone()).or_default();
            *writes += u32::try_from(counted).unwrap_or_default();
        }
        Ok(())
    }

    /// The two uniqueness rules of Active Directory that idmend can run into:
    /// userPrincipalName over the forest, sAMAccountName over the domain
    /// (MS-ADTS 3.1.1.5.1.3).
    fn check_unique(&self, at: usize, change: &Change, domain: &Domain) -> Result<(), Refusal> {
        let name = &change.attribute;
        let within_forest = name.is("userPrincipalName");
        if !within_forest && !name.is("sAMAccountName") {
            return Ok(());
        }
        let is_taken = change.add.iter().any(|added| {
            self.entries.iter().enumerate().any(|(other, entry)| {
                other != at
                    && entry
                        .values(name.as_str())
                        .iter()
                        .any(|held| matches(held, added))
                    && (within_forest || belongs_to(&entry.dn, domain))
            })
        });
        match (is_taken, within_forest) {
            (false, _) => Ok(()),
            (true, true) => Err(Refusal::attribute(
                19,
                "000021C8",
                "1005 (CONSTRAINT_ATT_TYPE)",
                name,
            )),
            (true, false) => Err(Refusal::name_exists()),
        }
    }
}

/// Deletes, then adds, the values of one change.
fn modify_attribute(
    entry: &mut Entry,
    change: &Change,
    schema: AttributeSchema,
) -> Result<(), Refusal> {
    let name = &change.attribute;
    let refuse = |code, error, problem| Err(Refusal::attribute(code, error, problem, name));
    let mut values = entry.values(name.as_str()).to_vec();
    for deleted in &change.delete {
        let Some(at) = values.iter().position(|held| matches(held, deleted)) else {
            return refuse(16, "00002085", "1001 (NO_ATTRIBUTE_OR_VAL)");
        };
        values.remove(at);
    }
    if schema.single_valued && change.add.len() > 1 {
        return refuse(19, "00002081", "1005 (CONSTRAINT_ATT_TYPE)");
    }
    for added in &change.add {
        let is_full = schema.single_valued && !values.is_empty();
        if is_full || values.iter().any(|held| matches(held, added)) {
            return refuse(20, "00002083", "1006 (ATT_OR_VALUE_EXISTS)");
        }
        if schema
            .range_upper
            .is_some_and(|upper| length(added) > upper as usize)
        {
            return refuse(19, "00002082", "1005 (CONSTRAINT_ATT_TYPE)");
        }
        values.push(added.clone());
    }
    entry.set(name, values);
    Ok(())
}

/// Whether the directory takes two values for the same: texts without regard
/// to case, accents and width, as Active Directory compares them.
fn matches(a: &Value, b: &Value) -> bool {
    let looks_like = |text: &str| -> String {
        let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
        bare.flat_map(char::to_lowercase).collect()
    };
    match (a.as_text(), b.as_text()) {
        (Some(a), Some(b)) => a == b || looks_like(a) == looks_like(b),
        _ => a == b,
    }
}

/// The length that rangeUpper limits: UTF-16 code units of a text.
fn length(value: &Value) -> usize {
    value
        .as_text()
        .map_or(value.as_bytes().len(), |text| text.encode_utf16().count())
}
