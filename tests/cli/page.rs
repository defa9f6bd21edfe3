//! The page in a browser.

use std::fs;
use std::process::Command;
use std::time::Instant;

use insta::assert_snapshot;

use crate::common::{Home, SMALL, is_installed, skip};

/// Set to run the test of a large page too.
const LARGE: &str = "IDMEND_LARGE_PAGE";

const CHROMIUM: [&str; 13] = [
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
    // Nobody answers there: a request to anywhere is a complaint.
    "--proxy-server=127.0.0.1:9",
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

/// What a script sees that drives the page as a person would. The page's policy
/// does not allow one from elsewhere, so it runs without that.
fn driven(home: &Home, page: &str, script: &str) -> String {
    let text = home.read(page);
    let (before, rest) = text.split_once("<meta http-equiv=").unwrap();
    let (_, after) = rest.split_once('>').unwrap();
    let script = format!("<script>{TOOLS}{script}</script></body>");
    home.write(
        "driven.html",
        format!("{before}{after}").replace("</body>", &script),
    );
    let (page, complaints) = browsed(home, "driven.html");
    assert_eq!(complaints, "");
    let (_, seen) = page.split_once("<output id=\"driven\">").unwrap();
    let (seen, _) = seen.split_once("</output>").unwrap();
    seen.to_owned()
}

const TOOLS: &str = "
    const at = (id) => document.getElementById(id);
    const seen = Object.assign(document.createElement('output'), { id: 'driven', textContent: '' });
    document.body.append(seen);
    const note = (...texts) => { seen.textContent += texts.join(' / ') + '\\n'; };
    const choose = (id, value) => { at(id).value = value; at(id).dispatchEvent(new Event('change')); };
    const names = () => [...document.querySelectorAll('#rows .open')].map((name) => name.textContent).join('|');
    const later = () => new Promise((done) => setTimeout(done, 500));
";

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
        )
        .replace(
            "cn: Anna Meyer\n",
            "cn: Anna Meyer\nobjectGUID:: AQEBAQEBAQEBAQEBAQEBAQ==\n",
        )
        .replace(
            "cn: Bert Kunz\n",
            "cn: Bert Kunz\nobjectGUID:: AgICAgICAgICAgICAgICAg==\n",
        ),
    );
    home.output(&["scan", "--ldif", "hostile.ldif", "-o", "page.html"]);
    let (page, complaints) = browsed(&home, "page.html");
    assert_eq!(complaints, "");
    assert!(page.contains("<title>Ready for Microsoft Entra ID? contoso.test</title>"));
    assert!(!page.contains("<img"));
    let rows = page.matches("aria-expanded=\"false\"").count();
    assert_eq!(rows, 5, "one row a finding");

    let seen = driven(
        &home,
        "page.html",
        "(async () => {
            note(at('status').textContent, names());
            document.querySelector('[data-key=name]').click();
            note('by name', names());
            document.querySelector('[data-key=name]').click();
            choose('severity', 'fails');
            note('fails, by name from the end', at('status').textContent, names());
            at('show-all').click(); await later();
            document.querySelector('a[data-rule=proxy-duplicate]').click();
            note('rule', at('status').textContent, at('rule').value);
            at('show-all').click(); await later();
            at('search').value = '\"contoso.test/sales\" evil';
            at('search').dispatchEvent(new Event('input')); await later();
            note('search', at('status').textContent, names());
            document.querySelector('#rows .open').click();
            note('detail', document.querySelector('.more dt').textContent, document.querySelectorAll('.more').length);
            at('show-all').click(); await later();
            at('as-csv').click();
            note('pairs', at('pairs').value.trim().replace(/\\s+/g, '; '), at('pairs-note').textContent, at('save').download);
            dispatchEvent(new Event('beforeprint'));
            note('print', at('status').textContent);
        })();",
    );
    assert_snapshot!(seen, @r#"
    5 findings / Anna Meyer|&lt;img src=x onerror="document.title='image'"&gt;|Anna Meyer|Anna Meyer|Bert Kunz
    by name / &lt;img src=x onerror="document.title='image'"&gt;|Anna Meyer|Anna Meyer|Anna Meyer|Bert Kunz
    fails, by name from the end / 2 of 5 findings / Anna Meyer|&lt;img src=x onerror="document.title='image'"&gt;
    rule / 2 of 5 findings / proxy-duplicate
    search / 1 of 5 findings / &lt;img src=x onerror="document.title='image'"&gt;
    detail / What / 1
    pairs / "USERPRINCIPALNAME","IMMUTABLEID"; "bert@contoso.com","AgICAgICAgICAgICAgICAg==" / 1 user; 1 left out: no user principal name that a cloud user can have; mend it first / hard-match.csv
    print / 5 findings
    "#);
}

#[test]
fn a_page_of_fifty_thousand_findings_is_quick() {
    if std::env::var_os(LARGE).is_none() || !is_installed("chromium") {
        return skip("the large page", &format!("{LARGE} and chromium"));
    }
    let home = Home::new();
    let mut ldif = "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n".to_owned();
    for number in 0..50_000 {
        ldif.push_str(&format!(
            "\ndn: CN=Person {number},OU=Team {},DC=contoso,DC=test\nobjectClass: user\ncn: Person {number}\n\
             sAMAccountName: p{number}\nuserPrincipalName: per son{number}@contoso.com\n",
            number % 300
        ));
    }
    home.write("people.ldif", ldif);
    home.output(&["scan", "--ldif", "people.ldif", "-o", "page.html"]);
    let size = fs::metadata(home.path("page.html")).unwrap().len();
    let start = Instant::now();
    let (_, complaints) = browsed(&home, "page.html");
    let opened = start.elapsed();
    assert_eq!(complaints, "");
    let seen = driven(
        &home,
        "page.html",
        "(async () => {
            const timed = (what, work) => { const start = performance.now(); work(); note(what, Math.round(performance.now() - start)); };
            note(at('status').textContent, at('page').textContent);
            timed('sort', () => document.querySelector('[data-key=value]').click());
            timed('filter', () => choose('severity', 'fails'));
            at('search').value = 'son4999';
            at('search').dispatchEvent(new Event('input')); await later();
            note(at('status').textContent);
            timed('last page', () => { at('show-all').click(); at('last').click(); });
        })();",
    );
    // Figures for whoever asked for them.
    eprintln!("{size} bytes, opened and read in {opened:?}\n{seen}");
    assert!(
        seen.starts_with("50,000 findings / page 1 of 500\n"),
        "{seen}"
    );
    assert!(seen.contains("11 of 50,000 findings"), "{seen}");
}
