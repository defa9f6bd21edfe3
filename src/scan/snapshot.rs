//! All entries of a scan, packed.
//!
//! An entry is a header of fixed size and a run of bytes in a chunk; the name
//! of its container and its objectClass values are kept once for all entries
//! that share them. Chunks are never moved nor changed once all is read, so
//! that growing costs no copy of what is there and a refresh shares them.
//! Entries are unpacked on demand and come out as they went in,
//! value by value and byte by byte; only attributes that the scan did not ask
//! for are dropped.

use std::collections::HashMap;
use std::sync::Arc;

use super::SkipReason;
use super::packed::{Reader, put_bytes, put_number};
use crate::model::{
    AttributeName, AttributeTable, DistinguishedName, DomainId, Entry, Identity, ObjectClass,
    ObjectGuid, Value,
};

/// Bytes in a chunk, unless one entry needs more.
const CHUNK: usize = 1 << 20;

/// The most sets of objectClass values that are shared; a directory has dozens.
const SHARED_SETS: usize = 1 << 12;

/// What stands behind the last attribute of an entry; before each stands its
/// number, counted from the next one on.
const END: usize = 0;

/// Stands for "not shared" in a header.
const INLINE: u32 = u32::MAX;

/// The place of an entry in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryRef(pub u32);

/// How an entry takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// In scope, and the sync engine takes it: judged and compared.
    Judged,
    /// Outside the bases and the filter: compared only.
    OutOfScope,
    /// Left out by the sync engine: compared only, and never edited.
    Skipped(SkipReason),
}

/// All entries of a scan, packed. Entries are unpacked on demand.
#[derive(Debug, Default)]
pub struct Snapshot {
    names: Arc<[AttributeName]>,
    chunks: Vec<Arc<Vec<u8>>>,
    headers: Vec<Header>,
    parents: Vec<Box<str>>,
    class_sets: Vec<Box<[Value]>>,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    chunk: u32,
    offset: u32,
    parent: u32,
    class_set: u32,
    domain: DomainId,
    class: ObjectClass,
    part: Part,
}

impl Snapshot {
    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// The attributes that are kept, where an entry has them.
    pub fn names(&self) -> &[AttributeName] {
        &self.names
    }

    /// The places of all entries.
    pub fn refs(&self) -> impl Iterator<Item = EntryRef> + use<> {
        (0..u32::try_from(self.headers.len()).unwrap_or(u32::MAX)).map(EntryRef)
    }

    /// Unpacks an entry. A place that is none gives an empty entry.
    pub fn entry(&self, at: EntryRef) -> Entry {
        let mut entry = Entry::new(self.dn(at));
        let Some(header) = self.header(at) else {
            return entry;
        };
        if let Some(set) = self.class_sets.get(header.class_set as usize) {
            entry.add(AttributeName::known("objectClass"), set.iter().cloned());
        }
        let mut reader = self.reader(*header);
        reader.bytes();
        while let Some(number) = next_attribute(&mut reader) {
            let name = self.names.get(number);
            let values: Vec<Value> = (0..reader.number())
                .map(|_| Value::from(reader.bytes()))
                .collect();
            if let Some(name) = name {
                entry.add(name.clone(), values);
            }
        }
        entry
    }

    /// The attributes of an entry, of each up to `most` values and how many it
    /// has: for a look at an entry that may have a million of them.
    pub fn attributes(&self, at: EntryRef, most: usize) -> Vec<(AttributeName, Vec<Value>, usize)> {
        let mut attributes = Vec::new();
        let Some(header) = self.header(at) else {
            return attributes;
        };
        if let Some(set) = self.class_sets.get(header.class_set as usize) {
            let values = set.iter().take(most).cloned().collect();
            attributes.push((AttributeName::known("objectClass"), values, set.len()));
        }
        let mut reader = self.reader(*header);
        reader.bytes();
        while let Some(number) = next_attribute(&mut reader) {
            let name = self.names.get(number);
            let count = reader.number();
            let taken = (0..count.min(most)).map(|_| Value::from(reader.bytes()));
            let values: Vec<Value> = taken.collect();
            for _ in values.len()..count {
                reader.bytes();
            }
            if let Some(name) = name {
                attributes.push((name.clone(), values, count));
            }
        }
        attributes
    }

