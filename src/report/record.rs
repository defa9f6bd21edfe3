//! One row of a report, with everything that any format says about it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::exception::Why;
use crate::model::{DistinguishedName, Entry, Identity, ObjectClass, ObjectGuid, Value};
use crate::rule::{Confidence, Severity, SourceAnchor};
use crate::worksheet::{Action, RowId, Worksheet};

/// The attribute that Entra Connect prefers as the anchor of users
/// (Microsoft Learn, "Microsoft Entra Connect: Design concepts", sourceAnchor).
pub(super) const CONSISTENCY_GUID: &str = "mS-DS-ConsistencyGuid";
pub(super) const OBJECT_GUID: &str = "objectGUID";

/// One row of the worksheet as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// DISTINGUISHEDNAME.
    pub dn: String,
    /// COMMONNAME.
    pub common_name: String,
    /// OBJECTCLASS.
    pub class: ObjectClass,
    /// ATTRIBUTE.
    pub attribute: String,
    /// ERROR: the words, joined by `, `.
    pub error: String,
    /// VALUE, exactly; `None` for a blank attribute.
    pub value: Option<Value>,
    /// UPDATE: the edited value, else the proposed one, else empty.
    pub update: String,
    /// PROPOSEDACTION.
    pub proposed: Action,
    /// How much care the proposal asks for; `None` where nothing is proposed.
    pub confidence: Option<Confidence>,
    /// ACTION.
    pub action: Action,
    /// SEVERITY.
    pub severity: Severity,
    /// RULE: ids, worst first.
    pub rules: Vec<String>,
    /// MESSAGE.
    pub message: String,
    /// OBJECTGUID, where the source gave one.
    pub guid: Option<ObjectGuid>,
    /// USERPRINCIPALNAME of a user: the attribute that becomes the cloud's user
    /// name, where it has one that is text.
    pub user_principal_name: Option<String>,
    /// IMMUTABLEID and ANCHORSOURCE, where there is an anchor.
    pub anchor: Option<(String, &'static str)>,
    /// DOMAIN.
    pub domain: String,
    /// REASON and EXPIRES of a row that is accepted as it is.
    pub accepted: Option<Why>,
    /// CONFLICTS: the other holders of the value.
    pub conflicts: Vec<String>,
}

impl Record {
    /// The record of a row.
    pub fn of(sheet: &Worksheet, row: RowId) -> Self {
        let text = sheet.text(row);
        let entry = sheet.entry(row);
        let place = &sheet.finding(row).place;
        let value = place.value.and_then(|at| {
            entry
                .values(place.attribute.as_str())
                .get(usize::try_from(at).ok()?)
                .cloned()
        });
        let accepted = sheet
            .acceptance(row)
            .filter(|_| sheet.is_accepted(row))
            .map(|acceptance| acceptance.why.clone());
        Self {
            user_principal_name: login_name(sheet, &entry),
            anchor: anchor(&entry, sheet.judge.settings.source_anchor),
            guid: entry.guid(),
            conflicts: other_holders(sheet, row, &entry),
            value,
            dn: text.dn,
            common_name: text.common_name,
            class: text.class,
            attribute: text.attribute,
            error: text.error,
            update: text.update,
            proposed: text.proposed,
            confidence: sheet.proposal(row).map(|proposal| proposal.confidence),
            // Applied again, the report says the same once more.
            action: if accepted.is_some() {
                Action::Complete
            } else {
                text.action
            },
            accepted,
            severity: text.severity,
            rules: text.rules,
            message: text.message,
            domain: text.domain,
        }
    }

    /// EXPIRES: the last day of an acceptance, else empty.
    pub fn expires(&self) -> String {
        let last = self.accepted.as_ref().and_then(|why| why.expires);
        last.map(|day| day.to_string()).unwrap_or_default()
    }

    /// Whether the anchor comes from mS-DS-ConsistencyGuid and is not that of
    /// the objectGUID.
    pub fn anchors_differ(&self) -> bool {
        match (&self.anchor, self.guid) {
            (Some((id, CONSISTENCY_GUID)), Some(guid)) => *id != guid.to_base64(),
            _ => false,
        }
    }

    /// ROWID.
    pub fn row_id(&self) -> String {
        let identity = match self.guid {
            Some(guid) => Identity::Guid(guid),
            None => Identity::Dn(DistinguishedName::from_server(self.dn.as_str())),
        };
        row_digest(
            &identity,
            &self.attribute,
            self.value.as_ref().map(Value::as_bytes),
        )
    }
}

/// The names of the other entries that hold the value, each once.
fn other_holders(sheet: &Worksheet, row: RowId, entry: &Entry) -> Vec<String> {
    let mut seen = BTreeSet::from([entry.dn.key()]);
    sheet
        .conflicts(row)
        .into_iter()
        .map(|member| member.dn)
        .filter(|dn| seen.insert(DistinguishedName::from_server(dn.as_str()).key()))
        .collect()
}

/// The name that a user signs in with.
fn login_name(sheet: &Worksheet, entry: &Entry) -> Option<String> {
    let attribute = sheet.judge.settings.login_attribute.as_str();
    let name = entry.text(attribute).map(str::to_owned);
    name.filter(|_| entry.class() == ObjectClass::User)
}

/// What the cloud knows the entry by, and from which attribute: for a user
/// that has one mS-DS-ConsistencyGuid, else objectGUID.
fn anchor(entry: &Entry, chosen: Option<SourceAnchor>) -> Option<(String, &'static str)> {
    let by_guid = chosen == Some(SourceAnchor::ObjectGuid) || entry.class() != ObjectClass::User;
    let consistency = entry.values(CONSISTENCY_GUID).first().filter(|_| !by_guid);
    match consistency {
        Some(value) => Some((STANDARD.encode(value.as_bytes()), CONSISTENCY_GUID)),
        None => entry.guid().map(|guid| (guid.to_base64(), OBJECT_GUID)),
    }
}

/// ROWID: an `r`, so that no spreadsheet takes it for a number, and 16
/// hexadecimal digits that tell whether identity, attribute or value
/// of a row were altered since it was written. A blank attribute differs from
/// an empty value.
pub fn row_digest(identity: &Identity, attribute: &str, value: Option<&[u8]>) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    match identity {
        Identity::Guid(guid) => part(guid.as_bytes()),
        Identity::Dn(dn) => part(dn.key().as_bytes()),
    }
    part(attribute.to_ascii_lowercase().as_bytes());
    if let Some(value) = value {
        part(value);
    }
    hash.finalize()
        .iter()
        .take(8)
        .fold("r".to_owned(), |digits, byte| format!("{digits}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_digest_depends_on_each_of_its_parts() {
        let dn = |text: &str| Identity::Dn(DistinguishedName::from_server(text.to_owned()));
        let all = [
            row_digest(&dn("CN=a,DC=x"), "mail", Some(b"a@x")),
            row_digest(&dn("CN=b,DC=x"), "mail", Some(b"a@x")),
            row_digest(&dn("CN=a,DC=x"), "mailNickname", Some(b"a@x")),
            row_digest(&dn("CN=a,DC=x"), "mail", Some(b"a@x ")),
            row_digest(&dn("CN=a,DC=x"), "mail", Some(b"")),
            row_digest(&dn("CN=a,DC=x"), "mail", None),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(
            row_digest(&dn("cn=A,dc=X"), "MAIL", Some(b"a@x")),
            all[0],
            "names are compared as LDAP compares them"
        );
    }
}
