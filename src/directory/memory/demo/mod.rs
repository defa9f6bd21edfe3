//! The sample forests of the demo: Contoso with two domains, and Fabrikam,
//! which Contoso has bought and which still has a `.local` domain.
//!
//! Most of the about 400 entries are clean. The others stand, one fault each
//! where that is possible, in the LDIF files beside this module; what every
//! entry of a directory has (cn, the chain of its classes, an objectGUID, the
//! containers above it) is filled in here, and is the same in every run.

mod people;

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::MemoryDirectory;
use crate::directory::{DirectoryError, ldif};
use crate::model::{Attribute, AttributeName, DistinguishedName, Entry, Value};

use self::people::Branch;

const CORP: Branch = Branch {
    base: "OU=Contoso,DC=corp,DC=contoso,DC=com",
    sites: &["Berlin", "Hamburg", "Wien"],
    suffix: "contoso.com",
    routing: "contoso.mail.onmicrosoft.com",
    given_names: "Anna Jürgen=Juergen Sabine Matthias Käthe=Kaethe Lukas Johanna Björn=Bjoern Ulrike \
        Stefan Leonie Tobias Renate Felix Miriam Günther=Guenther Charlotte Moritz Heike \
        Jonas Franziska Erik Dörte=Doerte",
    surnames: "Albrecht Baumann Böhm=Boehm Dietrich Engel Fuchs Graf Großmann=Grossmann Hartmann \
        Jäger=Jaeger Keller Krüger=Krueger Lorenz Meißner=Meissner Neumann Otto Pfeiffer \
        Richter Sommer Vogt Winkler Zimmermann",
    people: 86,
    extension: 4000,
};

const EMEA: Branch = Branch {
    base: "OU=Contoso,DC=emea,DC=corp,DC=contoso,DC=com",
    sites: &["Paris", "Madrid", "Milano", "Kraków"],
    suffix: "contoso.com",
    routing: "contoso.mail.onmicrosoft.com",
    given_names: "Élodie=Elodie Javier Giulia Paweł=Pawel Chloé=Chloe Carmen Matteo Agnieszka \
        François=Francois Íñigo=Inigo Chiara Łukasz=Lukasz Amélie=Amelie Rocío=Rocio Lorenzo \
        Małgorzata=Malgorzata Thierry Álvaro=Alvaro Federica Krzysztof Noémie=Noemie Beatriz \
        Alessandro",
    surnames: "Bernard García=Garcia Conti Nowak Lefèvre=Lefevre Muñoz=Munoz Ferrari Wójcik=Wojcik \
        Moreau Iglesias Esposito Kowalczyk Rousseau Peña=Pena Marchetti Zieliński=Zielinski \
        Chevalier Ortega Rinaldi Dąbrowski=Dabrowski Garnier Vidal",
    people: 90,
    extension: 6000,
};

const FABRIKAM: Branch = Branch {
    base: "OU=Fabrikam,DC=fabrikam,DC=local",
    sites: &["Manchester", "Dublin"],
    suffix: "fabrikam.com",
    routing: "",
    given_names: "Aoife Callum Siobhán=Siobhan Oliver Niamh Harriet Ciarán=Ciaran Imogen Declan Freya \
        Rory Eleanor Cormac Gareth Róisín=Roisin Jack Bronwen Fergus Poppy",
    surnames: "Byrne Ashworth Doyle Hargreaves Kavanagh Pemberton Nolan Whitaker Quinn Lancaster \
        Sheridan Thornton Keane Bradshaw Moran Fairclough Tierney Holloway",
    people: 48,
    extension: 8000,
};

/// One forest of the demo.
#[derive(Debug, Clone)]
pub struct DemoForest {
    /// What it is called; also the name for `--ldif NAME=FILE`.
    pub name: &'static str,
    /// The DNS names of its domains, root first.
    pub domains: &'static [&'static str],
    /// Everything in it.
    pub entries: Vec<Entry>,
}

