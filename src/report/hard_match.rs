//! The pairs for a hard match: which cloud user is to become the same person as
//! which user of the directory.
//!
//! They are read from a report and only printed, as CSV and as a script for
//! Microsoft Graph `PowerShell`; nothing here writes to a cloud. An anchor that
//! is not certain is not guessed: a user whose mS-DS-ConsistencyGuid and
//! objectGUID give two values is refused until somebody says which one holds.

use std::collections::HashMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::csv::plain;
use super::import::Fault;
use super::record::{CONSISTENCY_GUID, OBJECT_GUID};
use super::row::{ReportRow, RowSink};
use crate::model::{DistinguishedName, ObjectGuid};
use crate::rule::SourceAnchor;

/// What stands before and behind the pairs in the script. All of it is ASCII:
/// `PowerShell` 5.1 reads a file without byte-order mark in the code page of
/// the computer, in which the bytes of other letters may be quotes.
pub const SNIPPET: [&str; 2] = [
    include_str!("hard_match_head.ps1"),
    include_str!("hard_match_tail.ps1"),
];

/// A user and the anchor to give to the cloud's user of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The cloud's user name.
    pub user_principal_name: String,
    /// The anchor in Base64.
    pub immutable_id: String,
    /// The attribute that it comes from.
    pub anchor_source: &'static str,
    /// The user of the directory.
    pub dn: String,
}

/// Collects the pairs of a report, each user once.
#[derive(Debug, Default)]
pub struct HardMatch {
    anchor: Option<SourceAnchor>,
    only: Vec<String>,
    pairs: Vec<Pair>,
    refused: Vec<Fault>,
    others: u64,
    /// The line at which each DN, each name and each anchor was met.
    seen: HashMap<String, u64>,
}

impl HardMatch {
    /// A collection of the users whose DN or name is in `only`, or of all if
    /// that is empty; `anchor` says which attribute the anchor comes from.
    pub fn new(only: &[String], anchor: Option<SourceAnchor>) -> Self {
        Self {
            anchor,
            only: only.iter().map(|name| key(name)).collect(),
            ..Self::default()
        }
    }

    /// The pairs, in the order of the report.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The users that are not paired, and why.
    pub fn refused(&self) -> &[Fault] {
        &self.refused
    }

    /// How many entries are no users: only users can be matched by an anchor.
    pub fn others(&self) -> u64 {
        self.others
    }

    fn is_chosen(&self, row: &ReportRow) -> bool {
        self.only.is_empty()
            || self.only.contains(&key(&row.dn))
            || self.only.contains(&key(&row.user_principal_name))
    }

    fn pair(&mut self, row: &ReportRow) -> Result<Pair, String> {
        let name = row.user_principal_name.trim();
        let who = &row.dn;
        if name.is_empty() {
            return Err(format!("{who} has no user principal name"));
        }
        if name.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(format!(
                "the user principal name of {who} holds a space or a control character: mend it first"
            ));
        }
        if name.starts_with(['=', '+', '@', '\t']) {
            return Err(format!(
                "the user principal name of {who} begins as a formula does: mend it first"
            ));
        }
        let (immutable_id, anchor_source) = anchor(row, self.anchor)?;
        for (what, text) in [
            ("user principal name", format!("n{}", key(name))),
            ("anchor", format!("a{immutable_id}")),
        ] {
            if let Some(line) = self.seen.insert(text, row.line) {
                return Err(format!(
                    "{who} has the same {what} as the user of line {line}"
                ));
            }
        }
        Ok(Pair {
            user_principal_name: name.to_owned(),
            immutable_id,
            anchor_source,
            dn: row.dn.clone(),
        })
    }
}

impl RowSink for HardMatch {
    fn take(&mut self, row: ReportRow) {
        if !self.is_chosen(&row) {
            return;
        }
        let dn = DistinguishedName::from_server(row.dn.as_str()).key();
        if self.seen.insert(format!("d{dn}"), row.line).is_some() {
            return;
        }
        if !row.class.eq_ignore_ascii_case("user") {
            self.others += 1;
            return;
        }
        match self.pair(&row) {
            Ok(pair) => self.pairs.push(pair),
            Err(sentence) => self.refused.push(Fault {
                line: row.line,
                sentence,
            }),
        }
    }

    fn refuse(&mut self, fault: Fault) {
        self.refused.push(fault);
    }
}

fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The anchor of a row in Base64, and the attribute it comes from.
fn anchor(row: &ReportRow, chosen: Option<SourceAnchor>) -> Result<(String, &'static str), String> {
    let who = &row.dn;
    let of_guid = match row.guid.trim() {
        "" => None,
        text => Some(
            ObjectGuid::parse(text)
                .map_err(|error| format!("OBJECTGUID: {error}"))?
                .to_base64(),
        ),
    };
    let consistency = Some(row.immutable_id.trim().to_owned())
        .filter(|id| !id.is_empty() && row.anchor_source == CONSISTENCY_GUID);
    if consistency
        .as_ref()
        .is_some_and(|id| STANDARD.decode(id).is_err())
    {
        return Err(format!("the IMMUTABLEID of {who} is not Base64"));
    }
    let by_guid = of_guid.clone().map(|id| (id, OBJECT_GUID));
    let by_consistency = consistency.clone().map(|id| (id, CONSISTENCY_GUID));
    let found = match chosen {
        Some(SourceAnchor::ObjectGuid) => by_guid,
        // Connect copies objectGUID where the attribute is empty (Microsoft
        // Learn, "Microsoft Entra Connect: Design concepts").
        Some(SourceAnchor::ConsistencyGuid) => by_consistency.or(by_guid),
        None => {
            if let (Some(own), Some(guid)) = (&consistency, &of_guid)
                && own != guid
            {
                return Err(format!(
                    "{who} has two anchors: {own} by {CONSISTENCY_GUID}, {guid} by {OBJECT_GUID}"
                ));
            }
            by_consistency.or(by_guid)
        }
    };
    found.ok_or_else(|| format!("the report has no OBJECTGUID of {who}"))
}

/// Writes the pairs as CSV, for programs to read: no field is guarded against
/// spreadsheets, and none begins with what a guard would be needed for but an
/// anchor, whose letters, digits, `+` and `/` make no formula.
pub fn write_csv(output: impl Write, pairs: &[Pair]) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(output);
    let mut write = |fields: [&str; 4]| csv.write_record(fields).map_err(plain);
    write([
        "USERPRINCIPALNAME",
        "IMMUTABLEID",
        "ANCHORSOURCE",
        "DISTINGUISHEDNAME",
    ])?;
    for pair in pairs {
        write([
            &pair.user_principal_name,
            &pair.immutable_id,
            pair.anchor_source,
            &pair.dn,
        ])?;
    }
    csv.flush()
}

/// Writes the pairs as a script for Microsoft Graph `PowerShell`.
pub fn write_powershell(output: &mut impl Write, pairs: &[Pair]) -> io::Result<()> {
    output.write_all(SNIPPET[0].as_bytes())?;
    for pair in pairs {
        writeln!(
            output,
            "    @{{ UserPrincipalName = {}; ImmutableId = {} }}",
            quoted(&pair.user_principal_name),
            quoted(&pair.immutable_id)
        )?;
    }
    output.write_all(SNIPPET[1].as_bytes())
}

