//! What the forest's schema allows for the attributes that are judged.

use ldap3::{Scope, ldap_escape};

use super::connection::{Connection, Question};
use super::discover::list;
use super::entry::EntryReader;
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;
use crate::model::{AttributeName, AttributeSchema, DistinguishedName, Entry, Schema};

/// The attributes that rules judge or that idmend writes.
const JUDGED: [&str; 20] = [
    "cn",
    "company",
    "department",
    "description",
    "displayName",
    "extensionAttribute1",
    "givenName",
    "homeMDB",
    "legacyExchangeDN",
    "mail",
    "mailNickname",
    "mobile",
    "msExchHideFromAddressLists",
    "proxyAddresses",
    "sAMAccountName",
    "sn",
    "targetAddress",
    "telephoneNumber",
    "title",
    "userPrincipalName",
];

/// The attributes of an attributeSchema entry that are read.
const READ: [&str; 5] = [
    "lDAPDisplayName",
    "isSingleValued",
    "rangeUpper",
    "attributeID",
    "msDS-IntId",
];

/// systemFlags of an attribute that is no stored one.
const CONSTRUCTED: i64 = 4;

/// Reads isSingleValued, rangeUpper and what replication calls each (MS-ADTS
/// 3.1.1.2.3).
pub(super) async fn read(
    connection: &Connection,
    base: &DistinguishedName,
) -> Result<Schema, DirectoryError> {
    let names = JUDGED.join(")(lDAPDisplayName=");
    let question = Question {
        base: base.as_str(),
        scope: Scope::OneLevel,
        filter: &format!("(&(objectClass=attributeSchema)(|(lDAPDisplayName={names})))"),
        attributes: READ.map(str::to_owned).to_vec(),
        controls: Vec::new(),
        timeout: connection.timeouts().operation,
    };
    let (entries, done) = connection.ask(question, JUDGED.len()).await?;
    if done.code != 0 {
        return Err(DirectoryError::Refused {
            operation: format!("reading the schema below {base}"),
            code: done.code,
            reason: explain_in_full(done.code, &done.text),
        });
    }
    let reader = EntryReader::new(&READ.map(AttributeName::known));
    let mut schema = Schema::default();
    schema.set_counts_parts(connection.root.is_samba);
    let mut known = Vec::new();
    for sent in entries {
        if let Some((name, attribute)) = reader
            .read(&sent)
            .ok()
            .and_then(|(entry, _)| attribute(&entry))
        {
            known.push(name.clone());
            schema.insert(name, attribute);
        }
    }
    // A schema that tells nothing may not be read, rather than be empty.
    if !known.is_empty() {
        for name in JUDGED.iter().copied().map(AttributeName::known) {
            if !known.contains(&name) {
                schema.insert_absent(name);
            }
        }
    }
    Ok(schema)
}

/// What is to be said of the attributes that a filter tests: those that the
/// schema does not have, and those that the server computes when an entry is
/// read (systemFlags bit 4, `FLAG_ATTR_IS_CONSTRUCTED`, MS-ADTS 2.2.10).
pub(super) async fn doubts(
    connection: &Connection,
    base: &DistinguishedName,
    names: &[String],
) -> Result<Vec<String>, DirectoryError> {
    let names_in_filter: Vec<_> = names
        .iter()
        .map(|name| ldap_escape(name.as_str()))
        .collect();
    let filter = format!(
        "(&(objectClass=attributeSchema)(|(lDAPDisplayName={})))",
        names_in_filter.join(")(lDAPDisplayName=")
    );
    let asked = ["lDAPDisplayName", "systemFlags"];
    let entries = list(connection, base.as_str(), &filter, &asked).await?;
    let doubt = |name: &String| {
        let known = entries.iter().find(|entry| {
            let known = entry.text("lDAPDisplayName");
            known.is_some_and(|known| known.eq_ignore_ascii_case(name))
        });
        match known.map(|entry| entry.integer("systemFlags").unwrap_or_default()) {
            None => Some(format!(
                "the filter tests {name}, which the schema does not have: that part matches nothing"
            )),
            Some(flags) if flags & CONSTRUCTED != 0 => Some(format!(
                "the filter tests {name}, which the server computes for each entry and as a rule \
                 does not search by: that part may match nothing"
            )),
            Some(_) => None,
        }
    };
    Ok(names.iter().filter_map(doubt).collect())
}

fn attribute(entry: &Entry) -> Option<(AttributeName, AttributeSchema)> {
    let name = AttributeName::parse(entry.text("lDAPDisplayName")?).ok()?;
    let schema = AttributeSchema {
        single_valued: entry.text("isSingleValued")?.eq_ignore_ascii_case("TRUE"),
        range_upper: entry
            .integer("rangeUpper")
            .and_then(|upper| u32::try_from(upper).ok()),
        replication_id: entry.text("attributeID").and_then(|object_identifier| {
            AttributeSchema::replication_id(object_identifier, entry.integer("msDS-IntId"))
        }),
    };
    Some((name, schema))
}
