//! Reports on their way through a spreadsheet, and those of `IdFix`.

use std::collections::BTreeMap;
use std::process::Command;

use insta::assert_snapshot;

use crate::common::{Decision, Home, accept, decide, is_installed, lines_with, skip};

/// Users whose values are hard on every format.
const HARD: &str = "\
dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Quotes\\, \"and\" commas,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: quotes
displayName:: IHR3bwpsaW5lcywgInF1b3RlZCIg
userPrincipalName: say \"hi\", or@contoso.com

dn: CN=Formula,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: formula
displayName:: ID1jbWR8Jy9jIGNhbGMnIUExIA==
userPrincipalName: =1+ 2@contoso.com

dn: CN=Digits,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: digits
mailNickname: 00 17
displayName:: IDAwMTcg
userPrincipalName: 00 17

dn: CN=Wide,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: wide
displayName:: IFpvw6sg5bGx55SwIPCfmIAg
userPrincipalName: w\u{fc}nsche@contoso.com

dn: CN=Control,OU=Sales,DC=contoso,DC=test
objectClass: user
sAMAccountName: control
userPrincipalName:: YQhiAWNAY29udG9zby5jb20=
";

pub(crate) fn hard() -> Home {
    let home = Home::new();
    home.write("hard.ldif", HARD);
    home.output(&[
        "scan",
        "--ldif",
        "hard.ldif",
        "-o",
        "r.csv",
        "-o",
        "r.jsonl",
    ]);
    home
}