/// A text as a `PowerShell` expression in ASCII. In a string between single
/// quotes only they mean anything; what is not ASCII, among it the four other
/// characters that `PowerShell` takes for a single quote, goes as Base64.
fn quoted(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    format!(
        "([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{}')))",
        STANDARD.encode(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guid(byte: u8) -> ObjectGuid {
        ObjectGuid::from_bytes(&[byte; 16]).unwrap()
    }

    fn row(line: u64, name: &str, byte: u8) -> ReportRow {
        ReportRow {
            line,
            dn: format!("CN={line},DC=x"),
            class: "user".into(),
            guid: guid(byte).to_string(),
            user_principal_name: name.into(),
            immutable_id: guid(byte).to_base64(),
            anchor_source: OBJECT_GUID.into(),
            ..ReportRow::default()
        }
    }

    fn two_anchors() -> ReportRow {
        ReportRow {
            immutable_id: guid(9).to_base64(),
            anchor_source: CONSISTENCY_GUID.into(),
            ..row(2, "a@x", 1)
        }
    }

    fn collect(rows: Vec<ReportRow>, anchor: Option<SourceAnchor>) -> HardMatch {
        let mut pairs = HardMatch::new(&[], anchor);
        for row in rows {
            pairs.take(row);
        }
        pairs
    }

    fn only_refusal(rows: Vec<ReportRow>) -> String {
        let pairs = collect(rows, None);
        assert_eq!(pairs.refused().len(), 1, "{pairs:?}");
        pairs.refused()[0].to_string()
    }

    #[test]
    fn two_anchors_that_differ_are_refused_until_one_is_chosen() {
        let sentence = only_refusal(vec![two_anchors()]);
        assert!(sentence.contains("two anchors"), "{sentence}");
        for (chosen, wanted) in [
            (SourceAnchor::ObjectGuid, guid(1)),
            (SourceAnchor::ConsistencyGuid, guid(9)),
        ] {
            let pairs = collect(vec![two_anchors()], Some(chosen));
            assert_eq!(pairs.pairs()[0].immutable_id, wanted.to_base64());
        }
    }

    #[test]
    fn a_user_with_several_rows_is_paired_once_and_groups_never() {
        let group = ReportRow {
            class: "group".into(),
            ..row(4, "", 3)
        };
        let again = ReportRow {
            line: 3,
            ..row(2, "a@x", 1)
        };
        let pairs = collect(vec![row(2, "a@x", 1), again, group], None);
        assert_eq!((pairs.pairs().len(), pairs.others()), (1, 1));
        assert_eq!(pairs.refused(), []);
    }

    #[test]
    fn what_would_pair_the_wrong_person_is_refused() {
        assert!(only_refusal(vec![row(2, "", 1)]).contains("no user principal name"));
        assert!(only_refusal(vec![row(2, "a b@x", 1)]).contains("space"));
        assert!(only_refusal(vec![row(2, "=a@x", 1)]).contains("formula"));
        let sentence = only_refusal(vec![row(2, "a@x", 1), row(3, "A@x", 2)]);
        assert_eq!(
            sentence,
            "line 3: CN=3,DC=x has the same user principal name as the user of line 2"
        );
        let sentence = only_refusal(vec![row(2, "a@x", 1), row(3, "b@x", 1)]);
        assert!(sentence.contains("the same anchor"), "{sentence}");
    }

    #[test]
    fn only_the_chosen_are_taken() {
        let mut pairs = HardMatch::new(&["B@X".into(), "cn=4,dc=x".into()], None);
        for line in 2_u8..6 {
            let name = ["a@x", "b@x", "c@x", "d@x"][usize::from(line) - 2];
            pairs.take(row(u64::from(line), name, line));
        }
        let names: Vec<&str> = pairs
            .pairs()
            .iter()
            .map(|pair| pair.user_principal_name.as_str())
            .collect();
        assert_eq!(names, ["b@x", "c@x"]);
    }

    #[test]
    fn pairs_for_programs_are_exact() {
        let anchors = ["+/+/AAAAAAAAAAAAAAAAAA==", "00000000AAAAAAAAAAAAAA=="];
        let pairs: Vec<Pair> = anchors
            .iter()
            .map(|anchor| Pair {
                user_principal_name: "o'neil@x".to_owned(),
                immutable_id: (*anchor).to_owned(),
                anchor_source: OBJECT_GUID,
                dn: "CN=O\\, \"Neil\",DC=x".to_owned(),
            })
            .collect();
        let mut file = Vec::new();
        write_csv(&mut file, &pairs).unwrap();
        let mut reader = csv::Reader::from_reader(file.as_slice());
        for (record, pair) in reader.records().zip(&pairs) {
            let record = record.unwrap();
            assert_eq!(record[0], pair.user_principal_name);
            assert_eq!(record[1], pair.immutable_id);
            assert_eq!(record[3], pair.dn);
        }
    }

    #[test]
    fn a_script_is_ascii_and_no_name_ends_its_string() {
        let hostile = [
            "a'; Remove-Item C:\\ -Recurse #@x",
            "b\u{2019}+$(calc)@x",
            "c\u{d1}\u{201b}@x",
            "$(calc)`n\"@x",
        ];
        let pairs: Vec<Pair> = hostile
            .iter()
            .map(|name| Pair {
                user_principal_name: (*name).to_owned(),
                immutable_id: guid(1).to_base64(),
                anchor_source: OBJECT_GUID,
                dn: String::new(),
            })
            .collect();
        let mut script = Vec::new();
        write_powershell(&mut script, &pairs).unwrap();
        assert!(script.is_ascii());
        let script = String::from_utf8(script).unwrap();
        assert!(
            script.contains("= 'a''; Remove-Item C:\\ -Recurse #@x';"),
            "{script}"
        );
        assert!(script.contains("= '$(calc)`n\"@x';"), "{script}");
        let line = script
            .lines()
            .find(|line| line.contains("FromBase64"))
            .unwrap();
        let inside = line.split('\'').nth(1).unwrap();
        assert_eq!(STANDARD.decode(inside).unwrap(), hostile[1].as_bytes());
    }
}
