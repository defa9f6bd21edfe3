//! Reports: one [`Record`] a row of the worksheet, one file a format.
//!
//! CSV and JSON Lines are written and read back; every value comes back exactly
//! as it was, or its row is refused by line number. Text is for people only.
//! Writers stream: a report of a million rows takes no more memory than one of
//! ten. Nothing here opens a file or knows a directory.

pub mod against;
pub mod csv;
pub mod diff;
mod explain;
pub mod hard_match;
pub mod html;
pub mod import;
pub mod jsonl;
mod record;
pub mod row;
pub mod stage;
pub mod text;
mod words;

pub use explain::{paragraph, write_rules};
pub use record::{Record, row_digest};
pub use words::{action_word, confidence_word, parse_action, severity_word};

#[cfg(test)]
mod tests {
    //! What was written is read back exactly, in both formats.

    use proptest::prelude::*;

    use super::import::Import;
    use super::*;
    use crate::model::{AttributeName, Identity, ObjectClass, ObjectGuid, Value};
    use crate::rule::{Confidence, Severity};
    use crate::worksheet::Action;

    fn record(value: Option<Value>, update: &str, guid: bool) -> Record {
        Record {
            dn: "CN=Meyer\\, Anna,DC=x".into(),
            common_name: "=cmd|'/c calc'!A1".into(),
            class: ObjectClass::User,
            attribute: "proxyAddresses".into(),
            error: "Character".into(),
            value,
            update: update.into(),
            proposed: Action::Edit,
            confidence: Some(Confidence::Review),
            action: Action::Edit,
            severity: Severity::Fails,
            rules: vec!["a".into(), "b".into()],
            message: "two lines\r\nof \"text\"".into(),
            guid: guid.then(|| ObjectGuid::from_bytes(&[7; 16]).unwrap()),
            user_principal_name: Some("anna@contoso.com".into()),
            anchor: Some(("+/8=".into(), "objectGUID")),
            domain: "x".into(),
            accepted: None,
            conflicts: vec!["CN=b,DC=x".into(), "CN=c,DC=x".into()],
        }
    }

    fn through_csv(record: &Record) -> Import {
        let mut file = Vec::new();
        let mut writer = csv::CsvWriter::new(&mut file).unwrap();
        writer.write(record).unwrap();
        writer.finish().unwrap();
        csv::read(file.as_slice()).unwrap()
    }

    fn through_jsonl(record: &Record) -> Import {
        let mut file = Vec::new();
        jsonl::write(&mut file, record).unwrap();
        assert_eq!(file.split(|byte| *byte == b'\n').count(), 2, "one line");
        jsonl::read(file.as_slice()).unwrap()
    }

    proptest! {
        #[test]
        fn every_value_comes_back_exactly(
            value in prop_oneof![
                any::<Vec<u8>>(),
                "[='+@\\-\t\r\n\",; a]{0,6}".prop_map(String::into_bytes),
                "base64:[A-Za-z/=]{0,8}".prop_map(String::into_bytes),
                "'?[0-9.eE/: TRUEtrue$(decmär-]{1,8}".prop_map(String::into_bytes),
            ],
            update in prop_oneof![".{1,20}", "[='+@\\-\t\r\n\",; a]{1,6}"],
            guid in any::<bool>(),
        ) {
            prop_assume!(update.as_bytes() != value);
            let record = record(Some(Value::from(value.clone())), &update, guid);
            for import in [through_csv(&record), through_jsonl(&record)] {
                prop_assert_eq!(&import.faults, &[]);
                let decision = &import.decisions[0];
                prop_assert_eq!(decision.value.as_ref().unwrap().as_bytes(), value.as_slice());
                prop_assert_eq!(&decision.update, &update);
                prop_assert_eq!(&decision.attribute, &AttributeName::known("proxyAddresses"));
                prop_assert_eq!(matches!(decision.identity, Identity::Guid(_)), guid);
            }
        }
    }

    #[test]
    fn a_blank_attribute_is_not_an_empty_value() {
        for import in [
            through_csv(&record(None, "new", true)),
            through_jsonl(&record(None, "new", true)),
        ] {
            assert_eq!(import.decisions[0].value, None);
        }
        let empty = record(Some(Value::from("")), "new", true);
        for import in [through_csv(&empty), through_jsonl(&empty)] {
            assert_eq!(import.decisions[0].value, Some(Value::from("")));
        }
    }