#[test]
fn a_file_as_idfix_writes_it_is_taken() {
    let home = hard();
    // Between quotes where there is a comma, quotes never doubled, line feeds
    // as they are: the form of IdFix 2.6.
    home.write(
        "idfix.csv",
        "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION\r\n\
         \"CN=Quotes\\, \"and\" commas,OU=Sales,DC=contoso,DC=test\",\"Quotes, \"and\" commas\",user,displayName,\
         Character,\" two\nlines, \"quoted\" \",\"two lines, \"quoted\"\",EDIT,EDIT\r\n\
         \"CN=Quotes\\, \"and\" commas,OU=Sales,DC=contoso,DC=test\",\"Quotes, \"and\" commas\",user,userPrincipalName,\
         \"Character, LocalPart\",\"say \"hi\", or@contoso.com\",sayhi@contoso.com,EDIT,EDIT\r\n\
         \"CN=Digits,OU=Sales,DC=contoso,DC=test\",Digits,user,displayName,Character, 0017 ,0017,EDIT,EDIT\r\n\
         \"CN=Formula,OU=Sales,DC=contoso,DC=test\",Formula,user,userPrincipalName,Character,=1+ 2@contoso.com,\
         12@contoso.com,EDIT,\r\n",
    );
    let shown = home.run(&[
        "apply",
        "idfix.csv",
        "--ldif",
        "hard.ldif",
        "-o",
        "out.ldif",
    ]);
    assert_snapshot!(lines_with(&shown, &["plan", "refused", "CN=", "  ", "idfix", "-- exit"]), @r#"
plan: 2 entries to change; 0 rows refused, 0 already as wished, 0 left as they are
CN=Digits,OU=Sales,DC=contoso,DC=test (line 5)
  displayName
  -  0017 
  + 0017
CN=Quotes\, "and" commas,OU=Sales,DC=contoso,DC=test (line 2, 4)
  displayName
  -  two␊lines, "quoted" 
  + two lines, "quoted"
  userPrincipalName
  - say "hi", or@contoso.com
  + sayhi@contoso.com
-- exit 0
"#);
}

#[test]
fn a_file_of_an_older_idfix_and_what_it_leaves_after_an_apply_are_taken() {
    let home = hard();
    // Without COMMONNAME, columns moved by somebody, and the actions that IdFix
    // shows once it has written.
    home.write(
        "idfix.csv",
        "Action,Attribute,DistinguishedName,ObjectClass,Error,Value,Update,ProposedAction\n\
         edit,userPrincipalName,\"cn=digits, ou=sales, dc=contoso, dc=test\",user,Format,00 17,digits@contoso.com,EDIT\n\
         FAIL,displayName,\"CN=Digits,OU=Sales,DC=contoso,DC=test\",user,Character, 0017 ,0017,EDIT\n\
         COMPLETE,mailNickname,\"CN=Digits,OU=Sales,DC=contoso,DC=test\",user,Character,00  17,00 17,EDIT\n\
         EDIT,displayName,\"CN=Formula,OU=Sales,DC=contoso,DC=test\",user,Character,\" =cmd|'/c calc'!A1, \",calc,EDIT\n\
         MEND,displayName,\"CN=Wide,OU=Sales,DC=contoso,DC=test\",user,Character, Zo\u{eb},Zo\u{eb},EDIT\n",
    );
    let shown = home.run(&[
        "apply",
        "idfix.csv",
        "--ldif",
        "hard.ldif",
        "-o",
        "out.ldif",
        "--partial",
    ]);
    assert_snapshot!(lines_with(&shown, &["idfix", "plan", "refused", "CN=", "  ", "-- exit"]), @"
    idfix.csv, line 6: ACTION 'MEND' is none of EDIT, REMOVE, COMPLETE
    refused, line 5: conflict: displayName of CN=Formula,OU=Sales,DC=contoso,DC=test no longer has the value of the report: it is ' =cmd|'/c calc'!A1 ' now
    plan: 1 entry to change; 1 row refused, 1 already as wished, 0 left as they are
    CN=Digits,OU=Sales,DC=contoso,DC=test (line 2)
      userPrincipalName
      - 00 17
      + digits@contoso.com
    -- exit 1
    ");
}

/// Texts that a spreadsheet holds, once those that it would take for something
/// else are guarded.
const HELD: [&str; 36] = [
    "0017",
    "1E5",
    "1e5x",
    "3/4",
    "12:30",
    ".5",
    "1,5",
    "(12)",
    "$5",
    "\u{20ac} 5",
    "5 %",
    "dec1",
    "5 May",
    "Mar 5",
    "M\u{e4}rz 2026",
    "TRUE",
    "wahr",
    "=1+1",
    "+49 30 1",
    "-x",
    "@SUM(A1)",
    "'=1",
    "'t Hooft",
    "''",
    "a;b,c",
    "say \"hi\", or",
    "\"",
    "two\nlines",
    "tab\there",
    "\u{5c71}\u{7530} \u{1f600}",
    "e\u{301}",
    "a\u{202e}b",
    "a\u{200b}b",
    "a\u{a0}b",
    "http://x.example/?a=1&b=<c>",
    "_x0041_",
];

/// Texts of which a spreadsheet may lose something.
const LOST: [&str; 5] = [
    "carriage\rreturn",
    "both\r\nof them",
    "nul\0here",
    "bell\u{7}and\u{1b}[2J",
    "\u{fffe}nothing",
];

/// Two users for each text, so that each is a duplicate mailNickname, and a
/// display name that is to be trimmed to it.
fn people() -> String {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let mut ldif = "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n".to_owned();
    let long = ["x".repeat(31_000), "y".repeat(40_000)];
    let texts = HELD
        .into_iter()
        .chain(LOST)
        .chain(long.iter().map(String::as_str));
    for (number, text) in texts.enumerate() {
        for twin in ["a", "b"] {
            ldif.push_str(&format!(
                "\ndn: CN={number}{twin},OU=Staff,DC=contoso,DC=test\nobjectClass: user\n\
                 sAMAccountName: u{number}{twin}\nuserPrincipalName: u{number}{twin}@contoso.com\n\
                 mailNickname:: {}\ndisplayName:: {}\n",
                encode(text),
                encode(&format!(" {text} "))
            ));
        }
    }
    ldif
}

/// Takes a file through LibreOffice to a workbook and back.
fn through_libreoffice(home: &Home, file: &str) {
    let convert = |to: &str, file: &str| {
        let output = Command::new("soffice")
            .env("HOME", home.path("office"))
            .current_dir(home.path(""))
            .args([
                "--headless",
                "--infilter=CSV:44,34,UTF8",
                "--convert-to",
                to,
            ])
            .args(["--outdir", "book", file])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    convert("xlsx", file);
    let book = format!("book/{}", file.replace(".csv", ".xlsx"));
    assert!(home.path(&book).exists(), "no workbook");
    convert("csv:Text - txt - csv (StarCalc):44,34,76", &book);
}

/// The rows of a CSV file by their ROWID, each with the line that it begins on.
fn rows(home: &Home, file: &str) -> BTreeMap<String, (u64, Vec<String>)> {
    let mut reader = csv::Reader::from_path(home.path(file)).unwrap();
    let mut rows = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let line = record.position().unwrap().line();
        let fields: Vec<String> = record.iter().map(str::to_owned).collect();
        rows.insert(fields.last().unwrap().clone(), (line, fields));
    }
    rows
}

#[test]
fn a_report_comes_back_from_a_spreadsheet_or_what_was_lost_is_named() {
    if !is_installed("soffice") {
        return skip("the round trip", "LibreOffice");
    }
    let home = Home::new();
    home.write("people.ldif", people());
    home.output(&["scan", "--ldif", "people.ldif", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    through_libreoffice(&home, "d.csv");

    let (before, after) = (rows(&home, "d.csv"), rows(&home, "book/d.csv"));
    assert_eq!(before.len(), after.len());
    assert!(
        before.len() > 2 * 2 * HELD.len(),
        "two names of two people for each text"
    );
    let dry = |file: &str| {
        let output = home.output(&[
            "apply",
            file,
            "--ldif",
            "people.ldif",
            "--partial",
            "--dry-run",
            "--json",
        ]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (json, String::from_utf8(output.stderr).unwrap())
    };
    let (back, named) = dry("book/d.csv");

    // What is not as it was is refused by its line, if anything was decided on
    // it, and it is no text that a spreadsheet holds.
    let mut lost = Vec::new();
    for (id, (_, fields)) in &before {
        let (line, now) = &after[id];
        if now == fields {
            continue;
        }
        assert!(
            now[8].is_empty() || named.contains(&format!("book/d.csv, line {line}: ")),
            "{fields:?}\n{now:?}\n{named}"
        );
        let text = fields[5].trim().trim_start_matches('\'');
        assert!(!HELD.contains(&text), "{fields:?}\n{now:?}");
        lost.push(id.as_str());
    }
    assert!(
        !lost.is_empty() && named.contains("VALUE was cut"),
        "{named}"
    );
    assert_eq!(back["report"]["scan"]["gone"], 0, "{back}");

    // Everything else is the same worksheet: the same plan comes of it.
    let plan_of_the_rest = |file: &str| {
        decide(&home.path(file), &home.path("rest.csv"), |row| Decision {
            action: if lost.contains(&row.get("ROWID")) {
                ""
            } else {
                accept(row).action
            },
            update: None,
        });
        let (json, named) = dry("rest.csv");
        assert!(!named.contains("rest.csv, line"), "{named}");
        assert!(json["would_change"].as_u64().unwrap() > 40, "{json}");
        json["plan_digest"].clone()
    };
    assert_eq!(plan_of_the_rest("d.csv"), plan_of_the_rest("book/d.csv"));
}
