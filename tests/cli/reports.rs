//! The formats of reports: what other programs make of them.

use std::path::Path;

use insta::assert_snapshot;

use crate::common::{Home, SMALL};
use crate::spreadsheet::hard;

#[test]
fn csv_has_the_delimiter_and_the_mark_that_were_asked_for() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    let scan = ["scan", "--ldif", "small.ldif", "--format", "csv"];
    let plain = home.data(&scan);
    for (name, delimiter) in [("semicolon", ';'), (";", ';'), ("tab", '\t')] {
        let styled = home.data(&[&scan[..], &["--bom", "--delimiter", name]].concat());
        let heading = styled.strip_prefix('\u{feff}').unwrap();
        assert!(heading.starts_with(&format!(
            "\"DISTINGUISHEDNAME\"{delimiter}\"COMMONNAME\"{delimiter}"
        )));
        home.write("plain.csv", &plain);
        home.write("styled.csv", &styled);
        let compared = home.run(&["diff", "plain.csv", "styled.csv"]);
        assert!(compared.contains("0 new findings, 0 gone, 0 changed, 4 the same"));
    }
}

#[test]
fn every_line_of_a_report_keeps_to_the_published_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let index = compiler
        .compile(schema.to_str().unwrap(), &mut schemas)
        .unwrap();
    let home = hard();
    home.write(
        "bytes.ldif",
        "dn: CN=a,DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: a\nuserPrincipalName:: /v8=\n",
    );
    let mut lines = home.data(&["scan", "--demo", "--format", "jsonl"]);
    lines += &home.read("r.jsonl");
    lines += &home.data(&["scan", "--ldif", "bytes.ldif", "--format", "jsonl"]);
    assert!(lines.contains("value_base64") && lines.contains("immutableid"));
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Err(error) = schemas.validate(&row, index) {
            panic!("{error:#}\n{line}");
        }
    }
    let unknown = serde_json::json!({"distinguishedname": "CN=a"});
    assert!(schemas.validate(&unknown, index).is_err());
}

#[test]
fn contact_data_is_told_by_container() {
    let home = Home::new();
    home.write(
        "small.ldif",
        SMALL.replace(
            "cn: Bert Kunz\n",
            "cn: Bert Kunz\ntelephoneNumber: 1\nl: Bonn\nstreetAddress: Am Hof 1\npostalCode: 1\nco: Germany\n",
        ),
    );
    let shown = home.data(&[
        "scan",
        "--ldif",
        "small.ldif",
        "--contact-data",
        "--base",
        "OU=Sales,DC=contoso,DC=test",
    ]);
    let (_, table) = shown.split_once("contact data").unwrap();
    assert_snapshot!(table, @"
of enabled users; an address is streetAddress and l and postalCode and co
 people    mail telephoneNumber  mobile   title department company physicalDeliveryOfficeName manager address  container
      2       1               1       0       0          0       0                          0       0       1  contoso.test/Sales
      2       1               1       0       0          0       0                          0       0       1  all
");
    let json = home.data(&["scan", "--ldif", "small.ldif", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_snapshot!(json["contact_data"][1], @r#"
{"container":"Sales","domain":"contoso.test","filled":{"address":1,"company":0,"department":0,"mail":1,"manager":0,"mobile":0,"physicalDeliveryOfficeName":0,"telephoneNumber":1,"title":0},"people":2}
"#);
    assert_snapshot!(home.run(&["scan", "--ldif", "small.ldif", "--contact-data", "--format", "csv"]), @"
-- stderr
error: --contact-data goes with text on standard output, not with another --format
-- exit 2
");
}