impl DemoForest {
    /// Both forests.
    pub fn all() -> Result<Vec<Self>, DirectoryError> {
        let faults = |text, name| ldif::read_embedded(text, name);
        let mut contoso = faults(include_bytes!("contoso.ldif"), "contoso.ldif")?;
        contoso.extend(CORP.entries());
        contoso.extend(EMEA.entries());
        contoso.extend(people::partners(
            "OU=Partners,OU=Contoso,DC=corp,DC=contoso,DC=com",
        ));
        contoso.push(people::with_many_addresses(
            "CN=Helpdesk,OU=Shared Mailboxes,OU=Contoso,DC=corp,DC=contoso,DC=com",
            320,
        ));
        contoso.push(people::with_a_long_value(
            "CN=svc-interfaces,OU=Service Accounts,OU=Contoso,DC=corp,DC=contoso,DC=com",
        ));
        let mut fabrikam = faults(include_bytes!("fabrikam.ldif"), "fabrikam.ldif")?;
        fabrikam.extend(FABRIKAM.entries());
        Ok(vec![
            Self {
                name: "contoso",
                domains: &["corp.contoso.com", "emea.corp.contoso.com"],
                entries: completed(contoso),
            },
            Self {
                name: "fabrikam",
                domains: &["fabrikam.local"],
                entries: completed(fabrikam),
            },
        ])
    }

    /// The name of the LDIF file that `idmend demo --export` writes.
    pub fn file_name(&self) -> String {
        format!("{}.ldif", self.name)
    }

    /// The forest as a directory.
    pub fn into_directory(self) -> MemoryDirectory {
        MemoryDirectory::new(self.name, self.domains, self.entries)
    }
}

/// The demo: both forests, in memory.
pub fn demo() -> Result<Vec<MemoryDirectory>, DirectoryError> {
    let forests = DemoForest::all()?;
    Ok(forests
        .into_iter()
        .map(DemoForest::into_directory)
        .collect())
}

/// Adds what every entry of a directory has, and the containers.
fn completed(entries: Vec<Entry>) -> Vec<Entry> {
    let mut containers = BTreeSet::new();
    for entry in &entries {
        let mut parent = entry.dn.parent();
        while parent.starts_with("OU=") {
            containers.insert((parent.matches(',').count(), parent.to_owned()));
            parent = parent.split_once(',').map_or("", |(_, above)| above);
        }
    }
    let containers = containers.into_iter().map(|(_, name)| {
        let mut entry = Entry::new(DistinguishedName::from_server(name));
        let class = Value::from("organizationalUnit");
        entry.add(AttributeName::known("objectClass"), [class]);
        entry
    });
    containers
        .chain(entries)
        .map(|entry| complete(&entry))
        .collect()
}

/// Fills in what an entry of the samples leaves out. The attribute `without`
/// names what a faulty entry really lacks.
fn complete(sample: &Entry) -> Entry {
    let without = sample.values("without");
    let lacks = |name: &str| {
        let mut named = without.iter().filter_map(Value::as_text);
        named.any(|lacking| lacking.eq_ignore_ascii_case(name))
    };
    let mut entry = Entry::new(sample.dn.clone());
    let mut add = |name: &'static str, values: Vec<Value>| {
        if !sample.has(name) && !lacks(name) {
            entry.add(AttributeName::known(name), values);
        }
    };
    let class = sample.text("objectClass").unwrap_or_default();
    let naming = if class == "organizationalUnit" {
        "ou"
    } else {
        "cn"
    };
    add("objectGUID", vec![guid(&sample.dn)]);
    if class != "domainDNS" {
        add(naming, vec![Value::from(&*sample.dn.name())]);
    }
    if matches!(class, "user" | "group" | "contact") {
        add("displayName", vec![Value::from(&*sample.dn.name())]);
    }
    if class == "user" {
        add("userAccountControl", vec![Value::from("512")]);
    }
    for Attribute { name, values } in sample.attributes() {
        if name.is("objectClass") {
            entry.add(name.clone(), chain(class).iter().copied().map(Value::from));
        } else if !name.is("without") {
            entry.add(name.clone(), values.iter().cloned());
        }
    }
    entry
}

/// The class with the classes above it, as a directory lists them.
fn chain(class: &str) -> Vec<&str> {
    let above: &[&str] = match class {
        "user" | "contact" => &["top", "person", "organizationalPerson"],
        "computer" => &["top", "person", "organizationalPerson", "user"],
        _ => &["top"],
    };
    above.iter().copied().chain([class]).collect()
}

/// A GUID that depends on the name only, marked as of version 8 (RFC 9562,
/// 5.8: custom).
fn guid(dn: &DistinguishedName) -> Value {
    let digest = Sha256::digest(dn.as_str());
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    // The third field is little-endian, so its version stands in byte 7.
    for (at, keep, mark) in [(7, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & keep | mark;
        }
    }
    Value::from(bytes)
}

#[cfg(test)]
mod tests;
