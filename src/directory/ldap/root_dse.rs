//! What a server says of itself (RFC 4512, 5.1; MS-ADTS 3.1.1.3.2).

use ldap3::controls::RawControl;

use super::connection::Connection;
use super::entry::EntryReader;
use super::guard::PAGED_RESULTS;
use crate::directory::DirectoryError;
use crate::model::{AttributeName, DistinguishedName, Value};

/// supportedCapabilities of every Active Directory since Windows 2000.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// The same of a read-only domain controller (`PARTIAL_SECRETS`, MS-ADTS
/// 3.1.1.3.4.3).
const READ_ONLY: &str = "1.2.840.113556.1.4.1920";

/// `LDAP_SERVER_DOMAIN_SCOPE_OID` (MS-ADTS 3.1.1.3.4.1.4): no references to
/// other domains.
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// `LDAP_SERVER_SD_FLAGS_OID` (MS-ADTS 3.1.1.3.4.1.11). Without it the audit
/// part is asked for, too, and whoever may not read that part gets nothing.
const DESCRIPTOR_FLAGS: &str = "1.2.840.113556.1.4.801";

/// SEQUENCE { INTEGER 7 }: the owner (1), the group (2) and the access list (4).
const OWNER_GROUP_AND_DACL: [u8; 5] = [0x30, 3, 2, 1, 7];

/// The security descriptor of an entry.
const DESCRIPTOR: &str = "nTSecurityDescriptor";

/// The assertion control, RFC 4528.
const ASSERTION: &str = "1.3.6.1.1.12";

const ATTRIBUTES: [&str; 13] = [
    "configurationNamingContext",
    "currentTime",
    "defaultNamingContext",
    "dnsHostName",
    "domainFunctionality",
    "dsServiceName",
    "forestFunctionality",
    "namingContexts",
    "rootDomainNamingContext",
    "schemaNamingContext",
    "supportedCapabilities",
    "supportedControl",
    "vendorName",
];

/// The rootDSE, as far as it is needed.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one a statement of the server"
)]
pub(super) struct RootDse {
    pub(super) is_active_directory: bool,
    /// Whether it is Samba's Active Directory.
    pub(super) is_samba: bool,
    /// Whether it is a controller that cannot be written to.
    pub(super) is_read_only: bool,
    /// Whether searches can be paged.
    pub(super) pages: bool,
    /// Whether a request can be made to depend on what its entry is (RFC 4528).
    pub(super) asserts: bool,
    pub(super) configuration: Option<DistinguishedName>,
    pub(super) default_context: Option<DistinguishedName>,
    pub(super) root_domain: Option<DistinguishedName>,
    pub(super) schema: Option<DistinguishedName>,
    pub(super) naming_contexts: Vec<DistinguishedName>,
    pub(super) dns_host_name: Option<String>,
    pub(super) domain_level: Option<i64>,
    pub(super) forest_level: Option<i64>,
    /// The server's clock, as a `GeneralizedTime` (RFC 4517, 3.3.13).
    pub(super) current_time: Option<String>,
    /// Names this one domain controller, whatever name it is reached by.
    pub(super) ds_service_name: Option<String>,
}

impl RootDse {
    /// Asks the server.
    pub(super) async fn read(connection: &Connection) -> Result<Self, DirectoryError> {
        let attributes = ATTRIBUTES.map(str::to_owned).to_vec();
        let sent = connection.base_read("", attributes).await?;
        Ok(sent.as_deref().map(Self::from_entry).unwrap_or_default())
    }

    /// What keeps a search to one domain, where that is needed.
    pub(super) fn domain_scope(&self) -> Option<RawControl> {
        self.is_active_directory.then(|| RawControl {
            ctype: DOMAIN_SCOPE.to_owned(),
            crit: false,
            val: None,
        })
    }

    /// What makes Active Directory send security descriptors without the part
    /// that most accounts may not read, where `attributes` ask for them.
    pub(super) fn descriptor_flags(&self, attributes: &[String]) -> Option<RawControl> {
        let wanted = |name: &String| name.eq_ignore_ascii_case(DESCRIPTOR);
        let asked = self.is_active_directory && attributes.iter().any(wanted);
        asked.then(|| RawControl {
            ctype: DESCRIPTOR_FLAGS.to_owned(),
            crit: false,
            val: Some(OWNER_GROUP_AND_DACL.to_vec()),
        })
    }

    fn from_entry(sent: &[u8]) -> Self {
        let reader = EntryReader::new(&ATTRIBUTES.map(AttributeName::known));
        let Ok((entry, _)) = reader.read(sent) else {
            return Self::default();
        };
        let dn = |name: &str| entry.text(name).map(DistinguishedName::from_server);
        let holds = |name: &str, oid: &str| {
            let values = entry.values(name);
            values.iter().any(|value| value.as_text() == Some(oid))
        };
        Self {
            is_active_directory: holds("supportedCapabilities", ACTIVE_DIRECTORY),
            is_samba: entry
                .text("vendorName")
                .is_some_and(|vendor| vendor.starts_with("Samba")),
            is_read_only: holds("supportedCapabilities", READ_ONLY),
            pages: holds("supportedControl", PAGED_RESULTS),
            asserts: holds("supportedControl", ASSERTION),
            configuration: dn("configurationNamingContext"),
            default_context: dn("defaultNamingContext"),
            root_domain: dn("rootDomainNamingContext"),
            schema: dn("schemaNamingContext"),
            naming_contexts: entry
                .values("namingContexts")
                .iter()
                .filter_map(Value::as_text)
                .map(DistinguishedName::from_server)
                .collect(),
            dns_host_name: entry.text("dnsHostName").map(str::to_lowercase),
            domain_level: entry.integer("domainFunctionality"),
            forest_level: entry.integer("forestFunctionality"),
            current_time: entry.text("currentTime").map(str::to_owned),
            ds_service_name: entry.text("dsServiceName").map(str::to_owned),
        }
    }
}
