//! Values as they stand in real directories, and what a careful admin expects
//! of each: verdicts and proposals in `values.toml`, made by hand from the
//! published pages.

#![expect(clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use idmend::directory::Directory;
use idmend::directory::memory::MemoryDirectory;
use idmend::model::{AttributeName, DistinguishedName, Entry, Value};
use idmend::rule::{Judge, Settings, file};
use idmend::scan::{ScanOptions, ScanSource, scan};
use idmend::worksheet::{RowId, Worksheet};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sources: BTreeMap<String, String>,
    value: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    attribute: String,
    #[serde(default = "user")]
    class: String,
    value: String,
    entra: String,
    #[serde(default)]
    becomes: Vec<String>,
    multi_tenant: String,
    dedicated: String,
    source: String,
}

fn user() -> String {
    "user".to_owned()
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("values.toml")).expect("the table of values is TOML")
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime for the scans"));

impl Case {
    /// An entry in which nothing else is wrong.
    fn entry(&self) -> Entry {
        let dn = "CN=someone,OU=Staff,DC=contoso,DC=com";
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        let mut set = |name: &str, values: &[&str]| {
            let name = AttributeName::parse(name).expect("an attribute of the table");
            entry.set(&name, values.iter().copied().map(Value::from).collect());
        };
        set("objectClass", &["top", &self.class]);
        set("cn", &["someone"]);
        set("displayName", &["Some One"]);
        set("userAccountControl", &["512"]);
        if self.class != "contact" {
            set("sAMAccountName", &["someone"]);
        }
        if self.class == "user" {
            set("userPrincipalName", &["someone@contoso.com"]);
        }
        set("mail", &["some.one@contoso.com"]);
        set(&self.attribute, &[&self.value]);
        if self.attribute == "proxyAddresses" && !self.value.starts_with("SMTP:") {
            set(
                "proxyAddresses",
                &["SMTP:some.one@contoso.com", &self.value],
            );
        }
        entry
    }

    /// The row of the value, if the set finds fault with it.
    fn row(&self, sheet: &Worksheet) -> Option<RowId> {
        sheet.rows().find(|row| {
            let attribute = &sheet.finding(*row).place.attribute;
            attribute.is(&self.attribute) && sheet.value(*row) == Some(self.value.as_bytes())
        })
    }
}

fn judge(set: &str) -> Arc<Judge> {
    let rules = file::read(set).expect("the rules of the program");
    Arc::new(Judge::new(Arc::new(rules), Settings::default()))
}

fn sheet(directory: &MemoryDirectory, judge: &Arc<Judge>) -> Worksheet {
    let found = RUNTIME.block_on(async {
        let source = ScanSource {
            forest: directory.discover().await.expect("a forest in memory"),
            directory: Arc::new(Directory::Memory(directory.clone())),
        };
        let cancel = CancellationToken::new();
        let options = ScanOptions::default();
        scan(&[source], judge, &options, &|_| (), &cancel).await
    });
    Worksheet::new(found.expect("a scan of memory"), Arc::clone(judge))
}

fn sheet_of(case: &Case, judge: &Arc<Judge>) -> Worksheet {
    let directory = MemoryDirectory::new("contoso.com", &["contoso.com"], vec![case.entry()]);
    sheet(&directory, judge)
}

#[test]
fn every_value_gets_the_verdict_of_the_published_pages() {
    assert!(TABLE.value.len() >= 150, "{} values", TABLE.value.len());
    let judge = judge("entra");
    let mut wrong = Vec::new();
    for case in &TABLE.value {
        assert!(TABLE.sources.contains_key(&case.source), "{}", case.source);
        let sheet = sheet_of(case, &judge);
        let row = case.row(&sheet);
        let verdict = row.map_or_else(
            || "ok".to_owned(),
            |row| format!("{:?}", sheet.severity(row)).to_lowercase(),
        );
        if verdict != case.entra {
            let rules = row.map(|row| sheet.text(row).rules);
            wrong.push(format!(
                "{} {:?}: {verdict}, not {} ({rules:?})",
                case.attribute, case.value, case.entra
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The letters with diacritics, and the special letters, of the languages of
/// Europe that are written in Latin script.
const LETTERS: &str =
    "áàâäãåąăāæćčçċďđðéèêëęěėēğġģħíìîïıįīķłľļĺńňñņŋóòôöõøőœŕřśšşșßťţțŧúùûüůűūųŵýÿŷźžżþ";

#[test]
fn the_table_has_every_letter_of_europe_in_an_address() {
    let addresses: String = TABLE
        .value
        .iter()
        .filter(|case| case.value.contains('@') && case.entra == "fails")
        .map(|case| case.value.to_lowercase())
        .collect();
    let missing: String = LETTERS
        .chars()
        .filter(|c| !addresses.contains(*c))
        .collect();
    assert!(missing.is_empty(), "{missing}");
}

#[test]
fn a_careful_admin_would_take_the_proposals() {
    let judge = judge("entra");
    let mendable: Vec<&Case> = TABLE
        .value
        .iter()
        .filter(|case| !case.becomes.is_empty())
        .collect();
    let mut others = Vec::new();
    for case in &mendable {
        let sheet = sheet_of(case, &judge);
        let update = case
            .row(&sheet)
            .and_then(|row| sheet.proposal(row)?.update.map(str::to_owned));
        if !update
            .as_ref()
            .is_some_and(|update| case.becomes.contains(update))
        {
            others.push(format!(
                "{} {:?} becomes {update:?}",
                case.attribute, case.value
            ));
        }
    }
    let taken = mendable.len() - others.len();
    println!(
        "{taken} of {} mendable values have a good proposal",
        mendable.len()
    );
    println!("{}", others.join("\n"));
    assert!(taken * 100 >= mendable.len() * 80, "{}", others.join("\n"));
}

#[test]
fn the_sets_of_idfix_say_what_its_documentation_says() {
    let mut wrong = Vec::new();
    for set in ["multi-tenant", "dedicated"] {
        let judge = judge(set);
        for case in &TABLE.value {
            let wish = match set {
                "dedicated" => &case.dedicated,
                _ => &case.multi_tenant,
            };
            let sheet = sheet_of(case, &judge);
            let row = case.row(&sheet);
            let error = row.map(|row| sheet.text(row).error).unwrap_or_default();
            if error != *wish {
                wrong.push(format!(
                    "{set}: {} {:?}: '{error}', not '{wish}'",
                    case.attribute, case.value
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