    /// The name of an entry, without unpacking the rest.
    pub fn dn(&self, at: EntryRef) -> DistinguishedName {
        let mut dn = String::new();
        self.write_dn(at, &mut dn);
        DistinguishedName::from_server(dn)
    }

    /// Appends the name of an entry to `out`.
    pub fn write_dn(&self, at: EntryRef, out: &mut String) {
        let Some(header) = self.header(at) else {
            return;
        };
        out.push_str(std::str::from_utf8(self.reader(*header).bytes()).unwrap_or_default());
        if let Some(parent) = self.parents.get(header.parent as usize) {
            out.push_str(parent);
        }
    }

    /// The name of an entry in its container, with the comma behind it.
    pub fn relative_name(&self, at: EntryRef) -> &str {
        self.header(at)
            .and_then(|header| std::str::from_utf8(self.reader(*header).bytes()).ok())
            .unwrap_or_default()
    }

    /// The name of the container of an entry, and a number: where it is equal,
    /// the name is.
    pub fn container(&self, at: EntryRef) -> (u32, &str) {
        let number = self.header(at).map_or(u32::MAX, |header| header.parent);
        let name = self.parents.get(number as usize);
        (number, name.map_or("", |name| name))
    }

    /// The value at `index` of an attribute, without unpacking the rest.
    pub fn value(&self, at: EntryRef, attribute: &AttributeName, index: u32) -> Option<&[u8]> {
        let mut values = self.values(at, attribute)?;
        (0..index).for_each(|_| {
            values.1.bytes();
        });
        ((index as usize) < values.0).then(|| values.1.bytes())
    }

    /// The objectGUID of an entry, if it has a well-formed one.
    pub fn guid(&self, at: EntryRef) -> Option<ObjectGuid> {
        let (count, mut values) = self.values(at, &AttributeName::known("objectGUID"))?;
        (count > 0)
            .then(|| ObjectGuid::from_bytes(values.bytes()).ok())
            .flatten()
    }

    /// What names the entry when it is written to.
    pub fn identity(&self, at: EntryRef) -> Identity {
        self.guid(at)
            .map_or_else(|| Identity::Dn(self.dn(at)), Identity::Guid)
    }

    /// The kind of an entry.
    pub fn class(&self, at: EntryRef) -> ObjectClass {
        self.header(at)
            .map_or(ObjectClass::Other, |header| header.class)
    }

    /// The domain of an entry.
    pub fn domain(&self, at: EntryRef) -> DomainId {
        self.header(at).map_or(DomainId(0), |header| header.domain)
    }

    /// How an entry takes part in the scan.
    pub fn part(&self, at: EntryRef) -> Part {
        self.header(at)
            .map_or(Part::OutOfScope, |header| header.part)
    }

    /// Whether the entry is judged: in scope and not skipped by the sync engine.
    pub fn is_judged(&self, at: EntryRef) -> bool {
        self.part(at) == Part::Judged
    }

    /// Whether the sync engine leaves the entry out.
    pub fn is_skipped(&self, at: EntryRef) -> bool {
        matches!(self.part(at), Part::Skipped(_))
    }

