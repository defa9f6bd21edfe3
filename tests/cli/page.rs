//! The page in a browser.

use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use crate::common::{Home, SMALL, is_installed, skip};

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
