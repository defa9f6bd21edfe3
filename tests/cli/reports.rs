//! The formats of reports: what other programs make of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::common::{Decision, Home, SMALL, accept, decide, lines_with};

/// Users whose values are hard on every format. Only the last ones hold what
/// no spreadsheet can.
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

fn hard() -> Home {
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

/// Says that a test is not run, where people see it.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(test: &str, program: &str) {
    eprintln!("SKIPPED: {test} needs {program}, which is not installed");
}

fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

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
            "DISTINGUISHEDNAME{delimiter}COMMONNAME{delimiter}"
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

#[test]
fn a_report_comes_back_from_a_spreadsheet() {
    if !is_installed("soffice") {
        return skip("the round trip", "LibreOffice");
    }
    let home = hard();
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| Decision {
        action: if row.get("ATTRIBUTE") == "sAMAccountName" {
            ""
        } else {
            "EDIT"
        },
        update: Some(format!("{}x", row.get("UPDATE"))),
    });
    through_libreoffice(&home, "d.csv");
    let apply = |file: &str| {
        let shown = home.run(&[
            "apply",
            file,
            "--ldif",
            "hard.ldif",
            "-o",
            "out.ldif",
            "--partial",
        ]);
        let wanted = ["refused", "plan", "CN=", "  "];
        lines_with(&shown.replace("book/", ""), &wanted)
    };
    let direct = apply("d.csv");
    let back = apply("book/d.csv");
    let expected: Vec<&str> = direct.lines().collect();
    assert!(expected.len() > 10, "{direct}");
    assert_eq!(back, direct);
}

#[test]
fn what_a_spreadsheet_cannot_hold_is_named_and_refused() {
    if !is_installed("soffice") {
        return skip("the limit of a cell", "LibreOffice");
    }
    let home = Home::new();
    let huge = format!("displayName: {} huge", "x".repeat(40_000));
    home.write(
        "hard.ldif",
        SMALL.replace("cn: Clean", &format!("cn: Clean\n{huge}")),
    );
    home.output(&["scan", "--ldif", "hard.ldif", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    through_libreoffice(&home, "d.csv");
    let shown = home.run(&[
        "apply",
        "book/d.csv",
        "--ldif",
        "hard.ldif",
        "-o",
        "out.ldif",
    ]);
    assert_snapshot!(lines_with(&shown, &["book", "error", "-- exit"]), @r"
book/d.csv, line 6: ROWID does not fit: VALUE, ATTRIBUTE or OBJECTGUID was altered, or a spreadsheet lost characters; take the row from a new scan
error: 1 row of book/d.csv cannot be taken: nothing was applied
-- exit 2
");
}

const CHROMIUM: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--log-level=0",
    "--virtual-time-budget=20000",
    "--dump-dom",
];

/// The page as a browser has it after its scripts ran, and what it complained
/// of.
fn browsed(home: &Home, page: &str) -> (String, String) {
    let output = Command::new("chromium")
        .args(CHROMIUM)
        .arg(format!(
            "--user-data-dir={}",
            home.path("browser").display()
        ))
        .arg(format!(
            "file://{}",
            fs::canonicalize(home.path(page)).unwrap().display()
        ))
        .output()
        .unwrap();
    let complaints: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .map(str::to_owned)
        .collect();
    (
        String::from_utf8(output.stdout).unwrap(),
        complaints.join("\n"),
    )
}

#[test]
fn the_page_works_in_a_browser_and_hostile_values_are_inert() {
    if !is_installed("chromium") {
        return skip("the page", "chromium");
    }
    let home = Home::new();
    home.write(
        "hostile.ldif",
        format!(
            "{SMALL}\ndn: CN=evil,OU=Sales,DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: evil\n\
             cn: <img src=x onerror=\"document.title='image'\">\n\
             userPrincipalName: </script><script>document.title='script'</script> \u{202e}@contoso.com\n"
        ),
    );
    home.output(&["scan", "--ldif", "hostile.ldif", "-o", "page.html"]);
    let (page, complaints) = browsed(&home, "page.html");
    assert_eq!(complaints, "");
    assert!(page.contains("<title>Ready for Microsoft Entra ID? contoso.test</title>"));
    assert!(!page.contains("<img"));
    let rows = page.matches("aria-expanded=\"false\"").count();
    assert_eq!(rows, 5, "one row a finding");

    // Driven as a person would, which the page's policy does not allow a
    // script from elsewhere: so without it.
    let script = "<script>\
        const at = (id) => document.getElementById(id);\
        document.querySelector('[data-key=value]').click();\
        at('severity').value = 'fails';\
        at('severity').dispatchEvent(new Event('change'));\
        const shown = [...document.querySelectorAll('#rows tbody tr')].map((row) => row.cells[2].textContent);\
        document.body.append(Object.assign(document.createElement('output'), { id: 'driven', textContent: shown.join('|') + ' / ' + at('status').textContent }));\
        </script></body>";
    let text = home.read("page.html");
    let (before, rest) = text.split_once("<meta http-equiv=").unwrap();
    let (_, after) = rest.split_once('>').unwrap();
    home.write(
        "driven.html",
        format!("{before}{after}").replace("</body>", script),
    );
    let (page, complaints) = browsed(&home, "driven.html");
    assert_eq!(complaints, "");
    let (_, driven) = page.split_once("<output id=\"driven\">").unwrap();
    let (driven, _) = driven.split_once("</output>").unwrap();
    assert_snapshot!(driven, @r#"
&lt;img src=x onerror="document.title='image'"&gt;|Anna Meyer / 2 of 5 findings
"#);
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