    /// Bytes that are held for the entries, without the allocator's own.
    pub fn bytes_held(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.capacity()).sum();
        let parents: usize = self.parents.iter().map(|dn| dn.len() + 16).sum();
        chunks + parents + self.headers.capacity() * size_of::<Header>()
    }

    fn header(&self, at: EntryRef) -> Option<&Header> {
        self.headers.get(at.0 as usize)
    }

    fn reader(&self, header: Header) -> Reader<'_> {
        let bytes = self
            .chunks
            .get(header.chunk as usize)
            .and_then(|chunk| chunk.get(header.offset as usize..))
            .unwrap_or_default();
        Reader::new(bytes)
    }

    /// The number of values of an attribute, and a reader at the first.
    fn values(&self, at: EntryRef, attribute: &AttributeName) -> Option<(usize, Reader<'_>)> {
        let mut reader = self.reader(*self.header(at)?);
        reader.bytes();
        while let Some(number) = next_attribute(&mut reader) {
            let found = self.names.get(number) == Some(attribute);
            let count = reader.number();
            if found {
                return Some((count, reader));
            }
            for _ in 0..count {
                reader.bytes();
            }
        }
        None
    }

    /// The entries whose `kept` is set, in their order. Nothing is copied but
    /// headers; a chunk that no entry lies in any more is let go.
    pub(super) fn keeping(&self, kept: &[bool]) -> Self {
        let headers = self.headers.iter().zip(kept).filter(|(_, kept)| **kept);
        let headers: Vec<Header> = headers.map(|(header, _)| *header).collect();
        let mut used = vec![false; self.chunks.len()];
        for header in &headers {
            if let Some(used) = used.get_mut(header.chunk as usize) {
                *used = true;
            }
        }
        let none = Arc::new(Vec::new());
        let chunks = self.chunks.iter().zip(used);
        let chunks = chunks.map(|(chunk, used)| Arc::clone(if used { chunk } else { &none }));
        Self {
            names: Arc::clone(&self.names),
            chunks: chunks.collect(),
            headers,
            parents: self.parents.clone(),
            class_sets: self.class_sets.clone(),
        }
    }

    /// Appends a snapshot that was made with the same names; returns the place
    /// of its first entry.
    pub(super) fn append(&mut self, other: Self) -> u32 {
        if self.headers.is_empty() {
            *self = other;
            return 0;
        }
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (first, chunk) = (count(self.headers.len()), count(self.chunks.len()));
        let (parent, set) = (count(self.parents.len()), count(self.class_sets.len()));
        self.headers
            .extend(other.headers.iter().map(|header| Header {
                chunk: header.chunk + chunk,
                parent: header.parent + parent,
                class_set: match header.class_set {
                    INLINE => INLINE,
                    shared => shared + set,
                },
                ..*header
            }));
        self.chunks.extend(other.chunks);
        self.parents.extend(other.parents);
        self.class_sets.extend(other.class_sets);
        first
    }
}

/// The number of the next attribute; `None` after the last.
fn next_attribute(reader: &mut Reader<'_>) -> Option<usize> {
    reader.number().checked_sub(END + 1)
}

/// Packs the entries of one domain.
#[derive(Debug)]
pub(super) struct SnapshotBuilder {
    /// Everything but the chunks.
    snapshot: Snapshot,
    chunks: Vec<Vec<u8>>,
    numbers: AttributeTable,
    class_number: Option<usize>,
    domain: DomainId,
    parents: HashMap<Box<str>, u32>,
    class_sets: HashMap<Box<[Value]>, u32>,
    scratch: Vec<u8>,
}

impl SnapshotBuilder {
    /// A builder that keeps the attributes `names`.
    pub(super) fn new(names: Arc<[AttributeName]>, domain: DomainId) -> Self {
        let numbers = AttributeTable::of(&*names);
        Self {
            class_number: numbers.find_text(b"objectClass"),
            numbers,
            snapshot: Snapshot {
                names,
                ..Snapshot::default()
            },
            chunks: Vec::new(),
            domain,
            parents: HashMap::new(),
            class_sets: HashMap::new(),
            scratch: Vec::new(),
        }
    }

