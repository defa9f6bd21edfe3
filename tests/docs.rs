//! The pages about rules say what the rule files say, and the tests that other
//! pages name are there.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idmend::rule::{RuleSet, file, page, run_cases};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(docs(name))
        .unwrap()
        .replace("\r\n", "\n")
}

fn entra() -> RuleSet {
    file::load("entra").unwrap()
}

#[test]
fn the_page_of_rules_is_what_the_rule_files_say() {
    let sets = file::embedded_names().map(|name| file::load(name).unwrap());
    let wanted = page(&sets);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(docs("rules.md"), &wanted).unwrap();
    }
    let differs = read("rules.md")
        .lines()
        .zip(wanted.lines())
        .position(|(is, wanted)| is != wanted);
    assert_eq!(
        differs, None,
        "UPDATE_DOCS=1 cargo test --test docs writes it anew"
    );
    assert_eq!(read("rules.md").lines().count(), wanted.lines().count());
}

/// The words in code marks in the last cell of each row of a table.
fn named_in_tables(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| line.trim_end_matches('|').rsplit(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect()
}

#[test]
fn every_fault_in_the_page_on_reading_names_a_test_that_there_is() {
    let named = named_in_tables(&read("reading.md"));
    let tests: Vec<_> = named
        .iter()
        .filter_map(|name| name.split_once("::"))
        .collect();
    assert!(tests.len() > 25, "{}", tests.len());
    for (file, test) in tests {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
        let text = std::fs::read_to_string(path.join(format!("{file}.rs"))).unwrap();
        assert!(text.contains(&format!("fn {test}()")), "{file}::{test}");
    }
}

#[test]
fn the_coverage_table_names_every_rule_and_no_other() {
    let rules = entra();
    let ids: BTreeSet<&str> = rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    let text = read("rules-coverage.md");
    let named = named_in_tables(&text);
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    assert!(named.len() > 80, "{}", named.len());
    let is_id = |name: &&&str| name.contains('-') && !name.starts_with('-');
    let unknown: Vec<_> = named
        .iter()
        .filter(is_id)
        .filter(|name| !ids.contains(**name))
        .collect();
    assert!(unknown.is_empty(), "no such rules: {unknown:?}");
    let missing: Vec<_> = ids.difference(&named).collect();
    assert!(missing.is_empty(), "in no row of the table: {missing:?}");
}

#[test]
fn every_row_of_the_coverage_table_has_an_answer() {
    let text = read("rules-coverage.md");
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What "))
        .collect();
    assert!(rows.len() > 60, "{}", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
    }
}

#[test]
fn the_example_of_own_rules_loads_and_its_cases_hold() {
    let text = read("rules-writing.md");
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0;
    for block in text.split("```toml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let Some(name) = block
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "))
        else {
            continue;
        };
        if Path::new(name).extension().is_some_and(|end| end == "toml") {
            std::fs::write(folder.path().join(name), block).unwrap();
            files += 1;
        }
    }
    assert_eq!(files, 2, "set.toml and one file of rules");
    let rules = file::load(folder.path().to_str().unwrap()).unwrap();
    assert_eq!(rules.inherited, entra().rules.len());
    assert_eq!(rules.rules.len(), rules.inherited + 2);
    assert_eq!(run_cases(&rules), []);
}

/// The source files that a place such as `lab/kill` can mean.
fn sources_of(place: &str) -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    [
        format!("src/transaction/tests/{place}.rs"),
        format!("src/{place}.rs"),
        format!("src/{place}/tests.rs"),
        format!("tests/{place}.rs"),
    ]
    .iter()
    .map(|path| root.join(path))
    .filter(|path| path.exists())
    .collect()
}

#[test]
fn every_test_that_the_page_of_safety_names_exists() {
    let page = read("safety.md");
    let mut named = 0;
    // A paragraph in italics is a list of tests: `file: test; test; file: test`.
    let paragraphs = page
        .split("\n**")
        .filter_map(|promise| promise.split("\n*").nth(1));
    for list in paragraphs {
        let (list, _) = list.split_once('*').unwrap();
        let mut place = "";
        let list = list.replace('\n', " ");
        for test in list.split("; ") {
            let name = match test.split_once(": ") {
                Some((file, name)) => {
                    place = file;
                    name
                }
                None => test,
            };
            let files = sources_of(place);
            assert!(!files.is_empty(), "no file of tests for {place}");
            let words = name.to_lowercase().replace([' ', '-'], "_");
            let exists = |path: &PathBuf| {
                let text = std::fs::read_to_string(path).unwrap();
                text.contains(&format!("fn {words}("))
            };
            assert!(
                name == "all tests" || files.iter().any(exists),
                "{place} has no test '{name}'"
            );
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}
