//! What the bound account may write, of many entries at once.
//!
//! Active Directory works the list out for each entry that is asked for it, and
//! sends some three hundred names: in Samba, where that was measured, it takes a
//! quarter of the time of a write. The list follows from the entry's security
//! descriptor, from its object classes and from who asks (MS-ADTS 3.1.1.4.5.21
//! and 5.1.3), so one entry is asked for all that have these in common. An
//! entry that belongs to whoever asks, the account itself or a group of its,
//! has rights of its own and is never one of them. Where any of this cannot be
//! seen, each entry is asked by itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::directory::{Directory, DirectoryError};
use crate::model::{
    AttributeName, DistinguishedName, Domain, Entry, Identity, Modification, ObjectClass,
    SourceKind, Value,
};
use crate::scan::ScanSource;
use crate::transaction::Rights;

/// The constructed attribute in which Active Directory lists what the bound
/// account may write to an entry (MS-ADTS 3.1.1.4.5.21); none at all if it may
/// write nothing.
const WRITABLE: &str = "allowedAttributesEffective";

/// Another constructed attribute about the bound account, which is always there
/// (MS-ADTS 3.1.1.4.5): it tells "may write nothing" from "does not say".
const RIGHTS: &str = "sDRightsEffective";

const DESCRIPTOR: &str = "nTSecurityDescriptor";
const SID: &str = "objectSid";

/// In the rootDSE, the SIDs of the account and of all its groups (MS-ADTS
/// 3.1.1.3.2).
const TOKEN: &str = "tokenGroups";

/// How many different answers are remembered in a domain at a time.
const MANY: usize = 1000;

/// What entries have in common that have the same rights.
type Likeness = [u8; 32];

/// The bound account, in all domains.
#[derive(Debug)]
pub(super) struct Account {
    attributes: [AttributeName; 2],
    /// By [`crate::model::DomainId`]; `None` where there are no such rights.
    domains: Vec<Option<InDomain>>,
}

#[derive(Debug)]
struct InDomain {
    directory: Arc<Directory>,
    domain: Domain,
    /// The SIDs of the account and its groups; none if the server does not say.
    token: OnceCell<BTreeSet<Value>>,
    known: Mutex<HashMap<Likeness, Rights>>,
}

type Answer = Result<Rights, DirectoryError>;

impl Account {
    /// In the domains of these sources, in their order.
    pub(super) fn new(sources: &[ScanSource]) -> Self {
        let domains = sources.iter().flat_map(|source| {
            let has_rights =
                !matches!(source.forest.kind, SourceKind::OtherLdap | SourceKind::Ldif);
            source.forest.domains.iter().map(move |domain| {
                has_rights.then(|| InDomain {
                    directory: Arc::clone(&source.directory),
                    domain: domain.clone(),
                    token: OnceCell::new(),
                    known: Mutex::default(),
                })
            })
        });
        Self {
            attributes: [DESCRIPTOR, SID].map(AttributeName::known),
            domains: domains.collect(),
        }
    }

    /// What [`Self::rights`] wants to see of entries.
    pub(super) fn attributes(&self) -> &[AttributeName] {
        &self.attributes
    }

    /// What it may write of these entries, one answer for each.
    pub(super) async fn rights(&self, entries: Vec<(&Modification, &Entry)>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = entries.iter().map(|_| Ok(Rights::Unsaid)).collect();
        let domains = self.domains.iter().enumerate();
        let asked = domains.filter_map(|(number, domain)| {
            let places: Vec<usize> = (0..entries.len())
                .filter(|place| {
                    let id = entries.get(*place).map(|(planned, _)| planned.domain);
                    id.is_some_and(|id| usize::from(id.0) == number)
                })
                .collect();
            let of = |place: &usize| entries.get(*place).map(|(_, entry)| *entry);
            let domain = domain.as_ref().filter(|_| !places.is_empty())?;
            Some(async move {
                let entries: Vec<&Entry> = places.iter().filter_map(of).collect();
                let answers = domain.rights(&entries).await;
                places.into_iter().zip(answers).collect::<Vec<_>>()
            })
        });
        for (place, answer) in join_all(asked).await.into_iter().flatten() {
            if let Some(slot) = answers.get_mut(place) {
                *slot = answer;
            }
        }
        answers
    }
}