    /// Packs `entry`.
    pub(super) fn push(&mut self, entry: &Entry, part: Part) -> EntryRef {
        let dn = entry.dn.as_str();
        let own = dn.len() - entry.dn.parent().len();
        let (own, parent) = dn.split_at_checked(own).unwrap_or((dn, ""));
        let class_set = self.class_set(entry.values("objectClass"));
        self.pack(entry, own, class_set == INLINE);
        let (chunk, offset) = self.store();
        let header = Header {
            chunk,
            offset,
            parent: self.parent(parent),
            class_set,
            domain: self.domain,
            class: entry.class(),
            part,
        };
        let at = EntryRef(u32::try_from(self.snapshot.headers.len()).unwrap_or(u32::MAX));
        self.snapshot.headers.push(header);
        at
    }

    /// The packed entries.
    pub(super) fn finish(mut self) -> Snapshot {
        self.snapshot.headers.shrink_to_fit();
        if let Some(last) = self.chunks.last_mut() {
            last.shrink_to_fit();
        }
        self.snapshot.chunks = self.chunks.into_iter().map(Arc::new).collect();
        self.snapshot
    }

    fn pack(&mut self, entry: &Entry, own: &str, with_class: bool) {
        let scratch = &mut self.scratch;
        scratch.clear();
        put_bytes(scratch, own.as_bytes());
        for attribute in entry.attributes() {
            let Some(number) = self.numbers.find(&attribute.name) else {
                continue;
            };
            if !with_class && self.class_number == Some(number) {
                continue;
            }
            put_number(scratch, number + 1);
            put_number(scratch, attribute.values.len());
            for value in &attribute.values {
                put_bytes(scratch, value.as_bytes());
            }
        }
        put_number(scratch, END);
    }

    /// Moves the packed bytes into a chunk that has room; returns where.
    fn store(&mut self) -> (u32, u32) {
        let chunks = &mut self.chunks;
        let fits = chunks
            .last()
            .is_some_and(|chunk| chunk.capacity() - chunk.len() >= self.scratch.len());
        if !fits {
            chunks.push(Vec::with_capacity(CHUNK.max(self.scratch.len())));
        }
        let number = u32::try_from(chunks.len() - 1).unwrap_or(u32::MAX);
        let mut offset = 0;
        if let Some(chunk) = chunks.last_mut() {
            offset = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            chunk.extend_from_slice(&self.scratch);
        }
        if self.scratch.capacity() > CHUNK {
            self.scratch = Vec::new();
        }
        (number, offset)
    }

    fn parent(&mut self, parent: &str) -> u32 {
        // Entries of one container mostly come together.
        let last = self.snapshot.headers.last().map(|header| header.parent);
        if let Some(last) = last
            && let Some(name) = self.snapshot.parents.get(last as usize)
            && **name == *parent
        {
            return last;
        }
        if let Some(number) = self.parents.get(parent) {
            return *number;
        }
        let number = u32::try_from(self.snapshot.parents.len()).unwrap_or(u32::MAX);
        self.snapshot.parents.push(parent.into());
        self.parents.insert(parent.into(), number);
        number
    }

