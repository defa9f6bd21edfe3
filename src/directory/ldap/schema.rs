//! What the forest's schema allows for the attributes that are judged.

use ldap3::Scope;

use super::connection::{Connection, Question};
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
const READ: [&str; 3] = ["lDAPDisplayName", "isSingleValued", "rangeUpper"];

/// Reads isSingleValued and rangeUpper (MS-ADTS 3.1.1.2.3).
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
    for tag in entries {
        if let Some((name, attribute)) = reader
            .read(tag)
            .ok()
            .and_then(|(entry, _)| attribute(&entry))
        {
            schema.insert(name, attribute);
        }
    }
    Ok(schema)
}

fn attribute(entry: &Entry) -> Option<(AttributeName, AttributeSchema)> {
    let name = AttributeName::parse(entry.text("lDAPDisplayName")?).ok()?;
    let schema = AttributeSchema {
        single_valued: entry.text("isSingleValued")?.eq_ignore_ascii_case("TRUE"),
        range_upper: entry
            .integer("rangeUpper")
            .and_then(|upper| u32::try_from(upper).ok()),
    };
    Some((name, schema))
}