    #[test]
    fn every_field_stands_between_quotes_and_none_begins_as_a_formula() {
        let mut file = Vec::new();
        let mut writer = csv::CsvWriter::new(&mut file).unwrap();
        writer
            .write(&record(Some(Value::from("-1+1")), "0017", true))
            .unwrap();
        writer.finish().unwrap();
        let text = String::from_utf8(file).unwrap();
        for line in [
            "\"DISTINGUISHEDNAME\",",
            ",\"'=cmd|'/c calc'!A1\",",
            ",\"'-1+1\",\"'0017\",",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let mut rows = ::csv::Reader::from_reader(text.as_bytes());
        for field in &rows.records().next().unwrap().unwrap() {
            assert!(!field.starts_with(['=', '+', '-', '@']), "{field}");
            // Only the message holds line ends and quotes.
            let quoted = format!("\"{field}\"");
            assert!(field.contains('\n') || text.contains(&quoted), "{field}");
        }
    }

    #[test]
    fn the_columns_begin_with_those_of_idfix() {
        let mut file = Vec::new();
        csv::CsvWriter::new(&mut file).unwrap().finish().unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap().replace('"', ""),
            "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,\
             PROPOSEDACTION,ACTION,SEVERITY,CONFIDENCE,RULE,MESSAGE,OBJECTGUID,\
             USERPRINCIPALNAME,IMMUTABLEID,ANCHORSOURCE,\
             DOMAIN,CONFLICTS,REASON,EXPIRES,ROWID\r\n"
        );
    }

    #[test]
    fn a_line_that_names_the_delimiter_may_stand_before_the_headings() {
        let import = csv::read(
            &b"sep=;\r\nDISTINGUISHEDNAME;ATTRIBUTE;VALUE;UPDATE;ACTION\r\n\
               CN=a,DC=x;mail;a,b;c,d,e,f,g;EDIT\r\nCN=b;mail;;;FIX\r\n"[..],
        )
        .unwrap();
        assert_eq!(import.decisions[0].update, "c,d,e,f,g");
        assert_eq!(import.decisions[0].line, 3);
        assert_eq!(import.faults[0].line, 4);
    }

    #[test]
    fn a_file_of_idfix_is_taken_by_name_and_as_it_stands() {
        let import = csv::read(
            "\u{feff}action;update;VALUE;Attribute;DistinguishedName\r\n\
             EDIT;'b@x;'a@x;mail;\"CN=Meyer\\, Anna;1,DC=x\"\r\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(import.faults, []);
        let decision = &import.decisions[0];
        assert_eq!(decision.line, 2);
        assert_eq!(decision.dn, "CN=Meyer\\, Anna;1,DC=x");
        assert_eq!(
            decision.value,
            Some(Value::from("'a@x")),
            "no guard of ours"
        );
        assert_eq!(decision.update, "'b@x");
    }

    #[test]
    fn files_that_are_no_report_say_what_is_missing() {
        let refused = |bytes: &[u8]| csv::read(bytes).unwrap_err().to_string();
        assert_eq!(
            refused(b"a,b\n1,2\n"),
            "line 1: no column DISTINGUISHEDNAME among the headings 'A, B'"
        );
        assert_eq!(
            refused(b"\xff\xfeD\0"),
            "line 1: the file is UTF-16; save it as \"CSV UTF-8\""
        );
        assert_eq!(
            refused(b"DISTINGUISHEDNAME,ATTRIBUTE,VALUE,UPDATE,ACTION,action\n"),
            "line 1: the heading ACTION is there twice"
        );
    }

    #[test]
    fn bad_rows_are_named_by_line_and_the_good_ones_kept() {
        let import = csv::read(
            &b"DISTINGUISHEDNAME,ATTRIBUTE,VALUE,UPDATE,ACTION\n\
               \"CN=a,DC=x\",mail,\"two\nlines\",b,EDIT\n\
               CN=a,DC=x,mail,c,d,EDIT\n\
               CN=\xff,mail,e,f,EDIT\n"[..],
        )
        .unwrap();
        assert_eq!(import.decisions.len(), 1);
        let faults: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "line 4: has 6 fields where the headings have 5: a quote or a delimiter is amiss",
                "line 5: field 1 is not UTF-8 at its byte 4; save the file as \"CSV UTF-8\"",
            ]
        );
        let import = jsonl::read(&b"\n{\"attribute\": 3}\n[1]\nnonsense\n"[..]).unwrap();
        let faults: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "line 2: is no JSON object of a report: invalid type: integer `3`, expected a string at column 15",
                "line 3: is no JSON object of a report: invalid type: integer `1`, expected a string at column 2",
                "line 4: is no JSON object of a report: expected ident at column 2",
            ]
        );
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let ours = format!(
            "{},{}\r\n",
            csv::IDFIX_COLUMNS.join(","),
            csv::OUR_COLUMNS.join(",")
        );
        for heading in ["DISTINGUISHEDNAME,ATTRIBUTE,VALUE,UPDATE,ACTION\n", &ours] {
            // Blank lines, a quoted field of three lines, and all line ends.
            let file = format!("\r\n{heading}bad\rbad\n\n\r\nbad,\"a\r\nb\rc\"\r\nbad\n\rbad");
            let import = csv::read(file.as_bytes()).unwrap();
            let lines: Vec<u64> = import.faults.iter().map(|fault| fault.line).collect();
            assert_eq!(lines, [3, 4, 7, 10, 12], "{:?}", import.faults);
        }
    }
}
