//! Contact data: what people expect to find of each other in the cloud's
//! address book, and how much of it is filled in, by container.
//!
//! Counted as entries arrive, of enabled users that are judged; no value is
//! kept. Nothing here is a finding: an empty telephone number breaks nothing.

use std::collections::{BTreeMap, HashMap};

use crate::model::{AttributeName, AttributeTable, DomainId, Entry, ObjectClass};

/// What is counted; `address` stands for [`ADDRESS`].
pub const CONTACT_FIELDS: [&str; 9] = [
    "mail",
    "telephoneNumber",
    "mobile",
    "title",
    "department",
    "company",
    "physicalDeliveryOfficeName",
    "manager",
    "address",
];

/// The attributes of a postal address that must all be filled. `st` is not
/// among them: most countries have no states in an address.
pub const ADDRESS: [&str; 4] = ["streetAddress", "l", "postalCode", "co"];

/// The place of `address` among [`CONTACT_FIELDS`].
const ADDRESS_FIELD: usize = CONTACT_FIELDS.len() - 1;

/// `UF_ACCOUNTDISABLE` of userAccountControl (MS-ADTS 2.2.16).
const DISABLED: i64 = 0x2;

/// Which of the counted attributes an entry has, in the order of
/// [`attributes`].
type Present = [bool; ADDRESS_FIELD + ADDRESS.len()];

/// How many people there are, and how many of them have each field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContactCounts {
    /// Enabled users that are judged.
    pub people: u64,
    /// How many of them have each of [`CONTACT_FIELDS`].
    pub filled: [u64; CONTACT_FIELDS.len()],
}

impl ContactCounts {
    fn add_person(&mut self, has: &Present) {
        self.people += 1;
        let fields = self.filled.iter_mut().zip(has);
        for (sum, has) in fields.take(ADDRESS_FIELD) {
            *sum += u64::from(*has);
        }
        let address = has.iter().skip(ADDRESS_FIELD).all(|has| *has);
        self.filled[ADDRESS_FIELD] += u64::from(address);
    }

    /// Adds the counts of another container.
    pub fn add(&mut self, other: &Self) {
        self.people += other.people;
        for (sum, number) in self.filled.iter_mut().zip(other.filled) {
            *sum += number;
        }
    }
}

/// The counts of all containers of a scan that hold people directly, by domain
/// and then by path (`Sales/Berlin`; empty for the domain itself).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactData(pub BTreeMap<(DomainId, String), ContactCounts>);

impl ContactData {
    /// The counts of everybody.
    pub fn total(&self) -> ContactCounts {
        let mut total = ContactCounts::default();
        self.0.values().for_each(|counts| total.add(counts));
        total
    }

    /// The containers with most people first; those of the same size in the
    /// order of their names.
    pub fn largest_first(&self) -> Vec<(&(DomainId, String), &ContactCounts)> {
        let mut containers: Vec<_> = self.0.iter().collect();
        containers.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.people));
        containers
    }
}

/// The attributes that must be read to count.
pub(super) fn attributes() -> impl Iterator<Item = AttributeName> {
    let fields = CONTACT_FIELDS.iter().take(ADDRESS_FIELD);
    fields
        .chain(&ADDRESS)
        .map(|name| AttributeName::known(name))
}

/// Counts the people of one domain.
#[derive(Debug)]
pub(super) struct ContactCounter {
    names: AttributeTable,
    by_parent: HashMap<Box<str>, (String, ContactCounts)>,
}

impl ContactCounter {
    pub(super) fn new() -> Self {
        Self {
            names: AttributeTable::of(&attributes().collect::<Vec<_>>()),
            by_parent: HashMap::new(),
        }
    }

    /// Counts `entry`, which is judged, if it is a person that may be called.
    pub(super) fn count(&mut self, entry: &Entry) {
        let is_person = entry.class() == ObjectClass::User
            && entry
                .integer("userAccountControl")
                .is_none_or(|flags| flags & DISABLED == 0);
        if !is_person {
            return;
        }
        let has = self.present(entry);
        let parent = entry.dn.parent();
        if let Some((_, counts)) = self.by_parent.get_mut(parent) {
            counts.add_person(&has);
        } else {
            let mut counts = ContactCounts::default();
            counts.add_person(&has);
            let path = entry.dn.container_path();
            self.by_parent.insert(parent.into(), (path, counts));
        }
    }

    /// Which of the attributes hold more than white space.
    fn present(&self, entry: &Entry) -> Present {
        let mut has = [false; ADDRESS_FIELD + ADDRESS.len()];
        for attribute in entry.attributes() {
            let place = self.names.find(&attribute.name);
            if let Some(has) = place.and_then(|at| has.get_mut(at)) {
                let is_text = |byte: &u8| !byte.is_ascii_whitespace();
                *has = attribute
                    .values
                    .iter()
                    .any(|value| value.as_bytes().iter().any(is_text));
            }
        }
        has
    }

    /// What was counted.
    pub(super) fn finish(self, domain: DomainId) -> ContactData {
        let mut data = ContactData::default();
        let mut counted: Vec<_> = self.by_parent.into_iter().collect();
        counted.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, (path, counts)) in counted {
            data.0.entry((domain, path)).or_default().add(&counts);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, user};

    #[test]
    fn enabled_users_are_counted_by_what_they_have() {
        let full: Vec<(&'static str, &[&str])> = vec![
            ("mail", &["a@contoso.com"]),
            ("telephoneNumber", &["1"]),
            ("mobile", &["1"]),
            ("title", &["1"]),
            ("department", &["1"]),
            ("company", &["1"]),
            ("physicalDeliveryOfficeName", &["1"]),
            ("manager", &["CN=b,DC=x"]),
            ("streetAddress", &["1"]),
            ("l", &["1"]),
            ("postalCode", &["1"]),
            ("co", &["1"]),
        ];
        let disabled = [&full[..], &[("userAccountControl", &["514"])]].concat();
        let scan = contoso(vec![
            user("full", &full),
            user(
                "half",
                &[("mail", &[" "]), ("mobile", &["1"]), ("l", &["1"])],
            ),
            user("disabled", &disabled),
        ]);
        let counts: Vec<_> = scan.contacts.0.iter().collect();
        assert_eq!(
            counts,
            [(
                &(DomainId(0), "Staff".to_owned()),
                &ContactCounts {
                    people: 2,
                    filled: [1, 1, 2, 1, 1, 1, 1, 1, 1],
                }
            )]
        );
        assert_eq!(scan.contacts.total().people, 2);
    }

    #[test]
    fn what_is_only_counted_is_not_kept() {
        let scan = contoso(vec![user("a", &[("title", &["Head"])])]);
        let at = scan.snapshot.refs().next().unwrap();
        assert!(!scan.snapshot.entry(at).has("title"));
        assert_eq!(scan.contacts.total().filled[3], 1);
    }
}