impl InDomain {
    async fn rights(&self, entries: &[&Entry]) -> Vec<Answer> {
        let alike = self.alike(entries).await;
        let mut answers: Vec<Option<Answer>> = alike
            .iter()
            .map(|likeness| self.known().get(likeness.as_ref()?).cloned().map(Ok))
            .collect();
        // The first of those that are alike is asked for all of them. If it
        // gives no answer, each of the others is asked by itself.
        for alone in [false, true] {
            let mut seen = BTreeSet::new();
            let open = answers.iter().zip(&alike).enumerate();
            let asked: Vec<usize> = open
                .filter(|(_, (answer, likeness))| {
                    answer.is_none() && (alone || likeness.is_none_or(|one| seen.insert(one)))
                })
                .map(|(place, _)| place)
                .collect();
            if asked.is_empty() {
                break;
            }
            for (place, answer) in asked.iter().zip(self.ask(entries, &asked).await) {
                let likeness = alike.get(*place).copied().flatten();
                if let (Some(likeness), Ok(Some(rights))) = (likeness, &answer) {
                    self.remember(likeness, rights);
                    for (slot, other) in answers.iter_mut().zip(&alike) {
                        if slot.is_none() && *other == Some(likeness) {
                            *slot = Some(Ok(rights.clone()));
                        }
                    }
                } else if let Some(slot) = answers.get_mut(*place) {
                    *slot = Some(answer.map(Option::unwrap_or_default));
                }
            }
        }
        let answers = answers.into_iter();
        answers
            .map(|one| one.unwrap_or(Ok(Rights::Unsaid)))
            .collect()
    }

    /// The answers of the server; `None` for an entry that is gone by now.
    async fn ask(
        &self,
        entries: &[&Entry],
        places: &[usize],
    ) -> Vec<Result<Option<Rights>, DirectoryError>> {
        let identity = |place: &usize| entries.get(*place).map(|entry| entry.identity());
        let identities: Vec<Identity> = places.iter().filter_map(identity).collect();
        let attributes = [WRITABLE, RIGHTS].map(AttributeName::known);
        let read = self
            .directory
            .read_many(&self.domain, &identities, &attributes)
            .await;
        read.into_iter()
            .map(|reading| Ok(reading?.as_ref().map(rights_in)))
            .collect()
    }

    /// For each entry what those with the same rights have in common; `None`
    /// if it must be asked by itself.
    async fn alike(&self, entries: &[&Entry]) -> Vec<Option<Likeness>> {
        let has_descriptor = |entry: &&Entry| !entry.values(DESCRIPTOR).is_empty();
        if !entries.iter().any(has_descriptor) {
            return vec![None; entries.len()];
        }
        let token = self.token().await;
        let likeness = |entry: &&Entry| {
            let descriptor = entry.values(DESCRIPTOR).first()?;
            let asks_itself = match entry.values(SID).first() {
                Some(sid) => token.contains(sid),
                // A contact is nobody who could ask.
                None => entry.class() != ObjectClass::Contact,
            };
            if token.is_empty() || asks_itself {
                return None;
            }
            let classes: BTreeSet<&Value> = entry.values("objectClass").iter().collect();
            let mut hash = Sha256::new();
            for part in std::iter::once(descriptor).chain(classes) {
                let length = u64::try_from(part.as_bytes().len()).ok()?;
                hash.update(length.to_be_bytes());
                hash.update(part.as_bytes());
            }
            Some(hash.finalize().into())
        };
        entries.iter().map(likeness).collect()
    }

