use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::model::ObjectClass;

fn entries() -> Vec<Entry> {
    let forests = DemoForest::all().unwrap();
    forests
        .into_iter()
        .flat_map(|forest| forest.entries)
        .collect()
}

#[test]
fn there_are_about_four_hundred_entries_and_they_are_always_the_same() {
    let entries = entries();
    let mut counts = BTreeMap::new();
    for entry in &entries {
        *counts.entry(entry.class()).or_insert(0) += 1;
    }
    let objects = entries.len() - counts[&ObjectClass::Other];
    assert!((380..420).contains(&objects), "{counts:?}");
    assert!(counts[&ObjectClass::User] > 280, "{counts:?}");
    assert_eq!(entries, self::entries());
}

#[test]
fn no_two_entries_share_a_name_or_a_guid() {
    let entries = entries();
    let names: HashSet<_> = entries.iter().map(|entry| entry.dn.key()).collect();
    assert_eq!(names.len(), entries.len());
    let guids: HashSet<_> = entries.iter().filter_map(Entry::guid).collect();
    assert_eq!(guids.len(), entries.len() - 1, "one entry has none");
}

#[test]
fn account_names_are_unique_in_their_domain() {
    let mut seen = HashSet::new();
    for entry in entries() {
        if let Some(name) = entry.text("sAMAccountName") {
            let place = (entry.dn.dns_name(), name.to_lowercase());
            assert!(seen.insert(place), "{name} of {}", entry.dn);
        }
    }
}

#[test]
fn the_container_of_every_entry_exists() {
    let entries = entries();
    let names: HashSet<_> = entries.iter().map(|entry| entry.dn.as_str()).collect();
    for entry in &entries {
        let parent = entry.dn.parent();
        assert!(
            !parent.starts_with("OU=") || names.contains(parent),
            "{parent}"
        );
    }
}

#[test]
fn generated_people_share_no_address() {
    let mut seen = HashSet::new();
    for entry in [CORP.entries(), EMEA.entries(), FABRIKAM.entries()].concat() {
        for value in entry.values("proxyAddresses") {
            let address = value.as_text().unwrap().to_lowercase();
            assert!(address.is_ascii(), "{address}");
            assert!(seen.insert(address.clone()), "{address}");
        }
    }
}

#[tokio::test]
async fn the_exported_files_hold_what_the_demo_holds() {
    let folder = tempfile::tempdir().unwrap();
    for forest in DemoForest::all().unwrap() {
        let mut text = String::from(crate::model::ldif::LDIF_HEADER);
        for entry in &forest.entries {
            crate::model::ldif::write_entry(&mut text, entry);
        }
        let path = folder.path().join(forest.file_name());
        std::fs::write(&path, text).unwrap();

        let name = Some(forest.name.to_owned());
        let file = crate::directory::Directory::Ldif(ldif::LdifDirectory::open(name, vec![path]));
        let memory = crate::directory::Directory::Memory(forest.into_directory());
        let from_file = file.discover().await.unwrap();
        let from_memory = memory.discover().await.unwrap();
        assert_eq!(from_file.name, from_memory.name);
        assert_eq!(from_file.upn_suffixes, from_memory.upn_suffixes);
        assert_eq!(from_file.domains.len(), from_memory.domains.len());
        for (a, b) in from_file.domains.iter().zip(&from_memory.domains) {
            assert_eq!(a.dns_name, b.dns_name);
            let all = "(|(objectClass=*)(!(objectClass=*)))";
            let found = search(&file, a, all).await;
            assert!(found.len() > 60);
            assert_eq!(found, search(&memory, b, all).await);
        }
    }
}

async fn search(
    directory: &crate::directory::Directory,
    domain: &crate::model::Domain,
    filter: &str,
) -> Vec<Entry> {
    let request = crate::directory::SearchRequest {
        base: domain.naming_context.clone(),
        filter: filter.to_owned(),
        attributes: Vec::new(),
        page_size: 50,
    };
    let mut search = directory.search(domain, request).await.unwrap();
    let mut entries = Vec::new();
    while let Some(page) = search.next_page().await.unwrap() {
        entries.extend(page.take_all().0);
    }
    entries
}
