//! The page for the manager: one HTML file that needs nothing else.
//!
//! No script, style, font or image comes from outside, and the page's own
//! policy forbids the browser to fetch any; its scripts and styles are allowed
//! by their hashes. Whatever comes from a directory is inert text in it. Rows
//! are streamed; only counts are held. It changes nothing and can send nothing.

mod causes;
mod chart;
mod contacts;
mod data;
mod escape;
mod readiness;
mod sections;
mod summary;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::worksheet::Worksheet;
use escape::html;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

const CONTENTS: &str = "<nav class=\"contents\" aria-label=\"Contents\">\
    <a href=\"#readiness\">Readiness</a> <a href=\"#figures\">Figures</a> \
    <a href=\"#causes\">Causes</a> <a href=\"#contacts\">Contact data</a> \
    <a href=\"#findings\">All findings</a> <a href=\"#next\">Next steps</a> \
    <a href=\"#about\">How it was made</a></nav>";

/// How a scan was made, in the words of whoever asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// When, with the time zone.
    pub made: String,
    /// What was asked for and seen: a heading and a text each.
    pub facts: Vec<(String, String)>,
    /// What was left out; empty for a complete scan.
    pub incomplete: Vec<String>,
}

/// Writes the page.
pub fn write(output: &mut impl Write, sheet: &Worksheet, about: &About) -> io::Result<()> {
    let names: Vec<&str> = sheet
        .scan
        .forests
        .iter()
        .map(|forest| forest.name.as_str())
        .collect();
    let title = format!("Ready for Microsoft Entra ID? {}", names.join(", "));
    write!(
        output,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">To the findings</a>\n<header>\n<h1>{title}</h1>\n\
         <p class=\"soft\">Scanned {} by idmend {}. It changed nothing.</p>\n",
        policy(),
        html(&about.made),
        env!("CARGO_PKG_VERSION"),
        title = html(&title),
    )?;
    summary::incomplete(output, about)?;
    summary::verdict(output, sheet)?;
    writeln!(output, "{CONTENTS}</header>\n<main>")?;
    readiness::write(output, sheet)?;
    causes::charts(output, sheet)?;
    causes::write(output, sheet)?;
    contacts::write(output, sheet)?;
    sections::findings(output, sheet)?;
    sections::next_steps(output)?;
    sections::about(output, about)?;
    writeln!(output, "</main>")?;
    data::write(output, sheet)?;
    writeln!(output, "<script>{SCRIPT}</script>\n</body>\n</html>")?;
    output.flush()
}

/// Nothing is loaded, and of scripts and styles only these two run.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, judge, user};

    fn page(about: &About) -> String {
        let hostile = "</script><script>alert(1)</script> \u{202e}\u{1b}[2J\u{2028}";
        let sheet = Worksheet::new(
            contoso(vec![
                user("evil", &[("userPrincipalName", &[hostile])]),
                user(
                    "<img src=x onerror=alert(1)>",
                    &[("mail", &["a b@contoso.com"])],
                ),
            ]),
            judge(),
        );
        let mut page = Vec::new();
        write(&mut page, &sheet, about).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn hostile_values_begin_no_element() {
        let about = About {
            made: "<u>now</u>".into(),
            facts: vec![("Filter".into(), "(cn=<i>\u{202e}*)".into())],
            incomplete: vec!["<script>no</script>".into()],
        };
        let page = page(&about);
        assert_eq!(
            page.matches("<script").count(),
            5,
            "snippet, rows, texts, titles, ours"
        );
        assert_eq!(page.matches("</script").count(), 5);
        for never in ["<img", "<u>", "<i>", "\u{202e}", "\u{1b}", "\u{2028}"] {
            assert!(!page.contains(never), "{never:?}");
        }
        assert!(page.contains("\\u003c/script\\u003e"));
        assert!(page.contains("&lt;script&gt;no"));
    }

    #[test]
    fn nothing_comes_from_outside() {
        let page = page(&About::default());
        for never in ["http:", " src=\"", "@import", "url(", "innerHTML", "eval("] {
            assert!(!page.contains(never), "{never}");
        }
        let links = page.matches("https:").count();
        assert_eq!(links, 0, "not even a link");
    }

    #[test]
    fn the_policy_allows_just_the_script_and_the_style_that_are_there() {
        let page = page(&About::default());
        let between = |start: &str, end: &str| {
            let (_, rest) = page.rsplit_once(start).unwrap();
            rest.split_once(end).unwrap().0.to_owned()
        };
        for content in [
            between("<script>", "</script>"),
            between("<style>", "</style>"),
        ] {
            let hash = STANDARD.encode(Sha256::digest(content.as_bytes()));
            assert!(page.contains(&format!("'sha256-{hash}'")));
        }
    }

    #[test]
    fn the_rows_are_json() {
        let page = page(&About::default());
        let (_, rest) = page.split_once("class=\"rows\">").unwrap();
        let (rows, _) = rest.split_once("</script>").unwrap();
        let rows: serde_json::Value = serde_json::from_str(rows).unwrap();
        assert!(rows.as_array().unwrap().len() >= 2);
        assert!(rows[0].as_array().unwrap().len() == 22);
    }
}