    async fn token(&self) -> &BTreeSet<Value> {
        let read = || async {
            let root = Identity::Dn(DistinguishedName::from_server(String::new()));
            let attributes = [AttributeName::known(TOKEN)];
            let read = self.directory.read(&self.domain, &root, &attributes).await;
            match read {
                Ok(entry) => entry.map(|entry| entry.values(TOKEN).iter().cloned().collect()),
                Err(error) => {
                    tracing::warn!(%error, "the groups of the account could not be read");
                    None
                }
            }
            .unwrap_or_default()
        };
        self.token.get_or_init(read).await
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Likeness, Rights>> {
        // What is remembered is whole between any two steps on it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, likeness: Likeness, rights: &Rights) {
        let mut known = self.known();
        if known.len() >= MANY {
            known.clear();
        }
        known.insert(likeness, rights.clone());
    }
}

/// What an entry says of the account that reads it.
fn rights_in(entry: &Entry) -> Rights {
    let writable = entry.values(WRITABLE);
    if writable.is_empty() && entry.values(RIGHTS).is_empty() {
        return Rights::Unsaid;
    }
    let names = writable.iter().filter_map(Value::as_text);
    let names = names.filter_map(|name| AttributeName::parse(name).ok());
    Rights::Only(Arc::new(names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::memory::{Fault, MemoryDirectory, Operation};
    use crate::model::DomainId;

    /// An entry of this class with a descriptor and a SID, which the account
    /// may write these attributes of.
    fn entry(name: &str, class: &str, descriptor: &str, writable: &str) -> Entry {
        let mut entry = Entry::new(DistinguishedName::from_server(format!(
            "CN={name},DC=contoso,DC=com"
        )));
        let mut set = |attribute, value: &str| {
            let values = value.split(' ').filter(|value| !value.is_empty());
            entry.set(
                &AttributeName::known(attribute),
                values.map(Value::from).collect(),
            );
        };
        set("objectClass", &format!("top {class}"));
        set(DESCRIPTOR, descriptor);
        set(SID, if class == "contact" { "" } else { name });
        set(WRITABLE, writable);
        set(RIGHTS, "0");
        entry
    }

    fn root(groups: &str) -> Entry {
        let mut root = Entry::new(DistinguishedName::from_server(String::new()));
        let groups = groups.split(' ').map(Value::from).collect();
        root.set(&AttributeName::known(TOKEN), groups);
        root
    }

    /// Asks for all entries but the rootDSE. These must be the answers, and so
    /// many entries read for them.
    async fn expect(
        (memory, account): &(MemoryDirectory, Account),
        answers: &[&str],
        reads: usize,
    ) {
        let entries = memory.entries();
        let entries: Vec<&Entry> = entries
            .iter()
            .filter(|entry| !entry.dn.as_str().is_empty())
            .collect();
        let planned: Vec<Modification> = entries
            .iter()
            .map(|entry| Modification {
                identity: entry.identity(),
                dn: entry.dn.clone(),
                class: entry.class(),
                domain: DomainId(0),
                changes: Vec::new(),
            })
            .collect();
        let before = memory.count(Operation::Read);
        let pairs = planned.iter().zip(entries.iter().copied()).collect();
        let told = account.rights(pairs).await;
        let told = told.into_iter().map(|answer| match answer {
            Ok(Rights::Unsaid) => "unsaid".to_owned(),
            Ok(Rights::Only(names)) => {
                let names: Vec<_> = names.iter().map(AttributeName::as_str).collect();
                names.join(" ")
            }
            Err(error) => error.to_string(),
        });
        let told: Vec<String> = told.collect();
        assert_eq!(told, answers);
        assert_eq!(memory.count(Operation::Read) - before, reads, "{told:?}");
    }

    async fn forest(entries: Vec<Entry>) -> (MemoryDirectory, Account) {
        let memory = MemoryDirectory::new("contoso.com", &["contoso.com"], entries);
        let directory = Arc::new(Directory::Memory(memory.clone()));
        let forest = directory.discover().await.unwrap();
        let account = Account::new(&[ScanSource { directory, forest }]);
        (memory, account)
    }

    #[tokio::test]
    async fn one_entry_is_asked_for_all_of_the_same_descriptor_and_classes() {
        let forest = forest(vec![
            root("nobody"),
            entry("a", "user", "d1", "mail"),
            entry("b", "user", "d1", "mail"),
            entry("c", "user", "d2", "title"),
            entry("d", "contact", "d1", "mail info"),
            entry("e", "contact", "d1", "mail info"),
            entry("f", "user", "d1", "mail"),
        ])
        .await;
        let expected = ["mail", "mail", "title", "info mail", "info mail", "mail"];
        // The groups of the account, and a, c and d.
        expect(&forest, &expected, 4).await;
        // They are remembered.
        expect(&forest, &expected, 0).await;
    }

    #[tokio::test]
    async fn the_account_itself_and_its_groups_are_asked_by_themselves() {
        let forest = forest(vec![
            root("b staff"),
            entry("a", "user", "d1", "mail"),
            entry("b", "user", "d1", "mail photo"),
            entry("c", "user", "d1", "mail"),
            entry("group", "group", "d1", "mail"),
            entry("staff", "group", "d1", "mail member"),
        ])
        .await;
        let expected = ["mail", "mail photo", "mail", "mail", "mail member"];
        expect(&forest, &expected, 5).await;
    }

    #[tokio::test]
    async fn where_something_cannot_be_seen_each_is_asked_by_itself() {
        let both = |descriptor| {
            vec![
                entry("a", "user", descriptor, "mail"),
                entry("b", "user", descriptor, "title"),
            ]
        };
        let no_sid = both("d1").into_iter().map(|mut entry| {
            entry.set(&AttributeName::known(SID), Vec::new());
            entry
        });
        let no_sid = std::iter::once(root("nobody")).chain(no_sid).collect();
        for (entries, reads) in [(both(""), 2), (both("d1"), 3), (no_sid, 3)] {
            expect(&forest(entries).await, &["mail", "title"], reads).await;
        }
    }

    #[tokio::test]
    async fn an_entry_that_gives_no_answer_speaks_for_no_other() {
        let forest = forest(vec![
            root("nobody"),
            entry("a", "user", "d1", "mail"),
            entry("b", "user", "d1", "mail"),
            entry("c", "user", "d1", "mail"),
        ])
        .await;
        forest.0.inject(Operation::Read, 2, Fault::NotSent);
        let lost = "no connection to memory: the connection was lost";
        expect(&forest, &[lost, "mail", "mail"], 4).await;
    }
}
