//! Holds the layers of docs/architecture.md: which module may use which, which
//! outside crate lives where, and how long a file may be.
//!
//! It reads the source as text. Code below `#[cfg(test)]` may use anything.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// A module and those that it may use besides itself.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("text", &[]),
    ("system", &[]),
    ("store", &["model", "system"]),
    ("config", &["model", "rule"]),
    ("directory", &["model"]),
    ("rule", &["model"]),
    ("exception", &["model", "rule", "system"]),
    ("scan", &["model", "rule", "directory"]),
    ("worksheet", &["model", "rule", "exception", "scan"]),
    ("kept", &["model", "worksheet", "store"]),
    ("transaction", &["model", "directory", "store"]),
    (
        "session",
        &[
            "system",
            "model",
            "exception",
            "config",
            "directory",
            "rule",
            "scan",
            "worksheet",
            "transaction",
            "store",
            "kept",
            "text",
        ],
    ),
    (
        "report",
        &[
            "model",
            "exception",
            "rule",
            "scan",
            "worksheet",
            "transaction",
            "text",
        ],
    ),
    (
        "tui",
        &[
            "system",
            "model",
            "exception",
            "config",
            "text",
            "rule",
            "scan",
            "worksheet",
            "transaction",
            "kept",
            "session",
        ],
    ),
    (
        "cli",
        &[
            "system",
            "model",
            "exception",
            "config",
            "text",
            "rule",
            "scan",
            "worksheet",
            "transaction",
            "kept",
            "session",
            "report",
            "tui",
        ],
    ),
];

/// An outside crate and the only places that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("ldap3", &["src/directory/ldap"]),
    ("hickory_resolver", &["src/directory/ldap"]),
    ("rustls", &["src/directory/ldap"]),
    ("libgssapi", &["src/directory/ldap/kerberos"]),
    ("cross_krb5", &["src/directory/ldap/kerberos"]),
    ("ratatui", &["src/tui"]),
    ("crossterm", &["src/tui"]),
    ("tui_input", &["src/tui"]),
    ("rustix", &["src/tui"]),
    ("clap", &["src/cli"]),
    ("clap_complete", &["src/cli"]),
    ("clap_mangen", &["src/cli"]),
    ("indicatif", &["src/cli"]),
    ("rpassword", &["src/cli"]),
    (
        "toml",
        &[
            "src/rule/file",
            "src/config.rs",
            "src/config",
            "src/exception",
        ],
    ),
    ("csv", &["src/report"]),
];

/// Hard limit of a file; docs/architecture.md aims at 400.
const MAX_LINES: usize = 600;

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let root = env!("CARGO_MANIFEST_DIR");
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no source below {below}");
    found
}

/// The product's lines of a file: all before its test module, without comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether a file lies below a module of tests, which may use anything.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
}

fn module_of(path: &Path) -> String {
    let mut parts = path.components().skip(1);
    let first = parts.next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Every name that stands behind `crate::` or inside `crate::{…}` in a line.
fn used_modules(line: &str) -> Vec<String> {
    let mut used = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("crate::") {
        let is_path_start =
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if is_path_start {
            let names = match after.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap_or_default(),
                None => after,
            };
            let one_only = !after.starts_with('{');
            for name in names.split(',').take(if one_only { 1 } else { usize::MAX }) {
                let name: String = name
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                used.push(name);
            }
        }
        rest = after;
    }
    used
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let module = module_of(&path);
        if module == "main" || module == "lib" || is_test(&path) {
            continue;
        }
        let allowed = MAY_USE
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} is not in the table of layers"))
            .1;
        for (number, line) in product_lines(&text) {
            for used in used_modules(line) {
                let is_module = MAY_USE.iter().any(|(name, _)| *name == used);
                if is_module && used != module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}:{number}: {module} uses {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_outside_crate_has_one_home() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let shown = path.to_str().unwrap().replace('\\', "/");
        for (number, line) in product_lines(&text) {
            for (outside, homes) in HOMES {
                let names_it = line.contains(&format!("{outside}::"))
                    && !line.contains(&format!("_{outside}::"))
                    && !line.contains(&format!("crate::{outside}::"))
                    && !line.contains(&format!("::{outside}::"))
                    && !line.contains(&format!("super::{outside}"));
                if names_it && !homes.iter().any(|home| shown.starts_with(home)) {
                    let own_module = shown.contains(&format!("/{outside}"));
                    if !own_module && !line.contains(&format!("report::{outside}")) {
                        wrong.push(format!("{shown}:{number}: names {outside}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_modules_know_no_runtime() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        if !["model", "text", "rule", "worksheet", "report"].contains(&module_of(&path).as_str()) {
            continue;
        }
        for (number, line) in product_lines(&text) {
            if line.contains("tokio") || line.contains("async fn") {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_the_limit() {
    let mut long = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_reader_of_use_lines_sees_all_forms() {
    assert_eq!(used_modules("use crate::model::Entry;"), ["model"]);
    assert_eq!(
        used_modules("use crate::{model, rule::Judge};"),
        ["model", "rule"]
    );
    assert_eq!(
        used_modules("let x = crate::scan::a(crate::rule::b);"),
        ["scan", "rule"]
    );
    assert!(used_modules("use other_crate::model;").is_empty());
}