    fn class_set(&mut self, values: &[Value]) -> u32 {
        let last = self.snapshot.headers.last().map(|header| header.class_set);
        if let Some(last) = last
            && let Some(set) = self.snapshot.class_sets.get(last as usize)
            && **set == *values
        {
            return last;
        }
        if let Some(number) = self.class_sets.get(values) {
            return *number;
        }
        let sets = &mut self.snapshot.class_sets;
        let bytes: usize = values.iter().map(|value| value.as_bytes().len()).sum();
        if values.is_empty() || sets.len() >= SHARED_SETS || bytes > CHUNK {
            return INLINE;
        }
        let number = u32::try_from(sets.len()).unwrap_or(INLINE);
        sets.push(values.into());
        self.class_sets.insert(values.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&'static str]) -> Arc<[AttributeName]> {
        names
            .iter()
            .map(|name| AttributeName::known(name))
            .collect()
    }

    fn entry(dn: &str, attributes: &[(&'static str, &[&[u8]])]) -> Entry {
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        for (name, values) in attributes {
            entry.add(
                AttributeName::known(name),
                values.iter().map(|value| Value::from(*value)),
            );
        }
        entry
    }

    #[test]
    fn entries_come_out_as_they_went_in() {
        let names = names(&["objectClass", "mail", "objectGUID"]);
        let entries = [
            entry(
                "CN=Meyer\\, A, OU=Sales,DC=x",
                &[
                    ("objectClass", &[b"top", b"user"]),
                    ("mail", &[b"a@x", b"", b"\xff\xfe"]),
                    ("objectGUID", &[&[7; 16]]),
                ],
            ),
            entry("", &[]),
            entry("nonsense", &[("mail", &[b"b"])]),
        ];
        let mut builder = SnapshotBuilder::new(Arc::clone(&names), DomainId(0));
        for entry in &entries {
            builder.push(entry, Part::Judged);
        }
        let mut all = builder.finish();
        let mut second = SnapshotBuilder::new(names, DomainId(1));
        second.push(&entries[0], Part::OutOfScope);
        assert_eq!(all.append(second.finish()), 3);

        for (at, entry) in all.refs().zip(entries.iter().chain([&entries[0]])) {
            assert_eq!(all.entry(at), *entry);
            assert_eq!(all.dn(at), entry.dn);
            assert_eq!(all.guid(at), entry.guid());
            for (name, values, count) in all.attributes(at, 2) {
                let whole = entry.values(name.as_str());
                assert_eq!(count, whole.len());
                assert_eq!(values, whole[..count.min(2)]);
            }
            assert_eq!(all.attributes(at, 2).len(), entry.attributes().len());
            assert_eq!(all.class(at), entry.class());
        }
        let second = all.keeping(&[false, false, true, true]);
        assert_eq!(second.len(), 2);
        assert_eq!(second.entry(EntryRef(0)), entries[2]);
        assert_eq!(second.entry(EntryRef(1)), entries[0]);
        let last = all.keeping(&[false, false, false, true]);
        assert_eq!(last.entry(EntryRef(0)), entries[0]);
        assert!(last.bytes_held() < second.bytes_held(), "a chunk is let go");

        let mail = AttributeName::known("MAIL");
        assert_eq!(all.value(EntryRef(3), &mail, 2), Some(&b"\xff\xfe"[..]));
        assert_eq!(all.value(EntryRef(3), &mail, 3), None);
        assert_eq!(all.value(EntryRef(1), &mail, 0), None);
        assert_eq!(all.domain(EntryRef(3)), DomainId(1));
        assert!(all.is_judged(EntryRef(2)) && !all.is_judged(EntryRef(3)));
        assert_eq!(all.entry(EntryRef(99)).attributes(), []);
    }

    #[test]
    fn what_was_not_asked_for_is_dropped() {
        let mut builder = SnapshotBuilder::new(names(&["mail"]), DomainId(0));
        let at = builder.push(&entry("CN=a", &[("sn", &[b"x"])]), Part::Judged);
        assert_eq!(builder.finish().entry(at).attributes(), []);
    }

    #[test]
    fn a_huge_value_gets_a_chunk_of_its_own() {
        let huge = vec![b'x'; 10 << 20];
        let mut builder = SnapshotBuilder::new(names(&["mail"]), DomainId(0));
        let small = entry("CN=a", &[("mail", &[b"a"])]);
        builder.push(&small, Part::Judged);
        let big = builder.push(&entry("CN=b", &[("mail", &[&huge])]), Part::Judged);
        let last = builder.push(&small, Part::Judged);
        let snapshot = builder.finish();
        assert_eq!(snapshot.entry(big).values("mail")[0].as_bytes(), huge);
        assert_eq!(snapshot.entry(last), small);
    }
}
